// SPDX-License-Identifier: Apache-2.0
#include "cli/network_probe.hpp"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fstream>
#include <memory>

#include "cli/network_phases.hpp"
#include "engine/network.hpp"
#include "engine/rule.hpp"
#include "engine/run.hpp"
#include "engine/state.hpp"
#include "engine/weight_series.hpp"
#include "measure/ceilings.hpp"

namespace ranvier::cli {
namespace {

using plan::ProbeCounters;
using plan::ProbePiece;

constexpr double unmeasured_share = 0.4;
constexpr int pieces_measured = 4;
constexpr double probe_wall_s = 0.1;
constexpr double stand_in_synapses = 20e6;    // 80 MB: more than last-level caches hold
constexpr std::int64_t stand_in_sources_least = 200;
constexpr double changes_from_ms = 0.2 * probe_limit_ms;  // earlier ones a probe sees by itself
constexpr double awake_from_hz = 10;          // an input keeps a cell awake for some 100 ms, several of its time constants

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

/// Resident memory of this process now; 0 where the system does not say.
double resident_byte() {
  std::ifstream file("/proc/self/statm");
  double total = 0, resident = 0;
  return file >> total >> resident ? resident * static_cast<double>(sysconf(_SC_PAGESIZE)) : 0;
}

/// Lets the system count the highest resident memory of this process from now on; false where it cannot (Linux: proc(5), clear_refs).
bool restart_peak() {
  std::ofstream file("/proc/self/clear_refs");
  return static_cast<bool>(file << "5" << std::flush);
}

bool only_emits(const PopulationSpec& p) { return p.membrane == "poisson_source" || p.membrane == "spike_train"; }

ProbePiece run_piece(const engine::Network& network, engine::State& state, std::uint32_t until) {
  engine::Recorder recorder(network);
  const std::uint32_t begin = state.step;
  engine::run(network, state, {.until_step = until, .warmup_step = begin}, recorder);
  RunResult result;
  recorder.finish(network, state, result);
  ProbePiece piece{.biology = Seconds{(until - begin) * network.dt() * 1e-3}, .wall = Seconds{result.simulate_s}};
  const double given = static_cast<double>(network.shards.size()) * result.simulate_s;
  if (given > 0) piece.cores_share = std::min(1.0, result.simulate_cpu_s / given);
  for (const Stage& s : result.stages) {
    if (s.name == "deliver") piece.deliver = Seconds{s.seconds};
    if (s.name == "update") piece.update = Seconds{s.seconds};
    if (s.name == "wait") piece.wait = Seconds{s.seconds};
  }
  piece.spikes = static_cast<double>(result.work.spikes);
  piece.events = static_cast<double>(result.work.synaptic_events);
  return piece;
}

/// What the network would be without recordings: a probe keeps nothing, and reading out connections takes long.
NetworkSpec without_readout(const NetworkSpec& spec) {
  NetworkSpec out = spec;
  std::erase_if(out.recordings, [](const RecordingSpec& r) { return r.kind == RecordingSpec::Kind::weights || r.kind == RecordingSpec::Kind::connectivity; });
  return out;
}

/// The shortest delay that synapses of a projection can have.
double delay_least_ms(const ProjectionSpec& p, double dt_ms) {
  const Values& d = p.delay_ms;
  if (d.kind == Values::Kind::column && d.column && !d.column->empty()) return std::max(dt_ms, *std::min_element(d.column->begin(), d.column->end()));
  if (d.is_constant()) return std::max(dt_ms, d.a);
  return std::max(dt_ms, d.kind == Values::Kind::uniform ? d.a : d.min);
}

/// Input events per second and cell of each population, at a mean rate of all neurons.
std::vector<double> input_rates(const NetworkSpec& spec, double rate_hz) {
  std::vector<double> events(spec.populations.size(), 0);
  for (const ProjectionSpec& p : spec.projections) events[static_cast<std::size_t>(p.target.population)] += engine::rule_size(p, spec).synapses * rate_hz;
  for (std::size_t k = 0; k < events.size(); ++k) events[k] /= std::max<double>(1, static_cast<double>(spec.populations[k].size));
  return events;
}

/// Cells, inputs and recordings of the network. Of each projection one synapse stays: threads then exchange spikes as often.
NetworkSpec almost_without_synapses(const NetworkSpec& spec, double rate_hz) {
  NetworkSpec out = spec;
  const std::vector<double> input = input_rates(spec, rate_hz);
  for (std::size_t k = 0; k < out.populations.size(); ++k) out.populations[k].sleep = out.populations[k].sleep && input[k] < awake_from_hz;
  for (ProjectionSpec& p : out.projections) {
    p.delay_ms = Values::constant(delay_least_ms(p, spec.simulation.dt_ms));
    if (p.weight.kind == Values::Kind::column) p.weight = Values::constant(p.weight.column && !p.weight.column->empty() ? p.weight.column->front() : 0);
    p.rule = {.kind = Rule::Kind::fixed_total_number, .number = 1};
  }
  return out;
}

struct RowShape {
  double synapses = 0, sources = 0, delay_low_ms = 1e30, delay_high_ms = 0;
};

/// Mean row of the network, and the delays that most of its synapses have.
RowShape shape_of(const NetworkSpec& spec) {
  RowShape s;
  for (const ProjectionSpec& p : spec.projections) {
    s.synapses += engine::rule_size(p, spec).synapses;
    const Values& d = p.delay_ms;
    const bool spread = !d.is_constant() && d.kind != Values::Kind::column;
    const double low = d.kind == Values::Kind::uniform ? d.a : spread ? d.a - 2 * d.b : d.kind == Values::Kind::column ? spec.simulation.dt_ms : d.a;
    const double high = d.kind == Values::Kind::uniform ? d.b : spread ? d.a + 2 * d.b : d.kind == Values::Kind::column ? spec.simulation.dt_ms : d.a;
    s.delay_low_ms = std::min(s.delay_low_ms, std::max(low, spec.simulation.dt_ms));
    s.delay_high_ms = std::max(s.delay_high_ms, std::max(high, spec.simulation.dt_ms));
  }
  s.sources = static_cast<double>(spec.neuron_count());
  return s;
}

/// A rule of the same kind where it takes its own time to draw, giving as many synapses from each source.
Rule rule_like(const NetworkSpec& spec, double row, std::int64_t sources, std::int64_t cells) {
  const ProjectionSpec* largest = &spec.projections.front();
  for (const ProjectionSpec& p : spec.projections)
    if (engine::rule_size(p, spec).synapses > engine::rule_size(*largest, spec).synapses) largest = &p;
  const double total = row * static_cast<double>(sources);
  switch (largest->rule.kind) {
    case Rule::Kind::fixed_indegree:
    case Rule::Kind::edges: return {.kind = Rule::Kind::fixed_indegree, .number = std::max<std::int64_t>(1, std::llround(total / static_cast<double>(cells)))};
    case Rule::Kind::fixed_total_number: return {.kind = Rule::Kind::fixed_total_number, .number = std::llround(total)};
    case Rule::Kind::pairwise_bernoulli:
    case Rule::Kind::distance: return {.kind = Rule::Kind::pairwise_bernoulli, .probability = std::min(1.0, row / static_cast<double>(cells))};
    default: return {.kind = Rule::Kind::fixed_outdegree, .number = std::llround(row)};
  }
}

/// Sources that fire at will, with rows as long as the network's, onto as many silent cells as the network has.
NetworkSpec delivery_stand_in(const NetworkSpec& spec, const RowShape& shape) {
  const auto cells = spec.neuron_count();
  const double row = std::max(1.0, shape.synapses / shape.sources);
  const auto sources = std::clamp<std::int64_t>(std::llround(stand_in_synapses / row), stand_in_sources_least, std::max<std::int64_t>(stand_in_sources_least, cells));
  NetworkSpec out;
  out.simulation = spec.simulation;
  PopulationSpec from{.name = "sources", .size = sources, .membrane = "poisson_source"};
  from.params["rate"] = Values::constant(std::min(200.0, 2e8 / (row * static_cast<double>(sources))));
  PopulationSpec to{.name = "cells", .size = cells, .membrane = "leaky"};
  to.sleep = false;  // waking cells is not delivering
  to.receptors.push_back({.name = "in", .kind = "delta"});
  out.populations = {from, to};
  ProjectionSpec rows{.name = "rows", .source = {0, 0, sources, 1}, .target = {1, 0, cells, 1}};
  rows.rule = rule_like(spec, row, sources, cells);
  bool constant = true;
  for (const ProjectionSpec& p : spec.projections) constant = constant && p.weight.is_constant();
  rows.weight = constant ? Values::constant(1e-9) : Values::uniform(0, 1e-9);
  rows.delay_ms = shape.delay_high_ms > shape.delay_low_ms ? Values::uniform(shape.delay_low_ms, shape.delay_high_ms) : Values::constant(shape.delay_low_ms);
  out.projections = {rows};
  return out;
}

}  // namespace

plan::NetworkCounts count_network(const NetworkSpec& spec, int threads) {
  const engine::MemoryEstimate memory = engine::estimate_memory(spec, threads);
  const SimulationSpec& s = spec.simulation;
  plan::NetworkCounts n{.name = spec.name, .neurons = static_cast<double>(spec.neuron_count()), .synapses = memory.synapses};
  n.dt = Seconds{s.dt_ms * 1e-3};
  n.duration = Seconds{s.duration_ms * 1e-3};
  n.warmup = Seconds{s.warmup_ms * 1e-3};
  n.threads = threads;
  n.estimated = Bytes{memory.total_byte() - memory.record_byte};
  for (const RecordingSpec& r : spec.recordings) n.traces += Bytes{engine::recorded_byte(spec, r)};
  for (const PopulationSpec& p : spec.populations) {
    const engine::ModelInfo* info = engine::find_model(engine::ModelInfo::Kind::membrane, p.membrane);
    n.exact_times = n.exact_times || (info && info->event_driven);
  }
  const auto spikes = [](const RecordingSpec& r) { return r.kind == RecordingSpec::Kind::spikes; };
  n.changes = phases_of(spec, changes_from_ms).size() > 1;
  n.records_spikes = spec.recordings.empty() || std::any_of(spec.recordings.begin(), spec.recordings.end(), spikes);
  return n;
}

namespace {

/// Adds the pieces of one stretch, the first 40 % of it unmeasured, as if each stood for `weight` of itself.
void run_stretch(const engine::Network& network, engine::State& state, double asked_ms, int phase, double weight, int wanted, std::vector<ProbePiece>& out) {
  const auto steps = static_cast<std::uint32_t>(std::max(2.0, std::floor(asked_ms / network.dt() + 1e-6)));
  const std::uint32_t begin = state.step, first = std::max(1u, static_cast<std::uint32_t>(unmeasured_share * steps));
  run_piece(network, state, begin + first);
  const std::uint32_t pieces = std::min<std::uint32_t>(static_cast<std::uint32_t>(wanted), steps - first);
  for (std::uint32_t k = 1; k <= pieces; ++k) {
    out.push_back(run_piece(network, state, begin + first + static_cast<std::uint32_t>(std::uint64_t{steps - first} * k / pieces)));
    out.back().phase = phase;
    out.back().weight = weight;
  }
}

/// A small network has time for more: it goes on, in pieces as long as the first stretch, until that has taken probe_wall_s or the run
/// is over. What came in the first 40 % of all is then left out.
void run_on(const engine::Network& network, engine::State& state, std::uint32_t end, double taken_s, std::vector<ProbePiece>& out) {
  const std::uint32_t piece = state.step;
  std::vector<ProbePiece> more;
  while (taken_s < probe_wall_s && state.step < end) {
    more.push_back(run_piece(network, state, std::min(end, state.step + piece)));
    taken_s += more.back().wall.value();
  }
  if (more.empty()) return;
  const auto left_out = static_cast<std::size_t>(unmeasured_share * static_cast<double>(more.size() + 1));
  if (left_out > 0) out.clear();
  out.insert(out.end(), more.begin() + static_cast<std::ptrdiff_t>(left_out > 0 ? left_out - 1 : 0), more.end());
}

/// A network as it is probed: what it reads and records is left out, and its run condensed where inputs change.
struct Probed {
  NetworkSpec spec;
  std::vector<double> probed_ms, length_ms;  ///< [phases]
};

Probed probed(const NetworkSpec& spec) {
  const std::vector<Phase> phases = phases_of(spec, changes_from_ms);
  const double run = spec.simulation.warmup_ms + spec.simulation.duration_ms;
  if (phases.size() == 1 || phases.size() > phases_most) return {without_readout(spec), {std::min(probe_limit_ms, run)}, {run}};
  CondensedRun c = condense(without_readout(spec), phases, probe_limit_ms);
  return {std::move(c.spec), std::move(c.probed_ms), std::move(c.length_ms)};
}

/// Runs all phases of a probed network, one after the other, each weighted by its part of the run: notes pieces, biology and resident memory.
void run_phases(const engine::Network& network, const Probed& p, ProbeCounters& out) {
  engine::State state = engine::start(network);
  const int pieces = p.probed_ms.size() == 1 ? pieces_measured : pieces_measured / 2;
  const double start = now_s();
  for (std::size_t k = 0; k < p.probed_ms.size(); ++k) run_stretch(network, state, p.probed_ms[k], static_cast<int>(k), p.length_ms[k] / p.probed_ms[k], pieces, out.pieces);
  if (p.probed_ms.size() == 1) {
    for (ProbePiece& piece : out.pieces) piece.weight = 1;
    run_on(network, state, static_cast<std::uint32_t>(std::llround(p.length_ms[0] / network.dt())), now_s() - start, out.pieces);
  }
  out.biology = Seconds{state.step * network.dt() * 1e-3};
  out.resident = Bytes{resident_byte()};
}

}  // namespace

std::vector<ProbePiece> run_pieces(const engine::Network& network, double biology_ms, Bytes* resident) {
  const SimulationSpec& s = network.spec.simulation;
  engine::State state = engine::start(network);
  std::vector<ProbePiece> out;
  run_stretch(network, state, std::min({biology_ms, probe_limit_ms, s.warmup_ms + s.duration_ms}), 0, 1, pieces_measured, out);
  if (resident != nullptr) *resident = Bytes{resident_byte()};
  return out;
}

plan::RunPrediction forecast(const engine::Network& network, Seconds build) {
  const SimulationSpec& s = network.spec.simulation;
  ProbeCounters probe{.built = true, .build = build};
  probe.peak = Bytes{static_cast<double>(measure::peak_rss_byte())};
  probe.pieces = run_pieces(network, 0.05 * (s.warmup_ms + s.duration_ms), &probe.resident);
  const plan::NetworkCounts counts = count_network(network.spec, static_cast<int>(network.shards.size()));
  return plan::predict_run(counts, probe, plan::activity_of(probe, counts.neurons), nullptr);
}

ProbeCounters probe_network(const NetworkSpec& spec, int threads) {
  const double start = now_s();
  const Probed p = probed(spec);
  ProbeCounters out{.built = true, .phases = static_cast<int>(p.probed_ms.size())};
  const auto network = engine::build(p.spec, {.threads = threads});
  out.build = Seconds{now_s() - start};
  out.peak = Bytes{static_cast<double>(measure::peak_rss_byte())};
  // What a run needs besides, calendars above all, it gives back at its end: only the peak shows it.
  const bool counts = restart_peak();
  run_phases(*network, p, out);
  if (counts) out.resident = max(out.resident, Bytes{static_cast<double>(measure::peak_rss_byte())});
  out.cost = Seconds{now_s() - start};
  return out;
}

namespace {

/// Delivery along rows like the network's: time and events go to the pieces, build time and memory are scaled to its size.
void add_rows(ProbeCounters& out, const NetworkSpec& spec, const RowShape& shape, int threads) {
  const double before = resident_byte(), start = now_s();
  const auto rows = engine::build(delivery_stand_in(spec, shape), {.threads = threads});
  const double scale = shape.synapses / static_cast<double>(std::max<std::int64_t>(1, rows->synapses));
  out.build = Seconds{(now_s() - start) * scale};
  out.peak = out.resident + Bytes{std::max(0.0, static_cast<double>(measure::peak_rss_byte()) - before) * scale};
  out.resident += Bytes{std::max(0.0, resident_byte() - before) * scale};
  ProbePiece sum;
  for (const ProbePiece& p : run_pieces(*rows, probe_limit_ms)) {
    sum.deliver += p.deliver * (p.cores_share < 0.9 ? p.cores_share : 1);
    sum.events += p.events;
  }
  for (ProbePiece& p : out.pieces) {  // those of the cells have next to no events of their own
    const double quiet = p.cores_share < 0.9 ? p.cores_share : 1;
    p.wall = p.wall * quiet + sum.deliver - p.deliver * quiet;
    p.cores_share = 1;
    p.deliver = sum.deliver;
    p.events = sum.events;
  }
}

}  // namespace

ProbeCounters probe_stand_in(const NetworkSpec& spec, int threads, double rate_hz) {
  ProbeCounters out;
  const double start = now_s();
  const double at_rest = resident_byte();
  {
    Probed p = probed(spec);
    p.spec = almost_without_synapses(p.spec, rate_hz);
    out.phases = static_cast<int>(p.probed_ms.size());
    const auto cells = engine::build(p.spec, {.threads = threads});
    out.build = Seconds{now_s() - start};
    run_phases(*cells, p, out);
    out.peak = out.resident = max(out.resident, Bytes{at_rest});
  }
  const RowShape shape = shape_of(spec);
  if (shape.synapses > 0) add_rows(out, spec, shape, threads);
  out.cost = Seconds{now_s() - start};
  return out;
}

std::vector<double> rates_at(const NetworkSpec& spec, double rate_hz) {
  std::vector<double> rates;
  for (const PopulationSpec& p : spec.populations) {
    const auto own = p.params.find("rate");
    const bool known = only_emits(p) && own != p.params.end() && own->second.is_constant();
    rates.push_back(known ? own->second.a : rate_hz);
  }
  return rates;
}

plan::Activity activity_at(const NetworkSpec& spec, std::span<const double> rate_hz) {
  plan::Activity a;
  double spikes = 0;
  for (std::size_t k = 0; k < spec.populations.size(); ++k) spikes += rate_hz[k] * static_cast<double>(spec.populations[k].size);
  for (const ProjectionSpec& p : spec.projections) a.events_per_s += engine::rule_size(p, spec).synapses * rate_hz[static_cast<std::size_t>(p.source.population)];
  const auto neurons = static_cast<double>(spec.neuron_count());
  a.rate_hz = neurons > 0 ? spikes / neurons : 0;
  return a;
}

}  // namespace ranvier::cli
