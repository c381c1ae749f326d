// SPDX-License-Identifier: Apache-2.0
/// SONATA on the command line: check, simulate, plan, export, report.

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli_example.hpp"

namespace ranvier::test_cli {
namespace {

using Json = nlohmann::json;

const std::string data = std::string(RANVIER_SOURCE_DIR) + "/tests/data/sonata/";

TEST(CliSonata, check_and_plan_take_a_config) {
  const Folder folder;
  const Ran check = folder.ranvier("check " + data + "nest_models/simulation_config.json --json");
  EXPECT_EQ(check.code, 0) << check.err;
  EXPECT_EQ(Json::parse(check.out).at("network").at("neurons"), 53);
  const Ran plan = folder.ranvier("plan network " + data + "nest_models/simulation_config.json --duration \"100 ms\" --json");
  EXPECT_EQ(plan.code, 0) << plan.err;
}

TEST(CliSonata, biophysical_cells_end_with_code_2_and_say_where) {
  const Folder folder;
  const Ran ran = folder.ranvier("simulate " + data + "9_cells/simulation_config.json");
  EXPECT_EQ(ran.code, 2);
  EXPECT_NE(ran.err.find("model_type = \"biophysical\""), std::string::npos) << ran.err;
  EXPECT_FALSE(fs::exists(folder / "results"));
}

TEST(CliSonata, what_is_taken_for_granted_is_said_and_kept) {
  const Folder folder;
  const Ran ran = folder.ranvier("simulate " + data + "sim_tests/intfire/ten_cells_spikes_nrn/input/config.json --output out");
  EXPECT_EQ(ran.code, 0) << ran.err;
  EXPECT_NE(ran.err.find("note: "), std::string::npos) << ran.err;
  EXPECT_EQ(Json::parse(text_of(folder / "out/summary.json")).at("network").at("notes").size(), 2u);
}

TEST(CliSonata, results_of_a_population_of_several_models_can_be_drawn) {
  const Folder folder;
  EXPECT_EQ(folder.ranvier("simulate " + data + "nest_models/simulation_config.json --output out").code, 0);
  EXPECT_TRUE(fs::exists(folder / "out/potentials.h5"));
  const Ran report = folder.ranvier("report out");
  EXPECT_EQ(report.code, 0) << report.err;
}

TEST(CliSonata, export_writes_a_circuit_that_runs_alike) {
  const Example example;
  const Ran exported = example.ranvier("export small.toml --output circuit --json");
  ASSERT_EQ(exported.code, 0) << exported.err;
  EXPECT_EQ(Json::parse(exported.out).at("format"), "sonata");
  ASSERT_EQ(example.ranvier("simulate small.toml --output a").code, 0);
  ASSERT_EQ(example.ranvier("simulate circuit/simulation_config.json --output b").code, 0);
  EXPECT_EQ(Json::parse(text_of(example / "a/summary.json")).at("spike_hash"), Json::parse(text_of(example / "b/summary.json")).at("spike_hash"));
}

TEST(CliSonata, export_of_edges_and_what_it_refuses) {
  const Example example;
  EXPECT_EQ(example.ranvier("export small.toml --output edges --format edges").code, 0);
  EXPECT_TRUE(fs::exists(example / "edges/E_to_I.csv"));
  const Ran again = example.ranvier("export small.toml --output edges --format edges");
  EXPECT_EQ(again.code, 2) << "nothing is overwritten unasked";
  const Ran format = example.ranvier("export small.toml --output other --format nir");
  EXPECT_EQ(format.code, 2);
  EXPECT_NE(format.err.find("use sonata or edges"), std::string::npos) << format.err;
  const Ran gaps = example.ranvier("export '" RANVIER_SOURCE_DIR "/examples/gap_pair.toml' --output gaps");
  EXPECT_EQ(gaps.code, 2);
  EXPECT_NE(gaps.err.find("gap junctions"), std::string::npos) << gaps.err;
  EXPECT_FALSE(fs::exists(example / "gaps"));
}

}  // namespace
}  // namespace ranvier::test_cli
