// SPDX-License-Identifier: Apache-2.0
/// Leaky membrane against closed forms. Numbers with many digits were computed at 40 digits from the formula beside them.
#include <gtest/gtest.h>

#include "core/math.hpp"
#include "engine/propagator.hpp"
#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

// Closed forms: 1e-9 in double (the digits given), 1e-5 in float (a PSP is a sum of some 100 rounded steps).
double tolerance(bool double_precision) { return double_precision ? 1e-9 : 1e-5; }
void expect_relative(double value, double expected, double relative) { EXPECT_NEAR(value, expected, relative * std::fabs(expected)); }

CellSetup lif_exp(Params params = {}, double tau_syn = 2) {
  return {.params = std::move(params), .receptors = {{"exponential", false, {{"tau_syn", tau_syn}}}}};
}

double psp(bool double_precision, double tau_syn, int steps) {
  CellSetup setup = lif_exp({}, tau_syn);
  setup.double_precision = double_precision;
  setup.params["E_L"] = 0;  // V_m itself, not its difference to -70, is compared in float
  setup.params["V_reset"] = 0;
  setup.params["V_th"] = 15;
  Cells cells(setup);
  cells.set("0.I", 0, 100);
  cells.run(steps);
  return cells.get("V_m");
}

TEST(Leaky, propagators_have_their_closed_form_values) {
  Cells cells(lif_exp());
  const auto constant = [](const void* p) { return *static_cast<const double*>(p); };
  const auto& v = cells.visit();
  expect_relative(constant(v.constants[0]), 0.9900498337491681, 1e-15);       // P22
  expect_relative(constant(v.constants[1]), 3.980066500333e-4, 1e-12);        // P20
  expect_relative(constant(v.receptors[0].constants[2]), 3.882040924845e-4, 1e-12);  // P21
}

TEST(Leaky, psp_of_an_exponential_current_is_exact) {
  for (const bool dbl : {true, false}) {
    expect_relative(psp(dbl, 2, 10), 0.2983067583, tolerance(dbl));
    // dV(t) = (I/C) (e^{-t/10} - e^{-t/2}) / (1/2 - 1/10)
    expect_relative(psp(dbl, 2, 40), 100.0 / 250 * (std::exp(-0.4) - std::exp(-2.0)) / 0.4, tolerance(dbl));
  }
}

TEST(Leaky, psp_peaks_where_the_closed_form_does) {
  CellSetup setup = lif_exp();
  setup.dt = 4.0235947811 / 1000;
  Cells cells(setup);
  cells.set("0.I", 0, 100);
  double before = 0;
  for (int k = 0; k < 1000; ++k) {
    cells.step();
    EXPECT_GT(cells.get("V_m") + 70, before);
    before = cells.get("V_m") + 70;
  }
  expect_relative(before, 0.5349922440, 1e-9);
  cells.run(5);
  EXPECT_LT(cells.get("V_m") + 70, before);
}

TEST(Leaky, psp_with_equal_time_constants_is_the_limit) {
  for (const bool dbl : {true, false}) {
    expect_relative(psp(dbl, 10, 10), 0.3619349672, tolerance(dbl));
    expect_relative(psp(dbl, 10, 100), 1.4715177643, tolerance(dbl));
    expect_relative(psp(dbl, 10 * (1 + 1e-9), 100), 1.4715177643, tolerance(dbl) * 2);
  }
}

TEST(Leaky, propagator_of_very_unequal_time_constants_is_finite) {
  for (const double tau : {1e-6, 1e-3, 1e3, 1e9}) {
    const double p = engine::propagator::exponential_current(1.0, tau, 10, 250);
    EXPECT_TRUE(std::isfinite(p)) << tau;
    const long double q = 1.0L / tau - 0.1L;
    const long double exact = (expl(-0.1L) - expl(-1.0L / tau)) / q / 250;
    expect_relative(p, static_cast<double>(exact), 1e-13);
  }
}

TEST(Leaky, constant_current_450_pA_fires_in_steps_180_380_580) {
  for (const bool dbl : {true, false}) {
    CellSetup setup = lif_exp({{"I_e", 450}});
    setup.double_precision = dbl;
    const auto train = Cells(setup).train(10000);
    ASSERT_EQ(train.size(), 50u);
    for (int k = 0; k < 50; ++k) EXPECT_EQ(train[static_cast<std::size_t>(k)], 180 + 200 * k);
  }
}

TEST(Leaky, external_current_acts_like_I_e) {
  Cells cells(lif_exp());
  cells.current(0, 450);
  EXPECT_EQ(cells.train(600), (std::vector<int>{180, 380, 580}));
}

TEST(Leaky, f_I_curve_is_the_closed_form_rounded_up_to_steps) {
  // T = t_ref + tau_m ln((R I + E_L - V_reset) / (R I + E_L - V_th))
  const std::pair<double, double> rows[] = {{400, 29.7258872224}, {450, 19.9175946923}, {600, 11.8082925301}, {1000, 6.7000362925}};
  for (const auto& [current, period] : rows)
    for (const double dt : {0.1, 0.01}) {
      CellSetup setup = lif_exp({{"I_e", current}});
      setup.dt = dt;
      const auto train = Cells(setup).train(static_cast<int>(100 / dt));
      const int expected = static_cast<int>(std::ceil((period - 2) / dt)) + static_cast<int>(std::lround(2 / dt));
      ASSERT_GT(train.size(), 2u);
      EXPECT_EQ(train[2] - train[1], expected) << current << " pA, dt " << dt;
    }
}

TEST(Leaky, rheobase_is_375_pA) {
  EXPECT_TRUE(Cells(lif_exp({{"I_e", 374.9}})).train(20000).empty());
  EXPECT_FALSE(Cells(lif_exp({{"I_e", 375.1}})).train(20000).empty());
}

TEST(Leaky, refractory_cell_holds_reset_while_its_synaptic_current_goes_on) {
  Cells cells(lif_exp({{"I_e", 450}, {"V_reset", -68}}));
  cells.train(180);
  cells.arrive(0, 0, 100);
  for (int k = 1; k <= 20; ++k) {
    EXPECT_TRUE(cells.step().empty());
    EXPECT_EQ(cells.get("V_m"), -68);
    expect_relative(cells.get("0.I"), 100 * std::exp(-(k - 1) * 0.1 / 2), 1e-12);
  }
  cells.step();
  EXPECT_GT(cells.get("V_m"), -68);
}

TEST(Leaky, zero_refractory_period_lets_the_next_step_go_on) {
  Cells cells(lif_exp({{"I_e", 450}, {"t_ref", 0}}));
  EXPECT_EQ(cells.train(540), (std::vector<int>{180, 360, 540}));
}

// Two arrivals of 10 mV: U after the second is 10 (1 + e^{-t/10}); the threshold is 15 mV above rest.
TEST(LeakyDelta, two_inputs_of_10_mV_fire_5_and_6_ms_apart_but_not_7) {
  for (const int apart : {50, 60, 70}) {
    Cells cells({.receptors = {{"delta"}}});
    cells.arrive(0, 0, 10);
    cells.run(apart);
    EXPECT_NEAR(cells.get("V_m") + 70, 10 * std::exp(-(apart - 1) * 0.1 / 10), 1e-9);
    cells.arrive(0, 0, 10);
    EXPECT_EQ(cells.step().size(), apart == 70 ? 0u : 1u) << apart;
    if (apart == 70) {
      EXPECT_NEAR(cells.get("V_m") + 70, 14.965853037914095, 1e-9);
    }
  }
}

TEST(LeakyDelta, what_arrives_while_refractory_is_lost) {
  Cells cells({.receptors = {{"delta"}}});
  cells.arrive(0, 0, 20);
  EXPECT_EQ(cells.step().size(), 1u);
  for (int k = 0; k < 20; ++k) {
    cells.arrive(0, 0, 20);
    EXPECT_TRUE(cells.step().empty());
  }
  cells.step();
  EXPECT_NEAR(cells.get("V_m"), -70, 1e-12);
}

TEST(LeakyDelta, two_arrivals_in_one_step_add_up) {
  Cells cells({.receptors = {{"delta"}}});
  cells.arrive(0, 0, 8);
  cells.arrive(0, 0, -3);
  cells.step();
  EXPECT_NEAR(cells.get("V_m"), -65, 1e-9);
}

// 10 nS with tau_syn 2 ms at t = 0, no threshold: V(1 ms) = -67.9070510885, peak -66.0307981059 at 4.6014574 ms.
CellSetup lif_cond(double dt) {
  return {.params = {{"tau_m", 250 / 16.6667}, {"V_th", 1000}}, .receptors = {{"exponential", true, {{"tau_syn", 2}, {"E_rev", 0}}}}, .dt = dt};
}
double cond_after_1_ms(double dt) {
  Cells cells(lif_cond(dt));
  cells.set("0.I", 0, 10);
  cells.run(static_cast<int>(std::lround(1 / dt)));
  return cells.get("V_m");
}

TEST(LeakyConductance, converges_with_second_order_to_the_reference) {
  const double reference = -67.9070510885;
  double error = cond_after_1_ms(0.2) - reference;
  for (double dt = 0.1; dt > 0.01; dt /= 2) {
    const double finer = cond_after_1_ms(dt) - reference;
    EXPECT_NEAR(error / finer, 4, 0.1) << dt;
    error = finer;
  }
  const double extrapolated = (4 * cond_after_1_ms(0.0125) - cond_after_1_ms(0.025)) / 3;
  expect_relative(extrapolated, reference, 1e-9);
}

TEST(LeakyConductance, psp_has_the_reference_peak) {
  Cells cells(lif_cond(0.0125));
  cells.set("0.I", 0, 10);
  double peak = -100, when = 0;
  for (int k = 1; k < 800; ++k) {
    cells.step();
    if (cells.get("V_m") > peak) peak = cells.get("V_m"), when = k * 0.0125;
  }
  EXPECT_NEAR(peak, -66.0307981059, 2e-5);  // second order: the error at dt = 0.0125
  EXPECT_NEAR(when, 4.6014574, 0.0125);
}

TEST(LeakyConductance, strong_conductance_pulls_to_its_reversal_without_overshoot) {
  CellSetup setup = lif_cond(1);
  Cells cells(setup);
  cells.set("0.I", 0, 1e5);
  cells.step();
  EXPECT_LT(cells.get("V_m"), 0);
  EXPECT_GT(cells.get("V_m"), -0.2);
}

TEST(Leaky, reset_above_threshold_is_refused) { EXPECT_THROW(Cells(lif_exp({{"V_reset", -50}})), std::runtime_error); }

}  // namespace
}  // namespace ranvier::tests
