// SPDX-License-Identifier: Apache-2.0
#include "outline.hpp"

#include <nanobind/stl/string.h>

#include <string>

#include "engine/model.hpp"
#include "engine/rule.hpp"
#include "io/summary.hpp"

namespace ranvier::python {
namespace {

/// Of the weights onto a receptor; of event-driven cells, which have none, the membrane's.
std::string weight_unit(const PopulationSpec& population, int receptor) {
  if (population.receptors.empty()) {
    const auto* info = engine::find_model(engine::ModelInfo::Kind::membrane, population.membrane);
    return info ? std::string(info->weight_unit) : "";
  }
  const ReceptorSpec& r = population.receptors.at(static_cast<std::size_t>(receptor));
  if (r.conductance) return "nS";
  const auto* info = engine::find_model(engine::ModelInfo::Kind::receptor, r.kind);
  return info ? std::string(info->weight_unit) : "";
}

/// projection_effect() of cells with receptors; event-driven cells add weights as they are.
int effect_of(const NetworkSpec& spec, const ProjectionSpec& p) {
  return spec.populations.at(static_cast<std::size_t>(p.target.population)).receptors.empty() ? 0 : io::projection_effect(spec, p);
}

}  // namespace

nanobind::list outline_of(const NetworkSpec& spec) {
  nanobind::list out;
  for (const ProjectionSpec& p : spec.projections) {
    nanobind::dict d;
    d["name"] = p.name;
    d["source"] = p.source.population;
    d["target"] = p.target.population;
    d["receptor"] = p.receptor;
    d["synapses"] = engine::rule_size(p, spec).synapses;
    d["effect"] = effect_of(spec, p);
    d["unit"] = weight_unit(spec.populations.at(static_cast<std::size_t>(p.target.population)), p.receptor);
    out.append(d);
  }
  return out;
}

nanobind::list effects_of(const NetworkSpec& spec) {
  std::vector<int> up(spec.populations.size()), down(spec.populations.size());
  for (const ProjectionSpec& p : spec.projections) {
    const int effect = effect_of(spec, p);
    up[static_cast<std::size_t>(p.source.population)] |= effect > 0;
    down[static_cast<std::size_t>(p.source.population)] |= effect < 0;
  }
  nanobind::list out;
  for (std::size_t k = 0; k < up.size(); ++k) out.append(up[k] - down[k]);
  return out;
}

}  // namespace ranvier::python
