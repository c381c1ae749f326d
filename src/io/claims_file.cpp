// SPDX-License-Identifier: Apache-2.0
#include "claims_file.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <fstream>
#include <initializer_list>
#include <sstream>

#include "core/suggest.hpp"
#include "embedded.hpp"
#include "ranvier/error.hpp"
#include "toml_tree.hpp"

namespace ranvier::io {
namespace {

using namespace plan::claims;
using Problems = std::vector<std::string>;

/// Typed access to one table; problems are noted and reading goes on.
class Table {
 public:
  Table(const Node& node, std::string path, const std::string& file, Problems& problems) : node_(node), path_(std::move(path)), file_(file), problems_(problems) {}

  void only(std::initializer_list<std::string_view> known) const {
    const std::vector<std::string> names(known.begin(), known.end());
    for (const Entry& e : node_.entries)
      if (std::find(names.begin(), names.end(), e.key) == names.end()) problem(e.value, e.key, fmt::format("no such key.{}", suggestion(e.key, names)));
  }
  std::string text(std::string_view key) const {
    const Node* n = node_.find(key);
    if (n == nullptr) return {};
    if (!n->is(Node::Kind::text)) problem(*n, key, "must be text in quotes");
    return n->text;
  }
  std::string need(std::string_view key) const {
    if (node_.find(key) == nullptr) problem(node_, key, "is missing");
    return text(key);
  }
  bool flag(std::string_view key) const {
    const Node* n = node_.find(key);
    if (n != nullptr && !n->is(Node::Kind::boolean)) problem(*n, key, "must be true or false");
    return n != nullptr && n->boolean;
  }
  double number(std::string_view key, double fallback) const {
    const Node* n = node_.find(key);
    if (n == nullptr) return fallback;
    const double x = n->is(Node::Kind::integer) ? static_cast<double>(n->integer) : n->real;
    if (!n->is_number() || !(x > 0)) problem(*n, key, "must be a number above 0");
    return x;
  }
  /// One text, or a list of them.
  std::vector<std::string> texts(std::string_view key) const {
    const Node* n = node_.find(key);
    if (n == nullptr) return {};
    if (n->is(Node::Kind::text)) return {n->text};
    std::vector<std::string> out;
    if (n->is(Node::Kind::array))
      for (const Node& item : n->items)
        if (item.is(Node::Kind::text)) out.push_back(item.text);
    if (out.empty() || out.size() != n->items.size()) problem(*n, key, "must be text in quotes, or a list of such");
    return out;
  }
  std::vector<Table> tables(std::string_view key) const {
    std::vector<Table> out;
    const Node* n = node_.find(key);
    if (n == nullptr) return out;
    if (!n->is(Node::Kind::array)) problem(*n, key, "must be a list of tables");
    for (std::size_t i = 0; i < n->items.size(); ++i)
      if (n->items[i].is(Node::Kind::table)) out.emplace_back(n->items[i], fmt::format("{}{}[{}].", path_, key, i), file_, problems_);
      else problem(n->items[i], key, "must be a list of tables");
    return out;
  }
  std::optional<Table> table(std::string_view key) const {
    const Node* n = node_.find(key);
    if (n == nullptr) return std::nullopt;
    if (!n->is(Node::Kind::table)) {
      problem(*n, key, "must be a table");
      return std::nullopt;
    }
    return Table(*n, fmt::format("{}{}.", path_, key), file_, problems_);
  }
  /// Runs `read` and notes what it throws under this key.
  template <class F>
  auto guarded(std::string_view key, F read) const -> decltype(read()) {
    try {
      return read();
    } catch (const ValueError& e) {
      const Node* n = node_.find(key);
      problem(n != nullptr ? *n : node_, key, e.what());
      return {};
    }
  }
  Value value(std::string_view key) const {
    return guarded(key, [&] { return parse_value(need(key)); });
  }
  Expression expression(std::string_view key) const {
    return guarded(key, [&] { return parse_expression(need(key)); });
  }
  void problem(const Node& at, std::string_view key, std::string_view what) const {
    problems_.push_back(fmt::format("{}:{}: {}{}: {}", file_, at.line, path_, key, what));
  }
  const Node& node() const { return node_; }
  const std::string& path() const { return path_; }
  int line() const { return node_.line; }
  const std::string& file() const { return file_; }
  Problems& problems() const { return problems_; }

 private:
  const Node& node_;
  std::string path_;
  const std::string& file_;
  Problems& problems_;
};

/// The unit of "3e15 FLOP/s": what follows the number.
std::string unit_of(std::string_view text) {
  const auto number_end = text.find_first_not_of("0123456789.,+-eE ");
  // An "e" that begins a unit ("3 element") belongs to the unit.
  auto at = number_end == std::string_view::npos ? text.size() : number_end;
  while (at > 0 && (text[at - 1] == 'e' || text[at - 1] == 'E')) --at;
  return std::string(text.substr(at));
}

void read_values(const Table& t, std::string_view key, Premise& p) {
  for (const std::string& text : t.texts(key)) {
    p.values.push_back(t.guarded(key, [&] { return parse_value(text); }));
    p.unit = unit_of(text);
  }
}

Premise read_premise(const Table& premises, const Entry& entry, const std::string& source) {
  Premise p{.name = entry.key, .source = source};
  if (!entry.value.is(Node::Kind::table)) {
    read_values(premises, entry.key, p);
    return p;
  }
  const Table t(entry.value, fmt::format("{}{}.", premises.path(), entry.key), premises.file(), premises.problems());
  t.only({"value", "source", "from", "is", "precision", "vendor", "vendor_source", "covers", "free", "constant"});
  p.from = t.text("from");
  if (p.from.empty()) {
    read_values(t, "value", p);
    if (p.values.empty()) t.problem(entry.value, "value", "is missing");
  }
  if (auto own = t.text("source"); !own.empty()) p.source = own;
  p.is = t.text("is");
  p.precision = t.text("precision");
  if (t.node().find("vendor") != nullptr) {
    p.vendor = t.value("vendor");
    p.vendor_source = t.need("vendor_source");
  }
  if (t.node().find("covers") != nullptr) p.covers = t.value("covers");
  p.free = t.flag("free");
  p.constant = t.flag("constant");
  return p;
}

Relation relation_of(const Table& t) {
  const std::string word = t.text("relation");
  if (word.empty()) return Relation::none;
  if (word == "<") return Relation::less;
  if (word == "<=") return Relation::at_most;
  if (word == ">") return Relation::greater;
  if (word == ">=") return Relation::at_least;
  t.problem(*t.node().find("relation"), "relation", fmt::format("is \"{}\"; must be <, <=, > or >=", word));
  return Relation::none;
}

void read_kind(const Table& t, Claim& c) {
  const std::string kind = t.text("kind");
  c.is_date = kind == "date";
  c.growth_time = kind == "growth time";
  c.orders = kind == "orders";
  if (!kind.empty() && !c.is_date && !c.growth_time && !c.orders)
    t.problem(*t.node().find("kind"), "kind", fmt::format("is \"{}\"; must be date, growth time or orders", kind));
}

void read_structure(const Table& t, Claim& c) {
  for (const Table& b : t.tables("binds")) {
    b.only({"quantity", "value", "assumed"});
    c.bindings.push_back({b.need("quantity"), b.text("value"), b.expression("value"), b.flag("assumed")});
  }
  for (const Table& i : t.tables("implies")) {
    i.only({"quantity", "value", "unit", "low", "high", "source"});
    c.implied.push_back({i.need("quantity"), i.text("value"), i.text("unit"), i.need("source"), i.expression("value"), i.value("low"), i.value("high")});
  }
  for (const Table& d : t.tables("derived")) {
    d.only({"name", "value", "unit"});
    c.derived.push_back({d.need("name"), d.text("value"), d.text("unit"), d.expression("value")});
  }
  for (const Table& s : t.tables("terms")) {
    s.only({"name", "value", "includes"});
    c.terms.push_back({s.need("name"), s.expression("value"), s.texts("includes")});
  }
  if (const auto i = t.table("integration")) {
    i->only({"step", "rate", "source"});
    c.integration = Integration{i->expression("step"), i->expression("rate"), i->need("source")};
  }
  if (const auto p = t.table("product")) {
    p->only({"m", "n", "k", "tile", "workers", "rounds"});
    c.product = TiledProduct{p->number("m", 1), p->number("n", 1), p->number("k", 1), p->number("tile", 1), p->number("workers", 1), p->number("rounds", 1)};
  }
}

Claim read_claim(const Table& t, const std::string& essay, const std::string& source) {
  t.only({"id", "said_by", "statement", "unit", "stated", "expression", "relation", "bound", "note", "is", "kind", "formula", "horizon", "printed_formula", "tolerance", "premises", "binds", "implies", "derived", "terms",
          "integration", "product"});
  Claim c{.id = t.need("id"), .essay = essay, .statement = t.need("statement"), .note = t.text("note"), .unit = t.text("unit")};
  c.said_by = t.text("said_by");
  c.where = fmt::format("{}:{}", t.file(), t.line());
  for (const std::string& text : t.texts("stated")) c.stated.push_back(t.guarded("stated", [&] { return parse_printed(text, c.unit); }));
  for (const std::string& text : t.texts("expression")) {
    c.expression_texts.push_back(text);
    c.expressions.push_back(t.guarded("expression", [&] { return parse_expression(text); }));
  }
  c.relation = relation_of(t);
  c.bound_text = t.text("bound");
  if (!c.bound_text.empty()) c.bound = t.expression("bound");
  if ((c.relation == Relation::none) != !c.bound) t.problem(t.node(), "bound", "relation and bound belong together");
  read_kind(t, c);
  const std::string formula = t.text("formula");
  c.picture_only = formula == "picture";
  if (!formula.empty() && !c.picture_only) t.problem(*t.node().find("formula"), "formula", "can only be \"picture\"");
  if (t.node().find("horizon") != nullptr) c.horizon = t.value("horizon");
  c.printed_text = t.text("printed_formula");
  if (!c.printed_text.empty()) c.printed_formula = t.expression("printed_formula");
  c.tolerance = t.number("tolerance", 1e-9);
  c.is = t.text("is");
  if (const auto premises = t.table("premises"))
    for (const Entry& e : premises->node().entries) c.premises.push_back(read_premise(*premises, e, source));
  read_structure(t, c);
  return c;
}

}  // namespace

std::vector<Claim> parse_claims(std::string_view text, const std::string& name) {
  const Node document = parse_toml(text, name);
  Problems problems;
  const Table root(document, "", name, problems);
  root.only({"essay", "source", "claim"});
  const std::string essay = root.need("essay"), source = root.need("source");
  std::vector<Claim> out;
  const Node* list = document.find("claim");
  for (std::size_t i = 0; list != nullptr && i < list->items.size(); ++i) {
    const Node* id = list->items[i].find("id");
    const std::string path = id != nullptr && id->is(Node::Kind::text) ? fmt::format("claim {}: ", id->text) : fmt::format("claim[{}].", i);
    out.push_back(read_claim(Table(list->items[i], path, name, problems), essay, source));
  }
  if (out.empty()) problems.push_back(fmt::format("{}: holds no [[claim]]", name));
  if (!problems.empty()) throw InputError(std::move(problems));
  return out;
}

std::vector<Claim> read_claims(const std::filesystem::path& path) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  if (std::filesystem::is_directory(path, error)) {
    for (const auto& entry : std::filesystem::directory_iterator(path, error))
      if (entry.path().extension() == ".toml") files.push_back(entry.path());
    std::sort(files.begin(), files.end());
  } else {
    files.push_back(path);
  }
  std::vector<Claim> out;
  for (const auto& file : files) {
    std::ifstream in(file, std::ios::binary);
    if (!in) throw InputError(fmt::format("{}: cannot be read; a book of claims is a folder of .toml files, or one file", file.string()));
    std::ostringstream text;
    text << in.rdbuf();
    for (Claim& c : parse_claims(text.str(), file.string())) out.push_back(std::move(c));
  }
  if (out.empty()) throw InputError(fmt::format("{}: holds no .toml files of claims", path.string()));
  return out;
}

std::vector<Claim> shipped_claims() {
  std::vector<Claim> out;
  for (const embedded::File& file : embedded::claims())
    for (Claim& c : parse_claims(file.text, "data/claims/" + std::string(file.name))) out.push_back(std::move(c));
  return out;
}

}  // namespace ranvier::io
