// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Where engine and planner meet: counts of a network for plan/network_run.hpp, and short runs that measure unit costs.

#include <span>
#include <vector>

#include "plan/network_run.hpp"
#include "ranvier/network.hpp"

namespace ranvier::engine {
struct Network;
}

namespace ranvier::cli {

/// A probe never simulates more than this, unless that takes less than a tenth of a second.
inline constexpr double probe_limit_ms = 100;

/// Counts of the network as `simulate` would run it on so many threads. Nothing is built.
plan::NetworkCounts count_network(const NetworkSpec& spec, int threads);

/// Runs the network from its start for `biology_ms` (at most probe_limit_ms; less where the run itself is shorter), the first 40 %
/// unmeasured. The network is not changed; the state is the probe's own.
/// `resident`, where given, receives the memory of the process at the end, the state still in place.
std::vector<plan::ProbePiece> run_pieces(const engine::Network& network, double biology_ms, Bytes* resident = nullptr);

/// What a run of this network will take, once it is built: for `simulate`, which prints it beside the outcome. Costs a probe of its
/// own state, at most a twentieth of the run and probe_limit_ms.
plan::RunPrediction forecast(const engine::Network& network, Seconds build);

/// Builds the network and probes it. Where its inputs change during the run (network_phases.hpp), the probe visits each phase for
/// an equal part of its time, and weights what it finds by the phase's part of the run.
/// Errors  InputError, as engine::build: memory that does not suffice among them
plan::ProbeCounters probe_network(const NetworkSpec& spec, int threads);

/// Unit costs without building the network: its cells are stepped without synapses, and spikes are delivered along rows of the same
/// length and delays as its own, up to 20 million synapses, onto as many cells. `rate_hz` says which cells get too little input to stay awake.
plan::ProbeCounters probe_stand_in(const NetworkSpec& spec, int threads, double rate_hz);

/// Rates of the populations [Hz] where all neurons fire at this mean rate; populations that only emit spikes keep their own rate where it is constant.
std::vector<double> rates_at(const NetworkSpec& spec, double rate_hz);

/// Activity of a network whose populations fire at these rates.
plan::Activity activity_at(const NetworkSpec& spec, std::span<const double> rate_hz);

}  // namespace ranvier::cli
