// SPDX-License-Identifier: Apache-2.0
#include "plan/llm_tally.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::plan {
namespace {

constexpr double sum_of_parts = 1;

/// Spreads of the constants, looked up once.
struct Spreads {
  double memory, stream, arithmetic, unpack, attention, activation, launch, message, hop;
};

double spread_of(double Constants::*member) {
  for (const ConstantInfo& info : constant_table())
    if (info.member == member) return info.spread;
  return 0;
}

const Spreads& spreads() {
  static const Spreads s{spread_of(&Constants::bandwidth_share),     spread_of(&Constants::gguf_stream_byte_per_s), spread_of(&Constants::llm_arithmetic),
                         spread_of(&Constants::gguf_unpack),    spread_of(&Constants::llm_attention),          spread_of(&Constants::llm_activation_passes),
                         spread_of(&Constants::llm_launch_s),   spread_of(&Constants::llm_message_s),          spread_of(&Constants::layer_split_hop_s)};
  return s;
}

constexpr double square(double x) { return x * x; }

}  // namespace

Seconds LlmTally::commit(const Work& work, const Efficiency& efficiency) {
  const OperationTime t = time_of(work, *machine_, efficiency, trace_);
  traced_last_ = traced();
  total_.add(work, t);
  return t.expected;
}

bool LlmTally::stream_binds() const {
  return plain_loads_ && BytePerSecond{constants_->gguf_stream_byte_per_s} < machine_->bandwidth.value * constants_->bandwidth_share;
}

double LlmTally::memory_share() const {
  return stream_binds() ? BytePerSecond{constants_->gguf_stream_byte_per_s} / machine_->bandwidth.value : constants_->bandwidth_share;
}

void LlmTally::count_memory(Seconds data, Seconds TimeByCause::*where) {
  causes_.*(stream_binds() ? &TimeByCause::stream : where) += data;
}

void LlmTally::add_product(const char* title, Flop flop, Precision format, Bytes bytes, double overlap_power) {
  const Section section(trace_, title);
  Work w;
  w.flop_in(format) = note(trace_, "arithmetic", flop, "2 FLOP x weights used x tokens");
  w.memory = note(trace_, "weights", bytes, "weights touched x bits of their format / 8");
  const Efficiency e{.arithmetic = constants_->llm_arithmetic, .memory = memory_share(), .overlap_power = overlap_power};
  const Seconds data = bytes / (machine_->bandwidth.value * e.memory);
  const Seconds all = commit(w, e);
  count_memory(data, &TimeByCause::memory);
  causes_.arithmetic += all - data;
}

void LlmTally::add_packed_product(const char* title, double weights, Bytes bytes, Count columns) {
  const Section section(trace_, title, "kernels that unpack weight by weight");
  Work w;
  w.flop_in(Precision::fp32) = note(trace_, "unpacking and products", Flop{constants_->gguf_unpack * weights * columns}, "FLOP per weight x weights x tokens");
  w.memory = note(trace_, "weights", bytes, "weights touched x bits of their format / 8");
  const Efficiency e{.memory = memory_share(), .overlap_power = sum_of_parts};
  const Seconds data = bytes / (machine_->bandwidth.value * e.memory);
  const Seconds all = commit(w, e);
  count_memory(data, &TimeByCause::memory);
  causes_.unpack += all - data;
}

void LlmTally::add_attention(const char* title, Flop flop, Precision format, Bytes cache_bytes, Bytes host_bytes) {
  const Section section(trace_, title);
  Work w;
  w.flop_in(format) = note(trace_, "arithmetic", flop, "2 FLOP x heads x (size of key + size of value) x positions seen x tokens");
  w.memory = note(trace_, "cache", cache_bytes, "values kept per position x positions seen x sequences");
  w.host = host_bytes;
  constexpr double overlapped = 32;  // one kernel that loads the next block of the cache under the arithmetic of this one
  const Efficiency e{.arithmetic = constants_->llm_attention, .memory = memory_share(), .overlap_power = overlapped};
  const Seconds data = cache_bytes / (machine_->bandwidth.value * e.memory);
  const Seconds all = commit(w, e);
  count_memory(min(data, all), &TimeByCause::memory);
  causes_.attention += max(Seconds{}, all - data);
}

void LlmTally::add_activations(const char* title, Bytes bytes) {
  const Section section(trace_, title);
  Work w;
  w.memory = note(trace_, "activations", bytes, "passes over the hidden state x tokens x hidden size x bytes");
  count_memory(commit(w, {.memory = memory_share(), .overlap_power = sum_of_parts}), &TimeByCause::activation);
}

void LlmTally::add_stream(const char* title, Bytes bytes) {
  const Section section(trace_, title);
  Work w;
  w.memory = note(trace_, "bytes", bytes);
  count_memory(commit(w, {.memory = memory_share(), .overlap_power = sum_of_parts}), &TimeByCause::memory);
}

void LlmTally::add_launches(const char* title, Count launches) {
  const Section section(trace_, title);
  Work w;
  w.launches = note(trace_, "kernels", launches, "kernels per layer x layers");
  causes_.launch += commit(w, {.launch = Seconds{constants_->llm_launch_s}});
}

void LlmTally::add_ring(const char* title, Group group, Bytes bytes_on_link, Count messages) {
  const Section section(trace_, title);
  Work w;
  // A ring over boxes uses the network cards of all ranks in a box at once: the slower of link and cards sets its pace.
  const BytePerSecond cards = machine_->internode.value * group.in_box;
  const bool between = group.ranks > group.in_box && cards < machine_->link.value;
  Traffic& traffic = between ? w.between : w.box;
  traffic.bytes = note(trace_, "bytes over the slowest link", between ? bytes_on_link / group.in_box : bytes_on_link, "2 (n-1)/n x bytes, shared by the network cards of a box");
  traffic.messages = note(trace_, "messages", messages, "log2(n) x calls");
  const Seconds waiting = messages * Seconds{constants_->llm_message_s};
  const Seconds all = commit(w, {.message = Seconds{constants_->llm_message_s}});
  causes_.message += waiting;
  causes_.link += all - waiting;
}

void LlmTally::add_all_reduce(const char* title, Group group, Bytes bytes, Count calls) {
  if (group.ranks > 1) add_ring(title, group, 2 * (group.ranks - 1) / group.ranks * bytes * calls, std::log2(group.ranks) * calls);
}

void LlmTally::add_all_gather(const char* title, Group group, Bytes bytes, Count calls) {
  if (group.ranks > 1) add_ring(title, group, (group.ranks - 1) / group.ranks * bytes * calls, std::log2(group.ranks) * calls);
}

void LlmTally::add_all_to_all(const char* title, Group group, Bytes bytes, Count calls) {
  if (!(group.ranks > 1 && calls > 0)) return;
  const Section section(trace_, title);
  Work w;
  const double elsewhere = (group.ranks - group.in_box) / group.ranks;
  w.box.bytes = note(trace_, "bytes to ranks of the box", (group.in_box - 1) / group.ranks * bytes * calls, "bytes of a rank x ranks of its box but itself / ranks");
  w.between.bytes = note(trace_, "bytes to other boxes", elsewhere * bytes * calls, "bytes of a rank x ranks of other boxes / ranks");
  Traffic& slowest = elsewhere > 0 ? w.between : w.box;
  slowest.messages = note(trace_, "messages", calls, "calls: those of one set out together");
  const Seconds waiting = calls * Seconds{constants_->llm_message_s};
  const Seconds all = commit(w, {.message = Seconds{constants_->llm_message_s}});
  causes_.message += waiting;
  causes_.link += all - waiting;
}

void LlmTally::add_send(const char* title, bool between_boxes, Bytes bytes, Count calls) {
  if (!(calls > 0)) return;
  const Section section(trace_, title);
  Work w;
  Traffic& traffic = between_boxes ? w.between : w.box;
  traffic.bytes = note(trace_, "bytes", bytes * calls);
  traffic.messages = note(trace_, "messages", calls);
  const Seconds waiting = calls * Seconds{constants_->llm_message_s};
  const Seconds all = commit(w, {.message = Seconds{constants_->llm_message_s}});
  causes_.message += waiting;
  causes_.link += all - waiting;
}

void LlmTally::add_hops(const char* title, Count hops) {
  if (!(hops > 0)) return;
  const Section section(trace_, title);
  Work w;
  w.launches = note(trace_, "hand-overs", hops, "devices - 1");
  causes_.hop += commit(w, {.launch = Seconds{constants_->layer_split_hop_s}});
}

void LlmTally::add(const LlmTally& other, double times) {
  if (other.trace_ != nullptr) {
    other.trace_->repeat_operations(other.traced_first_, other.traced_last_, times);
    traced_first_ = std::min(traced_first_, other.traced_first_);
    traced_last_ = std::max(traced_last_, other.traced_last_);
  }
  OperationTime t = other.total_.time;
  for (Seconds* part : {&t.arithmetic, &t.memory, &t.host, &t.network, &t.fixed, &t.arithmetic_peak, &t.data_peak, &t.network_peak, &t.expected, &t.upper}) *part *= times;
  total_.add(other.total_.work * times, t);
  TimeByCause c = other.causes_;
  causes_ += c *= times;
}

double LlmTally::spread() const {
  const Seconds all = total_.time.expected;
  if (!(all > Seconds{})) return constants_->width_llm;
  const Spreads& s = spreads();
  const TimeByCause& c = causes_;
  const double bandwidth = machine_->bandwidth.spread, rate = machine_->rate_of(Precision::fp16).spread;
  const Seconds from_memory = c.memory + c.activation, from_rates = c.arithmetic + c.attention + c.unpack;
  // What waits for memory varies less from engine to engine than what computes: clocks, power limits and kernels differ there.
  const bool waits = c.memory + c.stream + c.launch > 0.5 * all;
  const double variance = square(waits ? constants_->width_llm_memory : constants_->width_llm) + square(c.memory / all * s.memory) + square(c.stream / all * s.stream) + square(c.arithmetic / all * s.arithmetic) +
                          square(c.unpack / all * s.unpack) + square(c.attention / all * s.attention) + square(c.activation / all * s.activation) +
                          square(c.launch / all * s.launch) + square(c.message / all * s.message) + square(c.hop / all * s.hop) +
                          square(from_memory / all * bandwidth) + square(from_rates / all * rate) + square(c.link / all * machine_->link.spread);
  return std::sqrt(variance);
}

Estimate LlmTally::estimate(Count devices) const { return estimate_of(total_, *machine_, devices, constants_->busy_power_share, spread(), trace_); }

Machine with_links(const Machine& machine) {
  Machine m = machine;
  constexpr BytePerSecond pcie_3_x16{16e9};
  for (Figure<BytePerSecond>* figure : {&m.link, &m.internode}) {
    if (figure->known && figure->value > BytePerSecond{}) continue;
    figure->value = m.link.known && m.link.value > BytePerSecond{} ? m.link.value : pcie_3_x16;
    figure->known = figure->inferred = true;
    figure->spread = 0.8;
    figure->readings = {{figure->value.value(), "inferred: PCI Express 3.0 x16, the slowest usual link (between boxes: as in the box)", "", 0.8, true}};
  }
  return m;
}

}  // namespace ranvier::plan
