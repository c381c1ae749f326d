// SPDX-License-Identifier: Apache-2.0
/// Sparse matrix times dense matrix: C[m x n] = A[m x k] B[k x n], A with zeros that are not stored.
///
///   unstructured   each nonzero fetches its row of B: n numbers that nothing else on the unit needs. The nonzeros themselves
///                  (value and 4-byte column) stream once.
///   block          blocks of b x b: one fetch of B serves b rows, and the arithmetic runs on matrix units in tiles of b.
///   2:4            two of four neighbours are zero: half the bytes of A and 2 bits of index each, twice the dense rate where
///                  the machine has matrix units that know the pattern, the dense rate elsewhere.
///   changing       the pattern differs from call to call: A is read dense and packed first.
///
/// The crossover density d*(n) is where sparse and dense products take equally long: sparse pays below it. It falls with n:
/// a vector reads A once either way, while a wide B turns dense products into arithmetic and sparse ones into fetches.
/// Source: Gale, Zaharia, Young & Elsen 2020, "Sparse GPU Kernels for Deep Learning", arXiv:2006.10901 (traffic of the
/// kinds of kernel); Mishra et al. 2021, "Accelerating Sparse Deep Neural Networks", arXiv:2104.08378 (2:4).

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "plan/workload.hpp"
#include "plan/workload/product.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

constexpr Bytes index_bytes{4};
constexpr double index_bits_2_4 = 2;  ///< per kept value

enum class Pattern { unstructured, block, two_four };

struct Sparse {
  Product dense;          ///< the product without zeros left out
  double density = 1;     ///< share of numbers that are stored
  Pattern pattern = Pattern::unstructured;
  double block = 1;
  bool changing = false;
};

constexpr ParameterInfo parameters[] = {
    {"m", ParameterType::whole, "", "must be given", "rows of A and C", 1, 1e9},
    {"n", ParameterType::whole, "", "1", "columns of B: right-hand sides", 1, 1e9},
    {"k", ParameterType::whole, "", "must be given", "columns of A, rows of B", 1, 1e9},
    {"sparsity", ParameterType::number, "", "0.9 (2:4: 0.5)", "share of zeros", 0, 1},
    {"pattern", ParameterType::text, "", "unstructured", "unstructured, block or 2:4"},
    {"block", ParameterType::whole, "", "32", "side of a block", 1, 4096},
    {"changing", ParameterType::boolean, "", "false", "the pattern is new in each call, so that packing is part of it"},
    {"dtype", ParameterType::text, "", "fp32", "as in gemm"},
    {"library", ParameterType::text, "", "", "who ran it; no predictor"},
    {"timing", ParameterType::text, "", "kernel", "as in gemm"},
};
constexpr MetricInfo metrics[] = {
    {"time", "ms", "one call"},
    {"speedup_vs_dense", "x", "time of the dense product / time of the sparse one", "", true},
    {"crossover_density", "", "share of nonzeros at which both take equally long; sparse pays below it"},
};

Pattern parse_pattern(std::string_view name) {
  if (name == "unstructured" || name == "csr" || name == "random") return Pattern::unstructured;
  if (name == "block" || name == "blocked" || name == "bsr") return Pattern::block;
  if (name == "2:4" || name == "structured") return Pattern::two_four;
  throw InputError(fmt::format("parameter pattern = \"{}\": must be unstructured, block or 2:4", name));
}

Sparse sparse_of(const Parameters& p) {
  Sparse s;
  const char* why = "a product has the sizes m, n and k";
  s.dense = {p.need_number("m", why), p.number("n", 1), p.need_number("k", why), parse_precision(p.text("dtype", "fp32"))};
  s.pattern = parse_pattern(p.text("pattern", "unstructured"));
  s.density = 1 - p.number("sparsity", s.pattern == Pattern::two_four ? 0.5 : 0.9);
  s.block = s.pattern == Pattern::block ? p.number("block", 32) : 1;
  s.changing = p.boolean("changing", false);
  if (s.pattern == Pattern::two_four && s.density != 0.5) throw InputError(fmt::format("parameter sparsity = {}: the pattern 2:4 has 0.5", 1 - s.density));
  return s;
}

/// Reading A dense and writing it packed, where the pattern is new.
void add_packing(Work& w, const Sparse& s, double stored) {
  if (!s.changing) return;
  w.memory += byte_of(s.dense.precision) * (s.dense.m * s.dense.k + stored) + index_bytes * stored;
  w.launches += 2;  // counting, then packing
}

OperationTime time_two_four(const Sparse& s, const Machine& machine, const Constants& c, Work& w, Trace* trace) {
  const Product& p = s.dense;
  const double stored = 0.5 * p.m * p.k;
  w = work_of(p);
  w.memory = w.resident = byte_of(p.precision) * (stored + p.k * p.n + p.m * p.n) + Bytes{index_bits_2_4 / 8} * stored;
  const bool twice = note(trace, "matrix units know the pattern", has_matrix_unit(machine, p.precision) ? 1.0 : 0.0, "where the format's rate is over 2.5 x fp32") > 0;
  if (twice) w.flop_in(p.precision) *= 0.5;
  add_packing(w, s, stored);
  Efficiency e = streaming(c);
  e.arithmetic = arithmetic_share(p, machine, c, trace);
  return time_of(w, machine, e, trace);
}

/// Blocks (or single numbers, b = 1): the stored numbers stream, rows of B are gathered.
OperationTime time_gathered(const Sparse& s, const Machine& machine, const Constants& c, Work& w, Trace* trace) {
  const Product& p = s.dense;
  const double stored = note(trace, "numbers stored", s.density * p.m * p.k);
  const Bytes number = byte_of(p.precision);
  w = {};
  w.flop_in(p.precision) = Flop{2 * stored * p.n};
  const Bytes streamed = number * (stored + p.m * p.n) + index_bytes * (stored / (s.block * s.block) + p.m / s.block);
  const Bytes gathered = note(trace, "rows of B gathered", number * (stored * p.n / s.block), "stored x n / block side");
  w.resident = streamed + number * (p.k * p.n);
  // What is gathered counts as streamed bytes that take longer; B itself is read once at least.
  w.memory = streamed + max(gathered * (c.bandwidth_share / c.gather_share), number * (p.k * p.n));
  w.launches = 1;
  add_packing(w, s, stored);
  Efficiency e = streaming(c);
  const Product tile{std::min(p.m, s.block), std::min(p.n, std::max(s.block, 16.0)), p.k, p.precision};
  e.arithmetic = s.block >= 16 ? arithmetic_share(tile, machine, c) : c.arithmetic_share;
  return time_of(w, machine, e, trace);
}

OperationTime time_of_sparse(const Sparse& s, const Machine& machine, const Constants& c, Work& w, Trace* trace = nullptr) {
  return s.pattern == Pattern::two_four ? time_two_four(s, machine, c, w, trace) : time_gathered(s, machine, c, w, trace);
}

/// Bisection in the density, over which the sparse time grows: 0 where sparse never pays, 1 where it always does.
double crossover(Sparse s, const Machine& machine, const Constants& c) {
  const Seconds dense = time_of_product(s.dense, machine, c).expected;
  const auto pays = [&](double density) {
    s.density = density;
    Work w;
    return time_of_sparse(s, machine, c, w).expected < dense;
  };
  if (!pays(0)) return 0;
  if (pays(1)) return 1;
  double low = 0, high = 1;
  for (int i = 0; i < 60; ++i) (pays((low + high) / 2) ? low : high) = (low + high) / 2;
  return low;
}

Answer plan(const Question& q, Trace* trace) {
  Sparse s = sparse_of(q.parameters);
  s.dense.n = std::ceil(s.dense.n / q.count);
  Work w;
  const OperationTime t = time_of_sparse(s, q.machine, q.constants, w, trace);
  Total total;
  total.add(w, t);
  Answer a;
  a.estimate = estimate_of(total, q.machine, q.count, q.constants.busy_power_share, kernel_spread(q.machine, s.dense.precision, q.constants), trace);
  const Seconds dense = note(trace, "dense product", time_of_product(s.dense, q.machine, q.constants).expected);
  const double speedup = dense / a.estimate.expected;
  const bool by_density = s.pattern != Pattern::two_four;
  const double density = by_density ? note(trace, "crossover density", crossover(s, q.machine, q.constants), "where sparse and dense take equally long") : 0;
  if (q.metric == "speedup_vs_dense") a.value = speedup;
  if (q.metric == "crossover_density") a.value = density;
  a.extras.push_back({"dense_time_s", dense.value(), "s", "the same product with all numbers stored"});
  a.extras.push_back({"speedup_vs_dense", speedup, "x", "dense time / sparse time"});
  if (by_density) a.extras.push_back({"crossover_density", density, "", "sparse pays below this share of nonzeros"});
  return a;
}

}  // namespace

RANVIER_WORKLOAD(spmm) {
  .name = "spmm",
  .title = "sparse matrix times dense matrix",
  .formula = "stored numbers and indices stream, rows of B are gathered per nonzero (or per block); 2:4 doubles the rate of matrix units",
  .example = "ranvier plan spmm --on 1080ti m=7680 k=2560 n=1500 sparsity=0.95",
  .parameters = parameters,
  .metrics = metrics,
  .pictured = {"n", 1, 1 << 24},
  .plan = plan,
};

}  // namespace ranvier::plan
