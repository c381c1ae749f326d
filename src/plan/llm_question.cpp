// SPDX-License-Identifier: Apache-2.0
#include "plan/llm_question.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <charconv>

#include "core/suggest.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

/// The size in a name such as "Some-Model-13B-chat": a number followed by b or m that is a word of its own; 0 where there is none.
double size_in_name(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const bool starts_word = i == 0 || !std::isalnum(static_cast<unsigned char>(name[i - 1]));
    if (!starts_word || !std::isdigit(static_cast<unsigned char>(name[i]))) continue;
    double number = 0;
    const auto [end, error] = std::from_chars(name.data() + i, name.data() + name.size(), number);
    if (error != std::errc() || end == name.data() + name.size()) continue;
    const char unit = static_cast<char>(std::tolower(static_cast<unsigned char>(*end)));
    const bool ends_word = end + 1 == name.data() + name.size() || !std::isalnum(static_cast<unsigned char>(end[1]));
    if (ends_word && (unit == 'b' || unit == 'm') && number > 0 && number < 1e5) return number * (unit == 'b' ? 1e9 : 1e6);
  }
  return 0;
}

[[noreturn]] void no_such_model(const Question& q, std::string_view name) {
  const auto names = q.models != nullptr ? q.models->names() : std::vector<std::string>{};
  throw InputError(fmt::format("\"{}\" is no model that is known.{}\n  a path of a config.json, or layers= and hidden=, or params_b= are understood too", name, suggestion(name, names)));
}

double stated_parameters(const Parameters& p) {
  if (const auto billions = p.number("params_b")) return *billions * 1e9;
  return p.number("params", 0);
}

ModelShape guessed_shape(const Question& q, std::string_view name, std::vector<std::string>& warnings) {
  double size = stated_parameters(q.parameters);
  if (!(size > 0) && !name.empty()) {
    // A name near a known one is a slip of the pen, unless it says another size: then it is another model of that family.
    const auto names = q.models != nullptr ? q.models->names() : std::vector<std::string>{};
    const std::string near = nearest_name(name, names);
    const double said = size_in_name(name);
    if (near.empty() || size_in_name(near) != said) size = said;
  }
  if (!(size > 0) && !name.empty()) no_such_model(q, name);
  if (!(size > 0)) throw InputError("which model? Give a name, a config.json, layers= and hidden=, or params_b=\n  names: ranvier plan models");
  warnings.push_back(fmt::format("the shape of the model is not known: a likely dense one of {:.3g}e9 parameters is taken", size / 1e9));
  return likely_shape(size);
}

/// Absent `precision`, a question with `quant` or a lone stream is about a GGUF file; Q4_K_M is what Ollama takes unasked. Engines
/// that serve many requests hold the weights in 16 bits unasked.
WeightFormat format_of(const Question& q) {
  const Parameters& p = q.parameters;
  std::string_view name;
  for (const char* key : {"quant", "precision", "dtype"})
    if (name.empty()) name = p.text(key, "");
  const bool lone_stream = q.row_kind == "llm_decode" || q.row_kind == "llm_prefill";
  if (name.empty()) name = lone_stream ? "Q4_K_M" : "fp16";
  if (const auto format = weight_format(name)) return *format;
  throw InputError(fmt::format("\"{}\" is no weight format that is known.{}", name, suggestion(name, weight_format_names())));
}

double cache_bits_of(const Question& q, const WeightFormat& weights) {
  if (const auto name = q.parameters.text("kv")) {
    if (const auto bits = cache_bits(*name)) return *bits;
    throw InputError(fmt::format("kv = \"{}\": no number format that is known.{}", *name, suggestion(*name, weight_format_names())));
  }
  if (weights.packed || weights.arithmetic == Precision::fp16_acc32) return 16;
  if (weights.bits >= 32) return 32;
  return weights.arithmetic == Precision::int8 ? 16 : 8;  // fp8 and fp4 checkpoints keep an fp8 cache
}

/// Nobody said how: tensor over the whole count where that divides the heads and stays in a box, else over as much of it as does,
/// and replicas.
Layout tensor_layout(Count count, const ModelShape& shape, Count box) {
  const auto suits = [&](Count ways) { return std::fmod(shape.heads, ways) == 0 && std::fmod(count, ways) == 0; };
  Count ways = std::min(count, count <= 2 * box ? count : box);
  while (ways > 1 && !suits(ways)) ways -= 1;
  return {ways, 1, count / ways};
}

/// Where a cache and an engine may live. Unified memory is shared with the system, which gives about three quarters away; engines
/// that serve keep a tenth for workspace (gpu_memory_utilization 0.9 of vLLM, 0.9 of the free memory in TensorRT-LLM).
double usable_memory_of(const Question& q, const WeightFormat& weights) {
  if (const auto share = q.parameters.number("memory_share")) return *share;
  if (q.machine.kind == MachineKind::soc) return 0.75;
  return weights.packed ? 0.97 : 0.9;
}

/// Groups that experts are dealt to; the devices of a group split the matrices of its experts.
double expert_ways_of(const Parameters& p, const ServingPlan& plan, std::vector<std::string>& warnings) {
  const double ways = p.number("moe_ep", 1);
  if (ways <= 1) return 1;
  const ModelShape& shape = *plan.shape;
  if (shape.experts == 0) {
    warnings.push_back(fmt::format("moe_ep = {:g}: {} has no experts", ways, shape.name));
    return 1;
  }
  if (std::fmod(plan.tensor, ways) != 0) throw InputError(fmt::format("moe_ep = {:g} does not divide tp = {:g}\n  experts are dealt inside the tp group: choose a divisor of {:g}", ways, plan.tensor, plan.tensor));
  if (ways > shape.experts) throw InputError(fmt::format("moe_ep = {:g}: {} has {:g} experts a layer\n  choose at most {:g}", ways, shape.name, shape.experts, shape.experts));
  return ways;
}

}  // namespace

ModelShape shape_of(const Question& q, std::vector<std::string>& warnings) {
  const Parameters& p = q.parameters;
  const std::string_view name = p.text("model", "");
  if (q.models != nullptr && !name.empty()) {
    if (const ModelShape* known = q.models->find(name)) {
      warnings.insert(warnings.end(), known->warnings.begin(), known->warnings.end());
      return *known;
    }
  }
  if (p.has("layers") && p.has("hidden")) {
    const auto hidden = static_cast<double>(p.need_whole("hidden", "the width of the model")), layers = static_cast<double>(p.need_whole("layers", "its depth"));
    const auto heads = static_cast<double>(p.whole("heads", 0));
    if (heads > 0 && std::fmod(hidden, heads) != 0) throw InputError(fmt::format("hidden = {} is no multiple of heads = {}", hidden, heads));
    return gpt_shape(layers, hidden, heads, static_cast<double>(p.whole("ffn", 0)), static_cast<double>(p.whole("vocab", 0)));
  }
  return guessed_shape(q, name, warnings);
}

Layout layout_of(const Question& q, Layout fallback) {
  const Parameters& p = q.parameters;
  const double n = q.count;
  const auto tensor = p.number("tp"), stages = p.number("pp"), replicas = p.number("dp");
  if (!tensor && !stages && !replicas) return fallback;
  Layout l{tensor.value_or(1), stages.value_or(1), replicas.value_or(1)};
  const double rest = n / (l.tensor * l.stages * l.replicas);
  if (!replicas) l.replicas *= rest;
  else if (!tensor) l.tensor *= rest;
  else if (!stages) l.stages *= rest;
  const bool whole = l.tensor == std::floor(l.tensor) && l.stages == std::floor(l.stages) && l.replicas == std::floor(l.replicas);
  if (!whole || l.tensor < 1 || l.stages < 1 || l.replicas < 1 || l.tensor * l.stages * l.replicas != n)
    throw InputError(fmt::format("tp x pp x dp = {} x {} x {} does not make up {} devices\n  choose factors whose product is {}", tensor.value_or(1), stages.value_or(1), replicas.value_or(1), n, n));
  return l;
}

ServingPlan serving_plan_of(const Question& q, const ModelShape& shape, std::vector<std::string>& warnings) {
  const Parameters& p = q.parameters;
  ServingPlan plan;
  plan.shape = &shape;
  plan.weights = format_of(q);
  plan.cache_bits = cache_bits_of(q, plan.weights);
  plan.cache_on_host = p.text("kv_on", "device") == "host";
  plan.box = p.number("box", 8);
  plan.chunk = p.number("chunk", plan.weights.packed ? 512 : 8192);
  plan.usable_memory = usable_memory_of(q, plan.weights);
  const std::string_view parallel = p.text("parallel", plan.weights.packed ? "layer-split" : "tensor");
  const double n = q.count;
  if (parallel != "none" && parallel != "layer-split" && parallel != "tensor")
    warnings.push_back(fmt::format("parallel = \"{}\" is not known (none, layer-split, tensor): layers are dealt to the devices", parallel));
  Layout fallback{1, n, 1};
  if (parallel == "tensor") fallback = tensor_layout(n, shape, plan.box);
  if (parallel == "none") fallback = {1, 1, n};
  const Layout layout = layout_of(q, fallback);
  plan.tensor = layout.tensor, plan.stages = layout.stages, plan.replicas = layout.replicas;
  if (std::fmod(shape.heads, plan.tensor) != 0)
    throw InputError(fmt::format("tp = {} does not divide the {} heads of {}\n  a divisor of {} does, or pp", plan.tensor, shape.heads, shape.name, shape.heads));
  plan.expert_ways = expert_ways_of(p, plan, warnings);
  if (plan.stages > shape.layers) throw InputError(fmt::format("pp = {} stages are more than the {} layers of {}", plan.stages, shape.layers, shape.name));
  return plan;
}

std::string in_gib(Bytes bytes) { return fmt::format("{:.4g} GiB", bytes.value() / (1024.0 * 1024.0 * 1024.0)); }

}  // namespace ranvier::plan
