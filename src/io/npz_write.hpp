// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Results as NumPy archives. Each function writes a file completely and returns it still under its temporary name.
///
/// Errors  RunError from OutputFile

#include <filesystem>

#include "output_file.hpp"
#include "tables.hpp"

namespace ranvier::io {

/// populations [words]; for each <population>/timestamps [ms, float64] and <population>/node_ids [uint64], by time.
OutputFile write_npz_spikes(const std::filesystem::path& file, const std::vector<SpikeTable>& tables);

/// time_ms [n_samples], node_ids [n_neurons], variables and units [words], population [one word], and each variable
/// under its name, [n_samples][n_neurons].
OutputFile write_npz_trace(const std::filesystem::path& file, const NetworkSpec& spec, const Trace& trace);

/// source, target, receptor, weight, delay_ms [n_synapses]; populations (source, target), receptors and weight_unit [words].
/// Where weights were sampled: time_ms [n_samples], samples [n_samples][n_synapses].
OutputFile write_npz_connections(const std::filesystem::path& file, const NetworkSpec& spec,
                                 const Connections& connections);

/// time_ms [n_samples], volumes [words], concentration [n_samples][n_volumes].
OutputFile write_npz_volumes(const std::filesystem::path& file, const NetworkSpec& spec, const VolumeTrace& trace);

}  // namespace ranvier::io
