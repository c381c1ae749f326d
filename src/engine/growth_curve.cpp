// SPDX-License-Identifier: Apache-2.0
#include "engine/growth_curve.hpp"

#include <algorithm>
#include <cmath>

#include "core/math.hpp"

namespace ranvier::engine {

double GrowthCurve::rate(double C) const {
  constexpr double ln2 = 0.69314718055994530942;
  switch (s_.shape) {
    case linear: return s_.nu_per_ms * (1 - C / s_.eps);
    case sigmoid: return s_.nu_per_ms * (2 / (1 + math::exp((C - s_.eps) / s_.psi)) - 1);
    case gaussian: break;
  }
  // ((C - xi)/zeta)^2 = ln2 x^2 with x = 1 at eps and -1 at eta: so the zeros are exact.
  const double x = ((C - s_.eta) + (C - s_.eps)) / (s_.eps - s_.eta);
  return s_.nu_per_ms * (math::exp(ln2 * (1 - x * x)) - 1);
}

double GrowthCurve::gain(double C0, double C1, double h_ms) const {
  if (s_.shape == linear) return s_.nu_per_ms * (h_ms + s_.tau_ms * (C1 - C0) / s_.eps);
  if (C0 == C1) return h_ms * rate(C0);
  constexpr double node[] = {-0.86113631159405257522, -0.33998104358485626480, 0.33998104358485626480, 0.86113631159405257522};
  constexpr double weight[] = {0.34785484513745385737, 0.65214515486254614263, 0.65214515486254614263, 0.34785484513745385737};
  // C falls fastest at the beginning, by C0/tau: that decides how many panels. Where it spans very many widths most of them are flat.
  const double panels = std::clamp(std::ceil(h_ms / s_.tau_ms * std::max(2.0, 4 * C0 / width())), 1.0, 1000.0), half = h_ms / panels / 2;
  double sum = 0;
  for (int k = 0; k < static_cast<int>(panels); ++k)
    for (int q = 0; q < 4; ++q) sum += weight[q] * rate(C0 * math::decay(-(half * (2 * k + 1 + node[q])) / s_.tau_ms));
  return sum * half;
}

}  // namespace ranvier::engine
