// SPDX-License-Identifier: Apache-2.0
// Serving a language model: sums done by hand, and what must hold on any machine.

#include <gtest/gtest.h>

#include <cmath>

#include "plan_llm_example.hpp"
#include "ranvier/error.hpp"

namespace ranvier {
namespace {

using namespace plan;

std::string refusal(const char* kind, const char* metric, int count, Keys keys) {
  try {
    ask(kind, metric, round_card(), count, keys);
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(PlanLlmServe, without_losses_a_token_alone_takes_the_time_of_its_bytes) {
  // Llama-2-7B in fp16: 6,738,415,616 weights, of which the embedding (32,000 x 4,096) is looked up and not read, nor are the norms (65 x 4,096);
  // its arithmetic adds bytes / bandwidth x (2 FLOP / 300e12) / (2 B / 2e12) = 1/150.
  const double weights = 6738415616.0 - 32000 * 4096 - 65 * 4096;
  const Answer a = ask("llm_decode", "time_per_output_token", round_card(), 1, {{"model", "llama-2-7b"}, {"precision", "fp16"}, {"context", "0"}}, ideal_constants());
  EXPECT_NEAR(a.value, weights * 2 / 2e12 * (1 + 1 / 150.0) * 1e3, 1e-9 * a.value);
  EXPECT_EQ(a.estimate.bottleneck, Bottleneck::memory);
}

TEST(PlanLlmServe, without_losses_a_long_prompt_takes_the_time_of_its_arithmetic) {
  // 2 FLOP per weight and token; attention 4 x 32 x 4,096 x half of 2,048 positions per token; weights read once.
  const double layers = 6738415616.0 - 2 * 32000.0 * 4096 - 65 * 4096, head = 32000.0 * 4096;
  const double flop = 2048 * (2 * layers + 4.0 * 32 * 4096 * 1024) + 2 * head;
  const Answer a = ask("llm_prefill", "latency", round_card(), 1, {{"model", "llama-2-7b"}, {"precision", "fp16"}, {"input_len", "2048"}}, ideal_constants());
  EXPECT_NEAR(a.value, (flop / 300e12 + 2 * (layers + head) / 2e12) * 1e3, 1e-9 * a.value);
}

TEST(PlanLlmServe, the_time_tends_to_bytes_over_bandwidth_as_fixed_costs_go_to_zero) {
  Constants c = ideal_constants();
  const auto time = [&] { return ask("llm_decode", "time_per_output_token", round_card(), 1, {{"model", "llama-3-8b"}, {"quant", "Q4_K_M"}, {"context", "0"}}, c).value; };
  const double bytes = (8030261248.0 - 128256 * 4096 - 65 * 4096) * 4.85 / 8;  // all but the embedding and the norms
  EXPECT_NEAR(time(), bytes / 2e12 * 1e3, 1e-6 * time());
  double last = time();
  for (const double launch : {1e-7, 1e-6, 1e-5}) {
    c.llm_launch_s = launch;
    EXPECT_GT(time(), last);
    last = time();
  }
}

TEST(PlanLlmServe, throughput_grows_with_the_batch_until_memory_ends_it) {
  for (const Keys keys : {Keys{{"model", "llama-3-8b"}, {"precision", "fp8"}}, Keys{{"model", "llama-3-8b"}, {"quant", "Q4_K_M"}, {"parallel", "none"}}, Keys{{"model", "llama-2-7b"}, {"quant", "F16"}},
                          Keys{{"model", "mixtral-8x7b-v0.1"}, {"precision", "fp8"}}}) {
    double last = 0;
    for (int batch = 1; batch <= 4096; batch += 1 + batch / 8) {
      std::vector<std::pair<const char*, const char*>> all(keys);
      Request r;
      const Machine card = round_card();
      const Constants constants;
      r.machine = &card;
      r.kind = "llm_serve";
      r.metric = "output_throughput_total";
      for (const auto& [key, value] : all) r.parameters.set_text(key, value);
      r.parameters.set("batch", static_cast<double>(batch));
      r.constants = &constants;
      r.models = &shipped_models();
      const Answer a = answer(r);
      if (!a.estimate.fits) {
        EXPECT_FALSE(a.remedy.empty());
        break;
      }
      EXPECT_GE(a.value, last * (1 - 1e-12)) << all[0].second << " at batch " << batch;
      last = a.value;
    }
    EXPECT_GT(last, 0);
  }
}

TEST(PlanLlmServe, doubling_a_rate_a_bandwidth_or_a_link_slows_nothing) {
  struct Case {
    const char *kind, *metric;
    int count;
    Keys keys;
  };
  const Case cases[] = {{"llm_decode", "time_per_output_token", 1, {{"model", "llama-3-8b"}, {"quant", "Q4_K_M"}}},
                        {"llm_decode", "time_per_output_token", 4, {{"model", "llama-3-70b"}, {"quant", "F16"}, {"kv_on", "host"}}},
                        {"llm_prefill", "latency", 1, {{"model", "llama-3-8b"}, {"quant", "Q8_0"}, {"tokens", "1024"}}},
                        {"llm_serve_static", "latency", 8, {{"model", "falcon-180b"}, {"precision", "fp8"}, {"batch", "64"}, {"input_len", "128"}, {"output_len", "128"}}},
                        {"llm_serve_maxload", "time_per_output_token", 8, {{"model", "deepseek-v3"}, {"precision", "fp8"}, {"input_len", "128"}, {"output_len", "128"}, {"max_batch", "64"}}},
                        {"llm_serve_concurrency", "time_per_output_token", 16, {{"model", "qwen3-235b-a22b"}, {"precision", "fp8"}, {"concurrency", "32"}}},
                        {"llm_serve_concurrency", "time_per_output_token", 16, {{"model", "qwen3-235b-a22b"}, {"precision", "fp8"}, {"concurrency", "32"}, {"tp", "16"}, {"moe_ep", "16"}}}};
  for (const Case& c : cases) {
    const double before = ask(c.kind, c.metric, round_card(), c.count, c.keys).value;
    const auto faster = [&](auto&& change) {
      Machine m = round_card();
      change(m);
      return ask(c.kind, c.metric, m, c.count, c.keys).value;
    };
    EXPECT_LE(faster([](Machine& m) { m.bandwidth.value *= 2; }), before) << c.kind;
    EXPECT_LE(faster([](Machine& m) { m.link.value *= 2; }), before) << c.kind;
    EXPECT_LE(faster([](Machine& m) { m.internode.value *= 2; }), before) << c.kind;
    EXPECT_LE(faster([](Machine& m) { for (auto& r : m.rate) r.value *= 2; }), before) << c.kind;
  }
}

TEST(PlanLlmServe, one_device_sends_no_messages) {
  Constants dear;
  dear.llm_message_s = 10;
  dear.layer_split_hop_s = 10;
  for (const char* format : {"fp16", "Q4_K_M"})
    EXPECT_LT(ask("llm_serve", "time_per_output_token", round_card(), 1, {{"model", "llama-3-8b"}, {"precision", format}}, dear).value, 1000) << format;
  EXPECT_GT(ask("llm_serve", "time_per_output_token", round_card(), 2, {{"model", "llama-3-8b"}, {"precision", "fp16"}}, dear).value, 10000);
}

double token_ms(Keys keys, int count, const Machine& machine, const Constants& constants) { return ask("llm_decode", "time_per_output_token", machine, count, keys, constants).value; }

TEST(PlanLlmServe, tokens_that_travel_to_their_experts_take_the_time_of_their_bytes) {
  // Mixtral 8x7B on 8 cards in a box, 64 tokens, 32 layers of width 4,096, 2 of 8 experts a token. Each card hands out the two copies of its
  // 8 tokens in fp16 and gets as much back, 7/8 of both over the link; the sum behind the MLP, 2 x 7/8 of all tokens, becomes a gathering.
  const Constants ideal = ideal_constants();
  const double stream = 64.0 * 4096 * 2, exchange = 2 * 7 / 8.0 * stream / 8 * 2, sum_less_gathering = 7 / 8.0 * stream;
  const double together = token_ms({{"model", "mixtral-8x7b"}, {"precision", "fp16"}, {"batch", "64"}, {"tp", "8"}}, 8, round_card(), ideal);
  const double dealt = token_ms({{"model", "mixtral-8x7b"}, {"precision", "fp16"}, {"batch", "64"}, {"tp", "8"}, {"moe_ep", "8"}}, 8, round_card(), ideal);
  EXPECT_NEAR(dealt - together, 32 * (exchange - sum_less_gathering) / 300e9 * 1e3, 1e-9 * together);
}

TEST(PlanLlmServe, experts_in_another_box_are_reached_over_the_network_between_boxes) {
  // 16 ranks, 8 in a box: half of what is handed out leaves the box, at 25 GB/s; on one box of 16, nothing does.
  const Constants ideal = ideal_constants();
  const auto time = [&](const char* box, double internode) {
    Machine m = round_card();
    m.internode.value = BytePerSecond{internode};
    return token_ms({{"model", "qwen3-235b-a22b"}, {"precision", "fp16"}, {"batch", "64"}, {"tp", "16"}, {"moe_ep", "16"}, {"box", box}}, 16, m, ideal);
  };
  // Cards that are together faster than the link do not slow the rings; so what changes with them is the exchange alone: 94 layers of
  // width 4,096, 8 experts a token, 4 tokens a rank, there and back in fp16.
  const double there_and_back = 94 * 2 * (4 * 8 * 4096 * 2.0) * 8 / 16;
  EXPECT_NEAR(time("8", 50e9) - time("8", 100e9), there_and_back * (1 / 50e9 - 1 / 100e9) * 1e3, 1e-6);
  EXPECT_EQ(time("16", 50e9), time("16", 100e9));
}

TEST(PlanLlmServe, one_device_sends_no_token_away_whatever_the_experts) {
  Constants dear;
  dear.llm_message_s = 10;
  EXPECT_LT(token_ms({{"model", "mixtral-8x7b"}, {"precision", "fp4"}, {"moe_ep", "1"}}, 1, round_card(), dear), 1000);
  const Answer dense = ask("llm_decode", "throughput", round_card(), 2, {{"model", "llama-3-8b"}, {"precision", "fp8"}, {"moe_ep", "2"}});
  EXPECT_EQ(dense.value, ask("llm_decode", "throughput", round_card(), 2, {{"model", "llama-3-8b"}, {"precision", "fp8"}}).value);
  EXPECT_FALSE(dense.warnings.empty());
}

TEST(PlanLlmServe, a_machine_renamed_and_an_engine_renamed_give_the_same_answer) {
  Machine other = round_card();
  other.id = "another", other.name = "Another card", other.vendor = "Somebody", other.notes = "fast", other.launch_date = "2031";
  const Keys keys = {{"model", "llama-3-8b"}, {"quant", "Q4_K_M"}, {"engine", "llama.cpp"}}, renamed = {{"model", "meta-llama/Meta-Llama-3-8B"}, {"quant", "Q4_K_M"}, {"engine", "next.cpp 9.0"}};
  const Answer a = ask("llm_decode", "throughput", round_card(), 1, keys), b = ask("llm_decode", "throughput", other, 1, renamed);
  EXPECT_EQ(a.value, b.value);
  EXPECT_EQ(a.p90, b.p90);
}

TEST(PlanLlmServe, the_trace_changes_no_digit) {
  const Keys keys = {{"model", "deepseek-v3"}, {"precision", "fp8"}, {"concurrency", "32"}, {"input_len", "1024"}, {"output_len", "1024"}};
  Trace trace;
  const Answer a = ask("llm_serve_concurrency", "time_per_output_token", round_card(), 16, keys), b = ask("llm_serve_concurrency", "time_per_output_token", round_card(), 16, keys, {}, &trace);
  EXPECT_EQ(a.value, b.value);
  EXPECT_GT(trace.steps().size(), 30u);
}

TEST(PlanLlmServe, an_individual_pays_what_the_provider_shares) {
  // E3: the share of the arithmetic in use is batch / (rate x bytes per weight / (2 bandwidth)): 600e12 x 1 / (2 x 2e12) = 150 in fp8.
  const Answer a = ask("llm_serve", "time_per_output_token", round_card(), 1, {{"model", "llama-3-8b"}, {"precision", "fp8"}, {"input_len", "64"}, {"output_len", "64"}});
  EXPECT_NEAR(extra(a, "full_use_batch"), 150, 1e-9);
  EXPECT_GT(extra(a, "individual_over_provider"), 50);
  // Ten minutes a day: each sequence serves 144 users a day.
  EXPECT_NEAR(extra(a, "users_served"), extra(a, "largest_batch") * 144, 1e-6);
  const Answer many = ask("llm_serve", "time_per_output_token", round_card(), 1, {{"model", "llama-3-8b"}, {"precision", "fp8"}, {"users", "1e6"}, {"input_len", "64"}, {"output_len", "64"}});
  EXPECT_EQ(extra(many, "devices_for_users"), std::ceil(1e6 / extra(many, "users_served")));
}

TEST(PlanLlmServe, the_largest_batch_is_what_memory_leaves_over_the_cache_of_one_request) {
  // 0.9 x 80e9 B less the fp16 weights, over 1,536 positions of 2 x 8 x 128 x 32 values of 2 B.
  const Answer a = ask("llm_serve_maxload", "largest_batch", round_card(), 1, {{"model", "llama-3-8b"}, {"precision", "fp16"}, {"input_len", "1024"}, {"output_len", "512"}});
  EXPECT_EQ(a.value, std::floor((0.9 * 80e9 - 2 * 8030261248.0) / (1536.0 * 2 * 8 * 128 * 32 * 2)));
}

TEST(PlanLlmServe, what_does_not_fit_is_answered_with_by_how_much_and_what_would) {
  const Answer a = ask("llm_serve", "time_per_output_token", round_card(), 1, {{"model", "llama-3-70b"}, {"quant", "F16"}});
  EXPECT_FALSE(a.estimate.fits);
  EXPECT_NE(a.remedy.find("GiB too much"), std::string::npos) << a.remedy;
  EXPECT_NE(a.remedy.find("fits with Q8_0"), std::string::npos) << a.remedy;
  EXPECT_NE(a.remedy.find("fits on 2 devices"), std::string::npos) << a.remedy;
  EXPECT_GT(a.value, 0);
  EXPECT_TRUE(ask("llm_serve", "time_per_output_token", round_card(), 1, {{"model", "llama-3-70b"}, {"quant", "Q8_0"}}).estimate.fits);
  EXPECT_TRUE(ask("llm_serve", "time_per_output_token", round_card(), 2, {{"model", "llama-3-70b"}, {"quant", "F16"}}).estimate.fits);
}

TEST(PlanLlmServe, a_cache_on_the_host_is_slower_and_takes_no_memory_of_the_device) {
  const Answer device = ask("llm_decode", "time_per_output_token", round_card(), 1, {{"model", "llama-2-7b"}, {"quant", "Q4_0"}, {"context", "4096"}});
  const Answer host = ask("llm_decode", "time_per_output_token", round_card(), 1, {{"model", "llama-2-7b"}, {"quant", "Q4_0"}, {"context", "4096"}, {"kv_on", "host"}});
  EXPECT_GT(host.value, device.value);
  EXPECT_NEAR((device.estimate.byte_resident - host.estimate.byte_resident).value(), 4096.0 * 2 * 4096 * 32 * 2, 1);
}

TEST(PlanLlmServe, devices_in_a_row_give_a_lone_stream_nothing_and_a_batch_bound_by_arithmetic_nearly_all) {
  // Where the weights' bytes bind, each of four stages reads its quarter for each quarter of the batch: nothing is gained either.
  const Keys one = {{"model", "llama-2-7b"}, {"quant", "F16"}, {"batch", "1"}}, many = {{"model", "llama-2-7b"}, {"quant", "F16"}, {"batch", "8192"}, {"context", "1"}};
  const auto rate = [](int n, Keys keys) { return ask("llm_decode", "throughput", round_card(), n, keys).value; };
  EXPECT_LT(rate(4, one), rate(1, one));
  EXPECT_GT(rate(4, one), 0.8 * rate(1, one));
  EXPECT_GT(rate(4, many), 3 * rate(1, many));
  EXPECT_LT(rate(4, many), 4 * rate(1, many));
}

TEST(PlanLlmServe, a_model_nobody_knows_is_planned_by_its_shape_or_its_size) {
  const auto value = [](Keys keys) { return ask("llm_decode", "throughput", round_card(), 1, keys).value; };
  const double known = value({{"model", "llama-2-13b"}, {"precision", "fp16"}});
  EXPECT_NEAR(value({{"model", "Wondrous-13B-chat"}, {"precision", "fp16"}}) / known, 1, 0.1);
  EXPECT_NEAR(value({{"params_b", "13"}, {"precision", "fp16"}}) / known, 1, 0.1);
  EXPECT_NEAR(value({{"layers", "40"}, {"hidden", "5120"}, {"heads", "40"}, {"dtype", "fp16"}}) / known, 1, 0.1);
  EXPECT_FALSE(ask("llm_decode", "throughput", round_card(), 1, {{"params_b", "13"}}).warnings.empty());
  // Near qwen2.5-14b, but of another size: another model, not a slip of the pen.
  EXPECT_NEAR(extra(ask("llm_decode", "throughput", round_card(), 1, {{"model", "Qwen2.5-1.5B"}}), "parameters"), 1.5e9, 1e6);
}

TEST(PlanLlmServe, wrong_questions_are_refused_with_the_reason) {
  EXPECT_NE(refusal("llm_decode", "throughput", 1, {{"model", "lama-3-8b"}}).find("Did you mean \"llama-3-8b\""), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughput", 1, {}).find("which model?"), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughput", 1, {{"model", "llama-3-8b"}, {"quant", "Q4_K_X"}}).find("Q4_K_M"), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughput", 1, {{"model", "llama-3-8b"}, {"precision", "fp8"}, {"kv", "fp99"}}).find("kv = \"fp99\""), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughpt", 1, {{"model", "llama-3-8b"}}).find("throughput"), std::string::npos);
  EXPECT_NE(refusal("llm_serve_static", "latency", 8, {{"model", "llama-3-8b"}, {"tp", "3"}}).find("does not make up 8 devices"), std::string::npos);
  EXPECT_NE(refusal("llm_serve_static", "latency", 3, {{"model", "llama-3-8b"}, {"tp", "3"}}).find("does not divide the 32 heads"), std::string::npos);
  EXPECT_NE(refusal("llm_serve_static", "latency", 64, {{"model", "llama-3-8b"}, {"pp", "64"}}).find("more than the 32 layers"), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughput", 1, {{"model", "llama-3-8b"}, {"batch", "-4"}}).find("batch"), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughput", 8, {{"model", "mixtral-8x7b"}, {"tp", "8"}, {"moe_ep", "3"}}).find("does not divide tp = 8"), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughput", 16, {{"model", "mixtral-8x7b"}, {"tp", "16"}, {"moe_ep", "16"}}).find("has 8 experts"), std::string::npos);
  EXPECT_NE(refusal("llm_decode", "throughput", 1, {{"layers", "4"}, {"hidden", "100"}, {"heads", "3"}}).find("no multiple of heads"), std::string::npos);
}

}  // namespace
}  // namespace ranvier
