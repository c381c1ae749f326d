// SPDX-License-Identifier: Apache-2.0
/// Vector exp, log and normal quantile with the same bits on every target: IEEE operations and fma only.
#if defined(RANVIER_CORE_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_CORE_MATH_INL
#undef RANVIER_CORE_MATH_INL
#else
#define RANVIER_CORE_MATH_INL
#endif

#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier {
namespace HWY_NAMESPACE {

/// c[0] + x (c[1] + x (c[2] + ...)).
template <class D, class V, class T, std::size_t N>
HWY_INLINE V horner(D d, V x, const T (&c)[N]) {
  V sum = hn::Set(d, c[N - 1]);
  for (std::size_t i = N - 1; i-- > 0;) sum = fma(d, sum, x, hn::Set(d, c[i]));
  return sum;
}

/// 2^k for integer-valued k within the exponent's range.
template <class D, class V>
HWY_INLINE V exp2_integer(D d, V k) {
  using T = hn::TFromD<D>;
  const hn::RebindToSigned<D> di;
  constexpr int mantissa = sizeof(T) == 4 ? 23 : 52;
  constexpr hn::TFromD<decltype(di)> bias = sizeof(T) == 4 ? 127 : 1023;
  const auto biased = hn::Add(hn::ConvertTo(di, k), hn::Set(di, bias));
  return hn::BitCast(d, hn::ShiftLeft<mantissa>(biased));
}

/// e^x, within 2 ulp; 0 below -87 (float) or -708 (double), clamped above 88 or 709.
template <class D, class V>
HWY_INLINE V exp(D d, V x) {
  using T = hn::TFromD<D>;
  constexpr bool f32 = sizeof(T) == 4;
  const V low = hn::Set(d, f32 ? T(-87.0) : T(-708.0)), high = hn::Set(d, f32 ? T(88.0) : T(709.0));
  const auto underflow = hn::Lt(x, low);
  const auto nan = hn::IsNaN(x);
  const V y = hn::Min(hn::Max(x, low), high);
  const V k = hn::Round(hn::Mul(y, hn::Set(d, T(1.44269504088896340736))));
  V r, p;
  if constexpr (f32) {
    r = fma(d, k, hn::Set(d, T(-0.693145751953125)), y);  // ln 2 in two parts; the first has 16 bits
    r = fma(d, k, hn::Set(d, T(-1.42860682030941723212e-6)), r);
    constexpr T c[] = {1, 1, T(0.5), T(1.0 / 6), T(1.0 / 24), T(1.0 / 120), T(1.0 / 720), T(1.0 / 5040)};
    p = horner(d, r, c);
  } else {
    r = fma(d, k, hn::Set(d, T(-6.93147180369123816490e-01)), y);
    r = fma(d, k, hn::Set(d, T(-1.90821492927058770002e-10)), r);
    constexpr T c[] = {1, 1, T(1.0 / 2), T(1.0 / 6), T(1.0 / 24), T(1.0 / 120), T(1.0 / 720), T(1.0 / 5040), T(1.0 / 40320),
                       T(1.0 / 362880), T(1.0 / 3628800), T(1.0 / 39916800), T(1.0 / 479001600), T(1.0 / 6227020800.0)};
    p = horner(d, r, c);
  }
  const V e = hn::IfThenZeroElse(underflow, hn::Mul(p, exp2_integer(d, k)));
  return hn::IfThenElse(nan, x, e);
}

/// Natural logarithm of a positive, normal x; float, within 3 ulp.
template <class D, class V>
HWY_INLINE V log_positive(D d, V x) {
  using T = hn::TFromD<D>;
  static_assert(sizeof(T) == 4);
  const hn::RebindToSigned<D> di;
  const auto bits = hn::BitCast(di, x);
  // exponent so that the mantissa lies in [sqrt(1/2), sqrt(2))
  const auto shifted = hn::Sub(bits, hn::Set(di, 0x3F3504F3));
  const V e = hn::ConvertTo(d, hn::ShiftRight<23>(shifted));
  const V m = hn::BitCast(d, hn::Add(hn::And(shifted, hn::Set(di, 0x007FFFFF)), hn::Set(di, 0x3F3504F3)));
  const V s = hn::Div(hn::Sub(m, hn::Set(d, T(1))), hn::Add(m, hn::Set(d, T(1))));
  const V s2 = hn::Mul(s, s);
  constexpr T c[] = {T(2), T(2.0 / 3), T(2.0 / 5), T(2.0 / 7), T(2.0 / 9), T(2.0 / 11)};
  const V log_m = hn::Mul(s, horner(d, s2, c));
  return fma(d, e, hn::Set(d, T(0.693147180559945)), log_m);
}

/// The normal quantile of the uniform (w + 1/2) 2^-32, w a 32-bit word given as unsigned lanes; float.
/// Both tails keep their resolution because the distance to the nearer end is taken in integers.
/// Source: Wichura 1988, algorithm AS 241, doi:10.2307/2347330 (central and first tail region).
template <class D, class VU>
HWY_INLINE hn::Vec<D> normal_quantile(D d, VU word) {
  using T = hn::TFromD<D>;
  static_assert(sizeof(T) == 4);
  using V = hn::Vec<D>;
  const hn::RebindToUnsigned<D> du;
  const hn::RebindToSigned<D> di;
  const auto upper = hn::Ne(hn::ShiftRight<31>(word), hn::Zero(du));
  const auto near = hn::IfThenElse(upper, hn::Not(word), word);  // distance to the nearer end, below 2^31
  const V tail = hn::Mul(hn::Add(hn::ConvertTo(d, hn::BitCast(di, near)), hn::Set(d, T(0.5))), hn::Set(d, T(0x1p-32)));
  const V q = hn::Sub(hn::Set(d, T(0.5)), tail);  // >= 0

  constexpr T a[] = {T(3.3871328727963666080e0), T(1.3314166789178437745e2), T(1.9715909503065514427e3), T(1.3731693765509461125e4),
                     T(4.5921953931549871457e4), T(6.7265770927008700853e4), T(3.3430575583588128105e4), T(2.5090809287301226727e3)};
  constexpr T b[] = {T(1), T(4.2313330701600911252e1), T(6.8718700749205790830e2), T(5.3941960214247511077e3), T(2.1213794301586595867e4),
                     T(3.9307895800092710610e4), T(2.8729085735721942674e4), T(5.2264952788528545610e3)};
  const V r0 = fma(d, hn::Neg(q), q, hn::Set(d, T(0.180625)));
  const V central = hn::Mul(q, hn::Div(horner(d, r0, a), horner(d, r0, b)));

  constexpr T e[] = {T(1.42343711074968357734e0), T(4.63033784615654529590e0), T(5.76949722146069140550e0), T(3.64784832476320460504e0),
                     T(1.27045825245236838258e0), T(2.41780725177450611770e-1), T(2.27238449892691845833e-2), T(7.74545014278341407640e-4)};
  constexpr T f[] = {T(1), T(2.05319162663775882187e0), T(1.67638483018380384940e0), T(6.89767334985100004550e-1), T(1.48103976427480074590e-1),
                     T(1.51986665636164571966e-2), T(5.47593808499534494600e-4), T(1.05075007164441684324e-9)};
  const V r1 = hn::Sub(hn::Sqrt(hn::Neg(log_positive(d, tail))), hn::Set(d, T(1.6)));
  const V outer = hn::Div(horner(d, r1, e), horner(d, r1, f));

  const V z = hn::IfThenElse(hn::Le(q, hn::Set(d, T(0.425))), central, outer);
  return hn::IfThenElse(hn::RebindMask(d, upper), z, hn::Neg(z));
}

}  // namespace HWY_NAMESPACE
}  // namespace ranvier
HWY_AFTER_NAMESPACE();
#endif
