// SPDX-License-Identifier: Apache-2.0
#include "plan/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

constexpr double factor_of_no_prediction = 3;

struct UnitEntry {
  std::string_view name, kind;
  double factor;
};

constexpr UnitEntry units[] = {
    {"s", "time", 1}, {"ms", "time", 1e-3}, {"us", "time", 1e-6}, {"min", "time", 60}, {"h", "time", 3600},
    {"FLOP/s", "rate", 1}, {"GFLOP/s", "rate", 1e9}, {"TFLOP/s", "rate", 1e12}, {"PFLOP/s", "rate", 1e15},
    {"byte/s", "flow", 1}, {"MB/s", "flow", 1e6}, {"GB/s", "flow", 1e9}, {"TB/s", "flow", 1e12}, {"GiB/s", "flow", 1073741824.0},
    {"J", "energy", 1}, {"mJ", "energy", 1e-3}, {"uJ", "energy", 1e-6}, {"kWh", "energy", 3.6e6},
    {"W", "power", 1}, {"kW", "power", 1e3}, {"mW", "power", 1e-3},
    {"byte", "size", 1}, {"kB", "size", 1e3}, {"MB", "size", 1e6}, {"GB", "size", 1e9}, {"GiB", "size", 1073741824.0},
    {"x", "ratio", 1}, {"%", "ratio", 0.01}, {"", "ratio", 1},
    {"gpu-hour", "device time", 1}, {"gpu-day", "device time", 24},
};

double error_of(const MeasuredRow& row, const RowResult& result) {
  if (!result.predicted) return factor_of_no_prediction - 1;
  return std::exp(std::abs(log_ratio(row, result))) - 1;
}

bool reported_only(const std::string& row_kind) {
  const Workload* w = find_workload(row_kind);
  return w != nullptr && w->reported_only;
}

Score score_group(const std::string& name, const std::vector<std::pair<const MeasuredRow*, const RowResult*>>& rows) {
  Score s;
  s.workload = name;
  s.reported_only = reported_only(name);
  std::vector<double> errors, widths;
  int inside = 0;
  for (const auto& [row, result] : rows) {
    errors.push_back(error_of(*row, *result));
    s.misses += errors.back() > factor_of_no_prediction - 1 + 1e-12 || !result->predicted;
    if (!result->predicted) {
      ++s.not_predicted;
      continue;
    }
    inside += *result->p10 <= row->value && row->value <= *result->p90;
    widths.push_back(*result->p90 / *result->p10);
  }
  s.rows = static_cast<int>(rows.size());
  s.coverage = widths.empty() ? 0 : static_cast<double>(inside) / static_cast<double>(widths.size());
  s.width = quantile(widths, 0.5);
  s.median = quantile(errors, 0.5);
  s.p90 = quantile(std::move(errors), 0.9);
  return s;
}

}  // namespace

std::optional<double> unit_factor(std::string_view from, std::string_view to) {
  if (from == to) return 1;
  const auto find = [](std::string_view name) { return std::find_if(std::begin(units), std::end(units), [&](const UnitEntry& u) { return u.name == name; }); };
  const auto a = find(from), b = find(to);
  if (a == std::end(units) || b == std::end(units) || a->kind != b->kind) return {};
  return a->factor / b->factor;
}

double quantile(std::vector<double> values, double q) {
  if (values.empty()) return 0;
  std::sort(values.begin(), values.end());
  const double at = q * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::size_t>(at);
  const auto above = std::min(below + 1, values.size() - 1);
  return values[below] + (at - static_cast<double>(below)) * (values[above] - values[below]);
}

double log_ratio(const MeasuredRow& row, const RowResult& result) { return std::log(*result.predicted / row.value); }

RowResult predict(const Case& one, const Constants& constants, const ModelSource* models) {
  RowResult result;
  const MeasuredRow& row = *one.row;
  result.warnings = row.warnings;
  result.reason = !row.problem.empty() ? row.problem : one.reason;
  if (!result.reason.empty()) return result;
  try {
    Answer a = answer({one.machine, row.count, row.workload, row.metric, row.parameters, &constants, models});
    result.warnings.insert(result.warnings.end(), a.warnings.begin(), a.warnings.end());
    const auto factor = unit_factor(a.unit, row.unit);
    if (!factor) {
      result.reason = fmt::format("{} comes in {}, not in {}", row.metric, a.unit, row.unit);
    } else if (!(a.value > 0)) {
      result.reason = a.estimate.fits ? "the prediction is zero" : "does not fit in memory" + (a.remedy.empty() ? "" : ": " + a.remedy);
    } else {
      result.predicted = a.value * *factor;
      result.p10 = a.p10 * *factor;
      result.p90 = a.p90 * *factor;
    }
  } catch (const InputError& e) {
    result.reason = e.what();
  }
  return result;
}

Scores score(std::span<const Case> cases, std::span<const RowResult> results) {
  std::map<std::string, std::vector<std::pair<const MeasuredRow*, const RowResult*>>> groups;
  std::vector<double> all;
  int missing = 0, scored = 0;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (!cases[i].row->scored) continue;
    groups[cases[i].row->workload].push_back({cases[i].row, &results[i]});
    if (!reported_only(cases[i].row->workload)) all.push_back(error_of(*cases[i].row, results[i]));
    ++scored;
    missing += !results[i].predicted;
  }
  Scores s;
  constexpr int enough = 10;
  int large = 0;
  for (const auto& [name, rows] : groups) {
    s.workloads.push_back(score_group(name, rows));
    if (s.workloads.back().rows < enough || s.workloads.back().reported_only) continue;
    s.mean_of_medians += s.workloads.back().median;
    ++large;
  }
  if (large > 0) s.mean_of_medians /= large;
  s.not_predicted = scored == 0 ? 0 : static_cast<double>(missing) / scored;
  s.pooled_p90 = quantile(std::move(all), 0.9);
  return s;
}

}  // namespace ranvier::plan
