// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cmath>
#include <map>

#include "io/toml_expression.hpp"

namespace ranvier::test {
namespace {

Quantity value_of(std::string_view text) {
  static const std::map<std::string, Quantity, std::less<>> names{
      {"g", {-4, 0, {}}}, {"J", {87.8, 0, {.current = 1}}}, {"tau", {20, 0, {.time = 1}}}};
  return io::evaluate(text, [](std::string_view name) -> Quantity {
    const auto found = names.find(name);
    if (found == names.end()) throw io::ExpressionError("no such name");
    return found->second;
  });
}

double number(std::string_view text, std::string_view unit = "1") {
  const Quantity q = value_of(text), u = *parse_unit(unit);
  EXPECT_EQ(q.dimension, u.dimension) << text;
  return in_unit(q, u);
}

std::string error(std::string_view text) {
  try {
    value_of(text);
    return "";
  } catch (const io::ExpressionError& e) {
    return e.what();
  }
}

TEST(io_expression, arithmetic_binds_as_in_mathematics) {
  EXPECT_EQ(number("1 + 2 * 3"), 7);
  EXPECT_EQ(number("(1 + 2) * 3"), 9);
  EXPECT_EQ(number("10 - 4 - 3"), 3);
  EXPECT_EQ(number("16 / 4 / 2"), 2);
  EXPECT_EQ(number("2 ^ 3 ^ 2"), 512);
  EXPECT_EQ(number("-2 ^ 2"), -4);
  EXPECT_EQ(number("2 ^ -1"), 0.5);
  EXPECT_EQ(number("- - 3"), 3);
  EXPECT_EQ(number("1e3 + .5"), 1000.5);
}

TEST(io_expression, leading_equals_sign_makes_no_difference) { EXPECT_EQ(number("= 2 * $g"), number("2*$g")); }

TEST(io_expression, unit_binds_tighter_than_any_operator) {
  EXPECT_EQ(number("1 / 2 ms", "/ms"), 0.5);
  EXPECT_EQ(number("4 * 20 Hz + 1 / (2 ms)", "Hz"), 580);
  EXPECT_EQ(number("10 mV / 2 ms", "mV/ms"), 5);
  EXPECT_EQ(number("8 /s", "Hz"), 8);
  EXPECT_EQ(number("0.5 pA/ms", "pA/ms"), 0.5);
}

TEST(io_expression, parameters_bring_their_units) {
  EXPECT_EQ(number("= $g * $J", "pA"), -351.2);
  EXPECT_EQ(number("$tau * 8 Hz"), 0.16);
}

TEST(io_expression, functions_are_right) {
  EXPECT_EQ(number("sqrt(9)"), 3);
  EXPECT_EQ(number("sqrt(4 ms * 9 ms)", "ms"), 6);
  EXPECT_EQ(number("sqrt(1 s * 1 s)", "ms"), 1000);
  EXPECT_NEAR(number("exp(1)"), std::exp(1.0), 1e-15);
  EXPECT_NEAR(number("ln(10)"), std::log(10.0), 1e-15);
  EXPECT_EQ(number("log10(1000)"), 3);
  EXPECT_EQ(number("min(3 ms, 0.002 s, 4 ms)", "ms"), 2);
  EXPECT_EQ(number("max(3, 2)"), 3);
  EXPECT_EQ(number("abs(-3 mV)", "mV"), 3);
  EXPECT_EQ(number("round(2.5) + floor(2.7) + ceil(2.1)"), 8);
  EXPECT_NEAR(number("2 ^ 0.5"), std::sqrt(2.0), 1e-15);
  EXPECT_NEAR(number("pi"), 3.14159265358979, 1e-14);
}

TEST(io_expression, sums_of_unlike_units_are_refused) {
  EXPECT_EQ(error("1 ms + 1 mV"), "a sum of a time and a voltage has no meaning");
  EXPECT_EQ(error("1 - 1 mV"), "a difference of a plain number and a voltage has no meaning");
  EXPECT_EQ(error("max(1 ms, 1)"), "max of a time and a plain number has no meaning");
}

TEST(io_expression, functions_of_plain_numbers_refuse_units) {
  EXPECT_EQ(error("exp(1 ms)"), "exp needs a plain number, but this is a time; divide by a unit first");
  EXPECT_EQ(error("2 ^ (1 ms)"), "an exponent needs a plain number, but this is a time; divide by a unit first");
  EXPECT_EQ(error("(2 ms) ^ 0.5"), "a quantity with a unit can only be raised to a whole power; see sqrt");
  EXPECT_EQ(error("sqrt(2 ms)"), "sqrt of a unit with an odd power");
}

TEST(io_expression, impossible_values_are_refused) {
  EXPECT_EQ(error("1 / 0"), "division by zero");
  EXPECT_EQ(error("sqrt(-1)"), "sqrt of a negative number");
  EXPECT_EQ(error("ln(0)"), "ln of 0, which is not positive");
  EXPECT_EQ(error("10 ^ 400"), "is not a finite number");
  EXPECT_EQ(error("exp(1000)"), "is not a finite number");
}

TEST(io_expression, broken_text_says_what_is_missing) {
  EXPECT_EQ(error("(1 + 2"), "a \")\" is missing");
  EXPECT_EQ(error("1 +"), "ends where a value is needed");
  EXPECT_EQ(error("1 2"), "cannot read \"2\"");
  EXPECT_EQ(error(""), "is empty");
  EXPECT_EQ(error("$"), "a name must follow \"$\"");
  EXPECT_EQ(error("sqr(2)"), "unknown function \"sqr\". Did you mean \"sqrt\"?");
  EXPECT_EQ(error("sqrt(2, 3)"), "sqrt takes one argument");
  EXPECT_EQ(error("max(2)"), "max takes two or more arguments");
  EXPECT_EQ(error("5 mss"), "unknown unit \"mss\". Did you mean \"ms\"?");
  EXPECT_EQ(error("#"), "cannot read \"#\"");
}

TEST(io_expression, a_thousand_brackets_do_not_overflow_the_stack) {
  EXPECT_EQ(error(std::string(100'000, '(')), "is nested too deeply");
  EXPECT_EQ(error("2" + std::string(1, '^') + [] {
    std::string towers;
    for (int i = 0; i < 100'000; ++i) towers += "1^";
    return towers;
  }() + "1"), "is nested too deeply");
  EXPECT_EQ(number(std::string(100'000, '-') + "1"), 1);
}

TEST(io_expression, powers_of_units_stay_bounded) {
  EXPECT_EQ(error("(1 ms) ^ 64"), "too high a power of a unit");
  EXPECT_EQ(error("((1 %) ^ 64) ^ 64"), "is not a finite number");
}

TEST(io_expression, lone_names_are_found) {
  EXPECT_EQ(io::lone_name("$name"), "name");
  EXPECT_EQ(io::lone_name(" = $tau_m "), "tau_m");
  EXPECT_EQ(io::lone_name("$a * 2"), "");
  EXPECT_EQ(io::lone_name("name"), "");
  EXPECT_EQ(io::lone_name("$"), "");
  EXPECT_EQ(io::lone_name("$1"), "");
}

}  // namespace
}  // namespace ranvier::test
