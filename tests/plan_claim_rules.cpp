// SPDX-License-Identifier: Apache-2.0
/// Each rule on a claim made up here that slips, and on a twin that does not; and the reader of claims on wrong input.
#include <gtest/gtest.h>

#include <algorithm>

#include "io/claims_file.hpp"
#include "plan/claims/book.hpp"
#include "plan/claims/rules.hpp"
#include "ranvier/error.hpp"

namespace ranvier {
namespace {

using namespace plan::claims;

std::vector<Claim> read(const std::string& claims) { return io::parse_claims("essay = \"T\"\nsource = \"a test\"\n" + claims, "test.toml"); }

/// One claim; `body` is all but id and statement.
std::string claim(const std::string& body, const std::string& id = "1") { return "[[claim]]\nid = \"" + id + "\"\nstatement = \"s\"\n" + body + "\n"; }

struct Outcome {
  Verdict verdict;
  std::vector<std::string> rules;
  bool has(const std::string& rule) const { return std::find(rules.begin(), rules.end(), rule) != rules.end(); }
};

/// Of the last claim.
Outcome judge(const std::string& claims) {
  const Book book(read(claims));
  const Review review = book.review();
  Outcome out{review.claims.back().verdict, {}};
  for (const Finding& f : review.claims.back().findings) out.rules.push_back(f.rule);
  return out;
}

std::string problem(const std::string& claims) {
  try {
    const Book book(read(claims));
  } catch (const InputError& e) {
    return e.what();
  }
  return "no error";
}

void expect_slip(const std::string& rule, Verdict verdict, const std::string& slip, const std::string& twin) {
  const Outcome wrong = judge(slip), right = judge(twin);
  EXPECT_TRUE(wrong.has(rule)) << slip;
  EXPECT_EQ(wrong.verdict, verdict) << name_of(wrong.verdict);
  EXPECT_FALSE(right.has(rule)) << twin;
  EXPECT_TRUE(right.verdict == Verdict::ok || right.verdict == Verdict::param) << name_of(right.verdict) << (right.rules.empty() ? "" : right.rules[0]);
}

TEST(ClaimRules, terms_that_add_up_to_something_else) {
  expect_slip("arithmetic", Verdict::err, claim("stated = \"~9\"\nexpression = \"3+2+2\""), claim("stated = \"~7\"\nexpression = \"3+2+2\""));
}

TEST(ClaimRules, loose_rounding_is_no_slip) {
  EXPECT_EQ(judge(claim("stated = \"~8\"\nexpression = \"3+2+2\"")).verdict, Verdict::round);
  EXPECT_EQ(judge(claim("stated = \"~30\"\nexpression = \"26\"")).verdict, Verdict::round);
  EXPECT_EQ(judge(claim("stated = \"25\"\nexpression = \"25.2\"")).verdict, Verdict::ok);
}

TEST(ClaimRules, three_digits_claim_to_be_exact) {
  expect_slip("arithmetic", Verdict::err, claim("stated = \"~2,340,000\"\nexpression = \"2345678\""), claim("stated = \"~2,350,000\"\nexpression = \"2345678\""));
}

TEST(ClaimRules, an_inequality_that_does_not_hold) {
  const std::string body = "expression = \"$need\"\nrelation = \"<=\"\nbound = \"$have\"\nunit = \"GB\"\npremises.have = \"80 GB\"\n";
  expect_slip("comparison_fails", Verdict::err, claim(body + "premises.need = \"90 GB\""), claim(body + "premises.need = \"70 GB\""));
}

TEST(ClaimRules, an_operation_count_per_weight_is_forgotten) {
  const std::string body = "expression = \"$rate / $flop / $weights\"\nunit = \"/s\"\npremises.rate = \"1e15 FLOP/s\"\npremises.weights = \"1e9 weight\"\npremises.flop = \"6 FLOP/weight\"\n";
  expect_slip("forgotten_factor", Verdict::logic, claim(body + "stated = \"1000000\""), claim(body + "stated = \"166,667\""));
}

TEST(ClaimRules, another_wrong_value_is_not_taken_for_a_forgotten_factor) {
  const std::string body = "expression = \"$rate / $flop / $weights\"\nunit = \"/s\"\npremises.rate = \"1e15 FLOP/s\"\npremises.weights = \"1e9 weight\"\npremises.flop = \"6 FLOP/weight\"\n";
  const Outcome o = judge(claim(body + "stated = \"500000\""));
  EXPECT_EQ(o.verdict, Verdict::err);
  EXPECT_FALSE(o.has("forgotten_factor"));
}

TEST(ClaimRules, a_binary_prefix_is_taken_for_a_decimal_one) {
  const std::string body = "expression = \"$size / $link\"\nunit = \"s\"\npremises.size = \"100 byte\"\npremises.link = \"1 Gbit/s\"\n";
  expect_slip("binary_prefix", Verdict::err, claim(body + "stated = \"745e-9\""), claim(body + "stated = \"800e-9\""));
}

TEST(ClaimRules, a_formula_as_printed_gives_something_else) {
  const Outcome wrong = judge(claim("stated = \"6\"\nexpression = \"2*3\"\nprinted_formula = \"2*30\""));
  EXPECT_TRUE(wrong.has("printed_formula"));
  EXPECT_EQ(wrong.verdict, Verdict::ok);  // a remark: the value itself is right
  EXPECT_FALSE(judge(claim("stated = \"6\"\nexpression = \"2*3\"\nprinted_formula = \"3*2\"")).has("printed_formula"));
}

TEST(ClaimRules, explicit_euler_with_too_large_a_step) {
  // A membrane of 20 ms with a step of 50 ms: the limit is 40 ms.
  const std::string body = "integration = { step = \"$dt\", rate = \"1 / $tau\", source = \"a test\" }\npremises.tau = \"20 ms\"\n";
  expect_slip("unstable_step", Verdict::logic, claim(body + "premises.dt = \"50 ms\""), claim(body + "premises.dt = \"39 ms\""));
}

TEST(ClaimRules, two_terms_include_the_same) {
  const std::string start = "stated = \"100\"\nexpression = \"60+40\"\nterms = [{ name = \"a\", value = \"60\", includes = [\"leak\"] }, { name = \"b\", value = \"40\"";
  expect_slip("double_count", Verdict::logic, claim(start + ", includes = [\"leak\", \"pump\"] }]"), claim(start + ", includes = [\"pump\"] }]"));
}

TEST(ClaimRules, a_small_double_count_is_a_remark) {
  const Outcome o = judge(claim("stated = \"101\"\nexpression = \"99+2\"\nterms = [{ name = \"a\", value = \"99\", includes = [\"x\"] }, { name = \"b\", value = \"2\", includes = [\"x\"] }]"));
  EXPECT_TRUE(o.has("double_count"));
  EXPECT_EQ(o.verdict, Verdict::ok);
}

TEST(ClaimRules, a_constant_factor_is_taken_for_growth) {
  // Prices halve every 2 years; tax of 20 % does not make that slower. Twin: a target of 20 % more does take longer.
  const std::string body = "kind = \"growth time\"\nunit = \"year\"\nexpression = \"growth_time($halving, 2 * $factor)\"\nstated = \"2.5\"\npremises.halving = \"2 year\"\n";
  expect_slip("level_for_rate", Verdict::logic, claim(body + "premises.factor = { value = \"1.2\", constant = true }"), claim(body + "premises.factor = { value = \"1.2\" }"));
}

TEST(ClaimRules, a_constant_factor_in_something_that_is_no_time_of_growth_is_right) {
  EXPECT_FALSE(judge(claim("unit = \"year\"\nexpression = \"$t * $k\"\npremises.t = \"2 year\"\npremises.k = { value = \"5\", constant = true }")).has("level_for_rate"));
}

TEST(ClaimRules, rates_of_different_precision_are_compared) {
  const std::string body = "expression = \"$a / $b\"\nstated = \"2\"\npremises.a = { value = \"2e15 FLOP/s\", precision = \"fp16\" }\n";
  expect_slip("mixed_precision", Verdict::logic, claim(body + "premises.b = { value = \"1e15 FLOP/s\", precision = \"fp32\" }"), claim(body + "premises.b = { value = \"1e15 FLOP/s\", precision = \"fp16\" }"));
}

TEST(ClaimRules, terms_for_different_periods_are_added) {
  const std::string body = "unit = \"USD\"\nstated = \"300\"\nhorizon = \"30 day\"\nexpression = \"$rent + $power\"\npremises.rent = \"200 USD\"\n";
  expect_slip("mixed_period", Verdict::logic, claim(body + "premises.power = { value = \"100 USD\", covers = \"365 day\" }"), claim(body + "premises.power = { value = \"100 USD\", covers = \"30 day\" }"));
}

TEST(ClaimRules, tile_products_are_counted_as_squares) {
  // 64^3 in tiles of 16: 4^3 = 64 products on 16 workers are 4 rounds, not (64/16)^2 / 16 = 1.
  expect_slip("tile_count", Verdict::logic, claim("product = { m = 64, n = 64, k = 64, tile = 16, workers = 16, rounds = 1 }"), claim("product = { m = 64, n = 64, k = 64, tile = 16, workers = 16, rounds = 4 }"));
}

TEST(ClaimRules, a_premise_that_decides_is_not_said) {
  const std::string body = "unit = \"ms\"\nstated = \"~10\"\nexpression = \"$t\"\npremises.size = { value = [\"1\", \"1000\"], free = true }\n";
  expect_slip("missing_premise", Verdict::logic, claim(body + "premises.t = [\"10 ms\", \"200 ms\"]"), claim(body + "premises.t = [\"10 ms\", \"10 ms\"]"));
}

TEST(ClaimRules, a_figure_of_the_vendor_is_missed) {
  const std::string body = "premises.power = { value = \"100 W\", vendor_source = \"data sheet\", vendor = ";
  expect_slip("vendor_conflict", Verdict::spec, claim(body + "\"150 W\" }"), claim(body + "\"105 W\" }"));
}

TEST(ClaimRules, what_follows_is_out_of_its_known_range) {
  const std::string body = "premises.a = \"50 %\"\nimplies = [{ quantity = \"a rate\", value = \"$a / $t\", unit = \"/s\", low = \"0.1 /s\", high = \"20 /s\", source = \"a test\" }]\n";
  expect_slip("out_of_range", Verdict::logic, claim(body + "premises.t = \"1 ms\""), claim(body + "premises.t = \"100 ms\""));
}

TEST(ClaimRules, a_formula_in_a_picture_cannot_be_checked) {
  expect_slip("picture_only", Verdict::img, claim("stated = \"6\"\nexpression = \"2*3\"\nformula = \"picture\""), claim("stated = \"6\"\nexpression = \"2*3\""));
}

TEST(ClaimRules, one_quantity_has_two_values) {
  const std::string first = claim("is = \"length of a whale\"\nunit = \"m\"\nstated = \"30\"", "1");
  expect_slip("contradicts", Verdict::incons, first + claim("is = \"length of a whale\"\nunit = \"m\"\nstated = \"40\"", "2"), first + claim("is = \"length of a whale\"\nunit = \"m\"\nstated = \"33\"", "2"));
}

TEST(ClaimRules, ranges_that_overlap_do_not_contradict) {
  const std::string first = claim("is = \"q\"\nstated = [\"1\", \"10\"]", "1");
  EXPECT_FALSE(judge(first + claim("is = \"q\"\nstated = [\"8\", \"100\"]", "2")).has("contradicts"));
}

TEST(ClaimRules, what_another_essay_assumes_is_told_and_not_blamed) {
  const Book book([] {
    auto claims = read(claim("is = \"q\"\nstated = \"1\"", "1"));
    for (Claim& c : io::parse_claims("essay = \"U\"\nsource = \"another\"\n" + claim("stated = \"18\"\nexpression = \"2*$q\"\npremises.q = { value = \"9\", is = \"q\" }", "2"), "other.toml")) claims.push_back(c);
    return claims;
  }());
  const Review r = book.review();
  EXPECT_EQ(r.claims[0].verdict, Verdict::incons);
  EXPECT_EQ(r.claims[1].verdict, Verdict::ok);
  EXPECT_EQ(r.claims[1].findings.size(), 1u);
}

TEST(ClaimRules, names_of_claims_do_not_matter) {
  const std::string body = "stated = \"~9\"\nexpression = \"3+2+2\"";
  EXPECT_EQ(judge(claim(body, "3.11")).verdict, judge(claim(body, "whatever")).verdict);
}

TEST(ClaimExpressions, dimensions_are_checked) {
  EXPECT_NE(problem(claim("unit = \"s\"\nexpression = \"$a + $b\"\npremises.a = \"1 s\"\npremises.b = \"1 GB\"")).find("a sum of s and byte has no meaning"), std::string::npos);
  EXPECT_NE(problem(claim("unit = \"s\"\nexpression = \"$a\"\npremises.a = \"1 GB\"")).find("is byte, but s is needed"), std::string::npos);
  EXPECT_NE(problem(claim("expression = \"log2($a)\"\npremises.a = \"1 GB\"")).find("log2 needs a plain number"), std::string::npos);
  EXPECT_NE(problem(claim("expression = \"$n + $s\"\npremises.n = \"1 neuron\"\npremises.s = \"1 synapse\"")).find("has no meaning"), std::string::npos);
}

TEST(ClaimExpressions, arithmetic_follows_the_usual_order) {
  const auto value = [](const char* text) { return evaluate(parse_expression(text), [](std::string_view) { return Value{}; }).number; };
  EXPECT_DOUBLE_EQ(value("2 + 3 * 4 ^ 2 / 8"), 8);
  EXPECT_DOUBLE_EQ(value("-2 ^ 2"), -4);
  EXPECT_DOUBLE_EQ(value("2 ^ 3 ^ 2"), 512);
  EXPECT_DOUBLE_EQ(value("10 - 3 - 2"), 5);
  EXPECT_DOUBLE_EQ(value("tiles(33, 32, 32, 16)"), 12);
  EXPECT_DOUBLE_EQ(value("ring_all_reduce(4, 100, 10)"), 15);
}

TEST(ClaimExpressions, units_have_their_sizes) {
  EXPECT_DOUBLE_EQ(in_unit(parse_value("1 kWh"), "J"), 3.6e6);
  EXPECT_DOUBLE_EQ(in_unit(parse_value("40 Gbit/s"), "GB/s"), 5);
  EXPECT_DOUBLE_EQ(in_unit(parse_value("1 GiB"), "byte"), 1073741824);
  EXPECT_DOUBLE_EQ(in_unit(parse_value("1,500 USD"), "USD"), 1500);
  EXPECT_DOUBLE_EQ(in_unit(parse_value("1 uF/cm^2") / parse_value("1 mS/cm^2"), "ms"), 1);
  EXPECT_DOUBLE_EQ(in_unit(parse_value("2 h") * parse_value("3 W"), "Wh"), 6);
}

TEST(ClaimExpressions, nonsense_is_refused) {
  for (const char* text : {"", "2 +", "(2", "2)", "$", "foo(2)", "log2()", "log2(1,2)", "2 3", "1/0", "log2(0)", "10 ^ 400"})
    EXPECT_NE(problem(claim(std::string("expression = \"") + text + "\"")), "no error") << text;
  EXPECT_NE(problem(claim("expression = \"lgo2(8)\"")).find("Did you mean \"log2\"?"), std::string::npos);
  EXPECT_NE(problem(claim("expression = \"" + std::string(3000, '(') + "\"")).find("nested too deeply"), std::string::npos);
}

TEST(ClaimFiles, mistakes_are_reported_together_with_their_lines) {
  const std::string text = problem(claim("stated = 5\nexpresion = \"2\"\npremises.a = { value = \"2 parsec\", form = \"x\" }\nrelation = \"==\""));
  for (const char* part : {"test.toml:", "stated: must be text in quotes", "expresion: no such key. Did you mean \"expression\"?", "unknown unit \"parsec\"", "premises.a.form: no such key. Did you mean \"from\"?", "must be <, <=, > or >="})
    EXPECT_NE(text.find(part), std::string::npos) << part << "\nin\n" << text;
}

TEST(ClaimFiles, names_and_references_lead_somewhere) {
  EXPECT_NE(problem(claim("expression = \"$peek\"\npremises.peak = \"1\"")).find("\"$peek\" is no premise of this claim. Did you mean \"peak\"?"), std::string::npos);
  EXPECT_NE(problem(claim("premises.a = { from = \"9.b\" }")).find("no such claim"), std::string::npos);
  EXPECT_NE(problem(claim("premises.a = { from = \"1.a\" }")).find("leads in a circle"), std::string::npos);
  EXPECT_NE(problem(claim("") + claim("")).find("the id is used twice"), std::string::npos);
  EXPECT_NE(problem(claim("stated = [\"1\", \"2\"]\nexpression = [\"1\", \"2\", \"3\"]")).find("2 stated values, but 3 computed ones"), std::string::npos);
}

}  // namespace
}  // namespace ranvier
