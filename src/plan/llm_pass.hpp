// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one pass of a language model costs on the machines that serve it.

#include "plan/llm_tally.hpp"
#include "plan/model_shape.hpp"
#include "plan/number_format.hpp"

namespace ranvier::plan {

/// How a model is held and split for serving.
struct ServingPlan {
  const ModelShape* shape = nullptr;
  WeightFormat weights{"fp16", 16, Precision::fp16_acc32, false};
  double cache_bits = 16;          ///< per cached value
  bool cache_on_host = false;      ///< the cache stays in the host's memory and attention runs there
  Count tensor = 1;                ///< each matrix is split over so many devices
  Count expert_ways = 1;           ///< of `tensor`: experts are dealt to so many groups of devices, each split over the tensor / expert_ways of a group
  Count stages = 1;                ///< layers are dealt to so many groups of devices, in turn
  Count replicas = 1;              ///< so many copies serve different requests
  Count box = 8;                   ///< devices that share a box
  Count chunk = 8192;              ///< prompt tokens of one pass
  double usable_memory = 0.9;      ///< share of the memory for weights and cache; the rest is workspace and safety

  Count devices() const { return tensor * stages * replicas; }
};

/// Tokens that go through the model together.
struct Pass {
  Count tokens = 1;
  Count sequences = 1;
  Count logits = 1;       ///< tokens whose next word is computed
  double context = 0;     ///< mean positions that a token sees
  bool decode = false;    ///< one token per sequence; else a piece of a prompt
};

/// One pass through all layers of one group of `tensor` devices (all stages, one after the other).
LlmTally cost_of_pass(const ServingPlan& plan, const Pass& pass, const Machine& machine, const Constants& constants, Trace* trace);

/// The next token of `sequences` sequences, each with this mean context, all replicas and stages kept as busy as they can be.
LlmTally cost_of_step(const ServingPlan& plan, Count sequences, double context, const Machine& machine, const Constants& constants, Trace* trace);

/// The prompts of `sequences` sequences. Pieces of `chunk` tokens follow each other through the stages.
LlmTally cost_of_prefill(const ServingPlan& plan, Count sequences, Count prompt, const Machine& machine, const Constants& constants, Trace* trace);

/// Bytes of all weights in the plan's format: of one copy of the model.
Bytes weight_bytes(const ServingPlan& plan);
/// Bytes of the cache of one sequence of this length.
Bytes cache_bytes(const ServingPlan& plan, double context);
/// Bytes that one device holds: its part of the weights and of the caches of so many sequences.
Bytes resident_bytes(const ServingPlan& plan, Count sequences, double context);
/// Sequences of this length whose caches all replicas hold beside the weights; below one: none fits.
double largest_batch(const ServingPlan& plan, double context, const Machine& machine);

}  // namespace ranvier::plan
