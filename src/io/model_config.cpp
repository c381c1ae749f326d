// SPDX-License-Identifier: Apache-2.0
#include "io/model_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "io/model_family.hpp"
#include "io/model_keys.hpp"

namespace ranvier::io {
namespace {

using plan::ModelShape;
using plan::Part;

void read_sizes(ModelShape& s, ModelKeys& k, const ModelFamily& family) {
  s.layers = k.need({"num_hidden_layers", "n_layer", "n_layers", "num_layers"}, 1, 1e4);
  s.hidden = k.need({"hidden_size", "n_embd", "d_model"}, 1, 1e6);
  s.heads = k.need({"num_attention_heads", "n_head", "n_heads"}, 1, 1e5);
  s.vocabulary = k.need({"vocab_size"}, 1, 1e8);
  s.context_max = k.number({"max_position_embeddings", "n_positions", "max_seq_len", "seq_length"}, 1, 1e10).value_or(0);
  s.tied_embeddings = k.boolean("tie_word_embeddings").value_or(family.tied_embeddings);
  const bool one_kv_head = k.boolean("multi_query").value_or(false) && !k.boolean("new_decoder_architecture").value_or(false);
  s.kv_heads = k.number({"num_key_value_heads", "num_kv_heads", "n_head_kv", "kv_n_heads"}, 1, 1e5).value_or(one_kv_head ? 1 : s.heads);
  const auto head_size = k.number({"head_dim"}, 1, 1e5);
  s.head_size = head_size.value_or(s.heads > 0 ? s.hidden / s.heads : 0);
  s.parameters_published = k.number({"_parameters_published"}, 1, 1e16);
  if (k.failed()) return;
  if (std::fmod(s.heads, s.kv_heads) != 0)
    k.problem(fmt::format("num_attention_heads = {} is no multiple of num_key_value_heads = {}: each cached head must serve the same number of heads", s.heads, s.kv_heads));
  if (!head_size && !k.has("kv_lora_rank") && std::fmod(s.hidden, s.heads) != 0)
    k.problem(fmt::format("hidden_size = {} is no multiple of num_attention_heads = {}\n  add head_dim if the heads are not hidden_size / num_attention_heads wide", s.hidden, s.heads));
}

/// DeepSeek-V2, arXiv:2405.04434, section 2.1: queries and the pair of key and value are compressed; the rotary part of the key is
/// shared by all heads. Decoding folds the expansion into the queries, so that heads meet the latent itself.
void read_latent_attention(ModelShape& s, ModelKeys& k) {
  const double latent = k.need({"kv_lora_rank"}, 1, 1e6);
  const double plain = k.need({"qk_nope_head_dim"}, 1, 1e5), rotary = k.need({"qk_rope_head_dim"}, 0, 1e5);
  s.value_size = k.need({"v_head_dim"}, 1, 1e5);
  s.query_key_size = plain + rotary;
  s.latent_attention = true;
  s.latent_query_key = latent + rotary;
  s.latent_value = latent;
  s.kv_values = latent + rotary;
  const auto query_latent = k.number({"q_lora_rank"}, 1, 1e6);
  const double all_queries = s.heads * s.query_key_size;
  const double query = query_latent ? s.hidden * *query_latent + *query_latent * all_queries : s.hidden * all_queries;
  const double key_value = s.hidden * (latent + rotary) + latent * s.heads * (plain + s.value_size);
  s.attention = {query + key_value + s.heads * s.value_size * s.hidden, latent + query_latent.value_or(0)};
}

void read_attention(ModelShape& s, ModelKeys& k, const ModelFamily& family) {
  if (k.has("kv_lora_rank")) return read_latent_attention(s, k);
  const double queries = s.heads * s.head_size, keys = s.kv_heads * s.head_size;
  s.query_key_size = s.value_size = s.head_size;
  s.kv_values = 2 * keys;
  s.attention.matrix = s.hidden * (queries + 2 * keys) + queries * s.hidden;
  if (k.boolean("attn_output_gate").value_or(false)) s.attention.matrix += s.hidden * queries;
  const bool all_biases = k.boolean("attention_bias").value_or(family.linear_bias);
  if (all_biases) s.attention.small += queries + 2 * keys + s.hidden;
  if (!all_biases && k.boolean("attention_bias_qkv").value_or(family.query_key_value_bias)) s.attention.small += queries + 2 * keys;
  if (k.boolean("use_qk_norm").value_or(false) || family.query_key_norm == QueryKeyNorm::all_heads) s.attention.small += queries + keys;
  else if (family.query_key_norm == QueryKeyNorm::one_head) s.attention.small += 2 * s.head_size;
  if (family.attention_sinks) s.attention.small += s.heads;
}

/// Gated delta net: queries, keys, values, output gate, two gates per value head, and a short convolution; a state of
/// key size x value size per value head. Yang et al. 2024, arXiv:2412.06464.
void read_linear_attention(ModelShape& s, ModelKeys& k, Count linear_layers) {
  s.linear_layers = linear_layers;
  s.softmax_layers = s.layers - linear_layers;
  if (linear_layers == 0) return;
  const double key_size = k.need({"linear_key_head_dim"}, 1, 1e5), keys = k.need({"linear_num_key_heads"}, 1, 1e5) * key_size;
  const double value_heads = k.need({"linear_num_value_heads"}, 1, 1e5), value_size = k.need({"linear_value_head_dim"}, 1, 1e5);
  const double values = value_heads * value_size;
  const double convolution = k.number({"linear_conv_kernel_dim"}, 0, 1e4).value_or(4);
  s.linear = {s.hidden * (2 * keys + 2 * values) + 2 * s.hidden * value_heads + values * s.hidden, (2 * keys + values) * convolution + 2 * value_heads + value_size};
  s.linear_state = value_heads * key_size * value_size;
}

void read_windows(ModelShape& s, ModelKeys& k, const ModelFamily& family, const LayerTypes& types) {
  const auto window = k.number({"sliding_window"}, 1, 1e10);
  if (!window || !k.boolean("use_sliding_window").value_or(true)) return;
  s.window = *window;
  s.windowed_layers = s.softmax_layers;
  const double every = k.number({"sliding_window_pattern"}, 1, 1e4).value_or(family.global_layer_every);
  if (types.any) s.windowed_layers = std::min(types.windowed, s.softmax_layers);
  else if (every > 0) s.windowed_layers -= std::floor(s.softmax_layers / every);
}

Part mlp_part(const ModelShape& s, double matrices, double width, bool bias) {
  return {matrices * s.hidden * width, bias ? (matrices - 1) * width + s.hidden : 0};
}

Count count_moe_layers(const ModelShape& s, ModelKeys& k) {
  const double dense_first = k.number({"first_k_dense_replace"}, 0, 1e4).value_or(0);
  const double every = k.number({"moe_layer_freq", "decoder_sparse_step", "interleave_moe_layer_step"}, 1, 1e4).value_or(1);
  const double listed = static_cast<double>(k.length("mlp_only_layers"));
  if (dense_first > s.layers) k.problem(fmt::format("first_k_dense_replace = {} exceeds num_hidden_layers = {}", dense_first, s.layers));
  return std::max(0.0, std::floor((s.layers - dense_first) / every) - listed);
}

void read_experts(ModelShape& s, ModelKeys& k, const ModelFamily& family, std::optional<double> mlp_width) {
  s.experts = k.need({"num_local_experts", "num_experts", "n_routed_experts"}, 1, 1e6);
  s.experts_used = k.need({"num_experts_per_tok", "num_experts_per_token", "moe_top_k"}, 1, 1e6);
  const auto own_width = k.number({"moe_intermediate_size"}, 1, 1e8);
  if (!own_width && !mlp_width) k.problem("neither moe_intermediate_size nor intermediate_size is given: the width of an expert is not known");
  if (k.failed()) return;
  if (s.experts_used > s.experts) k.problem(fmt::format("num_experts_per_tok = {} exceeds the number of experts, {}", s.experts_used, s.experts));
  const double width = own_width ? *own_width : *mlp_width;
  s.moe_layers = count_moe_layers(s, k);
  s.expert = mlp_part(s, 3, width, family.expert_bias);
  const auto shared_width = k.number({"shared_expert_intermediate_size"}, 0, 1e8);
  const double shared = k.number({"n_shared_experts"}, 0, 1e4).value_or(0) * width + shared_width.value_or(0);
  s.shared_expert = mlp_part(s, 3, shared, false);
  s.router = {s.hidden * s.experts, (family.router_bias ? s.experts : 0) + (shared_width.value_or(0) > 0 ? s.hidden : 0)};
}

void read_mlp(ModelShape& s, ModelKeys& k, const ModelFamily& family) {
  auto width = k.number({"intermediate_size", "n_inner", "ffn_dim", "ffn_hidden_size"}, 1, 1e8);
  if (!width)
    if (const auto ratio = k.number({"expansion_ratio"}, 0.01, 1e3)) width = *ratio * s.hidden;
  const bool experts = k.any({"num_local_experts", "num_experts", "n_routed_experts"});
  if (experts) read_experts(s, k, family, width);
  s.dense_layers = s.layers - s.moe_layers;
  if (s.dense_layers == 0 || k.failed()) return;
  if (!width && family.mlp_is_4_hidden) width = 4 * s.hidden;
  if (!width) return k.problem("intermediate_size is missing: the width of the MLP");
  const double matrices = k.number({"mlp_matrices"}, 1, 8).value_or(family.gated_mlp ? 3 : 2);
  s.mlp = mlp_part(s, matrices, *width, k.boolean("mlp_bias").value_or(family.mlp_bias));
}

void read_rest(ModelShape& s, ModelKeys& k, const ModelFamily& family) {
  const double norm = s.hidden * (family.norm_bias ? 2 : 1);
  s.norms = family.norms_per_layer * norm;
  s.outside = norm + (family.head_bias ? s.vocabulary : 0);
  if (k.boolean("learned_positions").value_or(family.learned_positions)) s.outside += s.context_max * s.hidden;
}

}  // namespace

ModelShape read_model_config(std::string_view text, std::string_view where) {
  ModelKeys k(text, where);
  ModelShape s;
  s.name = k.text("_name").value_or(std::string(where));
  s.family = k.text("model_type").value_or("");
  s.source = k.text("_source").value_or(std::string(where));
  const ModelFamily* known = find_model_family(s.family);
  const ModelFamily& family = known != nullptr ? *known : llama_like_family();
  if (known == nullptr)
    s.warnings.push_back(fmt::format("{}: model_type \"{}\" is not known; norms, biases and gates are taken as LLaMA has them", where, s.family));
  read_sizes(s, k, family);
  if (!k.failed()) {
    const LayerTypes types = k.layer_types(s.layers);
    const double softmax_every = k.number({"full_attention_interval"}, 1, 1e4).value_or(0);
    const Count linear = types.any ? types.linear : softmax_every > 0 ? s.layers - std::floor(s.layers / softmax_every) : 0;
    read_attention(s, k, family);
    read_linear_attention(s, k, linear);
    read_windows(s, k, family, types);
    read_mlp(s, k, family);
    read_rest(s, k, family);
  }
  k.throw_if_failed();
  return s;
}

}  // namespace ranvier::io
