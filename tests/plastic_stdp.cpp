// SPDX-License-Identifier: Apache-2.0
/// STDP against sums over all pairs of spikes, written down directly: no traces, no histories.

#include <gtest/gtest.h>

#include <cmath>
#include <functional>

#include <fmt/format.h>

#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

constexpr double tau = 20, w_max = 2, start = 1;

SynapseSpec stdp(std::map<std::string, double> params, std::string pairing = "all") {
  params.try_emplace("w_max", w_max);
  return {.rule = "stdp", .params = std::move(params), .choices = {{"pairing", std::move(pairing)}}};
}
const SynapseSpec additive = stdp({{"lambda", 0.005}, {"alpha", 1.05}, {"mu_plus", 0}, {"mu_minus", 0}});

TEST(Stdp, ASinglePairChangesTheWeightByTheExponentialOfItsDelay) {
  // Song, Miller & Abbott 2000: A+ = 0.005, A- = 1.05 A+, tau = 20 ms; 10 ms apart.
  Pair pair{.synapse = additive, .fraction = 0.5};  // both sides as far away
  pair.source = {50, 900};  // weights are worked off when the source fires again
  pair.target = {60};
  EXPECT_NEAR((pair.weight() - start) / w_max, 3.0326532986e-3, 2e-9);
  pair.source = {70};
  EXPECT_NEAR((pair.weight() - start) / w_max, -3.1842859635e-3, 2e-9);
}

TEST(Stdp, ReadingAWeightShowsTargetSpikesThatNoSourceSpikeHasFollowed) {
  Pair pair{.synapse = additive, .fraction = 0.5};
  pair.source = {50};
  pair.target = {60};
  EXPECT_NEAR((pair.weight() - start) / w_max, 3.0326532986e-3, 2e-9);
}

TEST(Stdp, SpikesThatMeetAtTheSynapseAtTheSameTimeDoNotCountForEachOther) {
  for (const double fraction : {0.0, 0.4, 1.0}) {
    Pair pair{.synapse = additive, .delay_ms = 5, .fraction = fraction};
    pair.source = {100};
    pair.target = {100 + 5 - 2 * std::round(50 * fraction) / 10};  // axonal minus dendritic delay
    EXPECT_EQ(pair.weight(), start) << fraction;
    pair.source = {100, 130};
    EXPECT_NE(pair.weight(), start) << fraction;
  }
}

/// The weight after all events in their order, each with a step given by `change(weight, potentiation, sum over pairs)`.
using Change = std::function<double(double w, bool up, double sum)>;
double by_pairs(const Pair& pair, const Change& change, double tau_plus = tau, double tau_minus = tau) {
  const double dendritic = std::round(10 * pair.delay_ms * pair.fraction) / 10, axonal = pair.delay_ms - dendritic;
  struct Event {
    double at;
    bool of_source;
  };
  std::vector<Event> events;
  for (double t : pair.target) events.push_back({t + dendritic, false});
  for (double t : pair.source) events.push_back({t + axonal, true});
  std::stable_sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at - 1e-9; });
  double w = start;
  for (const Event& e : events) {
    double sum = 0;
    for (const Event& other : events)
      if (other.of_source != e.of_source && other.at < e.at - 1e-6) sum += std::exp((other.at - e.at) / (e.of_source ? tau_minus : tau_plus));
    w = change(w, !e.of_source, sum);
  }
  return w;
}

Pair irregular(SynapseSpec synapse, double fraction, bool double_precision = true) {
  Pair pair{.synapse = std::move(synapse), .delay_ms = 3.7, .fraction = fraction, .double_precision = double_precision};
  std::mt19937 words(5);
  double a = 1, b = 2;
  while (a < 900) pair.source.push_back(a), a += 0.5 + std::round(10 * -30 * std::log((words() + 0.5) * 0x1p-32)) / 10;
  while (b < 900) pair.target.push_back(b), b += 2.5 + std::round(10 * -25 * std::log((words() + 0.5) * 0x1p-32)) / 10;
  for (double& t : pair.source) t = std::round(10 * t) / 10;
  for (double& t : pair.target) t = std::round(10 * t) / 10;
  return pair;
}

double clip(double w) { return std::clamp(w, 0.0, w_max); }

/// Weight changes in units of lambda w_max e^{-1/2}, of spikes 10 ms apart that meet at the synapse; neither of two that meet counts for the other.
double steps(const SynapseSpec& rule, double fraction, std::vector<double> source, std::vector<double> target) {
  Pair pair{.synapse = rule, .delay_ms = 1, .fraction = fraction, .start = 5, .weak = true};
  const double dendritic = std::round(10 * fraction) / 10;
  for (const double t : source) pair.source.push_back(t - (1 - dendritic));
  for (const double t : target) pair.target.push_back(t - dendritic);
  return (pair.weight() - 5) / 0.1 / std::exp(-0.5);
}

TEST(Stdp, SourceCentredPairsLeaveOutSpikesThatMeet) {
  const SynapseSpec rule{.rule = "stdp_presynaptic", .params = {{"lambda", 0.01}, {"alpha", 1}, {"mu_plus", 0}, {"mu_minus", 0}, {"w_max", 10}}, .choices = {}};
  for (const double fraction : {0.0, 0.5, 1.0}) {
    SCOPED_TRACE(fraction);
    EXPECT_NEAR(steps(rule, fraction, {10, 20}, {20, 30}), 2, 1e-9);  // 2.00000 of NEST 3.10's stdp_nn_pre_centered_synapse
    EXPECT_NEAR(steps(rule, fraction, {20, 30}, {10, 20}), -2, 1e-9);
    EXPECT_NEAR(steps(rule, fraction, {10, 20, 30}, {20}), 0, 1e-9);
    EXPECT_NEAR(steps(rule, fraction, {10, 20, 20}, {20}), 1, 1e-9);
    EXPECT_NEAR(steps(rule, fraction, {10, 20, 20}, {20, 30}), 3, 1e-9);
    EXPECT_NEAR(steps(rule, fraction, {10, 10, 30}, {20}), 1, 1e-9);  // two arrive, and the one at 30 is depressed
  }
}

TEST(Stdp, SeveralSpikesOfASourceInOneStepDoNotCountForTheTargetsInThatStep) {
  for (const char* pairing : {"all", "symmetric", "reduced"}) {
    const SynapseSpec rule{.rule = "stdp", .params = {{"lambda", 0.01}, {"alpha", 1}, {"mu_plus", 0}, {"mu_minus", 0}, {"w_max", 10}}, .choices = {{"pairing", pairing}}};
    const bool all = std::string(pairing) == "all";
    for (const double fraction : {0.0, 0.5, 1.0}) {
      SCOPED_TRACE(fmt::format("{} {}", pairing, fraction));
      EXPECT_NEAR(steps(rule, fraction, {10, 20, 20}, {20}), 1, 1e-9);
      if (all) EXPECT_NEAR(steps(rule, fraction, {20, 20}, {10, 20}), -2, 1e-9);
    }
  }
}

TEST(Stdp, APowerLawOfExponent0LetsASynapseGrowFrom0) {
  Pair pair{.synapse = {.rule = "stdp_power_law", .params = {{"mu", 0}, {"lambda", 0.1}, {"w_0", 2}, {"w_max", 10}}, .choices = {}}, .start = 0, .weak = true};
  pair.source = {10, 100};
  pair.target = {20 - 1};  // 10 ms after the source at the synapse
  const double grown = 0.2 * std::exp(-10.0 / 20);
  EXPECT_NEAR(pair.weight(), grown * (1 - 0.1 * 0.11 * std::exp(-80.0 / 20)), 1e-9);
}

TEST(Stdp, TrainsFollowTheSumOverAllPairs) {
  for (const double fraction : {0.0, 0.5, 1.0})
    for (const double mu : {0.0, 0.5, 1.0}) {
      const Pair pair = irregular(stdp({{"lambda", 0.02}, {"alpha", 1.1}, {"mu_plus", mu}, {"mu_minus", mu}, {"tau_plus", 15}, {"tau_minus", 30}}), fraction);
      const double expected = by_pairs(pair, [&](double w, bool up, double sum) {
        const double x = w / w_max;
        return clip(w_max * (up ? x + 0.02 * std::pow(1 - x, mu) * sum : x - 0.02 * 1.1 * std::pow(x, mu) * sum));
      }, 15, 30);
      EXPECT_NEAR(pair.weight(), expected, 1e-9) << "mu " << mu << ", fraction " << fraction;
      EXPECT_GT(std::fabs(expected - start), 0.01);
    }
}

TEST(Stdp, SinglePrecisionStaysCloseToTheSumOverPairs) {
  const Pair pair = irregular(additive, 1, false);
  EXPECT_NEAR(pair.weight(), by_pairs(pair, [&](double w, bool up, double sum) { return clip(w + w_max * 0.005 * (up ? sum : -1.05 * sum)); }), 1e-5);
}

TEST(Stdp, ThePowerLawFollowsTheSumOverAllPairs) {
  const Pair pair = irregular({.rule = "stdp_power_law", .params = {{"lambda", 0.05}, {"alpha", 0.9}, {"w_0", 0.5}}, .choices = {}}, 1);
  const double expected = by_pairs(pair, [](double w, bool up, double sum) { return up ? w + 0.05 * 0.5 * std::pow(w / 0.5, 0.4) * sum : std::max(0.0, w - 0.05 * 0.9 * w * sum); });
  EXPECT_NEAR(pair.weight(), expected, 1e-9);
  EXPECT_GT(std::fabs(expected - start), 0.05);
}

/// Which pairs count, from the definitions of Morrison et al. 2008, section 4.1.2.
double by_nearest(const Pair& pair, const std::string& pairing) {
  struct Event {
    double at;
    bool of_source;
  };
  std::vector<Event> events;
  for (double t : pair.target) events.push_back({t + pair.delay_ms, false});
  for (double t : pair.source) events.push_back({t, true});
  std::sort(events.begin(), events.end(), [](const Event& a, const Event& b) { return a.at < b.at; });
  double w = start;
  for (std::size_t k = 0; k < events.size(); ++k) {
    const bool of_source = events[k].of_source;
    std::size_t last = k;  // of the other side
    while (last > 0 && events[last - 1].of_source == of_source) --last;
    if (last == 0) continue;
    const bool alone = last == k;  // no event of the own side in between
    std::size_t first = last;      // of the other side, since the last event of the own side before
    while (pairing == "presynaptic" && !of_source && first > 1 && events[first - 2].of_source != of_source) --first;
    if (!alone && (pairing == "reduced" || (pairing == "presynaptic" && !of_source))) continue;
    double sum = 0;
    for (std::size_t other = first; other <= last; ++other) sum += std::exp((events[other - 1].at - events[k].at) / tau);
    w = clip(w + w_max * 0.02 * (of_source ? -sum : sum));
  }
  return w;
}

TEST(Stdp, NearestNeighboursAreThoseOfTheDefinitions) {
  std::map<double, std::string> seen;
  for (const std::string pairing : {"symmetric", "presynaptic", "reduced"}) {
    SynapseSpec rule = stdp({{"lambda", 0.02}, {"mu_plus", 0}, {"mu_minus", 0}}, pairing);
    if (pairing == "presynaptic") rule.rule = "stdp_presynaptic", rule.choices = {};
    Pair pair = irregular(rule, 1);
    for (double& t : pair.target) t = std::round(t) + 0.05;  // between the source's, so that none meet
    pair.dt_ms = 0.05;
    EXPECT_NEAR(pair.weight(), by_nearest(pair, pairing), 1e-9) << pairing;
    EXPECT_TRUE(seen.try_emplace(pair.weight(), pairing).second) << pairing << " gives what " << seen[pair.weight()] << " gives";
  }
}

TEST(Stdp, BringingSynapsesUpToDateEarlyChangesNoBits) {
  const Pair pair = irregular(stdp({{"lambda", 0.03}}), 0.5, false);
  EXPECT_EQ(pair.weight(), pair.weight({.sweep_every_ms = 17}));
}

}  // namespace
}  // namespace ranvier::test_plastic
