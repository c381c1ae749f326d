// SPDX-License-Identifier: Apache-2.0
/// ranvier plan WORKLOAD: what it costs on any machine.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/plan_commands.hpp"
#include "cli/plan_models.hpp"
#include "cli/plan_network.hpp"
#include "cli/plan_page.hpp"
#include "cli/plan_print.hpp"
#include "cli/plan_study.hpp"
#include "cli/this_machine.hpp"
#include "core/suggest.hpp"
#include "io/machine_file.hpp"
#include "io/plan_page.hpp"
#include "io/validation_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using namespace plan;

struct Options {
  std::string on, metric, constants, page;
  std::vector<std::string> sweep;
  bool explain = false, sensitivity = false, roofline = false, json = false, csv = false, list = false, overwrite = false;
};

/// What is left on the command line: WORKLOAD [MODEL] and parameters, written key=value, --key=value or --key value.
struct Words {
  std::string kind;
  std::vector<std::string> plain;
  Parameters parameters;
};

std::string to_key(std::string_view text) {
  std::string key(text);
  for (char& c : key)
    if (c == '-') c = '_';
  return key;
}

Words sort_words(const std::vector<std::string>& rest) {
  Words w;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    std::string_view word = rest[i];
    const bool dashed = word.starts_with("--");
    if (dashed) word.remove_prefix(2);
    const auto equals = word.find('=');
    const bool valued = equals != word.npos && equals > 0 && word.find('/') > equals;
    if (valued) w.parameters.set_text(to_key(word.substr(0, equals)), word.substr(equals + 1));
    else if (dashed && i + 1 < rest.size() && !rest[i + 1].starts_with("--") && rest[i + 1].find('=') == std::string::npos) w.parameters.set_text(to_key(word), rest[++i]);
    else if (dashed) w.parameters.set(to_key(word), true);
    else if (w.kind.empty()) w.kind = word;
    else w.plain.emplace_back(word);
  }
  return w;
}

void list_workloads() {
  for (const Workload* w : all_workloads()) {
    fmt::print("{:<14} {}\n", w->name, w->title);
    if (!w->row_kinds.empty()) fmt::print("{:<14} {}\n", "", fmt::join(w->row_kinds, ", "));
  }
  fmt::print("\nparameters, metrics and formula of one: ranvier plan WORKLOAD --list\n");
}

void describe(const Workload& w) {
  fmt::print("{}: {}\n\n  {}\n", w.name, w.title, w.formula);
  if (!w.row_kinds.empty()) fmt::print("\n  kinds: {}\n", fmt::join(w.row_kinds, ", "));
  fmt::print("\n  {:<18} {:<6} {:<34} {}\n", "parameter", "unit", "where absent", "meaning");
  for (const ParameterInfo& p : w.parameters) fmt::print("  {:<18} {:<6} {:<34} {}\n", p.key, p.unit, p.fallback, p.meaning);
  fmt::print("\n  {:<28} {:<14} {:<24} {}\n", "metric", "unit", "kind", "meaning");
  for (const MetricInfo& m : w.metrics) fmt::print("  {:<28} {:<14} {:<24} {}\n", m.name, m.unit, m.row_kind, m.meaning);
  fmt::print("\n  Example:  {}\n", w.example);
}

/// On the command line a key nobody knows is a mistake; in a table of measurements it is a warning.
void refuse_unknown(const Workload& w, const Parameters& parameters) {
  std::vector<std::string> names, problems;
  for (const ParameterInfo& p : w.parameters) names.emplace_back(p.key);
  for (const auto& [key, value] : parameters.all())
    if (std::find(names.begin(), names.end(), key) == names.end()) problems.push_back(fmt::format("{} has no parameter \"{}\".{} All: ranvier plan {} --list", w.name, key, suggestion(key, names), w.name));
  if (!problems.empty()) throw InputError(std::move(problems));
}

void take_model(const Workload& w, Words& words) {
  if (words.plain.empty()) return;
  if (!w.takes_model) throw InputError(fmt::format("\"{}\": {} takes no model; parameters are written key=value", words.plain.front(), w.name));
  if (words.plain.size() > 1) throw InputError(fmt::format("\"{}\": one model is enough; parameters are written key=value", words.plain[1]));
  words.parameters.set("model", words.plain.front());
}

Study study_of(const Options& o, Words& words, io::MachineCatalogue& machines, const Constants& constants) {
  const Workload* w = find_workload(words.kind);
  if (w == nullptr) answer({nullptr, 1, words.kind, {}, {}, &constants, nullptr});  // says which names are near
  if (o.on.empty()) throw InputError(fmt::format("which machine? Add --on NAME, such as --on a100 or --on 2xh100. All: ranvier machines\n  Example:  {}", w->example));
  take_model(*w, words);
  refuse_unknown(*w, words.parameters);
  if (o.on == "this") {
    static const Machine here = this_machine(constants);
    return {*w, {&here, 1, words.kind, o.metric, words.parameters, &constants, models()}};
  }
  const auto several = machines.find_several(o.on);
  return {*w, {several.machine, several.count, words.kind, o.metric, words.parameters, &constants, models()}};
}

void print(const Options& o, const Study& study, const std::string& kind) {
  if (!o.sweep.empty()) return sweep(study, o.sweep, o.json ? SweepFormat::json : o.csv ? SweepFormat::csv : SweepFormat::table);
  Trace trace;
  const Answer a = answer(study.request, o.explain || o.json ? &trace : nullptr);
  const Shown shown{study.workload, kind, *study.request.machine, study.request.count, a, &study.request.parameters};
  if (o.json) {
    auto j = to_json(shown, &trace);
    if (o.sensitivity) j["sensitivity"] = sensitivity_json(study, a);
    fmt::print("{}\n", j.dump(2));
    return;
  }
  print_answer(shown);
  if (o.sensitivity) print_sensitivity(study, a);
  if (o.roofline) fmt::print("{}", draw(roofline_of(*study.request.machine, a)));
  if (o.explain) print_derivation(trace);
}

void write_page(const Options& o, const Study& study, const std::string& command) {
  auto j = page_json(study, o.sweep);
  j["command"] = command;
  j["version"] = RANVIER_VERSION;
  io::write_plan_page(j, "the answer", o.page, "--page");
  if (!o.json && !o.csv) fmt::print("\npage  {}\n", o.page);
}

void run(const Options& o, const std::vector<std::string>& rest, const std::string& command) {
  if (!o.page.empty()) {
    if (!rest.empty() && rest.front() == "brain" && std::any_of(rest.begin() + 1, rest.end(), is_network_file)) throw InputError("--page: draws workloads of numbers; a run of a network file is drawn by ranvier report, from its results");
    io::check_page_place(o.page, o.overwrite, "--page");
  }
  if (take_network_file(rest, o.on, o.json, o.explain)) return;
  Words words = sort_words(rest);
  if (words.kind.empty()) {
    if (!o.list) throw InputError("which workload? See ranvier plan --list\n  Example:  ranvier plan gemm --on h100 m=4096 n=4096 k=4096");
    return list_workloads();
  }
  if (const Workload* w = find_workload(words.kind); w != nullptr && o.list) return describe(*w);
  io::MachineCatalogue machines;
  const Constants constants = o.constants.empty() ? Constants{} : io::read_constants(o.constants);
  const Study study = study_of(o, words, machines, constants);
  print(o, study, words.kind);
  if (!o.page.empty()) write_page(o, study, command);
}

}  // namespace

void add_plan(CLI::App& app, const std::vector<std::string>& command_line) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("plan", "Predict what a workload costs on any machine, with error bars and sources");
  c->footer(
      "ranvier plan WORKLOAD [MODEL] --on MACHINE [key=value ...]\n\n"
      "  Example:  ranvier plan gemm --on h100 m=4096 n=4096 k=4096 dtype=bf16 --explain\n"
      "  Example:  ranvier plan gemm --on a100 m=4096 k=4096 --sweep n=1:4096\n"
      "  Example:  ranvier plan llm_serve llama-3-8b --on h100 --page llama.html\n\n"
      "Parameters are key=value or --key value; WORKLOAD --list shows them. Times are of one pass, GB is 1e9 byte, GiB 2^30.\n"
      "Utilisation is the time of the arithmetic at the vendor's rate over the expected time.");
  c->add_option("--on", o->on, "the machine, or several: a100, 8xh100, path/to/machine.toml, or this");
  c->add_option("--metric", o->metric, "what to predict (default: the first that WORKLOAD --list shows)");
  c->add_option("--sweep", o->sweep, "KEY=FROM:TO (doubling), KEY=FROM:TO:STEP or KEY=A,B,C: a table")->allow_extra_args(false);
  c->add_option("--constants", o->constants, "constants to use instead of those that ship");
  c->add_flag("--roofline", o->roofline, "draw the machine's roofline with the workload on it");
  c->add_flag("--explain", o->explain, "print the chain from the inputs to the answer");
  c->add_flag("--sensitivity", o->sensitivity, "say which figure, constant or parameter moves the answer most");
  c->add_option("--page", o->page, "also draw the answer, its derivation and a sweep: one HTML page that opens offline");
  c->add_flag("--overwrite", o->overwrite, "replace an existing page");
  c->add_flag("--csv", o->csv, "with --sweep: print CSV");
  c->add_flag("--json", o->json, "print JSON");
  c->add_flag("--list", o->list, "list workloads, or the parameters of one");
  c->allow_extras();
  add_plan_commands(*c);
  c->callback([o, c, command = joined(command_line)] {
    if (c->get_subcommands().empty()) run(*o, c->remaining(), command);
  });
}

}  // namespace ranvier::cli
