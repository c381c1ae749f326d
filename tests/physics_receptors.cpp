// SPDX-License-Identifier: Apache-2.0
/// Alpha and double exponential receptors against closed forms.
#include <gtest/gtest.h>

#include <cmath>

#include "engine/propagator.hpp"
#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

void expect_relative(double value, double expected, double relative) { EXPECT_NEAR(value, expected, relative * std::fabs(expected)); }

CellSetup alpha(double dt = 0.1) { return {.params = {{"E_L", 0}, {"V_reset", 0}, {"V_th", 15}}, .receptors = {{"alpha", false, {{"tau_syn", 2}}}}, .dt = dt}; }

/// Delivers one arrival of 100 and returns the cells as they are at the end of that step, which is time 0.
void deliver(Cells& cells, double weight = 100) {
  cells.arrive(0, 0, weight);
  cells.step();
}

TEST(Alpha, psp_is_exact) {
  for (const bool dbl : {true, false}) {
    CellSetup setup = alpha();
    setup.double_precision = dbl;
    Cells cells(setup);
    deliver(cells);
    cells.run(10);
    expect_relative(cells.get("V_m"), 0.1892416652, dbl ? 1e-9 : 1e-5);
  }
}

TEST(Alpha, psp_has_its_peak_at_6_65_ms) {
  CellSetup setup = alpha(6.6509976 / 500);
  Cells cells(setup);
  deliver(cells);
  cells.run(500);
  const double peak = cells.get("V_m");
  expect_relative(peak, 1.3000662476, 1e-9);
  cells.run(1);
  EXPECT_LT(cells.get("V_m"), peak);
}

TEST(Alpha, weight_is_the_peak_of_the_current_at_tau_syn) {
  Cells cells(alpha());
  deliver(cells);
  EXPECT_EQ(cells.get("0.I"), 0);
  cells.run(20);
  expect_relative(cells.get("0.I"), 100, 1e-12);
  cells.run(20);
  expect_relative(cells.get("0.I"), 100 * 2 * std::exp(-1.0), 1e-12);
}

TEST(Alpha, charge_is_e_w_tau_syn) {
  CellSetup setup = alpha();
  setup.params["tau_m"] = 1e9;  // integrates
  setup.params["V_th"] = 1000;
  Cells cells(setup);
  deliver(cells);
  cells.run(2000);
  expect_relative(cells.get("V_m") * 250, std::exp(1.0) * 100 * 2, 1e-6);  // what leaks in 200 of 1e9 ms is 1e-7
}

TEST(Alpha, equal_and_nearly_equal_time_constants_agree) {
  const auto psp = [](double tau_syn) {
    CellSetup setup = alpha();
    setup.receptors[0].params["tau_syn"] = tau_syn;
    Cells cells(setup);
    deliver(cells);
    cells.run(100);
    return cells.get("V_m");
  };
  // tau_syn = tau_m = tau: V = w e/(tau C) t^2/2 e^{-t/tau}
  expect_relative(psp(10), 100 * std::exp(1.0) / (10 * 250) * 50 * std::exp(-1.0), 1e-12);
  for (const double off : {1e-12, 1e-9, 1e-6}) expect_relative(psp(10 * (1 + off)), psp(10), 2 * off + 1e-12);
}

TEST(Alpha, conductance_converges_with_second_order) {
  const auto after_2_ms = [](double dt) {
    Cells cells({.params = {{"V_th", 1000}}, .receptors = {{"alpha", true, {{"tau_syn", 2}, {"E_rev", 0}}}}, .dt = dt});
    cells.set("0.x", 0, 20 * std::exp(1.0) / 2);
    cells.run(static_cast<int>(std::lround(2 / dt)));
    return cells.get("V_m");
  };
  const double fine = (4 * after_2_ms(1.0 / 256) - after_2_ms(1.0 / 128)) / 3;
  for (const double dt : {0.25, 0.125, 0.0625}) EXPECT_NEAR((after_2_ms(dt) - fine) / (after_2_ms(dt / 2) - fine), 4, 0.15) << dt;
}

TEST(DoubleExponential, weight_is_the_peak_at_its_time) {
  const double rise = 0.5, fall = 5, peak_at = std::log(fall / rise) * fall * rise / (fall - rise);
  Cells cells({.receptors = {{"double_exponential"}}, .dt = peak_at / 100});
  deliver(cells);
  cells.run(100);
  expect_relative(cells.get("0.I"), 100, 1e-12);
  cells.run(50);
  const double t = 1.5 * peak_at, k = 1 / (std::exp(-peak_at / fall) - std::exp(-peak_at / rise));
  expect_relative(cells.get("0.I"), 100 * k * (std::exp(-t / fall) - std::exp(-t / rise)), 1e-11);
}

TEST(DoubleExponential, psp_is_the_sum_of_two_exponential_psps) {
  for (const bool dbl : {true, false}) {
    const double rise = 0.5, fall = 5, peak_at = std::log(fall / rise) * fall * rise / (fall - rise);
    const double k = 1 / (std::exp(-peak_at / fall) - std::exp(-peak_at / rise));
    CellSetup setup{.params = {{"E_L", 0}, {"V_reset", 0}, {"V_th", 15}}, .receptors = {{"double_exponential"}}, .double_precision = dbl};
    Cells cells(setup);
    deliver(cells);
    cells.run(30);
    const double expected = 100 * k * (engine::propagator::exponential_current(3, fall, 10, 250) - engine::propagator::exponential_current(3, rise, 10, 250));
    expect_relative(cells.get("V_m"), expected, dbl ? 1e-11 : 1e-5);
  }
}

TEST(DoubleExponential, with_equal_time_constants_is_alpha) {
  Cells one({.receptors = {{"alpha", false, {{"tau_syn", 3}}}}});
  for (const double fall : {3.0, 3.0 * (1 + 1e-10)}) {
    Cells two({.receptors = {{"double_exponential", false, {{"tau_rise", 3}, {"tau_decay", fall}}}}});
    Cells fresh({.receptors = {{"alpha", false, {{"tau_syn", 3}}}}});
    deliver(fresh);
    deliver(two);
    for (int k = 0; k < 100; ++k) {
      fresh.step();
      two.step();
      EXPECT_NEAR(two.get("V_m"), fresh.get("V_m"), 1e-9);
    }
  }
}

TEST(DoubleExponential, all_three_time_constants_may_agree) {
  // tau_rise = tau_decay = tau_m = 10: V = w e/(tau C) t^2/2 e^{-t/tau}
  Cells cells({.params = {{"E_L", 0}, {"V_reset", 0}, {"V_th", 15}}, .receptors = {{"double_exponential", false, {{"tau_rise", 10}, {"tau_decay", 10}}}}});
  deliver(cells);
  cells.run(100);
  expect_relative(cells.get("V_m"), 100 * std::exp(1.0) / (10 * 250) * 50 * std::exp(-1.0), 1e-12);
}

TEST(Propagator, divided_differences_agree_with_long_double_on_both_sides_of_every_switch) {
  const auto two = [](long double x, long double y) { return (expl(x) - expl(y)) / (x - y); };
  const auto three = [&](long double x, long double y, long double z) { return (two(x, y) - two(y, z)) / (x - z); };
  for (const double x : {-0.01, -0.3, -5.0})
    for (const double gap : {0.01, 0.2, 0.49, 0.51, 0.71, 3.0, 40.0}) {
      expect_relative(engine::propagator::divided_exp(x, x - gap), static_cast<double>(two(x, static_cast<long double>(x) - gap)), 1e-14);
      expect_relative(engine::propagator::divided_exp(x - gap / 3, x - gap, x),
                      static_cast<double>(three(x, static_cast<long double>(x) - static_cast<long double>(gap) / 3, static_cast<long double>(x) - gap)), 1e-11 / gap);
    }
}

TEST(Receptors, currents_at_mid_step_agree_with_exact_ones_to_second_order) {
  // A conductance of no weight beside it makes the leaky membrane take its currents at mid-step.
  const auto after_2_ms = [](double dt, bool exact) {
    CellSetup setup{.receptors = {{"alpha", false, {{"tau_syn", 1}}}, {"exponential", !exact, {}}}, .dt = dt};
    Cells cells(setup);
    cells.set("0.x", 0, 100 * std::exp(1.0));
    cells.run(static_cast<int>(std::lround(2 / dt)));
    return cells.get("V_m");
  };
  for (const double dt : {0.25, 0.125})
    EXPECT_NEAR((after_2_ms(dt, false) - after_2_ms(dt, true)) / (after_2_ms(dt / 2, false) - after_2_ms(dt / 2, true)), 4, 0.2);
}

}  // namespace
}  // namespace ranvier::tests
