// SPDX-License-Identifier: Apache-2.0
#pragma once
/// e^{-m dt/tau} for whole numbers of steps m: what traces need at every event. Two tables and one product.
///
///   bytes    2,048 entries of T
///   error    one rounding of T per factor
///   Work     1 FLOP; 2 loads

#include <array>
#include <cstdint>

#include "core/math.hpp"

namespace ranvier {

template <class T>
class DecayTable {
 public:
  DecayTable() = default;
  /// tau_ms > 0; infinity gives 1 for ever.
  DecayTable(double tau_ms, double dt_ms) : rate_(dt_ms / tau_ms) {
    for (std::uint32_t k = 0; k < size; ++k) {
      near_[k] = static_cast<T>(math::decay(-rate_ * k));
      far_[k] = static_cast<T>(math::decay(-rate_ * k * size));
    }
  }
  T operator()(std::uint32_t steps) const {
    if (steps < size * size) [[likely]] return near_[steps % size] * far_[steps / size];
    return static_cast<T>(math::decay(-rate_ * steps));
  }

 private:
  static constexpr std::uint32_t size = 1024;
  double rate_ = 0;
  std::array<T, size> near_{}, far_{};
};

}  // namespace ranvier
