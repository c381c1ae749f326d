// SPDX-License-Identifier: Apache-2.0
/// Cells off the grid: closed forms, exact times, what happens where grids meet, and NEURON's spikes of a SONATA example.

#include <gtest/gtest.h>

#include <cmath>

#include "engine_example.hpp"
#include "io/columns.hpp"
#include "io/network_file.hpp"
#include "io/tables.hpp"

namespace ranvier::test_engine {
namespace {

PopulationSpec intfire(std::int64_t size, double tau, double t_ref) {
  PopulationSpec p;
  p.name = "off grid";
  p.size = size;
  p.membrane = "intfire1";
  p.receptors = {receptor("m", "event")};
  p.params = {{"tau", Values::constant(tau)}, {"t_ref", Values::constant(t_ref)}};
  return p;
}

/// One cell that gets a spike of weight weights[k] at times_ms[k] + delay_ms, each from a source of its own.
NetworkSpec one_cell(const std::vector<double>& times_ms, const std::vector<double>& weights, double tau = 10, double t_ref = 5, double delay_ms = 1) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 100;
  std::vector<std::int64_t> neurons;
  for (std::size_t k = 0; k < times_ms.size(); ++k) neurons.push_back(static_cast<std::int64_t>(k));
  spec.populations = {spike_train("in", static_cast<std::int64_t>(times_ms.size()), times_ms, neurons), intfire(1, tau, t_ref)};
  ProjectionSpec p = connect(spec, 0, 1, Rule::Kind::all_to_all, 0, delay_ms);
  p.rule.kind = Rule::Kind::edges;
  p.rule.edge_sources = std::make_shared<const std::vector<std::int64_t>>(neurons);
  p.rule.edge_targets = std::make_shared<const std::vector<std::int64_t>>(neurons.size(), 0);
  p.weight.kind = Values::Kind::column;
  p.weight.column = std::make_shared<const std::vector<double>>(weights);
  spec.projections = {p};
  spec.recordings = {record_spikes(spec, 1)};
  return spec;
}

std::vector<double> spikes_of(const std::vector<double>& times_ms, const std::vector<double>& weights, double tau = 10, double t_ref = 5, double delay_ms = 1) {
  return simulate(one_cell(times_ms, weights, tau, t_ref, delay_ms)).times_ms;
}

std::string complaint(const NetworkSpec& spec) {
  try {
    engine::check(spec);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

NetworkSpec example() {
  NetworkSpec spec = io::read_network(std::filesystem::path(RANVIER_SOURCE_DIR) / "examples/intfire_300.toml");
  spec.recordings = {record_spikes(spec, 2)};
  return spec;
}

// --- the cell

TEST(Intfire1, a_constant_train_fires_the_cell_at_the_events_that_the_geometric_sum_names) {
  const double tau = 10, t_ref = 4, T = 1.7, w = 0.25, delay = 0.35;
  std::vector<double> times;
  for (int k = 0; k < 50; ++k) times.push_back(0.123 + k * T);
  const double q = std::exp(-T / tau);
  int n = 1;  // events from rest until m = w (1 - q^n) / (1 - q) > 1
  while (w * (1 - std::pow(q, n)) / (1 - q) <= 1) ++n;
  ASSERT_GT(n, 3);
  std::vector<double> expected;
  for (int k = n - 1; k < 50; k += n + 2) expected.push_back(times[static_cast<std::size_t>(k)] + delay);  // 2 events lie in t_ref
  EXPECT_EQ(spikes_of(times, std::vector<double>(50, w), tau, t_ref, delay), expected);
}

TEST(Intfire1, m_decays_exactly_from_the_exact_time_of_an_event) {
  NetworkSpec spec = one_cell({3.14159, 7.77}, {0.5, -2}, 7, 5, 1.2345);
  spec.simulation.double_precision = true;
  spec.recordings = {record_state(spec, 1, {"m"})};
  const RunResult result = simulate(spec);
  const auto m = values_of(result.traces[0]);
  const auto after = [](double t, double since, double w) { return t < since ? 0 : w * std::exp(-(t - since) / 7); };
  for (std::size_t k = 0; k < m.size(); ++k) {
    const double t = static_cast<double>(k + 1) / 10;
    EXPECT_NEAR(m[k], after(t, 3.14159 + 1.2345, 0.5) + after(t, 7.77 + 1.2345, -2), 1e-15) << t;
  }
}

TEST(Intfire1, threshold_is_strict) {
  EXPECT_TRUE(spikes_of({5}, {1}).empty());
  EXPECT_EQ(spikes_of({5}, {std::nextafter(1, 2)}), std::vector<double>{6});
  EXPECT_TRUE(spikes_of({5, 5}, {0.5, 0.5}).empty());
}

TEST(Intfire1, events_within_t_ref_are_ignored_and_one_at_its_end_counts) {
  EXPECT_EQ(spikes_of({5, 5, 9.999, 10.001}, {2, 2, 2, 0.9}), std::vector<double>{6});
  EXPECT_EQ(spikes_of({5, 10}, {2, 2}), (std::vector<double>{6, 11}));
  EXPECT_EQ(spikes_of({5, 9.9, 10.5}, {2, 0.9, 0.9}), std::vector<double>{6}) << "the ignored event leaves nothing behind";
}

TEST(Intfire1, events_at_the_same_instant_act_together_whatever_their_order) {
  EXPECT_TRUE(spikes_of({5, 5}, {1.5, -0.6}).empty());
  EXPECT_TRUE(spikes_of({5, 5}, {-0.6, 1.5}).empty());
  EXPECT_EQ(spikes_of({5, 5, 5}, {-0.6, 0.9, 0.9}), std::vector<double>{6});
}

TEST(Intfire1, initial_values_decay_too) {
  NetworkSpec spec = one_cell({1}, {0.2}, 10, 5, 1);
  spec.populations[1].initial["m"] = Values::constant(0.99);
  EXPECT_EQ(simulate(spec).times_ms, std::vector<double>{2}) << "0.99 e^-0.2 + 0.2 = 1.01";
  spec.populations[1].initial["m"] = Values::constant(0.97);
  EXPECT_TRUE(simulate(spec).times_ms.empty()) << "0.97 e^-0.2 + 0.2 = 0.994";
}

TEST(Intfire1, a_cell_without_refractoriness_fires_several_times_in_a_step) {
  const NetworkSpec spec = one_cell({5.07, 5.03, 5.01}, {2, 2, 2}, 10, 0, 0.5);
  const RunResult result = simulate(spec);
  EXPECT_EQ(result.times_ms, (std::vector<double>{5.01 + 0.5, 5.03 + 0.5, 5.07 + 0.5}));
  for (const Spike& s : result.spikes) EXPECT_EQ(s.step, 56u);
}

// --- times

TEST(Intfire1, times_of_trains_and_delays_are_not_rounded) {
  const RunResult result = simulate(one_cell({1.2345}, {2}, 10, 5, 0.7777));
  ASSERT_EQ(result.spikes.size(), 1u);
  EXPECT_EQ(result.times_ms, std::vector<double>{1.2345 + 0.7777});
  EXPECT_EQ(result.spikes[0].step, 21u);  // the first step at or after it
}

TEST(Intfire1, a_sum_of_times_on_the_grid_has_the_step_it_is_meant_to_have) {
  for (int k = 1; k < 500; ++k) {
    const double t = k / 10.0;
    const RunResult result = simulate(one_cell({t}, {2}, 10, 5, 0.3));  // 0.1 + 0.3 > 0.4, 0.4 + 0.3 < 0.7, in doubles
    ASSERT_EQ(result.spikes.at(0).step, static_cast<std::uint32_t>(k + 3)) << t;
  }
}

TEST(Intfire1, spikes_do_not_depend_on_dt) {
  const auto on = [](double dt) {
    NetworkSpec spec = example();
    spec.simulation.dt_ms = dt;
    const RunResult result = simulate(spec);
    return io::spike_tables(spec, result.spikes, result.times_ms).at(0);
  };
  const auto expected = on(0.1);
  for (const double dt : {0.025, 0.7, 2.0}) {
    EXPECT_EQ(on(dt).timestamps_ms, expected.timestamps_ms) << dt;
    EXPECT_EQ(on(dt).node_ids, expected.node_ids) << dt;
  }
}

TEST(Intfire1, files_hold_exact_times_in_ascending_order) {
  const NetworkSpec spec = one_cell({5.07, 5.03, 2.01}, {2, 2, 2}, 10, 0, 0.5);
  RunResult result = simulate(spec);
  result.spikes = {{56, 4}, {56, 3}};
  result.times_ms = {5.59, 5.51};
  NetworkSpec two = spec;
  two.populations[1].size = 2;
  const auto tables = io::spike_tables(two, result.spikes, result.times_ms);
  ASSERT_EQ(tables.size(), 1u);
  EXPECT_EQ(tables[0].timestamps_ms, (std::vector<double>{5.51, 5.59}));
  EXPECT_EQ(tables[0].node_ids, (std::vector<std::uint64_t>{0, 1}));
}

TEST(Intfire1, a_train_keeps_its_exact_times_in_what_is_recorded) {
  NetworkSpec spec = one_cell({1.2345, 3.33}, {0.1, 0.1});
  spec.recordings = {record_spikes(spec, 0)};
  const RunResult result = simulate(spec);
  EXPECT_EQ(result.times_ms, (std::vector<double>{1.2345, 3.33}));
  EXPECT_EQ(result.spikes[0].step, 12u);  // nearest, as for all trains
}

// --- where grids meet

TEST(Intfire1, a_spike_on_the_grid_arrives_exactly_its_delay_later) {
  NetworkSpec spec;
  spec.simulation.duration_ms = 60;
  spec.populations = {leaky("on grid", 1), intfire(1, 10, 1)};
  spec.populations[0].params["I_e"] = Values::constant(600);
  spec.projections = {connect(spec, 0, 1, Rule::Kind::one_to_one, 2, 0.55)};
  const RunResult result = simulate(spec);
  ASSERT_GE(result.spikes.size(), 8u);
  std::vector<double> on, off;
  for (std::size_t i = 0; i < result.spikes.size(); ++i) (result.spikes[i].neuron == 0 ? on : off).push_back(result.times_ms[i]);
  for (std::size_t i = 0; i < off.size(); ++i) EXPECT_EQ(off[i], on[i] + 0.55);
  EXPECT_EQ(off.size(), on.size());
}

TEST(Intfire1, a_spike_off_the_grid_reaches_the_grid_in_the_first_step_at_or_after_its_arrival) {
  NetworkSpec spec = one_cell({1.2345, 20}, {2, 2}, 10, 5, 0.7777);  // spikes at 2.0122 and 20.7777
  spec.populations.push_back(leaky("on grid", 1));
  spec.projections.push_back(connect(spec, 1, 2, Rule::Kind::one_to_one, 4, 1));
  spec.recordings = {record_state(spec, 2, {"V_m"})};
  const auto V = values_of(simulate(spec).traces[0]);
  EXPECT_NEAR(V[29], -70, 1e-5);
  EXPECT_NEAR(V[30], -66, 1e-5) << "3.0122 ms: step 31";
  EXPECT_GT(V[217] - V[216], 3) << "21.7777 ms: step 218";
}

TEST(Intfire1, a_train_onto_both_grids_is_rounded_for_one_of_them_only) {
  NetworkSpec spec = one_cell({1.26}, {2}, 10, 5, 1);
  spec.populations.push_back(leaky("on grid", 1));
  spec.projections.push_back(connect(spec, 0, 2, Rule::Kind::all_to_all, 4, 1));
  spec.recordings.push_back(record_state(spec, 2, {"V_m"}));
  const RunResult result = simulate(spec);
  EXPECT_EQ(result.times_ms, std::vector<double>{2.26});
  EXPECT_NEAR(values_of(result.traces[0])[22], -66, 1e-5) << "step 23";
  EXPECT_NEAR(values_of(result.traces[0])[21], -70, 1e-5);
}

TEST(Intfire1, weights_and_delays_are_recorded_as_exact_as_they_are) {
  NetworkSpec spec = one_cell({1, 2}, {0.1, 1.0 / 3}, 10, 5, 1.23456789);
  RecordingSpec r;
  r.kind = RecordingSpec::Kind::weights;
  r.sources = whole(spec, 0);
  r.targets = whole(spec, 1);
  spec.recordings = {r};
  const auto c = simulate(spec).connections.at(0);
  EXPECT_EQ(c.weight, (std::vector<double>{0.1, 1.0 / 3}));
  EXPECT_EQ(c.delay_ms, (std::vector<double>{1.23456789, 1.23456789}));
}

TEST(Intfire1, every_synapse_that_a_spike_reaches_is_counted_as_an_event) {
  const RunResult result = simulate(one_cell({5, 6, 7}, {2, 0.1, 0.1}));
  EXPECT_EQ(result.work.synaptic_events, 3u) << "ignored ones too";
  EXPECT_EQ(result.work.flop, 3u * 23u);
}

// --- NEURON

TEST(Intfire1, all_4322_spikes_of_SONATAs_300_intfire_are_those_of_NEURON) {
  const io::ColumnRequest wanted[] = {{"neuron", io::ColumnType::integer}, {"time", io::ColumnType::real}};
  const auto reference = io::read_columns(std::filesystem::path(RANVIER_SOURCE_DIR) / "tests/parity/data/intfire_300_spikes.csv.gz", wanted);
  const NetworkSpec spec = example();
  const RunResult result = simulate(spec);
  const auto ours = io::spike_tables(spec, result.spikes, result.times_ms).at(0);
  ASSERT_EQ(reference[0].integer.size(), 4322u);
  ASSERT_EQ(ours.node_ids.size(), 4322u);
  for (std::size_t i = 0; i < ours.node_ids.size(); ++i) {
    ASSERT_EQ(std::lround(10 * ours.timestamps_ms[i]), std::lround(10 * reference[1].real[i])) << i;
    ASSERT_NEAR(ours.timestamps_ms[i], reference[1].real[i], 1e-9) << i;  // sums of times, in another order of rounding
  }
  std::vector<std::pair<long, std::int64_t>> a, b;
  for (std::size_t i = 0; i < 4322; ++i) {
    a.emplace_back(std::lround(10 * ours.timestamps_ms[i]), static_cast<std::int64_t>(ours.node_ids[i]));
    b.emplace_back(std::lround(10 * reference[1].real[i]), reference[0].integer[i]);
  }
  std::sort(a.begin(), a.end());
  std::sort(b.begin(), b.end());
  EXPECT_EQ(a, b);
}

TEST(Intfire1, the_example_is_the_same_on_1_2_3_and_7_threads_in_pieces_and_after_a_rest) {
  const NetworkSpec spec = example();
  const RunResult expected = simulate(spec);
  for (const int threads : {2, 3, 7}) {
    const RunResult result = simulate(spec, {.threads = threads}, {5669, 5670, 6000, 12345});
    EXPECT_EQ(result.spike_hash, expected.spike_hash) << threads;
    EXPECT_EQ(result.times_ms, expected.times_ms) << threads;
    EXPECT_EQ(result.work.synaptic_events, expected.work.synaptic_events);
  }
  const auto first = engine::build(spec, {.threads = 2}), second = engine::build(spec, {.threads = 3});
  engine::State state = engine::start(*first);
  engine::Recorder before(*first), after(*second);
  engine::run(*first, state, {.until_step = 5680}, before);  // volleys are under way
  engine::State resumed = engine::restore(*second, engine::snapshot(*first, state));
  EXPECT_GT(resumed.exact_in_flight.size(), 50u);
  engine::run(*second, resumed, {.until_step = steps_of(spec)}, after);
  RunResult a, b;
  before.finish(*first, state, a);
  after.finish(*second, resumed, b);
  a.times_ms.insert(a.times_ms.end(), b.times_ms.begin(), b.times_ms.end());
  EXPECT_EQ(a.times_ms, expected.times_ms);
}

// --- what is refused

TEST(Intfire1, a_delay_below_a_step_is_refused_and_one_that_is_no_multiple_of_it_is_not) {
  EXPECT_NE(complaint(one_cell({1}, {1}, 10, 5, 0.08)).find("delay = 0.08 ms: must be at least one time step"), std::string::npos);
  EXPECT_EQ(complaint(one_cell({1}, {1}, 10, 5, 0.1)), "");
  EXPECT_EQ(complaint(one_cell({1}, {1}, 10, 5, 0.1234)), "");
}

TEST(Intfire1, currents_and_poisson_inputs_are_refused) {
  NetworkSpec spec = one_cell({1}, {1});
  spec.inputs.push_back({.kind = InputSpec::Kind::dc, .target = whole(spec, 1), .where = "inputs[0]"});
  EXPECT_EQ(complaint(spec), "inputs[0]: population \"off grid\" is event-driven and takes spikes only; let a poisson_source or a spike_train project onto it");
}

TEST(Intfire1, cells_that_may_fire_twice_in_a_step_cannot_project_onto_the_grid) {
  NetworkSpec spec = one_cell({1}, {1}, 10, 0.05);
  EXPECT_EQ(complaint(spec), "");
  spec.populations.push_back(leaky("on grid", 1));
  spec.projections.push_back(connect(spec, 1, 2, Rule::Kind::one_to_one));
  EXPECT_NE(complaint(spec).find("t_ref = 0.05 ms"), std::string::npos) << complaint(spec);
}

TEST(Intfire1, wrong_parameters_and_receptors_are_refused) {
  NetworkSpec spec = one_cell({1}, {1});
  spec.populations[1].params["tau"] = Values::constant(0);
  EXPECT_NE(complaint(spec).find("tau = 0 ms: outside its legal range"), std::string::npos) << complaint(spec);
  spec = one_cell({1}, {1});
  spec.populations[1].receptors = {receptor("v", "delta")};
  EXPECT_NE(complaint(spec).find("give it one of kind \"event\""), std::string::npos) << complaint(spec);
}

TEST(Intfire1, a_saved_spike_without_a_usable_time_is_refused) {
  const NetworkSpec spec = one_cell({1}, {1});
  const auto network = engine::build(spec, {});
  engine::Snapshot s = engine::snapshot(*network, engine::start(*network));
  s.exact_in_flight = {{{0, 0}, std::nan("")}};
  EXPECT_THROW(engine::restore(*network, s), InputError);
}

}  // namespace
}  // namespace ranvier::test_engine
