// SPDX-License-Identifier: Apache-2.0
/// lif_shiu: closed form, and the order of events within a step, which is Brian2's.
#include <gtest/gtest.h>

#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

constexpr int to_g = 0, to_v = 1;
CellSetup shiu(Params params = {}) { return {.membrane = "lif_shiu", .params = std::move(params), .receptors = {{"delta_g"}, {"delta"}}}; }

TEST(LifShiu, psp_of_g_is_the_closed_form) {
  for (const bool dbl : {true, false}) {
    CellSetup setup = shiu({{"E_L", 0}, {"V_reset", 0}, {"V_th", 7}});
    setup.double_precision = dbl;
    Cells cells(setup);
    cells.arrive(to_g, 0, 5);
    cells.step();
    EXPECT_EQ(cells.get("V_m"), 0);
    EXPECT_EQ(cells.get("g"), 5);
    cells.run(80);
    // dv = (g0/tau_m) (e^{-t/tau_m} - e^{-t/tau}) / (1/tau - 1/tau_m)
    const double t = 8, expected = 5.0 / 20 * (std::exp(-t / 20) - std::exp(-t / 5)) / (1.0 / 5 - 1.0 / 20);
    EXPECT_NEAR(cells.get("V_m"), expected, expected * (dbl ? 1e-12 : 1e-5));
    EXPECT_NEAR(cells.get("g"), 5 * std::exp(-t / 5), dbl ? 1e-12 : 1e-5);
  }
}

TEST(LifShiu, a_jump_of_v_is_tested_one_step_later_after_decaying) {
  Cells cells(shiu());
  cells.arrive(to_v, 0, 68.75);
  EXPECT_TRUE(cells.step().empty());
  EXPECT_NEAR(cells.get("V_m"), -52 + 68.75, 1e-9);
  EXPECT_EQ(cells.step().size(), 1u);

  Cells just(shiu());
  just.arrive(to_v, 0, 7.03);  // above threshold when it arrives, 7.03 e^{-0.1/20} = 6.995 when it is tested
  EXPECT_TRUE(just.step().empty());
  EXPECT_TRUE(just.step().empty());
}

TEST(LifShiu, threshold_is_strict) {
  // With no leak to speak of a cell may sit exactly at threshold.
  for (const double above : {0.0, 0x1p-20}) {
    Cells cells(shiu({{"E_L", 0}, {"V_reset", -10}, {"V_th", 8}, {"tau_m", 1e300}}));
    cells.arrive(to_v, 0, 8 + above);
    cells.step();
    EXPECT_EQ(cells.step().size(), above > 0 ? 1u : 0u);
  }
}

TEST(LifShiu, while_refractory_v_and_g_are_frozen_and_arrivals_lost) {
  Cells cells(shiu());
  cells.arrive(to_v, 0, 20);
  cells.step();
  cells.arrive(to_g, 0, 3);  // arrives in the step of the spike: lost with the reset of g
  EXPECT_EQ(cells.step().size(), 1u);
  EXPECT_EQ(cells.get("g"), 0);
  EXPECT_EQ(cells.get("V_m"), -52);
  for (int k = 1; k <= 21; ++k) {  // t_ref = 22 steps, that of the spike included
    cells.arrive(to_g, 0, 5);
    cells.arrive(to_v, 0, 50);
    EXPECT_TRUE(cells.step().empty());
    EXPECT_EQ(cells.get("g"), 0) << k;
    EXPECT_EQ(cells.get("V_m"), -52) << k;
  }
  cells.arrive(to_v, 0, 20);
  EXPECT_TRUE(cells.step().empty());
  EXPECT_NEAR(cells.get("V_m"), -32, 1e-9);
  EXPECT_EQ(cells.step().size(), 1u);
}

TEST(LifShiu, without_refractory_period_it_goes_on_in_the_next_step) {
  Cells cells(shiu({{"t_ref", 0}}));
  cells.arrive(to_v, 0, 20);
  cells.step();
  EXPECT_EQ(cells.step().size(), 1u);
  cells.arrive(to_v, 0, 20);
  EXPECT_TRUE(cells.step().empty());
  EXPECT_EQ(cells.step().size(), 1u);
}

/// Brian2's schedule as a plain loop, in volts and double, for a random input.
TEST(LifShiu, every_spike_is_that_of_the_plain_loop) {
  const double ev = std::exp(-0.1 / 20), eg = std::exp(-0.1 / 5), both = 5.0 / 15 * (ev - eg);
  for (const int refractory : {22, 1, 0}) {
    CellSetup setup = shiu({{"t_ref", refractory * 0.1}});
    Cells cells(setup);
    double u = 0, g = 0;
    int ready = 0, spikes = 0;
    std::uint64_t seed = 7;
    for (int k = 1; k < 20000; ++k) {
      seed = seed * 6364136223846793005u + 1442695040888963407u;
      const double to_g_now = seed >> 60 == 0 ? 2.75 : 0, to_v_now = (seed >> 50) % 700 == 0 ? 8.0 : 0;
      if (to_g_now > 0) cells.arrive(to_g, 0, to_g_now);
      if (to_v_now > 0) cells.arrive(to_v, 0, to_v_now);
      const bool on = k >= ready;
      if (on) u = ev * u + both * g, g *= eg;
      const bool fired = on && u > 7;
      if (on && !fired) u += to_v_now, g += std::round(to_g_now / Cells::quantum) * Cells::quantum;
      if (fired) u = g = 0, ready = k + std::max(refractory, 1);
      spikes += fired;
      ASSERT_EQ(cells.step().size(), fired ? 1u : 0u) << k;
      ASSERT_NEAR(cells.get("V_m") + 52, u, 1e-9);
    }
    EXPECT_GT(spikes, 20);
  }
}

TEST(LifShiu, I_e_shifts_the_resting_potential) {
  Cells cells(shiu({{"I_e", 3}}));
  cells.run(10000);
  EXPECT_NEAR(cells.get("V_m"), -49, 1e-9);
}

}  // namespace
}  // namespace ranvier::tests
