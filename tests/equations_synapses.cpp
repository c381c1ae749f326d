// SPDX-License-Identifier: Apache-2.0
/// Synapse rules given as equations, compiled: against sums over spikes and the built-in rules, and the same on any number of threads.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "equations/own_models.hpp"
#include "io/model_file.hpp"
#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {
namespace fs = std::filesystem;

void keep_compiled_models() { ::setenv("XDG_CACHE_HOME", (fs::path(RANVIER_BINARY).parent_path() / "test-cache").c_str(), 1); }

void use(const std::string& file) {
  keep_compiled_models();
  io::read_model(fs::path(RANVIER_SOURCE_DIR) / file);
}

/// Trains that meet each other in all orders.
Pair trains(const SynapseSpec& synapse) {
  Pair pair{.synapse = synapse, .delay_ms = 2, .start = 50, .weak = true};
  for (int k = 0; k < 40; ++k) pair.source.push_back(20 + 17 * k);
  for (int k = 0; k < 25; ++k) pair.target.push_back(33.5 + 29.3 * k);
  return pair;
}

TEST(EquationsSynapses, additive_STDP_is_the_sum_over_all_pairs) {
  use("examples/models/stdp_equations.toml");
  const Pair pair = trains({.rule = "stdp_equations", .params = {{"tau_plus", 17}, {"tau_minus", 34}}, .choices = {}});
  std::vector<std::pair<double, bool>> events;  // at the synapse; of the source
  for (double t : pair.source) events.emplace_back(t, true);
  for (double t : pair.target) events.emplace_back(t + 2, false);
  std::sort(events.begin(), events.end());
  double w = 50;
  for (const auto& [at, of_source] : events)
    for (const auto& [other, its] : events)
      if (its != of_source && other < at - 1e-9) w += of_source ? -1.05 * std::exp((other - at) / 34) : 1.0 * std::exp((other - at) / 17);
  EXPECT_GT(std::fabs(w - 50), 1);
  EXPECT_NEAR(pair.weight(), w, 1e-9);
}

TEST(EquationsSynapses, weights_stay_between_0_and_the_largest) {
  use("examples/models/stdp_equations.toml");
  for (const double shift : {3.0, -3.0}) {
    Pair pair{.synapse = {.rule = "stdp_equations", .params = {{"w_max", 1.5}, {"A_plus", 0.5}, {"A_minus", 0.5}}, .choices = {}}, .delay_ms = 1};
    for (int k = 0; k < 20; ++k) {
      pair.source.push_back(20 + 40 * k);
      pair.target.push_back(20 + 40 * k + shift);
    }
    EXPECT_EQ(pair.weight(), shift > 0 ? 1.5 : 0.0);
  }
}

TEST(EquationsSynapses, triplets_are_the_built_in_rule_to_rounding) {
  keep_compiled_models();
  equations::ModelText m{.kind = "synapse", .name = "own_triplet"};
  m.equations = "dr1/dt = -r1/(16.8 ms) : 1\ndr2/dt = -r2/(101 ms) : 1\ndo1/dt = -o1/(33.7 ms) : 1\ndo2/dt = -o2/(125 ms) : 1";
  m.on_pre = "w -= w_max*o1*(A2_minus + A3_minus*r2); r1 += 1; r2 += 1";  // r2 as it was just before this spike
  m.on_post = "w += w_max*r1*(A2_plus + A3_plus*o2); o1 += 1; o2 += 1";
  m.largest = "w_max";
  m.parameters = {{"A2_plus", "5e-10"}, {"A3_plus", "6.2e-3"}, {"A2_minus", "7e-3"}, {"A3_minus", "2.3e-4"}, {"w_max", "100 weight"}};
  std::vector<equations::Problem> problems;
  equations::register_model(m, problems);
  for (const auto& p : problems) ADD_FAILURE() << p.key << ": " << p.what;
  const double own = trains({.rule = "own_triplet", .params = {}, .choices = {}}).weight(), built_in = trains({.rule = "stdp_triplet", .params = {}, .choices = {}}).weight();
  EXPECT_GT(std::fabs(own - 50), 1);
  EXPECT_NEAR(own, built_in, 1e-10);
}

/// 60 cells with plastic synapses among them; all weights at the end, and the hash of the spikes.
std::pair<std::vector<double>, std::vector<Spike>> recurrent(int threads, double piece_ms) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 300;
  spec.populations = {poisson_source("source", 60, 40), leaky("cells", 60)};
  spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all, 60, 1.5), connect(spec, 1, 1, Rule::Kind::all_to_all, 20, 1.5)};
  for (auto& p : spec.projections) p.synapse = {{.rule = "stdp_equations", .params = {{"A_plus", 0.05}, {"A_minus", 0.04}}, .choices = {}}};
  RecordingSpec weights;
  weights.kind = RecordingSpec::Kind::weights;
  weights.name = "weights";
  weights.sources = weights.targets = whole(spec, 1);
  spec.recordings = {record_spikes(spec, 1), weights};
  const auto network = engine::build(spec, {.threads = threads});
  engine::State state = engine::start(*network);
  engine::Recorder recorder(*network);
  engine::RunOptions run;
  while (state.step < steps_of(spec)) {
    run.until_step = std::min(steps_of(spec), state.step + static_cast<std::uint32_t>(piece_ms / spec.simulation.dt_ms));
    engine::run(*network, state, run, recorder);
  }
  RunResult result;
  recorder.finish(*network, state, result);
  return {result.connections.at(0).weight, result.spikes};
}

TEST(EquationsSynapses, weights_and_spikes_are_the_same_on_any_number_of_threads_and_in_pieces) {
  use("examples/models/stdp_equations.toml");
  const auto expected = recurrent(1, 300);
  EXPECT_GT(expected.second.size(), 100u);
  EXPECT_NE(expected.first.front(), 20);
  for (const int threads : {2, 3, 7}) EXPECT_EQ(recurrent(threads, 300), expected) << threads;
  EXPECT_EQ(recurrent(2, 37), expected);
}

}  // namespace
}  // namespace ranvier::test_plastic
