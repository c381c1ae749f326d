// SPDX-License-Identifier: Apache-2.0
/// Streaming over arrays far larger than the caches.

#include <cmath>

#include "plan/algebra.hpp"
#include "plan/workload.hpp"

namespace ranvier::plan {
namespace {

constexpr ParameterInfo parameters[] = {
    {"kernel", ParameterType::text, "", "copy", "read, copy or triad: one, two or three arrays; other names count as copy"},
    {"bytes", ParameterType::number, "byte", "1e9", "data the program names, of all arrays together", 1, 1e18},
};
constexpr MetricInfo metrics[] = {
    {"bandwidth", "GB/s", "bytes the program names / time", "", true},
    {"time", "ms", "one pass over the arrays"},
};

Answer plan(const Question& q, Trace* trace) {
  Answer a;
  Work work;
  work.memory = work.resident = Bytes{q.parameters.number("bytes", 1e9)};
  work.launches = 1;
  Efficiency e;
  e.memory = 0.88;
  Total total;
  total.add(work, time_of(work, q.machine, e, trace));
  a.estimate = estimate_of(total, q.machine, q.count, 0.5, 0.1, trace);
  if (q.metric == "bandwidth") a.value = number_of(work.memory / a.estimate.expected) * 1e-9;
  return a;
}

}  // namespace

RANVIER_WORKLOAD(stream) {
  .name = "stream",
  .title = "streaming over arrays far larger than the caches",
  .example = "ranvier plan stream --on a100 kernel=triad",
  .parameters = parameters,
  .metrics = metrics,
  .plan = plan,
};

}  // namespace ranvier::plan
