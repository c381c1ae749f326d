// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Structural plasticity: synapses are made and removed while the network runs.
///
///     run to the next structural step  ->  all threads join  ->  the rule decides (Rewiring)  ->  tables are made anew  ->  run on
///
/// A structural step is a whole multiple of the rule's interval, and what is done belongs to its end: a run that ends there has been
/// rewired. Between structural steps nothing is done but that a neuron's activity trace is advanced when it fires. What is decided
/// depends on spikes, global ids and words keyed by them alone: it is the same for any number of threads.

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "engine/network.hpp"
#include "engine/synapse_model.hpp"
#include "ranvier/record.hpp"

namespace ranvier::engine {

class Rewiring;
struct State;

enum class Side { source, target };

/// A rule of structure at work on one projection; cells are counted within the projection's slices.
class Structure {
 public:
  virtual ~Structure() = default;
  /// Before the first step, with the synapses that the network begins with.
  virtual void start(const Rewiring& present) = 0;
  /// A spike of a cell. Stamps of one cell come in ascending order.
  virtual void fires(Side side, std::uint32_t cell, std::uint32_t step) = 0;
  /// Removes and makes synapses.
  virtual void rewire(Rewiring& synapses, std::uint32_t step) = 0;
  /// Mean trace of the target cells, as of the last structural step.
  virtual double activity() const = 0;
  /// All that changes, as numbers by cell; restore() takes as many.
  virtual std::vector<double> save() const = 0;
  virtual void restore(const std::vector<double>& values) = 0;
};

/// What a rule's file registers besides its parameters.
struct StructureModel {
  std::unique_ptr<Structure> (*make)(const Network&, const ProjectionSpec&, const SynapseParameters&);
  /// What is wrong with the rule on this projection, or "".
  std::string (*check)(const NetworkSpec&, const ProjectionSpec&, const SynapseParameters&);
  double (*interval_ms)(const SynapseParameters&);
  double (*indegree_max)(const SynapseParameters&);  ///< synapses that the rule ever lets a target have
  /// Most synapses that a cell can have gained after a time, whatever its activity.
  double (*gain_max)(const SynapseParameters&, double run_ms);
};

/// The rule of structure of a projection, or nullptr; and its settings.
const SynapseModel* structure_of(const ProjectionSpec& projection);
SynapseParameters structure_parameters(const ProjectionSpec& projection, double dt_ms);

/// What is wrong with a projection whose synapses come and go.
void check_rewiring(const NetworkSpec& spec, const ProjectionSpec& projection, const std::string& where, std::vector<std::string>& problems);

/// Synapses of a target at most, the initial ones included: what sums of weights are bounded by.
double structural_indegree_bound(const ProjectionSpec& projection, const NetworkSpec& spec);
/// Synapses that a projection can have at the end of the run, for the estimate of memory.
double structural_synapses_bound(const ProjectionSpec& projection, const NetworkSpec& spec);
/// Shortest and longest delay that a synapse can get [steps].
struct DelayBounds {
  std::uint32_t low, high;
};
DelayBounds delay_bounds(const ProjectionSpec& projection, double dt_ms);

/// A projection whose synapses come and go, in a State.
struct Growing {
  int projection = 0;
  std::uint32_t interval = 1;  ///< steps
  std::unique_ptr<Structure> rule;
};
std::vector<Growing> start_structures(const Network& network, State& state);

/// The next structural step after a step; the largest number where nothing grows.
std::uint32_t next_structural_step(const State& state, std::uint32_t after);

/// Tells the rules of spikes; those of one cell in ascending order.
void structures_hear(const Network& network, State& state, const Spike* spikes, std::size_t n);

/// Rewires the projections that are due at the State's step. All spikes up to it must have been heard of.
/// Adds a line for each to `series`, which has one entry for each of state.growing.
void rewire(const Network& network, State& state, std::vector<StructureSeries>& series);

/// The present number of synapses of the network.
std::int64_t count_synapses(const Network& network, const State& state);

/// A series for each projection that grows, with its present number of synapses.
std::vector<StructureSeries> start_series(const Network& network, const State& state);

}  // namespace ranvier::engine
