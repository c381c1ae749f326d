// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a family of language models does without saying so in its config.json.

#include <string_view>

namespace ranvier::io {

enum class QueryKeyNorm : unsigned char { none, one_head, all_heads };

struct ModelFamily {
  std::string_view model_type;
  double norms_per_layer = 2;
  bool norm_bias = false;             ///< LayerNorm instead of RMSNorm
  bool linear_bias = false;           ///< all four projections of attention
  bool query_key_value_bias = false;
  bool mlp_bias = false;
  bool gated_mlp = true;              ///< three matrices instead of two
  bool mlp_is_4_hidden = false;       ///< where no width is given
  bool learned_positions = false;
  bool tied_embeddings = false;       ///< where tie_word_embeddings is absent
  bool head_bias = false;
  bool router_bias = false;
  bool expert_bias = false;
  bool attention_sinks = false;       ///< one learned logit per head
  QueryKeyNorm query_key_norm = QueryKeyNorm::none;
  double global_layer_every = 0;      ///< of the layers with a sliding window, every nth has none; 0: all have one
};

/// The family of this model_type, nullptr where it is not known.
const ModelFamily* find_model_family(std::string_view model_type);

const ModelFamily& llama_like_family();

}  // namespace ranvier::io
