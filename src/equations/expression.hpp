// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Formulas of a model of one's own, as a tree: read from text, checked for units, differentiated, evaluated.
///
///     condition   conjunction ("or" conjunction)*
///     conjunction negation ("and" negation)*
///     negation    "not" negation | comparison
///     comparison  sum (("<" | "<=" | ">" | ">=") sum)?
///     sum         product (("+" | "-") product)*
///     product     sign (("*" | "/") sign)*
///     sign        ("-" | "+") sign | power
///     power       primary (("^" | "**") sign)?
///     primary     number unit? | name | function "(" condition ("," condition)* ")" | "(" condition ")"
///
/// A unit directly after a number binds tighter than any operator: "1 / 2 ms" is 0.5 /ms. Elsewhere a name is first one
/// of the model's and then a unit: "0.04/ms/mV". Trees are immutable and shared; their size is bounded, so that no text
/// can make them explode.

#include <cstddef>
#include <functional>
#include <memory>
#include <set>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "ranvier/units.hpp"

namespace ranvier::equations {

/// What is wrong with a formula; the caller adds where it stands.
class FormulaError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

enum class Op {
  number, name, add, subtract, multiply, divide, negate, power, call,
  less, less_equal, greater, greater_equal, both, either, negation,
};

struct Node;
using Expr = std::shared_ptr<const Node>;

struct Node {
  Op op = Op::number;
  double value = 0;           ///< number, in the engine's units
  Dimension dimension = {};   ///< of a number
  std::string name = {};      ///< of a name or a function
  std::vector<Expr> args = {};
  std::size_t size = 1;       ///< nodes of the tree
};

/// Reads a formula. Throws FormulaError.
Expr parse(std::string_view text);

/// A legal name of a variable or parameter: letters, digits and _, beginning with a letter; neither a function nor a word of the language.
bool is_name(std::string_view text);

/// Names of the functions that a formula can call.
const std::vector<std::string>& function_names();

// --- trees; each folds what is known: numbers, x + 0, x * 1, 0 * x, - -x

Expr number(double value, Dimension dimension = {});
Expr name(std::string name);
Expr add(Expr a, Expr b);
Expr subtract(Expr a, Expr b);
Expr multiply(Expr a, Expr b);
Expr divide(Expr a, Expr b);
Expr negate(Expr a);
Expr power(Expr a, Expr b);
Expr call(std::string function, std::vector<Expr> args);
/// A node of this kind with other arguments.
Expr rebuild(const Node& node, std::vector<Expr> args);

bool is_number(const Expr& e, double value);
bool same(const Expr& a, const Expr& b);
bool is_condition(Op op);

/// As a person would write it, with all numbers to the last bit: two trees are the same where their texts are.
std::string to_text(const Expr& e);

std::set<std::string> names_of(const Expr& e);
/// Every name in `e` for which `value` has something is replaced by it.
Expr substitute(const Expr& e, const std::function<Expr(const std::string&)>& value);

/// d e / d name. Of where, min, max, abs and clip the derivative of the branch taken; conditions count as constant.
Expr derivative(const Expr& e, const std::string& name);

/// e = constant + sum coefficients[k] names[k], with coefficients that satisfy `is_constant`; false where e is not of that form.
struct Affine {
  std::vector<Expr> coefficients;
  Expr constant;
};
bool affine(const Expr& e, std::span<const std::string> names, const std::function<bool(const Expr&)>& is_constant, Affine& out);

// --- units

/// What a name means: nothing where it is unknown.
using DimensionOf = std::function<const Dimension*(const std::string&)>;

/// Replaces names that are units by their value, and checks that every operation has a meaning. A bare 0 has any unit.
/// Returns the formula, its dimension, and whether it is a condition. Throws FormulaError.
struct Checked {
  Expr expr;
  Dimension dimension;
  bool condition = false;
  bool any_unit = false;  ///< a bare 0
};
Checked check_units(const Expr& e, const DimensionOf& dimension_of, const std::vector<std::string>& known_names);

/// The engine's unit of a dimension: "mV", "nS", "mV/ms", "1/ms".
std::string unit_text(const Dimension& dimension);

// --- numbers

/// A formula of parameters, ready to be evaluated many times. Its functions are those of core/math.hpp: the same bits on every machine.
class Formula {
 public:
  /// names[k] is what values[k] will stand for; every name in `e` is among them.
  Formula(const Expr& e, std::span<const std::string> names);
  double operator()(const double* values) const;

 private:
  struct Step {
    enum class Kind { push, load, operation, function } kind;
    double value = 0;
    int index = 0;
  };
  void compile(const Expr& e, std::span<const std::string> names);
  std::vector<Step> steps_;
  int depth_ = 0, depth_max_ = 0;
};

}  // namespace ranvier::equations
