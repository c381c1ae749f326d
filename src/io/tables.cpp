// SPDX-License-Identifier: Apache-2.0
#include "tables.hpp"

#include <algorithm>
#include <tuple>

#include "core/grid_time.hpp"

namespace ranvier::io {

std::vector<bool> spikes_recorded(const NetworkSpec& spec) {
  if (spec.recordings.empty()) return std::vector<bool>(spec.populations.size(), true);
  std::vector<bool> recorded(spec.populations.size(), false);
  for (const auto& recording : spec.recordings)
    if (recording.kind == RecordingSpec::Kind::spikes && recording.neurons.population >= 0)
      recorded[static_cast<std::size_t>(recording.neurons.population)] = true;
  return recorded;
}

const std::string& result_name(const PopulationSpec& population) { return population.part_of.empty() ? population.name : population.part_of; }

std::uint64_t result_id(const PopulationSpec& population, std::int64_t index) {
  return static_cast<std::uint64_t>(population.node_ids ? (*population.node_ids)[static_cast<std::size_t>(index)] : index);
}

std::vector<std::int64_t> first_ids(const NetworkSpec& spec) {
  std::vector<std::int64_t> first{0};
  for (const auto& population : spec.populations) first.push_back(first.back() + population.size);
  return first;
}

namespace {

/// Spikes come by step and neuron; off the grid, several times may lie within a step; and parts come one after another.
void sort_by_time(SpikeTable& table) {
  const auto in_order = [&](std::size_t i) { return std::tie(table.timestamps_ms[i - 1], table.node_ids[i - 1]) <= std::tie(table.timestamps_ms[i], table.node_ids[i]); };
  std::size_t i = 1;
  while (i < table.node_ids.size() && in_order(i)) ++i;
  if (i >= table.node_ids.size()) return;
  std::vector<std::pair<double, std::uint64_t>> rows;
  for (std::size_t k = 0; k < table.node_ids.size(); ++k) rows.emplace_back(table.timestamps_ms[k], table.node_ids[k]);
  std::sort(rows.begin(), rows.end());
  for (std::size_t k = 0; k < rows.size(); ++k) std::tie(table.timestamps_ms[k], table.node_ids[k]) = rows[k];
}

/// Adds the table of a part to that of its population; true where there is one already.
bool join_part(std::vector<SpikeTable>& tables, const SpikeTable& part) {
  const auto whole = std::find_if(tables.begin(), tables.end(), [&](const SpikeTable& t) { return t.population == part.population; });
  if (whole == tables.end()) return false;
  whole->timestamps_ms.insert(whole->timestamps_ms.end(), part.timestamps_ms.begin(), part.timestamps_ms.end());
  whole->node_ids.insert(whole->node_ids.end(), part.node_ids.begin(), part.node_ids.end());
  sort_by_time(*whole);
  return true;
}

}  // namespace

std::vector<SpikeTable> spike_tables(const NetworkSpec& spec, const std::vector<Spike>& spikes, const std::vector<double>& times_ms) {
  const auto first = first_ids(spec);
  const auto population_of = [&](std::uint32_t neuron) {
    return static_cast<std::size_t>(std::upper_bound(first.begin() + 1, first.end() - 1, neuron) - first.begin() - 1);
  };
  std::vector<std::size_t> count(spec.populations.size(), 0);
  for (const auto& spike : spikes) ++count[population_of(spike.neuron)];

  const auto recorded = spikes_recorded(spec);
  std::vector<SpikeTable> all(spec.populations.size());
  for (std::size_t p = 0; p < all.size(); ++p) {
    all[p].population = result_name(spec.populations[p]);
    all[p].timestamps_ms.reserve(count[p]);
    all[p].node_ids.reserve(count[p]);
  }
  const GridTime time(spec.simulation.dt_ms);
  for (std::size_t i = 0; i < spikes.size(); ++i) {
    const Spike& spike = spikes[i];
    const std::size_t p = population_of(spike.neuron);
    all[p].timestamps_ms.push_back(times_ms.empty() ? time(spike.step) : times_ms[i]);
    all[p].node_ids.push_back(result_id(spec.populations[p], spike.neuron - first[p]));
  }
  std::vector<SpikeTable> tables;
  for (std::size_t p = 0; p < all.size(); ++p)
    if (recorded[p] || count[p] > 0) {
      if (!times_ms.empty() || spec.populations[p].node_ids) sort_by_time(all[p]);
      if (spec.populations[p].part_of.empty() || !join_part(tables, all[p])) tables.push_back(std::move(all[p]));
    }
  return tables;
}

std::variant<std::vector<float>, std::vector<double>> variable_values(const Trace& trace, std::size_t variable) {
  using Result = std::variant<std::vector<float>, std::vector<double>>;
  return std::visit(
      [&](const auto& values) -> Result {
        const std::size_t neurons = trace.neurons.size();
        std::remove_cvref_t<decltype(values)> out;
        out.reserve(trace.sample_count() * neurons);
        for (std::size_t i = 0; i < trace.sample_count(); ++i) {
          const auto from = values.begin() + static_cast<std::ptrdiff_t>(i * trace.row_size() + variable * neurons);
          out.insert(out.end(), from, from + static_cast<std::ptrdiff_t>(neurons));
        }
        return out;
      },
      trace.values);
}

std::vector<double> times_of(const NetworkSpec& spec, const std::vector<std::uint32_t>& steps) {
  const GridTime time(spec.simulation.dt_ms);
  std::vector<double> times;
  for (const std::uint32_t step : steps) times.push_back(time(step));
  return times;
}

namespace {

template <class T>
std::vector<double> regular_times(const NetworkSpec& spec, const T& trace) {
  const GridTime time(spec.simulation.dt_ms);
  std::vector<double> times(trace.sample_count());
  for (std::size_t i = 0; i < times.size(); ++i) times[i] = time(trace.first_step + std::uint64_t{trace.interval} * i);
  return times;
}

}  // namespace

std::vector<double> times_of(const NetworkSpec& spec, const Trace& trace) { return regular_times(spec, trace); }
std::vector<double> times_of(const NetworkSpec& spec, const VolumeTrace& trace) { return regular_times(spec, trace); }

std::string weight_unit(const NetworkSpec& spec, const Connections& connections) {
  const auto& receptors = spec.populations.at(static_cast<std::size_t>(connections.target_population)).receptors;
  std::string unit;
  for (std::size_t r = 0; r < receptors.size(); ++r) {
    if (std::find(connections.receptor.begin(), connections.receptor.end(), r) == connections.receptor.end()) continue;
    const std::string own = receptors[r].conductance ? "nS" : receptors[r].kind == "delta" ? "mV" : receptors[r].kind == "event" || receptors[r].kind == "dendrite" ? "1" : "pA";
    if (!unit.empty() && unit != own) return "";
    unit = own;
  }
  return unit;
}

std::string plain_name(std::string_view name) {
  std::string plain(name);
  for (char& c : plain)
    if (c == '/' || c == '\\' || static_cast<unsigned char>(c) < ' ') c = '_';
  if (plain.empty() || plain == "." || plain == "..") plain += "_";
  return plain;
}

}  // namespace ranvier::io
