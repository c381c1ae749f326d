// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Event-driven cells of one shard: no grid, no update; what a spike brings is worked off at its exact time.
///
///     spike (exact time t, stamp k) -> each segment of its row: arrival at t + delay, due in step s
///     calendar[s mod size] -> | Arrival | Arrival | ... |      sorted by (time, source, segment) when step s comes
///
/// In a step, everything that arrives at one instant is added to the cells first; then those above threshold fire, at
/// that instant. Nothing that fires in a step arrives in it, since no delay is shorter than a step, so the cells need
/// nothing of each other; and a cell meets its events in the same order on any number of threads:
///   - by step; by time; then the sum of what comes at the same time, added by (source, delay, projection, number)
///   - the step of an arrival follows from the spike and the delay alone, not from where intervals or pieces begin
///
/// On-grid spikes arrive at k dt + delay. Spikes that leave here carry the time of the event and, as stamp, its step: the
/// first at or after it. So on-grid cells get them in the first step at or after the exact arrival.

#include <vector>

#include "core/grid_time.hpp"
#include "engine/event_model.hpp"
#include "engine/state.hpp"

namespace ranvier::engine {

/// Values of a population's parameters for the cells of one block.
CellParameters cell_parameters(const Population& population, const Block& block);

class EventRun {
 public:
  EventRun(const Network& network, const Shard& shard, ShardState& state);

  /// Lets a spike set out; arrivals due at step `after` or before have been worked off already.
  ///   stamp, time_ms  of the spike; on-grid spikes have stamp x dt
  void set_out(std::int64_t source, std::uint32_t stamp, double time_ms, std::uint32_t after);
  /// The same for a spike of which only the stamp is known: passed over where its population has exact times, since it
  /// comes a second time with them.
  void set_out_on_grid(const Spike& spike, std::uint32_t after);

  /// Works off what falls due in a step; spikes() are then those found, in the order of their times.
  ///   events  [blocks]  synaptic events, added to
  void advance(std::uint32_t step, std::vector<std::uint64_t>& events);
  const std::vector<ExactSpike>& spikes() const { return spikes_; }

 private:
  /// A segment under way. One of a single synapse, as where all delays differ, is carried along whole: the row is read in
  /// order when the spike sets out, while at the arrival it would have to be looked up in three places.
  struct Arrival {
    double time_ms;
    std::uint64_t segment;
    std::uint32_t source, block, count, cell;
    double weight;                             ///< this and cell: where count is 1
    friend bool operator<(const Arrival& a, const Arrival& b) {
      return a.time_ms != b.time_ms ? a.time_ms < b.time_ms : a.source != b.source ? a.source < b.source : a.segment < b.segment;
    }
  };
  void sort_by_time(std::vector<Arrival>& due);
  EventVisit visit_of(const Arrival& arrival) const;

  const Network& network_;
  const Shard& shard_;
  GridTime grid_;
  std::vector<const EventModel*> models_;      ///< [blocks]
  std::vector<EventVisit> blocks_;             ///< what all visits to a block have in common
  std::vector<CellParameters> parameters_;     ///< [blocks]
  std::vector<std::uint32_t> first_neuron_;    ///< [blocks] global id of the block's first cell
  std::vector<std::vector<Arrival>> calendar_;
  std::uint32_t mask_ = 0;
  std::vector<Arrival> sorted_;
  std::vector<std::uint32_t> bucket_;
  std::vector<std::uint32_t> fired_;
  std::vector<ExactSpike> spikes_;
};

/// A state variable of the cells [first, first + n) of an event-driven block at a step's time. Changes nothing.
void read_event_cells(const Network& network, const Block& block, const double* cells, std::uint32_t step, int variable, std::size_t first, std::size_t n, double* out);

}  // namespace ranvier::engine
