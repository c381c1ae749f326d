// SPDX-License-Identifier: Apache-2.0
/// Connectivity: every rule keeps its promise, exactly where it is exact and within its law where it is drawn, and gives
/// the same synapses on any number of shards.

#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <set>

#include "engine/rule.hpp"
#include "engine/values.hpp"
#include "engine_example.hpp"

namespace ranvier::test_engine {
namespace {

double uniform(std::mt19937& words) { return (words() + 0.5) * 0x1p-32; }

// --- counts

TEST(EngineCounts, binomial_counts_follow_their_law) {
  std::mt19937 words(1);
  for (const auto& [n, p] : {std::pair<std::int64_t, double>{10, 0.3}, {1000, 0.01}, {1000, 0.97}, {100000, 0.5}, {1000000, 1e-3}, {50000000, 0.25}}) {
    SCOPED_TRACE("n " + std::to_string(n) + ", p " + std::to_string(p));
    const double mean = static_cast<double>(n) * p, std = std::sqrt(mean * (1 - p));
    const auto low = std::max<std::int64_t>(0, static_cast<std::int64_t>(mean - 8 * std - 3)), high = std::min(n, static_cast<std::int64_t>(mean + 8 * std + 3));
    std::vector<double> law;
    for (std::int64_t k = low; k <= high; ++k) {
      const auto x = static_cast<double>(k), N = static_cast<double>(n);
      law.push_back(std::exp(std::lgamma(N + 1) - std::lgamma(x + 1) - std::lgamma(N - x + 1) + x * std::log(p) + (N - x) * std::log1p(-p)));
    }
    std::vector<std::int64_t> counts(law.size());
    for (int draw = 0; draw < 100000; ++draw) {
      const std::int64_t k = engine::binomial(n, p, uniform(words));
      ASSERT_TRUE(k >= low && k <= high) << k;
      ++counts[static_cast<std::size_t>(k - low)];
    }
    const ChiSquare test(counts, law, 100000);
    EXPECT_LT(test.value, test.limit()) << test.degrees << " degrees of freedom";
  }
}

TEST(EngineCounts, binomial_counts_of_certain_outcomes_are_certain) {
  for (const double u : {1e-10, 0.5, 1 - 1e-10}) {
    EXPECT_EQ(engine::binomial(0, 0.5, u), 0);
    EXPECT_EQ(engine::binomial(100, 0, u), 0);
    EXPECT_EQ(engine::binomial(100, 1, u), 100);
  }
}

TEST(EngineCounts, hypergeometric_counts_follow_their_law) {
  std::mt19937 words(2);
  struct Case { std::int64_t draws, good, bad; };
  for (const Case& c : {Case{10, 20, 30}, {45, 20, 30}, {500, 1000, 5000}, {1000, 262144, 786432}, {300000, 262144, 786432}}) {
    SCOPED_TRACE(std::to_string(c.draws) + " of " + std::to_string(c.good) + " + " + std::to_string(c.bad));
    const auto n = static_cast<double>(c.draws), g = static_cast<double>(c.good), b = static_cast<double>(c.bad);
    const std::int64_t low = std::max<std::int64_t>(0, c.draws - c.bad), high = std::min(c.draws, c.good);
    const auto choose = [](double N, double k) { return std::lgamma(N + 1) - std::lgamma(k + 1) - std::lgamma(N - k + 1); };
    const double mean = n * g / (g + b), std = std::sqrt(mean * b / (g + b));
    const auto first = std::max(low, static_cast<std::int64_t>(mean - 8 * std - 3)), last = std::min(high, static_cast<std::int64_t>(mean + 8 * std + 3));
    std::vector<double> law;
    for (std::int64_t k = first; k <= last; ++k) {
      const auto x = static_cast<double>(k);
      law.push_back(std::exp(choose(g, x) + choose(b, n - x) - choose(g + b, n)));
    }
    std::vector<std::int64_t> counts(law.size());
    for (int draw = 0; draw < 100000; ++draw) {
      const std::int64_t k = engine::hypergeometric(c.draws, c.good, c.bad, uniform(words));
      ASSERT_TRUE(k >= first && k <= last) << k;
      ++counts[static_cast<std::size_t>(k - first)];
    }
    const ChiSquare test(counts, law, 100000);
    EXPECT_LT(test.value, test.limit()) << test.degrees << " degrees of freedom";
  }
}

TEST(EngineCounts, hypergeometric_counts_of_certain_outcomes_are_certain) {
  EXPECT_EQ(engine::hypergeometric(50, 20, 30, 0.3), 20);
  EXPECT_EQ(engine::hypergeometric(5, 0, 30, 0.3), 0);
  EXPECT_EQ(engine::hypergeometric(5, 30, 0, 0.3), 5);
  EXPECT_EQ(engine::hypergeometric(0, 30, 30, 0.3), 0);
}

// --- distributions

double normal_cdf(double x, double mean, double std) { return 0.5 * std::erfc(-(x - mean) / (std * std::sqrt(2.0))); }

/// The largest distance between the law and what evenly spaced words give: by inversion word w stands for probability
/// w / 2^32, so all that is left is the rounding of float32.
template <class Cdf>
double distance_to(const Values& values, Cdf cdf) {
  const engine::Sampler sampler(values);
  constexpr int n = 100000;
  double most = 0;
  std::vector<double> drawn;
  for (int k = 0; k < n; ++k) drawn.push_back(sampler.draw_one(static_cast<std::uint32_t>((k + 0.5) / n * 0x1p32), 0));
  for (int k = 0; k < n; ++k) most = std::max(most, std::fabs(cdf(drawn[static_cast<std::size_t>(k)]) - (k + 0.5) / n));
  return most;
}

constexpr double float_rounding = 3e-6;  // a relative error of 6e-8 in the value, times the steepest density here

TEST(EngineValues, every_distribution_follows_its_law) {
  EXPECT_LT(distance_to(Values::normal(3, 2), [](double x) { return normal_cdf(x, 3, 2); }), float_rounding);
  EXPECT_LT(distance_to(Values::uniform(-4, 8), [](double x) { return (x + 4) / 12; }), float_rounding);
  Values v{.kind = Values::Kind::exponential, .a = 5};
  EXPECT_LT(distance_to(v, [](double x) { return -std::expm1(-x / 5); }), float_rounding);
  v = {.kind = Values::Kind::lognormal, .a = 2, .b = 3};  // mean and standard deviation of the variable itself
  const double s2 = std::log(1 + 9.0 / 4), m = std::log(2.0) - s2 / 2;
  EXPECT_LT(distance_to(v, [&](double x) { return normal_cdf(std::log(x), m, std::sqrt(s2)); }), float_rounding);
}

TEST(EngineValues, bounds_by_redraw_give_the_truncated_law) {
  Values v = Values::normal(1, 2);
  v.min = 0;
  v.max = 4;
  const double low = normal_cdf(0, 1, 2), high = normal_cdf(4, 1, 2);
  EXPECT_LT(distance_to(v, [&](double x) { return (normal_cdf(x, 1, 2) - low) / (high - low); }), float_rounding);
  v = {.kind = Values::Kind::exponential, .a = 5, .max = 7};
  EXPECT_LT(distance_to(v, [](double x) { return std::expm1(-x / 5) / std::expm1(-7.0 / 5); }), float_rounding);
}

TEST(EngineValues, no_draw_passes_its_bounds) {
  std::mt19937 words(3);
  for (const auto outside : {Values::Outside::redraw, Values::Outside::clip})
    for (const auto kind : {Values::Kind::normal, Values::Kind::lognormal, Values::Kind::uniform, Values::Kind::exponential}) {
      Values v{.kind = kind, .a = 1, .b = 1.5, .min = 0.25, .max = 1.125, .outside = outside};
      const engine::Sampler sampler(v);
      EXPECT_GE(sampler.lowest(), 0.25);
      EXPECT_LE(sampler.highest(), 1.125);
      for (std::uint32_t k = 0; k < 200000; ++k) {
        // the first and last words too: there the bounds are met
        const std::uint32_t word = k < 1000 ? k : k < 2000 ? 0xFFFFFFFFu - (k - 1000) : static_cast<std::uint32_t>(words());
        const double x = sampler.draw_one(word, 0);
        ASSERT_TRUE(x >= sampler.lowest() && x <= sampler.highest()) << x << " from word " << word;
      }
    }
}

TEST(EngineValues, draws_outside_are_put_onto_the_bound_by_clip) {
  Values v = Values::normal(0, 1);
  v.min = 0;
  v.outside = Values::Outside::clip;
  const engine::Sampler sampler(v);
  int at_bound = 0;
  for (int k = 0; k < 10000; ++k) at_bound += sampler.draw_one(static_cast<std::uint32_t>((k + 0.5) * 1e-4 * 0x1p32), 0) == 0;
  EXPECT_EQ(at_bound, 5000);
}

TEST(EngineValues, bounds_that_no_draw_can_meet_are_refused) {
  Values v = Values::normal(0, 1);
  v.min = 20;
  EXPECT_THROW(engine::Sampler{v}, InputError);
  v = Values::uniform(0, 1);
  v.max = -1;
  EXPECT_THROW(engine::Sampler{v}, InputError);
}

TEST(EngineValues, many_draws_at_once_equal_draws_one_at_a_time) {
  std::mt19937 random(4);
  std::vector<std::uint32_t> words(100), index(100);
  for (std::size_t k = 0; k < words.size(); ++k) words[k] = static_cast<std::uint32_t>(random()), index[k] = static_cast<std::uint32_t>(k);
  Values exponential{.kind = Values::Kind::exponential, .a = 5, .min = 1}, lognormal{.kind = Values::Kind::lognormal, .a = 2, .b = 3};
  for (const std::string simd : {"scalar", "avx2", "auto"}) {
    try { engine::choose_simd(simd); } catch (const InputError&) { continue; }
    for (const Values& v : {Values::normal(0, 1), Values::uniform(-1, 1), exponential, lognormal}) {
      const engine::Sampler sampler(v);
      for (const std::size_t n : {0, 1, 3, 15, 16, 17, 31, 33, 64})
        for (const std::size_t first : {0, 1, 5}) {
          std::vector<float> out(n + 1, -77);
          sampler.draw(words.data() + first, index.data() + first, n, out.data());
          for (std::size_t k = 0; k < n; ++k) ASSERT_EQ(static_cast<double>(out[k]), sampler.draw_one(words[first + k], first + k));
          ASSERT_EQ(out[n], -77) << "written beyond the end";
        }
    }
  }
  engine::choose_simd("auto");
}

TEST(EngineValues, delays_become_the_nearest_step_and_at_least_one) {
  std::vector<float> delay;
  for (int k = 0; k < 2000; ++k) delay.push_back(static_cast<float>(k) * 0.00731f);
  std::vector<std::uint32_t> steps(delay.size());
  engine::to_steps(delay.data(), delay.size(), 10, steps.data());
  for (std::size_t k = 0; k < delay.size(); ++k) {
    if (delay[k] < 0.1f) EXPECT_EQ(steps[k], 1u) << delay[k];
    else EXPECT_LE(std::fabs(static_cast<double>(steps[k]) * 0.1 - static_cast<double>(delay[k])), 0.05 * (1 + 1e-6)) << delay[k];
  }
}

// --- rules

NetworkSpec two_populations(std::int64_t sources, std::int64_t targets) {
  NetworkSpec spec;
  spec.simulation.seed = 12;
  spec.populations = {leaky("from", sources), leaky("to", targets)};
  return spec;
}

std::vector<Synapse> draw(const NetworkSpec& spec, int shards = 1) { return synapses_of(*engine::build(spec, {.threads = shards})); }

std::vector<std::int64_t> indegrees(const std::vector<Synapse>& synapses, std::int64_t first, std::int64_t size) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(size));
  for (const Synapse& s : synapses) ++out.at(static_cast<std::size_t>(s.target - first));
  return out;
}
std::vector<std::int64_t> outdegrees(const std::vector<Synapse>& synapses, std::int64_t size) {
  std::vector<std::int64_t> out(static_cast<std::size_t>(size));
  for (const Synapse& s : synapses) ++out.at(static_cast<std::size_t>(s.source));
  return out;
}

/// Degrees against a binomial law.
void expect_binomial(const std::vector<std::int64_t>& degrees, double n, double p) {
  const auto most = static_cast<std::size_t>(*std::max_element(degrees.begin(), degrees.end()));
  std::vector<std::int64_t> counts(most + 1);
  for (const std::int64_t d : degrees) ++counts[static_cast<std::size_t>(d)];
  const ChiSquare test(counts, binomial_law(n, p, most), static_cast<double>(degrees.size()));
  EXPECT_LT(test.value, test.limit()) << test.degrees << " degrees of freedom";
}

std::size_t different_pairs(const std::vector<Synapse>& synapses) {
  std::set<std::pair<std::int64_t, std::int64_t>> pairs;
  for (const Synapse& s : synapses) pairs.emplace(s.source, s.target);
  return pairs.size();
}
std::size_t autapses(const std::vector<Synapse>& synapses) {
  return static_cast<std::size_t>(std::count_if(synapses.begin(), synapses.end(), [](const Synapse& s) { return s.source == s.target; }));
}

TEST(EngineRules, fixed_total_number_is_exact_and_its_degrees_are_binomial) {
  NetworkSpec spec = two_populations(1300, 2700);  // several tiles of 256 sources x 1,024 targets both ways
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_total_number)};
  spec.projections[0].rule.number = 50000;
  const auto synapses = draw(spec);
  EXPECT_EQ(synapses.size(), 50000u);
  expect_binomial(indegrees(synapses, 1300, 2700), 50000, 1.0 / 2700);
  expect_binomial(outdegrees(synapses, 1300), 50000, 1.0 / 1300);
  EXPECT_LT(different_pairs(synapses), synapses.size());  // multapses are allowed: 350 are expected
}

TEST(EngineRules, fixed_total_number_takes_each_pair_at_most_once_where_multapses_are_refused) {
  NetworkSpec spec = two_populations(600, 1500);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_total_number)};
  spec.projections[0].rule.allow_multapses = false;
  for (const std::int64_t number : {1, 20000, 450000, 600 * 1500 - 1, 600 * 1500}) {
    spec.projections[0].rule.number = number;
    const auto synapses = draw(spec);
    EXPECT_EQ(synapses.size(), static_cast<std::size_t>(number));
    EXPECT_EQ(different_pairs(synapses), static_cast<std::size_t>(number));
  }
}

TEST(EngineRules, fixed_total_number_without_autapses_leaves_out_the_diagonal_and_nothing_else) {
  NetworkSpec spec;
  spec.populations = {leaky("all", 1200)};
  spec.projections = {connect(spec, 0, 0, Rule::Kind::fixed_total_number)};
  ProjectionSpec& p = spec.projections[0];
  p.source = {0, 100, 400, 1};
  p.target = {0, 50, 1200, 3};  // overlaps the sources at every third neuron
  p.rule.allow_autapses = p.rule.allow_multapses = false;
  const std::int64_t overlap = 100;  // 101, 104, ..., 398
  p.rule.number = p.source.size() * p.target.size() - overlap;
  const auto synapses = draw(spec);
  EXPECT_EQ(static_cast<std::int64_t>(synapses.size()), p.rule.number);
  EXPECT_EQ(different_pairs(synapses), synapses.size());
  EXPECT_EQ(autapses(synapses), 0u);
}

TEST(EngineRules, fixed_indegree_is_exact_and_sources_are_drawn_evenly) {
  NetworkSpec spec = two_populations(900, 2500);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_indegree)};
  spec.projections[0].rule.number = 17;
  const auto synapses = draw(spec);
  for (const std::int64_t d : indegrees(synapses, 900, 2500)) EXPECT_EQ(d, 17);
  expect_binomial(outdegrees(synapses, 900), 17 * 2500, 1.0 / 900);
}

TEST(EngineRules, fixed_outdegree_is_exact_and_targets_are_drawn_evenly) {
  NetworkSpec spec = two_populations(2500, 900);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_outdegree)};
  spec.projections[0].rule.number = 17;
  const auto synapses = draw(spec);
  for (const std::int64_t d : outdegrees(synapses, 2500)) EXPECT_EQ(d, 17);
  expect_binomial(indegrees(synapses, 2500, 900), 17 * 2500, 1.0 / 900);
}

TEST(EngineRules, degree_rules_leave_out_autapses_and_multapses_where_they_are_refused) {
  NetworkSpec spec;
  spec.populations = {leaky("all", 60)};
  for (const auto kind : {Rule::Kind::fixed_indegree, Rule::Kind::fixed_outdegree, Rule::Kind::pairwise_bernoulli, Rule::Kind::all_to_all}) {
    spec.projections = {connect(spec, 0, 0, kind)};
    Rule& rule = spec.projections[0].rule;
    rule.number = 59;
    rule.probability = 1;
    rule.allow_autapses = rule.allow_multapses = false;
    const auto synapses = draw(spec);
    EXPECT_EQ(synapses.size(), 60u * 59u) << static_cast<int>(kind);
    EXPECT_EQ(different_pairs(synapses), synapses.size());
    EXPECT_EQ(autapses(synapses), 0u);
  }
}

TEST(EngineRules, autapses_are_made_where_they_are_allowed) {
  NetworkSpec spec;
  spec.populations = {leaky("all", 60)};
  spec.projections = {connect(spec, 0, 0, Rule::Kind::all_to_all)};
  const auto synapses = draw(spec);
  EXPECT_EQ(synapses.size(), 3600u);
  EXPECT_EQ(autapses(synapses), 60u);
}

TEST(EngineRules, neurons_of_two_populations_are_never_autapses) {
  NetworkSpec spec = two_populations(50, 50);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all)};
  spec.projections[0].rule.allow_autapses = false;
  EXPECT_EQ(draw(spec).size(), 2500u);
}

TEST(EngineRules, pairwise_bernoulli_takes_each_pair_once_with_its_probability) {
  NetworkSpec spec = two_populations(1000, 3000);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::pairwise_bernoulli)};
  spec.projections[0].rule.probability = 0.02;
  const auto synapses = draw(spec);
  EXPECT_EQ(different_pairs(synapses), synapses.size());
  EXPECT_NEAR(static_cast<double>(synapses.size()), 60000, 5 * std::sqrt(60000 * 0.98));
  expect_binomial(indegrees(synapses, 1000, 3000), 1000, 0.02);
  expect_binomial(outdegrees(synapses, 1000), 3000, 0.02);
}

TEST(EngineRules, pairwise_bernoulli_totals_have_mean_and_variance_of_the_binomial_law) {
  NetworkSpec spec = two_populations(40, 50);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::pairwise_bernoulli)};
  spec.projections[0].rule.probability = 0.1;
  double sum = 0, squares = 0;
  constexpr int n = 400;
  for (int seed = 1; seed <= n; ++seed) {
    spec.simulation.seed = static_cast<std::uint64_t>(seed);
    const auto total = static_cast<double>(draw(spec).size());
    sum += total;
    squares += total * total;
  }
  const double mean = sum / n, variance = (squares - sum * mean) / (n - 1);
  EXPECT_NEAR(mean, 200, 5 * std::sqrt(180.0 / n));
  EXPECT_NEAR(variance / 180, 1, 5 * std::sqrt(2.0 / (n - 1)));
}

TEST(EngineRules, pairwise_bernoulli_of_probability_0_and_1_is_none_and_all) {
  NetworkSpec spec = two_populations(300, 1100);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::pairwise_bernoulli)};
  spec.projections[0].rule.probability = 0;
  EXPECT_EQ(draw(spec).size(), 0u);
  spec.projections[0].rule.probability = 1;
  EXPECT_EQ(different_pairs(draw(spec)), 330000u);
}

TEST(EngineRules, one_to_one_joins_equals_of_two_slices) {
  NetworkSpec spec = two_populations(100, 200);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::one_to_one)};
  spec.projections[0].source = {0, 10, 70, 2};   // 30 of them
  spec.projections[0].target = {1, 20, 199, 6};  // 30 of them
  const auto synapses = draw(spec, 3);
  ASSERT_EQ(synapses.size(), 30u);
  for (std::size_t k = 0; k < 30; ++k) {
    EXPECT_EQ(synapses[k].source, 10 + 2 * static_cast<std::int64_t>(k));
    EXPECT_EQ(synapses[k].target, 100 + 20 + 6 * static_cast<std::int64_t>(k));
  }
}

TEST(EngineRules, all_to_all_joins_each_pair_of_two_slices_once) {
  NetworkSpec spec = two_populations(100, 200);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all)};
  spec.projections[0].source = {0, 3, 97, 5};
  spec.projections[0].target = {1, 7, 199, 4};
  const auto synapses = draw(spec);
  EXPECT_EQ(static_cast<std::int64_t>(synapses.size()), spec.projections[0].source.size() * spec.projections[0].target.size());
  EXPECT_EQ(different_pairs(synapses), synapses.size());
  for (const Synapse& s : synapses) {
    EXPECT_EQ((s.source - 3) % 5, 0);
    EXPECT_EQ((s.target - 100 - 7) % 4, 0);
  }
}

TEST(EngineRules, edges_are_made_as_listed_with_their_own_weights_and_delays) {
  NetworkSpec spec = two_populations(40, 300);
  spec.simulation.double_precision = true;
  spec.projections = {connect(spec, 0, 1, Rule::Kind::edges)};
  ProjectionSpec& p = spec.projections[0];
  p.source = {0, 2, 40, 3};
  p.target = {1, 5, 300, 2};
  std::mt19937 words(8);
  auto from = std::make_shared<std::vector<std::int64_t>>(), to = std::make_shared<std::vector<std::int64_t>>();
  auto weight = std::make_shared<std::vector<double>>(), delay = std::make_shared<std::vector<double>>();
  std::vector<Synapse> expected;
  for (int e = 0; e < 3000; ++e) {  // far more edges than pairs: multapses too
    from->push_back(words() % 13);
    to->push_back(words() % 5);
    weight->push_back((static_cast<double>(words() % 2000) - 1000) / 64);
    delay->push_back(0.1 * (1 + words() % 40));
    expected.push_back({2 + 3 * from->back(), 40 + 5 + 2 * to->back(), 0, static_cast<std::uint32_t>(std::lround(delay->back() * 10)), weight->back()});
  }
  std::sort(expected.begin(), expected.end());
  p.rule.edge_sources = from;
  p.rule.edge_targets = to;
  p.weight = {.kind = Values::Kind::column, .column = weight};
  p.delay_ms = {.kind = Values::Kind::column, .column = delay};
  const auto synapses = draw(spec, 2);
  ASSERT_EQ(synapses.size(), expected.size());
  for (std::size_t k = 0; k < expected.size(); ++k) EXPECT_EQ(synapses[k], expected[k]) << k;
}

TEST(EngineRules, a_number_that_there_are_not_enough_pairs_for_is_refused_instead_of_drawn_for_ever) {
  const auto refused = [](Rule::Kind kind, std::int64_t number, bool autapses_allowed, bool multapses) {
    NetworkSpec spec;
    spec.populations = {leaky("all", 20)};
    spec.projections = {connect(spec, 0, 0, kind)};
    Rule& rule = spec.projections[0].rule;
    rule.number = number;
    rule.allow_autapses = autapses_allowed;
    rule.allow_multapses = multapses;
    try {
      draw(spec);
    } catch (const InputError&) {
      return true;
    }
    return false;
  };
  for (const auto kind : {Rule::Kind::fixed_indegree, Rule::Kind::fixed_outdegree}) {
    EXPECT_FALSE(refused(kind, 20, true, false));
    EXPECT_TRUE(refused(kind, 21, true, false));
    EXPECT_FALSE(refused(kind, 19, false, false));
    EXPECT_TRUE(refused(kind, 20, false, false));
    EXPECT_FALSE(refused(kind, 100, false, true));
  }
  EXPECT_FALSE(refused(Rule::Kind::fixed_total_number, 380, false, false));
  EXPECT_TRUE(refused(Rule::Kind::fixed_total_number, 381, false, false));
  EXPECT_TRUE(refused(Rule::Kind::fixed_total_number, 401, true, false));

  NetworkSpec alone;
  alone.populations = {leaky("one", 1)};
  alone.projections = {connect(alone, 0, 0, Rule::Kind::fixed_indegree)};
  alone.projections[0].rule.number = 1;
  alone.projections[0].rule.allow_autapses = false;
  EXPECT_THROW(draw(alone), InputError);
  NetworkSpec uneven = two_populations(10, 11);
  uneven.projections = {connect(uneven, 0, 1, Rule::Kind::one_to_one)};
  EXPECT_THROW(draw(uneven), InputError);
}

// --- distance

/// Pairs made and pairs expected, by distance, for a network of one population.
void expect_kernel(const NetworkSpec& spec) {
  const PopulationSpec& p = spec.populations[0];
  const Rule& rule = spec.projections[0].rule;
  constexpr double width = 20;
  std::vector<double> expected, variance;
  std::vector<std::int64_t> made;
  const auto distance = [&](std::int64_t i, std::int64_t j) {
    double sum = 0;
    for (int k = 0; k < p.dimensions; ++k) {
      double x = std::fabs(p.positions_um[static_cast<std::size_t>(i * p.dimensions + k)] - p.positions_um[static_cast<std::size_t>(j * p.dimensions + k)]);
      if (!rule.period_um.empty()) x = std::min(x, rule.period_um[static_cast<std::size_t>(k)] - x);
      sum += x * x;
    }
    return std::sqrt(sum);
  };
  for (std::int64_t i = 0; i < p.size; ++i)
    for (std::int64_t j = 0; j < p.size; ++j) {
      const double d = distance(i, j);
      const auto bin = static_cast<std::size_t>(d / width);
      if (bin >= expected.size()) expected.resize(bin + 1), variance.resize(bin + 1), made.resize(bin + 1);
      double q = d > rule.cutoff_um ? 0 : rule.probability * (rule.kernel == Rule::Kernel::gaussian ? std::exp(-d * d / (2 * rule.length_um * rule.length_um)) : std::exp(-d / rule.length_um));
      if (!rule.allow_autapses && i == j) q = 0;
      expected[bin] += q;
      variance[bin] += q * (1 - q);
    }
  const auto synapses = draw(spec, 2);
  EXPECT_EQ(different_pairs(synapses), synapses.size());
  for (const Synapse& s : synapses) {
    const double d = distance(s.source, s.target);
    EXPECT_LE(d, rule.cutoff_um * (1 + 1e-9));
    ++made.at(static_cast<std::size_t>(d / width));
  }
  for (std::size_t bin = 0; bin < made.size(); ++bin)
    EXPECT_NEAR(static_cast<double>(made[bin]), expected[bin], 5 * std::sqrt(variance[bin]) + 5) << "distance " << width * static_cast<double>(bin) << " um";
}

NetworkSpec cells_in_space(int dimensions);

TEST(EngineRules, the_number_of_distance_dependent_synapses_is_foreseen_within_5_percent) {
  for (const int dimensions : {2, 3}) {
    const NetworkSpec spec = cells_in_space(dimensions);
    const double made = static_cast<double>(draw(spec, 1).size());
    EXPECT_NEAR(engine::estimate_memory(spec, 1).synapses, made, 0.05 * made);
  }
}

NetworkSpec cells_in_space(int dimensions) {
  NetworkSpec spec;
  PopulationSpec p = leaky("sheet", 900);
  p.dimensions = dimensions;
  std::mt19937 words(6);
  for (std::int64_t k = 0; k < p.size * dimensions; ++k) p.positions_um.push_back(500 * uniform(words));
  spec.populations = {p};
  spec.projections = {connect(spec, 0, 0, Rule::Kind::distance)};
  spec.projections[0].rule.probability = 0.7;
  spec.projections[0].rule.length_um = 90;
  return spec;
}

TEST(EngineRules, pairs_fall_off_with_distance_as_a_gaussian) { expect_kernel(cells_in_space(2)); }

TEST(EngineRules, pairs_fall_off_with_distance_as_an_exponential_in_three_dimensions) {
  NetworkSpec spec = cells_in_space(3);
  spec.projections[0].rule.kernel = Rule::Kernel::exponential;
  expect_kernel(spec);
}

TEST(EngineRules, distance_goes_round_a_periodic_space_and_stops_at_the_cutoff) {
  NetworkSpec spec = cells_in_space(2);
  spec.projections[0].rule.period_um = {500, 500};
  spec.projections[0].rule.cutoff_um = 130;
  spec.projections[0].rule.allow_autapses = false;
  expect_kernel(spec);
}

// --- weights and delays of drawn synapses

TEST(EngineRules, weights_and_delays_of_synapses_have_the_mean_and_deviation_asked_for) {
  NetworkSpec spec = two_populations(500, 1000);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_total_number)};
  ProjectionSpec& p = spec.projections[0];
  p.rule.number = 100000;
  p.weight = Values::normal(10, 2);
  p.delay_ms = Values::normal(20, 3);
  double weights = 0, weight_squares = 0, delays = 0, delay_squares = 0, products = 0;
  const auto synapses = draw(spec);
  for (const Synapse& s : synapses) {
    const double w = (s.weight - 10) / 2, d = (s.delay * 0.1 - 20) / 3;
    weights += w, weight_squares += w * w, delays += d, delay_squares += d * d, products += w * d;
  }
  const double n = 100000, error = 5 / std::sqrt(n);
  EXPECT_NEAR(weights / n, 0, error);
  EXPECT_NEAR(weight_squares / n, 1, error * std::sqrt(2.0));
  EXPECT_NEAR(delays / n, 0, error);
  EXPECT_NEAR(delay_squares / n, 1, error * std::sqrt(2.0));
  EXPECT_NEAR(products / n, 0, error) << "weight and delay of a synapse are drawn apart";
}

TEST(EngineRules, stored_weights_err_by_at_most_two_to_the_minus_15_of_the_largest) {
  Values lognormal{.kind = Values::Kind::lognormal, .a = 1, .b = 2}, exponential{.kind = Values::Kind::exponential, .a = 30};
  for (const Values& weight : {Values::normal(100, 10), Values::normal(-0.02, 0.004), Values::uniform(-5, 5), lognormal, exponential, Values::normal(65535, 1)}) {
    NetworkSpec spec = two_populations(30, 200);
    spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all), connect(spec, 1, 0, Rule::Kind::all_to_all, 1)};
    spec.projections[0].weight = weight;
    spec.projections[1].weight = Values::normal(weight.a * 0.6, std::fabs(weight.a) * 0.1);  // a second scale beside it
    const auto rounded = draw(spec);
    spec.simulation.double_precision = true;
    const auto exact = draw(spec);
    ASSERT_EQ(rounded.size(), exact.size());
    for (std::size_t k = 0; k < exact.size(); ++k) {
      const ProjectionSpec& p = spec.projections[exact[k].source < 30 ? 0 : 1];
      const engine::Sampler sampler(p.weight);
      const double largest = std::max(std::fabs(sampler.lowest()), std::fabs(sampler.highest()));
      ASSERT_EQ(rounded[k].target, exact[k].target);
      ASSERT_LE(std::fabs(rounded[k].weight - exact[k].weight), largest * 0x1p-15 * (1 + 1e-6)) << rounded[k].weight << " for " << exact[k].weight;
    }
  }
}

TEST(EngineRules, constant_weights_err_by_less_than_two_to_the_minus_16) {
  for (const double weight : {87.8, -351.2, 0.275, 1e-3}) {
    NetworkSpec spec = two_populations(30, 40);
    spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all, weight), connect(spec, 1, 0, Rule::Kind::all_to_all, 100)};
    for (const Synapse& s : draw(spec)) ASSERT_NEAR(s.weight, s.source < 30 ? weight : 100, std::fabs(weight) * 0x1p-16 + (s.source < 30 ? 0 : 1e-2));
  }
}

// --- the same synapses for any partition

TEST(EngineRules, every_rule_gives_the_same_synapses_on_1_2_3_and_7_shards) {
  using Kind = Rule::Kind;
  std::mt19937 words(9);
  auto from = std::make_shared<std::vector<std::int64_t>>(), to = std::make_shared<std::vector<std::int64_t>>();
  for (int e = 0; e < 5000; ++e) from->push_back(words() % 300), to->push_back(words() % 400);
  for (const auto kind : {Kind::one_to_one, Kind::all_to_all, Kind::fixed_indegree, Kind::fixed_outdegree, Kind::fixed_total_number, Kind::pairwise_bernoulli, Kind::distance, Kind::edges})
    for (int flags = 0; flags < 4; ++flags) {
      NetworkSpec spec;
      spec.populations = {leaky("a", 1300), leaky("b", 37)};
      spec.populations[0].dimensions = 2;
      for (int k = 0; k < 2600; ++k) spec.populations[0].positions_um.push_back(500 * uniform(words));
      spec.projections = {connect(spec, 0, 0, kind), connect(spec, 0, 1, Kind::pairwise_bernoulli)};
      ProjectionSpec& p = spec.projections[0];
      p.source = {0, 17, 1217, 4};  // 300 of them
      p.target = {0, 40, 1240, kind == Kind::one_to_one ? 4 : 3};  // 300 or 400
      p.rule.allow_autapses = flags & 1;
      p.rule.allow_multapses = flags & 2;
      p.rule.number = kind == Kind::fixed_total_number ? 20000 : 50;
      p.rule.probability = 0.2;
      p.rule.length_um = 100;
      p.rule.edge_sources = from;
      p.rule.edge_targets = to;
      p.weight = Values::normal(3, 1);
      p.delay_ms = Values::uniform(0.1, 30);
      spec.projections[1].rule.probability = 0.3;
      const auto one = draw(spec);
      EXPECT_GT(one.size(), 200u);
      for (const int shards : {2, 3, 7}) EXPECT_TRUE(draw(spec, shards) == one) << "rule " << static_cast<int>(kind) << ", flags " << flags << ", " << shards << " shards";
    }
}

TEST(EngineRules, large_projections_are_the_same_on_1_2_3_and_7_shards) {
  for (const auto kind : {Rule::Kind::fixed_total_number, Rule::Kind::pairwise_bernoulli, Rule::Kind::fixed_indegree}) {
    NetworkSpec spec = two_populations(600, 5000);
    spec.projections = {connect(spec, 0, 1, kind)};
    spec.projections[0].rule.number = kind == Rule::Kind::fixed_indegree ? 20 : 100000;
    spec.projections[0].rule.probability = 0.03;
    spec.projections[0].weight = Values::normal(3, 1);
    spec.projections[0].delay_ms = Values::uniform(0.1, 3);
    const auto one = draw(spec);
    for (const int shards : {2, 3, 7}) EXPECT_TRUE(draw(spec, shards) == one) << static_cast<int>(kind) << ", " << shards << " shards";
  }
}

TEST(EngineRules, another_network_seed_gives_other_synapses) {
  NetworkSpec spec = two_populations(100, 200);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_indegree)};
  spec.projections[0].rule.number = 5;
  const auto one = draw(spec);
  spec.simulation.seed_network = 99;
  EXPECT_FALSE(draw(spec) == one);
}

TEST(EngineRules, two_projections_alike_draw_different_synapses) {
  NetworkSpec spec = two_populations(100, 200);
  spec.populations.push_back(leaky("other", 200));
  spec.projections = {connect(spec, 0, 1, Rule::Kind::fixed_indegree), connect(spec, 0, 2, Rule::Kind::fixed_indegree)};
  for (auto& p : spec.projections) p.rule.number = 5;
  std::vector<std::pair<std::int64_t, std::int64_t>> first, second;
  for (const Synapse& s : draw(spec)) (s.target < 300 ? first : second).emplace_back(s.source, s.target < 300 ? s.target : s.target - 200);
  EXPECT_EQ(first.size(), second.size());
  EXPECT_NE(first, second);
}

}  // namespace
}  // namespace ranvier::test_engine
