// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Population activity over time and its spectrum, for the report.

#include <cstdint>
#include <span>
#include <vector>

#include "ranvier/record.hpp"
#include "statistics.hpp"

namespace ranvier::io {

/// Spikes of each population in bins of whole steps.
struct Activity {
  double bin_ms = 0;
  std::size_t bins = 0;                            ///< whole ones only
  std::vector<std::vector<std::uint32_t>> counts;  ///< [n_populations][bins]
};

/// Counts the spikes of the window in bins of about `bin_ms`, at least one step.
Activity population_activity(std::span<const Spike> spikes, std::span<const std::int64_t> first, const Window& window,
                             double bin_ms);

/// Power spectrum of a count signal divided by its mean: 1 at all frequencies for independent Poisson neurons, whatever
/// their number and rate, so that what stands out from 1 is synchrony (above) or regularity (below).
struct Spectrum {
  std::vector<double> frequency_hz, power;  ///< both empty where the signal is too short (64 bins) or silent
};

/// Welch's estimate: segments of a power of two of bins, at least four of them where there are 256 bins, half
/// overlapping, Hann window, mean removed; frequency 0 is left out.
///
/// Source  Welch 1967, doi:10.1109/TAU.1967.1161901
Spectrum relative_spectrum(std::span<const std::uint32_t> counts, double bin_ms);

}  // namespace ranvier::io
