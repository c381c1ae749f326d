// SPDX-License-Identifier: Apache-2.0
/// The linear-nonlinear-Poisson cascade, by frames and as a point process, against closed forms and a dense sum.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

#include "engine_example.hpp"

namespace ranvier::test_engine {
namespace {

PopulationSpec cells_of(std::string membrane, std::int64_t size, std::map<std::string, double> params, std::vector<ReceptorSpec> receptors = {}) {
  PopulationSpec p;
  p.name = membrane;
  p.size = size;
  p.membrane = std::move(membrane);
  for (const auto& [name, value] : params) p.params[name] = Values::constant(value);
  p.receptors = receptors.empty() ? std::vector{receptor("I", "exponential")} : std::move(receptors);
  return p;
}

NetworkSpec network(double dt_ms, double duration_ms, std::vector<PopulationSpec> populations) {
  NetworkSpec spec;
  spec.simulation.dt_ms = dt_ms;
  spec.simulation.duration_ms = duration_ms;
  spec.populations = std::move(populations);
  return spec;
}

/// Intervals between the spikes of each cell [ms].
std::vector<double> intervals(const RunResult& result, std::int64_t size, double dt_ms) {
  std::vector<double> last(static_cast<std::size_t>(size), -1), out;
  for (const Spike& s : result.spikes) {
    double& before = last[s.neuron];
    if (before >= 0) out.push_back(s.step * dt_ms - before);
    before = s.step * dt_ms;
  }
  return out;
}

struct Moments {
  double mean = 0, cv = 0;
  explicit Moments(const std::vector<double>& x) {
    mean = std::accumulate(x.begin(), x.end(), 0.0) / static_cast<double>(x.size());
    double square = 0;
    for (const double y : x) square += (y - mean) * (y - mean);
    cv = std::sqrt(square / static_cast<double>(x.size())) / mean;
  }
};

/// Largest distance of the sorted numbers' distribution from the uniform one, times sqrt(n). Above 1.63 with p = 0.01.
double kolmogorov_smirnov(std::vector<double> u) {
  std::sort(u.begin(), u.end());
  double most = 0;
  const auto n = static_cast<double>(u.size());
  for (std::size_t i = 0; i < u.size(); ++i) most = std::max({most, std::fabs(u[i] - static_cast<double>(i) / n), std::fabs(u[i] - static_cast<double>(i + 1) / n)});
  return most * std::sqrt(n);
}

// --- spikes

// 100 Hz and a dead time of 2 ms: rate 100 / (1 + 0.2) = 83.33 Hz, CV 1 / (1 + 0.2). About 800,000 intervals: their mean
// is known to 0.1 %, and so is their CV; a stamp's rounding to a step of 1 ms adds 0.1 % to the CV.
TEST(Lnp, a_dead_time_gives_the_rate_and_irregularity_of_the_closed_form_at_any_step) {
  for (const double dt : {1.0, 0.1}) {
    const std::int64_t n = dt == 1 ? 400 : 100;
    const NetworkSpec spec = network(dt, dt == 1 ? 25'000 : 10'000, {cells_of("lnp_glm", n, {{"c_2", 100}, {"c_3", 0}, {"t_ref", 2}})});
    const auto isi = intervals(simulate(spec), n, dt);
    const Moments m(isi);
    const double tolerance = 4 * 0.8333 / std::sqrt(static_cast<double>(isi.size()));
    EXPECT_NEAR(1000 / m.mean, 83.3333, tolerance * 83.33) << "dt " << dt;
    EXPECT_NEAR(m.cv, 0.83333, tolerance + 0.001) << "dt " << dt;
  }
}

TEST(Lnp, frames_hold_several_spikes_at_the_same_rate) {
  const double frame = 1000.0 / 30;
  const NetworkSpec spec = network(frame, 20'000, {cells_of("lnp", 500, {{"I_e", 100}, {"t_ref", 2}})});
  const RunResult result = simulate(spec);
  const double rate = static_cast<double>(result.spikes.size()) / 500 / 20;
  EXPECT_NEAR(rate, 83.3333, 83.33 * 4 * 0.8333 / std::sqrt(833'333.0));
  std::map<std::pair<std::uint32_t, std::uint32_t>, int> in_frame;
  int most = 0;
  for (const Spike& s : result.spikes) most = std::max(most, ++in_frame[{s.step, s.neuron}]);
  EXPECT_GT(most, 6);
  EXPECT_LE(most, 17) << "2 ms apart, in 33.3 ms";
}

TEST(Lnp, a_dead_time_bounds_the_spikes_of_rates_beyond_any_frame) {
  const double frame = 1000.0 / 30;
  for (const double rate : {5e3, 2e4, 1e6}) {  // 167 to 33,000 a frame, were it not for the dead time
    const NetworkSpec spec = network(frame, 20'000, {cells_of("lnp", 50, {{"I_e", rate}, {"t_ref", 1.3}})});
    const double found = static_cast<double>(simulate(spec).spikes.size()) / 50 / 20, expected = rate / (1 + rate * 1.3e-3);
    EXPECT_NEAR(found, expected, 0.003 * expected) << rate;
  }
}

TEST(Lnp, intervals_follow_the_law_of_a_relative_recovery) {
  const double rate = 0.08, dead = 3, tau = 10;  // per ms, ms
  const NetworkSpec spec = network(0.1, 20'000, {cells_of("lnp_glm", 20, {{"c_2", 1000 * rate}, {"c_3", 0}, {"t_ref", dead}, {"tau_rel", tau}})});
  std::mt19937 dice(1);
  std::vector<double> z;
  for (const double x : intervals(simulate(spec), 20, 0.1)) {
    // a stamp is up to a step late: both ends are, so that a triangle of +- one step undoes it
    const double s = x + 0.1 * ((dice() - dice() * 1.0) * 0x1p-32), live = std::max(0.0, s - dead);
    z.push_back(std::exp(-rate * (live - tau * (1 - std::exp(-live / tau)))));
  }
  EXPECT_GT(z.size(), 10'000u);
  EXPECT_LT(kolmogorov_smirnov(z), 1.63);
}

TEST(Lnp, time_rescaling_of_a_driven_neuron_gives_uniform_numbers) {
  const double dt = 0.1, dead = 1, tau = 4;
  NetworkSpec spec = network(dt, 250'000, {cells_of("lnp_glm", 1, {{"c_2", 40}, {"c_3", 0.2}, {"t_ref", dead}, {"tau_rel", tau}, {"q_self", 2}, {"tau_self", 20}})});
  InputSpec sine;
  sine.kind = InputSpec::Kind::sine;
  sine.target = whole(spec, 0);
  sine.amplitude_pA = Values::constant(120);
  sine.mean_pA = Values::constant(100);
  sine.frequency_hz = 3;
  spec.inputs.push_back(sine);
  spec.recordings = {record_spikes(spec, 0), record_state(spec, 0, {"rate"})};
  const RunResult result = simulate(spec);
  const std::vector<double> rate = values_of(result.traces[0]);
  ASSERT_GT(result.spikes.size(), 9'000u);
  std::mt19937 dice(2);
  std::vector<double> z;
  double last = -1;
  for (const Spike& spike : result.spikes) {
    const double now = spike.step - dice() * 0x1p-32;  // in steps, somewhere in the step of its stamp
    if (last >= 0) {
      double hazard = 0;
      for (auto k = static_cast<std::size_t>(last); k <= static_cast<std::size_t>(now); ++k) {  // step k + 1 lasts from k to k + 1
        const double from = std::max((std::max(last, static_cast<double>(k)) - last) * dt - dead, 0.0), to = std::max((std::min(now, k + 1.0) - last) * dt - dead, 0.0);
        hazard += rate[k] * 1e-3 * (to - from - tau * (std::exp(-from / tau) - std::exp(-to / tau)));
      }
      z.push_back(1 - std::exp(-hazard));
    }
    last = now;
  }
  EXPECT_LT(kolmogorov_smirnov(z), 1.63);
}

TEST(Lnp, the_exponential_rate_is_that_of_the_drive) {
  NetworkSpec spec = network(0.5, 300, {cells_of("lnp_glm", 1, {{"c_1", 2}, {"c_2", 3}, {"c_3", 0.3}, {"I_e", 125}, {"t_ref", 0}})});
  spec.recordings = {record_state(spec, 0, {"V_m", "rate"})};
  const auto values = values_of(simulate(spec).traces[0]);
  EXPECT_NEAR(values[values.size() - 2], 5, 1e-5);                              // I tau_m / C_m
  EXPECT_NEAR(values.back(), 2 * 5 + 3 * std::exp(0.3 * 5), 1e-3);
}

// --- dendrites

ReceptorSpec dendrite(int dendrites, int branches, int nonlinearity, std::map<std::string, double> more = {}) {
  ReceptorSpec r = receptor("d", "dendrite");
  more["dendrites"] = dendrites;
  more["branches"] = branches;
  more["nonlinearity"] = nonlinearity;
  for (const auto& [name, value] : more) r.params[name] = Values::constant(value);
  return r;
}
enum : int { relu, supra, sub, bistable, maxpool };

Values column(std::vector<double> values) {
  Values v{.kind = Values::Kind::column};
  v.column = std::make_shared<const std::vector<double>>(std::move(values));
  return v;
}

/// Source i onto target (cell or site) i, each with a weight of its own, after `delay` frames.
ProjectionSpec onto_sites(const NetworkSpec& spec, std::vector<double> weights, double delay_ms) {
  ProjectionSpec p = connect(spec, 0, 1, Rule::Kind::edges, 0, delay_ms);
  std::vector<std::int64_t> all(weights.size());
  std::iota(all.begin(), all.end(), 0);
  p.rule.edge_sources = std::make_shared<const std::vector<std::int64_t>>(all);
  p.rule.edge_targets = p.rule.edge_sources;
  p.weight = column(std::move(weights));
  return p;
}

/// v of one cell in the frame in which all branches receive their weights at once.
double response(const ReceptorSpec& r, const std::vector<double>& weights, bool double_precision = true) {
  const auto n = static_cast<std::int64_t>(weights.size());
  std::vector<std::int64_t> every(weights.size());
  std::iota(every.begin(), every.end(), 0);
  NetworkSpec spec = network(10, 50, {spike_train("in", n, std::vector<double>(weights.size(), 20), every), cells_of("lnp", 1, {}, {r})});
  spec.simulation.double_precision = double_precision;
  spec.projections.push_back(onto_sites(spec, weights, 10));
  spec.recordings = {record_state(spec, 1, {"v"})};
  const auto v = values_of(simulate(spec).traces[0]);
  return v.at(2);
}

TEST(Lnp, every_nonlinearity_has_its_closed_form) {
  const std::vector<double> w{0.75, 0.5, -0.25, 2, 1.5, -4};  // two dendrites of three branches: sums 1 and -0.5
  for (const bool dbl : {true, false}) {
    const double tolerance = dbl ? 1e-12 : 1e-6;
    EXPECT_NEAR(response(dendrite(2, 3, relu), w, dbl), 1, tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, relu, {{"c_d", 1}, {"a_d", 3}}), w, dbl), 3 * (2 + 0.5), tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, supra, {{"c_d", 0.5}}), w, dbl), 1.5 * 1.5, tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, supra, {{"c_d", 0.5}, {"exponent", 3}}), w, dbl), 1.5 * 1.5 * 1.5, tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, supra, {{"c_d", 0.5}, {"exponent", 4}}), w, dbl), 1.5 * 1.5 * 1.5 * 1.5, 10 * tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, sub, {{"x_0", 0.5}}), w, dbl), 1 / (1 + 1 / 0.5), tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, bistable, {{"x_0", 0.25}}), w, dbl), 1 / (1 + std::exp(-8 * 0.75)) + 1 / (1 + std::exp(8 * 0.75)), tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, maxpool), w, dbl), 0.75 + 2, tolerance);
    EXPECT_NEAR(response(dendrite(2, 3, maxpool, {{"c_d", -1}}), w, dbl), 0 + 1, tolerance);
  }
}

TEST(Lnp, dendrites_feed_a_leaky_membrane_as_a_current_held_for_the_step) {
  NetworkSpec spec = network(1, 30, {spike_train("in", 2, {5, 5}, {0, 1}), leaky("cell", 1, {dendrite(1, 2, supra)})});
  spec.simulation.double_precision = true;
  spec.projections.push_back(onto_sites(spec, {8, 12}, 1));
  spec.recordings = {record_state(spec, 1, {"V_m"})};
  const auto V = values_of(simulate(spec).traces[0]);
  EXPECT_NEAR(V.at(5) + 70, 400.0 * 10 / 250 * (1 - std::exp(-0.1)), 1e-10);   // (8 + 12)^2 pA for 1 ms
  EXPECT_NEAR(V.at(6) + 70, (V.at(5) + 70) * std::exp(-0.1), 1e-10);
}

/// The granule cell of 3 branches x 4 dendrites x 5 lags: one input a site, 60 weights. They are whole 64ths, so that
/// nothing is rounded.
TEST(Lnp, an_impulse_gives_the_kernel_convolved_with_the_somatic_filter_nine_taps_exactly) {
  const double h[5] = {1, -0.5, 0.25, 2, 0.125};
  const auto K = [](int site, int k) { return (1 + site * 7 % 11 + 3 * k + site % 3 * k * k) / 64.0; };
  std::vector<double> times;
  std::vector<std::int64_t> neurons;
  for (int site = 0; site < 12; ++site) {
    times.push_back(10.0 * (1 + 20 * site));
    neurons.push_back(site);
  }
  NetworkSpec spec = network(10, 2600, {spike_train("in", 12, times, neurons), cells_of("lnp", 1, {{"h_0", h[0]}, {"h_1", h[1]}, {"h_2", h[2]}, {"h_3", h[3]}, {"h_4", h[4]}}, {dendrite(4, 3, relu)})});
  spec.simulation.double_precision = true;
  for (int k = 0; k < 5; ++k) {
    std::vector<double> weights;
    for (int site = 0; site < 12; ++site) weights.push_back(K(site, k));
    spec.projections.push_back(onto_sites(spec, weights, 10.0 * (1 + k)));
  }
  spec.recordings = {record_state(spec, 1, {"rate"})};
  const RunResult result = simulate(spec);
  EXPECT_EQ(result.synapse_count, 60);
  const auto rate = values_of(result.traces[0]);  // frame t is rate[t - 1]
  for (int site = 0; site < 12; ++site)
    for (int t = 0; t < 20; ++t) {
      double expected = 0;
      for (int k = 0; k < 5; ++k)
        if (t - k >= 0 && t - k < 5) expected += h[t - k] * K(site, k);
      EXPECT_EQ(rate.at(static_cast<std::size_t>(1 + 20 * site + t)), std::max(0.0, expected)) << "site " << site << ", tap " << t;
    }
}

/// A Purkinje cell of 10 branches x 1,000 dendrites x 5 lags, against the dense sum over all 50,000 weights.
TEST(Lnp, a_purkinje_cell_agrees_with_the_dense_sum) {
  constexpr int sites = 10'000, frames = 12;
  std::mt19937 dice(3);
  std::vector<double> times;
  std::vector<std::int64_t> neurons;
  std::vector<std::vector<int>> x(frames + 1, std::vector<int>(sites));
  for (int t = 1; t <= frames; ++t)
    for (int site = 0; site < sites; ++site)
      for (; dice() % 4 == 0; ++x[static_cast<std::size_t>(t)][static_cast<std::size_t>(site)]) {
        times.push_back(10.0 * t);
        neurons.push_back(site);
      }
  std::vector<std::vector<double>> K(5);
  for (auto& lag : K)
    for (int site = 0; site < sites; ++site) lag.push_back((static_cast<int>(dice() % 2001) - 900) / 4096.0);
  for (const int nonlinearity : {relu, maxpool}) {
    NetworkSpec spec = network(10, 10.0 * frames, {spike_train("in", sites, times, neurons), cells_of("lnp", 1, {}, {dendrite(1000, 10, nonlinearity, {{"c_d", -0.25}})})});
    spec.simulation.double_precision = true;
    for (std::size_t k = 0; k < 5; ++k) spec.projections.push_back(onto_sites(spec, K[k], 10.0 * static_cast<double>(1 + k)));
    spec.recordings = {record_state(spec, 1, {"v"})};
    const RunResult result = simulate(spec);
    EXPECT_EQ(result.synapse_count, 50'000);
    const auto v = values_of(result.traces[0]);
    for (int t = 1; t <= frames; ++t) {
      double expected = 0;
      for (std::size_t d = 0; d < 1000; ++d) {
        double sum = 0, strongest = -1e9;
        for (std::size_t site = 10 * d; site < 10 * d + 10; ++site) {
          double branch = 0;
          for (int k = 0; k < 5 && t - 1 - k >= 1; ++k) branch += K[static_cast<std::size_t>(k)][site] * x[static_cast<std::size_t>(t - 1 - k)][site];
          sum += branch;
          strongest = std::max(strongest, branch);
        }
        expected += std::max(0.0, (nonlinearity == maxpool ? strongest : sum) - 0.25);
      }
      EXPECT_NEAR(v.at(static_cast<std::size_t>(t - 1)), expected, 1e-9 * (1 + expected)) << "frame " << t;
    }
  }
}

TEST(Lnp, rules_draw_inputs_for_every_site) {
  NetworkSpec spec = network(10, 10, {poisson_source("in", 500, 10), cells_of("lnp", 9, {}, {dendrite(20, 10, relu)})});
  spec.projections.push_back(connect(spec, 0, 1, Rule::Kind::fixed_indegree, 0.5, 10));
  spec.projections.back().rule.number = 10;
  const auto network = engine::build(spec, {.threads = 1});
  EXPECT_EQ(network->synapses, 9 * 200 * 10);
  std::vector<int> inputs(9);
  for (const Synapse& s : synapses_of(*network)) ++inputs.at(static_cast<std::size_t>(s.target - 500));
  for (const int n : inputs) EXPECT_EQ(n, 2000);
}

// --- one network, one answer

NetworkSpec cascade(bool double_precision) {
  NetworkSpec spec = network(20, 3000, {poisson_source("in", 60, 8), cells_of("lnp", 70, {{"h_1", 0.5}, {"h_3", -0.25}, {"c_s", 2}, {"t_ref", 2}, {"tau_rel", 5}}, {dendrite(4, 3, maxpool)}),
                                       cells_of("lnp", 5, {{"h_0", 0.4}, {"t_ref", 0}}, {dendrite(100, 2, sub)}), cells_of("lnp_glm", 33, {{"c_2", 5}, {"q_self", 1}, {"t_ref", 3}})});
  spec.populations[2].name = "wide";
  spec.simulation.double_precision = double_precision;
  const auto join = [&](int from, int to, Rule::Kind kind, Values weight, double delay_ms) -> ProjectionSpec& {
    ProjectionSpec p = connect(spec, from, to, kind, 0, delay_ms);
    p.weight = weight;
    spec.projections.push_back(p);
    return spec.projections.back();
  };
  join(0, 1, Rule::Kind::fixed_indegree, Values::uniform(2, 30), 20).rule.number = 2;
  join(0, 1, Rule::Kind::pairwise_bernoulli, Values::constant(4), 40).rule.probability = 0.02;
  join(1, 2, Rule::Kind::fixed_total_number, Values::normal(1, 0.2), 20).rule.number = 4000;
  join(1, 3, Rule::Kind::fixed_outdegree, Values::constant(40), 20).rule.number = 5;
  return spec;
}

TEST(Lnp, spikes_are_identical_on_1_2_3_and_7_threads_in_pieces_after_a_rest_and_on_every_instruction_set) {
  for (const bool dbl : {false, true}) {
    const NetworkSpec spec = cascade(dbl);
    const RunResult one = simulate(spec);
    for (int k = 1; k < 4; ++k) EXPECT_GT(one.population_spikes[static_cast<std::size_t>(k)], 100u);
    for (const int threads : {2, 3, 7}) EXPECT_EQ(simulate(spec, {.threads = threads}).spikes, one.spikes) << threads << " threads";
    EXPECT_EQ(simulate(spec, {.threads = 2}, {1, 2, 50, 101}).spikes, one.spikes);
    const auto network = engine::build(spec, {.threads = 2});
    engine::State state = engine::start(*network);
    engine::Recorder recorder(*network), other(*network);
    engine::run(*network, state, {.until_step = 71}, recorder);
    RunResult first, second;
    recorder.finish(*network, state, first);
    const auto again = engine::build(spec, {.threads = 3});
    engine::State resumed = engine::restore(*again, engine::snapshot(*network, state));
    engine::Recorder rest(*again);
    engine::run(*again, resumed, {.until_step = steps_of(spec)}, rest);
    rest.finish(*again, resumed, second);
    first.spikes.insert(first.spikes.end(), second.spikes.begin(), second.spikes.end());
    EXPECT_EQ(first.spikes, one.spikes);
    for (const std::string simd : {"scalar", "avx2", "avx512"}) {
      try {
        engine::choose_simd(simd);
      } catch (const InputError&) {
        continue;  // this processor does not have it
      }
      EXPECT_EQ(simulate(spec).spikes, one.spikes) << simd;
    }
    engine::choose_simd("auto");
    NetworkSpec lucky = spec;
    lucky.simulation.seed_dynamics = 99;
    EXPECT_NE(simulate(lucky).spikes, one.spikes);
  }
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

TEST(Lnp, a_shape_that_differs_between_cells_is_refused) {
  NetworkSpec spec = network(10, 10, {cells_of("lnp", 4, {}, {dendrite(2, 2, relu)})});
  spec.populations[0].receptors[0].params["branches"] = Values::uniform(1, 4);
  EXPECT_NE(problem_of(spec).find("population \"lnp\", receptor \"d\": branches must be the same for all cells"), std::string::npos) << problem_of(spec);
  spec.populations[0].receptors[0].params["branches"] = column({1, 2, 3, 4});
  EXPECT_EQ(problem_of(spec), "population \"lnp\", receptor \"d\": branches must be the same for all cells");
}

TEST(Lnp, what_sites_cannot_do_is_refused) {
  NetworkSpec spec = network(10, 10, {cells_of("lnp", 4, {}, {dendrite(2, 2, relu)})});
  InputSpec poisson;
  poisson.kind = InputSpec::Kind::poisson;
  poisson.target = whole(spec, 0);
  poisson.rate_hz = Values::constant(10);
  poisson.weight = Values::constant(1);
  spec.inputs.push_back(poisson);
  spec.projections.push_back(connect(spec, 0, 0, Rule::Kind::one_to_one, 1, 10));
  spec.projections.push_back(connect(spec, 0, 0, Rule::Kind::all_to_all, 1, 10));
  spec.projections.back().rule.allow_autapses = false;
  EXPECT_EQ(problem_of(spec),
            "projections[0]: one_to_one: 4 sources, but 16 targets: both slices must have the same size\n"
            "projections[1]: allow_autapses = false is not possible onto a receptor with sites\n"
            "inputs: receptor \"d\" of population \"lnp\" has sites: let a poisson_source project onto it");
}

}  // namespace
}  // namespace ranvier::test_engine
