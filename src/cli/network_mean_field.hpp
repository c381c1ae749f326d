// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From a network file to the populations and in-degrees of plan/mean_field.hpp.

#include <vector>

#include "plan/mean_field.hpp"
#include "ranvier/network.hpp"

namespace ranvier::cli {

/// Populations in the order of the file, then one source for each Poisson input. Covered are leaky cells with delta, exponential, alpha and
/// double-exponential currents, driven by Poisson trains, constant currents and noise; sources of constant rate, and spike trains by their
/// mean rate. Two filters in a row, as of alpha currents, count as one of their summed time constants: it has the same correlation time.
/// Errors  InputError: everything in the network that the theory does not cover, by name, and what to use instead
plan::MeanFieldNetwork mean_field_of(const NetworkSpec& spec);

/// The stationary rates [Hz] of the populations.
/// Errors  InputError: as above; or the iteration did not settle
struct StationaryRates {
  std::vector<double> rate_hz;   ///< [populations of the file]
  double filter_ratio = 0;       ///< see plan::MeanFieldRates
};
StationaryRates stationary_rates(const NetworkSpec& spec);

}  // namespace ranvier::cli
