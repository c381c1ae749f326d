// SPDX-License-Identifier: Apache-2.0
/// Hodgkin & Huxley's membrane of the squid giant axon.
///
///   C_m dV_m/dt = -g_Na m^3 h (V_m - E_Na) - g_K n^4 (V_m - E_K) - g_L (V_m - E_L) + I_syn + I_e
///   dx/dt = phi (alpha_x (1 - x) - beta_x x), x = m, h, n; phi = 3^{(temperature - 6.3)/10}; v = V_m - V_0 in mV, rates in 1/ms
///     alpha_m = 0.1 (25 - v) / (e^{(25 - v)/10} - 1)      beta_m = 4 e^{-v/18}
///     alpha_h = 0.07 e^{-v/20}                            beta_h = 1 / (1 + e^{(30 - v)/10})
///     alpha_n = 0.01 (10 - v) / (e^{(10 - v)/10} - 1)     beta_n = 0.125 e^{-v/80}
///
/// The defaults are 10,000 um2 of membrane with the usual densities, so that
///   1 uF/cm2 = 100 pF      1 S/cm2 = 100,000 nS      1 uA/cm2 = 100 pA
///
///   name         default  unit  range        meaning
///   C_m          100      pF    > 0          capacitance of the cell (1 uF/cm2)
///   g_Na         12000    nS    >= 0         sodium conductance, all channels open (0.12 S/cm2)
///   g_K          3600     nS    >= 0         potassium conductance, all channels open (0.036 S/cm2)
///   g_L          30       nS    > 0          leak conductance (0.0003 S/cm2)
///   E_Na         50       mV    -300 to 300  reversal potential of sodium
///   E_K          -77      mV    -300 to 300  of potassium; below E_Na
///   E_L          -54.3    mV    -300 to 300  of the leak; it rests at -64.974 mV
///   V_0          -65      mV    -300 to 300  where the rates are measured from, which is about where the axon rests
///   V_th         0        mV    -300 to 300  a spike is counted here
///   t_ref        0        ms    >= 0         no further spike is counted for this long; the cell goes on
///   I_e          0        pA                 constant current
///   detection    0        1     0, 1, 2      0 crossing: V_m comes from below V_th; 1 level: V_m is at V_th or above;
///                                            2 peak: V_m is above V_th and falls, as in NEST (with t_ref = 2 ms)
///   integrator   0        1     0, 1         0 staggered, second order; 1 exponential Euler, first order, as in Brian2; dt at most 0.1 ms
///   temperature  6.3      1     0 to 40      in degrees Celsius: the gates are 3 times as fast every 10 degrees, which asks for smaller
///                                            steps (0.05 ms at 18.9, 0.025 ms at 31.5); above some 30 the axon does not fire any more
///
/// State    V_m [mV], kept relative to V_0; m, h, n. The gates start in equilibrium with V_m; with the staggered
///          integrator they are those of half a step ago
/// Numerics see gates-inl.hpp
/// Work     205 FLOP (seven exponentials at 15); 20 bytes read, 16 written
/// Source   Hodgkin & Huxley 1952, doi:10.1113/jphysiol.1952.sp004764; potentials as today, inside minus outside
/// Tested   tests/physics_hh.cpp: spike times, rheobase, singular points of the rates, order of convergence;
///          tests/physics_hh_peers.cpp: NEST
#ifndef RANVIER_MEMBRANE_HH
#define RANVIER_MEMBRANE_HH
#include "engine/gates-inl.hpp"

namespace ranvier::engine::hh {
using hodgkin_huxley::potential;
enum : int { temperature = hodgkin_huxley::shared_parameter_count };
inline constexpr Parameter parameters[] = {
    {"C_m", 100.0, "pF", positive, "capacitance of the cell; 1 uF/cm2 on 10,000 um2"},
    {"g_Na", 12000.0, "nS", not_negative, "sodium conductance, all channels open; 0.12 S/cm2"},
    {"g_K", 3600.0, "nS", not_negative, "potassium conductance, all channels open; 0.036 S/cm2"},
    {"g_L", 30.0, "nS", positive, "leak conductance; 0.0003 S/cm2"},
    {"E_Na", 50.0, "mV", potential, "reversal potential of sodium"},
    {"E_K", -77.0, "mV", potential, "reversal potential of potassium; below E_Na"},
    {"E_L", -54.3, "mV", potential, "reversal potential of the leak"},
    {"V_0", -65.0, "mV", potential, "where the rates are measured from, which is about where the axon rests"},
    {"V_th", 0.0, "mV", potential, "where a spike is counted"},
    {"t_ref", 0.0, "ms", not_negative, "no further spike is counted for this long; the cell goes on"},
    {"I_e", 0.0, "pA", any, "constant current; 1 uA/cm2 is 100 pA"},
    {"detection", 0.0, "1", {.low = 0, .high = 2}, "0: crossing, V_m comes from below V_th; 1: level, V_m is at V_th or above; 2: peak, V_m is above V_th and falls"},
    {"integrator", 0.0, "1", {.low = 0, .high = 1}, "0: staggered, second order; 1: exponential Euler, first order, as in Brian2"},
    {"temperature", 6.3, "1", {.low = 0, .high = 40}, "in degrees Celsius: the gates are 3 times as fast every 10 degrees, which asks for smaller steps"},
};
static_assert(std::size(parameters) == temperature + 1);
inline constexpr StateVariable state[] = {
    {"V_m", "mV", "V_0", "membrane potential"},
    {"m", "1", "0.0529325", "sodium gate that opens fast; starts in equilibrium with V_m"},
    {"h", "1", "0.5961208", "sodium gate that closes; starts in equilibrium with V_m"},
    {"n", "1", "0.3176769", "potassium gate; starts in equilibrium with V_m"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "hh", .title = "Hodgkin-Huxley, the squid giant axon",
    .equations = "C_m dV_m/dt = -g_Na m^3 h (V_m - E_Na) - g_K n^4 (V_m - E_K) - g_L (V_m - E_L) + I_syn + I_e\n"
                 "dx/dt = phi (alpha_x (1 - x) - beta_x x), x = m, h, n, with v = V_m - V_0 (mV, rates in 1/ms), phi = 3^((temperature - 6.3)/10):\n"
                 "alpha_m = 0.1 (25 - v) / (exp((25 - v)/10) - 1)   beta_m = 4 exp(-v/18)\n"
                 "alpha_h = 0.07 exp(-v/20)                         beta_h = 1 / (1 + exp((30 - v)/10))\n"
                 "alpha_n = 0.01 (10 - v) / (exp((10 - v)/10) - 1)  beta_n = 0.125 exp(-v/80)",
    .parameters = parameters, .state = state,
    .numerics = "exponential Euler steps of gates and V_m, staggered by half a step (second order) or not (first order); conductances at mid-step; dt at most 0.1 ms",
    .source = "Hodgkin & Huxley 1952, doi:10.1113/jphysiol.1952.sp004764", .flop = 205, .byte_read = 20, .byte_written = 16};

using hodgkin_huxley::Rate;
inline constexpr Rate a_m{1, 25, 10}, b_m{4, 0, 18}, a_h{0.07, 0, 20}, b_h{1, 30, 10}, a_n{0.1, 10, 10}, b_n{0.125, 0, 80};

inline double speed(const double* p) { return math::pow(3, (p[temperature] - 6.3) / 10); }
inline void derive(const double* p, double dt, double* c) { hodgkin_huxley::derive(p, dt, speed(p), c); }
inline const char* validate(const double* p, double dt) {
  if (const char* problem = hodgkin_huxley::validate(p, dt)) return problem;
  // The error of intervals grows with dt^2 and with the speed of the gates: 0.5 % at 6.3 degrees and 0.1 ms, 0.7 % at 18.5 and 0.05 ms.
  constexpr double rounding = 1e-9;
  if (dt * std::sqrt(speed(p)) > hodgkin_huxley::dt_max + rounding)
    return "dt is too large for this temperature: at most 0.1 ms 3^{-(temperature - 6.3)/20}, that is 0.1 ms at 6.3 degrees, 0.05 ms at 18.9 and 0.025 ms at 31.5";
  return nullptr;
}
inline double initial(const double* p, const double* before, int variable) {
  using namespace hodgkin_huxley;
  if (variable == 0) return p[V_0];
  const double v = before[0];  // as stored: from V_0
  const double open = variable == 1 ? linear(a_m, v) : variable == 2 ? exponential(a_h, v) : linear(a_n, v);
  const double shut = variable == 1 ? exponential(b_m, v) : variable == 2 ? sigmoid(b_h, v) : exponential(b_n, v);
  return open / (open + shut);
}
inline constexpr MembraneModel model{
    .info = &info, .n_constants = hodgkin_huxley::constant_count, .linear = false, .relative_to = hodgkin_huxley::V_0, .refractory = hodgkin_huxley::t_ref,
    .derive = derive, .constants = hodgkin_huxley::constants, .validate = validate, .quiet = nullptr, .initial = initial};
}  // namespace ranvier::engine::hh
#endif

#if defined(RANVIER_MEMBRANE_HH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_HH_INL
#undef RANVIER_MEMBRANE_HH_INL
#else
#define RANVIER_MEMBRANE_HH_INL
#endif
#include "engine/gates-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct HhKinetics {
  template <class D, class V>
  static HWY_INLINE Openings<V> openings(D d, V v, V pace) {
    using namespace hh;
    using T = hn::TFromD<D>;
    const auto open_m = rate_power(d, a_m, v);
    const V alpha_m = linear_rate(d, pace, a_m, open_m), beta_m = exponential_rate(d, pace, b_m, v);
    // The exponential of beta_h is that of alpha_m, half a width later.
    static_assert(b_h.width == a_m.width && (b_h.middle - a_m.middle) / b_h.width == 0.5);
    constexpr double sqrt_e = 1.6487212707001281468;
    const V one = hn::Set(d, 1);
    const V beta_h = scaled(d, pace, b_h.amplitude, hn::Div(one, fma(d, power_value(d, open_m), hn::Set(d, T(sqrt_e)), one)));
    const V alpha_h = exponential_rate(d, pace, a_h, v);
    const V alpha_n = linear_rate(d, pace, a_n, rate_power(d, a_n, v)), beta_n = exponential_rate(d, pace, b_n, v);
    return {{alpha_m, hn::Add(alpha_m, beta_m)}, {alpha_h, hn::Add(alpha_h, beta_h)}, {alpha_n, hn::Add(alpha_n, beta_n)}};
  }
};
using HhMembrane = HodgkinHuxleyMembrane<HhKinetics>;
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
