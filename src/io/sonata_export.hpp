// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Networks to SONATA circuits, and to edge lists.

#include <filesystem>
#include <vector>

#include "results.hpp"

namespace ranvier::io {

/// Writes a network whose projections are listed edges (engine::listed) as a SONATA circuit with its simulation config.
///
///   simulation_config.json  circuit_config.json
///   network/<population>_nodes.h5, _node_types.csv      network/<projection>_edges.h5, _edge_types.csv
///   components/nodes/<population>.json   components/edges/<projection>.json      inputs/<population>_spikes.h5
///
/// What SONATA has no word for is in templates "ranvier:..." and in the section "ranvier" of the simulation config, so that
/// read_sonata gives the same network back. Every file is complete before the first gets its name.
/// Returns the paths, simulation_config.json last.
/// Errors  InputError: a projection that is not of listed edges; two populations of one name. RunError: a full disk
std::vector<std::filesystem::path> write_sonata_network(const OutputFolder& folder, const NetworkSpec& spec);

/// Writes each projection of such a network as <projection>.csv: source, target, receptor, weight, delay_ms; one line an edge.
std::vector<std::filesystem::path> write_edge_lists(const OutputFolder& folder, const NetworkSpec& spec);

}  // namespace ranvier::io
