// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a second of a brain's life costs: arithmetic, memory traffic, memory, network; by the way it is computed.
///
///   essay      every synapse in every step, 85 FLOP in fp64; bytes were not counted
///   literal    the same equations counted with care: 125 FLOP, all states read and written
///   hoisted    what belongs to a source or target is computed there once; propagators instead of steps: 36 FLOP
///   event      a synapse is visited only when a spike arrives; what happened in between has closed forms
///   static     event-driven synapses that do not learn, as Ranvier's engine has them: 4 bytes
///   lnp        linear-nonlinear Poisson cascades: each cell is a filter over its inputs' past
///
/// The synapse of the first four has short-term plasticity, NMDA current, calcium, CaMKII, a weight rule, homeostasis and
/// neuromodulation. Counts per item and their sources: docs/plan-brain.md.

#include <string_view>

#include "core/machine.hpp"
#include "plan/estimate.hpp"
#include "plan/trace.hpp"

namespace ranvier::plan {

enum class BrainScheme : unsigned char { essay, literal, hoisted, event, fixed, lnp };
/// Numbers are 8, 4 or 2 bytes in memory; arithmetic on 2-byte states is fp32.
enum class BrainFormat : unsigned char { fp64, fp32, half };
enum class BrainNeuron : unsigned char { point, compartments, essay };

/// The question in numbers; all of them inputs.
struct BrainNumbers {
  Count neurons = 8.6e10;
  Count synapses = 1e14;
  Hertz rate{1};              ///< mean over all neurons
  Seconds dt{1e-3};           ///< of the synapses, where they are clock-driven
  Seconds neuron_dt{1e-4};
  BrainScheme scheme = BrainScheme::event;
  BrainFormat format = BrainFormat::fp32;
  BrainNeuron neuron = BrainNeuron::point;
  Count compartments = 100;
  bool cell_stays_cached = false;   ///< the steps of 1 ms are done while a cell is in the cache
  Bytes synapse_byte{0};            ///< resident, where it is known; 0: that of the scheme
};

/// Demand per second of biology of all synapses, or of all neurons.
struct BrainDemand {
  FlopPerSecond flop{};
  BytePerSecond moved{};
  Bytes resident{};
};
BrainDemand synapse_demand(const BrainNumbers& numbers, Trace* trace);
BrainDemand neuron_demand(const BrainNumbers& numbers, Trace* trace);
inline BrainDemand operator+(BrainDemand a, const BrainDemand& b) { return {a.flop + b.flop, a.moved + b.moved, a.resident + b.resident}; }

/// Machines that a demand needs in real time if each thing alone counted, at 100 % of the vendor's figures. Not rounded.
struct BrainNeed {
  Count arithmetic = 0, bandwidth = 0, capacity = 0, network = 0;
  Count all() const;
  Bottleneck binding() const;
};
/// `link` is what one machine can send; 0: not known, network is then not counted.
BrainNeed machines_needed(const BrainDemand& demand, const BrainNumbers& numbers, FlopPerSecond rate, BytePerSecond bandwidth, Bytes memory, BytePerSecond link);

/// Panels of plasticity that an event has to catch up on: 10 ms each, at most 450 ms of the past count.
Count panels_per_event(Hertz rate);

/// Precision of the arithmetic.
constexpr Precision arithmetic_of(BrainFormat f) { return f == BrainFormat::fp64 ? Precision::fp64 : Precision::fp32; }
constexpr bool clock_driven(BrainScheme s) { return s == BrainScheme::essay || s == BrainScheme::literal || s == BrainScheme::hoisted; }

/// "event", "half", "compartments": words of parameters. Throw InputError with the known ones.
BrainScheme parse_brain_scheme(std::string_view word);
BrainFormat parse_brain_format(std::string_view word);
BrainNeuron parse_brain_neuron(std::string_view word);

}  // namespace ranvier::plan
