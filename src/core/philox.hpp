// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Random words as a function of what they are for: Philox4x32-10 (Salmon et al. 2011,
/// doi:10.1145/2063384.2063405). A word never depends on a thread, a shard or the order of drawing.
/// The vector sister is in random-inl.hpp.

#include <Random123/philox.h>

#include <array>
#include <cstdint>

namespace ranvier {

/// What a stream of words is for; part of the key, so that two purposes never share a word.
enum class Purpose : std::uint32_t {
  choice = 1,   ///< which pairs are connected, and each synapse's weight and delay
  split,        ///< how many synapses fall into a part of the network
  parameter,    ///< per-cell parameters and initial state
  position,
  poisson,      ///< counts of Poisson inputs and sources
  poisson_low,  ///< the low 16 bits of such a draw, where the high 16 do not decide
  noise,        ///< noise currents
  chance,       ///< spikes of cells that fire by chance
  reward,       ///< when pulses are released into a volume
  structure,    ///< which synapses are lost during a run
  element,      ///< which vacant elements or places find a partner
  birth,        ///< weights and delays of synapses that are made during a run
};

struct StreamKey {
  std::uint32_t low, high;
};

inline StreamKey stream_key(std::uint64_t seed, Purpose purpose, std::uint32_t object) {
  // The object (a projection, an input, a parameter) is mixed into the low word by an odd constant,
  // the purpose into the high one.
  return {static_cast<std::uint32_t>(seed) ^ (object * 0x9E3779B9u),
          static_cast<std::uint32_t>(seed >> 32) ^ (static_cast<std::uint32_t>(purpose) * 0x85EBCA6Bu)};
}

using Words = std::array<std::uint32_t, 4>;

inline Words philox(StreamKey key, std::uint32_t c0, std::uint32_t c1, std::uint32_t c2, std::uint32_t c3) {
  using Generator = r123::Philox4x32;
  const Generator::ctr_type out = Generator()(Generator::ctr_type{{c0, c1, c2, c3}}, Generator::key_type{{key.low, key.high}});
  return {out[0], out[1], out[2], out[3]};
}

/// The four seeds of a run, derived from one unless given apart (splitmix64, Steele et al. 2014).
inline std::uint64_t derive_seed(std::uint64_t seed, std::uint64_t which) {
  std::uint64_t z = seed + 0x9E3779B97F4A7C15ull * (which + 1);
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

/// Uniform in (0, 1), 2^-33 away from both ends.
inline double uniform01(std::uint32_t word) { return (word + 0.5) * 0x1p-32; }

}  // namespace ranvier
