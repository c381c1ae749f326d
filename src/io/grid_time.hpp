// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Steps of the run as times in ms.

#include <cmath>
#include <cstdint>

namespace ranvier::io {

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
  double dt_ms() const { return dt_ms_; }

 private:
  double dt_ms_;
  double steps_per_ms_;  ///< 0 where it is not a whole number
};

}  // namespace ranvier::io
