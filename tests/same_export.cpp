// SPDX-License-Identifier: Apache-2.0
/// A network that is written down, and read back from SONATA, has the same spikes to the last bit.

#include <gtest/gtest.h>

#include <map>

#include "engine/listing.hpp"
#include "io/csv.hpp"
#include "io/sonata_export.hpp"
#include "sonata_example.hpp"

namespace ranvier::test_sonata {
namespace {

NetworkSpec example(const std::string& name, const io::Overrides& overrides) { return io::read_network(fs::path(RANVIER_SOURCE_DIR) / "examples" / name, overrides); }

/// A small network of everything that is drawn: parameters, initial values, weights, delays, pairs, inputs; and rules that learn.
constexpr const char* mixed = R"(format = 1
[simulation]
duration = "150 ms"
warmup = "20 ms"
seed = 11

[[populations]]
name = "E"
size = 80
model = "lif_exp"
params = { tau_m = { normal = ["10 ms", "1 ms"] }, tau_syn_ex = { uniform = ["1 ms", "3 ms"] }, V_th = "-54 mV" }
initial = { V_m = { uniform = ["-70 mV", "-55 mV"] }, ex.I = { normal = ["0 pA", "10 pA"] } }

[[populations]]
name = "I"
size = 20
model = "lif_cond_exp"
initial = { V_m = { uniform = ["-70 mV", "-55 mV"] } }

[[populations]]
name = "P"
size = 30
model = "poisson_source"
rate = "30 Hz"

[[populations]]
name = "T"
size = 3
model = "spike_train"
spikes = { neurons = [0, 1, 2, 0], times = ["3.25 ms", "7 ms", "40 ms", "90 ms"] }

[[projections]]
source = "E"
target = "E[10:70]"
receptor = "ex"
rule = { pairwise_bernoulli = 0.2 }
weight = { lognormal = ["60 pA", "60 pA"] }
delay = { normal = ["2 ms", "1 ms"], min = "0.2 ms" }

[[projections]]
source = "E[::2]"
target = "I"
receptor = "ex"
rule = { fixed_indegree = 9 }
weight = "1.3 nS"
delay = { uniform = ["0.3 ms", "9 ms"] }

[[projections]]
source = "I"
target = "E"
receptor = "in"
rule = { fixed_total_number = 500 }
weight = { normal = ["-87.8 pA", "8 pA"], max = "0 pA" }
delay = "0.7 ms"

[[projections]]
source = "P"
target = "E"
receptor = "ex"
rule = { fixed_outdegree = 12 }
weight = "70.1 pA"
delay = "1 ms"
synapse = { stdp = {} }

[[projections]]
source = "T"
target = "E"
receptor = "ex"
rule = "all_to_all"
weight = "333.3 pA"
delay = "1 ms"

[[inputs]]
type = "poisson"
target = "E"
receptor = "ex"
rate = { uniform = ["600 Hz", "1400 Hz"] }
weight = { normal = ["150 pA", "10 pA"], keep_sign = true }

[[inputs]]
type = "noise"
target = "I"
mean = "100 pA"
std = "200 pA"
hold = "1 ms"

[[inputs]]
type = "samples"
target = "I[0:2]"
samples = [["10 pA", "20 pA"], ["300 pA", "-5 pA"]]
hold = "20 ms"

[[recordings]]
type = "spikes"
neurons = "E"

[[recordings]]
type = "state"
neurons = "E[0:50:10]"
variables = ["V_m", "ex.I"]
interval = "1 ms"
)";

/// Bits of a run: spikes, and the exact times of those off the grid.
std::pair<std::uint64_t, std::vector<double>> bits_of(const NetworkSpec& spec, int threads = 1) {
  const RunResult result = test_engine::simulate(spec, {.threads = threads});
  EXPECT_GT(result.spikes.size(), 10u);
  return {result.spike_hash, result.times_ms};
}

NetworkSpec there_and_back(const NetworkSpec& spec) {
  const test::Folder folder;
  const auto files = io::write_sonata_network({.path = folder.path()}, engine::listed(spec));
  EXPECT_EQ(files.back().filename(), "simulation_config.json");
  return io::read_network(files.back());
}

TEST(SameExport, a_network_with_everything_that_is_drawn_comes_back_with_its_bits) {
  const NetworkSpec spec = test::read(mixed);
  const auto expected = bits_of(spec);
  EXPECT_EQ(bits_of(engine::listed(spec)), expected) << "written down";
  const NetworkSpec back = there_and_back(spec);
  EXPECT_EQ(bits_of(back), expected) << "and read back";
  EXPECT_EQ(bits_of(back, 3), expected) << "on three threads";
  EXPECT_EQ(bits_of(there_and_back(back)), expected) << "and once more";
}

TEST(SameExport, what_is_recorded_comes_back_too) {
  const NetworkSpec spec = test::read(mixed), back = there_and_back(spec);
  const RunResult a = test_engine::simulate(spec), b = test_engine::simulate(back);
  EXPECT_EQ(a.spikes, b.spikes);
  ASSERT_EQ(a.traces.size(), 1u);
  ASSERT_EQ(b.traces.size(), 2u) << "SONATA's reports have one variable each";
  EXPECT_EQ(io::variable_values(a.traces[0], 0), io::variable_values(b.traces[0], 0));
  EXPECT_EQ(io::variable_values(a.traces[0], 1), io::variable_values(b.traces[1], 0));
}

TEST(SameExport, weights_and_concentrations_over_time_come_back_too) {
  const NetworkSpec spec = test::read(R"(format = 1
[simulation]
duration = "300 ms"
[[volumes]]
name = "other"
[[volumes]]
name = "dopamine"
rewards = [["100 ms", 0.5]]
[[populations]]
name = "E"
size = 20
model = "lif_exp"
params = { I_e = "500 pA" }
initial = { V_m = { uniform = ["-70 mV", "-55 mV"] } }
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 5 }
receptor = "ex"
weight = "40 pA"
delay = { uniform = ["1 ms", "3 ms"] }
synapse = { stdp_dopamine = { volume = "dopamine", A_plus = "0.1 pA", A_minus = "0.15 pA", w_max = "80 pA" } }
[[recordings]]
type = "weights"
source = "E[0:12]"
interval = "50 ms"
start = "100 ms"
[[recordings]]
type = "volumes"
volumes = "dopamine"
interval = "20 ms"
)");
  const RunResult a = test_engine::simulate(spec), b = test_engine::simulate(there_and_back(spec));
  ASSERT_EQ(b.connections.size(), 1u);
  EXPECT_EQ(b.connections[0].sample_steps, (std::vector<std::uint32_t>{1000, 1500, 2000, 2500, 3000}));
  EXPECT_EQ(a.connections[0].samples, b.connections[0].samples);
  EXPECT_GT(a.connections[0].source.size(), 30u);
  ASSERT_EQ(b.volume_traces.size(), 1u);
  EXPECT_EQ(b.volume_traces[0].volumes, std::vector<std::string>{"dopamine"});
  EXPECT_EQ(a.volume_traces[0].values, b.volume_traces[0].values);
  EXPECT_EQ(b.volume_traces[0].sample_count(), 16u);
}

TEST(SameExport, examples_come_back_with_their_bits) {
  const std::map<std::string, io::Overrides> examples{{"first.toml", {.duration_ms = 200}},
                                                      {"intfire_300.toml", {.duration_ms = 1200}},
                                                      {"celegans.toml", {.duration_ms = 100}},
                                                      {"microcircuit.toml", {.set = {{"scale", "0.02"}}, .duration_ms = 50, .warmup_ms = 0}},
                                                      {"hpc_benchmark.toml", {.set = {{"scale", "0.02"}}, .duration_ms = 50}},
                                                      {"izhikevich_1000.toml", {.duration_ms = 60}}};
  for (const auto& [name, overrides] : examples) {
    const NetworkSpec spec = example(name, overrides);
    EXPECT_EQ(bits_of(there_and_back(spec)), bits_of(spec)) << name;
  }
}

TEST(SameExport, a_SONATA_circuit_comes_back_with_its_bits) {
  for (const fs::path& config : {data / "nest_models/simulation_config.json", intfire / "simulation_config.json"}) {
    const NetworkSpec spec = io::read_network(config);
    EXPECT_EQ(bits_of(there_and_back(spec)), bits_of(spec)) << config;
  }
}

TEST(SameExport, edge_lists_have_a_line_for_every_synapse) {
  const test::Folder folder;
  const NetworkSpec written = engine::listed(test::read(mixed));
  const auto files = io::write_edge_lists({.path = folder.path()}, written);
  ASSERT_EQ(files.size(), written.projections.size());
  for (std::size_t k = 0; k < files.size(); ++k) {
    const io::ColumnRequest wanted[] = {{"source", io::ColumnType::integer}, {"target", io::ColumnType::integer}, {"delay_ms", io::ColumnType::real}};
    const auto columns = io::read_csv(files[k], wanted);
    EXPECT_EQ(columns[0].integer, *written.projections[k].rule.edge_sources) << files[k];
    EXPECT_EQ(columns[1].integer, *written.projections[k].rule.edge_targets) << files[k];
  }
}

TEST(SameExport, what_cannot_be_written_down_is_refused_by_name) {
  const auto refusal = [](const NetworkSpec& spec) {
    try {
      engine::listed(spec);
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  EXPECT_NE(refusal(example("gap_pair.toml", {})).find("gap_junctions[0]: gap junctions cannot be written down"), std::string::npos);
  EXPECT_NE(refusal(example("structural_growth.toml", {})).find("projections[0]: synapses that come and go (structural_growth) cannot be written down"), std::string::npos);
  EXPECT_NE(refusal(example("lnp_cascade.toml", {})).find("a receptor with sites"), std::string::npos);
}

}  // namespace
}  // namespace ranvier::test_sonata
