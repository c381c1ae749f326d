// SPDX-License-Identifier: Apache-2.0
/// Gap junctions by waveform relaxation: against closed forms, against Hodgkin & Huxley's equations integrated here, and the same answer always.
#include <gtest/gtest.h>

#include <array>
#include <cmath>

#include "engine/gap_wave.hpp"
#include "engine_example.hpp"

namespace ranvier::test_engine {
namespace {

Slice cells(std::int64_t first, std::int64_t last, int population = 0) { return {population, first, last, 1}; }

Values column(std::vector<double> values) {
  Values v{.kind = Values::Kind::column};
  v.column = std::make_shared<const std::vector<double>>(std::move(values));
  return v;
}

void join(NetworkSpec& spec, Slice a, Slice b, Rule::Kind kind, Values conductance) {
  GapJunctionSpec g;
  g.source = a;
  g.target = b;
  g.rule.kind = kind;
  g.conductance_nS = std::move(conductance);
  spec.gap_junctions.push_back(g);
}

void relax(NetworkSpec& spec, int interpolation = 3, double tolerance_mV = 1e-4, double interval_ms = 1) {
  spec.gap_method = {.kind = GapMethodSpec::Kind::waveform_relaxation, .interval_ms = interval_ms, .tolerance_mV = tolerance_mV, .max_iterations = 50, .interpolation = interpolation};
}

constexpr double C_m = 250, g_L = 10, g = 60;  // pF, nS

/// Two leaky cells without threshold, `a` and `b` mV above rest at first.
NetworkSpec passive_pair(double dt_ms, double duration_ms, double a, double b) {
  NetworkSpec spec;
  spec.simulation.dt_ms = dt_ms;
  spec.simulation.duration_ms = duration_ms;
  spec.simulation.double_precision = true;
  PopulationSpec p = leaky("cells", 2);
  p.params = {{"tau_m", Values::constant(C_m / g_L)}, {"C_m", Values::constant(C_m)}, {"V_th", Values::constant(1000)}};
  p.initial["V_m"] = column({-70 + a, -70 + b});
  spec.populations = {p};
  join(spec, cells(0, 1), cells(1, 2), Rule::Kind::one_to_one, Values::constant(g));
  spec.recordings = {record_state(spec, 0, {"V_m"})};
  return spec;
}

/// Potentials at the end, above rest.
std::array<double, 2> at_the_end(const NetworkSpec& spec) {
  const auto v = values_of(simulate(spec).traces[0]);
  return {v[v.size() - 2] + 70, v[v.size() - 1] + 70};
}

double error_of_difference(double dt_ms, int interpolation) {
  NetworkSpec spec = passive_pair(dt_ms, 4, 10, -10);
  if (interpolation >= 0) relax(spec, interpolation, 1e-10);
  const auto [a, b] = at_the_end(spec);
  EXPECT_EQ(a, -b) << "what one gives the other takes";
  return std::abs(a - 10 * std::exp(-4 * (g_L + 2 * g) / C_m));
}

TEST(GapWave, a_difference_of_two_passive_cells_decays_to_second_order_in_dt) {
  for (const int interpolation : {1, 3}) {
    const double coarse = error_of_difference(0.2, interpolation), fine = error_of_difference(0.1, interpolation), finest = error_of_difference(0.05, interpolation);
    EXPECT_NEAR(coarse / fine, 4, 0.2) << "order " << interpolation;
    EXPECT_NEAR(fine / finest, 4, 0.1) << "order " << interpolation;
    EXPECT_LT(fine, error_of_difference(0.1, -1) / (interpolation == 3 ? 500 : 50)) << "the explicit scheme, at the same dt";
    RecordProperty("error_of_order_" + std::to_string(interpolation), std::to_string(fine));
  }
  RecordProperty("error_explicit", std::to_string(error_of_difference(0.1, -1)));
}

TEST(GapWave, the_mean_of_two_passive_cells_decays_as_if_they_were_alone) {
  NetworkSpec spec = passive_pair(0.1, 20, 12, -4);
  relax(spec);
  const auto [a, b] = at_the_end(spec);
  EXPECT_NEAR((a + b) / 2, 4 * std::exp(-20 * g_L / C_m), 1e-10);
}

TEST(GapWave, the_steady_coupling_coefficient_is_that_of_the_conductances) {
  NetworkSpec spec = passive_pair(0.1, 2000, 0, 0);
  spec.gap_junctions[0].conductance_nS = Values::constant(600);
  relax(spec, 3, 1e-10);
  InputSpec dc;
  dc.target = cells(0, 1);
  dc.amplitude_pA = Values::constant(100);
  spec.inputs = {dc};
  const auto [a, b] = at_the_end(spec);
  EXPECT_NEAR(a + b, 10, 1e-7);
  EXPECT_NEAR(b / a, 600.0 / 610, 1e-9);  // g / (g + g_L)
}

TEST(GapWave, means_over_steps_are_exact_for_polynomials_of_the_order) {
  for (const int order : {0, 1, 3})
    for (const std::uint32_t steps : {1u, 2u, 3u, 4u, 10u}) {
      const auto means = engine::step_means(steps, order);
      ASSERT_EQ(means.size(), steps);
      for (std::uint32_t k = 0; k < steps; ++k)
        for (int power = 0; power <= std::min<int>(order, static_cast<int>(steps)); ++power) {
          double sum = 0;
          for (std::size_t i = 0; i < 4; ++i) {
            EXPECT_TRUE(means[k].weight[i] == 0 || means[k].first + i <= steps);
            sum += means[k].weight[i] * std::pow(static_cast<double>(means[k].first + i), power);
          }
          EXPECT_NEAR(sum, (std::pow(k + 1.0, power + 1) - std::pow(k, power + 1)) / (power + 1), 1e-12 * std::pow(steps, power)) << order << ", " << steps << " steps, step " << k << ", x^" << power;
        }
    }
}

// --- a pair of squid axons

struct Axon {
  double V, m, h, n;
};
struct Axons {
  Axon a, b;
};

double linear(double x) { return std::abs(x) < 1e-7 ? 1 + x / 2 : x / -std::expm1(-x); }

Axon slope(const Axon& s, double I) {  // Hodgkin & Huxley 1952; 100 pF
  const double v = s.V + 65;
  const double am = linear((v - 25) / 10), bm = 4 * std::exp(-v / 18), ah = 0.07 * std::exp(-v / 20), bh = 1 / (1 + std::exp((30 - v) / 10)), an = 0.1 * linear((v - 10) / 10), bn = 0.125 * std::exp(-v / 80);
  return {(-12000 * s.m * s.m * s.m * s.h * (s.V - 50) - 3600 * s.n * s.n * s.n * s.n * (s.V + 77) - 30 * (s.V + 54.3) + I) / 100, am * (1 - s.m) - bm * s.m, ah * (1 - s.h) - bh * s.h, an * (1 - s.n) - bn * s.n};
}
Axons slope(const Axons& s, double g_nS, double I_e) {
  const double I = g_nS * (s.b.V - s.a.V);
  return {slope(s.a, I + I_e), slope(s.b, -I)};
}
Axon after(const Axon& s, const Axon& k, double h) { return {s.V + h * k.V, s.m + h * k.m, s.h + h * k.h, s.n + h * k.n}; }
Axons after(const Axons& s, const Axons& k, double h) { return {after(s.a, k.a, h), after(s.b, k.b, h)}; }

Axon at_rest(double V) {
  const double v = V + 65;
  const auto share = [](double a, double b) { return a / (a + b); };
  return {V, share(linear((v - 25) / 10), 4 * std::exp(-v / 18)), share(0.07 * std::exp(-v / 20), 1 / (1 + std::exp((30 - v) / 10))), share(0.1 * linear((v - 10) / 10), 0.125 * std::exp(-v / 80))};
}

/// Times at which cells a and b pass 0 mV upwards, by Runge & Kutta's fourth order with steps of 1 us.
std::array<std::vector<double>, 2> reference_times(double g_nS, double I_e, double duration_ms) {
  std::array<std::vector<double>, 2> out;
  Axons s{at_rest(-65), at_rest(-65)};
  const double h = 1e-3;
  for (int k = 0; k < std::lround(duration_ms / h); ++k) {
    const Axons k1 = slope(s, g_nS, I_e), k2 = slope(after(s, k1, h / 2), g_nS, I_e), k3 = slope(after(s, k2, h / 2), g_nS, I_e), k4 = slope(after(s, k3, h), g_nS, I_e);
    const Axons before = s;
    s = after(after(after(after(s, k1, h / 6), k2, h / 3), k3, h / 3), k4, h / 6);
    const auto note = [&](double was, double is, std::vector<double>& times) {
      if (was < 0 && is >= 0) times.push_back((k + was / (was - is)) * h);
    };
    note(before.a.V, s.a.V, out[0]);
    note(before.b.V, s.b.V, out[1]);
  }
  return out;
}

std::array<std::vector<double>, 2> times_of_pair(NetworkSpec spec) {
  const RunResult result = simulate(spec);
  const auto v = values_of(result.traces[0]);
  const double first = result.traces[0].first_step;
  std::array<std::vector<double>, 2> out;
  for (std::size_t c = 0; c < 2; ++c)
    for (std::size_t k = 1; 2 * k < v.size(); ++k) {
      const double was = v[2 * (k - 1) + c], is = v[2 * k + c];
      if (was < 0 && is >= 0) out[c].push_back((first + static_cast<double>(k - 1) + was / (was - is)) * spec.simulation.dt_ms);
    }
  return out;
}

NetworkSpec squid_pair(double dt_ms, double g_nS, double I_e, double duration_ms) {
  NetworkSpec spec;
  spec.simulation.dt_ms = dt_ms;
  spec.simulation.duration_ms = duration_ms;
  spec.simulation.double_precision = true;
  PopulationSpec p;
  p.name = "axons";
  p.size = 2;
  p.membrane = "hh";
  p.params["I_e"] = column({I_e, 0});
  p.initial["V_m"] = Values::constant(-65);
  spec.populations = {p};
  join(spec, cells(0, 1), cells(1, 2), Rule::Kind::one_to_one, Values::constant(g_nS));
  spec.recordings = {record_state(spec, 0, {"V_m"}, dt_ms)};
  return spec;
}

TEST(GapWave, two_squid_axons_fire_when_their_equations_say) {
  const double g_nS = 40, I_e = 1000, duration_ms = 25;
  const auto wanted = reference_times(g_nS, I_e, duration_ms);
  ASSERT_EQ(wanted[0].size(), 2u);
  ASSERT_EQ(wanted[1].size(), 2u) << "the second fires only because the first does";
  struct Error {
    double time = 0, lag = 0;  ///< largest, of a spike, and of how long the second cell's comes after the first's [ms]
  };
  const auto error = [&](double dt_ms, int interpolation) {
    NetworkSpec spec = squid_pair(dt_ms, g_nS, I_e, duration_ms);
    if (interpolation >= 0) relax(spec, interpolation);
    const auto got = times_of_pair(spec);
    Error e;
    EXPECT_TRUE(got[0].size() == 2 && got[1].size() == 2) << "dt " << dt_ms << ", order " << interpolation;
    for (std::size_t k = 0; k < std::min(got[0].size(), got[1].size()); ++k) {
      const double a = got[0][k] - wanted[0][k], b = got[1][k] - wanted[1][k];
      e.time = std::max({e.time, std::abs(a), std::abs(b)});
      e.lag = std::max(e.lag, std::abs(b - a));
    }
    RecordProperty("errors_" + std::to_string(interpolation) + "_" + std::to_string(std::lround(1e3 * dt_ms)) + "us", std::to_string(e.time) + " " + std::to_string(e.lag));
    return e;
  };
  for (const double dt_ms : {0.04, 0.02, 0.01}) {
    const Error none = error(dt_ms, -1);
    for (const int interpolation : {1, 3}) {
      const Error e = error(dt_ms, interpolation), half = error(dt_ms / 2, interpolation);
      EXPECT_LT(e.lag, none.lag / 5) << dt_ms << ", order " << interpolation;                    // of which the coupling has most
      EXPECT_LT(e.time, none.time) << dt_ms << ", order " << interpolation;  // mostly the axons' own error, which is of second order, too
      EXPECT_GT(e.time / half.time, 3.5) << dt_ms << ", order " << interpolation;
    }
  }
}

// --- one network, one answer

/// Coupled cells of two membranes that fire, with synapses; beside them cells that sleep, that learn, that have no grid, and a volume.
NetworkSpec lively(bool double_precision) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 30;
  spec.simulation.double_precision = double_precision;
  PopulationSpec a = leaky("a", 61, {receptor("ex", "exponential"), receptor("in", "exponential")});
  a.params = {{"I_e", Values::normal(420, 60)}, {"E_L", Values::uniform(-72, -68)}};
  a.initial["V_m"] = Values::uniform(-70, -56);
  PopulationSpec b = leaky("b", 37, {receptor("ex", "alpha")});
  b.membrane = "adex";
  b.params = {{"I_e", Values::constant(700)}};
  PopulationSpec sleepers = leaky("sleepers", 50);
  sleepers.params["V_th"] = Values::constant(-69.4);
  PopulationSpec free;
  free.name = "free";
  free.size = 20;
  free.membrane = "intfire1";
  free.receptors.push_back(receptor("event", "event"));
  spec.populations = {a, b, sleepers, poisson_source("source", 20, 40), free};
  spec.volumes = {{.name = "reward", .tau_ms = 15}};
  spec.volumes[0].pulses = {{.kind = PulseSpec::Kind::spikes, .amount = 0.1, .source = cells(0, 61), .delay_low_ms = 2, .delay_high_ms = 2}};
  const auto add = [&](int from, int to, double weight, double delay_ms, int receptor_index = 0) {
    ProjectionSpec p = connect(spec, from, to, Rule::Kind::fixed_indegree, weight, delay_ms);
    p.rule.number = 5;
    p.receptor = receptor_index;
    spec.projections.push_back(p);
  };
  add(0, 1, 40, 1.5);
  add(1, 0, 40, 0.7);
  add(3, 0, 60, 1);
  add(0, 0, -50, 2.3, 1);
  add(0, 2, 0.4, 1.1);
  add(3, 2, 0.4, 3);
  spec.projections.back().synapse = {{.rule = "stdp_dopamine", .params = {{"w_max", 1}}, .choices = {}, .volume = "reward"}};
  add(0, 4, 0.3, 0.9);
  add(4, 1, 30, 1.9);
  join(spec, cells(0, 61), cells(0, 61), Rule::Kind::pairwise_bernoulli, Values::uniform(0.5, 2));
  spec.gap_junctions.back().rule.probability = 0.15;
  join(spec, cells(0, 37), cells(0, 37, 1), Rule::Kind::one_to_one, Values::constant(3));
  InputSpec noise;
  noise.kind = InputSpec::Kind::noise;
  noise.target = cells(0, 40);
  noise.amplitude_pA = Values::constant(200);
  noise.mean_pA = Values::constant(30);
  InputSpec poisson;
  poisson.kind = InputSpec::Kind::poisson;
  poisson.target = cells(3, 50);
  poisson.rate_hz = Values::constant(500);
  poisson.weight = Values::constant(60);
  spec.inputs = {noise, poisson};
  return spec;
}

TEST(GapWave, spikes_are_identical_on_1_2_3_and_7_threads_and_in_pieces) {
  for (const bool dbl : {false, true}) {
    NetworkSpec spec = lively(dbl);
    relax(spec);
    const RunResult one = simulate(spec);
    EXPECT_GT(one.population_spikes[0], 30u);
    EXPECT_GT(one.population_spikes[1], 5u);
    EXPECT_GT(one.population_spikes[2], 5u);
    EXPECT_GT(one.population_spikes[4], 5u);
    EXPECT_GT(one.gap_work->iterations, one.gap_work->intervals);
    for (const int threads : {2, 3, 7}) {
      const RunResult many = simulate(spec, {.threads = threads, .check_sleepers = true});
      EXPECT_EQ(many.spikes, one.spikes) << threads << " threads";
      EXPECT_EQ(many.times_ms, one.times_ms) << threads << " threads";
      EXPECT_EQ(many.work.synaptic_events, one.work.synaptic_events);
      EXPECT_EQ(many.gap_work->iterations, one.gap_work->iterations);
    }
    const RunResult pieces = simulate(spec, {.threads = 2}, {1, 2, 7, 10, 11, 77, 78, 203});
    EXPECT_EQ(pieces.spikes, one.spikes);
    EXPECT_EQ(pieces.work.synaptic_events, one.work.synaptic_events);
    NetworkSpec seen = spec;
    seen.recordings = {record_state(seen, 0, {"V_m", "in.I"}), record_state(seen, 1, {"V_m", "ex.I"}, 0.3)};
    for (int p = 0; p < 5; ++p) seen.recordings.push_back(record_spikes(seen, p));
    const RunResult watched = simulate(seen), watched_on_3 = simulate(seen, {.threads = 3});
    EXPECT_EQ(watched.spikes, one.spikes);
    EXPECT_EQ(watched.traces[0].values, watched_on_3.traces[0].values);
    EXPECT_EQ(watched.traces[1].values, watched_on_3.traces[1].values);
    EXPECT_NE(simulate(lively(dbl)).spikes, one.spikes) << "the same as explicitly";
  }
}

TEST(GapWave, spikes_are_identical_after_a_rest_within_an_interval_on_another_number_of_threads) {
  NetworkSpec spec = lively(false);
  relax(spec);
  const RunResult expected = simulate(spec);
  for (const std::uint32_t step : {140u, 151u}) {  // intervals are of 7 steps
    const auto network = engine::build(spec, {.threads = 2});
    EXPECT_EQ(network->delay_min, 7u);
    engine::State state = engine::start(*network);
    engine::Recorder recorder(*network);
    engine::run(*network, state, {.until_step = step}, recorder);
    RunResult first, second;
    recorder.finish(*network, state, first);
    const auto again = engine::build(spec, {.threads = 3});
    engine::State resumed = engine::restore(*again, engine::snapshot(*network, state));
    engine::Recorder other(*again);
    engine::run(*again, resumed, {.until_step = steps_of(spec)}, other);
    other.finish(*again, resumed, second);
    first.spikes.insert(first.spikes.end(), second.spikes.begin(), second.spikes.end());
    EXPECT_EQ(first.spikes, expected.spikes);
    NetworkSpec finer = spec;
    finer.gap_method.tolerance_mV /= 2;
    EXPECT_THROW(engine::restore(*engine::build(finer, {}), engine::snapshot(*network, state)), InputError) << "a state of another tolerance";
  }
}

TEST(GapWave, with_order_0_and_no_tolerance_to_speak_of_it_is_the_explicit_scheme_to_the_last_bit) {
  for (const bool dbl : {false, true}) {
    NetworkSpec spec = lively(dbl);
    spec.recordings = {record_spikes(spec, 0), record_spikes(spec, 1), record_state(spec, 0, {"V_m"}), record_state(spec, 1, {"V_m"})};
    const RunResult wanted = simulate(spec);
    relax(spec, 0, 1e-30);
    const RunResult got = simulate(spec, {.threads = 2});
    EXPECT_EQ(got.spikes, wanted.spikes);
    EXPECT_EQ(got.traces[0].values, wanted.traces[0].values);
    EXPECT_EQ(got.traces[1].values, wanted.traces[1].values);
    EXPECT_EQ(got.gap_work->unsettled, 0u);
  }
}

TEST(GapWave, junctions_that_conduct_nothing_change_nothing) {
  NetworkSpec spec = lively(false);
  for (auto& junction : spec.gap_junctions) junction.conductance_nS = Values::constant(0);
  relax(spec);
  NetworkSpec apart = spec;
  apart.gap_junctions.clear();
  const RunResult wanted = simulate(apart), got = simulate(spec, {.threads = 2});
  EXPECT_EQ(got.spikes, wanted.spikes);
  EXPECT_EQ(got.work.synaptic_events, wanted.work.synaptic_events);
}

TEST(GapWave, injected_currents_sum_to_zero_to_the_last_bit) {
  NetworkSpec spec = lively(true);
  spec.inputs.clear();
  relax(spec);
  const auto network = engine::build(spec, {.threads = 3});
  engine::State state = engine::start(*network);
  engine::Recorder recorder(*network);
  engine::run(*network, state, {.until_step = 5}, recorder);
  for (std::size_t at = 0; at < network->gaps.wave_steps; ++at) {
    double sum = 0, size = 0;
    for (std::size_t t = 0; t < network->shards.size(); ++t)
      for (std::size_t k = 0; k < network->shards[t].gaps.cell.size(); ++k) {
        const double I = state.shards[t].gap_currents[at * network->shards[t].gaps.cell.size() + k];
        sum += I;
        size += std::fabs(I);
      }
    EXPECT_EQ(sum, 0) << "step " << at;  // whole units of a power of two: no sum of them is rounded
    EXPECT_GT(size, 100);
  }
}

// --- intervals, counts, refusals

TEST(GapWave, an_interval_is_as_long_as_it_is_asked_for_but_no_longer_than_the_shortest_delay) {
  NetworkSpec spec = passive_pair(0.1, 10, 1, 0);
  relax(spec, 3, 1e-4, 2);
  EXPECT_EQ(engine::build(spec, {})->gaps.wave_steps, 20u);
  spec.projections = {connect(spec, 0, 0, Rule::Kind::all_to_all, 1, 1.5)};
  EXPECT_EQ(engine::build(spec, {})->gaps.wave_steps, 15u);
  EXPECT_EQ(engine::build(spec, {})->delay_min, 15u);
  spec.gap_method.interval_ms = 0.3;
  EXPECT_EQ(engine::build(spec, {})->delay_min, 3u);
}

TEST(GapWave, intervals_that_do_not_settle_are_counted) {
  NetworkSpec spec = passive_pair(0.1, 10, 10, -10);
  relax(spec);
  const RunResult enough = simulate(spec);
  EXPECT_EQ(enough.gap_work->intervals, 10u);
  EXPECT_EQ(enough.gap_work->unsettled, 0u);
  spec.gap_method.max_iterations = 2;
  const RunResult few = simulate(spec);
  EXPECT_EQ(few.gap_work->iterations, 20u);
  EXPECT_GT(few.gap_work->unsettled, 5u);
  spec.simulation.warmup_ms = 4;
  EXPECT_EQ(simulate(spec).gap_work->iterations, 20u) << "those of the warm-up do not count";
  spec.gap_method.kind = GapMethodSpec::Kind::explicit_euler;
  EXPECT_FALSE(simulate(spec).gap_work);
}

std::string problem_of(const NetworkSpec& spec) {
  try {
    engine::check(spec);
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(GapWave, a_step_for_which_iterations_would_not_converge_is_refused_with_the_limit) {
  NetworkSpec spec = passive_pair(0.1, 1, 1, 0);
  spec.gap_junctions[0].conductance_nS = Values::constant(2500);
  relax(spec);
  EXPECT_EQ(problem_of(spec),
            "gap_junctions: those of neuron 0 of \"cells\" add up to 2500 nS, too much for its capacitance at a dt of 0.1 ms: iterations would not converge\n"
            "  try: a dt below 0.1 ms, which is the limit here (dt sum g / C_m < 1), or weaker junctions");
  spec.simulation.dt_ms = 0.099;
  EXPECT_EQ(problem_of(spec), "");
}

TEST(GapWave, settings_out_of_range_and_synapses_that_change_are_refused) {
  NetworkSpec spec = passive_pair(0.1, 1, 1, 0);
  spec.gap_method = {.kind = GapMethodSpec::Kind::waveform_relaxation, .interval_ms = 0.05, .tolerance_mV = 0, .max_iterations = 0, .interpolation = 2};
  EXPECT_EQ(problem_of(spec),
            "simulation.gap_junctions: interval = 0.05 ms: must be at least dt, 0.1 ms\n"
            "simulation.gap_junctions: tolerance = 0 mV: must be above 0 mV\n"
            "simulation.gap_junctions: max_iterations = 0: must be at least 1\n"
            "simulation.gap_junctions: interpolation = 2: must be 0, 1 or 3");
  relax(spec);
  EXPECT_EQ(problem_of(spec), "");
  spec.projections = {connect(spec, 0, 0, Rule::Kind::all_to_all)};
  spec.projections[0].name = "loop";
  spec.projections[0].synapse = {{.rule = "tsodyks_markram", .params = {}, .choices = {}}};
  EXPECT_EQ(problem_of(spec),
            "loop: synapses with a rule (\"tsodyks_markram\") onto \"cells\", whose gap junctions are solved by waveform relaxation: these need synapses that do not change\n"
            "  try: method = \"explicit\" in simulation.gap_junctions");
}

}  // namespace
}  // namespace ranvier::test_engine
