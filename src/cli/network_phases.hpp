// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Runs whose inputs begin, change or end: which stretches they have, and a short run that visits each of them.

#include <vector>

#include "ranvier/network.hpp"

namespace ranvier::cli {

/// A part of a run in which inputs stay as they are.
struct Phase {
  double begin_ms = 0, end_ms = 0;      ///< of the run, warm-up included
  double length_ms() const { return end_ms - begin_ms; }
};

/// The phases of a run, one where nothing changes. Changes in its first `ignored_ms` and its last twentieth do not count.
std::vector<Phase> phases_of(const NetworkSpec& spec, double ignored_ms);

/// At most this many phases are visited; a network with more (a staircase of currents) is not condensed.
inline constexpr std::size_t phases_most = 6;

/// The run made short: of each phase its beginning is kept and the rest cut out, inputs and spikes from files with it. What a phase
/// leaves behind (potentials, activity that keeps itself going) the next one finds, as in the run itself.
struct CondensedRun {
  NetworkSpec spec;
  std::vector<double> probed_ms;        ///< [phases] how much of each is kept
  std::vector<double> length_ms;        ///< [phases] how long it is in the run
};
CondensedRun condense(const NetworkSpec& spec, const std::vector<Phase>& phases, double budget_ms);

}  // namespace ranvier::cli
