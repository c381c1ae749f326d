// SPDX-License-Identifier: Apache-2.0
#include "plan/claims/formulas.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/suggest.hpp"

namespace ranvier::plan::claims {
namespace {

double plain(const Value& v, const char* function) {
  if (!v.plain()) throw ValueError(std::string(function) + " needs a plain number, but this is " + describe(v.dimension) + "; divide by a unit first");
  return v.number;
}

double positive(const Value& v, const char* function) {
  const double x = plain(v, function);
  if (!(x > 0)) throw ValueError(std::string(function) + " of a number that is not positive");
  return x;
}

Value larger(std::span<const Value> v) {
  require_alike(v[0], v[1], "max");
  return v[0].number < v[1].number ? v[1] : v[0];
}
Value smaller(std::span<const Value> v) {
  require_alike(v[0], v[1], "min");
  return v[1].number < v[0].number ? v[1] : v[0];
}

/// Work per byte above which arithmetic, not memory, is the limit. Williams, Waterman & Patterson 2009.
Value ridge(std::span<const Value> v) { return v[0] / v[1]; }

/// Time of a ring all-reduce: each of n devices sends 2 (n-1)/n of the data over its link. Patarasuk & Yuan 2009, doi:10.1016/j.jpdc.2008.09.002.
Value ring_all_reduce(std::span<const Value> v) {
  const double n = plain(v[0], "ring_all_reduce");
  if (n < 1) throw ValueError("ring_all_reduce needs at least one device");
  return Value{2 * (n - 1) / n, {}} * v[1] / v[2];
}

/// Time until something that doubles every v[0] has grown by the factor v[1].
Value growth_time(std::span<const Value> v) { return v[0] * Value{std::log2(positive(v[1], "growth_time")), {}}; }

/// Density below which the sparse product is the faster one: measured at one density, its time is taken to be proportional
/// to the entries kept. (density, time of the dense product, time of the sparse product)
Value crossover_density(std::span<const Value> v) { return v[0] * v[1] / v[2]; }

Value tiles(std::span<const Value> v) {
  for (const Value& x : v) positive(x, "tiles");
  return {tile_products(v[0].number, v[1].number, v[2].number, v[3].number), {}};
}

constexpr std::array formulas{
    Formula{"log2", 1, "one argument", [](std::span<const Value> v) { return Value{std::log2(positive(v[0], "log2")), {}}; }},
    Formula{"log10", 1, "one argument", [](std::span<const Value> v) { return Value{std::log10(positive(v[0], "log10")), {}}; }},
    Formula{"ln", 1, "one argument", [](std::span<const Value> v) { return Value{std::log(positive(v[0], "ln")), {}}; }},
    Formula{"exp", 1, "one argument", [](std::span<const Value> v) { return Value{std::exp(plain(v[0], "exp")), {}}; }},
    Formula{"ceil", 1, "one argument", [](std::span<const Value> v) { return Value{std::ceil(v[0].number), v[0].dimension}; }},
    Formula{"max", 2, "two arguments", larger},
    Formula{"min", 2, "two arguments", smaller},
    Formula{"ridge", 2, "(peak rate, bandwidth)", ridge},
    Formula{"ring_all_reduce", 3, "(devices, bytes, bandwidth)", ring_all_reduce},
    Formula{"growth_time", 2, "(doubling time, factor)", growth_time},
    Formula{"crossover_density", 3, "(density, dense time, sparse time)", crossover_density},
    Formula{"stable_step", 1, "(fastest rate)", [](std::span<const Value> v) { return stable_step(v[0]); }},
    Formula{"tiles", 4, "(m, n, k, tile edge)", tiles},
};

}  // namespace

Value stable_step(const Value& rate) { return Value{2, {}} / rate; }

double tile_products(double m, double n, double k, double t) { return std::ceil(m / t) * std::ceil(n / t) * std::ceil(k / t); }

const Formula* find_formula(std::string_view name) {
  for (const Formula& f : formulas)
    if (f.name == name) return &f;
  return nullptr;
}

std::vector<std::string> formula_names() {
  std::vector<std::string> names;
  for (const Formula& f : formulas) names.emplace_back(f.name);
  return names;
}

}  // namespace ranvier::plan::claims
