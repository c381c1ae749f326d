// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Statistics of recorded spikes after the warm-up, by the conventions of the cortical microcircuit's papers.
///
///   rate         spikes of a neuron / duration, in 1/s; all neurons
///   cv_isi       standard deviation / mean of the neuron's inter-spike intervals (n, not n - 1, under the root);
///                neurons with at least 3 spikes, the fewest for which there is a deviation
///   correlation  Pearson's coefficient of the spike counts of two neurons in bins of 2 ms, all pairs of a random sample
///                of 250 of the neurons that spiked; silent neurons have none (their counts do not vary)
///
/// Source  Potjans & Diesmann 2014, doi:10.1093/cercor/bhs358; Dasbach et al. 2021, doi:10.3389/fnins.2021.757790

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::io {

inline constexpr double correlation_bin_ms = 2;
inline constexpr std::size_t correlation_sample_size = 250;
inline constexpr std::uint32_t fewest_spikes_for_cv = 3;

/// Centre and spread of a sample; empty where there is none.
struct Distribution {
  std::size_t count = 0;
  std::optional<double> mean, lower_quartile, median, upper_quartile;
};

/// Mean and quartiles (linear interpolation between order statistics, as numpy.percentile). Reorders `values`.
Distribution describe(std::vector<double>& values);

/// One population's values, one per neuron (rate, cv_isi where defined, in the order of the ids) or pair.
struct PopulationSamples {
  std::vector<double> rate_hz, cv_isi, correlation;
};

/// Which part of the spikes is looked at: stamps k with first_step < k <= last_step.
struct Window {
  std::uint32_t first_step = 0, last_step = 0;
  double dt_ms = 0.1;
  double duration_ms() const { return (last_step - first_step) * dt_ms; }
  bool contains(std::uint32_t step) const { return step > first_step && step <= last_step; }
};

/// The part of a run after its warm-up.
Window window_of(const NetworkSpec& spec, const RunResult& result);

/// [n_neurons] whether a neuron's spikes were recorded over the whole window, so that its statistics mean something.
std::vector<bool> watched_neurons(const NetworkSpec& spec, const Window& window);

/// The samples of each population, of its watched neurons.
///
///   spikes     sorted by step; stamps outside the window are passed over
///   first      [n_populations + 1] global id of each population's first neuron, and the number of neurons
///   watched    [n_neurons]
///
/// Order      same result on any machine: integer sums, own random numbers
/// Work       two passes over the spikes; 32 bytes per neuron while it runs. About 5 ms for 250,000 spikes
std::vector<PopulationSamples> population_samples(std::span<const Spike> spikes, std::span<const std::int64_t> first,
                                                  const std::vector<bool>& watched, const Window& window);

}  // namespace ranvier::io
