// SPDX-License-Identifier: Apache-2.0
#include "plan/workload/brain_cost.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/suggest.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

// --- the plastic synapse, per synapse and step; items in docs/plan-brain.md
constexpr Flop essay_flop{85};                        // essay E4, sum of its nine items
constexpr Flop literal_flop{11 + 13 + 31 + 7 + 9 + 11 + 4 + 36 + 3};
constexpr Flop hoisted_flop{6 + 4 + 5 + 4 + 7 + 8 + 1 + 0 + 1};
constexpr int states = 7;                             // s_A, F, D, s_N, Ca, K, w: read and written
constexpr Bytes indices{8};                           // target and place of the shared variables

// --- one visit at a spike
constexpr Flop event_flop{100}, panel_flop{25};
constexpr int event_states = 4;                       // w, Ca, K, and where the target's history was left
constexpr Bytes target_index{4};
constexpr Bytes target_sectors{64};                   // accumulators, calcium, homeostasis, dopamine of the target: two sectors
constexpr Seconds panel{10e-3}, memory_of_panels{0.45};  // 3 / beta of the calmodulin kinase
// --- a synapse that does not learn, as the engine stores it: 16-bit slot and 16-bit weight; two operations, one 4-byte sum read and written in the cache
constexpr Bytes static_byte{4};
constexpr Flop static_flop{2};

// --- neurons
constexpr Flop point_flop{30};                        // membrane, two receptors, threshold
constexpr Bytes point_moved{32};                      // V, two currents, input: read and written
constexpr Flop compartment_flop{220};                 // three gates with table or exp, conductances, tree solver
constexpr Bytes compartment_moved{48};
constexpr Seconds compartment_dt{0.025e-3};           // explicit steps of Hodgkin-Huxley diverge at 0.08 ms
constexpr Flop essay_neuron_flop{20000};              // essay E4, per neuron and ms
constexpr Seconds essay_neuron_dt{1e-3}, visit{1e-3};

Bytes number_byte(BrainFormat f) { return Bytes{f == BrainFormat::fp64 ? 8.0 : f == BrainFormat::fp32 ? 4.0 : 2.0}; }

BrainDemand clock_driven_demand(const BrainNumbers& n, Trace* trace) {
  const Hertz updates = note(trace, "updates of a synapse", 1.0 / n.dt, "1 / dt");
  const bool essay = n.scheme == BrainScheme::essay;
  const Flop flop = note(trace, "FLOP per synapse and step", essay ? essay_flop : n.scheme == BrainScheme::literal ? literal_flop : hoisted_flop, "sum over nine mechanisms", "docs/plan-brain.md");
  const Bytes moved = note(trace, "bytes per synapse and step", essay ? Bytes{} : states * 2 * number_byte(n.format) + indices, "7 states read and written, 8 bytes of indices");
  const Bytes resident = note(trace, "bytes per synapse", essay ? Bytes{} : n.synapse_byte > Bytes{} ? n.synapse_byte : states * number_byte(n.format) + indices, "7 states, 8 bytes of indices");
  return {n.synapses * flop * updates, n.synapses * moved * updates, n.synapses * resident};
}

BrainDemand event_demand(const BrainNumbers& n, Trace* trace) {
  const Count panels = note(trace, "panels to catch up on", panels_per_event(n.rate), "min(1 / rate, 450 ms) / 10 ms");
  const Flop flop = note(trace, "FLOP per event", event_flop + panels * panel_flop, "100 + 25 x panels");
  const Bytes number = number_byte(n.format);
  const Bytes state = note(trace, "bytes of the synapse per event", event_states * 2 * number + target_index, "4 states read and written, the target read");
  const Bytes history = note(trace, "bytes of the target's history per event", panels * number, "one checkpoint per panel");
  const Bytes moved = note(trace, "bytes per event", state + target_sectors + history, "synapse + two sectors of the target + history");
  const Bytes resident = note(trace, "bytes per synapse", n.synapse_byte > Bytes{} ? n.synapse_byte : event_states * number + target_index, "4 states and the target");
  return {n.synapses * flop * n.rate, n.synapses * moved * n.rate, n.synapses * resident};
}

BrainDemand static_demand(const BrainNumbers& n, Trace* trace) {
  const Bytes resident = note(trace, "bytes per synapse", n.synapse_byte > Bytes{} ? n.synapse_byte : static_byte, "16 bits of target, 16 bits of weight; the delay is its place", "docs/architecture.md");
  return {n.synapses * static_flop * n.rate, n.synapses * resident * n.rate, n.synapses * resident};
}

/// Granule cells, 58 % of neurons, and Purkinje cells, one for 860, are filters over their inputs' last five frames.
/// Source: essay E1b; its formula is a picture, this is what its text gives.
BrainDemand lnp_demand(const BrainNumbers& n, Trace* trace) {
  const Count granule = note(trace, "granule cells", n.neurons * 5e10 / 86e9, "5e10 of 86e9 neurons", "essay E1b");
  const Count purkinje = note(trace, "Purkinje cells", n.neurons * 1e8 / 86e9, "1e8 of 86e9 neurons", "essay E1b");
  const Count products = note(trace, "multiply-adds per pass", granule * (3 * 4 * 5) * (15 * 5) + purkinje * (10.0 * 1000 * 5) * (100000.0 * 5), "filter x inputs, of all cells", "essay E1b");
  const Count inputs = granule * (15 * 5) + purkinje * (100000.0 * 5);
  const Count filters = granule * (3 * 4 * 5) + purkinje * (10.0 * 1000 * 5);
  const Bytes number = number_byte(n.format);
  return {products * Flop{2} * n.rate, (inputs + filters) * number * n.rate, (inputs + filters) * number};
}

template <std::size_t N>
std::size_t find_word(std::string_view word, const std::array<const char*, N>& words, const char* what) {
  for (std::size_t i = 0; i < N; ++i)
    if (word == words[i]) return i;
  const std::vector<std::string> names(words.begin(), words.end());
  throw InputError(fmt::format("{} = \"{}\": no such {}.{}", what, word, what, suggestion(word, names)));
}

}  // namespace

Count panels_per_event(Hertz rate) {
  const Seconds gap = rate > Hertz{} ? min(1.0 / rate, memory_of_panels) : memory_of_panels;
  return gap / panel;
}

BrainDemand synapse_demand(const BrainNumbers& n, Trace* trace) {
  const Section section(trace, "synapses");
  switch (n.scheme) {
    case BrainScheme::essay:
    case BrainScheme::literal:
    case BrainScheme::hoisted: return clock_driven_demand(n, trace);
    case BrainScheme::event: return event_demand(n, trace);
    case BrainScheme::fixed: return static_demand(n, trace);
    case BrainScheme::lnp: return lnp_demand(n, trace);
  }
  return {};
}

BrainDemand neuron_demand(const BrainNumbers& n, Trace* trace) {
  if (n.scheme == BrainScheme::lnp) return {};  // its cells are its filters
  const Section section(trace, "neurons");
  if (n.neuron == BrainNeuron::essay)
    return {n.neurons * note(trace, "FLOP per neuron and ms", essay_neuron_flop, "", "essay E4") / essay_neuron_dt, BytePerSecond{}, Bytes{}};
  const bool point = n.neuron == BrainNeuron::point;
  const Count parts = note(trace, "parts of a neuron", point ? 1.0 : n.compartments);
  const Seconds dt = note(trace, "step", point ? n.neuron_dt : compartment_dt, point ? "" : "explicit steps of Hodgkin-Huxley compartments: wrong at 0.07 ms, diverging at 0.08");
  const Flop flop = note(trace, "FLOP per part and step", point ? point_flop : compartment_flop);
  const Bytes moved = note(trace, "bytes per part and step", point ? point_moved : compartment_moved, "state read and written, input read");
  // With a cell in the cache for a whole millisecond its state passes the memory once in that time.
  const Seconds between = n.cell_stays_cached ? max(dt, visit) : dt;
  return {n.neurons * parts * flop / dt, n.neurons * parts * moved / between, n.neurons * parts * moved / 2};
}

Count BrainNeed::all() const { return std::max({arithmetic, bandwidth, capacity, network}); }

Bottleneck BrainNeed::binding() const {
  const Count most = all();
  if (most <= 0) return Bottleneck::nothing;
  if (most == arithmetic) return Bottleneck::arithmetic;
  if (most == bandwidth) return Bottleneck::memory;
  return most == capacity ? Bottleneck::capacity : Bottleneck::network;
}

BrainNeed machines_needed(const BrainDemand& d, const BrainNumbers& n, FlopPerSecond rate, BytePerSecond bandwidth, Bytes memory, BytePerSecond link) {
  BrainNeed need;
  if (rate > FlopPerSecond{}) need.arithmetic = d.flop / rate;
  if (bandwidth > BytePerSecond{}) need.bandwidth = d.moved / bandwidth;
  if (memory > Bytes{}) need.capacity = d.resident / memory;
  if (link > BytePerSecond{}) {
    // A spike is 8 bytes to each machine that holds a target: to all of them while they are fewer than its synapses.
    constexpr Bytes spike{8};
    const BytePerSecond all_spikes = n.neurons * n.rate * spike;
    const Count fan_out = n.neurons > 0 ? n.synapses / n.neurons : 0;
    need.network = all_spikes <= link ? 1 : std::max(fan_out, all_spikes * fan_out / link);
  }
  return need;
}

BrainScheme parse_brain_scheme(std::string_view word) {
  constexpr std::array words{"essay", "literal", "hoisted", "event", "static", "lnp"};
  return static_cast<BrainScheme>(find_word(word, words, "scheme"));
}

BrainFormat parse_brain_format(std::string_view word) {
  constexpr std::array words{"fp64", "fp32", "half", "double", "single", "fp16", "float32", "float64"};
  constexpr std::array formats{BrainFormat::fp64, BrainFormat::fp32, BrainFormat::half, BrainFormat::fp64, BrainFormat::fp32, BrainFormat::half, BrainFormat::fp32, BrainFormat::fp64};
  return formats[find_word(word, words, "precision")];
}

BrainNeuron parse_brain_neuron(std::string_view word) {
  constexpr std::array words{"point", "compartments", "essay"};
  return static_cast<BrainNeuron>(find_word(word, words, "neuron"));
}

}  // namespace ranvier::plan
