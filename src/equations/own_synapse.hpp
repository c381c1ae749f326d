// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A synapse rule of one's own as the engine's tables want it. Traces decay by the engine's tables; what a spike does is compiled (plugin.hpp).

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/synapse_model.hpp"
#include "equations/emit.hpp"
#include "equations/plugin.hpp"
#include "equations/synapse_functions.hpp"

namespace ranvier::equations {

class OwnSynapse {
 public:
  explicit OwnSynapse(Model model);
  OwnSynapse(const OwnSynapse&) = delete;
  OwnSynapse& operator=(const OwnSynapse&) = delete;

  const engine::ModelInfo& info() const { return info_; }
  const Model& model() const { return model_; }
  std::string source(const Target& target) const { return source_of_synapse(model_, emitted_, target.name, plugin_version()); }

  const char* validate(const engine::SynapseParameters& p) const;  ///< the text is valid until this thread's next call
  double largest(const engine::SynapseParameters& p) const { return largest_(p.value.data()); }
  std::vector<double> constants(const engine::SynapseParameters& p) const;
  /// Time constants of the traces of one side [ms].
  std::vector<double> taus(const engine::SynapseParameters& p, bool of_source) const;

  /// The compiled functions for the present instruction set. Throws InputError.
  const SynapseEntry& functions();

 private:
  Model model_;
  EmittedSynapse emitted_;
  std::vector<Formula> constants_, denominators_, rates_;
  Formula largest_;
  std::vector<engine::Parameter> parameters_;
  engine::ModelInfo info_{};
  std::mutex mutex_;
  std::map<std::string, const SynapseEntry*> functions_;  // by instruction set
};

/// The model that the engine's tables have for a rule, in one of a fixed number of places; nullptr where they are all taken. The rule stays to the end
/// of the program.
const engine::SynapseModel* place_synapse(OwnSynapse* rule, void (**prepare)());

}  // namespace ranvier::equations
