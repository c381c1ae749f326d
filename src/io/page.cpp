// SPDX-License-Identifier: Apache-2.0
#include "page.hpp"

#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "output_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::io {

/// The parts of the pages, built in by CMake from src/io/report.
namespace report_part {
extern const std::string_view page_html, page_css, common_js, run_js, plan_js, validation_js, d3_min_js;
}

namespace {

/// `text` with each {{name}} replaced; what is put in is not looked at again.
std::string filled(std::string_view text, const std::vector<std::pair<std::string_view, std::string_view>>& values) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto open = text.find("{{", i);
    out += text.substr(i, open - i);
    if (open == std::string_view::npos) break;
    const auto close = text.find("}}", open);
    const auto name = text.substr(open + 2, close - open - 2);
    for (const auto& [key, value] : values)
      if (key == name) out += value;
    i = close + 2;
  }
  return out;
}

std::string html_text(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '&') out += "&amp;";
    else if (c == '<') out += "&lt;";
    else if (c == '>') out += "&gt;";
    else out += c;
  }
  return out;
}

/// JSON that cannot end the script element it stands in, whatever names a file gives.
std::string script_json(const Json& data) {
  std::string out;
  for (const char c : data.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') out += "\\u003c";
    else out += c;
  }
  return out;
}

std::string_view text_of(PageScript script) {
  switch (script) {
    case PageScript::run: return report_part::run_js;
    case PageScript::plan: return report_part::plan_js;
    case PageScript::validation: break;
  }
  return report_part::validation_js;
}

}  // namespace

void check_page_place(const std::filesystem::path& page, bool overwrite, std::string_view option) {
  std::error_code unreadable;  // then writing will say so
  if (std::filesystem::is_directory(page, unreadable)) throw InputError(fmt::format("{}: is a folder\n  name a file in it with {}", page.string(), option));
  if (!overwrite && std::filesystem::exists(page, unreadable))
    throw InputError(fmt::format("{}: exists\n  choose another file with {}, or replace it with --overwrite", page.string(), option));
  if (page.has_parent_path() && !std::filesystem::exists(page.parent_path(), unreadable))
    throw InputError(fmt::format("{}: there is no folder {}\n  make it, or choose another file with {}", page.string(), page.parent_path().string(), option));
}

void write_page(const std::filesystem::path& page, std::string_view title, PageScript script, const Json& data, std::string_view option) {
  OutputFile file(page, std::string(option));
  file.write(filled(report_part::page_html, {{"title", html_text(title)},
                                             {"style", report_part::page_css},
                                             {"library", report_part::d3_min_js},
                                             {"data", script_json(data)},
                                             {"common", report_part::common_js},
                                             {"script", text_of(script)}}));
  file.commit();
}

}  // namespace ranvier::io
