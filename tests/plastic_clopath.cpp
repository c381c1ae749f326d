// SPDX-License-Identifier: Apache-2.0
/// The voltage-based rule against closed forms at constant potentials, and against sums over every step of the potentials
/// that the cells really had.

#include <gtest/gtest.h>

#include <cmath>
#include <fstream>

#include "engine_example.hpp"

namespace ranvier::test_engine {
namespace {

/// A source that fires at given times, onto three cells. Their potentials, spikes and weights are recorded.
struct Watched {
  std::string membrane = "adex";
  std::map<std::string, Values> params = {};
  std::map<std::string, double> rule = {};
  bool homeostasis = false;
  double delay_ms = 2, fraction = 1, noise_pA = 900, mean_pA = 500;
  double start = 0.5;
  bool double_precision = true;
  std::vector<double> source = {};
  double duration_ms = 600;

  NetworkSpec network() const {
    NetworkSpec spec;
    spec.simulation.duration_ms = duration_ms;
    spec.simulation.double_precision = double_precision;
    spec.populations = {spike_train("source", 1, source, std::vector<std::int64_t>(source.size(), 0)), leaky("target", 3)};
    spec.populations[1].membrane = membrane;
    spec.populations[1].params = params;
    spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all, start, delay_ms)};
    spec.projections[0].dendritic_delay_fraction = fraction;
    spec.projections[0].synapse = {{.rule = "clopath", .params = rule, .choices = {{"homeostasis", homeostasis ? "squared" : "none"}}}};
    if (noise_pA > 0) {
      InputSpec noise;
      noise.kind = InputSpec::Kind::noise;
      noise.target = whole(spec, 1);
      noise.amplitude_pA = Values::constant(noise_pA);
      noise.mean_pA = Values::constant(mean_pA);
      noise.noise_dt_ms = 1;
      spec.inputs = {noise};
    }
    RecordingSpec weights;
    weights.name = "weights";
    weights.kind = RecordingSpec::Kind::weights;
    weights.sources = whole(spec, 0);
    weights.targets = whole(spec, 1);
    spec.recordings = {record_spikes(spec, 1), record_state(spec, 1, {"V_m"}), weights};
    return spec;
  }
  double value(const std::string& name, double otherwise) const { return rule.contains(name) ? rule.at(name) : otherwise; }
};

/// Weights by the rule's definition, step by step from what was recorded: nothing is kept in histories or visited late.
std::vector<double> step_by_step(const Watched& w, const RunResult& result) {
  const double dt = 0.1, theta_minus = w.value("theta_minus", -70.6), theta_plus = w.value("theta_plus", -45.3), E_L = w.value("E_L", -70.6);
  const int n = static_cast<int>(std::lround(w.duration_ms / dt)), lag = static_cast<int>(std::lround(w.value("delay", 5) / dt)), hold = static_cast<int>(std::lround(w.value("t_spike", 2) / dt));
  const int d = static_cast<int>(std::lround(w.delay_ms / dt)), dendritic = static_cast<int>(w.fraction * d + 0.5);
  const auto above = [](double x, double theta) { return std::max(0.0, x - theta); };
  const std::vector<double> V = values_of(result.traces.at(0));
  std::vector<double> out;
  for (int cell = 0; cell < 3; ++cell) {
    std::vector<double> minus{E_L}, plus{E_L}, mean{E_L}, P{0};
    int last_spike = -1000000;
    auto spike = result.spikes.begin();
    for (int k = 1; k <= n; ++k) {
      for (; spike != result.spikes.end() && static_cast<int>(spike->step) <= k; ++spike)
        if (static_cast<int>(spike->neuron) == 1 + cell) last_spike = static_cast<int>(spike->step);
      const double u = k - last_spike < hold ? w.value("V_spike", 33) : V[static_cast<std::size_t>(k - 1) * 3 + static_cast<std::size_t>(cell)];
      P.push_back(w.value("A_LTP", 8e-5) * dt * above(u, theta_plus) * above(plus[static_cast<std::size_t>(std::max(0, k - lag))], theta_minus));
      minus.push_back(u + (minus.back() - u) * std::exp(-dt / w.value("tau_minus", 10)));
      plus.push_back(u + (plus.back() - u) * std::exp(-dt / w.value("tau_plus", 7)));
      mean.push_back(minus.back() + (mean.back() - minus.back()) * std::exp(-dt / w.value("tau_mean", 1000)));
    }
    double weight = w.start, x = 0;
    std::vector<int> arrivals;  // as the target counts
    for (double t : w.source) arrivals.push_back(static_cast<int>(std::lround(t / dt)) + d - 2 * dendritic);
    for (int k = 1; k <= n; ++k) {
      x *= std::exp(-dt / w.value("tau_x", 15));
      if (k <= n - dendritic) weight += P[static_cast<std::size_t>(k)] * x;
      for (int a : arrivals) {
        if (a != k) continue;
        const auto then = static_cast<std::size_t>(std::max(0, k - lag));
        const double A = w.value("A_LTD", 14e-5) * (w.homeostasis ? (mean[then] - E_L) * (mean[then] - E_L) / w.value("u_ref2", 60) : 1);
        weight -= A * above(minus[then], theta_minus);
        x += 1 / w.value("tau_x", 15);
      }
    }
    out.push_back(weight);
  }
  return out;
}

std::vector<double> regular(double first, double every, int n) {
  std::vector<double> t;
  for (int k = 0; k < n; ++k) t.push_back(std::round(10 * (first + every * k)) / 10);
  return t;
}

TEST(Clopath, RecordedPotentialsGiveTheSameWeightsStepByStep) {
  const std::vector<double> source = regular(20, 17.3, 30);
  const std::vector<Watched> cases = {
      {.source = source},
      {.homeostasis = true, .delay_ms = 1, .fraction = 0, .source = source},
      {.rule = {{"delay", 0.1}, {"t_spike", 0}, {"theta_plus", -55}}, .delay_ms = 3, .fraction = 0.5, .source = source},
      {.rule = {{"delay", 0.1}}, .delay_ms = 0.3, .fraction = 0, .source = source},
      {.membrane = "hh_traub", .rule = {{"t_spike", 0}, {"E_L", -60}, {"theta_minus", -65}}, .delay_ms = 12, .noise_pA = 300, .mean_pA = 250, .source = source},
      {.membrane = "leaky", .params = {{"t_ref", Values::constant(2)}}, .homeostasis = true, .delay_ms = 5, .fraction = 0.2, .source = source}};
  for (std::size_t k = 0; k < cases.size(); ++k) {
    SCOPED_TRACE(k);
    const RunResult result = simulate(cases[k].network());
    EXPECT_GT(result.spikes.size(), 10u);
    const std::vector<double> expected = step_by_step(cases[k], result);
    for (std::size_t cell = 0; cell < 3; ++cell) {
      EXPECT_NEAR(result.connections[0].weight[cell], expected[cell], 1e-10) << cell;
      EXPECT_GT(std::fabs(expected[cell] - 0.5), 1e-3);
    }
    Watched single = cases[k];
    single.double_precision = false;
    const RunResult rough = simulate(single.network());
    const std::vector<double> expected_of_rough = step_by_step(single, rough);
    for (std::size_t cell = 0; cell < 3; ++cell) EXPECT_NEAR(rough.connections[0].weight[cell], expected_of_rough[cell], 1e-5);
  }
}

/// Leaky cells that rest at -60 mV, and a rule that knows it: filtered potentials stay there.
Watched resting(double theta_plus) {
  Watched w{.membrane = "leaky", .params = {{"E_L", Values::constant(-60)}, {"V_reset", Values::constant(-60)}, {"V_th", Values::constant(1000)}},
            .rule = {{"E_L", -60}, {"theta_plus", theta_plus}}, .fraction = 0, .noise_pA = 0, .source = regular(50, 40, 10), .duration_ms = 1500};
  w.rule["w_max"] = 1;
  w.start = 0.5;
  return w;
}

TEST(Clopath, AConstantPotentialBelowTheThresholdGivesDepressionAlone) {
  Watched w = resting(-45.3);
  w.rule["A_LTP"] = 1;
  NetworkSpec spec = w.network();
  spec.populations[1].receptors[0].kind = "exponential";  // 0.5 pA: potentials hardly move
  // Ten spikes, each A_LTD (u - theta_minus).
  EXPECT_NEAR(simulate(spec).connections[0].weight[0], 0.5 - 10 * 14e-5 * (-60 + 70.6), 1e-5);
}

TEST(Clopath, PotentiationOfOneSpikeIsTheSumOfItsTraceOverTheSteps) {
  Watched w = resting(-65);
  w.rule["A_LTD"] = 0;
  w.source = {50};
  NetworkSpec spec = w.network();
  spec.populations[1].params["C_m"] = Values::constant(1e9);  // nothing moves them
  spec.populations[1].receptors[0].kind = "exponential";
  // sum over k >= 1 of P dt e^{-k dt/tau_x}/tau_x, P = A_LTP 5 mV 10.6 mV
  const double q = std::exp(-0.1 / 15);
  EXPECT_NEAR(simulate(spec).connections[0].weight[0], 0.5 + 8e-5 * 5 * 10.6 * 0.1 / 15 * q / (1 - q), 1e-10);
}

TEST(Clopath, WatchedCellsStayAwake) {
  Watched w = resting(-45.3);
  w.noise_pA = 0;
  NetworkSpec spec = w.network();
  EXPECT_FALSE(engine::build(spec, {})->populations[1].sleeps);
  spec.projections[0].synapse.clear();
  EXPECT_TRUE(engine::build(spec, {})->populations[1].sleeps);
}

TEST(Clopath, WeightsStayWithinTheirBounds) {
  Watched up{.rule = {{"A_LTP", 1}, {"w_max", 0.7}}, .source = regular(20, 7, 50)}, down{.rule = {{"A_LTD", 1}, {"A_LTP", 0}, {"w_min", 0.2}}, .source = regular(20, 7, 50)};
  EXPECT_EQ(simulate(up.network()).connections[0].weight[1], 0.7);
  EXPECT_EQ(simulate(down.network()).connections[0].weight[1], 0.2);
}

/// What NEST's clopath_synapse made of a potential of NEST's own; parity/data/make_clopath.py.
struct OfNest {
  std::vector<double> source, delay, weight, V;
  OfNest() {
    std::ifstream file(std::string(RANVIER_SOURCE_DIR) + "/tests/parity/data/clopath_nest.csv");
    std::string what, first, second;
    while (std::getline(file, what, ',') && std::getline(file, first, ',') && std::getline(file, second)) {
      if (what == "source") source.push_back(std::stod(first));
      if (what == "V_m") V.push_back(std::stod(first));
      if (what == "weight") delay.push_back(std::stod(first)), weight.push_back(std::stod(second));
    }
  }
};

TEST(Clopath, APotentialOfNestGivesTheWeightsOfNest) {
  const OfNest nest;
  ASSERT_EQ(nest.delay.size(), 2u);
  for (std::size_t k = 0; k < nest.delay.size(); ++k) {
    // A cell without inertia, whose current is the potential: R = 1e-3 GOhm. Potentials hold NEST's spikes.
    Watched w{.membrane = "leaky", .params = {{"tau_m", Values::constant(1e-3)}, {"C_m", Values::constant(1)}, {"E_L", Values::constant(0)}, {"V_reset", Values::constant(0)}, {"V_th", Values::constant(1000)}},
              .rule = {{"t_spike", 0}, {"w_max", 1}}, .delay_ms = nest.delay[k], .noise_pA = 0, .start = 0.01, .source = nest.source};
    w.duration_ms = 0.1 * static_cast<double>(nest.V.size());
    NetworkSpec spec = w.network();
    spec.populations[1].receptors[0].kind = "exponential";
    InputSpec potential;
    potential.kind = InputSpec::Kind::step;
    potential.target = whole(spec, 1);
    potential.current_pA.kind = Schedule::Kind::piecewise;
    for (std::size_t i = 0; i < nest.V.size(); ++i) {
      potential.current_pA.times_ms.push_back(0.1 * static_cast<double>(i));
      potential.current_pA.values.push_back(1000 * nest.V[i]);
    }
    spec.inputs = {potential};
    const RunResult result = simulate(spec);
    const std::vector<double> V = values_of(result.traces.at(0));
    for (std::size_t i = 1; i < nest.V.size(); ++i) ASSERT_NEAR(V[3 * i], nest.V[i], 1e-3) << i;
    // NEST's filters follow the potential within a step too, also where it jumps: with NEST's own the sums agree to 1e-16. Here half a step
    // counts, half a per cent of all depression, which is 0.01.
    EXPECT_NEAR(result.connections[0].weight[0], nest.weight[k], 5e-5) << nest.delay[k];
    EXPECT_GT(std::fabs(nest.weight[k] - 0.01), 5e-4);
  }
}

std::string complaint(const NetworkSpec& spec) {
  try {
    engine::build(spec, {});
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(Clopath, WhatItCannotDoIsRefused) {
  Watched w{.source = {20}};
  w.rule = {{"w_min", 2}, {"w_max", 1}};
  EXPECT_NE(complaint(w.network()).find("clopath: w_min must be below w_max"), std::string::npos);
  w.rule = {{"w_max", 0.1}};
  EXPECT_NE(complaint(w.network()).find("the initial weights must lie between w_min and w_max"), std::string::npos);
  w.rule = {};
  NetworkSpec spec = w.network();
  spec.populations[1].membrane = "lnp";
  spec.populations[1].params = {};
  EXPECT_NE(complaint(spec).find("membrane \"lnp\" has no potential that the rule could follow; use another membrane, such as \"adex\""), std::string::npos) << complaint(spec);
}

}  // namespace
}  // namespace ranvier::test_engine
