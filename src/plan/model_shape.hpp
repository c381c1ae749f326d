// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Shape of a language model: how many weights each part has, and what a token costs in weights, arithmetic and cache.
///
/// A decoder is `layers` layers between an embedding and a head. Each layer has attention (softmax over a cache that grows, or
/// a linear recurrence with a state that does not) and an MLP (dense, or a router and experts). Dense, grouped-query,
/// multi-query, latent (MLA), mixture-of-experts, sliding-window and hybrid models are all made of these parts.

#include <optional>
#include <string>
#include <vector>

#include "core/dimensioned.hpp"

namespace ranvier::plan {

/// Parameters of a part of one layer.
struct Part {
  double matrix = 0;  ///< weights that enter a product once per token
  double small = 0;   ///< biases, norms and the like: counted, but neither their bytes nor their arithmetic matter
  constexpr double total() const { return matrix + small; }
};

struct ModelShape {
  std::string name;
  std::string family;               ///< model_type of the config.json
  std::string source;
  Count layers = 0, hidden = 0, heads = 0, kv_heads = 0, head_size = 0, vocabulary = 0;
  Count context_max = 0;            ///< 0: not stated
  bool tied_embeddings = false;     ///< the head is the embedding, transposed

  Part attention;                   ///< of one layer with softmax attention
  Part linear;                      ///< of one layer with linear attention
  Part mlp;                         ///< of one dense layer
  Part expert, shared_expert, router;
  double norms = 0;                 ///< per layer
  double outside = 0;               ///< positions, last norm, bias of the head

  Count softmax_layers = 0, linear_layers = 0;      ///< sum: layers
  Count windowed_layers = 0, window = 0;            ///< of the softmax layers, and how far back they see
  Count dense_layers = 0, moe_layers = 0;           ///< sum: layers
  Count experts = 0, experts_used = 0;              ///< routed experts of a layer, and of them per token

  double kv_values = 0;             ///< values that one token leaves in the cache of one softmax layer
  bool latent_attention = false;    ///< the cache holds one compressed vector for all heads (MLA)
  Count query_key_size = 0, value_size = 0;         ///< per head, where keys and values are expanded (prefill)
  Count latent_query_key = 0, latent_value = 0;     ///< per head, where queries meet the compressed cache (decode)
  double linear_state = 0;          ///< values of state per sequence and linear layer

  std::optional<double> parameters_published;
  std::vector<std::string> warnings;///< what the reader had to assume
};

/// Embedding matrix: vocabulary x hidden.
double embedding_weights(const ModelShape& shape);

/// All parameters, the embedding counted once where it is tied.
double parameter_count(const ModelShape& shape);

/// The same with only the routed experts that one token uses.
double parameter_count_active(const ModelShape& shape);

/// Weights that one token's products use in all layers, without embedding and head: 2 FLOP each.
double weights_used(const ModelShape& shape);

/// Weights of all layers that a pass over `tokens` tokens must read: of each mixture of E experts with k per token,
/// E (1 - (1 - k/E)^tokens) are expected to be hit by somebody when the router spreads evenly.
double weights_touched(const ModelShape& shape, double tokens);

/// Sum over the softmax layers of the positions a token sees whose context is `context` long.
double positions_seen(const ModelShape& shape, double context);

/// Values in the cache of one sequence of this length: keys and values (or latents) of the positions that layers can
/// still see, and the state of the linear layers.
double cache_values(const ModelShape& shape, double context);

/// FLOP of scores and weighted sums (not of the projections) for one token with this context. `decode`: a latent cache is
/// met as it is, by wider heads, instead of being expanded.
Flop attention_flop(const ModelShape& shape, double context, bool decode);

/// A GPT block stack: two-matrix MLP, learned nothing but matrices. `heads`, `mlp` and `vocabulary` 0: hidden / 128, 4 x hidden,
/// 51,200, as in the Megatron papers.
ModelShape gpt_shape(Count layers, Count hidden, Count heads, Count mlp, Count vocabulary);

/// The shape a dense model of this size is likely to have: hidden = 128 x layers, 12 hidden^2 weights per layer and an
/// embedding (Kaplan et al. 2020, arXiv:2001.08361: the aspect ratio hardly matters near 128).
ModelShape likely_shape(double parameters);

}  // namespace ranvier::plan
