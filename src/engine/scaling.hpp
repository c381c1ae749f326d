// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Homeostatic scaling: what all synapses of a projection onto one cell have in common, so it is kept once per cell.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "core/math.hpp"

namespace ranvier::engine {

/// Settings of one projection.
struct ScalingRule {
  double per_hz = 0;                ///< relative change per Hz of error and interval
  double rate_hz = 0;               ///< that cells are driven to
  double tau_ms = 1;                ///< over which their rates are measured
  std::uint32_t interval = 1;       ///< steps
  double dt_ms = 0.1;
  double smallest = 0, largest = 0; ///< factor
};

/// The factors of the cells of a block: weights are passed on times factor(cell).
class Scaling {
 public:
  Scaling(const ScalingRule& rule, std::size_t cells)
      : rule_(rule), left_(math::exp(-rule.dt_ms * rule.interval / rule.tau_ms)), per_spike_(1e3 / rule.tau_ms), rate_(cells, rule.rate_hz * left_), factor_(cells, 1) {}

  void fires(std::uint32_t cell, std::uint32_t stamp) {
    const std::uint32_t to_end = (rule_.interval - stamp % rule_.interval) % rule_.interval;
    rate_[cell] += per_spike_ * math::exp(-rule_.dt_ms * to_end / rule_.tau_ms);
  }
  void end_step(std::uint32_t step) {
    if (step % rule_.interval != 0) return;
    for (std::size_t k = 0; k < rate_.size(); ++k) {
      const double change = std::clamp(rule_.per_hz * (rule_.rate_hz - rate_[k]), -most, most);
      factor_[k] = std::clamp(factor_[k] * (1 + change), rule_.smallest, rule_.largest);
      rate_[k] *= left_;
    }
  }
  double factor(std::size_t cell) const { return factor_[cell]; }

  /// Rate and factor of each cell, one after the other: what a saved file holds.
  static constexpr std::size_t width = 2;
  void save(std::size_t cell, double* out) const { out[0] = rate_[cell], out[1] = factor_[cell]; }
  void restore(std::size_t cell, const double* in) { rate_[cell] = in[0], factor_[cell] = in[1]; }
  std::uint64_t byte() const { return 16 * rate_.size(); }

 private:
  static constexpr double most = 0.1;  // of a factor, in one interval
  ScalingRule rule_;
  double left_, per_spike_;
  std::vector<double> rate_;    ///< [cells] Hz, as the spikes so far will leave it at the end of the interval
  std::vector<double> factor_;  ///< [cells]
};

}  // namespace ranvier::engine
