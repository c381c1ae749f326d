// SPDX-License-Identifier: Apache-2.0
#include "toml_edges.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <unordered_map>

#include "columns.hpp"
#include "ranvier/error.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

constexpr std::int64_t unknown = -1;

/// One end of all edges: indices in the file, or names and a table of names.
struct End {
  std::string what;                // "source" or "target"
  std::string column;
  std::vector<std::string> names;  // [neuron] of the ids table; empty: the column holds indices
  std::int64_t size = 0;           // neurons of the slice
  bool by_name = false;
};

class EdgeReader {
 public:
  EdgeReader(Reader& reader, const At& rule) : reader_(reader), rule_(rule) {}

  std::optional<EdgeList> read(const Slice& source, const Slice& target, const std::vector<std::string>& columns) {
    reader_.only_keys(rule_, {"edges", "source_column", "target_column", "ids", "source_ids", "target_ids", "skip_unknown"});
    file_ = reader_.get(rule_, "edges");
    End ends[2] = {{.what = "source", .size = source.size()}, {.what = "target", .size = target.size()}};
    if (const auto skip = reader_.boolean(reader_.get(rule_, "skip_unknown"))) skip_ = *skip;
    if (file_.is(Node::Kind::table)) return listed(ends);
    const auto path = reader_.path(file_);
    const bool good = end(ends[0]) && end(ends[1]);
    if (!path || !good) return std::nullopt;
    try {
      return load(*path, ends, columns);
    } catch (const InputError& e) {
      for (const auto& problem : e.problems()) reader_.problem(file_, problem);
      return std::nullopt;
    }
  }

 private:
  /// Edges that stand in the file, or that a program hands over.
  std::optional<EdgeList> listed(const End (&ends)[2]) {
    reader_.only_keys(rule_, {"edges", "skip_unknown"});
    reader_.only_keys(file_, {"source", "target"});
    const auto sources = integers("source"), targets = integers("target");
    if (!sources || !targets) return std::nullopt;
    if (sources->size() != targets->size()) {
      reader_.problem(file_, fmt::format("has {} sources, but {} targets", sources->size(), targets->size()));
      return std::nullopt;
    }
    try {
      if (in_range(ends[0], *sources) && in_range(ends[1], *targets)) return EdgeList{sources, targets, {}};
      Column columns[2];
      columns[0].integer = *sources;
      columns[1].integer = *targets;
      return list_of(ends, columns, {});
    } catch (const InputError& e) {
      for (const auto& problem : e.problems()) reader_.problem(file_, problem);
      return std::nullopt;
    }
  }

  std::shared_ptr<const std::vector<std::int64_t>> integers(std::string_view end) {
    const At at = reader_.require(file_, end, fmt::format("the index of each edge's {0}, for example {0} = [0, 1]", end));
    if (at.is(Node::Kind::numbers) && at.node->integers) return at.node->integers;
    auto list = reader_.integers(at);
    return list ? std::make_shared<const std::vector<std::int64_t>>(std::move(*list)) : nullptr;
  }

  static bool in_range(const End& end, const std::vector<std::int64_t>& numbers) {
    return std::all_of(numbers.begin(), numbers.end(), [&](std::int64_t n) { return n >= 0 && n < end.size; });
  }

  bool end(End& to) {
    to.column = to.what;
    const At column = reader_.get(rule_, to.what + "_column");
    if (column) {
      const auto name = reader_.text(column);
      if (!name) return false;
      to.column = *name;
    }
    At ids = reader_.get(rule_, to.what + "_ids");
    if (!ids) ids = reader_.get(rule_, "ids");
    return !ids || ids_table(ids, to);
  }

  bool ids_table(const At& table, End& to) {
    if (!reader_.is_table(table, "{ file = \"neurons.csv\", column = \"name\" }")) return false;
    reader_.only_keys(table, {"file", "column"});
    const auto path = reader_.path(reader_.require(table, "file", "the table whose rows are the neurons"));
    const auto column = reader_.text(reader_.require(table, "column", "the column that holds the names used by the edges"));
    if (!path || !column) return false;
    const ColumnRequest wanted{*column, ColumnType::text};
    try {
      to.names = std::move(read_columns(*path, {&wanted, 1})[0].text);
    } catch (const InputError& e) {
      for (const auto& problem : e.problems()) reader_.problem(table, problem);
      return false;
    }
    to.by_name = true;
    if (static_cast<std::int64_t>(to.names.size()) == to.size) return true;
    reader_.problem(table, fmt::format("column \"{}\" names {} neurons, but the {}s are {}", *column, to.names.size(), to.what, to.size));
    return false;
  }

  EdgeList load(const std::filesystem::path& path, const End (&ends)[2], const std::vector<std::string>& columns) {
    std::vector<ColumnRequest> wanted;
    for (const auto& e : ends) wanted.push_back({e.column, e.by_name ? ColumnType::text : ColumnType::integer});
    for (const auto& name : columns) wanted.push_back({name, ColumnType::real});
    auto read = read_columns(path, wanted);
    std::map<std::string, std::vector<double>> others;
    for (std::size_t i = 0; i < columns.size(); ++i) others[columns[i]] = std::move(read[2 + i].real);
    return list_of(ends, read.data(), std::move(others));
  }

  /// From the two columns of indices, or names, that `read` begins with.
  EdgeList list_of(const End (&ends)[2], Column* read, std::map<std::string, std::vector<double>> others) {
    std::vector<std::int64_t> sources = indices(ends[0], read[0]), targets = indices(ends[1], read[1]);
    if (skip_) drop_unknown(sources, targets, others);
    return {std::make_shared<const std::vector<std::int64_t>>(std::move(sources)), std::make_shared<const std::vector<std::int64_t>>(std::move(targets)), std::move(others)};
  }

  std::vector<std::int64_t> indices(const End& end, Column& column) {
    std::vector<std::int64_t> numbers = end.by_name ? look_up(end, column.text) : std::move(column.integer);
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (numbers[i] >= 0 && numbers[i] < end.size) continue;
      if (!skip_) throw InputError(out_of_range(end, i, numbers[i], column));
      numbers[i] = unknown;
    }
    return numbers;
  }

  static std::string out_of_range(const End& end, std::size_t i, std::int64_t index, const Column& column) {
    if (end.by_name)
      return fmt::format("edge {}: no {} is called \"{}\".{} To leave such edges out: skip_unknown = true", i, end.what, column.text[i],
                         end.names.size() <= 100'000 ? suggestion(column.text[i], end.names) : "");
    return fmt::format("edge {}: {} {} is out of range: there are {} {}s, 0 to {}", i, end.what, index, end.size, end.what, end.size - 1);
  }

  static std::vector<std::int64_t> look_up(const End& end, const std::vector<std::string>& names) {
    std::unordered_map<std::string_view, std::int64_t> rows;
    for (std::size_t i = 0; i < end.names.size(); ++i)
      if (!rows.emplace(end.names[i], static_cast<std::int64_t>(i)).second)
        throw InputError(fmt::format("two {}s are called \"{}\" in the table of ids", end.what, end.names[i]));
    std::vector<std::int64_t> numbers(names.size(), unknown);
    for (std::size_t i = 0; i < names.size(); ++i)
      if (const auto row = rows.find(names[i]); row != rows.end()) numbers[i] = row->second;
    return numbers;
  }

  static void drop_unknown(std::vector<std::int64_t>& sources, std::vector<std::int64_t>& targets, std::map<std::string, std::vector<double>>& columns) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (sources[i] == unknown || targets[i] == unknown) continue;
      sources[kept] = sources[i];
      targets[kept] = targets[i];
      for (auto& [name, values] : columns) values[kept] = values[i];
      ++kept;
    }
    sources.resize(kept);
    targets.resize(kept);
    for (auto& [name, values] : columns) values.resize(kept);
  }

  Reader& reader_;
  const At& rule_;
  At file_;
  bool skip_ = false;
};

}  // namespace

std::optional<EdgeList> read_edges(Reader& reader, const At& rule, const Slice& source, const Slice& target,
                                   const std::vector<std::string>& columns) {
  return EdgeReader(reader, rule).read(source, target, columns);
}

}  // namespace ranvier::io
