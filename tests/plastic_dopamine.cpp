// SPDX-License-Identifier: Apache-2.0
/// Synapses that follow a volume, against closed forms and against small steps of the equations.

#include <gtest/gtest.h>

#include <cmath>

#include "engine/volume.hpp"
#include "io/network_file.hpp"
#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

constexpr double tau_d = 200;

SynapseSpec rule(std::map<std::string, double> params = {}) {
  params.try_emplace("w_max", 50);
  return {.rule = "stdp_dopamine", .params = std::move(params), .choices = {}};
}

PulseSpec rewards(std::vector<double> times_ms, std::vector<double> amounts) {
  return {.kind = PulseSpec::Kind::times, .times_ms = std::move(times_ms), .amounts = std::move(amounts)};
}

/// A pair of spikes 10 ms apart at the synapse that leaves an eligibility of 1 at 60 ms.
Pair eligible(VolumeSpec volume, std::map<std::string, double> params = {}) {
  params["A_plus"] = std::exp(10 / 20.0);
  Pair pair{.synapse = rule(params), .duration_ms = 60 + 40'000};
  pair.source = {50};
  pair.target = {59};  // and 1 ms of dendritic delay
  volume.name = "dopamine";
  pair.also = [volume](NetworkSpec& spec) { spec.volumes = {volume}; };
  return pair;
}

TEST(Dopamine, APulseTurnsAnEligibilityIntoTheWeightOfTheClosedForm) {
  const Pair pair = eligible({.pulses = {rewards({60}, {0.005})}});
  EXPECT_NEAR(pair.weight() - pair.start, 0.8333333333, 1e-10);  // c0 d0 tau_c tau_d / (tau_c + tau_d)
}

TEST(Dopamine, WhatIsRecordedIsTheClosedFormOfTheConcentration) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 400;
  spec.populations = {leaky("E", 3)};
  VolumeSpec volume{.name = "dopamine", .tau_ms = 50, .baseline = 0.1};
  volume.pulses = {rewards({0.1, 20, 333.3}, {0.5, 1, 2})};  // the first one in the first interval of exchange
  spec.volumes = {VolumeSpec{.name = "idle", .baseline = 0.7}, volume};
  RecordingSpec r{.name = "d", .kind = RecordingSpec::Kind::volumes};
  r.interval_ms = 10;
  r.volumes = {1, 0};
  RecordingSpec late = r;
  late.start_ms = 330, late.stop_ms = 340, late.interval_ms = 0, late.volumes = {1};
  spec.recordings = {r, late};
  const auto expected = [](double t) {  // just before the pulses of the time
    double d = 0.1;
    for (const auto& [at, amount] : {std::pair{0.1, 0.5}, {20, 1}, {333.3, 2}})
      if (at < t - 1e-9) d += amount * std::exp(-(t - at) / 50);
    return d;
  };
  for (const int threads : {1, 3}) {
    const RunResult result = simulate(spec, {.threads = threads}, {200, 333});
    ASSERT_EQ(result.volume_traces.size(), 2u);
    const VolumeTrace &all = result.volume_traces[0], &part = result.volume_traces[1];
    EXPECT_EQ(all.volumes, (std::vector<std::string>{"dopamine", "idle"}));
    ASSERT_EQ(all.sample_count(), 41u);
    EXPECT_EQ(all.first_step, 0u);
    for (std::size_t k = 0; k < 41; ++k) {
      EXPECT_NEAR(all.values[2 * k], expected(10.0 * static_cast<double>(k)), 1e-12) << k;
      EXPECT_EQ(all.values[2 * k + 1], 0.7);
    }
    ASSERT_EQ(part.sample_count(), 101u);
    EXPECT_EQ(part.first_step, 3300u);
    for (std::size_t k = 0; k < 101; ++k) EXPECT_NEAR(part.values[k], expected(330 + 0.1 * static_cast<double>(k)), 1e-12) << k;
  }
}

TEST(Dopamine, ALatePulseFindsWhatIsLeftOfTheEligibility) {
  for (const double late : {0.1, 500.0, 1500.0, 9000.0}) {
    const Pair pair = eligible({.pulses = {rewards({60 + late}, {0.005})}});
    EXPECT_NEAR(pair.weight() - pair.start, 5.0 / 6 * std::exp(-late / 1000), 1e-10) << late;
  }
}

TEST(Dopamine, APulseBeforeThePairCountsByWhatIsLeftOfIt) {
  const Pair pair = eligible({.pulses = {rewards({10}, {0.005})}});
  EXPECT_NEAR(pair.weight() - pair.start, 5.0 / 6 * std::exp(-50 / tau_d), 1e-10);
}

TEST(Dopamine, TheConcentrationAtRestMovesWeightsByItsDistanceFromB) {
  EXPECT_NEAR(eligible({.baseline = 0.004}, {{"b", 0.001}}).weight(), 1 + 0.003 * 1000, 1e-9);
  EXPECT_NEAR(eligible({.baseline = 0.004}, {{"b", 0.0045}}).weight(), 1 - 0.0005 * 1000, 1e-9);
}

TEST(Dopamine, WeightsStayWithinTheirBounds) {
  EXPECT_EQ(eligible({.pulses = {rewards({60}, {10})}}).weight(), 50);
  EXPECT_EQ(eligible({}, {{"b", 1}, {"w_min", 0.25}}).weight(), 0.25);
}

TEST(Dopamine, WithoutPulsesNothingIsLearnt) { EXPECT_EQ(eligible({}).weight(), 1); }

/// Irregular trains, pulses at listed times and by the spikes of a population.
struct Episode {
  Pair pair;
  std::vector<std::pair<double, double>> pulses;  // time, amount
  double tau = tau_d, baseline = 0.01, b = 0.012, tau_c = 100, A_plus = 0, A_minus = 0;
};
Episode episode(double fraction, double tau_c, double pulses_every_ms) {
  const double less = 20 / tau_c * pulses_every_ms / 40;  // keeps the weight between its bounds
  Episode e{.pair = {.synapse = rule({{"A_plus", 0.3 * less}, {"A_minus", 0.35 * less}, {"tau_plus", 15}, {"tau_minus", 30}, {"tau_c", tau_c}, {"b", 0.012}}), .delay_ms = 3.7, .fraction = fraction, .start = 20},
            .pulses = {}, .tau_c = tau_c, .A_plus = 0.3 * less, .A_minus = 0.35 * less};
  std::mt19937 words(7);
  const auto train = [&](double first, double least, double mean) {
    std::vector<double> times;
    for (double t = first; t < 900; t += least + std::round(-10 * mean * std::log((words() + 0.5) * 0x1p-32)) / 10) times.push_back(std::round(10 * t) / 10);
    return times;
  };
  e.pair.weak = true;
  e.pair.source = train(1, 0.5, 30);
  e.pair.target = train(2, 2.5, 25);
  const std::vector<double> listed = train(20, 0.1, 2 * pulses_every_ms), of_spikes = train(3, 0.1, 2 * pulses_every_ms);
  for (double t : listed) e.pulses.emplace_back(t, 0.02);
  for (double t : of_spikes) e.pulses.emplace_back(t + 1.5, 0.01);
  e.pair.also = [=, baseline = e.baseline](NetworkSpec& spec) {
    spec.populations.push_back(spike_train("vta", 1, of_spikes, std::vector<std::int64_t>(of_spikes.size(), 0)));
    PulseSpec by_spikes{.kind = PulseSpec::Kind::spikes, .amount = 0.01, .source = whole(spec, 3), .delay_low_ms = 1.5, .delay_high_ms = 1.5};
    spec.volumes = {{.name = "dopamine", .tau_ms = tau_d, .baseline = baseline, .pulses = {rewards(listed, std::vector<double>(listed.size(), 0.02)), by_spikes}}};
  };
  return e;
}

/// The equations in steps of 0.1 ms by the classical Runge-Kutta scheme (its error here is below 1e-10), pairs summed one by one.
double stepped(const Episode& e) {
  const double dt = e.pair.dt_ms, dendritic = std::round(10 * e.pair.delay_ms * e.pair.fraction) / 10, axonal = e.pair.delay_ms - dendritic;
  const auto step_of = [&](double t) { return std::lround(t / dt); };
  std::map<long, std::vector<std::pair<double, int>>> events;  // step: change of c, or of d
  double w = e.pair.start, c = 0, d = e.baseline;
  std::vector<long> source, target;
  for (double t : e.pair.source) source.push_back(step_of(t + axonal));
  for (double t : e.pair.target) target.push_back(step_of(t + dendritic));
  for (long s : source)
    for (long t : target) {
      if (t > s) events[t].emplace_back(e.A_plus * std::exp((s - t) * dt / 15), 0);
      if (t < s) events[s].emplace_back(-e.A_minus * std::exp((t - s) * dt / 30), 0);
    }
  for (const auto& [t, amount] : e.pulses) events[step_of(t)].emplace_back(amount, 1);
  const long last = step_of(e.pair.duration_ms);
  for (long step = 0;; ++step) {
    if (const auto now = events.find(step); now != events.end())
      for (const auto& [change, of_d] : now->second) (of_d ? d : c) += change;
    if (step == last) return w;
    double kw[4], kc[4], kd[4];
    for (int k = 0; k < 4; ++k) {
      const double part = k == 0 ? 0 : k == 3 ? dt : dt / 2, cc = c + (k ? part * kc[k - 1] : 0), dd = d + (k ? part * kd[k - 1] : 0);
      kw[k] = cc * (dd - e.b);
      kc[k] = -cc / e.tau_c;
      kd[k] = -(dd - e.baseline) / e.tau;
    }
    w += dt / 6 * (kw[0] + 2 * kw[1] + 2 * kw[2] + kw[3]);
    c += dt / 6 * (kc[0] + 2 * kc[1] + 2 * kc[2] + kc[3]);
    d += dt / 6 * (kd[0] + 2 * kd[1] + 2 * kd[2] + kd[3]);
  }
}

TEST(Dopamine, TrainsAndPulsesFollowTheEquationsInSmallSteps) {
  for (const double fraction : {0.0, 0.5, 1.0})
    for (const double tau_c : {20.0, 1000.0})  // 20 ms: gaps are cut every 102.4 ms
      for (const double pulses_every_ms : {40.0, 0.5}) {
        Episode e = episode(fraction, tau_c, pulses_every_ms);
        const double expected = stepped(e);
        EXPECT_NEAR(e.pair.weight(), expected, 1e-8) << "fraction " << fraction << ", tau_c " << tau_c << ", pulses every " << pulses_every_ms;
        EXPECT_GT(std::fabs(expected - e.pair.start), 1e-3);
        EXPECT_GT(expected, 0.1);
        EXPECT_LT(expected, 49);
      }
}

TEST(Dopamine, SinglePrecisionStaysClose) {
  Episode e = episode(1, 1000, 40);
  e.pair.double_precision = false;
  EXPECT_NEAR(e.pair.weight(), stepped(e), 1e-4);
}

TEST(Dopamine, BringingSynapsesUpToDateEarlyChangesNoBits) {
  for (const double pulses_every_ms : {40.0, 0.1}) {
    Episode e = episode(0.5, 20, pulses_every_ms);
    e.pair.double_precision = false;
    EXPECT_EQ(e.pair.weight(), e.pair.weight({.sweep_every_ms = 17}));
  }
}

/// The steps at which pulses of the first volume fell due.
std::vector<std::uint32_t> pulses_of(const NetworkSpec& spec, int threads = 1) {
  const auto network = engine::build(spec, {.threads = threads});
  engine::State state = engine::start(*network);
  engine::Recorder recorder(*network);
  engine::run(*network, state, {.until_step = steps_of(spec)}, recorder);
  const engine::Volume& volume = *state.shards.back().volumes[0];
  std::vector<std::uint32_t> steps;
  for (std::uint32_t s = 0; s <= steps_of(spec); ++s)
    for (std::uint64_t n = volume.course().pulses(s) - volume.course().pulses(std::int64_t{s} - 1); n > 0; --n) steps.push_back(s);
  return steps;
}

/// Two cells that fire at the given times, and a volume.
NetworkSpec two_cells(std::vector<double> first, std::vector<double> second, PulseSpec pulses, double duration_ms, double dt_ms = 0.1) {
  NetworkSpec spec;
  spec.simulation.dt_ms = dt_ms;
  spec.simulation.duration_ms = duration_ms;
  std::vector<std::int64_t> neurons(first.size(), 0);
  neurons.resize(first.size() + second.size(), 1);
  first.insert(first.end(), second.begin(), second.end());
  spec.populations = {spike_train("cells", 40, first, neurons)};
  pulses.source = {0, 0, 1, 1};
  pulses.target = {0, 1, 2, 1};
  spec.volumes = {{.name = "reward", .pulses = {pulses}}};
  return spec;
}
const PulseSpec pairing{.kind = PulseSpec::Kind::pairing, .amount = 0.5, .delay_low_ms = 1000, .delay_high_ms = 3000, .within_ms = 20};

TEST(Reward, ComesWhenTheSecondNeuronFiresSoonAfterTheFirst) {
  // 20.0 ms after: yes; 20.1 ms: no; the same step: no; before: no; twice after one: both
  const auto pulses = pulses_of(two_cells({10, 100, 200, 301, 400}, {30, 120.1, 200, 300, 405, 410}, pairing, 4000));
  ASSERT_EQ(pulses.size(), 3u);
  std::vector<double> causes{30, 405, 410};
  for (double t : causes)
    EXPECT_TRUE(std::any_of(pulses.begin(), pulses.end(), [&](std::uint32_t s) { return 0.1 * s >= t + 1000 - 1e-6 && 0.1 * s <= t + 3000 + 1e-6; }));
}

TEST(Reward, ItsDelaysAreUniformAndTheSameOnAnyNumberOfThreads) {
  std::vector<double> first, second;
  for (int k = 0; k < 400; ++k) first.push_back(4 * k + 1), second.push_back(4 * k + 3);
  const NetworkSpec spec = two_cells(first, second, pairing, 4700, 1);
  const auto pulses = pulses_of(spec);
  EXPECT_EQ(pulses.size(), 400u);
  EXPECT_EQ(pulses, pulses_of(spec, 2));
  // 400 causes, evenly over 1.6 s, 2 s later on average; the sum's standard deviation is 577 ms sqrt(400)
  double sum = 0;
  for (std::uint32_t s : pulses) sum += s;
  EXPECT_NEAR(sum / 400, 798 + 3 + 2000, 5 * 577 / 20.0);
  NetworkSpec other = spec;
  other.simulation.seed = 2;
  EXPECT_NE(pulses_of(other), pulses);
}

TEST(Reward, AtRandomItComesAtTheGivenMeanInterval) {
  const PulseSpec random{.kind = PulseSpec::Kind::random, .amount = 0.5, .interval_ms = 100};
  const auto pulses = pulses_of(two_cells({}, {}, random, 100'000, 1));
  EXPECT_NEAR(static_cast<double>(pulses.size()), 1000, 5 * std::sqrt(1000.0));
  double squares = 0;  // of intervals: their mean is twice the square of the mean interval
  for (std::size_t k = 1; k < pulses.size(); ++k) squares += std::pow(pulses[k] - pulses[k - 1], 2);
  EXPECT_NEAR(squares / static_cast<double>(pulses.size()), 2e4, 5 * std::sqrt(20.0 / 1000) * 1e4);
}

TEST(Reward, InTheExampleComesAsOftenAsTheTwoCellsFireTogetherOrAsIsAskedFor) {
  const std::string file = std::string(RANVIER_SOURCE_DIR) + "/examples/distal_reward.toml";  // an hour there
  const auto run = [&](const char* reward) { return simulate(io::read_network(file, {.set = {{"reward", reward}}, .duration_ms = 100'000})); };
  const RunResult paired = run("paired"), random = run("random");
  for (const RunResult* r : {&paired, &random}) {
    ASSERT_EQ(r->volumes.size(), 1u);
    const double rate_E = static_cast<double>(r->population_spikes[0]) / 800 / 100;  // spikes/s
    EXPECT_NEAR(rate_E, 1.25, 0.2);
  }
  // Two cells at 1.25 spikes/s are within 20 ms of each other, in this order, 3.1 times in 100 s; five standard deviations
  EXPECT_NEAR(static_cast<double>(paired.volumes[0].pulses), 3.1, 9);
  EXPECT_NEAR(static_cast<double>(random.volumes[0].pulses), 100 / 32.0, 9);
  EXPECT_NE(paired.spike_hash, random.spike_hash);
}

TEST(Course, MeansAndWeightedIntegralsAreThoseOfASumOverPulses) {
  const double dt = 0.1, tau = 30, base = 0.2;
  engine::Course course(tau, base, dt, engine::Course::span_of(50, dt));
  const int w50 = course.weigh(50), w400 = course.weigh(400);
  std::vector<std::pair<std::int64_t, double>> pulses;
  for (std::int64_t k = 0, step = 3; k < 300; ++k, step += 1 + (k * k) % 97) pulses.emplace_back(step, 0.1 + 0.01 * static_cast<double>(k % 7)), course.pulse(step, pulses.back().second);
  const auto integral = [&](std::int64_t from, std::int64_t to, double tau_c) {  // each pulse by itself
    double sum = 0;
    const double r = 1 / tau + 1 / tau_c;
    for (const auto& [u, amount] : pulses) {
      if (u >= to) continue;
      const std::int64_t a = std::max(u, from);
      sum += amount * std::exp(-(a - u) * dt / tau - (a - from) * dt / tau_c) * -std::expm1(-(to - a) * dt * r) / r;
    }
    return sum;
  };
  const std::int64_t span = course.span();
  for (std::int64_t from : {std::int64_t{0}, std::int64_t{3}, span - 1, span, span + 700, 3 * span + 5})
    for (std::int64_t to : {from + 1, from + 50, (from | (span - 1)) + 1}) {
      EXPECT_NEAR(course.mean(from, to), base + integral(from, to, 1e300) / (static_cast<double>(to - from) * dt), 1e-12);
      if (to > (from | (span - 1)) + 1) continue;
      EXPECT_NEAR(course.weighted(w50, from, to).excess, integral(from, to, 50), 1e-10) << from << " " << to;
      EXPECT_NEAR(course.weighted(w400, from, to).excess, integral(from, to, 400), 1e-10) << from << " " << to;
      EXPECT_NEAR(course.weighted(w50, from, to).left, std::exp(-(to - from) * dt / 50), 1e-15);
    }
}

TEST(Course, StaysExactAfterAYearAndWhatIsForgottenIsNotMissed) {
  engine::Course course(200, 0, 1, engine::Course::span_of(1000, 1)), kept = course;
  const int w = course.weigh(1000);
  kept.weigh(1000);
  for (std::int64_t step = 100; step < 2'000'000'000; step += 500'000'003) course.pulse(step, 0.5), kept.pulse(step, 0.5);
  const std::int64_t last = 100 + 3 * 500'000'003ll;
  course.forget(last - course.span());
  const std::int64_t to = std::min(last + 700, (last | (course.span() - 1)) + 1);
  const double r = 1.0 / 200 + 1.0 / 1000;
  EXPECT_NEAR(course.weighted(w, last, to).excess, 0.5 * -std::expm1(-r * static_cast<double>(to - last)) / r, 1e-11);
  EXPECT_EQ(course.weighted(w, last, to).excess, kept.weighted(w, last, to).excess);
  EXPECT_LT(course.size(), kept.size());
}

}  // namespace
}  // namespace ranvier::test_plastic
