// SPDX-License-Identifier: Apache-2.0
/// Streaming over arrays far larger than the caches.

#include <cmath>

#include "plan/algebra.hpp"
#include "plan/workload.hpp"
#include "plan/workload/product.hpp"

namespace ranvier::plan {
namespace {

constexpr ParameterInfo parameters[] = {
    {"kernel", ParameterType::text, "", "copy", "read, copy or triad: one, two or three arrays; other names count as copy"},
    {"bytes", ParameterType::number, "byte", "from array_elements, else 1e9", "data the program names, of all arrays together", 1, 1e18},
    {"array_elements", ParameterType::whole, "", "", "length of each array", 1, 1e15},
    {"dtype", ParameterType::text, "", "fp64", "format of an element"},
    {"counting", ParameterType::text, "", "STREAM (no write-allocate)", "convention of the byte count"},
    {"memory", ParameterType::text, "", "", "kind of memory; no predictor: the machine's figure is used"},
    {"threads", ParameterType::whole, "", "all", "OS threads", 1, 1e6},
    {"library", ParameterType::text, "", "", "who ran it; no predictor"},
};
constexpr MetricInfo metrics[] = {
    {"bandwidth", "GB/s", "bytes the program names / time", "", true},
    {"time", "ms", "one pass over the arrays"},
};

struct Kernel {
  double reads = 1, writes = 1;
};

Kernel kernel_of(std::string_view name) {
  if (name == "read") return {1, 0};
  if (name == "triad" || name == "add") return {2, 1};
  if (name == "write" || name == "fill") return {0, 1};
  return {1, 1};
}

/// Bytes that pass the memory bus per byte that the program names. A CPU's cache fetches a line before it is written to
/// (write-allocate); GPUs write whole lines. Source: McCalpin, "STREAM: Sustainable Memory Bandwidth in High Performance
/// Computers", section on write-allocate.
double traffic_per_byte(const Kernel& k, MachineKind kind) {
  const bool allocates = kind == MachineKind::cpu || kind == MachineKind::cluster;
  return (k.reads + (allocates ? 2 : 1) * k.writes) / (k.reads + k.writes);
}

Bytes named_bytes(const Parameters& p, const Kernel& k) {
  if (const auto bytes = p.number("bytes")) return Bytes{*bytes};
  if (const auto n = p.number("array_elements")) return *n * (k.reads + k.writes) * byte_of(parse_precision(p.text("dtype", "fp64")));
  return Bytes{1e9};
}

Answer plan(const Question& q, Trace* trace) {
  const Kernel kernel = kernel_of(q.parameters.text("kernel", "copy"));
  const Bytes named = note(trace, "bytes the program names", named_bytes(q.parameters, kernel));
  Work work;
  work.memory = named * note(trace, "traffic per byte named", traffic_per_byte(kernel, q.machine.kind), "(reads + writes) / (reads + writes named); a CPU reads a line before it writes to it");
  work.resident = named;
  work.launches = 1;
  Total total;
  total.add(work, time_of(work, q.machine, streaming(q.constants), trace));
  Answer a;
  a.estimate = estimate_of(total, q.machine, q.count, q.constants.busy_power_share, std::hypot(q.constants.width_kernel, q.machine.bandwidth.spread), trace);
  if (q.metric == "bandwidth") a.value = q.count * number_of(named / a.estimate.expected) * 1e-9;
  if (!a.estimate.fits) a.remedy = "the arrays are larger than the memory";
  return a;
}

}  // namespace

RANVIER_WORKLOAD(stream) {
  .name = "stream",
  .title = "streaming over arrays far larger than the caches",
  .formula = "bytes moved / (bandwidth x share reached) + one launch; on a CPU each byte written is read first",
  .example = "ranvier plan stream --on a100 kernel=triad",
  .parameters = parameters,
  .metrics = metrics,
  .plan = plan,
};

}  // namespace ranvier::plan
