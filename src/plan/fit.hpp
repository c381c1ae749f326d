// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Fitting the planner's constants to measurements, and predicting what a fit has not seen.
///
/// What is minimised is the sum over scored rows of w_g rho(ln(predicted / measured)), rho(r) = sqrt(1 + (r/s)^2) - 1 with
/// s = 0.2 (wider where the row's own interval is), so that one row far off pulls like a row near (its error is then what it is: a row to explain, not to fit), and
/// w_g = 1 / sqrt(rows of the workload, at least 10), so that a workload with many rows does not drown those with few. A weak pull to the
/// values that the fit starts from keeps constants that no row of a subset speaks of.
/// Method: Levenberg-Marquardt in the logarithm of the constants, iteratively reweighted, numerical derivatives.

#include <span>
#include <string>
#include <vector>

#include "plan/validate.hpp"

namespace ranvier::plan {

struct FitOptions {
  int iterations = 12;
  std::vector<std::string> only;   ///< names to fit; empty: all that are `fitted` and are no interval widths
};

struct FitReport {
  Constants constants;
  double loss_before = 0, loss_after = 0;
};

FitReport fit(std::span<const Case> cases, const Constants& start, const ModelSource* models, const FitOptions& options = {});

/// The widths of the intervals (constants named width_*): for each, the value at which 80 % of the rows that use it lie
/// inside, given results of predictions that had not seen their rows.
Constants fit_widths(std::span<const Case> cases, std::span<const RowResult> unseen, const Constants& start, const ModelSource* models);

enum class LeaveOut { machine, engine };

/// What a row belongs to: its machine's id, or its engine with version (parameter `engine`, else `library`, else `simulator`,
/// else the workload's name).
std::string group_of(const Case& one, LeaveOut what);

/// Each group in turn: constants fitted to the other groups, starting from `start`, predict this group's rows.
std::vector<RowResult> predict_left_out(std::span<const Case> cases, const Constants& start, const ModelSource* models, LeaveOut what);

/// Per constant of constant_table(): standard deviation of ln(value) when each machine is left out in turn.
std::vector<double> spreads_left_out(std::span<const Case> cases, const Constants& start, const ModelSource* models);

}  // namespace ranvier::plan
