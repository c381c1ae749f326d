// SPDX-License-Identifier: Apache-2.0
/// Synapses that form and end by chance (structural_sigmoid): how many, and with whom, against the laws that the rule states.

#include <gtest/gtest.h>

#include <cmath>

#include "structure_example.hpp"

namespace ranvier::test_structure {
namespace {

SynapseSpec chance(std::map<std::string, double> params) { return {.rule = "structural_sigmoid", .params = std::move(params), .choices = {}}; }

std::vector<std::vector<double>> silent(std::size_t cells) { return std::vector<std::vector<double>>(cells); }

/// Five standard deviations of a binomial count: passed by one in a million.
double bound(double n, double p) { return 5 * std::sqrt(n * p * (1 - p)) + 1; }

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

TEST(StructuralSigmoid, synapses_end_as_often_as_their_probability_says) {
  for (const double theta : {-1.0, 0.0, 2.0}) {  // of silent targets, a = 0
    NetworkSpec spec = taught(silent(200), silent(300), chance({{"nu_form", 0}, {"nu_elim", 0.3}, {"theta", theta}, {"slope", 1.5}, {"interval", 1000}, {"places", 300}}), 1000);
    spec.projections[2].rule.kind = Rule::Kind::all_to_all;
    Watched run(spec, {.threads = 2});
    run.until(1000);
    const auto last = run.finish().structure.at(0).counts.back();
    const double p = 1 - std::exp(-0.3 * (1 - sigmoid(-theta / 1.5)) * 1.0);
    EXPECT_EQ(last.made, 0);
    EXPECT_NEAR(static_cast<double>(last.removed), 60000 * p, bound(60000, p)) << theta;
  }
}

TEST(StructuralSigmoid, vacant_places_are_taken_as_often_as_their_probability_says) {
  for (const double slope : {1.5, -1.5}) {
    NetworkSpec spec = taught(silent(200), silent(300), chance({{"nu_form", 0.4}, {"nu_elim", 0}, {"theta", 1}, {"slope", slope}, {"interval", 500}, {"places", 150}}), 500);
    Watched run(spec);
    run.until(500);
    const auto last = run.finish().structure.at(0).counts.back();
    const double p = 1 - std::exp(-0.4 * sigmoid(-1 / slope) * 0.5);
    EXPECT_EQ(last.removed, 0);
    EXPECT_NEAR(static_cast<double>(last.made), 45000 * p, bound(45000, p)) << slope;
  }
}

TEST(StructuralSigmoid, the_share_of_taken_places_goes_as_the_chain_of_forming_and_ending) {
  const double nu_form = 0.6, nu_elim = 0.9, P = sigmoid(0.5 / 2);
  NetworkSpec spec = taught(silent(100), silent(400), chance({{"nu_form", nu_form}, {"nu_elim", nu_elim}, {"theta", -0.5}, {"slope", 2}, {"interval", 200}, {"places", 100}}), 4000);
  Watched run(spec);
  run.until(4000);
  const auto counts = run.finish().structure.at(0).counts;
  ASSERT_EQ(counts.size(), 21u);
  const double forms = 1 - std::exp(-nu_form * P * 0.2), ends = 1 - std::exp(-nu_elim * (1 - P) * 0.2);
  double share = 0;
  for (std::size_t k = 1; k < counts.size(); ++k) {
    share = share * (1 - ends) + (1 - share) * forms;  // places are independent: the count is binomial with this share
    EXPECT_NEAR(static_cast<double>(counts[k].synapses), 40000 * share, bound(40000, share)) << k;
  }
  EXPECT_NEAR(share, nu_form * P / (nu_form * P + nu_elim * (1 - P)), 0.03) << "near its end, the ratio of the rates";
}

TEST(StructuralSigmoid, activity_follows_its_closed_form_for_given_spikes) {
  const std::vector<double> train{5, 300, 301, 1100.5, 1999.8};
  Watched run(taught(silent(3), {train, {}}, chance({{"tau_a", 700}, {"interval", 1000}}), 2000));
  run.until(2000);
  const auto saved = run.saved(2);
  ASSERT_EQ(saved.size(), 4u);
  double a = 0;
  for (const double s : train) a += 1000.0 / 700 * std::exp(-(2000 - s) / 700);
  EXPECT_NEAR(saved[0], a, 1e-10);
  EXPECT_EQ(saved[2], 0);
  EXPECT_NEAR(run.finish().structure.at(0).counts.back().activity, a / 2, 1e-10);
}

TEST(StructuralSigmoid, busy_targets_gain_and_quiet_ones_lose) {
  std::vector<double> busy;
  for (double t = 1; t < 1000; t += 50) busy.push_back(t);
  NetworkSpec spec = taught(silent(50), {busy, {}}, chance({{"tau_a", 500}, {"theta", 10}, {"slope", 1}, {"nu_form", 1}, {"nu_elim", 1}, {"interval", 500}, {"places", 200}}), 1000);
  spec.projections[2].rule.kind = Rule::Kind::fixed_indegree;
  spec.projections[2].rule.number = 100;
  Watched run(spec);
  run.until(1000);
  const auto targets = run.bound(2).second;
  EXPECT_GT(targets[0], 125);
  EXPECT_LT(targets[1], 60);
}

TEST(StructuralSigmoid, partners_are_drawn_by_the_kernel_of_distance) {
  const std::size_t n = 40;
  const double sigma = 60;
  NetworkSpec spec = taught(silent(n), silent(1), chance({{"nu_form", 20}, {"nu_elim", 0}, {"theta", -50}, {"interval", 1000}, {"places", 40000}, {"sigma", sigma}}), 1000);
  for (const int p : {1, 3}) spec.populations[static_cast<std::size_t>(p)].dimensions = 2;
  for (std::size_t i = 0; i < n; ++i) {
    spec.populations[1].positions_um.push_back(10.0 * static_cast<double>(i) - 100);
    spec.populations[1].positions_um.push_back(30);
  }
  spec.populations[3].positions_um = {0, 0};
  Watched run(spec);
  run.until(1000);
  const auto sources = run.bound(2).first;
  std::vector<double> law;
  double sum = 0, made = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double x = 10.0 * static_cast<double>(i) - 100;
    law.push_back(std::exp(-(x * x + 900) / (2 * sigma * sigma)));
    sum += law.back();
    made += sources[i];
  }
  for (double& p : law) p /= sum;
  EXPECT_GT(made, 39000);
  const ChiSquare chi(std::vector<std::int64_t>(sources.begin(), sources.end()), law, made);
  EXPECT_LT(chi.value, chi.limit());
}

TEST(StructuralSigmoid, half_a_million_synapses_are_rewired_alike_on_1_and_3_threads) {
  NetworkSpec spec = taught(silent(700), silent(700), chance({{"nu_form", 3}, {"nu_elim", 1}, {"theta", 1}, {"slope", 3}, {"interval", 100}, {"places", 900}}), 300);
  spec.projections[2].rule.kind = Rule::Kind::all_to_all;
  spec.projections[2].weight = Values::uniform(0, 1e-3);
  spec.projections[2].delay_ms = Values::uniform(0.5, 3);
  const RunResult one = simulate(spec), three = simulate(spec, {.threads = 3});
  EXPECT_GT(one.structure.at(0).counts.back().made, 10000);
  EXPECT_GT(one.structure.at(0).counts.back().removed, 10000);
  EXPECT_EQ(one.connections.at(0).source, three.connections.at(0).source);
  EXPECT_EQ(one.connections.at(0).target, three.connections.at(0).target);
  EXPECT_EQ(one.connections.at(0).weight, three.connections.at(0).weight);
  EXPECT_EQ(one.connections.at(0).delay_ms, three.connections.at(0).delay_ms);
}

TEST(StructuralSigmoid, without_multapses_no_pair_joins_twice_and_a_target_can_run_out_of_partners) {
  NetworkSpec spec = taught(silent(30), silent(5), chance({{"nu_form", 30}, {"nu_elim", 0}, {"theta", -50}, {"interval", 100}, {"places", 50}}), 1000);
  spec.projections[2].rule.allow_multapses = false;
  Watched run(spec);
  run.until(1000);
  const auto [sources, targets] = run.bound(2);
  for (const int k : targets) EXPECT_EQ(k, 30);
  for (const int k : sources) EXPECT_EQ(k, 5);
}

}  // namespace
}  // namespace ranvier::test_structure
