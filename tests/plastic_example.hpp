// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One synapse with a state between two neurons that fire when the test says, and its weight at the end.

#include <functional>
#include <random>

#include "engine_example.hpp"

namespace ranvier::test_plastic {

using namespace test_engine;

struct Pair {
  SynapseSpec synapse;
  double delay_ms = 1, fraction = 1;
  bool double_precision = true;
  double dt_ms = 0.1;
  double duration_ms = 1000;
  double start = 1;                    ///< weight; too weak to make the target fire
  bool weak = false;                   ///< the target hardly feels the synapse, whatever its weight
  std::vector<double> source = {}, target = {};  ///< times of their spikes [ms]
  std::function<void(NetworkSpec&)> also = nullptr;  ///< adds to the network

  struct How {
    double sweep_every_ms = 0;
  };

  NetworkSpec network() const {
    NetworkSpec spec;
    spec.simulation.dt_ms = dt_ms;
    spec.simulation.duration_ms = duration_ms;
    spec.simulation.double_precision = double_precision;
    spec.populations = {spike_train("source", 1, source, std::vector<std::int64_t>(source.size(), 0)), teacher(), leaky("target", 1)};
    spec.populations[2].params = {{"t_ref", Values::constant(0)}, {"tau_m", Values::constant(1)}};
    if (weak) spec.populations[2].params["V_th"] = Values::constant(20000);  // the teacher's weight below passes it
    spec.projections = {connect(spec, 0, 2, Rule::Kind::one_to_one, start, delay_ms), connect(spec, 1, 2, Rule::Kind::one_to_one, weak ? 1e5 : 1000, dt_ms)};
    spec.projections[0].synapse = {synapse};
    spec.projections[0].dendritic_delay_fraction = fraction;
    RecordingSpec weights;
    weights.name = "weights";
    weights.kind = RecordingSpec::Kind::weights;
    weights.sources = whole(spec, 0);
    weights.targets = whole(spec, 2);
    spec.recordings = {record_spikes(spec, 2), weights};
    if (also) also(spec);
    return spec;
  }

  double weight() const { return weight(How{}); }
  double weight(const How& how) const {
    const NetworkSpec spec = network();
    const auto built = engine::build(spec, {});
    engine::State state = engine::start(*built);
    engine::Recorder recorder(*built);
    engine::RunOptions run;
    const std::uint32_t every = how.sweep_every_ms > 0 ? static_cast<std::uint32_t>(how.sweep_every_ms / dt_ms) : steps_of(spec);
    for (std::uint32_t step = every; state.step < steps_of(spec); step += every) {
      run.until_step = std::min(step, steps_of(spec));
      engine::run(*built, state, run, recorder);
      if (how.sweep_every_ms > 0) state.shards[0].plastic[0]->sweep(state.step);
    }
    RunResult result;
    recorder.finish(*built, state, result);
    if (result.spikes.size() != target.size()) throw std::runtime_error("the target does not fire as the test wants");
    return result.connections.at(0).weight.at(0);
  }

 private:
  /// Fires a step before the target is to fire.
  PopulationSpec teacher() const {
    std::vector<double> times;
    for (double t : target) times.push_back(t - dt_ms);
    return spike_train("teacher", 1, times, std::vector<std::int64_t>(times.size(), 0));
  }
};

}  // namespace ranvier::test_plastic
