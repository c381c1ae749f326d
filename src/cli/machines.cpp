// SPDX-License-Identifier: Apache-2.0
/// ranvier machines: the catalogue, one machine with the source of each figure, several side by side.

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "cli/plan_print.hpp"
#include "core/suggest.hpp"
#include "io/machine_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using Json = nlohmann::ordered_json;

struct Options {
  std::string name;
  std::vector<std::string> compare, filter;
  bool json = false;
};

const char* kind_name(const Machine& m) { return machine_kind_names[static_cast<std::size_t>(m.kind)]; }
const char* link_name(const Machine& m) { return link_kind_names[static_cast<std::size_t>(m.link_kind)]; }

Json to_json(const Machine& m) {
  Json j{{"id", m.id}, {"name", m.name}, {"short_name", std::string(io::short_name(m))}, {"vendor", m.vendor}, {"kind", kind_name(m)}, {"link_kind", link_name(m)}, {"launch_date", m.launch_date}, {"aliases", m.aliases}, {"notes", m.notes}, {"figures", Json::object()}};
  for (const auto& f : io::figures_of(m)) {
    if (!f.known) continue;
    Json readings = Json::array();
    for (const Reading& r : *f.readings) readings.push_back({{"value", r.value * f.per_unit}, {"source", r.source}, {"date", r.date}, {"spread", r.spread}, {"inferred", r.inferred}});
    j["figures"][f.key] = {{"value", f.value}, {"unit", f.unit}, {"spread", f.spread}, {"inferred", f.inferred}, {"readings", readings}};
  }
  return j;
}

std::string shown(const io::FigureView& f) { return f.known ? fmt::format("{}{}", f.inferred ? "~" : "", with_prefix(f.value, f.unit)) : "-"; }

void print_machine(const Machine& m) {
  fmt::print("{}  ({}, {}{})\n\n  id        {}\n", m.name, m.vendor, kind_name(m), m.launch_date.empty() ? "" : ", " + m.launch_date, m.id);
  for (const auto& a : m.aliases) fmt::print("  alias     {}\n", a);
  fmt::print("  in a box  {}\n", link_name(m));
  if (!m.notes.empty()) fmt::print("  notes     {}\n", m.notes);
  fmt::print("\n  {:<22} {:>16} {:>8}  {}\n", "figure", "value", "sure to", "source");
  for (const auto& f : io::figures_of(m)) {
    if (!f.known) continue;
    bool first = true;
    for (const Reading& r : *f.readings) {
      const std::string date = r.date.empty() ? "" : " (" + r.date + ")";
      if (first) fmt::print("  {:<22} {:>16} {:>7.0f}%  {}{}\n", f.label, shown(f), 100 * f.spread, r.source, date);
      else fmt::print("  {:<22} {:>16} {:>8}  {}{}\n", "", with_prefix(r.value * f.per_unit, f.unit), "", r.source, date);
      first = false;
    }
  }
  fmt::print("\n  ~ inferred from other figures by a stated rule; sure to: one standard deviation, from trust in the source and distance between sources\n");
}

void compare(const std::vector<const Machine*>& machines, bool json) {
  if (json) {
    Json all = Json::array();
    for (const Machine* m : machines) all.push_back(to_json(*m));
    fmt::print("{}\n", all.dump(2));
    return;
  }
  fmt::print("{:<22}", "");
  for (const Machine* m : machines) fmt::print(" {:>20}", io::short_name(*m));
  fmt::print("\n");
  std::vector<std::vector<io::FigureView>> columns;
  for (const Machine* m : machines) columns.push_back(io::figures_of(*m));
  for (std::size_t i = 0; i < columns.front().size(); ++i) {
    if (std::none_of(columns.begin(), columns.end(), [&](const auto& c) { return c[i].known; })) continue;
    fmt::print("{:<22}", columns.front()[i].label);
    for (const auto& c : columns) fmt::print(" {:>20}", shown(c[i]));
    fmt::print("\n");
  }
  fmt::print("\n~ inferred. Sources of each figure: ranvier machines NAME\n");
}

/// "kind=gpu", "vendor=NVIDIA", or "bandwidth_byte_per_s>=1e12"; figures by key, compared with >= or <=.
bool passes(const Machine& m, const std::string& filter) {
  const auto op = filter.find_first_of("<>=");
  if (op == filter.npos || op == 0) throw InputError(fmt::format("--filter {}: must be KEY=WORD, FIGURE>=NUMBER or FIGURE<=NUMBER, such as kind=gpu or memory_byte>=80e9", filter));
  const std::string key = filter.substr(0, op);
  if (filter[op] == '=') {
    const std::string word = filter.substr(op + 1);
    if (key == "kind") return word == kind_name(m);
    if (key == "vendor") return word == m.vendor;
    if (key == "link_kind") return word == link_name(m);
    throw InputError(fmt::format("--filter {}: words are compared for kind, vendor and link_kind; figures with >= or <=", filter));
  }
  if (op + 1 >= filter.size() || filter[op + 1] != '=') throw InputError(fmt::format("--filter {}: compare with >= or <=", filter));
  plan::Parameters bag;
  bag.set_text("limit", filter.substr(op + 2));
  const double limit = bag.need_number("limit", "the number a figure is compared with");
  std::vector<std::string> keys;
  for (const auto& f : io::figures_of(m)) {
    if (f.key == key) return f.known && (filter[op] == '>' ? f.value >= limit : f.value <= limit);
    keys.emplace_back(f.key);
  }
  throw InputError(fmt::format("--filter {}: no such figure.{}", filter, suggestion(key, keys)));
}

void list(const std::vector<Machine>& machines, const Options& o) {
  Json all = Json::array();
  std::size_t n = 0;
  if (!o.json) fmt::print("{:<22} {:<40} {:<12} {:>16} {:>16} {:>14}\n", "name", "", "kind", "bandwidth", "fp16, fp32 sums", "memory");
  for (const Machine& m : machines) {
    if (!std::all_of(o.filter.begin(), o.filter.end(), [&](const auto& f) { return passes(m, f); })) continue;
    ++n;
    if (o.json) {
      all.push_back(to_json(m));
      continue;
    }
    const auto cell = [](const auto& figure) { return figure.known ? fmt::format("{}{}", figure.inferred ? "~" : "", with_prefix(number_of(figure.value), unit_of<std::remove_cvref_t<decltype(figure.value)>>())) : std::string("-"); };
    fmt::print("{:<22} {:<40} {:<12} {:>16} {:>16} {:>14}\n", io::short_name(m), m.name, kind_name(m), cell(m.bandwidth), cell(m.rate_of(Precision::fp16_acc32)), cell(m.memory));
  }
  if (o.json) fmt::print("{}\n", all.dump(2));
  else fmt::print("\n{} machines. One with the source of each figure: ranvier machines NAME\n", n);
}

void run(const Options& o) {
  io::MachineCatalogue machines;
  if (!o.compare.empty()) {
    std::vector<const Machine*> chosen;
    for (const auto& name : o.compare) chosen.push_back(&machines.find(name));
    return compare(chosen, o.json);
  }
  if (o.name.empty()) return list(machines.all(), o);
  const Machine& m = machines.find(o.name);
  if (o.json) fmt::print("{}\n", to_json(m).dump(2));
  else print_machine(m);
}

}  // namespace

void add_machines(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("machines", "List machines, show one with the source of each figure, or compare several");
  c->footer("Example:  ranvier machines --compare a100 h100 brain-human\n\nA machine of your own is one file: name it by its path, or put its folder into RANVIER_MACHINES.");
  c->add_option("NAME", o->name, "id, alias, the shortest part that only one has, or a machine file");
  c->add_option("--compare", o->compare, "several, side by side");
  c->add_option("--filter", o->filter, "kind=gpu, vendor=NVIDIA, memory_byte>=80e9, ... (all must hold)")->allow_extra_args(false);
  c->add_flag("--json", o->json, "print JSON");
  c->callback([o] { run(*o); });
}

}  // namespace ranvier::cli
