// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a run of Ranvier's own engine will take: build time, wall time, memory. From counts of the network and unit costs.
///
///   wall time  =  steps x cost of a step  +  synaptic events x cost of an event
///   memory     =  the larger of: peak while building; network + state + what was recorded, with the copies made when it is sorted
///
/// Times are those of a machine that gives the run its cores: where a probe got less of them, its times are shortened to its
/// processor time. Unit costs are those of this machine and this network, measured by a short run (cli/network_probe.hpp); nothing is fitted.
/// Plain numbers in and out: the engine is not known here, and what joins the two is cli.

#include <string>
#include <vector>

#include "core/dimensioned.hpp"

namespace ranvier::plan {

class Trace;

/// Of the network, before it is built.
struct NetworkCounts {
  std::string name;
  Count neurons = 0, synapses = 0;
  Seconds dt{1e-4}, duration{1}, warmup{};
  int threads = 1;
  Bytes estimated{};            ///< rows, cells and the most that building takes beside them, by the engine's own estimate
  Bytes traces{};               ///< state variables recorded
  bool records_spikes = true;   ///< some are handed over; else all are only counted
  bool exact_times = false;     ///< spikes carry exact times: some cells are event-driven
  bool changes = false;         ///< inputs begin, change or end where the probe did not follow: what it saw is not all there is
};

/// One piece of a short run.
struct ProbePiece {
  Seconds biology{}, wall{}, deliver{}, update{}, wait{};
  Count spikes = 0, events = 0;
  double cores_share = 1;       ///< processor time / (threads x wall time): below 0.9 somebody else had the cores
  int phase = 0;                ///< part of the run in which inputs stay as they are
  double weight = 1;            ///< times that the run holds as much of this phase as the piece's part of its probe
};

/// What a short run found.
struct ProbeCounters {
  bool built = false;           ///< the network itself was built and run; else a smaller stand-in
  Seconds build{};              ///< time to build it, or what the stand-in makes of it
  Bytes resident{};             ///< of the process after the build, or what the stand-in makes of it
  Bytes peak{};                 ///< highest while building; 0: not known
  Seconds cost{};               ///< what the probe itself took, building included
  Seconds biology{};            ///< all that it simulated of the network's cells, the unmeasured beginning too
  int phases = 1;               ///< of the run that it visited
  std::vector<ProbePiece> pieces;  ///< after the first moments were left out
};

struct Activity {
  Count rate_hz = 0;            ///< mean over all neurons
  Count events_per_s = 0;       ///< synaptic events per second of biology
};
/// Rates found by a probe.
Activity activity_of(const ProbeCounters& probe, Count neurons);

struct RunPrediction {
  Seconds build{}, warmup{}, simulate{};   ///< wall time; `simulate` is what follows the warm-up, as in the summary of a run
  Seconds p10{}, p90{};                    ///< 80 % interval of `simulate`
  double real_time_factor = 0;
  Bytes memory{};                          ///< peak of the process
  Seconds per_event{}, per_step{};         ///< wall time, all threads together
  double deliver_share = 0, update_share = 0, wait_share = 0;
  Activity activity;
  double cores_share = 1;                  ///< what the probe got of its cores
  std::string bottleneck;                  ///< "delivery of spikes", "update of neurons", "waiting between threads"
  Seconds total() const { return build + warmup + simulate; }
};

/// Predicts a run whose network has this activity. `trace` may be nullptr.
RunPrediction predict_run(const NetworkCounts& network, const ProbeCounters& probe, const Activity& activity, Trace* trace);

}  // namespace ranvier::plan
