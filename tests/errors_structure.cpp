// SPDX-License-Identifier: Apache-2.0
/// Rules of structure: what is read, and the exact words of what is wrong with them.

#include <gtest/gtest.h>

#include "engine/network.hpp"
#include "engine/structure.hpp"
#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

/// A projection of E onto itself; its further lines begin at line 17.
std::string with(std::string_view synapse, std::string_view rule = "{ fixed_indegree = 0 }", std::string_view source = "E", std::string_view more = "") {
  return std::string(one_population) + "[[populations]]\nname = \"P\"\nsize = 10\nmodel = \"poisson_source\"\nrate = \"5 Hz\"\n[[projections]]\nsource = \"" + std::string(source) +
         "\"\ntarget = \"E\"\nreceptor = \"ex\"\nrule = " + std::string(rule) + "\nweight = \"20 pA\"\ndelay = \"1.5 ms\"\nsynapse = " + std::string(synapse) + "\n" + std::string(more);
}

/// What building says of a file that reads well.
std::string complaint(const std::string& text) {
  const NetworkSpec spec = io::parse_network(text, "network.toml");
  try {
    engine::check(spec);
    return {};
  } catch (const InputError& e) {
    return e.what();
  }
}

TEST(errors_structure, a_projection_may_begin_with_no_synapses_only_where_some_may_grow) {
  EXPECT_EQ(io::parse_network(with("\"structural_growth\""), "network.toml").projections.size(), 1u);
  EXPECT_EQ(io::parse_network(with("{ structural_sigmoid = { theta = \"3 Hz\" } }", "{ pairwise_bernoulli = 0 }"), "network.toml").projections.size(), 1u);
  EXPECT_EQ(io::parse_network(with("\"stdp\""), "network.toml").projections.size(), 0u);
  for (const auto* rule : {"{ fixed_indegree = 0 }", "{ fixed_outdegree = 0 }", "{ fixed_total_number = 0 }", "{ pairwise_bernoulli = 0 }"}) {
    const auto network = engine::build(io::parse_network(with("\"structural_growth\"", rule), "network.toml"), {});
    EXPECT_EQ(network->synapses, 0) << rule;
    EXPECT_EQ(network->delay_max, 15u) << "that of synapses to come";
  }
}

TEST(errors_structure, settings_are_read_beside_other_rules) {
  const auto spec = io::parse_network(with("{ stdp = { w_max = \"50 pA\" }, structural_growth = { nu_axonal = \"0.2 Hz\", interval = \"0.5 s\", curve = \"linear\" } }"), "network.toml");
  EXPECT_EQ(complaint(with("{ stdp = { w_max = \"50 pA\" }, structural_growth = { nu_axonal = \"0.2 Hz\", interval = \"0.5 s\", curve = \"linear\" } }")), "");
  const auto& s = spec.projections.at(0).synapse;
  ASSERT_EQ(s.size(), 2u);
  EXPECT_EQ(s[1].params.at("interval"), 500);
  EXPECT_EQ(s[1].params.at("nu_axonal"), 0.2);
  EXPECT_EQ(s[1].choices.at("curve"), "linear");
}

TEST(errors_structure, values_out_of_range_and_wrong_names_are_told_with_line_and_cure) {
  EXPECT_EQ(problems(with("{ structural_growth = { interval = \"50 ms\", nu_axonal = 0.1, eps_axonal = 0, psi = -1, tau_Ca = \"0 ms\", vacant_loss = 2, z_max = 0, curve = \"gausian\", nu = 1 } }")),
            "network.toml:18: projections[0].synapse.structural_growth.nu = 1: unknown key. Did you mean \"nu_axonal\"?\n"
            "network.toml:18: projections[0].synapse.structural_growth.interval = \"50 ms\": must be >= 100 ms; leave it out for the default of 1000 ms\n"
            "network.toml:18: projections[0].synapse.structural_growth.nu_axonal = 0.1: has no unit, but a rate is needed; write \"0.1 Hz\"\n"
            "network.toml:18: projections[0].synapse.structural_growth.eps_axonal = 0: must be > 0; leave it out for the default of 0.05\n"
            "network.toml:18: projections[0].synapse.structural_growth.psi = -1: must be > 0; leave it out for the default of 0.1\n"
            "network.toml:18: projections[0].synapse.structural_growth.tau_Ca = \"0 ms\": must be > 0 ms; leave it out for the default of 10000 ms\n"
            "network.toml:18: projections[0].synapse.structural_growth.vacant_loss = 2: must be >= 0 and <= 1; leave it out for the default of 0.1\n"
            "network.toml:18: projections[0].synapse.structural_growth.z_max = 0: must be >= 1 and <= 1000000; leave it out for the default of 1000\n"
            "network.toml:18: projections[0].synapse.structural_growth.curve = \"gausian\": no such word. Did you mean \"gaussian\"?");
  EXPECT_EQ(problems(with("{ structural_sigmoid = { nu_form = \"-1 Hz\", tau_a = \"0 s\", places = 0, sigma = \"-3 um\" } }")),
            "network.toml:18: projections[0].synapse.structural_sigmoid.nu_form = \"-1 Hz\": must be >= 0 Hz; leave it out for the default of 0.1 Hz\n"
            "network.toml:18: projections[0].synapse.structural_sigmoid.tau_a = \"0 s\": must be > 0 ms; leave it out for the default of 10000 ms\n"
            "network.toml:18: projections[0].synapse.structural_sigmoid.places = 0: must be >= 1 and <= 1000000; leave it out for the default of 100\n"
            "network.toml:18: projections[0].synapse.structural_sigmoid.sigma = \"-3 um\": must be >= 0 um; leave it out for the default of 0 um");
}

TEST(errors_structure, an_interval_between_steps_is_refused) {
  EXPECT_EQ(complaint(with("{ structural_growth = { interval = \"100.05 ms\" } }")),
            "network.toml:11: projections[0]: structural_growth: interval = 100.05 ms: must be a multiple of the time step of 0.1 ms");
}

TEST(errors_structure, settings_that_do_not_go_together_are_refused) {
  EXPECT_EQ(complaint(with("{ structural_growth = { eta_dendritic = 0.06 } }")), "network.toml:11: projections[0]: structural_growth: eta_dendritic must be below eps_dendritic");
  EXPECT_EQ(complaint(with("{ structural_growth = { eta_dendritic = 0.06, curve = \"linear\" } }")), "");
  EXPECT_EQ(complaint(with("{ structural_sigmoid = { slope = \"0 Hz\" } }")), "network.toml:11: projections[0]: structural_sigmoid: slope must not be 0");
  EXPECT_EQ(complaint(with("{ structural_sigmoid = { places = 2.5 } }")), "network.toml:11: projections[0]: structural_sigmoid: places must be a whole number");
  EXPECT_EQ(complaint(with("{ structural_sigmoid = {}, structural_growth = {} }")), "network.toml:11: projections[0]: two rules by which synapses come and go: choose one");
}

TEST(errors_structure, a_kernel_of_distance_without_positions_is_refused) {
  EXPECT_EQ(complaint(with("{ structural_sigmoid = { sigma = \"50 um\" } }")),
            "network.toml:11: projections[0]: structural_sigmoid: sigma needs distances, but population \"E\" has no positions; give it positions = { grid = [...], spacing = \"10 um\" }, or leave sigma out");
}

TEST(errors_structure, a_source_of_spikes_has_no_elements_but_may_be_drawn_by_chance) {
  EXPECT_EQ(complaint(with("\"structural_growth\"", "{ fixed_indegree = 0 }", "P")),
            "network.toml:11: projections[0]: structural_growth: population \"P\" is a source of spikes, which has no elements that its activity could make grow; let neurons project, or use structural_sigmoid");
  EXPECT_EQ(complaint(with("\"structural_sigmoid\"", "{ fixed_indegree = 0 }", "P")), "");
}

TEST(errors_structure, more_synapses_than_the_rule_has_room_for_are_refused) {
  EXPECT_EQ(complaint(with("{ structural_sigmoid = { places = 5 } }", "{ fixed_indegree = 6 }")),
            "network.toml:11: projections[0]: structural_sigmoid: the projection begins with 6 synapses a target, but the rule has room for 5");
}

TEST(errors_structure, columns_and_kernels_in_time_are_refused) {
  const Folder folder;
  folder.write("edges.csv", "source,target,d\n0,1,2\n4,2,1\n");
  const auto refused = [&](std::string text) {
    const NetworkSpec spec = io::parse_network(text, folder / "network.toml");
    try {
      engine::check(spec);
    } catch (const InputError& e) {
      return std::string(e.what());
    }
    return std::string();
  };
  std::string text = with("\"structural_growth\"", "{ edges = \"edges.csv\" }");
  EXPECT_EQ(refused(text), "");
  text.replace(text.find("\"1.5 ms\""), 8, "{ column = \"d\", unit = \"ms\" }");
  EXPECT_NE(refused(text).find("structural_growth: delay: a column has no values for synapses that are made during the run; give one value or a distribution"), std::string::npos) << refused(text);
  const std::string lags = complaint(with("\"structural_growth\"", "{ fixed_indegree = 3 }", "E", "lags = [1, 0.5]\n"));
  EXPECT_NE(lags.find("structural_growth: lags: synapses of a kernel in time come and go together, which this rule cannot do; leave lags out"), std::string::npos) << lags;
}

TEST(errors_structure, sums_have_room_for_all_synapses_that_may_grow) {
  const auto spec = io::parse_network(with("{ structural_growth = { z_max = 5000 } }"), "network.toml");
  EXPECT_EQ(engine::structural_indegree_bound(spec.projections[0], spec), 5000);
  const auto network = engine::build(spec, {});
  const double quantum = network->populations[0].receptors[0].quantum;
  EXPECT_GT(quantum * (network->wide ? 0x1p62 : 0x1p30), 20.0 * 5000);
}

TEST(errors_structure, memory_is_foreseen_for_what_can_grow_within_the_run) {
  const auto memory = [](const std::string& duration) {
    NetworkSpec spec = io::parse_network(with("{ structural_growth = { nu_axonal = \"1 Hz\", nu_dendritic = \"1 Hz\" } }", "{ fixed_indegree = 0 }", "E", "[simulation]\nduration = \"" + duration + "\"\n"), "network.toml");
    spec.populations[0].size = spec.projections[0].source.last = spec.projections[0].target.last = 10000;
    return engine::estimate_memory(spec, 2).state_byte;
  };
  // 100 s more grow 100 more synapses on 10,000 cells; their targets and weights alone take 8 bytes each
  EXPECT_GT(memory("200 s") - memory("100 s"), 8.0 * 100 * 10000);
  EXPECT_LT(memory("200 s") - memory("100 s"), 64.0 * 100 * 10000);
}

}  // namespace
}  // namespace ranvier::test
