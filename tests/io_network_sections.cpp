// SPDX-License-Identifier: Apache-2.0
/// Sections of network files: populations, projections, inputs, recordings, and the templates that write many at once.

#include <gtest/gtest.h>

#include <cmath>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

const std::string two_populations = "format = 1\n[[populations]]\nname = [\"E\", \"I\"]\nsize = [80, 20]\nmodel = \"lif_exp\"\n";

std::string projection(const std::string& keys) { return "[[projections]]\n" + keys + "\ndelay = \"1.5 ms\"\n"; }

// --- populations

TEST(io_network_sections, a_named_model_brings_membrane_receptors_and_flat_parameters) {
  const auto p = read("format = 1\n[[populations]]\nname = \"E\"\nsize = 3\nmodel = \"lif_cond_exp\"\nparams = { tau_m = \"20 ms\", E_in = \"-80 mV\", tau_syn_ex = \"5 ms\" }\n").populations.at(0);
  EXPECT_EQ(p.membrane, "leaky");
  ASSERT_EQ(p.receptors.size(), 2u);
  EXPECT_EQ(p.receptors[0].name, "ex");
  EXPECT_TRUE(p.receptors[0].conductance);
  EXPECT_EQ(p.receptors[0].sign, 1);
  EXPECT_EQ(p.receptors[0].params.at("tau_syn").a, 5);
  EXPECT_EQ(p.receptors[0].params.at("E_rev").a, 0);
  EXPECT_EQ(p.receptors[1].params.at("E_rev").a, -80);
  EXPECT_EQ(p.receptors[1].params.at("tau_syn").a, 2) << "the default of the pair";
  EXPECT_EQ(p.params.at("tau_m").a, 20);
  EXPECT_EQ(p.params.count("tau_syn_ex"), 0u);
}

TEST(io_network_sections, a_membrane_takes_any_receptors) {
  const auto p = read(R"(format = 1
[[populations]]
name = "E"
size = 3
membrane = "leaky"
receptors = [
  { name = "syn", kind = "exponential", tau_syn = "0.5 ms" },
  { name = "ge", kind = "exponential", conductance = true, tau_syn = "5 ms", E_rev = "0 mV" },
  { name = "kick", kind = "delta", sign = "negative" },
]
initial = { V_m = "-65 mV", "syn.I" = "3 pA", ge.I = { uniform = ["0 nS", "1 nS"] } }
sleep = false
)").populations.at(0);
  ASSERT_EQ(p.receptors.size(), 3u);
  EXPECT_EQ(p.receptors[0].sign, 0);
  EXPECT_EQ(p.receptors[0].params.at("tau_syn").a, 0.5);
  EXPECT_TRUE(p.receptors[1].conductance);
  EXPECT_EQ(p.receptors[1].sign, 1);
  EXPECT_EQ(p.receptors[2].sign, -1);
  EXPECT_EQ(p.initial.at("V_m").a, -65);
  EXPECT_EQ(p.receptors[0].initial.at("I").a, 3);
  EXPECT_EQ(p.receptors[1].initial.at("I").b, 1);
  EXPECT_FALSE(p.sleep);
}

TEST(io_network_sections, one_block_may_describe_many_populations) {
  const auto spec = read(R"(format = 1
[parameters]
names = ["A", "B", "C"]
V = ["-70 mV", "-65 mV", "-60 mV"]
[[populations]]
name = "$names"
size = [1, 2, 3]
model = ["lif_exp", "lif_delta", "lif_exp"]
params = { tau_m = "10 ms", E_L = "$V" }
initial = { V_m = { normal = ["$V", ["1 mV", "2 mV", "3 mV"]] } }
)");
  ASSERT_EQ(spec.populations.size(), 3u);
  EXPECT_EQ(spec.neuron_count(), 6);
  EXPECT_EQ(spec.populations[1].name, "B");
  EXPECT_EQ(spec.populations[1].receptors[0].kind, "delta");
  EXPECT_EQ(spec.populations[2].params.at("E_L").a, -60);
  EXPECT_EQ(spec.populations[2].initial.at("V_m").a, -60);
  EXPECT_EQ(spec.populations[2].initial.at("V_m").b, 3);
}

TEST(io_network_sections, when_takes_a_table_only_where_its_parameters_agree) {
  const std::string text = R"(format = 1
[parameters]
drive = "dc"
n = 2
[[populations]]
name = "E"
size = 3
model = "lif_exp"
initial = { when = { n = [1, 2] }, V_m = "-60 mV" }
[[inputs]]
when = { drive = "dc", n = 2 }
type = "dc"
target = "E"
amplitude = "1 pA"
[[inputs]]
when = { drive = ["poisson", "both"] }
type = "poisson"
target = "E"
receptor = "ex"
rate = "1 Hz"
weight = "1 pA"
)";
  EXPECT_EQ(read(text).inputs.at(0).kind, InputSpec::Kind::dc);
  EXPECT_EQ(read(text).populations[0].initial.size(), 1u);
  EXPECT_EQ(read(text, {.set = {{"drive", "both"}}}).inputs.at(0).kind, InputSpec::Kind::poisson);
  EXPECT_EQ(read(text, {.set = {{"n", "3"}}}).inputs.size(), 0u);
  EXPECT_EQ(read(text, {.set = {{"n", "3"}}}).populations[0].initial.size(), 0u);
}

TEST(io_network_sections, grid_positions_lie_in_the_middle_of_their_places) {
  const auto p = read("format = 1\n[[populations]]\nname = \"E\"\nsize = 6\nmodel = \"lif_exp\"\npositions = { grid = [3, 2], spacing = [\"10 um\", \"0.02 mm\"] }\n").populations.at(0);
  EXPECT_EQ(p.dimensions, 2);
  EXPECT_EQ(p.positions_um, (std::vector<double>{5, 10, 15, 10, 25, 10, 5, 30, 15, 30, 25, 30}));
}

TEST(io_network_sections, random_positions_follow_from_the_seed_and_fill_their_box) {
  const std::string text = "format = 1\n[[populations]]\nname = \"E\"\nsize = 2000\nmodel = \"lif_exp\"\npositions = { random = [\"100 um\", \"200 um\", \"1 mm\"] }\n";
  const auto a = read(text).populations[0].positions_um, b = read(text).populations[0].positions_um;
  EXPECT_EQ(a, b);
  EXPECT_NE(a, read(text, {.seed = 2}).populations[0].positions_um);
  const double extent[] = {100, 200, 1000};
  for (std::size_t k = 0; k < 3; ++k) {
    double sum = 0;
    for (std::size_t i = k; i < a.size(); i += 3) {
      ASSERT_GE(a[i], 0);
      ASSERT_LT(a[i], extent[k]);
      sum += a[i] / extent[k];
    }
    EXPECT_NEAR(sum / 2000, 0.5, 4 * std::sqrt(1.0 / 12 / 2000)) << "four standard errors of the mean";
  }
}

TEST(io_network_sections, positions_come_from_a_file) {
  const Folder folder;
  folder.write("cells.csv", "x,y\n1,2\n3,4\n");
  const auto spec = io::parse_network("format = 1\n[[populations]]\nname = \"E\"\nsize = 2\nmodel = \"lif_exp\"\npositions = { file = \"cells.csv\", columns = [\"x\", \"y\"], unit = \"mm\" }\n", folder / "n.toml");
  EXPECT_EQ(spec.populations[0].positions_um, (std::vector<double>{1000, 2000, 3000, 4000}));
}

TEST(io_network_sections, poisson_sources_take_rates_and_schedules) {
  const auto spec = read(R"(format = 1
[[populations]]
name = "a"
size = 3
model = "poisson_source"
rate = "10 Hz"
[[populations]]
name = "b"
size = 3
model = "poisson_source"
rate = { piecewise = [["0 ms", "10 Hz"], ["100 ms", "0 Hz"]] }
[[populations]]
name = "c"
size = 3
model = "poisson_source"
rate = { sine = { mean = "10 Hz", amplitude = "5 Hz", frequency = "2 Hz", phase = "90 deg" } }
)");
  EXPECT_EQ(spec.populations[0].params.at("rate").a, 10);
  EXPECT_EQ(spec.populations[1].rate_hz.kind, Schedule::Kind::piecewise);
  EXPECT_EQ(spec.populations[1].rate_hz.times_ms, (std::vector<double>{0, 100}));
  EXPECT_EQ(spec.populations[1].rate_hz.values, (std::vector<double>{10, 0}));
  EXPECT_EQ(spec.populations[2].rate_hz.kind, Schedule::Kind::sinusoid);
  EXPECT_EQ(spec.populations[2].rate_hz.amplitude, 5);
  EXPECT_NEAR(spec.populations[2].rate_hz.phase_rad, 1.5707963267948966, 1e-15);
}

TEST(io_network_sections, spike_trains_come_inline_from_csv_and_from_sonata) {
  const Folder folder;
  folder.write("spikes.csv", "time,neuron\n1.5,0\n0.002,1\n");
  io::Hdf5Image image;
  image.dataset("/spikes/S/timestamps", std::vector<double>{1.5, 0.002});
  image.dataset("/spikes/S/node_ids", std::vector<std::uint64_t>{0, 1});
  image.attribute("/spikes/S/timestamps", "units", "ms");
  io::OutputFile file(folder / "spikes.h5");
  image.write(file);
  file.commit();
  const std::string head = "format = 1\n[[populations]]\nname = \"S\"\nsize = 2\nmodel = \"spike_train\"\n";
  for (const std::string how : {"spikes = { neurons = [0, 1], times = [\"1.5 ms\", \"2 us\"] }", "times = \"spikes.csv\"", "times = \"spikes.h5\"",
                                "spikes = { file = \"spikes.csv\", columns = [\"neuron\", \"time\"], unit = \"ms\" }"}) {
    const auto trains = io::parse_network(head + how + "\n", folder / "n.toml").populations.at(0).trains;
    EXPECT_EQ(trains.neurons, (std::vector<std::int64_t>{0, 1})) << how;
    EXPECT_EQ(trains.times_ms, (std::vector<double>{1.5, 0.002})) << how;
  }
}

// --- projections

TEST(io_network_sections, slices_count_as_in_python) {
  const auto slice = [](const std::string& text) {
    return read(two_populations + projection("source = \"" + text + "\"\ntarget = \"I\"\nrule = \"all_to_all\"\nreceptor = \"ex\"\nweight = \"1 pA\"")).projections.at(0).source;
  };
  const auto is = [](const Slice& s, std::int64_t first, std::int64_t last, std::int64_t stride) { return s.first == first && s.last == last && s.stride == stride; };
  EXPECT_TRUE(is(slice("E"), 0, 80, 1));
  EXPECT_TRUE(is(slice("E[5]"), 5, 6, 1));
  EXPECT_TRUE(is(slice("E[-1]"), 79, 80, 1));
  EXPECT_TRUE(is(slice("E[0:10]"), 0, 10, 1));
  EXPECT_TRUE(is(slice("E[70:]"), 70, 80, 1));
  EXPECT_TRUE(is(slice("E[:-70]"), 0, 10, 1));
  EXPECT_TRUE(is(slice("E[::2]"), 0, 80, 2));
  EXPECT_TRUE(is(slice("E[1:9:3]"), 1, 9, 3));
  EXPECT_EQ(slice("E[1:9:3]").size(), 3);
}

TEST(io_network_sections, every_rule_is_understood) {
  const auto rule = [](const std::string& text) {
    return read(two_populations + projection("source = \"E\"\ntarget = \"E\"\nreceptor = \"ex\"\nweight = \"1 pA\"\nrule = " + text)).projections.at(0).rule;
  };
  EXPECT_EQ(rule("\"one_to_one\"").kind, Rule::Kind::one_to_one);
  EXPECT_EQ(rule("\"all_to_all\"").kind, Rule::Kind::all_to_all);
  EXPECT_EQ(rule("{ fixed_indegree = 8 }").kind, Rule::Kind::fixed_indegree);
  EXPECT_EQ(rule("{ fixed_outdegree = 8 }").number, 8);
  EXPECT_EQ(rule("{ fixed_total_number = 800 }").kind, Rule::Kind::fixed_total_number);
  EXPECT_EQ(rule("{ pairwise_bernoulli = \"10 %\" }").probability, 0.1);
  EXPECT_TRUE(rule("\"all_to_all\"").allow_autapses);
  EXPECT_FALSE(rule("\"all_to_all\"\nallow_autapses = false").allow_autapses);
  EXPECT_FALSE(rule("{ fixed_indegree = 8 }\nallow_multapses = false").allow_multapses);
}

TEST(io_network_sections, distance_rules_know_their_space) {
  const std::string text = R"(format = 1
[[populations]]
name = "E"
size = 100
model = "lif_exp"
positions = { grid = [10, 10], spacing = "20 um" }
[[projections]]
source = "E"
target = "E"
receptor = "ex"
weight = "1 pA"
delay = "1 ms"
)";
  auto rule = read(text + "rule = { distance = \"gaussian\", probability = 0.5, sigma = \"0.1 mm\", cutoff = \"300 um\", periodic = true }\n").projections.at(0).rule;
  EXPECT_EQ(rule.kind, Rule::Kind::distance);
  EXPECT_EQ(rule.kernel, Rule::Kernel::gaussian);
  EXPECT_EQ(rule.probability, 0.5);
  EXPECT_EQ(rule.length_um, 100);
  EXPECT_EQ(rule.cutoff_um, 300);
  EXPECT_EQ(rule.period_um, (std::vector<double>{200, 200}));
  rule = read(text + "rule = { distance = \"exponential\", probability = 0.5, length = \"100 um\" }\n").projections.at(0).rule;
  EXPECT_EQ(rule.kernel, Rule::Kernel::exponential);
  EXPECT_TRUE(rule.period_um.empty());
}

TEST(io_network_sections, a_matrix_is_read_by_target_then_source_and_zeros_vanish) {
  const auto spec = read(two_populations + projection(R"(source = ["E", "I"]
target = ["E", "I"]
rule = { fixed_total_number = [[11, 12], [0, 22]] }
receptor = { by_source = ["ex", "in"] }
weight = [["1 pA", "-2 pA"], ["3 pA", "-4 pA"]]
dendritic_delay_fraction = { by_target = [0.25, 1] })"));
  ASSERT_EQ(spec.projections.size(), 3u);
  const auto& p = spec.projections;
  EXPECT_EQ(p[0].name, "E->E");
  EXPECT_EQ(p[1].name, "I->E");
  EXPECT_EQ(p[1].source.population, 1);
  EXPECT_EQ(p[1].target.population, 0);
  EXPECT_EQ(p[1].rule.number, 12);
  EXPECT_EQ(p[1].receptor, 1);
  EXPECT_EQ(p[1].weight.a, -2);
  EXPECT_EQ(p[1].dendritic_delay_fraction, 0.25);
  EXPECT_EQ(p[2].name, "I->I");
  EXPECT_EQ(p[2].rule.number, 22);
  EXPECT_EQ(p[2].weight.a, -4);
}

TEST(io_network_sections, an_exception_changes_only_its_pairs) {
  const auto spec = read(two_populations + projection(R"(source = ["E", "I"]
target = ["E", "I"]
rule = { fixed_indegree = 5 }
receptor = { by_source = ["ex", "in"] }
weight = { by_source = ["1 pA", "-2 pA"] })") + R"(
[[projections.except]]
source = "E"
target = "I"
weight = "9 pA"
[[projections.except]]
target = "E"
rule = { fixed_indegree = 7 }
delay = "3 ms"
)");
  ASSERT_EQ(spec.projections.size(), 4u);
  const auto& p = spec.projections;  // E->E, I->E, E->I, I->I
  EXPECT_EQ(p[0].weight.a, 1);
  EXPECT_EQ(p[2].weight.a, 9);
  EXPECT_EQ(p[3].weight.a, -2);
  EXPECT_EQ(p[0].rule.number, 7);
  EXPECT_EQ(p[1].rule.number, 7);
  EXPECT_EQ(p[2].rule.number, 5);
  EXPECT_EQ(p[1].delay_ms.a, 3);
  EXPECT_EQ(p[3].delay_ms.a, 1.5);
}

TEST(io_network_sections, keep_sign_bounds_a_weight_on_the_side_of_its_mean) {
  const auto spec = read(two_populations + projection(R"(source = ["E", "I"]
target = "E"
rule = { fixed_indegree = 5 }
receptor = { by_source = ["ex", "in"] }
weight = { normal = { by_source = ["10 pA", "-20 pA"] }, relative_std = 0.5, keep_sign = true })"));
  EXPECT_EQ(spec.projections[0].weight.min, 0);
  EXPECT_EQ(spec.projections[0].weight.b, 5);
  EXPECT_EQ(spec.projections[1].weight.max, 0);
  EXPECT_EQ(spec.projections[1].weight.b, 10);
}

TEST(io_network_sections, edge_lists_bring_weights_delays_and_names) {
  const Folder folder;
  folder.write("neurons.csv", "name\nADA\nADB\nADC\n");
  folder.write("edges.csv", "pre,post,count,d\nADA,ADC,3,1\nADX,ADA,9,9\nADC,ADB,-2,2.5\n");
  const auto spec = io::parse_network(R"(format = 1
[[populations]]
name = "E"
size = 3
membrane = "leaky"
receptors = [{ name = "syn", kind = "exponential" }]
[[projections]]
source = "E"
target = "E"
rule = { edges = "edges.csv", source_column = "pre", target_column = "post", ids = { file = "neurons.csv", column = "name" }, skip_unknown = true }
weight = { column = "count", unit = "0.5 pA" }
delay = { column = "d" }
)", folder / "n.toml");
  const auto& p = spec.projections.at(0);
  EXPECT_EQ(*p.rule.edge_sources, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(*p.rule.edge_targets, (std::vector<std::int64_t>{2, 1}));
  EXPECT_EQ(*p.weight.column, (std::vector<double>{1.5, -1}));
  EXPECT_EQ(*p.delay_ms.column, (std::vector<double>{1, 2.5}));
}

// --- inputs and recordings

TEST(io_network_sections, every_input_is_understood) {
  const auto spec = read(two_populations + R"(
[[inputs]]
type = "poisson"
target = ["E", "I"]
receptor = "ex"
rate = ["8 kHz", "4 kHz"]
weight = "87.8 pA"
start = "10 ms"
[[inputs]]
type = "dc"
target = "E[0:10]"
amplitude = { normal = ["100 pA", "10 pA"] }
stop = "1 s"
[[inputs]]
type = "step"
target = "E"
piecewise = [["0 ms", "50 pA"], ["100 ms", "0 pA"]]
[[inputs]]
type = "sine"
target = "E"
amplitude = "50 pA"
mean = "100 pA"
frequency = "5 Hz"
phase = 1.5
[[inputs]]
type = "noise"
target = "E"
mean = "100 pA"
std = "20 pA"
hold = "1 ms"
)");
  ASSERT_EQ(spec.inputs.size(), 6u);
  const auto& in = spec.inputs;
  EXPECT_EQ(in[0].rate_hz.a, 8000);
  EXPECT_EQ(in[1].rate_hz.a, 4000);
  EXPECT_EQ(in[1].target.population, 1);
  EXPECT_EQ(in[1].start_ms, 10);
  EXPECT_EQ(in[2].kind, InputSpec::Kind::dc);
  EXPECT_EQ(in[2].target.last, 10);
  EXPECT_EQ(in[2].amplitude_pA.b, 10);
  EXPECT_EQ(in[2].stop_ms, 1000);
  EXPECT_EQ(in[3].current_pA.values, (std::vector<double>{50, 0}));
  EXPECT_EQ(in[4].frequency_hz, 5);
  EXPECT_EQ(in[4].mean_pA.a, 100);
  EXPECT_EQ(in[4].phase_rad, 1.5);
  EXPECT_EQ(in[5].kind, InputSpec::Kind::noise);
  EXPECT_EQ(in[5].amplitude_pA.a, 20);
  EXPECT_EQ(in[5].noise_dt_ms, 1);
}

TEST(io_network_sections, without_recordings_all_spikes_are_recorded) {
  const auto spec = read(two_populations);
  ASSERT_EQ(spec.recordings.size(), 2u);
  EXPECT_EQ(spec.recordings[1].kind, RecordingSpec::Kind::spikes);
  EXPECT_EQ(spec.recordings[1].neurons.population, 1);
  EXPECT_EQ(spec.recordings[1].neurons.size(), 20);
}

TEST(io_network_sections, an_empty_list_of_recordings_records_nothing) {
  EXPECT_TRUE(read("recordings = []\n" + two_populations).recordings.empty());
}

TEST(io_network_sections, every_recording_is_understood) {
  const auto spec = read(two_populations + projection("source = \"E\"\ntarget = \"I\"\nrule = \"all_to_all\"\nreceptor = \"ex\"\nweight = \"1 pA\"") + R"(
[[recordings]]
type = "spikes"
neurons = ["E[0:10]", "I"]
start = "100 ms"
[[recordings]]
type = "state"
neurons = "E[0]"
variables = ["V_m", "ex.I"]
interval = "1 ms"
stop = "1 s"
[[recordings]]
type = "weights"
[[recordings]]
type = "connectivity"
source = "E[0:5]"
target = "I"
)");
  ASSERT_EQ(spec.recordings.size(), 5u);
  const auto& r = spec.recordings;
  EXPECT_EQ(r[0].neurons.last, 10);
  EXPECT_EQ(r[1].neurons.population, 1);
  EXPECT_EQ(r[1].start_ms, 100);
  EXPECT_EQ(r[2].variables, (std::vector<std::string>{"V_m", "ex.I"}));
  EXPECT_EQ(r[2].interval_ms, 1);
  EXPECT_EQ(r[2].stop_ms, 1000);
  EXPECT_EQ(r[3].kind, RecordingSpec::Kind::weights);
  EXPECT_EQ(r[3].sources.population, 0);
  EXPECT_EQ(r[3].targets.population, 1);
  EXPECT_EQ(r[4].sources.last, 5);
}

}  // namespace
}  // namespace ranvier::test
