// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A network written down: every synapse and every drawn value of it, one by one.

#include <cstdint>
#include <vector>

#include "ranvier/network.hpp"

namespace ranvier::engine {

/// The same network with nothing left to draw but its random inputs: projections are listed edges between whole populations,
/// ordered by (source, target, number), with the weights and delays that the engine keeps; parameters and initial values that
/// differ between cells are columns; the units of sums are given. Its spikes are those of `spec`, to the last bit.
///
///   columns  one value per edge; where all are the same, one constant
///
/// Work    draws all synapses once, on one thread; 32 bytes a synapse
/// Errors  InputError as build(); gap junctions, receptors with sites, synapses that come and go, and models of one's own,
///         which listed edges cannot say
NetworkSpec listed(const NetworkSpec& spec);

}  // namespace ranvier::engine
