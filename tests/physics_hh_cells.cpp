// SPDX-License-Identifier: Apache-2.0
/// Hodgkin-Huxley cells in networks: parameters that differ from cell to cell, starts, refusals.
#include <gtest/gtest.h>

#include "engine/model.hpp"
#include "engine_example.hpp"

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

}  // namespace
}  // namespace ranvier::test_engine
