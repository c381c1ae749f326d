// SPDX-License-Identifier: Apache-2.0
#include "engine/record.hpp"

#include <fmt/format.h>
#include <time.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "core/grid_time.hpp"
#include "engine/structure.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

double clock_now(clockid_t which) {
  timespec t{};
  clock_gettime(which, &t);
  return static_cast<double>(t.tv_sec) + 1e-9 * static_cast<double>(t.tv_nsec);
}

std::uint32_t stamp(const Spike& s) { return s.step; }
std::uint32_t stamp(const ExactSpike& s) { return s.spike.step; }

/// A log is ascending in steps already; only the spikes of one step may be out of order.
template <class S>
void sort_log(std::vector<S>& log) {
  for (std::size_t i = 0; i < log.size();) {
    std::size_t end = i + 1;
    while (end < log.size() && stamp(log[end]) == stamp(log[i])) ++end;
    std::sort(log.begin() + static_cast<std::ptrdiff_t>(i), log.begin() + static_cast<std::ptrdiff_t>(end));
    i = end;
  }
}

template <class S>
std::vector<S> merge_logs(std::vector<std::vector<S>>& logs) {
  std::vector<S> all;
  for (auto& log : logs) {
    sort_log(log);
    std::vector<S> both(all.size() + log.size());
    std::merge(all.begin(), all.end(), log.begin(), log.end(), both.begin());
    all = std::move(both);
    log = {};
  }
  return all;
}

/// Which of the sorted spikes some `spikes` recording asked for; all of them where there is no recording at all.
///   times_ms  of each spike, or empty
void keep_recorded(const Network& network, std::vector<Spike>& all, std::vector<double>& times_ms) {
  const auto& recordings = network.spec.recordings;
  if (recordings.empty()) return;
  std::size_t kept = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const Spike s = all[i];
    const int k = network.population_of(s.neuron);
    const std::int64_t cell = s.neuron - network.populations[static_cast<std::size_t>(k)].first;
    const double t = times_ms.empty() ? s.step * network.dt() : times_ms[i];
    for (const RecordingSpec& r : recordings) {
      const Slice& n = r.neurons;
      if (r.kind != RecordingSpec::Kind::spikes || n.population != k || cell < n.first || cell >= n.last || (cell - n.first) % n.stride) continue;
      if (t < r.start_ms - 1e-9 || t > r.stop_ms + 1e-9) continue;
      all[kept] = s;
      if (!times_ms.empty()) times_ms[kept] = times_ms[i];
      ++kept;
      break;
    }
  }
  all.resize(kept);
  if (!times_ms.empty()) times_ms.resize(kept);
}

/// The time of every spike; those of populations with exact times are among `exact` too, in the same order.
std::vector<double> times_of(const Network& network, const std::vector<Spike>& all, const std::vector<ExactSpike>& exact) {
  if (!network.off_grid) return {};
  const GridTime grid(network.dt());
  std::vector<double> times(all.size());
  auto next = exact.begin();
  for (std::size_t i = 0; i < all.size(); ++i) times[i] = next != exact.end() && next->spike == all[i] ? (next++)->time_ms : grid(all[i].step);
  return times;
}

/// Spikes some of whose synapses lie ahead: those of the logs' ends, and older ones with long delays.
template <class S>
std::vector<S> still_under_way(const std::vector<S>& in_flight, const std::vector<std::vector<S>>& logs, std::uint32_t step, std::uint32_t delay_max) {
  std::vector<S> still;
  const auto under_way = [&](const S& s) { return stamp(s) + delay_max > step; };
  std::copy_if(in_flight.begin(), in_flight.end(), std::back_inserter(still), under_way);
  const std::size_t before = still.size();
  const std::uint32_t newest = before ? stamp(still.back()) : 0;
  for (const auto& log : logs)
    for (auto it = log.rbegin(); it != log.rend() && under_way(*it); ++it)
      if (before == 0 || stamp(*it) > newest) still.push_back(*it);
  std::sort(still.begin(), still.end());
  return still;
}

/// FLOPs and bytes of one update of a population's neuron, as its model files state them.
WorkDone work_of_update(const Network& network, const Population& p) {
  WorkDone w;
  if (p.event) {  // an update is an event: the cell, and 12 bytes of the synapse
    w.flop = static_cast<std::uint64_t>(p.event->info->flop);
    w.byte_moved = static_cast<std::uint64_t>(p.event->info->byte_read + p.event->info->byte_written) + 12;
  }
  if (!p.membrane) return w;
  const ModelInfo& membrane = *p.membrane->model->info;
  w.flop += static_cast<std::uint64_t>(membrane.flop);
  w.byte_moved += static_cast<std::uint64_t>(membrane.byte_read + membrane.byte_written);
  for (const Pool& pool : p.pools) {
    const auto sites = static_cast<std::uint64_t>(p.first_of(pool).sites);
    const ModelInfo& info = *p.first_of(pool).model->info;
    w.flop += sites * static_cast<std::uint64_t>(info.flop + 1);                     // 1: sum units to values
    w.byte_moved += sites * (network.wide ? 16u : 8u);                               // the input slots, read and set to zero
    w.byte_moved += static_cast<std::uint64_t>(info.byte_read + info.byte_written);
  }
  return w;
}

std::uint64_t resident_byte(const Network& network, const State& state) {
  std::uint64_t byte = 0;
  for (const Shard& s : network.shards) byte += 4 * s.rows.word_count + 4 * s.rows.start_low.size() + s.events.byte() + s.gaps.byte();
  for (const Shard& s : network.shards)
    for (const PlasticTable& table : s.plastic) byte += table.byte();
  for (const ShardState& s : state.shards) {
    byte += s.byte;
    for (const auto& synapses : s.plastic) byte += synapses->byte() + (synapses->owns_table() ? synapses->table().byte() : 0);
  }
  return byte;
}

}  // namespace

Connections read_connections(const Network& network, const State& state, const RecordingSpec& r) {
  Connections c{.name = r.name, .source_population = r.sources.population, .target_population = r.targets.population};
  const Population& from = network.populations[static_cast<std::size_t>(r.sources.population)];
  const Population& to = network.populations[static_cast<std::size_t>(r.targets.population)];
  const auto note = [&](const SynapseRecord& s) {
    const std::int64_t source = s.source - from.first, cell = s.target - to.first;
    if (source < 0 || source >= from.size || source_index(r.sources, source) < 0 || cell < 0 || cell >= to.size || source_index(r.targets, cell) < 0) return;
    c.source.push_back(static_cast<std::uint32_t>(source));
    c.target.push_back(static_cast<std::uint32_t>(cell));
    c.receptor.push_back(static_cast<std::uint16_t>(s.receptor));
    c.weight.push_back(s.weight);
    c.delay_ms.push_back(s.delay_ms);
  };
  for (std::int64_t i = 0; i < r.sources.size(); ++i) for_each_synapse(network, from.first + r.sources[i], note);
  for_each_plastic_synapse(network, state, r.sources.population, r.targets.population, note);
  // One order whatever the shards: by source, target, receptor, delay, weight.
  std::vector<std::size_t> order(c.source.size());
  for (std::size_t k = 0; k < order.size(); ++k) order[k] = k;
  const auto key = [&](std::size_t k) { return std::tuple(c.source[k], c.target[k], c.receptor[k], c.delay_ms[k], c.weight[k]); };
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  Connections sorted{.name = c.name, .source_population = c.source_population, .target_population = c.target_population};
  for (std::size_t k : order) {
    sorted.source.push_back(c.source[k]);
    sorted.target.push_back(c.target[k]);
    sorted.receptor.push_back(c.receptor[k]);
    sorted.weight.push_back(c.weight[k]);
    sorted.delay_ms.push_back(c.delay_ms[k]);
  }
  return sorted;
}

Recorder::Recorder(const Network& network) : impl_(std::make_unique<Impl>(network)) {}
Recorder::~Recorder() = default;

Recorder::Impl::Impl(const Network& network)
    : logs(network.shards.size()), exact_logs(network.shards.size()), times(network.shards.size()), delivered(network.shards.size()), updates(network.shards.size()) {
  for (const RecordingSpec& r : network.spec.recordings)
    switch (r.kind) {
      case RecordingSpec::Kind::state: add_trace(network, r); break;
      case RecordingSpec::Kind::volumes: add_volumes(network, r); break;
      case RecordingSpec::Kind::weights:
        if (r.interval_ms > 0) weights.emplace_back(network, r);
        break;
      default: break;
    }
}

void Recorder::Impl::add_volumes(const Network& network, const RecordingSpec& r) {
  VolumeRun run{.trace = {.name = r.name}, .start = nearest_step(r.start_ms, network.dt()), .stop = nearest_step(r.stop_ms, network.dt()), .volumes = r.volumes};
  run.trace.interval = std::max(1u, nearest_step(r.interval_ms, network.dt()));
  for (const int k : r.volumes) run.trace.volumes.push_back(network.spec.volumes[static_cast<std::size_t>(k)].name);
  volumes.push_back(std::move(run));
}

void Recorder::Impl::add_trace(const Network& network, const RecordingSpec& r) {
  TraceRun run;
  const Population& p = network.populations[static_cast<std::size_t>(r.neurons.population)];
  const auto known = variables_of(network, r.neurons.population);
  for (const std::string& name : r.variables) {
    const auto it = std::find_if(known.begin(), known.end(), [&](const VariableRef& v) { return v.name == name; });
    if (it == known.end()) {
      std::string names;
      for (const auto& v : known) names += (names.empty() ? "" : ", ") + v.name;
      throw InputError(fmt::format("{}: variable \"{}\": population \"{}\" has {}", r.where.empty() ? "recordings" : r.where, name, p.name, names));
    }
    run.variables.push_back(*it);
    run.trace.variables.push_back({it->name, it->unit});
  }
  run.trace.name = r.name;
  run.trace.population = r.neurons.population;
  run.trace.interval = std::max(1u, nearest_step(r.interval_ms, network.dt()));
  run.start = std::max(1u, nearest_step(r.start_ms, network.dt()));
  run.stop = nearest_step(r.stop_ms, network.dt());
  run.trace.first_step = run.start;
  for (std::int64_t i = 0; i < r.neurons.size(); ++i) run.trace.neurons.push_back(static_cast<std::uint32_t>(r.neurons[i]));
  for (const Shard& shard : network.shards) {
    run.parts.emplace_back();
    for (std::size_t b = 0; b < shard.blocks.size(); ++b) {
      const Block& block = shard.blocks[b];
      if (block.population != r.neurons.population) continue;
      const auto index = [&](std::int64_t cell) {
        return cell <= r.neurons.first ? 0 : std::min((cell - r.neurons.first + r.neurons.stride - 1) / r.neurons.stride, r.neurons.size());
      };
      const std::int64_t first = index(block.first), last = index(block.first + static_cast<std::int64_t>(block.n));
      if (last > first)
        run.parts.back().push_back({b, static_cast<std::size_t>(r.neurons[first] - block.first), static_cast<std::size_t>(r.neurons.stride), static_cast<std::size_t>(last - first), static_cast<std::size_t>(first)});
    }
  }
  if (network.spec.simulation.double_precision) run.trace.values = std::vector<double>();
  traces.push_back(std::move(run));
}

std::size_t Recorder::Impl::TraceRun::samples_until(std::uint32_t step) const {
  const std::uint32_t last = std::min(step, stop);
  return last < trace.first_step ? 0 : (last - trace.first_step) / trace.interval + 1;
}

/// Makes room for the samples of a piece. The first one may begin anywhere: a resumed run has no samples of what was
/// before it.
void Recorder::Impl::extend_traces(std::uint32_t step, std::uint32_t until_step) {
  for (TraceRun& run : traces) {
    if (run.trace.value_count() == 0 && step >= run.start)
      run.trace.first_step = run.start + ((step - run.start) / run.trace.interval + 1) * run.trace.interval;
    std::visit([&](auto& v) { v.resize(run.samples_until(until_step) * run.trace.row_size()); }, run.trace.values);
  }
}

void Recorder::Impl::sample_traces(const Network& network, const State& state, std::size_t shard, std::uint32_t step) {
  for (TraceRun& run : traces) {
    const std::uint32_t first = run.trace.first_step;
    if (step < first || step > run.stop || (step - first) % run.trace.interval) continue;
    const std::size_t n = run.trace.neurons.size(), row = (step - first) / run.trace.interval * run.trace.row_size();
    for (const TraceRun::Part& part : run.parts[shard])
      for (std::size_t v = 0; v < run.variables.size(); ++v)
        for (std::size_t k = 0; k < part.count; ++k) {
          double x;
          read_variable(network, state, step, shard, part.block, run.variables[v], part.cell + k * part.stride, 1, &x);
          std::visit([&](auto& values) { values[row + v * n + part.column + k] = static_cast<std::remove_reference_t<decltype(values[0])>>(x); }, run.trace.values);
        }
  }
}

void Recorder::Impl::sample_volumes(const State& state, std::uint32_t step) {
  for (VolumeRun& run : volumes) {
    if (step < run.start || step > run.stop || (step - run.start) % run.trace.interval) continue;
    if (run.trace.values.empty()) run.trace.first_step = step;
    for (const int k : run.volumes) run.trace.values.push_back(state.shards[0].volumes[static_cast<std::size_t>(k)]->at(step));
  }
}

std::uint32_t Recorder::Impl::next_weights(std::uint32_t step) const {
  std::uint32_t next = 0xFFFFFFFFu;
  for (const WeightSeries& w : weights) next = std::min(next, w.next(step));
  return next;
}

void Recorder::Impl::take_weights(const Network& network, const State& state) {
  if (weights.empty() || state.step == weights_taken) return;
  weights_taken = state.step;
  const double wall = clock_now(CLOCK_MONOTONIC);
  for (WeightSeries& w : weights)
    if (w.due(state.step)) w.take(network, state);
  const double took = clock_now(CLOCK_MONOTONIC) - wall;
  (measuring ? seconds : warmup_seconds) += took;
  if (measuring) weights_seconds += took;
}

void Recorder::Impl::begin(const Network& network, const State& state, const RunOptions& options) {
  if (structure.empty()) structure = start_series(network, state);
  if (state.step == 0) sample_volumes(state, 0);
  extend_traces(state.step, options.until_step);
  warmup_step = options.warmup_step;
  measuring = state.step >= options.warmup_step;
  piece_start = clock_now(CLOCK_MONOTONIC);
  piece_cpu_start = clock_now(CLOCK_PROCESS_CPUTIME_ID);
}

void Recorder::Impl::end_piece(const Network& network, State& state) {
  const double wall = clock_now(CLOCK_MONOTONIC) - piece_start;
  if (measuring) {
    seconds += wall;
    cpu_seconds += clock_now(CLOCK_PROCESS_CPUTIME_ID) - piece_cpu_start;
  } else {
    warmup_seconds += wall;
    for (auto& d : delivered) d = {};
    gap_work = {};
    for (auto& u : updates) std::fill(u.begin(), u.end(), 0);
    for (auto& t : times) t = {};
  }
  state.in_flight = still_under_way(state.in_flight, logs, state.step, network.delay_max);
  state.exact_in_flight = still_under_way(state.exact_in_flight, exact_logs, state.step, network.delay_max);
}

void Recorder::Impl::rewire(const Network& network, State& state) {
  if (state.growing.empty()) return;
  const double wall = clock_now(CLOCK_MONOTONIC), cpu = clock_now(CLOCK_PROCESS_CPUTIME_ID);
  engine::rewire(network, state, structure);
  const double took = clock_now(CLOCK_MONOTONIC) - wall;
  if (!measuring) {
    warmup_seconds += took;
    return;
  }
  seconds += took;
  rewire_seconds += took;
  cpu_seconds += clock_now(CLOCK_PROCESS_CPUTIME_ID) - cpu;
}

void Recorder::Impl::count(std::size_t index, const Shard& shard, const Delivered& d, const UpdateCounts& u, const StageTimes& t) {
  delivered[index].events += d.events;
  delivered[index].segments += d.segments;
  delivered[index].plastic_events += d.plastic_events;
  delivered[index].frequent_events += d.frequent_events;
  delivered[index].plastic_flop += d.plastic_flop;
  delivered[index].plastic_byte += d.plastic_byte;
  delivered[index].gap_currents += d.gap_currents;
  updates[index].resize(shard.blocks.size());
  for (std::size_t b = 0; b < u.size(); ++b) updates[index][b] += u[b];
  times[index].deliver += t.deliver;
  times[index].update += t.update;
  times[index].wait += t.wait;
  times[index].record += t.record;
}

void Recorder::Impl::count(const GapWork& work) {
  gap_work.intervals += work.intervals;
  gap_work.iterations += work.iterations;
  gap_work.unsettled += work.unsettled;
}

void Recorder::finish(const Network& network, const State& state, RunResult& result) {
  Impl& r = *impl_;
  std::vector<Spike> all = merge_logs(r.logs);
  const std::vector<ExactSpike> exact = merge_logs(r.exact_logs);
  const auto measured = std::upper_bound(all.begin(), all.end(), Spike{r.warmup_step, 0xFFFFFFFFu});
  const auto n_measured = static_cast<std::size_t>(all.end() - measured);
  result.spike_hash = XXH64(n_measured ? &*measured : nullptr, n_measured * sizeof(Spike), 0);
  result.population_spikes.assign(network.populations.size(), 0);
  for (auto it = measured; it != all.end(); ++it) ++result.population_spikes[static_cast<std::size_t>(network.population_of(it->neuron))];
  result.warmup_step = r.warmup_step;
  result.end_step = state.step;
  result.synapse_count = count_synapses(network, state);
  result.simulate_s = r.seconds;
  result.simulate_cpu_s = r.cpu_seconds;
  result.warmup_s = r.warmup_seconds;

  result.work = {};
  result.work.spikes = n_measured;
  const std::uint64_t slot_byte = network.wide ? 16 : 8;
  StageTimes sum;
  for (std::size_t t = 0; t < network.shards.size(); ++t) {
    const Delivered& d = r.delivered[t];
    const Shard& shard = network.shards[t];
    const double byte_per_event = shard.rows.synapses ? 4.0 * static_cast<double>(shard.rows.word_count) / static_cast<double>(shard.rows.synapses) : 0;
    result.work.synaptic_events += d.events + d.plastic_events;
    result.work.frequent_events += d.frequent_events;
    result.work.flop += 2 * d.events + d.plastic_flop;                                          // multiply by the scale, add
    result.work.byte_moved += d.plastic_byte;
    result.work.byte_moved += static_cast<std::uint64_t>(byte_per_event * static_cast<double>(d.events)) + slot_byte * d.events + 16 * d.segments;
    result.work.flop += 5 * d.gap_currents;        // difference, bound, conductance and unit, rounding, sum
    result.work.byte_moved += 20 * d.gap_currents; // partner and conductance, the partner's potential
    for (std::size_t b = 0; b < shard.blocks.size() && b < r.updates[t].size(); ++b) {
      const Population& p = network.populations[static_cast<std::size_t>(shard.blocks[b].population)];
      const WorkDone w = work_of_update(network, p);
      if (p.event) result.work.synaptic_events += r.updates[t][b];
      result.work.flop += w.flop * r.updates[t][b];
      result.work.byte_moved += w.byte_moved * r.updates[t][b];
    }
    sum.deliver += r.times[t].deliver;
    sum.update += r.times[t].update;
    sum.wait += r.times[t].wait;
    sum.record += r.times[t].record;
  }
  const auto n = static_cast<double>(network.shards.size());
  result.stages = {{"deliver", sum.deliver / n}, {"update", sum.update / n}, {"wait", sum.wait / n}, {"record", sum.record / n + r.weights_seconds}};
  if (!r.structure.empty()) result.stages.push_back({"rewire", r.rewire_seconds});
  if (network.gaps.wave_steps) result.gap_work = r.gap_work;
  result.structure = std::move(r.structure);
  r.structure.clear();
  result.byte_per_synapse = result.synapse_count ? static_cast<double>(resident_byte(network, state)) / static_cast<double>(result.synapse_count) : 0;

  result.times_ms = times_of(network, all, exact);
  result.spikes = std::move(all);
  keep_recorded(network, result.spikes, result.times_ms);
  for (auto& run : r.traces) {
    std::visit([&](auto& v) { v.resize(std::min(v.size(), run.samples_until(state.step) * run.trace.row_size())); }, run.trace.values);
    result.traces.push_back(std::move(run.trace));
  }
  r.traces.clear();
  for (auto& run : r.volumes) result.volume_traces.push_back(std::move(run.trace));
  r.volumes.clear();
  for (std::size_t k = 0; k < network.spec.volumes.size(); ++k) {
    const Volume& volume = *state.shards[0].volumes[k];
    result.volumes.push_back({network.spec.volumes[k].name, volume.course().pulses(state.step), volume.at(state.step)});
  }
  for (const RecordingSpec& rec : network.spec.recordings)
    if ((rec.kind == RecordingSpec::Kind::weights && rec.interval_ms == 0) || rec.kind == RecordingSpec::Kind::connectivity)
      result.connections.push_back(read_connections(network, state, rec));
  for (WeightSeries& w : r.weights) result.connections.push_back(w.finish(network, state));
  r.weights.clear();
}

}  // namespace ranvier::engine
