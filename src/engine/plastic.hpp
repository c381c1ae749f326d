// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Synapses with a state: how spikes pass along them. plastic_row.hpp shows how they lie in memory.
///
/// Everything a synapse does, it does when a spike of its source reaches it: what its target's spikes have done to it
/// since the last one is worked off then, from the history that each target keeps. So the synapses of one source are
/// visited in the order in which they lie in memory, and those of a target, which do not, never are.
///
///     spike of the source  ->  Flight (what the source's traces were)  ->  calendar, segment by segment
///     spike of the target  ->  History of the cell
///
/// Histories grow until their synapses have read them. Where the sources are too slow to, all synapses of the projection are
/// brought up to date ("sweep"). That changes no bits: a synapse meets the same events one by one, only earlier; so each
/// shard may do it when it likes.

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/deliver.hpp"
#include "engine/network.hpp"
#include "engine/plastic_row.hpp"
#include "engine/scaling.hpp"
#include "engine/synapse_model.hpp"

namespace ranvier::engine {

/// What was done, counted.
struct PlasticWork {
  std::uint64_t events = 0;    ///< spikes of sources that arrived at a synapse
  std::uint64_t met = 0;       ///< spikes of targets that did
  std::uint64_t watched = 0;   ///< potentials of targets that were followed, step by step
  std::uint64_t flop = 0, byte = 0;
  std::uint64_t frequent = 0;  ///< events so soon after the last one that stepping the synapse would be as cheap; of rules that can be stepped
};

struct RewiredTable;
/// Membrane potentials of the cells of a block at the end of a step, in the precision of the run.
struct Potentials {
  const void* relative = nullptr;   ///< [n] float, or double
  const double* base = nullptr;     ///< [1 or n] what they are kept relative to [mV]; nullptr: 0
  bool base_per_cell = false;
  std::size_t n = 0;                ///< cells, without padding
  /// V_m of a cell [mV]; T is the type of `relative`.
  template <class T>
  T at(std::size_t cell) const {
    return static_cast<const T*>(relative)[cell] + (base ? static_cast<T>(base[base_per_cell ? cell : 0]) : T(0));
  }
};

/// The state of the synapses of a table, and what moves it. Rules see T = float, or double in runs of double precision.
class PlasticSynapses {
 public:
  struct Widths {
    int source, target, state;  ///< traces of a source and of a target; state variables of a synapse besides its weight
  };
  PlasticSynapses(const Network& network, const PlasticTable& table, Widths widths, std::unique_ptr<Release> release);
  virtual ~PlasticSynapses() = default;

  /// Lets a spike of a source (index in the slice) set out. Its first segment falls due after the present step.
  void fire(std::uint32_t source, std::uint32_t stamp);
  /// A spike of a target cell of the block.
  void cell_fires(std::uint32_t cell, std::uint32_t stamp) {
    if (scaling_) scaling_->fires(cell, stamp);
    target_fires(cell, stamp);
  }
  virtual void target_fires(std::uint32_t cell, std::uint32_t stamp) = 0;
  /// Whether after_update() is to be called. Cells whose potential is watched never sleep; SynapseModel::watches_potential says so beforehand.
  virtual bool watches_potential() const { return false; }
  /// The potentials of the table's cells after the update of a step, in which target_fires() has told of the spikes: called every step.
  virtual void after_update(std::uint32_t step, const Potentials& potentials) { (void)step, (void)potentials; }
  /// Adds all that falls due at a step to the input slots.
  virtual void deliver(std::uint32_t step, Slots& slots) = 0;
  /// The step is done for all cells of the shard.
  void step_done(std::uint32_t step) {
    if (scaling_) scaling_->end_step(step);
    end_step(step);
  }
  virtual void end_step(std::uint32_t step) { (void)step; }
  /// Weights are passed on times a factor of the target.
  void scale_by(const ScalingRule& rule) { scaling_ = std::make_unique<Scaling>(rule, table_.cells); }
  Scaling* scaling() const { return scaling_.get(); }

  /// Flights on their way, by source and in the order in which they set out: what reading needs to know which spikes have arrived where.
  std::vector<std::uint32_t> under_way() const;
  /// Weight (k = -1, with its sign) or state variable of a synapse as it is at a step. Nothing is advanced.
  virtual double read(const std::vector<std::uint32_t>& under_way, std::uint32_t source, const PlasticSegment& segment, std::size_t synapse, std::uint32_t step, int k) const = 0;
  int n_state() const { return n_state_; }

  /// What a saved file holds besides the columns, each a table of numbers; see snapshot.cpp.
  struct Saved {
    std::vector<double> sources;   ///< [sources][source_width]: stamps of the last two spikes or -1, traces after each, release
    std::vector<double> flights;   ///< [flights][flight_width]: source, stamp, factor; then as above, before this spike
    std::vector<double> history;   ///< [entries][history_width]: cell of the block, stamp, traces
    std::vector<double> scaling;   ///< [cells of the block][Scaling::width]
    std::vector<double> cells;     ///< [cells of the block, padded][cell_width]: what a rule that watches potentials keeps of each
  };
  std::size_t source_width() const { return 2 + 2 * static_cast<std::size_t>(n_source_) + static_cast<std::size_t>(release_ ? release_->n_state() : 0); }
  std::size_t flight_width() const { return 5 + 2 * static_cast<std::size_t>(n_source_); }
  std::size_t history_width() const { return 2 + static_cast<std::size_t>(n_target_); }
  virtual std::size_t cell_width() const { return 0; }
  virtual void save(std::uint32_t step, Saved& out) const = 0;
  /// A synapse as save() leaves it: having met what all shards agree has arrived. k as in read(), without sign.
  virtual double saved(const std::vector<std::uint32_t>& under_way, std::uint32_t source, const PlasticSegment& segment, std::size_t synapse, std::uint32_t step, int k) const = 0;
  virtual void restore(std::uint32_t step, const Saved& in) = 0;
  virtual void restore(std::size_t synapse, int k, double value) = 0;

  /// Where synapses come and go, the table is these synapses' own, and spikes stay under way until no delay could still
  /// bring them to a new synapse.
  void own(std::unique_ptr<PlasticTable> table) { own_ = std::move(table); }
  bool owns_table() const { return own_ != nullptr; }
  /// Another table takes the place of this one (rewire.hpp): synapses that were there keep all that they have, the others start with
  /// the next of the weights [fresh ones]. Sweep first. Spikes under way go on to the new rows.
  void rewire(RewiredTable next, const std::vector<double>& weights, std::uint32_t step);

  /// Lets every synapse meet all that it can at this step, so that histories can forget. Changes no bits of any weight.
  virtual void sweep(std::uint32_t step) = 0;
  virtual std::uint64_t byte() const = 0;
  const PlasticTable& table() const { return table_; }
  /// What was done since it was last asked; FLOP and bytes as the rule states them.
  virtual PlasticWork take_work() = 0;
  virtual std::string hint() const { return {}; }  ///< what to try where a weight is not a number any more
  std::int64_t bad_source = -1;    ///< whose synapses have a weight that is not a number any more
  std::int64_t heard = -1;         ///< spikes up to this stamp have set out

 protected:
  double scale(std::uint32_t cell) const { return scaling_ ? scaling_->factor(cell) : 1; }
  PlasticWork work_;
  struct Due {
    std::uint32_t flight, segment;
  };
  /// A spike on its way: what the source was like when it set out.
  struct Flight {
    std::uint32_t source = 0, stamp = 0;
    std::uint32_t previous = never, earlier = never;  ///< stamps of the source's spikes before
    double factor = 1;                   ///< of the release
    bool free = false;
    std::uint32_t next = never;          ///< stamp of the source's next spike, where flights linger
    std::uint64_t number = 0;            ///< flights count as they set out: a source may fire twice in a step, and stamps do not tell which was first
  };
  /// Flights stay on after they have arrived, and fall due at each segment once more, at settle_at(), so many steps after the
  /// arrival as lingering() says. 0: they do not.
  virtual std::uint32_t lingering(std::uint32_t flight) const { (void)flight; return 0; }
  void let_linger(std::uint32_t longest);
  std::vector<Due>& settle_at(std::uint32_t step) { return settling_calendar_[step & settling_mask_]; }
  void settle_pass_on(const Due& due);
  std::uint32_t new_flight(Flight flight);  ///< its place; it sets out now, after all others
  void link(std::uint32_t flight);       ///< tells the source's flight before of this one
  std::vector<Due>& due_at(std::uint32_t step) { return calendar_[step & mask_]; }
  void pass_on(const Due& due);          ///< to the flight's next segment, or to its end
  void end_flight(std::uint32_t flight);
  void forget_flights();
  /// The columns after rewire(): entry k was entry origin[k] before, or is RewiredTable::fresh.
  virtual void rewire_columns(const std::vector<std::uint32_t>& origin, const std::vector<double>& weights) = 0;
  void restore_flight(std::uint32_t flight, std::uint32_t step);  ///< into the calendar, at its first segment after a step
  /// Of a source's flights under way, the first that has not come to a delay by a step; `never` where there is none.
  std::uint32_t next_to_arrive(const std::vector<std::uint32_t>& under_way, std::uint32_t source, std::uint32_t delay, std::uint32_t step) const;
  /// Sources and flights as save() and restore() have them. T: what their traces are kept in, 2 n_source numbers of each. Flights that are over are left
  /// out: which of them a shard still keeps is its own affair.
  template <class T>
  void save_sources(std::uint32_t step, const std::vector<T>& of_sources, const std::vector<T>& of_flights, Saved& out) const;
  template <class T>
  void restore_sources(std::uint32_t step, const Saved& in, std::vector<T>& of_sources, std::vector<T>& of_flights);
  virtual void source_fires(std::uint32_t source, std::uint32_t since, std::uint32_t flight) = 0;  ///< traces; notes them in the flight

  const PlasticTable& table_;
  const std::unique_ptr<Release> release_;
  std::unique_ptr<Scaling> scaling_;
  const int n_source_, n_target_, n_state_;
  std::vector<std::uint32_t> last_, earlier_;  ///< [sources] stamps of the last two spikes that set out, or never
  std::vector<double> release_state_;    ///< [sources][release's n_state]
  std::vector<Flight> flights_;
  std::vector<std::uint32_t> free_flights_;
  std::vector<std::uint32_t> resting_;   ///< flights without a further segment that a new synapse might still need
  std::vector<std::vector<Due>> calendar_, settling_calendar_;
  std::uint32_t mask_ = 0, settling_mask_ = 0;
  std::vector<std::uint32_t> latest_;    ///< [sources] flight of the last spike, where flights linger

 private:
  void forget_resting(std::uint32_t step);
  void sort_by_source(std::vector<std::uint32_t>& flights) const;
  std::unique_ptr<PlasticTable> own_;
  const std::uint32_t delay_max_;        ///< of the network [steps]
  std::uint32_t reach_;                  ///< steps that a flight lasts at most
  std::uint64_t set_out_ = 0;            ///< flights so far
  std::size_t resting_limit_ = 256;      ///< flights at rest before those are looked for that are over
};

/// The state of all plastic projections onto a shard, at the start; some follow the shard's volumes.
std::vector<std::unique_ptr<PlasticSynapses>> start_plastic(const Network& network, const Shard& shard, const std::vector<std::unique_ptr<Volume>>& volumes);

struct State;

/// Lets the spikes in flight set out that no shard has read yet, those of the last interval. So between runs all synapses have
/// heard of all spikes, wherever a run ended. Volumes likewise.
void hear(const Network& network, State& state);

/// Index in a slice of a cell of its population, or -1.
inline std::int64_t source_index(const Slice& slice, std::int64_t cell) {
  return cell < slice.first || cell >= slice.last || (cell - slice.first) % slice.stride ? -1 : (cell - slice.first) / slice.stride;
}

/// The synapses of all plastic projections from one population onto another, with their present weights.
void for_each_plastic_synapse(const Network& network, const State& state, int from, int to, const std::function<void(const SynapseRecord&)>& visit);

}  // namespace ranvier::engine
