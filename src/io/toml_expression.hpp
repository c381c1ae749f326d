// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Values with units and arithmetic, as network files write them:
///
///     20 ms        8 /s        = $g * $J        = 4 * 20 Hz + 1 / (2 ms)        = ln($tau_m / $tau_syn)
///
///     sum      product (("+" | "-") product)*
///     product  power (("*" | "/") power)*
///     power    ("-" | "+") power | primary ("^" power)?
///     primary  number unit? | unit | "$" name | "pi" | function "(" sum ("," sum)* ")" | "(" sum ")"
///
/// A unit directly after a number binds tighter than any operator, so "1 / 2 ms" is 0.5 /ms; "/s" at the start
/// of a unit ("8 /s") is a division. Dimensions are checked: mV + pA is refused.

#include <functional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ranvier/units.hpp"

namespace ranvier::io {

/// What is wrong with an expression; the caller adds file, line and key.
class ExpressionError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

using NameLookup = std::function<Quantity(std::string_view name)>;  ///< value of "$name"; may throw ExpressionError

/// Evaluates `text`, with or without a leading "=". Throws ExpressionError; the result is finite.
Quantity evaluate(std::string_view text, const NameLookup& lookup);

/// The name in "$name" or "= $name", empty where `text` is anything else.
std::string_view lone_name(std::string_view text);

/// Calls `found` for every $name in `text`.
void each_name(std::string_view text, const std::function<void(std::string_view)>& found);

}  // namespace ranvier::io
