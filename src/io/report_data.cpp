// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>
#include <numeric>

#include <fmt/format.h>

#include "activity.hpp"
#include "core/grid_time.hpp"
#include "ranvier/error.hpp"
#include "report.hpp"
#include "results_read.hpp"
#include "statistics.hpp"

namespace ranvier::io {
namespace {

constexpr std::size_t raster_spikes = 60'000;   // 0.6 MB of page; more dots than pixels would not tell more
constexpr std::int64_t raster_fewest_neurons = 40;  // of a population, so that small ones do not vanish
constexpr std::size_t activity_bins = 600;      // about one for each pixel
constexpr double spectrum_bin_ms = 1;           // up to 500 Hz
constexpr std::size_t state_neurons = 5, state_points = 1500;
constexpr std::size_t weight_lines = 12, weight_points = 600;

/// What every figure is made from.
struct Run {
  Json summary;
  std::vector<Spike> spikes;
  std::vector<std::int64_t> first;  ///< [n_populations + 1]
  Window window;
  std::size_t populations() const { return first.size() - 1; }
  std::size_t population_of(std::uint32_t neuron) const {
    return static_cast<std::size_t>(std::upper_bound(first.begin() + 1, first.end() - 1, neuron) - first.begin() - 1);
  }
};

Run read_run(const std::filesystem::path& folder) {
  Run run{read_summary(folder), {}, {0}, {}};
  for (const auto& population : run.summary.at("populations"))
    run.first.push_back(run.first.back() + population.at("size").get<std::int64_t>());
  const auto& times = run.summary.at("run");
  const double dt_ms = times.at("dt_ms").get<double>();
  const auto steps = [&](const char* key) { return static_cast<std::uint32_t>(std::lround(times.at(key).get<double>() / dt_ms)); };
  run.window = {steps("warmup_ms"), steps("warmup_ms") + steps("simulated_ms"), dt_ms};
  run.spikes = read_spikes(folder, run.summary);
  return run;
}

double rounded(double x) { return x == 0 || !std::isfinite(x) ? x : std::stod(fmt::format("{:.4g}", x)); }

template <class Range>
Json rounded_all(const Range& values) {
  Json out = Json::array();
  for (const double x : values) out.push_back(rounded(x));
  return out;
}

std::string base64(const std::vector<std::uint32_t>& words) {
  static constexpr char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string bytes;
  for (const auto word : words)
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>((word >> shift) & 0xff);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    for (std::size_t k = 0; k < 3; ++k) group = (group << 8) | (i + k < bytes.size() ? std::uint8_t(bytes[i + k]) : 0u);
    for (std::size_t k = 0; k < 4; ++k) out += i + k <= bytes.size() ? digits[(group >> (18 - 6 * k)) & 63] : '=';
  }
  return out;
}

// ---- raster --------------------------------------------------------------------------------------------------------

/// Every how many-th neuron of each population is drawn: all spikes of fewer neurons, not some spikes of all, because
/// thinned trains would look like other trains.
std::vector<std::int64_t> raster_strides(const Run& run, std::size_t recorded) {
  const auto wanted = static_cast<std::int64_t>((recorded + raster_spikes - 1) / raster_spikes);
  std::vector<std::int64_t> strides;
  for (std::size_t p = 0; p < run.populations(); ++p) {
    const std::int64_t size = run.first[p + 1] - run.first[p];
    strides.push_back(std::clamp(wanted, std::int64_t{1}, std::max(std::int64_t{1}, size / raster_fewest_neurons)));
  }
  return strides;
}

Json raster(const Run& run) {
  const auto in_window = [&](const Spike& s) { return run.window.contains(s.step); };
  const auto recorded = static_cast<std::size_t>(std::count_if(run.spikes.begin(), run.spikes.end(), in_window));
  const auto strides = raster_strides(run, recorded);
  std::vector<std::uint32_t> steps, neurons;
  std::uint32_t end_step = run.window.last_step;
  for (const auto& spike : run.spikes) {
    if (!in_window(spike)) continue;
    const std::size_t p = run.population_of(spike.neuron);
    if ((spike.neuron - run.first[p]) % strides[p] != 0) continue;
    if (steps.size() >= 2 * raster_spikes) {  // few neurons that fire for long: the page shows the beginning
      end_step = steps.back();
      break;
    }
    steps.push_back(spike.step);
    neurons.push_back(spike.neuron);
  }
  const GridTime time(run.window.dt_ms);
  return {{"count", steps.size()},  {"recorded", recorded},        {"stride", strides},
          {"dt_ms", run.window.dt_ms}, {"end_ms", time(end_step)}, {"step", base64(steps)},
          {"neuron", base64(neurons)}};
}

// ---- activity and spectrum -----------------------------------------------------------------------------------------

/// 1, 2 or 5 times a power of ten, the first that gives few enough bins.
double activity_bin_ms(double duration_ms) {
  double decade = 1;
  for (;; decade *= 10)
    for (const double step : {1.0, 2.0, 5.0})
      if (duration_ms / (step * decade) <= double(activity_bins)) return step * decade;
}

Json activity(const Run& run) {
  const auto counted = population_activity(run.spikes, run.first, run.window, activity_bin_ms(run.window.duration_ms()));
  Json rates = Json::array();
  for (std::size_t p = 0; p < run.populations(); ++p) {
    const double scale = 1000 / (counted.bin_ms * std::max(1.0, double(run.first[p + 1] - run.first[p])));
    std::vector<double> rate;
    for (const auto count : counted.counts[p]) rate.push_back(count * scale);
    rates.push_back(rounded_all(rate));
  }
  return {{"bin_ms", counted.bin_ms}, {"rate_hz", rates}};
}

Json spectrum(const Run& run) {
  const auto counted = population_activity(run.spikes, run.first, run.window, spectrum_bin_ms);
  Json frequency, power = Json::array();
  for (const auto& counts : counted.counts) {
    const auto one = relative_spectrum(counts, counted.bin_ms);
    if (!one.power.empty()) frequency = rounded_all(one.frequency_hz);
    power.push_back(one.power.empty() ? Json() : rounded_all(one.power));
  }
  return {{"frequency_hz", frequency}, {"power", power}};
}

// ---- distributions -------------------------------------------------------------------------------------------------

/// Bins of one width, of the values or of their decimal logarithms.
struct Bins {
  double low = 0, width = 1;
  std::size_t count = 1;
  bool log = false;
};

using Samples = std::vector<std::vector<double>>;  ///< [n_populations]

/// The value that a fraction of all samples, of all populations together, do not exceed.
double pooled_percentile(const Samples& samples, double fraction) {
  std::vector<double> all;
  for (const auto& one : samples) all.insert(all.end(), one.begin(), one.end());
  if (all.empty()) return 0;
  const auto place = all.begin() + static_cast<std::ptrdiff_t>(fraction * double(all.size() - 1));
  std::nth_element(all.begin(), place, all.end());
  return *place;
}

/// Share of each population's values in each bin; values outside the bins count in the whole.
Json histogram(const Samples& samples, const Bins& bins) {
  Json shares = Json::array();
  for (const auto& values : samples) {
    std::vector<double> share(bins.count);
    for (const double value : values) {
      const double place = std::floor(((bins.log ? std::log10(value) : value) - bins.low) / bins.width);
      if (place >= 0 && place < double(bins.count)) share[static_cast<std::size_t>(place)] += 1 / double(values.size());
    }
    shares.push_back(values.empty() ? Json() : rounded_all(share));
  }
  return {{"low", bins.low}, {"width", bins.width}, {"log", bins.log}, {"share", shares}};
}

/// Rates are multiples of 1 / duration: a bin holds a whole number of them, or the histogram would grow teeth.
Bins rate_bins(const Samples& samples, double seconds) {
  const double most = std::max(1.0, std::round(pooled_percentile(samples, 0.995) * seconds));
  const double together = std::max(1.0, std::ceil(most / 40));
  return {-0.5 / seconds, together / seconds, static_cast<std::size_t>(most / together) + 1};
}

Bins spanning(double low, double high, std::size_t count) {
  if (!(high > low)) high = low + 1;
  return {low, (high - low) / double(count), count};
}

/// Inter-spike intervals in ms of all neurons of each population.
Samples intervals(const Run& run) {
  Samples all(run.populations());
  std::vector<std::uint32_t> last(static_cast<std::size_t>(run.first.back()), 0);
  for (const auto& spike : run.spikes) {
    if (!run.window.contains(spike.step)) continue;
    auto& before = last[spike.neuron];
    if (before > 0) all[run.population_of(spike.neuron)].push_back((spike.step - before) * run.window.dt_ms);
    before = spike.step;
  }
  return all;
}

/// Whether a population's neurons were watched: a partly recorded one has no rates to show.
std::vector<bool> watched(const Run& run) {
  std::vector<bool> neurons(static_cast<std::size_t>(run.first.back()), false);
  for (std::size_t p = 0; p < run.populations(); ++p) {
    const auto& population = run.summary.at("populations").at(p);
    if (population.at("watched_neurons") != population.at("size")) continue;
    std::fill(neurons.begin() + run.first[p], neurons.begin() + run.first[p + 1], true);
  }
  return neurons;
}

Json histograms(const Run& run) {
  Samples rate, cv, correlation;
  for (auto& samples : population_samples(run.spikes, run.first, watched(run), run.window)) {
    rate.push_back(std::move(samples.rate_hz));
    cv.push_back(std::move(samples.cv_isi));
    correlation.push_back(std::move(samples.correlation));
  }
  const Samples isi = intervals(run);
  const double seconds = run.window.duration_ms() > 0 ? run.window.duration_ms() / 1000 : 1;
  const double shortest = std::floor(std::log10(std::max(run.window.dt_ms, pooled_percentile(isi, 0.0005))) * 10) / 10;
  const double longest = std::max(shortest + 1, std::log10(std::max(1.0, pooled_percentile(isi, 1))) + 0.05);
  return {{"rate", histogram(rate, rate_bins(rate, seconds))},
          {"isi", histogram(isi, {shortest, 0.1, static_cast<std::size_t>((longest - shortest) / 0.1) + 1, true})},
          {"cv", histogram(cv, spanning(0, std::max(1.5, std::ceil(pooled_percentile(cv, 0.995) * 10) / 10), 40))},
          {"correlation", histogram(correlation, spanning(pooled_percentile(correlation, 0.01), pooled_percentile(correlation, 0.95), 40))}};
}

// ---- state ---------------------------------------------------------------------------------------------------------

/// Indices of the samples that keep the extremes: of each run of samples, where the least and the greatest value are.
///   values  [samples][columns]
std::vector<std::size_t> kept_samples(const std::vector<double>& values, std::size_t columns, std::size_t column) {
  const std::size_t samples = values.size() / columns;
  const auto value = [&](std::size_t i) { return values[i * columns + column]; };
  const std::size_t group = std::max<std::size_t>(1, samples * 2 / state_points);
  std::vector<std::size_t> kept;
  for (std::size_t start = 0; start < samples; start += group) {
    std::size_t least = start, most = start;
    for (std::size_t i = start; i < std::min(samples, start + group); ++i) {
      if (value(i) < value(least)) least = i;
      if (value(i) > value(most)) most = i;
    }
    kept.push_back(std::min(least, most));
    if (least != most) kept.push_back(std::max(least, most));
  }
  return kept;
}

/// One column over time, thinned.
Json line(const std::string& label, const std::vector<double>& time_ms, const std::vector<double>& values, std::size_t columns, std::size_t column) {
  Json time = Json::array(), drawn = Json::array();
  for (const auto i : kept_samples(values, columns, column)) {
    time.push_back(time_ms[i]);
    drawn.push_back(rounded(values[i * columns + column]));
  }
  return {{"label", label}, {"time_ms", time}, {"values", drawn}};
}

Json drawn(const StateSeries& series) {
  const std::size_t shown = std::min(state_neurons, series.neurons.size());
  Json lines = Json::array();
  for (std::size_t n = 0; n < shown; ++n) lines.push_back(line(fmt::format("neuron {}", series.neurons[n]), series.time_ms, series.values, series.neurons.size(), n));
  return {{"recording", series.recording}, {"title", fmt::format("{} of {}", series.variable, series.population)}, {"quantity", fmt::format("{} ({})", series.variable, series.unit)},
          {"note", shown < series.neurons.size() ? fmt::format("; the first {} of {} recorded neurons", shown, series.neurons.size()) : ""}, {"thinned", series.time_ms.size() >= state_points},
          {"lines", lines}};
}

Json drawn(const VolumeHistory& v) {
  const std::size_t shown = std::min(state_neurons, v.volumes.size());
  Json lines = Json::array();
  for (std::size_t k = 0; k < shown; ++k) lines.push_back(line(v.volumes[k], v.time_ms, v.values, v.volumes.size(), k));
  return {{"recording", v.recording}, {"title", "Concentrations"}, {"quantity", "concentration"},
          {"note", shown < v.volumes.size() ? fmt::format("; the first {} of {} volumes", shown, v.volumes.size()) : ""}, {"thinned", v.time_ms.size() >= state_points}, {"lines", lines}};
}

/// Of how many synapses each has what weight, by quantiles over time; and some of them singly.
Json drawn(const WeightHistory& w) {
  const std::size_t n = w.values.size() / w.time_ms.size(), singly = std::min(weight_lines, n), stride = (w.time_ms.size() + weight_points - 1) / weight_points;
  Json times = Json::array(), bands = Json::array(), lines = Json::array();
  std::vector<double> sorted(n);
  for (std::size_t i = 0; i < w.time_ms.size(); i += stride) {
    times.push_back(w.time_ms[i]);
    std::copy_n(w.values.begin() + static_cast<std::ptrdiff_t>(i * n), n, sorted.begin());
    std::sort(sorted.begin(), sorted.end());
    Json band = Json::array();
    for (const double part : {0.05, 0.25, 0.5, 0.75, 0.95}) band.push_back(rounded(sorted[static_cast<std::size_t>(std::lround(part * double(n - 1)))]));
    bands.push_back(std::move(band));
  }
  for (std::size_t k = 0; k < singly; ++k) {
    const std::size_t column = singly > 1 ? k * (n - 1) / (singly - 1) : 0;
    Json values = Json::array();
    for (std::size_t i = 0; i < w.time_ms.size(); i += stride) values.push_back(rounded(w.values[i * n + column]));
    lines.push_back(std::move(values));
  }
  return {{"recording", w.recording}, {"source", w.source}, {"target", w.target}, {"unit", w.unit}, {"synapses", n}, {"time_ms", times}, {"bands", bands}, {"lines", lines}};
}

/// The summary with its seeds as text: JavaScript's numbers have 53 bits.
Json shown_summary(Json summary) {
  auto& run = summary.at("run");
  run["seed"] = run.at("seed").dump();
  for (auto& seed : run.at("seeds")) seed = seed.dump();
  return summary;
}

Json assembled(const std::filesystem::path& results) {
  const Run run = read_run(results);
  const GridTime time(run.window.dt_ms);
  Json state = Json::array();
  for (const auto& series : read_state(results, run.summary))
    if (!series.values.empty()) state.push_back(drawn(series));
  for (const auto& series : read_volumes(results, run.summary))
    if (!series.values.empty()) state.push_back(drawn(series));
  Json weights = Json::array();
  for (const auto& series : read_weights(results, run.summary))
    if (!series.values.empty()) weights.push_back(drawn(series));
  return {{"summary", shown_summary(run.summary)},
          {"window", {{"start_ms", time(run.window.first_step)}, {"end_ms", time(run.window.last_step)}}},
          {"raster", raster(run)},
          {"activity", activity(run)},
          {"spectrum", spectrum(run)},
          {"histograms", histograms(run)},
          {"state", state},
          {"weights", weights}};
}

}  // namespace

Json report_data(const std::filesystem::path& results) {
  try {
    return assembled(results);
  } catch (const Json::exception& error) {
    throw InputError(fmt::format("{}: is not a summary that this version of Ranvier wrote: {}\n  run `ranvier simulate` again",
                                 (results / "summary.json").string(), error.what()));
  }
}

}  // namespace ranvier::io
