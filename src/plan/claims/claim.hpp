// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A claim: what somebody states, the premises it rests on, and how it follows from them. It says nothing about being right.
///
/// Everything here is what the source says, or a fact with a source of its own; the verdict is computed (book.hpp, rules.hpp).

#include <optional>
#include <string>
#include <vector>

#include "plan/claims/expression.hpp"
#include "plan/claims/value.hpp"

namespace ranvier::plan::claims {

/// A value as it was printed: "~27 ms", "1,558,824", "144K".
struct Printed {
  std::string text;
  Value value;
  double half_unit = 0;      ///< half of the last place shown, in the unit of `value`'s text, times that unit
  int digits = 0;            ///< significant digits shown; zeros at the end of a whole number do not count
  bool approximate = false;  ///< "~" stands before it
};

/// Reads a printed value; `unit` holds where the text has none. Throws ValueError.
Printed parse_printed(std::string_view text, std::string_view unit);

/// What the expressions rest on. More than one value: cases (a range, or several machines), one result each.
struct Premise {
  std::string name;
  std::vector<Value> values;
  std::string unit;                 ///< as written: for printing, and for plain numbers given with --set
  std::string source;
  std::string from;                 ///< "3.1.peak": another claim's premise is meant; it has the value
  std::string is;                   ///< the quantity of the world it gives a value to; "" where it is only a number of this sum
  std::string precision;            ///< of a rate or a count of FLOP: "fp64", "fp8"
  std::optional<Value> vendor;      ///< what the vendor says of the same figure
  std::string vendor_source;
  std::optional<Value> covers;      ///< the time that an amount of money or energy is for
  bool free = false;                ///< the statement does not say which of the values it means
  bool constant = false;            ///< does not change over the years
};

/// A value that the statement, or a part of it, gives to a quantity of the world.
struct Binding {
  std::string quantity;
  std::string text;                 ///< expression; $stated is the printed value
  Expression value;
  bool assumed = false;             ///< taken over, not asserted
};

/// Something that follows from the premises and whose range is known from elsewhere.
struct Implied {
  std::string quantity, text, unit, source;
  Expression value;
  Value low, high;
};

/// A further value that follows from the premises: shown, not judged.
struct Derived {
  std::string name, text, unit;
  Expression value;
};

/// A term of a sum with what it already includes.
struct Term {
  std::string name;
  Expression value;
  std::vector<std::string> includes;
};

/// An ordinary differential equation stepped by explicit Euler.
struct Integration {
  Expression step, rate;            ///< the step taken; the fastest rate of the stated equations
  std::string source;
};

/// A matrix product dealt out to workers that each do `tile`^3 multiply-adds at a time, `rounds` times as stated.
struct TiledProduct {
  double m = 0, n = 0, k = 0, tile = 1, workers = 1, rounds = 1;
};

enum class Relation { none, less, at_most, greater, at_least };

struct Claim {
  std::string id, essay, statement, note;
  std::string said_by;                       ///< where it is not the essay itself that says it: a comment under it
  std::string unit;                          ///< of `recomputed`, and of printed values without one
  std::vector<Printed> stated;               ///< empty: the source gives no figure
  std::vector<std::string> expression_texts;
  std::vector<Expression> expressions;
  std::vector<Premise> premises;
  double tolerance = 1e-9;                   ///< relative, of the recomputed value: how well the premises define it
  Relation relation = Relation::none;        ///< the statement compares the result with `bound`
  std::optional<Expression> bound;
  std::string bound_text;
  bool is_date = false;                      ///< the value is a calendar year
  bool growth_time = false;                  ///< the value is a time of growth (doubling, tenfold) of something
  bool orders = false;                       ///< the value counts orders of magnitude
  bool picture_only = false;                 ///< the formula behind the stated value is in a picture, not in the text
  std::optional<Value> horizon;              ///< the time that a sum of money or energy is stated for
  std::string printed_text;                  ///< the formula as printed in the source, where it is not `expression`
  std::optional<Expression> printed_formula;
  std::string is;                            ///< the quantity of the world that `stated` gives a value to
  std::vector<Binding> bindings;
  std::vector<Implied> implied;
  std::vector<Derived> derived;
  std::vector<Term> terms;
  std::optional<Integration> integration;
  std::optional<TiledProduct> product;
  std::string where;                         ///< "claims/e3.toml:12"

  const Premise* find(std::string_view name) const;
};

}  // namespace ranvier::plan::claims
