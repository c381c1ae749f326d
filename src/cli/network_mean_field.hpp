// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From a network file to the populations and in-degrees of plan/mean_field.hpp.

#include <vector>

#include "plan/mean_field.hpp"
#include "ranvier/network.hpp"

namespace ranvier::cli {

/// Populations in the order of the file, then one source for each Poisson input. Covered are leaky cells with delta, exponential, alpha and
/// double-exponential currents, driven by Poisson trains, constant currents and noise; sources of constant rate, and spike trains by their
/// mean rate. A delta receptor counts as a filter of dt / pi: the threshold is tested once a step, which the potential oversteps
/// (Broadie, Glasserman & Kou 1997, doi:10.1111/1467-9965.00035); two filters in a row as one of their summed time constants.
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
