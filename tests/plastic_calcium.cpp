// SPDX-License-Identifier: Apache-2.0
/// From spikes to calcium to CaMKII to the weight: closed forms, an integration by small steps written here, and the lazy form
/// against the one that is stepped.

#include <gtest/gtest.h>

#include <array>

#include "engine/magnesium.hpp"
#include "engine/structure.hpp"
#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

constexpr double w_max = 2e-9;  // mV: nothing to the target
constexpr double beta = 0.0066, alpha = 0.072, tau_Ca = 20, gamma = 0.02, k_1 = 0.02, k_2 = 1.0 / 300;

SynapseSpec camkii(const std::string& method, const std::string& rule = "omega", double eta = 1e-4) {
  return {.rule = "camkii", .params = {{"eta", eta}, {"w_max", w_max}}, .choices = {{"method", method}, {"rule", rule}}};
}

struct Synapse {
  double weight, Ca, K;
};

/// Sources onto cells whose potential fluctuates; the synapses are too weak to matter to it.
struct Tissue {
  std::vector<double> times;                 ///< of the sources' spikes
  std::vector<std::int64_t> who;
  int sources = 1, cells = 1;
  double dt_ms = 0.1, noise_pA = 0, constant_pA = 0, threshold_mV = -55;
  bool double_precision = true;
  std::vector<VolumeSpec> volumes = {};
  int threads = 1;
  Values delay = Values::constant(1);
  std::vector<double> potential = {};        ///< of cell 0 after each step, once run

  NetworkSpec network(const SynapseSpec& synapse, double duration_ms) const {
    NetworkSpec spec;
    spec.simulation.dt_ms = dt_ms;
    spec.simulation.duration_ms = duration_ms;
    spec.simulation.double_precision = double_precision;
    spec.volumes = volumes;
    spec.populations = {spike_train("source", sources, times, who), leaky("target", cells)};
    spec.populations[1].params["V_th"] = Values::constant(threshold_mV);
    spec.projections = {connect(spec, 0, 1, Rule::Kind::all_to_all, w_max / 2, 1)};
    spec.projections[0].delay_ms = delay;
    spec.projections[0].synapse = {synapse};
    InputSpec input;
    input.target = whole(spec, 1);
    input.kind = noise_pA > 0 ? InputSpec::Kind::noise : InputSpec::Kind::dc;
    input.amplitude_pA = Values::constant(noise_pA > 0 ? noise_pA : constant_pA);
    input.mean_pA = Values::constant(constant_pA);
    input.noise_dt_ms = 1;
    spec.inputs = {input};
    spec.recordings = {record_state(spec, 1, {"V_m"}, dt_ms)};
    return spec;
  }

  /// All synapses after each of the given times.
  std::vector<std::vector<Synapse>> run(const SynapseSpec& synapse, const std::vector<double>& looks_ms) {
    const NetworkSpec spec = network(synapse, looks_ms.back());
    const auto built = engine::build(spec, {.threads = threads});
    engine::State state = engine::start(*built);
    engine::Recorder recorder(*built);
    std::vector<std::vector<Synapse>> out;
    for (const double look : looks_ms) {
      engine::run(*built, state, {.until_step = static_cast<std::uint32_t>(std::lround(look / dt_ms))}, recorder);
      out.emplace_back();
      for (const auto& shard : state.shards)
        for (const auto& synapses : shard.plastic) add(*synapses, state.step, out.back());
    }
    RunResult result;
    recorder.finish(*built, state, result);
    const auto V = values_of(result.traces[0]);
    for (std::size_t k = 0; k < V.size(); k += static_cast<std::size_t>(cells)) potential.push_back(V[k]);
    return out;
  }

 private:
  static void add(const engine::PlasticSynapses& synapses, std::uint32_t step, std::vector<Synapse>& out) {
    const auto& table = synapses.table();
    const auto flights = synapses.under_way();
    for (std::uint32_t source = 0; source < table.sources(); ++source)
      for (std::uint32_t g = table.row[source]; g < table.row[source + 1]; ++g)
        for (std::size_t k = table.segments[g].first; k < std::size_t{table.segments[g].first} + table.segments[g].count; ++k) {
          const auto value = [&](int variable) { return synapses.read(flights, source, table.segments[g], k, step, variable); };
          out.push_back({value(-1), value(0), value(1)});
        }
  }
};

double influx(double V) { return (0 - V) / (1 + std::exp(-0.062 * V) / 3.57); }

/// s just after each spike of a train: pulses of 1 ms that end when the spike arrives.
double after_pulse(double before) {
  const double s_inf = alpha / (alpha + beta), left = std::exp(-(alpha + beta));
  return s_inf + (before - s_inf) * left;
}

TEST(Calcium, AfterOneSpikeAtAConstantPotentialFollowsTheClosedForm) {
  for (const char* method : {"lazy", "clock_driven"}) {
    Tissue tissue{.times = {500}, .who = {0}, .constant_pA = 300};  // -58 mV
    const std::vector<double> looks{500.9, 501, 510, 533.3, 600, 900, 1500};
    const auto got = tissue.run(camkii(method), looks);
    const double s_0 = after_pulse(0), H = influx(tissue.potential.back());
    EXPECT_EQ(got[0][0].Ca, 0);
    for (std::size_t k = 1; k < looks.size(); ++k) {
      const double t = looks[k] - 500.9;  // found by a step the spike arrives after step 5009
      const double wanted = gamma * s_0 * H * (std::exp(-beta * t) - std::exp(-t / tau_Ca)) / (1 / tau_Ca - beta);
      // phi had reached its level before the spike but for e^{-22}
      EXPECT_NEAR(got[k][0].Ca / wanted, 1, 1e-7) << method << ", " << looks[k] << " ms";
    }
  }
}

/// Times of a Poisson-like train, some pairs of which are close.
void add_train(Tissue& tissue, int source, double rate_hz, double until_ms, unsigned seed) {
  std::mt19937 random(seed);
  std::exponential_distribution<double> gap(rate_hz * 1e-3);
  for (double t = 3 + gap(random); t < until_ms; t += 2 + gap(random)) {
    tissue.times.push_back(std::round(t * 10) / 10);
    tissue.who.push_back(source);
  }
}

/// Calcium, CaMKII and weight of one synapse by steps of dt/10 from the recorded potential, each held for a step.
Synapse by_small_steps(const Tissue& tissue, double until_ms, bool omega, double eta) {
  double s = 0, Ca = 0, K = 0, w = w_max / 2;
  const int parts = 10;
  const double dt = tissue.dt_ms, h = dt / parts;
  std::size_t next = 0;
  double last = -1e9;
  for (std::size_t step = 1; step <= static_cast<std::size_t>(std::lround(until_ms / dt)); ++step) {
    if (next < tissue.times.size() && static_cast<std::size_t>(std::lround((tissue.times[next] + 1) / dt)) == step) {  // delay 1 ms
      const double begin = s * std::exp(beta * std::min(1.0, tissue.times[next] - last));
      s = after_pulse(begin);
      last = tissue.times[next++];
    }
    const double H = influx(tissue.potential[step - 1]);
    for (int k = 0; k < parts; ++k) {
      const auto Ca_slope = [&](double c, double at) { return -c / tau_Ca + gamma * s * std::exp(-beta * at) * H; };
      const double a = Ca_slope(Ca, 0), b = Ca_slope(Ca + h / 2 * a, h / 2), c = Ca_slope(Ca + h / 2 * b, h / 2), d = Ca_slope(Ca + h * c, h);
      const double middle = Ca + h / 4 * (a + b);
      Ca += h / 6 * (a + 2 * b + 2 * c + d);
      s *= std::exp(-beta * h);
      const double drive = k_1 * std::pow(std::max(0.0, middle), 4), rate = drive + k_2, before = K;
      K = drive / rate + (K - drive / rate) * std::exp(-rate * h);
      const double mean = (before + K) / 2;
      const double slope = omega ? (mean > 0.35 ? mean - 0.35 : mean > 0.15 ? -(mean - 0.15) : 0) : std::max(0.0, mean - 0.35) - std::max(0.0, 0.15 - mean);
      w = std::clamp(w + h * eta * w_max * slope, 0.0, w_max);
    }
  }
  return {w, Ca, K};
}

TEST(Calcium, CaMKIIAndTheWeightFollowAnIntegrationBySmallSteps) {
  for (const char* rule : {"omega", "literal"})
    for (const char* method : {"lazy", "clock_driven"}) {
      SCOPED_TRACE(std::string(rule) + ", " + method);
      Tissue tissue{.times = {}, .who = {}, .noise_pA = 250, .constant_pA = 500, .threshold_mV = 0};
      add_train(tissue, 0, 25, 4000, 3);
      SynapseSpec synapse = camkii(method, rule, 1e-2);
      synapse.params["t_spike"] = 0;
      const auto got = tissue.run(synapse, {4000}).back()[0];
      const Synapse wanted = by_small_steps(tissue, 4000, std::string(rule) == "omega", 1e-2);
      const bool lazy = std::string(method) == "lazy";
      EXPECT_NEAR(got.Ca / wanted.Ca, 1, 1e-6);
      EXPECT_GT(wanted.K, 0.05);
      EXPECT_NEAR(got.K / wanted.K, 1, lazy ? 0.011 : 1e-4);
      // how far K is above a threshold is a small difference, and its relative error a multiple of K's
      EXPECT_GT(std::abs(wanted.weight - w_max / 2), 0.01 * w_max);
      EXPECT_NEAR((got.weight - w_max / 2) / (wanted.weight - w_max / 2), 1, lazy ? 0.05 : 1e-3);
    }
}

/// Sources at 1 to 20 spikes/s onto cells that fire at some spikes/s, 24 of each.
Tissue busy(double until_ms, bool double_precision) {
  Tissue tissue{.times = {}, .who = {}, .sources = 24, .cells = 24, .noise_pA = 300, .constant_pA = 330, .double_precision = double_precision};
  for (int k = 0; k < 24; ++k) add_train(tissue, k, 1 + 0.8 * k, until_ms, 100u + static_cast<unsigned>(k));
  return tissue;
}

TEST(Calcium, VisitedAndSteppedSynapsesHaveTheSameCalcium) {
  Tissue a = busy(3000, true), b = busy(3000, true);
  const std::vector<double> looks{500, 1234.5, 3000};
  const auto lazy = a.run(camkii("lazy"), looks), stepped = b.run(camkii("clock_driven"), looks);
  for (std::size_t t = 0; t < looks.size(); ++t) {
    double largest = 0;
    for (const Synapse& s : stepped[t]) largest = std::max(largest, s.Ca);
    ASSERT_GT(largest, 0.1);
    for (std::size_t k = 0; k < stepped[t].size(); ++k) EXPECT_NEAR(lazy[t][k].Ca, stepped[t][k].Ca, 1e-10 * largest) << "synapse " << k << ", " << looks[t] << " ms";
  }
}

TEST(Calcium, ErrorsOfVisitedSynapsesStayWithinTheirBoundsOverAMinute) {
  Tissue a = busy(60000, false), b = busy(60000, false);
  std::vector<double> looks;
  for (double t = 2500; t <= 60000; t += 2500) looks.push_back(t);
  SynapseSpec visited = camkii("lazy", "omega", 1e-3), every_step = camkii("clock_driven", "omega", 1e-3);
  visited.params["gamma"] = every_step.params["gamma"] = 0.025;
  const auto lazy = a.run(visited, looks), stepped = b.run(every_step, looks);
  double K_most = 0, K_error = 0, w_most = 0, w_error = 0;
  for (std::size_t t = 0; t < looks.size(); ++t)
    for (std::size_t k = 0; k < stepped[t].size(); ++k) {
      K_most = std::max(K_most, stepped[t][k].K);
      K_error = std::max(K_error, std::abs(lazy[t][k].K - stepped[t][k].K));
      w_most = std::max(w_most, std::abs(stepped[t][k].weight - w_max / 2));
      w_error = std::max(w_error, std::abs(lazy[t][k].weight - stepped[t][k].weight));
    }
  EXPECT_GT(K_most, 0.3);
  EXPECT_LT(K_error / K_most, 0.011);
  EXPECT_LT(w_error / w_most, 0.017);
  RecordProperty("K_error", std::to_string(K_error / K_most));
  RecordProperty("w_error", std::to_string(w_error / w_most));
}

/// Half a minute with rewards in between, some while nothing but CaMKII is left.
SynapseSpec rewarded(const char* method) {
  SynapseSpec synapse = camkii(method, "omega", 1e-3);
  synapse.rule = "camkii_dopamine";
  synapse.params["gamma"] = 0.025;
  synapse.params["base"] = 0;
  synapse.volume = "dopamine";
  return synapse;
}

TEST(Calcium, DopamineDecidesHowFastWeightsAreLearnt) {
  Tissue a = busy(24000, true), b = busy(24000, true);
  for (Tissue* t : {&a, &b}) {
    VolumeSpec volume{.name = "dopamine"};
    PulseSpec rewards;
    rewards.kind = PulseSpec::Kind::times;
    for (double at = 500; at < 24000; at += 730) {
      rewards.times_ms.push_back(at);
      rewards.amounts.push_back(1 + std::sin(at));
    }
    volume.pulses = {rewards};
    t->volumes = {volume};
  }
  std::vector<double> looks{1000, 9999.9, 10000, 10000.1, 15000, 20000, 24000};
  const auto lazy = a.run(rewarded("lazy"), looks), stepped = b.run(rewarded("clock_driven"), looks);
  double most = 0, error = 0;
  for (std::size_t t = 0; t < looks.size(); ++t)
    for (std::size_t k = 0; k < stepped[t].size(); ++k) {
      most = std::max(most, std::abs(stepped[t][k].weight - w_max / 2));
      error = std::max(error, std::abs(lazy[t][k].weight - stepped[t][k].weight));
    }
  EXPECT_GT(most, 0.01 * w_max);
  EXPECT_LT(error / most, 0.017);
  RecordProperty("error", std::to_string(error / most));

  Tissue on_three = busy(24000, true);
  on_three.volumes = a.volumes;
  on_three.threads = 3;
  const auto again = on_three.run(rewarded("lazy"), {24000});
  std::vector<double> one, three;
  for (const Synapse& s : lazy.back()) one.push_back(s.weight);
  for (const Synapse& s : again.back()) three.push_back(s.weight);
  std::sort(one.begin(), one.end());
  std::sort(three.begin(), three.end());
  EXPECT_TRUE(one == three);
}

TEST(Calcium, ASpikeInTheVeryStepInWhichASynapseIsSettledCountsOnce) {
  // Second spikes 150 to 450 ms after the first, a step apart: one of them comes just when the calcium of the first has done its work. So at each of the
  // ten steps of an interval.
  Tissue a{.times = {}, .who = {}, .sources = 30000, .noise_pA = 250, .constant_pA = 500, .threshold_mV = 0};
  for (int k = 0; k < 30000; ++k) {
    const double first = 100 + 0.1 * (k % 10);
    a.times.insert(a.times.end(), {first, first + 150 + 0.1 * (k / 10)});
    a.who.insert(a.who.end(), {k, k});
  }
  Tissue b = a, c = a;
  const auto lazy = a.run(camkii("lazy"), {600}), stepped = b.run(camkii("clock_driven"), {600});
  std::vector<double> cuts;
  for (double t = 250; t <= 600; t += 12.3) cuts.push_back(t);
  cuts.push_back(600);
  const auto pieces = c.run(camkii("lazy"), cuts);
  double most = 0, error = 0;
  for (std::size_t k = 0; k < stepped[0].size(); ++k) {
    most = std::max(most, stepped[0][k].K);
    error = std::max(error, std::abs(lazy[0][k].K - stepped[0][k].K));
    EXPECT_EQ(lazy[0][k].K, pieces.back()[k].K) << "synapse " << k;
  }
  EXPECT_LT(error / most, 0.03);
}

/// Synapses that are made on the way know what their source has done before: those that are stepped have the state of the older ones from the same source, and
/// both forms the same calcium, but for less than half of what moves CaMKII noticeably, which one that is visited and was made long after a spike leaves out.
TEST(Calcium, WeightsThatMeetABoundWhileCalciumIsHighShowTheDepressionAfterIt) {
  // Bursts drive the weight into w_max; then CaMKII falls through the band in which it depresses. Were weights only kept within bounds at
  // the end of a visit, what was learnt beyond the bound would hide that.
  NetworkSpec spec;
  spec.simulation.duration_ms = 3000;
  spec.simulation.double_precision = true;
  std::vector<double> times;
  for (int burst = 0; burst < 3; ++burst)
    for (int k = 0; k < 40; ++k) times.push_back(1000 * burst + 10 + 5 * k);
  spec.populations = {spike_train("source", 1, times, std::vector<std::int64_t>(times.size(), 0)), leaky("target", 1)};
  spec.populations[1].params = {{"V_th", Values::constant(1e3)}, {"I_e", Values::constant(100)}};
  spec.projections = {connect(spec, 0, 1, Rule::Kind::one_to_one, 99.9, 1)};
  RecordingSpec weights{.name = "w", .kind = RecordingSpec::Kind::weights};
  weights.sources = whole(spec, 0), weights.targets = whole(spec, 1);
  spec.recordings = {weights};
  for (const double eta : {1e-4, 1e-3, 0.05}) {
    std::vector<double> end;
    for (const int method : {0, 1}) {
      spec.projections[0].synapse = {{.rule = "camkii", .params = {{"w_max", 100}, {"eta", eta}, {"gamma", 0.03}}, .choices = {{"method", method ? "clock_driven" : "lazy"}}}};
      end.push_back(simulate(spec).connections.at(0).weight.at(0));
    }
    EXPECT_LT(end[1], 99.8);
    EXPECT_NEAR(end[0], end[1], 0.01) << "eta " << eta;
  }
}

TEST(Calcium, SynapsesThatAreMadeOnTheWayKnowTheirSourcesPast) {
  const Tissue tissue = busy(700, true);
  std::vector<std::vector<double>> calcium;
  for (const char* method : {"lazy", "clock_driven"}) {
    NetworkSpec spec = tissue.network(camkii(method), 700);
    spec.projections[0].rule = {.kind = Rule::Kind::pairwise_bernoulli, .probability = 0.3};
    for (SynapseSpec also : {SynapseSpec{.rule = "kinetic_nmda"}, {.rule = "varela"}, {.rule = "structural_sigmoid", .params = {{"interval", 110.3}, {"theta", 0}, {"slope", 100}, {"nu_form", 10}, {"nu_elim", 10}, {"places", 24}}}})
      spec.projections[0].synapse.push_back(also);
    decay_with(spec.populations[static_cast<std::size_t>(spec.projections[0].target.population)], 1 / 0.0066);
    const auto built = engine::build(spec, {.threads = 2});
    engine::State state = engine::start(*built);
    engine::Recorder recorder(*built);
    std::vector<std::size_t> count;
    for (const std::uint32_t until : {1000u, 5600u}) {  // structural steps at 1103, 2206, 3309, 4412 and 5515
      engine::run(*built, state, {.until_step = until}, recorder);
      count.push_back(static_cast<std::size_t>(engine::count_synapses(*built, state)));
    }
    EXPECT_GT(count[1], count[0] + 20);
    calcium.emplace_back();
    std::map<std::uint32_t, std::vector<double>> of_source;  // s, s_A, F, D of the first synapse
    for (const auto& shard : state.shards)
      for (const auto& synapses : shard.plastic) {
        const auto& table = synapses->table();
        const auto flights = synapses->under_way();
        for (std::uint32_t source = 0; source < table.sources(); ++source)
          for (std::uint32_t g = table.row[source]; g < table.row[source + 1]; ++g)
            for (std::size_t k = table.segments[g].first; k < std::size_t{table.segments[g].first} + table.segments[g].count; ++k) {
              const auto value = [&](int variable) { return synapses->read(flights, source, table.segments[g], k, state.step, variable); };
              calcium.back().push_back(value(0));
              if (synapses->n_state() < 6) continue;
              const std::vector<double> shared{value(2), value(3), value(4), value(5)};
              const auto first = of_source.emplace(source, shared).first;
              for (std::size_t i = 0; i < 4; ++i) EXPECT_NEAR(shared[i], first->second[i], 1e-11) << "source " << source << ", synapse " << k << ", variable " << i;
            }
      }
  }
  ASSERT_EQ(calcium[0].size(), calcium[1].size());
  double largest = 0;
  for (const double Ca : calcium[1]) largest = std::max(largest, Ca);
  ASSERT_GT(largest, 0.1);
  const double noticeable = std::pow(1e-3 * k_2 / k_1, 0.25);
  std::size_t same = 0;
  for (std::size_t k = 0; k < calcium[0].size(); ++k) {
    EXPECT_NEAR(calcium[0][k], calcium[1][k], noticeable / 2) << "synapse " << k;
    same += std::abs(calcium[0][k] - calcium[1][k]) < 1e-10 * largest;
  }
  EXPECT_GT(same, calcium[0].size() * 9 / 10);
}

TEST(Calcium, StatesOf16BitsLearnTheSameOnAverage) {
  Tissue a = busy(20000, false), b = busy(20000, false);
  SynapseSpec full = camkii("lazy", "omega", 1e-3), narrow = full;
  full.params["gamma"] = narrow.params["gamma"] = 0.025;
  narrow.choices["states"] = "16_bits";
  const auto wanted = a.run(full, {20000}).back(), got = b.run(narrow, {20000}).back();
  double change = 0, difference = 0, error = 0;
  for (std::size_t k = 0; k < wanted.size(); ++k) {
    change += std::abs(wanted[k].weight - w_max / 2);
    difference += got[k].weight - wanted[k].weight;
    error += std::abs(got[k].weight - wanted[k].weight);
  }
  EXPECT_GT(change / static_cast<double>(wanted.size()), 0.001 * w_max);
  EXPECT_LT(error, 0.03 * change);                   // of each synapse
  EXPECT_LT(std::abs(difference), 0.003 * change);   // of all: what rounding loses here it makes up for there
}

/// Sources that fire in volleys, of which each takes part in half, and now and then twice in a step. Delays are drawn: 30 cells are four segments of a
/// source on one thread, and single synapses on seven.
Tissue volleys(bool double_precision) {
  Tissue tissue{.times = {}, .who = {}, .sources = 9, .cells = 30, .noise_pA = 300, .constant_pA = 330, .double_precision = double_precision};
  tissue.delay = Values::uniform(1, 1.3);
  std::mt19937 random(7);
  std::exponential_distribution<double> gap(0.03);
  for (double t = 3; t < 4000; t += 1 + gap(random))
    for (int source = 0; source < tissue.sources; ++source)
      for (int spikes = random() % 2 ? random() % 8 ? 1 : 2 : 0; spikes > 0; --spikes) {
        tissue.times.push_back(std::round(t * 10) / 10);
        tissue.who.push_back(source);
      }
  return tissue;
}

/// Variables of synapses, in an order that does not depend on the number of threads.
std::vector<std::array<double, 3>> sorted(const std::vector<Synapse>& synapses) {
  std::vector<std::array<double, 3>> out;
  for (const Synapse& s : synapses) out.push_back({s.weight, s.Ca, s.K});
  std::sort(out.begin(), out.end());
  return out;
}

TEST(Calcium, ASynapseComputesTheSameWhoeverSharesItsVector) {
  const std::vector<double> looks{777.7, 2000, 4000};
  SynapseSpec synapse = camkii("lazy", "omega", 1e-2);
  synapse.params["gamma"] = 0.025;
  for (const bool double_precision : {false, true}) {
    SCOPED_TRACE(double_precision ? "double" : "single");
    Tissue together = volleys(double_precision);
    const auto wanted = together.run(synapse, looks);
    std::size_t learnt = 0;
    for (const Synapse& s : wanted.back()) learnt += std::abs(s.weight - w_max / 2) > 0.01 * w_max;
    EXPECT_GT(learnt, 100u);
    for (const int threads : {2, 7}) {  // shorter segments
      Tissue on_more = volleys(double_precision);
      on_more.threads = threads;
      const auto got = on_more.run(synapse, looks);
      for (std::size_t t = 0; t < looks.size(); ++t) EXPECT_TRUE(sorted(got[t]) == sorted(wanted[t])) << threads << " threads, " << looks[t] << " ms";
    }
    // One source, and the others are silent: in double precision their targets would notice.
    for (int source = 0; source < (double_precision ? 0 : together.sources); ++source) {
      Tissue alone = volleys(double_precision);
      alone.times.clear(), alone.who.clear();
      for (std::size_t k = 0; k < together.times.size(); ++k)
        if (together.who[k] == source) alone.times.push_back(together.times[k]), alone.who.push_back(source);
      const auto got = alone.run(synapse, looks);
      for (std::size_t t = 0; t < looks.size(); ++t)
        for (std::size_t cell = 0; cell < 30; ++cell) {
          const Synapse &a = got[t][static_cast<std::size_t>(source) * 30 + cell], &b = wanted[t][static_cast<std::size_t>(source) * 30 + cell];
          EXPECT_TRUE(a.weight == b.weight && a.Ca == b.Ca && a.K == b.K) << "source " << source << ", synapse " << cell << ", " << looks[t] << " ms";
        }
    }
  }
}

TEST(Calcium, ASourceMayHaveMoreSynapsesOfOneDelayThanASegmentCounts) {
  Tissue tissue{.times = {5, 30}, .who = {0, 0}, .cells = 65600, .dt_ms = 1, .constant_pA = 300, .double_precision = false};
  const auto got = tissue.run(camkii("lazy"), {40}).back();
  ASSERT_EQ(got.size(), 65600u);
  EXPECT_GT(got[0].K, 0);
  for (const Synapse& s : got) ASSERT_TRUE(s.Ca == got[0].Ca && s.K == got[0].K && s.weight == got[0].weight);
}

TEST(Calcium, VisitedAndSteppedSynapsesHaveTheSameCalciumWhereDelaysAreDrawn) {
  Tissue a = volleys(true), b = volleys(true);
  const std::vector<double> looks{777.7, 2000, 4000};
  const auto lazy = a.run(camkii("lazy"), looks), stepped = b.run(camkii("clock_driven"), looks);
  double Ca_most = 0, K_most = 0, K_error = 0;
  for (std::size_t t = 0; t < looks.size(); ++t)
    for (const Synapse& s : stepped[t]) Ca_most = std::max(Ca_most, s.Ca), K_most = std::max(K_most, s.K);
  ASSERT_GT(K_most, 0.1);
  for (std::size_t t = 0; t < looks.size(); ++t)
    for (std::size_t k = 0; k < stepped[t].size(); ++k) {
      EXPECT_NEAR(lazy[t][k].Ca, stepped[t][k].Ca, 1e-10 * Ca_most) << "synapse " << k << ", " << looks[t] << " ms";
      K_error = std::max(K_error, std::abs(lazy[t][k].K - stepped[t][k].K));
    }
  EXPECT_LT(K_error / K_most, 0.011);
}

TEST(Calcium, LookingAtASynapseDoesNotAdvanceIt) {
  Tissue a = busy(1000, true), b = busy(1000, true);
  const auto once = a.run(camkii("lazy"), {1000});
  const auto often = b.run(camkii("lazy"), {1, 77, 500.3, 999.9, 1000});
  for (std::size_t k = 0; k < once[0].size(); ++k) {
    EXPECT_EQ(once[0][k].Ca, often.back()[k].Ca);
    EXPECT_EQ(once[0][k].K, often.back()[k].K);
    EXPECT_EQ(once[0][k].weight, often.back()[k].weight);
  }
}

TEST(Calcium, SettingsThatDoNotGoTogetherAreRefusedWithTheReason) {
  const auto problem = [](const SynapseSpec& synapse) -> std::string {
    try {
      engine::check(Tissue{.times = {1}, .who = {0}}.network(synapse, 10));
    } catch (const InputError& e) {
      return e.what();
    }
    return "none";
  };
  SynapseSpec fast = camkii("lazy"), fraction = fast, twin = camkii("clock_driven"), crossed = fast, heavy = fast;
  fast.params["beta"] = 0.06;
  fraction.params["n"] = 3.5;
  twin.choices["states"] = "16_bits";
  crossed.params["theta_d"] = 0.4;
  heavy.params["w_max"] = w_max / 4;
  EXPECT_EQ(problem(camkii("lazy")), "none");
  EXPECT_NE(problem(fast).find("beta must be below 1 / tau_Ca"), std::string::npos) << problem(fast);
  EXPECT_NE(problem(fraction).find("n must be a whole number"), std::string::npos) << problem(fraction);
  EXPECT_NE(problem(twin).find("goes with method = \"lazy\""), std::string::npos) << problem(twin);
  EXPECT_NE(problem(crossed).find("theta_d must not be above theta_p"), std::string::npos) << problem(crossed);
  EXPECT_NE(problem(heavy).find("the initial weights must not be above w_max"), std::string::npos) << problem(heavy);
}

TEST(Magnesium, TheOpenShareIsThatOfJahrAndStevens) {
  const std::pair<double, double> table[] = {{-80, .0244246530}, {-65, .0596681536}, {-40, .2301553183}, {-20, .5081406795}, {0, .7811816193}, {20, .9250180335}};
  for (const auto& [V, share] : table) EXPECT_NEAR(engine::magnesium::open_share(V, 1), share, 1e-10) << V;
}

/// V of a leaky cell at 100 ms after one spike opens 5 nS of NMDA receptors at 10 ms.
double nmda_potential(double dt_ms, bool double_precision = true) {
  NetworkSpec spec;
  spec.simulation.dt_ms = dt_ms;
  spec.simulation.duration_ms = 100;
  spec.simulation.double_precision = double_precision;
  auto nmda = receptor("nmda", "nmda");
  nmda.conductance = true;
  spec.populations = {spike_train("source", 1, {9}, {0}), leaky("target", 1, {nmda})};
  spec.projections = {connect(spec, 0, 1, Rule::Kind::one_to_one, 20, 1)};
  spec.recordings = {record_state(spec, 1, {"V_m"}, dt_ms)};
  return values_of(simulate(spec).traces[0]).back();
}

TEST(Magnesium, ACellWithNmdaReceptorsFollowsItsEquation) {
  // Runge-Kutta, 1 us: g starts at 20 nS, and decays with 151.5 ms
  double V = -70;
  const auto slope = [](double v, double t) { return -(v + 70) / 10 + 20 * std::exp(-0.0066 * t) * influx(v) / 250; };
  const double h = 1e-3;
  for (int k = 0; k < 90000; ++k) {
    const double t = k * h, a = slope(V, t), b = slope(V + h / 2 * a, t + h / 2), c = slope(V + h / 2 * b, t + h / 2), d = slope(V + h * c, t + h);
    V += h / 6 * (a + 2 * b + 2 * c + d);
  }
  ASSERT_GT(V, -69);
  ASSERT_LT(V, -56);
  const double coarse = nmda_potential(0.1) - V, fine = nmda_potential(0.05) - V;
  EXPECT_LT(std::abs(fine), 5e-3);
  EXPECT_NEAR(coarse / fine, 2, 0.2);  // first order in the block
  EXPECT_NEAR(nmda_potential(0.1, false), nmda_potential(0.1), 1e-4);
}

}  // namespace
}  // namespace ranvier::test_plastic
