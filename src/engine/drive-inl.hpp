// SPDX-License-Identifier: Apache-2.0
/// What the receptors of a neuron hand to its membrane in one step, and the functions that model files share.
#if defined(RANVIER_ENGINE_DRIVE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_ENGINE_DRIVE_INL
#undef RANVIER_ENGINE_DRIVE_INL
#else
#define RANVIER_ENGINE_DRIVE_INL
#endif

#include "core/math-inl.hpp"
#include "engine/kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

template <class D>
struct Drive {
  using V = hn::Vec<D>;
  V dV;      ///< exact change of a linear membrane's potential by its currents [mV]
  V I;       ///< synaptic current at mid-step [pA]
  V G, GE;   ///< conductance at mid-step [nS], and times its reversal potential [pA]
  V jump;    ///< added to the potential when the step is done [mV]
  V jump_g;  ///< added to a membrane's own synaptic variable (lif_shiu)
  V before;  ///< state variable 0 of the membrane at the start of the step, as stored [mV]: for receptors that depend on it
};

template <class D>
HWY_INLINE Drive<D> no_drive(D d) {
  const auto zero = hn::Zero(d);
  return {zero, zero, zero, zero, zero, zero, zero};
}

/// (e^x - 1) / x for |x| < 0.5: no difference is taken.
template <class D, class V>
HWY_INLINE V exprel_near_0(D d, V x) {
  using T = hn::TFromD<D>;
  if constexpr (sizeof(T) == 4) {
    constexpr T c[] = {1, T(1.0 / 2), T(1.0 / 6), T(1.0 / 24), T(1.0 / 120), T(1.0 / 720), T(1.0 / 5040), T(1.0 / 40320)};
    return horner(d, x, c);
  } else {
    constexpr T c[] = {1, T(1.0 / 2), T(1.0 / 6), T(1.0 / 24), T(1.0 / 120), T(1.0 / 720), T(1.0 / 5040), T(1.0 / 40320), T(1.0 / 362880),
                       T(1.0 / 3628800), T(1.0 / 39916800), T(1.0 / 479001600), T(1.0 / 6227020800.0), T(1.0 / 87178291200.0)};
    return horner(d, x, c);
  }
}

/// (e^x - 1) / x, 1 at 0, for x up to 80.
template <class D, class V>
HWY_INLINE V exprel(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1));
  const auto small = hn::Lt(hn::Abs(x), hn::Set(d, T(0.5)));
  const V far = hn::Div(hn::Sub(exp(d, x), one), hn::IfThenElse(small, one, x));
  return hn::IfThenElse(small, exprel_near_0(d, x), far);
}

/// What a unit current that decays with one rate, into a membrane with another, has added to V after m steps without
/// input. Exact for any m, no singularity where the rates agree.
///   dt_C         dt/C_m
///   left, left_I e^{-rate m} of the membrane and of the current
///   apart, per_apart  difference of the two rates per step, at least 0, and 1 over it (anything where it is 0)
template <class D, class V>
HWY_INLINE V current_after(D d, V m, V dt_C, V left, V left_I, V apart, V per_apart) {
  const V high = hn::Max(left, left_I), low = hn::Min(left, left_I), x = hn::Mul(apart, m);
  const V near = hn::Mul(hn::Mul(high, m), exprel_near_0(d, hn::Neg(x)));
  const V far = hn::Mul(hn::Sub(high, low), per_apart);
  return hn::Mul(dt_C, hn::IfThenElse(hn::Lt(x, hn::Set(d, hn::TFromD<D>(0.5))), near, far));
}

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
