// SPDX-License-Identifier: Apache-2.0
/// Formulas of parameters, as a program for a small stack machine.
#include <algorithm>
#include <array>
#include <cassert>
#include <cmath>

#include "core/math.hpp"
#include "equations/expression.hpp"

namespace ranvier::equations {
namespace {

constexpr std::array function_list{"exp", "expm1", "exprel", "log", "log1p", "sqrt", "abs", "sin", "cos", "tanh", "min", "max", "clip", "where"};

int function_index(const std::string& name) {
  const auto* found = std::find(function_list.begin(), function_list.end(), name);
  assert(found != function_list.end() && "parse() lets only known functions through");
  return static_cast<int>(found - function_list.begin());
}

/// log(1 + x), to the last bits for small x (Kahan).
double log1p(double x) {
  const double u = 1 + x;
  return u == 1 ? x : math::log(u) * x / (u - 1);
}

double tanh(double x) {
  if (std::fabs(x) > 20) return x > 0 ? 1 : -1;
  const double e = math::expm1(2 * x);
  return e / (e + 2);
}

double whole_power(double base, int n) {
  double result = 1;
  for (int k = 0; k < std::abs(n); ++k) result *= base;
  return n < 0 ? 1 / result : result;
}

double raise(double base, double exponent) {
  if (exponent == std::floor(exponent) && std::fabs(exponent) <= 16) return whole_power(base, static_cast<int>(exponent));
  return math::pow(base, exponent);
}

double operate(Op op, double a, double b) {
  switch (op) {
    case Op::add: return a + b;
    case Op::subtract: return a - b;
    case Op::multiply: return a * b;
    case Op::divide: return a / b;
    case Op::negate: return -a;
    case Op::power: return raise(a, b);
    case Op::less: return a < b;
    case Op::less_equal: return a <= b;
    case Op::greater: return a > b;
    case Op::greater_equal: return a >= b;
    case Op::both: return a != 0 && b != 0;
    case Op::either: return a != 0 || b != 0;
    case Op::negation: return a == 0;
    default: return 0;
  }
}

double apply(int function, const double* x) {
  switch (function) {
    case 0: return math::exp(x[0]);
    case 1: return math::expm1(x[0]);
    case 2: return math::exprel(x[0]);
    case 3: return math::log(x[0]);
    case 4: return log1p(x[0]);
    case 5: return std::sqrt(x[0]);
    case 6: return std::fabs(x[0]);
    case 7: return math::sin(x[0]);
    case 8: return math::cos(x[0]);
    case 9: return tanh(x[0]);
    case 10: return std::min(x[0], x[1]);
    case 11: return std::max(x[0], x[1]);
    case 12: return std::min(std::max(x[0], x[1]), x[2]);
    default: return x[0] != 0 ? x[1] : x[2];
  }
}

bool is_unary(Op op) { return op == Op::negate || op == Op::negation; }
constexpr int arity[] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 2, 3, 3};

}  // namespace

Formula::Formula(const Expr& e, std::span<const std::string> names) { compile(e, names); }

void Formula::compile(const Expr& e, std::span<const std::string> names) {
  for (const Expr& a : e->args) compile(a, names);
  switch (e->op) {
    case Op::number: steps_.push_back({Step::Kind::push, e->value, 0}); break;
    case Op::name: {
      const auto found = std::find(names.begin(), names.end(), e->name);
      assert(found != names.end() && "a formula of parameters names parameters only");
      steps_.push_back({Step::Kind::load, 0, static_cast<int>(found - names.begin())});
      break;
    }
    case Op::call: steps_.push_back({Step::Kind::function, 0, function_index(e->name)}); break;
    default: steps_.push_back({Step::Kind::operation, 0, static_cast<int>(e->op)});
  }
  depth_ += 1 - static_cast<int>(e->args.size());
  depth_max_ = std::max(depth_max_, depth_);
}

double Formula::operator()(const double* values) const {
  std::array<double, 64> few{};
  std::vector<double> many;
  double* stack = few.data();
  if (depth_max_ > static_cast<int>(few.size())) {
    many.resize(static_cast<std::size_t>(depth_max_));
    stack = many.data();
  }
  double* top = stack;  // one past the last
  for (const Step& s : steps_) {
    switch (s.kind) {
      case Step::Kind::push: *top++ = s.value; break;
      case Step::Kind::load: *top++ = values[s.index]; break;
      case Step::Kind::operation: {
        const Op op = static_cast<Op>(s.index);
        top -= is_unary(op) ? 1 : 2;
        *top = operate(op, top[0], is_unary(op) ? 0 : top[1]);
        ++top;
        break;
      }
      case Step::Kind::function:
        top -= arity[s.index];
        *top = apply(s.index, top);
        ++top;
        break;
    }
  }
  return stack[0];
}

}  // namespace ranvier::equations
