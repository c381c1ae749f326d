// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Work: what has to be done, whoever does it. The engine counts it, the planner turns it into time.

#include <array>
#include <cstddef>
#include <string_view>

#include "core/dimensioned.hpp"

namespace ranvier {

/// Number formats that arithmetic units know. `fp16` stands for fp16 and bf16 alike, with the accumulation the format
/// itself has (the larger vendor figure of consumer cards); `fp16_acc32` sums in fp32, as frameworks ask for.
enum class Precision : unsigned char { fp64, fp32, tf32, fp16, fp16_acc32, fp8, fp4, int8 };
inline constexpr std::size_t n_precisions = 8;
inline constexpr std::array<const char*, n_precisions> precision_names{"fp64", "fp32", "tf32", "fp16", "fp16_acc32", "fp8", "fp4", "int8"};
constexpr std::size_t index_of(Precision p) { return static_cast<std::size_t>(p); }

/// Bytes of one number in memory: fp4 counts its half byte without scales.
constexpr Bytes byte_of(Precision p) {
  constexpr double size[n_precisions] = {8, 4, 4, 2, 2, 1, 0.5, 1};
  return Bytes{size[index_of(p)]};
}

/// Messages and bytes that one device sends over one network.
struct Traffic {
  Count messages = 0;
  Bytes bytes{};
};

/// The work of one operation on one device.
struct Work {
  std::array<Flop, n_precisions> flop{};  ///< executed arithmetic, a multiply-add is 2
  Bytes memory{};                         ///< moved between memory and chip, both directions together
  Bytes cache{};                          ///< moved between last-level cache and arithmetic units
  Bytes host{};                           ///< moved over the link to the host's memory
  Bytes resident{};                       ///< held in memory meanwhile
  Count launches = 0;                     ///< kernels, or parallel regions on a CPU
  Traffic box{};                          ///< to devices in the same box
  Traffic between{};                      ///< to other boxes

  constexpr Flop& flop_in(Precision p) { return flop[index_of(p)]; }
  constexpr Flop flop_in(Precision p) const { return flop[index_of(p)]; }
  constexpr Flop flop_total() const {
    Flop sum{};
    for (const Flop f : flop) sum += f;
    return sum;
  }
};

/// Work done one after the other. What is resident is not: the larger of the two stays.
constexpr Work& operator+=(Work& a, const Work& b) {
  for (std::size_t i = 0; i < n_precisions; ++i) a.flop[i] += b.flop[i];
  a.memory += b.memory;
  a.cache += b.cache;
  a.host += b.host;
  a.resident = max(a.resident, b.resident);
  a.launches += b.launches;
  a.box.messages += b.box.messages;
  a.box.bytes += b.box.bytes;
  a.between.messages += b.between.messages;
  a.between.bytes += b.between.bytes;
  return a;
}

/// The same work `times` times, one after the other.
constexpr Work operator*(Work w, Count times) {
  for (Flop& f : w.flop) f *= times;
  w.memory *= times;
  w.cache *= times;
  w.host *= times;
  w.launches *= times;
  w.box.messages *= times;
  w.box.bytes *= times;
  w.between.messages *= times;
  w.between.bytes *= times;
  return w;
}

}  // namespace ranvier
