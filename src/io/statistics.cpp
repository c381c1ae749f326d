// SPDX-License-Identifier: Apache-2.0
#include "statistics.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace ranvier::io {
namespace {

/// What the intervals of one neuron come down to, in whole steps so that sums are exact.
struct Train {
  std::uint32_t spikes = 0, first = 0, last = 0;
  std::uint64_t squared_intervals = 0;

  void add(std::uint32_t step) {
    if (spikes++ == 0) {
      first = last = step;
      return;
    }
    const std::uint64_t interval = step - last;
    squared_intervals += interval * interval;
    last = step;
  }
  double cv() const {
    const double n = spikes - 1, mean = (last - first) / n;
    return std::sqrt(std::max(0.0, double(squared_intervals) / n - mean * mean)) / mean;
  }
};

std::vector<Train> trains_of(std::span<const Spike> spikes, std::size_t neurons, const Window& window) {
  std::vector<Train> trains(neurons);
  for (const auto& spike : spikes)
    if (window.contains(spike.step)) trains[spike.neuron].add(spike.step);
  return trains;
}

/// SplitMix64 (Steele et al. 2014, doi:10.1145/2660193.2660195). <random>'s distributions differ between libraries.
class SplitMix {
 public:
  /// A whole number below `bound`, which is small: the bias of 2^-64 x bound does not matter.
  std::uint64_t below(std::uint64_t bound) {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(z ^ (z >> 31)) * bound) >> 64);
  }

 private:
  std::uint64_t state_ = 0;
};

/// Leaves `size` of the ids, drawn without replacement, the same ones for the same ids.
void draw_sample(std::vector<std::uint32_t>& ids, std::size_t size) {
  SplitMix random;
  for (std::size_t i = 0; i < size && i < ids.size(); ++i) std::swap(ids[i], ids[i + random.below(ids.size() - i)]);
  ids.resize(std::min(size, ids.size()));
}

/// Sums of products of the counts of a sample of neurons in the bins of the window, and from them the coefficients.
/// Only neurons that spiked in a bin are paired there: the cost is that of the spikes, not of pairs times bins.
class Correlator {
 public:
  explicit Correlator(std::size_t neurons)
      : neurons_(neurons), count_(neurons), totals_(neurons), products_(neurons * neurons) {}

  void add(std::size_t bin, std::size_t neuron) {
    if (bin != bin_) close_bin();
    bin_ = bin;
    if (count_[neuron]++ == 0) active_.push_back(neuron);
  }

  std::vector<double> coefficients(std::uint64_t bins) {
    close_bin();
    std::vector<double> all;
    all.reserve(neurons_ * (neurons_ - 1) / 2);
    for (std::size_t i = 0; i < neurons_; ++i)
      for (std::size_t k = i + 1; k < neurons_; ++k) {
        const double variances = spread(bins, i, i) * spread(bins, k, k);
        if (variances > 0) all.push_back(spread(bins, i, k) / std::sqrt(variances));
      }
    return all;
  }

 private:
  void close_bin() {
    std::sort(active_.begin(), active_.end());  // so that only the upper triangle is filled
    for (std::size_t a = 0; a < active_.size(); ++a)
      for (std::size_t b = a; b < active_.size(); ++b)
        products_[active_[a] * neurons_ + active_[b]] += std::uint64_t{count_[active_[a]]} * count_[active_[b]];
    for (const auto neuron : active_) {
      totals_[neuron] += count_[neuron];
      count_[neuron] = 0;
    }
    active_.clear();
  }
  /// bins^2 times the covariance of two neurons' counts.
  double spread(std::uint64_t bins, std::size_t i, std::size_t k) const {
    return double(bins) * double(products_[i * neurons_ + k]) - double(totals_[i]) * double(totals_[k]);
  }

  std::size_t neurons_, bin_ = 0;
  std::vector<std::uint32_t> count_;      ///< in the open bin
  std::vector<std::size_t> active_;       ///< neurons with spikes in the open bin
  std::vector<std::uint64_t> totals_;     ///< over the closed bins
  std::vector<std::uint64_t> products_;   ///< [n][n] over the closed bins, upper triangle
};

/// Which neurons are correlated.
struct Sample {
  std::vector<std::int16_t> number;   ///< [n_neurons] within the sample of its population, or -1
  std::vector<std::size_t> size;      ///< [n_populations]
};
static_assert(correlation_sample_size <= 32767);

Sample correlation_sample(const std::vector<Train>& trains, std::span<const std::int64_t> first,
                          const std::vector<bool>& watched) {
  Sample sample{std::vector<std::int16_t>(trains.size(), -1), {}};
  for (std::size_t p = 0; p + 1 < first.size(); ++p) {
    std::vector<std::uint32_t> ids;
    for (auto id = static_cast<std::size_t>(first[p]); id < static_cast<std::size_t>(first[p + 1]); ++id)
      if (watched[id] && trains[id].spikes > 0) ids.push_back(static_cast<std::uint32_t>(id));
    draw_sample(ids, correlation_sample_size);
    for (std::size_t i = 0; i < ids.size(); ++i) sample.number[ids[i]] = static_cast<std::int16_t>(i);
    sample.size.push_back(ids.size());
  }
  return sample;
}

/// A spike of the sample: bin of the window, number of the neuron within the sample.
struct Event {
  std::uint32_t bin;
  std::int16_t neuron;
};

std::vector<std::vector<Event>> sample_events(std::span<const Spike> spikes, std::span<const std::int64_t> first,
                                              const Sample& sample, const Window& window, std::uint32_t bin_steps) {
  std::vector<std::vector<Event>> events(sample.size.size());
  for (const auto& spike : spikes) {
    if (!window.contains(spike.step) || sample.number[spike.neuron] < 0) continue;
    const auto p = std::upper_bound(first.begin() + 1, first.end() - 1, spike.neuron) - first.begin() - 1;
    events[static_cast<std::size_t>(p)].push_back(
        {(spike.step - window.first_step - 1) / bin_steps, sample.number[spike.neuron]});
  }
  return events;
}

void add_correlations(std::vector<PopulationSamples>& samples, std::span<const Spike> spikes,
                      std::span<const std::int64_t> first, const Sample& sample, const Window& window) {
  const auto bin_steps = static_cast<std::uint32_t>(std::max(1.0, std::round(correlation_bin_ms / window.dt_ms)));
  const std::uint32_t bins = (window.last_step - window.first_step) / bin_steps;  // whole ones only
  const auto events = sample_events(spikes, first, sample, window, bin_steps);
  for (std::size_t p = 0; p < samples.size(); ++p) {
    if (sample.size[p] < 2) continue;
    Correlator correlator(sample.size[p]);
    for (const auto& event : events[p])
      if (event.bin < bins) correlator.add(event.bin, static_cast<std::size_t>(event.neuron));
    samples[p].correlation = correlator.coefficients(bins);
  }
}

/// The value a fraction of the way through the sorted values; partial sorting suffices.
double percentile(std::vector<double>& values, double fraction) {
  const double place = fraction * double(values.size() - 1);
  const auto below = static_cast<std::size_t>(place);
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(below);
  std::nth_element(values.begin(), middle, values.end());
  const double low = *middle;
  if (below + 1 == values.size()) return low;
  const double high = *std::min_element(middle + 1, values.end());
  return low + (high - low) * (place - double(below));
}

}  // namespace

Distribution describe(std::vector<double>& values) {
  Distribution d;
  d.count = values.size();
  if (values.empty()) return d;
  d.mean = std::accumulate(values.begin(), values.end(), 0.0) / double(values.size());
  d.lower_quartile = percentile(values, 0.25);
  d.median = percentile(values, 0.5);
  d.upper_quartile = percentile(values, 0.75);
  return d;
}

Window window_of(const NetworkSpec& spec, const RunResult& result) {
  return {result.warmup_step, std::max(result.warmup_step, result.end_step), spec.simulation.dt_ms};
}

std::vector<bool> watched_neurons(const NetworkSpec& spec, const Window& window) {
  const auto neurons = static_cast<std::size_t>(spec.neuron_count());
  if (spec.recordings.empty()) return std::vector<bool>(neurons, true);
  std::vector<std::int64_t> first{0};
  for (const auto& population : spec.populations) first.push_back(first.back() + population.size);
  const double half_step = window.dt_ms / 2;  // times are rounded to steps
  std::vector<bool> watched(neurons, false);
  for (const auto& recording : spec.recordings) {
    if (recording.kind != RecordingSpec::Kind::spikes || recording.neurons.population < 0) continue;
    if (recording.start_ms > window.first_step * window.dt_ms + half_step) continue;
    if (recording.stop_ms < window.last_step * window.dt_ms - half_step) continue;
    const auto offset = first[static_cast<std::size_t>(recording.neurons.population)];
    for (std::int64_t i = 0; i < recording.neurons.size(); ++i)
      watched[static_cast<std::size_t>(offset + recording.neurons[i])] = true;
  }
  return watched;
}

std::vector<PopulationSamples> population_samples(std::span<const Spike> spikes, std::span<const std::int64_t> first,
                                                  const std::vector<bool>& watched, const Window& window) {
  std::vector<PopulationSamples> samples(first.size() - 1);
  if (window.last_step == window.first_step) return samples;  // nothing was simulated: no rate either
  const auto trains = trains_of(spikes, static_cast<std::size_t>(first.back()), window);
  const double seconds = window.duration_ms() / 1000;
  for (std::size_t p = 0; p < samples.size(); ++p)
    for (auto id = static_cast<std::size_t>(first[p]); id < static_cast<std::size_t>(first[p + 1]); ++id) {
      if (!watched[id]) continue;
      samples[p].rate_hz.push_back(trains[id].spikes / seconds);
      if (trains[id].spikes >= fewest_spikes_for_cv) samples[p].cv_isi.push_back(trains[id].cv());
    }
  add_correlations(samples, spikes, first, correlation_sample(trains, first, watched), window);
  return samples;
}

}  // namespace ranvier::io
