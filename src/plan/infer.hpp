// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Figures that no source has, derived from those that one has.

#include "core/machine.hpp"

namespace ranvier::plan {

/// Fills every rate, and bandwidth, cache, link, power and units, where the machine's sources leave them open; each is marked
/// `inferred`, names its rule as its reading's source and has a wide spread. A machine known by one rate or one bandwidth
/// becomes complete. The rules are listed in docs/plan-machines.md.
/// Brains are left as they are; neuromorphic chips may have neither rate nor bandwidth.
/// Errors  InputError where any other machine has neither
void complete(Machine& machine);

}  // namespace ranvier::plan
