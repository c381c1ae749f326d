// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What `ranvier plan --page` draws, as JSON.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/plan_study.hpp"

namespace ranvier::cli {

/// The answer with derivation, figures, roof and operations (to_json()), sensitivity[], and sweep[] with its metrics[]: over `ranges`,
/// or where there are none over what the workload's `pictured` names, up to the first point that does not fit. Where a sweep over
/// one number runs out of memory, sweep_end.{key, last} says at which whole number, and that is a point, too. A question that has
/// no answer without what is swept (its n, say) is answered at the last point that fits.
/// Errors: InputError, as answer() and sweep().
nlohmann::ordered_json page_json(const Study& study, const std::vector<std::string>& ranges);

}  // namespace ranvier::cli
