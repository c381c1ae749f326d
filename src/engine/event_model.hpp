// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Membranes that are advanced from event to event, at exact times: what the engine knows of one. A file in
/// membrane/event/ says what happens between events, at an event, and when a cell fires; the loops over the cells of a
/// segment are made from it here. Everything is double, whatever the precision of the run.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "core/math.hpp"
#include "engine/model.hpp"

namespace ranvier::engine {

/// Parameters of the cells of a population: a number for all, or one per cell. Reads as p(tau, cell).
struct CellParameters {
  static constexpr std::size_t count_max = 8;
  const double* values[count_max] = {};
  std::size_t stride[count_max] = {};          ///< 0: the same for all cells; 1: one per cell
  double operator()(int parameter, std::size_t cell) const { return values[parameter][cell * stride[parameter]]; }
};

/// A cell as it lies in memory; all it needs for an event is in one or two cache lines.
template <int n_state>
struct EventCell {
  double since_ms = 0;                         ///< the time that the state below is of: the last event that counted
  double ready_ms = 0;                         ///< events before this time are ignored
  double state[n_state] = {};
};

/// One segment at work: synapses that a spike reaches at the same time.
struct EventVisit {
  const std::uint32_t* cells = nullptr;        ///< [n] cells of the block
  const double* weights = nullptr;             ///< [n]
  std::uint32_t n = 0;
  double time_ms = 0;
  double* block = nullptr;                     ///< [cells of the block] EventCell
  const CellParameters* parameters = nullptr;  ///< of the block's cells
};

struct EventModel {
  const ModelInfo* info;
  int refractory;                              ///< parameter: for how long events are ignored after a spike
  std::size_t cell_doubles;                    ///< size of an EventCell
  /// Adds the weights of a segment to its cells. Nothing fires yet: what arrives at the same instant acts together.
  void (*arrive)(const EventVisit&);
  /// Resets the cells of a segment that are above threshold and lists them in fired[n]; returns how many.
  std::size_t (*fire)(const EventVisit&, std::uint32_t* fired);
  /// A state variable of a cell as it is at a later time, if nothing arrives until then.
  double (*read)(const double* cell, const CellParameters&, std::size_t index, double time_ms, int variable);
  static constexpr std::size_t since = 0, ready = 1, first_state = 2;  ///< doubles of an EventCell
};

/// What the struct in a file of membrane/event/ must have.
template <class M>
concept EventMembrane = requires(const CellParameters& p, std::size_t cell, double* s, const double* seen, double x) {
  { M::n_state } -> std::convertible_to<int>;
  { M::refractory } -> std::convertible_to<int>;  // parameter: for how long events are ignored after a spike, in ms
  { M::elapse(p, cell, s, x) };                   // x ms without an event
  { M::arrive(s, x) };                            // an event of weight x
  { M::fires(seen) } -> std::same_as<bool>;
  { M::reset(s) };
};

namespace event {

template <EventMembrane M>
void arrive(const EventVisit& v) {
  auto* const cells = reinterpret_cast<EventCell<M::n_state>*>(v.block);
  for (std::uint32_t k = 0; k < v.n; ++k) {
    const std::size_t index = v.cells[k];
    auto& cell = cells[index];
    if (v.time_ms < cell.ready_ms) continue;
    if (v.time_ms > cell.since_ms) {
      M::elapse(*v.parameters, index, cell.state, v.time_ms - cell.since_ms);
      cell.since_ms = v.time_ms;
    }
    M::arrive(cell.state, v.weights[k]);
  }
}

template <EventMembrane M>
std::size_t fire(const EventVisit& v, std::uint32_t* fired) {
  auto* const cells = reinterpret_cast<EventCell<M::n_state>*>(v.block);
  std::size_t n = 0;
  for (std::uint32_t k = 0; k < v.n; ++k) {
    const std::size_t index = v.cells[k];
    auto& cell = cells[index];
    if (v.time_ms < cell.ready_ms || !M::fires(cell.state)) continue;
    M::reset(cell.state);
    cell.ready_ms = v.time_ms + (*v.parameters)(M::refractory, index);
    fired[n++] = v.cells[k];
  }
  return n;
}

template <EventMembrane M>
double read(const double* cell, const CellParameters& p, std::size_t index, double time_ms, int variable) {
  auto copy = *reinterpret_cast<const EventCell<M::n_state>*>(cell);
  if (time_ms > copy.since_ms) M::elapse(p, index, copy.state, time_ms - copy.since_ms);
  return copy.state[variable];
}

}  // namespace event

template <EventMembrane M>
constexpr EventModel event_model(const ModelInfo& info) {
  static_assert(sizeof(EventCell<M::n_state>) == (2 + M::n_state) * sizeof(double));
  return {&info, M::refractory, 2 + M::n_state, event::arrive<M>, event::fire<M>, event::read<M>};
}

/// nullptr where there is none of that name.
const EventModel* find_event_membrane(std::string_view name);

}  // namespace ranvier::engine
