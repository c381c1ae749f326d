// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include <string_view>

#include <fmt/format.h>

#include "output_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::io {

/// The parts of the page, built in by CMake from src/io/report.
namespace report_part {
extern const std::string_view page_html, page_css, page_js, d3_min_js;
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

/// JSON that cannot end the script element it stands in, whatever names the network file gives.
std::string script_json(const Json& data) {
  std::string out;
  for (const char c : data.dump(-1, ' ', false, Json::error_handler_t::replace)) {
    if (c == '<') out += "\\u003c";
    else out += c;
  }
  return out;
}

}  // namespace

std::filesystem::path write_report(const std::filesystem::path& results, std::filesystem::path page, bool overwrite) {
  if (page.empty()) page = results / "report.html";
  std::error_code unreadable;  // then writing will say so
  if (!overwrite && std::filesystem::exists(page, unreadable))
    throw InputError(fmt::format("{}: exists\n  choose another file with --output, or replace it with --overwrite", page.string()));
  const Json data = report_data(results);
  const std::string title = html_text(data["summary"]["network"]["name"].get<std::string>());
  OutputFile file(page);
  file.write(filled(report_part::page_html, {{"title", title},
                                             {"style", report_part::page_css},
                                             {"library", report_part::d3_min_js},
                                             {"data", script_json(data)},
                                             {"script", report_part::page_js}}));
  file.commit();
  return page;
}

}  // namespace ranvier::io
