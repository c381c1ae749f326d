// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The network: what never changes while it runs. Built from a NetworkSpec, shared by every State.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/arena.hpp"
#include "engine/event_model.hpp"
#include "engine/event_row.hpp"
#include "engine/gap.hpp"
#include "engine/kernel.hpp"
#include "engine/plastic_row.hpp"
#include "engine/row.hpp"
#include "ranvier/network.hpp"

namespace ranvier::engine {

struct Options {
  int threads = 1;
  bool check_sleepers = false;      ///< evaluate every sleeper every step; for tests
  std::uint64_t memory_byte = 0;    ///< refuse to build more than this; 0: what the system says is free
};

/// A receptor of a population, resolved: model, coupling, constants.
struct Receptor {
  const ReceptorModel* model = nullptr;
  Coupling coupling = Coupling::exact;
  int op = 0;
  double quantum = 0;               ///< value of one unit of its sums, a power of two
  int slot = 0;                     ///< input array of the block that its arrivals are added to; the first of its sites'
  int sites = 1;
  std::vector<std::vector<double>> parameters;  ///< [parameter][1 or size]
};

/// Receptors of a population that are alike in all but name share one input and one state: their equations are linear,
/// so the sum of their currents obeys the same equation. The membrane sees pools only. On the cortical microcircuit
/// this halves the input slots, which are what delivery needs in the cache.
struct Pool {
  std::vector<int> receptors;       ///< of the population; the first one's model and constants hold for all
  int slot = 0;                     ///< input array that the membrane reads
};

/// A population, resolved. Global ids of its neurons are first ... first + size - 1.
struct Population {
  std::string name;
  std::int64_t first = 0, size = 0;
  const MembraneEntry* membrane = nullptr;      ///< nullptr: a source, or event-driven
  const EventModel* event = nullptr;            ///< advanced from event to event, off the grid (event.hpp)
  bool exact_times = false;                     ///< its spikes carry exact times: event-driven, or a train that feeds such cells
  bool uniform = true;                          ///< all parameters but t_ref are the same for all cells: constants are shared
  bool sleeps = false;                          ///< cells may fall asleep
  int spikes_max = 1;                           ///< of one cell in a step
  bool coupled = false;                         ///< some of its cells may have gap junctions
  std::vector<std::vector<double>> parameters;  ///< [parameter][1 or size]
  std::vector<std::uint32_t> refractory;        ///< [1 or size] steps; apart, because some models let single cells skip it
  std::vector<Receptor> receptors;              ///< as the file has them
  std::vector<Pool> pools;
  /// A recording looks at a receptor that shares its state: then each receptor of such a pool has slots and a state of
  /// its own besides, advanced only to be looked at (apart.hpp). What the membrane gets is the same to the last bit.
  bool apart = false;
  int slot_arrays = 0;                          ///< input arrays of a block: of pools, and of receptors kept apart
  const Receptor& first_of(const Pool& pool) const { return receptors[static_cast<std::size_t>(pool.receptors[0])]; }
  int pool_of(int receptor) const;              ///< index into pools
  bool shares(int receptor) const { return pools[static_cast<std::size_t>(pool_of(receptor))].receptors.size() > 1; }
  const PopulationSpec* spec = nullptr;
};

/// Cells of one population on one shard. Padded to whole groups; slots and cells count padding too.
struct Block {
  int population = 0;
  std::int64_t first = 0;           ///< index within the population of the first cell
  std::size_t n = 0;
  std::size_t padded() const { return round_to_group(n); }
  std::size_t cell = 0;             ///< first cell of the shard
  std::size_t slot = 0;             ///< first input slot: [slot array][padded]
};

/// What one thread owns: neurons, and all synapses onto them.
struct Shard {
  std::vector<Block> blocks;
  std::size_t cells = 0, slots = 0;
  RowTable rows;
  EventTable events;                            ///< onto event-driven cells
  std::vector<PlasticTable> plastic;            ///< of projections whose synapses have a state
  GapTable gaps;                                ///< ends of gap junctions
};

/// How much memory a run of `ranvier simulate` will take at its highest, before anything is allocated.
struct MemoryEstimate {
  double synapses = 0;
  double process_byte = 0, description_byte = 0;  ///< the program and its libraries; columns and edges that the spec holds
  double record_byte = 0;                         ///< state variables that are kept; spikes, at 5 a second and neuron
  double row_byte = 0, event_byte = 0;            ///< rows onto cells on the grid and their index; onto event-driven cells
  double state_byte = 0;                          ///< one state; a run that is forecast has two for a while
  double building_byte = 0;                       ///< most there is while building: rows so far, and what drawing the next ones takes
  double total_byte() const;                      ///< expected: within 10 % for the networks of examples/ and bench/networks/plan
  double bound_byte() const { return 1.15 * total_byte(); }  ///< what a build is refused by
};

struct Network {
  NetworkSpec spec;
  std::vector<Population> populations;
  std::vector<Shard> shards;
  std::int64_t neurons = 0;
  std::int64_t synapses = 0;
  std::uint32_t delay_min = 1, delay_max = 1;   ///< steps; delay_min is the interval of exchange
  bool wide = false;                            ///< input sums are int64
  bool off_grid = false;                        ///< some population is event-driven
  GapPlan gaps;                                 ///< where some cells have gap junctions, delay_min is 1
  Options options;
  MemoryEstimate memory;                        ///< what was expected before it was built
  std::uint64_t fingerprint = 0;                ///< of everything a saved state depends on

  double dt() const { return spec.simulation.dt_ms; }
  int population_of(std::int64_t neuron) const;
};

/// What a network will take, before anything is allocated.
MemoryEstimate estimate_memory(const NetworkSpec& spec, int threads);

/// Number of threads that is faster for this network on a machine with `cores`; small ones run on one.
int choose_threads(const NetworkSpec& spec, int cores);

/// Checks the network against its models, as build() does first.
/// Errors  InputError: all problems of the network together
void check(const NetworkSpec& spec);

/// Checks the network against its models, then draws and packs all synapses, one shard per thread.
/// Errors  InputError: all problems of the network together; memory that does not suffice
std::shared_ptr<Network> build(const NetworkSpec& spec, const Options& options);

/// Values of a parameter or state variable of all cells of a population, in order: [1] where constant, else [size].
std::vector<double> draw_values(const Values& values, std::int64_t size, std::uint64_t seed, std::uint32_t object);

/// Every synapse between two slices, in the order (source, delay, ...): for recording and tests.
struct SynapseRecord {
  std::int64_t source, target;  ///< global ids
  int receptor;
  std::uint32_t delay;          ///< steps
  double weight;
  double delay_ms;              ///< exact for synapses onto event-driven cells, else delay x dt
};
void for_each_synapse(const Network& network, std::int64_t source, const std::function<void(const SynapseRecord&)>& visit);  ///< but plastic ones

}  // namespace ranvier::engine
