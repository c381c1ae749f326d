// SPDX-License-Identifier: Apache-2.0
#pragma once
/// x^p for positive x, for loops over events: without calls, the same bits on every machine.

#include <bit>
#include <cstdint>

#include "core/math.hpp"

namespace ranvier {

/// Error below 1e-6 for x from 1e-37 to 1e37 and |p| <= 1; 0 for x <= 0; where the result leaves 2^-126 ... 2^127 that bound. Without
/// branches, so that a loop over many becomes vectors.
inline float power(float x, float p) {
  const auto bits = std::bit_cast<std::int32_t>(x);
  // x = m 2^e, m in [0.707, 1.414); log m = 2 atanh(s)
  const std::int32_t offset = bits - 0x3F3504F3;
  const std::int32_t e = offset >> 23;
  const auto m = std::bit_cast<float>((offset & 0x007FFFFF) + 0x3F3504F3);
  const float s = (m - 1) / (m + 1), s2 = s * s;
  const float log2_m = s * (2.88539008f + s2 * (0.961796694f + s2 * (0.577078016f + s2 * (0.412198583f + s2 * 0.32059889f))));
  float y = p * (static_cast<float>(e) + log2_m);
  y = y < -126 ? -126.0f : y;
  y = y > 127 ? 127.0f : y;
  constexpr float to_integer = 12582912.0f;  // 1.5 x 2^23: adding it rounds to the nearest integer
  const float shifted = y + to_integer, k = shifted - to_integer, f = (y - k) * 0.693147181f;
  const float tail = 1 + f * (1 + f * (0.5f + f * (1.0f / 6 + f * (1.0f / 24 + f * (1.0f / 120 + f * (1.0f / 720))))));
  const std::int32_t exponent = std::bit_cast<std::int32_t>(shifted) - std::bit_cast<std::int32_t>(to_integer);
  const float value = std::bit_cast<float>(std::bit_cast<std::int32_t>(tail) + (exponent << 23));
  return value * static_cast<float>(x > 0);  // a choice would become a branch
}
inline double power(double x, double p) { return x > 0 ? math::pow(x, p) : 0; }

}  // namespace ranvier
