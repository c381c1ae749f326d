// SPDX-License-Identifier: Apache-2.0
/// The functions that formulas of own models call, on every instruction set, against <cmath> in long double.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "equations_functions.cpp"
#include <hwy/foreach_target.h>

#include "equations/formula-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::tests::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;
namespace own = ranvier::engine::HWY_NAMESPACE;

constexpr int first_power = 20;  // function number 20 + n is x^n

/// out[i] = function number `which` of in[i]; n a multiple of 16.
template <class T>
void apply(int which, const T* in, T* out, std::size_t n) {
  const hn::CappedTag<T, 16> d;
  for (std::size_t i = 0; i < n; i += hn::Lanes(d)) {
    const auto x = hn::LoadU(d, in + i);
    auto y = x;
    switch (which) {
      case 0: y = own::formula_log(d, x); break;
      case 1: y = own::formula_log1p(d, x); break;
      case 2: y = own::formula_expm1(d, x); break;
      case 3: y = own::formula_tanh(d, x); break;
      case 4: y = own::formula_sin(d, x); break;
      case 5: y = own::formula_cos(d, x); break;
      case 6: y = own::formula_exprel(d, x); break;
      case 7: y = own::formula_pow(d, x, hn::Set(d, T(1.5))); break;
      default: y = own::formula_pow(d, x, hn::Set(d, T(which - first_power)));
    }
    hn::StoreU(y, d, out + i);
  }
}
void apply_float(int which, const float* in, float* out, std::size_t n) { apply(which, in, out, n); }
void apply_double(int which, const double* in, double* out, std::size_t n) { apply(which, in, out, n); }
}  // namespace ranvier::tests::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "physics_cells.hpp"

namespace ranvier::tests {
HWY_EXPORT(apply_float);
HWY_EXPORT(apply_double);
namespace {

void call(int which, const std::vector<float>& x, std::vector<float>& y) { HWY_DYNAMIC_DISPATCH(apply_float)(which, x.data(), y.data(), x.size()); }
void call(int which, const std::vector<double>& x, std::vector<double>& y) { HWY_DYNAMIC_DISPATCH(apply_double)(which, x.data(), y.data(), x.size()); }

long double truth(int which, long double x) {
  switch (which) {
    case 0: return std::log(x);
    case 1: return std::log1p(x);
    case 2: return std::expm1(x);
    case 3: return std::tanh(x);
    case 4: return std::sin(x);
    case 5: return std::cos(x);
    case 6: return x == 0 ? 1 : std::expm1(x) / x;
    default: return std::pow(x, 1.5L);
  }
}

/// Arguments from low to high, and the smallest of all signs where they are legal.
template <class T>
std::vector<T> arguments(int which) {
  const double low[] = {1e-6, -0.9, -20, -30, -200, -200, -30, 1e-3}, high[] = {1e6, 50, 20, 30, 200, 200, 60, 1e3};
  std::vector<T> x;
  for (int k = 0; k < 4000; ++k) {
    const double part = k / 3999.0;
    x.push_back(static_cast<T>(which == 0 || which == 7 ? low[which] * std::pow(high[which] / low[which], part) : low[which] + (high[which] - low[which]) * part));
  }
  if (which >= 1 && which <= 6)
    for (const double tiny : {0.0, 1e-30, -1e-30, 1e-8, -1e-8, 1e-4, -1e-4, 0.4999, -0.4999, 0.5, -0.5}) x.push_back(static_cast<T>(tiny));
  while (x.size() % 16 != 0) x.push_back(static_cast<T>(0.75));
  return x;
}

/// The largest error in units of the last place of the value; of sine and cosine, of 1 or of the value.
template <class T>
double worst(int which, const std::vector<T>& x, const std::vector<T>& y) {
  double most = 0;
  for (std::size_t k = 0; k < x.size(); ++k) {
    const long double right = truth(which, x[k]);
    const long double scale = (which == 4 || which == 5 ? 1 : std::max(std::fabs(right), static_cast<long double>(std::numeric_limits<T>::min()))) * std::numeric_limits<T>::epsilon();
    most = std::max(most, static_cast<double>(std::fabs(y[k] - right) / scale));
  }
  return most;
}

template <class T>
void check_all() {
  // A power multiplies the error of the logarithm by the logarithm of the result.
  const double allowed[] = {3, 5, 4, 6, 3, 3, 4, 30};
  for (int which = 0; which < 8; ++which) {
    const auto x = arguments<T>(which);
    std::vector<T> reference;
    for_each_target([&](const std::string& target) {
      std::vector<T> y(x.size());
      call(which, x, y);
      EXPECT_LE(worst(which, x, y), allowed[which]) << "function " << which << " on " << target;
      if (reference.empty()) reference = y;
      EXPECT_EQ(std::memcmp(reference.data(), y.data(), y.size() * sizeof(T)), 0) << "function " << which << " on " << target;
    });
  }
}

TEST(EquationsFunctions, are_right_to_a_few_units_of_the_last_place_with_the_same_bits_everywhere) {
  check_all<float>();
  check_all<double>();
}

TEST(EquationsFunctions, logarithms_at_their_borders_are_those_of_IEEE) {
  std::vector<double> x(16, 1), y(16);
  x[0] = 0, x[1] = -1, x[2] = std::numeric_limits<double>::infinity(), x[3] = std::numeric_limits<double>::denorm_min(), x[4] = 1;
  call(0, x, y);
  EXPECT_EQ(y[0], -std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(y[1]));
  EXPECT_EQ(y[2], std::numeric_limits<double>::infinity());
  EXPECT_NEAR(y[3], std::log(std::numeric_limits<double>::denorm_min()), 1e-12);
  EXPECT_EQ(y[4], 0);
}

template <class T>
void check_powers() {
  std::vector<T> x{-3, -1, T(-0.25), 0, T(0.25), 1, 3, T(-1e-3)};
  x.resize(16, 1);
  for (const int n : {-4, -3, -1, 0, 1, 2, 3, 6}) {
    std::vector<T> y(x.size());
    call(20 + n, x, y);
    for (std::size_t k = 0; k < x.size(); ++k) {
      const double right = std::pow(static_cast<double>(x[k]), n), wrong = std::isinf(right) ? (std::isinf(y[k]) ? 0 : 1) : std::fabs(y[k] - right) / std::max(std::fabs(right), 1e-30);
      EXPECT_LE(wrong, 40 * std::numeric_limits<T>::epsilon()) << x[k] << "^" << n << " = " << y[k];
    }
  }
}

TEST(EquationsFunctions, whole_powers_of_all_signs_are_those_of_C) {
  check_powers<float>();
  check_powers<double>();
  std::vector<double> x(16, -2), y(16);
  call(7, x, y);  // ^1.5
  EXPECT_TRUE(std::isnan(y[0]));
}

}  // namespace
}  // namespace ranvier::tests
#endif
