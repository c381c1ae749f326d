// SPDX-License-Identifier: Apache-2.0
/// A network that is looked at and changed between two pieces, and pieces put together again.

#include <gtest/gtest.h>

#include <cmath>

#include "engine/change.hpp"
#include "engine/pieces.hpp"
#include "engine/run.hpp"
#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

NetworkSpec driven() {
  return read(R"(format = 1
[[populations]]
name = "train"
size = 2
model = "spike_train"
spikes = { neurons = [0, 1], times = ["1 ms", "9 ms"] }
[[populations]]
name = "noise"
size = 1
model = "poisson_source"
rate = "1000 Hz"
[[populations]]
name = "E"
size = 40
model = "lif_exp"
params = { tau_m = "10 ms" }
initial = { V_m = { uniform = ["-70 mV", "-50 mV"] } }
[[projections]]
source = "noise"
target = "E"
rule = "all_to_all"
receptor = "ex"
weight = { uniform = ["100 pA", "500 pA"] }
delay = "1 ms"
[[projections]]
source = "train"
target = "E"
rule = "all_to_all"
receptor = "ex"
weight = "1 nA"
delay = "2 ms"
[[inputs]]
name = "drive"
type = "poisson"
target = "E"
receptor = "ex"
rate = "4 kHz"
weight = "60 pA"
[[recordings]]
type = "spikes"
[[recordings]]
type = "state"
neurons = "E[0:3]"
variables = ["V_m"]
interval = "0.7 ms"
)");
}

std::shared_ptr<RunResult> run_on(const engine::Network& network, engine::State& state, std::uint32_t until, std::uint32_t warmup = 0) {
  engine::Recorder recorder(network);
  engine::run(network, state, {.until_step = until, .warmup_step = std::max(warmup, state.step)}, recorder);
  auto result = std::make_shared<RunResult>();
  recorder.finish(network, state, *result);
  return result;
}

TEST(EngineChange, pieces_put_together_are_the_whole) {
  const auto network = engine::build(driven(), {.threads = 2});
  engine::State whole_state = engine::start(*network), state = engine::start(*network);
  const auto whole = run_on(*network, whole_state, 400);
  std::vector<std::shared_ptr<RunResult>> pieces;
  for (std::uint32_t until : {1u, 100u, 100u, 103u, 400u}) pieces.push_back(run_on(*network, state, until));
  const RunResult joined = engine::join(network->spec, pieces);
  ASSERT_GT(whole->spikes.size(), 50u);
  EXPECT_EQ(joined.spikes, whole->spikes);
  EXPECT_EQ(joined.spike_hash, whole->spike_hash);
  EXPECT_EQ(joined.population_spikes, whole->population_spikes);
  EXPECT_EQ(joined.work.synaptic_events, whole->work.synaptic_events);
  ASSERT_EQ(joined.traces.size(), 1u);
  EXPECT_EQ(joined.traces[0].first_step, whole->traces[0].first_step);
  EXPECT_EQ(joined.traces[0].values, whole->traces[0].values);
}

TEST(EngineChange, the_same_values_once_more_change_nothing) {
  const auto a = engine::build(driven(), {.threads = 2}), b = engine::build(driven(), {.threads = 3});
  engine::State sa = engine::start(*a), sb = engine::start(*b);
  const auto whole = run_on(*a, sa, 300);
  const auto first = run_on(*b, sb, 150);
  engine::change_inputs(*b, driven().inputs);
  engine::change_rates(*b, 1, {1000});
  for (const engine::VariableRef& v : engine::variables_of(*b, 2)) {
    if (v.receptor >= 0) continue;
    std::vector<double> now(40);
    for (std::size_t t = 0; t < b->shards.size(); ++t)
      for (std::size_t k = 0; k < b->shards[t].blocks.size(); ++k) {
        const engine::Block& block = b->shards[t].blocks[k];
        if (block.population == 2) engine::read_variable(*b, sb, sb.step, t, k, v, 0, block.n, now.data() + block.first);
      }
    engine::write_variable(*b, sb, 2, v, now);
  }
  const auto second = run_on(*b, sb, 300);
  EXPECT_EQ(engine::join(b->spec, {first, second}).spikes, whole->spikes);
}

TEST(EngineChange, new_spikes_of_a_train_happen_and_past_ones_do_not) {
  const auto network = engine::build(driven(), {});
  engine::State state = engine::start(*network);
  run_on(*network, state, 50);
  engine::change_trains(*network, 0, {{3.0, 5.0, 6.0}, {0, 0, 1}});
  const auto after = run_on(*network, state, 100);
  std::vector<Spike> of_train;
  for (const Spike& s : after->spikes)
    if (s.neuron < 2) of_train.push_back(s);
  EXPECT_EQ(of_train, (std::vector<Spike>{{60, 1}}));
}

TEST(EngineChange, what_cannot_be_changed_is_refused_by_name) {
  const auto network = engine::build(driven(), {});
  const auto refused = [](auto change) -> std::string {
    try {
      change();
    } catch (const InputError& e) {
      return e.what();
    }
    return {};
  };
  auto inputs = driven().inputs;
  inputs[0].weight = Values::constant(61);
  EXPECT_NE(refused([&] { engine::change_inputs(*network, inputs); }).find("input \"drive\": its weight cannot be changed"), std::string::npos);
  inputs = driven().inputs;
  inputs[0].rate_hz = Values::constant(4e6);
  EXPECT_NE(refused([&] { engine::change_inputs(*network, inputs); }).find("highest rate"), std::string::npos);
  EXPECT_EQ(network->spec.inputs[0].rate_hz.a, 4000) << "a refused change leaves all as it was";
  EXPECT_NE(refused([&] { engine::change_inputs(*network, {}); }).find("1 inputs, but 0"), std::string::npos);
  EXPECT_NE(refused([&] { engine::change_rates(*network, 1, {1e9}); }).find("cannot have so high a rate"), std::string::npos);
  EXPECT_NE(refused([&] { engine::change_rates(*network, 2, {1}); }).find("only one of \"poisson_source\""), std::string::npos);
  EXPECT_NE(refused([&] { engine::change_rates(*network, 1, {-1}); }).find("must be >= 0 Hz"), std::string::npos);
  EXPECT_NE(refused([&] { engine::change_trains(*network, 0, {{1.0}, {2}}); }).find("neuron 2 is out of range"), std::string::npos);
  EXPECT_NE(refused([&] { engine::change_trains(*network, 0, {{NAN}, {0}}); }).find("must be >= 0 ms"), std::string::npos);
}

}  // namespace
}  // namespace ranvier::test
