// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include "page.hpp"

namespace ranvier::io {

std::filesystem::path write_report(const std::filesystem::path& results, std::filesystem::path page, bool overwrite) {
  if (page.empty()) page = results / "report.html";
  check_page_place(page, overwrite, "--output");
  const Json data = report_data(results);
  write_page(page, data["summary"]["network"]["name"].get<std::string>(), PageScript::run, data, "--output");
  return page;
}

}  // namespace ranvier::io
