// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A pulse of transmitter, which opens receptors that close by themselves.
///
///   ds/dt = alpha T (1 - s) - beta s        during the pulse;   ds/dt = -beta s  after it
///
/// A pulse that begins at s_0 and lasts h ends at  s_inf + (s_0 - s_inf) e^{-(alpha T + beta) h},  s_inf = alpha T / (alpha T + beta).
/// A spike during a pulse makes that longer, by the time between the two spikes.
///
/// Source  Destexhe, Mainen & Sejnowski 1994, doi:10.1162/neco.1994.6.1.14

#include <cstdint>

#include "core/math.hpp"
#include "engine/synapse_model.hpp"

namespace ranvier::engine {

struct Pulse {
  double open, beta;          ///< alpha T and beta [1/ms]
  double ms;                  ///< length
  double dt_ms;

  double s_inf() const { return open / (open + beta); }
  /// How long [ms] a spike lets transmitter act whose source's last one was `since` steps ago, or never: its length, or as much as it makes another longer.
  double within(std::uint32_t since) const { return goes_on(since) ? since * dt_ms : ms; }
  /// s when that begins, from s at the end of the last pulse.
  double begin(double before, std::uint32_t since) const {
    return goes_on(since) || since == never ? before : before * closed(since * dt_ms - ms);
  }
  double end(double begin, double within) const { return s_inf() + (begin - s_inf()) * left(within); }
  /// s at the end of the pulse, from s at the end of the last one.
  double fire(double before, std::uint32_t since) const { return end(begin(before, since), within(since)); }

  /// Factor of how far s is from s_inf, during a pulse; of s, after it.
  double left(double t_ms) const { return math::decay(-(open + beta) * t_ms); }
  double closed(double t_ms) const { return math::decay(-beta * t_ms); }

 private:
  bool goes_on(std::uint32_t since) const { return since != never && since * dt_ms < ms; }
};

}  // namespace ranvier::engine
