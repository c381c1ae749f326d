// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Pages of the planner: one question answered, or predictions against measurements, drawn from the JSON of `ranvier plan`.

#include <filesystem>
#include <string>

#include "page.hpp"

namespace ranvier::io {

/// Writes the page of a result of `ranvier plan`: the keys that docs/plan.md lists, of an answer, of a sweep or of
/// `plan validate`. What is not there is not drawn.
///
///   name    what messages call the JSON: a file, or "the answer"
///   option  names the page's place on the command line
///
/// Errors  InputError: the JSON is none of these (which key, what is wrong); RunError: the page cannot be written
void write_plan_page(const Json& result, const std::string& name, const std::filesystem::path& page, std::string_view option);

/// The same from a file that `ranvier plan --json` wrote; `page` empty means the file's name with .html. Returns where it is.
///
/// Errors  InputError: also where the file cannot be read or is no JSON, or the page exists and `overwrite` is false
std::filesystem::path write_plan_page_of(const std::filesystem::path& file, std::filesystem::path page, bool overwrite);

}  // namespace ranvier::io
