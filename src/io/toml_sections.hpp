// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The sections of a network file, in the order in which they are read. Each notes its problems in the reader
/// and goes on; what is in the draft after a problem is only good for finding more problems.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model.hpp"
#include "ranvier/network.hpp"
#include "toml_access.hpp"
#include "toml_values.hpp"

namespace ranvier::io {

struct Draft {
  NetworkSpec spec;
  std::vector<std::vector<double>> extent_um;  ///< [population][dimension] size of the space its positions fill; empty: unknown
};

// --- one function per section

void read_simulation(Reader& reader, const At& root, SimulationSpec& simulation);
void read_own_models(Reader& reader, const At& root);
void read_populations(Reader& reader, const At& root, Draft& draft);
void read_volumes(Reader& reader, const At& root, Draft& draft);
void read_projections(Reader& reader, const At& root, Draft& draft);
void read_gap_junctions(Reader& reader, const At& root, Draft& draft);
void read_inputs(Reader& reader, const At& root, Draft& draft);
void read_recordings(Reader& reader, const At& root, Draft& draft);
void apply_downscale(Reader& reader, const At& root, Draft& draft);

// --- what they share

/// Reads "E", "E[5]", "E[0:100]" or "E[::2]" (as in Python; also with "$name") against the populations of `spec`.
std::optional<Slice> read_slice(Reader& reader, const At& at, const NetworkSpec& spec);

/// One slice, or a list of them; nothing where any is wrong.
std::vector<Slice> read_slices(Reader& reader, const At& at, const NetworkSpec& spec);

/// "E", "E[0:100]": for names and messages.
std::string slice_text(const Slice& slice, const NetworkSpec& spec);

/// The index of the receptor that `at` names; where it is absent, that of the only receptor.
std::optional<int> read_receptor(Reader& reader, const At& table, const PopulationSpec& target);

/// start and stop of a table, with stop > start.
void read_window(Reader& reader, const At& table, double& start_ms, double& stop_ms);

/// Whether the population's cells are sources: they receive nothing.
bool is_source(const PopulationSpec& population);

/// Whether its cells live off the grid: they take spikes, and neither receptors nor currents.
bool is_event_driven(const PopulationSpec& population);

/// Unit of weights onto a receptor, and of currents into a membrane ("1" for dimensionless models).
std::string weight_unit(const PopulationSpec& population, int receptor);
std::string current_unit(const PopulationSpec& population);

/// Reads a weight for this receptor and checks its sign.
std::optional<Values> read_weight(Reader& reader, const At& at, const PopulationSpec& target, int receptor, const ValueRules& rules);

/// The rules of a projection's synapses; none where they are static. `weight_unit` is that of the receptor; rules may follow the volumes of `spec`.
std::vector<SynapseSpec> read_synapse(Reader& reader, const At& at, std::string_view weight_unit, const NetworkSpec& spec);

/// Adds `projection` once for each entry of the list `lags`: entry k with the weights times that number and delays longer by
/// k steps, all with the same pairs. Entries of 0 are left out.
void add_lags(Reader& reader, const At& lags, NetworkSpec& spec, const ProjectionSpec& projection);

/// Reads rule = { convolution = [3, 4], map = [12, 16], stride = [3, 4] } into listed edges: the kernel's entries of every cell, in
/// order. Returns their number per cell.
///   sites  of the receptor: the kernel's entries, or 1 where all go to the cell itself
std::optional<std::int64_t> read_convolution(Reader& reader, const At& at, ProjectionSpec& projection, std::int64_t sites);

/// Gives every cell of a convolution the same weights; they were read as one for each entry of the kernel.
void share_kernel(Reader& reader, const At& at, ProjectionSpec& projection, std::int64_t entries);

/// Names of the state variables that can be recorded: "V_m", and of receptors "ex.I".
std::vector<std::string> state_names(const PopulationSpec& population);

}  // namespace ranvier::io
