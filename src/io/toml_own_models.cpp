// SPDX-License-Identifier: Apache-2.0
/// Models given as equations: files of their own, and the section [[models]] of a network file.
#include <fmt/format.h>

#include <fstream>
#include <set>
#include <string_view>
#include <system_error>

#include "equations/own_models.hpp"
#include "model_file.hpp"
#include "ranvier/error.hpp"
#include "toml_sections.hpp"

namespace ranvier::io {
namespace {

using equations::ModelText;

constexpr std::uintmax_t file_size_max = 1 << 20;

/// One text, or a list of them as lines.
std::string lines(Reader& reader, const At& at) {
  if (!at.is(Node::Kind::array)) return reader.text(at).value_or("");
  std::string all;
  for (std::size_t i = 0; i < at.node->items.size(); ++i) all += reader.text(reader.item(at, i)).value_or("") + "\n";
  return all;
}

/// A value with its unit as it is written; a plain number too.
std::string value(Reader& reader, const At& at) {
  if (at && at.node->is_number()) return to_text(*at.node);
  return reader.text(at).value_or("");
}

class ModelReader {
 public:
  /// table: with the entries model, parameters and state.
  ModelReader(Reader& reader, const At& table) : reader_(reader), table_(table) {}

  /// Notes all problems; returns the model where there are none.
  const engine::ModelInfo* read() {
    const auto before = reader_.problems().size();
    const At model = reader_.require(table_, "model", "what it is called and what it does; write [model]");
    if (!model || !reader_.is_table(model, "name = \"my_model\" under [model]")) return nullptr;
    read_texts(model);
    read_parameters();
    read_state();
    if (reader_.problems().size() != before) return nullptr;
    std::vector<equations::Problem> problems;
    const auto* info = equations::register_model(text_, problems);
    for (const auto& p : problems) note(p);
    return problems.empty() ? info : nullptr;
  }

 private:
  void read_texts(const At& model) {
    reader_.only_keys(model, {"kind", "name", "title", "source", "equations", "threshold", "reset", "refractory", "held", "method", "on_pre", "on_post", "largest"});
    const auto text = [&](std::string_view key) { return reader_.text(reader_.get(model, key)).value_or(""); };
    if (const At kind = reader_.get(model, "kind")) text_.kind = reader_.text(kind).value_or("");
    text_.name = reader_.text(reader_.require(model, "name", "what networks call it, for example name = \"my_adex\"")).value_or("");
    text_.title = text("title");
    text_.source = text("source");
    text_.threshold = text("threshold");
    text_.refractory = text("refractory");
    text_.method = text("method");
    text_.equations = lines(reader_, reader_.get(model, "equations"));
    text_.reset = lines(reader_, reader_.get(model, "reset"));
    text_.on_pre = lines(reader_, reader_.get(model, "on_pre"));
    text_.on_post = lines(reader_, reader_.get(model, "on_post"));
    text_.largest = text("largest");
    const At held = reader_.get(model, "held");
    if (!held) return;
    text_.held.emplace();
    if (!held.is(Node::Kind::array)) text_.held->push_back(reader_.text(held).value_or(""));
    for (std::size_t i = 0; held.is(Node::Kind::array) && i < held.node->items.size(); ++i) text_.held->push_back(reader_.text(reader_.item(held, i)).value_or(""));
  }

  void read_parameters() {
    const At table = reader_.get(table_, "parameters");
    if (!table || !reader_.is_table(table, "C_m = \"281 pF\" under [parameters]")) return;
    for (const auto& [name, node] : table.node->entries) {
      const At at = reader_.get(table, name);
      if (!at.is(Node::Kind::table)) {
        text_.parameters.push_back({.name = name, .value = value(reader_, at)});
        continue;
      }
      reader_.only_keys(at, {"default", "range", "meaning"});
      text_.parameters.push_back({.name = name, .value = value(reader_, reader_.require(at, "default", "the value where a network gives none, for example default = \"281 pF\"")),
                                  .range = reader_.text(reader_.get(at, "range")).value_or(""), .meaning = reader_.text(reader_.get(at, "meaning")).value_or("")});
    }
  }

  void read_state() {
    const At table = reader_.get(table_, "state");
    if (!table || !reader_.is_table(table, "V = { initial = \"-70 mV\" } under [state]")) return;
    for (const auto& [name, node] : table.node->entries) {
      const At at = reader_.get(table, name);
      if (!at.is(Node::Kind::table)) {
        text_.state.push_back({.name = name, .initial = value(reader_, at)});
        continue;
      }
      reader_.only_keys(at, {"initial", "meaning"});
      text_.state.push_back({.name = name, .initial = value(reader_, reader_.get(at, "initial")), .meaning = reader_.text(reader_.get(at, "meaning")).value_or("")});
    }
  }

  /// A problem at its place in the file: at the entry, or, where that is missing, at the table it should be in.
  void note(const equations::Problem& p) {
    const Node* node = table_.node;
    for (std::size_t from = 0; from <= p.key.size();) {
      const auto dot = std::min(p.key.find('.', from), p.key.size());
      const Node* next = node->is(Node::Kind::table) ? node->find(p.key.substr(from, dot - from)) : nullptr;
      if (!next) break;
      node = next;
      from = dot + 1;
    }
    reader_.problem(node->line, table_.path.empty() ? p.key : fmt::format("{}.{}", table_.path, p.key), p.what);
  }

  Reader& reader_;
  const At& table_;
  ModelText text_;
};

std::string slurp_model(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw InputError(fmt::format("{}: no such file", file.string()));
  if (!std::filesystem::is_regular_file(file, error)) throw InputError(fmt::format("{}: is not a file", file.string()));
  if (std::filesystem::file_size(file, error) > file_size_max) throw InputError(fmt::format("{}: is larger than 1 MiB, which no model is", file.string()));
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) throw InputError(fmt::format("{}: cannot be read", file.string()));
  return text;
}

}  // namespace

const engine::ModelInfo& read_model(const std::filesystem::path& file) {
  const Node document = parse_toml(slurp_model(file), file.string());
  Reader reader(file.string(), file.parent_path(), nullptr);
  const At root = reader.root(document);
  reader.only_keys(root, {"format", "description", "model", "parameters", "state"});
  if (const At format = reader.get(root, "format"); !format.is(Node::Kind::integer) || format.node->integer != 1)
    reader.problem(format ? format.node->line : 1, "format", "the first line of a model file is format = 1");
  const engine::ModelInfo* info = ModelReader(reader, root).read();
  if (!reader.problems().empty()) throw InputError(reader.problems());
  return *info;
}

bool is_model_file(const std::filesystem::path& file) {
  try {
    const Node document = parse_toml(slurp_model(file), file.string());
    return document.find("model") != nullptr && document.find("populations") == nullptr;
  } catch (const InputError&) {
    return false;
  }
}

void read_own_models(Reader& reader, const At& root) {
  std::set<std::string_view> names;
  const auto once = [&](const At& table, const engine::ModelInfo* info) {
    if (info && !names.insert(info->name).second) reader.problem(table.node->line, table.path, fmt::format("a model called \"{}\" is described above already: give one of them another name", info->name));
  };
  for (const At& table : reader.tables(root, "models")) {
    const At file = reader.get(table, "file");
    if (!file) {
      reader.only_keys(table, {"file", "model", "parameters", "state"});
      if (table.node->find("model")) once(table, ModelReader(reader, table).read());
      else reader.problem(table.node->line, table.path, "file is missing: a model given as equations, for example file = \"my_adex.toml\"");
      continue;
    }
    reader.only_keys(table, {"file"});
    const auto path = reader.path(file);
    if (!path) continue;
    try {
      once(table, &read_model(*path));
    } catch (const InputError& e) {
      for (const auto& problem : e.problems()) reader.problem(file, problem);
    }
  }
}

}  // namespace ranvier::io
