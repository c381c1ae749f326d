// SPDX-License-Identifier: Apache-2.0
#include "cli/plan_print.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

namespace ranvier::cli {

using namespace plan;
using Json = nlohmann::ordered_json;

std::string with_prefix(double value, std::string_view unit) {
  struct Prefix {
    double factor;
    const char* letter;
  };
  static constexpr Prefix prefixes[] = {{1e18, "E"}, {1e15, "P"}, {1e12, "T"}, {1e9, "G"}, {1e6, "M"}, {1e3, "k"}, {1, ""}, {1e-3, "m"}, {1e-6, "u"}, {1e-9, "n"}, {1e-12, "p"}};
  const bool plain = unit.empty() || unit == "x" || unit == "%" || unit.starts_with("token") || unit.starts_with("USD") || unit.find("GB") != unit.npos || unit.starts_with("TFLOP") || unit == "ms";
  if (plain || value == 0 || !std::isfinite(value)) return fmt::format("{:.4g}{}{}", value, unit.empty() ? "" : " ", unit);
  const std::string symbol = unit.starts_with("byte") ? "B" + std::string(unit.substr(4)) : std::string(unit);
  for (const Prefix& p : prefixes)
    if (std::abs(value) >= p.factor * 0.9995) return fmt::format("{:.4g} {}{}", value / p.factor, p.letter, symbol);
  return fmt::format("{:.3g} {}", value, unit);
}

namespace {

std::string range(double low, double high, std::string_view unit) { return fmt::format("{} to {}", with_prefix(low, unit), with_prefix(high, unit)); }

void print_extras(const Answer& a) {
  for (const Extra& e : a.extras) fmt::print("  {:<22} {:<24} {}\n", e.name, with_prefix(e.value, e.unit), e.meaning);
}

}  // namespace

bool has_value(const Answer& a) { return a.estimate.fits || a.value != 0; }

void print_answer(const Shown& s) {
  const Answer& a = s.answer;
  const Estimate& e = a.estimate;
  const std::string machine = s.count > 1 ? fmt::format("{} x {}", s.count, s.machine.name) : s.machine.name;
  fmt::print("{} on {}\n\n", s.kind, machine);
  if (!e.fits) {
    fmt::print("  does not fit: {} needed on each device, {} there\n", with_prefix(e.byte_resident.value(), "byte"), with_prefix(e.capacity.value(), "byte"));
    if (!a.remedy.empty()) fmt::print("  {}\n", a.remedy);
    fmt::print("\n");
  }
  if (has_value(a)) fmt::print("  {:<22} {:<24} 80 % of cases: {}\n", a.metric, with_prefix(a.value, a.unit), range(a.p10, a.p90, a.unit));
  if (a.metric != "time") fmt::print("  {:<22} {:<24} 80 % of cases: {}\n", "time", with_prefix(e.expected.value(), "s"), range(e.p10().value(), e.p90().value(), "s"));
  fmt::print("  {:<22} {}\n", "bounds of the time", range(e.lower.value(), e.upper.value(), "s"));
  fmt::print("  {:<22} {:<24} {:.1f} % of the arithmetic peak is used\n", "bottleneck", bottleneck_names[static_cast<std::size_t>(e.bottleneck)], 100 * e.utilisation);
  fmt::print("  {:<22} {} moved, {} resident of {}, {}\n", "work of one device", with_prefix(e.byte_moved.value(), "byte"), with_prefix(e.byte_resident.value(), "byte"), with_prefix(e.capacity.value(), "byte"), with_prefix(e.flop.value(), "FLOP"));
  if (e.energy > Joule{}) fmt::print("  {:<22} {}\n", "energy", with_prefix(e.energy.value(), "J"));
  print_extras(a);
  for (const std::string& w : a.warnings) fmt::print("\n  note: {}", w);
  if (!a.warnings.empty()) fmt::print("\n");
}

Roofline roofline_of(const Machine& machine, const Answer& a) {
  const Estimate& e = a.estimate;
  const double time = e.expected.value(), busy = e.utilisation * time;  // time of the arithmetic at the vendor's rate
  return {busy > 0 ? e.flop.value() / busy : 0, machine.bandwidth.value.value(), e.flop.value(), e.byte_moved.value(), time};
}

void print_derivation(const Trace& trace) {
  fmt::print("\nderivation\n");
  for (const Step& s : trace.steps()) {
    const std::string indent(static_cast<std::size_t>(2 * s.depth + 2), ' ');
    if (s.section) {
      fmt::print("{}{}{}{}\n", indent, s.name, s.formula.empty() ? "" : ": ", s.formula);
      continue;
    }
    const int width = std::max(8, 44 - static_cast<int>(indent.size()));
    fmt::print("{}{:<{}} {:<14} {}\n", indent, s.name, width, with_prefix(s.value, s.unit), s.formula);
    if (!s.source.empty()) fmt::print("{:46}source: {}\n", "", s.source);
  }
}

namespace {

Json parameters_json(const Parameters& parameters) {
  Json j = Json::object();
  for (const auto& [key, value] : parameters.all()) std::visit([&, &name = key](const auto& v) { j[name] = v; }, value);
  return j;
}

/// What draws the roofline: the vendor's rates of one device, and the operations under them.
void add_roof(Json& j, const Machine& machine, const Trace& trace) {
  j["roof"] = {{"byte_per_s", machine.bandwidth.value.value()}, {"flop_per_s", Json::object()}};
  for (std::size_t i = 0; i < n_precisions; ++i)
    if (machine.rate[i].known) j["roof"]["flop_per_s"][precision_names[i]] = machine.rate[i].value.value();
  j["operations"] = Json::array();
  for (const Operation& o : trace.operations()) {
    Json flop = Json::object();
    for (std::size_t i = 0; i < n_precisions; ++i)
      if (o.work.flop[i] > Flop{}) flop[precision_names[i]] = o.work.flop[i].value();
    j["operations"].push_back({{"group", o.group}, {"name", o.name}, {"times", o.times}, {"flop", flop}, {"byte_moved", o.work.memory.value()}, {"time_s", o.expected.value()}, {"arithmetic_s", o.arithmetic.value()},
                               {"memory_s", o.memory.value()}, {"host_s", o.host.value()}, {"network_s", o.network.value()}, {"fixed_s", o.fixed.value()}});
  }
}

}  // namespace

Json to_json(const Shown& s, const Trace* trace) {
  const Answer& a = s.answer;
  const Estimate& e = a.estimate;
  Json j{{"workload", s.workload.name}, {"kind", s.kind}, {"machine", s.machine.id}, {"machine_name", s.machine.name}, {"count", s.count}};
  if (s.parameters != nullptr) j["question"] = parameters_json(*s.parameters);  // "parameters" is a figure of language models
  j.update({{"metric", a.metric}, {"value", a.value}, {"unit", a.unit}, {"p10", a.p10}, {"p90", a.p90}});
  if (!has_value(a)) j["value"] = j["p10"] = j["p90"] = nullptr;
  j["estimate"] = {{"time_s", e.expected.value()}, {"lower_s", e.lower.value()}, {"upper_s", e.upper.value()}, {"p10_s", e.p10().value()}, {"p90_s", e.p90().value()},
                   {"bottleneck", bottleneck_names[static_cast<std::size_t>(e.bottleneck)]}, {"utilisation", e.utilisation}, {"byte_moved", e.byte_moved.value()}, {"byte_resident", e.byte_resident.value()},
                   {"flop", e.flop.value()}, {"energy_j", e.energy.value()}, {"fits", e.fits}, {"capacity_byte", e.capacity.value()}};
  for (const Extra& x : a.extras) j[x.name] = x.value;
  j["warnings"] = a.warnings;
  if (!a.remedy.empty()) j["remedy"] = a.remedy;
  j["figures"] = Json::array();
  for (const Extra& x : a.extras) j["figures"].push_back({{"name", x.name}, {"value", x.value}, {"unit", x.unit}, {"meaning", x.meaning}});
  j["derivation"] = Json::array();
  if (trace == nullptr) return j;
  add_roof(j, s.machine, *trace);
  for (const Step& t : trace->steps()) {
    if (t.section) j["derivation"].push_back({{"depth", t.depth}, {"section", t.name}, {"remark", t.formula}});
    else j["derivation"].push_back({{"depth", t.depth}, {"name", t.name}, {"value", t.value}, {"unit", t.unit}, {"formula", t.formula}, {"source", t.source}});
  }
  return j;
}

}  // namespace ranvier::cli
