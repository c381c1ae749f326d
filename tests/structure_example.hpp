// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Networks whose synapses come and go, and what a saved state says of them.

#include <map>

#include "engine/rewire.hpp"
#include "engine/structure.hpp"
#include "engine_example.hpp"

namespace ranvier::test_structure {

using namespace test_engine;

/// Cells that fire when the test says, and at no other time: a teacher for each makes it.
inline PopulationSpec obedient(std::string name, std::int64_t size) {
  PopulationSpec p = leaky(std::move(name), size);
  p.params = {{"t_ref", Values::constant(0)}, {"tau_m", Values::constant(1)}, {"V_th", Values::constant(20000)}};
  return p;
}

/// Two populations with given spikes [ms], and a projection from the first to the second whose synapses do nothing to it.
///
///   0  teachers of 1   1 sources   2 teachers of 3   3 targets
inline NetworkSpec taught(std::vector<std::vector<double>> sources, std::vector<std::vector<double>> targets, SynapseSpec synapse, double duration_ms) {
  NetworkSpec spec;
  spec.simulation.duration_ms = duration_ms;
  spec.simulation.double_precision = true;
  const auto teachers = [&](const std::string& name, const std::vector<std::vector<double>>& trains) {
    std::vector<double> times;
    std::vector<std::int64_t> cells;
    for (std::size_t i = 0; i < trains.size(); ++i)
      for (const double t : trains[i]) {
        times.push_back(t - spec.simulation.dt_ms);
        cells.push_back(static_cast<std::int64_t>(i));
      }
    return spike_train(name, static_cast<std::int64_t>(trains.size()), times, cells);
  };
  spec.populations = {teachers("teachers of sources", sources), obedient("sources", static_cast<std::int64_t>(sources.size())), teachers("teachers of targets", targets),
                      obedient("targets", static_cast<std::int64_t>(targets.size()))};
  spec.projections = {connect(spec, 0, 1, Rule::Kind::one_to_one, 1e5, spec.simulation.dt_ms), connect(spec, 2, 3, Rule::Kind::one_to_one, 1e5, spec.simulation.dt_ms),
                      connect(spec, 1, 3, Rule::Kind::fixed_total_number, 1e-3, 1)};
  spec.projections[2].synapse = {std::move(synapse)};
  for (const int p : {1, 3}) spec.recordings.push_back(record_spikes(spec, p));
  RecordingSpec connectivity;
  connectivity.name = "connectivity";
  connectivity.kind = RecordingSpec::Kind::connectivity;
  connectivity.sources = whole(spec, 1);
  connectivity.targets = whole(spec, 3);
  spec.recordings.push_back(connectivity);
  return spec;
}

/// A run that can be looked at on the way.
struct Watched {
  explicit Watched(const NetworkSpec& spec, const engine::Options& options = {}) : network(engine::build(spec, options)), state(engine::start(*network)), recorder(*network) {}
  void until(double t_ms) { engine::run(*network, state, {.until_step = static_cast<std::uint32_t>(std::lround(t_ms / network->dt()))}, recorder); }
  std::int64_t synapses() const { return engine::count_synapses(*network, state); }
  RunResult finish() {
    RunResult result;
    recorder.finish(*network, state, result);
    return result;
  }
  /// What the rule of a projection keeps, as it is saved.
  std::vector<double> saved(int projection) const {
    for (const auto& g : state.growing)
      if (g.projection == projection) return g.rule->save();
    return {};
  }
  /// Synapses of each source and of each target of a projection, by index in the slice.
  std::pair<std::vector<int>, std::vector<int>> bound(int projection) const {
    const engine::Rewiring present(*network, state, projection, 0);
    std::vector<int> sources(present.sources()), targets(present.targets());
    present.for_each([&](const engine::Rewiring::Bound& b) {
      ++sources[b.source];
      ++targets[b.target];
    });
    return {sources, targets};
  }

  std::shared_ptr<const engine::Network> network;
  engine::State state;
  engine::Recorder recorder;
};

}  // namespace ranvier::test_structure
