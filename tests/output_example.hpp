// SPDX-License-Identifier: Apache-2.0
#pragma once
/// An invented run for the tests of what comes out: Poisson spikes, one oscillating population, one silent one.

#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <string>

#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::test {

/// A folder that is removed at the end of the test.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (std::filesystem::temp_directory_path() / "ranvier-output-XXXXXX").string();
    path = ::mkdtemp(name.data());
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }
  std::filesystem::path path;
};

inline std::string text_of(const std::filesystem::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

inline PopulationSpec population(std::string name, std::int64_t size) {
  PopulationSpec p;
  p.name = std::move(name);
  p.size = size;
  p.membrane = "leaky";
  ReceptorSpec receptor;
  receptor.name = "syn";
  receptor.kind = "exponential";
  p.receptors.push_back(receptor);
  return p;
}

inline ProjectionSpec projection(int source, int target, double weight) {
  ProjectionSpec p;
  p.source.population = source;
  p.target.population = target;
  p.weight = Values::constant(weight);
  return p;
}

/// Populations E (excitatory), I (inhibitory) and silent; 0.5 s of warm-up, `duration_ms` after it, dt 0.1 ms.
inline NetworkSpec example_spec(std::int64_t excitatory = 400, double duration_ms = 1000) {
  NetworkSpec spec;
  spec.name = "example";
  spec.simulation.duration_ms = duration_ms;
  spec.simulation.warmup_ms = 500;
  spec.simulation.seed = 7;
  spec.populations = {population("E", excitatory), population("I", excitatory / 4), population("silent", 3)};
  spec.projections = {projection(0, 1, 87.8), projection(1, 0, -351), projection(1, 1, -351)};
  spec.parameters["g"] = "-4";
  return spec;
}

/// Bernoulli spikes in every step: `rate_hz` for each population, the second one's modulated at 40 Hz. Only raw words of
/// mt19937_64 are used, so that all machines draw the same.
inline std::vector<Spike> example_spikes(const NetworkSpec& spec, const std::vector<double>& rate_hz, std::uint32_t steps) {
  std::mt19937_64 words(1);
  std::vector<Spike> spikes;
  for (std::uint32_t step = 1; step <= steps; ++step) {
    std::uint32_t neuron = 0;
    for (std::size_t p = 0; p < spec.populations.size(); ++p) {
      const double beat = p == 1 ? 1 + 0.9 * std::sin(2 * M_PI * 40 * step * 1e-4) : 1;
      const double probability = rate_hz[p] * beat * 1e-4;
      for (std::int64_t i = 0; i < spec.populations[p].size; ++i, ++neuron)
        if (double(words() >> 11) * 0x1p-53 < probability) spikes.push_back({step, neuron});
    }
  }
  return spikes;
}

/// `count` spikes (a few fewer, as no neuron fires twice in a step) anywhere in steps first ... last.
inline std::vector<Spike> random_spikes(std::size_t count, std::int64_t neurons, std::uint32_t first, std::uint32_t last) {
  std::mt19937_64 words(3);
  std::vector<Spike> spikes;
  for (std::size_t i = 0; i < count; ++i)
    spikes.push_back({std::uint32_t(first + words() % (last - first + 1)), std::uint32_t(words() % std::uint64_t(neurons))});
  std::sort(spikes.begin(), spikes.end());
  spikes.erase(std::unique(spikes.begin(), spikes.end()), spikes.end());
  return spikes;
}

inline RunResult example_result(const NetworkSpec& spec) {
  RunResult result;
  result.warmup_step = std::uint32_t(std::lround(spec.simulation.warmup_ms * 10));
  result.end_step = result.warmup_step + std::uint32_t(std::lround(spec.simulation.duration_ms * 10));
  result.spikes = example_spikes(spec, {4, 12, 0}, result.end_step);
  result.population_spikes.assign(spec.populations.size(), 0);
  for (const auto& spike : result.spikes) {
    if (spike.step <= result.warmup_step) continue;
    std::int64_t first = 0;
    for (std::size_t p = 0; p < spec.populations.size(); first += spec.populations[p++].size)
      if (spike.neuron >= first && spike.neuron < first + spec.populations[p].size) ++result.population_spikes[p];
    ++result.work.spikes;
  }
  result.spike_hash = 0x00ab54a98ceb1f0a;
  result.synapse_count = 50000;
  result.work.synaptic_events = result.work.spikes * 100;
  result.work.flop = 900'000'000;
  result.work.byte_moved = 1'500'000'000;
  result.stages = {{"deliver", 0.06}, {"update", 0.03}, {"wait", 0.01}};
  result.build_s = 0.2;
  result.warmup_s = 0.05;
  result.simulate_s = 0.1;
  result.simulate_cpu_s = 0.19;
  result.byte_per_synapse = 4.3;
  result.peak_rss_byte = 12'000'000;
  result.predicted_byte = 11'000'000;
  result.threads = 2;
  result.simd = "AVX2";
  result.seeds = {11, 12, 13, 18446744073709551615u};
  result.machine.cpu = "Example CPU";
  result.machine.system = "Example OS 1";
  result.machine.cores = 2;
  result.machine.memory_byte = 8'000'000'000;
  result.machine.bandwidth_byte_per_s = 4e10;
  result.machine.flop_per_s = 2e11;
  result.version = "0.0.0";
  result.command = "ranvier simulate example.toml";
  return result;
}

/// Two variables of two neurons of E, every 1 ms from 500 ms on: V_m of neuron n at sample i is -(i + n), ex.I is i n.
inline Trace example_trace() {
  Trace trace;
  trace.name = "probe";
  trace.neurons = {3, 8};
  trace.variables = {{"V_m", "mV"}, {"ex.I", "pA"}};
  trace.first_step = 5000;
  trace.interval = 10;
  std::vector<float> values;
  for (int i = 0; i < 50; ++i)
    for (int v = 0; v < 2; ++v)
      for (const int n : {3, 8}) values.push_back(v == 0 ? -float(i + n) : float(i * n));
  trace.values = values;
  return trace;
}

inline Connections example_connections() {
  Connections c;
  c.name = "graph";
  c.source_population = 0;
  c.target_population = 1;
  c.source = {0, 0, 5};
  c.target = {1, 2, 1};
  c.receptor = {0, 0, 0};
  c.weight = {87.8, 80.25, 91.5};
  c.delay_ms = {1.5, 0.1, 2};
  return c;
}

}  // namespace ranvier::test
