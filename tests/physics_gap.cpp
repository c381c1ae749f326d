// SPDX-License-Identifier: Apache-2.0
/// Gap junctions against closed forms, and against what they must never do: make or lose charge.
#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "engine_example.hpp"
#include "io/network_file.hpp"

namespace ranvier::test_engine {
namespace {

constexpr double C_m = 250, g_L = 10, tau_m = C_m / g_L;  // pF, nS, ms

NetworkSpec passive(std::int64_t size, double dt_ms, double duration_ms) {
  NetworkSpec spec;
  spec.simulation.dt_ms = dt_ms;
  spec.simulation.duration_ms = duration_ms;
  spec.simulation.double_precision = true;
  PopulationSpec p = leaky("cells", size);
  p.params = {{"tau_m", Values::constant(tau_m)}, {"C_m", Values::constant(C_m)}, {"V_th", Values::constant(1000)}};
  spec.populations.push_back(p);
  return spec;
}

Slice cells(std::int64_t first, std::int64_t last, int population = 0) { return {population, first, last, 1}; }

void join(NetworkSpec& spec, Slice a, Slice b, Rule::Kind kind, Values conductance) {
  GapJunctionSpec g;
  g.source = a;
  g.target = b;
  g.rule.kind = kind;
  g.conductance_nS = std::move(conductance);
  spec.gap_junctions.push_back(g);
}

Values column(std::vector<double> values) {
  Values v{.kind = Values::Kind::column};
  v.column = std::make_shared<const std::vector<double>>(std::move(values));
  return v;
}

/// Potentials of all cells at the end, above rest.
std::vector<double> at_the_end(NetworkSpec spec) {
  spec.recordings.push_back(record_state(spec, 0, {"V_m"}));
  const RunResult result = simulate(spec);
  std::vector<double> v = values_of(result.traces[0]);
  v.erase(v.begin(), v.end() - spec.populations[0].size);
  for (double& x : v) x += 70;
  return v;
}

std::vector<double> pair_after(double g, double dt_ms, double duration_ms, double a, double b) {
  NetworkSpec spec = passive(2, dt_ms, duration_ms);
  spec.populations[0].initial["V_m"] = column({-70 + a, -70 + b});
  join(spec, cells(0, 1), cells(1, 2), Rule::Kind::one_to_one, Values::constant(g));
  return at_the_end(spec);
}

TEST(Gap, equal_potentials_decay_with_the_membrane_time_constant_as_if_uncoupled) {
  const auto v = pair_after(1, 0.1, 20, 10, 10);
  EXPECT_NEAR(v[0], 10 * std::exp(-20 / tau_m), 1e-10);
  EXPECT_EQ(v[0], v[1]);
}

TEST(Gap, a_difference_decays_with_capacitance_over_leak_and_twice_the_junction) {
  const double expected = 10 * std::exp(-20 * (g_L + 2.0) / C_m);
  double error[2];
  for (const int k : {0, 1}) {
    const auto v = pair_after(1, k ? 0.05 : 0.1, 20, 10, -10);
    EXPECT_EQ(v[0], -v[1]);
    error[k] = v[0] - expected;
  }
  EXPECT_NEAR(error[0], 0, 2e-3 * expected);
  EXPECT_NEAR(error[0] / error[1], 2, 0.02) << "the explicit scheme is of first order";
}

TEST(Gap, the_mean_is_untouched_by_the_coupling_to_the_last_digits) {
  const auto v = pair_after(2, 0.1, 20, 12, -4);
  EXPECT_NEAR((v[0] + v[1]) / 2, 4 * std::exp(-20 / tau_m), 1e-10);
}

TEST(Gap, the_steady_coupling_coefficient_is_an_eleventh) {
  NetworkSpec spec = passive(2, 0.1, 1000);
  join(spec, cells(0, 1), cells(1, 2), Rule::Kind::one_to_one, Values::constant(1));
  InputSpec dc;
  dc.target = cells(0, 1);
  dc.amplitude_pA = Values::constant(100);
  spec.inputs.push_back(dc);
  const auto v = at_the_end(spec);
  EXPECT_NEAR(v[1] / v[0], 1.0 / 11, 1e-9);                      // g / (g + g_L)
  EXPECT_NEAR(v[0], 100 / (g_L + g_L / (g_L + 1)), 1e-7);        // the second cell is 1 nS in series with 10
}

TEST(Gap, a_current_input_and_a_junction_onto_one_cell_add_up) {
  NetworkSpec spec = passive(3, 0.1, 1500);
  join(spec, cells(0, 1), cells(1, 2), Rule::Kind::one_to_one, Values::constant(1));
  InputSpec step;  // changes once, and must be there in every step
  step.kind = InputSpec::Kind::step;
  step.target = cells(0, 3);
  step.current_pA = {.kind = Schedule::Kind::piecewise, .times_ms = {1}, .values = {50}};
  spec.inputs.push_back(step);
  for (const double v : at_the_end(spec)) EXPECT_NEAR(v, 5, 1e-9);  // coupled or not: all get the same
}

// --- conservation

NetworkSpec blob(bool double_precision, double duration_ms = 3) {
  NetworkSpec spec = passive(210, 0.1, duration_ms);
  spec.simulation.double_precision = double_precision;
  spec.populations[0].initial["V_m"] = Values::uniform(-90, -40);
  Values g = Values::uniform(0.1, 2);
  join(spec, cells(0, 210), cells(0, 210), Rule::Kind::pairwise_bernoulli, g);
  spec.gap_junctions[0].rule.probability = 0.1;
  join(spec, cells(0, 50), cells(100, 150), Rule::Kind::fixed_total_number, g);
  spec.gap_junctions[1].rule.number = 300;
  return spec;
}

TEST(Gap, injected_currents_sum_to_zero_to_the_last_bit) {
  const NetworkSpec spec = blob(true);
  for (const int threads : {1, 3}) {
    const auto network = engine::build(spec, {.threads = threads});
    engine::State state = engine::start(*network);
    engine::Recorder recorder(*network);
    for (std::uint32_t step = 1; step <= 20; ++step) {
      engine::run(*network, state, {.until_step = step}, recorder);
      double sum = 0, size = 0;
      for (std::size_t t = 0; t < network->shards.size(); ++t)
        for (std::size_t b = 0; b < network->shards[t].blocks.size(); ++b)
          for (std::size_t i = 0; i < network->shards[t].blocks[b].n; ++i) {
            const double I = static_cast<const double*>(state.shards[t].blocks[b].current)[i];
            sum += I;
            size += std::fabs(I);
          }
      EXPECT_EQ(sum, 0) << "step " << step;  // whole units of a power of two: no sum of them is rounded
      EXPECT_GT(size, 1000);
    }
  }
}

// --- which junctions there are

std::int64_t ends(const NetworkSpec& spec, int threads = 1) {
  const auto network = engine::build(spec, {.threads = threads});
  std::int64_t n = 0;
  for (const auto& shard : network->shards) n += static_cast<std::int64_t>(shard.gaps.partner.size());
  EXPECT_EQ(n, 2 * network->gaps.count);
  return n;
}

TEST(Gap, all_to_all_couples_each_pair_once_and_no_cell_with_itself) {
  NetworkSpec spec = passive(40, 0.1, 1);
  join(spec, cells(0, 40), cells(0, 40), Rule::Kind::all_to_all, Values::constant(0.1));
  EXPECT_EQ(ends(spec), 40 * 39);
  spec.gap_junctions[0].target = cells(30, 40);  // 30 x 10, and 45 pairs among the shared ten
  EXPECT_EQ(ends(spec, 3), 2 * (300 + 45));
}

TEST(Gap, bernoulli_takes_each_pair_once_with_its_probability_and_all_threads_agree) {
  const NetworkSpec spec = blob(true);
  const double pairs = 210 * 209 / 2, mean = 0.1 * pairs;
  EXPECT_NEAR(static_cast<double>(ends(spec) / 2 - 300), mean, 5 * std::sqrt(mean * 0.9));
  EXPECT_EQ(ends(spec, 7), ends(spec));
  EXPECT_NEAR(engine::gap_junctions_expected(spec), mean + 300, 1e-6);
}

TEST(Gap, the_interval_is_one_step_where_there_are_junctions_and_only_there) {
  NetworkSpec spec = passive(10, 0.1, 1);
  spec.projections.push_back(connect(spec, 0, 0, Rule::Kind::all_to_all, 1, 1.5));
  EXPECT_EQ(engine::build(spec, {})->delay_min, 15u);
  join(spec, cells(0, 1), cells(1, 2), Rule::Kind::one_to_one, Values::constant(1));
  const auto network = engine::build(spec, {});
  EXPECT_EQ(network->delay_min, 1u);
  EXPECT_FALSE(network->populations[0].sleeps);
}

// --- one network, one answer

/// Two populations that fire, of different membranes and rests, with junctions within and between, and synapses.
NetworkSpec lively(bool double_precision) {
  NetworkSpec spec;
  spec.simulation.dt_ms = 0.1;
  spec.simulation.duration_ms = 30;
  spec.simulation.double_precision = double_precision;
  PopulationSpec a = leaky("a", 100, {receptor("ex", "exponential")});
  a.params = {{"I_e", Values::normal(420, 60)}, {"E_L", Values::uniform(-72, -68)}};
  a.initial["V_m"] = Values::uniform(-70, -56);
  PopulationSpec b = leaky("b", 37, {receptor("ex", "exponential")});
  b.membrane = "adex";
  b.params = {{"I_e", Values::constant(700)}};
  spec.populations = {a, b};
  spec.projections.push_back(connect(spec, 0, 1, Rule::Kind::fixed_indegree, 40, 1.5));
  spec.projections.back().rule.number = 5;
  spec.projections.push_back(connect(spec, 1, 0, Rule::Kind::fixed_indegree, 40, 0.7));
  spec.projections.back().rule.number = 5;
  join(spec, cells(0, 100), cells(0, 100), Rule::Kind::pairwise_bernoulli, Values::uniform(0.5, 2));
  spec.gap_junctions.back().rule.probability = 0.15;
  join(spec, cells(0, 37), cells(0, 37, 1), Rule::Kind::one_to_one, Values::constant(3));
  InputSpec noise;
  noise.kind = InputSpec::Kind::noise;
  noise.target = cells(0, 60);
  noise.amplitude_pA = Values::constant(200);
  noise.mean_pA = Values::constant(30);
  spec.inputs.push_back(noise);
  return spec;
}

TEST(Gap, spikes_are_identical_on_1_2_3_and_7_threads_in_pieces_and_on_every_instruction_set) {
  for (const bool dbl : {false, true}) {
    const NetworkSpec spec = lively(dbl);
    const RunResult one = simulate(spec);
    EXPECT_GT(one.spikes.size(), 50u);
    for (const int threads : dbl ? std::vector{3} : std::vector{2, 3, 7})  // few: an exchange in every step is slow where cores are few
      EXPECT_EQ(simulate(spec, {.threads = threads}).spikes, one.spikes) << threads << " threads";
    EXPECT_EQ(simulate(spec, {.threads = 2}, {1, 2, 77, 200}).spikes, one.spikes);
    NetworkSpec seen = spec;
    seen.recordings = {record_spikes(seen, 0), record_spikes(seen, 1), record_state(seen, 0, {"V_m"}), record_state(seen, 1, {"V_m", "ex.I"}, 0.3)};
    const RunResult watched = simulate(seen), watched_on_3 = simulate(seen, {.threads = dbl ? 1 : 3});
    EXPECT_EQ(watched.spikes, one.spikes);
    EXPECT_EQ(watched.traces[0].values, watched_on_3.traces[0].values);
    EXPECT_EQ(watched.traces[1].values, watched_on_3.traces[1].values);
    for (const std::string simd : {"scalar", "avx2", "avx512"}) {
      try {
        engine::choose_simd(simd);
      } catch (const InputError&) {
        continue;  // this processor does not have it
      }
      EXPECT_EQ(simulate(spec).spikes, one.spikes) << simd;
    }
    engine::choose_simd("auto");
    NetworkSpec apart = spec;
    apart.gap_junctions.clear();
    EXPECT_NE(simulate(apart).spikes, one.spikes) << "the junctions have no effect";
  }
}

TEST(Gap, spikes_are_identical_after_a_rest_on_another_number_of_threads) {
  const NetworkSpec spec = lively(false);
  const RunResult expected = simulate(spec);
  const auto network = engine::build(spec, {.threads = 2});
  engine::State state = engine::start(*network);
  engine::Recorder recorder(*network);
  engine::run(*network, state, {.until_step = 151}, recorder);
  RunResult first, second;
  recorder.finish(*network, state, first);
  const auto again = engine::build(spec, {.threads = 3});
  engine::State resumed = engine::restore(*again, engine::snapshot(*network, state));
  engine::Recorder other(*again);
  engine::run(*again, resumed, {.until_step = steps_of(spec)}, other);
  other.finish(*again, resumed, second);
  first.spikes.insert(first.spikes.end(), second.spikes.begin(), second.spikes.end());
  EXPECT_EQ(first.spikes, expected.spikes);

  NetworkSpec weaker = spec;
  weaker.gap_junctions[1].conductance_nS = Values::constant(2);
  EXPECT_THROW(engine::restore(*engine::build(weaker, {}), engine::snapshot(*network, state)), InputError) << "a state of other junctions";
}

// --- examples

NetworkSpec example(const std::string& name, double duration_ms) {
  return io::read_network(std::string(RANVIER_SOURCE_DIR) + "/examples/" + name + ".toml", {.duration_ms = duration_ms});
}

TEST(Gap, the_example_of_a_pair_says_what_it_gives) {
  const auto v = values_of(simulate(example("gap_pair", 600)).traces[0]);
  EXPECT_NEAR(v[v.size() - 2] + 70, 100 / (g_L + g_L / (g_L + 1)), 1e-7);
  EXPECT_NEAR(v[v.size() - 1] + 70, 100 / (g_L + g_L / (g_L + 1)) / 11, 1e-7);
}

TEST(Gap, the_worm_has_its_junctions_and_they_keep_the_touch_from_spreading) {
  NetworkSpec worm = example("celegans_gap", 200);
  const auto network = engine::build(worm, {});
  EXPECT_EQ(network->gaps.count, 552);
  double junctions = 0;
  for (const double g : *worm.gap_junctions[0].conductance_nS.column) junctions += g / 0.01;
  EXPECT_NEAR(junctions, 934, 1e-6);
  const RunResult with = simulate(worm), on_two = simulate(worm, {.threads = 2});
  EXPECT_EQ(with.spikes, on_two.spikes);
  worm.gap_junctions.clear();
  EXPECT_LT(with.population_spikes[1], simulate(worm).population_spikes[1]);
}

// --- what is refused

std::string problem_of(const NetworkSpec& spec) {
  try {
    engine::check(spec);
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(Gap, a_step_too_long_for_the_junctions_is_refused_with_the_limit) {
  NetworkSpec spec = passive(3, 0.1, 1);
  join(spec, cells(0, 2), cells(2, 3), Rule::Kind::all_to_all, Values::constant(1250));
  EXPECT_EQ(problem_of(spec),
            "gap_junctions: those of neuron 2 of \"cells\" add up to 2500 nS, too much for its capacitance at a dt of 0.1 ms: potentials would overshoot\n"
            "  try: a dt below 0.1 ms, which is the limit here (dt sum g / C_m < 1), or weaker junctions");
  spec.simulation.dt_ms = 0.099;
  EXPECT_EQ(problem_of(spec), "");
}

TEST(Gap, cells_without_a_potential_or_a_capacitance_are_refused) {
  NetworkSpec spec = passive(3, 0.1, 1);
  spec.populations.push_back(poisson_source("source", 3, 10));
  spec.populations.push_back(leaky("shiu", 3));
  spec.populations.back().membrane = "lif_shiu";
  PopulationSpec event;
  event.name = "event";
  event.size = 3;
  event.membrane = "intfire1";
  event.receptors.push_back(receptor("event", "event"));
  spec.populations.push_back(event);
  for (const int k : {1, 2, 3}) join(spec, cells(0, 3), cells(0, 3, k), Rule::Kind::one_to_one, Values::constant(1));
  EXPECT_EQ(problem_of(spec),
            "gap_junctions[0]: population \"source\" is a source of spikes: it has no potential that a gap junction could act on\n"
            "gap_junctions[1]: population \"shiu\": membrane \"lif_shiu\" has no capacitance that a gap junction could act on; use another membrane, such as \"leaky\"\n"
            "gap_junctions[2]: population \"event\" is event-driven: it has no potential that a gap junction could act on");
}

TEST(Gap, negative_conductances_other_rules_and_doubly_listed_pairs_are_refused) {
  NetworkSpec spec = passive(5, 0.1, 1);
  join(spec, cells(0, 5), cells(0, 5), Rule::Kind::all_to_all, Values::uniform(-1, 1));
  EXPECT_NE(problem_of(spec).find("gap_junctions[0]: conductance from -1 to"), std::string::npos) << problem_of(spec);
  spec.gap_junctions[0].conductance_nS = Values::constant(1);
  spec.gap_junctions[0].rule.kind = Rule::Kind::fixed_indegree;
  spec.gap_junctions[0].rule.number = 2;
  EXPECT_EQ(problem_of(spec), "gap_junctions[0]: rule: gap junctions are made by one_to_one, all_to_all, fixed_total_number, pairwise_bernoulli or edges");
  spec.gap_junctions[0].rule.kind = Rule::Kind::one_to_one;
  EXPECT_EQ(problem_of(spec), "gap_junctions[0]: neuron 0 of \"cells\" and neuron 0 of \"cells\": a gap junction of a neuron with itself; remove it");
  Rule& rule = spec.gap_junctions[0].rule;
  const auto list = [](std::vector<std::int64_t> v) { return std::make_shared<const std::vector<std::int64_t>>(std::move(v)); };
  rule.kind = Rule::Kind::edges;
  rule.edge_sources = list({1, 3, 4});
  rule.edge_targets = list({3, 4, 3});
  EXPECT_EQ(problem_of(spec), "gap_junctions[0]: neuron 4 of \"cells\" and neuron 3 of \"cells\": listed in both orders; a junction couples both ways, so list each pair once");
  rule.edge_sources = list({1, 3, 1});
  rule.edge_targets = list({3, 4, 3});
  EXPECT_EQ(problem_of(spec), "") << "two junctions side by side";
  rule.allow_multapses = false;
  EXPECT_EQ(problem_of(spec), "gap_junctions[0]: neuron 1 of \"cells\" and neuron 3 of \"cells\": listed twice, and allow_multapses = false");
}

}  // namespace
}  // namespace ranvier::test_engine
