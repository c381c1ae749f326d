// SPDX-License-Identifier: Apache-2.0
/// Machine files, the catalogue, names, and what is inferred where sources are silent.

#include <gtest/gtest.h>

#include <cmath>

#include "plan_example.hpp"

namespace ranvier::test_plan {
namespace {

void expect_said(const std::string& text, const std::string& part) { EXPECT_NE(text.find(part), std::string::npos) << part << " is missing in\n" << text; }

using plan::Answer;

const char* head = "format = 1\nid = \"mine\"\nkind = \"gpu\"\n[figures]\n";

TEST(PlanMachines, the_catalogue_holds_every_machine_with_a_rate_or_a_bandwidth) {
  EXPECT_EQ(catalogue().all().size(), 133u);
  for (const Machine& m : catalogue().all()) {
    if (m.kind == MachineKind::brain || !m.bandwidth) continue;
    for (const auto& rate : m.rate) EXPECT_TRUE(rate.known && rate.value > FlopPerSecond{}) << m.id;
    EXPECT_GT(m.units.value, 0) << m.id;
  }
}

TEST(PlanMachines, every_name_and_alias_means_its_machine) {
  for (const Machine& m : catalogue().all()) {
    EXPECT_EQ(&catalogue().find(m.id), &m);
    for (const auto& alias : m.aliases) EXPECT_EQ(catalogue().find(alias).id, m.id) << alias;
  }
}

TEST(PlanMachines, a_name_may_be_cut_to_what_only_one_machine_has) {
  EXPECT_EQ(catalogue().find("a100").id, "nvidia-a100-sxm-80gb");  // an alias wins over longer names that begin alike
  EXPECT_EQ(catalogue().find("MI300X").id, "amd-mi300x");
  EXPECT_EQ(catalogue().find("xeon-8470").id, "intel-xeon-8470-2p");
}

TEST(PlanMachines, several_candidates_are_listed_and_unknown_names_get_the_nearest) {
  expect_said(said([] { catalogue().find("nvidia-a100"); }), "a100-pcie");
  expect_said(said([] { catalogue().find("nvidia-a100"); }), "may mean");
  expect_said(said([] { catalogue().find("h10O"); }), "Did you mean \"h100\"?");
  expect_said(said([] { catalogue().find(""); }), "");
  EXPECT_THROW(catalogue().find(""), InputError);
}

TEST(PlanMachines, a_count_goes_before_a_name_and_names_may_begin_with_digits) {
  const auto two = catalogue().find_several("2xh100");
  EXPECT_EQ(two.count, 2);
  EXPECT_EQ(two.machine->id, "nvidia-h100-sxm-80gb");
  EXPECT_EQ(catalogue().find_several("7900xtx").count, 1);
  EXPECT_EQ(catalogue().find_several("2x7900xtx").machine->id, "amd-rx-7900-xtx");
  EXPECT_THROW(catalogue().find_several("0xh100"), InputError);
  EXPECT_THROW(catalogue().find_several("99999999999999999999xh100"), InputError);
}

TEST(PlanMachines, a_machine_known_by_bandwidth_and_one_rate_is_completed_and_less_sure) {
  const Machine m = io::parse_machine(std::string(head) + "bandwidth_byte_per_s = 1e12\nfp32_flop_per_s = 2e13\n", "mine.toml");
  const Answer known = ask("a100", "gemm", {{"m", "4096"}, {"n", "4096"}, {"k", "4096"}, {"dtype", "fp64"}});
  const Answer unsure = ask(m, "gemm", {{"m", "4096"}, {"n", "4096"}, {"k", "4096"}, {"dtype", "fp64"}});
  EXPECT_TRUE(m.rate_of(Precision::fp64).inferred);
  EXPECT_GT(unsure.value, 0);
  EXPECT_GT(unsure.p90 / unsure.p10, 1.2 * known.p90 / known.p10);
}

TEST(PlanMachines, bandwidth_alone_or_a_rate_alone_is_enough) {
  for (const char* figure : {"bandwidth_byte_per_s = 1e12", "fp16_flop_per_s = 1e14", "int8_flop_per_s = 1e14", "fp64_flop_per_s = 1e12"}) {
    const Machine m = io::parse_machine(std::string(head) + figure, "mine.toml");
    EXPECT_GT(ask(m, "gemm", {{"m", "64"}, {"n", "64"}, {"k", "64"}}).value, 0) << figure;
    EXPECT_GT(ask(m, "stream", {}).value, 0) << figure;
  }
}

TEST(PlanMachines, what_is_inferred_says_its_rule) {
  const Machine m = io::parse_machine(std::string(head) + "bandwidth_byte_per_s = 1e12\n", "mine.toml");
  for (const auto& f : io::figures_of(m)) {
    if (!f.inferred) continue;
    ASSERT_FALSE(f.readings->empty()) << f.key;
    EXPECT_FALSE(f.readings->front().source.empty()) << f.key;
  }
}

TEST(PlanMachines, sources_that_differ_widen_a_figure) {
  const Machine agree = io::parse_machine(std::string(head) + "bandwidth_byte_per_s = [{ value = 1e12, source = \"a\" }, { value = 1e12, source = \"b\" }]\n", "x");
  const Machine differ = io::parse_machine(std::string(head) + "bandwidth_byte_per_s = [{ value = 1e12, source = \"a\" }, { value = 2e12, source = \"b\" }]\n", "x");
  EXPECT_DOUBLE_EQ(differ.bandwidth.value.value(), 1e12);
  EXPECT_NEAR(differ.bandwidth.spread, std::hypot(0.05, std::log(2) / std::sqrt(2)), 1e-12);
  EXPECT_DOUBLE_EQ(agree.bandwidth.spread, 0.05);
  EXPECT_EQ(differ.bandwidth.readings.size(), 2u);
}

TEST(PlanMachines, all_mistakes_of_a_file_are_told_together_with_their_lines) {
  const std::string text = said([] { io::parse_machine("format = 2\nkind = \"gpv\"\n[figures]\nbandwith_byte_per_s = 1\nfp32_flop_per_s = -3\npower_w = [{ value = \"much\", source = \"x\" }]\n", "bad.toml"); });
  expect_said(text, "bad.toml:1: format");
  expect_said(text, "id: is missing");
  expect_said(text, "bad.toml:2: kind = \"gpv\"");
  expect_said(text, "Did you mean \"gpu\"?");
  expect_said(text, "Did you mean \"bandwidth_byte_per_s\"?");
  expect_said(text, "bad.toml:5: figures.fp32_flop_per_s");
  expect_said(text, "must be a positive number");
  expect_said(text, "power_w.value");
}

TEST(PlanMachines, a_file_without_a_rate_or_bandwidth_is_refused) { expect_said(said([] { io::parse_machine(std::string(head) + "memory_byte = 8e9\n", "x"); }), "neither a rate nor a bandwidth"); }

TEST(PlanMachines, a_file_that_is_not_there_is_said) { expect_said(said([] { catalogue().find("nowhere/mine.toml"); }), "nowhere/mine.toml"); }

// The card holds 80 GiB; the rates are those of NVIDIA's A100 data sheet.
TEST(PlanMachines, an_a100_has_the_figures_of_its_data_sheet) {
  const Machine& m = catalogue().find("a100");
  EXPECT_DOUBLE_EQ(m.memory.value.value(), 80.0 * 1073741824);
  EXPECT_DOUBLE_EQ(m.rate_of(Precision::fp16_acc32).value.value(), 312e12);
  EXPECT_DOUBLE_EQ(m.bandwidth.value.value(), 2.039e12);
  EXPECT_DOUBLE_EQ(m.units.value, 108);
}

}  // namespace
}  // namespace ranvier::test_plan
