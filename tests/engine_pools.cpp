// SPDX-License-Identifier: Apache-2.0
/// Receptors that are alike share one input and one state, and nobody can tell.

#include <gtest/gtest.h>

#include "engine_example.hpp"

namespace ranvier::test_engine {
namespace {

/// Sources that excite and sources that inhibit 40 cells, by the receptors with these numbers.
NetworkSpec network(std::vector<ReceptorSpec> receptors, int excitatory, int inhibitory) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 200;
  spec.populations = {poisson_source("e", 200, 100), poisson_source("i", 50, 100), leaky("cells", 40, std::move(receptors))};
  spec.projections = {connect(spec, 0, 2, Rule::Kind::fixed_indegree, 80, 1.5), connect(spec, 1, 2, Rule::Kind::fixed_indegree, -90, 0.8)};
  spec.projections[0].rule.number = 60;
  spec.projections[1].rule.number = 15;
  spec.projections[0].receptor = excitatory;
  spec.projections[1].receptor = inhibitory;
  return spec;
}
ReceptorSpec exponential(std::string name, double tau) { return receptor(std::move(name), "exponential", {{"tau_syn", Values::constant(tau)}}); }

NetworkSpec shared() { return network({exponential("ex", 3), exponential("in", 3)}, 0, 1); }
NetworkSpec single() { return network({exponential("syn", 3)}, 0, 0); }

TEST(EnginePools, alike_receptors_take_one_array_of_slots_and_others_their_own) {
  EXPECT_EQ(engine::build(shared(), {})->populations[2].slot_arrays, 1);
  EXPECT_EQ(engine::build(network({exponential("ex", 3), exponential("in", 4)}, 0, 1), {})->populations[2].slot_arrays, 2);
  EXPECT_EQ(engine::build(network({exponential("ex", 3), receptor("in", "alpha", {{"tau_syn", Values::constant(3)}})}, 0, 1), {})->populations[2].slot_arrays, 2);
}

TEST(EnginePools, two_alike_receptors_give_the_spikes_of_one_that_takes_all_bit_for_bit) {
  const auto expected = simulate(single()).spikes;
  EXPECT_GT(expected.size(), 40u * 200 / 50);
  EXPECT_EQ(simulate(shared()).spikes, expected);
}

TEST(EnginePools, currents_that_are_looked_at_are_each_receptors_own_and_change_no_spike) {
  NetworkSpec both = shared(), excited = network({exponential("ex", 3)}, 0, 0);
  excited.projections.pop_back();
  both.recordings = {record_state(both, 2, {"ex.I", "in.I", "V_m"})};
  excited.recordings = {record_state(excited, 2, {"ex.I"})};
  NetworkSpec one = single();
  one.recordings = {record_state(one, 2, {"syn.I", "V_m"})};
  const auto seen = simulate(both, {.threads = 2}), whole = simulate(one), alone = simulate(excited);
  EXPECT_EQ(seen.spikes, whole.spikes);

  const auto a = values_of(seen.traces.at(0)), b = values_of(whole.traces.at(0)), c = values_of(alone.traces.at(0));
  const std::size_t n = 40, samples = a.size() / (3 * n);
  ASSERT_EQ(samples, 2000u);
  for (std::size_t t = 0; t < samples; ++t)
    for (std::size_t k = 0; k < n; ++k) {
      const double ex = a[t * 3 * n + k], in = a[t * 3 * n + n + k];
      ASSERT_NEAR(ex, c[t * n + k], 1e-3) << "what excites is what a network without inhibition has, but for the unit of sums";
      ASSERT_NEAR(ex + in, b[t * 2 * n + k], 1e-3) << "rounding of single precision at some 1,000 pA";
      ASSERT_EQ(a[t * 3 * n + 2 * n + k], b[t * 2 * n + n + k]) << "V_m to the last bit";
    }
}

TEST(EnginePools, every_synapse_keeps_the_receptor_it_was_given) {
  const auto net = engine::build(shared(), {});
  int excitatory = 0, inhibitory = 0;
  for (const Synapse& s : synapses_of(*net)) {
    EXPECT_EQ(s.receptor, s.weight > 0 ? 0 : 1);
    (s.weight > 0 ? excitatory : inhibitory) += 1;
  }
  EXPECT_EQ(excitatory, 60 * 40);
  EXPECT_EQ(inhibitory, 15 * 40);
}

TEST(EnginePools, a_state_saved_unwatched_does_not_know_a_shared_receptors_own_current) {
  const auto net = engine::build(shared(), {});
  const engine::Snapshot saved = engine::snapshot(*net, engine::start(*net));
  NetworkSpec curious = shared();
  curious.recordings = {record_state(curious, 2, {"in.I"})};
  try {
    engine::restore(*engine::build(curious, {}), saved);
    FAIL() << "nothing was thrown";
  } catch (const InputError& e) {
    EXPECT_NE(std::string(e.what()).find("lacks \"cells/ex.I\""), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("did not record"), std::string::npos) << e.what();
  }
}

TEST(EnginePools, initial_currents_of_alike_receptors_add_up) {
  NetworkSpec spec = shared(), expected = single();
  spec.populations[2].receptors[0].initial["I"] = Values::constant(500);
  spec.populations[2].receptors[1].initial["I"] = Values::constant(-200);
  expected.populations[2].receptors[0].initial["I"] = Values::constant(300);
  spec.recordings = {record_state(spec, 2, {"V_m"})};
  expected.recordings = {record_state(expected, 2, {"V_m"})};
  EXPECT_EQ(values_of(simulate(spec).traces.at(0)), values_of(simulate(expected).traces.at(0)));
}

}  // namespace
}  // namespace ranvier::test_engine
