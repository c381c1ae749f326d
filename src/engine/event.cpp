// SPDX-License-Identifier: Apache-2.0
#include "engine/event.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::engine {

CellParameters cell_parameters(const Population& population, const Block& block) {
  CellParameters p;
  for (std::size_t k = 0; k < population.parameters.size(); ++k) {
    const auto& values = population.parameters[k];
    p.stride[k] = values.size() > 1;
    p.values[k] = values.data() + (values.size() > 1 ? block.first : 0);
  }
  return p;
}

EventRun::EventRun(const Network& network, const Shard& shard, ShardState& state) : network_(network), shard_(shard), grid_(network.dt()) {
  std::uint32_t size = 2;
  while (size <= network.delay_max + network.delay_min + 1) size *= 2;
  calendar_.resize(size);
  mask_ = size - 1;
  std::size_t largest = 0;
  blocks_.resize(shard.blocks.size());
  parameters_.resize(shard.blocks.size());
  for (std::size_t b = 0; b < shard.blocks.size(); ++b) {
    const Block& block = shard.blocks[b];
    const Population& p = network.populations[static_cast<std::size_t>(block.population)];
    first_neuron_.push_back(static_cast<std::uint32_t>(p.first + block.first));
    if (!p.event) continue;
    parameters_[b] = cell_parameters(p, block);
    blocks_[b].block = state.blocks[b].event_cells;
    blocks_[b].parameters = &parameters_[b];
  }
  for (const EventSegment& s : shard.events.segments) largest = std::max<std::size_t>(largest, s.count);
  fired_.resize(largest);
}

void EventRun::set_out(std::int64_t source, std::uint32_t stamp, double time_ms, std::uint32_t after) {
  const auto row = shard_.events.row(source);
  for (const EventSegment& segment : row) {
    const double arrival_ms = time_ms + segment.delay_ms;
    // The second keeps a time that rounding moved across a step from being due in the interval of the spike itself.
    const std::uint32_t due = std::max(grid_.step_at_or_after(arrival_ms), stamp + grid_.whole_steps(segment.delay_ms));
    if (due <= after) continue;
    calendar_[due & mask_].push_back({arrival_ms, static_cast<std::uint32_t>(source), static_cast<std::uint64_t>(&segment - shard_.events.segments.data())});
  }
}

void EventRun::set_out_on_grid(const Spike& spike, std::uint32_t after) {
  if (shard_.events.row(spike.neuron).empty()) return;
  if (network_.populations[static_cast<std::size_t>(network_.population_of(spike.neuron))].exact_times) return;
  set_out(spike.neuron, spike.step, grid_(spike.step), after);
}

EventVisit EventRun::visit_of(const Arrival& arrival) const {
  const EventSegment& segment = shard_.events.segments[arrival.segment];
  EventVisit v = blocks_[segment.block];
  v.cells = shard_.events.cells.data() + segment.first;
  v.weights = shard_.events.weights.data() + segment.first;
  v.n = segment.count;
  v.time_ms = arrival.time_ms;
  return v;
}

void EventRun::advance(std::uint32_t step, std::vector<std::uint64_t>& events) {
  spikes_.clear();
  std::vector<Arrival>& due = calendar_[step & mask_];
  std::sort(due.begin(), due.end());
  for (std::size_t first = 0, last; first < due.size(); first = last) {
    for (last = first; last < due.size() && due[last].time_ms == due[first].time_ms; ++last) {
      const std::uint32_t block = shard_.events.segments[due[last].segment].block;
      model(block).arrive(visit_of(due[last]));
      events[block] += shard_.events.segments[due[last].segment].count;
    }
    for (std::size_t k = first; k < last; ++k) {
      const std::uint32_t block = shard_.events.segments[due[k].segment].block;
      const std::size_t n = model(block).fire(visit_of(due[k]), fired_.data());
      for (std::size_t i = 0; i < n; ++i) spikes_.push_back({{step, first_neuron_[block] + fired_[i]}, due[k].time_ms});
    }
  }
  due.clear();
}

void read_event_cells(const Network& network, const Block& block, const double* cells, std::uint32_t step, int variable, std::size_t first, std::size_t n, double* out) {
  const Population& p = network.populations[static_cast<std::size_t>(block.population)];
  const CellParameters parameters = cell_parameters(p, block);
  const double time_ms = GridTime(network.dt())(step);
  for (std::size_t i = 0; i < n; ++i) out[i] = p.event->read(cells + (first + i) * p.event->cell_doubles, parameters, first + i, time_ms, variable);
}

}  // namespace ranvier::engine
