// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Reads back a results folder, in whichever format its spikes and traces were written.

#include <filesystem>
#include <string>
#include <vector>

#include "ranvier/record.hpp"
#include "summary.hpp"

namespace ranvier::io {

/// Spikes with global ids, as RunResult::spikes. Populations that were not recorded have none.
///
/// Errors  InputError: a file that the summary lists is missing, damaged or does not fit the summary
std::vector<Spike> read_spikes(const std::filesystem::path& folder, const Json& summary);

/// One variable of a state recording.
struct StateSeries {
  std::string recording, population, variable, unit;
  std::vector<std::uint64_t> neurons;  ///< ids within the population
  std::vector<double> time_ms;         ///< [n_samples]
  std::vector<double> values;          ///< [n_samples][n_neurons]
};

/// The weights of one recording that took them over time.
struct WeightHistory {
  std::string recording, source, target, unit;
  std::vector<double> time_ms;         ///< [n_samples]
  std::vector<double> values;          ///< [n_samples][n_synapses]
};

/// The concentrations of one recording.
struct VolumeHistory {
  std::string recording;
  std::vector<std::string> volumes;
  std::vector<double> time_ms;         ///< [n_samples]
  std::vector<double> values;          ///< [n_samples][n_volumes]
};

/// All recordings of weights over time; of concentrations. Errors: as read_spikes()
std::vector<WeightHistory> read_weights(const std::filesystem::path& folder, const Json& summary);
std::vector<VolumeHistory> read_volumes(const std::filesystem::path& folder, const Json& summary);

/// All state recordings. Errors: as read_spikes()
std::vector<StateSeries> read_state(const std::filesystem::path& folder, const Json& summary);

}  // namespace ranvier::io
