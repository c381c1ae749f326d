// SPDX-License-Identifier: Apache-2.0
/// Hodgkin & Huxley's axon against crossing times of an adaptive integrator (DOP853, tolerance 1e-11 or less), and its
/// rates against the formulas in long double.
#include <gtest/gtest.h>

#include "physics_gates.hpp"

namespace ranvier::tests {
namespace {

/// Current as a density, uA/cm2: the default cell has 10,000 um2.
CellSetup squid(double density, double dt = 0.025, double integrator = 0) {
  return {.membrane = "hh", .params = {{"I_e", 100 * density}, {"integrator", integrator}}, .dt = dt};
}

/// Where the cell rests without current.
const Params rest{{"V_m", -64.9740524517}, {"m", 0.0530946518}, {"h", 0.5952130172}, {"n", 0.3180746172}};

const std::vector<GateRates>& rates() {
  static const std::vector<GateRates> gates = {
      {"m", [](long double v) { return linear_exponential((25 - v) / 10); }, [](long double v) { return 4 * std::exp(-v / 18); }},
      {"h", [](long double v) { return 0.07L * std::exp(-v / 20); }, [](long double v) { return 1 / (1 + std::exp((30 - v) / 10)); }},
      {"n", [](long double v) { return 0.1L * linear_exponential((10 - v) / 10); }, [](long double v) { return 0.125L * std::exp(-v / 80); }}};
  return gates;
}

TEST(Hh, a_step_of_every_gate_is_the_formulas_even_where_a_rate_is_0_over_0) {
  for (const bool dbl : {true, false})
    for (const double dt : {0.001, 0.025, 0.05}) {
      CellSetup setup = squid(0, dt);
      setup.double_precision = dbl;
      expect_gates_relax(setup, -65, rates(), {10, 25});
    }
}

TEST(Hh, ten_degrees_make_the_gates_three_times_as_fast) {
  CellSetup setup = squid(0);
  setup.params["temperature"] = 26.3;
  expect_gates_relax(setup, -65, rates(), {10, 25}, 9);
}

TEST(Hh, it_starts_with_gates_in_equilibrium) {
  const Cells cells(squid(0));
  EXPECT_EQ(cells.get("V_m"), -65);
  EXPECT_NEAR(cells.get("m"), 0.0529324853, 1e-10);
  EXPECT_NEAR(cells.get("h"), 0.5961207535, 1e-10);
  EXPECT_NEAR(cells.get("n"), 0.3176769141, 1e-10);
}

TEST(Hh, it_rests_at_64_974_mV_whatever_the_step) {
  for (const double dt : {0.01, 0.05, 0.1}) {
    Cells cells(squid(0, dt, dt > 0.05));
    cells.run(static_cast<int>(std::lround(600 / dt)));
    for (const auto& [variable, x] : rest) EXPECT_NEAR(cells.get(variable), x, 1e-9) << variable << ", dt " << dt;
  }
}

/// Crossings of 0 mV in 500 ms, extrapolated from two steps of a second-order method.
std::vector<double> crossings_of(double density) {
  const auto coarse = crossings(squid(density, 0.01), 0, 500, rest), fine = crossings(squid(density, 0.005), 0, 500, rest);
  EXPECT_EQ(coarse.size(), fine.size());
  std::vector<double> out;
  for (std::size_t k = 0; k < std::min(coarse.size(), fine.size()); ++k) out.push_back((4 * fine[k] - coarse[k]) / 3);
  return out;
}

TEST(Hh, crossings_at_10_uA_per_cm2_are_the_reference) {
  const auto t = crossings_of(10);
  ASSERT_EQ(t.size(), 35u);
  EXPECT_NEAR(t[0], 1.899838, 1e-5);
  EXPECT_NEAR(t[1], 16.806708, 1e-5);
  EXPECT_NEAR(t[2], 31.441831, 1e-5);
  EXPECT_NEAR(t[34] - t[33], 14.622097, 1e-5);
}

TEST(Hh, from_one_spike_to_44_as_the_current_grows) {
  const auto one = crossings_of(5);
  ASSERT_EQ(one.size(), 1u);
  EXPECT_NEAR(one[0], 2.98578, 1e-5);
  EXPECT_EQ(crossings_of(6.2).size(), 4u) << "below rheobase";
  EXPECT_EQ(crossings_of(6.3).size(), 27u) << "above it";
  const auto seven = crossings_of(7), twenty = crossings_of(20);
  ASSERT_EQ(seven.size(), 30u);
  EXPECT_NEAR(seven[29] - seven[28], 17.1056, 1e-4);
  ASSERT_EQ(twenty.size(), 44u);
  EXPECT_NEAR(twenty[43] - twenty[42], 11.55976, 1e-5);
}

TEST(Hh, spikes_rise_to_40_mV) {
  Cells cells(squid(10, 0.005));
  for (const auto& [variable, x] : rest) cells.set_all(variable, x);
  double highest = -100;
  for (int k = 0; k < 4000; ++k) {
    cells.step();
    highest = std::max(highest, cells.get("V_m"));
  }
  EXPECT_NEAR(highest, 40.23, 0.01);
}

/// Last crossing of 0 mV in 100 ms from -65 mV.
TEST(Hh, the_staggered_integrator_is_as_late_as_a_second_order_method_in_the_same_order_of_updates) {
  // 89.9308313 by DOP853; the steps' values by a plain program: gates, then V with the new gates
  for (const auto& [dt, last] : {std::pair{0.025, 89.960}, {0.05, 90.048}, {0.1, 90.388}}) {
    const auto times = crossings(squid(10, dt), 0, 100);
    ASSERT_EQ(times.size(), 7u);
    EXPECT_NEAR(times.back(), last, 6e-4) << dt;
  }
  const auto errors = timing_errors(squid(10), 0, 95, 6, 89.9308313, {0.02, 0.01, 0.005});
  EXPECT_NEAR(errors[0] / errors[1], 4, 0.1);
  EXPECT_NEAR(errors[1] / errors[2], 4, 0.1);
}

TEST(Hh, exponential_Euler_is_of_first_order) {
  const auto errors = timing_errors(squid(10, 0.1, 1), 0, 97, 6, 89.9308313, {0.1, 0.02, 0.01, 0.005});
  EXPECT_NEAR(errors[0], 4.8, 0.1) << "5 % late at the largest step";
  EXPECT_NEAR(errors[1] / errors[2], 2, 0.1);
  EXPECT_NEAR(errors[2] / errors[3], 2, 0.05);
}

TEST(Hh, single_precision_fires_with_double) {
  CellSetup setup = squid(10);
  const auto reference = crossings(setup, 0, 500);
  setup.double_precision = false;
  const auto single = crossings(setup, 0, 500);
  ASSERT_EQ(single.size(), reference.size());
  for (std::size_t k = 0; k < single.size(); ++k) EXPECT_NEAR(single[k], reference[k], 1e-5 * reference[k] + 1e-4) << k;
}

TEST(Hh, a_warm_axon_needs_smaller_steps) {
  const auto allowed = [](double dt, double temperature) {
    CellSetup setup = squid(10, dt);
    setup.params["temperature"] = temperature;
    try {
      Cells cells(setup);
    } catch (const std::runtime_error& e) {
      return std::string(e.what()).find("too large for this temperature") == std::string::npos;
    }
    return true;
  };
  EXPECT_TRUE(allowed(0.1, 2));
  EXPECT_TRUE(allowed(0.1, 6.3));
  EXPECT_FALSE(allowed(0.1, 6.4));
  EXPECT_TRUE(allowed(0.05, 18.9));
  EXPECT_FALSE(allowed(0.05, 19));
  EXPECT_TRUE(allowed(0.025, 31.5));
}

TEST(Hh, above_some_30_degrees_the_axon_does_not_fire) {
  CellSetup setup = squid(10);
  setup.params["temperature"] = 35;
  setup.dt = 0.01;
  EXPECT_TRUE(Cells(setup).train(20000).empty());
}

TEST(Hh, twice_the_membrane_and_twice_the_current_is_the_same_cell) {
  CellSetup big = squid(20);
  big.params.insert({{"C_m", 200}, {"g_Na", 24000}, {"g_K", 7200}, {"g_L", 60}});
  EXPECT_EQ(Cells(big).train(4000), Cells(squid(10)).train(4000));
}

TEST(Hh, a_spike_is_counted_once_per_crossing_of_0_mV) {
  const auto times = crossings(squid(10, 0.05), 0, 300);
  const auto stamps = Cells(squid(10, 0.05)).train(6000);
  ASSERT_EQ(stamps.size(), times.size());
  for (std::size_t k = 0; k < stamps.size(); ++k) EXPECT_EQ(stamps[k], static_cast<int>(std::ceil(times[k] / 0.05))) << k;
}

}  // namespace
}  // namespace ranvier::tests
