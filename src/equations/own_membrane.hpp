// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A model of one's own as the engine's tables want it. What is done once a cell (derived constants, checks, initial values) is evaluated here
/// from the formulas; what is done in every step is compiled (plugin.hpp).

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "engine/kernel.hpp"
#include "equations/emit.hpp"
#include "equations/plugin.hpp"

namespace ranvier::equations {

class OwnMembrane {
 public:
  /// Throws FormulaError where the model cannot be done by its method.
  explicit OwnMembrane(Model model);
  OwnMembrane(const OwnMembrane&) = delete;
  OwnMembrane& operator=(const OwnMembrane&) = delete;

  const engine::ModelInfo& info() const { return info_; }
  const Model& model() const { return model_; }
  const Step& step() const { return step_; }
  const Emitted& emitted() const { return emitted_; }
  std::string source(const Target& target) const { return source_of(model_, step_, emitted_, target.name, plugin_version()); }

  // as in engine::MembraneModel; p: the parameters of a cell, in the order of the model
  void derive(const double* p, double dt, double* c) const;
  engine::MembraneConstants constants(const double* p) const;
  const char* validate(const double* p, double dt) const;  ///< the text is valid until this thread's next call
  double initial(const double* p, const double* before, int variable) const;

  /// The compiled functions for the present instruction set. Throws InputError.
  const engine::MembraneEntry& functions();

 private:
  void describe();
  std::vector<double> values(const double* p, double dt) const;
  void append_propagator(const std::vector<double>& parameters, double dt, bool while_held, std::vector<double>& out) const;
  bool fires_after_reset(const double* p) const;

  Model model_;
  Step step_;
  Emitted emitted_;
  std::string numerics_;
  std::vector<std::string> names_;        // of what formulas of constants can use: parameters, $dt, elements of the propagator
  std::vector<std::string> initial_text_;
  std::vector<Formula> constants_, denominators_, initial_;
  std::vector<std::vector<Formula>> A_;
  std::vector<Formula> k_, c_;
  std::vector<Formula> reset_and_threshold_;  // values after a reset, then the threshold; empty where they depend on more than parameters
  std::vector<engine::Parameter> parameters_;
  std::vector<engine::StateVariable> state_;
  engine::ModelInfo info_{};
  std::mutex mutex_;
  std::map<std::string, const engine::MembraneEntry*> functions_;  // by instruction set
};

}  // namespace ranvier::equations
