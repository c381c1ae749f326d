// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Exact propagators of linear membranes, for set-up, in double.
///
/// A chain of linear filters with rates a, b, c (what is in one stage feeds the next) has as its response the divided
/// difference of e^{-x t} over its rates. Written so, no formula has a singularity where two time constants agree:
///
///     one filter     e^{-a t}
///     two            t   e[-a t, -b t]               P21 of Rotter & Diesmann 1999
///     three          t^2 e[-a t, -b t, -c t]         P31, and alpha where b = c

#include <algorithm>
#include <cmath>

#include "core/math.hpp"

namespace ranvier::engine::propagator {

/// Divided difference of exp at two points, (e^x - e^y) / (x - y); e^x where they agree. Relative error below 1e-15.
inline double divided_exp(double x, double y) {
  const double high = std::max(x, y), low = std::min(x, y);
  return math::exp(high) * math::exprel(low - high);  // never the other way round: e^-800 times e^790 would be 0
}

/// The same at three points. Relative error below 1e-14.
inline double divided_exp(double x, double y, double z) {
  double p[3] = {x, y, z};
  std::sort(p, p + 3);
  if (p[2] - p[0] >= 0.5) return (divided_exp(p[2], p[1]) - divided_exp(p[1], p[0])) / (p[2] - p[0]);
  // e^m sum_n h_n(x - m, y - m, z - m) / (n + 2)!, h_n the complete homogeneous polynomial: no difference is taken.
  const double m = p[1], u = p[0] - m, v = p[2] - m;
  double power = 1, h = 1, factorial = 2, sum = 0.5;  // the third point, m - m = 0, leaves h_n as it is for two
  for (int n = 1; n < 18; ++n) {                      // |u|, |v| < 0.5: what is left out is below 1e-20
    power *= u;
    h = power + v * h;
    factorial *= n + 2;
    sum += h / factorial;
  }
  return math::exp(m) * sum;
}

/// Change of a membrane's potential in dt by a unit current that decays with tau [mV/pA].
inline double exponential_current(double dt, double tau, double tau_m, double C_m) {
  return dt / C_m * divided_exp(-dt / tau, -dt / tau_m);
}

/// The same by a unit in the stage before that current: dI/dt = -I/tau + x, dx/dt = -x/tau_before [mV ms/pA].
inline double chained_current(double dt, double tau_before, double tau, double tau_m, double C_m) {
  return dt * dt / C_m * divided_exp(-dt / tau_before, -dt / tau, -dt / tau_m);
}

/// log(1 + y) / y for y > -1; 1 at 0.
inline double log1p_over(double y) {
  if (std::fabs(y) > 0.05) return math::log(1 + y) / y;
  double sum = 0;
  for (int n = 16; n >= 1; --n) sum = 1.0 / n - y * sum;
  return sum;
}

/// Peak of the response to one unit of a chain of two filters: tau e^{-1} where they agree, else tau (tau'/tau)^(tau'/(tau - tau')).
inline double peak_of_chain(double tau_before, double tau) {
  const double ratio = tau / tau_before;
  return tau * math::exp(-ratio * log1p_over(ratio - 1));  // at t = tau log1p(y)/y, y = tau/tau_before - 1
}

}  // namespace ranvier::engine::propagator
