// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Tables of published measurements: the columns of data/validation/measured_public.csv.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plan/validate.hpp"

namespace ranvier::io {

/// Reads id, hardware, count, workload, parameters_json, metric, value, unit and, where it is there, score (else all rows
/// are scored). Other columns are not looked at. A row that cannot be used (parameters that are no JSON, a value that is no
/// positive number) stays in the list and says so in `problem`.
/// Errors  InputError where the file cannot be read or lacks a column
std::vector<plan::MeasuredRow> read_measurements(const std::filesystem::path& file);
std::vector<plan::MeasuredRow> parse_measurements(std::string_view text, const std::string& name);

/// The rows with their machines; a name nobody knows becomes the reason of its row.
class MachineCatalogue;
std::vector<plan::Case> find_machines(const std::vector<plan::MeasuredRow>& rows, MachineCatalogue& machines);

/// name = value lines (TOML) over the constants that ship. Errors: InputError, with the nearest name.
plan::Constants read_constants(const std::filesystem::path& file);

}  // namespace ranvier::io
