// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Results as CSV: one header line that carries the units, numbers in the shortest form that reads back exactly. Each
/// function writes a file completely and returns it still under its temporary name.
///
/// Errors  RunError from OutputFile

#include <filesystem>

#include "output_file.hpp"
#include "tables.hpp"

namespace ranvier::io {

/// population,node_id,time_ms: a population after another, each by time.
OutputFile write_csv_spikes(const std::filesystem::path& file, const std::vector<SpikeTable>& tables);

/// time_ms,node_id and a column for each variable ("V_m (mV)"): one line per sample and neuron.
OutputFile write_csv_trace(const std::filesystem::path& file, const NetworkSpec& spec, const Trace& trace);

/// source,target,receptor,weight,delay_ms: one line per synapse; the weight's unit in its header. Where weights were sampled, one line
/// per sample and synapse, and time_ms before.
OutputFile write_csv_connections(const std::filesystem::path& file, const NetworkSpec& spec,
                                 const Connections& connections);

/// time_ms and a column for each volume.
OutputFile write_csv_volumes(const std::filesystem::path& file, const NetworkSpec& spec, const VolumeTrace& trace);

}  // namespace ranvier::io
