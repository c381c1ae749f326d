// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The expressions of claims: arithmetic over named premises, kept as a tree so that rules can look at its structure.
///
///     $peak / $bandwidth / $flop_per_weight          2+2+2          $doubling * log2($ratio)
///     ridge($peak, $bandwidth)       ring_all_reduce(6, $gradient, $link)       12 kW / $use
///
///     sum      product (("+" | "-") product)*
///     product  power (("*" | "/") power)*
///     power    "-"? primary ("^" power)?
///     primary  number | "$" name | function "(" sum ("," sum)* ")" | "(" sum ")"
///
/// Numbers in expressions are plain; what has a unit is a premise with a name and a source. Dimensions are checked.

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plan/claims/value.hpp"

namespace ranvier::plan::claims {

struct Expression {
  enum class Kind { number, name, add, subtract, multiply, divide, power, negate, call };
  Kind kind = Kind::number;
  double number = 0;
  std::string name;                    ///< of a premise or of a function
  std::vector<Expression> arguments;
};

/// Throws ValueError: what cannot be read, the nearest function where one is unknown.
Expression parse_expression(std::string_view text);

using Lookup = std::function<Value(std::string_view name)>;  ///< value of "$name"; may throw ValueError

/// Throws ValueError where dimensions do not fit or the result is not finite.
Value evaluate(const Expression& expression, const Lookup& lookup);

/// Every premise named, each once, in order.
std::vector<std::string> names_in(const Expression& expression);

/// The addends of a sum ("2+2+2": three), or nothing where it is no sum of additions alone.
std::vector<const Expression*> addends(const Expression& expression);

}  // namespace ranvier::plan::claims
