// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A book of claims, recomputed: each claim's value from its premises, what the rules find, and the verdict that follows.

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "plan/claims/claim.hpp"

namespace ranvier::plan::claims {

/// From harmless to grave; a claim has the gravest of its findings.
///   ok      right to the digits shown           param   nothing stated that could be checked: an input, or a value derived here
///   round   right, but loosely rounded          err     arithmetic slip
///   spec    conflicts with the vendor's figure  incons  conflicts with another statement
///   logic   the step does not follow            img     rests on a formula that is only in a picture
enum class Verdict { ok, param, round, err, spec, incons, logic, img };
const char* name_of(Verdict verdict);  ///< "OK", "PARAM", ...

struct Finding {
  std::string rule;                   ///< name of the function in rules.hpp
  Verdict verdict = Verdict::ok;      ///< ok: worth saying, changes nothing
  std::string text;
};

/// A claim and what was computed of it.
struct Checked {
  const Claim* claim = nullptr;
  std::vector<Value> recomputed;      ///< for each expression, for each case; empty without expressions
  std::vector<Finding> findings;
  Verdict verdict = Verdict::param;
};

/// Values given to one quantity of the world that lie further apart than their rounding.
struct Contradiction {
  struct Side {
    std::string essay, id;
    Value low, high;
    bool asserted = false;
  };
  std::string quantity;
  std::vector<Side> sides;
  double factor = 1;                  ///< largest over smallest
};

struct Review {
  std::vector<Checked> claims;        ///< in the order of the book
  std::vector<Contradiction> contradictions;
};

class Book {
 public:
  /// Checks that ids are unique, that references lead somewhere, that names in expressions are premises, that cases agree
  /// in number and that dimensions fit. Throws InputError with every problem.
  explicit Book(std::vector<Claim> claims);

  std::span<const Claim> claims() const { return claims_; }
  const Claim* find(std::string_view id) const;

  /// Gives a premise another value in every claim of `ids` (all where empty) that has it, and where it is referred to. A plain
  /// number takes the premise's unit. Throws InputError: unknown premise (with the nearest), wrong dimension.
  void set(std::string_view name, std::string_view value, std::span<const std::string> ids);

  /// Recomputes everything and holds every rule against every claim.
  Review review() const;

  /// The premise meant: follows `from`.
  const Premise& resolve(const Premise& premise) const;
  /// Value of $name in the claim's case number `i`.
  Value value_of(const Claim& claim, std::string_view name, std::size_t i) const;
  /// How many cases the premises of an expression have.
  std::size_t cases(const Claim& claim, const Expression& expression) const;
  Value compute(const Claim& claim, const Expression& expression, std::size_t i) const;
  std::vector<Value> compute_all(const Claim& claim) const;

 private:
  void check(std::vector<std::string>& problems) const;
  std::vector<Claim> claims_;
};

/// Essays named in the book, in order: "E3", "E4", ...
std::vector<std::string> essays_of(const Book& book);

}  // namespace ranvier::plan::claims
