// SPDX-License-Identifier: Apache-2.0
/// Serving a language model: prompts are read (prefill), words are generated one by one (decode).
///
///   pass     = weights touched / bandwidth + 2 FLOP x weights used x tokens / rate + attention + activations + kernels + messages
///   decode   one token of each sequence per pass; every pass reads all weights, so a larger batch shares them
///   static   a batch: prefill of all prompts, then output_len decode passes
///   maxload  the largest batch that memory holds, kept full: per sequence its own prefill and its share of output_len passes
///   concurrency  as maxload with a given batch: between two tokens of one request the prompts of others are read
///
/// Source   Pope et al. 2022, arXiv:2211.05102 (cost of passes); Yu et al. 2022, OSDI (in-flight batching); docs/plan-llm.md
/// Tested   tests/plan_llm_serve.cpp; `ranvier plan validate`

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "plan/llm_question.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

using enum ParameterType;

constexpr ParameterInfo parameters[] = {
    {"model", text, "", "must be given, or layers and hidden, or params_b", "name, alias or path of a config.json"},
    {"quant", text, "", "Q4_K_M for a lone stream without precision", "GGUF weight format: F16, Q8_0, Q4_K_M, ..."},
    {"precision", text, "", "fp16", "weights and products of a serving engine: fp16, bf16, fp8, fp4, int8, int4"},
    {"dtype", text, "", "fp16", "the same as precision"},
    {"kv", text, "", "that of precision; fp16 with quant", "number format of the cache"},
    {"kv_on", text, "", "device", "host: the cache lives in the host's memory"},
    {"batch", whole, "", "1", "sequences together", 1, 1e7},
    {"concurrency", whole, "", "1", "requests in flight", 1, 1e7},
    {"tokens", number, "", "512 (prefill), 256 (decode)", "prompt length; in decode: generated from an empty context", 1, 1e9},
    {"context", number, "", "half of tokens", "positions already in the cache", 0, 1e9},
    {"input_len", number, "", "1024", "prompt tokens per request", 1, 1e9},
    {"output_len", number, "", "512", "generated tokens per request", 1, 1e9},
    {"tp", whole, "", "all devices", "devices that split each matrix", 1, 1e6},
    {"pp", whole, "", "1", "groups of devices that each hold some layers", 1, 1e6},
    {"dp", whole, "", "the rest", "replicas", 1, 1e6},
    {"moe_ep", whole, "", "1", "expert parallel degree inside the tp group: tokens travel to their experts and back; weights per device stay the same", 1, 1e6},
    {"parallel", text, "", "layer-split with quant, else tensor", "none, layer-split, tensor"},
    {"engine", text, "", "", "name of the engine; says nothing of the work"},
    {"benchmark", text, "", "", "name of the benchmark; says nothing of the work"},
    {"layers", whole, "", "", "shape where there is no model file", 1, 1e4},
    {"hidden", whole, "", "", "width", 1, 1e6},
    {"heads", whole, "", "hidden / 128", "attention heads", 1, 1e5},
    {"ffn", whole, "", "4 x hidden", "width of the MLP", 1, 1e8},
    {"vocab", whole, "", "51200", "vocabulary", 1, 1e8},
    {"params_b", number, "", "", "parameters in 1e9", 1e-6, 1e6},
    {"params", number, "", "", "parameters", 1, 1e16},
    {"max_batch", whole, "", "2048", "most sequences the engine takes together", 1, 1e7},
    {"chunk", whole, "", "512 with quant, else 8192", "prompt tokens of one pass", 1, 1e7},
    {"box", whole, "", "8", "devices that share a box", 1, 1e5},
    {"memory_share", number, "", "0.9; 0.97 with quant; 0.75 of unified memory", "share of the memory for weights and cache", 0.01, 1},
    {"minutes", number, "", "10", "minutes a day that a user keeps one sequence busy", 1e-3, 1440},
    {"users", number, "", "0", "users a day to serve: how many devices are needed", 0, 1e12},
    {"peak_factor", number, "", "1", "load at the busiest hour over the mean", 1, 1000},
};

constexpr const char* kinds[] = {"llm_prefill", "llm_decode", "llm_serve_static", "llm_serve_maxload", "llm_serve_concurrency"};

constexpr const char* per_token = "time between two tokens of one sequence";
constexpr const char* total_rate = "output tokens of all sequences per second";
constexpr const char* rate_per_device = "the same over the devices";
constexpr const char* first_token = "from the prompt to the first token";
constexpr const char* wall_power = "at the wall while generating, host included";

constexpr MetricInfo metrics[] = {
    {"time_per_output_token", "ms", per_token, "llm_serve"},
    {"output_throughput_total", "token/s", total_rate, "llm_serve", true},
    {"output_throughput_per_gpu", "token/s/gpu", rate_per_device, "llm_serve", true},
    {"first_token_latency", "ms", first_token, "llm_serve"},
    {"latency", "ms", "a whole request: prompt and all its tokens", "llm_serve"},
    {"largest_batch", "", "sequences that memory holds", "llm_serve", true},
    {"system_power_peak", "W", wall_power, "llm_serve"},
    {"throughput", "token/s", "prompt tokens per second", "llm_prefill", true},
    {"first_token_latency", "ms", first_token, "llm_prefill"},
    {"latency", "ms", "the prompt alone", "llm_prefill"},
    {"throughput", "token/s", "generated tokens per second", "llm_decode", true},
    {"time_per_output_token", "ms", per_token, "llm_decode"},
    {"system_power_peak", "W", wall_power, "llm_decode"},
    {"output_throughput_total", "token/s", total_rate, "llm_serve_static", true},
    {"output_throughput_per_gpu", "token/s/gpu", rate_per_device, "llm_serve_static", true},
    {"time_per_output_token", "ms", per_token, "llm_serve_static"},
    {"first_token_latency", "ms", "until all prompts of the batch are read", "llm_serve_static"},
    {"latency", "ms", "the whole batch", "llm_serve_static"},
    {"output_throughput_total", "token/s", total_rate, "llm_serve_maxload", true},
    {"output_throughput_per_gpu", "token/s/gpu", rate_per_device, "llm_serve_maxload", true},
    {"time_per_output_token", "ms", per_token, "llm_serve_maxload"},
    {"largest_batch", "", "sequences that memory holds", "llm_serve_maxload", true},
    {"time_per_output_token", "ms", per_token, "llm_serve_concurrency"},
    {"output_throughput_total", "token/s", total_rate, "llm_serve_concurrency", true},
    {"output_throughput_per_gpu", "token/s/gpu", rate_per_device, "llm_serve_concurrency", true},
    {"first_token_latency", "ms", first_token, "llm_serve_concurrency"},
    {"latency", "ms", "a whole request", "llm_serve_concurrency"},
};

/// The question, read.
struct Request {
  ServingPlan plan;
  Count batch = 1, prompt = 1024, output = 512;
  double context = 0;           ///< mean while generating
  bool shares_with_prefill = false;  ///< prompts of other requests are read between the tokens
  bool generates = true, reads = true;
};

/// Mean number of positions in the cache while a request generates.
double mean_context(const Parameters& p, bool alone, Count prompt, Count output) {
  if (const auto context = p.number("context")) return *context;
  return alone && !p.has("input_len") ? p.number("tokens", 256) / 2 : prompt + output / 2;
}

Request read(const Question& q, const ModelShape& shape, const Machine& machine, std::vector<std::string>& warnings) {
  const Parameters& p = q.parameters;
  Request r;
  r.plan = serving_plan_of(q, shape, warnings);
  r.prompt = p.number("input_len", q.row_kind == "llm_prefill" ? p.number("tokens", 512) : 1024);
  r.output = p.number("output_len", 512);
  r.batch = p.number("batch", p.number("concurrency", 1));
  const bool decode = q.row_kind == "llm_decode", prefill = q.row_kind == "llm_prefill";
  r.context = mean_context(p, decode, r.prompt, r.output);
  r.reads = !decode, r.generates = !prefill;
  const bool load = q.row_kind == "llm_serve_maxload";
  r.shares_with_prefill = load || q.row_kind == "llm_serve_concurrency";
  if (q.row_kind.starts_with("llm_serve_") && !(p.has("input_len") && p.has("output_len")))
    warnings.push_back(fmt::format("input_len and output_len are not both given: {:g} and {:g} tokens are taken", r.prompt, r.output));
  if (load) r.batch = std::max(1.0, std::min(p.number("max_batch", 2048), std::floor(largest_batch(r.plan, r.context, machine))));
  return r;
}

/// Costs of a request's parts.
struct Costs {
  LlmTally prefill, step, all;
  Seconds between_tokens{};  ///< of one request
  Seconds first_token{};
};

Costs cost(const Question& q, const Request& r, const Machine& m, Trace* trace) {
  const LlmTally nothing(m, q.constants, nullptr);
  Costs c{nothing, nothing, nothing};
  if (r.reads) {
    const Section section(trace, "prefill", "all prompts of the batch");
    c.prefill = cost_of_prefill(r.plan, r.batch, r.prompt, m, q.constants, trace);
  }
  if (r.generates) {
    const Section section(trace, "decode", "one token of each sequence");
    c.step = cost_of_step(r.plan, r.batch, r.context, m, q.constants, trace);
  }
  const bool whole_request = r.reads && r.generates && q.row_kind != "llm_serve";
  c.all.add(c.prefill, r.reads && q.row_kind != "llm_serve" ? 1 : 0);
  c.all.add(c.step, r.generates ? (whole_request ? r.output : 1) : 0);
  c.first_token = c.prefill.expected();
  c.between_tokens = c.step.expected();
  // Per token of one request, batch / output_len other requests start and have their prompts read.
  if (r.shares_with_prefill) c.between_tokens = note(trace, "between two tokens", c.step.expected() + c.prefill.expected() / r.output, "decode pass + prefill of the batch / output_len");
  if (r.shares_with_prefill) {
    Request one = r;
    one.batch = std::min(r.batch, r.plan.replicas);
    c.first_token = cost_of_prefill(one.plan, one.batch, r.prompt, m, q.constants, nullptr).expected() + c.step.expected();
  }
  return c;
}

Seconds request_time(const Request& r, const Costs& c) { return (r.shares_with_prefill ? c.first_token : c.prefill.expected()) + (r.generates ? r.output * c.between_tokens : Seconds{}); }

/// Output tokens per second of all sequences.
double output_rate(const Question& q, const Request& r, const Costs& c) {
  const Seconds all = q.row_kind == "llm_serve" || r.shares_with_prefill ? r.output * c.between_tokens : c.all.expected();
  return r.batch * r.output / all.value();
}

/// A lone computer: the parts that compute at their share of the design power, 60 to 120 W for the host of a card or a server
/// (a system on a chip is its own host), and a tenth lost in the power supply (80 PLUS Gold).
double wall_power_of(const Question& q) {
  const bool has_host = q.machine.kind == MachineKind::gpu || q.machine.kind == MachineKind::cpu;
  return (q.constants.busy_power_share * q.machine.power.value.value() * q.count + (has_host ? 90 : 0)) / 0.9;
}

double value_of(const Question& q, const Request& r, const Costs& c, const Machine& m) {
  constexpr double ms = 1e3;
  if (q.metric == "system_power_peak") return wall_power_of(q);
  if (q.metric == "largest_batch") return std::floor(largest_batch(r.plan, r.prompt + r.output, m));
  if (q.row_kind == "llm_decode") return q.metric == "throughput" ? r.batch / c.step.expected().value() : c.step.expected().value() * ms;
  if (q.row_kind == "llm_prefill") return q.metric == "throughput" ? r.batch * r.prompt / c.prefill.expected().value() : c.prefill.expected().value() * ms;
  if (q.metric == "time_per_output_token") return c.between_tokens.value() * ms;
  if (q.metric == "first_token_latency") return c.first_token.value() * ms;
  if (q.metric == "latency") return request_time(r, c).value() * ms;
  const double rate = output_rate(q, r, c);
  return q.metric == "output_throughput_per_gpu" ? rate / q.count : rate;
}

// --- what does not fit

/// The smallest number of devices of this machine, dealt layers, on which one sequence fits; 0: not even one layer each.
Count devices_needed(const Request& r, const Machine& m) {
  ServingPlan p = r.plan;
  p.tensor = p.replicas = 1;
  for (p.stages = 1; p.stages <= p.shape->layers; ++p.stages)
    if (resident_bytes(p, 1, r.prompt + r.output) <= m.memory.value * p.usable_memory) return p.stages;
  return 0;
}

/// The widest format narrower than the one asked for with which the plan fits.
const char* narrower_format(const Request& r, Bytes room) {
  static constexpr const char* packed[] = {"Q8_0", "Q6_K", "Q5_K_M", "Q4_K_M", "Q3_K_M", "Q2_K", "IQ2_XS", "IQ1_S"};
  static constexpr const char* engine[] = {"fp8", "fp4"};
  const std::span<const char* const> names = r.plan.weights.packed ? std::span<const char* const>(packed) : engine;
  for (const char* name : names) {
    ServingPlan p = r.plan;
    p.weights = *weight_format(name);
    if (p.weights.bits < r.plan.weights.bits && resident_bytes(p, r.batch, r.prompt + r.output) <= room) return name;
  }
  return nullptr;
}

std::string remedy(const Question& q, const Request& r, Bytes needed, Bytes room, const Machine& m) {
  std::string text = fmt::format("{} too much on each of {} devices; times are those of devices with memory enough", in_gib(needed - room), q.count);
  if (const char* name = narrower_format(r, room)) text += fmt::format("\n  fits with {} weights", name);
  if (const Count n = devices_needed(r, m); n > 0 && n > q.count) text += fmt::format("\n  fits on {} devices with the layers dealt to them", n);
  const double batch = std::floor(largest_batch(r.plan, r.prompt + r.output, m));
  if (batch >= 1 && batch < r.batch) text += fmt::format("\n  fits with {} sequences together", batch);
  return text;
}

/// Sets what is held and whether it fits. A prompt alone, or a decode with a given context, needs a cache of that length.
void judge_memory(const Question& q, const Request& r, const Machine& m, Answer& a) {
  const bool full_requests = q.row_kind != "llm_decode" && q.row_kind != "llm_prefill";
  const double length = full_requests ? (r.shares_with_prefill ? r.context : r.prompt + r.output) : (r.reads ? r.prompt : r.context);
  a.estimate.byte_resident = resident_bytes(r.plan, r.batch, length);
  if (!m.memory) return;
  const Bytes room = m.memory.value * r.plan.usable_memory;
  a.estimate.capacity = room;
  a.estimate.fits = a.estimate.byte_resident <= room;
  if (!a.estimate.fits) a.remedy = remedy(q, r, a.estimate.byte_resident, room, m);
}

/// The estimate counts what one device does: where the batch is smaller than the stages, they wait for each other. Utilisation is
/// that of the products with weights, 2 FLOP a weight, on the units made for their format; unpacking counts as no use.
void judge_work(const Question& q, const Request& r, const Machine& m, Answer& a) {
  const double busy = std::min(1.0, r.batch / (r.plan.replicas * r.plan.stages));
  a.estimate.byte_moved *= busy;
  a.estimate.flop *= busy;
  const double tokens = r.batch * ((r.reads ? r.prompt : 0) + (r.generates ? r.output : 0));
  const bool one_step = !r.reads || q.row_kind == "llm_serve";
  const Flop useful = 2 * Flop{weights_used(*r.plan.shape)} * (one_step ? r.batch : tokens);
  const Flop possible = m.rate_of(r.plan.weights.arithmetic).value * a.estimate.expected * r.plan.devices();
  if (possible > Flop{}) a.estimate.utilisation = useful / possible;
}

// --- figures beside the answer

/// Batch at which a product with the weights takes as long in arithmetic as in memory: rate x bytes per weight / (2 FLOP x
/// bandwidth). Below it the share of the arithmetic in use is batch / this.
double full_use_batch(const Request& r, const Machine& m) {
  return m.rate_of(r.plan.weights.arithmetic).value / (m.bandwidth.value * FlopPerByte{2 / (r.plan.weights.bits / 8)});
}

void add_economics(const Question& q, const Request& r, const Costs& c, const Machine& m, Answer& a) {
  const double batch = std::floor(std::min(1e7, largest_batch(r.plan, r.prompt + r.output, m)));
  a.extras.push_back({"largest_batch", batch, "", "sequences of input_len + output_len tokens that memory holds"});
  if (batch < 1) return;
  const LlmTally most = cost_of_step(r.plan, batch, r.context, m, q.constants, nullptr), alone = cost_of_step(r.plan, 1, r.context, m, q.constants, nullptr);
  const double provider = most.expected().value() / batch;
  a.extras.push_back({"throughput_at_largest_batch", 1 / provider, "token/s", "output tokens per second there, prompts not counted"});
  a.extras.push_back({"individual_over_provider", alone.expected().value() / provider, "", "what a token costs somebody alone over what it costs a provider at the largest batch"});
  const Parameters& p = q.parameters;
  const double minutes = p.number("minutes", 10), peak = p.number("peak_factor", 1), served = batch * 1440 / minutes / peak;
  a.extras.push_back({"users_served", served, "", "users a day at the largest batch: sequences x 1440 / minutes / peak factor"});
  if (const double users = p.number("users", 0); users > 0) a.extras.push_back({"devices_for_users", std::ceil(users / served) * q.count, "", "devices of this kind for all users"});
  if (c.step.expected() > Seconds{}) a.extras.push_back({"throughput", r.batch / c.step.expected().value(), "token/s", "output tokens per second at this batch, prompts not counted"});
}

void add_extras(const Question& q, const Request& r, const Costs& c, const Machine& m, Answer& a) {
  a.extras.push_back({"batch", r.batch, "", "sequences together"});
  a.extras.push_back({"parameters", parameter_count(*r.plan.shape), "", "weights of the model, all experts"});
  a.extras.push_back({"weight_bytes", weight_bytes(r.plan).value(), "byte", "weights of one copy"});
  a.extras.push_back({"cache_bytes_per_token", (cache_bytes(r.plan, 2) - cache_bytes(r.plan, 1)).value(), "byte", "cache that one more token of a short sequence takes"});
  a.extras.push_back({"full_use_batch", full_use_batch(r, m), "", "batch at which the weights' products need as much time for arithmetic as for bytes"});
  if (r.reads) a.extras.push_back({"first_token_latency", c.first_token.value(), "s", first_token});
  if (r.generates) add_economics(q, r, c, m, a);
}

Answer plan(const Question& q, Trace* trace) {
  Answer a;
  const ModelShape shape = shape_of(q, a.warnings);
  const Machine machine = with_links(q.machine);
  if (!machine.bandwidth) throw InputError(fmt::format("{} has no memory bandwidth to plan with", machine.name));
  const Request r = read(q, shape, machine, a.warnings);
  const Costs c = cost(q, r, machine, trace);
  a.estimate = c.all.estimate(q.count);
  judge_memory(q, r, machine, a);
  judge_work(q, r, machine, a);
  a.value = value_of(q, r, c, machine);
  add_extras(q, r, c, machine, a);
  return a;
}

}  // namespace

RANVIER_WORKLOAD(llm_serve) {
  .name = "llm_serve",
  .title = "serving a language model: prefill, decode, batches, load",
  .formula = "pass = weights touched / bandwidth + 2 FLOP x weights used x tokens / rate + attention + activations + kernels + messages; Pope et al. 2022, arXiv:2211.05102",
  .example = "ranvier plan llm_serve llama-3-70b --on 2xh100 quant=Q4_K_M",
  .row_kinds = kinds,
  .parameters = parameters,
  .metrics = metrics,
  .takes_model = true,
  .pictured = {"batch", 1, 1 << 20},
  .plan = plan,
};

}  // namespace ranvier::plan
