// SPDX-License-Identifier: Apache-2.0
/// What Hodgkin-Huxley membranes share (membrane/hh.hpp, membrane/hh_traub.hpp): three gates m, h, n, a sodium, a
/// potassium and a leak current, two integrators and three rules for what counts as a spike.
///
///   C_m dV_m/dt = -g_Na m^3 h (V_m - E_Na) - g_K n^4 (V_m - E_K) - g_L (V_m - E_L) + I_syn + I_e
///   dx/dt = alpha_x(v) (1 - x) - beta_x(v) x          x = m, h, n; v: V_m from the potential the rates are measured from
///
/// A step takes each gate, then V, to where it would go if all else stood still (exponential Euler: exact for frozen
/// coefficients, no step too large to be stable). With
///   integrator 0 (staggered)          the gates live half a step beside V and V sees them at its mid-step: second order
///   integrator 1 (exponential Euler)  V sees the gates at the start of the step, as Brian2's method does: first order
/// the arithmetic is the same; only which gates V sees differs. How much too long intervals are (hh, 10 uA/cm2):
///   dt               0.0125    0.025    0.05    0.1 ms
///   staggered        0.008 %   0.03 %   0.13 %  0.5 %
///   exponential Euler  0.7 %    1.3 %    2.6 %    5 %
/// Crank-Nicolson instead of the exponential for V would save one of seven exponentials, but rings in the upstroke, where
/// dt G / C_m passes 2 at 0.1 ms.
///
/// All exponentials are powers of two, 2^y = 2^k (1 + P) with |y - k| <= 1/2, so that 2^y - 1 = 2^k P + (2^k - 1) loses
/// nothing where y is near 0: the rates x / (e^x - 1) need neither a series nor a branch there. In single precision P is
/// a fit, 4.7e-7 of 2^y - 1 at most; in double the Taylor series to rounding. Divisions (six) cost little: the divider
/// works beside the other units.
#ifndef RANVIER_ENGINE_GATES
#define RANVIER_ENGINE_GATES
#include "core/math.hpp"
#include "engine/kernel.hpp"

namespace ranvier::engine::hodgkin_huxley {

/// x = (middle - v) / width of a rate in 1/ms: amplitude x/(e^x - 1), amplitude e^x, or amplitude / (1 + e^x).
struct Rate {
  double amplitude, middle, width;
  constexpr double x(double v) const { return (middle - v) / width; }
};
inline double linear(const Rate& r, double v) { return r.amplitude / math::exprel(r.x(v)); }
inline double exponential(const Rate& r, double v) { return r.amplitude * math::exp(r.x(v)); }
inline double sigmoid(const Rate& r, double v) { return r.amplitude / (1 + math::exp(r.x(v))); }

/// Rates are taken at most this far from the potential they are measured from [mV]; beyond, no cell lives.
inline constexpr double v_most = 300;

/// Parameters that both membranes have, in this order; V_0 is where the rates are measured from.
enum : int { C_m, g_Na, g_K, g_L, E_Na, E_K, E_L, V_0, V_th, t_ref, I_e, detection, integrator, shared_parameter_count };
inline constexpr Range potential{.low = -300, .high = 300};

/// When a spike is counted; in all three not within t_ref of the last one.
inline constexpr double crossing = 0, level = 1, peak = 2;

enum Constant : int { per_C, pace, max_Na, max_K, leak, rev_Na, rev_K, I_const, base, threshold, rule, staggered, constant_count };

/// Derived constants; speed multiplies all rates. Times are in units of 1/log2(e), so that exponentials are powers of two.
inline void derive(const double* p, double dt, double speed, double* c) {
  constexpr double log2_e = 1.44269504088896340736;
  c[per_C] = dt / p[C_m] * log2_e;
  c[pace] = dt * speed * log2_e;
  c[max_Na] = p[g_Na];
  c[max_K] = p[g_K];
  c[leak] = p[g_L];
  c[rev_Na] = p[E_Na] - p[V_0];
  c[rev_K] = p[E_K] - p[V_0];
  c[I_const] = p[g_L] * (p[E_L] - p[V_0]) + p[I_e];
  c[base] = p[V_0];
  c[threshold] = p[V_th] - p[V_0];
  c[rule] = p[detection];
  c[staggered] = p[integrator] == 0;
}
inline MembraneConstants constants(const double* p) { return {false, p[C_m] / p[g_L], p[C_m]}; }

inline constexpr double dt_max = 0.1;  // ms

/// Whether the parameters make sense together and dt follows the upstroke of a spike.
inline const char* validate(const double* p, double dt) {
  constexpr double rounding = 1e-9;
  if (p[integrator] != 0 && p[integrator] != 1) return "integrator must be 0 (staggered) or 1 (exponential Euler)";
  if (p[detection] != crossing && p[detection] != level && p[detection] != peak) return "detection must be 0 (crossing), 1 (level) or 2 (peak)";
  if (!(p[E_K] < p[E_Na])) return "E_K must be below E_Na, or there is no spike";
  if (dt > dt_max + rounding)
    return "dt must be at most 0.1 ms for a Hodgkin-Huxley membrane: larger steps miss the upstroke of a spike (at 0.1 ms intervals are 0.5 % too long "
           "with the staggered integrator and 5 % with exponential Euler, at 1 ms spikes are missing); 0.025 ms is usual";
  return nullptr;
}
}  // namespace ranvier::engine::hodgkin_huxley
#endif

#if defined(RANVIER_ENGINE_GATES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_ENGINE_GATES_INL
#undef RANVIER_ENGINE_GATES_INL
#else
#define RANVIER_ENGINE_GATES_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

// ------------------------------------------------------------------------------------------ powers of two

/// 2^y = scale (1 + rest), |rest| < 0.42.
template <class V>
struct Power {
  V y, scale, rest;
};

/// For |y| < 126 (float) or 1022 (double).
template <class D, class V>
HWY_INLINE Power<V> power_of_two(D d, V y) {
  using T = hn::TFromD<D>;
  const hn::RebindToUnsigned<D> du;
  constexpr bool f32 = sizeof(T) == 4;
  // Adding it rounds to an integer and leaves k + bias in the low bits: shifted up they are 2^k.
  const V magic = hn::Set(d, f32 ? T(12582912.0 + 127) : T(6755399441055744.0 + 1023));
  const V shifted = hn::Add(y, magic);
  const V r = hn::Sub(y, hn::Sub(shifted, magic));
  const V scale = hn::BitCast(d, hn::ShiftLeft<f32 ? 23 : 52>(hn::BitCast(du, shifted)));
  if constexpr (f32) {  // (2^r - 1) / r for |r| <= 1/2, relative error at most 4.7e-7 (Remez)
    constexpr T c[] = {T(0.6931471228599548), T(0.24022351205348969), T(0.05550500378012657), T(0.009666245430707932), T(0.0013333539245650172)};
    return {y, scale, hn::Mul(r, horner(d, r, c))};
  } else {  // ln(2)^n / n!
    constexpr T c[] = {T(0.69314718055994530942),    T(0.24022650695910071233),    T(0.055504108664821579953),   T(0.0096181291076284771619),
                       T(0.0013333558146428443423),  T(1.5403530393381609954e-4),  T(1.5252733804059840280e-5),  T(1.3215486790144309488e-6),
                       T(1.0178086009239699728e-7),  T(7.0549116208011233299e-9),  T(4.4455382718708114976e-10), T(2.5678435993488205142e-11),
                       T(1.3691488853904128881e-12), T(6.7787263548225456335e-14)};
    return {y, scale, hn::Mul(r, horner(d, r, c))};
  }
}

template <class D, class V>
HWY_INLINE V power_value(D d, const Power<V>& p) { return fma(d, p.scale, p.rest, p.scale); }
template <class D, class V>
HWY_INLINE V power_minus_one(D d, const Power<V>& p) { return fma(d, p.scale, p.rest, hn::Sub(p.scale, hn::Set(d, 1))); }

/// Too small to be felt, and keeps y from 0 where the quotient y / (2^y - 1) is wanted.
inline constexpr double nudge = 0x1p-60;

/// (1 - 2^-w) / w for any w that is not negative (and for negative ones down to -100): the part of its way that
/// something goes in a step, over the step.
template <class D, class V>
HWY_INLINE V relaxed(D d, V w) {
  using T = hn::TFromD<D>;
  const V y = hn::Neg(hn::Add(w, hn::Set(d, T(nudge))));
  const V bounded = hn::Min(hn::Max(y, hn::Set(d, T(-100))), hn::Set(d, T(100)));
  return hn::Div(power_minus_one(d, power_of_two(d, bounded)), y);
}

/// The same for 0 <= w < 3/4, in single precision: relative error at most 1.1e-7 (Remez).
template <class D, class V>
HWY_INLINE V relaxed_little(D d, V w) {
  using T = hn::TFromD<D>;
  constexpr T c[] = {T(0.6931471228599548), T(-0.24022231996059418), T(0.05545997619628906), T(-0.009452938102185726), T(0.001074512372724712)};
  return horner(d, w, c);
}

// ------------------------------------------------------------------------------------------ gates

/// e^{(middle - v) / width} of a rate.
template <class D, class V>
HWY_INLINE Power<V> rate_power(D d, const hodgkin_huxley::Rate& r, V v) {
  using T = hn::TFromD<D>;
  const V per_width = hn::Set(d, static_cast<T>(1.44269504088896340736 / r.width));
  return power_of_two(d, fma(d, hn::Sub(hn::Set(d, static_cast<T>(r.middle)), v), per_width, hn::Set(d, T(nudge))));
}
/// pace amplitude e^x; pace amplitude x / (e^x - 1).
template <class D, class V>
HWY_INLINE V scaled(D d, V pace, double amplitude, V x) { return hn::Mul(hn::Mul(pace, hn::Set(d, static_cast<hn::TFromD<D>>(amplitude))), x); }
template <class D, class V>
HWY_INLINE V exponential_rate(D d, V pace, const hodgkin_huxley::Rate& r, V v) { return scaled(d, pace, r.amplitude, power_value(d, rate_power(d, r, v))); }
template <class D, class V>
HWY_INLINE V linear_rate(D d, V pace, const hodgkin_huxley::Rate& r, const Power<V>& e) {
  constexpr double ln_2 = 0.69314718055994530942;
  return scaled(d, pace, r.amplitude * ln_2, hn::Div(e.y, power_minus_one(d, e)));
}

/// Per step: how much of a closed gate opens, and that plus how much of an open one closes (alpha and alpha + beta).
template <class V>
struct Opening {
  V open, both;
};
template <class V>
struct Openings {
  Opening<V> m, h, n;
};

template <class D, class V>
HWY_INLINE V towards(D d, V x, const Opening<V>& o, V part) { return fma(d, fma(d, hn::Neg(o.both), x, o.open), part, x); }

// ------------------------------------------------------------------------------------------ the step

/// Kinetics::openings(d, v, pace) gives the rates of the three gates.
template <class Kinetics>
struct HodgkinHuxleyMembrane {
  static constexpr int n_state = 4, n_constants = hodgkin_huxley::constant_count;
  static constexpr bool linear = false, can_blow_up = true, sleeps = false;
  static constexpr std::uint32_t held_steps(std::uint32_t refractory) { return refractory; }

  /// held cells are integrated like all others: only their spikes are not counted.
  template <class D, class V, class M>
  static HWY_INLINE M step(D d, const V* c, V* s, const Drive<D>& in, V current, M held, bool) {
    using namespace hodgkin_huxley;
    const V v = s[0];
    V gates[3];  // those at the end of the step
    advance_gates(d, c, s, gates);
    const M half_a_step_on = hn::Gt(c[staggered], hn::Zero(d));
    const V m = hn::IfThenElse(half_a_step_on, gates[0], s[1]), h = hn::IfThenElse(half_a_step_on, gates[1], s[2]),
            n = hn::IfThenElse(half_a_step_on, gates[2], s[3]);
    const V n2 = hn::Mul(n, n);
    const V G_Na = hn::Mul(hn::Mul(hn::Mul(c[max_Na], m), hn::Mul(m, m)), h), G_K = hn::Mul(hn::Mul(c[max_K], n2), n2);
    const V G = hn::Add(hn::Add(c[leak], in.G), hn::Add(G_Na, G_K));
    const V steady = hn::Add(hn::Add(c[I_const], current), hn::Add(in.I, fma(d, hn::Neg(in.G), c[base], in.GE)));
    const V I = fma(d, G_Na, c[rev_Na], fma(d, G_K, c[rev_K], steady));
    const V next = hn::Add(towards(d, v, {hn::Mul(c[per_C], I), hn::Mul(c[per_C], G)}, relaxed(d, hn::Mul(c[per_C], G))), in.jump);
    s[0] = next;
    for (int k = 0; k < 3; ++k) s[1 + k] = gates[k];
    const M above = hn::AndNot(held, hn::Ge(next, c[threshold]));
    return HWY_LIKELY(hn::AllFalse(d, above)) ? above : hn::And(above, counts(d, c, v, next));
  }

 private:
  template <class D, class V>
  static HWY_INLINE void advance_gates(D d, const V* c, const V* s, V* gates) {
    using T = hn::TFromD<D>;
    const V most = hn::Set(d, static_cast<T>(hodgkin_huxley::v_most));
    const Openings<V> o = Kinetics::openings(d, hn::Min(hn::Max(s[0], hn::Neg(most)), most), c[hodgkin_huxley::pace]);
    gates[0] = towards(d, s[1], o.m, relaxed(d, o.m.both));
    V h, n;  // their parts of the way
    if constexpr (sizeof(T) == 8) {
      h = relaxed(d, o.h.both);
      n = relaxed(d, o.n.both);
    } else {  // h and n are slow: nearly always a short series does
      h = relaxed_little(d, o.h.both);
      n = relaxed_little(d, o.n.both);
      const V little = hn::Set(d, T(0.75));
      if (HWY_UNLIKELY(!hn::AllTrue(d, hn::Lt(hn::Max(o.h.both, o.n.both), little)))) {
        h = hn::IfThenElse(hn::Lt(o.h.both, little), h, relaxed(d, o.h.both));
        n = hn::IfThenElse(hn::Lt(o.n.both, little), n, relaxed(d, o.n.both));
      }
    }
    gates[1] = towards(d, s[2], o.h, h);
    gates[2] = towards(d, s[3], o.n, n);
  }

  /// Of cells above threshold that are not held: those that fire.
  template <class D, class V>
  static HWY_INLINE hn::Mask<D> counts(D d, const V* c, V before, V now) {
    using namespace hodgkin_huxley;
    const auto is = [&](double which) HWY_ATTR { return hn::Eq(c[rule], hn::Set(d, static_cast<hn::TFromD<D>>(which))); };
    const auto crosses = hn::And(is(crossing), hn::Lt(before, c[threshold]));
    const auto falls = hn::And(is(peak), hn::Lt(now, before));
    return hn::Or(is(level), hn::Or(crosses, falls));
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
