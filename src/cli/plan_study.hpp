// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One question asked many times: with a parameter swept, or with each input moved a little.

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "plan/workload.hpp"

namespace ranvier::cli {

struct Study {
  const plan::Workload& workload;
  plan::Request request;
};

enum class SweepFormat { table, csv, json };

/// Each of `ranges` is KEY=FROM:TO (doubling), KEY=FROM:TO:STEP or KEY=A,B,C; two are crossed. `count` sweeps the devices.
/// Errors: InputError on a range that is none, an unknown key, or more than 10,000 points.
void sweep(const Study& study, const std::vector<std::string>& ranges, SweepFormat format);

/// The points of such a sweep, each `at`, what to_json() says of it (without derivation) and `problem`; where `metrics` are named,
/// also metrics[].{metric, value, unit, p10, p90} of those. Errors: as sweep().
nlohmann::ordered_json sweep_json(const Study& study, const std::vector<std::string>& ranges, const std::vector<std::string>& metrics = {});

/// d ln(answer) / d ln(input) of the machine's figures, the constants and the numeric parameters, largest first.
void print_sensitivity(const Study& study, const plan::Answer& at);
nlohmann::ordered_json sensitivity_json(const Study& study, const plan::Answer& at);

}  // namespace ranvier::cli
