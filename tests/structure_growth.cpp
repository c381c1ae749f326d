// SPDX-License-Identifier: Apache-2.0
/// Synaptic elements (structural_growth): calcium and growth against closed forms, and what rewiring may and may not do.

#include <gtest/gtest.h>

#include <cmath>

#include "engine/growth_curve.hpp"
#include "structure_example.hpp"

namespace ranvier::test_structure {
namespace {

using engine::GrowthCurve;

TEST(GrowthCurve, gaussian_growth_is_exactly_0_at_eta_and_at_eps) {
  for (const double eta : {-0.3, 0.0, 0.01, 0.1, 0.3})
    for (const double width : {1e-3, 0.05, 0.6, 3.0}) {
      const GrowthCurve curve({.shape = GrowthCurve::gaussian, .nu_per_ms = 1e-4, .eta = eta, .eps = eta + width});
      EXPECT_EQ(curve.rate(eta), 0) << eta << " " << width;
      EXPECT_EQ(curve.rate(eta + width), 0) << eta << " " << width;
      EXPECT_NEAR(curve.rate(eta + width / 2), 1e-4, 1e-17) << "nu at the centre";
      EXPECT_LT(curve.rate(eta - width / 10), 0);
      EXPECT_GT(curve.rate(eta + width / 10), 0);
      EXPECT_LT(curve.rate(eta + 1.1 * width), 0);
    }
}

TEST(GrowthCurve, the_curves_are_those_of_the_paper) {
  const double eta = 0.1, eps = 0.7, nu = 2e-4, psi = 0.2, xi = (eta + eps) / 2, zeta = (eps - eta) / (2 * std::sqrt(std::log(2.0)));
  for (double C = -0.2; C < 2; C += 0.01) {
    EXPECT_NEAR(GrowthCurve({GrowthCurve::gaussian, nu, eta, eps, psi}).rate(C), nu * (2 * std::exp(-std::pow((C - xi) / zeta, 2)) - 1), 1e-17);
    EXPECT_NEAR(GrowthCurve({GrowthCurve::linear, nu, eta, eps, psi}).rate(C), nu * (1 - C / eps), 1e-17);
    EXPECT_NEAR(GrowthCurve({GrowthCurve::sigmoid, nu, eta, eps, psi}).rate(C), nu * (2 / (1 + std::exp((C - eps) / psi)) - 1), 1e-17);
  }
}

/// Simpson's rule in 20,000 panels.
double integral(const GrowthCurve& curve, double C0, double tau_ms, double h_ms) {
  const int n = 20000;
  double sum = 0;
  for (int k = 0; k <= 2 * n; ++k) sum += (k == 0 || k == 2 * n ? 1 : k % 2 ? 4 : 2) * curve.rate(C0 * std::exp(-h_ms * k / (2 * n) / tau_ms));
  return sum * h_ms / (6 * n);
}

TEST(GrowthCurve, gain_is_the_integral_of_the_rate_along_the_decay_of_calcium) {
  const double tau = 1e4;
  for (const auto shape : {GrowthCurve::gaussian, GrowthCurve::linear, GrowthCurve::sigmoid})
    for (const double C0 : {0.0, 0.01, 0.05, 0.2, 1.0})
      for (const double h : {0.1, 20.0, 200.0, 1000.0, 10000.0, 60000.0}) {
        const GrowthCurve curve({.shape = shape, .nu_per_ms = 1, .eta = 0.01, .eps = 0.05, .psi = 0.02, .tau_ms = tau});
        EXPECT_NEAR(curve.gain(C0, C0 * std::exp(-h / tau), h) / h, integral(curve, C0, tau, h) / h, 1e-8 * std::max(1.0, C0 / 0.05)) << shape << " " << C0 << " " << h;
      }
}

TEST(GrowthCurve, elements_neither_grow_nor_shrink_at_5_spikes_a_second_with_the_defaults) {
  // C decays with 10 s and a spike adds 1e-3, so its mean at 5 spikes/s is 0.05
  const GrowthCurve curve({.shape = GrowthCurve::linear, .nu_per_ms = 1e-4, .eps = 0.05, .tau_ms = 1e4});
  for (const double rate : {4.0, 5.0, 6.0}) {
    const double h = 1000 / rate, decay = std::exp(-h / 1e4), after = 1e-3 / (1 - decay);
    const double per_second = curve.gain(after, after * decay, h) * rate;
    EXPECT_NEAR(per_second, 0.1 * (1 - rate / 5), 1e-14) << rate;
  }
}

SynapseSpec growth(std::map<std::string, double> params, const std::string& curve = "linear") {
  params.try_emplace("vacant_loss", 0);
  return {.rule = "structural_growth", .params = std::move(params), .choices = {{"curve", curve}}};
}

const std::vector<double> train_a{3.0, 120.0, 121.5, 640.3, 999.9, 1000.0, 1800.2}, train_b{500.0, 777.7, 1999.9};

/// Sum of what the spikes up to a time have left.
double calcium(const std::vector<double>& train, double t, double tau, double beta) {
  double C = 0;
  for (const double s : train) C += s <= t ? beta * std::exp(-(t - s) / tau) : 0;
  return C;
}

TEST(StructuralGrowth, calcium_and_linear_growth_follow_their_closed_forms_for_given_spikes) {
  const double tau = 800, beta = 0.02, eps = 0.05, nu = 0.3;
  Watched run(taught({train_a, {}}, {train_b}, growth({{"tau_Ca", tau}, {"beta", beta}, {"eps_axonal", eps}, {"eps_dendritic", eps}, {"nu_axonal", 2 * nu}, {"nu_dendritic", nu}, {"vacant", 0.9}}), 2000));
  run.until(2000);
  const auto saved = run.saved(2);  // C, z, step of each source, then of each target
  ASSERT_EQ(saved.size(), 9u);
  const std::vector<std::vector<double>> trains{train_a, {}, train_b};
  for (std::size_t k = 0; k < 3; ++k) {
    EXPECT_EQ(saved[3 * k + 2], 20000);
    double C = calcium(trains[k], 2000, tau, beta), integral_of_C = 0;
    for (const double s : trains[k]) integral_of_C += beta * tau * (1 - std::exp(-(2000 - s) / tau));
    const double z = 0.9 + (k < 2 ? 2 : 1) * nu * 1e-3 * (2000 - integral_of_C / eps);
    EXPECT_NEAR(saved[3 * k], C, 1e-12) << k;
    EXPECT_NEAR(saved[3 * k + 1], z, 1e-12) << k;
  }
}

TEST(StructuralGrowth, elements_grow_as_nests_do) {
  // NEST 3.10.0: iaf_psc_delta, tau_Ca 800, beta_Ca 0.02, synaptic_elements of growth_rate 3e-4, z 0.9, eps 0.05 (eta 0.01; psi 0.02) and these
  // spikes; z after 2 s at 0.1 ms. NEST takes the linear curve in closed form, the others by Euler steps: hence their tolerance.
  const std::vector<double> train{3.0, 120.0, 121.5, 640.3, 999.9, 1800.2};
  const std::map<std::string, std::pair<double, double>> nest{{"linear", {1.0700666151776186, 1e-11}}, {"gaussian", {1.2912468795738452, 1e-4}}, {"sigmoid", {1.0941745036379744, 1e-4}}};
  for (const auto& [curve, z] : nest) {
    Watched run(taught({train}, {{}}, growth({{"tau_Ca", 800}, {"beta", 0.02}, {"eta_axonal", 0.01}, {"psi", 0.02}, {"nu_axonal", 0.3}, {"vacant", 0.9}}, curve), 2000));
    run.until(2000);
    EXPECT_NEAR(run.saved(2)[0], 0.030430544828670497, 1e-14) << curve;
    EXPECT_NEAR(run.saved(2)[1], z.first, z.second) << curve;
  }
}

/// 40 sources and 60 targets with spikes of their own, from quiet to busy, so that some gain and others lose elements.
NetworkSpec lively(std::map<std::string, double> params, const std::string& curve = "gaussian", std::int64_t begin = 300) {
  const auto trains = [](int cells, double most_hz) {
    std::vector<std::vector<double>> out(static_cast<std::size_t>(cells));
    for (int i = 0; i < cells; ++i)
      for (double t = 5 + i; t < 2000 && i > 0; t += 1000 * cells / (most_hz * i)) out[static_cast<std::size_t>(i)].push_back(std::round(10 * t) / 10);
    return out;
  };
  params.try_emplace("interval", 200);
  params.try_emplace("tau_Ca", 300);
  for (const auto* nu : {"nu_axonal", "nu_dendritic"}) params.try_emplace(nu, 8);
  for (const auto* eps : {"eps_axonal", "eps_dendritic"}) params.try_emplace(eps, 0.004);  // 13 spikes/s
  NetworkSpec spec = taught(trains(40, 30), trains(60, 30), growth(std::move(params), curve), 2000);
  spec.projections[2].rule.number = begin;
  return spec;
}

TEST(StructuralGrowth, synapses_change_at_multiples_of_the_interval_only_and_then_they_do) {
  Watched run(lively({}));
  std::int64_t before = run.synapses();
  int changes = 0;
  for (double t = 0.1; t <= 2000.05; t += 0.1) {
    const auto step = static_cast<std::uint32_t>(std::lround(10 * t));
    if (step % 2000 > 3 && step % 2000 < 1997 && step % 500) continue;  // look closely around structural steps
    run.until(t);
    const std::int64_t now = run.synapses();
    EXPECT_TRUE(now == before || step % 2000 == 0) << t;
    changes += now != before;
    before = now;
  }
  EXPECT_GE(changes, 9);
}

TEST(StructuralGrowth, no_neuron_has_more_synapses_than_elements) {
  for (const auto* curve : {"gaussian", "linear", "sigmoid"}) {
    Watched run(lively({{"psi", 0.002}, {"vacant", 1.5}, {"vacant_loss", 0.1}}, curve));
    std::int64_t removed = 0;
    for (double t = 200; t <= 2000; t += 200) {
      run.until(t);
      const auto saved = run.saved(2);
      const auto [sources, targets] = run.bound(2);
      for (std::size_t i = 0; i < 40; ++i) EXPECT_LE(sources[i], saved[3 * i + 1]) << curve << " source " << i;
      for (std::size_t j = 0; j < 60; ++j) EXPECT_LE(targets[j], saved[3 * (40 + j) + 1]) << curve << " target " << j;
      double axons = 0, dendrites = 0;  // what is left on one side only
      for (std::size_t i = 0; i < 40; ++i) axons += std::floor(saved[3 * i + 1]) - sources[i];
      for (std::size_t j = 0; j < 60; ++j) dendrites += std::floor(saved[3 * (40 + j) + 1]) - targets[j];
      EXPECT_EQ(std::min(axons, dendrites), 0) << "all that could be matched was";
    }
    const RunResult result = run.finish();
    for (const auto& c : result.structure.at(0).counts) removed += c.removed;
    EXPECT_GT(removed, 20) << curve;
  }
}

TEST(StructuralGrowth, the_series_counts_what_is_there) {
  Watched run(lively({}));
  run.until(2000);
  const RunResult result = run.finish();
  ASSERT_EQ(result.structure.size(), 1u);
  const auto& counts = result.structure[0].counts;
  ASSERT_EQ(counts.size(), 11u);
  EXPECT_EQ(result.structure[0].projection, 2);
  EXPECT_EQ(counts[0].synapses, 300);
  for (std::size_t k = 1; k < counts.size(); ++k) {
    EXPECT_EQ(counts[k].step, 2000 * k);
    EXPECT_EQ(counts[k].synapses, counts[k - 1].synapses + counts[k].made - counts[k].removed);
  }
  EXPECT_EQ(static_cast<std::size_t>(counts.back().synapses), result.connections.at(0).source.size());
  EXPECT_EQ(result.synapse_count, counts.back().synapses + 40 + 60) << "with those of the teachers";
}

TEST(StructuralGrowth, a_projection_may_begin_with_nothing_and_what_grows_has_its_weights_and_delays) {
  NetworkSpec spec = lively({{"vacant", 4}}, "gaussian", 0);
  spec.projections[2].weight = Values::uniform(-0.002, -0.001);
  spec.projections[2].delay_ms = Values::uniform(2, 5);
  Watched run(spec);
  EXPECT_EQ(run.synapses(), 100);
  run.until(2000);
  const Connections c = run.finish().connections.at(0);
  ASSERT_GT(c.weight.size(), 150u);
  double weight = 0, delay = 0;
  for (std::size_t k = 0; k < c.weight.size(); ++k) {
    EXPECT_GE(c.weight[k], -0.002);
    EXPECT_LE(c.weight[k], -0.001);
    EXPECT_GE(c.delay_ms[k], 1.95);
    EXPECT_LE(c.delay_ms[k], 5.05);
    weight += c.weight[k];
    delay += c.delay_ms[k];
  }
  const double n = static_cast<double>(c.weight.size());
  EXPECT_NEAR(weight / n, -0.0015, 5 * 0.001 / std::sqrt(12 * n));
  EXPECT_NEAR(delay / n, 3.5, 5 * 3 / std::sqrt(12 * n));
}

TEST(StructuralGrowth, no_autapse_and_no_multapse_is_made_where_they_are_not_allowed) {
  NetworkSpec spec = lively({{"vacant", 12}}, "gaussian", 0);
  spec.projections[2].source = spec.projections[2].target = {3, 0, 20, 1};
  spec.recordings[2].sources = spec.recordings[2].targets = whole(spec, 3);
  for (const bool allowed : {true, false}) {
    spec.projections[2].rule.allow_autapses = spec.projections[2].rule.allow_multapses = allowed;
    Watched run(spec);
    run.until(2000);
    const Connections c = run.finish().connections.at(0);
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> pairs;
    int autapses = 0, multapses = 0;
    for (std::size_t k = 0; k < c.source.size(); ++k) {
      autapses += c.source[k] == c.target[k];
      multapses += ++pairs[{c.source[k], c.target[k]}] > 1;
    }
    EXPECT_GT(c.source.size(), 100u);
    EXPECT_EQ(autapses > 0, allowed);
    EXPECT_EQ(multapses > 0, allowed);
  }
}

TEST(StructuralGrowth, partners_are_found_at_random) {
  // 4 vacant elements each of 40 sources and 60 targets at the first step: 160 synapses, of which each target has 160/60 on average
  std::vector<std::int64_t> by_target(60), by_source(40);
  const int networks = 60;
  for (int seed = 1; seed <= networks; ++seed) {
    NetworkSpec spec = taught(std::vector<std::vector<double>>(40), std::vector<std::vector<double>>(60), growth({{"vacant", 4}, {"interval", 100}, {"nu_axonal", 0}, {"nu_dendritic", 0}}), 100);
    spec.simulation.seed = static_cast<std::uint64_t>(seed);
    Watched run(spec);
    run.until(100);
    const auto [sources, targets] = run.bound(2);
    for (std::size_t i = 0; i < 40; ++i) EXPECT_EQ(sources[i], 4);
    for (std::size_t j = 0; j < 60; ++j) by_target[j] += targets[j];
  }
  // chosen without replacement from 240: the variance is smaller than that of the law tested
  const ChiSquare chi(by_target, std::vector<double>(60, 1.0 / 60), 160.0 * networks);
  EXPECT_LT(chi.value, chi.limit());
}

TEST(StructuralGrowth, rules_whose_synapses_cannot_come_and_go_are_refused) {
  NetworkSpec spec = lively({});
  spec.projections[2].synapse.push_back({.rule = "camkii", .params = {{"w_max", 1}}, .choices = {}});
  try {
    engine::check(spec);
    ADD_FAILURE() << "no complaint";
  } catch (const InputError& e) {
    EXPECT_NE(std::string(e.what()).find("projections[2]: structural_growth: synapses of rule camkii cannot come and go; leave one of the two rules out"), std::string::npos) << e.what();
  }
}

TEST(StructuralGrowth, one_network_can_be_run_more_than_once) {
  const NetworkSpec spec = lively({});
  const auto network = engine::build(spec, {.threads = 2});
  std::vector<Connections> ends;
  for (int k = 0; k < 2; ++k) {
    engine::State state = engine::start(*network);
    engine::Recorder recorder(*network);
    engine::run(*network, state, {.until_step = steps_of(spec)}, recorder);
    RunResult result;
    recorder.finish(*network, state, result);
    ends.push_back(result.connections.at(0));
  }
  EXPECT_EQ(ends[0].source, ends[1].source);
  EXPECT_EQ(ends[0].target, ends[1].target);
}

TEST(StructuralGrowth, a_rest_at_a_structural_step_changes_nothing_and_does_not_rewire_twice) {
  const NetworkSpec spec = lively({{"vacant", 2}});
  Watched whole_run(spec), before(spec, {.threads = 2});
  whole_run.until(2000);
  before.until(800);
  Watched after(spec, {.threads = 3});
  after.state = engine::restore(*after.network, engine::snapshot(*before.network, before.state));
  EXPECT_EQ(after.synapses(), before.synapses());
  EXPECT_EQ(after.saved(2), before.saved(2));
  after.until(2000);
  const RunResult a = whole_run.finish(), b = after.finish();
  EXPECT_EQ(a.connections.at(0).source, b.connections.at(0).source);
  EXPECT_EQ(a.connections.at(0).target, b.connections.at(0).target);
  EXPECT_EQ(b.structure.at(0).counts.size(), 7u) << "from the rest on";
  EXPECT_EQ(a.structure.at(0).counts.back().made, b.structure.at(0).counts.back().made);
}

TEST(StructuralGrowth, a_saved_state_with_impossible_synapses_is_refused) {
  const NetworkSpec spec = lively({});
  Watched run(spec);
  run.until(400);
  const engine::Snapshot good = engine::snapshot(*run.network, run.state);
  const auto spoilt = [&](const std::string& name, double value) {
    engine::Snapshot s = good;
    for (auto& array : s.arrays)
      if (array.name == "projections/2/" + name) array.values.at(3) = value;
    return s;
  };
  EXPECT_NO_THROW(engine::restore(*run.network, good));
  for (const auto& [name, value] : {std::pair("source", 40.0), {"source", -1.0}, {"target", 60.0}, {"target", -1.0}, {"delay", 0.0}, {"delay", 11.0}, {"source", 39.0}})
    EXPECT_THROW(engine::restore(*run.network, spoilt(name, value)), InputError) << name << " " << value;
}

TEST(StructuralGrowth, a_synapse_that_is_made_passes_spikes_on_and_one_that_is_lost_does_not) {
  // One source firing every 50 ms, one target that each of its spikes makes fire through a grown synapse; its elements vanish later.
  std::vector<double> times;
  for (double t = 20; t < 2000; t += 50) times.push_back(t);
  NetworkSpec spec = taught({times}, {{}}, growth({{"vacant", 1}, {"interval", 500}, {"nu_axonal", 0}, {"nu_dendritic", 0.9}, {"eps_dendritic", 0.001}, {"beta", 0.001}}), 2000);
  spec.projections[2].weight = Values::constant(1e5);
  spec.projections[2].delay_ms = Values::constant(7);
  Watched run(spec);
  run.until(2000);
  const RunResult result = run.finish();
  std::vector<double> heard;
  for (const Spike& s : result.spikes)
    if (s.neuron == 3) heard.push_back(s.step * 0.1);
  ASSERT_FALSE(heard.empty());
  const auto& counts = result.structure.at(0).counts;
  ASSERT_EQ(counts.size(), 5u);
  EXPECT_EQ(counts[1].synapses, 1);
  EXPECT_EQ(counts.back().synapses, 0) << "it fires too much, and so loses the element";
  const double lost_at = std::find_if(counts.begin() + 2, counts.end(), [](const auto& c) { return c.synapses == 0; })->step * 0.1;
  std::vector<double> expected;
  for (const double t : times)
    if (t + 7 > 500 && t + 7 <= lost_at) expected.push_back(t + 7);
  ASSERT_EQ(heard.size(), expected.size());
  for (std::size_t k = 0; k < heard.size(); ++k) EXPECT_NEAR(heard[k], expected[k], 0.11);
}

}  // namespace
}  // namespace ranvier::test_structure
