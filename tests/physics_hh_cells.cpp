// SPDX-License-Identifier: Apache-2.0
/// Hodgkin-Huxley cells in networks: parameters that differ from cell to cell, COBAHH, refusals.
#include <gtest/gtest.h>

#include "engine/model.hpp"
#include "engine_example.hpp"
#include "io/network_file.hpp"

namespace ranvier::test_engine {
namespace {

NetworkSpec cells(const std::string& membrane, std::int64_t n, std::map<std::string, Values> params = {}) {
  NetworkSpec spec;
  spec.simulation.dt_ms = 0.05;
  spec.simulation.duration_ms = 40;
  PopulationSpec p;
  p.name = "cells";
  p.size = n;
  p.membrane = membrane;
  p.params = std::move(params);
  spec.populations = {p};
  return spec;
}

Values column(std::vector<double> values) {
  Values v;
  v.kind = Values::Kind::column;
  v.column = std::make_shared<const std::vector<double>>(std::move(values));
  return v;
}

/// Three values of a parameter that all keep the cell alive.
std::vector<double> three_values(const engine::Parameter& p) {
  if (p.name == "I_e") return {0, 700, 1400};
  if (p.name == "detection") return {0, 1, 2};
  if (p.name == "integrator") return {0, 1, 0};
  if (p.name == "t_ref") return {0, 1, 15};
  if (p.name == "V_th") return {-30, 0, 20};
  if (p.name == "temperature") return {5, 6.3, 15};
  return {p.default_value * 0.97, p.default_value, p.default_value * 1.04};
}

TEST(HhCells, every_parameter_may_differ_from_cell_to_cell) {
  for (const std::string membrane : {"hh", "hh_traub"})
    for (const auto& parameter : engine::find_model(engine::ModelInfo::Kind::membrane, membrane)->parameters) {
      const std::string name(parameter.name);
      const auto values = three_values(parameter);
      std::map<std::string, Values> params{{"I_e", Values::constant(1000)}};
      params[name] = column(values);
      NetworkSpec together = cells(membrane, 3, params);
      together.recordings = {record_state(together, 0, {"V_m", "m", "h", "n"}), record_spikes(together, 0)};
      const RunResult all = simulate(together);
      const auto states = values_of(all.traces.at(0));
      for (std::size_t i = 0; i < 3; ++i) {
        params[name] = Values::constant(values[i]);
        NetworkSpec alone = cells(membrane, 1, params);
        alone.recordings = {record_state(alone, 0, {"V_m", "m", "h", "n"}), record_spikes(alone, 0)};
        const RunResult one = simulate(alone);
        const auto state = values_of(one.traces.at(0));
        ASSERT_EQ(states.size(), 3 * state.size());
        std::size_t differ = 0;
        const std::size_t times = state.size() / 4;
        for (std::size_t t = 0; t < times; ++t)
          for (std::size_t v = 0; v < 4; ++v) differ += states[(t * 4 + v) * 3 + i] != state[t * 4 + v];
        EXPECT_EQ(differ, 0u) << membrane << ", " << name << ", cell " << i;
        std::vector<std::uint32_t> mine;
        for (const auto& s : all.spikes)
          if (s.neuron == i) mine.push_back(s.step);
        ASSERT_EQ(mine.size(), one.spikes.size()) << membrane << ", " << name << ", cell " << i;
        for (std::size_t k = 0; k < mine.size(); ++k) EXPECT_EQ(mine[k], one.spikes[k].step);
      }
    }
}

TEST(HhCells, COBAHH_keeps_itself_going_the_same_on_1_2_and_3_threads) {
  const auto spec = io::read_network(std::filesystem::path(RANVIER_SOURCE_DIR) / "examples/cobahh.toml", {.set = {{"n", "2000"}}});
  NetworkSpec brief = spec;
  brief.simulation.warmup_ms = brief.simulation.duration_ms = 300;
  const RunResult one = simulate(brief);
  for (std::size_t p = 0; p < 2; ++p) {
    const double rate = static_cast<double>(one.population_spikes[p]) / static_cast<double>(brief.populations[p].size) / 0.3;
    EXPECT_GT(rate, 20) << p;  // 31 to 41 spikes/s, whatever the size and the graph
    EXPECT_LT(rate, 55) << p;
  }
  for (const int threads : {2, 3}) EXPECT_EQ(simulate(brief, {.threads = threads}).spike_hash, one.spike_hash);
}

TEST(HhCells, a_step_too_large_is_refused_with_the_population) {
  NetworkSpec spec = cells("hh", 3);
  spec.simulation.dt_ms = 0.2;
  try {
    simulate(spec);
    FAIL() << "built";
  } catch (const InputError& e) {
    EXPECT_NE(std::string(e.what()).find("\"cells\": dt must be at most 0.1 ms"), std::string::npos) << e.what();
  }
}

TEST(HhCells, a_run_that_leaves_the_numbers_ends_with_the_cells_name) {
  NetworkSpec spec = cells("hh_traub", 20, {{"I_e", Values::constant(0)}});
  spec.populations[0].params["I_e"] = column({0, 0, 0, 0, 0, 0, 0, 1e15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0});
  try {
    simulate(spec);
    FAIL() << "ran";
  } catch (const std::exception& e) {
    const std::string what = e.what();
    EXPECT_NE(what.find("cells"), std::string::npos) << what;
    EXPECT_NE(what.find("7"), std::string::npos) << what;
  }
}

}  // namespace
}  // namespace ranvier::test_engine
