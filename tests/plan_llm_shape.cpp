// SPDX-License-Identifier: Apache-2.0
// Shapes of language models against what their publishers say, and the reader of config.json. The expected counts are in the `_facts` of
// data/llm/*.json and were written down apart from this code; 16 of them are the publishers' own, exact to the last parameter.

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>

#include "io/model_config.hpp"
#include "io/model_source.hpp"
#include "plan/model_shape.hpp"
#include "plan/number_format.hpp"
#include "ranvier/error.hpp"

namespace ranvier {
namespace {

nlohmann::json facts_of(const std::string& name) {
  std::ifstream file(std::filesystem::path(RANVIER_SOURCE_DIR) / "data/llm" / (name + ".json"));
  return nlohmann::json::parse(file).at("_facts");
}

const io::ModelFiles& files() {
  static const io::ModelFiles f;
  return f;
}

const plan::ModelShape& shape(const char* name) {
  const auto* s = files().find(name);
  if (s == nullptr) throw std::runtime_error(std::string("no shape ") + name);
  return *s;
}

std::string message_of(const std::string& config) {
  try {
    io::read_model_config(config, "config.json");
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

TEST(PlanLlmShape, parameter_counts_of_all_shipped_shapes_are_those_on_record) {
  EXPECT_EQ(files().shipped().size(), 56u);
  for (const plan::ModelShape& s : files().shipped()) {
    const auto facts = facts_of(s.name);
    EXPECT_EQ(plan::parameter_count(s), facts.at("parameters_total").get<double>()) << s.name;
    EXPECT_EQ(plan::parameter_count_active(s), facts.at("parameters_active_per_token").get<double>()) << s.name;
    EXPECT_TRUE(s.warnings.empty()) << s.name;
  }
}

TEST(PlanLlmShape, counts_that_publishers_print_in_full_agree_to_the_last_parameter_and_rounded_ones_to_half_a_percent) {
  int in_full = 0;
  for (const plan::ModelShape& s : files().shipped()) {
    ASSERT_TRUE(s.parameters_published.has_value()) << s.name;
    const bool rounded = std::fmod(*s.parameters_published, 1e5) == 0;
    in_full += !rounded;
    EXPECT_NEAR(plan::parameter_count(s), *s.parameters_published, rounded ? 5e-3 * *s.parameters_published : 0) << s.name;
  }
  EXPECT_GE(in_full, 16);
}

TEST(PlanLlmShape, cache_of_one_token_is_the_one_on_record) {
  for (const plan::ModelShape& s : files().shipped())
    EXPECT_EQ(plan::cache_values(s, 2) - plan::cache_values(s, 1), facts_of(s.name).at("kv_cache_values_per_token").get<double>()) << s.name;
  EXPECT_EQ(plan::cache_values(shape("qwen3.5-397b-a17b"), 0), 47185920);  // the state of its linear layers
}

TEST(PlanLlmShape, sliding_windows_stop_the_cache_of_their_layers) {
  // Gemma-2-9B: 42 layers, every second one sees 4,096 positions; 2 x 8 x 256 values a position.
  EXPECT_EQ(plan::cache_values(shape("gemma-2-9b"), 8192), 4096.0 * (21 * 8192 + 21 * 4096));
  // gpt-oss-120b: every second of 36 layers sees 128 positions.
  EXPECT_EQ(plan::positions_seen(shape("gpt-oss-120b"), 10000), 18.0 * 10000 + 18.0 * 128);
  // Gemma-3-12B: every sixth of 48 layers is global.
  EXPECT_EQ(plan::positions_seen(shape("gemma-3-12b"), 5000), 8.0 * 5000 + 40.0 * 1024);
}

TEST(PlanLlmShape, experts_hit_by_a_batch_follow_the_urn_with_replacement) {
  // Mixtral, 8 experts of which 2 per token: 1 token touches 2, many touch all; 2 tokens 8 (1 - (3/4)^2) = 3.5.
  const plan::ModelShape& s = shape("mixtral-8x7b-v0.1");
  const double expert = 3.0 * 4096 * 14336 * 32, rest = plan::weights_touched(s, 1) - 2 * expert;
  EXPECT_NEAR(plan::weights_touched(s, 2), rest + 3.5 * expert, 1);
  EXPECT_NEAR(plan::weights_touched(s, 1e6), rest + 8 * expert, 1);
  EXPECT_EQ(plan::weights_used(s), plan::weights_touched(s, 1));
}

TEST(PlanLlmShape, attention_arithmetic_is_four_flop_per_hidden_value_and_position) {
  // Llama-2-7B: scores and sums, 2 FLOP each, 32 layers, 4,096 wide.
  EXPECT_EQ(plan::attention_flop(shape("llama-2-7b"), 1000, true).value(), 4.0 * 32 * 4096 * 1000);
  // DeepSeek-V3 decodes against a latent of 512 + 64 with 128 heads, but reads prompts with keys of 192 and values of 128.
  EXPECT_EQ(plan::attention_flop(shape("deepseek-v3"), 10, true).value(), 2.0 * 61 * 128 * (576 + 512) * 10);
  EXPECT_EQ(plan::attention_flop(shape("deepseek-v3"), 10, false).value(), 2.0 * 61 * 128 * (192 + 128) * 10);
}

TEST(PlanLlmShape, names_are_found_by_alias_case_publisher_and_ending) {
  const auto* llama = files().find("llama-3-8b");
  ASSERT_NE(llama, nullptr);
  for (const char* name : {"LLAMA-3-8B", "meta-llama/Llama-3.1-8B", "meta-llama/Llama-3.1-8B-Instruct", "nvidia/Llama-3.1-8B-Instruct-FP8", "DeepSeek-R1-distill-8B"}) EXPECT_EQ(files().find(name), llama) << name;
  EXPECT_EQ(files().find("deepseek-ai/DeepSeek-R1-0528"), files().find("deepseek-v3"));
  EXPECT_EQ(files().find("llama-9-8b"), nullptr);
  EXPECT_EQ(files().find(""), nullptr);
}

TEST(PlanLlmShape, a_shape_of_a_given_size_has_that_size) {
  for (const double size : {1e8, 1.3e9, 7e9, 70e9, 530e9}) EXPECT_NEAR(plan::parameter_count(plan::likely_shape(size)) / size, 1, 1e-6);
}

TEST(PlanLlmShape, gguf_files_have_the_bits_that_ggml_states) {
  // Q4_0: 32 weights of 4 bits and a 16-bit scale; Q8_0: 32 of 8 bits and a scale.
  EXPECT_EQ(plan::weight_format("q4_0")->bits, (32 * 4 + 16) / 32.0);
  EXPECT_EQ(plan::weight_format("Q8_0")->bits, (32 * 8 + 16) / 32.0);
  EXPECT_TRUE(plan::weight_format("F16")->packed);
  EXPECT_FALSE(plan::weight_format("fp16")->packed);
  EXPECT_FALSE(plan::weight_format("Q4_K_X").has_value());
}

TEST(PlanLlmConfig, a_file_of_a_publisher_with_nulls_and_a_text_part_is_read) {
  const auto s = io::read_model_config(R"({"model_type": "outer", "vision_config": {"hidden_size": 1},
    "text_config": {"model_type": "gemma3_text", "hidden_size": 1152, "num_hidden_layers": 26, "num_attention_heads": 4, "num_key_value_heads": 1,
      "head_dim": 256, "intermediate_size": 6912, "vocab_size": 262144, "sliding_window": 512, "rope_scaling": null, "quantization_config": null}})", "c");
  EXPECT_EQ(plan::parameter_count(s), 999885952);  // Gemma-3-1B
}

TEST(PlanLlmConfig, a_family_that_nobody_knows_is_taken_as_llama_with_a_warning) {
  const auto s = io::read_model_config(R"({"model_type": "next_year", "hidden_size": 4096, "num_hidden_layers": 32, "num_attention_heads": 32,
    "num_key_value_heads": 8, "intermediate_size": 14336, "vocab_size": 128256})", "c");
  EXPECT_EQ(plan::parameter_count(s), plan::parameter_count(shape("llama-3-8b")));
  ASSERT_EQ(s.warnings.size(), 1u);
  EXPECT_NE(s.warnings[0].find("next_year"), std::string::npos);
}

TEST(PlanLlmConfig, all_missing_keys_are_named_together) {
  const std::string m = message_of(R"({"model_type": "llama"})");
  for (const char* key : {"num_hidden_layers", "hidden_size", "num_attention_heads", "vocab_size"}) EXPECT_NE(m.find(key), std::string::npos) << m;
}

TEST(PlanLlmConfig, wrong_files_are_refused_with_the_reason) {
  const std::string sizes = R"("num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 100, "intermediate_size": 64)";
  const std::pair<std::string, const char*> wrong[] = {
      {"", "not a JSON file"},
      {"[1, 2]", "must be a JSON object"},
      {"{\"a\": ", "not a JSON file"},
      {std::string(200, '['), "nested more than"},
      {R"({"hidden_size": "wide", )" + sizes + "}", "hidden_size = \"wide\": must be a number"},
      {R"({"hidden_size": -8, )" + sizes + "}", "must be between 1 and"},
      {R"({"hidden_size": 1e300, )" + sizes + "}", "must be between 1 and"},
      {R"({"hidden_size": 64, "n_embd": 128, )" + sizes + "}", "contradicts hidden_size = 64"},
      {R"({"hidden_size": 66, )" + sizes + "}", "no multiple of num_attention_heads"},
      {R"({"hidden_size": 64, "num_key_value_heads": 3, )" + sizes + "}", "no multiple of num_key_value_heads"},
      {R"({"hidden_size": 64, "num_experts": 4, "num_experts_per_tok": 8, )" + sizes + "}", "exceeds the number of experts"},
      {R"({"hidden_size": 64, "num_experts": 4, )" + sizes + "}", "num_experts_per_tok or"},
      {R"({"hidden_size": 64, "kv_lora_rank": 16, )" + sizes + "}", "qk_nope_head_dim is missing"},
      {R"({"hidden_size": 64, "tie_word_embeddings": 3, )" + sizes + "}", "must be true or false"},
      {R"({"hidden_size": 64, "layer_types": ["full_attention"], )" + sizes + "}", "layer_types lists 1 layers"},
      {R"({"hidden_size": 64, "layer_types": ["full_attention", "magic"], )" + sizes + "}", "is none of full_attention"},
      {R"({"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "vocab_size": 100})", "intermediate_size is missing"},
  };
  for (const auto& [text, reason] : wrong) EXPECT_NE(message_of(text).find(reason), std::string::npos) << text << "\n-> " << message_of(text);
}

TEST(PlanLlmConfig, a_path_that_leads_nowhere_is_an_error_not_a_missing_model) {
  EXPECT_THROW(files().find("/nowhere/config.json"), InputError);
}

}  // namespace
}  // namespace ranvier
