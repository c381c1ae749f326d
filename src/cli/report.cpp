// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "io/plan_page.hpp"
#include "io/report.hpp"

namespace ranvier::cli {

void add_report(CLI::App& app) {
  struct Options {
    std::string results, page;
    bool overwrite = false, json = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("report", "Draw a run or a plan: one HTML page that opens offline");
  c->footer("Example:  ranvier report results/microcircuit\nExample:  ranvier plan gemm --on h100 m=4096 n=4096 k=4096 --json --sensitivity > plan.json && ranvier report plan.json");
  c->add_option("RESULTS", o->results, "folder of a run, or what ranvier plan --json printed")->required();
  c->add_option("--output", o->page, "the page to write (default: report.html in that folder; of a file, its name with .html)");
  c->add_flag("--overwrite", o->overwrite, "replace an existing page");
  c->add_flag("--json", o->json, "print {page} as JSON");
  c->callback([o] {
    std::error_code unreadable;  // then reading will say so
    const bool plan = std::filesystem::is_regular_file(o->results, unreadable);
    const std::string page = (plan ? io::write_plan_page_of : io::write_report)(o->results, o->page, o->overwrite).string();
    fmt::print("{}\n", o->json ? nlohmann::json{{"page", page}}.dump() : page);
  });
}

}  // namespace ranvier::cli
