// SPDX-License-Identifier: Apache-2.0
/// How much memory a network will take: the arithmetic of rows.cpp, event_rows.cpp, rule/ and state.cpp, with expected numbers
/// in place of drawn ones. Nothing of the network is allocated, so a network of any size can be asked about.
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <set>
#include <tuple>

#include "engine/assemble.hpp"
#include "engine/event_model.hpp"
#include "engine/structure.hpp"
#include "engine/synapse_model.hpp"
#include "engine/values.hpp"
#include "engine/weight_series.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

/// Program, libraries and what the allocator keeps for small things: 15.1 MB in a run of two cells, 16.1 MB where more of the code is used.
constexpr double process_byte = 15.6e6;
/// What reading tables (CSV, HDF5) leaves behind, beside the columns themselves.
constexpr double tables_byte = 4.3e6;
/// Activity is not known before a run: 5 spikes a second and cell, none where cells may sleep. Each is there four times when it is
/// handed over (record.cpp); with an exact time it is larger.
constexpr double assumed_rate_hz = 5, spike_byte = 32, exact_spike_byte = 88;
/// A projection on a block while it is drawn: batches, weights and delays of a batch (rows.cpp, rule.hpp).
constexpr double collector_byte = 60e3;
/// Arenas of at least this size lie in huge pages, and so take whole ones.
constexpr double huge_page = 2 << 20, page = 4096;

double in_pages(double byte) { return byte >= huge_page ? std::ceil(byte / huge_page) * huge_page : std::ceil(byte / page) * page; }

const PopulationSpec& population(const NetworkSpec& spec, const Slice& s) { return spec.populations[static_cast<std::size_t>(s.population)]; }
bool is_event_driven(const NetworkSpec& spec, const ProjectionSpec& p) { return find_event_membrane(population(spec, p.target).membrane) != nullptr; }
bool is_transposed(const ProjectionSpec& p) { return p.rule.kind == Rule::Kind::fixed_indegree || p.rule.kind == Rule::Kind::edges; }

/// Shards that hold cells of a population: parts are dealt in whole groups.
double shards_of(const PopulationSpec& p, int threads) {
  return std::min<double>(threads, std::ceil(static_cast<double>(p.size) / static_cast<double>(group_size)));
}

/// Share of a projection's synapses that have each delay [steps].
std::map<std::uint32_t, double> delay_shares(const ProjectionSpec& p, double dt_ms) {
  const Sampler delay(p.delay_ms);
  const auto steps = [&](double ms) { return static_cast<std::uint32_t>(std::max(1.0, std::round(ms / dt_ms))); };
  if (delay.constant()) return {{steps(delay.constant_value()), 1.0}};
  std::map<std::uint32_t, double> shares;
  const bool column = p.delay_ms.kind == Values::Kind::column;
  const std::size_t size = column ? p.delay_ms.column->size() : 0, n = column ? std::min<std::size_t>(size, 1 << 16) : 4096;
  for (std::size_t k = 0; k < n; ++k)  // of a column some, evenly spread; else the quantiles of the distribution
    shares[steps(column ? delay.draw_one(0, k * size / n) : delay.draw_one(static_cast<std::uint32_t>((2 * k + 1) << 19), 0))] += 1.0 / static_cast<double>(n);
  return shares;
}

/// Synapses that share segments where they share the delay too: one code (row.hpp), as far as the file tells.
struct Kind {
  int receptor = 0;
  bool constant = false;
  double weight = 0;       ///< constant: its value; else the power of two of the largest
  bool negative = false;
  auto operator<=>(const Kind&) const = default;
};

/// Of one source's row on one shard: expected synapses of a kind, by delay.
struct Fan {
  double all = 0;
  std::map<std::uint32_t, double> by_delay;
};

/// Expected length of a row in words, headers and end included. Counts are taken for Poisson's, as the rules that draw them make them.
double row_words(const std::map<Kind, Fan>& row, bool exact) {
  double words = 0, all = 0;
  std::uint32_t last = 0;
  for (const auto& [kind, fan] : row) {
    all += fan.all;
    for (const auto& [delay, n] : fan.by_delay) {
      const double some = 1 - std::exp(-n);                         // that there is a segment
      const double odd = (1 - std::exp(-2 * n)) / 2;                // that its last word is half empty
      words += some + (kind.constant ? (n + odd) / 2 : exact ? 2 * n : n);
      last = std::max(last, delay);
    }
  }
  const double gaps = last / Header::gap_max;                       // headers that only bridge a long delay
  return words + (1 - std::exp(-all)) * (1.5 + gaps);               // end, and the odd word that aligns the next row
}

/// The rows that the sources of one population have on all shards, and what it takes to draw them.
struct SourceRows {
  double row_byte = 0, event_byte = 0, plastic_byte = 0, drawing_byte = 0, synapses = 0;
};

/// Targets, segments and drawn weights of synapses with a state (plastic_row.hpp).
double plastic_rows_byte(const ProjectionSpec& p, double n, int threads, double dt_ms, bool double_precision) {
  const double rows = static_cast<double>(p.source.size()) * threads;
  return n * (p.weight.is_constant() ? 4 : double_precision ? 12 : 8) + 4 * rows + 8 * std::min(n, rows * static_cast<double>(delay_shares(p, dt_ms).size()));
}
/// Synapses that come and go: a second table in the State, grown as far as the rule allows within the run, and a third one with its
/// columns while it is made anew; a word and a place for each vacant element or place. Beyond the estimate: the candidates of deletion.
double growth_byte(const NetworkSpec& spec, const ProjectionSpec& p, int threads) {
  if (!structure_of(p)) return 0;
  const double n = structural_synapses_bound(p, spec), real = spec.simulation.double_precision ? 8 : 4;
  const double table = plastic_rows_byte(p, n, threads, spec.simulation.dt_ms, spec.simulation.double_precision);
  return 2 * table + 4 * n + 2 * real * n + 24 * static_cast<double>(p.source.size() + p.target.size());
}
/// Their columns, traces of the sources and histories of the targets (plastic_of.hpp).
double plastic_state_byte(const NetworkSpec& spec, const ProjectionSpec& p, int threads) {
  const double real = spec.simulation.double_precision ? 8 : 4;
  double columns = 1, per_target = 0;
  for (const SynapseSpec& s : p.synapse) {
    const SynapseModel* model = find_synapse(s.rule);
    if (!model || !model->changes_weights()) continue;
    const SynapseParameters parameters = synapse_parameters(*model, s, p, spec.simulation.dt_ms);
    if (model->n_state) columns += model->n_state(parameters);
    const auto delay = static_cast<std::uint32_t>(std::clamp(Sampler(p.delay_ms).highest() / spec.simulation.dt_ms, 1.0, 65535.0));
    if (model->cell_values) per_target = real * static_cast<double>(model->cell_values(parameters, delay));
  }
  return real * columns * rule_size(p, spec).synapses + 40.0 * static_cast<double>(p.source.size()) * threads + (80.0 + per_target) * static_cast<double>(population(spec, p.target).size);
}

void add_to_row(std::map<Kind, Fan>& row, const ProjectionSpec& p, double per_source, double dt_ms) {
  const Sampler weight(p.weight);
  const double largest = std::max(std::fabs(weight.lowest()), std::fabs(weight.highest()));
  const double negative = weight.constant() || weight.highest() <= 0 ? 1.0 * (weight.lowest() < 0) : weight.lowest() < 0 ? 0.5 : 0.0;
  const auto shares = delay_shares(p, dt_ms);
  for (const bool sign : {false, true}) {
    const double n = per_source * (sign ? negative : 1 - negative);
    if (n <= 0) continue;
    const bool constant = weight.constant();
    Fan& fan = row[{p.receptor, constant, constant ? weight.constant_value() : std::floor(std::log2(std::max(largest, 1e-300))), sign}];
    fan.all += n;
    for (const auto& [delay, share] : shares) fan.by_delay[delay] += n * share;
  }
}

/// 256 sources at a time, fewer where their records would not stay in the cache (rows.cpp); two copies while they are sorted.
double sorting_byte(double per_source_and_shard, std::int64_t sources, std::size_t record_byte) {
  double group = 256;
  while (group > 1 && per_source_and_shard * group > 4e6) group /= 2;
  return 2 * static_cast<double>(record_byte) * per_source_and_shard * std::min(group, static_cast<double>(sources));
}

SourceRows rows_of(const NetworkSpec& spec, int source, int threads, bool exact) {
  SourceRows out;
  const PopulationSpec& from = spec.populations[static_cast<std::size_t>(source)];
  std::map<Kind, Fan> row;
  double on_grid = 0, shards = 1;
  for (const ProjectionSpec& p : spec.projections) {
    if (p.source.population != source) continue;
    const double n = rule_size(p, spec).synapses;
    out.synapses += n;
    shards = std::max(shards, shards_of(population(spec, p.target), threads));
    if (is_transposed(p)) out.drawing_byte += 8 * n + 8 * static_cast<double>(p.source.size()) * threads;
    if (is_plastic(p)) {
      out.plastic_byte += plastic_rows_byte(p, n, threads, spec.simulation.dt_ms, spec.simulation.double_precision);
      out.drawing_byte += 4 * n;  // the targets once more
    } else if (is_event_driven(spec, p)) {
      const bool alike = p.delay_ms.is_constant();
      out.event_byte += 12 * n + 24 * (alike ? std::min(n, static_cast<double>(p.source.size()) * threads) : n);
      out.drawing_byte += 48 * n;  // records
    } else {
      on_grid += n;
    }
  }
  for (const ProjectionSpec& p : spec.projections) {
    if (p.source.population != source || is_event_driven(spec, p) || is_plastic(p)) continue;
    const double n = rule_size(p, spec).synapses / static_cast<double>(std::max<std::int64_t>(1, from.size));
    add_to_row(row, p, n / shards, spec.simulation.dt_ms);
  }
  out.row_byte = 4 * row_words(row, exact) * shards * static_cast<double>(from.size);
  out.drawing_byte += shards * sorting_byte(on_grid / static_cast<double>(std::max<std::int64_t>(1, from.size)) / shards, from.size, exact ? 12 : 8);
  return out;
}

/// What rules keep from the beginning of drawing to the end of their source population.
double rules_byte(const NetworkSpec& spec, int threads) {
  double byte = 0;
  for (const ProjectionSpec& p : spec.projections) {
    const double S = static_cast<double>(p.source.size()), T = static_cast<double>(p.target.size());
    const double shards = shards_of(population(spec, p.target), threads);
    byte += shards * collector_byte;
    if (p.rule.kind == Rule::Kind::fixed_total_number) {
      byte += 8 * std::ceil(S / tile_sources) * std::ceil(T / tile_targets);
      if (!p.rule.allow_autapses && p.source.population == p.target.population) byte += 8 * S * shards;
    }
    if (p.rule.kind == Rule::Kind::fixed_outdegree && !p.rule.allow_multapses) byte += 8 * T * shards;
  }
  return byte;
}

bool is_constant(const std::pair<const std::string, Values>& parameter) { return parameter.second.is_constant(); }
bool all_constant(const std::map<std::string, Values>& parameters) { return std::all_of(parameters.begin(), parameters.end(), is_constant); }
double drawn_count(const std::map<std::string, Values>& values) {
  return static_cast<double>(std::count_if(values.begin(), values.end(), [](const auto& v) { return !is_constant(v); }));
}

/// What tells receptors apart: alike ones share slots and a state (build.cpp).
std::string identity(const ReceptorSpec& r) {
  std::string text = fmt::format("{} {}", r.kind, r.conductance);
  for (const auto& [name, v] : r.params) text += v.is_constant() ? fmt::format(" {}={}", name, v.a) : fmt::format(" {}@{}", name, static_cast<const void*>(&v));
  return text;
}

/// Whether cells may fall asleep, by what the file says (build.cpp, may_sleep, looks at parameters too).
bool sleeps(const NetworkSpec& spec, int index, const PopulationSpec& p, const MembraneEntry& membrane) {
  if (!p.sleep || !membrane.model->quiet || !membrane.step_sleepers(false, true)) return false;
  const auto keeps_awake = [&](const InputSpec& i) { return i.target.population == index && (i.kind != InputSpec::Kind::poisson || 2 * i.target.size() > p.size); };
  const auto sleepless = [](const ReceptorSpec& r) { const ReceptorModel* m = find_receptor(r.kind); return r.conductance || !m || !m->sleeps; };
  const auto watched = [&](const ProjectionSpec& projection) { return projection.target.population == index && watches_potential(projection); };
  if (std::any_of(spec.projections.begin(), spec.projections.end(), watched)) return false;
  return std::none_of(spec.inputs.begin(), spec.inputs.end(), keeps_awake) && std::none_of(p.receptors.begin(), p.receptors.end(), sleepless);
}

/// The state of a population's cells (state.cpp, lay_out), and the parameters that it keeps.
double cells_byte(const NetworkSpec& spec, int index) {
  const PopulationSpec& p = spec.populations[static_cast<std::size_t>(index)];
  const double n = static_cast<double>(round_to_group(static_cast<std::size_t>(p.size)));
  if (const EventModel* event = find_event_membrane(p.membrane)) return 8 * n * static_cast<double>(event->cell_doubles);
  const MembraneEntry* membrane = find_membrane(p.membrane);
  if (!membrane) return 0;
  const double real = spec.simulation.double_precision ? 8 : 4;
  bool uniform = all_constant(p.params);
  for (const ReceptorSpec& r : p.receptors) uniform = uniform && all_constant(r.params);
  double reals = static_cast<double>(membrane->model->info->state.size()) + (uniform ? 0 : membrane->model->n_constants), slots = 0;
  std::set<std::string> pools;
  for (int k = 0; k < static_cast<int>(p.receptors.size()); ++k) {
    const ReceptorSpec& r = p.receptors[static_cast<std::size_t>(k)];
    const ReceptorModel* model = find_receptor(r.kind);
    if (!model || !pools.insert(identity(r)).second) continue;
    reals += static_cast<double>(model->info->state.size()) + (uniform ? 0 : model->n_constants);
    slots += static_cast<double>(sites_of(p, k));
  }
  for (const InputSpec& input : spec.inputs)
    if (input.target.population == index && input.kind != InputSpec::Kind::poisson) {
      reals += 1;  // and the sums of all of them, in double
      slots += 2;
      break;
    }
  const double asleep = sleeps(spec, index, p, *membrane) ? 4 : 0;
  return n * (reals * real + 4 + asleep + slots * (spec.simulation.double_precision ? 8 : 4)) + 8 * n * drawn_count(p.params);
}

/// What waveform relaxation keeps of an interval: the input of all cells, and of coupled ones their currents and, twice, potentials and their means (gap_wave.hpp).
double wave_byte(const NetworkSpec& spec) {
  if (spec.gap_junctions.empty() || spec.gap_method.kind == GapMethodSpec::Kind::explicit_euler) return 0;
  const double dt = spec.simulation.dt_ms;
  double interval_ms = spec.gap_method.interval_ms, byte = 0;
  for (const ProjectionSpec& p : spec.projections) interval_ms = std::min(interval_ms, p.delay_ms.is_constant() ? std::max(p.delay_ms.a, dt) : std::max(p.delay_ms.min, dt));
  for (int k = 0; k < static_cast<int>(spec.populations.size()); ++k) {
    const PopulationSpec& p = spec.populations[static_cast<std::size_t>(k)];
    double slots = 0;
    for (int r = 0; r < static_cast<int>(p.receptors.size()); ++r) slots += static_cast<double>(sites_of(p, r));
    const bool coupled = std::any_of(spec.gap_junctions.begin(), spec.gap_junctions.end(), [&](const GapJunctionSpec& g) { return g.source.population == k || g.target.population == k; });
    byte += static_cast<double>(p.size) * (slots * (spec.simulation.double_precision ? 8 : 4) + (coupled ? 40 : 0));
  }
  return byte * std::max(1.0, interval_ms / dt);
}

/// The spec itself: columns, edges, positions and trains (the network keeps a copy of those two). Columns that several projections share count once.
double description_byte(const NetworkSpec& spec) {
  std::set<const void*> seen;
  double byte = 0;
  const auto add = [&](const auto& column) {
    if (column && seen.insert(column.get()).second) byte += 8 * static_cast<double>(column->size());
  };
  for (const ProjectionSpec& p : spec.projections) {
    add(p.rule.edge_sources);
    add(p.rule.edge_targets);
    add(p.weight.column);
    add(p.delay_ms.column);
  }
  const bool trains = std::any_of(spec.populations.begin(), spec.populations.end(), [](const PopulationSpec& p) { return !p.trains.times_ms.empty(); });
  const bool tables = trains || !seen.empty();  // columns of cells may be formulas
  for (const PopulationSpec& p : spec.populations) {
    byte += 16 * static_cast<double>(p.positions_um.size()) + 16 * static_cast<double>(p.trains.times_ms.size());
    for (const auto& [name, v] : p.params) add(v.column);
    for (const auto& [name, v] : p.initial) add(v.column);
  }
  return byte + (tables ? tables_byte : 0);
}

double kept_byte(const NetworkSpec& spec) {
  const SimulationSpec& s = spec.simulation;
  const double run_ms = s.warmup_ms + s.duration_ms;
  double byte = 0;
  for (int k = 0; k < static_cast<int>(spec.populations.size()); ++k) {
    const PopulationSpec& p = spec.populations[static_cast<std::size_t>(k)];
    const MembraneEntry* membrane = find_membrane(p.membrane);
    if (membrane && sleeps(spec, k, p, *membrane)) continue;
    byte += (find_event_membrane(p.membrane) ? exact_spike_byte : spike_byte) * assumed_rate_hz * 1e-3 * run_ms * static_cast<double>(p.size);
  }
  for (const RecordingSpec& r : spec.recordings) byte += recorded_byte(spec, r);
  return byte;
}

std::uint64_t free_memory() {
  std::ifstream file("/proc/meminfo");
  std::string key, unit;
  for (std::uint64_t value; file >> key >> value >> unit;)
    if (key == "MemAvailable:") return value * 1024;
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<std::uint64_t>(sysconf(_SC_PAGE_SIZE));
}

}  // namespace

double MemoryEstimate::total_byte() const { return process_byte + description_byte + std::max(building_byte, row_byte + event_byte + state_byte + std::max(state_byte, record_byte)); }

MemoryEstimate estimate_memory(const NetworkSpec& spec, int threads) {
  MemoryEstimate e{.process_byte = engine::process_byte, .description_byte = engine::description_byte(spec), .record_byte = kept_byte(spec)};
  const bool exact = spec.simulation.double_precision && std::any_of(spec.projections.begin(), spec.projections.end(), [](const ProjectionSpec& p) { return !p.weight.is_constant(); });
  const double rules = rules_byte(spec, threads);
  const double index = 4 * static_cast<double>(spec.neuron_count()) * threads;
  e.row_byte = index;
  for (int k = 0; k < static_cast<int>(spec.populations.size()); ++k) {  // one source population after the other
    const SourceRows rows = rows_of(spec, k, threads, exact);
    e.synapses += rows.synapses;
    e.row_byte += rows.row_byte + rows.plastic_byte;
    e.event_byte += rows.event_byte;
    e.building_byte = std::max(e.building_byte, rules + e.row_byte + e.event_byte + rows.drawing_byte);
    e.state_byte += cells_byte(spec, k);
  }
  for (const ProjectionSpec& p : spec.projections)
    if (is_plastic(p)) e.state_byte += plastic_state_byte(spec, p, threads) + growth_byte(spec, p, threads);
  const double junctions = gap_junctions_expected(spec);
  e.state_byte += 24 * junctions + wave_byte(spec);  // two ends each
  e.building_byte = std::max(e.building_byte, rules + e.row_byte + e.event_byte + 48 * junctions);
  e.row_byte = threads * in_pages(e.row_byte / threads);
  e.state_byte = threads * in_pages(e.state_byte / threads);
  return e;
}

MemoryEstimate check_memory(const NetworkSpec& spec, const Options& options) {
  const MemoryEstimate need = estimate_memory(spec, std::max(1, options.threads));
  const std::uint64_t have = options.memory_byte ? options.memory_byte : free_memory();
  if (need.bound_byte() <= static_cast<double>(have)) return need;
  constexpr double gib = 1024.0 * 1024 * 1024;
  const double rows = need.row_byte + need.event_byte;
  throw InputError(fmt::format(
      "cannot build: {:.0f} synapses take {:.2f} GiB, cells {:.2f} GiB, building {:.2f} GiB: {:.2f} GiB at most, but {:.2f} GiB are free\n"
      "  try: a smaller network ([downscale] or --set), constant weights (2 bytes a synapse){}, or a machine with more memory",
      need.synapses, rows / gib, need.state_byte / gib, std::max(0.0, need.building_byte - rows) / gib, need.bound_byte() / gib, static_cast<double>(have) / gib,
      spec.simulation.double_precision ? ", precision = \"single\" (4 bytes a synapse instead of 8)" : ""));
}

}  // namespace ranvier::engine
