// SPDX-License-Identifier: Apache-2.0
/// Predicting runs of network files: the formula on made-up probes, and the command against real runs.
#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "cli_example.hpp"
#include "plan/network_run.hpp"
#include "plan/trace.hpp"

namespace ranvier {
namespace {

using namespace plan;

NetworkCounts network() {
  NetworkCounts n{.name = "made up", .neurons = 1000, .synapses = 1e6};
  n.dt = Seconds{1e-4};
  n.duration = Seconds{2};
  n.warmup = Seconds{0.5};
  n.estimated = Bytes{5e6};
  return n;
}

/// 50 ms: 500 steps of 2 us, and 10,000 events of 1 ns.
ProbeCounters probe() {
  ProbeCounters p{.built = true, .build = Seconds{0.25}, .resident = Bytes{30e6}, .peak = Bytes{40e6}};
  ProbePiece piece{.biology = Seconds{0.05}, .wall = Seconds{500 * 2e-6 + 10000 * 1e-9}, .deliver = Seconds{10000 * 1e-9}, .update = Seconds{0.9e-3}, .wait = Seconds{0.1e-3}};
  piece.spikes = 100;
  piece.events = 10000;
  p.pieces = {piece, piece};
  return p;
}

TEST(NetworkRun, time_is_steps_and_events_at_their_costs) {
  const RunPrediction r = predict_run(network(), probe(), activity_of(probe(), 1000), nullptr);
  EXPECT_NEAR(r.per_event.value(), 1e-9, 1e-15);
  EXPECT_NEAR(r.per_step.value(), 2e-6, 1e-12);
  EXPECT_NEAR(r.simulate.value(), 20000 * 2e-6 + 2 * 200000 * 1e-9, 1e-9);
  EXPECT_NEAR(r.warmup.value(), r.simulate.value() / 4, 1e-12);
  EXPECT_EQ(r.build.value(), 0.25);
  EXPECT_EQ(r.bottleneck, "update of neurons");
}

TEST(NetworkRun, activity_is_that_of_the_probe) {
  const Activity a = activity_of(probe(), 1000);
  EXPECT_NEAR(a.rate_hz, 2, 1e-12);
  EXPECT_NEAR(a.events_per_s, 200000, 1e-6);
}

TEST(NetworkRun, ten_times_the_events_make_delivery_the_limit) {
  const RunPrediction r = predict_run(network(), probe(), {.rate_hz = 2000, .events_per_s = 2e8}, nullptr);
  EXPECT_EQ(r.bottleneck, "delivery of spikes");
  EXPECT_NEAR(r.simulate.value(), 0.04 + 0.4, 1e-9);
}

TEST(NetworkRun, memory_is_the_larger_of_building_and_running) {
  EXPECT_EQ(predict_run(network(), probe(), {.rate_hz = 2}, nullptr).memory.value(), 40e6);
  NetworkCounts n = network();
  n.traces = Bytes{100e6};
  EXPECT_NEAR(predict_run(n, probe(), {.rate_hz = 2}, nullptr).memory.value(), 30e6 + 100e6 + 32 * 5000, 1);
  n.records_spikes = false;
  EXPECT_NEAR(predict_run(n, probe(), {.rate_hz = 2}, nullptr).memory.value(), 30e6 + 100e6 + 24 * 5000, 1);
}

TEST(NetworkRun, pieces_that_differ_widen_the_interval) {
  ProbeCounters uneven = probe();
  uneven.pieces[1].wall *= 2;
  const RunPrediction calm = predict_run(network(), probe(), {.rate_hz = 2}, nullptr), wild = predict_run(network(), uneven, {.rate_hz = 2}, nullptr);
  EXPECT_GT(wild.p90 / wild.p10, calm.p90 / calm.p10);
}

TEST(NetworkRun, the_derivation_ends_in_the_answer) {
  plan::Trace trace;
  const RunPrediction r = predict_run(network(), probe(), activity_of(probe(), 1000), &trace);
  double wall = 0;
  for (const Step& s : trace.steps())
    if (s.name == "wall time after the warm-up") wall = s.value;
  EXPECT_EQ(wall, r.simulate.value());
}

TEST(NetworkRun, a_network_without_spikes_takes_only_steps) {
  ProbeCounters silent = probe();
  for (ProbePiece& p : silent.pieces) p.events = p.spikes = 0;
  const RunPrediction r = predict_run(network(), silent, activity_of(silent, 1000), nullptr);
  EXPECT_EQ(r.per_event.value(), 0);
  EXPECT_NEAR(r.simulate.value(), 40 * (500 * 2e-6 + 1e-5), 1e-9);
}

using test_cli::Ran;

Ran call(const std::string& arguments) { return test_cli::Folder().ranvier(arguments); }

const std::string examples = std::string(RANVIER_SOURCE_DIR) + "/examples/";

TEST(PlanNetwork, a_network_file_gets_build_time_wall_time_and_memory) {
  const auto run = call("plan brain " + examples + "first.toml --on this --json");
  ASSERT_EQ(run.code, 0) << run.err;
  const auto j = nlohmann::json::parse(run.out);
  EXPECT_EQ(j["network"]["neurons"], 100);
  EXPECT_EQ(j["network"]["synapses"], 1000);
  for (const char* key : {"time_s", "build_s", "simulate_s", "p10_s", "p90_s", "memory_byte"}) EXPECT_GT(j["estimate"][key].get<double>(), 0) << key;
  EXPECT_LE(j["estimate"]["p10_s"], j["estimate"]["p90_s"]);
  EXPECT_FALSE(j["derivation"].empty());
}

TEST(PlanNetwork, the_probe_of_a_small_network_goes_on_for_a_tenth_of_a_second_or_until_the_run_is_over) {
  const auto probe = [](const char* duration) {
    const auto run = call("plan network " + examples + "first.toml --threads 1 --json --duration \"" + duration + "\"");
    EXPECT_EQ(run.code, 0) << run.err;
    return nlohmann::json::parse(run.out)["probe"];
  };
  const auto endless = probe("3000 s"), brief = probe("500 ms");
  EXPECT_GT(endless["biology_s"].get<double>(), 0.15);  // it starts with 0.1 s of biology, which takes some milliseconds
  EXPECT_GE(endless["cost_s"].get<double>(), 0.1);
  EXPECT_NEAR(brief["biology_s"].get<double>(), 0.5, 1e-9);
}

TEST(PlanNetwork, prediction_and_run_of_a_small_network_agree) {
  const test_cli::Folder folder;
  const std::string what = examples + "brunel.toml --set order=500 --duration \"500 ms\" --threads 1 --json";
  const Ran planned = folder.ranvier("plan network " + what), ran = folder.ranvier("simulate --output out " + what);
  ASSERT_EQ(planned.code, 0) << planned.err;
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto plan = nlohmann::json::parse(planned.out), run = nlohmann::json::parse(ran.out);
  const auto ratio = [](double a, double b) { return std::abs(std::log(a / b)); };
  EXPECT_LT(ratio(plan["estimate"]["memory_byte"], run["memory"]["peak_rss_byte"]), std::log(1.1));
  const double rate = run["work"]["spikes"].get<double>() / run["network"]["neurons"].get<double>() / 0.5;
  EXPECT_LT(ratio(plan["rate_hz"], rate), std::log(1.2));
  // A busy machine slows one of the two: processor time is compared, within a factor of 3 here, far less on a quiet one (docs/plan-brain.md).
  EXPECT_LT(ratio(plan["estimate"]["simulate_s"], run["time"]["simulate_cpu_s"]), std::log(3));
}

TEST(PlanNetwork, peak_memory_is_foreseen_within_10_percent_by_the_probe_and_15_before_anything_is_built) {
  // Networks nothing was chosen by; bench/run plan asks the same, and times too, of ten. Before a run 5 spikes a second are assumed: what
  // is announced is held against the peak where spikes, at their real rate, are a small part of it. Which pages the system gives is its
  // own affair: the same run's peak has differed by some percent.
  struct Case {
    const char* name;
    bool spikes_count;
  };
  for (const Case& c : {Case{"sheet", false}, {"layers", false}, {"long_delays", true}, {"exact", false}, {"crowd", false}, {"episodes", false}, {"events", true}, {"quiet", false}}) {
    const test_cli::Folder folder;
    const std::string file = std::string(RANVIER_SOURCE_DIR) + "/bench/networks/plan/" + c.name + ".toml --json";
    const Ran planned = folder.ranvier("plan network " + file), ran = folder.ranvier("simulate --output out " + file);
    ASSERT_EQ(planned.code, 0) << planned.err;
    ASSERT_EQ(ran.code, 0) << ran.err;
    const auto memory = nlohmann::json::parse(ran.out)["memory"];
    const double peak = memory["peak_rss_byte"], probed = nlohmann::json::parse(planned.out)["estimate"]["memory_byte"], announced = memory["predicted_byte"];
    EXPECT_LT(std::abs(std::log(probed / peak)), std::log(1.1)) << c.name << ": " << probed << " of " << peak;
    if (!c.spikes_count) { EXPECT_LT(std::abs(std::log(announced / peak)), std::log(1.15)) << c.name << ": announced " << announced << " of " << peak; }
  }
}

TEST(PlanNetwork, an_input_that_ends_counts_for_its_part_of_the_run) {
  // 50 cells fire while a current is on, for a fifth of the run; a probe of the beginning alone would foresee five times the spikes.
  const test_cli::Folder folder;
  folder.write("short.toml", R"(format = 1
[simulation]
duration = "2 s"
threads = 1
[[populations]]
name = "cells"
size = 50
model = "lif_exp"
initial = { V_m = { uniform = ["-70 mV", "-55 mV"] } }
[[inputs]]
type = "dc"
target = "cells"
amplitude = "600 pA"
stop = "0.4 s"
)");
  const Ran planned = folder.ranvier("plan network short.toml --json"), ran = folder.ranvier("simulate --output out short.toml --json");
  ASSERT_EQ(planned.code, 0) << planned.err;
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto plan = nlohmann::json::parse(planned.out);
  EXPECT_EQ(plan["probe"]["phases"], 2);
  EXPECT_FALSE(plan["inputs_change"]);
  const double rate = nlohmann::json::parse(ran.out)["work"]["spikes"].get<double>() / 50 / 2;
  EXPECT_NEAR(plan["rate_hz"].get<double>() / rate, 1, 0.15);
}

TEST(NetworkRun, pieces_count_by_the_part_of_the_run_they_stand_for) {
  ProbeCounters p = probe();
  p.pieces[0].phase = 0, p.pieces[0].weight = 9;
  p.pieces[1].phase = 1, p.pieces[1].weight = 1, p.pieces[1].spikes = 0, p.pieces[1].events = 0, p.pieces[1].deliver = {};
  const Activity a = activity_of(p, 1000);
  EXPECT_NEAR(a.rate_hz, 0.9 * 2, 1e-12);
  EXPECT_NEAR(a.events_per_s, 0.9 * 200000, 1e-6);
}

TEST(PlanNetwork, with_a_rate_nothing_is_built_and_events_follow_the_rate) {
  const auto run = call("plan network " + examples + "cuba.toml --rate \"5 /s\" --json");
  ASSERT_EQ(run.code, 0) << run.err;
  const auto j = nlohmann::json::parse(run.out);
  EXPECT_FALSE(j["probe"]["built"]);
  EXPECT_DOUBLE_EQ(j["rate_hz"], 5);
  EXPECT_NEAR(j["synaptic_events_per_s"].get<double>(), 5 * j["network"]["synapses"].get<double>(), 1e-3 * 5 * j["network"]["synapses"].get<double>());
}

TEST(PlanNetwork, wrong_input_says_what_to_do) {
  const auto other = call("plan brain " + examples + "first.toml --on h100");
  EXPECT_EQ(other.code, 2);
  EXPECT_NE(other.err.find("ranvier plan brain --on h100 neurons=100 synapses=1000"), std::string::npos) << other.err;
  EXPECT_EQ(call("plan brain nowhere.toml").code, 2);
  EXPECT_EQ(call("plan network " + examples + "first.toml --rate 3").code, 2);
  EXPECT_EQ(call("plan network " + examples + "first.toml --on h100").code, 2);
  EXPECT_EQ(call("plan network " + examples + "first.toml --rate \"-3 /s\"").code, 2);
  EXPECT_EQ(call("plan brain " + examples + "first.toml --nonsense").code, 2);
}

}  // namespace
}  // namespace ranvier
