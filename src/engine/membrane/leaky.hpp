// SPDX-License-Identifier: Apache-2.0
/// Leaky integrate-and-fire membrane.
///
///   C_m dV_m/dt = -(C_m/tau_m)(V_m - E_L) + I_syn + I_e         V_m >= V_th: spike, V_m = V_reset for t_ref
///
///   name     default  unit  range   meaning
///   tau_m    10       ms    > 0     membrane time constant
///   C_m      250      pF    > 0     membrane capacitance
///   E_L      -70      mV            resting potential
///   V_th     -55      mV            threshold
///   V_reset  -70      mV    < V_th  potential after a spike
///   t_ref    2        ms    >= 0    refractory period
///   I_e      0        pA            constant current
///
/// State    V_m [mV], kept relative to E_L (small numbers keep float32 errors of a PSP below 1e-6)
/// Numerics with current and delta receptors the exact propagator; with any conductance exponential Euler with the
///          conductances at mid-step (second order, unconditionally stable). Asleep: closed form.
/// Work     6 FLOP; 8 bytes read, 4 written (V_m, end of refractoriness), receptors apart
/// Source   Rotter & Diesmann 1999, doi:10.1007/s004220050570; order of events as in NEST iaf_psc_exp
/// Tested   tests/physics_leaky.cpp: propagators, spike steps, f-I curve, PSPs, second order with conductances;
///          tests/physics_sleep.cpp
#ifndef RANVIER_MEMBRANE_LEAKY
#define RANVIER_MEMBRANE_LEAKY
#include "core/math.hpp"
#include "engine/kernel.hpp"

namespace ranvier::engine::leaky {
enum : int { tau_m, C_m, E_L, V_th, V_reset, t_ref, I_e };
inline constexpr Parameter parameters[] = {
    {"tau_m", 10.0, "ms", positive, "membrane time constant"},
    {"C_m", 250.0, "pF", positive, "membrane capacitance"},
    {"E_L", -70.0, "mV", any, "resting potential"},
    {"V_th", -55.0, "mV", any, "threshold"},
    {"V_reset", -70.0, "mV", any, "potential after a spike"},
    {"t_ref", 2.0, "ms", not_negative, "refractory period"},
    {"I_e", 0.0, "pA", any, "constant current"},
};
inline constexpr StateVariable state[] = {{"V_m", "mV", "E_L", "membrane potential"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "leaky", .title = "leaky integrate-and-fire",
    .equations = "C_m dV_m/dt = -(C_m/tau_m)(V_m - E_L) + I_syn + I_e\nV_m >= V_th: spike, V_m = V_reset for t_ref",
    .parameters = parameters, .state = state,
    .numerics = "exact propagator with current and delta receptors; exponential Euler with mid-step conductances otherwise",
    .source = "Rotter & Diesmann 1999, doi:10.1007/s004220050570", .flop = 6, .byte_read = 8, .byte_written = 4};

enum Constant : int { P22, P20, I_const, theta, reset, rest, g_L_, minus_dt_C, rate, level, sleep_below, constant_count };

inline void derive(const double* p, double dt, double* c) {
  c[P22] = math::exp(-dt / p[tau_m]);
  c[P20] = -p[tau_m] / p[C_m] * math::expm1(-dt / p[tau_m]);
  c[I_const] = p[I_e];
  c[theta] = p[V_th] - p[E_L];
  c[reset] = p[V_reset] - p[E_L];
  c[rest] = p[E_L];
  c[g_L_] = p[C_m] / p[tau_m];
  c[minus_dt_C] = -dt / p[C_m];
  // for sleepers
  c[rate] = dt / p[tau_m];
  c[level] = p[tau_m] / p[C_m] * p[I_e];
  c[sleep_below] = c[theta] - 1e-4 * (1 + std::fabs(c[theta]));  // well away from threshold: rounding cannot reach it
}
inline MembraneConstants linear_constants(const double* p) { return {true, p[tau_m], p[C_m]}; }
inline const char* validate(const double* p, double) {
  return p[V_reset] < p[V_th] ? nullptr : "V_reset must be below V_th, or the cell fires in every step";
}
inline bool quiet(const double* p, double current) { return p[E_L] + p[tau_m] / p[C_m] * (p[I_e] + current) < p[V_th]; }
inline constexpr MembraneModel model{
    .info = &info, .n_constants = constant_count, .linear = true, .relative_to = E_L, .refractory = t_ref,
    .derive = derive, .constants = linear_constants, .validate = validate, .quiet = quiet};
}  // namespace ranvier::engine::leaky
#endif

#if defined(RANVIER_MEMBRANE_LEAKY_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_LEAKY_INL
#undef RANVIER_MEMBRANE_LEAKY_INL
#else
#define RANVIER_MEMBRANE_LEAKY_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct LeakyMembrane {
  static constexpr int n_state = 1, n_constants = leaky::constant_count;
  static constexpr bool linear = true, can_blow_up = false, sleeps = true;
  static constexpr std::uint32_t held_steps(std::uint32_t refractory) { return refractory; }

  /// One step of a vector of cells. held: refractory cells, which stay where they are.
  /// conductances: whether any receptor of the population is a conductance (the same for all its cells).
  template <class D, class V, class M>
  static HWY_INLINE M step(D d, const V* c, V* s, const Drive<D>& in, V current, M held, bool conductances) {
    using namespace leaky;
    const V I = hn::Add(c[I_const], current);
    V u;
    if (!conductances) {
      u = fma(d, c[P22], s[0], fma(d, c[P20], I, in.dV));
    } else {
      const V g = hn::Add(c[g_L_], in.G);
      const V drive = fma(d, hn::Neg(in.G), c[rest], hn::Add(hn::Add(in.GE, in.I), I));  // sum g (E - E_L) + I
      const V u_inf = hn::Div(drive, g);
      u = fma(d, hn::Sub(s[0], u_inf), exp(d, hn::Mul(c[minus_dt_C], g)), u_inf);
    }
    u = hn::IfThenElse(held, s[0], hn::Add(u, in.jump));
    const M spike = hn::Ge(u, c[theta]);
    s[0] = hn::IfThenElse(spike, c[reset], u);
    return spike;
  }

  /// V after m steps without input, to which receptors add dV.
  template <class D, class V>
  static HWY_INLINE void elapse(D d, const V* c, V* s, V m, V dV) {
    using namespace leaky;
    const V left = exp(d, hn::Neg(hn::Mul(c[rate], m)));  // 1 at m = 0, and then V is as it was to the last bit
    s[0] = hn::Add(fma(d, s[0], left, hn::Mul(c[level], hn::Sub(hn::Set(d, 1), left))), dV);
  }

  /// Cells that stay below threshold without input; receptors can still lift V by `rise`.
  template <class D, class V>
  static HWY_INLINE hn::Mask<D> quiet(D, const V* c, const V* s, V rise) {
    return hn::Lt(hn::Add(hn::Max(s[0], c[leaky::level]), rise), c[leaky::sleep_below]);
  }

  /// Cells whose V is below threshold; for the check that sleepers are.
  template <class D, class V>
  static HWY_INLINE hn::Mask<D> below(D, const V* c, const V* s) { return hn::Lt(s[0], c[leaky::theta]); }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
