// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Steps of the run as times in ms, and back.

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace ranvier {

/// The step nearest to a time; 0 before the first, 2^32 - 1 for what lies beyond all steps.
inline std::uint32_t nearest_step(double time_ms, double dt_ms) {
  const double steps = std::round(time_ms / dt_ms);
  return steps >= 4294967295.0 ? 0xFFFFFFFFu : static_cast<std::uint32_t>(std::max(0.0, steps));
}

/// Time of a step in ms, the double nearest to the decimal number a person expects: 3 steps of 0.1 ms
/// are 0.3, not 0.30000000000000004. Where 1 / dt is whole, dividing by it rounds once; multiplying by dt
/// would round twice.
class GridTime {
 public:
  explicit GridTime(double dt_ms) : dt_ms_(dt_ms), steps_per_ms_(std::round(1 / dt_ms)) {
    if (std::abs(steps_per_ms_ * dt_ms - 1) > 1e-12) steps_per_ms_ = 0;
  }
  double operator()(std::uint64_t step) const {
    const auto k = static_cast<double>(step);
    return steps_per_ms_ > 0 ? k / steps_per_ms_ : k * dt_ms_;
  }
  /// The first step at or after a time. A millionth of a step is forgiven: sums of times are rounded, and what is meant
  /// to be on the grid must not be late by a step.
  std::uint32_t step_at_or_after(double time_ms) const {
    const double steps = std::ceil((steps_per_ms_ > 0 ? time_ms * steps_per_ms_ : time_ms / dt_ms_) - 1e-6);
    return steps > 0 ? static_cast<std::uint32_t>(std::min(steps, 4294967295.0)) : 0;
  }
  /// How many whole steps a length of time has, with the same forgiveness.
  std::uint32_t whole_steps(double length_ms) const { return static_cast<std::uint32_t>(std::clamp(std::floor(length_ms / dt_ms_ + 1e-6), 0.0, 4294967295.0)); }
  double dt_ms() const { return dt_ms_; }

 private:
  double dt_ms_;
  double steps_per_ms_;  ///< 0 where it is not a whole number
};

}  // namespace ranvier
