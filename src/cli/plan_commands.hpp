// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Commands under `ranvier plan`. One file each, src/cli/plan_<name>.cpp, found by the build:
///
///     namespace ranvier::cli {
///     RANVIER_PLAN_COMMAND(validate) {           // void add_plan_validate(CLI::App& plan)
///       CLI::App* c = plan.add_subcommand("validate", "...");
///       ...
///     }
///     }

#include <CLI/CLI.hpp>

namespace ranvier::cli {

#define RANVIER_PLAN_COMMAND(name)      \
  void add_plan_##name(CLI::App& plan); \
  void add_plan_##name(CLI::App& plan)

/// Calls all of them.
void add_plan_commands(CLI::App& plan);

}  // namespace ranvier::cli
