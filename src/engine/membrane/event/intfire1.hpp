// SPDX-License-Identifier: Apache-2.0
/// NEURON's IntFire1: a leaky integrator without a grid.
///
///   dm/dt = -m/tau                                   arrival of weight w: m += w
///   m > 1 (strictly): spike at the time of the event, m = 0, and events are ignored for t_ref
///
///   name     default  unit  range   meaning
///   tau      10       ms    > 0     time constant of m
///   t_ref    5        ms    >= 0    for how long events are ignored after a spike; one at its very end counts
///
/// State    m [1], the time it is of, the end of refractoriness [ms]; double
/// Numerics exact, from event to event: m decays by exp(-t/tau) between them. Events at the very same time are added up
///          before m is compared with 1, so that their order says nothing. (NEURON compares after each of them; then the
///          order in its queue decides whether an inhibitory event comes in time.)
/// Work     23 FLOP per event, ignored ones too; 24 bytes read, 16 written, 12 of the synapse
/// Source   Carnevale & Hines 2006, The NEURON Book, chapter 10; NEURON's intfire1.mod
/// Tested   tests/physics_intfire1.cpp: closed forms; tests/parity/test_intfire.py: every spike of SONATA's 300_intfire
#ifndef RANVIER_MEMBRANE_INTFIRE1
#define RANVIER_MEMBRANE_INTFIRE1
#include "engine/event_model.hpp"

namespace ranvier::engine::intfire1 {
enum : int { tau, t_ref };
inline constexpr Parameter parameters[] = {
    {"tau", 10.0, "ms", positive, "time constant of m"},
    {"t_ref", 5.0, "ms", not_negative, "for how long events are ignored after a spike; one at its very end counts"},
};
inline constexpr StateVariable state[] = {{"m", "1", "0", "distance from rest, in units of the threshold"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "intfire1", .title = "NEURON's IntFire1, advanced from event to event at exact times",
    .equations = "dm/dt = -m/tau ;  arrival of weight w: m += w\n"
                 "m > 1: spike at the time of the event, m = 0; events are ignored for t_ref",
    .parameters = parameters, .state = state,
    .numerics = "exact and off the grid: spike times are not rounded to steps; events at the very same time are added up before m is compared with 1",
    .source = "Carnevale & Hines 2006, The NEURON Book, doi:10.1017/CBO9780511541612, chapter 10", .flop = 23, .byte_read = 24, .byte_written = 16,
    .weight_unit = "1", .event_driven = true};

struct Membrane {
  static constexpr int n_state = 1, refractory = t_ref;
  static void elapse(const CellParameters& p, std::size_t cell, double* s, double ms) { s[0] *= math::decay(-ms / p(tau, cell)); }
  static void arrive(double* s, double weight) { s[0] += weight; }
  static bool fires(const double* s) { return s[0] > 1; }
  static void reset(double* s) { s[0] = 0; }
};
inline constexpr EventModel model = event_model<Membrane>(info);
}  // namespace ranvier::engine::intfire1
#endif
