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
  models_.resize(shard.blocks.size());
  for (std::size_t b = 0; b < shard.blocks.size(); ++b) {
    const Block& block = shard.blocks[b];
    const Population& p = network.populations[static_cast<std::size_t>(block.population)];
    first_neuron_.push_back(static_cast<std::uint32_t>(p.first + block.first));
    if (!p.event) continue;
    models_[b] = p.event;
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
    calendar_[due & mask_].push_back({arrival_ms, static_cast<std::uint64_t>(&segment - shard_.events.segments.data()), static_cast<std::uint32_t>(source), segment.block,
                                      segment.count, shard_.events.cells[segment.first], shard_.events.weights[segment.first]});
  }
}

void EventRun::set_out_on_grid(const Spike& spike, std::uint32_t after) {
  if (shard_.events.row(spike.neuron).empty()) return;
  if (network_.populations[static_cast<std::size_t>(network_.population_of(spike.neuron))].exact_times) return;
  set_out(spike.neuron, spike.step, grid_(spike.step), after);
}

EventVisit EventRun::visit_of(const Arrival& arrival) const {
  EventVisit v = blocks_[arrival.block];
  v.cells = &arrival.cell;
  v.weights = &arrival.weight;
  v.n = arrival.count;
  v.time_ms = arrival.time_ms;
  if (v.n == 1) return v;
  const std::uint64_t first = shard_.events.segments[arrival.segment].first;
  v.cells = shard_.events.cells.data() + first;
  v.weights = shard_.events.weights.data() + first;
  return v;
}

/// By buckets of time first: arrivals lie evenly in a step, more or less, so a bucket has few.
void EventRun::sort_by_time(std::vector<Arrival>& due) {
  const std::size_t n = due.size();
  if (n < 64) return std::sort(due.begin(), due.end());
  const auto [low, high] = std::minmax_element(due.begin(), due.end(), [](const Arrival& a, const Arrival& b) { return a.time_ms < b.time_ms; });
  const double first = low->time_ms, per_ms = static_cast<double>(n) / (high->time_ms - first);
  if (!std::isfinite(per_ms)) return std::sort(due.begin(), due.end());
  const auto bucket = [&](const Arrival& a) { return std::min(n - 1, static_cast<std::size_t>((a.time_ms - first) * per_ms)); };  // ascends with time
  bucket_.assign(n + 1, 0);
  for (const Arrival& a : due) ++bucket_[bucket(a) + 1];
  for (std::size_t k = 0; k < n; ++k) bucket_[k + 1] += bucket_[k];
  sorted_.resize(n);
  for (const Arrival& a : due) sorted_[bucket_[bucket(a)]++] = a;
  for (std::size_t k = 0, begin = 0; k < n; begin = bucket_[k++])  // bucket_[k] is now the end of bucket k
    if (bucket_[k] - begin > 1) std::sort(sorted_.begin() + static_cast<std::ptrdiff_t>(begin), sorted_.begin() + bucket_[k]);
  due.swap(sorted_);
}

void EventRun::advance(std::uint32_t step, std::vector<std::uint64_t>& events) {
  spikes_.clear();
  std::vector<Arrival>& due = calendar_[step & mask_];
  sort_by_time(due);
  for (std::size_t first = 0, last; first < due.size(); first = last) {
    for (last = first; last < due.size() && due[last].time_ms == due[first].time_ms; ++last) {
      models_[due[last].block]->arrive(visit_of(due[last]));
      events[due[last].block] += due[last].count;
    }
    for (std::size_t k = first; k < last; ++k) {
      const std::uint32_t block = due[k].block;
      const std::size_t n = models_[block]->fire(visit_of(due[k]), fired_.data());
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
