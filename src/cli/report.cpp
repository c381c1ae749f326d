// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "io/report.hpp"

namespace ranvier::cli {

void add_report(CLI::App& app) {
  struct Options {
    std::string results, page;
    bool overwrite = false, json = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("report", "Draw a run: one HTML page that opens offline");
  c->footer("Example:  ranvier report results/microcircuit");
  c->add_option("RESULTS", o->results, "folder of a run")->required();
  c->add_option("--output", o->page, "the page to write (default: report.html in that folder)");
  c->add_flag("--overwrite", o->overwrite, "replace an existing page");
  c->add_flag("--json", o->json, "print {page} as JSON");
  c->callback([o] {
    const std::string page = io::write_report(o->results, o->page, o->overwrite).string();
    fmt::print("{}\n", o->json ? nlohmann::json{{"page", page}}.dump() : page);
  });
}

}  // namespace ranvier::cli
