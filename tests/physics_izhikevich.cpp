// SPDX-License-Identifier: Apache-2.0
/// Izhikevich's model against the trains of his published program, and Euler against a plain loop.
#include <gtest/gtest.h>

#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

CellSetup type(double a, double b, double c, double d, double integrator = 0) {
  return {.membrane = "izhikevich", .params = {{"a", a}, {"b", b}, {"c", c}, {"d", d}, {"I_e", 10}, {"integrator", integrator}}, .dt = 1};
}

/// I = 10 from v = -65, u = b v: the step at whose start v >= 30, counted from 0, is the stamp here.
void expect_train(const CellSetup& setup, std::size_t count, const std::vector<int>& begin) {
  const auto train = Cells(setup).train(999);
  EXPECT_EQ(train.size(), count);
  ASSERT_GE(train.size(), begin.size());
  EXPECT_EQ(std::vector<int>(train.begin(), train.begin() + static_cast<std::ptrdiff_t>(begin.size())), begin);
}

TEST(Izhikevich, published_regular_spiking_train) { expect_train(type(0.02, 0.2, -65, 8), 20, {4, 31, 79, 141, 195, 243}); }
TEST(Izhikevich, published_intrinsically_bursting_train) { expect_train(type(0.02, 0.2, -55, 4), 27, {4, 8, 46, 85, 122, 164}); }
TEST(Izhikevich, published_chattering_train) { expect_train(type(0.02, 0.2, -50, 2), 43, {4, 7, 10, 14, 62, 66, 114, 118}); }
TEST(Izhikevich, published_fast_spiking_train) { expect_train(type(0.1, 0.2, -65, 2), 63, {4, 11, 22, 34, 58, 71}); }

/// The published program, as it stands: reset at the start of the step.
std::vector<int> published(double a, double b, double c, double d, int steps) {
  double v = -65, u = b * v;
  std::vector<int> out;
  for (int t = 0; t < steps; ++t) {
    if (v >= 30) {
      out.push_back(t);
      v = c;
      u += d;
    }
    v += 0.5 * (0.04 * v * v + 5 * v + 140 - u + 10);
    v += 0.5 * (0.04 * v * v + 5 * v + 140 - u + 10);
    u += a * (b * v - u);
  }
  return out;
}

TEST(Izhikevich, reset_at_the_end_of_a_step_gives_the_train_of_reset_at_the_start_of_the_next) {
  for (const double b : {0.2, 0.25})
    for (const double d : {8.0, 2.0, 0.05}) EXPECT_EQ(Cells(type(0.02, b, -65, d)).train(999), published(0.02, b, -65, d, 1000)) << b << ' ' << d;
}

TEST(Izhikevich, euler_is_the_plain_loop_at_any_step) {
  for (const double dt : {0.1, 0.5}) {
    CellSetup setup = type(0.02, 0.2, -65, 8, 1);
    setup.dt = dt;
    Cells cells(setup);
    double v = -65, u = -13;
    for (int k = 0; k < static_cast<int>(500 / dt); ++k) {
      const double old = v;
      v += dt * (0.04 * v * v + 5 * v + 140 - u + 10);
      u += dt * 0.02 * (0.2 * old - u);
      const bool spike = v >= 30;
      if (spike) v = -65, u += 8;
      ASSERT_EQ(cells.step().size(), spike ? 1u : 0u) << k;
      ASSERT_NEAR(cells.get("v"), v, 1e-6);  // rounding, amplified by every spike
      ASSERT_NEAR(cells.get("u"), u, 1e-6);
    }
  }
}

TEST(Izhikevich, the_two_integrators_differ) {
  CellSetup one = type(0.02, 0.2, -65, 8, 0), two = type(0.02, 0.2, -65, 8, 1);
  EXPECT_NE(Cells(one).train(999), Cells(two).train(999));
}

TEST(Izhikevich, euler_adds_arrivals_when_the_step_is_done) {
  CellSetup setup = type(0.02, 0.2, -65, 8, 1);
  setup.receptors = {{"delta"}};
  Cells with(setup), without(setup);
  with.arrive(0, 0, 5);
  with.step();
  without.step();
  EXPECT_NEAR(with.get("v") - without.get("v"), 5, 1e-12);
  EXPECT_EQ(with.get("u"), without.get("u"));
}

TEST(Izhikevich, published_takes_arrivals_as_a_current_of_one_step) {
  for (const double dt : {1.0, 0.5}) {
    CellSetup setup = type(0.02, 0.2, -65, 8, 0);
    setup.receptors = {{"delta"}};
    setup.dt = dt;
    Cells jump(setup), current(setup);
    for (int k = 0; k < 50; ++k) {
      jump.arrive(0, 0, k % 5 ? 0 : 3);
      current.current(0, k % 5 ? 0 : 3 / dt);
      jump.step();
      current.step();
      ASSERT_EQ(jump.get("v"), current.get("v"));
    }
  }
}

TEST(Izhikevich, u_starts_at_b_v) { EXPECT_NEAR(Cells(type(0.02, 0.25, -65, 2)).get("u"), -16.25, 1e-12); }

TEST(Izhikevich, too_large_a_step_or_a_third_integrator_is_refused) {
  CellSetup setup = type(0.02, 0.2, -65, 8);
  setup.dt = 2;
  EXPECT_THROW(Cells{setup}, std::runtime_error);
  EXPECT_THROW(Cells(type(0.02, 0.2, -65, 8, 0.5)), std::runtime_error);
}

TEST(Izhikevich, a_state_that_blows_up_is_reported) {
  CellSetup setup = type(0.02, 0.2, -65, 8);
  setup.n = 3;
  Cells cells(setup);
  cells.set("u", 2, 1e12);  // v follows -u
  cells.set("u", 1, 1e3);
  cells.step();
  EXPECT_EQ(cells.visit().bad_cell, 2);
}

}  // namespace
}  // namespace ranvier::tests
