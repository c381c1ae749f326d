// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Machines and questions for the tests of the language-model workloads.

#include <initializer_list>
#include <string>
#include <utility>

#include "io/model_source.hpp"
#include "plan/infer.hpp"
#include "plan/workload.hpp"

namespace ranvier {

/// A made-up card with round figures: 300 TFLOP/s fp16, 600 fp8, 20 fp32, 2 TB/s, 80 GB, 300 GB/s links, 25 GB/s between boxes.
inline Machine round_card() {
  Machine m;
  m.id = "round-card";
  m.name = "Round card";
  const auto set = [](auto& figure, auto value) {
    figure.value = value;
    figure.known = true;
    figure.spread = 0.02;
  };
  set(m.rate[index_of(Precision::fp16)], FlopPerSecond{300e12});
  set(m.rate[index_of(Precision::fp8)], FlopPerSecond{600e12});
  set(m.rate[index_of(Precision::fp32)], FlopPerSecond{20e12});
  set(m.bandwidth, BytePerSecond{2e12});
  set(m.memory, Bytes{80e9});
  set(m.link, BytePerSecond{300e9});
  set(m.internode, BytePerSecond{25e9});
  set(m.power, Watt{400});
  plan::complete(m);
  return m;
}

/// Constants of a machine without losses: all rates are reached, nothing fixed costs time.
inline plan::Constants ideal_constants() {
  plan::Constants c;
  c.bandwidth_share = c.llm_arithmetic = c.llm_attention = 1;
  c.llm_activation_passes = c.llm_launch_s = c.llm_message_s = c.layer_split_hop_s = 0;
  c.gguf_stream_byte_per_s = 1e30;
  c.gguf_unpack = 1e-9;
  c.llm_overlap_power = 1;
  return c;
}

inline const io::ModelFiles& shipped_models() {
  static const io::ModelFiles files;
  return files;
}

using Keys = std::initializer_list<std::pair<const char*, const char*>>;

inline plan::Answer ask(const char* kind, const char* metric, const Machine& machine, int count, Keys keys, const plan::Constants& constants = {}, plan::Trace* trace = nullptr) {
  plan::Request r;
  r.machine = &machine;
  r.count = count;
  r.kind = kind;
  r.metric = metric;
  for (const auto& [key, value] : keys) r.parameters.set_text(key, value);
  r.constants = &constants;
  r.models = &shipped_models();
  return plan::answer(r, trace);
}

inline double extra(const plan::Answer& a, const std::string& name) {
  for (const auto& e : a.extras)
    if (e.name == name) return e.value;
  return -1;
}

}  // namespace ranvier
