// SPDX-License-Identifier: Apache-2.0
#include "io/model_family.hpp"

namespace ranvier::io {
namespace {

// From the papers and the published parameter counts, which the tests recompute; not from anybody's code.
constexpr ModelFamily families[] = {
    {.model_type = "llama"},
    {.model_type = "mistral"},
    {.model_type = "mixtral"},
    {.model_type = "phi3"},
    {.model_type = "qwen2", .query_key_value_bias = true},
    {.model_type = "qwen2_moe", .query_key_value_bias = true},
    {.model_type = "qwen3", .query_key_norm = QueryKeyNorm::one_head},
    {.model_type = "qwen3_moe", .query_key_norm = QueryKeyNorm::one_head},
    {.model_type = "qwen3_next", .query_key_norm = QueryKeyNorm::one_head},
    {.model_type = "qwen3_5_moe_text", .query_key_norm = QueryKeyNorm::one_head},
    {.model_type = "gemma", .tied_embeddings = true},
    {.model_type = "gemma2", .norms_per_layer = 4, .tied_embeddings = true, .global_layer_every = 2},
    {.model_type = "gemma3_text", .norms_per_layer = 4, .tied_embeddings = true, .query_key_norm = QueryKeyNorm::one_head, .global_layer_every = 6},
    {.model_type = "gpt2", .norm_bias = true, .linear_bias = true, .mlp_bias = true, .gated_mlp = false, .mlp_is_4_hidden = true, .learned_positions = true, .tied_embeddings = true},
    {.model_type = "megatron_gpt", .norm_bias = true, .linear_bias = true, .mlp_bias = true, .gated_mlp = false, .mlp_is_4_hidden = true, .learned_positions = true, .tied_embeddings = true},
    {.model_type = "gpt_neox", .norm_bias = true, .linear_bias = true, .mlp_bias = true, .gated_mlp = false, .mlp_is_4_hidden = true},
    {.model_type = "opt", .norm_bias = true, .linear_bias = true, .mlp_bias = true, .gated_mlp = false, .learned_positions = true, .tied_embeddings = true},
    {.model_type = "gptj", .norms_per_layer = 1, .norm_bias = true, .mlp_bias = true, .gated_mlp = false, .mlp_is_4_hidden = true, .head_bias = true},
    {.model_type = "mpt", .norm_bias = true, .linear_bias = true, .mlp_bias = true, .gated_mlp = false, .mlp_is_4_hidden = true, .learned_positions = true, .tied_embeddings = true},
    {.model_type = "falcon", .norm_bias = true, .gated_mlp = false, .mlp_is_4_hidden = true, .tied_embeddings = true},
    {.model_type = "deepseek_v2"},
    {.model_type = "deepseek_v3", .router_bias = true},
    {.model_type = "kimi_k2", .router_bias = true},
    {.model_type = "minimax_m2", .router_bias = true},
    {.model_type = "gpt_oss", .linear_bias = true, .router_bias = true, .expert_bias = true, .attention_sinks = true, .global_layer_every = 2},
};

}  // namespace

const ModelFamily* find_model_family(std::string_view model_type) {
  for (const ModelFamily& family : families)
    if (family.model_type == model_type) return &family;
  return nullptr;
}

const ModelFamily& llama_like_family() { return families[0]; }

}  // namespace ranvier::io
