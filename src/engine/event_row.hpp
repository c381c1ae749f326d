// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Rows of synapses onto cells that live off the grid: delays and weights as doubles, exact.
///
///     first_segment[source] -> | segment | segment | ... |         sorted by delay, then block
///                                   |
///                                   +-> cells[first ... first + count), weights[...]       sorted by cell
///
/// 12 bytes a synapse, 24 a segment; a segment holds the synapses of one source, delay and block. So a projection of
/// constant delay takes little more than 12 bytes a synapse, and one whose delays all differ 36.

#include <cstdint>
#include <span>
#include <vector>

namespace ranvier::engine {

struct EventSegment {
  double delay_ms = 0;
  std::uint64_t first = 0;          ///< synapse
  std::uint32_t count = 0;
  std::uint32_t block = 0;          ///< of the shard
};
static_assert(sizeof(EventSegment) == 24);

struct EventTable {
  std::vector<std::uint64_t> first_segment;  ///< [sources + 1]; empty where no cell of the shard is event-driven
  std::vector<EventSegment> segments;
  std::vector<std::uint32_t> cells;          ///< [synapses] of the segment's block
  std::vector<double> weights;               ///< [synapses]
  double delay_min_ms = 1e300, delay_max_ms = 0;

  bool empty() const { return first_segment.empty(); }
  std::span<const EventSegment> row(std::int64_t source) const {
    const auto s = static_cast<std::size_t>(source);
    return {segments.data() + first_segment[s], first_segment[s + 1] - first_segment[s]};
  }
  std::uint64_t byte() const { return 8 * first_segment.size() + 24 * segments.size() + 12 * cells.size(); }
};

}  // namespace ranvier::engine
