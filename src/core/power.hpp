// SPDX-License-Identifier: Apache-2.0
#pragma once
/// x^p for positive x, for loops over events: without calls, the same bits on every machine.

#include <bit>
#include <cstdint>

#include "core/math.hpp"

namespace ranvier {

/// Error below 1e-6 for x within 1e-30 ... 1e30 and |p| <= 1; 0 for x <= 0.
inline float power(float x, float p) {
  if (!(x > 0)) return 0;
  const auto bits = std::bit_cast<std::uint32_t>(x);
  // x = m 2^e, m in [0.707, 1.414); log m = 2 atanh(s)
  const auto offset = bits - 0x3F3504F3u;
  const auto e = static_cast<std::int32_t>(offset) >> 23;
  const float m = std::bit_cast<float>((offset & 0x007FFFFFu) + 0x3F3504F3u);
  const float s = (m - 1) / (m + 1), s2 = s * s;
  const float log2_m = s * (2.88539008f + s2 * (0.961796694f + s2 * (0.577078016f + s2 * (0.412198583f + s2 * 0.32059889f))));
  const float y = p * (static_cast<float>(e) + log2_m);
  if (y < -126 || y > 127) return static_cast<float>(math::pow(static_cast<double>(x), static_cast<double>(p)));
  constexpr float to_integer = 12582912.0f;  // 1.5 x 2^23: adding it rounds to the nearest integer
  const float shifted = y + to_integer, k = shifted - to_integer, f = (y - k) * 0.693147181f;
  const float tail = 1 + f * (1 + f * (0.5f + f * (1.0f / 6 + f * (1.0f / 24 + f * (1.0f / 120 + f * (1.0f / 720))))));
  const auto exponent = std::bit_cast<std::uint32_t>(shifted) - std::bit_cast<std::uint32_t>(to_integer);
  return std::bit_cast<float>(std::bit_cast<std::uint32_t>(tail) + (exponent << 23));
}
inline double power(double x, double p) { return x > 0 ? math::pow(x, p) : 0; }

}  // namespace ranvier
