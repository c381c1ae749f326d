// SPDX-License-Identifier: Apache-2.0
/// NMDA receptor: a decaying conductance that magnesium blocks at low potentials.
///
///   dg/dt = -g/tau_syn        arrival of weight w: g += w          current g B(V) (E_rev - V)
///   B(V) = 1 / (1 + e^{-0.062 V} Mg / 3.57)                        V in mV, Mg in mM
///
/// How much of the receptor a spike opens is the source's matter: the synapse rule nmda gives the kinetics whose decay
/// tau_syn is (1 / (0.0066 per ms)), and several spikes then saturate.
///
/// State    g [nS], unblocked
/// Numerics exact decay, value at mid-step; B from the potential at the step's beginning, once per cell
/// Work     25 FLOP; 4 bytes read, 4 written
/// Source   Jahr & Stevens 1990, doi:10.1523/JNEUROSCI.10-09-03178.1990; tau_syn: Destexhe, Mainen & Sejnowski 1994, doi:10.1162/neco.1994.6.1.14
/// Tested   tests/physics_nmda.cpp
#ifndef RANVIER_RECEPTOR_NMDA
#define RANVIER_RECEPTOR_NMDA
#include "engine/kernel.hpp"
#include "engine/magnesium.hpp"

namespace ranvier::engine::nmda {
enum : int { tau_syn, E_rev, Mg };
inline constexpr Parameter parameters[] = {
    {"tau_syn", 1 / 0.0066, "ms", positive, "decay time constant"},
    {"E_rev", 0.0, "mV", any, "reversal potential"},
    {"Mg", 1.0, "1", not_negative, "magnesium outside the cell, in mM; 0: no block"},
};
inline constexpr StateVariable state[] = {{"I", "pA", "0", "conductance g [nS], unblocked"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::receptor, .name = "nmda", .title = "conductance that magnesium blocks at low potentials",
    .equations = "dg/dt = -g / tau_syn ;  arrival of weight w: g += w ;  current g B(V) (E_rev - V)\nB(V) = 1 / (1 + exp(-0.062 V) Mg / 3.57)", .parameters = parameters, .state = state,
    .numerics = "exact decay; conductance at mid-step, block from the potential at the step's beginning",
    .source = "Jahr & Stevens 1990, doi:10.1523/JNEUROSCI.10-09-03178.1990", .flop = 25, .byte_read = 4, .byte_written = 4, .weight_unit = "pA", .conductance_only = true};

enum Constant : int { decay, half_decay, E, steepness, block, constant_count };

inline void derive(const double* p, Coupling, const MembraneConstants& membrane, double dt, double* c) {
  c[decay] = math::exp(-dt / p[tau_syn]);
  c[half_decay] = math::exp(-dt / (2 * p[tau_syn]));
  c[E] = p[E_rev];
  c[steepness] = -magnesium::steepness;
  c[block] = p[Mg] / magnesium::half * math::exp(-magnesium::steepness * membrane.base);  // at potentials as the membrane keeps them
}
inline constexpr ReceptorModel model{.info = &info, .n_constants = constant_count, .conductance_allowed = true, .derive = derive};
}  // namespace ranvier::engine::nmda
#endif

#if defined(RANVIER_RECEPTOR_NMDA_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_RECEPTOR_NMDA_INL
#undef RANVIER_RECEPTOR_NMDA_INL
#else
#define RANVIER_RECEPTOR_NMDA_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct NmdaReceptor {
  static constexpr int n_state = 1, n_constants = nmda::constant_count;
  static constexpr bool sleeps = false;

  template <Coupling coupling, class D, class V>
  static HWY_INLINE void apply(D d, const V* c, V* s, V input, Drive<D>& drive) {
    namespace k = nmda;
    if constexpr (coupling == Coupling::conductance) {
      const V blocked = fma(d, c[k::block], exp(d, hn::Mul(c[k::steepness], drive.before)), hn::Set(d, 1));
      const V g = hn::Div(hn::Mul(c[k::half_decay], s[0]), blocked);
      drive.G = hn::Add(drive.G, g);
      drive.GE = fma(d, g, c[k::E], drive.GE);
    }
    s[0] = fma(d, c[k::decay], s[0], input);
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
