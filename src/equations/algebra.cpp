// SPDX-License-Identifier: Apache-2.0
/// Trees: building with folding, text, substitution, derivatives.
#include <fmt/format.h>

#include <cmath>

#include "equations/expression.hpp"

namespace ranvier::equations {
namespace {

constexpr std::size_t size_max = 4000;

Expr make(Node node) {
  node.size = 1;
  for (const Expr& a : node.args) node.size += a->size;
  if (node.size > size_max) throw FormulaError("is too large once its parts are put together");
  return std::make_shared<const Node>(std::move(node));
}

bool both_numbers(const Expr& a, const Expr& b) { return a->op == Op::number && b->op == Op::number; }
/// Folding keeps a number only where it is one: 1 / 0 stays as it is written, for a message that can name it.
Expr folded(double value, Op op, Expr a, Expr b) {
  if (std::isfinite(value)) return number(value);
  return make({.op = op, .args = {std::move(a), std::move(b)}});
}

/// How tightly an operation binds; for parentheses.
int strength(const Node& n) {
  switch (n.op) {
    case Op::either: return 1;
    case Op::both: return 2;
    case Op::negation: return 3;
    case Op::less: case Op::less_equal: case Op::greater: case Op::greater_equal: return 4;
    case Op::add: case Op::subtract: return 5;
    case Op::multiply: case Op::divide: return 6;
    case Op::negate: return 7;
    case Op::power: return 8;
    case Op::number: return n.value < 0 || std::signbit(n.value) ? 7 : 9;
    default: return 9;
  }
}

const char* sign_of(Op op) {
  switch (op) {
    case Op::add: return " + ";
    case Op::subtract: return " - ";
    case Op::multiply: return " * ";
    case Op::divide: return " / ";
    case Op::power: return "^";
    case Op::less: return " < ";
    case Op::less_equal: return " <= ";
    case Op::greater: return " > ";
    case Op::greater_equal: return " >= ";
    case Op::both: return " and ";
    case Op::either: return " or ";
    default: return "";
  }
}

void write(const Expr& e, int least, std::string& out) {
  const int mine = strength(*e);
  if (mine < least) out += "(";
  switch (e->op) {
    case Op::number: out += fmt::format("{}", e->value); break;
    case Op::name: out += e->name; break;
    case Op::negate: out += "-"; write(e->args[0], 8, out); break;
    case Op::negation: out += "not "; write(e->args[0], 3, out); break;
    case Op::call:
      out += e->name + "(";
      for (std::size_t k = 0; k < e->args.size(); ++k) {
        if (k > 0) out += ", ";
        write(e->args[k], 0, out);
      }
      out += ")";
      break;
    default: {
      const bool raised = e->op == Op::power;
      write(e->args[0], raised ? mine + 1 : mine, out);
      out += sign_of(e->op);
      write(e->args[1], mine + 1, out);
    }
  }
  if (mine < least) out += ")";
}

Expr where(Expr condition, Expr a, Expr b) { return call("where", {std::move(condition), std::move(a), std::move(b)}); }
Expr compare(Op op, Expr a, Expr b) { return make({.op = op, .args = {std::move(a), std::move(b)}}); }

/// d exprel(x) / dx = (e^x - exprel x) / x, by its series near 0.
Expr slope_of_exprel(const Expr& x) {
  const Expr series = add(number(0.5), multiply(x, add(number(1.0 / 3), multiply(x, add(number(0.125), multiply(x, number(1.0 / 30)))))));
  return where(compare(Op::less, call("abs", {x}), number(0.05)), series, divide(subtract(call("exp", {x}), call("exprel", {x})), x));
}

Expr derivative_of_call(const Node& n, const std::string& by) {
  const Expr& x = n.args[0];
  const auto inner = [&](std::size_t k) { return derivative(n.args[k], by); };
  const auto self = [&] { return call(n.name, n.args); };
  if (n.name == "exp") return multiply(self(), inner(0));
  if (n.name == "expm1") return multiply(call("exp", {x}), inner(0));
  if (n.name == "exprel") return multiply(slope_of_exprel(x), inner(0));
  if (n.name == "log") return divide(inner(0), x);
  if (n.name == "log1p") return divide(inner(0), add(number(1), x));
  if (n.name == "sqrt") return divide(inner(0), multiply(number(2), self()));
  if (n.name == "abs") return multiply(where(compare(Op::less, x, number(0)), number(-1), number(1)), inner(0));
  if (n.name == "sin") return multiply(call("cos", {x}), inner(0));
  if (n.name == "cos") return negate(multiply(call("sin", {x}), inner(0)));
  if (n.name == "tanh") return multiply(subtract(number(1), multiply(self(), self())), inner(0));
  if (n.name == "min") return where(compare(Op::less, x, n.args[1]), inner(0), inner(1));
  if (n.name == "max") return where(compare(Op::greater, x, n.args[1]), inner(0), inner(1));
  if (n.name == "clip") return where(compare(Op::less, x, n.args[1]), inner(1), where(compare(Op::greater, x, n.args[2]), inner(2), inner(0)));
  return where(x, inner(1), inner(2));
}

}  // namespace

bool is_condition(Op op) {
  switch (op) {
    case Op::less: case Op::less_equal: case Op::greater: case Op::greater_equal: case Op::both: case Op::either: case Op::negation: return true;
    default: return false;
  }
}

bool is_number(const Expr& e, double value) { return e->op == Op::number && e->value == value; }
bool same(const Expr& a, const Expr& b) { return a == b || (a->size == b->size && to_text(a) == to_text(b)); }

Expr number(double value, Dimension dimension) { return make({.op = Op::number, .value = value, .dimension = dimension}); }
Expr name(std::string text) { return make({.op = Op::name, .name = std::move(text)}); }

Expr add(Expr a, Expr b) {
  if (both_numbers(a, b)) return folded(a->value + b->value, Op::add, a, b);
  if (is_number(a, 0)) return b;
  if (is_number(b, 0)) return a;
  if (b->op == Op::negate) return subtract(a, b->args[0]);
  return make({.op = Op::add, .args = {a, b}});
}

Expr subtract(Expr a, Expr b) {
  if (both_numbers(a, b)) return folded(a->value - b->value, Op::subtract, a, b);
  if (is_number(b, 0)) return a;
  if (is_number(a, 0)) return negate(b);
  if (same(a, b)) return number(0);
  if (b->op == Op::negate) return add(a, b->args[0]);
  return make({.op = Op::subtract, .args = {a, b}});
}

Expr multiply(Expr a, Expr b) {
  if (both_numbers(a, b)) return folded(a->value * b->value, Op::multiply, a, b);
  if (is_number(a, 0) || is_number(b, 0)) return number(0);
  if (is_number(a, 1)) return b;
  if (is_number(b, 1)) return a;
  if (is_number(a, -1)) return negate(b);
  if (is_number(b, -1)) return negate(a);
  return make({.op = Op::multiply, .args = {a, b}});
}

Expr divide(Expr a, Expr b) {
  if (both_numbers(a, b)) return folded(a->value / b->value, Op::divide, a, b);
  if (is_number(a, 0) && !is_number(b, 0)) return number(0);
  if (is_number(b, 1)) return a;
  return make({.op = Op::divide, .args = {a, b}});
}

Expr negate(Expr a) {
  if (a->op == Op::number) return number(-a->value);
  if (a->op == Op::negate) return a->args[0];
  return make({.op = Op::negate, .args = {a}});
}

Expr power(Expr a, Expr b) {
  if (is_number(b, 1)) return a;
  if (is_number(b, 0)) return number(1);
  return make({.op = Op::power, .args = {a, b}});
}

Expr call(std::string function, std::vector<Expr> args) {
  if (function == "where" && same(args[1], args[2])) return args[1];
  return make({.op = Op::call, .name = std::move(function), .args = std::move(args)});
}

Expr rebuild(const Node& node, std::vector<Expr> args) {
  Node copy = node;
  copy.args = std::move(args);
  return make(std::move(copy));
}

std::string to_text(const Expr& e) {
  std::string out;
  write(e, 0, out);
  return out;
}

std::set<std::string> names_of(const Expr& e) {
  std::set<std::string> names;
  const std::function<void(const Node&)> visit = [&](const Node& n) {
    if (n.op == Op::name) names.insert(n.name);
    for (const Expr& a : n.args) visit(*a);
  };
  visit(*e);
  return names;
}

namespace {
/// The same operation, folded.
Expr operation(const Node& n, std::vector<Expr> args) {
  switch (n.op) {
    case Op::add: return add(args[0], args[1]);
    case Op::subtract: return subtract(args[0], args[1]);
    case Op::multiply: return multiply(args[0], args[1]);
    case Op::divide: return divide(args[0], args[1]);
    case Op::negate: return negate(args[0]);
    case Op::power: return power(args[0], args[1]);
    case Op::call: return call(n.name, std::move(args));
    default: return rebuild(n, std::move(args));
  }
}
}  // namespace

Expr substitute(const Expr& e, const std::function<Expr(const std::string&)>& value) {
  if (e->op == Op::number) return number(e->value);  // its unit has done its duty
  if (e->op == Op::name) {
    Expr found = value(e->name);
    return found ? found : e;
  }
  std::vector<Expr> args;
  for (const Expr& a : e->args) args.push_back(substitute(a, value));
  return operation(*e, std::move(args));
}

Expr derivative(const Expr& e, const std::string& by) {
  const auto d = [&](std::size_t k) { return derivative(e->args[k], by); };
  switch (e->op) {
    case Op::name: return number(e->name == by ? 1 : 0);
    case Op::add: return add(d(0), d(1));
    case Op::subtract: return subtract(d(0), d(1));
    case Op::multiply: return add(multiply(d(0), e->args[1]), multiply(e->args[0], d(1)));
    case Op::divide: {
      const Expr left = divide(d(0), e->args[1]), right = d(1);
      return is_number(right, 0) ? left : subtract(left, multiply(divide(e, e->args[1]), right));
    }
    case Op::negate: return negate(d(0));
    case Op::power: {
      const Expr &base = e->args[0], &exponent = e->args[1];
      const Expr inner = d(0), outer = d(1);
      Expr result = is_number(inner, 0) ? number(0) : multiply(multiply(exponent, power(base, subtract(exponent, number(1)))), inner);
      if (!is_number(outer, 0)) result = add(result, multiply(multiply(e, call("log", {base})), outer));
      return result;
    }
    case Op::call: return derivative_of_call(*e, by);
    default: return number(0);
  }
}

bool affine(const Expr& e, std::span<const std::string> names, const std::function<bool(const Expr&)>& is_constant, Affine& out) {
  out.coefficients.assign(names.size(), number(0));
  out.constant = number(0);
  if (is_constant(e)) {
    out.constant = e;
    return true;
  }
  const auto combine = [&](const Affine& a, const Affine& b, Expr (*how)(Expr, Expr)) {
    for (std::size_t k = 0; k < names.size(); ++k) out.coefficients[k] = how(a.coefficients[k], b.coefficients[k]);
    out.constant = how(a.constant, b.constant);
  };
  const auto scale = [&](const Affine& a, const std::function<Expr(const Expr&)>& how) {
    for (std::size_t k = 0; k < names.size(); ++k) out.coefficients[k] = how(a.coefficients[k]);
    out.constant = how(a.constant);
  };
  Affine a, b;
  switch (e->op) {
    case Op::name:
      for (std::size_t k = 0; k < names.size(); ++k)
        if (names[k] == e->name) {
          out.coefficients[k] = number(1);
          return true;
        }
      return false;
    case Op::add:
    case Op::subtract:
      if (!affine(e->args[0], names, is_constant, a) || !affine(e->args[1], names, is_constant, b)) return false;
      combine(a, b, e->op == Op::add ? add : subtract);
      return true;
    case Op::negate:
      if (!affine(e->args[0], names, is_constant, a)) return false;
      scale(a, [](const Expr& x) { return negate(x); });
      return true;
    case Op::multiply: {
      const bool left = is_constant(e->args[0]);
      if (!left && !is_constant(e->args[1])) return false;
      if (!affine(e->args[left ? 1 : 0], names, is_constant, a)) return false;
      const Expr factor = e->args[left ? 0 : 1];
      scale(a, [&](const Expr& x) { return left ? multiply(factor, x) : multiply(x, factor); });
      return true;
    }
    case Op::divide:
      if (!is_constant(e->args[1]) || !affine(e->args[0], names, is_constant, a)) return false;
      scale(a, [&](const Expr& x) { return divide(x, e->args[1]); });
      return true;
    default: return false;
  }
}

}  // namespace ranvier::equations
