// SPDX-License-Identifier: Apache-2.0
/// [[gap_junctions]]: what is read, and the exact words of what is wrong with them.

#include <gtest/gtest.h>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

std::string with(std::string_view junction) {
  return std::string(one_population) + "[[populations]]\nname = \"P\"\nsize = 10\nmodel = \"poisson_source\"\n[[gap_junctions]]\n" + std::string(junction);
}

TEST(errors_network_gaps, a_block_without_source_rule_and_conductance_is_told_of_all_three) {
  EXPECT_EQ(problems(with("target = \"E\"\nconductances = \"1 nS\"\n")),
            "network.toml:12: gap_junctions[0].conductances = \"1 nS\": unknown key. Did you mean \"conductance\"?\n"
            "network.toml:10: gap_junctions[0]: source is missing: for example source = \"E\"\n"
            "network.toml:10: gap_junctions[0]: rule is missing: one of one_to_one, all_to_all, fixed_total_number, pairwise_bernoulli, edges\n"
            "network.toml:10: gap_junctions[0]: conductance is missing: for example conductance = \"0.5 nS\"");
}

TEST(errors_network_gaps, a_negative_conductance_and_one_without_unit_are_told) {
  EXPECT_EQ(problems(with("source = \"E\"\ntarget = \"E\"\nrule = \"all_to_all\"\nconductance = \"-1 nS\"\n")),
            "network.toml:14: gap_junctions[0].conductance = \"-1 nS\": must be >= 0 nS");
  EXPECT_EQ(problems(with("source = \"E\"\ntarget = \"E\"\nrule = \"all_to_all\"\nconductance = 1\n")),
            "network.toml:14: gap_junctions[0].conductance = 1: has no unit, but a conductance is needed; write \"1 nS\"");
}

TEST(errors_network_gaps, sources_unknown_slices_and_rules_of_projections_are_told) {
  EXPECT_EQ(problems(with("source = \"P\"\ntarget = \"F\"\nrule = { fixed_indegree = 3 }\nconductance = \"1 nS\"\n")),
            "network.toml:11: gap_junctions[0].source = \"P\": population \"P\" is a source of spikes: it has no potential that a gap junction could act on\n"
            "network.toml:12: gap_junctions[0].target = \"F\": no population \"F\". Did you mean \"E\"?\n"
            "network.toml:13: gap_junctions[0].rule: gap junctions cannot be made by fixed_indegree: one of one_to_one, all_to_all, fixed_total_number, pairwise_bernoulli, edges");
  EXPECT_EQ(problems(with("source = \"E[0:3]\"\ntarget = \"E[3:7]\"\nrule = \"one_to_one\"\nconductance = \"1 nS\"\n")),
            "network.toml:13: gap_junctions[0].rule = \"one_to_one\": needs as many sources as targets, but E[0:3] has 3 neurons and E[3:7] has 4");
}

TEST(errors_network_gaps, an_edge_list_gives_pairs_and_conductances) {
  const Folder folder;
  folder.write("gaps.csv", "a,b,n\n0,1,2\n4,2,1\n");
  const std::string text = with("source = \"E\"\ntarget = \"E\"\nrule = { edges = \"gaps.csv\", source_column = \"a\", target_column = \"b\" }\nconductance = { column = \"n\", unit = \"0.1 nS\" }\n");
  const NetworkSpec spec = io::parse_network(text, folder / "network.toml");
  ASSERT_EQ(spec.gap_junctions.size(), 1u);
  const GapJunctionSpec& g = spec.gap_junctions[0];
  EXPECT_EQ(*g.rule.edge_sources, (std::vector<std::int64_t>{0, 4}));
  EXPECT_EQ(*g.rule.edge_targets, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(*g.conductance_nS.column, (std::vector<double>{0.2, 0.1}));
  EXPECT_EQ(g.name, "E--E");
}

std::string solved_by(std::string_view method) {
  return "format = 1\n[simulation]\ngap_junctions = " + std::string(method) + "\n[[populations]]\nname = \"E\"\nsize = 10\nmodel = \"lif_exp\"\n[[gap_junctions]]\nsource = \"E\"\ntarget = \"E\"\nrule = \"all_to_all\"\nconductance = \"1 nS\"\n";
}

TEST(errors_network_gaps, the_method_and_its_settings_are_read) {
  EXPECT_EQ(io::parse_network(solved_by("{ method = \"explicit\" }"), "network.toml").gap_method.kind, GapMethodSpec::Kind::explicit_euler);
  const auto m = io::parse_network(solved_by("{ method = \"waveform_relaxation\", interval = \"0.5 ms\", tolerance = \"1 uV\", max_iterations = 9, interpolation = 1 }"), "network.toml").gap_method;
  EXPECT_EQ(m.kind, GapMethodSpec::Kind::waveform_relaxation);
  EXPECT_EQ(m.interval_ms, 0.5);
  EXPECT_NEAR(m.tolerance_mV, 1e-3, 1e-15);
  EXPECT_EQ(m.max_iterations, 9);
  EXPECT_EQ(m.interpolation, 1);
}

TEST(errors_network_gaps, an_unknown_method_and_settings_out_of_range_are_told) {
  EXPECT_EQ(problems(solved_by("{ method = \"wave_relaxation\" }")),
            "network.toml:3: simulation.gap_junctions.method = \"wave_relaxation\": must be one of explicit, waveform_relaxation. Did you mean \"waveform_relaxation\"?");
  EXPECT_EQ(problems(solved_by("{ method = \"waveform_relaxation\", interval = \"0 ms\", tolerance = \"-1 mV\", max_iterations = 0, interpolation = 2, iterations = 3 }")),
            "network.toml:3: simulation.gap_junctions.iterations = 3: unknown key. Did you mean \"max_iterations\"?\n"
            "network.toml:3: simulation.gap_junctions.interval = \"0 ms\": must be > 0 ms\n"
            "network.toml:3: simulation.gap_junctions.tolerance = \"-1 mV\": must be > 0 mV\n"
            "network.toml:3: simulation.gap_junctions.max_iterations = 0: must be at least 1\n"
            "network.toml:3: simulation.gap_junctions.interpolation = 2: must be 0, 1 or 3");
  EXPECT_EQ(problems(solved_by("{ tolerance = \"1 mV\" }")), "network.toml:3: simulation.gap_junctions: method is missing: \"explicit\" or \"waveform_relaxation\"");
}

TEST(errors_network_gaps, a_network_with_junctions_cannot_be_down_scaled) {
  EXPECT_EQ(problems(with("source = \"E\"\ntarget = \"E\"\nrule = { pairwise_bernoulli = 0.1 }\nconductance = \"1 nS\"\n[downscale]\nneurons = 0.5\n")),
            "network.toml:15: downscale: gap junctions cannot be down-scaled; remove them, or set neurons = 1 and indegree = 1");
}

}  // namespace
}  // namespace ranvier::test
