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

/// All state recordings. Errors: as read_spikes()
std::vector<StateSeries> read_state(const std::filesystem::path& folder, const Json& summary);

}  // namespace ranvier::io
