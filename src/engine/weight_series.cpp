// SPDX-License-Identifier: Apache-2.0
#include "engine/weight_series.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <tuple>

#include "core/grid_time.hpp"
#include "engine/assemble.hpp"
#include "engine/plastic.hpp"
#include "engine/structure.hpp"

namespace ranvier::engine {
namespace {

constexpr std::uint32_t last_step = 0xFFFFFFFFu;

bool joins(const ProjectionSpec& p, const RecordingSpec& r) { return p.source.population == r.sources.population && p.target.population == r.targets.population; }

bool is_sampled(const RecordingSpec& r) { return r.kind == RecordingSpec::Kind::weights && r.interval_ms > 0; }

/// Samples from `start` to `stop`, or to the end of the run, both included.
double samples_of(const NetworkSpec& spec, const RecordingSpec& r) {
  const SimulationSpec& s = spec.simulation;
  const double time = std::min(r.stop_ms, s.warmup_ms + s.duration_ms) - r.start_ms + 1e-6 * s.dt_ms;
  return time < 0 ? 0 : 1 + std::floor(time / std::max(r.interval_ms, s.dt_ms));
}

}  // namespace

WeightSeries::WeightSeries(const Network& network, const RecordingSpec& recording)
    : recording_(recording), start_(nearest_step(recording.start_ms, network.dt())), stop_(nearest_step(recording.stop_ms, network.dt())), interval_(std::max(1u, nearest_step(recording.interval_ms, network.dt()))) {
  connections_.name = recording.name;
  connections_.sampled = true;
  connections_.source_population = recording.sources.population;
  connections_.target_population = recording.targets.population;
  if (network.spec.simulation.double_precision) connections_.samples = std::vector<double>();
}

std::uint32_t WeightSeries::next(std::uint32_t step) const {
  const std::uint64_t at = step < start_ ? start_ : start_ + ((std::uint64_t{step} - start_) / interval_ + 1) * interval_;
  return at > stop_ ? last_step : static_cast<std::uint32_t>(at);
}

void WeightSeries::find_in(const Network& network, const State& state, std::uint32_t shard, std::uint32_t index) {
  const PlasticTable& table = state.shards[shard].plastic[index]->table();
  const ProjectionSpec& p = network.spec.projections[static_cast<std::size_t>(table.projection)];
  if (!joins(p, recording_)) return;
  const GridTime time(network.dt());
  for (std::uint32_t source = 0; source < table.sources(); ++source) {
    if (source_index(recording_.sources, p.source[source]) < 0) continue;
    for (std::uint32_t g = table.row[source]; g < table.row[source + 1]; ++g)
      for (std::uint32_t k = table.segments[g].first; k < table.segments[g].first + table.segments[g].count; ++k) {
        const std::int64_t target = table.first_cell + table.targets[k];
        if (source_index(recording_.targets, target) < 0) continue;
        places_.push_back({shard, index, source, g, k});
        connections_.source.push_back(static_cast<std::uint32_t>(p.source[source]));
        connections_.target.push_back(static_cast<std::uint32_t>(target));
        connections_.receptor.push_back(static_cast<std::uint16_t>(p.receptor));
        connections_.delay_ms.push_back(time(table.segments[g].delay));
      }
  }
}

/// All synapses onto a cell are of one shard, and lie in its tables in an order that does not depend on how many there are.
void WeightSeries::find(const Network& network, const State& state) {
  if (found_) return;
  found_ = true;
  for (std::uint32_t t = 0; t < state.shards.size(); ++t)
    for (std::uint32_t k = 0; k < state.shards[t].plastic.size(); ++k) find_in(network, state, t, k);
  std::vector<std::size_t> order(places_.size());
  std::iota(order.begin(), order.end(), 0);
  Connections& c = connections_;
  const auto key = [&](std::size_t k) { return std::tuple(c.source[k], c.target[k], c.receptor[k], c.delay_ms[k]); };
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return key(a) < key(b); });
  const auto in_order = [&](auto& column) {
    auto sorted = column;
    for (std::size_t k = 0; k < order.size(); ++k) sorted[k] = column[order[k]];
    column = std::move(sorted);
  };
  in_order(places_), in_order(c.source), in_order(c.target), in_order(c.receptor), in_order(c.delay_ms);
}

std::vector<double> WeightSeries::read(const State& state) const {
  std::vector<std::vector<std::vector<std::uint32_t>>> flights(state.shards.size());
  for (std::size_t t = 0; t < flights.size(); ++t)
    for (const auto& synapses : state.shards[t].plastic) flights[t].push_back(synapses->under_way());
  std::vector<double> weights;
  weights.reserve(places_.size());
  for (const Place& p : places_) {
    const PlasticSynapses& synapses = *state.shards[p.shard].plastic[p.table];
    weights.push_back(synapses.read(flights[p.shard][p.table], p.source, synapses.table().segments[p.segment], p.synapse, state.step, -1));
  }
  return weights;
}

void WeightSeries::take(const Network& network, const State& state) {
  find(network, state);
  connections_.sample_steps.push_back(state.step);
  const std::vector<double> weights = read(state);
  std::visit([&](auto& samples) { samples.insert(samples.end(), weights.begin(), weights.end()); }, connections_.samples);
}

Connections WeightSeries::finish(const Network& network, const State& state) {
  find(network, state);
  connections_.weight = read(state);
  return std::move(connections_);
}

void check_recordings(const NetworkSpec& spec, std::vector<std::string>& problems) {
  for (const RecordingSpec& r : spec.recordings) {
    if (!is_sampled(r)) continue;
    bool learns = false, grows = false;
    for (const ProjectionSpec& p : spec.projections) {
      learns = learns || (joins(p, r) && is_plastic(p));
      grows = grows || (joins(p, r) && structure_of(p) != nullptr);
    }
    const std::string where = r.where.empty() ? fmt::format("recording \"{}\"", r.name) : r.where;
    if (!learns) problems.push_back(where + ": interval: no synapse here has a rule by which its weight could change; leave interval out to have the weights once, at the end");
    if (grows) problems.push_back(where + ": interval: these synapses come and go, so that there is no list of them to keep weights of; leave interval out to have them at the end, or run in pieces");
  }
}

double recorded_byte(const NetworkSpec& spec, const RecordingSpec& r) {
  const double real = spec.simulation.double_precision ? 8 : 4;
  if (r.kind == RecordingSpec::Kind::state) return samples_of(spec, r) * static_cast<double>(r.neurons.size()) * static_cast<double>(r.variables.size()) * real;
  if (r.kind == RecordingSpec::Kind::volumes) return samples_of(spec, r) * static_cast<double>(r.volumes.size()) * 8;
  if (!is_sampled(r)) return 0;
  const auto share = [](const Slice& asked, const Slice& all) { return static_cast<double>(std::min(asked.size(), all.size())) / std::max<double>(1, static_cast<double>(all.size())); };
  double synapses = 0;
  for (const ProjectionSpec& p : spec.projections)
    if (joins(p, r) && is_plastic(p)) synapses += rule_size(p, spec).synapses * share(r.sources, p.source) * share(r.targets, p.target);
  return synapses * (samples_of(spec, r) * real + 34);  // 34: ends, receptor, delay, where each lies
}

}  // namespace ranvier::engine
