// SPDX-License-Identifier: Apache-2.0
/// Units of formulas: every operation must have a meaning.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdlib>

#include "core/suggest.hpp"
#include "equations/expression.hpp"

namespace ranvier::equations {
namespace {

constexpr int power_max = 30;  // exponents of units are 8-bit

std::int8_t checked_power(int value) {
  if (std::abs(value) > power_max) throw FormulaError("has too high a power of a unit");
  return static_cast<std::int8_t>(value);
}

Dimension combine(const Dimension& a, const Dimension& b, int sign) {
  return {checked_power(a.time + sign * b.time), checked_power(a.voltage + sign * b.voltage), checked_power(a.current + sign * b.current), checked_power(a.length + sign * b.length)};
}

Dimension times(const Dimension& a, int n) { return {checked_power(a.time * n), checked_power(a.voltage * n), checked_power(a.current * n), checked_power(a.length * n)}; }

Dimension half(const Dimension& d) {
  if (d.time % 2 != 0 || d.voltage % 2 != 0 || d.current % 2 != 0 || d.length % 2 != 0) throw FormulaError(fmt::format("sqrt of {} has no unit", unit_text(d)));
  return {static_cast<std::int8_t>(d.time / 2), static_cast<std::int8_t>(d.voltage / 2), static_cast<std::int8_t>(d.current / 2), static_cast<std::int8_t>(d.length / 2)};
}

std::string quoted(const Expr& e) {
  std::string text = to_text(e);
  return text.size() <= 60 ? text : text.substr(0, 57) + "...";
}

class UnitChecker {
 public:
  UnitChecker(const DimensionOf& dimension_of, const std::vector<std::string>& known) : dimension_of_(dimension_of), known_(known) {}

  Checked check(const Expr& e) const {
    switch (e->op) {
      case Op::number: return {e, e->dimension, false, e->value == 0 && e->dimension.plain()};
      case Op::name: return name_or_unit(*e, e);
      case Op::add:
      case Op::subtract: return sum(*e);
      case Op::multiply: return product(*e, +1);
      case Op::divide: return product(*e, -1);
      case Op::negate: {
        const Checked a = value(e->args[0], "-");
        return {rebuild(*e, {a.expr}), a.dimension, false, a.any_unit};
      }
      case Op::power: return raised(*e);
      case Op::less:
      case Op::less_equal:
      case Op::greater:
      case Op::greater_equal: {
        const Checked a = value(e->args[0], "a comparison"), b = value(e->args[1], "a comparison");
        alike(a, b, "a comparison");
        return {rebuild(*e, {a.expr, b.expr}), {}, true};
      }
      case Op::both:
      case Op::either:
      case Op::negation: {
        std::vector<Expr> args;
        for (const Expr& a : e->args) args.push_back(truth(a, e->op == Op::both ? "and" : e->op == Op::either ? "or" : "not").expr);
        return {rebuild(*e, std::move(args)), {}, true};
      }
      case Op::call: return function(*e);
    }
    return {e, {}};
  }

 private:
  Checked value(const Expr& e, std::string_view where) const {
    Checked c = check(e);
    if (c.condition) throw FormulaError(fmt::format("{} needs a number, but \"{}\" is true or false", where, quoted(e)));
    return c;
  }
  Checked truth(const Expr& e, std::string_view where) const {
    Checked c = check(e);
    if (!c.condition) throw FormulaError(fmt::format("\"{}\" needs a condition such as V > V_th, but \"{}\" is a number", where, quoted(e)));
    return c;
  }
  static Dimension alike(const Checked& a, const Checked& b, std::string_view what) {
    if (a.any_unit) return b.dimension;
    if (b.any_unit || a.dimension == b.dimension) return a.dimension;
    throw FormulaError(fmt::format("{} of {} ({}) and {} ({}) has no meaning", what, quoted(a.expr), unit_text(a.dimension), quoted(b.expr), unit_text(b.dimension)));
  }

  Checked name_or_unit(const Node& n, const Expr& e) const {
    if (const Dimension* d = dimension_of_(n.name)) return {e, *d};
    if (const auto unit = find_unit(n.name)) {
      const Expr value = number(in_unit(*unit, {.value = 1, .exponent = 0, .dimension = unit->dimension}), unit->dimension);
      return {value, unit->dimension};
    }
    if (n.name == "t") throw FormulaError("the time t is not available to a model: let an input change with time, or keep a state variable that does");
    throw FormulaError(fmt::format("unknown name \"{}\".{}", n.name, suggestion(n.name, known_)));
  }

  Checked sum(const Node& n) const {
    const bool plus = n.op == Op::add;
    const Checked a = value(n.args[0], plus ? "+" : "-"), b = value(n.args[1], plus ? "+" : "-");
    const Dimension d = alike(a, b, plus ? "a sum" : "a difference");
    return {rebuild(n, {a.expr, b.expr}), d, false, a.any_unit && b.any_unit};
  }

  Checked product(const Node& n, int sign) const {
    const Checked a = value(n.args[0], sign > 0 ? "*" : "/"), b = value(n.args[1], sign > 0 ? "*" : "/");
    if (sign < 0 && is_number(b.expr, 0)) throw FormulaError("divides by 0");
    return {rebuild(n, {a.expr, b.expr}), combine(a.dimension, b.dimension, sign)};
  }

  Checked raised(const Node& n) const {
    const Checked base = value(n.args[0], "^"), exponent = value(n.args[1], "an exponent");
    if (!exponent.dimension.plain()) throw FormulaError(fmt::format("an exponent is a plain number, but \"{}\" has the unit {}", quoted(n.args[1]), unit_text(exponent.dimension)));
    const Expr folded = substitute(exponent.expr, [](const std::string&) { return Expr(); });
    const bool whole = folded->op == Op::number && folded->value == std::floor(folded->value) && std::fabs(folded->value) <= 16;
    if (whole) return {rebuild(n, {base.expr, folded}), times(base.dimension, static_cast<int>(folded->value))};
    if (!base.dimension.plain())
      throw FormulaError(fmt::format("\"{}\" has the unit {}, and can only be raised to a whole power of at most 16; divide it by a unit first, or see sqrt", quoted(n.args[0]), unit_text(base.dimension)));
    return {rebuild(n, {base.expr, folded}), {}};
  }

  Checked function(const Node& n) const {
    if (n.name == "where") {
      const Checked c = truth(n.args[0], "where"), a = value(n.args[1], "where"), b = value(n.args[2], "where");
      return {rebuild(n, {c.expr, a.expr, b.expr}), alike(a, b, "where")};
    }
    std::vector<Checked> args;
    for (const Expr& a : n.args) args.push_back(value(a, n.name));
    std::vector<Expr> exprs;
    for (const Checked& a : args) exprs.push_back(a.expr);
    const Expr rebuilt = rebuild(n, exprs);
    if (n.name == "sqrt") return {rebuilt, half(args[0].dimension)};
    if (n.name == "abs") return {rebuilt, args[0].dimension};
    if (n.name == "min" || n.name == "max") return {rebuilt, alike(args[0], args[1], n.name)};
    if (n.name == "clip") {
      const Dimension low = alike(args[0], args[1], "clip");
      alike(args[0], args[2], "clip");
      return {rebuilt, args[0].any_unit ? low : args[0].dimension};
    }
    if (!args[0].dimension.plain())
      throw FormulaError(fmt::format("{} needs a plain number, but \"{}\" has the unit {}; divide it by a quantity of that unit first", n.name, quoted(n.args[0]), unit_text(args[0].dimension)));
    return {rebuilt, {}};
  }

  const DimensionOf& dimension_of_;
  const std::vector<std::string>& known_;
};

struct Base {
  Dimension dimension;
  std::string_view text;
};
constexpr std::array bases{
    Base{{}, ""}, Base{{.voltage = 1}, "mV"}, Base{{.current = 1}, "pA"}, Base{{.length = 1}, "um"}, Base{{.time = 1, .voltage = -1, .current = 1}, "pF"},
    Base{{.voltage = -1, .current = 1}, "nS"}, Base{{.voltage = 1, .current = -1}, "GOhm"},
};

}  // namespace

Checked check_units(const Expr& e, const DimensionOf& dimension_of, const std::vector<std::string>& known_names) { return UnitChecker(dimension_of, known_names).check(e); }

std::string unit_text(const Dimension& d) {
  std::string above, below;
  const auto times_unit = [&](std::string_view unit, int power) {
    for (int k = 0; k < power; ++k) above += fmt::format("{}{}", above.empty() ? "" : "*", unit);
    for (int k = 0; k > power; --k) below += fmt::format("/{}", unit);
  };
  for (const Base& base : bases)
    if (base.dimension == d && !base.text.empty()) return std::string(base.text);
  for (const Base& base : bases) {
    const Dimension& b = base.dimension;
    if (base.text == "pF") continue;  // with other powers of time it is nS times a time
    if (d.voltage != b.voltage || d.current != b.current || d.length != b.length) continue;
    if (!base.text.empty()) times_unit(base.text, 1);
    times_unit("ms", d.time - b.time);
    return above.empty() ? "1" + below : above + below;
  }
  times_unit("mV", d.voltage);
  times_unit("pA", d.current);
  times_unit("um", d.length);
  times_unit("ms", d.time);
  return above.empty() ? "1" + below : above + below;
}

}  // namespace ranvier::equations
