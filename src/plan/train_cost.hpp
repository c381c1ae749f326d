// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What one optimiser step of a language model costs, and what each device holds meanwhile.
///
/// evaluate() is a pure function of plain structs without allocation: a search may call it hundreds of thousands of times a second,
/// and `--explain` calls the same function with a trace.

#include "plan/llm_tally.hpp"
#include "plan/model_shape.hpp"

namespace ranvier::plan {

enum class Recompute : unsigned char {
  none,
  selective,  ///< the core of attention only
  full,       ///< each layer's forward pass again, from its input
};

/// How a step is split. Devices are numbered tensor first, then data, then pipeline.
struct TrainPlan {
  Count tensor = 1;            ///< each matrix is split over so many devices
  Count pipeline = 1;          ///< layers are dealt to so many stages
  Count data = 1;              ///< replicas
  Count interleave = 1;        ///< pieces of the model per stage (virtual stages)
  Count microbatch = 1;        ///< sequences that pass the model together
  Count global_batch = 1;      ///< sequences per step of all replicas
  Count sequence = 2048;       ///< tokens of a sequence
  Count box = 8;               ///< devices that share a box
  int zero = 0;                ///< 1: optimiser states are split over the replicas, 2: gradients too, 3: weights too
  Recompute recompute = Recompute::none;
  bool sequence_parallel = false;  ///< norms and dropouts are split over `tensor` too
  bool fused_attention = true;     ///< scores are never stored
  double overlap = 0;          ///< share of the traffic between replicas that hides under the backward pass
  Precision products = Precision::fp16_acc32;
  double usable_memory = 0.95; ///< share of the memory; the rest is workspace and fragments

  constexpr Count devices() const { return tensor * pipeline * data; }
  constexpr Count microbatches() const { return global_batch / (data * microbatch); }
};

/// Figures of a model that training asks for again and again.
struct TrainModel {
  double parameters = 0;       ///< all
  double weights_used = 0;     ///< in the layers, per token
  double head = 0;             ///< vocabulary x hidden
  Count layers = 0, hidden = 0, heads = 0, vocabulary = 0;
  Count kernels = 0;           ///< of one forward pass
  const ModelShape* shape = nullptr;
};
TrainModel train_model_of(const ModelShape& shape);

struct TrainCost {
  Estimate estimate;           ///< of one step; byte_resident is the sum of the four below
  Bytes weights{}, gradients{}, optimiser{}, activations{};  ///< that one device holds
  Flop model_flop{};           ///< of the step on all devices: forward and backward pass, whatever is recomputed
  Flop hardware_flop{};        ///< with a full forward pass again where `recompute` is full: the convention of the Megatron tables
  double bubble = 0;           ///< idle time of the pipeline over the time it works
  double model_utilisation = 0, hardware_utilisation = 0;  ///< of the peak rate of `products` (MFU, HFU)
};

/// Requires a plan whose factors divide: check() says what does not.
TrainCost evaluate(const TrainPlan& plan, const TrainModel& model, const Machine& machine, const Constants& constants, Trace* trace = nullptr);

/// nullptr where the plan is sound, else what is wrong with it ("the layers are no multiple of pipeline x interleave").
const char* check(const TrainPlan& plan, const TrainModel& model);

}  // namespace ranvier::plan
