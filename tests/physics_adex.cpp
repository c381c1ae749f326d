// SPDX-License-Identifier: Apache-2.0
/// AdEx against spike times of an adaptive integrator (DOP853, tolerance 1e-12) and its own limits.
#include <gtest/gtest.h>

#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

CellSetup adex(double dt, double current) { return {.membrane = "adex", .params = {{"I_e", current}}, .dt = dt}; }

/// Spikes are found at the end of their step and the cell restarts there: each is late by up to a step, in all.
void expect_train(double current, const std::vector<double>& times) {
  for (const double dt : {0.002, 0.001}) {
    const auto train = Cells(adex(dt, current)).train(static_cast<int>((times.back() + 2) / dt));
    ASSERT_EQ(train.size(), times.size()) << dt;
    for (std::size_t k = 0; k < times.size(); ++k) {
      // 1e-4: the digits given; the factor 2: being late also lets w decay and the cell rise a little
      EXPECT_GT(train[k] * dt, times[k] - 1e-4) << "spike " << k << ", dt " << dt;
      EXPECT_LT(train[k] * dt, times[k] + 2 * dt * static_cast<double>(k + 1) + 1e-4) << "spike " << k << ", dt " << dt;
    }
  }
}

TEST(Adex, spike_times_at_1000_pA_are_the_reference_to_a_step_each) { expect_train(1000, {11.7916, 25.3761, 41.1962, 59.7757, 81.6441, 107.1463}); }
TEST(Adex, spike_times_at_800_pA_are_the_reference_to_a_step_each) { expect_train(800, {17.7195, 40.4852, 71.2670, 114.4776, 171.5946}); }

TEST(Adex, spike_times_at_the_usual_step_are_late_by_a_step_each) {
  const double times[] = {11.7916, 25.3761, 41.1962, 59.7757, 81.6441, 107.1463};
  const auto train = Cells(adex(0.1, 1000)).train(1090);
  ASSERT_EQ(train.size(), 6u);
  for (std::size_t k = 0; k < 6; ++k) EXPECT_NEAR(train[k] * 0.1, times[k], 0.15 * static_cast<double>(k + 1));
}

TEST(Adex, below_threshold_it_converges_with_second_order) {
  const auto after_8_ms = [](double dt) {
    Cells cells({.membrane = "adex", .params = {{"I_e", 900}}, .receptors = {{"exponential", true, {{"tau_syn", 3}, {"E_rev", -80}}}}, .dt = dt});
    cells.set("0.I", 0, 5);
    cells.run(static_cast<int>(std::lround(8 / dt)));
    return cells.get("V_m");
  };
  const double fine = (4 * after_8_ms(1.0 / 1024) - after_8_ms(1.0 / 512)) / 3;
  double previous = after_8_ms(0.125) - fine;
  for (const double dt : {1.0 / 16, 1.0 / 32, 1.0 / 64}) {
    const double error = after_8_ms(dt) - fine;
    EXPECT_NEAR(previous / error, 4, 0.4) << dt;
    previous = error;
  }
}

TEST(Adex, rheobase_is_627_pA) {
  // From rest a step of current overshoots; from the resting state of 600 pA it does not.
  const auto fires = [](double current) {
    Cells cells(adex(0.05, 560));
    cells.run(40000);
    const double v = cells.get("V_m"), w = cells.get("w");
    Cells second(adex(0.05, current));
    second.set("V_m", 0, v);
    second.set("w", 0, w);
    return !second.train(200000).empty();
  };
  EXPECT_FALSE(fires(610));
  EXPECT_TRUE(fires(630));
}

TEST(Adex, resting_state_does_not_move) {
  // F = 0 there, whatever dt: a splitting of leak and upswing would drift.
  Cells cells(adex(0.1, 500));
  cells.run(100000);
  const double rest = cells.get("V_m");
  Cells coarse(adex(0.5, 500));
  coarse.run(100000);
  EXPECT_NEAR(coarse.get("V_m"), rest, 1e-9);
}

TEST(Adex, without_upswing_or_adaptation_it_is_the_leaky_neuron) {
  const Params params{{"C_m", 250}, {"g_L", 25}, {"E_L", -70}, {"V_T", -55}, {"Delta_T", 0}, {"a", 0}, {"b", 0}, {"V_reset", -70}, {"t_ref", 2}, {"I_e", 450}};
  for (const bool dbl : {true, false}) {
    CellSetup setup{.membrane = "adex", .params = params, .double_precision = dbl};
    EXPECT_EQ(Cells(setup).train(1000), (std::vector<int>{180, 380, 580, 780, 980}));
  }
}

TEST(Adex, adaptation_goes_on_while_refractory) {
  Cells cells({.membrane = "adex", .params = {{"I_e", 1000}, {"t_ref", 5}}, .dt = 0.1});
  while (cells.step().empty()) {}
  const double w = cells.get("w");
  cells.run(50);
  EXPECT_EQ(cells.get("V_m"), -70.6);
  EXPECT_NEAR(cells.get("w"), w * std::exp(-5.0 / 144), 1e-9);  // V = E_L there: w decays to 0
}

TEST(Adex, strong_input_fires_and_stays_finite_in_float) {
  CellSetup setup{.membrane = "adex", .receptors = {{"exponential", false, {}}, {"delta"}}, .double_precision = false};
  Cells cells(setup);
  int spikes = 0;
  for (int k = 0; k < 500; ++k) {
    cells.arrive(0, 0, k % 7 ? 900 : -900);
    cells.arrive(1, 0, k % 3 ? 200 : -150);
    spikes += static_cast<int>(cells.step().size());
    ASSERT_TRUE(std::isfinite(cells.get("V_m")));
    ASSERT_LT(cells.visit().bad_cell, 0);
  }
  EXPECT_GT(spikes, 100);
}

TEST(Adex, a_state_that_is_not_a_number_is_reported) {
  Cells cells({.membrane = "adex", .n = 20});
  cells.set("V_m", 17, std::nan(""));
  cells.step();
  EXPECT_EQ(cells.visit().bad_cell, 17);
}

TEST(Adex, parameters_that_make_no_sense_together_are_refused) {
  EXPECT_THROW(Cells({.membrane = "adex", .params = {{"V_reset", 5}}}), std::runtime_error);
  EXPECT_THROW(Cells({.membrane = "adex", .params = {{"Delta_T", 0.05}}}), std::runtime_error);
  EXPECT_THROW(Cells({.membrane = "adex", .dt = 2}), std::runtime_error);
}

}  // namespace
}  // namespace ranvier::tests
