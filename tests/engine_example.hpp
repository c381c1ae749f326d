// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Networks for the tests of the engine: short ways to write one down, to run it, and to list its synapses.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "engine/network.hpp"
#include "engine/run.hpp"
#include "engine/state.hpp"
#include "ranvier/error.hpp"
#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::test_engine {

inline ReceptorSpec receptor(std::string name, std::string kind, std::map<std::string, Values> params = {}) {
  ReceptorSpec r;
  r.name = std::move(name);
  r.kind = std::move(kind);
  r.params = std::move(params);
  return r;
}

/// Leaky cells with the given receptors; one delta receptor where none is given.
inline PopulationSpec leaky(std::string name, std::int64_t size, std::vector<ReceptorSpec> receptors = {}) {
  PopulationSpec p;
  p.name = std::move(name);
  p.size = size;
  p.membrane = "leaky";
  p.receptors = receptors.empty() ? std::vector{receptor("v", "delta")} : std::move(receptors);
  return p;
}

/// Gives a leaky population a receptor that decays with tau, and a capacitance with which a weight of 1 (pA) does at least what 1 mV did.
inline void decay_with(PopulationSpec& p, double tau_ms) {
  p.receptors[0].kind = "exponential";
  p.receptors[0].params["tau_syn"] = Values::constant(tau_ms);
  p.params["C_m"] = Values::constant(std::min(tau_ms, 10.0));
}

inline PopulationSpec poisson_source(std::string name, std::int64_t size, double rate_hz) {
  PopulationSpec p;
  p.name = std::move(name);
  p.size = size;
  p.membrane = "poisson_source";
  p.params["rate"] = Values::constant(rate_hz);
  return p;
}

/// Neuron neurons[k] fires at times_ms[k].
inline PopulationSpec spike_train(std::string name, std::int64_t size, std::vector<double> times_ms, std::vector<std::int64_t> neurons) {
  PopulationSpec p;
  p.name = std::move(name);
  p.size = size;
  p.membrane = "spike_train";
  p.trains = {std::move(times_ms), std::move(neurons)};
  return p;
}

inline Slice whole(const NetworkSpec& spec, int population) { return {population, 0, spec.populations[static_cast<std::size_t>(population)].size, 1}; }

/// A projection between whole populations.
inline ProjectionSpec connect(const NetworkSpec& spec, int source, int target, Rule::Kind kind, double weight = 1, double delay_ms = 1) {
  ProjectionSpec p;
  p.source = whole(spec, source);
  p.target = whole(spec, target);
  p.rule.kind = kind;
  p.weight = Values::constant(weight);
  p.delay_ms = Values::constant(delay_ms);
  return p;
}

inline RecordingSpec record_state(const NetworkSpec& spec, int population, std::vector<std::string> variables, double interval_ms = 0) {
  RecordingSpec r;
  r.name = "state " + std::to_string(population);
  r.kind = RecordingSpec::Kind::state;
  r.neurons = whole(spec, population);
  r.variables = std::move(variables);
  r.interval_ms = interval_ms;
  return r;
}
inline RecordingSpec record_spikes(const NetworkSpec& spec, int population) {
  RecordingSpec r;
  r.name = "spikes " + std::to_string(population);
  r.neurons = whole(spec, population);
  return r;
}

inline std::uint32_t steps_of(const NetworkSpec& spec) {
  return static_cast<std::uint32_t>(std::lround((spec.simulation.warmup_ms + spec.simulation.duration_ms) / spec.simulation.dt_ms));
}

/// The whole run of a network, stopping at the end of the warm-up (work and times are counted from there) and at each
/// step of `stops` on the way.
inline RunResult simulate(const NetworkSpec& spec, const engine::Options& options = {}, std::vector<std::uint32_t> stops = {}) {
  const auto network = engine::build(spec, options);
  engine::State state = engine::start(*network);
  engine::Recorder recorder(*network);
  engine::RunOptions run;
  run.warmup_step = static_cast<std::uint32_t>(std::lround(spec.simulation.warmup_ms / spec.simulation.dt_ms));
  stops.push_back(run.warmup_step);
  std::sort(stops.begin(), stops.end());
  for (const std::uint32_t stop : stops) {
    run.until_step = stop;
    engine::run(*network, state, run, recorder);
  }
  run.until_step = steps_of(spec);
  engine::run(*network, state, run, recorder);
  RunResult result;
  recorder.finish(*network, state, result);
  return result;
}

/// The values of a recording of double precision, or of single precision made double.
inline std::vector<double> values_of(const Trace& trace) {
  return std::visit([](const auto& v) { return std::vector<double>(v.begin(), v.end()); }, trace.values);
}

/// One synapse between neurons numbered within their populations. Sorts by source, target, receptor, delay, weight.
struct Synapse {
  std::int64_t source, target;
  int receptor;
  std::uint32_t delay;
  double weight;
  friend bool operator==(const Synapse&, const Synapse&) = default;
  friend auto operator<=>(const Synapse&, const Synapse&) = default;
};

/// All synapses of a network, ids global, sorted.
inline std::vector<Synapse> synapses_of(const engine::Network& network) {
  std::vector<Synapse> out;
  for (std::int64_t s = 0; s < network.neurons; ++s)
    engine::for_each_synapse(network, s, [&](const engine::SynapseRecord& r) { out.push_back({r.source, r.target, r.receptor, r.delay, r.weight}); });
  std::sort(out.begin(), out.end());
  return out;
}

/// Pearson's test of counts against the probabilities of their classes; classes with fewer than ten expected are joined
/// with the next ones.
struct ChiSquare {
  double value = 0;
  int degrees = -1;

  ChiSquare(const std::vector<std::int64_t>& counts, const std::vector<double>& probabilities, double total) {
    double observed = 0, expected = 0, rest = total, left = total;
    for (std::size_t k = 0; k < counts.size(); ++k) {
      observed += static_cast<double>(counts[k]);
      expected += total * probabilities[k];
      if (expected < 10 || left - expected < 10) continue;  // what is left over at the end is one class more
      add(observed, expected);
      rest -= observed;
      left -= expected;
      observed = expected = 0;
    }
    add(rest, left);
  }
  /// Passed by about one in a million that follow the law (the 5 sigma of the normal limit, and room for few degrees).
  double limit() const { return degrees + 5 * std::sqrt(2.0 * degrees) + 14; }

 private:
  void add(double observed, double expected) {
    value += (observed - expected) * (observed - expected) / expected;
    ++degrees;
  }
};

/// Probabilities of 0, 1, ..., n successes in n draws, and of 0, 1, ..., most events of a mean.
inline std::vector<double> binomial_law(double n, double p, std::size_t most) {
  std::vector<double> out;
  for (std::size_t k = 0; k <= most; ++k) {
    const auto x = static_cast<double>(k);
    out.push_back(x > n ? 0 : std::exp(std::lgamma(n + 1) - std::lgamma(x + 1) - std::lgamma(n - x + 1) + x * std::log(p) + (n - x) * std::log1p(-p)));
  }
  return out;
}
inline std::vector<double> poisson_law(double mean, std::size_t most) {
  std::vector<double> out;
  for (std::size_t k = 0; k <= most; ++k) out.push_back(std::exp(static_cast<double>(k) * std::log(mean) - mean - std::lgamma(static_cast<double>(k) + 1)));
  return out;
}

}  // namespace ranvier::test_engine
