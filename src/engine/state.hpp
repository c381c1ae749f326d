// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Everything that changes while a network runs: cells, spikes in flight, the step. A State can be read and written
/// by global ids, whatever the partition; that is what saving, resuming on another number of threads and running in
/// pieces rest on.

#include <memory>
#include <string>
#include <vector>

#include "engine/network.hpp"
#include "engine/plastic.hpp"
#include "engine/structure.hpp"
#include "engine/volume.hpp"
#include "ranvier/record.hpp"

namespace ranvier::engine {

/// The cells of one block: arrays of float or double, [padded] each, in one piece of memory.
struct BlockState {
  void* state[state_max] = {};                       ///< membrane
  const void* constants[constants_max] = {};
  std::vector<ReceptorBlock> pools;                  ///< what the membrane sees
  std::vector<ReceptorBlock> receptors;              ///< [receptor] where arrivals go; a state of their own where kept apart
  std::uint32_t* ready = nullptr;
  const std::uint32_t* refractory = nullptr;
  std::uint32_t* asleep_since = nullptr;             ///< where the population sleeps
  void* current = nullptr;                           ///< where the population has current inputs or gap junctions
  double* event_cells = nullptr;                     ///< event-driven: [padded] EventCell, all else is unused
  StepFunction step = nullptr;
  StepFunction advance = nullptr;                    ///< of receptors kept apart (apart.hpp)
  bool sleeps = false;
};

struct ShardState {
  Arena memory;
  std::vector<BlockState> blocks;
  void* sums = nullptr;                              ///< [slots] int32 or int64, zero between steps
  std::uint8_t* touched = nullptr;                   ///< [groups + 1] where some population sleeps
  std::uint32_t* active = nullptr;                   ///< [groups + 1 + spare]
  std::uint32_t* group_of_slots = nullptr;
  std::size_t n_active = 0;
  std::size_t byte = 0;                              ///< taken from memory
  std::vector<double> gap_currents;                  ///< [steps of an interval][coupled cells] pA, where gap junctions are solved by waveform relaxation
  std::vector<std::unique_ptr<Volume>> volumes;      ///< [volumes] the same on all shards
  std::vector<std::unique_ptr<PlasticSynapses>> plastic;  ///< [plastic tables of the shard]
};

struct State {
  std::uint32_t step = 0;                            ///< steps done
  std::vector<ShardState> shards;
  std::vector<Spike> in_flight;                      ///< spikes some of whose synapses are still to be reached, sorted
  std::vector<ExactSpike> exact_in_flight;           ///< those of populations with exact times once more, for event-driven cells
  std::vector<Growing> growing;                      ///< projections whose synapses come and go
};

/// The state at time 0: initial values drawn, spikes of trains at time 0 in flight.
State start(const Network& network);

/// State variables by global id, for saving and for recordings that look without touching.
/// `variable` counts the membrane's variables first, then those of each receptor in turn.
struct VariableRef {
  int receptor = -1;                                 ///< -1: of the membrane
  int index = 0;
  std::string name, unit;
};
std::vector<VariableRef> variables_of(const Network& network, int population);

/// Values of one variable of the cells [first, first + n) of a block, as a reader sees them at this step: relative
/// ones made absolute, sleepers evaluated (a copy; nothing is advanced).
void read_variable(const Network& network, const State& state, std::uint32_t step, std::size_t shard, std::size_t block,
                   const VariableRef& variable, std::size_t first, std::size_t n, double* out);

/// A state as plain arrays by global id: what a saved file holds.
struct Snapshot {
  std::uint32_t step = 0;
  std::uint64_t fingerprint = 0;                     ///< of the network it belongs to
  bool double_precision = false;
  struct Array {
    std::string name;                                ///< "<population>/<variable>"
    std::vector<double> values;                      ///< [size]; float values are exact in double
  };
  std::vector<Array> arrays;
  std::vector<Spike> in_flight;
  std::vector<ExactSpike> exact_in_flight;
};
Snapshot snapshot(const Network& network, const State& state);

void save_plastic(const Network& network, const State& state, Snapshot& out);       ///< part of snapshot()
void restore_plastic(const Network& network, const Snapshot& in, State& state);     ///< part of restore()

void save_gap_currents(const Network& network, const State& state, Snapshot& out);  ///< likewise, of what an interval begun has still to do
void restore_gap_currents(const Network& network, const Snapshot& in, State& state);

/// Errors  InputError: the snapshot is of another network, or of another precision
State restore(const Network& network, const Snapshot& snapshot);

}  // namespace ranvier::engine
