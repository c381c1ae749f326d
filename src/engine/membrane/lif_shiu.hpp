// SPDX-License-Identifier: Apache-2.0
/// Leaky integrate-and-fire neuron of the whole-fly-brain model, with a synaptic variable of its own.
///
///   tau_m dV_m/dt = E_L - V_m + g + I_e                  arrival of weight w at receptor delta_g: g   += w
///   tau_syn dg/dt = -g                                   arrival of weight w at receptor delta:   V_m += w
///   V_m > V_th (strictly): spike, V_m = V_reset, g = 0; both are frozen, and arrivals lost, while refractory
///
///   name     default  unit  range   meaning
///   tau_m    20       ms    > 0     membrane time constant
///   tau_syn  5        ms    > 0     decay time constant of g
///   E_L      -52      mV            resting potential
///   V_th     -45      mV            threshold
///   V_reset  -52      mV    < V_th  potential after a spike
///   t_ref    2.2      ms    >= 0    refractory period
///   I_e      0        mV            constant drive, as the shift of the resting potential it makes
///
/// State    V_m [mV], kept relative to E_L; g [mV]
/// Numerics exact propagator. The order of events is Brian2's, not that of the other models:
///            1  V_m and g are propagated, unless refractory
///            2  the cell fires where the propagated V_m is above threshold; stamp: this step
///            3  what arrives is added, except to cells that are refractory or fired just now. So a jump of V_m is
///               tested one step later, after decaying for a step
///            4  cells that fired are reset, and held for the next t_ref/dt - 1 steps
///          Asleep: closed form.
/// Work     9 FLOP; 12 bytes read, 8 written (V_m, g, end of refractoriness)
/// Source   Shiu et al. 2024, doi:10.1038/s41586-024-07763-9
/// Tested   tests/physics_lif_shiu.cpp: order of events, closed form; tests/parity: every spike of Brian2's
#ifndef RANVIER_MEMBRANE_LIF_SHIU
#define RANVIER_MEMBRANE_LIF_SHIU
#include "engine/kernel.hpp"
#include "engine/propagator.hpp"

namespace ranvier::engine::lif_shiu {
enum : int { tau_m, tau_syn, E_L, V_th, V_reset, t_ref, I_e };
inline constexpr Parameter parameters[] = {
    {"tau_m", 20.0, "ms", positive, "membrane time constant"},
    {"tau_syn", 5.0, "ms", positive, "decay time constant of g"},
    {"E_L", -52.0, "mV", any, "resting potential"},
    {"V_th", -45.0, "mV", any, "threshold"},
    {"V_reset", -52.0, "mV", any, "potential after a spike"},
    {"t_ref", 2.2, "ms", not_negative, "refractory period"},
    {"I_e", 0.0, "mV", any, "constant drive, as the shift of the resting potential it makes"},
};
inline constexpr StateVariable state[] = {
    {"V_m", "mV", "E_L", "membrane potential"},
    {"g", "mV", "0", "synaptic drive"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "lif_shiu", .title = "leaky integrate-and-fire neuron of the whole-fly model",
    .equations = "tau_m dV_m/dt = E_L - V_m + g + I_e ;  tau_syn dg/dt = -g\n"
                 "V_m > V_th: spike, V_m = V_reset, g = 0; both frozen for t_ref",
    .parameters = parameters, .state = state,
    .numerics = "exact propagator; order of events as in Brian2: propagate, test, add arrivals, reset",
    .source = "Shiu et al. 2024, doi:10.1038/s41586-024-07763-9", .flop = 9, .byte_read = 12, .byte_written = 8};

enum Constant : int { P22, P21, P20, decay, I_const, theta, reset, rate, rate_g, apart, per_apart, highest, sleep_below, constant_count };

inline void derive(const double* p, double dt, double* c) {
  // With C_m = tau_m the equation is that of a current g in mV; no other capacitance enters.
  c[P22] = math::exp(-dt / p[tau_m]);
  c[P21] = propagator::exponential_current(dt, p[tau_syn], p[tau_m], p[tau_m]);
  c[P20] = -math::expm1(-dt / p[tau_m]);
  c[decay] = math::exp(-dt / p[tau_syn]);
  c[I_const] = p[I_e];
  c[theta] = p[V_th] - p[E_L];
  c[reset] = p[V_reset] - p[E_L];
  // for sleepers
  c[rate] = dt / p[tau_m];
  c[rate_g] = dt / p[tau_syn];
  c[apart] = std::fabs(c[rate] - c[rate_g]);
  c[per_apart] = c[apart] > 0 ? 1 / c[apart] : 0;
  c[highest] = propagator::peak_of_chain(p[tau_syn], p[tau_m]) / p[tau_m];
  c[sleep_below] = c[theta] - 1e-4 * (1 + std::fabs(c[theta]));  // well away from threshold: rounding cannot reach it
}
inline MembraneConstants linear_constants(const double* p) { return {true, p[tau_m], p[tau_m]}; }
inline const char* validate(const double* p, double) {
  return p[V_reset] < p[V_th] ? nullptr : "V_reset must be below V_th, or the cell fires in every step";
}
inline bool quiet(const double* p, double current) { return p[E_L] + p[I_e] + current < p[V_th]; }
inline constexpr MembraneModel model{
    .info = &info, .n_constants = constant_count, .linear = true, .relative_to = E_L, .refractory = t_ref,
    .derive = derive, .constants = linear_constants, .validate = validate, .quiet = quiet,
    .takes_conductance = false, .takes_jump_g = true};
}  // namespace ranvier::engine::lif_shiu
#endif

#if defined(RANVIER_MEMBRANE_LIF_SHIU_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_LIF_SHIU_INL
#undef RANVIER_MEMBRANE_LIF_SHIU_INL
#else
#define RANVIER_MEMBRANE_LIF_SHIU_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct LifShiuMembrane {
  static constexpr int n_state = 2, n_constants = lif_shiu::constant_count;
  static constexpr bool linear = true, can_blow_up = false, sleeps = true;
  /// Brian2 counts the step of the spike itself.
  static constexpr std::uint32_t held_steps(std::uint32_t refractory) { return refractory == 0 ? 0 : refractory - 1; }

  template <class D, class V, class M>
  static HWY_INLINE M step(D d, const V* c, V* s, const Drive<D>& in, V current, M held, bool) {
    using namespace lif_shiu;
    V &u = s[0], &g = s[1];
    const V I = hn::Add(c[I_const], current);
    const V u_next = fma(d, c[P22], u, fma(d, c[P21], g, fma(d, c[P20], I, in.dV)));
    const M spike = hn::AndNot(held, hn::Gt(u_next, c[theta]));
    u = hn::IfThenElse(spike, c[reset], hn::IfThenElse(held, u, hn::Add(u_next, in.jump)));
    g = hn::IfThenZeroElse(spike, hn::IfThenElse(held, g, fma(d, c[decay], g, in.jump_g)));
    return spike;
  }

  /// V and g after m steps without input, to which receptors add dV.
  template <class D, class V>
  static HWY_INLINE void elapse(D d, const V* c, V* s, V m, V dV) {
    using namespace lif_shiu;
    const V left = exp(d, hn::Neg(hn::Mul(c[rate], m)));  // 1 at m = 0, and then V is as it was to the last bit
    const V left_g = exp(d, hn::Neg(hn::Mul(c[rate_g], m)));
    const V from_g = hn::Mul(s[1], current_after(d, m, c[rate], left, left_g, c[apart], c[per_apart]));  // dt/C_m is dt/tau_m here
    s[0] = hn::Add(fma(d, s[0], left, hn::Mul(c[I_const], hn::Sub(hn::Set(d, 1), left))), hn::Add(from_g, dV));
    s[1] = hn::Mul(s[1], left_g);
  }

  /// Cells that stay below threshold without input; receptors can still lift V by `rise`.
  template <class D, class V>
  static HWY_INLINE hn::Mask<D> quiet(D d, const V* c, const V* s, V rise) {
    using namespace lif_shiu;
    const V from_g = hn::Mul(hn::Max(s[1], hn::Zero(d)), c[highest]);
    return hn::Lt(hn::Add(hn::Max(s[0], c[I_const]), hn::Add(from_g, rise)), c[sleep_below]);
  }

  /// Cells whose V is below threshold; for the check that sleepers are.
  template <class D, class V>
  static HWY_INLINE hn::Mask<D> below(D, const V* c, const V* s) { return hn::Le(s[0], c[lif_shiu::theta]); }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
