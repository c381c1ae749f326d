// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A membrane given as equations: the texts of a model file, and what they say once they have been read and checked.

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/model.hpp"
#include "equations/expression.hpp"

namespace ranvier::equations {

/// What a model file says, as plain texts (docs/own-models.md).
struct ModelText {
  struct Parameter {
    std::string name, value, range = {}, meaning = {};  ///< "281 pF", "> 0 pF", ...
  };
  struct State {
    std::string name, initial = {}, meaning = {};
  };
  std::string kind = "membrane", name, title = {}, source = {}, method = {};
  std::string equations;   ///< one a line: "dV/dt = (g_L*(E_L - V) + I)/C_m : mV", "x = V/tau : mV/ms"
  std::string threshold, reset = {}, refractory = {};
  std::optional<std::vector<std::string>> held = {};  ///< variables that stay where they are while refractory; default: the potential
  std::vector<Parameter> parameters = {};
  std::vector<State> state = {};
};

/// A mistake, and where: "model.threshold", "parameters.C_m".
struct Problem {
  std::string key, what;
};

enum class Method { exact, exponential_euler, rk4, euler };
std::string_view method_name(Method method);

/// Names that stand for what receptors and inputs hand to a membrane; a model file cannot spell them.
inline constexpr const char *current_name = "$I", *conductance_name = "$G", *reversal_name = "$GE", *dt_name = "$dt";

struct Variable {
  std::string name, unit, meaning;
  Dimension dimension;
  Expr rate;     ///< dx/dt of parameters, variables, $I, $G and $GE
  Expr initial;  ///< of parameters and the variables before it
  bool held = false;
};

struct OwnParameter {
  std::string name, unit, meaning;
  double default_value = 0;
  engine::Range range;
};

/// x = value, of parameters and variables as the assignments before it left them.
struct Assignment {
  std::size_t variable;
  Expr value;
};

struct Model {
  std::string name, title, source, equations;  ///< equations: for people, several lines
  std::vector<OwnParameter> parameters;
  std::vector<Variable> state;                 ///< the first is the potential [mV]
  Expr threshold;
  std::vector<Assignment> reset;
  int refractory = -1;                         ///< parameter, or -1
  std::optional<Method> method;                ///< as asked for; nothing: the best that is possible
  std::vector<Expr> denominators;              ///< of parameters alone: they must not be 0

  std::vector<std::string> parameter_names() const;
};

/// Reads and checks the texts. Where `problems` is not empty afterwards the model is not usable.
Model describe(const ModelText& text, std::vector<Problem>& problems);

}  // namespace ranvier::equations
