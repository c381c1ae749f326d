// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The planner's answer.

#include <array>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

#include "core/dimensioned.hpp"

namespace ranvier::plan {

enum class Bottleneck : unsigned char { nothing, arithmetic, memory, cache, launches, network, host, capacity };
inline constexpr std::array<const char*, 8> bottleneck_names{"nothing", "arithmetic", "memory bandwidth", "cache bandwidth", "fixed costs", "network", "host link", "memory capacity"};

/// Time and work of a plan. A plain struct without allocation: the fast evaluations make hundreds of thousands a second.
struct Estimate {
  Seconds lower{};       ///< peak rates, everything overlaps, no fixed costs
  Seconds expected{};
  Seconds upper{};       ///< rates as reached, nothing overlaps, fixed costs added
  double spread = 0;     ///< one standard deviation of ln(measured / expected)
  Bottleneck bottleneck = Bottleneck::nothing;
  double utilisation = 0;    ///< FLOP / (expected time x peak rate of the formats used): of one device, as of all
  Bytes byte_moved{};        ///< to and from memory, one device
  Bytes byte_resident{};     ///< one device
  Bytes capacity{};          ///< of one device; 0: not known
  Flop flop{};               ///< one device
  Joule energy{};            ///< all devices
  bool fits = true;          ///< byte_resident <= capacity

  static constexpr double normal_90 = 1.2815515655446004;  ///< 90th centile of the standard normal distribution
  /// 10th and 90th centile of the time, log-normal about `expected`. The 10th may lie below `lower`: cards run above the
  /// vendor's clock when they are cool (GTX 1080 Ti: 11.65 TFLOP/s measured, 11.34 stated).
  Seconds p10() const { return expected * std::exp(-normal_90 * spread); }
  Seconds p90() const { return expected * std::exp(normal_90 * spread); }
};

/// A number beside the main one: a workload's own figures ("largest_batch", "crossover_density").
struct Extra {
  std::string name;      ///< key of the JSON, stable
  double value = 0;
  std::string unit;
  std::string meaning;
};

/// The answer to one question: the estimate, and the metric that was asked for in its own unit.
struct Answer {
  Estimate estimate;
  std::string metric;
  std::string unit;
  double value = 0;
  double p10 = 0, p90 = 0;           ///< 80 % interval of `value`, p10 <= p90
  std::vector<Extra> extras;
  std::vector<std::string> warnings; ///< keys not known, fallbacks taken, outside what was validated
  std::string remedy;                ///< where it does not fit: by how much, and what would make it fit
};

}  // namespace ranvier::plan
