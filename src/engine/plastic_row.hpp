// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Rows of synapses with a state (plastic.hpp).
///
///     row[source] -> | segment | segment | ... |       one delay each, ascending
///                        |
///                        +-> targets[first ... first + count)       cells of the block, ascending
///                            weights[...], state[...]               columns in the same order, in the State

#include <cstdint>
#include <vector>

#include "core/arena.hpp"

namespace ranvier::engine {

/// Synapses of one source and delay. 8 bytes.
struct PlasticSegment {
  std::uint32_t first = 0;              ///< synapse of the table
  std::uint16_t delay = 1, count = 0;   ///< steps; synapses
};
static_assert(sizeof(PlasticSegment) == 8);

/// The synapses of one projection onto one shard. 4 bytes a synapse, 8 a segment, 4 a source.
struct PlasticTable {
  int projection = 0;
  std::size_t block = 0;                ///< of the shard: the targets
  std::size_t cells = 0;                ///< of the block
  std::int64_t first_cell = 0;          ///< of the population: the block's first
  std::size_t slot = 0;                 ///< input slot of the block's first cell
  double quantum = 1;                   ///< value of a unit of the input sums
  double sign = 1;                      ///< of all weights; the columns hold them without
  double fraction = 1;                  ///< share of the delay behind the synapse
  std::vector<std::uint32_t> row;       ///< [sources + 1] first segment
  std::vector<PlasticSegment> segments;
  HugeArray<std::uint32_t> targets;     ///< [synapses] cell of the block
  std::size_t synapses = 0;
  double weight = 0;                    ///< initial, without sign, where all are the same
  std::vector<float> weights;           ///< [synapses] the same where not, else empty
  std::vector<float> weight_rests;      ///< [synapses] what a float leaves of them; runs of double precision only
  std::uint32_t delay_min = 0xFFFFFFFFu, delay_max = 0;

  std::uint32_t sources() const { return static_cast<std::uint32_t>(row.size()) - 1; }
  double initial(std::size_t synapse) const {
    if (weights.empty()) return weight;
    return static_cast<double>(weights[synapse]) + (weight_rests.empty() ? 0.0 : static_cast<double>(weight_rests[synapse]));
  }
  std::uint32_t dendritic(std::uint32_t delay) const { return static_cast<std::uint32_t>(fraction * delay + 0.5); }
  /// What stamps of the target's spikes are behind those of the source's, for spikes that meet at the synapse.
  std::int64_t shift(std::uint32_t delay) const { return std::int64_t{delay} - 2 * std::int64_t{dendritic(delay)}; }
  std::uint64_t byte() const { return 4 * row.size() + 8 * segments.size() + 4 * synapses + 4 * (weights.size() + weight_rests.size()); }
};

}  // namespace ranvier::engine
