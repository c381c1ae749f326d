// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Poisson counts, one per entity and step, by inversion of a 32-bit word. Of the word 16 bits are drawn at first;
/// the other 16 are drawn only where the first ones equal those of a threshold (one draw in some thousands), so
/// that one Philox word serves two entities and the law is that of 32 bits all the same.
///
/// Entities come in tiles of 128: 16 counters of 4 words of 2 halves,
///     entity = 128 tile + 32 word + 16 half + counter
/// which is the order in which vectors of any width hold them.
///
/// Means above 10 are split into a sum of several draws.

#include <array>
#include <cstdint>
#include <vector>

#include "core/philox.hpp"

namespace ranvier::engine {

/// Thresholds of the counts of one mean: count = number of thresholds <= word.
struct PoissonTable {
  PoissonTable() = default;
  explicit PoissonTable(double mean);
  double mean = 0;
  int draws = 0;                             ///< counts are a sum of this many draws
  std::vector<std::uint32_t> thresholds;     ///< 32 bits, ascending
  std::vector<std::int16_t> high;            ///< upper 16 bits, sign flipped, of those that 16 bits can reach
  std::size_t common = 0;                    ///< of `high`, those that are compared first; the rest is rarely needed
  alignas(16) std::array<std::uint8_t, 16> low_byte{}, high_byte{};  ///< `high` by bytes, for looking up ties
};

/// counts[j - first] for the entities j of [first, last): any n, any alignment.
void poisson_counts(const PoissonTable& table, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t first, std::int64_t last, std::uint16_t* counts);

/// sums[j - first] += counts of j x weight, without storing the counts.
void add_poisson(const PoissonTable& table, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t first, std::int64_t last, std::int32_t weight, std::int32_t* sums);

/// The same for one entity, where each has a mean, and so a table, of its own.
int poisson_count(const PoissonTable& table, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t entity);

}  // namespace ranvier::engine
