// SPDX-License-Identifier: Apache-2.0
#include "sonata_write.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <numeric>

#include "core/grid_time.hpp"
#include "hdf5_write.hpp"

namespace ranvier::io {
namespace {

OutputFile save(Hdf5Image& image, const std::filesystem::path& path) {
  mark_sonata(image);
  OutputFile file(path);
  image.write(file);
  file.close();
  return file;
}

std::vector<std::uint64_t> widened(const std::vector<std::uint32_t>& ids) { return {ids.begin(), ids.end()}; }

std::vector<std::uint64_t> counting(std::size_t count) {
  std::vector<std::uint64_t> numbers(count);
  std::iota(numbers.begin(), numbers.end(), 0);
  return numbers;
}

/// The cells of a report that belong to one population, and where their values are: column `column` of a trace.
struct ReportCell {
  std::uint64_t id;
  std::size_t trace, column;
};

/// [n_samples][cells] of one variable, in C order.
template <class T>
std::vector<T> gathered(const std::vector<std::vector<T>>& values, const std::vector<std::size_t>& widths, const std::vector<ReportCell>& cells, std::size_t samples) {
  std::vector<T> out;
  out.reserve(samples * cells.size());
  for (std::size_t i = 0; i < samples; ++i)
    for (const ReportCell& cell : cells) out.push_back(values[cell.trace][i * widths[cell.trace] + cell.column]);
  return out;
}

void write_mapping(Hdf5Image& image, const std::string& mapping, const std::vector<std::uint64_t>& ids, const NetworkSpec& spec, const Trace& trace, std::size_t samples) {
  const GridTime time(spec.simulation.dt_ms);
  // A point neuron is one element, number 0.
  image.dataset(mapping + "/node_ids", ids);
  image.attribute(mapping + "/node_ids", "sorted", std::array<std::uint32_t, 1>{1});
  image.dataset(mapping + "/index_pointers", counting(ids.size() + 1));
  image.dataset(mapping + "/element_ids", std::vector<std::uint32_t>(ids.size(), 0));
  image.dataset(mapping + "/element_pos", std::vector<float>(ids.size(), 0));
  const std::array<double, 3> times{time(trace.first_step), time(trace.first_step + std::uint64_t{trace.interval} * samples), time(trace.interval)};
  image.dataset(mapping + "/time", times);
  image.attribute(mapping + "/time", "units", "ms");
}

/// The traces of `of` that are about parts of one population: one group of the file. `single`: as float32 in any case.
void write_report_group(Hdf5Image& image, const NetworkSpec& spec, const std::string& population, const std::vector<const Trace*>& of, std::size_t variable, bool single) {
  std::vector<ReportCell> cells;
  std::vector<std::size_t> widths;
  for (std::size_t t = 0; t < of.size(); ++t) {
    widths.push_back(of[t]->neurons.size());
    for (std::size_t k = 0; k < of[t]->neurons.size(); ++k)
      cells.push_back({result_id(spec.populations.at(static_cast<std::size_t>(of[t]->population)), of[t]->neurons[k]), t, k});
  }
  std::sort(cells.begin(), cells.end(), [](const ReportCell& a, const ReportCell& b) { return a.id < b.id; });
  std::size_t samples = of[0]->sample_count();
  for (const Trace* trace : of) samples = std::min(samples, trace->sample_count());

  const std::string group = "/report/" + plain_name(population);
  const auto write = [&]<class From, class To>(From, To) {
    std::vector<std::vector<From>> values;
    for (const Trace* trace : of) values.push_back(std::get<std::vector<From>>(variable_values(*trace, variable)));
    const auto all = gathered(values, widths, cells, samples);
    image.dataset(group + "/data", std::span<const To>(std::vector<To>(all.begin(), all.end())), {samples, cells.size()});
  };
  if (std::holds_alternative<std::vector<float>>(of[0]->values)) write(float{}, float{});
  else if (single) write(double{}, float{});
  else write(double{}, double{});
  image.attribute(group + "/data", "units", of[0]->variables[variable].unit);
  std::vector<std::uint64_t> ids;
  for (const ReportCell& cell : cells) ids.push_back(cell.id);
  write_mapping(image, group + "/mapping", ids, spec, *of[0], samples);
}

}  // namespace

OutputFile write_sonata_spikes(const std::filesystem::path& path, const std::vector<SpikeTable>& tables) {
  Hdf5Image image;
  image.group("/spikes");
  for (const auto& table : tables) {
    const std::string group = "/spikes/" + plain_name(table.population);
    image.dataset(group + "/timestamps", table.timestamps_ms);
    image.attribute(group + "/timestamps", "units", "ms");
    image.dataset(group + "/node_ids", table.node_ids);
    image.attribute(group, "sorting", {{"none", 0}, {"by_id", 1}, {"by_time", 2}}, 2);
  }
  return save(image, path);
}

OutputFile write_sonata_trace(const std::filesystem::path& path, const NetworkSpec& spec, const Trace& trace,
                              std::size_t variable) {
  Hdf5Image image;
  write_report_group(image, spec, result_name(spec.populations.at(static_cast<std::size_t>(trace.population))), {&trace}, variable, false);
  return save(image, path);
}

OutputFile write_sonata_report(const std::filesystem::path& path, const NetworkSpec& spec, const std::vector<const Trace*>& traces) {
  std::map<std::string, std::vector<const Trace*>> by_population;
  for (const Trace* trace : traces) by_population[result_name(spec.populations.at(static_cast<std::size_t>(trace->population)))].push_back(trace);
  Hdf5Image image;
  for (const auto& [population, of] : by_population) write_report_group(image, spec, population, of, 0, true);
  return save(image, path);
}

OutputFile write_sonata_edges(const std::filesystem::path& path, const NetworkSpec& spec,
                              const Connections& connections) {
  const auto& source = spec.populations.at(static_cast<std::size_t>(connections.source_population)).name;
  const auto& target = spec.populations.at(static_cast<std::size_t>(connections.target_population)).name;
  const std::string group = "/edges/" + plain_name(source) + "__" + plain_name(target);
  const std::size_t count = connections.source.size();
  Hdf5Image image;
  image.dataset(group + "/source_node_id", widened(connections.source));
  image.attribute(group + "/source_node_id", "node_population", source);
  image.dataset(group + "/target_node_id", widened(connections.target));
  image.attribute(group + "/target_node_id", "node_population", target);
  image.dataset(group + "/edge_type_id", std::vector<std::uint32_t>(count, 0));
  image.dataset(group + "/edge_group_id", std::vector<std::uint32_t>(count, 0));
  image.dataset(group + "/edge_group_index", counting(count));
  image.dataset(group + "/0/syn_weight", connections.weight);
  const std::string unit = weight_unit(spec, connections);
  if (!unit.empty()) image.attribute(group + "/0/syn_weight", "units", unit);
  image.dataset(group + "/0/delay", connections.delay_ms);
  image.attribute(group + "/0/delay", "units", "ms");
  image.dataset(group + "/0/receptor",
                               std::vector<std::uint32_t>(connections.receptor.begin(), connections.receptor.end()));
  if (connections.sampled) {
    std::visit([&](const auto& samples) { image.dataset("/weights/data", samples, {connections.sample_steps.size(), count}); }, connections.samples);
    if (!unit.empty()) image.attribute("/weights/data", "units", unit);
    image.dataset("/weights/time", times_of(spec, connections.sample_steps));
    image.attribute("/weights/time", "units", "ms");
  }
  return save(image, path);
}

OutputFile write_hdf5_volumes(const std::filesystem::path& path, const NetworkSpec& spec, const VolumeTrace& trace) {
  Hdf5Image image;
  const std::size_t samples = trace.sample_count(), n = trace.volumes.size();
  for (std::size_t k = 0; k < n; ++k) {
    std::vector<double> values;
    for (std::size_t i = 0; i < samples; ++i) values.push_back(trace.values[i * n + k]);
    image.dataset("/volumes/" + plain_name(trace.volumes[k]) + "/concentration", values);
  }
  image.dataset("/time", times_of(spec, trace));
  image.attribute("/time", "units", "ms");
  return save(image, path);
}

}  // namespace ranvier::io
