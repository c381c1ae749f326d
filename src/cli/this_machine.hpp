// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The computer this runs on, as a machine to plan on: `--on this`.

#include "core/machine.hpp"
#include "plan/constants.hpp"

namespace ranvier::cli {

/// Measures bandwidth and arithmetic (about 0.2 s) and fills the rest by plan::complete(). What is measured as bandwidth has
/// been reached, while formulas take a share of what a vendor states: the figure is the measurement over that share.
Machine this_machine(const plan::Constants& constants);

}  // namespace ranvier::cli
