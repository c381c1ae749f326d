// SPDX-License-Identifier: Apache-2.0
#pragma once
/// HTML pages that open offline: template, style, scripts, the plotting library and the data are one file.

#include <filesystem>
#include <string_view>

#include <nlohmann/json.hpp>

namespace ranvier::io {

using Json = nlohmann::ordered_json;  ///< keys stay in the order a person reads them

/// The script that draws a page; each is src/io/report/<name>.js.
enum class PageScript { run, plan, validation };

/// What a command asks before it computes for long; `option` names the page's place on the command line.
///
/// Errors  InputError: the page exists and `overwrite` is false, or there is no folder for it
void check_page_place(const std::filesystem::path& page, bool overwrite, std::string_view option);

/// Writes a page, whole or not at all. `title` and `data` may hold any text: neither can become markup or script.
///
/// Errors  RunError: it cannot be written
void write_page(const std::filesystem::path& page, std::string_view title, PageScript script, const Json& data, std::string_view option);

}  // namespace ranvier::io
