// SPDX-License-Identifier: Apache-2.0
#include "plan/train_cost.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::plan {
namespace {

constexpr Count kernels_per_layer = 12, kernels_per_router = 6;  ///< as in serving, plan/llm_pass.cpp
constexpr double half_bytes = 2;                                 ///< activations, weights in products, gradients on their way
constexpr double adam_bytes = 12;                                ///< fp32 weight, mean and variance of the gradient. ZeRO, arXiv:1910.02054, section 3.1
/// The backward pass of fused attention computes the scores again: 2.5 times the forward pass. Dao et al. 2022, arXiv:2205.14135.
constexpr double attention_backward = 2.5;

/// Passes through the layers in units of the forward pass: forward 1, backward 2, and what is recomputed.
constexpr double layer_passes(const TrainPlan& p) { return p.recompute == Recompute::full ? 4 : 3; }
constexpr double attention_passes(const TrainPlan& p) { return 1 + attention_backward + (p.recompute == Recompute::none ? 0 : 1); }

/// Share of a layer's activations that one of `tensor` devices keeps: of 34 bytes per token and hidden value, 24 are split with the
/// matrices; the norms' and dropouts' 10 only with sequence parallelism. Korthikanti et al. 2022, arXiv:2205.05198, eq. 2 and 4.
constexpr double activation_share(const TrainPlan& p) { return p.sequence_parallel ? 1 / p.tensor : (10 + 24 / p.tensor) / 34; }

/// One microbatch through one stage, forward and backward.
LlmTally microbatch_cost(const TrainPlan& p, const TrainModel& m, const Machine& machine, const Constants& c, Trace* trace) {
  const Section section(trace, "one microbatch through one stage", "forward, backward and recomputed");
  const Count tokens = p.microbatch * p.sequence;
  const double ways = p.tensor * p.pipeline, passes = layer_passes(p), stage_layers = m.layers / p.pipeline;
  LlmTally t(machine, c, trace);
  const double products = (m.weights_used * passes + m.head * 3) / ways;
  t.add_product("products with weights", Flop{2 * products * tokens}, p.products, Bytes{products * half_bytes});
  // Causal: a token sees half of its sequence in the mean.
  t.add_attention("attention", attention_passes(p) * tokens / ways * attention_flop(*m.shape, p.sequence / 2, false), Precision::fp16_acc32, Bytes{}, Bytes{});
  t.add_activations("activations", Bytes{c.llm_activation_passes * passes * stage_layers * tokens * m.hidden * half_bytes * activation_share(p)});
  t.add_launches("kernels", m.kernels / p.pipeline * passes);
  // Two sums forward, two backward, two more where the forward pass is repeated; with sequence parallelism each is a sum that
  // leaves parts and a gathering, which is the same traffic. arXiv:1909.08053, section 3; arXiv:2205.05198, section 4.2.2.
  t.add_all_reduce("sums over the tensor split", group_of(p.tensor, 1, p.box), Bytes{tokens * m.hidden * half_bytes}, 2 * (passes - 1) * stage_layers);
  if (p.pipeline > 1) t.add_send("to the next stage and back", p.tensor * p.data >= p.box || p.devices() > p.box, Bytes{tokens * m.hidden * half_bytes / p.tensor}, 2 * p.interleave);
  return t;
}

/// Weights and gradients between the replicas, once a step; with ZeRO-3 the weights are gathered for each pass of each microbatch.
LlmTally replica_traffic(const TrainPlan& p, const TrainModel& m, const Machine& machine, const Constants& c, Trace* trace) {
  const Section section(trace, "between the replicas");
  LlmTally t(machine, c, trace);
  const Group group = group_of(p.data, p.tensor, p.box);
  const Bytes mine{m.parameters / (p.tensor * p.pipeline) * half_bytes};
  const Count stage_layers = m.layers / p.pipeline;
  if (p.zero < 3) t.add_all_reduce("gradients", group, mine, 1);
  else t.add_all_gather("weights twice, gradients once, layer by layer", group, mine / stage_layers, 3 * stage_layers * p.microbatches());
  return t;
}

Bytes optimiser_traffic(const TrainPlan& p, const TrainModel& m) {
  const double own = m.parameters / (p.tensor * p.pipeline) / (p.zero >= 1 ? p.data : 1);
  return Bytes{own * 2 * (adam_bytes + 2 * half_bytes)};  // all states read and written
}

/// What a device holds. Activations: of each microbatch in flight, bytes per token and hidden value of a layer; the first stage
/// holds as many microbatches as there are stages, and (1 + (p-1)/(p v)) times that when interleaved. arXiv:2205.05198, section 4.2.3.
void hold(const TrainPlan& p, const TrainModel& m, TrainCost& cost) {
  const double own = m.parameters / (p.tensor * p.pipeline);
  cost.weights = Bytes{own * half_bytes / (p.zero >= 3 ? p.data : 1)};
  cost.gradients = Bytes{own * half_bytes / (p.zero >= 2 ? p.data : 1)};
  cost.optimiser = Bytes{own * adam_bytes / (p.zero >= 1 ? p.data : 1)};
  const double tokens = p.microbatch * p.sequence, values = tokens * m.hidden;
  const double scores = p.fused_attention || p.recompute != Recompute::none ? 0 : 5 * m.heads * p.sequence / (m.hidden * p.tensor);
  const double layer = values * (34 * activation_share(p) + scores), input = values * half_bytes / (p.sequence_parallel ? p.tensor : 1);
  const double in_flight = std::min(p.microbatches(), p.pipeline) * (p.interleave > 1 ? 1 + (p.pipeline - 1) / (p.pipeline * p.interleave) : 1);
  const double stage_layers = m.layers / p.pipeline;
  const double kept = p.recompute == Recompute::full ? in_flight * stage_layers * input + layer : in_flight * stage_layers * layer;
  const double logits = tokens * m.vocabulary * 6 / p.tensor;  // fp32 logits and their 16-bit gradient
  cost.activations = Bytes{kept + logits};
}

}  // namespace

TrainModel train_model_of(const ModelShape& s) {
  return {.parameters = parameter_count(s), .weights_used = weights_used(s), .head = embedding_weights(s), .layers = s.layers, .hidden = s.hidden,
          .heads = s.heads, .vocabulary = s.vocabulary, .kernels = s.layers * kernels_per_layer + s.moe_layers * kernels_per_router, .shape = &s};
}

const char* check(const TrainPlan& p, const TrainModel& m) {
  const auto divides = [](Count part, Count whole) { return std::fmod(whole, part) == 0; };
  if (p.pipeline > m.layers) return "there are more pipeline stages than layers";
  if (!divides(p.pipeline * p.interleave, m.layers)) return "the layers are no multiple of pipeline stages x interleave";
  if (!divides(p.tensor, m.heads)) return "the attention heads are no multiple of the tensor split";
  if (!divides(p.data * p.microbatch, p.global_batch)) return "the global batch is no multiple of replicas x microbatch";
  if (p.interleave > 1 && p.pipeline == 1) return "interleaving needs more than one pipeline stage";
  return nullptr;
}

TrainCost evaluate(const TrainPlan& p, const TrainModel& m, const Machine& machine, const Constants& c, Trace* trace) {
  TrainCost cost;
  const Count microbatches = note(trace, "microbatches", p.microbatches(), "global batch / (replicas x microbatch)");
  // Narayanan et al. 2021, arXiv:2104.04473, section 2.2.
  cost.bubble = note(trace, "bubble", (p.pipeline - 1) / (microbatches * p.interleave), "(stages - 1) / (microbatches x interleave)");
  LlmTally all(machine, c, trace);
  all.add(microbatch_cost(p, m, machine, c, trace), microbatches * (1 + cost.bubble));
  if (p.data > 1) all.add(replica_traffic(p, m, machine, c, trace), note(trace, "not hidden", 1 - p.overlap, "1 - overlap"));
  all.add_stream("optimiser", optimiser_traffic(p, m));

  hold(p, m, cost);
  all.set_resident(cost.weights + cost.gradients + cost.optimiser + cost.activations);
  cost.estimate = all.estimate(p.devices());
  cost.estimate.capacity = machine.memory.value * p.usable_memory;
  cost.estimate.fits = !machine.memory || cost.estimate.byte_resident <= cost.estimate.capacity;

  // 72 B s L h^2 (1 + s/6h + V/12Lh), and 96 B s L h^2 (1 + s/6h + V/16Lh), for any shape: attention counts the whole square.
  const double tokens = p.global_batch * p.sequence;
  const Flop square = attention_flop(*m.shape, p.sequence, false), forward = Flop{2 * m.weights_used} + square, head{2 * m.head};
  cost.model_flop = tokens * (3 * forward + 3 * head);
  cost.hardware_flop = p.recompute == Recompute::full ? tokens * (4 * forward + 3 * head) : p.recompute == Recompute::selective ? cost.model_flop + tokens * square : cost.model_flop;
  const Flop possible = machine.rate_of(p.products).value * cost.estimate.expected * p.devices();
  cost.model_utilisation = cost.model_flop / possible;
  cost.hardware_utilisation = cost.hardware_flop / possible;
  return cost;
}

}  // namespace ranvier::plan
