// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>

#include "cli/commands.hpp"
#include "io/report.hpp"

namespace ranvier::cli {

void add_report(CLI::App& app) {
  struct Options {
    std::string results, page;
    bool overwrite = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("report", "Draw a run: one HTML page that opens offline");
  c->footer("Example:  ranvier report results/microcircuit");
  c->add_option("RESULTS", o->results, "folder of a run")->required();
  c->add_option("--output", o->page, "the page to write (default: report.html in that folder)");
  c->add_flag("--overwrite", o->overwrite, "replace an existing page");
  c->callback([o] { fmt::print("{}\n", io::write_report(o->results, o->page, o->overwrite).string()); });
}

}  // namespace ranvier::cli
