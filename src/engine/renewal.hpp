// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Spikes by chance: a rate that is held for a step, an absolute dead time, and a relative recovery after it.
///
///     hazard at time s after the last spike   rate r(s),   r = 0 for s < t_abs, 1 - e^{-(s - t_abs)/tau_rel} beyond
///
/// The times of spikes are exact for any step, and so is the dead time: within a step the time of each spike follows
/// from the word that decided on it (the integral of the hazard up to the spike is exponential with mean 1). A step may
/// hold several spikes; all carry its stamp.
///
/// One word a cell and step, and one more for each spike; a word is Philox of (seed, population; cell, step, draw). The
/// vector sister, which finds the cells with any spike, is in renewal-inl.hpp.
/// Source  Brown et al. 2002, doi:10.1162/08997660252741149 (time rescaling)

#include <cmath>
#include <cstdint>

#include "core/math.hpp"
#include "core/philox.hpp"

namespace ranvier::engine {

/// Cells in tiles of 64: 16 counters of 4 words, cell = 64 tile + 16 word + counter, as vectors of any width hold them.
inline constexpr std::uint64_t chance_tile = 64;

/// The draws of one cell in one step.
class Chance {
 public:
  Chance(StreamKey key, std::uint64_t cell, std::uint32_t step) : key_(key), cell_(cell), step_(step) {}
  /// Uniform in (0, 1), from 31 bits.
  double next() {
    const std::uint64_t counter = cell_ / chance_tile * 16 + cell_ % 16;
    const Words w = philox(key_, static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), step_, draw_++);
    return ((w[cell_ / 16 % 4] >> 1) + 0.5) * 0x1p-31;
  }

 private:
  StreamKey key_;
  std::uint64_t cell_;
  std::uint32_t step_, draw_ = 0;
};

struct Recovery {
  double t_abs, tau_rel;  ///< ms

  /// Beyond this time after a spike there is nothing left to recover.
  double complete() const { return t_abs + 40 * tau_rel; }
};

/// The time in which need = z - a tau (1 - e^{-z/tau}) of hazard gathers: Newton from above, where the sum is convex.
inline double time_for_hazard(double need, double a, double tau) {
  if (a <= 0 || tau <= 0) return need;
  double z = need + a * tau;
  for (int k = 0; k < 60; ++k) {
    const double left = a * math::exp(-z / tau);
    const double slope = 1 - left;
    if (slope <= 0) break;
    const double next = z - (z - a * tau + left * tau - need) / slope;
    if (!(next < z)) break;  // converged: rounding is all that is left
    z = next;
  }
  return z;
}

/// Spikes of a cell in a step of dt ms that has at least one, as the vector pass found from the same first word.
///   since  time since the last spike: at the start of the step, then at its end
/// Returns their number, at most `most`.
inline int spikes_in_step(double dt, double rate_per_ms, const Recovery& recovery, int most, Chance& chance, double& since) {
  double at = 0, s = since;
  int n = 0;
  while (n < most) {
    const double need = -math::log(1 - chance.next()) / rate_per_ms;
    const double dead = std::fmax(recovery.t_abs - s, 0), live = std::fmax(s - recovery.t_abs, 0);
    const double a = recovery.tau_rel > 0 ? math::exp(-live / recovery.tau_rel) : 0;
    double next = at + dead + time_for_hazard(need, a, recovery.tau_rel);
    if (n == 0) next = std::fmin(next, dt);  // the two passes may differ in the last digit
    if (!(next <= dt)) break;
    at = next;
    s = 0;
    ++n;
  }
  since = n > 0 ? dt - at : since + dt;
  return n;
}

/// Most spikes that a step can hold, given the dead time. Without one a rate is held below 100 spikes a step, and more
/// than 255 have a probability below 1e-35.
inline int spikes_max(double t_abs, double dt) {
  if (t_abs <= 0) return 255;
  return static_cast<int>(std::fmin(255, std::floor(dt / t_abs * (1 + 1e-9)) + 1));
}
/// What a rate is held below [Hz]: a dead time of a two-hundredth of a step keeps the spikes of any rate few.
inline double rate_max_hz(double t_abs, double dt) { return 1e3 * (t_abs > dt / 200 ? 1e4 : 100) / dt; }

}  // namespace ranvier::engine
