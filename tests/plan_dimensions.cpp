// SPDX-License-Identifier: Apache-2.0
/// Units that the compiler checks.

#include <gtest/gtest.h>

#include "core/dimensioned.hpp"
#include "core/work.hpp"

namespace ranvier {
namespace {

template <class A, class B>
concept Addable = requires(A a, B b) { a + b; };
template <class A, class B>
concept Comparable = requires(A a, B b) { a < b; };

static_assert(std::is_same_v<decltype(Bytes{} / BytePerSecond{1}), Seconds>);
static_assert(std::is_same_v<decltype(Flop{} / Seconds{1}), FlopPerSecond>);
static_assert(std::is_same_v<decltype(Joule{} / Seconds{1}), Watt>);
static_assert(std::is_same_v<decltype(Watt{} * Seconds{1}), Joule>);
static_assert(std::is_same_v<decltype(UsdPerJoule{} * Joule{1}), Usd>);
static_assert(std::is_same_v<decltype(1.0 / Seconds{1}), Hertz>);
static_assert(std::is_same_v<decltype(Bytes{} / Bytes{1}), double>, "a ratio is a plain number");
static_assert(!Addable<Bytes, Seconds> && !Addable<Flop, Bytes> && !Addable<Seconds, double>);
static_assert(!Comparable<Bytes, Flop>);
static_assert(!std::is_convertible_v<double, Seconds> && !std::is_convertible_v<Seconds, double>, "a number has no unit by itself");
static_assert(sizeof(Seconds) == sizeof(double) && std::is_trivially_copyable_v<Seconds>, "no cost");

TEST(PlanDimensions, two_gigabytes_at_a_terabyte_per_second_take_two_milliseconds) { EXPECT_DOUBLE_EQ((Bytes{2e9} / BytePerSecond{1e12}).value(), 2e-3); }

TEST(PlanDimensions, units_are_named_after_their_dimension) {
  EXPECT_STREQ(unit_of<Seconds>(), "s");
  EXPECT_STREQ(unit_of<FlopPerSecond>(), "FLOP/s");
  EXPECT_STREQ(unit_of<decltype(Usd{} / Joule{1})>(), "USD/J");
  EXPECT_STREQ(unit_of<double>(), "");
}

TEST(PlanWork, work_one_after_the_other_adds_up_but_what_is_resident_does_not) {
  Work a, b;
  a.flop_in(Precision::fp32) = Flop{3};
  a.memory = a.resident = Bytes{10};
  b.flop_in(Precision::fp8) = Flop{4};
  b.memory = b.resident = Bytes{7};
  b.launches = 2;
  a += b * 2;
  EXPECT_EQ(a.flop_total(), Flop{11});
  EXPECT_EQ(a.memory, Bytes{24});
  EXPECT_EQ(a.resident, Bytes{10});
  EXPECT_EQ(a.launches, 4);
}

}  // namespace
}  // namespace ranvier
