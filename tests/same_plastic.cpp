// SPDX-License-Identifier: Apache-2.0
/// One network, one answer, for synapses with a state: every rule gives the same spikes and the same weights, to the last
/// bit, for any number of threads, in pieces, brought up to date early or not, and after a rest in a file on another
/// number of threads.

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "engine/synapse_model.hpp"
#include "engine_example.hpp"
#include "io/state_file.hpp"

namespace ranvier::test_engine {
namespace {

struct Case {
  std::string name;
  NetworkSpec spec;
};

/// Two substances with pulses from everywhere they can come from.
std::vector<VolumeSpec> volumes(const NetworkSpec& spec) {
  VolumeSpec reward{.name = "reward", .tau_ms = 15, .baseline = 0.02};
  reward.pulses = {{.kind = PulseSpec::Kind::pairing, .amount = 0.3, .source = {0, 3, 4, 1}, .target = {1, 20, 21, 1}, .delay_low_ms = 4, .delay_high_ms = 40},
                   {.kind = PulseSpec::Kind::random, .amount = 0.1, .interval_ms = 7},
                   {.kind = PulseSpec::Kind::times, .times_ms = {0, 30, 30, 75.5, 1000}, .amounts = {0.4, 0.1, 0.2, 0.3, 1}}};
  VolumeSpec busy{.name = "busy", .tau_ms = 5};
  busy.pulses = {{.kind = PulseSpec::Kind::spikes, .amount = 0.01, .source = whole(spec, 0), .delay_low_ms = 0.3, .delay_high_ms = 0.3},
                 {.kind = PulseSpec::Kind::spikes, .amount = 0.003, .source = {2, 0, 21, 3}, .delay_low_ms = 2, .delay_high_ms = 2}};
  return {reward, busy};
}

/// 70 driven cells, half of which excite all by synapses that follow the rules; sizes that divide nothing.
NetworkSpec recurrent(std::vector<SynapseSpec> synapse, int k) {
  NetworkSpec spec;
  auto& sim = spec.simulation;
  sim.duration_ms = 200;
  sim.warmup_ms = k % 2 ? 20 : 0;
  sim.seed = static_cast<std::uint64_t>(40 + k);
  sim.double_precision = k % 4 == 3;
  spec.populations = {leaky("E", 37), leaky("I", 33), poisson_source("source", 21, 40), leaky("quiet", 19)};
  spec.populations[3].params["V_th"] = Values::constant(-69.4);  // an arrival or two make it fire; between them its cells sleep
  spec.volumes = volumes(spec);
  for (const SynapseSpec& s : synapse)
    if (const auto& model = *engine::find_synapse(s.rule); model.receptor_tau_ms)
      for (std::size_t p : {0u, 1u, 3u}) decay_with(spec.populations[p], model.receptor_tau_ms(engine::synapse_parameters(model, s, {}, sim.dt_ms)));
  for (int p : {0, 1}) {
    spec.populations[static_cast<std::size_t>(p)].initial["V_m"] = Values::uniform(-70, -55);
    spec.populations[static_cast<std::size_t>(p)].params["t_ref"] = Values::constant(1 + p);
  }
  ProjectionSpec plastic = connect(spec, 0, k % 3 ? 0 : 1, Rule::Kind::pairwise_bernoulli);
  plastic.rule.probability = 0.6;
  plastic.weight = k % 5 == 4 ? Values::constant(0.4) : Values::uniform(0.2, 0.9);
  plastic.delay_ms = k % 2 ? Values::uniform(0.5, 6) : Values::constant(1.3);
  plastic.dendritic_delay_fraction = std::vector{1.0, 0.0, 0.4}[static_cast<std::size_t>(k % 3)];
  plastic.synapse = std::move(synapse);
  ProjectionSpec from_source = plastic;
  from_source.source = {2, 1, 21, 2};
  from_source.target = whole(spec, 0);
  from_source.rule.probability = 0.9;
  ProjectionSpec onto_quiet = plastic;
  onto_quiet.source = {0, 3, 20, 1};
  onto_quiet.target = whole(spec, 3);
  std::erase_if(from_source.synapse, [](const SynapseSpec& s) { return s.rule == "structural_growth"; });  // not from sources of spikes
  spec.projections = {plastic, from_source, connect(spec, 1, 0, Rule::Kind::pairwise_bernoulli, -0.5, 0.9)};
  spec.projections[2].rule.probability = 0.3;
  spec.projections.push_back(onto_quiet);
  InputSpec drive;
  drive.kind = InputSpec::Kind::poisson;
  drive.rate_hz = Values::constant(9000);
  drive.weight = Values::constant(0.17);
  for (int p : {0, 1}) {
    drive.target = whole(spec, p);
    spec.inputs.push_back(drive);
  }
  for (int p : {0, 1, 2, 3}) spec.recordings.push_back(record_spikes(spec, p));
  RecordingSpec weights;
  weights.kind = RecordingSpec::Kind::weights;
  for (const auto& p : {plastic, from_source, onto_quiet}) {
    weights.name = "weights";
    weights.sources = p.source;
    weights.targets = p.target;
    spec.recordings.push_back(weights);
  }
  return spec;
}

SynapseSpec with_bounds(const engine::SynapseModel& model) {
  SynapseSpec s{.rule = std::string(model.info->name), .params = {}, .choices = {}};
  for (const auto& p : model.info->parameters) {
    if (p.name == "w_max") s.params["w_max"] = 1;
    if (p.name == "tau_c") s.params["tau_c"] = 12;  // ms: spans of 8 tau_c end within the run
    if (p.name == "A_plus" || p.name == "A_minus") s.params[std::string(p.name)] = 0.1;
    if (p.name == "lambda" || p.name == "eta") s.params[std::string(p.name)] = 0.03;
    if (p.name == "eta" && model.scaling) s.params["eta"] = 0.005;
    if (p.name == "gamma") s.params["gamma"] = 0.1;
    if (p.name == "alpha" && p.unit == "1/ms") s.params["alpha"] = 1;
    if (!model.structure) continue;  // two structural steps within the run, at which much comes and goes
    if (p.name == "interval") s.params["interval"] = 100;
    if (p.name.starts_with("nu_")) s.params[std::string(p.name)] = 40;
    if (p.name == "tau_Ca" || p.name == "tau_a") s.params[std::string(p.name)] = 100;
    if (p.name.starts_with("eps_")) s.params[std::string(p.name)] = 0.002;
    if (p.name == "vacant") s.params["vacant"] = 4;
    if (p.name == "slope") s.params["slope"] = 50;
    if (p.name == "psi") s.params["psi"] = 0.001;
    if (p.name == "places") s.params["places"] = 37;
  }
  return s;
}

/// Every rule with every word of its choices, alone and joined with one of the other kind.
const std::vector<Case>& cases() {
  static const std::vector<Case> all = [] {
    std::vector<Case> out;
    const auto add = [&](std::vector<SynapseSpec> rules, const std::string& name) { out.push_back({name, recurrent(std::move(rules), static_cast<int>(out.size()))}); };
    for (const auto* info : engine::all_models()) {
      if (info->kind != engine::ModelInfo::Kind::synapse) continue;
      const engine::SynapseModel& model = *engine::find_synapse(info->name);
      SynapseSpec s = with_bounds(model);
      if (model.looks_back_ms) s.volume = "busy";
      add({s}, s.rule);
      if (model.looks_back_ms) s.volume = "reward";
      for (const auto& choice : info->choices) {
        for (const auto word : choice.words) {
          s.choices[std::string(choice.name)] = word;
          add({s}, s.rule + " " + std::string(word));
        }
        s.choices.clear();
      }
      const SynapseSpec other = with_bounds(*engine::find_synapse(model.changes_weights() ? "tsodyks_markram" : "stdp"));
      add({s, other}, s.rule + " with " + other.rule);
      if (info->name == "structural_growth")  // with rules that draw numbers, watch potentials, or follow a volume
        for (const auto* rule : {"graupner_brunel", "clopath", "stdp_dopamine"}) {
          SynapseSpec weight = with_bounds(*engine::find_synapse(rule));
          if (engine::find_synapse(rule)->looks_back_ms) weight.volume = "busy";
          add({s, weight}, s.rule + " with " + rule);
        }
      if (model.structure) add({with_bounds(*engine::find_synapse("stdp_triplet")), with_bounds(*engine::find_synapse("varela")), s}, s.rule + " with stdp_triplet and varela");
      if (model.structure) add({with_bounds(*engine::find_synapse("camkii")), with_bounds(*engine::find_synapse("homeostasis")), s}, s.rule + " with camkii and homeostasis");
    }
    return out;
  }();
  return all;
}

struct Outcome {
  std::vector<Spike> spikes;
  std::vector<std::vector<double>> weights, delays;
  std::vector<std::vector<std::uint32_t>> sources, targets;
  explicit Outcome(const RunResult& r) : spikes(r.spikes) {
    for (const auto& c : r.connections) {
      weights.push_back(c.weight);
      delays.push_back(c.delay_ms);
      sources.push_back(c.source);
      targets.push_back(c.target);
    }
  }
  friend bool operator==(const Outcome&, const Outcome&) = default;
};

template <class Test>
void for_each_case(Test test) {
  for (const Case& c : cases()) {
    SCOPED_TRACE(c.name);
    test(c.spec, Outcome(simulate(c.spec)));
  }
}

TEST(SamePlastic, spikes_and_weights_are_identical_on_1_2_3_and_7_threads) {
  int k = 0;
  for_each_case([&](const NetworkSpec& spec, const Outcome& expected) {
    for (const int threads : {2, k++ % 3 ? 3 : 7}) EXPECT_TRUE(Outcome(simulate(spec, {.threads = threads})) == expected) << threads << " threads";
  });
}

TEST(SamePlastic, spikes_and_weights_are_identical_in_pieces_whatever_is_brought_up_to_date_in_between) {
  for_each_case([](const NetworkSpec& spec, const Outcome& expected) {
    const auto net = engine::build(spec, {.threads = 2});
    engine::State state = engine::start(*net);
    engine::Recorder recorder(*net);
    for (std::uint32_t step : {3u, 4u, 777u, 778u, 1500u, 1899u, steps_of(spec)}) {
      engine::run(*net, state, {.until_step = step, .warmup_step = 0}, recorder);
      for (const auto& shard : state.shards)
        for (const auto& synapses : shard.plastic)
          if (step % 2 == 0) synapses->sweep(state.step);
    }
    RunResult result;
    recorder.finish(*net, state, result);
    EXPECT_TRUE(Outcome(result) == expected);
  });
}

TEST(SamePlastic, weights_taken_on_the_way_are_those_of_a_run_that_ends_there_and_taking_them_changes_no_bits) {
  for_each_case([](NetworkSpec spec, const Outcome& expected) {
    const bool grows = std::any_of(spec.projections.begin(), spec.projections.end(), [](const ProjectionSpec& p) {
      return std::any_of(p.synapse.begin(), p.synapse.end(), [](const SynapseSpec& s) { return engine::find_synapse(s.rule)->structure; });
    });
    if (grows) return;  // refused
    const double run_ms = spec.simulation.warmup_ms + spec.simulation.duration_ms;
    NetworkSpec sampled = spec;
    for (RecordingSpec& r : sampled.recordings)
      if (r.kind == RecordingSpec::Kind::weights) r.interval_ms = 33.3, r.stop_ms = 150;
    const auto rest_of = [&](RunResult& r) {  // the same synapses as without an interval, in an order that does not go by their weights
      for (Connections& c : r.connections) {
        std::vector<std::tuple<std::uint32_t, std::uint32_t, std::uint16_t, double, double>> all;
        for (std::size_t k = 0; k < c.source.size(); ++k) all.emplace_back(c.source[k], c.target[k], c.receptor[k], c.delay_ms[k], c.weight[k]);
        std::sort(all.begin(), all.end());
        for (std::size_t k = 0; k < all.size(); ++k) std::tie(c.source[k], c.target[k], c.receptor[k], c.delay_ms[k], c.weight[k]) = all[k];
      }
      return Outcome(r);
    };
    RunResult one = simulate(sampled, {.threads = 1});
    const RunResult many = simulate(sampled, {.threads = 3}, {333, 334, 1000});
    NetworkSpec until = spec;  // ends with a sample
    until.simulation.warmup_ms = 0;
    until.simulation.duration_ms = 133.2;
    const RunResult there = simulate(until);
    for (std::size_t k = 0; k < one.connections.size(); ++k) {
      const Connections &c = one.connections[k], &end = there.connections[k];
      EXPECT_EQ(c.sample_steps, (std::vector<std::uint32_t>{0, 333, 666, 999, 1332}));
      EXPECT_EQ(c.samples, many.connections[k].samples);
      const std::size_t n = c.source.size();
      ASSERT_EQ(n, end.source.size());
      ASSERT_GT(n, 0u);
      std::visit([&](const auto& samples) {
        ASSERT_EQ(samples.size(), 5 * n);
        for (std::size_t i = 0; i < n; ++i) EXPECT_EQ(samples[4 * n + i], static_cast<std::remove_cvref_t<decltype(samples[0])>>(end.weight[i])) << i;
      }, c.samples);
    }
    EXPECT_GT(run_ms, 150);
    EXPECT_TRUE(rest_of(one) == expected);
  });
}

/// Cells that fire far more often than their sources, until one thread has to bring its synapses up to date by itself and
/// seven, with a seventh of the history each, have not.
TEST(SamePlastic, weights_are_identical_where_histories_outgrow_their_limit) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 500;
  spec.populations = {leaky("E", 2000), poisson_source("source", 100, 10)};
  spec.populations[0].params["t_ref"] = Values::constant(0.5);
  InputSpec drive;
  drive.kind = InputSpec::Kind::dc;
  drive.target = whole(spec, 0);
  drive.amplitude_pA = Values::uniform(4000, 6000);
  spec.inputs = {drive};
  ProjectionSpec p = connect(spec, 1, 0, Rule::Kind::pairwise_bernoulli, 0.5, 0.9);
  p.rule.probability = 0.2;
  p.delay_ms = Values::uniform(0.5, 2);
  p.synapse = {{.rule = "stdp", .params = {{"lambda", 1e-3}, {"w_max", 1}}, .choices = {}}};  // slow and multiplicative: no weight runs into a bound
  spec.projections = {p};
  RecordingSpec weights;
  weights.kind = RecordingSpec::Kind::weights;
  weights.name = "weights";
  weights.sources = p.source;
  weights.targets = p.target;
  spec.recordings = {weights};
  const RunResult one = simulate(spec);
  EXPECT_GT(one.work.spikes, 300'000);
  for (const double w : one.connections.at(0).weight) ASSERT_TRUE(w > 0 && w < 1) << w;
  EXPECT_TRUE(Outcome(one) == Outcome(simulate(spec, {.threads = 7})));
}

/// Sources that fire twice in a step, on average, onto cells that fire at some spikes/s, by delays of many lengths: so that several spikes of one
/// source and one stamp are under way together.
NetworkSpec crowded(std::vector<SynapseSpec> synapse) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 60;
  spec.simulation.seed = 5;
  spec.populations = {leaky("E", 37), poisson_source("source", 7, 20'000)};
  spec.populations[0].params["t_ref"] = Values::constant(1);
  spec.populations[0].initial["V_m"] = Values::uniform(-70, -55);
  spec.volumes = {{.name = "reward", .tau_ms = 15}};
  spec.volumes[0].pulses = {{.kind = PulseSpec::Kind::random, .amount = 0.1, .interval_ms = 7}};
  ProjectionSpec p = connect(spec, 1, 0, Rule::Kind::pairwise_bernoulli, 0.01);
  p.rule.probability = 0.7;
  p.weight = Values::uniform(0.002, 0.01);
  p.delay_ms = Values::uniform(0.1, 6);
  p.dendritic_delay_fraction = 0.4;
  p.synapse = std::move(synapse);
  spec.projections = {p};
  InputSpec drive;
  drive.kind = InputSpec::Kind::poisson;
  drive.target = whole(spec, 0);
  drive.rate_hz = Values::constant(9000);
  drive.weight = Values::constant(0.15);
  spec.inputs = {drive};
  RecordingSpec weights;
  weights.kind = RecordingSpec::Kind::weights;
  weights.name = "weights";
  weights.sources = p.source;
  weights.targets = p.target;
  spec.recordings = {record_spikes(spec, 0), weights};
  return spec;
}

/// Runs in pieces, after each of which all synapses are brought up to date, and rests once as a snapshot.
Outcome in_swept_pieces(const NetworkSpec& spec, int threads, int threads_then) {
  auto net = engine::build(spec, {.threads = threads});
  engine::State state = engine::start(*net);
  auto recorder = std::make_unique<engine::Recorder>(*net);
  std::vector<Spike> spikes;
  for (const std::uint32_t step : {30u, 123u, 124u, 317u, 450u, steps_of(spec)}) {
    engine::run(*net, state, {.until_step = step, .warmup_step = 0}, *recorder);
    for (const auto& shard : state.shards)
      for (const auto& synapses : shard.plastic) synapses->sweep(state.step);
    if (step != 317) continue;
    const engine::Snapshot rest = engine::snapshot(*net, state);
    RunResult result;
    recorder->finish(*net, state, result);
    spikes = result.spikes;
    net = engine::build(spec, {.threads = threads_then});
    state = engine::restore(*net, rest);
    recorder = std::make_unique<engine::Recorder>(*net);
  }
  RunResult result;
  recorder->finish(*net, state, result);
  result.spikes.insert(result.spikes.begin(), spikes.begin(), spikes.end());
  return Outcome(result);
}

TEST(SamePlastic, spikes_and_weights_are_identical_where_sources_fire_twice_in_a_step) {
  std::vector<std::vector<SynapseSpec>> rules;
  for (const auto* name : {"stdp", "stdp_triplet", "clopath", "stdp_dopamine", "camkii"}) {
    SynapseSpec rule = with_bounds(*engine::find_synapse(name));
    if (engine::find_synapse(name)->looks_back_ms) rule.volume = "reward";
    for (const auto* limit : {"w_max", "lambda", "A_plus", "A_minus"})
      if (rule.params.contains(limit)) rule.params[limit] = 0.02;
    rules.push_back({rule});
  }
  const SynapseSpec structure = with_bounds(*engine::find_synapse("structural_sigmoid"));
  rules.push_back({with_bounds(*engine::find_synapse("stdp")), structure});
  rules.push_back({with_bounds(*engine::find_synapse("camkii")), with_bounds(*engine::find_synapse("tsodyks_markram")), structure});
  for (const auto& rule : rules) {
    SCOPED_TRACE(rule[0].rule + (rule.size() > 1 ? " and structure" : ""));
    NetworkSpec spec = crowded(rule);
    if (rule.back().rule == structure.rule) spec.simulation.duration_ms = 115;  // past one structural step
    const Outcome expected(simulate(spec));
    EXPECT_GT(expected.spikes.size(), 20u);
    for (const int threads : {2, 3, 7}) EXPECT_TRUE(Outcome(simulate(spec, {.threads = threads})) == expected) << threads << " threads";
    EXPECT_TRUE(in_swept_pieces(spec, 1, 3) == expected);
    EXPECT_TRUE(in_swept_pieces(spec, 7, 2) == expected);
  }
}

TEST(SamePlastic, looking_at_weights_changes_nothing) {
  for_each_case([](const NetworkSpec& spec, const Outcome& expected) {
    const auto net = engine::build(spec, {.threads = 2});
    engine::State state = engine::start(*net);
    engine::Recorder recorder(*net);
    double sum = 0;
    for (std::uint32_t step = 500; step <= steps_of(spec); step += 250) {
      engine::run(*net, state, {.until_step = std::min(step, steps_of(spec))}, recorder);
      engine::for_each_plastic_synapse(*net, state, 0, 0, [&](const engine::SynapseRecord& s) { sum += s.weight; });
      (void)engine::snapshot(*net, state);
    }
    engine::run(*net, state, {.until_step = steps_of(spec)}, recorder);
    RunResult result;
    recorder.finish(*net, state, result);
    EXPECT_TRUE(Outcome(result) == expected);
  });
}

TEST(SamePlastic, spikes_and_weights_are_identical_after_a_rest_in_a_file_on_another_number_of_threads) {
  std::string folder = (std::filesystem::temp_directory_path() / "ranvier-plastic-XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  const auto file = std::filesystem::path(folder) / "state.h5";
  int k = 0;
  for_each_case([&](const NetworkSpec& spec, const Outcome& expected) {
    ++k;
    std::vector<Spike> spikes;
    {
      const auto net = engine::build(spec, {.threads = 1 + k % 3});
      engine::State state = engine::start(*net);
      engine::Recorder recorder(*net);
      engine::run(*net, state, {.until_step = static_cast<std::uint32_t>(834 + 7 * k)}, recorder);
      RunResult result;
      recorder.finish(*net, state, result);
      spikes = result.spikes;
      io::write_state(file, engine::snapshot(*net, state), true);
    }
    const auto net = engine::build(spec, {.threads = 1 + (k + 1) % 4});
    engine::State state = engine::restore(*net, io::read_state(file));
    engine::Recorder recorder(*net);
    engine::run(*net, state, {.until_step = steps_of(spec)}, recorder);
    RunResult result;
    recorder.finish(*net, state, result);
    result.spikes.insert(result.spikes.begin(), spikes.begin(), spikes.end());
    EXPECT_TRUE(Outcome(result) == expected);
  });
  std::filesystem::remove_all(folder);
}

TEST(SamePlastic, what_is_saved_of_synapses_is_identical_on_1_3_and_7_threads) {
  for (const Case& c : cases()) {
    if (c.name.find(' ') != std::string::npos && !c.name.starts_with("structural_")) continue;  // each rule alone, and all with structure
    SCOPED_TRACE(c.name);
    const auto saved = [&](int threads) {
      const auto net = engine::build(c.spec, {.threads = threads});
      engine::State state = engine::start(*net);
      engine::Recorder recorder(*net);
      engine::run(*net, state, {.until_step = 1300}, recorder);  // past a structural step
      std::map<std::string, std::vector<double>> arrays;
      for (const auto& a : engine::snapshot(*net, state).arrays)
        if (a.name.starts_with("projections/")) arrays[a.name] = a.values;
      return arrays;
    };
    const auto one = saved(1);
    for (const int threads : {3, 7})
      for (const auto& [name, values] : saved(threads)) EXPECT_TRUE(one.at(name) == values) << name << " on " << threads << " threads";
  }
}

TEST(SamePlastic, the_networks_are_lively_and_their_weights_move) {
  for_each_case([](const NetworkSpec& spec, const Outcome& outcome) {
    EXPECT_GT(outcome.spikes.size(), 200u);
    const bool watched = std::any_of(spec.projections[0].synapse.begin(), spec.projections[0].synapse.end(), [](const SynapseSpec& s) { return engine::find_synapse(s.rule)->watches_potential; });
    EXPECT_EQ(engine::build(spec, {})->populations[3].sleeps, !watched);
    EXPECT_GT(std::count_if(outcome.spikes.begin(), outcome.spikes.end(), [](const Spike& s) { return s.neuron >= 37 + 33 + 21; }), 5);
    const bool changes = std::any_of(spec.projections[0].synapse.begin(), spec.projections[0].synapse.end(), [](const SynapseSpec& s) { return engine::find_synapse(s.rule)->changes_weights() || engine::find_synapse(s.rule)->scaling; });
    const bool rewires = std::any_of(spec.projections[0].synapse.begin(), spec.projections[0].synapse.end(), [](const SynapseSpec& s) { return engine::find_synapse(s.rule)->structure; });
    const Outcome start(simulate([&] { NetworkSpec s = spec; s.simulation.duration_ms = 0.1; s.simulation.warmup_ms = 0; return s; }()));
    EXPECT_EQ(outcome.weights != start.weights, changes || rewires);
    EXPECT_EQ(outcome.targets != start.targets, rewires);
    if (!rewires) return;
    for (const auto& series : simulate(spec).structure)
      if (series.projection == 0) {
        std::int64_t made = 0, removed = 0;
        for (const auto& c : series.counts) {
          made += c.made;
          removed += c.removed;
        }
        EXPECT_GT(made, 20);
        EXPECT_GT(removed, 20);
      }
  });
}

}  // namespace
}  // namespace ranvier::test_engine
