// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Receptors that share a state with others (Pool in network.hpp), but are looked at by a recording: each has slots and
/// a state of its own besides. In every step their arrivals are added, in integers, to the pool's, so that the membrane
/// gets what it would get unwatched; then their own states advance.

#include "engine/state.hpp"

namespace ranvier::engine {

/// Hands the arrivals of the cells [v.first, v.first + v.n) to the pools, advances the receptors kept apart and sets
/// their slots to zero.
void advance_apart(const Population& population, const BlockState& state, const Visit& v);

/// Advances receptors without a membrane; of a Visit, first, n, step, wide and the receptors are used.
StepFunction advance_receptors(bool double_precision, bool uniform);

}  // namespace ranvier::engine
