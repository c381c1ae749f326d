// SPDX-License-Identifier: Apache-2.0
/// ranvier plan and ranvier machines as a person or a program calls them.

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_example.hpp"

namespace ranvier::test_cli {
namespace {

using Json = nlohmann::json;

void expect_in(const std::string& text, const std::string& part) { EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text; }

Json json_of(const Folder& folder, const std::string& arguments) {
  const Ran ran = folder.ranvier(arguments);
  EXPECT_EQ(ran.code, 0) << ran.err;
  return Json::parse(ran.out);
}

TEST(CliPlan, the_json_of_an_answer_has_the_documented_keys) {
  const Json j = json_of(Folder(), "plan gemm --on 2xh100 m=4096 n=4096 k=4096 --json --sensitivity");
  for (const char* key : {"workload", "kind", "machine", "count", "metric", "value", "unit", "p10", "p90", "estimate", "warnings", "derivation", "sensitivity"}) EXPECT_TRUE(j.contains(key)) << key;
  for (const char* key : {"time_s", "lower_s", "upper_s", "p10_s", "p90_s", "bottleneck", "utilisation", "byte_moved", "byte_resident", "flop", "energy_j"}) EXPECT_TRUE(j["estimate"].contains(key)) << key;
  EXPECT_EQ(j["count"], 2);
  EXPECT_EQ(j["machine"], "nvidia-h100-sxm-80gb");
  EXPECT_NEAR(j["value"].get<double>(), 1e3 * j["estimate"]["time_s"].get<double>(), 1e-12);
  EXPECT_GT(j["derivation"].size(), 5u);
}

TEST(CliPlan, the_roofline_has_the_workload_where_its_work_and_time_put_it) {
  const Folder folder;
  const Ran ran = folder.ranvier("plan gemm --on h100 m=4096 n=1 k=4096 dtype=bf16 --roofline");
  EXPECT_EQ(ran.code, 0) << ran.err;
  const Json j = json_of(folder, "plan gemm --on h100 m=4096 n=1 k=4096 dtype=bf16 --json")["estimate"];
  const double reached = j["flop"].get<double>() / j["time_s"].get<double>();
  std::istringstream lines(ran.out);
  std::string line;
  int row = -1, mark = -1, flat = -1;
  for (int k = 0; std::getline(lines, line); ++k) {
    const auto axis = line.find('|');
    if (axis == std::string::npos) continue;
    if (row < 0) row = k;
    if (line.find('o', axis) != std::string::npos) mark = k - row;
    if (flat < 0 && line.find("---", axis) != std::string::npos) flat = k - row;
  }
  // Rows are half decades from 10^15 FLOP/s down: the roof of 989 TFLOP/s is the first, the workload where its rate says.
  EXPECT_EQ(flat, 0);
  EXPECT_EQ(mark, std::lround(2 * (15 - std::log10(reached)))) << ran.out;
}

TEST(CliPlan, parameters_are_written_with_or_without_dashes) {
  const Folder folder;
  const double plain = json_of(folder, "plan gemm --on h100 m=512 n=512 k=512 dtype=fp8 --json")["value"];
  EXPECT_EQ(json_of(folder, "plan gemm --on h100 --m 512 --n=512 k=512 --dtype fp8 --json")["value"].get<double>(), plain);
}

TEST(CliPlan, a_sweep_prints_a_row_for_each_value) {
  const Folder folder;
  const Ran csv = folder.ranvier("plan gemm --on a100 m=64 k=64 --sweep n=1:8 --sweep dtype=fp16,fp32 --csv");
  EXPECT_EQ(csv.code, 0) << csv.err;
  EXPECT_EQ(std::count(csv.out.begin(), csv.out.end(), '\n'), 1 + 4 * 2);
  EXPECT_EQ(json_of(folder, "plan all_reduce --on h100 bytes=1MiB --sweep count=1:8 --json")["sweep"].size(), 4u);
}

TEST(CliPlan, mistakes_end_with_2_and_say_how_to_mend_them) {
  const Folder folder;
  folder.write("bad.toml", "format = 1\nid = \"x\"\nkind = \"gpu\"\n[figures]\nbandwith_byte_per_s = 1\n");
  const std::pair<const char*, const char*> cases[] = {
      {"plan", "--list"},
      {"plan gem --on a100", "Did you mean \"gemm\"?"},
      {"plan gemm m=1 n=1 k=1", "--on"},
      {"plan gemm --on h10O m=1 n=1 k=1", "Did you mean \"h100\"?"},
      {"plan gemm --on nvidia-a100 m=1 n=1 k=1", "may mean"},
      {"plan gemm --on bad.toml m=1 n=1 k=1", "Did you mean \"bandwidth_byte_per_s\"?"},
      {"plan gemm --on none.toml m=1 n=1 k=1", "none.toml"},
      {"plan gemm --on a100 m=1 n=1", "k is missing"},
      {"plan gemm --on a100 m=-1 n=1 k=1", "must be at least 1"},
      {"plan gemm --on a100 mm=1 n=1 k=1", "Did you mean \"m\"?"},
      {"plan gemm llama --on a100", "takes no model"},
      {"plan gemm --on a100 m=1 n=1 k=1 --sweep q=1:4", "no parameter \"q\""},
      {"plan gemm --on a100 m=1 k=1 --sweep n=4:1", "must not exceed"},
      {"plan gemm --on a100 m=1 k=1 --sweep n=1:1e9:1", "more than"},
      {"plan validate none.csv", "none.csv"},
      {"plan validate bad.toml", "bad.toml"},
      {"plan gemm --on a100 m=1 n=1 k=1 --constants bad.toml", "bad.toml"},
      {"machines nosuchmachine", "no machine is called"},
      {"machines --filter speed", "KEY=WORD"},
      {"machines --filter 'memory_bite>=1'", "Did you mean \"memory_byte\"?"},
  };
  for (const auto& [usage, part] : cases) {
    const Ran ran = folder.ranvier(usage);
    EXPECT_EQ(ran.code, 2) << usage << "\n" << ran.out;
    expect_in(ran.err, part);
  }
}

TEST(CliPlan, validate_gives_every_row_with_the_documented_keys) {
  const Folder folder;
  folder.write("rows.csv",
               "id,hardware,count,workload,parameters_json,metric,value,unit\n"
               "A,a100,1,gemm,\"{\"\"m\"\": 4096, \"\"n\"\": 4096, \"\"k\"\": 4096}\",time,0.6,ms\n"
               "B,nowhere,1,gemm,{},time,1,ms\n");
  const Json j = json_of(folder, "plan validate rows.csv --json");
  ASSERT_EQ(j["rows"].size(), 2u);
  for (const char* key : {"id", "workload", "predicted", "p10", "p90", "measured", "reason"}) EXPECT_TRUE(j["rows"][0].contains(key)) << key;
  EXPECT_TRUE(j["rows"][1]["predicted"].is_null());
  expect_in(j["rows"][1]["reason"], "nowhere");
  const Json left = json_of(folder, "plan validate rows.csv --leave-out machine --json");
  EXPECT_TRUE(left["rows"][0]["predicted"].is_number());
}

TEST(CliPlan, a_fit_can_be_used_at_once) {
  const Folder folder;
  folder.write("rows.csv",
               "id,hardware,count,workload,parameters_json,metric,value,unit\n"
               "A,a100,1,stream,\"{\"\"kernel\"\": \"\"read\"\"}\",bandwidth,1000,GB/s\n"
               "B,h100,1,stream,\"{\"\"kernel\"\": \"\"read\"\"}\",bandwidth,1600,GB/s\n");
  EXPECT_EQ(folder.ranvier("plan fit rows.csv --output c.toml").code, 0);
  const Json j = json_of(folder, "plan validate rows.csv --constants c.toml --json");
  EXPECT_NEAR(j["rows"][0]["predicted"].get<double>(), 1000, 100);
}

TEST(CliPlan, machines_are_listed_shown_and_compared) {
  const Folder folder;
  EXPECT_EQ(json_of(folder, "machines --json").size(), 133u);
  const Json one = json_of(folder, "machines a100 --json");
  EXPECT_EQ(one["figures"]["bandwidth_byte_per_s"]["value"], 2.039e12);
  EXPECT_FALSE(one["figures"]["bandwidth_byte_per_s"]["readings"][0]["source"].get<std::string>().empty());
  EXPECT_EQ(json_of(folder, "machines --compare a100 h100 brain-human --json").size(), 3u);
  for (const Json& m : json_of(folder, "machines --filter kind=gpu --filter 'memory_byte>=80e9' --json")) {
    EXPECT_EQ(m["kind"], "gpu");
    EXPECT_GE(m["figures"]["memory_byte"]["value"].get<double>(), 80e9);
  }
}

TEST(CliPlan, a_machine_of_ones_own_is_one_file) {
  const Folder folder;
  fs::create_directory(folder / "mine");
  folder.write("mine/card.toml", "format = 1\nid = \"my-card\"\nkind = \"gpu\"\n[figures]\nbandwidth_byte_per_s = 1e12\n");
  EXPECT_EQ(json_of(folder, "plan stream --on mine/card.toml --json")["machine"], "my-card");
  const Ran named = folder.ranvier("plan stream --on my-card --json", "RANVIER_MACHINES=mine");
  EXPECT_EQ(named.code, 0) << named.err;
}

// The prediction must come back to what was measured: the bandwidth reached, within what two measurements differ by.
TEST(CliPlan, this_machine_streams_what_it_was_measured_to_stream) {
  const Folder folder;
  double apart = 1e9;  // both are timed, and other tests run beside: the closest of some pairs counts
  for (int k = 0; k < 8 && apart > std::log(2.0); ++k) {
    const double measured = json_of(folder, "measure --json")["bandwidth_byte_per_s"];
    const double planned = json_of(folder, "plan stream --on this kernel=read --json")["value"].get<double>() * 1e9;
    apart = std::min(apart, std::abs(std::log(planned / measured)));
  }
  EXPECT_LE(apart, std::log(2.0));
}

TEST(CliPlan, constants_are_listed_with_what_they_stand_for) {
  const Json j = json_of(Folder(), "plan constants --json");
  EXPECT_LE(j["fitted"].get<int>(), 24);
  for (const Json& c : j["constants"]) EXPECT_FALSE(c["meaning"].get<std::string>().empty());
}

}  // namespace
}  // namespace ranvier::test_cli
