// SPDX-License-Identifier: Apache-2.0
/// Rules of the weight besides pair STDP, against closed forms and sums over spikes.

#include <gtest/gtest.h>

#include <cmath>

#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

/// 60 pairs at a rate; the target fires dt_ms after the source. Change of the weight, in units of w_max = 1.
double sixty_pairs(double rate_hz, double dt_ms) {
  Pair pair{.synapse = {.rule = "stdp_triplet", .params = {{"w_max", 1000}}, .choices = {}}, .delay_ms = 0.1, .fraction = 0, .start = 500};
  // Without a dendritic delay the source's spike reaches the synapse 0.1 ms late: it sets out earlier by as much.
  for (int k = 0; k < 60; ++k) {
    const double t = 100 + std::round(10 * 1000 / rate_hz * k) / 10;
    pair.source.push_back(t - 0.1);
    pair.target.push_back(t + dt_ms);
  }
  std::sort(pair.target.begin(), pair.target.end());
  pair.duration_ms = 1000 + 60 * 1000 / rate_hz;
  pair.weak = true;
  return (pair.weight() - 500) / 1000;
}

TEST(TripletStdp, SixtyPairsAtAnyRateFollowTheClosedForm) {
  // Sums of the rule's exponentials with the visual cortex's all-to-all set, table 4 of Pfister & Gerstner 2006; no bounds met.
  const struct { double rate, before, after; } expected[] = {
      {1, 6.7706e-5, -.3121614}, {10, .1320534, -.3336230}, {20, .2469620, -.3516221}, {40, .5337227, .1547950}, {50, .7409055, .7272472}};
  for (const auto& e : expected) {
    // w_max is 1000 and the start 500, so that changes beyond half of w_max would meet a bound: those are left out.
    if (std::fabs(e.before) < 0.5) { EXPECT_NEAR(sixty_pairs(e.rate, 10), e.before, 1e-6 + 1e-5 * std::fabs(e.before)) << e.rate << " Hz"; }
    if (std::fabs(e.after) < 0.5) { EXPECT_NEAR(sixty_pairs(e.rate, -10), e.after, 1e-6 + 1e-5 * std::fabs(e.after)) << e.rate << " Hz"; }
  }
}

TEST(InhibitoryStdp, TrainsFollowTheSumOverAllPairs) {
  Pair pair{.synapse = {.rule = "stdp_inhibitory", .params = {{"eta", 0.01}, {"rate", 10}, {"tau", 25}, {"w_max", 3}}, .choices = {}}, .delay_ms = 2};
  for (int k = 0; k < 30; ++k) pair.source.push_back(20 + 17 * k);
  for (int k = 0; k < 12; ++k) pair.target.push_back(33.5 + 41 * k);
  double w = 1;
  std::vector<std::pair<double, bool>> events;  // at the synapse; of the source
  for (double t : pair.source) events.emplace_back(t, true);
  for (double t : pair.target) events.emplace_back(t + 2, false);
  std::sort(events.begin(), events.end());
  for (const auto& [at, of_source] : events) {
    double sum = 0;
    for (const auto& [other, its] : events)
      if (its != of_source && other < at) sum += std::exp((other - at) / 25);
    w = std::clamp(w + 0.01 * (sum - (of_source ? 2 * 0.010 * 25 : 0)), 0.0, 3.0);
  }
  EXPECT_NEAR(pair.weight(), w, 1e-9);
  EXPECT_GT(std::fabs(w - 1), 0.01);
}

TEST(Plasticity, WeightsNeverLeaveTheirBounds) {
  for (const std::string rule : {"stdp", "stdp_triplet", "stdp_inhibitory"})
    for (const double shift : {3.0, -3.0}) {
      Pair pair{.synapse = {.rule = rule, .params = {{"w_max", 1.5}}, .choices = {}}, .delay_ms = 1};
      if (rule == "stdp") pair.synapse.params.insert({{"lambda", 0.5}, {"mu_plus", 0}, {"mu_minus", 0}});
      if (rule == "stdp_triplet") pair.synapse.params.insert({{"A2_plus", 0.7}, {"A2_minus", 0.7}});
      if (rule == "stdp_inhibitory") pair.synapse.params.insert({{"eta", 0.7}, {"rate", shift > 0 ? 0.0 : 60.0}});
      for (int k = 0; k < 20; ++k) {
        pair.source.push_back(20 + 40 * k);
        if (shift > 0 || rule != "stdp_inhibitory") pair.target.push_back(20 + 40 * k + shift);
      }
      EXPECT_EQ(pair.weight(), shift > 0 ? 1.5 : 0.0) << rule << " " << shift;
    }
}

TEST(Plasticity, SumsHaveRoomForWeightsThatBeginAtNothing) {
  NetworkSpec spec;
  spec.populations = {poisson_source("source", 3000, 5), leaky("target", 2)};
  spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all, 0)};
  spec.projections[0].synapse = {{.rule = "stdp_inhibitory", .params = {{"w_max", 1000}}, .choices = {}}};
  const auto network = engine::build(spec, {});
  const double units = 3000 * 1000 / network->populations[1].receptors[0].quantum;  // all arriving at once, as strong as they can be
  EXPECT_LT(units, network->wide ? 0x1p63 : 0x1p31);
}

TEST(Plasticity, ReleaseAndWeightRulesWorkTogether) {
  // What arrives is the product of the two; the weight itself does not feel the release.
  Pair alone{.synapse = {.rule = "stdp", .params = {{"w_max", 2}}, .choices = {}}};
  alone.source = {50, 90, 140};
  alone.target = {60, 100};
  NetworkSpec both = alone.network();
  both.projections[0].synapse.push_back({.rule = "tsodyks_markram", .params = {}, .choices = {}});
  const RunResult result = simulate(both);
  EXPECT_EQ(result.connections[0].weight[0], alone.weight());
}

}  // namespace
}  // namespace ranvier::test_plastic
