// SPDX-License-Identifier: Apache-2.0
/// `ranvier plan claims` as a person or a program calls it.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "cli_example.hpp"

namespace ranvier {
namespace {

using test_cli::Ran;

Ran call(const std::string& arguments) { return test_cli::Folder().ranvier("plan claims " + arguments); }

TEST(CliClaims, json_has_the_keys_that_are_documented) {
  const Ran ran = call("--json");
  ASSERT_EQ(ran.code, 0) << ran.err;
  const auto j = nlohmann::json::parse(ran.out);
  ASSERT_EQ(j["claims"].size(), 133u);
  for (const auto& c : j["claims"])
    for (const char* key : {"id", "essay", "stated", "recomputed", "verdict", "note"}) EXPECT_TRUE(c.contains(key)) << key;
  EXPECT_GE(j["contradictions"].size(), 5u);
}

TEST(CliClaims, an_essay_or_some_claims_can_be_chosen) {
  EXPECT_EQ(nlohmann::json::parse(call("E4 --json").out)["claims"].size(), 38u);
  EXPECT_EQ(nlohmann::json::parse(call("3.11 1.64 --json").out)["claims"].size(), 2u);
}

TEST(CliClaims, a_premise_changes_value_and_verdict) {
  const auto before = nlohmann::json::parse(call("3.11 --json").out)["claims"][0], after = nlohmann::json::parse(call("3.11 --set flop_per_weight=1 --json").out)["claims"][0];
  EXPECT_EQ(before["recomputed"], 500);
  EXPECT_EQ(before["verdict"], "LOGIC");
  EXPECT_EQ(after["recomputed"], 1000);
  EXPECT_EQ(after["verdict"], "OK");
}

TEST(CliClaims, an_explanation_names_formula_premises_and_sources) {
  const Ran ran = call("--explain 3.11");
  for (const char* part : {"ridge($peak, $bandwidth)", "flop_per_weight", "2 FLOP/weight", "a multiplication and an addition", "LOGIC"}) EXPECT_NE(ran.out.find(part), std::string::npos) << part;
}

TEST(CliClaims, wrong_words_end_with_2_and_offer_the_nearest) {
  const Ran claim = call("3.111"), premise = call("3.11 --set flop_per_weigth=1"), form = call("3.11 --set flop_per_weight"), book = call("--book nowhere");
  EXPECT_EQ(claim.code, 2);
  EXPECT_NE(claim.err.find("Did you mean \"3.11\"?"), std::string::npos);
  EXPECT_EQ(premise.code, 2);
  EXPECT_NE(premise.err.find("Did you mean \"flop_per_weight\"?"), std::string::npos);
  EXPECT_EQ(form.code, 2);
  EXPECT_EQ(book.code, 2);
}

}  // namespace
}  // namespace ranvier
