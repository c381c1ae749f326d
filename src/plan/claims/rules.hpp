// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The rules that find slips: each looks at the structure of a claim and at its values, never at its name.
///
/// A rule returns nothing where it has nothing to say. What it says of a claim that is otherwise right changes the verdict
/// by the finding's own verdict; Verdict::ok means "worth knowing".

#include <optional>
#include <span>
#include <vector>

#include "plan/claims/book.hpp"

namespace ranvier::plan::claims {

/// A value within this ratio of another counts as a loose rounding of it ("~30" for 26).
inline constexpr double loose_ratio = 1.2;
/// A printed value is tight when it moves the exact one by at most 2 %, or by 0.6 % where it makes it larger.
inline constexpr double tight_down = 0.02, tight_up = 0.006;
/// Counting something twice is only worth a remark while it changes the sum by less than this share.
inline constexpr double double_count_share = 0.05;
/// A figure that misses the vendor's by more than this share conflicts with it.
inline constexpr double vendor_share = 0.1;

/// How a printed value stands to the exact one: ok, round or err. Three digits and more claim to be exact, "~" or not.
Verdict compare_printed(const Printed& printed, double exact);

// --- one claim
std::optional<Finding> arithmetic(const Book&, const Claim&, std::span<const Value> recomputed);         ///< stated against recomputed; for pure sums, what the listed terms give
std::optional<Finding> comparison_fails(const Book&, const Claim&, std::span<const Value> recomputed);   ///< "never reaches", "holds": the inequality is false
std::optional<Finding> forgotten_factor(const Book&, const Claim&, std::span<const Value> recomputed);   ///< stated value appears when a premise such as 2 FLOP per weight is left out
std::optional<Finding> binary_prefix(const Book&, const Claim&, std::span<const Value> recomputed);      ///< stated value appears when G means 2^30
std::optional<Finding> printed_formula(const Book&, const Claim&);                                       ///< the formula as printed does not give the stated value
std::optional<Finding> unstable_step(const Book&, const Claim&);                                         ///< explicit Euler beyond 2 / fastest rate
std::optional<Finding> double_count(const Book&, const Claim&);                                          ///< two terms of a sum include the same thing
std::optional<Finding> level_for_rate(const Book&, const Claim&);                                        ///< a constant factor lengthens a time of growth
std::optional<Finding> mixed_precision(const Book&, const Claim&);                                       ///< rates of different number formats are compared
std::optional<Finding> mixed_period(const Book&, const Claim&);                                          ///< terms of a sum are for different lengths of time
std::optional<Finding> tile_count(const Book&, const Claim&);                                            ///< (n/t)^3 tile products, not (n/t)^2
std::optional<Finding> missing_premise(const Book&, const Claim&, std::span<const Value> recomputed);    ///< the value depends on something the statement leaves open
std::optional<Finding> vendor_conflict(const Book&, const Claim&);                                       ///< a premise or the statement misses the vendor's figure
std::optional<Finding> out_of_range(const Book&, const Claim&);                                          ///< what follows from the premises lies outside its known range
std::optional<Finding> picture_only(const Book&, const Claim&);                                          ///< the formula is in a picture

// --- all claims
/// Quantities that are given values further apart than loose_ratio.
std::vector<Contradiction> bound_twice(const Book&);
/// What contradictions mean for one claim: within an essay the later side conflicts; between essays, who asserts the figure
/// conflicts, and who only takes it as a premise is told.
std::optional<Finding> contradicts(const Claim&, std::span<const Contradiction>);

}  // namespace ranvier::plan::claims
