// SPDX-License-Identifier: Apache-2.0
#include "equations/step.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/math.hpp"

namespace ranvier::equations {
namespace {

constexpr const char* relative_potential = "$u";

/// A formula that equals `expr`, or `expr` plus the base where it is shifted.
struct Shifted {
  Expr expr;
  bool shifted = false;
};

/// Rewrites formulas of the potential V for u = V - base.
class ToRelative {
 public:
  ToRelative(std::string V, Expr base, const Step& step) : V_(std::move(V)), base_(std::move(base)), step_(step) {}

  Expr whole(const Expr& e) const { return put_together(visit(e)); }
  /// What is assigned to the potential, as it is stored.
  Expr stored(const Expr& e) const {
    const Shifted s = visit(e);
    return s.shifted ? s.expr : subtract(s.expr, base_);
  }

 private:
  Expr put_together(const Shifted& s) const { return s.shifted ? add(s.expr, base_) : s.expr; }
  bool constant(const Shifted& s) const { return !s.shifted && step_.is_parameter_formula(s.expr); }

  Shifted visit(const Expr& e) const {
    if (e->op == Op::name) return e->name == V_ ? Shifted{name(relative_potential), true} : Shifted{e, false};
    if (e->args.empty()) return {e, false};
    std::vector<Shifted> args;
    for (const Expr& a : e->args) args.push_back(visit(a));
    if (std::none_of(args.begin(), args.end(), [](const Shifted& s) { return s.shifted; })) return {again(*e, args), false};
    const Shifted &a = args[0], &b = args.size() > 1 ? args[1] : args[0];
    switch (e->op) {
      case Op::subtract:
        if (a.shifted && b.shifted) return {subtract(a.expr, b.expr), false};
        if (a.shifted && constant(b)) return {subtract(a.expr, subtract(b.expr, base_)), false};
        if (b.shifted && constant(a)) return {subtract(subtract(a.expr, base_), b.expr), false};
        if (a.shifted) return {subtract(a.expr, b.expr), true};
        break;
      case Op::add:
        if (a.shifted && b.shifted) break;
        return {add(a.expr, b.expr), true};
      case Op::less: case Op::less_equal: case Op::greater: case Op::greater_equal:
        if (a.shifted && b.shifted) return {rebuild(*e, {a.expr, b.expr}), false};
        if (a.shifted && constant(b)) return {rebuild(*e, {a.expr, subtract(b.expr, base_)}), false};
        if (b.shifted && constant(a)) return {rebuild(*e, {subtract(a.expr, base_), b.expr}), false};
        break;
      case Op::call:
        if (e->name == "min" || e->name == "max" || e->name == "clip") {
          std::vector<Expr> exprs;
          for (const Shifted& s : args) {
            if (!s.shifted && !constant(s)) return {again(*e, args), false};
            exprs.push_back(s.shifted ? s.expr : subtract(s.expr, base_));
          }
          return {call(e->name, std::move(exprs)), true};
        }
        break;
      default: break;
    }
    return {again(*e, args), false};
  }

  Expr again(const Node& n, const std::vector<Shifted>& args) const {
    std::vector<Expr> exprs;
    for (const Shifted& s : args) exprs.push_back(put_together(s));
    const Expr rebuilt = rebuild(n, std::move(exprs));
    return substitute(rebuilt, [](const std::string&) { return Expr(); });  // folds
  }

  std::string V_;
  Expr base_;
  const Step& step_;
};

bool is_zero(const Expr& e) { return is_number(e, 0); }

Linear find_linear(const Model& model, const Step& step) {
  Linear out;
  std::vector<std::string> names = step.variables;
  names.emplace_back(current_name);
  const auto is_constant = [&](const Expr& e) { return step.is_parameter_formula(e); };
  for (std::size_t i = 0; i < step.rate.size(); ++i) {
    const Expr alone = substitute(step.rate[i], [](const std::string& n) { return n == conductance_name || n == reversal_name ? number(0) : Expr(); });
    Affine a;
    if (!affine(alone, names, is_constant, a)) {
      out.why_not = fmt::format("d{}/dt is not linear in the state with constant coefficients", model.state[i].name);
      return out;
    }
    out.k.push_back(a.coefficients.back());
    a.coefficients.pop_back();
    out.A.push_back(std::move(a.coefficients));
    out.c.push_back(a.constant);
  }
  out.is = true;
  out.joint = !is_zero(out.k[0]) && !is_zero(out.A[0][0]);
  for (std::size_t i = 1; i < out.A.size(); ++i) out.joint = out.joint && is_zero(out.A[i][0]) && is_zero(out.k[i]);
  return out;
}

void choose_method(const Model& model, Step& step) {
  step.method = model.method.value_or(step.linear.is ? Method::exact : Method::exponential_euler);
  if (step.method == Method::exact && !step.linear.is)
    throw FormulaError(fmt::format("exact is not possible: {}; use exponential_euler, rk4 or euler, or leave method out", step.linear.why_not));
}

}  // namespace

bool Step::is_parameter_formula(const Expr& e) const {
  if (e->op == Op::name) return (e->name.front() != '$' || e->name == dt_name) && std::find(variables.begin(), variables.end(), e->name) == variables.end();
  return std::all_of(e->args.begin(), e->args.end(), [&](const Expr& a) { return is_parameter_formula(a); });
}

Step plan_step(const Model& model) {
  Step step;
  for (const Variable& v : model.state) step.variables.push_back(v.name);
  for (const Variable& v : model.state) step.rate.push_back(v.rate);
  step.threshold = model.threshold;
  step.reset = model.reset;
  const Variable& V = model.state[0];
  if (V.initial->op == Op::name) {
    const auto names = model.parameter_names();
    step.relative_to = static_cast<int>(std::find(names.begin(), names.end(), V.initial->name) - names.begin());
    const ToRelative relative(V.name, V.initial, step);
    for (Expr& rate : step.rate) rate = relative.whole(rate);
    step.threshold = relative.whole(step.threshold);
    for (Assignment& a : step.reset) a.value = a.variable == 0 ? relative.stored(a.value) : relative.whole(a.value);
    step.variables[0] = relative_potential;
  }
  for (std::size_t i = 0; i < step.rate.size(); ++i) step.slope.push_back(derivative(step.rate[i], step.variables[i]));
  step.linear = find_linear(model, step);
  choose_method(model, step);
  return step;
}

std::string element_P(std::size_t row, std::size_t column) { return fmt::format("$P{}{}", row, column); }
std::string element_H(std::size_t row, std::size_t column) { return fmt::format("$H{}{}", row, column); }
std::string element_R(std::size_t row) { return fmt::format("$R{}", row); }
std::string element_Q(std::size_t row) { return fmt::format("$Q{}", row); }
std::string element_HR(std::size_t row) { return fmt::format("$HR{}", row); }
std::string element_HQ(std::size_t row) { return fmt::format("$HQ{}", row); }

namespace {

using Matrix = std::vector<std::vector<double>>;

Matrix product(const Matrix& a, const Matrix& b) {
  const std::size_t n = a.size();
  Matrix out(n, std::vector<double>(n, 0));
  for (std::size_t i = 0; i < n; ++i)
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t j = 0; j < n; ++j) out[i][j] += a[i][k] * b[k][j];
  return out;
}

/// e^M by scaling and squaring.
Matrix exponential(Matrix m) {
  const std::size_t n = m.size();
  double norm = 0;
  for (const auto& row : m) {
    double sum = 0;
    for (double x : row) sum += std::fabs(x);
    norm = std::max(norm, sum);
  }
  int halvings = 0;
  for (; norm > 0.25 && halvings < 60; norm /= 2) ++halvings;
  for (auto& row : m)
    for (double& x : row) x = std::ldexp(x, -halvings);
  Matrix sum(n, std::vector<double>(n, 0));
  for (std::size_t i = 0; i < n; ++i) sum[i][i] = 1;
  const Matrix unit = sum;
  for (int k = 14; k >= 1; --k) {  // Horner; 0.25^15 / 15! is below 1e-21
    sum = product(m, sum);
    for (std::size_t i = 0; i < n; ++i)
      for (std::size_t j = 0; j < n; ++j) sum[i][j] = unit[i][j] + sum[i][j] / k;
  }
  for (; halvings > 0; --halvings) sum = product(sum, sum);
  return sum;
}

/// The largest absolute value; 1 where all are 0.
double largest(const std::vector<double>& x) {
  double most = 0;
  for (const double v : x) most = std::max(most, std::fabs(v));
  return most > 0 ? most : 1;
}

}  // namespace

void propagator(const std::vector<std::vector<double>>& A, const std::vector<double>& k, const std::vector<double>& c, double dt, std::vector<double>& P, std::vector<double>& R,
                std::vector<double>& Q) {
  const std::size_t n = A.size();
  P.assign(n * n, 0);
  R.assign(n, 0);
  Q.assign(n, 0);
  if (n == 1) {
    const double phi = dt * math::exprel(dt * A[0][0]);
    P[0] = math::exp(dt * A[0][0]);
    R[0] = phi * k[0];
    Q[0] = phi * c[0];
    return;
  }
  // The last two columns in units of their largest entries: the norm, and with it the squarings, are then those of A.
  const double unit_k = largest(k), unit_c = largest(c);
  Matrix m(n + 2, std::vector<double>(n + 2, 0));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) m[i][j] = dt * A[i][j];
    m[i][n] = dt * (k[i] / unit_k);
    m[i][n + 1] = dt * (c[i] / unit_c);
  }
  const Matrix e = exponential(std::move(m));
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j < n; ++j) P[i * n + j] = e[i][j];
    R[i] = e[i][n] * unit_k;
    Q[i] = e[i][n + 1] * unit_c;
  }
}

}  // namespace ranvier::equations
