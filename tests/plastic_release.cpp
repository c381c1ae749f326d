// SPDX-License-Identifier: Apache-2.0
/// Short-term plasticity: what arrives at the target, spike by spike, against closed forms.

#include <gtest/gtest.h>

#include "engine/synapse_model.hpp"
#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

/// Jumps of the target's potential at the spikes of a source that fires every `interval_ms`; weight 1 mV. With a time constant, jumps of a current.
std::vector<double> jumps(const std::vector<SynapseSpec>& synapse, int n, double interval_ms, double tau_ms = 0) {
  Pair pair{.synapse = {}, .delay_ms = 2};
  for (int k = 0; k < n; ++k) pair.source.push_back(10 + interval_ms * k);
  NetworkSpec spec = pair.network();
  spec.simulation.duration_ms = 10 + interval_ms * n;
  spec.projections[0].synapse = synapse;
  spec.populations[2].params["tau_m"] = Values::constant(0.5);  // nothing is left when the next one arrives
  if (tau_ms > 0) {
    spec.populations[2].receptors.push_back(receptor("ex", "exponential"));
    spec.populations[2].receptors[1].params["tau_syn"] = Values::constant(tau_ms);
    spec.projections[0].receptor = 1;
  }
  spec.recordings = {record_state(spec, 2, {tau_ms > 0 ? "ex.I" : "V_m"}, 0.1)};
  const RunResult result = simulate(spec);
  const auto V = values_of(result.traces[0]);
  std::vector<double> out;
  for (double t : pair.source) {
    const auto at = static_cast<std::size_t>(std::llround((t + 2) / 0.1)) - 1;  // the first sample is that of step 1
    out.push_back(tau_ms > 0 ? V[at] - V[at - 1] * std::exp(-0.1 / tau_ms) : V[at] - V[0]);
  }
  return out;
}

void expect(const std::vector<double>& got, const std::vector<double>& wanted) {
  for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_NEAR(got.at(k), wanted[k], 1e-9) << "spike " << k;
}

TEST(ShortTermPlasticity, DepressionAtTwentyHertzFollowsTheClosedForm) {
  const auto got = jumps({{.rule = "tsodyks_markram", .params = {}, .choices = {}}}, 200, 50);
  expect(got, {.5, .2651467343, .1548346215, .1030203016, .0786827771, .0672512829});
  const double e = std::exp(-50.0 / 800);
  EXPECT_NEAR(got.back(), 0.5 * (1 - e) / (1 - 0.5 * e), 1e-9);
}

TEST(ShortTermPlasticity, FacilitationAtTwentyHertzFollowsTheClosedForm) {
  const auto got = jumps({{.rule = "tsodyks_markram", .params = {{"U", 0.05}, {"tau_rec", 130}, {"tau_fac", 1000}}, .choices = {}}}, 5, 50);
  expect(got, {.05, .0919437717, .1243501898, .1481815402, .1653697474});
}

TEST(ShortTermPlasticity, FacilitationTimesDepressionAtTwentyHertzFollowsTheClosedForm) {
  expect(jumps({{.rule = "varela", .params = {{"f", 0.5}, {"d", 0.4}}, .choices = {}}}, 6, 50), {1, .8400457049, .6816076535, .5766123318, .5154588155, .4819112601});
}

/// Shares of open receptors at the ends of the pulses, put together from what each spike adds.
std::vector<double> shares(const std::string& rule, int n, double interval_ms, double beta) {
  std::vector<double> s;
  for (const double jump : jumps({{.rule = rule, .params = {}, .choices = {}}}, n, interval_ms, 1 / beta)) s.push_back((s.empty() ? 0 : s.back() * std::exp(-beta * interval_ms)) + jump);
  return s;
}

TEST(KineticTransmission, TrainsOfPulsesFollowTheClosedForm) {
  const std::vector<double> wanted{.6179861540, .64875387, .65028571, .65036197};
  for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_NEAR(shares("kinetic_ampa", 50, 10, 0.19)[k], wanted[k], 1e-8) << "spike " << k;
  EXPECT_NEAR(shares("kinetic_ampa", 50, 10, 0.19).back(), .65036597, 1e-8);
  expect(shares("kinetic_nmda", 1, 10, 0.0066), {.0692431014});
}

TEST(KineticTransmission, ASpikeDuringAPulseMakesItLonger) {
  // a spike 0.6 ms after the first: one pulse of 1.6 ms
  const double open = 1.1, beta = 0.19, s_inf = open / (open + beta);
  engine::SynapseParameters p{.value = {open, beta, 1, 1}, .choice = {}, .dt_ms = 0.1};
  const auto opening = engine::find_synapse("kinetic_ampa")->make_release(p);
  double state;
  opening->start(&state);
  const double first = opening->fire(&state, engine::never), second = opening->fire(&state, 6);
  EXPECT_NEAR(first, s_inf * (1 - std::exp(-(open + beta))), 1e-12);
  EXPECT_NEAR(first * std::exp(-beta * 0.6) + second, s_inf * (1 - std::exp(-(open + beta) * 1.6)), 1e-12);
}

TEST(KineticTransmission, AReceptorThatClosesAtAnotherRateIsRefused) {
  Pair pair{.synapse = {.rule = "kinetic_ampa", .params = {}, .choices = {}}};
  NetworkSpec spec = pair.network();
  const auto problem = [&] {
    try {
      engine::check(spec);
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_NE(problem().find("kinetic_ampa: receptor \"v\" is of kind delta, but what the rule opens closes exponentially"), std::string::npos) << problem();
  spec.populations[2].receptors = {receptor("v", "exponential")};
  spec.populations[2].receptors[0].params["tau_syn"] = Values::constant(2);
  EXPECT_NE(problem().find("receptor \"v\" decays with tau_syn = 2 ms, but the rule's receptors close with 1 / beta = 5.263 ms"), std::string::npos) << problem();
  spec.populations[2].receptors[0].params["tau_syn"] = Values::constant(5.263);
  EXPECT_EQ(problem(), "");
  spec.projections[0].receptor = 9;
  EXPECT_NE(problem().find("receptor 9 of population"), std::string::npos) << problem();
  spec.projections[0].receptor = 0;
  spec.projections[0].synapse.push_back({.rule = "kinetic_gaba_a", .params = {{"beta", 1 / 5.263}}, .choices = {}});
  EXPECT_NE(problem().find("two rules of transmission"), std::string::npos) << problem();
}

TEST(ShortTermPlasticity, WithoutFacilitationTheSecondOfTwoSpikesInAStepFindsWhatTheFirstLeaves) {
  for (const char* rule : {"tsodyks_markram", "tsodyks"}) {
    engine::SynapseParameters p{.value = {0.5, 800, 0, 3}, .choice = {}, .dt_ms = 0.1};
    if (std::string(rule) == "tsodyks") p.value = engine::synapse_parameters(*engine::find_synapse(rule), {.rule = rule, .params = {{"U", 0.5}, {"tau_rec", 800}, {"tau_fac", 0}}, .choices = {}}, {}, 0.1).value;
    const auto release = engine::find_synapse(rule)->make_release(p);
    std::vector<double> state(static_cast<std::size_t>(release->n_state()));
    release->start(state.data());
    EXPECT_DOUBLE_EQ(release->fire(state.data(), engine::never), 0.5) << rule;
    EXPECT_DOUBLE_EQ(release->fire(state.data(), 0), 0.25) << rule;
  }
}

TEST(ShortTermPlasticity, ThreeStatesFollowTheirEquations) {
  const double U = 0.3, tau_rec = 100, tau_fac = 200, tau_psc = 30, interval = 25;
  std::vector<double> wanted;
  double x = 1, y = 0, u = 0;
  for (int spike = 0; spike < 8; ++spike) {
    u += U * (1 - u);
    wanted.push_back(u * x);
    y += u * x;
    x -= u * x;
    const int n = 25000;
    for (int k = 0; k < n; ++k) {  // second order
      const double h = interval / n, z = 1 - x - y, x_half = x + h / 2 * z / tau_rec, y_half = y - h / 2 * y / tau_psc;
      x += h * (1 - x_half - y_half) / tau_rec;
      y -= h * y_half / tau_psc;
    }
    u *= std::exp(-interval / tau_fac);
  }
  const auto got = jumps({{.rule = "tsodyks", .params = {{"U", U}, {"tau_rec", tau_rec}, {"tau_fac", tau_fac}, {"tau_psc", tau_psc}}, .choices = {}}}, 8, interval);
  for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_NEAR(got.at(k), wanted[k], 1e-8) << "spike " << k;
}

TEST(ShortTermPlasticity, RulesOfTheReleaseMultiply) {
  const SynapseSpec varela{.rule = "varela", .params = {{"f", 0.5}, {"d", 0.4}}, .choices = {}}, kinetic{.rule = "kinetic_ampa", .params = {}, .choices = {}};
  const auto both = jumps({varela, kinetic}, 6, 50, 1 / 0.19), first = jumps({varela}, 6, 50), second = jumps({kinetic}, 6, 50, 1 / 0.19);
  for (std::size_t k = 0; k < both.size(); ++k) EXPECT_NEAR(both[k], first[k] * second[k], 1e-9) << "spike " << k;
}

}  // namespace
}  // namespace ranvier::test_plastic
