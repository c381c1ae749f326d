// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From a model to what is done in one time step: which method, in which variables, with which constants.
///
/// Where the potential begins at a parameter (usually E_L) it is kept relative to it, as in the built-in membranes: small
/// numbers keep more digits in single precision. All formulas are rewritten for u = V - E_L, and V - V_T becomes u - (V_T - E_L),
/// with a constant that is computed once.

#include <string>
#include <vector>

#include "equations/model.hpp"

namespace ranvier::equations {

/// dx/dt = A x + k I + c, where the equations are of that form without conductances.
struct Linear {
  bool is = false;
  std::string why_not;                        ///< "dV/dt is not linear in V"
  std::vector<std::vector<Expr>> A;           ///< of parameters alone
  std::vector<Expr> k, c;
  /// I moves the potential alone and nothing else follows the potential: currents of receptors couple by the exact joint
  /// propagator. Otherwise they are held at their mid-step value.
  bool joint = false;
};

struct Step {
  Method method = Method::exponential_euler;
  int relative_to = -1;                       ///< parameter, or -1
  std::vector<std::string> variables;         ///< names in the formulas; the first is "$u" where the potential is relative
  std::vector<Expr> rate;                     ///< dx/dt of parameters, variables, $I, $G, $GE
  std::vector<Expr> slope;                    ///< d rate / d its own variable
  Expr threshold;
  std::vector<Assignment> reset;              ///< in the variables as they are stored
  Linear linear;

  bool is_parameter_formula(const Expr& e) const;  ///< no variable and no input in it
};

/// Chooses the method, or takes the one the model asks for. Throws FormulaError where that is not possible, with the reason.
Step plan_step(const Model& model);

// Elements of the exact propagator over one step: x' = P x + R I + Q. H is P for cells whose held variables stay.
std::string element_P(std::size_t row, std::size_t column);
std::string element_H(std::size_t row, std::size_t column);
std::string element_R(std::size_t row);
std::string element_Q(std::size_t row);
std::string element_HR(std::size_t row);
std::string element_HQ(std::size_t row);

/// The exact propagator of dx/dt = A x + k I + c over dt: P [n][n], R [n] and Q [n], row by row (P_00, P_01 ..., R_0, Q_0).
/// By scaling and squaring of the Taylor series of the augmented matrix; one variable by its closed form.
///   Source  Moler & Van Loan 2003, doi:10.1137/S00361445024180, method 3
void propagator(const std::vector<std::vector<double>>& A, const std::vector<double>& k, const std::vector<double>& c, double dt, std::vector<double>& P, std::vector<double>& R, std::vector<double>& Q);

}  // namespace ranvier::equations
