// SPDX-License-Identifier: Apache-2.0
/// ranvier plan validate: predictions against a table of measurements.

#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_models.hpp"
#include "io/machine_file.hpp"
#include "io/plan_page.hpp"
#include "io/validation_file.hpp"
#include "plan/fit.hpp"
#include "plan/validate.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using Json = nlohmann::ordered_json;
using namespace plan;

struct Options {
  std::string file, constants, leave_out, page;
  bool json = false, rows = false, overwrite = false;
};

Json number_or_null(const std::optional<double>& x) { return x ? Json(*x) : Json(nullptr); }

Json to_json(const Score& s) {
  return {{"workload", s.workload}, {"rows", s.rows}, {"median_error", s.median}, {"p90_error", s.p90}, {"misses", s.misses}, {"not_predicted", s.not_predicted}, {"coverage", s.coverage}, {"interval_ratio", s.width}, {"reported_only", s.reported_only}};
}

Json to_json(const std::vector<Case>& cases, const std::vector<RowResult>& results, const Scores& scores) {
  Json j{{"workloads", Json::array()}, {"mean_of_medians", scores.mean_of_medians}, {"pooled_p90_error", scores.pooled_p90}, {"share_not_predicted", scores.not_predicted}, {"rows", Json::array()}};
  for (const Score& s : scores.workloads) j["workloads"].push_back(to_json(s));
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const MeasuredRow& r = *cases[i].row;
    const RowResult& p = results[i];
    j["rows"].push_back({{"id", r.id}, {"workload", r.workload}, {"hardware", r.hardware}, {"count", r.count}, {"metric", r.metric}, {"unit", r.unit}, {"scored", r.scored}, {"predicted", number_or_null(p.predicted)}, {"p10", number_or_null(p.p10)},
                         {"p90", number_or_null(p.p90)}, {"measured", r.value > 0 ? Json(r.value) : Json(nullptr)}, {"reason", p.reason}, {"warnings", p.warnings}});
  }
  return j;
}

void write_page(const Options& o, Json result) {
  std::vector<std::string> command{"ranvier", "plan", "validate", o.file};
  if (!o.constants.empty()) command.insert(command.end(), {"--constants", o.constants});
  if (!o.leave_out.empty()) command.insert(command.end(), {"--leave-out", o.leave_out});
  result["file"] = o.file;
  result["leave_out"] = o.leave_out;
  result["command"] = joined(command);
  result["version"] = RANVIER_VERSION;
  io::write_plan_page(result, "the predictions", o.page, "--page");
  if (!o.json) fmt::print("\npage  {}\n", o.page);
}

void print_scores(const Scores& scores) {
  fmt::print("{:<24} {:>5} {:>8} {:>10} {:>9} {:>14} {:>9} {:>8}\n", "workload", "rows", "median", "90th cent.", "beyond 3x", "not predicted", "in 80 %", "p90/p10");
  for (const Score& s : scores.workloads)
    fmt::print("{:<24} {:>5} {:>7.1f}% {:>9.1f}% {:>9} {:>14} {:>8.0f}% {:>8.2f}{}\n", s.workload, s.rows, 100 * s.median, 100 * s.p90, s.misses, s.not_predicted, 100 * s.coverage, s.width, s.reported_only ? "  reported, not in the sums below" : "");
  fmt::print("\nmean of the medians (workloads of 10 rows or more)  {:6.1f} %\n90th centile of all scored rows                     {:6.1f} %\nscored rows not predicted                           {:6.1f} %\n", 100 * scores.mean_of_medians,
             100 * scores.pooled_p90, 100 * scores.not_predicted);
}

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

void print_missing(const std::vector<Case>& cases, const std::vector<RowResult>& results) {
  bool any = false;
  for (std::size_t i = 0; i < cases.size(); ++i) {
    if (results[i].predicted) continue;
    if (!any) fmt::print("\nnot predicted\n");
    any = true;
    const MeasuredRow& r = *cases[i].row;
    fmt::print("  {:<8} {:<20} {:<26} {}{}\n", r.id, r.workload, r.hardware, r.scored ? "" : "(not scored) ", first_line(results[i].reason));
  }
}

void print_rows(const std::vector<Case>& cases, const std::vector<RowResult>& results) {
  fmt::print("\n{:<8} {:<22} {:<26} {:>4} {:>12} {:>12} {:<14} {:>8} {:>4}\n", "row", "workload", "machine", "n", "measured", "predicted", "unit", "ratio", "80%");
  for (std::size_t i = 0; i < cases.size(); ++i) {
    const MeasuredRow& r = *cases[i].row;
    const RowResult& p = results[i];
    if (!p.predicted) continue;
    fmt::print("{:<8} {:<22} {:<26} {:>4} {:>12.5g} {:>12.5g} {:<14} {:>8.2f} {:>4}\n", r.id, r.workload, r.hardware, r.count, r.value, *p.predicted, r.unit, *p.predicted / r.value,
               *p.p10 <= r.value && r.value <= *p.p90 ? "in" : "out");
  }
}

void print(const Options& o, const std::vector<Case>& cases, const std::vector<RowResult>& results, const Scores& scores) {
  if (!o.leave_out.empty()) fmt::print("each {} predicted with constants fitted to the others\n\n", o.leave_out);
  print_scores(scores);
  print_missing(cases, results);
  if (o.rows) print_rows(cases, results);
}

void run(const Options& o) {
  if (!o.page.empty()) io::check_page_place(o.page, o.overwrite, "--page");
  const auto rows = io::read_measurements(o.file);
  io::MachineCatalogue machines;
  const auto cases = io::find_machines(rows, machines);
  const Constants constants = o.constants.empty() ? Constants{} : io::read_constants(o.constants);
  std::vector<RowResult> results;
  if (o.leave_out.empty()) {
    for (const Case& c : cases) results.push_back(predict(c, constants, models()));
  } else {
    results = predict_left_out(cases, constants, models(), o.leave_out == "machine" ? LeaveOut::machine : LeaveOut::engine);
  }
  const Scores scores = score(cases, results);
  if (o.json) fmt::print("{}\n", to_json(cases, results, scores).dump(2, ' ', false, Json::error_handler_t::replace));
  else print(o, cases, results, scores);
  if (!o.page.empty()) write_page(o, to_json(cases, results, scores));
}

}  // namespace

RANVIER_PLAN_COMMAND(validate) {
  auto o = std::make_shared<Options>();
  CLI::App* c = plan.add_subcommand("validate", "Predict each row of a table of measurements and say how far off the predictions are");
  c->footer("Example:  ranvier plan validate data/validation/measured_public.csv\n\nThe error of a row is exp(|ln(predicted / measured)|) - 1; a row without prediction counts as a factor of 3.");
  c->add_option("FILE", o->file, "CSV with the columns of data/validation/measured_public.csv")->required();
  c->add_option("--constants", o->constants, "constants to use instead of those that ship: a file of lines name = value");
  c->add_option("--leave-out", o->leave_out, "fit without each machine (or engine) in turn, and predict it with that fit")->check(CLI::IsMember({"machine", "engine"}));
  c->add_flag("--rows", o->rows, "print every row");
  c->add_flag("--json", o->json, "print JSON");
  c->add_option("--page", o->page, "also draw predicted against measured: one HTML page that opens offline");
  c->add_flag("--overwrite", o->overwrite, "replace an existing page");
  c->callback([o] { run(*o); });
}

}  // namespace ranvier::cli
