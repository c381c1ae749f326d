// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the tests of both Hodgkin-Huxley membranes share: crossing times, and the rates as the papers write them.

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "physics_cells.hpp"

namespace ranvier::tests {

/// Times [ms] at which V_m of cell 0 comes from below `level`, between steps by a straight line.
inline std::vector<double> crossings(const CellSetup& setup, double level, double duration_ms, const Params& start = {}) {
  Cells cells(setup);
  for (const auto& [variable, x] : start) cells.set_all(variable, x);
  std::vector<double> out;
  double before = cells.get("V_m");
  for (int k = 1; k <= std::lround(duration_ms / setup.dt); ++k) {
    cells.step();
    const double now = cells.get("V_m");
    if (before < level && now >= level) out.push_back((k - 1 + (level - before) / (now - before)) * setup.dt);
    before = now;
  }
  return out;
}

/// x / (e^x - 1), in long double so that its own rounding is not felt.
inline long double linear_exponential(long double x) { return x == 0 ? 1 : x / std::expm1(x); }

/// One gate, by its rates in 1/ms.
struct GateRates {
  std::string name;
  std::function<long double(long double v)> alpha, beta;
  /// The gate after dt with V held, starting at x.
  double after(double v, double x, double dt, double speed = 1) const {
    const long double a = speed * alpha(v), b = speed * beta(v);
    return static_cast<double>(a / (a + b) + (x - a / (a + b)) * std::exp(-(a + b) * dt));
  }
};

/// One step of every gate, opened and closed, at all V and at and next to the points where a rate is 0/0. Potentials are
/// multiples of 1/1024 mV from `base`, which single precision holds exactly.
inline void expect_gates_relax(CellSetup setup, double base, const std::vector<GateRates>& gates, const std::vector<double>& singular, double speed = 1) {
  std::vector<double> vs;
  for (double v = -100; v <= 150; v += 0.25) vs.push_back(v);
  for (const double v : singular)
    for (const double off : {0x1p-10, 0x1p-6, 0x1p-3, 0.5, 1.0, 2.0}) vs.insert(vs.end(), {v, v - off, v + off});
  setup.n = vs.size();
  for (const bool open : {false, true}) {
    Cells cells(setup);
    for (std::size_t i = 0; i < vs.size(); ++i) cells.set("V_m", i, base + vs[i]);
    for (const auto& g : gates) cells.set_all(g.name, open);
    cells.step();
    // Single precision: the fits are good to 1e-6 of a rate, and the sum is rounded; double: rounding of exponents up to 25.
    const double tolerance = setup.double_precision ? 2e-14 : 1e-6;
    for (const auto& g : gates)
      for (std::size_t i = 0; i < vs.size(); ++i) {
        const double expected = g.after(vs[i], open, setup.dt, speed);
        ASSERT_NEAR(cells.get(g.name, i), expected, tolerance * (open ? 1 : expected) + tolerance / 100) << g.name << " at v = " << vs[i];
      }
  }
}

/// t(dt) of the k-th crossing minus the reference, for halved steps.
inline std::vector<double> timing_errors(CellSetup setup, double level, double duration_ms, std::size_t k, double reference, const std::vector<double>& steps) {
  std::vector<double> out;
  for (const double dt : steps) {
    setup.dt = dt;
    const auto times = crossings(setup, level, duration_ms);
    out.push_back(k < times.size() ? times[k] - reference : std::nan(""));
  }
  return out;
}

}  // namespace ranvier::tests
