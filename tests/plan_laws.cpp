// SPDX-License-Identifier: Apache-2.0
/// What holds for every workload and machine, whatever the constants.

#include <gtest/gtest.h>

#include <cmath>

#include "plan/validate.hpp"
#include "plan_example.hpp"

namespace ranvier::test_plan {
namespace {

using plan::Answer;
using plan::Constants;

struct Asked {
  const char* kind;
  std::initializer_list<std::pair<const char*, const char*>> parameters;
  int count = 1;
};

const Asked asked[] = {
    {"gemm", {{"m", "4096"}, {"n", "4096"}, {"k", "4096"}}},
    {"gemm", {{"m", "1"}, {"n", "8192"}, {"k", "8192"}, {"dtype", "fp32"}}},
    {"gemm", {{"m", "96"}, {"n", "1000"}, {"k", "333"}, {"timing", "framework"}, {"dtype", "fp8"}}},
    {"gemm_best", {{"m", "8192"}, {"n", "8192"}, {"k", "8192"}, {"dtype", "bf16"}}},  // without a shape another machine may take another
    {"stream", {{"kernel", "triad"}}},
    {"spmm", {{"m", "7680"}, {"n", "16"}, {"k", "2560"}, {"sparsity", "0.95"}}},
    {"spmm", {{"m", "4096"}, {"n", "512"}, {"k", "4096"}, {"pattern", "2:4"}, {"dtype", "fp16"}}},
    {"spmm", {{"m", "4096"}, {"n", "512"}, {"k", "4096"}, {"pattern", "block"}, {"changing", "true"}}},
    {"all_reduce", {{"bytes", "64MiB"}}, 8},
    {"all_reduce", {{"bytes", "1k"}, {"algorithm", "tree"}}, 24},
};

/// Machines that can run a program with the usual parts: all but brains and what has no memory bandwidth.
template <class Visit>
void each_machine(Visit&& visit) {
  for (const Machine& m : catalogue().all())
    if (m.bandwidth && m.kind != MachineKind::brain) visit(m);
}

TEST(PlanLaws, doubling_bandwidth_never_slows_anything) {
  each_machine([](const Machine& m) {
    Machine faster = m;
    faster.bandwidth.value *= 2;
    for (const Asked& a : asked) {
      const auto before = ask(m, a.kind, a.parameters, "time", a.count).estimate, after = ask(faster, a.kind, a.parameters, "time", a.count).estimate;
      EXPECT_LE(after.expected.value(), before.expected.value() * (1 + 1e-12)) << m.id << " " << a.kind;
      EXPECT_LE(after.lower.value(), before.lower.value() * (1 + 1e-12)) << m.id << " " << a.kind;
    }
  });
}

TEST(PlanLaws, a_faster_link_or_rate_never_slows_anything) {
  each_machine([](const Machine& m) {
    Machine faster = m;
    for (auto& rate : faster.rate) rate.value *= 1.5;
    faster.link.value *= 3;
    for (const Asked& a : asked) EXPECT_LE(ask(faster, a.kind, a.parameters, "time", a.count).value, ask(m, a.kind, a.parameters, "time", a.count).value * (1 + 1e-12)) << m.id << " " << a.kind;
  });
}

TEST(PlanLaws, the_expected_time_lies_between_the_bounds_and_inside_the_interval) {
  each_machine([](const Machine& m) {
    for (const Asked& a : asked) {
      const auto e = ask(m, a.kind, a.parameters, "time", a.count).estimate;
      EXPECT_LE(e.lower.value(), e.expected.value() * (1 + 1e-12)) << m.id << " " << a.kind;
      EXPECT_LE(e.expected.value(), e.upper.value() * (1 + 1e-12)) << m.id << " " << a.kind;
      EXPECT_LT(e.p10(), e.expected);
      EXPECT_LT(e.expected, e.p90());
      EXPECT_GE(e.utilisation, 0);
      EXPECT_LE(e.utilisation, 1 + 1e-12) << m.id << " " << a.kind;
    }
  });
}

TEST(PlanLaws, explaining_changes_no_number_and_ends_in_sources) {
  for (const Asked& a : asked) {
    const Machine& m = catalogue().find("h100");
    plan::Trace trace;
    const Answer plain = ask(m, a.kind, a.parameters, "time", a.count), explained = ask(m, a.kind, a.parameters, "time", a.count, shipped(), &trace);
    EXPECT_EQ(plain.value, explained.value);
    EXPECT_EQ(plain.p90, explained.p90);
    bool sourced = false;
    for (const auto& step : trace.steps()) sourced = sourced || !step.source.empty();
    EXPECT_TRUE(sourced) << a.kind;
  }
}

TEST(PlanLaws, a_machine_renamed_gives_the_same_answer) {
  Machine other = catalogue().find("l40s");
  other.id = other.name = other.vendor = "another";
  other.aliases.clear();
  other.notes = "slow";
  for (const Asked& a : asked) EXPECT_EQ(ask(other, a.kind, a.parameters, "time", a.count).value, ask("l40s", a.kind, a.parameters, "time", a.count).value) << a.kind;
}

TEST(PlanLaws, a_row_with_another_id_gives_the_same_answer) {
  plan::MeasuredRow row{"A1", "h100", "gemm", "time", "us", 1, bag({{"m", "512"}, {"n", "512"}, {"k", "512"}, {"year", "1999"}, {"note", "slow"}}), 1.0};
  plan::MeasuredRow other = row;
  other.id = "B2";
  other.parameters.set("year", 2031.0);
  other.parameters.set("note", std::string("fast"));
  const Machine& m = catalogue().find("h100");
  EXPECT_EQ(*predict({&row, &m, {}}, shipped(), nullptr).predicted, *predict({&other, &m, {}}, shipped(), nullptr).predicted);
}

TEST(PlanLaws, time_tends_to_bytes_over_bandwidth_as_fixed_costs_go_to_zero) {
  const Machine& m = catalogue().find("a100");
  const Constants c = ideal();
  const double read = ask(m, "stream", {{"kernel", "read"}, {"bytes", "1e9"}}, "time", 1, c).estimate.expected.value();
  EXPECT_DOUBLE_EQ(read, 1e9 / 2.039e12);
  // A matrix times a vector: 2 bytes per weight, next to no arithmetic.
  const double product = ask(m, "gemm", {{"m", "8192"}, {"n", "1"}, {"k", "8192"}}, "time", 1, c).estimate.expected.value();
  EXPECT_NEAR(product, 2.0 * (8192.0 * 8192 + 2 * 8192) / 2.039e12, 0.001 * product);
}

TEST(PlanLaws, one_device_sends_no_messages) {
  for (const char* algorithm : {"ring", "tree", "naive", "best"}) {
    const Answer a = ask("h100", "all_reduce", {{"bytes", "1e9"}, {"algorithm", algorithm}}, "time", 1);
    EXPECT_EQ(a.extras[0].value, 0) << algorithm;
    EXPECT_EQ(a.extras[1].value, 0) << algorithm;
    EXPECT_EQ(a.value, 0) << algorithm;
  }
}

TEST(PlanLaws, more_columns_never_take_less_time_and_never_lower_the_throughput) {
  double time = 0;
  for (int n = 128; n <= 65536; n *= 2) {
    const double now = ask("a100", "gemm", {{"m", "4096"}, {"n", std::to_string(n).c_str()}, {"k", "4096"}}).value;
    EXPECT_GE(now, time) << n;
    if (time > 0) {
      EXPECT_LE(now, 2 * time * (1 + 1e-9)) << n;
    }
    time = now;
  }
}

}  // namespace
}  // namespace ranvier::test_plan
