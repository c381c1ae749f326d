// SPDX-License-Identifier: Apache-2.0
/// Double exponential receptor: a current or conductance with a rise and a decay of its own.
///
///   dI/dt = -I/tau_decay + x,  dx/dt = -x/tau_rise      arrival of weight w: x += w k            (g as a conductance)
///   so that one arrival gives I(t) = w k (e^{-t/tau_decay} - e^{-t/tau_rise}) / (1/tau_rise - 1/tau_decay);
///   k makes the peak w, at t = ln(tau_decay/tau_rise) tau_decay tau_rise / (tau_decay - tau_rise)
///
///   name       default  unit  range   meaning
///   tau_rise   0.5      ms    > 0     rise time constant
///   tau_decay  5        ms    > 0     decay time constant; equal to tau_rise it is the alpha receptor
///   E_rev      0        mV            reversal potential, for a conductance
///
/// State    I [pA] or g [nS]; x [pA/ms] or [nS/ms]. Two filters in a row rather than a difference of two exponentials:
///          nothing is singular or cancels where the time constants agree.
/// Numerics exact; as a current into a linear membrane the joint propagators are exact for any dt and any three time
///          constants; else the value at mid-step enters
/// Work     8 FLOP; 8 bytes read, 8 written
/// Source   Roth & van Rossum 2009, doi:10.7551/mitpress/9780262013277.003.0007, eq. 6.4-6.6
/// Tested   tests/physics_receptors.cpp: peak and its time, PSP against quadrature, the limit of equal time constants
#ifndef RANVIER_RECEPTOR_DOUBLE_EXPONENTIAL
#define RANVIER_RECEPTOR_DOUBLE_EXPONENTIAL
#include "engine/kernel.hpp"
#include "engine/propagator.hpp"

namespace ranvier::engine::double_exponential {
enum : int { tau_rise, tau_decay, E_rev };
inline constexpr Parameter parameters[] = {
    {"tau_rise", 0.5, "ms", positive, "rise time constant"},
    {"tau_decay", 5.0, "ms", positive, "decay time constant"},
    {"E_rev", 0.0, "mV", any, "reversal potential, for a conductance"},
};
inline constexpr StateVariable state[] = {
    {"I", "pA", "0", "synaptic current (conductance g in nS)"},
    {"x", "pA/ms", "0", "what drives it"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::receptor, .name = "double_exponential", .title = "current or conductance that rises and decays exponentially",
    .equations = "dI/dt = -I/tau_decay + x ;  dx/dt = -x/tau_rise ;  arrival of weight w: x += w k\nk makes the weight the peak",
    .parameters = parameters, .state = state, .numerics = "exact; exact joint propagators with a linear membrane, mid-step value otherwise",
    .source = "Roth & van Rossum 2009, doi:10.7551/mitpress/9780262013277.003.0007", .flop = 8, .byte_read = 8, .byte_written = 8, .weight_unit = "pA"};

enum Constant : int { decay, x_decay, x_to_I, kick, half_decay, half_x_to_I, I_to_V, x_to_V, E, constant_count };

inline void derive(const double* p, Coupling coupling, const MembraneConstants& membrane, double dt, double* c) {
  const double rise = p[tau_rise], fall = p[tau_decay];
  const auto moved = [&](double t) { return t * propagator::divided_exp(-t / rise, -t / fall); };  // unit x to I in t
  c[decay] = math::exp(-dt / fall);
  c[x_decay] = math::exp(-dt / rise);
  c[x_to_I] = moved(dt);
  c[kick] = 1 / propagator::peak_of_chain(rise, fall);
  c[half_decay] = math::exp(-dt / (2 * fall));
  c[half_x_to_I] = moved(dt / 2);
  const bool exact = coupling == Coupling::exact;
  c[I_to_V] = exact ? propagator::exponential_current(dt, fall, membrane.tau_m, membrane.C_m) : 0;
  c[x_to_V] = exact ? propagator::chained_current(dt, rise, fall, membrane.tau_m, membrane.C_m) : 0;
  c[E] = p[E_rev];
}
inline constexpr ReceptorModel model{.info = &info, .n_constants = constant_count, .conductance_allowed = true, .derive = derive};
}  // namespace ranvier::engine::double_exponential
#endif

#if defined(RANVIER_RECEPTOR_DOUBLE_EXPONENTIAL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_RECEPTOR_DOUBLE_EXPONENTIAL_INL
#undef RANVIER_RECEPTOR_DOUBLE_EXPONENTIAL_INL
#else
#define RANVIER_RECEPTOR_DOUBLE_EXPONENTIAL_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct DoubleExponentialReceptor {
  static constexpr int n_state = 2, n_constants = double_exponential::constant_count;
  static constexpr bool sleeps = false;

  template <Coupling coupling, class D, class V>
  static HWY_INLINE void apply(D d, const V* c, V* s, V input, Drive<D>& drive) {
    namespace k = double_exponential;
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
    x = fma(d, c[k::x_decay], x, hn::Mul(c[k::kick], input));
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
