// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Predictions held against measurements, and how far they are off.
///
/// The error of a row is exp(|ln(predicted / measured)|) - 1: 1 means a factor of two, either way.

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/machine.hpp"
#include "plan/workload.hpp"

namespace ranvier::plan {

/// A row of measurements, of which a prediction sees hardware, count, workload, metric and parameters only.
struct MeasuredRow {
  std::string id, hardware, workload, metric, unit;
  int count = 1;
  Parameters parameters;
  double value = 0;
  bool scored = true;
  std::string problem;       ///< what was wrong with the row in the file; it is not predicted then
  std::vector<std::string> warnings;
};

/// What became of a row. `reason` says why there is no prediction.
struct RowResult {
  std::optional<double> predicted, p10, p90;  ///< in the row's unit
  std::string reason;
  std::vector<std::string> warnings;
};

/// A row with its machine found: ready to be predicted many times.
struct Case {
  const MeasuredRow* row = nullptr;
  const Machine* machine = nullptr;  ///< nullptr: reason says why
  std::string reason;
};

RowResult predict(const Case& one, const Constants& constants, const ModelSource* models);

/// ln(predicted / measured).
double log_ratio(const MeasuredRow& row, const RowResult& result);

struct Score {
  std::string workload;
  int rows = 0;                ///< scored
  double median = 0, p90 = 0;  ///< of the error; a row without prediction counts as a factor of 3
  int misses = 0;              ///< beyond a factor of 3, predicted or not
  int not_predicted = 0;
  double coverage = 0;         ///< share of the predicted rows inside their 80 % interval
  double width = 0;            ///< median p90 / p10
  bool reported_only = false;  ///< stays out of the overall score (Workload::reported_only)
};

struct Scores {
  std::vector<Score> workloads;    ///< by name
  double mean_of_medians = 0;      ///< of workloads with at least ten rows, without those that are only reported
  double pooled_p90 = 0;           ///< of all rows but those
  double not_predicted = 0;        ///< share of the scored rows
};

Scores score(std::span<const Case> cases, std::span<const RowResult> results);

/// The factor from one unit to another of the same kind ("s" to "ms" is 1000), or nothing.
std::optional<double> unit_factor(std::string_view from, std::string_view to);

/// Linear between neighbours; `values` need not be sorted. 0 where empty.
double quantile(std::vector<double> values, double q);

}  // namespace ranvier::plan
