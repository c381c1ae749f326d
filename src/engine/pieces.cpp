// SPDX-License-Identifier: Apache-2.0
#include "engine/pieces.hpp"

#include <xxhash.h>

#include <algorithm>

namespace ranvier::engine {
namespace {

template <class T>
void append(std::vector<T>& to, const std::vector<T>& from) {
  to.insert(to.end(), from.begin(), from.end());
}

void append(Trace& to, const Trace& from) {
  if (from.value_count() == 0) return;
  if (to.value_count() == 0) to.first_step = from.first_step;
  std::visit([&](auto& values) { append(values, std::get<std::remove_reference_t<decltype(values)>>(from.values)); }, to.values);
}

/// Samples one after the other; the synapses and their weights as of the later piece.
void append(Connections& to, const Connections& from) {
  auto steps = std::move(to.sample_steps);
  auto samples = std::move(to.samples);
  to = from;
  append(steps, from.sample_steps);
  std::visit([&](auto& values) { append(values, std::get<std::remove_reference_t<decltype(values)>>(from.samples)); }, samples);
  to.sample_steps = std::move(steps);
  to.samples = std::move(samples);
}

void append(VolumeTrace& to, const VolumeTrace& from) {
  if (to.values.empty()) to.first_step = from.first_step;
  append(to.values, from.values);
}

void append(StructureSeries& to, const StructureSeries& from) {
  // A piece begins with the count that the one before it ended with.
  const auto skip = !to.counts.empty() && !from.counts.empty() && from.counts[0].step <= to.counts.back().step ? 1 : 0;
  to.counts.insert(to.counts.end(), from.counts.begin() + skip, from.counts.end());
}

void add(WorkDone& to, const WorkDone& w) {
  to.spikes += w.spikes;
  to.synaptic_events += w.synaptic_events;
  to.flop += w.flop;
  to.byte_moved += w.byte_moved;
  to.frequent_events += w.frequent_events;
}

void add(GapWork& to, const GapWork& w) {
  to.intervals += w.intervals;
  to.iterations += w.iterations;
  to.unsettled += w.unsettled;
}

void append(RunResult& whole, const RunResult& piece) {
  append(whole.spikes, piece.spikes);
  append(whole.times_ms, piece.times_ms);
  for (std::size_t k = 0; k < whole.traces.size(); ++k) append(whole.traces[k], piece.traces[k]);
  for (std::size_t k = 0; k < whole.structure.size(); ++k) append(whole.structure[k], piece.structure[k]);
  for (std::size_t k = 0; k < whole.connections.size(); ++k) append(whole.connections[k], piece.connections[k]);
  for (std::size_t k = 0; k < whole.volume_traces.size(); ++k) append(whole.volume_traces[k], piece.volume_traces[k]);
  whole.volumes = piece.volumes;
  whole.end_step = piece.end_step;
  whole.partial = piece.partial;
  whole.synapse_count = piece.synapse_count;
  whole.byte_per_synapse = piece.byte_per_synapse;
  whole.warmup_s += piece.warmup_s;
  if (piece.warmup_step >= piece.end_step) {  // a warm-up
    whole.warmup_step = piece.end_step;
    return;
  }
  for (std::size_t k = 0; k < whole.population_spikes.size(); ++k) whole.population_spikes[k] += piece.population_spikes[k];
  add(whole.work, piece.work);
  if (whole.gap_work && piece.gap_work) add(*whole.gap_work, *piece.gap_work);
  for (std::size_t k = 0; k < whole.stages.size() && k < piece.stages.size(); ++k) whole.stages[k].seconds += piece.stages[k].seconds;
  whole.simulate_s += piece.simulate_s;
  whole.simulate_cpu_s += piece.simulate_cpu_s;
}

}  // namespace

RunResult join(const NetworkSpec& spec, const std::vector<std::shared_ptr<RunResult>>& pieces) {
  if (pieces.empty()) {
    RunResult nothing;
    nothing.population_spikes.assign(spec.populations.size(), 0);
    return nothing;
  }
  RunResult whole = *pieces[0];
  for (std::size_t k = 1; k < pieces.size(); ++k) append(whole, *pieces[k]);
  if (pieces.size() == 1) return whole;
  const auto first = std::find_if(whole.spikes.begin(), whole.spikes.end(), [&](const Spike& s) { return s.step > whole.warmup_step; });
  const auto counted = static_cast<std::uint64_t>(whole.spikes.end() - first);
  whole.spike_hash = counted == whole.work.spikes ? XXH64(counted ? &*first : nullptr, counted * sizeof(Spike), 0) : 0;
  return whole;
}

}  // namespace ranvier::engine
