// SPDX-License-Identifier: Apache-2.0
/// The calcium rule against what is known of it in closed form, and against an integration in small steps.

#include <gtest/gtest.h>

#include <cmath>

#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

/// Without noise and drift, starting in the middle; w_min = 0 and w_max = 1, so that the weight is rho.
Pair calcium_pair(std::map<std::string, double> params = {}) {
  params.insert({{"w_max", 1}, {"sigma", 0}});
  return {.synapse = {.rule = "graupner_brunel", .params = std::move(params), .choices = {{"drift", "none"}}}, .start = 0.5, .weak = true};
}

/// 60 pairs at 1 Hz; the target fires dt_ms after the source.
void set_sixty_pairs(Pair& pair, double dt_ms) {
  pair.delay_ms = 0.1;
  pair.fraction = 0;  // the source's spike reaches the synapse 0.1 ms late: it sets out earlier by as much
  for (int k = 0; k < 60; ++k) {
    pair.source.push_back(100 + 1000 * k - 0.1);
    pair.target.push_back(100 + 1000 * k + dt_ms);
  }
  pair.duration_ms = 61000;
}

struct Published {
  double dt_ms, above_d, above_p, ratio;  ///< fractions of time above the thresholds; mean weight after over before
};
/// Set DP, closed forms of Graupner & Brunel 2012: crossing times of decaying exponentials, and transition probabilities between the
/// states for b = 5, beta = 1/2.
constexpr Published published[] = {{-20, .0201721303, .0096775597, .7642633}, {-10, .0234061572, .0129115866, .8817980},
                                   {10, .0232831213, .0180358360, 1.2213619}, {20, .0200844854, .0148372001, 1.1721103}};

TEST(GraupnerBrunel, CalciumStaysAboveEachThresholdForAsLongAsTheClosedFormSays) {
  for (const Published& p : published) {
    Pair down = calcium_pair({{"gamma_p", 0}}), up = calcium_pair({{"gamma_d", 0}});
    set_sixty_pairs(down, p.dt_ms);
    set_sixty_pairs(up, p.dt_ms);
    EXPECT_NEAR(std::log(0.5 / down.weight()) * 150e3 / 200 / 60e3, p.above_d, 1e-10) << p.dt_ms;  // rho falls as e^{-gamma_d t/tau}
    EXPECT_NEAR(std::log(0.5 / (1 - up.weight())) * 150e3 / 321.808 / 60e3, p.above_p, 1e-10) << p.dt_ms;
  }
}

/// Share of 4,000 synapses between the same two neurons, each with noise of its own, that end above rho = 1/2.
double share_up(const Published& p, double start) {
  Pair pair = calcium_pair({{"sigma", 2.8284}});
  set_sixty_pairs(pair, p.dt_ms);
  pair.start = start;
  NetworkSpec spec = pair.network();
  spec.projections[0].rule = {};
  spec.projections[0].rule.kind = Rule::Kind::fixed_total_number;
  spec.projections[0].rule.number = 4000;
  const RunResult result = simulate(spec);
  const auto& w = result.connections[0].weight;
  EXPECT_EQ(w.size(), 4000u);
  return static_cast<double>(std::count_if(w.begin(), w.end(), [](double x) { return x > 0.5; })) / static_cast<double>(w.size());
}

TEST(GraupnerBrunel, NoiseMakesAsManySynapsesChangeTheirStateAsTheClosedFormSays) {
  for (const Published& p : {published[0], published[2]}) {
    const double up = share_up(p, 0), down = 1 - share_up(p, 1), b = 5, beta = 0.5;
    const double ratio = ((1 - up) * beta + down * (1 - beta) + b * (up * beta + (1 - down) * (1 - beta))) / (beta + (1 - beta) * b);
    EXPECT_NEAR(ratio, p.ratio, 0.03) << p.dt_ms;  // four standard deviations of the two shares
  }
}

/// rho by small steps: calcium decays by a product, thresholds are asked at each step, rho moves by Heun's method.
double in_small_steps(const Pair& pair, double rho, const std::map<std::string, double>& p, bool cubic, bool cubic_always, double until_ms) {
  constexpr double step = 1e-4;
  const auto at = [](double t) { return static_cast<std::int64_t>(std::llround(t / step)); };
  const double dendritic = std::floor(pair.fraction * pair.delay_ms * 10 + 0.5) / 10;
  std::vector<std::pair<std::int64_t, double>> jumps;
  for (double t : pair.source) jumps.emplace_back(at(t + pair.delay_ms - dendritic + p.at("D")), p.at("C_pre"));
  for (double t : pair.target) jumps.emplace_back(at(t + dendritic), p.at("C_post"));
  std::sort(jumps.begin(), jumps.end());
  double c = 0;
  std::size_t next = 0;
  const double decay = std::exp(-step / 20);
  for (std::int64_t k = 0; k < at(until_ms); ++k) {
    for (; next < jumps.size() && jumps[next].first == k; ++next) c += jumps[next].second;
    const bool up = c > p.at("theta_p"), down = c > p.at("theta_d");
    const auto slope = [&](double x) {
      return ((up ? p.at("gamma_p") * (1 - x) : 0) - (down ? p.at("gamma_d") * x : 0) - (cubic && (cubic_always || (!up && !down)) ? x * (1 - x) * (0.5 - x) : 0)) / p.at("tau");
    };
    if (up || down || cubic) {
      const double a = slope(rho);
      rho += step / 2 * (a + slope(rho + step * a));
    }
    c *= decay;
  }
  return rho;
}

/// Bursts and single spikes of both sides, some at the same time.
Pair busy_pair(double delay_ms, double fraction, const std::map<std::string, double>& params, bool cubic) {
  Pair pair = calcium_pair(params);
  if (cubic) pair.synapse.choices["drift"] = "cubic";
  pair.delay_ms = delay_ms;
  pair.fraction = fraction;
  pair.start = 0.3;
  pair.duration_ms = 400;
  pair.source = {20, 22.5, 25, 26.1, 60, 73.7, 73.8, 100, 140, 144, 148, 152, 156, 160, 164, 168, 220, 300, 313.7};
  pair.target = {20, 33.7, 60, 61.5, 63, 99.9, 110, 141, 146, 151, 156.5, 220, 226, 250, 300};
  return pair;
}

TEST(GraupnerBrunel, AnyTrainsGiveWhatSmallStepsGive) {
  std::map<std::string, double> p = {{"D", 13.7}, {"C_pre", 1}, {"C_post", 2}, {"theta_d", 1}, {"theta_p", 1.3}, {"gamma_d", 200}, {"gamma_p", 321.808}, {"tau", 150e3}};
  const struct { double delay, fraction, D, theta_p; bool cubic; } cases[] = {
      {2, 1, 13.7, 1.3, false}, {2, 0, 13.7, 1.3, true}, {5, 0.4, 4.6, 1.3, true}, {1, 0.5, 2.2, 0.7, false}, {1, 1, 0, 2.5, true}};
  for (const auto& c : cases) {
    p["D"] = c.D;
    p["theta_p"] = c.theta_p;
    const Pair pair = busy_pair(c.delay, c.fraction, p, c.cubic);
    const double expected = in_small_steps(pair, 0.3, p, c.cubic, false, pair.duration_ms);
    EXPECT_NEAR(pair.weight(), expected, 1e-6) << c.D << " ms";
    EXPECT_GT(std::fabs(expected - 0.3), 0.01);
    Pair single = pair;
    single.double_precision = false;
    EXPECT_NEAR(single.weight(), expected, 3e-6);
    EXPECT_EQ(pair.weight({.sweep_every_ms = 3.1}), pair.weight());
  }
}

TEST(GraupnerBrunel, TheCubicTermAboveAThresholdIsSmallEnoughToBeLeftOut) {
  const std::map<std::string, double> p = {{"D", 13.7}, {"C_pre", 1}, {"C_post", 2}, {"theta_d", 1}, {"theta_p", 1.3}, {"gamma_d", 200}, {"gamma_p", 321.808}, {"tau", 150e3}};
  const Pair pair = busy_pair(2, 1, p, true);
  EXPECT_NEAR(pair.weight(), in_small_steps(pair, 0.3, p, true, true, pair.duration_ms), 1e-4);
}

TEST(GraupnerBrunel, ASynapseLeftAloneDriftsToTheNearerStateAlongTheClosedForm) {
  for (const double start : {0.45, 0.5, 0.6, 0.98}) {
    Pair pair = calcium_pair({{"tau", 10e3}, {"C_pre", 0.5}, {"C_post", 0.5}});
    pair.synapse.choices["drift"] = "cubic";
    pair.dt_ms = pair.delay_ms = 1;
    pair.start = start;
    pair.source = {10, 21000};
    pair.target = {15000};
    pair.duration_ms = 40000;
    // y = rho - 1/2 obeys tau dy/dt = y (1/4 - y^2), which is logistic in y^2. The synapse looks at its target's clock: 1 ms back.
    const double z = (start - 0.5) * (start - 0.5);
    const double expected = z == 0 ? 0.5 : 0.5 + std::copysign(std::sqrt(0.25 / (1 + (0.25 / z - 1) * std::exp(-39999. / 20000))), start - 0.5);
    EXPECT_NEAR(pair.weight(), expected, 1e-8) << start;
  }
}

TEST(GraupnerBrunel, MoreSpikesWithinTheDelayOfCalciumThanAreKeptEndTheRunWithTheReason) {
  Pair pair = calcium_pair();
  for (int k = 0; k < 30; ++k) pair.source.push_back(20 + 0.3 * k);
  EXPECT_NO_THROW([&] { Pair few = pair; few.source.resize(24); return few.weight(); }());
  try {
    (void)pair.weight();
    FAIL();
  } catch (const RunError& e) {
    EXPECT_NE(std::string(e.what()).find("a synapse of neuron 0 of population \"source\""), std::string::npos) << e.what();
    EXPECT_NE(std::string(e.what()).find("calcium comes D = 13.7 ms after each of them, and no more than 24 may fall into that time"), std::string::npos) << e.what();
  }
}

TEST(GraupnerBrunel, WeightsThatNoRhoGivesAreRefused) {
  const auto complaint = [](Pair pair) -> std::string {
    try {
      engine::build(pair.network(), {});
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  Pair above = calcium_pair(), below = calcium_pair({{"w_min", 0.6}}), none = calcium_pair({{"w_min", 1}});
  above.start = 1.5;
  EXPECT_NE(complaint(above).find("the initial weights must lie between w_min and w_max"), std::string::npos);
  EXPECT_NE(complaint(below).find("the initial weights must lie between w_min and w_max"), std::string::npos);
  EXPECT_NE(complaint(none).find("w_min must be below w_max"), std::string::npos);
}

}  // namespace
}  // namespace ranvier::test_plastic
