// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Several pieces of one run, put together again.

#include <memory>
#include <vector>

#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::engine {

/// The pieces, in order, as the one run that they are: spikes and traces one after the other, counts added, synapses and volumes as of the last piece.
/// Pieces that were warm-ups come first. `spike_hash` is that of the whole where all spikes are recorded, else 0.
RunResult join(const NetworkSpec& spec, const std::vector<std::shared_ptr<RunResult>>& pieces);

}  // namespace ranvier::engine
