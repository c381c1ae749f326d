// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How answers of the planner look in a terminal and as JSON.

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "cli/plan_roofline.hpp"
#include "plan/workload.hpp"

namespace ranvier::cli {

/// "1.23 ms", "80 GiB" is not made here: decimal prefixes, three digits, the unit as given.
std::string with_prefix(double value, std::string_view unit);

struct Shown {
  const plan::Workload& workload;
  std::string kind;               ///< workload or kind of row
  const Machine& machine;
  int count = 1;
  const plan::Answer& answer;
  const plan::Parameters* parameters = nullptr;  ///< as asked; for the JSON
};

/// Whether the metric has a value: a plan that does not fit may have none, and 0 stands for that.
bool has_value(const plan::Answer& answer);

void print_answer(const Shown& shown);
/// What a picture of the answer needs; the arithmetic rate is that of the formats the workload uses.
Roofline roofline_of(const Machine& machine, const plan::Answer& answer);
/// The chain from the inputs to the answer, with units and sources.
void print_derivation(const plan::Trace& trace);

/// Keys: workload, kind, machine, machine_name, count, question (the parameters), metric, value, unit, p10, p90, estimate.{time_s, lower_s, upper_s,
/// p10_s, p90_s, bottleneck, utilisation, byte_moved, byte_resident, flop, energy_j, fits, capacity_byte}, each extra under its own
/// name, warnings, remedy, derivation[]; with a trace also figures[] (the extras with unit and meaning), roof and operations[].
nlohmann::ordered_json to_json(const Shown& shown, const plan::Trace* trace);

}  // namespace ranvier::cli
