// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From a planned step to C++: the second half of a file of engine/membrane/, for one model.
///
/// Nothing of the model's texts is copied into code: formulas are written from the tree, in which names are checked and numbers are
/// numbers. What depends on parameters alone is a constant of the cell, computed when the network is built.

#include <string>
#include <vector>

#include "equations/step.hpp"

namespace ranvier::equations {

struct Emitted {
  std::string step;              ///< body of the step function
  std::vector<Expr> constants;   ///< c[0], c[1], ...: of parameters, $dt and elements of the propagator
  int flop = 0;                  ///< per cell and step, exp counted as 15
};

/// Writes the step. Throws FormulaError where more constants are needed than a cell can have.
Emitted emit(const Model& model, const Step& step);

/// The whole file to compile, for one instruction set ("AVX3", "AVX2", "EMU128" or "" for what the compiler chooses).
/// `version` is what the plug-in says of itself.
std::string source_of(const Model& model, const Step& step, const Emitted& emitted, const std::string& target, const std::string& version);

/// Of a synapse rule: the file to compile, and the constants, of parameters alone.
struct EmittedSynapse {
  std::string functions;
  std::vector<Expr> constants;
};
EmittedSynapse emit_synapse(const Model& model);
std::string source_of_synapse(const Model& model, const EmittedSynapse& emitted, const std::string& target, const std::string& version);

}  // namespace ranvier::equations
