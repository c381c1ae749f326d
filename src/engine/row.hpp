// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Rows: all synapses of one source onto one shard, as a stream of 4-byte words.
///
///     row ->  H1 | synapses of segment 1 | H2 | synapses of segment 2 | ... | 0
///
/// A segment holds the synapses of one delay and one code. A header tells of the segment AFTER it: how many synapses,
/// how many steps later they fall due, and their code. So whoever finishes one segment knows the length of the
/// next a step before its synapses are needed, and the loop bound never waits for memory (0.86 against 1.03 ns an
/// event with the count in front of its own segment; bench/README.md, "deliver").
///
///     header   | code : 8 | gap : 8 | count : 16 |        0: the row ends
///
/// Three layouts of a synapse:
///     compact   4 bytes   slot : 16 (low), |weight| / quantum : 16 (high)
///     constant  2 bytes   slot : 16; the weight is the code's
///     exact     8 bytes   slot : 32, |weight| / quantum : 32
/// A code says which layout, which sign and scale, and which window of 65,536 slots.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/arena.hpp"

namespace ranvier::engine {

enum class Layout : std::uint8_t { compact, constant, exact };

/// What a segment's synapses mean. Sum units added per synapse: weight x multiplier (constant: multiplier).
struct Code {
  std::int64_t multiplier = 0;
  std::uint32_t base = 0;          ///< first slot of the window
  Layout layout = Layout::compact;
  std::uint8_t receptor = 0;       ///< of the target population; several may share slots
};

struct Header {
  std::uint32_t word = 0;
  static constexpr std::uint32_t count_max = 0xFFFF, gap_max = 0xFF;
  static Header make(std::uint32_t count, std::uint32_t gap, std::uint32_t code) { return {count | gap << 16 | code << 24}; }
  std::uint32_t count() const { return word & 0xFFFF; }
  std::uint32_t gap() const { return word >> 16 & 0xFF; }
  std::uint32_t code() const { return word >> 24; }
  bool end() const { return word == 0; }
};
static_assert(sizeof(Header) == 4);

inline std::size_t segment_words(Layout layout, std::uint32_t count) {
  switch (layout) {
    case Layout::compact: return count;
    case Layout::constant: return (count + 1) / 2;
    case Layout::exact: return std::size_t{2} * count;
  }
  return 0;
}

/// A segment that falls due: where it starts, its length and code. 8 bytes.
struct Due {
  std::uint64_t bits = 0;
  static Due make(std::uint64_t word, std::uint32_t count, std::uint32_t code) { return {word << 24 | std::uint64_t{code} << 16 | count}; }
  std::uint64_t word() const { return bits >> 24; }
  std::uint32_t count() const { return bits & 0xFFFF; }
  std::uint32_t code() const { return bits >> 16 & 0xFF; }
};
static_assert(sizeof(Due) == 8);

/// All rows of a shard. start[s] is the word of source s's first header; sources without synapses share word 0.
struct RowTable {
  Arena words;
  std::uint64_t word_count = 0;
  HugeArray<std::uint32_t> start_low;   ///< [sources] word / row_align, 4 bytes a source and shard
  std::vector<Code> codes;              ///< at most 256
  std::uint64_t synapses = 0;
  std::uint32_t delay_min = 0xFFFFFFFFu, delay_max = 0;

  static constexpr std::uint64_t row_align = 2;  ///< rows start at even words, so that 32 bits address 32 GiB
  const std::uint32_t* data() const { return reinterpret_cast<const std::uint32_t*>(words.data()); }
  std::uint64_t start(std::int64_t source) const { return std::uint64_t{start_low[static_cast<std::size_t>(source)]} * row_align; }
};

}  // namespace ranvier::engine
