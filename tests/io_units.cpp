// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <numbers>

#include "ranvier/error.hpp"
#include "ranvier/units.hpp"

namespace ranvier::test {
namespace {

double read_as(std::string_view text, std::string_view unit) { return in_unit(parse_quantity(text), *parse_unit(unit)); }

TEST(io_units, numbers_in_their_own_unit_are_read_to_the_last_bit) {
  EXPECT_EQ(read_as("0.1 ms", "ms"), 0.1);
  EXPECT_EQ(read_as("87.8 pA", "pA"), 87.8);
  EXPECT_EQ(read_as("0.903 Hz", "Hz"), 0.903);
  EXPECT_EQ(read_as("-68.28 mV", "mV"), -68.28);
}

TEST(io_units, prefixes_convert_with_one_rounding) {
  EXPECT_EQ(to_ms("1 s"), 1000);
  EXPECT_EQ(to_ms("0.5 s"), 500);
  EXPECT_EQ(to_ms("1.5 min"), 90'000);
  EXPECT_EQ(to_ms("2 h"), 7'200'000);
  EXPECT_EQ(to_ms("100 us"), 0.1);
  EXPECT_EQ(to_hz("8 /s"), 8);
  EXPECT_EQ(to_hz("1.2 kHz"), 1200);
  EXPECT_EQ(read_as("0.25 nF", "pF"), 250);
  EXPECT_EQ(read_as("1 mm", "um"), 1000);
  EXPECT_EQ(read_as("2 cm", "um"), 20'000);
  EXPECT_EQ(read_as("1 \u00b5S", "nS"), 1000);
}

TEST(io_units, units_of_the_engine_fit_together_without_factors) {
  EXPECT_EQ(read_as("1 nS*mV", "pA"), 1);
  EXPECT_EQ(read_as("1 pA*ms/pF", "mV"), 1);
  EXPECT_EQ(read_as("1 mV/GOhm", "pA"), 1);
  EXPECT_EQ(read_as("1 pA*ms", "fC"), 1);
}

TEST(io_units, angles_and_percent_are_plain_numbers) {
  EXPECT_EQ(read_as("10 %", "1"), 0.1);
  EXPECT_DOUBLE_EQ(read_as("180 deg", "rad"), std::numbers::pi);
}

TEST(io_units, a_number_without_unit_is_no_time) {
  try {
    to_ms("20");
    FAIL() << "was read";
  } catch (const InputError& e) {
    EXPECT_STREQ(e.what(), "\"20\" is a plain number, but a time is needed, for example \"20 ms\"");
  }
}

TEST(io_units, an_unknown_unit_is_named) {
  try {
    to_ms("20 msec");
    FAIL() << "was read";
  } catch (const InputError& e) {
    EXPECT_STREQ(e.what(), "\"20 msec\": unknown unit \"msec\"; units look like ms, mV, pA, nS, pF, Hz, um");
  }
}

TEST(io_units, words_infinities_and_nothing_are_no_quantities) {
  for (const char* text : {"", " ", "long", "inf ms", "nan", "1e999 ms", "ms", "--1 ms", "1 ms ms"}) EXPECT_THROW(to_ms(text), InputError) << text;
}

TEST(io_units, prefixes_go_only_with_units_that_take_them) {
  EXPECT_FALSE(find_unit("cV"));
  EXPECT_FALSE(find_unit("kmin"));
  EXPECT_FALSE(find_unit("mrad"));
  EXPECT_TRUE(find_unit("cm"));
  EXPECT_TRUE(find_unit("m"));
  EXPECT_TRUE(find_unit("MOhm"));
}

}  // namespace
}  // namespace ranvier::test
