// SPDX-License-Identifier: Apache-2.0
#include "engine/ahead.hpp"

#include <algorithm>
#include <cstring>

namespace ranvier::engine {

Ahead::Ahead(const Network& network, const Shard& shard, const ShardState& state, std::uint32_t steps)
    : steps_(steps), row_byte_(shard.slots * (network.wide ? 8 : 4)), rows_(row_byte_ * steps), received_(steps), counted_(steps) {
  slots_.wide = network.wide;
  if (!state.touched) return;
  const std::size_t groups = shard.cells / group_size;
  touched_.resize(groups + 1);
  touched_[groups] = 1;  // the dump of the blocks that never sleep
  active_.resize(groups + 2);
  slots_.touched = touched_.data();
  slots_.active = active_.data();
  slots_.group_of_slots = state.group_of_slots;
}

void Ahead::deliver(const RowTable& rows, Calendar& calendar, std::uint32_t first, std::uint32_t last) {
  for (std::uint32_t step = first; step <= last; ++step) {
    slots_.sums = row(step);
    slots_.n_active = 0;
    engine::deliver(rows, calendar, step, slots_, counted_[place(step)]);
    received_[place(step)].assign(active_.begin(), active_.begin() + static_cast<std::ptrdiff_t>(slots_.n_active));
    for (const std::uint32_t group : received_[place(step)]) touched_[group] = 0;
  }
}

const std::vector<std::uint32_t>& Ahead::take(std::uint32_t step, void* sums, Delivered& counted) {
  std::memcpy(sums, row(step), row_byte_);
  std::memset(row(step), 0, row_byte_);
  counted.events += counted_[place(step)].events;
  counted.segments += counted_[place(step)].segments;
  counted_[place(step)] = {};
  return received_[place(step)];
}

}  // namespace ranvier::engine
