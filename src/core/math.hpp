// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Elementary functions in double, made of IEEE operations and std::fma only, so that set-up gives the
/// same bits on every machine (libm differs between machines). Errors are within 2 ulp.
/// Their vector sisters for the hot loops are in math-inl.hpp.

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace ranvier::math {

inline constexpr double pi = 3.14159265358979323846;

namespace detail {
inline constexpr double ln2_high = 6.93147180369123816490e-01;  // 33 bits, so that k * ln2_high is exact
inline constexpr double ln2_low = 1.90821492927058770002e-10;

/// (e^r - 1 - r) / r^2 for |r| <= 0.7, Taylor to r^18.
inline double exp_tail(double r) {
  double term = 0;
  // 1/2!, 1/3!, ... by Horner from the far end: p = (1 + r/3 (1 + r/4 (1 + ...))) / 2
  for (int n = 20; n >= 3; --n) term = std::fma(r / n, term, 1.0);
  return term / 2;
}
}  // namespace detail

inline double exp(double x) {
  if (std::isnan(x)) return x;
  if (x > 709.782712893384) return std::numeric_limits<double>::infinity();
  if (x < -745.2) return 0;
  const double k = std::nearbyint(x * 1.44269504088896340736);
  const double high = std::fma(-k, detail::ln2_high, x);
  const double r = std::fma(-k, detail::ln2_low, high);
  return std::ldexp(1.0 + std::fma(r * r, detail::exp_tail(r), r), static_cast<int>(k));
}

/// e^x for x <= 0, for loops over events: without a call or a division; 0 below -708, where e^x is not a normal number.
inline double decay(double x) {
  if (!(x > -708)) return std::isnan(x) ? x : 0;
  constexpr double to_integer = 6755399441055744.0;  // 1.5 x 2^52: adding it rounds to the nearest integer
  const double shifted = x * 1.44269504088896340736 + to_integer, k = shifted - to_integer;
  const double r = (x - k * detail::ln2_high) - k * detail::ln2_low;  // the product is exact, |r| < 0.35
  // Taylor to r^13 (the rest is below 5e-18 of the value), in pairs so that the operations overlap
  const double r2 = r * r, r4 = r2 * r2;
  const double a = 0.5 + r * (1.0 / 6), b = 1.0 / 24 + r * (1.0 / 120), c = 1.0 / 720 + r * (1.0 / 5040);
  const double d = 1.0 / 40320 + r * (1.0 / 362880), e = 1.0 / 3628800 + r * (1.0 / 39916800), f = 1.0 / 479001600 + r * (1.0 / 6227020800);
  const double tail = (a + r2 * b) + r4 * ((c + r2 * d) + r4 * (e + r2 * f));
  const auto exponent = std::bit_cast<std::uint64_t>(shifted) - std::bit_cast<std::uint64_t>(to_integer);
  return std::bit_cast<double>(std::bit_cast<std::uint64_t>(1.0 + (r + r2 * tail)) + (exponent << 52));
}

/// e^x - 1, accurate near 0.
inline double expm1(double x) {
  if (std::fabs(x) < 0.7) return std::fma(x * x, detail::exp_tail(x), x);
  return exp(x) - 1.0;
}

/// expm1(x) / x, 1 at 0: no branch in the formulas that use it, no singularity.
inline double exprel(double x) { return std::fabs(x) < 0.7 ? std::fma(x, detail::exp_tail(x), 1.0) : expm1(x) / x; }

inline double log(double x) {
  if (std::isnan(x) || x < 0) return std::numeric_limits<double>::quiet_NaN();
  if (x == 0) return -std::numeric_limits<double>::infinity();
  if (std::isinf(x)) return x;
  int e;
  double m = std::frexp(x, &e);
  if (m < 0.70710678118654752440) { m *= 2; --e; }
  const double s = (m - 1) / (m + 1), s2 = s * s;  // log m = 2 atanh(s), |s| < 0.172
  double sum = 0;
  for (int n = 25; n >= 3; n -= 2) sum = std::fma(s2, sum, 1.0 / n);
  const double log_m = 2 * std::fma(s * s2, sum, s);
  return std::fma(e, detail::ln2_high, std::fma(e, detail::ln2_low, log_m));
}

inline double pow(double base, double exponent) { return exp(exponent * log(base)); }

/// sin(x); the reduction by IEEE remainder is exact in x and good to 2e-16 |x| in the phase.
inline double sin(double x) {
  double r = std::remainder(x, 2 * pi);
  if (r > pi / 2) r = pi - r;
  if (r < -pi / 2) r = -pi - r;
  const double r2 = r * r;
  double sum = 0;
  for (int n = 25; n >= 3; n -= 2) sum = (1.0 + sum) * (-r2 / (n * (n - 1.0)));
  return std::fma(r, sum, r);
}

inline double cos(double x) { return sin(x + pi / 2); }

}  // namespace ranvier::math
