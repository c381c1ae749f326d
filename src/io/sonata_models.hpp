// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the model_template of a SONATA node means: the membrane and receptors that simulate it, and how its parameters are
/// called and measured there. docs/sonata.md has the table for readers.

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::io::sonata {

/// A parameter of a template: how it is called there and here, its default there, and the factor to our unit.
/// `ours` is a parameter of the membrane ("tau_m"), of a receptor ("ex.tau_syn"), a state variable's beginning ("initial.V_m"),
/// or begins with '=': nothing here has it, and only the default is possible; '~': it has no influence on spikes.
struct TemplateParameter {
  std::string_view theirs, ours;
  double value = 0;
  double factor = 1;
};

struct TemplateReceptor {
  std::string_view name, kind;
  bool conductance = false;
  int sign = 0;  ///< of the weights here
};

struct ModelTemplate {
  /// Which receptor a synapse reaches: the only one; by the sign of its weight; by its receptor_type, from 1.
  enum class Port { only, sign, number };

  std::string_view name;       ///< "nest:iaf_psc_alpha"
  std::string_view membrane;
  std::span<const TemplateReceptor> receptors;  ///< Port::number: one, which stands for all
  std::span<const TemplateParameter> parameters;
  Port port = Port::only;
  double weight_factor = 1;    ///< from the template's unit of weights to ours
  double current_factor = 1;   ///< from pA to the membrane's unit of currents
  std::string_view leak;       ///< name of a leak conductance, from which tau_m = C_m / leak follows; empty: tau_m is given
  bool tau_syn_list = false;   ///< Port::number: "tau_syn" is a list, one entry per receptor
  bool signed_by_synapse = false;  ///< the synapse model's `sign` multiplies the weight
};

/// nullptr where there is none.
const ModelTemplate* find_template(std::string_view name);
std::span<const ModelTemplate> all_templates();
std::vector<std::string> template_names();

}  // namespace ranvier::io::sonata
