// SPDX-License-Identifier: Apache-2.0
#include "plan/workload/product.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <vector>

#include "core/suggest.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

struct Name {
  std::string_view name;
  Precision precision;
};

constexpr Name names[] = {
    {"fp64", Precision::fp64}, {"fp32", Precision::fp32}, {"tf32", Precision::tf32}, {"fp16", Precision::fp16_acc32},
    {"bf16", Precision::fp16_acc32}, {"fp16_tensor", Precision::fp16_acc32}, {"fp16_acc16", Precision::fp16},
    {"fp8", Precision::fp8}, {"fp4", Precision::fp4}, {"int8", Precision::int8},
};

constexpr double tile_sides[] = {256, 128, 64, 32, 16};
constexpr double tile_area_max = 256 * 128;  // fp32 sums of a tile in the registers of one unit: 128 KiB of 256
constexpr double split_max = 16, k_least = 256;

/// Rate with tiles of a x b against that with the largest: per multiply-add a tile loads (a + b) / (a b) numbers, and where
/// that is 2 / tile_side, loading takes as long as the arithmetic.
double tile_rate(double a, double b, double side) {
  constexpr double largest = (256.0 + 128.0) / (2 * tile_area_max);
  return (1 + side * largest) / (1 + side * (a + b) / (2 * a * b));
}

/// Share of the units that are busy, on the average, while `tiles` are worked on, the sum over k split where that helps.
double busy_share(double tiles, double k, double units) {
  const double splits = std::clamp(std::floor(k / k_least), 1.0, split_max);
  double best = 0;
  for (double split = 1; split <= splits; ++split) {
    const double pieces = tiles * split;
    best = std::max(best, pieces / (std::ceil(pieces / units) * units));
  }
  return best;
}

/// Share of the arithmetic rate that a tile of a x b leaves.
double tile_share(const Product& p, double a, double b, double units, double side) {
  const double tiles = std::ceil(p.m / a) * std::ceil(p.n / b);
  const double used = p.m * p.n / (tiles * a * b);
  return busy_share(tiles, p.k, units) * used * tile_rate(a, b, side);
}

double best_tile_share(const Product& p, double units, double side) {
  double best = 0;
  for (const double a : tile_sides)
    for (const double b : tile_sides)
      if (a * b <= tile_area_max) best = std::max(best, tile_share(p, a, b, units, side));
  return best;
}

/// Vector units (fp32, fp64 without a matrix unit) spend so many joules a FLOP that small cards run out of power before
/// they run out of units: share of the peak that the design power feeds.
double power_share(Precision precision, const Machine& m, const Constants& c) {
  const bool vector_units = precision == Precision::fp32 || precision == Precision::fp64;
  if (!vector_units || !m.power || m.kind == MachineKind::cpu || m.kind == MachineKind::cluster) return 1;
  const double joule_per_flop = c.vector_joule_per_flop * (precision == Precision::fp64 ? 2 : 1);
  return std::min(1.0, m.power.value.value() / (joule_per_flop * m.rate_of(precision).value.value()));
}

}  // namespace

Precision parse_precision(std::string_view name) {
  std::vector<std::string> known;
  for (const Name& n : names) {
    if (n.name == name) return n.precision;
    known.emplace_back(n.name);
  }
  throw InputError(fmt::format("parameter dtype = \"{}\": no such number format.{}", name, suggestion(name, known)));
}

Work work_of(const Product& p) {
  Work w;
  w.flop_in(p.precision) = Flop{2 * p.m * p.n * p.k};
  w.memory = w.resident = byte_of(p.precision) * (p.m * p.k + p.k * p.n + p.m * p.n);
  w.launches = 1;
  return w;
}

double arithmetic_share(const Product& p, const Machine& machine, const Constants& c, Trace* trace) {
  const double units = std::max(1.0, note(trace, "compute units", machine.units));
  const double shape = note(trace, "share that tiles and waves leave", best_tile_share(p, units, c.tile_side), "best tile a x b: tiles / (whole waves x units) x used part of tiles x rate of such tiles against the largest");
  const double power = note(trace, "share that the design power feeds", power_share(p.precision, machine, c), "min(1, power / (joule per FLOP x rate)), vector units only");
  // Whichever is scarcer: units that wait for data draw little power.
  return std::min(shape * note(trace, "share of the rate that libraries reach", c.arithmetic_share), power);
}

Efficiency streaming(const Constants& c) {
  Efficiency e;
  e.memory = e.network = c.bandwidth_share;
  e.launch = e.message = Seconds{c.launch_s};
  e.overlap_power = c.overlap_power;
  return e;
}

double kernel_spread(const Machine& machine, Precision precision, const Constants& c) {
  const double figures = std::max(machine.rate_of(precision).spread, machine.bandwidth.spread);
  return std::hypot(c.width_kernel, figures);
}

bool has_matrix_unit(const Machine& m, Precision p) { return m.rate_of(p).value > 2.5 * m.rate_of(Precision::fp32).value; }

OperationTime time_of_product(const Product& p, const Machine& machine, const Constants& c, Trace* trace) {
  Efficiency e = streaming(c);
  e.arithmetic = arithmetic_share(p, machine, c, trace);
  return time_of(work_of(p), machine, e, trace);
}

}  // namespace ranvier::plan
