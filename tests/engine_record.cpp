// SPDX-License-Identifier: Apache-2.0
/// What a run gives back: spikes and states of whom and when, connectivity, the hash, and a run that was stopped.

#include <gtest/gtest.h>
#include <xxhash.h>

#include <atomic>

#include "engine_example.hpp"

namespace ranvier::test_engine {
namespace {

/// Two populations that fire at 100 and 50 spikes/s or so.
NetworkSpec lively() {
  NetworkSpec spec;
  spec.simulation.duration_ms = 60;
  spec.simulation.warmup_ms = 10;
  spec.populations = {leaky("E", 40, {receptor("ex", "exponential")}), leaky("I", 20, {receptor("ex", "exponential")})};
  spec.populations[0].params["I_e"] = Values::uniform(400, 900);
  spec.populations[1].params["I_e"] = Values::uniform(380, 500);
  spec.populations[0].initial["V_m"] = Values::uniform(-70, -55);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_indegree, 20), connect(spec, 1, 0, Rule::Kind::pairwise_bernoulli, -30)};
  spec.projections[0].rule.number = 5;
  spec.projections[1].rule.probability = 0.2;
  return spec;
}

TEST(EngineRecord, the_hash_is_xxh64_of_all_sorted_spikes_after_the_warmup_recorded_or_not) {
  NetworkSpec spec = lively();
  const RunResult all = simulate(spec, {.threads = 2});
  std::vector<Spike> measured;
  for (const Spike& s : all.spikes)
    if (s.step > 100) measured.push_back(s);
  ASSERT_GT(measured.size(), 100u);
  EXPECT_LT(measured.size(), all.spikes.size()) << "the warm-up has spikes too";
  EXPECT_TRUE(std::is_sorted(all.spikes.begin(), all.spikes.end()));
  EXPECT_EQ(all.spike_hash, XXH64(measured.data(), measured.size() * sizeof(Spike), 0));
  EXPECT_EQ(all.work.spikes, measured.size());
  EXPECT_EQ(all.population_spikes[0] + all.population_spikes[1], measured.size());

  spec.recordings = {record_spikes(spec, 1)};
  const RunResult some = simulate(spec);
  EXPECT_EQ(some.spike_hash, all.spike_hash);
  EXPECT_EQ(some.population_spikes, all.population_spikes);
}

TEST(EngineRecord, spikes_are_those_of_the_slices_and_times_asked_for_each_once) {
  NetworkSpec spec = lively();
  const RunResult all = simulate(spec);
  RecordingSpec r = record_spikes(spec, 0);
  r.neurons = {0, 3, 30, 4};
  r.start_ms = 20;
  r.stop_ms = 55.5;
  RecordingSpec overlapping = record_spikes(spec, 0);
  overlapping.neurons = {0, 3, 12, 1};
  spec.recordings = {r, overlapping};
  std::vector<Spike> expected;
  for (const Spike& s : all.spikes)
    if ((s.neuron >= 3 && s.neuron < 12) || (s.neuron >= 3 && s.neuron < 30 && (s.neuron - 3) % 4 == 0 && s.step >= 200 && s.step <= 555)) expected.push_back(s);
  ASSERT_GT(expected.size(), 20u);
  EXPECT_EQ(simulate(spec, {.threads = 3}).spikes, expected);
}

TEST(EngineRecord, states_are_sampled_at_their_interval_from_start_to_stop) {
  NetworkSpec spec = lively();
  spec.recordings = {record_state(spec, 0, {"V_m", "ex.I"})};
  const Trace every = simulate(spec).traces.at(0);
  EXPECT_EQ(every.first_step, 1u);
  EXPECT_EQ(every.sample_count(), 700u);
  EXPECT_EQ(every.variables[0].unit, "mV");
  EXPECT_EQ(every.variables[1].unit, "pA");

  RecordingSpec& r = spec.recordings[0];
  r.neurons = {0, 5, 40, 7};  // 5, 12, 19, 26, 33
  r.start_ms = 4;
  r.stop_ms = 33.3;
  r.interval_ms = 0.7;
  const Trace some = simulate(spec, {.threads = 2}, {123, 333}).traces.at(0);
  EXPECT_EQ(some.first_step, 40u);
  EXPECT_EQ(some.interval, 7u);
  EXPECT_EQ(some.sample_count(), (333u - 40u) / 7 + 1);
  EXPECT_EQ(some.neurons, (std::vector<std::uint32_t>{5, 12, 19, 26, 33}));
  const auto all = values_of(every), few = values_of(some);
  for (std::size_t i = 0; i < some.sample_count(); ++i)
    for (std::size_t v = 0; v < 2; ++v)
      for (std::size_t n = 0; n < 5; ++n) ASSERT_EQ(few[(2 * i + v) * 5 + n], all[(2 * (39 + 7 * i) + v) * 40 + some.neurons[n]]);
}

/// The samples once began at the start of the network's time, and ended at its first duration.
TEST(EngineRecord, states_of_a_resumed_run_begin_after_the_rest_and_go_to_its_end) {
  NetworkSpec spec = lively();
  spec.recordings = {record_state(spec, 0, {"V_m"}, 0.3)};
  const auto net = engine::build(spec, {});
  const auto run = [&](engine::State& state, std::uint32_t until) {
    engine::Recorder recorder(*net);
    engine::run(*net, state, {.until_step = until}, recorder);
    RunResult result;
    recorder.finish(*net, state, result);
    return result.traces.at(0);
  };
  engine::State state = engine::start(*net);
  const Trace whole_run = run(state, 2000);
  state = engine::start(*net);
  const Trace first = run(state, 500);
  state = engine::restore(*net, engine::snapshot(*net, state));
  const Trace second = run(state, 2000);
  EXPECT_EQ(first.first_step, 1u);
  EXPECT_EQ(second.first_step, 502u);
  EXPECT_EQ(first.sample_count() + second.sample_count(), whole_run.sample_count());
  auto joined = values_of(first);
  const auto rest = values_of(second);
  joined.insert(joined.end(), rest.begin(), rest.end());
  EXPECT_EQ(joined, values_of(whole_run));
}

TEST(EngineRecord, a_recording_of_a_variable_that_does_not_exist_is_refused_with_the_names_there_are) {
  NetworkSpec spec = lively();
  spec.recordings = {record_state(spec, 0, {"V_n"})};
  const auto net = engine::build(spec, {});
  try {
    engine::Recorder recorder(*net);
    FAIL() << "nothing was thrown";
  } catch (const InputError& e) {
    const std::string said = e.what();
    EXPECT_NE(said.find("\"V_n\""), std::string::npos) << said;
    EXPECT_NE(said.find("V_m, ex.I"), std::string::npos) << said;
  }
}

TEST(EngineRecord, the_connectivity_of_a_query_is_that_of_the_network_on_any_number_of_threads) {
  NetworkSpec spec = lively();
  RecordingSpec r;
  r.kind = RecordingSpec::Kind::connectivity;
  r.name = "graph";
  r.sources = {0, 2, 40, 3};
  r.targets = {1, 0, 15, 2};
  spec.recordings = {r};
  std::vector<Synapse> expected;
  for (const Synapse& s : synapses_of(*engine::build(spec, {})))
    if (s.source < 40 && s.source >= 2 && (s.source - 2) % 3 == 0 && s.target >= 40 && s.target < 55 && (s.target - 40) % 2 == 0) expected.push_back({s.source, s.target - 40, s.receptor, s.delay, s.weight});
  ASSERT_GT(expected.size(), 5u);
  for (const int threads : {1, 2, 3}) {
    const RunResult result = simulate(spec, {.threads = threads});
    ASSERT_EQ(result.connections.size(), 1u);
    const Connections& c = result.connections[0];
    std::vector<Synapse> got;
    for (std::size_t k = 0; k < c.source.size(); ++k) got.push_back({c.source[k], c.target[k], c.receptor[k], static_cast<std::uint32_t>(std::lround(c.delay_ms[k] * 10)), c.weight[k]});
    EXPECT_EQ(got, expected);
  }
}

TEST(EngineRecord, a_run_that_is_stopped_ends_at_an_exchange_and_can_go_on) {
  NetworkSpec spec = lively();
  const RunResult expected = simulate(spec);
  for (const int threads : {1, 2, 4}) {
    const auto net = engine::build(spec, {.threads = threads});
    engine::State state = engine::start(*net);
    engine::Recorder recorder(*net);
    std::atomic<bool> stop = false;
    engine::RunOptions run{.until_step = 100, .warmup_step = 100, .stop = &stop};
    engine::run(*net, state, run, recorder);
    run.until_step = 700;
    run.progress = [&](std::uint32_t) { stop = true; };
    engine::run(*net, state, run, recorder);
    EXPECT_GT(state.step, 100u);
    EXPECT_LT(state.step, 700u);
    stop = false;
    run.progress = nullptr;
    engine::run(*net, state, run, recorder);
    EXPECT_EQ(state.step, 700u);
    RunResult result;
    recorder.finish(*net, state, result);
    EXPECT_EQ(result.spikes, expected.spikes);
    EXPECT_EQ(result.spike_hash, expected.spike_hash);
  }
}

TEST(EngineRecord, a_state_of_another_network_is_refused) {
  const NetworkSpec spec = lively();
  const auto net = engine::build(spec, {});
  const engine::Snapshot resting = engine::snapshot(*net, engine::start(*net));
  EXPECT_NO_THROW(engine::restore(*net, resting));
  const auto expect_refused = [&](const char* what, auto change) {
    NetworkSpec other = spec;
    change(other);
    EXPECT_THROW(engine::restore(*engine::build(other, {}), resting), InputError) << what;
  };
  expect_refused("a parameter", [](NetworkSpec& s) { s.populations[0].params["tau_m"] = Values::constant(11); });
  expect_refused("a size", [](NetworkSpec& s) { s.populations[1].size = 21; });
  expect_refused("a weight", [](NetworkSpec& s) { s.projections[0].weight = Values::constant(21); });
  expect_refused("the seed", [](NetworkSpec& s) { s.simulation.seed = 2; });
  expect_refused("the time step", [](NetworkSpec& s) { s.simulation.dt_ms = 0.2; });
  expect_refused("the precision", [](NetworkSpec& s) { s.simulation.double_precision = true; });
  NetworkSpec longer = spec;
  longer.simulation.duration_ms = 1e4;
  longer.recordings = {record_state(spec, 0, {"V_m"})};
  EXPECT_NO_THROW(engine::restore(*engine::build(longer, {.threads = 3}), resting)) << "duration, recordings and threads may differ";
}

TEST(EngineRecord, a_damaged_state_is_refused) {
  const NetworkSpec spec = lively();
  const auto net = engine::build(spec, {});
  const engine::Snapshot resting = engine::snapshot(*net, engine::start(*net));
  engine::Snapshot lacking = resting;
  lacking.arrays.pop_back();
  EXPECT_THROW(engine::restore(*net, lacking), InputError);
  engine::Snapshot shortened = resting;
  shortened.arrays[0].values.pop_back();
  EXPECT_THROW(engine::restore(*net, shortened), InputError);
  engine::Snapshot stray = resting;
  stray.in_flight = {{0, 1000}};
  EXPECT_THROW(engine::restore(*net, stray), InputError);
}

}  // namespace
}  // namespace ranvier::test_engine
