// SPDX-License-Identifier: Apache-2.0
/// Adaptive exponential integrate-and-fire membrane (AdEx).
///
///   C_m dV_m/dt = -g_L (V_m - E_L) + g_L Delta_T e^{(V_m - V_T)/Delta_T} - w + I_syn + I_e
///   tau_w dw/dt = a (V_m - E_L) - w
///   V_m >= V_peak: spike, V_m = V_reset for t_ref, w += b
///
///   name     default  unit  range     meaning
///   C_m      281      pF    > 0       membrane capacitance
///   g_L      30       nS    > 0       leak conductance
///   E_L      -70.6    mV              resting potential
///   V_T      -50.4    mV              where the upswing begins
///   Delta_T  2        mV    >= 0      its sharpness; 0: a leaky neuron that fires at V_T
///   tau_w    144      ms    > 0       time constant of adaptation
///   a        4        nS              adaptation below threshold
///   b        80.5     pA              adaptation per spike
///   V_reset  -70.6    mV    < V_peak  potential after a spike
///   V_peak   0        mV              where a spike is cut
///   t_ref    0        ms    >= 0      refractory period; w goes on
///   I_e      0        pA              constant current
///
/// State    V_m [mV], kept relative to E_L; w [pA]
/// Numerics second order. Strang splitting: half a step of w (exact), a step of V, half a step of w. V takes an
///          exponential Rosenbrock step, V += dt F exprel(dt F'), with conductances and currents at mid-step: exact where
///          F is linear, at rest where F is 0, stable for any dt; eight sub-steps in the upswing. RK4 needs four
///          exponentials everywhere and diverges in the upswing. A spike is found at the end of its step, so spike
///          times are late by up to one step each.
///          dt at most 1 ms; 0.05 to 0.1 is usual. Cells do not sleep: there is no closed form.
/// Work     70 FLOP (two exponentials at 15); 12 bytes read, 8 written
/// Source   Brette & Gerstner 2005, doi:10.1152/jn.00686.2005; Hochbruck & Ostermann 2010, doi:10.1017/S0962492910000048, eq. 2.41
/// Tested   tests/physics_adex.cpp: spike times, order of convergence, rheobase, the limit Delta_T = 0
#ifndef RANVIER_MEMBRANE_ADEX
#define RANVIER_MEMBRANE_ADEX
#include <algorithm>

#include "core/math.hpp"
#include "engine/kernel.hpp"

namespace ranvier::engine::adex {
enum : int { C_m, g_L, E_L, V_T, Delta_T, tau_w, a, b, V_reset, V_peak, t_ref, I_e };
inline constexpr Parameter parameters[] = {
    {"C_m", 281.0, "pF", positive, "membrane capacitance"},
    {"g_L", 30.0, "nS", positive, "leak conductance"},
    {"E_L", -70.6, "mV", any, "resting potential"},
    {"V_T", -50.4, "mV", any, "where the upswing begins"},
    {"Delta_T", 2.0, "mV", not_negative, "sharpness of the upswing; 0: a leaky neuron that fires at V_T"},
    {"tau_w", 144.0, "ms", positive, "time constant of adaptation"},
    {"a", 4.0, "nS", any, "adaptation below threshold"},
    {"b", 80.5, "pA", any, "adaptation per spike"},
    {"V_reset", -70.6, "mV", any, "potential after a spike"},
    {"V_peak", 0.0, "mV", any, "where a spike is cut"},
    {"t_ref", 0.0, "ms", not_negative, "refractory period; w goes on"},
    {"I_e", 0.0, "pA", any, "constant current"},
};
inline constexpr StateVariable state[] = {
    {"V_m", "mV", "E_L", "membrane potential"},
    {"w", "pA", "0", "adaptation current"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "adex", .title = "adaptive exponential integrate-and-fire",
    .equations = "C_m dV_m/dt = -g_L (V_m - E_L) + g_L Delta_T exp((V_m - V_T)/Delta_T) - w + I_syn + I_e\n"
                 "tau_w dw/dt = a (V_m - E_L) - w\nV_m >= V_peak: spike, V_m = V_reset for t_ref, w += b",
    .parameters = parameters, .state = state,
    .numerics = "second order: exponential Rosenbrock step of V between two exact half steps of w; conductances at mid-step",
    .source = "Brette & Gerstner 2005, doi:10.1152/jn.00686.2005", .flop = 70, .byte_read = 12, .byte_written = 8};

enum Constant : int { dt_C, leak, slope_exp, scale_exp, inv_Delta, V_T_rel, peak, reset, rest, I_const, a_, b_, half_w, constant_count };

inline void derive(const double* p, double dt, double* c) {
  const bool sharp = p[Delta_T] == 0;
  c[dt_C] = dt / p[C_m];
  c[leak] = p[g_L];
  c[slope_exp] = sharp ? 0 : p[g_L];
  c[scale_exp] = p[g_L] * p[Delta_T];
  c[inv_Delta] = sharp ? 0 : 1 / p[Delta_T];
  c[V_T_rel] = p[V_T] - p[E_L];
  c[peak] = (sharp ? std::min(p[V_T], p[V_peak]) : p[V_peak]) - p[E_L];
  c[reset] = p[V_reset] - p[E_L];
  c[rest] = p[E_L];
  c[I_const] = p[I_e];
  c[a_] = p[a];
  c[b_] = p[b];
  c[half_w] = -math::expm1(-dt / (2 * p[tau_w]));
}
inline MembraneConstants no_linear_constants(const double* p) { return {false, p[C_m] / p[g_L], p[C_m]}; }
inline const char* validate(const double* p, double dt) {
  const double cut = p[Delta_T] == 0 ? std::min(p[V_T], p[V_peak]) : p[V_peak];
  if (p[V_peak] > p[E_L] + 5000) return "V_peak must be within 5,000 mV of E_L";
  if (!(p[V_reset] < cut)) return "V_reset must be below V_peak (and below V_T where Delta_T is 0), or the cell fires in every step";
  if (p[Delta_T] > 0 && (p[V_peak] - p[V_T]) / p[Delta_T] >= 700) return "(V_peak - V_T) / Delta_T must be below 700; lower V_peak, or set Delta_T = 0 for a sharp threshold";
  if (dt > 1) return "dt must be at most 1 ms for this membrane; 0.1 ms is usual";
  return nullptr;
}
inline constexpr MembraneModel model{
    .info = &info, .n_constants = constant_count, .linear = false, .relative_to = E_L, .refractory = t_ref,
    .derive = derive, .constants = no_linear_constants, .validate = validate, .quiet = nullptr};
}  // namespace ranvier::engine::adex
#endif

#if defined(RANVIER_MEMBRANE_ADEX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_ADEX_INL
#undef RANVIER_MEMBRANE_ADEX_INL
#else
#define RANVIER_MEMBRANE_ADEX_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct AdexMembrane {
  static constexpr int n_state = 2, n_constants = adex::constant_count;
  static constexpr bool linear = false, can_blow_up = true, sleeps = false;
  static constexpr std::uint32_t held_steps(std::uint32_t refractory) { return refractory; }

  template <class D, class V, class M>
  static HWY_INLINE M step(D d, const V* c, V* s, const Drive<D>& in, V current, M held, bool) {
    using namespace adex;
    V &u = s[0], &w = s[1];
    const V w_half = fma(d, c[half_w], fma(d, c[a_], u, hn::Neg(w)), w);
    const V G = hn::Add(c[leak], in.G);
    const V I = hn::Sub(hn::Add(hn::Add(c[I_const], current), hn::Add(in.I, fma(d, hn::Neg(in.G), c[rest], in.GE))), w_half);
    const V u_next = advance(d, c, u, G, I);
    // w sees V no higher than the peak: beyond it there is only the overshoot of one step.
    const V u_seen = hn::IfThenElse(held, u, hn::IfThenElse(hn::Gt(u_next, c[peak]), c[peak], u_next));
    const V w_next = fma(d, c[half_w], fma(d, c[a_], u_seen, hn::Neg(w_half)), w_half);

    const M spike = hn::AndNot(held, hn::Ge(hn::Add(u_next, in.jump), c[peak]));
    u = hn::IfThenElse(spike, c[reset], hn::IfThenElse(held, u, hn::Add(u_next, in.jump)));
    w = hn::Add(w_next, hn::IfThenElseZero(spike, c[b_]));
    return spike;
  }

 private:
  /// V a step later. In the upswing, where the slope dt F' is not small, in eight sub-steps: a single one falls behind
  /// by up to a step and a half, and with it the spike. Most vectors of cells have no cell there.
  template <class D, class V>
  static HWY_INLINE V advance(D d, const V* c, V u, V G, V I) {
    using T = hn::TFromD<D>;
    V z;
    const V whole = rosenbrock(d, c, c[adex::dt_C], u, G, I, z);
    const auto upswing = hn::Gt(z, hn::Set(d, T(0.125)));
    if (HWY_LIKELY(hn::AllFalse(d, upswing))) return whole;
    V part = u;
    for (int k = 0; k < 8; ++k) part = rosenbrock(d, c, hn::Mul(c[adex::dt_C], hn::Set(d, T(0.125))), part, G, I, z);
    return hn::IfThenElse(upswing, part, whole);
  }

  /// u + dt F exprel(dt F'), dt F' in z. Where the exponent is above 60 the cell passes any V_peak in this step; larger
  /// ones would only overflow.
  template <class D, class V>
  static HWY_INLINE V rosenbrock(D d, const V* c, V dt_over_C, V u, V G, V I, V& z) {
    using namespace adex;
    const V sixty = hn::Set(d, 60);
    const V steep = hn::Mul(hn::Sub(u, c[V_T_rel]), c[inv_Delta]);
    const V e = exp(d, hn::IfThenElse(hn::Gt(steep, sixty), sixty, steep));
    const V F = fma(d, c[scale_exp], e, fma(d, hn::Neg(G), u, I));
    z = hn::Mul(dt_over_C, fma(d, c[slope_exp], e, hn::Neg(G)));
    z = hn::IfThenElse(hn::Gt(z, sixty), sixty, z);
    const V next = fma(d, hn::Mul(dt_over_C, F), exprel(d, z), u);
    const V far = hn::Set(d, 1e4);  // long past any V_peak; further sub-steps need not go on to infinity
    return hn::IfThenElse(hn::Gt(next, far), far, next);
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
