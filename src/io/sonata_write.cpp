// SPDX-License-Identifier: Apache-2.0
#include "sonata_write.hpp"

#include <array>
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
  const std::string group =
      "/report/" + plain_name(spec.populations.at(static_cast<std::size_t>(trace.population)).name);
  const std::size_t samples = trace.sample_count(), neurons = trace.neurons.size();
  const GridTime time(spec.simulation.dt_ms);
  Hdf5Image image;
  std::visit([&](const auto& values) { image.dataset(group + "/data", std::span(values), {samples, neurons}); },
             variable_values(trace, variable));
  image.attribute(group + "/data", "units", trace.variables[variable].unit);

  const std::string mapping = group + "/mapping";
  // A point neuron is one element, number 0.
  image.dataset(mapping + "/node_ids", widened(trace.neurons));
  image.attribute(mapping + "/node_ids", "sorted", std::array<std::uint32_t, 1>{1});
  image.dataset(mapping + "/index_pointers", counting(neurons + 1));
  image.dataset(mapping + "/element_ids", std::vector<std::uint32_t>(neurons, 0));
  image.dataset(mapping + "/element_pos", std::vector<float>(neurons, 0));
  const std::array<double, 3> times{time(trace.first_step),
                                    time(trace.first_step + std::uint64_t{trace.interval} * samples),
                                    time(trace.interval)};
  image.dataset(mapping + "/time", times);
  image.attribute(mapping + "/time", "units", "ms");
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
  return save(image, path);
}

}  // namespace ranvier::io
