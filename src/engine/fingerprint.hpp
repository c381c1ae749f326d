// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <cstdint>

#include "engine/network.hpp"

namespace ranvier::engine {

/// A number that two networks share only if the same spikes follow from the same state: populations, parameters,
/// projections, inputs, time step, precision and seeds. Durations, threads and recordings do not enter.
std::uint64_t fingerprint(const Network& network);

}  // namespace ranvier::engine
