// SPDX-License-Identifier: Apache-2.0
/// The functions that formulas can call, beyond those of core/math-inl.hpp: for float and double, with the same bits on every
/// target (IEEE operations and fma only). Compiled with a model, when it is first used.
#if defined(RANVIER_EQUATIONS_FORMULA_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_EQUATIONS_FORMULA_INL
#undef RANVIER_EQUATIONS_FORMULA_INL
#else
#define RANVIER_EQUATIONS_FORMULA_INL
#endif

#include <limits>

#include "engine/drive-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

/// (e^x - 1) / x, 1 at 0; x above 80 counts as 80, so that single precision does not overflow. Most vectors have small x alone.
template <class D, class V>
HWY_INLINE V formula_exprel(D d, V x) {
  using T = hn::TFromD<D>;
  const auto small = hn::Lt(hn::Abs(x), hn::Set(d, T(0.5)));
  if (HWY_LIKELY(hn::AllTrue(d, small))) return exprel_near_0(d, x);
  return exprel(d, hn::IfThenElse(hn::Gt(x, hn::Set(d, T(80))), hn::Set(d, T(80)), x));
}

/// e^x - 1, accurate near 0; x above 80 counts as 80 in the exponent.
template <class D, class V>
HWY_INLINE V formula_expm1(D d, V x) { return hn::Mul(x, formula_exprel(d, x)); }

/// Natural logarithm, within 3 ulp; -infinity at 0, NaN below.
template <class D, class V>
HWY_INLINE V formula_log(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool f32 = sizeof(T) == 4;
  const hn::RebindToSigned<D> di;
  using I = hn::TFromD<decltype(di)>;
  constexpr int mantissa = f32 ? 23 : 52;
  constexpr I root_half = static_cast<I>(f32 ? 0x3F3504F3ll : 0x3FE6A09E667F3BCDll), mask = (I(1) << mantissa) - 1;
  const V infinity = hn::Set(d, std::numeric_limits<T>::infinity());
  const auto tiny = hn::Lt(x, hn::Set(d, std::numeric_limits<T>::min()));
  const V normal = hn::IfThenElse(tiny, hn::Mul(x, hn::Set(d, f32 ? T(0x1p25) : T(0x1p54))), x);
  // exponent so that the mantissa lies in [sqrt(1/2), sqrt(2))
  const auto shifted = hn::Sub(hn::BitCast(di, normal), hn::Set(di, root_half));
  const V e = hn::Sub(hn::ConvertTo(d, hn::ShiftRight<mantissa>(shifted)), hn::IfThenElseZero(tiny, hn::Set(d, f32 ? T(25) : T(54))));
  const V m = hn::BitCast(d, hn::Add(hn::And(shifted, hn::Set(di, mask)), hn::Set(di, root_half)));
  const V s = hn::Div(hn::Sub(m, hn::Set(d, T(1))), hn::Add(m, hn::Set(d, T(1))));
  V log_m;
  if constexpr (f32) {
    constexpr T c[] = {T(2), T(2.0 / 3), T(2.0 / 5), T(2.0 / 7), T(2.0 / 9), T(2.0 / 11)};
    log_m = hn::Mul(s, horner(d, hn::Mul(s, s), c));
  } else {
    constexpr T c[] = {T(2),        T(2.0 / 3),  T(2.0 / 5),  T(2.0 / 7),  T(2.0 / 9),  T(2.0 / 11),
                       T(2.0 / 13), T(2.0 / 15), T(2.0 / 17), T(2.0 / 19), T(2.0 / 21), T(2.0 / 23)};
    log_m = hn::Mul(s, horner(d, hn::Mul(s, s), c));
  }
  const V result = f32 ? fma(d, e, hn::Set(d, T(0.693145751953125)), fma(d, e, hn::Set(d, T(1.42860682030941723212e-6)), log_m))
                       : fma(d, e, hn::Set(d, T(6.93147180369123816490e-01)), fma(d, e, hn::Set(d, T(1.90821492927058770002e-10)), log_m));
  const V at_border = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity), hn::IfThenElse(hn::Eq(x, infinity), infinity, hn::Set(d, std::numeric_limits<T>::quiet_NaN())));
  return hn::IfThenElse(hn::And(hn::Gt(x, hn::Zero(d)), hn::Lt(x, infinity)), result, at_border);
}

/// log(1 + x), to the last bits for small x (Kahan).
template <class D, class V>
HWY_INLINE V formula_log1p(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1)), u = hn::Add(one, x), apart = hn::Sub(u, one);
  const auto tiny = hn::Eq(apart, hn::Zero(d));
  return hn::IfThenElse(tiny, x, hn::Div(hn::Mul(formula_log(d, u), x), hn::IfThenElse(tiny, one, apart)));
}

/// x^y as pow() of C has it: 1 where y is 0; below 0 only to whole powers, of which the odd ones keep the sign.
template <class D, class V>
HWY_INLINE V formula_pow(D d, V x, V y) {
  using T = hn::TFromD<D>;
  const V zero = hn::Zero(d), half = hn::Floor(hn::Mul(y, hn::Set(d, T(0.5))));
  const V size = hn::IfThenElse(hn::Eq(y, zero), hn::Set(d, T(1)), exp(d, hn::Mul(y, formula_log(d, hn::Abs(x)))));
  const auto odd = hn::Ne(hn::Add(half, half), y);  // or not whole
  const V below = hn::IfThenElse(hn::Eq(hn::Floor(y), y), hn::IfThenElse(odd, hn::Neg(size), size), hn::Set(d, std::numeric_limits<T>::quiet_NaN()));
  const V above = hn::IfThenElse(hn::And(hn::Eq(x, zero), hn::Lt(y, zero)), hn::Set(d, std::numeric_limits<T>::infinity()), size);
  return hn::IfThenElse(hn::Lt(x, zero), below, above);
}

template <class D, class V>
HWY_INLINE V formula_tanh(D d, V x) {
  using T = hn::TFromD<D>;
  const V bound = hn::Set(d, T(20));
  const V e = formula_expm1(d, hn::Mul(hn::Set(d, T(2)), hn::Max(hn::Min(x, bound), hn::Neg(bound))));
  return hn::Div(e, hn::Add(e, hn::Set(d, T(2))));
}

/// sin(x + shift pi), shift 0 or 1/2: x is brought to within half a turn of a zero in two parts of pi, exactly but for the last one.
template <class D, class V>
HWY_INLINE V formula_sine(D d, V x, V shift) {
  using T = hn::TFromD<D>;
  constexpr bool f32 = sizeof(T) == 4;
  const hn::RebindToSigned<D> di;
  const V k = hn::Round(fma(d, x, hn::Set(d, T(0.318309886183790671538)), shift)), turns = hn::Neg(hn::Sub(k, shift));
  V r = fma(d, turns, hn::Set(d, f32 ? T(3.14159274101257324f) : T(3.14159265358979311600)), x);
  r = fma(d, turns, hn::Set(d, f32 ? T(-8.74227765734758577e-8) : T(1.22464679914735317723e-16)), r);
  const V r2 = hn::Mul(r, r);
  V tail;
  if constexpr (f32) {
    constexpr T c[] = {T(-1.0 / 6), T(1.0 / 120), T(-1.0 / 5040), T(1.0 / 362880), T(-1.0 / 39916800), T(1.0 / 6227020800.0)};
    tail = horner(d, r2, c);
  } else {
    constexpr T c[] = {T(-1.0 / 6), T(1.0 / 120), T(-1.0 / 5040), T(1.0 / 362880), T(-1.0 / 39916800), T(1.0 / 6227020800.0), T(-1.0 / 1307674368000.0), T(1.0 / 355687428096000.0),
                       T(-1.0 / 121645100408832000.0), T(1.0 / 51090942171709440000.0), T(-1.0 / 2.585201673888497664e22)};
    tail = horner(d, r2, c);
  }
  const V s = fma(d, hn::Mul(r, r2), tail, r);
  const auto odd = hn::ShiftLeft<sizeof(T) * 8 - 1>(hn::And(hn::ConvertTo(di, k), hn::Set(di, 1)));
  return hn::BitCast(d, hn::Xor(hn::BitCast(di, s), odd));
}

/// For |x| up to 1e4 (float: 1e3), within 3 ulp of 1.
template <class D, class V>
HWY_INLINE V formula_sin(D d, V x) { return formula_sine(d, x, hn::Zero(d)); }
template <class D, class V>
HWY_INLINE V formula_cos(D d, V x) { return formula_sine(d, x, hn::Set(d, hn::TFromD<D>(0.5))); }

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
