// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The page of `ranvier report`: one HTML file that opens offline.

#include <filesystem>

#include "summary.hpp"

namespace ranvier::io {

/// Writes the report of a results folder; `page` empty means report.html in that folder. Returns where it is.
///
/// Errors  InputError: no complete results there, or the page exists and `overwrite` is false; RunError: it cannot be written
std::filesystem::path write_report(const std::filesystem::path& results, std::filesystem::path page = {}, bool overwrite = false);

/// What the page draws, from the files of a results folder. Numbers are rounded to 4 digits, spikes are packed as
/// base64 of little-endian 32-bit words.
///
///   summary      as in summary.json
///   window       {start_ms, end_ms}: the part after the warm-up, which all figures show
///   raster       {step, neuron: packed, count, recorded, stride [n_populations], end_ms, dt_ms}
///   activity     {bin_ms, rate_hz [n_populations][bins]}
///   spectrum     {frequency_hz, power [n_populations][], null where too short or silent}
///   histograms   rate, isi, cv, correlation: {low, width, log, share [n_populations][bins]}, null where undefined
///   state        [{recording, population, variable, unit, recorded, thinned, lines: [{neuron, time_ms, values}]}]
///
/// Errors  InputError, as write_report()
Json report_data(const std::filesystem::path& results);

}  // namespace ranvier::io
