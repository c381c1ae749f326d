// SPDX-License-Identifier: Apache-2.0
/// Homeostatic scaling against products written out here.

#include <gtest/gtest.h>

#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

SynapseSpec homeostasis(double rate_hz, double eta, double tau_ms, double S_max = 10) {
  return {.rule = "homeostasis", .params = {{"rate", rate_hz}, {"eta", eta}, {"tau", tau_ms}, {"S_max", S_max}}, .choices = {}};
}

TEST(Homeostasis, WeightsOfASilentCellGrowByTheSameShareInEveryInterval) {
  // A rate measured over a microsecond is 0 at the end of any interval.
  Pair pair{.synapse = homeostasis(5, 1e-3, 1e-3), .duration_ms = 400};
  EXPECT_NEAR(pair.weight(), std::pow(1 + 5e-3, 400), 1e-12 * std::pow(1 + 5e-3, 400));
}

TEST(Homeostasis, WeightsFollowTheRateOfTheirTarget) {
  Pair pair{.synapse = homeostasis(5, 2e-5, 200), .duration_ms = 2000};
  for (double t = 10.5; t < 1900; t += 25) pair.target.push_back(t);  // 40 spikes/s, in the middle of intervals
  double S = 1, r = 5;
  std::size_t next = 0;
  for (int k = 1; k <= 2000; ++k) {  // the end of each ms
    r *= std::exp(-1.0 / 200);
    for (; next < pair.target.size() && pair.target[next] < k; ++next) r += 1000.0 / 200 * std::exp(-(k - pair.target[next]) / 200);
    S *= 1 + 2e-5 * (5 - r);
  }
  EXPECT_LT(S, 0.5);
  EXPECT_NEAR(pair.weight(), S, 1e-12);
}

TEST(Homeostasis, TheRateIsMeasuredWithoutBiasHoweverLongTheInterval) {
  // At the rate it is driven to, a cell's factor stays: of regular spikes the trace at the end of an interval, at any phase, is on average the rate.
  for (const double interval : {1.0, 100.0, 1000.0}) {
    Pair pair{.synapse = homeostasis(20, 1e-4, 200), .duration_ms = 60'000};
    pair.synapse.params["interval"] = interval;
    for (double t = 10; t < 60'000; t += 50.3) pair.target.push_back(std::round(10 * t) / 10);
    const double n = 60'000 / interval;
    EXPECT_NEAR(std::log(pair.weight()) / n / 1e-4, 20 - 1000 / 50.3, 0.3) << interval;  // mean of rate - r
  }
}

TEST(Homeostasis, FactorsStayWithinTheirBounds) {
  Pair pair{.synapse = homeostasis(50, 1e-3, 1e-3, 3), .duration_ms = 400};
  EXPECT_EQ(pair.weight(), 3);
}

TEST(Homeostasis, ScalesWhatAnotherRuleMakesOfTheWeight) {
  const SynapseSpec stdp{.rule = "stdp", .params = {{"lambda", 0.1}, {"w_max", 10}}, .choices = {}};
  Pair pair{.synapse = stdp, .duration_ms = 400, .source = {100, 200}, .target = {110}};
  const double unscaled = pair.weight();
  NetworkSpec spec = pair.network();
  spec.projections[0].synapse = {stdp, homeostasis(5, 1e-3, 1e-3)};
  // the one spike of the target comes at the end of an interval, and is measured as 10^6 spikes/s; its factor is then limited to nine tenths
  EXPECT_NEAR(simulate(spec).connections.at(0).weight.at(0) / unscaled, 0.9 * std::pow(1 + 5e-3, 399), 1e-9);
}

}  // namespace
}  // namespace ranvier::test_plastic
