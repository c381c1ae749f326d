// SPDX-License-Identifier: Apache-2.0
/// lags = [...] of a projection: a kernel in time, one synapse of each pair for each lag.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "toml_sections.hpp"

namespace ranvier::io {
namespace {

constexpr std::size_t lags_max = 256;
constexpr double infinity = std::numeric_limits<double>::infinity();

/// The same law, times a number that may be negative. A lognormal or exponential one cannot change its sign.
bool scale(Values& v, double by) {
  if (v.kind == Values::Kind::column) {
    auto scaled = std::make_shared<std::vector<double>>(*v.column);
    for (double& x : *scaled) x *= by;
    v.column = std::move(scaled);
    return true;
  }
  if (by < 0 && (v.kind == Values::Kind::lognormal || v.kind == Values::Kind::exponential)) return false;
  const bool swaps = by < 0;
  const double low = v.min, high = v.max;
  v.min = swaps ? (high == infinity ? -infinity : high * by) : (low == -infinity ? low : low * by);
  v.max = swaps ? (low == -infinity ? infinity : low * by) : (high == infinity ? high : high * by);
  if (v.kind == Values::Kind::uniform) {
    v.a *= by;
    v.b *= by;
    if (swaps) std::swap(v.a, v.b);
  } else {
    v.a *= by;
    v.b *= std::fabs(by);
  }
  return true;
}

void delay_by(Values& v, double ms) {
  if (v.kind == Values::Kind::column) {
    auto later = std::make_shared<std::vector<double>>(*v.column);
    for (double& x : *later) x += ms;
    v.column = std::move(later);
    return;
  }
  v.a += ms;
  if (v.kind == Values::Kind::uniform) v.b += ms;
  if (v.min != -infinity) v.min += ms;
  if (v.max != infinity) v.max += ms;
}

}  // namespace

void add_lags(Reader& reader, const At& lags, NetworkSpec& spec, const ProjectionSpec& projection) {
  if (!lags.is(Node::Kind::array) || lags.node->items.empty() || lags.node->items.size() > lags_max)
    return reader.problem(lags, fmt::format("must be a list of 1 to {} numbers, for example lags = [0.5, 1, 0.5]: the weights of 0, 1 and 2 steps later", lags_max));
  if (projection.delay_ms.kind == Values::Kind::exponential || projection.delay_ms.kind == Values::Kind::lognormal)
    return reader.problem(lags, "needs delays that are constant, normal, uniform or a column");
  const int sign = spec.populations[static_cast<std::size_t>(projection.target.population)].receptors[static_cast<std::size_t>(projection.receptor)].sign;
  int first = -1;
  for (std::size_t k = 0; k < lags.node->items.size(); ++k) {
    const At at = reader.item(lags, k);
    const auto factor = reader.number(at, "1");
    if (!factor || *factor == 0) continue;
    if (*factor < 0 && sign != 0) return reader.problem(at, "a negative number would turn the sign of the weights, which this receptor does not take");
    ProjectionSpec p = projection;
    if (!scale(p.weight, *factor)) return reader.problem(at, "a negative number does not go with a lognormal or exponential weight");
    delay_by(p.delay_ms, static_cast<double>(k) * spec.simulation.dt_ms);
    p.words_of = first;
    if (first < 0) first = static_cast<int>(spec.projections.size());
    if (lags.node->items.size() > 1) p.name = fmt::format("{} lag {}", projection.name, k);
    spec.projections.push_back(std::move(p));
  }
}

}  // namespace ranvier::io
