// SPDX-License-Identifier: Apache-2.0
#include "toml_tree.hpp"

#include <fmt/format.h>

#include <toml++/toml.h>

#include <algorithm>
#include <sstream>

#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

int line_of(const toml::node& node) { return static_cast<int>(node.source().begin.line); }

Node convert(const toml::node& node);

void convert_table(const toml::table& table, Node& to) {
  // The library sorts keys by name; a person reads messages in the order of the file.
  struct Entry {
    toml::source_position position;
    std::string key;
    const toml::node* value;
  };
  std::vector<Entry> entries;
  for (auto&& [key, value] : table) entries.push_back({key.source().begin, std::string(key.str()), &value});
  std::stable_sort(entries.begin(), entries.end(), [](const Entry& a, const Entry& b) { return a.position < b.position; });
  for (const auto& entry : entries) {
    to.entries.emplace_back(entry.key, convert(*entry.value));
    if (const int line = static_cast<int>(entry.position.line)) to.entries.back().second.line = line;
  }
}

Node convert(const toml::node& node) {
  Node to;
  to.line = line_of(node);
  switch (node.type()) {
    case toml::node_type::table:
      convert_table(*node.as_table(), to);
      break;
    case toml::node_type::array:
      to.kind = Node::Kind::array;
      for (const auto& item : *node.as_array()) to.items.push_back(convert(item));
      break;
    case toml::node_type::string:
      to.kind = Node::Kind::text;
      to.text = node.as_string()->get();
      break;
    case toml::node_type::integer:
      to.kind = Node::Kind::integer;
      to.integer = node.as_integer()->get();
      to.real = static_cast<double>(to.integer);
      break;
    case toml::node_type::floating_point:
      to.kind = Node::Kind::real;
      to.real = node.as_floating_point()->get();
      break;
    case toml::node_type::boolean:
      to.kind = Node::Kind::boolean;
      to.boolean = node.as_boolean()->get();
      break;
    default: {  // dates and times of day have no place in a network; as text they fail where they are used
      to.kind = Node::Kind::text;
      std::ostringstream out;
      node.visit([&](const auto& value) {
        if constexpr (toml::is_value<decltype(value)>) out << value.get();
      });
      to.text = out.str();
    }
  }
  return to;
}

/// The TOML library limits how deep brackets nest, but not dotted keys: a key of 100,000 parts would
/// overflow the stack when its tables are destroyed. Dots in strings, comments and prose do not count.
void refuse_long_keys(std::string_view text, const std::string& name) {
  constexpr int limit = 16;
  int dots = 0, line = 1;
  char quote = 0, last = 0;  // last: the character before, blanks left out
  bool blank = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '\n') {
      ++line;
      dots = 0;
      quote = last = 0;
      blank = false;
      continue;
    }
    if (quote != 0) {
      if (c == '\\' && quote == '"') ++i;
      else if (c == quote) quote = 0;
      continue;
    }
    if (c == ' ' || c == '\t') {
      blank = true;
      continue;
    }
    if (c == '#') {
      i = std::min(text.find('\n', i), text.size()) - 1;
      continue;
    }
    const bool two_words = blank && c != '.' && last != '.';
    const bool ends_key = c == '=' || c == ',' || c == '{' || c == '[' || c == ']';
    if (two_words || ends_key || (c == '.' && last == '.')) dots = 0;
    else if (c == '.' && ++dots > limit)
      throw InputError(fmt::format("{}:{}: not a network file: more than {} dots in one key", name, line, limit));
    if (c == '"' || c == '\'') quote = c;
    last = c;
    blank = false;
  }
}

void write_text(const Node& node, std::size_t limit, std::string& out);

void write_items(const Node& node, std::size_t limit, std::string& out) {
  out += '[';
  for (std::size_t i = 0; i < node.items.size() && out.size() <= limit; ++i) {
    if (i > 0) out += ", ";
    write_text(node.items[i], limit, out);
  }
  out += ']';
}

void write_entries(const Node& node, std::size_t limit, std::string& out) {
  out += '{';
  bool first = true;
  for (const auto& [key, value] : node.entries) {
    if (out.size() > limit) break;
    out += fmt::format("{}{} = ", first ? " " : ", ", key);
    write_text(value, limit, out);
    first = false;
  }
  out += first ? "}" : " }";
}

void write_text(const Node& node, std::size_t limit, std::string& out) {
  switch (node.kind) {
    case Node::Kind::boolean: out += node.boolean ? "true" : "false"; break;
    case Node::Kind::integer: out += fmt::format("{}", node.integer); break;
    case Node::Kind::real: out += fmt::format("{}", node.real); break;
    case Node::Kind::text: out += fmt::format("\"{}\"", node.text); break;
    case Node::Kind::array: write_items(node, limit, out); break;
    case Node::Kind::table: write_entries(node, limit, out); break;
  }
}

}  // namespace

const Node* Node::find(std::string_view key) const {
  for (const auto& [name, value] : entries)
    if (name == key) return &value;
  return nullptr;
}

Node* Node::find(std::string_view key) { return const_cast<Node*>(std::as_const(*this).find(key)); }

Node parse_toml(std::string_view text, const std::string& name) {
  refuse_long_keys(text, name);
  try {
    return convert(toml::parse(text));
  } catch (const toml::parse_error& e) {
    throw InputError(fmt::format("{}:{}:{}: not valid TOML: {}", name, e.source().begin.line, e.source().begin.column,
                                 e.description()));
  }
}

Node parse_toml_value(std::string_view text) {
  Node value;
  value.kind = Node::Kind::text;
  value.text = text;
  if (text.find('\n') != std::string_view::npos) return value;
  try {
    const Node document = parse_toml("value = " + std::string(text), "value");
    if (document.entries.size() == 1) value = document.entries[0].second;
  } catch (const InputError&) {
    // Not a TOML value: a bare word such as poisson, or 87.8 pA, means the string.
  }
  value.line = 0;
  return value;
}

std::string to_text(const Node& node, std::size_t limit) {
  std::string out;
  write_text(node, limit, out);
  if (out.size() <= limit) return out;
  // Cut between characters: continuation bytes of UTF-8 are 10xxxxxx.
  std::size_t end = limit;
  while (end > 0 && (static_cast<unsigned char>(out[end]) & 0xC0) == 0x80) --end;
  return out.substr(0, end) + " ...";
}

}  // namespace ranvier::io
