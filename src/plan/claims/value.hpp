// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Numbers with a dimension known when the program runs: the premises and results of claims, as people write them.
///
/// "3e15 FLOP/s", "80 GB", "0.12 USD/kWh", "2 FLOP/weight": what is counted (weights, synapses, devices) is a dimension like
/// any other, so that a sum of neurons and synapses, or a batch in "FLOP per weight", is refused. The types of
/// core/dimensioned.hpp do the same for formulas known when compiling.

#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::plan::claims {

/// What is wrong with a value or an expression; the caller adds where it stands.
class ValueError : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Exponents of s, byte, FLOP, J, USD, m, A and of things counted ("synapse"). Empty: a plain number. No entry is 0.
using Dimension = std::map<std::string, int, std::less<>>;

/// A number in base units: s, byte, FLOP, J, USD, m, A.
struct Value {
  double number = 0;
  Dimension dimension = {};
  bool plain() const { return dimension.empty(); }
};

Value operator*(const Value& a, const Value& b);
/// Throws ValueError where b is 0.
Value operator/(const Value& a, const Value& b);
/// Throws ValueError where the dimensions differ; `what` names the operation.
void require_alike(const Value& a, const Value& b, std::string_view what);

/// One unit such as "GB/s", "USD/kWh", "FLOP/weight/token", "%", "" or "1". Throws ValueError, with the nearest unit.
Value parse_unit(std::string_view text);

/// "3e15 FLOP/s", "1,558,824 device", "5 %" or "126". Throws ValueError.
Value parse_value(std::string_view text);

/// How far a decimal prefix of bits or bytes in this unit is from its binary namesake: 1.073741824 for "Gbit/s", 1 for "s".
double binary_excess(std::string_view unit);

/// "FLOP/s", "synapse", "a plain number": for messages.
std::string describe(const Dimension& dimension);

/// The value in a unit of its dimension. Throws ValueError where the dimensions differ.
double in_unit(const Value& value, std::string_view unit);

}  // namespace ranvier::plan::claims
