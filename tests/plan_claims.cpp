// SPDX-License-Identifier: Apache-2.0
/// The shipped book of claims against a table made independently of it: values computed by hand (or with bc), verdicts as
/// found by reading the essays. A verdict may be any of those listed; where the table has two, both are true of the claim.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <sstream>

#include "io/claims_file.hpp"
#include "plan/claims/book.hpp"
#include "plan/claims/rules.hpp"
#include "ranvier/error.hpp"

namespace ranvier {
namespace {

using namespace plan::claims;

const Book& shipped() {
  static const Book book(io::shipped_claims());
  return book;
}

const Review& review() {
  static const Review r = shipped().review();
  return r;
}

const Checked& checked(const std::string& id) {
  for (const Checked& c : review().claims)
    if (c.claim->id == id) return c;
  throw std::runtime_error("no claim " + id);
}

bool found(const Checked& c, const std::string& rule) {
  return std::any_of(c.findings.begin(), c.findings.end(), [&](const Finding& f) { return f.rule == rule; });
}

Checked with(const std::string& id, const std::string& name, const std::string& value) {
  static std::vector<Book> kept;  // the claims that Checked points to
  kept.reserve(100);
  kept.push_back(shipped());
  kept.back().set(name, value, std::vector<std::string>{id});
  const Review r = kept.back().review();
  return *std::find_if(r.claims.begin(), r.claims.end(), [&](const Checked& c) { return c.claim->id == id; });
}

struct Row {
  const char* id;
  double value;      ///< in the claim's unit
  double tolerance;  ///< relative
};

/// id, value, tolerance: the expressions of the core, evaluated with another program.
constexpr Row core[] = {
    {"3.5", 5.333333e-05, 1e-6},   {"3.7", 2.666667e-02, 1e-6},  {"3.8", 2.0e-03, 1e-9},         {"3.9", 3.385548e-03, 1e-6},   {"3.11", 500, 1e-9},
    {"3.13", 144000, 1e-9},        {"4.5", 126, 0},              {"4.8", 2360, 0},               {"4.8", 23100, 0},             {"4.19", 85, 0},
    {"4.22", 5.3e19, 1e-9},        {"4.25", 1558823.53, 1e-6},   {"4.26", 3.20544e25, 1e-6},     {"4.29", 7.640434618, 1e-6},   {"4.30", 25.246653, 1e-6},
    {"4.31", 50.493307, 1e-6},     {"4.32", 15.280869, 1e-6},    {"4.35", 716417.91, 1e-6},      {"4.36", 5.1e16, 1e-9},        {"1.2", 504, 0},
    {"1.3", 235, 0},               {"1.5", 200, 0},              {"1.6", 0.14893617, 1e-6},      {"1.12", 1.72777778, 1e-6},    {"1.16", 0.18396283, 1e-6},
    {"1.17", 6.66666667, 1e-6},    {"1.22", 1.1625, 1e-9},       {"1.26", 103.4775, 1e-6},       {"1.27", 591.3, 1e-9},         {"1.29", 2311.2, 1e-9},
    {"1.31", 292.958347, 1e-6},    {"1.40", 0.0009765625, 0},    {"1.46", 1.00009e21, 1e-6},     {"1.48", 20.82178042, 1e-6},   {"1.61", 8.0e-04, 1e-9},
    {"1.64", 6.75, 1e-15},         {"1.65", 20.25, 1e-15},       {"1.67", 1.33333333e-03, 1e-6}, {"1.71", 128000, 0},           {"1.72", 160000, 0},
    {"2.1", 0.99197738, 1e-6},
};

/// Further exact values.
constexpr Row others[] = {
    {"3.1", 1000, 1e-12},      {"3.2", 20, 1e-12},       {"3.3", 0.05, 1e-12},      {"3.4", 3.2e12, 1e-12},   {"3.6", 60, 1e-12},         {"3.10", 0.2, 1e-12},      {"3.12", 500, 1e-12},
    {"3.14", 6.944, 1e-4},     {"3.15", 35.0, 1e-12},    {"3.15", 30.4, 2e-3},      {"3.16", 100, 1e-12},     {"3.17", 0.9, 1e-12},       {"3.18", 79.2, 1e-3},      {"3.19", 1.536, 1e-12},
    {"3.20", 125, 1e-12},      {"4.1", 10, 0},           {"4.2", 26, 0},            {"4.2", 78, 0},           {"4.3", 25, 0},             {"4.4", 6, 0},             {"4.6", 1260, 0},
    {"4.6", 12600, 0},         {"4.7", 1000, 1e-12},     {"4.7", 10000, 1e-12},     {"4.10", 6, 0},           {"4.11", 12, 0},            {"4.12", 17, 0},           {"4.13", 5, 0},
    {"4.14", 14, 0},           {"4.15", 6, 0},           {"4.16", 5, 0},            {"4.17", 13, 0},          {"4.18", 2, 0},             {"4.20", 2.0e18, 1e-12},   {"4.21", 5.1e19, 1e-12},
    {"4.23", 0.03774, 1e-3},   {"4.23", 0.96226, 1e-5},  {"4.24", 4e19, 1e-9},      {"4.24", 8e19, 1e-9},     {"4.27", std::log10(97.4), 1e-3}, {"4.33", 2040, 4e-4}, {"4.33", 2075, 3e-4},
    {"4.34", 600, 1e-12},      {"4.37", 1.091, 1e-3},    {"1.4", 16, 0},            {"1.5", 165, 0},          {"1.7", 5.88, 1e-3},        {"1.8", 0.09756, 1e-4},    {"1.18", 0.828, 1e-3},
    {"1.18", 0.851, 1e-3},     {"1.18", 0.984, 1e-3},    {"1.19", 2, 0},            {"1.20", 65504, 0},       {"1.21", 1400, 0},          {"1.21", 1800, 0},         {"1.21", 200, 0},
    {"1.23", 660.6e12, 1e-12}, {"1.24", 2.64e15, 1e-3},  {"1.25", 0.3335, 1e-4},    {"1.28", 70.956, 1e-9},   {"1.30", 2270.96, 1e-5},    {"1.32", 879, 1e-3},       {"1.32", 126, 4e-3},
    {"1.36", 2032, 1e-12},     {"1.41", 1.72e17, 1e-9},  {"1.42", 1.6125e15, 1e-9}, {"1.42", 1.075e14, 1e-9}, {"1.42", 3.225e14, 1e-9},   {"1.43", 5e12, 1e-9},      {"1.43", 1e13, 1e-9},
    {"1.44", 0.6, 1e-9},       {"1.45", 60, 0},          {"1.45", 500000, 0},       {"1.49", 2047.1, 1e-6},   {"1.50", 2053.4, 1e-6},     {"1.51", 2078.6, 1e-6},    {"1.52", 23.725e6, 1e-9},
    {"1.53", 60000, 1e-2},     {"1.53", 20000, 1e-2},    {"1.54", 7.3, 5e-3},       {"1.54", 10.2, 5e-3},     {"1.55", 3.6e5, 1e-2},      {"1.60", 4e6, 0},          {"1.62", 2.25, 1e-12},
    {"1.63", 0.25397, 1e-4},   {"1.66", 1e12, 1e-9},     {"1.68", 32, 0},           {"1.68", 16, 0},          {"1.70", 500000, 0},        {"1.73", 3.906, 1e-3},     {"1.73", 3.125, 1e-9},
    {"1.74", 250, 0},          {"1.75", 0.935, 1e-9},    {"1.75", 0.78125, 1e-9},   {"1.77", 3.94, 1e-3},     {"0.1", 12.5, 1e-12},       {"0.1", 125, 1e-12},       {"0.2", 1.544, 1e-3},
    {"2.1", 0.672, 1e-3},      {"2.2", 8000, 0},
};

/// Verdicts of all 133 claims; several where the claim has several sides.
const std::map<std::string, std::string> verdicts = {
    {"3.1", "SPEC"},   {"3.2", "OK"},     {"3.3", "OK"},      {"3.4", "OK"},    {"3.5", "ROUND"},  {"3.6", "OK"},     {"3.7", "ROUND"},  {"3.8", "OK"},     {"3.9", "PARAM"},  {"3.10", "OK"},
    {"3.11", "LOGIC"}, {"3.12", "LOGIC"}, {"3.13", "OK"},     {"3.14", "PARAM"}, {"3.15", "ROUND"}, {"3.16", "OK"},    {"3.17", "ROUND"}, {"3.18", "ERR"},   {"3.19", "OK"},    {"3.20", "PARAM"},
    {"4.1", "OK"},     {"4.2", "ROUND"},  {"4.3", "INCONS"},  {"4.4", "OK"},    {"4.5", "OK"},     {"4.6", "OK"},     {"4.7", "LOGIC"},  {"4.8", "OK"},     {"4.9", "PARAM"},  {"4.10", "INCONS"},
    {"4.11", "OK"},    {"4.12", "ROUND"}, {"4.13", "OK"},     {"4.14", "ROUND"}, {"4.15", "ERR"},  {"4.16", "OK"},    {"4.17", "ROUND"}, {"4.18", "OK"},    {"4.19", "OK"},    {"4.20", "OK"},
    {"4.21", "OK"},    {"4.22", "OK"},    {"4.23", "PARAM"},  {"4.24", "LOGIC"}, {"4.25", "ERR"},  {"4.26", "OK"},    {"4.27", "OK"},    {"4.28", "OK PARAM"}, {"4.29", "LOGIC"}, {"4.30", "OK"},
    {"4.31", "OK"},    {"4.32", "OK"},    {"4.33", "OK"},     {"4.34", "OK"},   {"4.35", "PARAM"}, {"4.36", "PARAM"}, {"4.37", "PARAM"}, {"4.38", "PARAM"}, {"1.1", "PARAM"},  {"1.2", "INCONS"},
    {"1.3", "LOGIC"},  {"1.4", "LOGIC"},  {"1.5", "OK"},      {"1.6", "ROUND"}, {"1.7", "INCONS"}, {"1.8", "ROUND"},  {"1.9", "SPEC"},   {"1.10", "SPEC"},  {"1.11", "PARAM"}, {"1.12", "OK"},
    {"1.13", "PARAM"}, {"1.14", "PARAM SPEC"}, {"1.15", "PARAM"}, {"1.16", "PARAM"}, {"1.17", "OK"}, {"1.18", "PARAM"}, {"1.19", "OK"},   {"1.20", "OK"},    {"1.21", "OK"},    {"1.22", "PARAM"},
    {"1.23", "OK"},    {"1.24", "LOGIC"}, {"1.25", "OK"},     {"1.26", "ROUND"}, {"1.27", "OK"},   {"1.28", "OK"},    {"1.29", "OK"},    {"1.30", "LOGIC"}, {"1.31", "ROUND"}, {"1.32", "PARAM"},
    {"1.33", "PARAM"}, {"1.34", "PARAM SPEC"}, {"1.35", "PARAM"}, {"1.36", "OK"}, {"1.40", "OK"},   {"1.41", "PARAM"}, {"1.42", "INCONS"}, {"1.43", "INCONS"}, {"1.44", "OK"},   {"1.45", "OK"},
    {"1.46", "IMG"},   {"1.47", "ERR"},   {"1.48", "ROUND"},  {"1.49", "ERR"},  {"1.50", "OK"},    {"1.51", "OK"},    {"1.52", "OK"},    {"1.53", "ERR"},   {"1.54", "PARAM"}, {"1.55", "INCONS"},
    {"1.60", "OK"},    {"1.61", "ROUND"}, {"1.62", "OK"},     {"1.63", "OK"},   {"1.64", "ERR"},   {"1.65", "OK"},    {"1.66", "PARAM"}, {"1.67", "PARAM"}, {"1.68", "OK"},    {"1.69", "PARAM"},
    {"1.70", "OK"},    {"1.71", "OK"},    {"1.72", "OK"},     {"1.73", "ROUND"}, {"1.74", "OK"},   {"1.75", "PARAM"}, {"1.76", "PARAM"}, {"1.77", "INCONS"}, {"0.1", "PARAM INCONS"}, {"0.2", "ROUND"},
    {"0.3", "OK"},     {"2.1", "LOGIC"},  {"2.2", "PARAM"},
};

/// Slips and the rule that finds each.
const std::map<std::string, std::string> slips = {
    {"3.11", "forgotten_factor"}, {"3.12", "forgotten_factor"}, {"3.18", "comparison_fails"}, {"4.15", "arithmetic"},  {"4.24", "unstable_step"},    {"4.25", "arithmetic"},   {"4.29", "level_for_rate"},
    {"1.2", "contradicts"},       {"1.7", "contradicts"},       {"1.3", "tile_count"},        {"1.4", "tile_count"},   {"1.24", "mixed_precision"},  {"1.30", "mixed_period"}, {"1.42", "contradicts"},
    {"1.43", "contradicts"},      {"1.49", "arithmetic"},       {"1.53", "arithmetic"},       {"1.61", "binary_prefix"}, {"1.64", "arithmetic"},     {"2.1", "missing_premise"}, {"0.1", "contradicts"},
};

bool has_value(const Row& row) {
  const Checked& c = checked(row.id);
  return std::any_of(c.recomputed.begin(), c.recomputed.end(), [&](const Value& v) { return std::abs(in_unit(v, c.claim->unit) - row.value) <= row.tolerance * std::abs(row.value); });
}

TEST(Claims, there_are_133_in_seven_essays) {
  EXPECT_EQ(review().claims.size(), 133u);
  EXPECT_EQ(essays_of(shipped()), (std::vector<std::string>{"E0", "E1a", "E1b", "E1c", "E2", "E3", "E4"}));
}

TEST(Claims, core_expressions_have_their_values) {
  EXPECT_EQ(std::size(core), 41u);
  for (const Row& row : core) EXPECT_TRUE(has_value(row)) << row.id << " " << row.value;
}

TEST(Claims, other_values_are_those_of_the_table) {
  for (const Row& row : others) EXPECT_TRUE(has_value(row)) << row.id << " " << row.value;
}

TEST(Claims, verdicts_are_those_of_the_table) {
  EXPECT_EQ(verdicts.size(), 133u);
  for (const Checked& c : review().claims) {
    std::istringstream allowed(verdicts.at(c.claim->id));
    std::string word, all;
    bool fits = false;
    while (allowed >> word) fits |= word == name_of(c.verdict);
    EXPECT_TRUE(fits) << c.claim->id << " is " << name_of(c.verdict) << ", not " << verdicts.at(c.claim->id);
  }
}

TEST(Claims, each_slip_is_found_by_its_rule) {
  for (const auto& [id, rule] : slips) EXPECT_TRUE(found(checked(id), rule)) << id << " " << rule;
}

TEST(Claims, synapse_counts_of_four_essays_contradict_each_other) {
  const auto it = std::find_if(review().contradictions.begin(), review().contradictions.end(), [](const Contradiction& c) { return c.quantity == "synapses of a human brain"; });
  ASSERT_NE(it, review().contradictions.end());
  std::map<std::string, double> of_essay;
  for (const auto& side : it->sides) of_essay.emplace(side.essay, side.high.number);
  EXPECT_EQ(of_essay, (std::map<std::string, double>{{"E0", 1e13}, {"E1b", 1e13}, {"E3", 1e14}, {"E4", 6e14}}));
}

TEST(Claims, rates_of_a_brain_lie_six_orders_apart) {
  const auto it = std::find_if(review().contradictions.begin(), review().contradictions.end(), [](const Contradiction& c) { return c.quantity == "rate of a human brain"; });
  ASSERT_NE(it, review().contradictions.end());
  EXPECT_NEAR(std::log10(1.075e21 / 3e15), 5.55, 0.01);  // E1b against E3, as the table says
  EXPECT_NEAR(it->factor, 1.075e21 / 1e15, 1e3);
}

TEST(Claims, a_forgotten_factor_set_to_one_makes_the_claim_right) {
  const Checked c = with("3.11", "flop_per_weight", "1");
  EXPECT_DOUBLE_EQ(c.recomputed[0].number, 1000);
  EXPECT_EQ(c.verdict, Verdict::ok);
}

TEST(Claims, a_wrong_premise_makes_a_right_claim_wrong) {
  EXPECT_EQ(checked("1.62").verdict, Verdict::ok);
  EXPECT_EQ(with("1.62", "gpus", "4").verdict, Verdict::err);
  EXPECT_EQ(with("3.13", "concurrent", "500").verdict, Verdict::err);
}

TEST(Claims, other_premises_mend_other_slips) {
  EXPECT_EQ(with("3.18", "life", "70 year").verdict, Verdict::ok);
  EXPECT_EQ(with("4.24", "step", "0.025 ms").verdict, Verdict::param);
  EXPECT_EQ(with("1.49", "period", "1.03 year").verdict, Verdict::ok);
  EXPECT_EQ(with("2.1", "right_hand_sides", "1500").verdict, Verdict::ok);
  EXPECT_EQ(with("2.1", "right_hand_sides", "1").verdict, Verdict::err);
  EXPECT_EQ(with("1.61", "link", "42.949672960 Gbit/s").verdict, Verdict::round);
}

TEST(Claims, a_premise_referred_to_changes_the_claims_that_refer_to_it) {
  Book book = shipped();
  book.set("peak", "1.979e15", std::vector<std::string>{"3.1"});
  const Review changed = book.review();
  const auto it = std::find_if(changed.claims.begin(), changed.claims.end(), [](const Checked& c) { return c.claim->id == "3.5"; });
  EXPECT_NEAR(it->recomputed[0].number, 0.080849e-3, 1e-9);
}

std::string message(const std::function<void()>& f) {
  try {
    f();
  } catch (const InputError& e) {
    return e.what();
  }
  return "no error";
}

TEST(Claims, an_unknown_premise_offers_the_nearest) {
  Book book = shipped();
  EXPECT_NE(message([&] { book.set("flop_per_weigth", "1", std::vector<std::string>{"3.11"}); }).find("Did you mean \"flop_per_weight\"?"), std::string::npos);
}

TEST(Claims, a_premise_of_another_dimension_is_refused) {
  Book book = shipped();
  EXPECT_NE(message([&] { book.set("life", "70 GB", {}); }).find("is byte, but s is needed"), std::string::npos);
  EXPECT_NE(message([&] { book.set("life", "", {}); }).find("cannot read"), std::string::npos);
  EXPECT_NE(message([&] { book.set("right_hand_sides", "64", {}); }).find("listed values only"), std::string::npos);
}

TEST(Claims, a_premise_of_zero_is_an_error_and_no_infinity) {
  Book book = shipped();
  book.set("flop_per_weight", "0", std::vector<std::string>{"3.11"});
  EXPECT_NE(message([&] { (void)book.review(); }).find("claim 3.11: division by zero"), std::string::npos);
}

}  // namespace
}  // namespace ranvier
