// SPDX-License-Identifier: Apache-2.0
// Training a language model: published formulas worked out by hand, and what must hold on any machine.

#include <gtest/gtest.h>

#include <cmath>

#include "plan/train_cost.hpp"
#include "plan_llm_example.hpp"
#include "ranvier/error.hpp"

namespace ranvier {
namespace {

using namespace plan;

TrainCost judge(const TrainPlan& p, const Machine& m = round_card(), const Constants& c = {}, const char* model = "gpt3-175b") {
  const TrainModel t = train_model_of(*shipped_models().find(model));
  EXPECT_EQ(check(p, t), nullptr);
  return evaluate(p, t, m, c);
}

const TrainPlan megatron{.tensor = 8, .pipeline = 8, .data = 2, .microbatch = 1, .global_batch = 128};

TEST(PlanLlmTrain, model_flop_follow_the_formula_of_the_megatron_paper) {
  // 72 B s L h^2 (1 + s/6h + V/12Lh), Narayanan et al. 2021, eq. 3 without recomputation; 96 and 16 with.
  const ModelShape shape = gpt_shape(96, 12288, 96, 0, 51200);
  const TrainModel m = train_model_of(shape);
  TrainPlan p = megatron;
  const double b = 128, s = 2048, l = 96, h = 12288, v = 51200;
  EXPECT_NEAR(evaluate(p, m, round_card(), {}).model_flop.value() / (72 * b * s * l * h * h * (1 + s / (6 * h) + v / (12 * l * h))), 1, 1e-12);
  p.recompute = Recompute::full;
  EXPECT_NEAR(evaluate(p, m, round_card(), {}).hardware_flop.value() / (96 * b * s * l * h * h * (1 + s / (6 * h) + v / (16 * l * h))), 1, 1e-12);
}

TEST(PlanLlmTrain, states_take_sixteen_bytes_a_parameter_and_zero_deals_them_to_the_replicas) {
  // Rajbhandari et al. 2020, figure 1: 7.5e9 parameters, 64 replicas: 120, 31.4, 16.6 and 1.88 GB.
  const ModelShape shape = likely_shape(7.5e9);
  const double expected[] = {120e9, 31.4e9, 16.6e9, 1.88e9};
  for (int zero = 0; zero <= 3; ++zero) {
    TrainPlan p{.data = 64, .global_batch = 64, .zero = zero};
    const TrainCost c = evaluate(p, train_model_of(shape), round_card(), {});
    EXPECT_NEAR((c.weights + c.gradients + c.optimiser).value() / expected[zero], 1, 0.005) << zero;
  }
}

TEST(PlanLlmTrain, activations_of_a_layer_are_those_of_korthikanti) {
  // s b h (10 + 24/t + 5 a s / (h t)) without fused attention, s b h 34/t with sequence parallelism and selective recomputation.
  const double s = 2048, h = 12288, a = 96, t = 8, l = 96;
  const double logits = s * 50257 * 6 / t;
  TrainPlan p{.tensor = 8, .global_batch = 1, .fused_attention = false};
  EXPECT_NEAR(judge(p).activations.value() - logits, l * s * h * (10 + 24 / t + 5 * a * s / (h * t)), 1);
  p.sequence_parallel = true;
  p.recompute = Recompute::selective;
  EXPECT_NEAR(judge(p).activations.value() - logits, l * s * h * 34 / t, 1);
}

TEST(PlanLlmTrain, the_bubble_is_stages_less_one_over_microbatches_and_interleaving) {
  TrainPlan p = megatron;
  EXPECT_NEAR(judge(p).bubble, 7.0 / 64, 1e-12);
  p.interleave = 3;
  EXPECT_NEAR(judge(p).bubble, 7.0 / 64 / 3, 1e-12);
}

TEST(PlanLlmTrain, one_device_sends_no_messages) {
  Constants dear;
  dear.llm_message_s = 100;
  EXPECT_LT(judge({.global_batch = 1}, round_card(), dear, "gpt2").estimate.expected.value(), 1);
  EXPECT_GT(judge({.tensor = 2, .global_batch = 1}, round_card(), dear, "gpt2").estimate.expected.value(), 100);
  EXPECT_GT(judge({.data = 2, .global_batch = 2}, round_card(), dear, "gpt2").estimate.expected.value(), 100);
  EXPECT_GT(judge({.pipeline = 2, .global_batch = 1}, round_card(), dear, "gpt2").estimate.expected.value(), 100);
}

TEST(PlanLlmTrain, doubling_a_rate_a_bandwidth_or_a_link_slows_nothing) {
  for (const Recompute recompute : {Recompute::none, Recompute::selective, Recompute::full})
    for (int zero = 0; zero <= 3; ++zero) {
      TrainPlan p = megatron;
      p.recompute = recompute;
      p.zero = zero;
      const Seconds before = judge(p).estimate.expected;
      for (int what = 0; what < 4; ++what) {
        Machine m = round_card();
        if (what == 0) m.bandwidth.value *= 2;
        if (what == 1) m.link.value *= 2;
        if (what == 2) m.internode.value *= 2;
        if (what == 3) for (auto& r : m.rate) r.value *= 2;
        EXPECT_LE(judge(p, m).estimate.expected, before) << what;
      }
    }
}

TEST(PlanLlmTrain, recomputing_costs_time_and_saves_memory) {
  TrainPlan none = megatron, selective = megatron, full = megatron;
  none.fused_attention = selective.fused_attention = false;
  selective.recompute = Recompute::selective;
  full.recompute = Recompute::full;
  EXPECT_LT(judge(none).estimate.expected, judge(selective).estimate.expected);
  EXPECT_LT(judge(selective).estimate.expected, judge(full).estimate.expected);
  EXPECT_GT(judge(none).activations, judge(selective).activations);
  EXPECT_GT(judge(selective).activations, judge(full).activations);
}

TEST(PlanLlmTrain, overlap_hides_the_traffic_between_replicas_and_nothing_else) {
  TrainPlan open{.data = 16, .global_batch = 16}, hidden = open, alone{.data = 1, .global_batch = 1};
  hidden.overlap = 1;
  EXPECT_LT(judge(hidden, round_card(), {}, "gpt2-xl").estimate.expected, judge(open, round_card(), {}, "gpt2-xl").estimate.expected);
  EXPECT_NEAR(judge(hidden, round_card(), {}, "gpt2-xl").estimate.expected.value() / judge(alone, round_card(), {}, "gpt2-xl").estimate.expected.value(), 1, 1e-12);
}

TEST(PlanLlmTrain, the_question_and_the_bare_function_agree_to_the_last_bit) {
  Trace trace;
  const Answer a = ask("llm_train", "iteration_time", round_card(), 128, {{"model", "gpt3-175b"}, {"tp", "8"}, {"pp", "8"}, {"global_batch", "128"}}, {}, &trace);
  EXPECT_EQ(a.value, judge(megatron).estimate.expected.value());
  EXPECT_FALSE(trace.steps().empty());
}

TEST(PlanLlmTrain, without_a_layout_one_that_fits_is_taken) {
  const Answer a = ask("llm_train", "iteration_time", round_card(), 64, {{"model", "llama-2-13b"}});
  EXPECT_TRUE(a.estimate.fits);
  EXPECT_FALSE(a.warnings.empty());
}

TEST(PlanLlmTrain, what_does_not_fit_is_answered_with_what_would) {
  const Answer a = ask("llm_train", "iteration_time", round_card(), 8, {{"model", "llama-2-7b"}, {"dp", "8"}, {"global_batch", "8"}});
  EXPECT_FALSE(a.estimate.fits);
  EXPECT_NE(a.remedy.find("fits with zero=3"), std::string::npos) << a.remedy;
  EXPECT_TRUE(ask("llm_train", "iteration_time", round_card(), 8, {{"model", "llama-2-7b"}, {"dp", "8"}, {"global_batch", "8"}, {"zero", "3"}}).estimate.fits);
}

TEST(PlanLlmTrain, layouts_that_do_not_divide_are_refused_with_the_reason) {
  const auto refusal = [](int count, Keys keys) -> std::string {
    try {
      ask("llm_train", "iteration_time", round_card(), count, keys);
    } catch (const InputError& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_NE(refusal(64, {{"model", "gpt3-175b"}, {"tp", "8"}, {"pp", "3"}}).find("does not make up 64 devices"), std::string::npos);
  EXPECT_NE(refusal(40, {{"model", "gpt3-175b"}, {"tp", "8"}, {"pp", "5"}, {"global_batch", "8"}}).find("no multiple of pipeline stages"), std::string::npos);
  EXPECT_NE(refusal(7, {{"model", "gpt3-175b"}, {"tp", "7"}, {"global_batch", "8"}}).find("heads are no multiple"), std::string::npos);
  EXPECT_NE(refusal(16, {{"model", "gpt3-175b"}, {"dp", "16"}, {"global_batch", "24"}}).find("global batch is no multiple"), std::string::npos);
  EXPECT_NE(refusal(16, {{"model", "gpt3-175b"}, {"tp", "16"}, {"interleave", "2"}, {"global_batch", "24"}}).find("interleaving needs"), std::string::npos);
  EXPECT_NE(refusal(8, {{"model", "gpt2"}, {"recompute", "some"}}).find("none, selective or full"), std::string::npos);
  EXPECT_NE(refusal(8, {{"model", "gpt2"}, {"sharding", "HALF"}}).find("FULL_SHARD"), std::string::npos);
  EXPECT_NE(refusal(8, {{"model", "gpt2"}, {"precision", "amp_fp7"}}).find("bf16"), std::string::npos);
  EXPECT_NE(refusal(8, {{"seq", "2048"}}).find("which model?"), std::string::npos);
}

}  // namespace
}  // namespace ranvier
