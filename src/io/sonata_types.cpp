// SPDX-License-Identifier: Apache-2.0
#include "sonata_types.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <fstream>
#include <limits>
#include <utility>

#include "hdf5_read.hpp"
#include "ranvier/error.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t table_size_max = std::uintmax_t{64} << 20;

bool is_absent(const std::string& field) {
  static constexpr std::array<std::string_view, 8> words{"", "NULL", "NA", "N/A", "None", "NONE", "nan", "NaN"};
  return std::find(words.begin(), words.end(), field) != words.end();
}

/// The fields of a line; in double quotes they may hold separators, and "" means one quote. Blanks in a row separate once.
std::vector<std::string> split(const std::string& line, char separator) {
  std::vector<std::string> fields;
  std::string field;
  bool quoted = false, any = false;
  const auto end_field = [&] {
    if (any || separator != ' ') fields.push_back(std::exchange(field, {}));
    any = false;
  };
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted) {
      if (c == '"' && i + 1 < line.size() && line[i + 1] == '"') field += line[++i];
      else if (c == '"') quoted = false;
      else field += c;
    } else if (c == '"') {
      quoted = any = true;
    } else if (c == separator || (separator == ' ' && c == '\t')) {
      end_field();
    } else {
      field += c;
      any = true;
    }
  }
  end_field();
  return fields;
}

char separator_of(const std::string& header) {
  for (const char c : {'\t', ' ', ',', ';'})
    if (header.find(c) != std::string::npos) return c == '\t' ? ' ' : c;
  return ' ';
}

std::optional<std::int64_t> parse_id(const std::string& text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size()) return value;
  const auto number = parse_number(text);  // "100.0", as pandas writes a column with gaps
  if (!number || *number != std::floor(*number) || std::abs(*number) > 9e15) return std::nullopt;
  return static_cast<std::int64_t>(*number);
}

std::string slurp(const fs::path& file) {
  std::error_code error;
  if (!fs::exists(file, error)) throw InputError(fmt::format("{}: no such file", file.string()));
  if (!fs::is_regular_file(file, error) || fs::file_size(file, error) > table_size_max)
    throw InputError(fmt::format("{}: is not a table of types: a CSV file of at most {} MiB", file.string(), table_size_max >> 20));
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

}  // namespace

std::optional<double> parse_number(const std::string& text) {
  double value = 0;
  const char* begin = text.data() + (text.starts_with('+') ? 1 : 0);
  const auto [end, error] = std::from_chars(begin, text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

TypeTable::TypeTable(const fs::path& file, const std::string& id_column, const std::string& population) : file_(file) {
  const std::string text = slurp(file);
  char separator = ' ';
  int line_number = 0;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t stop = std::min(text.find('\n', at), text.size());
    std::string line = text.substr(at, stop - at);
    at = stop + 1;
    ++line_number;
    while (!line.empty() && (line.back() == '\r' || line.back() == ' ' || line.back() == '\t')) line.pop_back();
    if (line.empty() || line.front() == '#') continue;
    if (columns_.empty()) {
      separator = separator_of(line);
      columns_ = split(line, separator);
      if (std::find(columns_.begin(), columns_.end(), id_column) == columns_.end())
        throw InputError(fmt::format("{}:{}: no column \"{}\".{}", file.string(), line_number, id_column, suggestion(id_column, columns_)));
      continue;
    }
    const auto fields = split(line, separator);
    if (fields.size() > columns_.size())
      throw InputError(fmt::format("{}:{}: {} fields, but the header names {} columns; put fields with blanks in double quotes", file.string(), line_number, fields.size(), columns_.size()));
    std::map<std::string, std::string> row;
    for (std::size_t k = 0; k < fields.size(); ++k)
      if (!is_absent(fields[k])) row[columns_[k]] = fields[k];
    if (const auto of = row.find("population"); of != row.end() && of->second != population) continue;
    const auto id = row.contains(id_column) ? parse_id(row[id_column]) : std::nullopt;
    if (!id) throw InputError(fmt::format("{}:{}: {} = \"{}\": must be a whole number", file.string(), line_number, id_column, row[id_column]));
    if (!rows_.try_emplace(*id, std::move(row)).second) throw InputError(fmt::format("{}:{}: {} = {} stands twice", file.string(), line_number, id_column, *id));
  }
  if (columns_.empty()) throw InputError(fmt::format("{}: is empty; its first line must name the columns, {} first", file.string(), id_column));
}

std::vector<std::string> TypeTable::ids() const {
  std::vector<std::string> all;
  for (const auto& [id, row] : rows_) all.push_back(fmt::format("{}", id));
  return all;
}

const std::string* TypeTable::find(std::int64_t id, const std::string& column) const {
  const auto row = rows_.find(id);
  if (row == rows_.end()) return nullptr;
  const auto field = row->second.find(column);
  return field == row->second.end() ? nullptr : &field->second;
}

Items::Items(fs::path file, std::string base, std::string prefix, std::size_t size, TypeTable types)
    : file_(std::move(file)), base_(std::move(base)), prefix_(std::move(prefix)), size_(size), types_(std::move(types)) {
  const auto names = hdf5_names(file_, base_);
  const auto has = [&](const std::string& name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  const std::string type_name = prefix_ + "_type_id", group_name = prefix_ + "_group_id", index_name = prefix_ + "_group_index";
  if (!types_.file().empty() || has(type_name)) type_ = integers(type_name);
  if (has(group_name) || has(index_name)) {
    group_ = integers(group_name);
    index_ = integers(index_name);
  }
  if (!types_.file().empty())
    for (std::size_t i = 0; i < size_; ++i)
      if (!types_.has(type_[i]))
        throw InputError(fmt::format("{}: {}/{}[{}] = {}: no such type in {}; it has {}", file_.string(), base_, type_name, i, type_[i], types_.file().string(),
                                     types_.ids().empty() ? "none for this population" : fmt::format("{}", fmt::join(types_.ids(), ", "))));
  read_groups();
}

std::vector<std::int64_t> Items::integers(const std::string& name) const {
  const ColumnRequest wanted{base_ + "/" + name, ColumnType::integer};
  auto values = std::move(read_hdf5(file_, {&wanted, 1})[0].integer);
  if (values.size() != size_) throw InputError(fmt::format("{}: {}/{}: has {} entries, but the population has {} {}s", file_.string(), base_, name, values.size(), size_, prefix_));
  return values;
}

void Items::read_groups() {
  if (group_.empty()) groups_[0] = size_;
  for (std::size_t i = 0; i < group_.size(); ++i) {
    if (group_[i] < 0 || index_[i] < 0) throw InputError(fmt::format("{}: {}/{}_group_{}[{}] = {}: must not be negative", file_.string(), base_, prefix_, group_[i] < 0 ? "id" : "index", i, std::min(group_[i], index_[i])));
    std::size_t& need = groups_[group_[i]];
    need = std::max(need, static_cast<std::size_t>(index_[i]) + 1);
  }
  for (const auto& [group, needed] : groups_) {
    const std::size_t need = needed;  // Clang before 16 lets no lambda capture a structured binding
    const std::string path = fmt::format("{}/{}", base_, group);
    if (!group_.empty() && hdf5_object(file_, path).kind == Hdf5Kind::nothing && size_ > 0)
      throw InputError(fmt::format("{}: no group \"{}\", which {}_group_id names", file_.string(), path, prefix_));
    const auto add = [&](const std::string& name) {
      const Hdf5Object object = hdf5_object(file_, path + "/" + name);
      if (object.kind == Hdf5Kind::group || object.kind == Hdf5Kind::nothing) return;
      if (object.shape.empty() || object.shape[0] < need)
        throw InputError(fmt::format("{}: dataset \"{}/{}\": has {} entries, but {}_group_index asks for number {}", file_.string(), path, name, object.shape.empty() ? 0 : object.shape[0], prefix_, need - 1));
      group_attributes_.insert(name);
    };
    for (const auto& name : hdf5_names(file_, path)) add(name);
    for (const auto& name : hdf5_names(file_, path + "/dynamics_params")) add("dynamics_params/" + name);
  }
}

std::vector<double> Items::numbers(const std::string& attribute) const {
  constexpr double none = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> out;
  if (std::find(types_.columns().begin(), types_.columns().end(), attribute) != types_.columns().end()) {
    out.assign(size_, none);
    std::map<std::int64_t, double> by_type;
    for (std::size_t i = 0; i < size_; ++i) {
      const auto [it, fresh] = by_type.try_emplace(type_[i], none);
      if (fresh)
        if (const std::string* text = types_.find(type_[i], attribute)) {
          const auto number = parse_number(*text);
          if (!number) throw InputError(fmt::format("{}: {}_type_id {}: {} = \"{}\": must be a number", types_.file().string(), prefix_, type_[i], attribute, *text));
          it->second = *number;
        }
      out[i] = it->second;
    }
  }
  if (!group_attributes_.contains(attribute)) return out;
  if (out.empty()) out.assign(size_, none);
  for (const auto& [group, need] : groups_) {
    const std::string path = fmt::format("{}/{}/{}", base_, group, attribute);
    if (hdf5_object(file_, path).kind == Hdf5Kind::nothing) continue;
    const ColumnRequest wanted{path, ColumnType::real};
    const auto values = std::move(read_hdf5(file_, {&wanted, 1})[0].real);
    for (std::size_t i = 0; i < size_; ++i)
      if (group_.empty() || group_[i] == group) out[i] = values[group_.empty() ? i : static_cast<std::size_t>(index_[i])];
  }
  return out;
}

Items::Texts Items::texts(const std::string& attribute) const {
  Texts out;
  out.index.assign(size_, -1);
  std::map<std::string, std::int32_t> known;
  const auto number_of = [&](const std::string& word) {
    const auto [it, fresh] = known.try_emplace(word, static_cast<std::int32_t>(out.words.size()));
    if (fresh) out.words.push_back(word);
    return it->second;
  };
  std::map<std::int64_t, std::int32_t> by_type;
  for (std::size_t i = 0; i < size_ && !type_.empty(); ++i) {
    const auto [it, fresh] = by_type.try_emplace(type_[i], -1);
    if (fresh)
      if (const std::string* text = types_.find(type_[i], attribute)) it->second = number_of(*text);
    out.index[i] = it->second;
  }
  if (!group_attributes_.contains(attribute)) return out;
  for (const auto& [group, need] : groups_) {
    const std::string path = fmt::format("{}/{}/{}", base_, group, attribute), library = fmt::format("{}/{}/@library/{}", base_, group, attribute);
    const Hdf5Object object = hdf5_object(file_, path);
    if (object.kind == Hdf5Kind::nothing) continue;
    std::vector<std::string> values;
    if (object.kind == Hdf5Kind::reals) {
      const ColumnRequest wanted{path, ColumnType::real};
      for (const double value : read_hdf5(file_, {&wanted, 1})[0].real) values.push_back(fmt::format("{}", value));
    } else {
      const ColumnRequest wanted{path, ColumnType::text};
      values = std::move(read_hdf5(file_, {&wanted, 1})[0].text);
    }
    if (object.kind == Hdf5Kind::integers && hdf5_object(file_, library).kind == Hdf5Kind::texts) {  // an enumeration kept beside
      const ColumnRequest wanted{library, ColumnType::text};
      const auto words = std::move(read_hdf5(file_, {&wanted, 1})[0].text);
      for (auto& value : values) {
        const auto at = parse_id(value);
        if (!at || *at < 0 || *at >= static_cast<std::int64_t>(words.size()))
          throw InputError(fmt::format("{}: dataset \"{}\": {}: \"{}\" has only {} entries", file_.string(), path, value, library, words.size()));
        value = words[static_cast<std::size_t>(*at)];
      }
    }
    for (std::size_t i = 0; i < size_; ++i)
      if (group_.empty() || group_[i] == group) {
        const std::string& word = values[group_.empty() ? i : static_cast<std::size_t>(index_[i])];
        if (!is_absent(word)) out.index[i] = number_of(word);
      }
  }
  return out;
}

std::string Items::where(std::size_t i) const {
  return fmt::format("{}: {} {} of {}{}", file_.string(), prefix_, i, base_, type_.empty() ? "" : fmt::format(" ({}_type_id {})", prefix_, type_[i]));
}

}  // namespace ranvier::io::sonata
