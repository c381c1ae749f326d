// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A network in outline: what connects to what, before anything is built.

#include <nanobind/nanobind.h>

#include "ranvier/network.hpp"

namespace ranvier::python {

/// [{name, source, target, receptor, synapses, effect, unit}] of the projections: indices of populations and of the target's receptor, the
/// number of synapses (expected, where the rule leaves it to chance), +1, -1 or 0 for what they do, and the unit of their weights.
nanobind::list outline_of(const NetworkSpec& spec);

/// +1, -1 or 0 for what the synapses of each population do; 0 also where they do both, and where there are none.
nanobind::list effects_of(const NetworkSpec& spec);

}  // namespace ranvier::python
