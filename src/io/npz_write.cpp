// SPDX-License-Identifier: Apache-2.0
#include "npz_write.hpp"

#include "npz.hpp"

namespace ranvier::io {

OutputFile write_npz_spikes(const std::filesystem::path& path, const std::vector<SpikeTable>& tables) {
  NpzWriter archive(path);
  std::vector<std::string> names;
  for (const auto& table : tables) names.push_back(table.population);
  archive.words("populations", names);
  for (const auto& table : tables) {
    const std::string folder = plain_name(table.population);
    archive.array<double>(folder + "/timestamps", table.timestamps_ms);
    archive.array<std::uint64_t>(folder + "/node_ids", table.node_ids);
  }
  return std::move(archive).finish();
}

OutputFile write_npz_trace(const std::filesystem::path& path, const NetworkSpec& spec, const Trace& trace) {
  NpzWriter archive(path);
  const std::size_t samples = trace.sample_count(), neurons = trace.neurons.size();
  std::vector<std::string> variables, units;
  for (const auto& variable : trace.variables) {
    variables.push_back(variable.name);
    units.push_back(variable.unit);
  }
  archive.array<double>("time_ms", times_of(spec, trace));
  archive.array<std::uint32_t>("node_ids", trace.neurons);
  archive.words("variables", variables);
  archive.words("units", units);
  archive.words("population", {spec.populations.at(static_cast<std::size_t>(trace.population)).name});
  for (std::size_t v = 0; v < variables.size(); ++v)
    std::visit([&](const auto& values) { archive.array(variables[v], std::span(values), {samples, neurons}); },
               variable_values(trace, v));
  return std::move(archive).finish();
}

OutputFile write_npz_connections(const std::filesystem::path& path, const NetworkSpec& spec,
                                 const Connections& connections) {
  NpzWriter archive(path);
  const auto& target = spec.populations.at(static_cast<std::size_t>(connections.target_population));
  std::vector<std::string> receptors;
  for (const auto& receptor : target.receptors) receptors.push_back(receptor.name);
  archive.words("populations",
                {spec.populations.at(static_cast<std::size_t>(connections.source_population)).name, target.name});
  archive.words("receptors", receptors);
  archive.words("weight_unit", {weight_unit(spec, connections)});
  archive.array<std::uint32_t>("source", connections.source);
  archive.array<std::uint32_t>("target", connections.target);
  archive.array<std::uint16_t>("receptor", connections.receptor);
  archive.array<double>("weight", connections.weight);
  archive.array<double>("delay_ms", connections.delay_ms);
  if (connections.sampled) {
    archive.array<double>("time_ms", times_of(spec, connections.sample_steps));
    std::visit([&](const auto& samples) { archive.array("samples", std::span(samples), {connections.sample_steps.size(), connections.source.size()}); }, connections.samples);
  }
  return std::move(archive).finish();
}

OutputFile write_npz_volumes(const std::filesystem::path& path, const NetworkSpec& spec, const VolumeTrace& trace) {
  NpzWriter archive(path);
  archive.array<double>("time_ms", times_of(spec, trace));
  archive.words("volumes", trace.volumes);
  archive.array("concentration", std::span(trace.values), {trace.sample_count(), trace.volumes.size()});
  return std::move(archive).finish();
}

}  // namespace ranvier::io
