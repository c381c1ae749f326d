// SPDX-License-Identifier: Apache-2.0
/// Cells that fall asleep give the spikes of cells that do not.
#include <gtest/gtest.h>

#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

constexpr std::size_t n_cells = 200;

CellSetup exponential() { return {.receptors = {{"exponential", false, {{"tau_syn", 3}}}, {"exponential", false, {{"tau_syn", 10}}}, {"delta"}}, .n = n_cells}; }
CellSetup shiu() { return {.membrane = "lif_shiu", .receptors = {{"delta_g"}, {"delta"}}, .n = n_cells}; }

struct Arrival {
  int step, receptor;
  std::size_t cell;
  double weight;
};

/// Sparse input in bursts: most cells hear nothing for a long time, some fire.
std::vector<Arrival> input(const CellSetup& setup, int steps) {
  std::vector<Arrival> out;
  std::uint64_t seed = 99;
  const auto draw = [&](std::uint32_t n) {
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return static_cast<std::uint32_t>(seed >> 33) % n;
  };
  const auto n_receptors = static_cast<std::uint32_t>(setup.receptors.size());
  for (int k = 0; k < steps; ++k) {
    if (draw(4)) continue;
    const std::size_t cell = draw(n_cells);
    const int receptor = static_cast<int>(draw(n_receptors));
    const bool current = setup.receptors[static_cast<std::size_t>(receptor)].kind == "exponential";
    const int burst = draw(5) == 0 ? 30 : 1;
    const double weight = (current ? 120 : 1.5) * (draw(4) ? 1 : -1) * (1 + draw(100) * 0.013);
    for (int b = 0; b < burst; ++b) out.push_back({k + 3 * b, receptor, cell, weight});
  }
  std::stable_sort(out.begin(), out.end(), [](const Arrival& a, const Arrival& b) { return a.step < b.step; });
  return out;
}

struct Outcome {
  std::vector<std::pair<int, std::uint32_t>> spikes;
  std::vector<double> V;  // of all cells now and then, and at the end
  double slept = 0;       // mean fraction of cells asleep
  std::uint64_t updates = 0;
};

Outcome run(CellSetup setup, int steps, bool check = false) {
  Cells cells(setup);
  cells.visit().check_sleepers = check;
  const auto arrivals = input(setup, steps);
  Outcome out;
  std::size_t next = 0;
  for (int k = 0; k < steps; ++k) {
    for (; next < arrivals.size() && arrivals[next].step <= k; ++next) cells.arrive(arrivals[next].receptor, arrivals[next].cell, arrivals[next].weight);
    const auto fired = cells.step();
    EXPECT_TRUE(std::is_sorted(fired.begin(), fired.end()));
    for (const auto cell : fired) out.spikes.emplace_back(k, cell);
    if (setup.sleeps) out.slept += static_cast<double>(cells.asleep()) / static_cast<double>(n_cells) / steps;
    if (k % 97 == 0 || k + 1 == steps)
      for (std::size_t i = 0; i < n_cells; ++i) out.V.push_back(cells.get("V_m", i));
    EXPECT_LT(cells.visit().bad_cell, 0) << k;
  }
  out.updates = cells.visit().updates;
  return out;
}

void expect_close(const std::vector<double>& a, const std::vector<double>& b, double tolerance) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], tolerance) << i;
}

TEST(Sleep, changes_no_spike_and_no_potential) {
  for (CellSetup setup : {exponential(), shiu()}) {
    const Outcome up = run(setup, 20000);
    setup.sleeps = true;
    const Outcome asleep = run(setup, 20000);
    EXPECT_EQ(asleep.spikes, up.spikes) << setup.membrane;
    EXPECT_GT(up.spikes.size(), 100u) << setup.membrane;
    expect_close(asleep.V, up.V, 1e-10);  // rounding of the steps that were not done
    EXPECT_GT(asleep.slept, 0.5) << setup.membrane;
    EXPECT_LT(asleep.updates, up.updates / 2);
  }
}

TEST(Sleep, in_single_precision_potentials_agree_to_rounding) {
  for (CellSetup setup : {exponential(), shiu()}) {
    setup.double_precision = setup.wide = false;
    const Outcome up = run(setup, 3000);
    setup.sleeps = true;
    const Outcome asleep = run(setup, 3000);
    EXPECT_EQ(asleep.spikes, up.spikes) << setup.membrane;
    expect_close(asleep.V, up.V, 5e-4);  // P22 is off by up to 3e-8: in 100 steps that is 3e-6 of up to 100 mV
  }
}

TEST(Sleep, no_sleeper_reaches_threshold_when_every_one_is_evaluated_every_step) {
  for (CellSetup setup : {exponential(), shiu()})
    for (const bool dbl : {true, false}) {
      setup.sleeps = true;
      setup.double_precision = setup.wide = dbl;
      const Outcome checked = run(setup, 4000, true), unchecked = run(setup, 4000);
      EXPECT_EQ(checked.spikes, unchecked.spikes);
      EXPECT_EQ(checked.V, unchecked.V);
    }
}

TEST(Sleep, gives_the_same_bits_on_every_instruction_set_and_with_constants_per_cell) {
  for (CellSetup setup : {exponential(), shiu()})
    for (const bool dbl : {true, false}) {
      setup.sleeps = true;
      setup.double_precision = setup.wide = dbl;
      const Outcome first = run(setup, 2000);
      int targets = 0;
      for_each_target([&](const char* target) {
        const Outcome other = run(setup, 2000);
        EXPECT_EQ(other.spikes, first.spikes) << target;
        EXPECT_EQ(other.V, first.V) << target;
        ++targets;
      });
      EXPECT_GE(targets, 2);
      setup.per_cell = true;
      EXPECT_EQ(run(setup, 2000).V, first.V);
    }
}

TEST(Sleep, a_cell_sleeps_alike_in_any_block) {
  // Cell 5 alone, and beside another that keeps its group awake.
  std::vector<double> outcomes;
  for (const bool company : {false, true}) {
    CellSetup setup = exponential();
    setup.sleeps = true;
    setup.n = 16;
    Cells cells(setup);
    for (int k = 0; k < 500; ++k) {
      if (k == 100 || k == 230) cells.arrive(0, 5, 500);
      if (company) cells.arrive(2, 7, 0.01);
      cells.step();
    }
    outcomes.push_back(cells.get("V_m", 5));
  }
  EXPECT_EQ(outcomes[0], outcomes[1]);
}

TEST(Sleep, cells_at_rest_sleep_and_leave_the_list) {
  CellSetup setup = exponential();
  setup.sleeps = true;
  Cells cells(setup);
  cells.run(32);
  EXPECT_EQ(cells.asleep(), n_cells);
  EXPECT_EQ(cells.active_groups(), 0u);
}

TEST(Sleep, a_single_arrival_after_a_long_sleep_costs_one_visit) {
  CellSetup setup = exponential();
  setup.sleeps = true;
  Cells cells(setup);
  cells.run(50);
  const auto before = cells.visit().updates;
  cells.arrive(0, 33, 10);
  EXPECT_EQ(cells.active_groups(), 1u);
  cells.step();
  EXPECT_EQ(cells.asleep(), n_cells);
  EXPECT_EQ(cells.active_groups(), 0u);
  EXPECT_EQ(cells.visit().updates, before + 1);
}

TEST(Sleep, a_cell_woken_again_soon_stays_awake_until_a_quiet_8th_step) {
  CellSetup setup = exponential();
  setup.sleeps = true;
  Cells cells(setup);
  cells.run(64);
  cells.arrive(0, 33, 10);
  cells.step();  // 65
  cells.run(2);
  cells.arrive(0, 33, 10);
  cells.step();  // 68
  for (int step = 68; step < 72; ++step, cells.step()) EXPECT_EQ(cells.asleep(), n_cells - 1) << step;
  EXPECT_EQ(cells.asleep(), n_cells);
}

TEST(Sleep, a_cell_whose_own_current_will_make_it_fire_stays_awake) {
  CellSetup setup = exponential();
  setup.sleeps = true;
  Cells cells(setup);
  cells.run(100);
  cells.arrive(1, 4, 3000);
  cells.step();
  EXPECT_EQ(cells.asleep(), n_cells - 1);
  std::size_t spikes = 0;
  for (int k = 0; k < 1000; ++k) spikes += cells.step().size();
  EXPECT_GE(spikes, 1u);
  EXPECT_EQ(cells.asleep(), n_cells);
}

TEST(Sleep, reading_a_sleeper_changes_nothing) {
  CellSetup setup = exponential();
  setup.sleeps = true;
  Cells watched(setup), not_watched(setup);
  for (int k = 0; k < 3000; ++k) {
    for (Cells* cells : {&watched, &not_watched})
      if (k % 400 == 0) cells->arrive(0, 3, 300);
    watched.get("V_m", 3);
    watched.get("0.I", 3);
    watched.step();
    not_watched.step();
  }
  EXPECT_EQ(watched.get("V_m", 3), not_watched.get("V_m", 3));
  EXPECT_EQ(watched.get("0.I", 3), not_watched.get("0.I", 3));
  EXPECT_NEAR(watched.get("0.I", 3), 300 * std::exp(-(2999 - 2800) * 0.1 / 3), 1e-6);
}

TEST(Sleep, membranes_without_closed_form_have_no_sleepers) {
  for (const char* name : {"adex", "izhikevich"}) EXPECT_EQ(engine::find_membrane(name)->step_sleepers(true, true), nullptr) << name;
}

TEST(Sleep, with_a_constant_current_the_potential_settles_at_its_level) {
  CellSetup setup = exponential();
  setup.params = {{"I_e", 200}};
  setup.sleeps = true;
  Cells cells(setup);
  cells.run(5000);
  EXPECT_EQ(cells.asleep(), n_cells);
  EXPECT_NEAR(cells.get("V_m", 11), -70 + 200 * 10.0 / 250, 1e-10);
}

}  // namespace
}  // namespace ranvier::tests
