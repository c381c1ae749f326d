// SPDX-License-Identifier: Apache-2.0
/// All commands: help, exit codes, what is said about wrong usage and wrong files.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli_example.hpp"

namespace ranvier::test_cli {
namespace {

const std::vector<std::string> commands = {"simulate", "check", "export", "verify", "report", "models", "measure", "plan", "machines"};

void expect_said(const Ran& ran, const std::string& part) { EXPECT_NE(ran.err.find(part), std::string::npos) << part << " is missing in\n" << ran.err; }

TEST(CliHelp, every_command_has_help_with_an_example) {
  const Folder folder;
  for (const std::string& command : commands) {
    const Ran ran = folder.ranvier(command + " --help");
    EXPECT_EQ(ran.code, 0) << command;
    EXPECT_NE(ran.out.find("Example:  ranvier " + command), std::string::npos) << ran.out;
    EXPECT_EQ(ran.err, "");
  }
}

TEST(CliHelp, help_lists_every_command_and_an_example) {
  const Ran ran = Folder().ranvier("--help");
  EXPECT_EQ(ran.code, 0);
  for (const std::string& command : commands) EXPECT_NE(ran.out.find(command), std::string::npos) << command;
  EXPECT_NE(ran.out.find("Example:"), std::string::npos);
}

TEST(CliHelp, the_version_is_told) {
  const Ran ran = Folder().ranvier("--version");
  EXPECT_EQ(ran.code, 0);
  EXPECT_EQ(ran.out.rfind("ranvier ", 0), 0u) << ran.out;
}

TEST(CliCodes, verify_says_that_it_comes_with_Python) {
  const Ran ran = Folder().ranvier("verify first.toml --against nest");
  EXPECT_EQ(ran.code, 2);
  expect_said(ran, "python -m ranvier verify");
}

TEST(CliCodes, wrong_usage_ends_with_2_and_says_so) {
  const Example folder;
  for (const std::string usage : {"", "simulat small.toml", "simulate", "simulate small.toml --output", "simulate small.toml --sead 3", "simulate small.toml --threads -1",
                                  "simulate small.toml --threads many", "check", "report", "models --jason"}) {
    const Ran ran = folder.ranvier(usage);
    EXPECT_EQ(ran.code, 2) << usage;
    EXPECT_NE(ran.err, "") << usage;
    EXPECT_EQ(ran.out, "") << usage;
  }
}

TEST(CliCodes, wrong_input_ends_with_2_and_says_what_and_how_to_mend_it) {
  const Example folder;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"simulate none.toml", "none.toml"},
      {"check none.toml", "none.toml"},
      {"simulate small.toml --set h=3", "\"h\""},
      {"simulate small.toml --set g", "NAME=VALUE"},
      {"simulate small.toml --set rate=high", "high"},
      {"check small.toml --set h=3", "\"h\""},
      {"check small.toml --set g", "NAME=VALUE"},
      {"simulate small.toml --duration 100", "--duration 100: \"100\" is a plain number"},
      {"simulate small.toml --duration '5 pA'", "5 pA"},
      {"simulate small.toml --duration '-5 ms'", "-5"},
      {"simulate small.toml --warmup '-5 ms'", "-5"},
      {"simulate small.toml --simd sse9", "auto, avx512, avx2 or scalar"},
      {"simulate small.toml --spikes-format xml", "csv"},
      {"simulate small.toml --sweep g", "NAME=FIRST:LAST:NUMBER"},
      {"simulate small.toml --sweep g=1:2:0", "NAME=FIRST:LAST:NUMBER"},
      {"simulate small.toml --sweep g=1:2:x", "NAME=FIRST:LAST:NUMBER"},
      {"simulate small.toml --sweep g=1abc:2:2", "NAME=FIRST:LAST:NUMBER"},
      {"simulate small.toml --sweep g=1:2:2.9", "NAME=FIRST:LAST:NUMBER"},
      {"simulate small.toml --sweep 'g=1 ms:2 pA:2'", "NAME=FIRST:LAST:NUMBER"},
      {"simulate small.toml --sweep g=1:2:2 --set g=3", "--sweep gives \"g\" its values"},
      {"simulate small.toml --duration '0.01 ms'", "shorter than half a time step"},
      {"simulate small.toml --sweep h=1:2:2 --json", "\"h\""},
      {"simulate small.toml --sweep g=1:2:2 --save state.h5", "--sweep"},
      {"simulate small.toml --resume none.h5", "none.h5"},
      {"simulate small.toml --resume small.toml", "small.toml"},
      {"simulate small.toml --save none/state.h5", "none"},
      {"report none", "none"},
      {"models leeky", "leeky"}};
  for (const auto& [usage, part] : cases) {
    const Ran ran = folder.ranvier(usage);
    EXPECT_EQ(ran.code, 2) << usage << "\n" << ran.err;
    EXPECT_NE(ran.err.find(part), std::string::npos) << usage << " says only\n" << ran.err;
    EXPECT_EQ(ran.out, "") << usage;
  }
}

TEST(CliSweep, a_parameter_with_a_unit_is_swept_with_it) {
  const Example folder;
  const Ran ran = folder.ranvier("simulate small.toml --duration '20 ms' --sweep 'rate=1000 Hz:1400 Hz:3' --output s --json");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto j = nlohmann::json::parse(ran.out);
  EXPECT_EQ(j.at("values"), (nlohmann::json{1000, 1200, 1400}));
  EXPECT_EQ(j.at("runs").at(1).at("network").at("parameters").at("rate"), "1200 Hz");
  EXPECT_TRUE(fs::exists(folder / "s/rate=1400/summary.json"));
}

TEST(CliCheck, json_tells_a_sound_file_and_every_problem_of_a_broken_one) {
  Folder folder;
  folder.write("good.toml", "format = 1\n[[populations]]\nname = \"E\"\nsize = 7\nmodel = \"lif_exp\"\n");
  const Ran good = folder.ranvier("check good.toml --json");
  EXPECT_EQ(good.code, 0) << good.err;
  const auto yes = nlohmann::json::parse(good.out);
  EXPECT_EQ(yes.at("ok"), true);
  EXPECT_EQ(yes.at("network").at("neurons"), 7);
  folder.write("bad.toml", "format = 1\n[[populations]]\nname = \"E\"\nsize = 0\nmodel = \"lif_exq\"\n");
  const Ran bad = folder.ranvier("check bad.toml --json");
  EXPECT_EQ(bad.code, 2);
  const auto no = nlohmann::json::parse(bad.out);
  EXPECT_EQ(no.at("ok"), false);
  EXPECT_EQ(no.at("problems").size(), 2u) << bad.out;
}

TEST(CliErrors, a_population_that_does_not_exist_is_named_with_its_line_and_the_nearest_name) {
  Folder folder;
  std::string text = small_network;
  text.replace(text.find("target = \"I\""), 12, "target = \"Ex\"");
  folder.write("net.toml", text);
  const auto line = 1 + std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(text.find("target = \"Ex\"")), '\n');
  for (const std::string command : {"check", "simulate"}) {
    const Ran ran = folder.ranvier(command + " net.toml");
    EXPECT_EQ(ran.code, 2);
    expect_said(ran, "net.toml:" + std::to_string(line) + ": projections[0].target = \"Ex\"");
    expect_said(ran, "\"E\"");
    EXPECT_FALSE(fs::exists(folder / "results")) << "a bad file leaves nothing behind";
  }
}

TEST(CliErrors, misspelt_keys_and_wrong_units_are_reported_together_with_the_right_ones) {
  Folder folder;
  std::string text = small_network;
  text.replace(text.find("delay = \"1.5 ms\""), 16, "delays = \"1.5 ms\"");
  text.replace(text.find("I_e = \"400 pA\""), 14, "I_e = \"400 mV\"");
  text.replace(text.find("duration = \"200 ms\""), 19, "duraton = \"200 ms\"");
  folder.write("net.toml", text);
  const Ran ran = folder.ranvier("check net.toml");
  EXPECT_EQ(ran.code, 2);
  expect_said(ran, "\"delay\"");
  expect_said(ran, "400 mV");
  expect_said(ran, "pA");
  expect_said(ran, "\"duration\"");
}

TEST(CliErrors, a_file_that_is_not_toml_is_named_with_the_line) {
  Folder folder;
  folder.write("net.toml", "format = 1\n[simulation\n");
  const Ran ran = folder.ranvier("check net.toml");
  EXPECT_EQ(ran.code, 2);
  expect_said(ran, "net.toml:2");
}

TEST(CliCheck, a_good_file_is_told_so) {
  const Ran ran = Example().ranvier("check small.toml --set g=5");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.out.find("no problem found: 2 populations, 63 neurons"), std::string::npos) << ran.out;
}

TEST(CliModels, models_are_listed_and_shown_with_equations_and_units) {
  const Folder folder;
  const Ran all = folder.ranvier("models");
  EXPECT_EQ(all.code, 0);
  for (const std::string name : {"leaky", "adex", "izhikevich", "lif_shiu", "exponential", "alpha", "delta", "double_exponential", "poisson_source", "spike_train", "lif_exp"})
    EXPECT_NE(all.out.find(name), std::string::npos) << name;
  const Ran one = folder.ranvier("models leaky");
  EXPECT_EQ(one.code, 0);
  for (const std::string part : {"C_m dV_m/dt", "tau_m", "ms", "FLOP"}) EXPECT_NE(one.out.find(part), std::string::npos) << part << " is missing in\n" << one.out;
  const Ran json = folder.ranvier("models --json");
  EXPECT_EQ(json.code, 0);
  EXPECT_FALSE(nlohmann::json::parse(json.out, nullptr, false).is_discarded());
}

}  // namespace
}  // namespace ranvier::test_cli
