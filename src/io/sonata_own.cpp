// SPDX-License-Identifier: Apache-2.0
#include "sonata_own.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "ranvier/error.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace {

using engine::ModelInfo;

/// "ex.tau_syn" -> where its values are kept; nullptr where the model has no such name.
Values* slot(PopulationSpec& p, std::string_view name) {
  const auto has_parameter = [](const ModelInfo* info, std::string_view wanted) {
    return info && std::any_of(info->parameters.begin(), info->parameters.end(), [&](const engine::Parameter& q) { return q.name == wanted; });
  };
  const auto has_state = [](const ModelInfo* info, std::string_view wanted) {
    return info && std::any_of(info->state.begin(), info->state.end(), [&](const engine::StateVariable& q) { return q.name == wanted; });
  };
  const bool initial = name.starts_with("initial.");
  if (initial) name.remove_prefix(8);
  const auto dot = name.find('.');
  if (dot != std::string_view::npos) {
    for (ReceptorSpec& r : p.receptors)
      if (r.name == name.substr(0, dot)) {
        const ModelInfo* info = engine::find_model(ModelInfo::Kind::receptor, r.kind);
        const std::string key(name.substr(dot + 1));
        if (initial ? !has_state(info, key) : !has_parameter(info, key)) return nullptr;
        return &(initial ? r.initial : r.params)[key];
      }
    return nullptr;
  }
  const ModelInfo* info = engine::find_model(ModelInfo::Kind::membrane, p.membrane);
  if (!info) info = engine::find_model(ModelInfo::Kind::source, p.membrane);
  if (initial ? !has_state(info, name) : !has_parameter(info, name)) return nullptr;
  return &(initial ? p.initial : p.params)[std::string(name)];
}

void read_receptors(const Place& list, PopulationSpec& to) {
  list.require_array("[{ \"name\": \"ex\", \"kind\": \"exponential\" }]");
  for (std::size_t k = 0; k < list.node().size(); ++k) {
    const Place at = list.item(k);
    ReceptorSpec r;
    r.name = at.get("name", "\"ex\"").text();
    const Place kind = at.get("kind", "\"exponential\"");
    r.kind = kind.text();
    if (r.kind != "event" && !engine::find_model(ModelInfo::Kind::receptor, r.kind)) kind.fail("no such receptor. All names: ranvier models");
    if (const auto conductance = at.find("conductance")) r.conductance = conductance->boolean();
    if (const auto sign = at.find("sign")) r.sign = static_cast<int>(std::clamp(sign->number(), -1.0, 1.0));
    to.receptors.push_back(std::move(r));
  }
}

}  // namespace

void read_own_population(Components& components, const Items& items, const std::string& model_template, const std::vector<std::size_t>& nodes, PopulationSpec& to) {
  to.membrane = model_template.substr(std::string_view("ranvier:").size());
  if (!engine::find_model(ModelInfo::Kind::membrane, to.membrane) && !engine::find_model(ModelInfo::Kind::source, to.membrane))
    throw InputError(fmt::format("{}: model_template = \"{}\": no such membrane or source. All names: ranvier models", items.where(nodes[0]), model_template));
  const auto files = items.texts("dynamics_params");
  if (const std::string* name = files.at(nodes[0])) {
    for (const std::size_t i : nodes)
      if (files.index[i] != files.index[nodes[0]]) throw InputError(fmt::format("{}: dynamics_params: all nodes of template {} must name one file", items.where(i), model_template));
    const JsonFile& file = components.read(*name, items.where(nodes[0]), "the defaults of the model");
    const Place root(file, file.root);
    root.require_object("{ \"tau_m\": 10.0 }");
    if (const auto receptors = root.find("receptors")) read_receptors(*receptors, to);
    if (const auto sleep = root.find("sleep")) to.sleep = sleep->boolean();
    for (const auto& [key, value] : file.root.items()) {
      if (key == "receptors" || key == "sleep") continue;
      Values* values = slot(to, key);
      if (!values) root.get(key, "").fail(fmt::format("{} has no such parameter", model_template));
      *values = Values::constant(root.get(key, "").number());
    }
  }
  for (const std::string& attribute : items.group_attributes()) {
    if (!attribute.starts_with("dynamics_params/")) continue;
    const auto all = items.numbers(attribute);
    if (std::isnan(all[nodes[0]])) continue;
    const std::string name = attribute.substr(std::string_view("dynamics_params/").size());
    Values* values = slot(to, name);
    if (!values) throw InputError(fmt::format("{}: {}: {} has no such parameter", items.file().string(), attribute, model_template));
    std::vector<double> own;
    for (const std::size_t i : nodes) {
      if (std::isnan(all[i])) throw InputError(fmt::format("{}: {} is missing, though others of its template have it", items.where(i), attribute));
      own.push_back(all[i]);
    }
    *values = values_of(std::move(own));
  }
}

OwnSynapse read_own_synapse(const JsonFile& file) {
  OwnSynapse out;
  const Place root(file, file.root);
  if (const auto fraction = root.find("dendritic_delay_fraction")) {
    out.dendritic_delay_fraction = fraction->number();
    if (!(out.dendritic_delay_fraction >= 0 && out.dendritic_delay_fraction <= 1)) fraction->fail("must be between 0 and 1");
  }
  const auto rules = root.find("synapse");
  if (!rules) return out;
  rules->require_array("[{ \"rule\": \"stdp\" }]");
  for (std::size_t k = 0; k < rules->node().size(); ++k) {
    const Place at = rules->item(k), rule = at.get("rule", "\"stdp\"");
    SynapseSpec synapse{.rule = rule.text(), .params = {}, .choices = {}};
    if (!engine::find_model(ModelInfo::Kind::synapse, synapse.rule)) rule.fail("no such synapse rule. All names: ranvier models");
    if (const auto params = at.find("params"))
      for (const auto& [key, value] : params->node().items()) synapse.params[key] = params->get(key, "").number();
    if (const auto choices = at.find("choices"))
      for (const auto& [key, value] : choices->node().items()) synapse.choices[key] = choices->get(key, "").text();
    if (const auto volume = at.find("volume")) synapse.volume = volume->text();
    out.rules.push_back(std::move(synapse));
  }
  return out;
}

}  // namespace ranvier::io::sonata
