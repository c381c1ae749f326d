// SPDX-License-Identifier: Apache-2.0
/// ranvier plan constants: every number chosen by looking at measurements; ranvier plan fit: choosing them again.

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/plan_commands.hpp"
#include "cli/plan_models.hpp"
#include "io/machine_file.hpp"
#include "io/validation_file.hpp"
#include "plan/constants.hpp"
#include "plan/fit.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using namespace plan;

const char* kind_name(ConstantKind kind) { return kind == ConstantKind::fitted ? "fitted" : "physical"; }

void list(bool json) {
  int fitted = 0;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  if (!json) fmt::print("{:<28} {:>12} {:<8} {:<9} {:>8}  {}\n", "constant", "value", "unit", "kind", "spread", "what it stands for");
  for (const ConstantInfo& c : constant_table()) {
    fitted += c.kind == ConstantKind::fitted;
    if (json) all.push_back({{"name", std::string(c.name)}, {"value", c.value}, {"unit", std::string(c.unit)}, {"kind", kind_name(c.kind)}, {"spread", c.spread}, {"meaning", std::string(c.meaning)}});
    else fmt::print("{:<28} {:>12.4g} {:<8} {:<9} {:>7.0f}%  {}\n", c.name, c.value, c.unit, kind_name(c.kind), 100 * c.spread, c.meaning);
  }
  if (json) fmt::print("{}\n", nlohmann::ordered_json{{"fitted", fitted}, {"constants", all}}.dump(2));
  else fmt::print("\n{} fitted. Spread: relative change of the value when each machine is left out of the fit (one standard deviation).\n", fitted);
}

struct FitArguments {
  std::string file, constants, output;
  std::vector<std::string> only;
  int iterations = 20;
  bool widths = false, spreads = false;
};

void run_fit(const FitArguments& o) {
  const auto rows = io::read_measurements(o.file);
  io::MachineCatalogue machines;
  const auto cases = io::find_machines(rows, machines);
  const Constants start = o.constants.empty() ? Constants{} : io::read_constants(o.constants);
  FitOptions options;
  options.iterations = o.iterations;
  for (const std::string& name : o.only) {
    Constants check;
    set_constant(check, name, 1);
    options.only.push_back(name);
  }
  FitReport report = fit(cases, start, models(), options);
  if (o.widths) report.constants = fit_widths(cases, predict_left_out(cases, report.constants, models(), LeaveOut::machine), report.constants, models());
  const auto spreads = o.spreads ? spreads_left_out(cases, report.constants, models()) : std::vector<double>(constant_table().size(), 0);
  std::string text = fmt::format("# ranvier plan fit {}: loss {:.4f}, was {:.4f}\n", o.file, report.loss_after, report.loss_before);
  std::size_t j = 0;
  for (const ConstantInfo& c : constant_table()) text += fmt::format("{} = {:.6g}{}\n", c.name, report.constants.*c.member, o.spreads ? fmt::format("  # spread {:.3f}", spreads[j++]) : "");
  if (o.output.empty()) {
    fmt::print("{}", text);
    return;
  }
  std::ofstream out(o.output);
  if (!(out << text).flush()) throw RunError(fmt::format("{}: cannot be written", o.output));
}

}  // namespace

RANVIER_PLAN_COMMAND(constants) {
  auto json = std::make_shared<bool>(false);
  CLI::App* c = plan.add_subcommand("constants", "List the planner's constants: value, fit, spread, what each stands for");
  c->footer("Example:  ranvier plan constants");
  c->add_flag("--json", *json, "print JSON");
  c->callback([json] { list(*json); });
}

RANVIER_PLAN_COMMAND(fit) {
  auto o = std::make_shared<FitArguments>();
  CLI::App* c = plan.add_subcommand("fit", "Fit the constants to a table of measurements and print them");
  c->footer("Example:  ranvier plan fit data/validation/measured_public.csv --output my_constants.toml\n\nUse the result with --constants; data/plan/fit puts it into the source.");
  c->add_option("FILE", o->file, "CSV with the columns of data/validation/measured_public.csv")->required();
  c->add_option("--constants", o->constants, "start from these");
  c->add_option("--only", o->only, "fit these constants only")->delimiter(',');
  c->add_option("--iterations", o->iterations, "at most so many steps")->check(CLI::Range(0, 1000));
  c->add_flag("--widths", o->widths, "fit the widths of the intervals, too (leaves each machine out in turn)");
  c->add_flag("--spreads", o->spreads, "add the spread of each constant over fits that leave each machine out");
  c->add_option("--output", o->output, "write to this file");
  c->callback([o] { run_fit(*o); });
}

}  // namespace ranvier::cli
