// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The summary of a run: what `summary.json` holds, `--json` prints and the terminal table shows.

#include <filesystem>
#include <string>

#include <nlohmann/json.hpp>

#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::io {

using Json = nlohmann::ordered_json;  ///< keys stay in the order a person reads them

/// Everything about a run but its spikes and traces: enough to judge it and to run it again. docs/results.md lists the
/// keys. A value that is unknown or undefined is null. Computes the statistics: see statistics.hpp for its cost.
Json summarise(const NetworkSpec& spec, const RunResult& result);

/// The summary of a results folder.
///
/// Errors  InputError: no folder, no summary.json in it, or not one that Ranvier wrote
Json read_summary(const std::filesystem::path& folder);

/// A summary as a table for a terminal, about 100 columns wide, lines ended by '\n'.
std::string summary_table(const Json& summary);

/// What the spikes of a projection do to its targets: +1 depolarise, -1 hyperpolarise, 0 where the file does not tell. From the mean
/// weight; of conductances from the reversal potential.
int projection_effect(const NetworkSpec& spec, const ProjectionSpec& projection);

/// Whether the synapses of a population excite or inhibit: "excitatory", "inhibitory", "mixed", or null for one
/// without synapses or of which the file does not tell. From the mean weights, the receptors' signs and reversal potentials.
Json population_effect(const NetworkSpec& spec, int population);

}  // namespace ranvier::io
