// SPDX-License-Identifier: Apache-2.0
/// A brain: how fast, how large, how many machines; from numbers.
///
///   synapses and neurons -> FLOP, bytes moved, bytes held per second of biology (brain_cost.hpp) -> time, and machines in real time
///
/// Rows of spiking simulators are predicted by the mechanism of each simulator (brain_simulator.hpp).

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/suggest.hpp"
#include "plan/algebra.hpp"
#include "plan/workload.hpp"
#include "plan/workload/brain_cost.hpp"
#include "plan/workload/brain_simulator.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

using enum ParameterType;

constexpr ParameterInfo parameters[] = {
    {"brain", text, "", "human", "numbers of a known brain: human, mouse, rat, macaque, bee, zebrafish-larva, fly, fly-larva; the keys below win"},
    {"neurons", number, "", "of the brain", "number of neurons", 1, 1e15},
    {"synapses", number, "", "of the brain", "number of synapses", 0, 1e20},
    {"synapses_per_neuron", number, "", "synapses / neurons", "in place of synapses", 0, 1e9},
    {"rate_hz", number, "/s", "of the brain", "mean rate of all neurons", 0, 1e5},
    {"mean_rate_hz", number, "/s", "rate_hz", "the same as rate_hz", 0, 1e5},
    {"scheme", text, "", "event", "essay, literal, hoisted (every synapse in every step), event, static (no learning), lnp"},
    {"precision", text, "", "fp32", "numbers in memory: fp64, fp32, half"},
    {"dt_ms", number, "ms", "1, of neurons 0.1", "step", 1e-4, 1e3},
    {"neuron", text, "", "point", "point, compartments (Hodgkin-Huxley, 0.025 ms), essay (20,000 FLOP per ms)"},
    {"compartments", number, "", "100", "of a neuron", 1, 1e6},
    {"cell_stays_cached", boolean, "", "false", "a cell's steps of 1 ms are done while it is in the cache"},
    {"min_delay_ms", number, "ms", "dt_ms", "smallest delay: the interval at which spikes are exchanged", 1e-4, 1e4},
    {"bytes_per_synapse_object", number, "byte", "of the scheme", "resident bytes of a synapse", 0.01, 1e6},
    {"simulator", text, "", "", "nest_cpu, nest_gpu, genn, spinnaker: as this program behaves, in place of a scheme"},
    {"model", text, "", "", "name of a published network: gives its rate"},
    {"neurons_approx", number, "", "", "the same as neurons", 1, 1e15},
    {"synapses_approx", number, "", "", "the same as synapses", 0, 1e20},
    {"drive", text, "", "", "Poisson or DC; no predictor"},
    {"process_nm", text, "", "", "no predictor"},
    {"memory_bytes", number, "byte", "", "memory of the machine; no predictor", 0, 1e30},
    {"cores", number, "", "", "no predictor: the machine has its cores", 1, 1e9},
    {"detail", text, "", "", "no predictor"},
};

constexpr MetricInfo metrics[] = {
    {"real_time_factor", "s wall per s model", "wall time / time of the brain: above 1 is slower than real time"},
    {"machines_needed", "", "machines for real time, at the rates expected"},
    {"memory_total", "byte", "memory held by all machines together"},
    {"neurons_max", "neuron", "largest brain of this kind on these machines in real time; of a simulator: that fits in memory", "", true},
    {"energy_per_synaptic_event", "uJ", "energy of the machines / synaptic events"},
};
constexpr const char* row_kinds[] = {"snn_sim", "snn_sim_multicompartment", "snn_capacity", "snn_memory"};

struct KnownBrain {
  const char* name;
  double neurons, synapses, rate_hz;
};
/// Azevedo et al. 2009; Lennie 2003, Attwell & Laughlin 2001 (rates); FlyWire 2024 (doi:10.1038/s41586-024-07558-y); Winding et al. 2023
/// (doi:10.1126/science.add9330). Rates of animals without a published mean are 1 to 3 /s, a guess.
constexpr KnownBrain brains[] = {{"human", 86e9, 1e14, 1},    {"macaque", 6.4e9, 1e13, 2},  {"rat", 0.2e9, 4.5e11, 3},   {"mouse", 71e6, 1e11, 3},
                                 {"bee", 0.96e6, 1e9, 3},     {"fly", 139255, 54.5e6, 3},   {"fly-larva", 3016, 548000, 3}, {"zebrafish-larva", 1e5, 3e7, 1}};

struct KnownNetwork {
  const char* part;  ///< of its name
  double rate_hz;
};
/// Mean over all neurons of the rates in Potjans & Diesmann 2014, doi:10.1093/cercor/bhs358, table of spontaneous activity.
constexpr KnownNetwork networks[] = {{"PD14", 3.2}, {"microcircuit", 3.2}};
constexpr double usual_rate_hz = 3;  // cortex, Attwell & Laughlin 2001: 4 /s in rodents; less in others

const KnownBrain& known_brain(std::string_view name) {
  std::vector<std::string> names;
  for (const KnownBrain& b : brains) {
    if (name == b.name) return b;
    names.emplace_back(b.name);
  }
  throw InputError(fmt::format("brain = \"{}\": no such brain.{}", name, suggestion(name, names)));
}

Hertz rate_of(const Parameters& p, const KnownBrain& brain, bool own_size, Answer& a) {
  if (const auto r = p.number("rate_hz")) return Hertz{*r};
  if (const auto r = p.number("mean_rate_hz")) return Hertz{*r};
  for (const KnownNetwork& n : networks)
    if (p.text("model", "").find(n.part) != std::string_view::npos) return Hertz{n.rate_hz};
  if (p.has("brain") || !own_size) return Hertz{brain.rate_hz};
  a.warnings.push_back(fmt::format("rate_hz is not given: {} /s, usual in cortex, is taken", usual_rate_hz));
  return Hertz{usual_rate_hz};
}

BrainNumbers numbers_of(const Parameters& p, Answer& a) {
  const KnownBrain& brain = known_brain(p.text("brain", "human"));
  BrainNumbers n;
  const bool own_size = p.has("neurons") || p.has("neurons_approx");
  n.neurons = p.number("neurons", p.number("neurons_approx", brain.neurons));
  const double own_ratio = brain.synapses / brain.neurons;
  n.synapses = p.number("synapses", p.number("synapses_approx", n.neurons * p.number("synapses_per_neuron", own_ratio)));
  n.scheme = parse_brain_scheme(p.text("scheme", "event"));
  n.rate = n.scheme == BrainScheme::lnp && !p.has("rate_hz") ? Hertz{200} : rate_of(p, brain, own_size, a);
  n.dt = Seconds{p.number("dt_ms", 1.0) * 1e-3};
  n.neuron_dt = Seconds{p.number("dt_ms", 0.1) * 1e-3};
  n.format = parse_brain_format(p.text("precision", n.scheme == BrainScheme::essay ? "fp64" : "fp32"));
  n.neuron = parse_brain_neuron(p.text("neuron", n.scheme == BrainScheme::essay ? "essay" : "point"));
  n.compartments = p.number("compartments", 100);
  n.cell_stays_cached = p.boolean("cell_stays_cached", false);
  n.synapse_byte = Bytes{p.number("bytes_per_synapse_object", 0)};
  return n;
}

/// Work of one machine for a second of biology, added to `total`.
void add_part(const char* title, Total& total, const BrainDemand& d, const BrainNumbers& n, const Question& q, double memory_share, Count launches, Trace* trace) {
  const Section section(trace, title);
  constexpr Seconds second{1};
  Work w;
  w.flop_in(arithmetic_of(n.format)) = d.flop * second / q.count;
  w.memory = d.moved * second / q.count;
  w.launches = launches;
  const Constants& c = q.constants;
  total.add(w, time_of(w, q.machine, {.arithmetic = c.arithmetic_share, .memory = memory_share, .network = c.bandwidth_share, .overlap_power = c.overlap_power, .launch = Seconds{c.launch_s}, .message = Seconds{c.launch_s}}, trace));
}

/// Neurons whose state fits in the cache of each machine do not pass its memory in every step.
BrainDemand beyond_cache(BrainDemand neurons, const Question& q, Trace* trace) {
  const Figure<Bytes>& cache = q.machine.cache;
  if (!cache || neurons.resident / q.count > note(trace, "last-level cache", cache)) return neurons;
  neurons.moved = note(trace, "state that passes the memory", BytePerSecond{}, "the neurons' state stays in the cache");
  return neurons;
}

/// Spikes that one machine sends: 8 bytes to each machine with a target.
void add_network(Total& total, const BrainNumbers& n, const Question& q, Seconds min_delay, Trace* trace) {
  if (q.count == 1) return;
  const Section section(trace, "spikes between the machines");
  const Count fan_out = std::min<double>(q.count - 1, n.synapses / n.neurons);
  Work w;
  w.between.bytes = note(trace, "bytes of spikes sent by a machine", n.neurons / q.count * number_of(n.rate) * fan_out * Bytes{8}, "its spikes x machines with a target x 8 bytes");
  w.between.messages = std::ceil(std::log2(q.count)) / number_of(min_delay);
  total.add(w, time_of(w, q.machine, {.network = q.constants.bandwidth_share, .message = Seconds{q.constants.launch_s}}, trace));
}

/// Work and time of one machine for a second of biology.
Total total_of(const BrainNumbers& n, const Question& q, const BrainDemand& synapses, const BrainDemand& neurons, Trace* trace) {
  const Seconds min_delay{q.parameters.number("min_delay_ms", n.neuron_dt.value() * 1e3) * 1e-3};
  const bool one_step = clock_driven(n.scheme) || n.scheme == BrainScheme::lnp;
  Total total;
  add_part("time of the synapses", total, synapses, n, q, n.scheme == BrainScheme::event ? q.constants.gather_share : q.constants.bandwidth_share, one_step ? number_of(Seconds{1} / n.dt) : 0, trace);
  add_part("time of the neurons", total, beyond_cache(neurons, q, trace), n, q, q.constants.bandwidth_share, 2 / number_of(n.neuron_dt), trace);
  add_network(total, n, q, min_delay, trace);
  total.work.resident = (synapses.resident + neurons.resident) / q.count;
  return total;
}

/// Neurons of the largest brain, with as many synapses each, that runs in real time and fits: by halving, since a brain that
/// outgrows the cache costs more at once.
double largest_in_real_time(BrainNumbers n, const Question& q) {
  const double synapses_each = n.neurons > 0 ? n.synapses / n.neurons : 0;
  const auto runs = [&](double neurons) {
    n.neurons = neurons;
    n.synapses = neurons * synapses_each;
    const Total t = total_of(n, q, synapse_demand(n, nullptr), neuron_demand(n, nullptr), nullptr);
    return t.time.expected <= Seconds{1} && (!q.machine.memory || t.work.resident <= q.machine.memory.value);
  };
  if (!runs(1)) return 0;
  double low = 0, high = 15;  // powers of ten
  for (int i = 0; i < 60; ++i) (runs(std::pow(10, (low + high) / 2)) ? low : high) = (low + high) / 2;
  return std::pow(10, low);
}

/// Machines for real time at the rates expected: what shrinks with more of them, what does not, and memory.
double machines_expected(const Total& total, const Estimate& e, Count count) {
  const Seconds shared = total.time.expected - total.time.fixed - total.time.network;
  const Seconds left = Seconds{1} - total.time.fixed;
  if (!(left > Seconds{})) return 0;  // no number of them suffices
  double need = number_of(shared / left) * count;
  if (e.capacity > Bytes{}) need = std::max(need, number_of(total.work.resident / e.capacity) * count);
  return std::max(1.0, std::ceil(need - 1e-9));
}

void say_remedy(Answer& a, const Total& total, const Question& q, double largest) {
  if (a.estimate.fits) return;
  const double over = number_of(total.work.resident / a.estimate.capacity);
  a.remedy = fmt::format("needs {:.4g} bytes on each machine, which has {:.4g}: {:.3g} times too much; {:.0f} machines hold it, or a brain of {:.3g} neurons fits", total.work.resident.value(), a.estimate.capacity.value(), over,
                         std::ceil(over * q.count), largest);
}

void fill_value(Answer& a, const Question& q, const Total& total, const BrainNumbers& n, double largest, double machines) {
  const Count events = n.synapses * number_of(n.rate);
  if (q.metric == "real_time_factor") a.value = a.estimate.fits ? a.estimate.expected.value() : 0;
  else if (q.metric == "machines_needed") a.value = machines;
  else if (q.metric == "memory_total") a.value = total.work.resident.value() * q.count;
  else if (q.metric == "neurons_max") a.value = largest;
  else if (events > 0) a.value = a.estimate.energy.value() / events * 1e6;
}

Answer plan_scheme(const Question& q, const BrainNumbers& n, Answer a, Trace* trace) {
  const BrainDemand synapses = synapse_demand(n, trace), neurons = neuron_demand(n, trace);
  const Machine& m = q.machine;
  const BytePerSecond link = note(trace, "link", m.internode.known ? m.internode.value : m.link.value, "between machines, else in the box");
  const BrainNeed need = machines_needed(synapses + neurons, n, m.rate_of(arithmetic_of(n.format)).value, m.bandwidth.value, m.memory.value, link);
  const BrainNeed of_synapses = machines_needed(synapses, n, m.rate_of(arithmetic_of(n.format)).value, m.bandwidth.value, m.memory.value, BytePerSecond{});
  const Total total = total_of(n, q, synapses, neurons, trace);
  a.estimate = estimate_of(total, m, q.count, q.constants.busy_power_share, std::hypot(0.3, m.bandwidth.spread), trace);
  if (!a.estimate.fits) a.estimate.bottleneck = Bottleneck::capacity;
  const double largest = largest_in_real_time(n, q), machines = std::max(machines_expected(total, a.estimate, q.count), std::ceil(need.network));
  a.extras = {
      {"machines_arithmetic", need.arithmetic, "", "machines for real time by arithmetic alone, at the vendor's rate"},
      {"machines_bandwidth", need.bandwidth, "", "by memory bandwidth alone"},
      {"machines_capacity", need.capacity, "", "by memory capacity alone"},
      {"machines_network", need.network, "", "by the links alone: every spike to every machine with a target"},
      {"machines_bound", need.all(), "", fmt::format("the largest of these, a lower bound: {} binds", bottleneck_names[static_cast<std::size_t>(need.binding())])},
      {"machines_expected", machines, "", "machines for real time at the rates expected; 0: none suffice"},
      {"synapses_arithmetic", of_synapses.arithmetic, "", "the same for the synapses alone"},
      {"synapses_bandwidth", of_synapses.bandwidth, "", "the same for the synapses alone"},
      {"synapses_capacity", of_synapses.capacity, "", "the same for the synapses alone"},
      {"neurons_real_time", largest, "neuron", "largest brain of this kind on these machines in real time"},
      {"flop_per_s", (synapses.flop + neurons.flop).value(), "FLOP/s", "of the whole brain in real time"},
      {"byte_per_s", (synapses.moved + neurons.moved).value(), "byte/s", "moved, of the whole brain in real time"},
      {"synaptic_events_per_s", n.synapses * number_of(n.rate), "/s", "synapses x rate"},
  };
  a.warnings.push_back("schemes are counted, not measured: only simulators (simulator=...) are held against measurements");
  fill_value(a, q, total, n, largest, machines);
  say_remedy(a, total, q, largest);
  return a;
}

Answer plan_simulator(const Question& q, const BrainNumbers& n, Answer a, Trace* trace) {
  const Simulator& s = find_simulator(q.parameters.text("simulator", ""), q.machine.kind, a.warnings);
  const Seconds min_delay{q.parameters.number("min_delay_ms", n.neuron_dt.value() * 1e3) * 1e-3};
  const Total total = simulator_time(s, n, min_delay, q.machine, q.count, q.constants, trace);
  a.estimate = estimate_of(total, q.machine, q.count, q.constants.busy_power_share, q.constants.width_snn, trace);
  // Simulators of the rows ran: a capacity that is not known well is no reason not to predict.
  double largest = n.neurons;
  if (a.estimate.capacity > Bytes{} && total.work.resident > Bytes{}) largest *= number_of(a.estimate.capacity / total.work.resident);
  if (q.row_kind != "brain") a.estimate.fits = true;
  if (s.kind == Simulator::Kind::real_time) a.warnings.push_back(fmt::format("{} keeps real time by design; runs that were slowed down on purpose are not foreseen", s.name));
  fill_value(a, q, total, n, largest, machines_expected(total, a.estimate, q.count));
  say_remedy(a, total, q, largest);
  return a;
}

Answer plan(const Question& q, Trace* trace) {
  Answer a;
  const BrainNumbers n = numbers_of(q.parameters, a);
  if (q.machine.kind == MachineKind::brain) throw InputError(fmt::format("{} is a brain: say brain=NAME, and the machine it is to run on with --on", q.machine.id));
  if (q.row_kind != "brain" || q.parameters.has("simulator")) return plan_simulator(q, n, std::move(a), trace);
  return plan_scheme(q, n, std::move(a), trace);
}

}  // namespace

RANVIER_WORKLOAD(brain) {
  .name = "brain",
  .title = "a brain, or a network of spiking neurons, from its numbers",
  .formula = "synapses x (rate or 1/dt) x (FLOP, bytes) + neurons / dt x (FLOP, bytes), held against rate, bandwidth, capacity and links; docs/plan-brain.md",
  .example = "ranvier plan brain brain=mouse --on h100",
  .row_kinds = row_kinds,
  .parameters = parameters,
  .metrics = metrics,
  .reported_only = true,
  .plan = plan,
};

}  // namespace ranvier::plan
