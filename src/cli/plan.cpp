// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"
#include "cli/plan_commands.hpp"
namespace ranvier::cli {
void add_plan(CLI::App& app) {
  CLI::App* c = app.add_subcommand("plan", "Predict what a workload costs on any machine");
  add_plan_commands(*c);
}
void add_machines(CLI::App&) {}
}
