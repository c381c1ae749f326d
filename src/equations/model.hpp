// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A membrane or a synapse rule given as equations: the texts of a model file, and what they say once they have been read and checked.

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
  std::string on_pre = {}, on_post = {}, largest = {};  ///< of a synapse rule (kind = "synapse")
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

/// The weight of a synapse. Its unit is the receptor's; as a dimension it is a length, which nothing else in a model has.
inline constexpr const char* weight_name = "w";
inline constexpr Dimension weight_dimension{.length = 1};
inline constexpr int traces_max = 4;  ///< of a source, and of a target

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

  // A synapse rule: `state` holds its traces, each decaying by itself; the weight is variable state.size() of assignments.
  bool synapse = false;
  std::vector<Assignment> on_pre, on_post;     ///< what a spike of the source that arrives does, and one of the target
  std::vector<bool> of_source;                 ///< [traces] kept of the source; else of the target
  Expr largest;                                ///< weight, of parameters; weights stay between 0 and it

  std::vector<std::string> parameter_names() const;
};

/// Reads and checks the texts. Where `problems` is not empty afterwards the model is not usable.
Model describe(const ModelText& text, std::vector<Problem>& problems);

}  // namespace ranvier::equations
