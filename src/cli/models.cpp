// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "engine/model.hpp"
#include "equations/own_models.hpp"
#include "io/model_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using engine::ModelInfo;
using Json = nlohmann::ordered_json;

const char* kind_name(ModelInfo::Kind k) {
  switch (k) {
    case ModelInfo::Kind::membrane: return "membrane";
    case ModelInfo::Kind::receptor: return "receptor";
    case ModelInfo::Kind::source: return "source";
    case ModelInfo::Kind::pair: return "pair";
    case ModelInfo::Kind::synapse: return "synapse rule";
  }
  return "";
}

std::string range_text(const engine::Range& r) {
  const bool low = !std::isinf(r.low), high = !std::isinf(r.high);
  if (low && high) return fmt::format("{}{:g}, {:g}{}", r.low_open ? "(" : "[", r.low, r.high, r.high_open ? ")" : "]");
  if (low) return fmt::format("{} {:g}", r.low_open ? ">" : ">=", r.low);
  if (high) return fmt::format("{} {:g}", r.high_open ? "<" : "<=", r.high);
  return "any";
}

Json to_json(const ModelInfo& m) {
  Json j{{"kind", kind_name(m.kind)}, {"name", m.name}, {"title", m.title}, {"equations", m.equations}, {"parameters", Json::array()}, {"state", Json::array()},
         {"numerics", m.numerics}, {"source", m.source}, {"flop", m.flop}, {"byte_read", m.byte_read}, {"byte_written", m.byte_written}, {"per", m.structural ? "event and cell" : m.event_driven || m.kind == ModelInfo::Kind::synapse ? "event" : "step"}};
  for (const auto& p : m.parameters)
    j["parameters"].push_back({{"name", p.name}, {"default", p.default_value}, {"unit", p.unit}, {"range", range_text(p.range)}, {"meaning", p.meaning}});
  for (const auto& s : m.state) j["state"].push_back({{"name", s.name}, {"unit", s.unit}, {"initial", s.initial}, {"meaning", s.meaning}});
  if (m.follows_volume) j["follows_volume"] = true;
  for (const auto& c : m.choices) j["choices"].push_back({{"name", c.name}, {"words", c.words}, {"meaning", c.meaning}});
  return j;
}

void print_model(const ModelInfo& m) {
  fmt::print("{}  ({}): {}\n\n", m.name, kind_name(m.kind), m.title);
  std::string_view rest = m.equations;
  while (!rest.empty()) {
    const auto end = rest.find('\n');
    fmt::print("    {}\n", rest.substr(0, end));
    rest = end == std::string_view::npos ? "" : rest.substr(end + 1);
  }
  if (!m.parameters.empty()) fmt::print("\n  {:<13} {:>10} {:<8} {:<12} {}\n", "parameter", "default", "unit", "range", "meaning");
  for (const auto& p : m.parameters) fmt::print("  {:<13} {:>10g} {:<8} {:<12} {}\n", p.name, p.default_value, p.unit, range_text(p.range), p.meaning);
  for (const auto& c : m.choices) fmt::print("  {:<13} {} ({}; {})\n", c.name, c.words[0], fmt::join(c.words, ", "), c.meaning);
  if (m.follows_volume) fmt::print("  {:<13} the volume that it follows; may be left out where the file has one\n", "volume");
  if (!m.state.empty()) fmt::print("\n  {:<13} {:>10} {:<8} {}\n", "state", "starts at", "unit", "meaning");
  for (const auto& s : m.state) fmt::print("  {:<13} {:>10} {:<8} {}\n", s.name, s.initial, s.unit, s.meaning);
  fmt::print("\n  numerics  {}\n  work      {} FLOP, {} bytes read, {} bytes written per {}\n  source    {}\n", m.numerics, m.flop, m.byte_read, m.byte_written,
             m.structural ? "event and cell (float64)" : m.kind == ModelInfo::Kind::synapse ? "event" : m.event_driven ? "event (float64)" : "cell and step (float32)", m.source);
}

void print_pair(const engine::Pair& pair) {
  fmt::print("{}  (pair): {}\n\n  membrane  {}\n", pair.name, pair.title, pair.membrane);
  for (const auto& r : pair.receptors) {
    fmt::print("  receptor  {}: {} {}{}\n", r.name, r.kind, r.conductance ? "conductance" : "current", r.sign > 0 ? ", weights >= 0" : r.sign < 0 ? ", weights <= 0" : "");
    for (const auto& n : r.renames) fmt::print("            {} (default {:g}) is the receptor's {}\n", n.pair_name, n.default_value, n.receptor_name);
  }
  for (const auto& d : pair.defaults) fmt::print("  default   {} = {:g} (the membrane's own differs)\n", d.parameter, d.value);
  fmt::print("\n  see also  ranvier models {}\n", pair.membrane);
}

Json to_json(const engine::Pair& pair) {
  Json j{{"kind", "pair"}, {"name", pair.name}, {"title", pair.title}, {"membrane", pair.membrane}, {"receptors", Json::array()}, {"defaults", Json::object()}};
  for (const auto& r : pair.receptors) {
    Json names = Json::array();
    for (const auto& n : r.renames) names.push_back({{"name", n.pair_name}, {"receptor_name", n.receptor_name}, {"default", n.default_value}});
    j["receptors"].push_back({{"name", r.name}, {"kind", r.kind}, {"conductance", r.conductance}, {"sign", r.sign}, {"parameters", names}});
  }
  for (const auto& d : pair.defaults) j["defaults"][std::string(d.parameter)] = d.value;
  return j;
}

void show(const std::string& name, bool json) {
  Json found = Json::array();
  bool any = false;
  for (const ModelInfo* m : engine::all_models()) {
    if (m->name != name) continue;
    if (json) found.push_back(to_json(*m));
    else print_model(*m);
    any = true;
  }
  if (const engine::Pair* pair = engine::find_pair(name); pair && !json) {
    if (any) fmt::print("\n");
    print_pair(*pair);
    any = true;
  } else if (pair) {
    found.push_back(to_json(*pair));
    any = true;
  }
  if (!any) throw InputError(fmt::format("no model is called \"{}\". All names: ranvier models", name));
  if (json) fmt::print("{}\n", (found.size() == 1 ? found[0] : found).dump(2));
}

/// A model file: what it says, or the C++ that it becomes.
void show_file(const std::string& file, bool json, bool source) {
  const ModelInfo& m = io::read_model(file);
  if (source) fmt::print("{}", equations::source_of_model(std::string(m.name)));
  else if (json) fmt::print("{}\n", to_json(m).dump(2));
  else {
    print_model(m);
    if (m.kind == ModelInfo::Kind::synapse)
      fmt::print("\n  in a network file:  [[models]] file = \"{}\"  and  synapse = \"{}\" in a projection\n", file, m.name);
    else
      fmt::print("  method    {}\n\n  in a network file:  [[models]] file = \"{}\"  and  membrane = \"{}\" with receptors of your choice\n", equations::method_of_model(std::string(m.name)), file, m.name);
  }
}

void list(bool json) {
  if (json) {
    Json all = Json::array();
    for (const ModelInfo* m : engine::all_models()) all.push_back(to_json(*m));
    for (const engine::Pair& p : engine::all_pairs()) all.push_back(to_json(p));
    fmt::print("{}\n", all.dump(2));
    return;
  }
  const char* last = "";
  for (const ModelInfo* m : engine::all_models()) {
    const char* kind = kind_name(m->kind);
    if (std::string_view(kind) != last) fmt::print("{}{}s\n", *last ? "\n" : "", kind);
    last = kind;
    fmt::print("  {:<20} {}\n", m->name, m->title);
  }
  fmt::print("\npairs (a membrane and its receptors under one name)\n");
  for (const engine::Pair& p : engine::all_pairs()) fmt::print("  {:<20} {}\n", p.name, p.title);
  fmt::print("\nequations, parameters and cost of one: ranvier models NAME\n");
}

}  // namespace

void add_models(CLI::App& app) {
  struct Options {
    std::string name;
    bool json = false, source = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("models", "List membranes, receptors, sources and synapse rules, or show one with its equations and cost");
  c->footer("Example:  ranvier models leaky\n          ranvier models examples/models/adex_equations.toml");
  c->add_option("NAME", o->name, "the model to show: a name, or a model file (.toml) with equations");
  CLI::Option* json = c->add_flag("--json", o->json, "print JSON");
  c->add_flag("--source", o->source, "of a model file: print the C++ that is made of it")->excludes(json);
  c->callback([o] {
    const bool file = o->name.ends_with(".toml") || o->name.find('/') != std::string::npos;
    if (o->source && !file) throw InputError("--source: name a model file, for example: ranvier models my_adex.toml --source");
    if (file) show_file(o->name, o->json, o->source);
    else o->name.empty() ? list(o->json) : show(o->name, o->json);
  });
}

}  // namespace ranvier::cli
