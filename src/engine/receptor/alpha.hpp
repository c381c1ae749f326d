// SPDX-License-Identifier: Apache-2.0
/// Alpha receptor: a current or conductance that rises to the weight at tau_syn and falls again.
///
///   dI/dt = -I/tau_syn + x,  dx/dt = -x/tau_syn        arrival of weight w: x += w e/tau_syn     (g as a conductance)
///   so that one arrival gives I(t) = w (t/tau_syn) e^{1 - t/tau_syn}: peak w at tau_syn, charge e w tau_syn
///
///   name     default  unit  range   meaning
///   tau_syn  2        ms    > 0     time to peak
///   E_rev    0        mV            reversal potential, for a conductance
///
/// State    I [pA] or g [nS]; x [pA/ms] or [nS/ms]
/// Numerics exact; as a current into a linear membrane the joint propagators are exact for any dt and any pair of time
///          constants, equal ones too; else the value at mid-step enters
/// Work     8 FLOP; 8 bytes read, 8 written
/// Source   Rotter & Diesmann 1999, doi:10.1007/s004220050570
/// Tested   tests/physics_receptors.cpp: PSP against the closed form, peak of the current and of the conductance
#ifndef RANVIER_RECEPTOR_ALPHA
#define RANVIER_RECEPTOR_ALPHA
#include "engine/kernel.hpp"
#include "engine/propagator.hpp"

namespace ranvier::engine::alpha {
enum : int { tau_syn, E_rev };
inline constexpr Parameter parameters[] = {
    {"tau_syn", 2.0, "ms", positive, "time to peak"},
    {"E_rev", 0.0, "mV", any, "reversal potential, for a conductance"},
};
inline constexpr StateVariable state[] = {
    {"I", "pA", "0", "synaptic current (conductance g in nS)"},
    {"x", "pA/ms", "0", "what drives it"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::receptor, .name = "alpha", .title = "alpha-shaped current or conductance",
    .equations = "dI/dt = -I/tau_syn + x ;  dx/dt = -x/tau_syn ;  arrival of weight w: x += w e/tau_syn\nthe weight is the peak, reached at tau_syn",
    .parameters = parameters, .state = state, .numerics = "exact; exact joint propagators with a linear membrane, mid-step value otherwise",
    .source = "Rotter & Diesmann 1999, doi:10.1007/s004220050570", .flop = 8, .byte_read = 8, .byte_written = 8, .weight_unit = "pA"};

enum Constant : int { decay, x_to_I, kick, half_decay, half_x_to_I, I_to_V, x_to_V, E, constant_count };

inline void derive(const double* p, Coupling coupling, const MembraneConstants& membrane, double dt, double* c) {
  const double tau = p[tau_syn];
  c[decay] = math::exp(-dt / tau);
  c[x_to_I] = dt * c[decay];
  c[kick] = math::exp(1.0) / tau;
  c[half_decay] = math::exp(-dt / (2 * tau));
  c[half_x_to_I] = dt / 2 * c[half_decay];
  const bool exact = coupling == Coupling::exact;
  c[I_to_V] = exact ? propagator::exponential_current(dt, tau, membrane.tau_m, membrane.C_m) : 0;
  c[x_to_V] = exact ? propagator::chained_current(dt, tau, tau, membrane.tau_m, membrane.C_m) : 0;
  c[E] = p[E_rev];
}
inline constexpr ReceptorModel model{.info = &info, .n_constants = constant_count, .conductance_allowed = true, .derive = derive};
}  // namespace ranvier::engine::alpha
#endif

#if defined(RANVIER_RECEPTOR_ALPHA_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_RECEPTOR_ALPHA_INL
#undef RANVIER_RECEPTOR_ALPHA_INL
#else
#define RANVIER_RECEPTOR_ALPHA_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct AlphaReceptor {
  static constexpr int n_state = 2, n_constants = alpha::constant_count;
  static constexpr bool sleeps = false;

  template <Coupling coupling, class D, class V>
  static HWY_INLINE void apply(D d, const V* c, V* s, V input, Drive<D>& drive) {
    namespace k = alpha;
    V &I = s[0], &x = s[1];
    if constexpr (coupling == Coupling::exact) {
      drive.dV = fma(d, c[k::I_to_V], I, fma(d, c[k::x_to_V], x, drive.dV));
    } else {
      const V middle = fma(d, c[k::half_decay], I, hn::Mul(c[k::half_x_to_I], x));
      if constexpr (coupling == Coupling::current) {
        drive.I = hn::Add(drive.I, middle);
      } else {
        drive.G = hn::Add(drive.G, middle);
        drive.GE = fma(d, middle, c[k::E], drive.GE);
      }
    }
    I = fma(d, c[k::decay], I, hn::Mul(c[k::x_to_I], x));
    x = fma(d, c[k::decay], x, hn::Mul(c[k::kick], input));
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
