// SPDX-License-Identifier: Apache-2.0
#include "equations/own_membrane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ranvier::equations {
namespace {

std::vector<Formula> formulas(const std::vector<Expr>& exprs, const std::vector<std::string>& names) {
  std::vector<Formula> out;
  for (const Expr& e : exprs) out.emplace_back(e, names);
  return out;
}

std::string numerics_of(const Step& step) {
  switch (step.method) {
    case Method::exact:
      return step.linear.joint ? "exact propagator; exponential Euler with mid-step conductances where a receptor is a conductance"
                               : "exact propagator of the state, currents held at mid-step; exponential Euler where a receptor is a conductance";
    case Method::exponential_euler: return "exponential Euler: each variable by its own linearised equation, the others at the start of the step; currents and conductances at mid-step";
    case Method::rk4: return "fourth-order Runge-Kutta; currents and conductances held at mid-step";
    case Method::euler: return "Euler, as written: nothing is fused; currents and conductances at mid-step";
  }
  return {};
}

}  // namespace

OwnMembrane::OwnMembrane(Model model) : model_(std::move(model)), step_(plan_step(model_)), emitted_(emit(model_, step_)) {
  const std::size_t n = model_.state.size();
  names_ = model_.parameter_names();
  denominators_ = formulas(model_.denominators, names_);
  const auto parameters = names_;
  names_.emplace_back(dt_name);
  if (step_.method == Method::exact) {
    for (const bool while_held : {false, true}) {
      for (std::size_t i = 0; i < n; ++i)
        for (std::size_t j = 0; j < n; ++j) names_.push_back(while_held ? element_H(i, j) : element_P(i, j));
      for (std::size_t i = 0; i < n; ++i) names_.push_back(while_held ? element_HR(i) : element_R(i));
      for (std::size_t i = 0; i < n; ++i) names_.push_back(while_held ? element_HQ(i) : element_Q(i));
    }
    for (const auto& row : step_.linear.A) A_.push_back(formulas(row, parameters));
    k_ = formulas(step_.linear.k, parameters);
    c_ = formulas(step_.linear.c, parameters);
  }
  constants_ = formulas(emitted_.constants, names_);

  std::vector<std::string> with_state = parameters;
  for (const Variable& v : model_.state) {
    initial_.emplace_back(v.initial, with_state);
    with_state.push_back(v.name);
  }
  // Whether a cell would fire again right after its reset can be told where both speak of parameters alone.
  std::map<std::string, Expr> after;
  for (const Assignment& a : step_.reset) after[step_.variables[a.variable]] = a.value;
  const Expr threshold = substitute(step_.threshold, [&](const std::string& symbol) { return after.contains(symbol) ? after[symbol] : Expr(); });
  if (step_.is_parameter_formula(threshold)) reset_and_threshold_.emplace_back(threshold, parameters);
  describe();
}

void OwnMembrane::describe() {
  for (const auto& p : model_.parameters) parameters_.push_back({p.name, p.default_value, p.unit, p.range, p.meaning});
  for (const auto& v : model_.state) initial_text_.push_back(to_text(v.initial));
  for (std::size_t k = 0; k < model_.state.size(); ++k) state_.push_back({model_.state[k].name, model_.state[k].unit, initial_text_[k], model_.state[k].meaning});
  numerics_ = numerics_of(step_);
  const int n = static_cast<int>(model_.state.size());
  info_ = {.kind = engine::ModelInfo::Kind::membrane, .name = model_.name, .title = model_.title, .equations = model_.equations, .parameters = parameters_, .state = state_,
           .numerics = numerics_, .source = model_.source, .flop = emitted_.flop, .byte_read = 4 * n + 4, .byte_written = 4 * n};
}

/// One set of elements of the propagator, as names_ has them.
void OwnMembrane::append_propagator(const std::vector<double>& p, double dt, bool while_held, std::vector<double>& out) const {
  const std::size_t n = model_.state.size();
  std::vector<std::vector<double>> A(n, std::vector<double>(n, 0));
  std::vector<double> k(n, 0), c(n, 0), P, R, Q;
  for (std::size_t i = 0; i < n; ++i) {
    if (while_held && model_.state[i].held) continue;  // its rate is 0
    for (std::size_t j = 0; j < n; ++j) A[i][j] = A_[i][j](p.data());
    k[i] = k_[i](p.data());
    c[i] = c_[i](p.data());
  }
  propagator(A, k, c, dt, P, R, Q);
  out.insert(out.end(), P.begin(), P.end());
  out.insert(out.end(), R.begin(), R.end());
  out.insert(out.end(), Q.begin(), Q.end());
}

std::vector<double> OwnMembrane::values(const double* p, double dt) const {
  std::vector<double> out(p, p + model_.parameters.size());
  out.push_back(dt);
  if (step_.method == Method::exact) {
    const std::vector<double> parameters = out;
    append_propagator(parameters, dt, false, out);
    append_propagator(parameters, dt, true, out);
  }
  return out;
}

void OwnMembrane::derive(const double* p, double dt, double* c) const {
  const auto known = values(p, dt);
  for (std::size_t k = 0; k < constants_.size(); ++k) c[k] = constants_[k](known.data());
}

engine::MembraneConstants OwnMembrane::constants(const double* p) const {
  if (step_.method != Method::exact || !step_.linear.joint) return {false, 0, 1};
  return {true, -1 / A_[0][0](p), 1 / k_[0](p)};
}

bool OwnMembrane::fires_after_reset(const double* p) const { return !reset_and_threshold_.empty() && reset_and_threshold_[0](p) != 0; }

const char* OwnMembrane::validate(const double* p, double dt) const {
  thread_local std::string message;
  for (std::size_t k = 0; k < denominators_.size(); ++k)
    if (denominators_[k](p) == 0) {
      message = fmt::format("{} = 0, but an equation of model \"{}\" divides by it", to_text(model_.denominators[k]), model_.name);
      return message.c_str();
    }
  double c[engine::constants_max];
  derive(p, dt, c);
  for (std::size_t k = 0; k < constants_.size(); ++k)
    if (!std::isfinite(c[k])) {
      message = fmt::format("with these parameters {} is not a finite number", to_text(emitted_.constants[k]));
      return message.c_str();
    }
  if (fires_after_reset(p)) {
    message = fmt::format("the reset of model \"{}\" leaves the cell above its threshold, so that it fires in every step", model_.name);
    return message.c_str();
  }
  return nullptr;
}

double OwnMembrane::initial(const double* p, const double* before, int variable) const {
  std::vector<double> known(p, p + model_.parameters.size());
  for (int k = 0; k < variable; ++k) known.push_back(before[k] + (k == 0 && step_.relative_to >= 0 ? p[step_.relative_to] : 0));
  return initial_[static_cast<std::size_t>(variable)](known.data());
}

const engine::MembraneEntry& OwnMembrane::functions() {
  const Target target = current_target();
  const std::lock_guard lock(mutex_);
  const engine::MembraneEntry*& entry = functions_[target.name];
  if (!entry) entry = static_cast<const engine::MembraneEntry*>(load_plugin(model_.name, source(target), target));
  return *entry;
}

}  // namespace ranvier::equations
