// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the writers of all formats share: spikes by population, names that suit files, units of weights.

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::io {

/// The recorded spikes of one population, warm-up included, by time, then neuron.
struct SpikeTable {
  std::string population;
  std::vector<double> timestamps_ms;
  std::vector<std::uint64_t> node_ids;  ///< within the population, from 0; of populations that have ids of their own, these
};

/// One table for each population of which any spikes are recorded, also where there were none; 16 bytes a spike. Parts of
/// one population (PopulationSpec::part_of) share a table.
///   times_ms  of each spike; empty: all are on the grid
std::vector<SpikeTable> spike_tables(const NetworkSpec& spec, const std::vector<Spike>& spikes, const std::vector<double>& times_ms = {});

/// [n_populations] whether a recording covers spikes of the population; without recordings all are.
std::vector<bool> spikes_recorded(const NetworkSpec& spec);

/// [n_populations + 1] global id of each population's first neuron, and the number of neurons.
std::vector<std::int64_t> first_ids(const NetworkSpec& spec);

/// What results call a population and its cells.
const std::string& result_name(const PopulationSpec& population);
std::uint64_t result_id(const PopulationSpec& population, std::int64_t index);

/// Values of one variable of a trace, [n_samples][n_neurons].
std::variant<std::vector<float>, std::vector<double>> variable_values(const Trace& trace, std::size_t variable);

/// Times of samples [ms].
std::vector<double> times_of(const NetworkSpec& spec, const std::vector<std::uint32_t>& steps);
std::vector<double> times_of(const NetworkSpec& spec, const Trace& trace);
std::vector<double> times_of(const NetworkSpec& spec, const VolumeTrace& trace);

/// Unit of the weights onto the receptors that occur in `connections`; empty where they differ.
std::string weight_unit(const NetworkSpec& spec, const Connections& connections);

/// `name` with everything replaced by '_' that could not be in a file name or an HDF5 path.
std::string plain_name(std::string_view name);

}  // namespace ranvier::io
