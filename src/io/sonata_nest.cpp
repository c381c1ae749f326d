// SPDX-License-Identifier: Apache-2.0
#include "sonata_nest.hpp"

#include <algorithm>
#include <set>

#include "engine/model.hpp"

namespace ranvier::io::sonata {
namespace {

using engine::ModelInfo;

double at(const Values& v, std::size_t i) { return v.kind == Values::Kind::column ? (*v.column)[i] : v.a; }

bool same_receptors(const PopulationSpec& p, const ModelTemplate& t) {
  return std::equal(p.receptors.begin(), p.receptors.end(), t.receptors.begin(), t.receptors.end(), [](const ReceptorSpec& r, const TemplateReceptor& q) {
    return r.name == q.name && r.kind == q.kind && r.conductance == q.conductance && r.sign == q.sign && r.initial.empty();
  });
}

/// The value of a parameter, its model's default where the population gives none.
std::optional<Values> value_of(const std::map<std::string, Values>& given, const ModelInfo* info, std::string_view name) {
  if (const auto it = given.find(std::string(name)); it != given.end()) return it->second;
  for (const engine::Parameter& p : info->parameters)
    if (p.name == name) return Values::constant(p.default_value);
  return std::nullopt;
}

std::optional<Values> value_of(const PopulationSpec& p, std::string_view ours) {
  const ModelInfo* membrane = engine::find_model(ModelInfo::Kind::membrane, p.membrane);
  if (ours == "initial.V_m") {
    const auto it = p.initial.find("V_m");
    return it != p.initial.end() ? it->second : value_of(p.params, membrane, "E_L");
  }
  const auto dot = ours.find('.');
  if (dot == std::string_view::npos) return value_of(p.params, membrane, ours);
  for (const ReceptorSpec& r : p.receptors)
    if (r.name == ours.substr(0, dot)) return value_of(r.params, engine::find_model(ModelInfo::Kind::receptor, r.kind), ours.substr(dot + 1));
  return std::nullopt;
}

/// The leak conductance of C_m and tau_m, where C_m over it is tau_m again.
std::optional<Values> leak_of(const PopulationSpec& p) {
  const Values C_m = *value_of(p, "C_m"), tau_m = *value_of(p, "tau_m");
  const bool column = C_m.kind == Values::Kind::column || tau_m.kind == Values::Kind::column;
  std::vector<double> leak;
  for (std::size_t i = 0; i < (column ? static_cast<std::size_t>(p.size) : 1); ++i) {
    leak.push_back(at(C_m, i) / at(tau_m, i));
    if (at(C_m, i) / leak.back() != at(tau_m, i)) return std::nullopt;
  }
  if (!column) return Values::constant(leak[0]);
  Values out;
  out.kind = Values::Kind::column;
  out.column = std::make_shared<const std::vector<double>>(std::move(leak));
  return out;
}

std::optional<NestPopulation> as(const PopulationSpec& p, const ModelTemplate& t) {
  NestPopulation out{&t, {}};
  for (const TemplateParameter& q : t.parameters) {
    if (q.ours.starts_with('=') || q.ours.starts_with('~')) continue;
    const auto value = q.theirs == t.leak ? leak_of(p) : value_of(p, q.ours);
    if (!value) return std::nullopt;
    out.parameters[std::string(q.theirs)] = *value;
  }
  return out;
}

}  // namespace

std::optional<NestPopulation> in_words_of_nest(const PopulationSpec& p) {
  const bool other_initial = std::any_of(p.initial.begin(), p.initial.end(), [](const auto& value) { return value.first != "V_m"; });
  if (p.membrane != "leaky" || !p.sleep || other_initial) return std::nullopt;
  for (const ModelTemplate& t : all_templates())
    if (t.name.starts_with("nest:") && t.membrane == p.membrane && t.port != ModelTemplate::Port::number && same_receptors(p, t))
      if (auto found = as(p, t)) return found;
  return std::nullopt;
}

}  // namespace ranvier::io::sonata
