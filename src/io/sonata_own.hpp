// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What Ranvier writes into a SONATA circuit where SONATA has no word for it, read back: model_template "ranvier:<name>" of
/// nodes and edges. docs/sonata.md describes them.

#include <optional>
#include <string>
#include <vector>

#include "sonata_circuit.hpp"

namespace ranvier::io::sonata {

/// Nodes of template "ranvier:<membrane or source>": the file named by dynamics_params has "receptors" and parameters under their
/// names here ("tau_m", "ex.tau_syn", "initial.V_m"); dynamics_params in the nodes file wins over it.
void read_own_population(Components& components, const Items& items, const std::string& model_template, const std::vector<std::size_t>& nodes, PopulationSpec& to);

/// What an edge type of template "ranvier:..." says in its parameters.
struct OwnSynapse {
  std::vector<SynapseSpec> rules;
  double dendritic_delay_fraction = 1;
};
OwnSynapse read_own_synapse(const JsonFile& file);

}  // namespace ranvier::io::sonata
