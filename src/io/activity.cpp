// SPDX-License-Identifier: Apache-2.0
#include "activity.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <complex>
#include <numbers>
#include <numeric>

namespace ranvier::io {
namespace {

/// Fourier transform in place, radix 2, size a power of two. The report transforms a few thousand numbers: a library
/// for it would cost more than it saves.
void transform(std::vector<std::complex<double>>& x) {
  const std::size_t n = x.size();
  for (std::size_t i = 1, k = 0; i < n; ++i) {  // bit-reversed order
    std::size_t bit = n >> 1;
    for (; k & bit; bit >>= 1) k ^= bit;
    k ^= bit;
    if (i < k) std::swap(x[i], x[k]);
  }
  for (std::size_t span = 2; span <= n; span *= 2)
    for (std::size_t start = 0; start < n; start += span)
      for (std::size_t k = 0; k < span / 2; ++k) {
        const auto twiddle = std::polar(1.0, -2 * std::numbers::pi * double(k) / double(span));
        const auto a = x[start + k], b = twiddle * x[start + k + span / 2];
        x[start + k] = a + b;
        x[start + k + span / 2] = a - b;
      }
}

std::vector<double> hann(std::size_t n) {
  std::vector<double> window(n);
  for (std::size_t i = 0; i < n; ++i) window[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * double(i) / double(n));
  return window;
}

/// About four segments, of 64 to 2048 bins: resolution against noise.
std::size_t segment_size(std::size_t bins) { return std::clamp(std::bit_floor(bins / 4), std::size_t{64}, std::size_t{2048}); }

}  // namespace

Activity population_activity(std::span<const Spike> spikes, std::span<const std::int64_t> first, const Window& window,
                             double bin_ms) {
  const auto bin_steps = static_cast<std::uint32_t>(std::max(1.0, std::round(bin_ms / window.dt_ms)));
  Activity activity{bin_steps * window.dt_ms, (window.last_step - window.first_step) / bin_steps, {}};
  activity.counts.assign(first.size() - 1, std::vector<std::uint32_t>(activity.bins));
  for (const auto& spike : spikes) {
    if (!window.contains(spike.step)) continue;
    const std::size_t bin = (spike.step - window.first_step - 1) / bin_steps;
    const auto p = std::upper_bound(first.begin() + 1, first.end() - 1, spike.neuron) - first.begin() - 1;
    if (bin < activity.bins) ++activity.counts[static_cast<std::size_t>(p)][bin];
  }
  return activity;
}

Spectrum relative_spectrum(std::span<const std::uint32_t> counts, double bin_ms) {
  const double mean = counts.empty() ? 0 : std::accumulate(counts.begin(), counts.end(), 0.0) / double(counts.size());
  if (counts.size() < 64 || mean == 0) return {};
  const std::size_t size = segment_size(counts.size());
  const auto window = hann(size);
  const double window_power = std::inner_product(window.begin(), window.end(), window.begin(), 0.0);
  std::vector<double> power(size / 2);
  std::size_t segments = 0;
  for (std::size_t start = 0; start + size <= counts.size(); start += size / 2, ++segments) {
    std::vector<std::complex<double>> x(size);
    for (std::size_t i = 0; i < size; ++i) x[i] = (counts[start + i] - mean) * window[i];
    transform(x);
    for (std::size_t k = 0; k < power.size(); ++k) power[k] += std::norm(x[k + 1]);
  }
  Spectrum spectrum;
  for (std::size_t k = 0; k < power.size(); ++k) {
    spectrum.frequency_hz.push_back(double(k + 1) * 1000 / (double(size) * bin_ms));
    spectrum.power.push_back(power[k] / (double(segments) * window_power * mean));
  }
  return spectrum;
}

}  // namespace ranvier::io
