// SPDX-License-Identifier: Apache-2.0
#include "plan/llm_pass.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::plan {
namespace {

/// Kernels of a layer, counted in engines that fuse what lies between products: norm, q, k, v, rotary, cache write, attention, its
/// projection, norm, gate, up, down; a mixture of experts adds router, choice, sorting, two gatherings and the sum.
constexpr Count kernels_per_layer = 12, kernels_per_router = 6;

/// Without fused attention the scores pass memory so many times: written, scaled and masked, exponentials, and converted for
/// the second product (twice read and written).
constexpr double score_passes = 6;

/// Columns up to which GGUF engines use their kernels for vectors (llama.cpp: MMVQ_MAX_BATCH_SIZE).
constexpr Count vector_columns = 8;

Bytes packed_bytes(double weights, double bits) { return Bytes{weights * bits / 8}; }

Count kernels(const ModelShape& s) { return s.layers * kernels_per_layer + s.moe_layers * kernels_per_router; }

/// Heads of the cache can be split over so many devices; beyond, copies are kept. A latent is one for all heads.
Count cache_ways(const ServingPlan& p) { return p.shape->latent_attention ? 1 : std::min(p.tensor, std::max(1.0, p.shape->kv_heads)); }

void add_decode_attention(LlmTally& t, const ServingPlan& p, const Pass& pass, Precision format) {
  const ModelShape& s = *p.shape;
  const Bytes cache = pass.sequences * cache_bytes(p, pass.context) / cache_ways(p);
  const Flop flop = pass.tokens * attention_flop(s, pass.context, true) / p.tensor;
  t.add_attention("attention over the cache", flop, format, p.cache_on_host ? Bytes{} : cache, p.cache_on_host ? cache : Bytes{});
  if (p.cache_on_host) t.add_send("queries to the host and back", false, Bytes{pass.tokens * s.hidden * 4}, 2 * s.layers);
}

/// Few tokens through kernels that unpack each weight for each token.
LlmTally packed_by_vectors(const ServingPlan& p, const Pass& pass, LlmTally t) {
  t.use_plain_loads();
  const ModelShape& s = *p.shape;
  const double weights = (weights_touched(s, pass.tokens) + embedding_weights(s)) / p.tensor;
  const double used = (weights_used(s) + embedding_weights(s) * pass.logits / pass.tokens) / p.tensor;
  t.add_packed_product("weights, unpacked one by one", used, packed_bytes(weights, p.weights.bits), pass.tokens);
  return t;
}

/// Many tokens: weights are unpacked to fp16 once and multiplied by the matrix unit; activations are fp32, attention is not fused.
LlmTally packed_by_matrices(const ServingPlan& p, const Pass& pass, LlmTally t) {
  t.use_plain_loads();
  const ModelShape& s = *p.shape;
  const double touched = weights_touched(s, pass.tokens) / p.tensor, head = embedding_weights(s) / p.tensor;
  const bool unpacked = p.weights.bits < 16;
  const Bytes copy = unpacked ? packed_bytes(touched, 32) : Bytes{};  // 16 bits written and read again
  const Flop products{2 * (weights_used(s) / p.tensor * pass.tokens + head * pass.logits)};
  t.add_product("weights, unpacked to fp16", products + (pass.decode ? Flop{} : pass.tokens * attention_flop(s, pass.context, false) / p.tensor), p.weights.arithmetic,
                packed_bytes(touched + head, p.weights.bits) + copy);
  if (!pass.decode) t.add_stream("scores of attention", Bytes{score_passes * 4 * pass.tokens * s.heads * positions_seen(s, pass.context) / p.tensor});
  return t;
}

LlmTally packed_pass(const ServingPlan& p, const Pass& pass, const Machine& machine, const Constants& c, Trace* trace) {
  const ModelShape& s = *p.shape;
  const auto activations = [&](LlmTally& t) { t.add_activations("activations", Bytes{c.llm_activation_passes * s.layers * pass.tokens * s.hidden * 4}); };
  LlmTally vectors = packed_by_vectors(p, pass, LlmTally(machine, c, nullptr));
  LlmTally matrices = packed_by_matrices(p, pass, LlmTally(machine, c, nullptr));
  activations(matrices);
  // Few columns go to the kernels for vectors, more to whichever is faster; the trace shows the one taken. Unpacked weights need no
  // kernel of their own, but are given to it all the same.
  const bool few = p.weights.bits >= 16 && pass.tokens <= vector_columns;
  LlmTally t(machine, c, trace);
  if (few || vectors.expected() <= matrices.expected()) t = packed_by_vectors(p, pass, std::move(t));
  else activations(t = packed_by_matrices(p, pass, std::move(t)));
  if (pass.decode) add_decode_attention(t, p, pass, p.weights.arithmetic);
  return t;
}

LlmTally engine_pass(const ServingPlan& p, const Pass& pass, const Machine& machine, const Constants& c, Trace* trace) {
  const ModelShape& s = *p.shape;
  constexpr Precision half = Precision::fp16_acc32;
  const double head = embedding_weights(s) / p.tensor;
  LlmTally t(machine, c, trace);
  t.add_product("weights of the layers", Flop{2 * weights_used(s) * pass.tokens / p.tensor}, p.weights.arithmetic, packed_bytes(weights_touched(s, pass.tokens) / p.tensor, p.weights.bits), c.llm_overlap_power);
  t.add_product("head", Flop{2 * head * pass.logits}, half, packed_bytes(head, 16), c.llm_overlap_power);
  // Attention computes in the format of the cache.
  const Precision cached = p.cache_bits <= 8 ? Precision::fp8 : half;
  if (pass.decode) add_decode_attention(t, p, pass, cached);
  else t.add_attention("attention", pass.tokens * attention_flop(s, pass.context, false) / p.tensor, cached, Bytes{}, Bytes{});
  // The residual stream is whole on each device; what is split over devices is fused into the products.
  t.add_activations("activations", Bytes{c.llm_activation_passes * s.layers * pass.tokens * s.hidden * 2});
  return t;
}

/// Bytes of one value on its way to an expert: fp8 products take fp8.
double dispatched_bytes(const ServingPlan& p) { return p.weights.arithmetic == Precision::fp8 || p.weights.arithmetic == Precision::fp4 ? 1 : 2; }

/// What devices that split the layers send each other. One sum behind attention and one behind the MLP: Megatron-LM, arXiv:1909.08053,
/// section 3. Where experts are dealt to devices, each token goes to those that hold its experts and comes back as often, and the sum
/// behind these layers becomes a gathering of what each device has put together: DeepSpeed-MoE, arXiv:2201.05596, section 5.
void add_layer_messages(LlmTally& t, const ServingPlan& p, Count tokens) {
  const ModelShape& s = *p.shape;
  const Group all = group_of(p.tensor, 1, p.box);
  const Bytes stream{tokens * s.hidden * 2};
  const Count dealt = p.expert_ways > 1 ? s.moe_layers : 0;
  t.add_all_reduce("sums over devices", all, stream, 2 * s.layers - dealt);
  if (dealt == 0) return;
  const Group experts = group_of(p.expert_ways, p.tensor / p.expert_ways, p.box);
  const double values = tokens / p.expert_ways * s.experts_used * s.hidden;
  t.add_all_to_all("tokens to their experts", experts, Bytes{values * dispatched_bytes(p)}, dealt);
  t.add_all_to_all("and back", experts, Bytes{values * 2}, dealt);
  t.add_all_gather("tokens put together", all, stream, dealt);
}

}  // namespace

LlmTally cost_of_pass(const ServingPlan& p, const Pass& pass, const Machine& machine, const Constants& c, Trace* trace) {
  LlmTally t = p.weights.packed ? packed_pass(p, pass, machine, c, trace) : engine_pass(p, pass, machine, c, trace);
  t.add_launches("kernels", kernels(*p.shape));
  add_layer_messages(t, p, pass.tokens);
  return t;
}

LlmTally cost_of_step(const ServingPlan& p, Count sequences, double context, const Machine& machine, const Constants& c, Trace* trace) {
  // Each stage works on another part of the batch; a sequence alone visits them in turn.
  const Count together = std::max(1.0, sequences / (p.replicas * p.stages));
  LlmTally t = cost_of_pass(p, {together, together, together, context, true}, machine, c, trace);
  t.add_hops("from stage to stage", p.stages - 1);
  return t;
}

LlmTally cost_of_prefill(const ServingPlan& p, Count sequences, Count prompt, const Machine& machine, const Constants& c, Trace* trace) {
  const Count tokens = std::max(1.0, sequences / p.replicas) * prompt, piece = std::min(tokens, p.chunk), pieces = tokens / piece;
  const LlmTally one = cost_of_pass(p, {piece, piece / prompt, piece / prompt, prompt / 2, false}, machine, c, trace);
  LlmTally t(machine, c, trace);
  // Piece i enters stage 1 while piece i - 1 is in stage 2: (pieces + stages - 1) / stages times one pass.
  t.add(one, note(trace, "passes", (std::ceil(pieces - 1e-9) + p.stages - 1) / p.stages * (pieces / std::ceil(pieces - 1e-9)), "(pieces + stages - 1) / stages"));
  t.add_hops("from stage to stage", p.stages - 1);
  return t;
}

Bytes weight_bytes(const ServingPlan& p) {
  const ModelShape& s = *p.shape;
  if (p.weights.packed) return packed_bytes(parameter_count(s), p.weights.bits);
  // Engines leave embedding and head in 16 bits.
  const double outer = embedding_weights(s) * (s.tied_embeddings ? 1 : 2);
  return packed_bytes(parameter_count(s) - outer, p.weights.bits) + packed_bytes(outer, std::max(16.0, p.weights.bits));
}

Bytes cache_bytes(const ServingPlan& p, double context) { return Bytes{cache_values(*p.shape, context) * p.cache_bits / 8}; }

Bytes resident_bytes(const ServingPlan& p, Count sequences, double context) {
  const Bytes cache = p.cache_on_host ? Bytes{} : cache_bytes(p, context) / (cache_ways(p) * p.stages);
  return weight_bytes(p) / (p.tensor * p.stages) + sequences / p.replicas * cache;
}

double largest_batch(const ServingPlan& p, double context, const Machine& machine) {
  const Bytes room = machine.memory.value * p.usable_memory - weight_bytes(p) / (p.tensor * p.stages);
  if (!(room > Bytes{})) return 0;
  if (p.cache_on_host) return 1e9;
  const Bytes one = cache_bytes(p, context) / (cache_ways(p) * p.stages);
  return one > Bytes{} ? p.replicas * (room / one) : 1e9;
}

}  // namespace ranvier::plan
