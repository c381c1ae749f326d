// SPDX-License-Identifier: Apache-2.0
/// The Hodgkin-Huxley cell of COBAHH against crossing times of an adaptive integrator (DOP853, tolerance 1e-11 or less)
/// and equilibria found by root search, and its rates against the formulas in long double.
#include <gtest/gtest.h>

#include "physics_gates.hpp"

namespace ranvier::tests {
namespace {

CellSetup traub(double current, double dt = 0.025, double integrator = 0) {
  return {.membrane = "hh_traub", .params = {{"I_e", current}, {"integrator", integrator}}, .dt = dt};
}

const std::vector<GateRates>& rates() {
  static const std::vector<GateRates> gates = {
      {"m", [](long double v) { return 0.32L * 4 * linear_exponential((13 - v) / 4); }, [](long double v) { return 0.28L * 5 * linear_exponential((v - 40) / 5); }},
      {"h", [](long double v) { return 0.128L * std::exp((17 - v) / 18); }, [](long double v) { return 4 / (1 + std::exp((40 - v) / 5)); }},
      {"n", [](long double v) { return 0.032L * 5 * linear_exponential((15 - v) / 5); }, [](long double v) { return 0.5L * std::exp((10 - v) / 40); }}};
  return gates;
}

TEST(HhTraub, a_step_of_every_gate_is_the_formulas_even_where_a_rate_is_0_over_0) {
  for (const bool dbl : {true, false})
    for (const double dt : {0.001, 0.025, 0.05}) {
      CellSetup setup = traub(0, dt);
      setup.double_precision = dbl;
      expect_gates_relax(setup, -63, rates(), {13, 15, 40});
    }
}

TEST(HhTraub, the_other_integrator_moves_its_gates_alike) {
  for (const bool dbl : {true, false}) {
    CellSetup setup = traub(0, 0.1, 1);
    setup.double_precision = dbl;
    expect_gates_relax(setup, -63, rates(), {13, 15, 40});
  }
}

TEST(HhTraub, V_T_moves_the_rates) {
  CellSetup setup = traub(0);
  setup.params["V_T"] = -50;
  expect_gates_relax(setup, -50, rates(), {13, 15, 40});
}

TEST(HhTraub, it_starts_with_gates_in_equilibrium) {
  for (const bool dbl : {true, false}) {
    CellSetup setup = traub(0);
    setup.double_precision = dbl;
    const Cells cells(setup);
    EXPECT_EQ(cells.get("V_m"), -60);
    EXPECT_NEAR(cells.get("m"), 0.0268633298, 1e-9 + (dbl ? 0 : 1e-8));
    EXPECT_NEAR(cells.get("h"), 0.9913058219, 1e-9 + (dbl ? 0 : 1e-7));
    EXPECT_NEAR(cells.get("n"), 0.0604340346, 1e-9 + (dbl ? 0 : 1e-8));
  }
}

/// Richardson's extrapolation of a second-order method from two steps.
void expect_extrapolated(double current, const std::vector<std::pair<std::size_t, double>>& times, double interval, double duration) {
  const auto coarse = crossings(traub(current, 0.004), -20, duration), fine = crossings(traub(current, 0.002), -20, duration);
  ASSERT_EQ(coarse.size(), fine.size());
  const auto exact = [&](std::size_t k) { return (4 * fine[k] - coarse[k]) / 3; };
  for (const auto& [k, t] : times) EXPECT_NEAR(exact(k), t, 2e-5) << "crossing " << k;
  EXPECT_NEAR(exact(fine.size() - 1) - exact(fine.size() - 2), interval, 2e-5);
}

TEST(HhTraub, it_paces_at_13_85_Hz_without_input) { expect_extrapolated(0, {{0, 10.972096}, {1, 83.148920}, {2, 155.325864}}, 72.176944, 240); }
TEST(HhTraub, crossings_at_100_pA_are_the_reference) { expect_extrapolated(100, {}, 31.654073, 300); }
TEST(HhTraub, crossings_at_500_pA_are_the_reference) { expect_extrapolated(500, {{0, 2.446975}}, 12.080332, 150); }

TEST(HhTraub, the_staggered_integrator_is_of_second_order_and_exponential_Euler_of_first) {
  // ratios of errors when the step is halved; terms of higher order fade slowly, for the upstroke is fast
  const auto second = timing_errors(traub(0), -20, 160, 2, 155.3258640, {0.1, 0.05, 0.02, 0.01, 0.005});
  EXPECT_NEAR(second[0], 0.58, 0.01) << "0.4 % late at the largest step";
  EXPECT_NEAR(second[2] / second[3], 4, 0.35);
  EXPECT_NEAR(second[3] / second[4], 4, 0.2);
  const auto first = timing_errors(traub(0, 0.1, 1), -20, 170, 2, 155.3258640, {0.1, 0.05, 0.02, 0.01, 0.005});
  EXPECT_NEAR(first[2] / first[3], 2, 0.1);
  EXPECT_NEAR(first[3] / first[4], 2, 0.05);
  EXPECT_GT(first[0], 10 * second[0]);
}

TEST(HhTraub, with_synaptic_conductances_the_staggered_integrator_is_of_second_order) {
  const auto after_12_ms = [](double dt) {
    CellSetup setup = traub(-60, dt);
    setup.receptors = {{"exponential", true, {{"tau_syn", 5}}}, {"exponential", true, {{"tau_syn", 10}, {"E_rev", -80}}}};
    Cells cells(setup);
    cells.set("0.I", 0, 6);
    cells.set("1.I", 0, 40);
    cells.run(static_cast<int>(std::lround(12 / dt)));
    return cells.get("V_m");
  };
  const double fine = (4 * after_12_ms(1.0 / 1024) - after_12_ms(1.0 / 512)) / 3;
  double previous = after_12_ms(1.0 / 32) - fine;
  for (const double dt : {1.0 / 64, 1.0 / 128}) {
    const double error = after_12_ms(dt) - fine;
    EXPECT_NEAR(previous / error, 4, 0.3) << dt;
    previous = error;
  }
}

TEST(HhTraub, resting_states_do_not_depend_on_the_step) {
  for (const auto& [current, rest] : {std::pair{-40.0, -63.4846041016}, std::pair{-60.0, -65.8827155108}})
    for (const double dt : {0.01, 0.05, 0.1})
      for (const bool dbl : {true, false}) {
        CellSetup setup = traub(current, dt, dt > 0.05);
        setup.params["E_L"] = -60;
        setup.double_precision = dbl;
        Cells cells(setup);
        cells.set_all("V_m", -65);
        cells.run(static_cast<int>(std::lround(1500 / dt)));
        // Single precision: each step is rounded to half a unit in the last place of v, some 1e-7 mV, which a slow decay collects.
        EXPECT_NEAR(cells.get("V_m"), rest, dbl ? 1e-9 : 5e-4) << current << ' ' << dt;
      }
}

TEST(HhTraub, at_minus_40_pA_a_cell_fires_from_above_the_saddle_only) {
  const auto fires = [](double v) {
    CellSetup setup = traub(-40, 0.01);
    // A cell whose E_L is v starts there with gates in equilibrium; the current makes up for the leak that is moved.
    setup.params["E_L"] = v;
    setup.params["I_e"] = -40 + 10 * (-60 - v);
    return !Cells(setup).train(40000).empty();
  };
  EXPECT_FALSE(fires(-59.9902287 - 0.01));
  EXPECT_TRUE(fires(-59.9902287 + 0.01));
}

TEST(HhTraub, single_precision_fires_with_double) {
  for (const double current : {0.0, 100.0, 500.0}) {
    CellSetup setup = traub(current);
    const auto reference = crossings(setup, -20, 400);
    setup.double_precision = false;
    const auto single = crossings(setup, -20, 400);
    ASSERT_EQ(single.size(), reference.size()) << current;
    for (std::size_t k = 0; k < single.size(); ++k) EXPECT_NEAR(single[k], reference[k], 2e-5 * reference[k] + 1e-4) << current << ", spike " << k;
  }
}

TEST(HhTraub, a_spike_is_stamped_with_the_step_that_ends_above_threshold) {
  for (const double detection : {0.0, 1.0}) {
    CellSetup setup = traub(500, 0.05);
    setup.params["detection"] = detection;
    const auto times = crossings(setup, -20, 200);
    const auto stamps = Cells(setup).train(4000);
    ASSERT_EQ(stamps.size(), times.size());
    for (std::size_t k = 0; k < stamps.size(); ++k) EXPECT_EQ(stamps[k], static_cast<int>(std::ceil(times[k] / 0.05))) << k;
  }
}

TEST(HhTraub, the_peak_rule_counts_a_spike_when_V_begins_to_fall) {
  CellSetup setup = traub(500, 0.05);
  setup.params["detection"] = 2;
  setup.params["V_th"] = -33;
  setup.params["t_ref"] = 2;
  Cells cells(setup);
  double before = cells.get("V_m");
  int spikes = 0, quiet = 100;
  for (int k = 0; k < 4000; ++k) {
    const bool fired = !cells.step().empty();
    const double now = cells.get("V_m");
    EXPECT_EQ(fired, now >= -33 && now < before && quiet > 40) << k;
    quiet = fired ? 1 : quiet + 1;
    spikes += fired;
    before = now;
  }
  EXPECT_EQ(spikes, 17);
}

TEST(HhTraub, a_cell_that_stays_above_threshold_counts_once_by_crossing_and_every_t_ref_by_level) {
  // Without potassium the cell does not come down.
  CellSetup setup{.membrane = "hh_traub", .params = {{"g_K", 0}, {"I_e", 5000}, {"detection", 0}}, .dt = 0.05};
  EXPECT_EQ(Cells(setup).train(2000).size(), 1u);
  setup.params["detection"] = 1;
  const auto stamps = Cells(setup).train(2000);
  ASSERT_GT(stamps.size(), 20u);
  for (std::size_t k = 1; k < stamps.size(); ++k) EXPECT_EQ(stamps[k] - stamps[k - 1], 61) << "held for 60 steps";
}

TEST(HhTraub, a_held_cell_is_integrated_like_any_other) {
  CellSetup one = traub(500), two = traub(500);
  two.params["t_ref"] = 50;
  Cells a(one), b(two);
  std::size_t spikes_a = 0, spikes_b = 0;
  for (int k = 0; k < 4000; ++k) {
    spikes_a += a.step().size();
    spikes_b += b.step().size();
    ASSERT_EQ(a.get("V_m"), b.get("V_m")) << k;
  }
  EXPECT_EQ(spikes_a, 9u);
  EXPECT_EQ(spikes_b, 2u);
}

TEST(HhTraub, gates_stay_between_0_and_1_and_V_finite_whatever_arrives) {
  for (const bool dbl : {true, false})
    for (const double integrator : {0.0, 1.0}) {
      CellSetup setup = traub(0, 0.05, integrator);
      setup.receptors = {{"exponential", true, {{"tau_syn", 5}}}, {"exponential", true, {{"E_rev", -80}}}, {"exponential"}, {"delta"}};
      setup.double_precision = dbl;
      Cells cells(setup);
      for (int k = 0; k < 4000; ++k) {
        if (k % 11 == 0) cells.arrive(0, 0, 2000);
        if (k % 17 == 0) cells.arrive(1, 0, 3000);
        if (k % 29 == 0) cells.arrive(2, 0, k % 2 ? 90000 : -90000);
        if (k % 101 == 0) cells.arrive(3, 0, k % 2 ? 400 : -400);
        cells.step();
        ASSERT_LT(cells.visit().bad_cell, 0);
        for (const char* gate : {"m", "h", "n"}) {
          // the sum that moves a gate to 0 or 1 is rounded
          ASSERT_GE(cells.get(gate), dbl ? -1e-15 : -1e-6) << gate << ' ' << k;
          ASSERT_LE(cells.get(gate), dbl ? 1 + 1e-15 : 1 + 1e-6) << gate << ' ' << k;
        }
      }
    }
}

TEST(HhTraub, a_state_that_is_not_a_number_is_reported) {
  for (const char* variable : {"V_m", "m", "h", "n"}) {
    Cells cells({.membrane = "hh_traub", .dt = 0.025, .n = 20});
    cells.set(variable, 17, std::nan(""));
    cells.step();
    EXPECT_EQ(cells.visit().bad_cell, 17) << variable;
  }
}

std::string refusal(const CellSetup& setup) {
  try {
    Cells cells(setup);
  } catch (const std::runtime_error& e) {
    return e.what();
  }
  return "";
}

TEST(HhTraub, a_step_too_large_is_refused_with_the_largest_that_is_not) {
  for (const double integrator : {0.0, 1.0}) {
    EXPECT_EQ(refusal(traub(0, 0.1, integrator)), "");
    EXPECT_NE(refusal(traub(0, 0.125, integrator)).find("at most 0.1 ms"), std::string::npos);
    EXPECT_NE(refusal(traub(0, 1, integrator)).find("upstroke"), std::string::npos);
  }
}

TEST(HhTraub, parameters_that_make_no_sense_are_refused) {
  const auto with = [](const char* name, double value) {
    CellSetup setup = traub(0);
    setup.params[name] = value;
    return refusal(setup);
  };
  EXPECT_NE(with("E_K", 60), "");
  EXPECT_NE(with("detection", 0.5), "");
  EXPECT_NE(with("integrator", 0.5), "");
  EXPECT_NE(with("C_m", 0), "");
  EXPECT_NE(with("g_Na", -1), "");
  EXPECT_NE(with("E_Na", 5e4), "") << "volts are not millivolts";
}

}  // namespace
}  // namespace ranvier::tests
