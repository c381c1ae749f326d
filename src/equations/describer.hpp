// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What membranes and synapse rules have in common when their texts are read: names, parameters, equations, units.

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/suggest.hpp"
#include "engine/kernel.hpp"
#include "equations/model.hpp"
#include "ranvier/error.hpp"

namespace ranvier::equations {

inline constexpr std::size_t parameters_max = 64, lines_max = 64;

inline std::string_view trim(std::string_view s) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r'; };
  while (!s.empty() && blank(s.front())) s.remove_prefix(1);
  while (!s.empty() && blank(s.back())) s.remove_suffix(1);
  return s;
}

/// Lines, and parts of lines between semicolons, without comments and blanks.
inline std::vector<std::string> statements(std::string_view text) {
  std::vector<std::string> out;
  for (std::size_t from = 0; from <= text.size();) {
    auto end = text.find('\n', from);
    if (end == std::string_view::npos) end = text.size();
    std::string_view line = text.substr(from, end - from);
    line = line.substr(0, line.find('#'));
    for (std::size_t at = 0; at <= line.size();) {
      auto stop = line.find(';', at);
      if (stop == std::string_view::npos) stop = line.size();
      if (const auto part = trim(line.substr(at, stop - at)); !part.empty()) out.emplace_back(part);
      at = stop + 1;
    }
    from = end + 1;
  }
  return out;
}

/// One line of the equations.
struct Line {
  std::string text, left;
  bool rate = false;  // dX/dt
  Expr right;
  Dimension dimension;  // of X
};

/// Reads a text into a model and notes what is wrong; membranes and synapse rules add what is their own.
class Describer {
 public:
  Describer(const ModelText& text, std::vector<Problem>& problems) : text_(text), problems_(problems) {}

 protected:
  ~Describer() = default;

  /// What comes first for both kinds.
  void begin() {
    model_.synapse = text_.kind == "synapse";
    model_.name = text_.name;
    model_.title = text_.title.empty() ? "given as equations" : text_.title;
    model_.source = text_.source.empty() ? "equations of " + text_.name : text_.source;
    check_names();
    parameters();
    lines();
  }

  void problem(std::string key, std::string what) { problems_.push_back({std::move(key), model_.synapse ? with_weights(what) : std::move(what)}); }
  /// In formulas of synapse rules a weight counts as a length.
  static std::string with_weights(const std::string& text) {
    std::string out;
    const auto letter = [&](std::size_t k) { return k < text.size() && std::isalnum(static_cast<unsigned char>(text[k])); };
    for (std::size_t k = 0; k < text.size(); ++k) {
      const bool unit = text.compare(k, 2, "um") == 0 && !letter(k + 2) && (k == 0 || !letter(k - 1));
      out += unit ? "weight" : std::string(1, text[k]);
      k += unit;
    }
    return out;
  }

  static std::string joined(const std::vector<std::string>& parts, std::string_view between) {
    std::string all;
    for (const auto& p : parts) all += (all.empty() ? "" : std::string(between)) + p;
    return all;
  }
  void check_names() {
    if (text_.kind != "membrane" && text_.kind != "synapse") problem("model.kind", "must be \"membrane\" or \"synapse\": other kinds cannot be given as equations");
    const auto only = [&](const std::string& given, const char* key) {
      if (!given.empty()) problem(fmt::format("model.{}", key), fmt::format("belongs to a model of kind \"{}\"", model_.synapse ? "membrane" : "synapse"));
    };
    if (model_.synapse) only(text_.threshold, "threshold"), only(text_.reset, "reset"), only(text_.refractory, "refractory"), only(text_.method, "method");
    else only(text_.on_pre, "on_pre"), only(text_.on_post, "on_post"), only(text_.largest, "largest");
    const bool letters = !text_.name.empty() && std::all_of(text_.name.begin(), text_.name.end(), [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; });
    if (!letters || text_.name.size() > 64 || text_.name[0] < 'a') problem("model.name", "must be of small letters, digits and _, and begin with a letter, for example \"my_adex\"");
  }

  /// Whether a variable or a parameter may be called so; notes why not.
  bool good_name(const std::string& name, const std::string& key) {
    if (!is_name(name)) problem(key, fmt::format("\"{}\" is no name: a name has letters, digits and _, begins with a letter, and is no function", name));
    else if (name == "I") problem(key, "I is the current that receptors and inputs bring in; choose another name");
    else if (name == "t" || name == "dt") problem(key, fmt::format("{} is the time; choose another name", name));
    else if (name.size() > 1 && find_unit(name)) problem(key, fmt::format("{} is a unit; choose another name", name));
    else if (dimensions_.contains(name)) problem(key, fmt::format("{} has been defined before", name));
    else return true;
    return false;
  }

  // --- parameters

  void parameters() {
    if (text_.parameters.size() > parameters_max) return problem("parameters", fmt::format("has {} entries; at most {} are possible", text_.parameters.size(), parameters_max));
    for (const auto& p : text_.parameters) {
      const std::string key = "parameters." + p.name;
      if (!good_name(p.name, key)) continue;
      try {
        const Quantity q = quantity(p.value);
        OwnParameter own{.name = p.name, .unit = unit_name(q.dimension), .meaning = p.meaning, .default_value = in_unit(q, {.value = 1, .exponent = 0, .dimension = q.dimension}), .range = range(p, q.dimension, key)};
        if (!own.range.contains(own.default_value)) problem(key, fmt::format("the default of {} lies outside its range \"{}\"", p.value, p.range));
        dimensions_[p.name] = q.dimension;
        model_.parameters.push_back(std::move(own));
      } catch (const InputError& e) {
        problem(key, e.what());
      }
    }
  }

  /// "281 pF"; of a synapse rule also "100 weight", in the unit of the receptor.
  Quantity quantity(std::string_view text) const {
    std::string_view rest = trim(text);
    if (!model_.synapse || !rest.ends_with("weight")) return parse_quantity(text);
    rest.remove_suffix(6);
    Quantity q = parse_quantity(rest);
    if (!q.dimension.plain()) throw InputError(fmt::format("\"{}\": a weight is a number of weights, such as \"100 weight\"", text));
    q.dimension = weight_dimension;
    return q;
  }
  std::string unit_name(const Dimension& d) const { return model_.synapse && d == weight_dimension ? "weight" : unit_text(d); }

  /// "> 0 pF", ">= 0", "> -80 mV, < 0 mV"
  engine::Range range(const ModelText::Parameter& p, const Dimension& dimension, const std::string& key) {
    engine::Range r;
    std::string_view rest = p.range;
    while (!trim(rest).empty()) {
      const auto comma = rest.find(',');
      std::string_view part = trim(rest.substr(0, comma));
      rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
      const bool low = part.starts_with('>'), equal = part.size() > 1 && part[1] == '=';
      if (!low && !part.starts_with('<')) {
        problem(key, fmt::format("range \"{}\" must be like \"> 0\", \">= 0 mV\" or \"> 0, <= 1\"", p.range));
        return r;
      }
      try {
        const Quantity q = quantity(trim(part.substr(equal ? 2 : 1)));
        if (!(q.dimension == dimension) && q.value != 0) throw InputError(fmt::format("range \"{}\" has another unit than \"{}\"", p.range, p.value));
        const double bound = q.value == 0 ? 0 : in_unit(q, {.value = 1, .exponent = 0, .dimension = dimension});
        (low ? r.low : r.high) = bound;
        (low ? r.low_open : r.high_open) = !equal;
      } catch (const InputError& e) {
        problem(key, e.what());
      }
    }
    return r;
  }

  // --- equations

  void lines() {
    const auto all = statements(text_.equations);
    if (all.empty() && model_.synapse) return;
    if (all.empty()) return problem("model.equations", "are missing, for example \"dV/dt = (g_L*(E_L - V) + I)/C_m : mV\"");
    if (all.size() > lines_max) return problem("model.equations", fmt::format("has {} lines; at most {} are possible", all.size(), lines_max));
    for (const std::string& text : all) {
      try {
        lines_.push_back(line(text));
      } catch (const FormulaError& e) {
        problem("model.equations", fmt::format("\"{}\": {}", text, e.what()));
        continue;
      }
      const Line& l = lines_.back();
      if (!good_name(l.left, "model.equations")) continue;
      dimensions_[l.left] = l.dimension;
      if (l.rate) model_.state.push_back({.name = l.left, .unit = unit_text(l.dimension), .meaning = {}, .dimension = l.dimension, .rate = {}, .initial = {}});
    }
    for (const auto& [name, dimension] : dimensions_) known_.push_back(name);
    if (model_.synapse) return;
    known_.emplace_back("I");
    if (model_.state.empty()) {
      if (problems_.empty()) problem("model.equations", "have no differential equation, such as \"dV/dt = (g_L*(E_L - V) + I)/C_m : mV\"");
    } else if (model_.state[0].unit != "mV") {
      problem("model.equations", fmt::format("the first differential equation is that of the membrane potential, but {} has the unit {}; put the potential first, in mV", model_.state[0].name, model_.state[0].unit));
    }
    if (model_.state.size() > engine::state_max) problem("model.equations", fmt::format("have {} state variables; at most {} are possible", model_.state.size(), engine::state_max));
  }

  static Line line(const std::string& text) {
    const auto equal = text.find('='), colon = text.rfind(':');
    if (equal == std::string::npos) throw FormulaError("an equation is missing its \"=\"");
    if (colon == std::string::npos || colon < equal) throw FormulaError("must end in the unit of its variable, for example \": mV\" (\": 1\" for a plain number)");
    Line l{.text = text, .left = {}, .right = {}, .dimension = {}};
    const std::string unit(trim(std::string_view(text).substr(colon + 1)));
    const auto read = parse_unit(unit);
    if (unit.empty() || !read) throw FormulaError(fmt::format("unknown unit \"{}\".{}", unit, suggestion(unit, unit_symbols())));
    if (read->exponent != 0 || read->value != 1)
      throw FormulaError(fmt::format("write the unit as {}: variables are in ms, mV, pA, nS and pF", unit_text(read->dimension)));
    l.dimension = read->dimension;
    std::string left;
    for (const char c : text.substr(0, equal))
      if (c != ' ' && c != '\t') left += c;
    l.rate = left.size() > 4 && left.starts_with('d') && left.ends_with("/dt");
    l.left = l.rate ? left.substr(1, left.size() - 4) : left;
    l.right = parse(std::string_view(text).substr(equal + 1, colon - equal - 1));
    return l;
  }

  /// A formula with units checked, definitions put in, and I as what receptors bring. Throws FormulaError.
  Checked checked(const Expr& e, bool with_current) {
    static const Dimension current = unit_of("pA");
    const DimensionOf dimension_of = [&](const std::string& name) -> const Dimension* {
      if (name == "I" && !model_.synapse) {
        if (!with_current) throw FormulaError("I is known in equations only");
        return &current;
      }
      const auto found = dimensions_.find(name);
      return found == dimensions_.end() ? nullptr : &found->second;
    };
    Checked c = check_units(e, dimension_of, known_);
    note_names(c.expr);
    c.expr = substitute(c.expr, [&](const std::string& name) { return meaning_of(name, with_current); });
    note_denominators(c.expr);
    return c;
  }

  static Dimension unit_of(std::string_view text) { return parse_unit(text)->dimension; }

  /// What a definition or I stands for; nothing for variables and parameters.
  Expr meaning_of(const std::string& symbol, bool with_current) {
    if (symbol == "I" && !model_.synapse) return add(name(current_name), subtract(name(reversal_name), multiply(name(conductance_name), name(model_.state[0].name))));
    const auto found = std::find_if(lines_.begin(), lines_.end(), [&](const Line& l) { return !l.rate && l.left == symbol; });
    if (found == lines_.end()) return nullptr;
    const std::pair key(symbol, with_current);
    if (const auto known = meanings_.find(key); known != meanings_.end()) return known->second;  // else work doubles with every line that uses the one before twice
    if (std::find(open_.begin(), open_.end(), symbol) != open_.end()) throw FormulaError(fmt::format("{} is defined by itself: {}", symbol, joined(open_, ", ")));
    open_.push_back(symbol);
    struct Close {
      std::vector<std::string>& names;
      ~Close() { names.pop_back(); }
    } close{open_};
    return meanings_[key] = checked(found->right, with_current).expr;
  }

  void note_names(const Expr& e) {
    for (const auto& n : names_of(e)) used_[n] = true;
  }

  /// What is divided by and depends on parameters alone.
  void note_denominators(const Expr& e) {
    for (const Expr& a : e->args) note_denominators(a);
    const bool divides = e->op == Op::divide, inverts = e->op == Op::power && e->args[1]->op == Op::number && e->args[1]->value < 0;
    if (!divides && !inverts) return;
    const Expr& by = e->args[divides ? 1 : 0];
    for (const auto& n : names_of(by))
      if (!is_parameter(n)) return;
    if (std::none_of(model_.denominators.begin(), model_.denominators.end(), [&](const Expr& d) { return same(d, by); })) model_.denominators.push_back(by);
  }

  bool is_parameter(const std::string& name) const {
    return std::any_of(model_.parameters.begin(), model_.parameters.end(), [&](const auto& p) { return p.name == name; });
  }

  static bool fits(const Checked& c, const Dimension& needed) { return c.any_unit || c.dimension == needed; }

  void rates() {
    const Dimension ms = unit_of("ms");
    std::size_t k = 0;
    for (const Line& l : lines_) {
      try {
        Checked c = checked(l.right, true);
        if (c.condition) throw FormulaError("the right side is a condition, but a number is needed; see where(condition, a, b)");
        Dimension needed = l.dimension;
        if (l.rate) needed.time = static_cast<std::int8_t>(needed.time - ms.time);
        if (!fits(c, needed)) throw FormulaError(fmt::format("the right side has the unit {}, but {} needs {}", unit_text(c.dimension), l.rate ? "d" + l.left + "/dt" : l.left, unit_text(needed)));
        if (l.rate) model_.state[k].rate = c.expr;
      } catch (const FormulaError& e) {
        problem("model.equations", fmt::format("\"{}\": {}", l.text, e.what()));
      }
      k += l.rate;
    }
  }

  // --- what spikes do

  void event(const std::string& text, const std::string& key, std::vector<Assignment>& out) {
    for (const std::string& statement : statements(text)) {
      try {
        out.push_back(assignment(statement));
      } catch (const FormulaError& e) {
        problem(key, fmt::format("\"{}\": {}", statement, e.what()));
      }
    }
  }

  Assignment assignment(const std::string& statement) {
    const auto equal = statement.find('=');
    if (equal == std::string::npos || equal == 0) throw FormulaError("must be like V = V_reset or w += b");
    const char change = statement[equal - 1];
    const bool changes = change == '+' || change == '-' || change == '*';
    const std::string left(trim(std::string_view(statement).substr(0, changes ? equal - 1 : equal)));
    std::vector<std::string> names;
    for (const auto& v : model_.state) names.push_back(v.name);
    if (model_.synapse) names.emplace_back(weight_name);
    const auto found = std::find(names.begin(), names.end(), left);
    if (found == names.end()) throw FormulaError(fmt::format("no state variable \"{}\".{}", left, suggestion(left, names)));
    Expr right = parse(std::string_view(statement).substr(equal + 1));
    const Expr old = name(left);
    if (changes) right = rebuild({.op = change == '+' ? Op::add : change == '-' ? Op::subtract : Op::multiply}, {old, right});
    const Checked c = checked(right, false);
    const Dimension& needed = dimensions_.at(left);
    if (c.condition) throw FormulaError("the right side is a condition, but a number is needed");
    if (!fits(c, needed)) throw FormulaError(fmt::format("the right side has the unit {}, but {} needs {}", unit_name(c.dimension), left, unit_name(needed)));
    return {static_cast<std::size_t>(found - names.begin()), c.expr};
  }

  /// What nothing uses is a misspelling.
  void unused() {
    for (const auto& p : model_.parameters)
      if (!used_.contains(p.name)) problem("parameters." + p.name, "nothing uses it; remove it, or use it in an equation");
    for (const Line& l : lines_)
      if (!l.rate && !used_.contains(l.left)) problem("model.equations", fmt::format("\"{}\": nothing uses {}", l.text, l.left));
    std::vector<std::string> names;
    std::vector<double> values;
    for (const auto& p : model_.parameters) {
      names.push_back(p.name);
      values.push_back(p.default_value);
    }
    values.push_back(0);
    for (const Expr& d : model_.denominators)
      if (Formula(d, names)(values.data()) == 0) problem("parameters", fmt::format("an equation divides by {}, which is 0 with the defaults", to_text(d)));
  }

  const ModelText& text_;
  std::vector<Problem>& problems_;
  Model model_;
  std::vector<Line> lines_;
  std::map<std::string, Dimension> dimensions_;
  std::map<std::string, bool> used_;
  std::vector<std::string> known_, open_;
  std::map<std::pair<std::string, bool>, Expr> meanings_;  // of definitions, by name and whether I may be in them
};

}  // namespace ranvier::equations
