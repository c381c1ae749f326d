// SPDX-License-Identifier: Apache-2.0
#include "engine/calcium/rule.hpp"

#include <algorithm>
#include <cmath>

#include "engine/magnesium.hpp"

namespace ranvier::engine::calcium {
namespace {

/// The largest B(V) (E - V) at any potential [mV].
double influx_most(double Mg, double E) {
  double most = 0;
  for (double V = E; V > E - 200; V -= 0.5) most = std::max(most, magnesium::open_share(V, Mg) * (E - V));
  return most;
}

}  // namespace

Window::Window(const Rule& r) : beta_(r.pulse.beta), dt_ms_(r.dt_ms), s_inf_(r.pulse.s_inf()) {
  constexpr double target_rate = 0.1;  // per ms
  const double influx = influx_most(r.Mg, r.E) + r.kick * target_rate, negligible = std::pow(1e-3 * r.k_2 / r.k_1, 1.0 / r.n);
  // of the calcium that may be there already, and of what is still to come, each half may stay
  old_ms_ = r.tau_Ca * std::log(std::max(1.0, 2 * r.gamma * s_inf_ * influx * r.tau_Ca / negligible));
  phi_most_ = influx / r.lambda;
  calcium_most_ = r.Ca_rest + r.gamma * s_inf_ * influx * r.tau_Ca;
  fresh_ = 2 * r.gamma * influx / r.lambda / negligible;
}

std::uint32_t Window::operator()(double s) const {
  const double ms = std::max({old_ms_, std::log(std::max(1.0, fresh_ * s)) / beta_, dt_ms_});
  return static_cast<std::uint32_t>(std::ceil(ms / dt_ms_));
}

}  // namespace ranvier::engine::calcium
