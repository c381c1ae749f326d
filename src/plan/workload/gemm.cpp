// SPDX-License-Identifier: Apache-2.0
/// Dense matrix products: one of a given shape (gemm), and the fastest that a search finds (gemm_best).

#include <cmath>

#include "plan/workload.hpp"
#include "plan/workload/product.hpp"

namespace ranvier::plan {
namespace {

constexpr ParameterInfo gemm_parameters[] = {
    {"m", ParameterType::whole, "", "must be given", "rows of A and C", 1, 1e9},
    {"n", ParameterType::whole, "", "must be given", "columns of B and C", 1, 1e9},
    {"k", ParameterType::whole, "", "must be given", "columns of A, rows of B", 1, 1e9},
    {"dtype", ParameterType::text, "", "fp16", "fp64 fp32 tf32 fp16 bf16 fp16_tensor fp16_acc16 fp8 fp4 int8; fp16 sums in fp32"},
    {"timing", ParameterType::text, "", "kernel", "kernel: device time; framework: a call through a framework, with its launch cost"},
    {"op", ParameterType::text, "", "NN", "transposes; the best kernel of each is taken to be alike"},
    {"library", ParameterType::text, "", "", "who ran it; no predictor"},
};
constexpr MetricInfo gemm_metrics[] = {
    {"time", "ms", "one call"},
    {"achieved", "TFLOP/s", "2 m n k / time", "", true},
};

Product product_of(const Parameters& p, double m, double n, double k) { return {m, n, k, parse_precision(p.text("dtype", "fp16"))}; }

bool through_framework(const Parameters& p) { return p.text("timing", "kernel") == "framework"; }

/// Columns are dealt to the devices; the result stays where it is, so nothing is sent.
Answer answer_of(const Question& q, Product p, bool framework, Trace* trace) {
  p.n = std::ceil(p.n / q.count);
  OperationTime t = time_of_product(p, q.machine, q.constants, trace);
  if (framework) {
    const Seconds call = note(trace, "call through the framework", Seconds{q.constants.framework_s}, "not hidden: one call is waited for before the next");
    t.expected += call;
    t.upper += call;
    t.fixed += call;
    correct_last(trace, t);
  }
  Total total;
  total.add(work_of(p), t);
  Answer a;
  a.estimate = estimate_of(total, q.machine, q.count, q.constants.busy_power_share, kernel_spread(q.machine, p.precision, q.constants), trace);
  const Flop flop = total.work.flop_total() * q.count;
  if (q.metric == "achieved") a.value = number_of(flop / a.estimate.expected) * 1e-12;
  a.extras.push_back({"achieved_tflop_per_s", number_of(flop / a.estimate.expected) * 1e-12, "TFLOP/s", "2 m n k / time"});
  if (!a.estimate.fits) a.remedy = "the three matrices need more memory than one device has; use more devices or a smaller format";
  return a;
}

Answer plan_gemm(const Question& q, Trace* trace) {
  const auto& p = q.parameters;
  const char* why = "a product has the sizes m, n and k";
  const double m = p.need_number("m", why), n = p.need_number("n", why), k = p.need_number("k", why);
  return answer_of(q, product_of(p, m, n, k), through_framework(p), trace);
}

/// A search settles on a shape that fills its waves. Without a shape the search is done here, over squares up to what
/// half the memory holds.
Answer plan_best(const Question& q, Trace* trace) {
  const auto& p = q.parameters;
  if (p.has("m") && p.has("n") && p.has("k")) return answer_of(q, product_of(p, p.number("m", 0), p.number("n", 0), p.number("k", 0)), false, trace);
  double best_rate = 0, best_side = 1024;
  for (double side = 1024; side <= 16384; side += 512) {
    const Product candidate = product_of(p, side, side, side);
    if (q.machine.memory && work_of(candidate).resident > q.machine.memory.value * 0.5) break;
    const double rate = side * side * side / time_of_product(candidate, q.machine, q.constants).expected.value();
    if (rate > best_rate) {
      best_rate = rate;
      best_side = side;
    }
  }
  note(trace, "best side of square products", best_side, "of 1024, 1536, ... 16384");
  return answer_of(q, product_of(p, best_side, best_side, best_side), false, trace);
}

constexpr ParameterInfo best_parameters[] = {
    {"m", ParameterType::whole, "", "searched", "rows of A and C", 1, 1e9},
    {"n", ParameterType::whole, "", "searched", "columns of B and C", 1, 1e9},
    {"k", ParameterType::whole, "", "searched", "columns of A, rows of B", 1, 1e9},
    {"dtype", ParameterType::text, "", "fp16", "as in gemm"},
    {"timing", ParameterType::text, "", "kernel", "as in gemm"},
    {"library", ParameterType::text, "", "", "who ran it; no predictor"},
};
constexpr MetricInfo best_metrics[] = {{"achieved", "TFLOP/s", "2 m n k / time", "", true}, {"time", "ms", "one call"}};

}  // namespace

RANVIER_WORKLOAD(gemm) {
  .name = "gemm",
  .title = "dense matrix product C[m x n] = A[m x k] B[k x n]",
  .formula = "arithmetic 2 m n k in tiles and waves, memory A + B + C once, blended; plus one launch. See docs/plan-products.md",
  .example = "ranvier plan gemm --on h100 m=4096 n=4096 k=4096 dtype=bf16",
  .parameters = gemm_parameters,
  .metrics = gemm_metrics,
  .pictured = {"n", 1, 1 << 24},
  .plan = plan_gemm,
};

RANVIER_WORKLOAD(gemm_best) {
  .name = "gemm_best",
  .title = "the fastest dense matrix product that a search finds",
  .formula = "as gemm, at the given shape or the best of squares",
  .example = "ranvier plan gemm_best --on mi300x dtype=bf16",
  .parameters = best_parameters,
  .metrics = best_metrics,
  .plan = plan_best,
};

}  // namespace ranvier::plan
