// SPDX-License-Identifier: Apache-2.0
/// Training a language model: one optimiser step over a global batch, split over devices.
///
///   step = microbatches (1 + bubble) x (products + attention + activations + kernels + sums over the tensor split + sends)
///          + traffic between replicas + optimiser
///
/// Source   Narayanan et al. 2021, arXiv:2104.04473 (layout, bubble); Korthikanti et al. 2022, arXiv:2205.05198 (activations,
///          recomputation); Rajbhandari et al. 2020, arXiv:1910.02054 (ZeRO); docs/plan-llm.md
/// Tested   tests/plan_llm_train.cpp; `ranvier plan validate`

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plan/llm_question.hpp"
#include "plan/train_cost.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

using enum ParameterType;

constexpr ParameterInfo parameters[] = {
    {"model", text, "", "must be given, or layers and hidden, or params_b", "name, alias or path of a config.json"},
    {"seq", whole, "", "2048", "tokens of a sequence", 1, 1e9},
    {"global_batch", whole, "", "4 Mi tokens or more", "sequences per step", 1, 1e9},
    {"batch", whole, "", "global_batch", "the same as global_batch", 1, 1e9},
    {"microbatch", whole, "", "1", "sequences that pass the model together", 1, 1e7},
    {"grad_accum", whole, "", "from the batches", "microbatches per step of one replica", 1, 1e7},
    {"tp", whole, "", "the least split that fits", "tensor parallel", 1, 1e6},
    {"pp", whole, "", "the least split that fits", "pipeline stages", 1, 1e6},
    {"dp", whole, "", "the rest", "data parallel", 1, 1e9},
    {"model_parallel", whole, "", "", "tp x pp; tp is then at most a box", 1, 1e6},
    {"interleave", whole, "", "1", "virtual stages per device", 1, 1e3},
    {"recompute", text, "", "none", "none, selective, full; +sequence-parallel may follow"},
    {"act_checkpoint", boolean, "", "false", "true: recompute=full"},
    {"sequence_parallel", boolean, "", "false", "norms and dropouts split over tp"},
    {"sharding", text, "", "NO_SHARD", "FULL_SHARD (ZeRO-3), SHARD_GRAD_OP (ZeRO-2), NO_SHARD"},
    {"zero", whole, "", "that of sharding", "stage of ZeRO", 0, 3},
    {"overlap", number, "", "0", "share of the traffic between replicas hidden under the backward pass", 0, 1},
    {"fused_attention", boolean, "", "true", "scores of attention are never stored"},
    {"precision", text, "", "bf16", "of the products: bf16, fp16, fp8, fp32, tf32; amp_ may precede"},
    {"dtype", text, "", "bf16", "the same as precision"},
    {"tokens", number, "", "", "training tokens in all: gives hours and energy", 1, 1e18},
    {"engine", text, "", "", "name of the framework; says nothing of the work"},
    {"layers", whole, "", "", "shape where there is no model file", 1, 1e4},
    {"hidden", whole, "", "", "width", 1, 1e6},
    {"heads", whole, "", "hidden / 128", "attention heads", 1, 1e5},
    {"ffn", whole, "", "4 x hidden", "width of the MLP", 1, 1e8},
    {"vocab", whole, "", "51200", "vocabulary", 1, 1e8},
    {"params_b", number, "", "", "parameters in 1e9", 1e-6, 1e6},
    {"params", number, "", "", "parameters", 1, 1e16},
    {"box", whole, "", "8", "devices that share a box", 1, 1e5},
    {"memory_share", number, "", "0.95", "share of the memory that may be filled", 0.01, 1},
};

constexpr MetricInfo metrics[] = {
    {"iteration_time", "s", "one optimiser step over the global batch"},
    {"tokens_per_gpu", "token/s/gpu", "training tokens per second and device", "", true},
    {"model_flops_per_gpu", "TFLOP/s/gpu", "FLOP of forward and backward pass per second and device, whatever is recomputed", "", true},
    {"hardware_flops_per_gpu", "TFLOP/s/gpu", "FLOP with the recomputed forward pass", "", true},
    {"mfu", "", "model FLOP rate over the device's rate", "", true},
    {"gpu_hours", "gpu-hour", "devices x hours for `tokens` training tokens"},
};

Recompute recompute_of(const Parameters& p, bool& sequence_parallel) {
  std::string_view text = p.text("recompute", p.boolean("act_checkpoint", false) ? "full" : "none");
  constexpr std::string_view suffix = "+sequence-parallel";
  if (text.ends_with(suffix)) {
    sequence_parallel = true;
    text.remove_suffix(suffix.size());
  }
  if (text == "none") return Recompute::none;
  if (text == "selective") return Recompute::selective;
  if (text == "full") return Recompute::full;
  throw InputError(fmt::format("recompute = \"{}\": must be none, selective or full, and may end in +sequence-parallel", text));
}

int zero_of(const Parameters& p) {
  if (const auto stage = p.whole("zero")) return static_cast<int>(*stage);
  const std::string_view text = p.text("sharding", "NO_SHARD");
  if (text == "FULL_SHARD" || text == "HYBRID_SHARD") return 3;
  if (text == "SHARD_GRAD_OP") return 2;
  if (text == "NO_SHARD" || text == "none") return 0;
  throw InputError(fmt::format("sharding = \"{}\": must be FULL_SHARD, SHARD_GRAD_OP or NO_SHARD", text));
}

Precision precision_of(const Parameters& p) {
  std::string_view text = p.text("precision", p.text("dtype", "bf16"));
  const std::string_view given = text;
  if (text.starts_with("amp_")) text.remove_prefix(4);
  if (text == "bf16" || text == "fp16" || text == "fp16_tensor") return Precision::fp16_acc32;
  if (text == "fp8") return Precision::fp8;
  if (text == "tf32") return Precision::tf32;
  if (text == "fp32") return Precision::fp32;
  throw InputError(fmt::format("precision = \"{}\": must be bf16, fp16, fp8, tf32 or fp32, with or without amp_", given));
}

/// The batch: as given, or grad_accum x microbatch per replica, or 4 Mi tokens, which is what large runs use, and enough microbatches to
/// keep the bubble of a pipeline under a quarter.
Count global_batch_of(const Parameters& p, const TrainPlan& plan) {
  if (const auto batch = p.number("global_batch")) return *batch;
  if (const auto batch = p.number("batch")) return *batch;
  const Count together = plan.data * plan.microbatch;
  if (const auto steps = p.number("grad_accum")) return *steps * together;
  constexpr double usual_tokens = 4194304;
  const Count steps_least = plan.pipeline > 1 ? 4 * plan.pipeline : 1;
  return together * std::max(steps_least, std::round(usual_tokens / plan.sequence / together));
}

/// Fewest splits with which a step fits, ZeRO-1 over the replicas; tensor first, up to a box.
void choose_layout(TrainPlan& plan, const Question& q, const TrainModel& m, const Machine& machine) {
  const double n = q.count;
  for (Count ways = 1; ways <= n; ways *= 2) {
    TrainPlan trial = plan;
    trial.tensor = std::min(ways, plan.box);
    trial.pipeline = ways / trial.tensor;
    trial.data = n / ways;
    if (trial.data != std::floor(trial.data)) break;
    trial.zero = std::max(plan.zero, 1);
    trial.global_batch = global_batch_of(q.parameters, trial);
    if (check(trial, m) != nullptr) continue;
    plan = trial;
    if (evaluate(trial, m, machine, q.constants).estimate.fits) return;
  }
}

void set_layout(TrainPlan& plan, const Question& q, const TrainModel& m, const Machine& machine, std::vector<std::string>& warnings) {
  const Parameters& p = q.parameters;
  const bool named = p.has("tp") || p.has("pp") || p.has("dp");
  Layout fallback{1, 1, static_cast<double>(q.count)};
  if (const auto ways = p.number("model_parallel"); ways && !named) {
    const Count tensor = std::min(*ways, plan.box);
    fallback = {tensor, *ways / tensor, q.count / *ways};
    if (std::floor(fallback.stages) != fallback.stages || std::floor(fallback.replicas) != fallback.replicas)
      throw InputError(fmt::format("model_parallel = {} does not divide {} devices into boxes of {}\n  give tp and pp", *ways, q.count, plan.box));
  }
  const Layout layout = layout_of(q, fallback);
  plan.tensor = layout.tensor, plan.pipeline = layout.stages, plan.data = layout.replicas;
  plan.global_batch = global_batch_of(p, plan);
  if (named || p.has("model_parallel") || p.has("sharding") || p.has("zero") || q.count == 1) return;
  choose_layout(plan, q, m, machine);
  warnings.push_back(fmt::format("no layout is given: tp = {}, pp = {}, dp = {} with ZeRO-{} is taken", plan.tensor, plan.pipeline, plan.data, plan.zero));
}

TrainPlan plan_of(const Question& q, const TrainModel& m, const Machine& machine, std::vector<std::string>& warnings) {
  const Parameters& p = q.parameters;
  TrainPlan plan;
  plan.sequence = p.number("seq", 2048);
  plan.microbatch = p.number("microbatch", 1);
  plan.interleave = p.number("interleave", 1);
  plan.box = p.number("box", 8);
  plan.overlap = p.number("overlap", 0);
  plan.fused_attention = p.boolean("fused_attention", true);
  plan.usable_memory = p.number("memory_share", 0.95);
  plan.sequence_parallel = p.boolean("sequence_parallel", false);
  plan.recompute = recompute_of(p, plan.sequence_parallel);
  plan.zero = zero_of(p);
  plan.products = precision_of(p);
  set_layout(plan, q, m, machine, warnings);
  if (const char* wrong = check(plan, m))
    throw InputError(fmt::format("{}\n  {} layers, {} heads; tp = {}, pp = {}, dp = {}, interleave = {}, microbatch = {}, global_batch = {}", wrong, m.layers, m.heads, plan.tensor, plan.pipeline,
                                 plan.data, plan.interleave, plan.microbatch, plan.global_batch));
  return plan;
}

/// What would make a step fit that does not: each change tried alone.
std::string remedy(const TrainPlan& plan, const TrainModel& m, const Machine& machine, const Constants& c, const TrainCost& cost) {
  std::string text = fmt::format("{} too much on each of {} devices; times are those of devices with memory enough", in_gib(cost.estimate.byte_resident - cost.estimate.capacity), plan.devices());
  const auto fits = [&](const TrainPlan& trial) { return check(trial, m) == nullptr && evaluate(trial, m, machine, c).estimate.fits; };
  const auto offer = [&](TrainPlan trial, const char* change) {
    if (fits(trial)) text += fmt::format("\n  fits with {}", change);
  };
  TrainPlan t = plan;
  if (t.microbatch > 1) offer((t.microbatch = 1, t), "microbatch=1");
  if (plan.recompute != Recompute::full) offer((t = plan, t.recompute = Recompute::full, t), "recompute=full");
  if (plan.zero < 3 && plan.data > 1) offer((t = plan, t.zero = 3, t), "zero=3");
  t = plan, t.microbatch = 1, t.recompute = Recompute::full, t.zero = 3;
  for (int doublings = 0; doublings < 20; ++doublings, t.data *= 2) {
    t.global_batch = std::max(plan.global_batch, t.data);
    if (!fits(t)) continue;
    text += fmt::format("\n  fits on {} devices with microbatch=1, recompute=full and zero=3", t.devices());
    break;
  }
  return text;
}

void add_extras(const TrainPlan& plan, const TrainModel& m, const TrainCost& cost, const Question& q, Answer& a) {
  const double step = cost.estimate.expected.value(), tokens = plan.global_batch * plan.sequence;
  const auto add = [&](const char* name, double value, const char* unit, const char* meaning) { a.extras.push_back({name, value, unit, meaning}); };
  add("parameters", m.parameters, "", "of the model");
  add("microbatches", plan.microbatches(), "", "per step and replica");
  add("bubble", cost.bubble, "", "idle time of the pipeline over its working time");
  add("mfu", cost.model_utilisation, "", "model FLOP rate over the device's rate");
  add("hfu", cost.hardware_utilisation, "", "the same with what is recomputed");
  add("tokens_per_s", tokens / step, "token/s", "of all devices");
  add("weight_bytes", cost.weights.value(), "byte", "one device");
  add("gradient_bytes", cost.gradients.value(), "byte", "one device");
  add("optimiser_bytes", cost.optimiser.value(), "byte", "one device");
  add("activation_bytes", cost.activations.value(), "byte", "one device");
  if (const auto all = q.parameters.number("tokens")) {
    add("days", *all / tokens * step / 86400, "d", "for all tokens");
    add("energy_j", *all / tokens * cost.estimate.energy.value(), "J", "for all tokens, devices alone");
  }
}

double value_of(const Question& q, const TrainPlan& plan, const TrainCost& cost) {
  const double step = cost.estimate.expected.value(), n = plan.devices(), tokens = plan.global_batch * plan.sequence;
  if (q.metric == "iteration_time") return step;
  if (q.metric == "tokens_per_gpu") return tokens / step / n;
  if (q.metric == "model_flops_per_gpu") return cost.model_flop.value() / step / n / 1e12;
  if (q.metric == "hardware_flops_per_gpu") return cost.hardware_flop.value() / step / n / 1e12;
  if (q.metric == "mfu") return cost.model_utilisation;
  return q.parameters.need_number("tokens", "the training tokens that the hours are for") / tokens * step * n / 3600;
}

Answer plan(const Question& q, Trace* trace) {
  Answer a;
  const ModelShape shape = shape_of(q, a.warnings);
  const Machine machine = with_links(q.machine);
  const TrainModel model = train_model_of(shape);
  const TrainPlan train = plan_of(q, model, machine, a.warnings);
  const TrainCost cost = evaluate(train, model, machine, q.constants, trace);
  a.estimate = cost.estimate;
  a.value = value_of(q, train, cost);
  if (!cost.estimate.fits) a.remedy = remedy(train, model, machine, q.constants, cost);
  add_extras(train, model, cost, q, a);
  return a;
}

}  // namespace

RANVIER_WORKLOAD(llm_train) {
  .name = "llm_train",
  .title = "training a language model: memory and time of one step",
  .formula = "step = microbatches (1 + bubble) x (products + attention + activations + kernels + sums + sends) + traffic between replicas + optimiser; arXiv:2104.04473, arXiv:2205.05198",
  .example = "ranvier plan llm_train gpt3-175b --on 1024xa100 tp=8 pp=8 global_batch=1536 recompute=full",
  .parameters = parameters,
  .metrics = metrics,
  .takes_model = true,
  .plan = plan,
};

}  // namespace ranvier::plan
