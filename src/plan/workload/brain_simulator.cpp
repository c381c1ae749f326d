// SPDX-License-Identifier: Apache-2.0
#include "plan/workload/brain_simulator.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ranvier::plan {
namespace {

using Kind = Simulator::Kind;
constexpr Bytes line{64}, sector{32};
constexpr double in_flight = 2;     // cache misses a core has under way in code that follows pointers
constexpr Bytes spike{8};

// A NEST synapse of the fourth and fifth generation is 24 bytes; an event reaches the target object and its ring buffer by
// pointer. GPUs store 8 bytes (target, delay, weight) and add to a ring buffer in memory: one sector read and written.
constexpr Simulator simulators[] = {
    {"nest_cpu", Kind::cpu, Bytes{48}, Bytes{24}, 2, Bytes{192}, 1, Flop{40}, 0},
    {"nest_cpu 4g", Kind::cpu, Bytes{96}, Bytes{24}, 3, Bytes{192}, 1, Flop{40}, 0},
    {"genn", Kind::gpu, Bytes{8}, Bytes{8}, 1, Bytes{96}, 0, Flop{60}, 4},
    {"nest_gpu", Kind::gpu, Bytes{12}, Bytes{8}, 1, Bytes{96}, 0, Flop{60}, 6},
    {"csnn", Kind::gpu, Bytes{8}, Bytes{8}, 1, Bytes{96}, 0, Flop{60}, 0},  // fixed logic: no programs to start
    {"spinnaker", Kind::real_time, Bytes{4}, Bytes{4}, 0, Bytes{0}, 0, Flop{0}, 0},
};

void add_cpu(Total& total, const Simulator& s, Count events, Count updates, Seconds min_delay, const Machine& m, Count count, const Constants& c, Trace* trace) {
  const Count cores = note(trace, "cores", m.cores ? m.cores.value : 1.0) * count;
  const Seconds miss = note(trace, "one access to an unforeseen place", Seconds{c.snn_latency_s} / in_flight, "latency of memory / accesses in flight");
  const Count misses = note(trace, "such accesses per second and core", (events * s.random + updates * s.neuron_random) / cores, "(events x accesses + updates x accesses) / cores");
  Work w;
  w.memory = (events * (s.streamed + s.random * line) + updates * s.neuron) / count;
  w.flop_in(Precision::fp64) = updates * s.neuron_flop / count;
  OperationTime t = time_of(w, m, {.arithmetic = c.arithmetic_share, .memory = c.bandwidth_share, .overlap_power = c.overlap_power}, trace);
  t.memory = max(t.memory, misses * miss);
  const Count intervals = note(trace, "exchanges of spikes per second", Seconds{1} / min_delay);
  t.fixed = note(trace, "fixed costs of the exchanges", intervals * Seconds{c.snn_interval_s}, "threads wait for each other, spikes are gathered");
  t.expected = blend(t.arithmetic, t.memory, c.overlap_power) + t.fixed;
  t.upper = t.arithmetic + t.memory + t.fixed;
  correct_last(trace, t);
  total.add(w, t);
}

void add_gpu(Total& total, const Simulator& s, Count events, Count updates, Seconds dt, Count spikes, const Machine& m, Count count, const Constants& c, Trace* trace) {
  Work deliver, update;
  deliver.memory = events * (s.streamed + s.random * 2 * sector) / count;
  update.memory = updates * s.neuron / count;
  update.flop_in(Precision::fp32) = updates * s.neuron_flop / count;
  update.launches = s.kernels * number_of(Seconds{1} / dt);
  if (count > 1) {
    update.between.bytes = spikes * spike;
    update.between.messages = std::ceil(std::log2(count)) * number_of(Seconds{1} / dt);
  }
  const Efficiency gathers{.arithmetic = c.arithmetic_share, .memory = c.gather_share, .network = c.bandwidth_share, .overlap_power = c.overlap_power, .launch = Seconds{c.launch_s}, .message = Seconds{c.launch_s}};
  Efficiency streams = gathers;
  streams.memory = c.bandwidth_share;
  const auto add = [&](const char* title, const Work& w, const Efficiency& e) {
    const Section section(trace, title);
    total.add(w, time_of(w, m, e, trace));
  };
  add("delivery of spikes", deliver, gathers);
  add("update of neurons", update, streams);
}

/// Boards that keep step with the clock of the wall, whatever they simulate.
void add_real_time(Total& total) {
  OperationTime t;
  t.fixed = t.expected = t.upper = Seconds{1};
  total.add({}, t);
}

}  // namespace

const Simulator& find_simulator(std::string_view name, MachineKind kind, std::vector<std::string>& warnings) {
  for (const Simulator& s : simulators)
    if (name == s.name) return s;
  const char* like = kind == MachineKind::gpu ? "genn" : kind == MachineKind::neuromorphic ? "spinnaker" : "nest_cpu";
  if (!name.empty()) warnings.push_back(fmt::format("simulator \"{}\" is not known: taken to work as {}", name, like));
  for (const Simulator& s : simulators)
    if (std::string_view(s.name) == like) return s;
  return simulators[0];
}

Total simulator_time(const Simulator& s, const BrainNumbers& n, Seconds min_delay, const Machine& m, Count count, const Constants& c, Trace* trace) {
  const Section section(trace, s.name, "one second of biology");
  const Count events = note(trace, "synaptic events per second", n.synapses * number_of(n.rate), "synapses x rate");
  const Count updates = note(trace, "updates of neurons per second", n.neurons / number_of(n.neuron_dt), "neurons / dt");
  Total total;
  if (s.kind == Kind::cpu) add_cpu(total, s, events, updates, min_delay, m, count, c, trace);
  else if (s.kind == Kind::gpu) add_gpu(total, s, events, updates, n.neuron_dt, n.neurons * number_of(n.rate), m, count, c, trace);
  else add_real_time(total);
  total.work.resident = note(trace, "memory", n.synapses * (n.synapse_byte > Bytes{} ? n.synapse_byte : s.synapse) / count, "synapses x bytes / machines");
  return total;
}

}  // namespace ranvier::plan
