// SPDX-License-Identifier: Apache-2.0
/// Hodgkin-Huxley membrane with the kinetics of Traub & Miles: the cell of the COBAHH benchmark.
///
///   C_m dV_m/dt = -g_Na m^3 h (V_m - E_Na) - g_K n^4 (V_m - E_K) - g_L (V_m - E_L) + I_syn + I_e
///   dx/dt = alpha_x (1 - x) - beta_x x, x = m, h, n; with v = V_m - V_T in mV and rates in 1/ms
///     alpha_m = 0.32 (13 - v) / (e^{(13 - v)/4} - 1)      beta_m = 0.28 (v - 40) / (e^{(v - 40)/5} - 1)
///     alpha_h = 0.128 e^{(17 - v)/18}                     beta_h = 4 / (1 + e^{(40 - v)/5})
///     alpha_n = 0.032 (15 - v) / (e^{(15 - v)/5} - 1)     beta_n = 0.5 e^{(10 - v)/40}
///
///   name        default  unit  range        meaning
///   C_m         200      pF    > 0          capacitance of the cell (20,000 um2 at 1 uF/cm2)
///   g_Na        20000    nS    >= 0         sodium conductance, all channels open
///   g_K         6000     nS    >= 0         potassium conductance, all channels open
///   g_L         10       nS    > 0          leak conductance
///   E_Na        50       mV    -300 to 300  reversal potential of sodium
///   E_K         -90      mV    -300 to 300  of potassium; below E_Na
///   E_L         -60      mV    -300 to 300  of the leak
///   V_T         -63      mV    -300 to 300  where the rates are measured from: moves the threshold
///   V_th        -20      mV    -300 to 300  a spike is counted here
///   t_ref       3        ms    >= 0         no further spike is counted for this long; the cell goes on
///   I_e         0        pA                 constant current
///   detection   1        1     0, 1, 2      0 crossing: V_m comes from below V_th; 1 level: V_m is at V_th or above, as in
///                                           Brian2's COBAHH; 2 peak: V_m is above V_th and falls, as in NEST (with V_th
///                                           = V_T + 30 mV, t_ref = 2 ms)
///   integrator  0        1     0, 1         0 staggered, second order; 1 exponential Euler, first order, as in Brian2; dt at most 0.1 ms
///
/// With I_e = 0 the cell has no resting state: it fires at 13.9 Hz.
///
/// State    V_m [mV], kept relative to V_T; m, h, n. The gates start in equilibrium with V_m; with the staggered
///          integrator they are those of half a step ago
/// Numerics see gates-inl.hpp
/// Work     205 FLOP (seven exponentials at 15); 20 bytes read, 16 written
/// Source   Traub & Miles 1991, Neuronal networks of the hippocampus; Brette et al. 2007, doi:10.1007/s10827-007-0038-6
/// Tested   tests/physics_hh_traub.cpp: spike times, resting states, singular points of the rates, order of convergence;
///          tests/physics_hh_peers.cpp: NEST, Brian2
#ifndef RANVIER_MEMBRANE_HH_TRAUB
#define RANVIER_MEMBRANE_HH_TRAUB
#include "engine/gates-inl.hpp"

namespace ranvier::engine::hh_traub {
using hodgkin_huxley::potential;
inline constexpr Parameter parameters[] = {
    {"C_m", 200.0, "pF", positive, "capacitance of the cell (20,000 um2 at 1 uF/cm2)"},
    {"g_Na", 20000.0, "nS", not_negative, "sodium conductance, all channels open"},
    {"g_K", 6000.0, "nS", not_negative, "potassium conductance, all channels open"},
    {"g_L", 10.0, "nS", positive, "leak conductance"},
    {"E_Na", 50.0, "mV", potential, "reversal potential of sodium"},
    {"E_K", -90.0, "mV", potential, "reversal potential of potassium; below E_Na"},
    {"E_L", -60.0, "mV", potential, "reversal potential of the leak"},
    {"V_T", -63.0, "mV", potential, "where the rates are measured from: moves the threshold"},
    {"V_th", -20.0, "mV", potential, "where a spike is counted"},
    {"t_ref", 3.0, "ms", not_negative, "no further spike is counted for this long; the cell goes on"},
    {"I_e", 0.0, "pA", any, "constant current"},
    {"detection", 1.0, "1", {.low = 0, .high = 2}, "0: crossing, V_m comes from below V_th; 1: level, V_m is at V_th or above; 2: peak, V_m is above V_th and falls"},
    {"integrator", 0.0, "1", {.low = 0, .high = 1}, "0: staggered, second order; 1: exponential Euler, first order, as in Brian2"},
};
static_assert(std::size(parameters) == hodgkin_huxley::shared_parameter_count);
inline constexpr StateVariable state[] = {
    {"V_m", "mV", "E_L", "membrane potential"},
    {"m", "1", "0.0268633", "sodium gate that opens fast; starts in equilibrium with V_m"},
    {"h", "1", "0.9913058", "sodium gate that closes; starts in equilibrium with V_m"},
    {"n", "1", "0.0604340", "potassium gate; starts in equilibrium with V_m"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "hh_traub", .title = "Hodgkin-Huxley with the kinetics of Traub & Miles",
    .equations = "C_m dV_m/dt = -g_Na m^3 h (V_m - E_Na) - g_K n^4 (V_m - E_K) - g_L (V_m - E_L) + I_syn + I_e\n"
                 "dx/dt = alpha_x (1 - x) - beta_x x, x = m, h, n, with v = V_m - V_T (mV, rates in 1/ms):\n"
                 "alpha_m = 0.32 (13 - v) / (exp((13 - v)/4) - 1)  beta_m = 0.28 (v - 40) / (exp((v - 40)/5) - 1)\n"
                 "alpha_h = 0.128 exp((17 - v)/18)                 beta_h = 4 / (1 + exp((40 - v)/5))\n"
                 "alpha_n = 0.032 (15 - v) / (exp((15 - v)/5) - 1) beta_n = 0.5 exp((10 - v)/40)",
    .parameters = parameters, .state = state,
    .numerics = "exponential Euler steps of gates and V_m, staggered by half a step (second order) or not (first order); conductances at mid-step; dt at most 0.1 ms",
    .source = "Traub & Miles 1991, Neuronal networks of the hippocampus; Brette et al. 2007, doi:10.1007/s10827-007-0038-6",
    .flop = 205, .byte_read = 20, .byte_written = 16};

using hodgkin_huxley::Rate;
inline constexpr Rate a_m{0.32 * 4, 13, 4}, b_m{0.28 * 5, 40, -5}, a_h{0.128, 17, 18}, b_h{4, 40, 5}, a_n{0.032 * 5, 15, 5}, b_n{0.5, 10, 40};

inline void derive(const double* p, double dt, double* c) { hodgkin_huxley::derive(p, dt, 1, c); }
inline double initial(const double* p, const double* before, int variable) {
  using namespace hodgkin_huxley;
  if (variable == 0) return p[E_L];
  const double v = before[0];  // as stored: from V_T
  const double open = variable == 1 ? linear(a_m, v) : variable == 2 ? exponential(a_h, v) : linear(a_n, v);
  const double shut = variable == 1 ? linear(b_m, v) : variable == 2 ? sigmoid(b_h, v) : exponential(b_n, v);
  return open / (open + shut);
}
inline constexpr MembraneModel model{
    .info = &info, .n_constants = hodgkin_huxley::constant_count, .linear = false, .relative_to = hodgkin_huxley::V_0, .refractory = hodgkin_huxley::t_ref,
    .derive = derive, .constants = hodgkin_huxley::constants, .validate = hodgkin_huxley::validate, .quiet = nullptr, .initial = initial};
}  // namespace ranvier::engine::hh_traub
#endif

#if defined(RANVIER_MEMBRANE_HH_TRAUB_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_HH_TRAUB_INL
#undef RANVIER_MEMBRANE_HH_TRAUB_INL
#else
#define RANVIER_MEMBRANE_HH_TRAUB_INL
#endif
#include "engine/gates-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct HhTraubKinetics {
  template <class D, class V>
  static HWY_INLINE Openings<V> openings(D d, V v, V pace) {
    using namespace hh_traub;
    const auto shut_m = rate_power(d, b_m, v);
    const V beta_m = linear_rate(d, pace, b_m, shut_m), alpha_m = linear_rate(d, pace, a_m, rate_power(d, a_m, v));
    // The exponential of beta_m is one over that of beta_h.
    static_assert(b_h.middle == b_m.middle && b_h.width == -b_m.width);
    const V e = power_value(d, shut_m);
    const V beta_h = scaled(d, pace, b_h.amplitude, hn::Div(e, hn::Add(e, hn::Set(d, 1))));
    const V alpha_h = exponential_rate(d, pace, a_h, v);
    const V alpha_n = linear_rate(d, pace, a_n, rate_power(d, a_n, v)), beta_n = exponential_rate(d, pace, b_n, v);
    return {{alpha_m, hn::Add(alpha_m, beta_m)}, {alpha_h, hn::Add(alpha_h, beta_h)}, {alpha_n, hn::Add(alpha_n, beta_n)}};
  }
};
using HhTraubMembrane = HodgkinHuxleyMembrane<HhTraubKinetics>;
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
