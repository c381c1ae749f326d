// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "summary.hpp"

namespace ranvier::io {
namespace {

/// 77169 as "77,169".
std::string grouped(std::int64_t n) {
  std::string digits = std::to_string(n);
  for (auto i = static_cast<std::ptrdiff_t>(digits.size()) - 3; i > (n < 0); i -= 3) digits.insert(static_cast<std::size_t>(i), 1, ',');
  return digits;
}

/// A quantity with an SI prefix and three digits: "1.29 GB".
std::string scaled(double value, std::string_view unit) {
  static constexpr std::string_view prefixes[] = {"p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E"};
  if (value == 0 || !std::isfinite(value)) return fmt::format("{:.3g} {}", value, unit);
  const int thousands = std::clamp(int(std::floor(std::log10(std::abs(value)) / 3)), -4, 6);
  const double mantissa = value / std::pow(1000.0, thousands);
  const int decimals = mantissa >= 100 ? 0 : mantissa >= 10 ? 1 : 2;
  return fmt::format("{:.{}f} {}{}", mantissa, decimals, prefixes[thousands + 4], unit);
}

std::string duration(double ms) { return ms >= 1000 ? fmt::format("{:g} s", ms / 1000) : fmt::format("{:g} ms", ms); }

std::string seconds(double s) { return fmt::format("{:.{}f} s", s, s >= 100 ? 0 : 2); }

/// "mean 25% 75%" in columns of 8, a dash where undefined.
std::string centre_and_quartiles(const Json& mean, const Json& quartiles, int decimals) {
  const auto number = [&](const Json& x) {
    const double unit = std::pow(10.0, -decimals);
    return fmt::format("{:.{}f}", std::round(x.get<double>() / unit) * unit + 0.0, decimals);  // + 0.0: no "-0.00"
  };
  const bool spread = !quartiles.is_null();
  return fmt::format("{:>8}{:>8}{:>8}", mean.is_null() ? "-" : number(mean), spread ? number(quartiles[0]) : "",
                     spread ? number(quartiles[2]) : "");
}

std::string header_lines(const Json& s) {
  const auto& run = s["run"];
  std::string text = fmt::format("{}: {} neurons, {} synapses, seed {}\n", s["network"]["name"].get<std::string>(),
                                 grouped(s["network"]["neurons"].get<std::int64_t>()),
                                 grouped(s["network"]["synapses"].get<std::int64_t>()), run["seed"].dump());
  text += fmt::format("{} of biology after {} of warm-up, dt {} ms, {} thread{}, {} precision{}\n",
                      duration(run["simulated_ms"].get<double>()), duration(run["warmup_ms"].get<double>()),
                      run["dt_ms"].get<double>(), run["threads"].get<int>(), run["threads"] == 1 ? "" : "s",
                      run["precision"].get<std::string>(),
                      run["simd"] == "" ? "" : ", " + run["simd"].get<std::string>());
  if (s["partial"].get<bool>())
    text += fmt::format("PARTIAL: stopped before its end of {}\n", duration(run["duration_ms"].get<double>()));
  return text;
}

std::string population_lines(const Json& populations) {
  std::size_t width = 10;
  for (const auto& p : populations) width = std::max(width, p["name"].get<std::string>().size());
  std::string text = fmt::format("\n{:{}}{:>11}  {:>24}  {:>24}  {:>24}\n", "", width, "", "rate (spikes/s)      ",
                                 "CV of intervals      ", "correlation        ");
  const std::string columns = fmt::format("{:>8}{:>8}{:>8}", "mean", "25 %", "75 %");
  text += fmt::format("{:{}}{:>11}  {}  {}  {}\n", "population", width, "neurons", columns, columns, columns);
  for (const auto& p : populations)
    text += fmt::format("{:{}}{:>11}  {}  {}  {}\n", p["name"].get<std::string>(), width, grouped(p["size"].get<std::int64_t>()),
                        centre_and_quartiles(p["rate_hz"], p["rate_hz_quartiles"], 2),
                        centre_and_quartiles(p["cv_isi"], p["cv_isi_quartiles"], 2),
                        centre_and_quartiles(p["correlation"], p["correlation_quartiles"], 4));
  return text;
}

std::string time_lines(const Json& time) {
  const double simulate_s = time["simulate_s"].get<double>();
  std::string text = fmt::format("\ntime      built in {}, warmed up in {}, simulated in {}", seconds(time["build_s"].get<double>()),
                                 seconds(time["warmup_s"].get<double>()), seconds(simulate_s));
  if (const auto& factor = time["real_time_factor"]; !factor.is_null())
    text += fmt::format(": {:.3g} s per second of biology", factor.get<double>());
  text += "\n";
  std::string stages;
  for (const auto& [name, stage_s] : time["stages"].items())
    stages += fmt::format("{}{} {}{}", stages.empty() ? "" : ", ", name, seconds(stage_s.get<double>()),
                          simulate_s > 0 ? fmt::format(" ({:.0f} %)", 100 * stage_s.get<double>() / simulate_s) : "");
  return stages.empty() ? text : text + "          " + stages + "\n";
}

/// Synapses at the beginning and at the end, where some came and went.
std::string structure_lines(const Json& s) {
  std::string text;
  if (!s.contains("structure")) return text;
  for (const auto& p : s["structure"]) {
    std::int64_t made = 0, removed = 0;
    for (const auto& n : p["made"]) made += n.get<std::int64_t>();
    for (const auto& n : p["removed"]) removed += n.get<std::int64_t>();
    text += fmt::format("{} {}: {} synapses, at first {}; {} made and {} removed in {} structural steps\n", text.empty() ? "structure" : "         ", p["projection"].get<std::string>(),
                        grouped(p["synapses"].back().get<std::int64_t>()), grouped(p["synapses"].front().get<std::int64_t>()), grouped(made), grouped(removed), p["made"].size() - 1);
  }
  return text;
}

/// What waveform relaxation took; where it did not get there, what to do.
std::string gap_lines(const Json& s) {
  if (!s.contains("gap_junctions")) return {};
  const auto& g = s["gap_junctions"];
  const auto intervals = g["intervals"].get<std::int64_t>(), failed = g["not_converged"].get<std::int64_t>();
  std::string text = fmt::format("\n          gap junctions: {:.1f} iterations in each of {} intervals", intervals ? g["iterations"].get<double>() / static_cast<double>(intervals) : 0, grouped(intervals));
  if (failed > 0)
    text += fmt::format("\n          {} of them did not converge within max_iterations: potentials there are less exact than the tolerance says\n"
                        "            try: a shorter interval, a smaller dt, or more iterations", grouped(failed));
  return text;
}

std::string work_lines(const Json& s) {
  const auto& work = s["work"];
  const double events = work["synaptic_events"].get<double>(), simulate_s = s["time"]["simulate_s"].get<double>();
  std::string text = fmt::format("work      {} spikes, {} synaptic events", grouped(work["spikes"].get<std::int64_t>()),
                                 grouped(work["synaptic_events"].get<std::int64_t>()));
  if (simulate_s > 0) text += fmt::format(" ({})", scaled(events / simulate_s, "/s"));
  text += fmt::format("\n          {} and {} moved, as counted", scaled(work["flop"].get<double>(), "FLOP"),
                      scaled(work["byte_moved"].get<double>(), "B"));
  if (const auto frequent = work["frequent_events"].get<std::int64_t>(); frequent > 0)
    text += fmt::format("\n          {} of the events came less than 20 ms after the one before: at such rates method = \"clock_driven\" may be as fast", grouped(frequent));
  text += gap_lines(s);
  const auto& memory = s["memory"];
  text += "\nmemory    ";
  if (!memory["byte_per_synapse"].is_null()) text += fmt::format("{:.2f} bytes per synapse, ", memory["byte_per_synapse"].get<double>());
  text += fmt::format("peak {}, network predicted at {}\n", scaled(memory["peak_rss_byte"].get<double>(), "B"),
                      scaled(memory["predicted_byte"].get<double>(), "B"));
  const auto& joule = s["energy"]["joule"];
  const auto& each = s["energy"]["joule_per_synaptic_event"];
  if (joule.is_null()) return text + "energy    this system does not tell\n";
  text += "energy    " + scaled(joule.get<double>(), "J");
  return text + (each.is_null() ? "" : ", " + scaled(each.get<double>(), "J") + " per synaptic event") + "\n";
}

std::string volume_lines(const Json& s) {
  std::string text;
  if (s.contains("volumes"))
    for (const auto& v : s["volumes"])
      text += fmt::format("{:<9} volume \"{}\": {} pulses, concentration {:.4g} at the end\n", text.empty() ? "\nreleased" : "", v["name"].get<std::string>(),
                          grouped(v["pulses"].get<std::int64_t>()), v["concentration"].get<double>());
  return text;
}

}  // namespace

std::string summary_table(const Json& summary) {
  return header_lines(summary) + population_lines(summary["populations"]) + volume_lines(summary) + time_lines(summary["time"]) +
         work_lines(summary) + structure_lines(summary) + fmt::format("hash      {}\n", summary["spike_hash"].get<std::string>());
}

}  // namespace ranvier::io
