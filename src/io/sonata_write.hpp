// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Results in SONATA's HDF5 layouts. Each function writes a file completely and returns it still under its temporary
/// name: the caller gives all files of a run their names together.
///
/// Errors  RunError from OutputFile
/// Source  SONATA specification 0.1 (Dai et al. 2020, doi:10.1371/journal.pcbi.1007696)

#include <filesystem>

#include "output_file.hpp"
#include "tables.hpp"

namespace ranvier::io {

/// /spikes/<population>/{timestamps [ms], node_ids}, attribute sorting = by_time.
OutputFile write_sonata_spikes(const std::filesystem::path& file, const std::vector<SpikeTable>& tables);

/// One variable of a trace: /report/<population>/{data [n_samples][n_neurons], mapping/...}; SONATA's reports hold
/// one variable each. mapping/time is (start, stop, interval) in ms, stop being one interval after the last sample.
OutputFile write_sonata_trace(const std::filesystem::path& file, const NetworkSpec& spec, const Trace& trace,
                              std::size_t variable);

/// One variable of several traces of the same times: a report on cells of any populations, each by ascending node id. In
/// float32, as other readers expect of reports, also where the run was of double precision.
OutputFile write_sonata_report(const std::filesystem::path& file, const NetworkSpec& spec, const std::vector<const Trace*>& traces);

/// /edges/<source>__<target>/{source_node_id, target_node_id, edge_type_id, edge_group_id, edge_group_index,
/// 0/{syn_weight, delay, receptor}}.
OutputFile write_sonata_edges(const std::filesystem::path& file, const NetworkSpec& spec, const Connections& connections);
/// SONATA has no place for concentrations: /volumes/<name>/concentration and /time, in a file of the same make.
OutputFile write_hdf5_volumes(const std::filesystem::path& path, const NetworkSpec& spec, const VolumeTrace& trace);

}  // namespace ranvier::io
