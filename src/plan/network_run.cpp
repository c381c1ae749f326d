// SPDX-License-Identifier: Apache-2.0
#include "plan/network_run.hpp"

#include <algorithm>
#include <cmath>
#include <map>

#include "plan/estimate.hpp"
#include "plan/trace.hpp"

namespace ranvier::plan {
namespace {

/// A spike is 8 bytes. At the end it is there up to three times when only counted (a log, and the two sides of its merging), four times
/// when handed over (merged, and both sides of an array that grows by doubling, in memory the logs do not give back; src/engine/record.cpp).
constexpr Bytes spike_logged{24}, spike_recorded{32};
/// With an exact time it is another 24 bytes, in a log and in the merged train, and its time again apart.
constexpr Bytes exact_time{56};
/// Machines are never quite quiet, and what follows a probe is never quite like it. Chosen, not fitted.
constexpr double least_spread = 0.08;

/// Below this share of its cores a probe was held up by others; above it, threads waited for each other as they always do.
constexpr double undisturbed_share = 0.9;
/// What the end of a stimulus may do. Chosen, not fitted.
constexpr double change_spread = 0.5;

/// Wall time that a piece would have taken with the cores to itself.
double quiet_share(const ProbePiece& p) { return p.cores_share < undisturbed_share ? p.cores_share : 1; }

/// Of all pieces, each counted by its weight.
ProbePiece sum_of(const std::vector<ProbePiece>& pieces) {
  ProbePiece sum;
  double wall_taken = 0, cores = 0;
  for (const ProbePiece& p : pieces) {
    const double quiet = quiet_share(p) * p.weight;
    sum.biology += p.biology * p.weight;
    sum.wall += p.wall * quiet;
    sum.deliver += p.deliver * quiet;
    sum.update += p.update * quiet;
    sum.wait += p.wait * quiet;
    wall_taken += p.wall.value();
    cores += p.wall.value() * p.cores_share;
    sum.spikes += p.spikes * p.weight;
    sum.events += p.events * p.weight;
  }
  if (wall_taken > 0) sum.cores_share = cores / wall_taken;
  return sum;
}

/// How much the pieces of a phase differ in wall time, as a relative error of the weighted sum of all.
double spread_of(const std::vector<ProbePiece>& pieces) {
  struct Phase {
    double count = 0, sum = 0, square = 0;
  };
  std::map<int, Phase> phases;
  double total = 0, variance = 0;
  for (const ProbePiece& p : pieces) {
    const double wall = p.wall.value() * quiet_share(p) * p.weight;
    Phase& phase = phases[p.phase];
    ++phase.count;
    phase.sum += wall;
    phase.square += wall * wall;
    total += wall;
  }
  for (const auto& [number, p] : phases) {
    if (p.count < 2) return 0.2;
    variance += std::max(0.0, p.square - p.sum * p.sum / p.count) * p.count / (p.count - 1);
  }
  return total > 0 && !phases.empty() ? std::sqrt(variance) / total : 0.2;
}

const char* bottleneck_of(const RunPrediction& r) {
  if (r.deliver_share >= r.update_share && r.deliver_share >= r.wait_share) return "delivery of spikes";
  return r.update_share >= r.wait_share ? "update of neurons" : "waiting between threads";
}

Bytes memory_of(const NetworkCounts& n, const ProbeCounters& probe, const Activity& a, Trace* trace) {
  const Count spikes = a.rate_hz * n.neurons * number_of(n.duration + n.warmup);
  const Bytes logs = note(trace, "spikes", spikes * ((n.records_spikes ? spike_recorded : spike_logged) + (n.exact_times ? exact_time : Bytes{})), "8 bytes each, with the copies made when they are sorted and handed over");
  const Bytes records = note(trace, "recorded", logs + n.traces, "spikes + state variables");
  if (!(probe.peak > Bytes{})) return note(trace, "memory", n.estimated + records, "the engine's estimate of rows, cells and building + recorded");
  const Bytes running = note(trace, "while running", probe.resident + records, "resident after the build + recorded");
  return note(trace, "memory", max(note(trace, "while building", probe.peak, "", "highest resident memory of the probe, or what it comes to at the network's size"), running), "the larger of the two");
}

}  // namespace

Activity activity_of(const ProbeCounters& probe, Count neurons) {
  const ProbePiece sum = sum_of(probe.pieces);
  Activity a;
  if (!(sum.biology > Seconds{})) return a;
  const double seconds = number_of(sum.biology);
  a.rate_hz = neurons > 0 ? sum.spikes / neurons / seconds : 0;
  a.events_per_s = sum.events / seconds;
  return a;
}

RunPrediction predict_run(const NetworkCounts& n, const ProbeCounters& probe, const Activity& a, Trace* trace) {
  RunPrediction r;
  const ProbePiece sum = sum_of(probe.pieces);
  const Count steps = std::max(1.0, sum.biology / n.dt);
  const char* source = probe.built ? "probe: the network itself" : "probe: a stand-in of the same cells, rows and delays";
  if (sum.events > 0) r.per_event = note(trace, "cost of a synaptic event", sum.deliver / sum.events, "time of delivery / events", source);
  // Without events to share it, delivery is part of every step: calendars are looked at.
  const Seconds stepwise = sum.wall - (sum.events > 0 ? sum.deliver : Seconds{});
  r.per_step = note(trace, "cost of a step", max(stepwise, Seconds{}) / steps, "(wall time - delivery) / steps", source);
  r.activity = a;
  note(trace, "rate", Hertz{a.rate_hz}, "spikes per neuron and second");
  const Count events = note(trace, "synaptic events", a.events_per_s * number_of(n.duration), "events per second x duration");
  const Seconds deliver = note(trace, "delivery", events * r.per_event, "events x cost of one");
  const Seconds stepping = note(trace, "steps", n.duration / n.dt * r.per_step, "duration / dt x cost of one");
  r.simulate = note(trace, "wall time after the warm-up", deliver + stepping);
  r.warmup = note(trace, "wall time of the warm-up", r.simulate * (n.warmup / n.duration), "in proportion");
  r.build = note(trace, "wall time of building", probe.build, "", source);
  r.cores_share = note(trace, "share of its cores that the probe got", sum.cores_share, "processor time / (threads x wall time); below 0.9 times are shortened to it");
  const double spread = std::hypot(probe.built ? least_spread : 2 * least_spread, spread_of(probe.pieces), n.changes ? change_spread : 0.0);
  r.p10 = r.simulate * std::exp(-Estimate::normal_90 * spread);
  r.p90 = r.simulate * std::exp(Estimate::normal_90 * spread);
  r.real_time_factor = r.simulate / n.duration;
  const Seconds both = sum.update + sum.wait;
  const double update_part = both > Seconds{} ? sum.update / both : 1;
  if (r.simulate > Seconds{}) {
    r.deliver_share = deliver / r.simulate;
    r.update_share = stepping / r.simulate * update_part;
    r.wait_share = stepping / r.simulate * (1 - update_part);
  }
  r.bottleneck = bottleneck_of(r);
  r.memory = memory_of(n, probe, a, trace);
  return r;
}

}  // namespace ranvier::plan
