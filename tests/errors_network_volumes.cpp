// SPDX-License-Identifier: Apache-2.0
/// [[volumes]]: what is read, and the exact words of what is wrong with them and with rules that follow them.

#include <gtest/gtest.h>

#include <functional>

#include "engine/network.hpp"
#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

std::string with(std::string_view volume) { return std::string(one_population) + "[[volumes]]\nname = \"dopamine\"\n" + std::string(volume); }
std::string synapse(std::string_view rule) {
  return "[[projections]]\nsource = \"E\"\ntarget = \"E\"\nrule = \"all_to_all\"\nreceptor = \"ex\"\nweight = \"1 pA\"\ndelay = \"1 ms\"\nsynapse = " + std::string(rule) + "\n";
}

TEST(errors_network_volumes, weights_are_kept_where_synapses_learn_and_stay) {
  const std::string weights = "[[recordings]]\ntype = \"weights\"\ninterval = \"100 ms\"\n";
  const auto problem = [&](const std::string& projection) {
    try {
      engine::check(read(std::string(one_population) + projection + weights));
    } catch (const InputError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(problem(synapse("{ stdp = { w_max = \"2 pA\" } }")), "");
  const std::string stays = synapse("");
  const std::string fixed = problem(stays.substr(0, stays.find("synapse")));
  EXPECT_NE(fixed.find("recordings[0]: interval: no synapse here has a rule by which its weight could change; leave interval out to have the weights once, at the end"), std::string::npos)
      << fixed;
  const std::string grows = problem(synapse("{ structural_growth = {} }"));
  EXPECT_NE(grows.find("recordings[0]: interval: these synapses come and go"), std::string::npos) << grows;
}

TEST(errors_network_volumes, a_volume_is_read_with_all_its_pulses) {
  const NetworkSpec spec = read(with("tau = \"0.3 s\"\nbaseline = 0.1\nrewards = [[\"1 s\", 0.5], [\"3 s\", 0.25]]\n"
                                     "[[volumes.pulses]]\ntype = \"spikes\"\nsource = \"E[2:4]\"\ndelay = \"2 ms\"\namount = 0.01\n"
                                     "[[volumes.pulses]]\ntype = \"pairing\"\nsource = \"E[0]\"\ntarget = \"E[1]\"\nwithin = \"15 ms\"\ndelay = { uniform = [\"1 s\", \"3 s\"] }\namount = 0.5\n"
                                     "[[volumes.pulses]]\ntype = \"random\"\ninterval = \"10 s\"\namount = 2\n") + synapse("\"stdp_dopamine\""));
  ASSERT_EQ(spec.volumes.size(), 1u);
  const VolumeSpec& v = spec.volumes[0];
  EXPECT_EQ(v.tau_ms, 300);
  EXPECT_EQ(v.baseline, 0.1);
  ASSERT_EQ(v.pulses.size(), 4u);
  EXPECT_EQ(v.pulses[0].times_ms, (std::vector<double>{1000, 3000}));
  EXPECT_EQ(v.pulses[0].amounts, (std::vector<double>{0.5, 0.25}));
  EXPECT_EQ(v.pulses[1].source.first, 2);
  EXPECT_EQ(v.pulses[1].delay_low_ms, 2);
  EXPECT_EQ(v.pulses[2].target.first, 1);
  EXPECT_EQ(v.pulses[2].delay_low_ms, 1000);
  EXPECT_EQ(v.pulses[2].delay_high_ms, 3000);
  EXPECT_EQ(v.pulses[2].within_ms, 15);
  EXPECT_EQ(v.pulses[3].interval_ms, 10'000);
  EXPECT_EQ(v.pulses[3].amount, 2);
  EXPECT_NO_THROW(engine::check(spec));
}

TEST(errors_network_volumes, what_cannot_be_is_told_with_its_range) {
  EXPECT_EQ(problems(with("tau = \"-1 ms\"\nbaseline = -2\nrewards = [[\"3 s\", 0.5], [\"1 s\", -1]]\n")),
            "network.toml:8: volumes[0].tau = \"-1 ms\": must be > 0 ms\n"
            "network.toml:9: volumes[0].baseline = -2: must be >= 0\n"
            "network.toml:10: volumes[0].rewards[1] = [\"1 s\", -1]: must be >= 0\n"
            "network.toml:10: volumes[0].rewards[1] = [\"1 s\", -1]: times must ascend");
  EXPECT_EQ(problems(with("[[volumes.pulses]]\ntype = \"paring\"\n")), "network.toml:9: volumes[0].pulses[0].type = \"paring\": must be one of spikes, pairing, random. Did you mean \"pairing\"?");
  EXPECT_EQ(problems(with("[[volumes.pulses]]\ntype = \"pairing\"\nsource = \"E\"\ntarget = \"E[1]\"\ndelay = { uniform = [\"3 s\", \"1 s\"] }\namount = 1\n")),
            "network.toml:10: volumes[0].pulses[0].source = \"E\": names 100 neurons, but one is needed, for example \"E[0]\"\n"
            "network.toml:12: volumes[0].pulses[0].delay.uniform = [\"3 s\", \"1 s\"]: the low end is above the high end");
  EXPECT_EQ(problems(with("[[volumes.pulses]]\ntype = \"random\"\n")),
            "network.toml:8: volumes[0].pulses[0]: amount is missing: what a pulse adds to the concentration, for example amount = 0.5\n"
            "network.toml:8: volumes[0].pulses[0]: interval is missing: the mean time between pulses, for example interval = \"10 s\"");
  EXPECT_EQ(problems(with("[[volumes.pulses]]\ntype = \"spikes\"\nsource = \"E\"\ndelay = \"0.01 ms\"\namount = 1\n")),
            "network.toml:11: volumes[0].pulses[0].delay = \"0.01 ms\": must be at least one time step (0.1 ms)");
}

TEST(errors_network_volumes, a_rule_that_follows_an_unknown_volume_is_told_the_nearest) {
  EXPECT_EQ(problems(with("") + synapse("{ stdp_dopamine = { volume = \"dopamin\" } }")), "network.toml:15: projections[0].synapse.stdp_dopamine.volume = \"dopamin\": no such volume. Did you mean \"dopamine\"?");
  EXPECT_EQ(problems(std::string(one_population) + synapse("\"stdp_dopamine\"")),
            "network.toml:13: projections[0].synapse = \"stdp_dopamine\": stdp_dopamine follows a volume, and the file has none; add [[volumes]]");
  EXPECT_EQ(problems(with("") + "[[volumes]]\nname = \"serotonin\"\n" + synapse("\"stdp_dopamine\"")),
            "network.toml:17: projections[0].synapse = \"stdp_dopamine\": stdp_dopamine follows a volume, and there are 2; add volume = \"dopamine\" or another one");
  EXPECT_EQ(problems(with("") + synapse("{ stdp = { volume = \"dopamine\" } }")),
            "network.toml:15: projections[0].synapse.stdp.volume = \"dopamine\": unknown key. Known: lambda, alpha, mu_plus, mu_minus, tau_plus, tau_minus, w_max, pairing");
}

TEST(errors_network_volumes, a_network_with_volumes_cannot_be_down_scaled) {
  EXPECT_EQ(problems(with("") + "[downscale]\nneurons = 0.5\n"), "network.toml:8: downscale: volumes cannot be down-scaled; remove them, or set neurons = 1 and indegree = 1");
}

/// A description that no file gave, as a program makes it.
std::string complaint(const std::function<void(NetworkSpec&)>& change) {
  NetworkSpec spec = read(with("") + synapse("\"stdp_dopamine\""));
  spec.projections[0].where.clear();
  spec.volumes[0].where.clear();
  change(spec);
  try {
    engine::check(spec);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(errors_network_volumes, descriptions_made_by_programs_are_checked_too) {
  EXPECT_EQ(complaint([](NetworkSpec&) {}), "");
  EXPECT_EQ(complaint([](NetworkSpec& s) { s.volumes[0].tau_ms = 0; }), "volumes[0]: tau = 0 ms: must be > 0 ms; the default is 200 ms");
  EXPECT_EQ(complaint([](NetworkSpec& s) { s.volumes.clear(); }), "projections[0]: stdp_dopamine: follows a volume, and there is none; add [[volumes]] with name, tau and where its pulses come from");
  EXPECT_EQ(complaint([](NetworkSpec& s) { s.projections[0].synapse[0].volume = "dopamin"; }), "projections[0]: stdp_dopamine: no volume is called \"dopamin\". Did you mean \"dopamine\"?");
  EXPECT_EQ(complaint([](NetworkSpec& s) { s.projections[0].synapse[0].params["w_min"] = 2; }), "projections[0]: stdp_dopamine: the initial weights must not be below w_min");
  EXPECT_EQ(complaint([](NetworkSpec& s) { s.volumes[0].pulses = {{.kind = PulseSpec::Kind::times, .times_ms = {5, 3}, .amounts = {1, 1}}}; }),
            "volumes[0], pulses 0: reward at 3 ms: times must be >= 0 ms and ascend");
  EXPECT_EQ(complaint([](NetworkSpec& s) { s.volumes[0].pulses = {{.kind = PulseSpec::Kind::spikes, .source = {0, 0, 5, 1}}}; }), "volumes[0], pulses 0: delay = 0 ms: must be at least one time step (0.1 ms)");
}

}  // namespace
}  // namespace ranvier::test
