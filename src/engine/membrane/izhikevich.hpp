// SPDX-License-Identifier: Apache-2.0
/// Izhikevich's simple model of spiking neurons.
///
///   dv/dt = 0.04 v^2 + 5 v + 140 - u + I           v >= V_peak: spike, v = c, u += d
///   du/dt = a (b v - u)
///
///   name        default  unit   range     meaning
///   a           0.02     1/ms             rate of recovery
///   b           0.2      1                sensitivity of recovery to v
///   c           -65      mV     < V_peak  v after a spike
///   d           8        1                jump of u at a spike
///   V_peak      30       mV               where a spike is cut
///   I_e         0        1                constant input; currents of this model have no unit
///   integrator  0        1      0 or 1    0 published: two half steps of v, then u with the new v (meant for dt = 1 ms)
///                                         1 euler: v and u from the values at the start of the step (any dt)
///               The two give different spike trains; a network is tuned for one of them.
///
/// State    v [mV], u [1]; u starts at b v
/// Numerics the published program tests v at the start of a step and resets before it integrates; here the test is at
///          the end of the step before. Spikes and trajectory are the same: step index k there is stamp k here; only
///          a recording of v shows c instead of the value above V_peak. A jump w of v (receptor delta) is, with the
///          published integrator, a current w/dt during the step in which it arrives, as in the published network
///          and in NEST; with euler it is added when the step is done, as in NEST. dt at most 1 ms. Cells do not sleep:
///          there is no closed form.
/// Work     27 FLOP; 12 bytes read, 8 written
/// Source   Izhikevich 2003, doi:10.1109/TNN.2003.820440; Pauli et al. 2018, doi:10.3389/fninf.2018.00046
/// Tested   tests/physics_izhikevich.cpp: spike trains of four types, step by step, both integrators
#ifndef RANVIER_MEMBRANE_IZHIKEVICH
#define RANVIER_MEMBRANE_IZHIKEVICH
#include "engine/kernel.hpp"

namespace ranvier::engine::izhikevich {
enum : int { a, b, c, d, V_peak, I_e, integrator };
inline constexpr Parameter parameters[] = {
    {"a", 0.02, "1/ms", any, "rate of recovery"},
    {"b", 0.2, "1", any, "sensitivity of recovery to v"},
    {"c", -65.0, "mV", any, "v after a spike"},
    {"d", 8.0, "1", any, "jump of u at a spike"},
    {"V_peak", 30.0, "mV", any, "where a spike is cut"},
    {"I_e", 0.0, "1", any, "constant input; currents of this model have no unit"},
    {"integrator", 0.0, "1", {.low = 0, .high = 1}, "0: published, two half steps of v, then u with the new v; 1: euler, v and u from old values"},
};
inline constexpr StateVariable state[] = {
    {"v", "mV", "-65", "membrane potential"},
    {"u", "1", "-13", "recovery; starts at b v"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "izhikevich", .title = "Izhikevich's simple model",
    .equations = "dv/dt = 0.04 v^2 + 5 v + 140 - u + I ;  du/dt = a (b v - u)\nv >= V_peak: spike, v = c, u += d",
    .parameters = parameters, .state = state,
    .numerics = "integrator = 0 (published: two half steps of v, then u with the new v; dt = 1 ms) or 1 (euler)",
    .source = "Izhikevich 2003, doi:10.1109/TNN.2003.820440", .flop = 27, .byte_read = 12, .byte_written = 8};

// Both integrators in one: v takes a step of h1, then one of h2 (0 for euler), and u sees the v before or after it.
enum Constant : int { h1, h2, dt_a, b_, reset, jump_u, peak, I_const, rate_of_jump, euler, constant_count };

inline void derive(const double* p, double dt, double* k) {
  const bool old_values = p[integrator] == 1;
  k[h1] = old_values ? dt : dt / 2;
  k[h2] = old_values ? 0 : dt / 2;
  k[dt_a] = dt * p[a];
  k[b_] = p[b];
  k[reset] = p[c];
  k[jump_u] = p[d];
  k[peak] = p[V_peak];
  k[I_const] = p[I_e];
  k[rate_of_jump] = old_values ? 0 : 1 / dt;
  k[euler] = old_values;
}
inline MembraneConstants no_linear_constants(const double*) { return {false, 0, 1}; }
inline const char* validate(const double* p, double dt) {
  if (p[integrator] != 0 && p[integrator] != 1) return "integrator must be 0 (published) or 1 (euler)";
  if (!(p[c] < p[V_peak])) return "c must be below V_peak, or the cell fires in every step";
  if (dt > 1) return "dt must be at most 1 ms for this membrane";
  return nullptr;
}
inline double initial(const double* p, const double* before, int variable) { return variable == 0 ? -65 : p[b] * before[0]; }
inline constexpr MembraneModel model{
    .info = &info, .n_constants = constant_count, .linear = false, .relative_to = -1, .refractory = -1,
    .derive = derive, .constants = no_linear_constants, .validate = validate, .quiet = nullptr, .initial = initial};
}  // namespace ranvier::engine::izhikevich
#endif

#if defined(RANVIER_MEMBRANE_IZHIKEVICH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_IZHIKEVICH_INL
#undef RANVIER_MEMBRANE_IZHIKEVICH_INL
#else
#define RANVIER_MEMBRANE_IZHIKEVICH_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct IzhikevichMembrane {
  static constexpr int n_state = 2, n_constants = izhikevich::constant_count;
  static constexpr bool linear = false, can_blow_up = true, sleeps = false;
  static constexpr std::uint32_t held_steps(std::uint32_t refractory) { return refractory; }

  template <class D, class V, class M>
  static HWY_INLINE M step(D d, const V* c, V* s, const Drive<D>& in, V current, M, bool) {
    using namespace izhikevich;
    V &v = s[0], &u = s[1];
    const M old_values = hn::Gt(c[euler], hn::Zero(d));
    const V steady = hn::Add(hn::Add(c[I_const], current), hn::Add(in.I, in.GE));
    const V I = hn::Add(steady, hn::Mul(c[rate_of_jump], in.jump));
    // Not one product is fused with a sum, and the order is the program's: its trains are chaotic, and a reader who
    // compares with the published figures wants all spikes, not the first six.
    const V first = hn::Add(v, hn::Mul(c[h1], slope(d, v, u, I, in.G)));
    const V v_next = hn::Add(first, hn::Mul(c[h2], slope(d, first, u, I, in.G)));
    const V v_seen = hn::IfThenElse(old_values, v, v_next);
    const V u_next = hn::Add(u, hn::Mul(c[dt_a], hn::Sub(hn::Mul(c[b_], v_seen), u)));

    const V v_end = hn::Add(v_next, hn::IfThenElseZero(old_values, in.jump));
    const M spike = hn::Ge(v_end, c[peak]);
    v = hn::IfThenElse(spike, c[reset], v_end);
    u = hn::Add(u_next, hn::IfThenElseZero(spike, c[jump_u]));
    return spike;
  }

 private:
  template <class D, class V>
  static HWY_INLINE V slope(D d, V v, V u, V I, V G) {
    const V square = hn::Mul(hn::Mul(hn::Set(d, hn::TFromD<D>(0.04)), v), v);
    const V rest = hn::Add(hn::Add(square, hn::Mul(hn::Set(d, 5), v)), hn::Set(d, 140));
    return hn::Add(hn::Sub(rest, u), hn::Sub(I, hn::Mul(G, v)));
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
