// SPDX-License-Identifier: Apache-2.0
#include "plan/siegert.hpp"

#include <algorithm>
#include <cmath>
#include <iterator>

namespace ranvier::plan {
namespace {

constexpr double sqrt_pi = 1.7724538509055160273;
/// |zeta(1/2)| / sqrt(2): how far a filtered random walk runs beyond a threshold, in units of std sqrt(tau_syn / tau_m).
constexpr double overshoot = 1.0326265761156;

/// Gauss-Legendre with 16 points on [a, b].
template <class F>
double panel(double a, double b, F f) {
  constexpr double x[] = {0.0950125098376374402, 0.2816035507792589132, 0.4580167776572273863, 0.6178762444026437484,
                          0.7554044083550030339, 0.8656312023878317439, 0.9445750230732325761, 0.9894009349916499326};
  constexpr double w[] = {0.1894506104550684963, 0.1826034150449235889, 0.1691565193950025382, 0.1495959888165767321,
                          0.1246289712555338720, 0.0951585116824927848, 0.0622535239386478929, 0.0271524594117540949};
  const double middle = (a + b) / 2, half = (b - a) / 2;
  double sum = 0;
  for (std::size_t k = 0; k < std::size(x); ++k) sum += w[k] * (f(middle - half * x[k]) + f(middle + half * x[k]));
  return half * sum;
}

/// e^(-s) times the integral of e^(u^2) (1 + erf u) from low to high, s = high^2 where high > 0, else 0.
///
/// The integrand is largest at `high` and falls below it on a scale of 1 / (2 high) (high > 0), or as 1 / |u|: so panels begin that
/// small and double as they go down.
double scaled_integral(double low, double high) {
  const double s = high > 0 ? high * high : 0;
  const auto f = [s](double u) { return u < 0 ? erfcx(-u) * std::exp(-s) : std::exp(u * u - s) * std::erfc(-u); };
  double sum = 0, end = high;
  for (double width = high > 0 ? std::min(1.0, 4 / (1 + 2 * high)) : 0.5 * (1 - high); end > low; width *= 2) {
    const double begin = std::max(low, end - width);
    sum += panel(begin, end, f);
    end = begin;
  }
  return sum;
}

double noiseless_rate_hz(const NoiseDrivenCell& c, double mean) {
  if (mean <= c.V_th_mV) return 0;
  return 1e3 / (c.t_ref_ms + c.tau_m_ms * std::log((mean - c.V_reset_mV) / (mean - c.V_th_mV)));
}

}  // namespace

double erfcx(double x) {
  if (x < 5) return std::exp(x * x) * std::erfc(x);
  // Continued fraction, cut where its tail is below 1e-15 for x >= 5 (DLMF 7.9.1).
  double tail = x;
  for (int k = 16; k >= 1; --k) tail = x + 0.5 * k / tail;
  return 1 / (sqrt_pi * tail);
}

double siegert_rate_hz(const NoiseDrivenCell& c, double mean_mV, double std_mV) {
  if (!(std_mV > 0)) return noiseless_rate_hz(c, mean_mV);
  const double shift = overshoot * std::sqrt(c.tau_syn_ms / c.tau_m_ms);
  const double high = (c.V_th_mV - mean_mV) / std_mV + shift, low = (c.V_reset_mV - mean_mV) / std_mV + shift;
  // Threshold so many standard deviations away that the difference of the ends is rounding: noise does not matter.
  if (high < -1e6) return noiseless_rate_hz(c, mean_mV);
  const double scale = high > 0 ? std::exp(-high * high) : 1;
  if (scale < 1e-300) return 0;
  return 1e3 * scale / (c.t_ref_ms * scale + c.tau_m_ms * sqrt_pi * scaled_integral(low, high));
}

}  // namespace ranvier::plan
