// SPDX-License-Identifier: Apache-2.0
#include "plan/claims/expression.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/suggest.hpp"
#include "plan/claims/formulas.hpp"

namespace ranvier::plan::claims {
namespace {

using Kind = Expression::Kind;
constexpr int max_depth = 100;  // parentheses and signs: beyond it the stack is at risk
constexpr std::size_t max_length = 4096;  // a sum is as deep as it is long

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expression all() {
    skip();
    if (at_end()) throw ValueError("the expression is empty");
    Expression e = sum();
    if (!at_end()) throw ValueError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
    return e;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t') ++at_;
  }
  bool accept(char c) {
    if (peek() != c) return false;
    ++at_;
    skip();
    return true;
  }
  void deeper() {
    if (++depth_ > max_depth) throw ValueError("the expression is nested too deeply");
  }
  static Expression pair(Kind kind, Expression a, Expression b) {
    Expression e{kind, 0, {}, {}};
    e.arguments.push_back(std::move(a));
    e.arguments.push_back(std::move(b));
    return e;
  }

  Expression sum() {
    deeper();
    Expression left = product();
    while (true) {
      const bool plus = accept('+');
      if (!plus && !accept('-')) break;
      left = pair(plus ? Kind::add : Kind::subtract, std::move(left), product());
    }
    --depth_;
    return left;
  }
  Expression product() {
    Expression left = power();
    while (true) {
      const bool times = accept('*');
      if (!times && !accept('/')) return left;
      left = pair(times ? Kind::multiply : Kind::divide, std::move(left), power());
    }
  }
  Expression power() {
    deeper();
    Expression out;
    if (accept('-')) {
      out.kind = Kind::negate;
      out.arguments.push_back(power());
    } else {
      out = primary();
      if (accept('^')) out = pair(Kind::power, std::move(out), power());
    }
    --depth_;
    return out;
  }
  Expression primary() {
    if (accept('(')) {
      Expression e = sum();
      if (!accept(')')) throw ValueError("a \")\" is missing");
      return e;
    }
    if (accept('$')) return {Kind::name, 0, word(), {}};
    if (is_digit(peek()) || peek() == '.') return number();
    if (is_letter(peek())) return call();
    if (at_end()) throw ValueError("the expression ends where a value is needed");
    throw ValueError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
  }
  std::string word() {
    const auto start = at_;
    while (is_letter(peek()) || is_digit(peek())) ++at_;
    std::string name(text_.substr(start, at_ - start));
    if (name.empty()) throw ValueError("a name must follow \"$\"");
    skip();
    return name;
  }
  Expression number() {
    double value = 0;
    const char* first = text_.data() + at_;
    const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), value);
    if (error != std::errc{}) throw ValueError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
    at_ += static_cast<std::size_t>(end - first);
    skip();
    return {Kind::number, value, {}, {}};
  }
  Expression call() {
    Expression e{Kind::call, 0, word(), {}};
    const Formula* formula = find_formula(e.name);
    if (formula == nullptr)
      throw ValueError(fmt::format("unknown function \"{}\".{} Premises are written $name", e.name, suggestion(e.name, formula_names())));
    if (!accept('(')) throw ValueError(fmt::format("\"(\" must follow {}", e.name));
    e.arguments.push_back(sum());
    while (accept(',')) e.arguments.push_back(sum());
    if (!accept(')')) throw ValueError("a \")\" is missing");
    if (e.arguments.size() != formula->arity) throw ValueError(fmt::format("{} takes {}", e.name, formula->usage));
    return e;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

Value raised(const Value& base, const Value& exponent) {
  if (!exponent.plain()) throw ValueError("an exponent is a plain number");
  if (base.plain()) return {std::pow(base.number, exponent.number), {}};
  const double n = exponent.number;
  if (n != std::floor(n) || n < 1 || n > 6) throw ValueError("a quantity with a unit can only be raised to a power from 1 to 6");
  Value out = base;
  for (int i = 1; i < static_cast<int>(n); ++i) out = out * base;
  return out;
}

Value evaluate_node(const Expression& e, const Lookup& lookup) {
  const auto argument = [&](std::size_t i) { return evaluate_node(e.arguments[i], lookup); };
  switch (e.kind) {
    case Kind::number: return {e.number, {}};
    case Kind::name: return lookup(e.name);
    case Kind::negate: {
      Value v = argument(0);
      v.number = -v.number;
      return v;
    }
    case Kind::add:
    case Kind::subtract: {
      Value a = argument(0);
      const Value b = argument(1);
      require_alike(a, b, e.kind == Kind::add ? "a sum" : "a difference");
      a.number += e.kind == Kind::add ? b.number : -b.number;
      return a;
    }
    case Kind::multiply: return argument(0) * argument(1);
    case Kind::divide: return argument(0) / argument(1);
    case Kind::power: return raised(argument(0), argument(1));
    case Kind::call: {
      std::vector<Value> values;
      for (std::size_t i = 0; i < e.arguments.size(); ++i) values.push_back(argument(i));
      return find_formula(e.name)->call(values);
    }
  }
  return {};
}

void collect(const Expression& e, std::vector<std::string>& out) {
  if (e.kind == Kind::name && std::find(out.begin(), out.end(), e.name) == out.end()) out.push_back(e.name);
  for (const Expression& a : e.arguments) collect(a, out);
}

bool gather_addends(const Expression& e, std::vector<const Expression*>& out) {
  if (e.kind != Kind::add) {
    out.push_back(&e);
    return e.kind != Kind::subtract;
  }
  return gather_addends(e.arguments[0], out) && gather_addends(e.arguments[1], out);
}

}  // namespace

Expression parse_expression(std::string_view text) {
  if (text.size() > max_length) throw ValueError(fmt::format("the expression has {} characters; at most {} are read", text.size(), max_length));
  return Parser(text).all();
}

Value evaluate(const Expression& expression, const Lookup& lookup) {
  Value v = evaluate_node(expression, lookup);
  if (!std::isfinite(v.number)) throw ValueError("the result is not a finite number");
  return v;
}

std::vector<std::string> names_in(const Expression& expression) {
  std::vector<std::string> out;
  collect(expression, out);
  return out;
}

std::vector<const Expression*> addends(const Expression& expression) {
  std::vector<const Expression*> out;
  if (expression.kind != Kind::add || !gather_addends(expression, out)) return {};
  return out;
}

}  // namespace ranvier::plan::claims
