// SPDX-License-Identifier: Apache-2.0
#include "plan/workload.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>

#include "core/suggest.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {

extern const Workload* const workload_entries[];

std::span<const Workload* const> all_workloads() {
  static const std::size_t n = [] {
    std::size_t i = 0;
    while (workload_entries[i] != nullptr) ++i;
    return i;
  }();
  return {workload_entries, n};
}

const Workload* find_workload(std::string_view row_kind) {
  for (const Workload* w : all_workloads()) {
    if (w->name == row_kind) return w;
    for (const char* kind : w->row_kinds)
      if (kind == row_kind) return w;
  }
  return nullptr;
}

namespace {

const Workload& need_workload(const std::string& kind) {
  if (const Workload* w = find_workload(kind)) return *w;
  std::vector<std::string> names;
  for (const Workload* w : all_workloads()) {
    names.emplace_back(w->name);
    names.insert(names.end(), w->row_kinds.begin(), w->row_kinds.end());
  }
  throw InputError(fmt::format("\"{}\" is no workload.{} All: ranvier plan --list", kind, suggestion(kind, names)));
}

bool belongs(const MetricInfo& m, std::string_view row_kind) { return *m.row_kind == 0 || m.row_kind == row_kind; }

/// Seconds to the unit of a time, 0 where the unit is none.
double per_second(std::string_view unit) { return unit == "s" ? 1 : unit == "ms" ? 1e3 : unit == "us" ? 1e6 : 0; }

void complete_interval(Answer& a) {
  if (const double factor = per_second(a.unit); a.value == 0 && factor > 0 && a.estimate.fits) a.value = a.estimate.expected.value() * factor;
  if (a.p10 == 0 && a.p90 == 0) {
    const double wide = std::exp(Estimate::normal_90 * a.estimate.spread);
    a.p10 = a.value / wide;
    a.p90 = a.value * wide;
  }
  if (a.p10 > a.p90) std::swap(a.p10, a.p90);
}

}  // namespace

const MetricInfo& find_metric(const Workload& workload, std::string_view row_kind, std::string_view metric) {
  std::vector<std::string> names;
  for (const MetricInfo& m : workload.metrics) {
    if (!belongs(m, row_kind)) continue;
    if (metric.empty() || metric == m.name) return m;
    names.emplace_back(m.name);
  }
  throw InputError(fmt::format("\"{}\" is no metric of {}.{}", metric, row_kind, suggestion(metric, names)));
}

Answer answer(const Request& request, Trace* trace) {
  const Workload& workload = need_workload(request.kind);
  const MetricInfo& metric = find_metric(workload, request.kind, request.metric);
  if (request.count < 1 || request.count > 100'000'000) throw InputError(fmt::format("{} devices: must be between 1 and 100000000", request.count));
  std::vector<std::string> warnings;
  check_parameters(request.parameters, workload.parameters, warnings);
  Answer a = workload.plan({*request.machine, request.count, request.kind, metric.name, request.parameters, *request.constants, request.models}, trace);
  a.metric = metric.name;
  if (a.unit.empty()) a.unit = metric.unit;
  a.warnings.insert(a.warnings.begin(), std::make_move_iterator(warnings.begin()), std::make_move_iterator(warnings.end()));
  complete_interval(a);
  if (!std::isfinite(a.value) || a.value < 0) throw InputError(fmt::format("{} of {} on {}: the parameters lead to no finite number", metric.name, request.kind, request.machine->name));
  return a;
}

}  // namespace ranvier::plan
