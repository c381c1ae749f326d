// SPDX-License-Identifier: Apache-2.0
#include "plan/model_shape.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::plan {
namespace {

double parameters_with_experts(const ModelShape& s, Count experts) {
  const double moe = s.moe_layers * (experts * s.expert.total() + s.shared_expert.total() + s.router.total());
  const double layers = s.softmax_layers * s.attention.total() + s.linear_layers * s.linear.total() + s.dense_layers * s.mlp.total() + moe + s.layers * s.norms;
  return layers + embedding_weights(s) * (s.tied_embeddings ? 1 : 2) + s.outside;
}

double weights_with_experts(const ModelShape& s, Count experts) {
  const double attention = s.softmax_layers * s.attention.matrix + s.linear_layers * s.linear.matrix;
  return attention + s.dense_layers * s.mlp.matrix + s.moe_layers * (experts * s.expert.matrix + s.shared_expert.matrix + s.router.matrix);
}

}  // namespace

double embedding_weights(const ModelShape& s) { return s.vocabulary * s.hidden; }

double parameter_count(const ModelShape& s) { return parameters_with_experts(s, s.experts); }

double parameter_count_active(const ModelShape& s) { return parameters_with_experts(s, s.experts_used); }

double weights_used(const ModelShape& s) { return weights_with_experts(s, s.experts_used); }

double weights_touched(const ModelShape& s, double tokens) {
  if (s.experts == 0) return weights_with_experts(s, 0);
  return weights_with_experts(s, s.experts * (1 - std::pow(1 - s.experts_used / s.experts, tokens)));
}

double positions_seen(const ModelShape& s, double context) {
  return (s.softmax_layers - s.windowed_layers) * context + s.windowed_layers * std::min(context, s.window);
}

double cache_values(const ModelShape& s, double context) {
  return s.kv_values * positions_seen(s, context) + s.linear_layers * s.linear_state;
}

Flop attention_flop(const ModelShape& s, double context, bool decode) {
  const bool latent = decode && s.latent_attention;
  const double per_head = latent ? s.latent_query_key + s.latent_value : s.query_key_size + s.value_size;
  const double linear = s.linear_layers * s.linear_state * 2;  // decay, read out and rank-one update of the state
  return Flop{2 * (s.heads * per_head * positions_seen(s, context) + linear)};
}

ModelShape gpt_shape(Count layers, Count hidden, Count heads, Count mlp, Count vocabulary) {
  ModelShape s;
  s.name = "GPT block stack";
  s.family = "gpt";
  s.layers = s.softmax_layers = s.dense_layers = layers;
  s.hidden = hidden;
  s.heads = s.kv_heads = heads > 0 ? heads : std::max(1.0, std::floor(hidden / 128));
  s.head_size = s.query_key_size = s.value_size = hidden / s.heads;
  s.vocabulary = vocabulary > 0 ? vocabulary : 51200;
  s.tied_embeddings = true;
  s.attention.matrix = 4 * hidden * hidden;
  s.mlp.matrix = 2 * hidden * (mlp > 0 ? mlp : 4 * hidden);
  s.kv_values = 2 * hidden;
  return s;
}

ModelShape likely_shape(double wanted) {
  constexpr double aspect = 128, vocabulary = 51200;
  double hidden = std::cbrt(wanted * aspect / 12);
  for (int i = 0; i < 30; ++i) hidden = std::cbrt(std::max(wanted - vocabulary * hidden, wanted / 4) * aspect / 12);
  const double layers = std::max(1.0, std::round(hidden / aspect));
  // The width that gives the size exactly with that many layers: 12 L h^2 + V h = wanted.
  hidden = (std::sqrt(vocabulary * vocabulary + 48 * layers * wanted) - vocabulary) / (24 * layers);
  return gpt_shape(layers, hidden, std::max(1.0, std::round(hidden / aspect)), 0, vocabulary);
}

}  // namespace ranvier::plan
