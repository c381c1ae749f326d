// SPDX-License-Identifier: Apache-2.0
#include "plan/fit.hpp"

#include <algorithm>
#include <cmath>
#include <map>

namespace ranvier::plan {
namespace {

constexpr double corner_least = 0.2;  // s of rho: beyond it a residual pulls linearly
constexpr double pull = 0.02;         // of the starting values, against a sum of weighted rows of order 10
constexpr int few = 10;                // a workload with fewer rows weighs by its rows alone
constexpr double derivative_step = 0.01;
constexpr double step_max = 0.5;      // of ln(constant) in one iteration

bool is_width(const ConstantInfo& c) { return c.name.starts_with("width_"); }

std::vector<const ConstantInfo*> constants_to_fit(const FitOptions& options) {
  std::vector<const ConstantInfo*> chosen;
  for (const ConstantInfo& c : constant_table()) {
    const bool named = std::find(options.only.begin(), options.only.end(), c.name) != options.only.end();
    if (options.only.empty() ? c.kind == ConstantKind::fitted && !is_width(c) : named) chosen.push_back(&c);
  }
  return chosen;
}

/// A least-squares problem in u = ln(constants / start).
class Problem {
 public:
  Problem(std::span<const Case> cases, const Constants& start, const ModelSource* models, const FitOptions& options)
      : cases_(cases), start_(start), models_(models), fitted_(constants_to_fit(options)) {
    std::map<std::string, int> rows;
    for (const Case& c : cases) rows[c.row->workload] += c.row->scored;
    for (const Case& c : cases) {
      weights_.push_back(c.row->scored ? 1 / std::sqrt(std::max(few, rows[c.row->workload])) : 0);
      const RowResult p = predict(c, start, models);
      corners_.push_back(p.predicted && *p.p10 > 0 ? std::max(corner_least, std::log(*p.p90 / *p.p10) / (2 * Estimate::normal_90)) : corner_least);
    }
  }

  std::size_t size() const { return fitted_.size(); }

  Constants at(const std::vector<double>& u) const {
    Constants c = start_;
    for (std::size_t j = 0; j < fitted_.size(); ++j) c.*fitted_[j]->member = start_.*fitted_[j]->member * std::exp(u[j]);
    return c;
  }

  /// ln(predicted / measured) of each row; 0 where there is no prediction (there is nothing to pull on).
  std::vector<double> residuals(const std::vector<double>& u) const {
    const Constants c = at(u);
    std::vector<double> r;
    for (std::size_t i = 0; i < cases_.size(); ++i) {
      const RowResult p = weights_[i] > 0 ? predict(cases_[i], c, models_) : RowResult{};
      r.push_back(p.predicted ? log_ratio(*cases_[i].row, p) : 0);
    }
    return r;
  }

  double loss(const std::vector<double>& r, const std::vector<double>& u) const {
    double sum = 0;
    for (std::size_t i = 0; i < r.size(); ++i) sum += weights_[i] * (std::sqrt(1 + squared(i, r[i])) - 1);
    for (const double x : u) sum += 0.5 * pull * x * x;
    return sum;
  }

  /// Weight of a squared residual in the quadratic that touches the loss at r.
  double weight(std::size_t i, double r) const { return weights_[i] / (corners_[i] * corners_[i] * std::sqrt(1 + squared(i, r))); }

 private:
  double squared(std::size_t i, double r) const { return (r / corners_[i]) * (r / corners_[i]); }

  std::span<const Case> cases_;
  Constants start_;
  const ModelSource* models_;
  std::vector<const ConstantInfo*> fitted_;
  std::vector<double> weights_, corners_;
};

/// Solves A x = b in place, A symmetric and positive definite, row by row [n x n]. Cholesky.
std::vector<double> solve(std::vector<double> a, std::vector<double> b) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i * n + j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i * n + k] * a[j * n + k];
      a[i * n + j] = i == j ? std::sqrt(std::max(sum, 1e-12)) : sum / a[j * n + j];
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i * n + k] * b[k];
    b[i] /= a[i * n + i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k * n + i] * b[k];
    b[i] /= a[i * n + i];
  }
  return b;
}

struct Quadratic {
  std::vector<double> matrix, gradient;  ///< [n x n], [n]
};

Quadratic quadratic_at(const Problem& problem, const std::vector<double>& u, const std::vector<double>& r) {
  const std::size_t n = problem.size();
  std::vector<std::vector<double>> slopes;
  for (std::size_t j = 0; j < n; ++j) {
    std::vector<double> up = u, down = u;
    up[j] += derivative_step;
    down[j] -= derivative_step;
    auto slope = problem.residuals(up);
    const auto below = problem.residuals(down);
    for (std::size_t i = 0; i < slope.size(); ++i) slope[i] = (slope[i] - below[i]) / (2 * derivative_step);
    slopes.push_back(std::move(slope));
  }
  Quadratic q{std::vector<double>(n * n, 0), std::vector<double>(n, 0)};
  for (std::size_t j = 0; j < n; ++j) {
    for (std::size_t i = 0; i < r.size(); ++i) q.gradient[j] += problem.weight(i, r[i]) * slopes[j][i] * r[i];
    q.gradient[j] += pull * u[j];
    for (std::size_t k = 0; k < n; ++k)
      for (std::size_t i = 0; i < r.size(); ++i) q.matrix[j * n + k] += problem.weight(i, r[i]) * slopes[j][i] * slopes[k][i];
    q.matrix[j * n + j] += pull;
  }
  return q;
}

}  // namespace

FitReport fit(std::span<const Case> cases, const Constants& start, const ModelSource* models, const FitOptions& options) {
  const Problem problem(cases, start, models, options);
  const std::size_t n = problem.size();
  std::vector<double> u(n, 0);
  std::vector<double> r = problem.residuals(u);
  double loss = problem.loss(r, u), damping = 1e-2;
  FitReport report{start, loss, loss};
  for (int iteration = 0; iteration < options.iterations && n > 0; ++iteration) {
    const Quadratic q = quadratic_at(problem, u, r);
    const double before = loss;
    for (int attempt = 0; attempt < 6; ++attempt, damping *= 5) {
      std::vector<double> a = q.matrix, b = q.gradient;
      for (std::size_t j = 0; j < n; ++j) {
        a[j * n + j] *= 1 + damping;
        b[j] = -b[j];
      }
      const std::vector<double> step = solve(std::move(a), std::move(b));
      std::vector<double> next = u;
      for (std::size_t j = 0; j < n; ++j) next[j] += std::clamp(step[j], -step_max, step_max);
      std::vector<double> r_next = problem.residuals(next);
      const double loss_next = problem.loss(r_next, next);
      if (!(loss_next < loss)) continue;
      u = std::move(next);
      r = std::move(r_next);
      loss = loss_next;
      damping = std::max(damping / 10, 1e-6);
      break;
    }
    if (!(loss < before * (1 - 1e-5))) break;
  }
  report.constants = problem.at(u);
  report.loss_after = loss;
  return report;
}

Constants fit_widths(std::span<const Case> cases, std::span<const RowResult> unseen, const Constants& start, const ModelSource* models) {
  Constants result = start;
  for (const ConstantInfo& c : constant_table()) {
    if (!is_width(c) || c.kind != ConstantKind::fitted) continue;
    Constants wide = start;
    wide.*c.member *= 2;
    // A row that uses this width: its interval grows with it. The share of its spread that figures have is kept apart.
    std::vector<double> needed;
    for (std::size_t i = 0; i < cases.size(); ++i) {
      if (!cases[i].row->scored || !unseen[i].predicted) continue;
      const RowResult narrow = predict(cases[i], start, models), broad = predict(cases[i], wide, models);
      if (!narrow.predicted || !broad.predicted) continue;
      const double now = std::log(*narrow.p90 / *narrow.p10), twice = std::log(*broad.p90 / *broad.p10);
      if (!(twice > now * (1 + 1e-9))) continue;
      const double scale = 2 * Estimate::normal_90;
      const double width = start.*c.member, figures = std::max(0.0, (now / scale) * (now / scale) - width * width);
      const double wanted = std::abs(log_ratio(*cases[i].row, unseen[i])) / Estimate::normal_90;
      needed.push_back(std::sqrt(std::max(0.0, wanted * wanted - figures)));
    }
    constexpr double narrowest = 0.02;
    if (!needed.empty()) result.*c.member = std::max(narrowest, quantile(needed, 0.8));
  }
  return result;
}

std::string group_of(const Case& one, LeaveOut what) {
  if (what == LeaveOut::machine) return one.machine ? one.machine->id : one.row->hardware;
  for (const char* key : {"engine", "library", "simulator"})
    if (one.row->parameters.has(key))
      for (const auto& [k, v] : one.row->parameters.all())
        if (k == key && std::holds_alternative<std::string>(v)) return std::get<std::string>(v);
  return one.row->workload;
}

namespace {

template <class Use>
void each_left_out(std::span<const Case> cases, const Constants& start, const ModelSource* models, LeaveOut what, Use&& use) {
  std::map<std::string, std::vector<std::size_t>> groups;
  for (std::size_t i = 0; i < cases.size(); ++i) groups[group_of(cases[i], what)].push_back(i);
  FitOptions options;
  options.iterations = 4;  // it starts from a good fit to nearly the same rows
  for (const auto& [name, left_out] : groups) {
    std::vector<Case> others;
    for (const Case& c : cases)
      if (group_of(c, what) != name) others.push_back(c);
    use(left_out, fit(others, start, models, options).constants);
  }
}

}  // namespace

std::vector<RowResult> predict_left_out(std::span<const Case> cases, const Constants& start, const ModelSource* models, LeaveOut what) {
  std::vector<RowResult> results(cases.size());
  each_left_out(cases, start, models, what, [&](const std::vector<std::size_t>& left_out, const Constants& fitted) {
    for (const std::size_t i : left_out) results[i] = predict(cases[i], fitted, models);
  });
  return results;
}

std::vector<double> spreads_left_out(std::span<const Case> cases, const Constants& start, const ModelSource* models) {
  const auto table = constant_table();
  std::vector<double> squares(table.size(), 0);
  int groups = 0;
  each_left_out(cases, start, models, LeaveOut::machine, [&](const std::vector<std::size_t>&, const Constants& fitted) {
    ++groups;
    for (std::size_t j = 0; j < table.size(); ++j) {
      const double change = std::log(fitted.*table[j].member / start.*table[j].member);
      if (std::isfinite(change)) squares[j] += change * change;
    }
  });
  // The jackknife's standard deviation: the groups left out share all other rows, hence (n - 1) / n times the sum.
  for (double& s : squares) s = groups > 1 ? std::sqrt(s * (groups - 1) / groups) : 0;
  return squares;
}

}  // namespace ranvier::plan
