// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Quantities of many entities (cells, synapses) and of time: numbers, distributions, columns, schedules.

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/model.hpp"
#include "ranvier/network.hpp"
#include "toml_access.hpp"

namespace ranvier::io {

/// What a value may be where it stands.
struct ValueRules {
  std::string_view unit = "1";
  engine::Range range = engine::any;
  std::string_view advice = {};     ///< how to mend an illegal value: "leave it out for the default of 10 ms"
  std::int64_t size = -1;           ///< entries of a column or a formula; negative: neither may be given
  std::string_view each = "neuron"; ///< who has an entry
  /// Column without a file of its own: the values of that column of the edge list.
  std::function<std::vector<double>(const At& column)> own_column = nullptr;
};

/// "must be > 0 ms", "must be between 0 and 1"; what the range says of a number.
std::string describe(const engine::Range& range, std::string_view unit);

/// Reads a value in `rules.unit`:
///   "20 ms" | { normal = [mean, std] } | { normal = mean, relative_std = 0.1 } | { lognormal = ... }
///   | { uniform = [low, high] } | { exponential = mean } | { column = name, file = path, unit = "ms" } | { formula = "$i / $size" }
/// with min, max, outside = "redraw" | "clip" and keep_sign for distributions. Nothing where it is wrong (noted).
std::optional<Values> read_values(Reader& reader, const At& at, const ValueRules& rules);

/// Reads a constant, { piecewise = [[time, value], ...] } or { sine = { mean, amplitude, frequency, phase } } in `unit`.
std::optional<Schedule> read_schedule(Reader& reader, const At& at, std::string_view unit, const engine::Range& range);

/// Whether a value is a schedule that changes with time rather than one of many entities.
bool is_schedule(Reader& reader, const At& at);

/// A list of [time, value] pairs, ascending in time.
std::optional<Schedule> read_piecewise(Reader& reader, const At& at, std::string_view unit, const engine::Range& range);

}  // namespace ranvier::io
