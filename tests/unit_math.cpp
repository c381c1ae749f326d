// SPDX-License-Identifier: Apache-2.0
/// Our own elementary functions against <cmath> in long double, and the vector ones against each other.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "unit_math.cpp"
#include <hwy/foreach_target.h>

#include "core/math-inl.hpp"
#include "core/random-inl.hpp"
#include "engine/drive-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::tests::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class T, class Function>
void apply(const T* in, T* out, std::size_t n, Function f) {
  const hn::CappedTag<T, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < n; i += lanes) {
    HWY_ALIGN T x[HWY_MAX_BYTES / sizeof(T)] = {}, y[HWY_MAX_BYTES / sizeof(T)];
    const std::size_t count = n - i < lanes ? n - i : lanes;
    for (std::size_t k = 0; k < count; ++k) x[k] = in[i + k];
    hn::Store(f(d, hn::Load(d, x)), d, y);
    for (std::size_t k = 0; k < count; ++k) out[i + k] = y[k];
  }
}
void exp_float(const float* x, float* y, std::size_t n) {
  apply(x, y, n, [](auto d, auto v) { return ranvier::HWY_NAMESPACE::exp(d, v); });
}
void exp_double(const double* x, double* y, std::size_t n) {
  apply(x, y, n, [](auto d, auto v) { return ranvier::HWY_NAMESPACE::exp(d, v); });
}
void exprel_float(const float* x, float* y, std::size_t n) {
  apply(x, y, n, [](auto d, auto v) { return ranvier::engine::HWY_NAMESPACE::exprel(d, v); });
}
void exprel_double(const double* x, double* y, std::size_t n) {
  apply(x, y, n, [](auto d, auto v) { return ranvier::engine::HWY_NAMESPACE::exprel(d, v); });
}
void log_float(const float* x, float* y, std::size_t n) {
  apply(x, y, n, [](auto d, auto v) { return ranvier::HWY_NAMESPACE::log_positive(d, v); });
}
void quantile(const std::uint32_t* word, float* z, std::size_t n) {
  const hn::CappedTag<float, 16> d;
  const hn::RebindToUnsigned<decltype(d)> du;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < n; i += lanes) {
    HWY_ALIGN std::uint32_t w[16] = {};
    HWY_ALIGN float y[16];
    const std::size_t count = n - i < lanes ? n - i : lanes;
    for (std::size_t k = 0; k < count; ++k) w[k] = word[i + k];
    hn::Store(ranvier::HWY_NAMESPACE::normal_quantile(d, hn::Load(du, w)), d, y);
    for (std::size_t k = 0; k < count; ++k) z[i + k] = y[k];
  }
}
/// Four words for each of n counters (c0 + i, c1, c2, c3); n a multiple of 16.
void philox_words(StreamKey key, const std::uint32_t* counter, std::uint32_t* out, std::size_t n) {
  const hn::CappedTag<std::uint32_t, 16> d;
  const std::size_t lanes = hn::Lanes(d);
  for (std::size_t i = 0; i < n; i += lanes) {
    auto c0 = hn::Add(hn::Set(d, counter[0]), hn::Iota(d, static_cast<std::uint32_t>(i)));
    auto c1 = hn::Set(d, counter[1]), c2 = hn::Set(d, counter[2]), c3 = hn::Set(d, counter[3]);
#if HWY_TARGET == HWY_SCALAR
    // One lane has no pairs to multiply; the scalar function is the program's own path there.
    const Words w = philox(key, hn::GetLane(c0), hn::GetLane(c1), hn::GetLane(c2), hn::GetLane(c3));
    for (std::size_t r = 0; r < 4; ++r) out[4 * i + r] = w[r];
#else
    ranvier::HWY_NAMESPACE::philox(d, key, c0, c1, c2, c3);
    HWY_ALIGN std::uint32_t word[4][16];
    hn::Store(c0, d, word[0]);
    hn::Store(c1, d, word[1]);
    hn::Store(c2, d, word[2]);
    hn::Store(c3, d, word[3]);
    for (std::size_t k = 0; k < lanes; ++k)
      for (std::size_t r = 0; r < 4; ++r) out[4 * (i + k) + r] = word[r][k];
#endif
  }
}
}  // namespace ranvier::tests::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "core/math.hpp"
#include "physics_cells.hpp"

namespace ranvier::tests {
HWY_EXPORT(exp_float);
HWY_EXPORT(exp_double);
HWY_EXPORT(exprel_float);
HWY_EXPORT(exprel_double);
HWY_EXPORT(log_float);
HWY_EXPORT(quantile);
HWY_EXPORT(philox_words);

namespace {

/// Distance in units of the last place of the exact value.
template <class T>
double ulp(T value, long double exact) {
  const T near = static_cast<T>(exact);
  const T unit = std::nextafter(std::fabs(near), std::numeric_limits<T>::infinity()) - std::fabs(near);
  return static_cast<double>(std::fabs(static_cast<long double>(value) - exact) / unit);
}

std::vector<double> between(double low, double high, int n) {
  std::vector<double> out;
  for (int i = 0; i <= n; ++i) out.push_back(low + (high - low) * (i + 0.37 * (i % 3)) / (n + 1));
  return out;
}

template <class T, class Dispatch, class Exact>
void expect_ulp(const std::vector<double>& at, Dispatch function, Exact exact, double limit) {
  const std::vector<T> x(at.begin(), at.end());
  std::vector<T> first;
  for_each_target([&](const char* target) {
    std::vector<T> y(x.size());
    function(x.data(), y.data(), x.size());
    if (first.empty()) {
      first = y;
      for (std::size_t i = 0; i < x.size(); ++i) ASSERT_LT(ulp(y[i], exact(static_cast<long double>(x[i]))), limit) << "at " << x[i];
    }
    ASSERT_EQ(y, first) << target << ": other bits";
  });
}

#define RANVIER_CALL(name) [](const auto* x, auto* y, std::size_t n) { HWY_DYNAMIC_DISPATCH(name)(x, y, n); }

TEST(Math, scalar_exp_is_within_2_ulp) {
  for (const double x : between(-708, 709, 20000)) ASSERT_LT(ulp(math::exp(x), expl(x)), 2) << x;
  for (const double x : between(-1, 1, 20000)) ASSERT_LT(ulp(math::exp(x), expl(x)), 2) << x;
}

TEST(Math, scalar_exp_keeps_its_limits) {
  EXPECT_EQ(math::exp(0), 1);
  EXPECT_EQ(math::exp(-800), 0);
  EXPECT_EQ(math::exp(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_TRUE(std::isinf(math::exp(710)));
  EXPECT_TRUE(std::isnan(math::exp(std::nan(""))));
}

TEST(Math, scalar_decay_is_within_2_ulp_down_to_where_it_ends) {
  for (const double x : between(-707.9, 0, 20000)) ASSERT_LE(ulp(math::decay(x), std::exp(static_cast<long double>(x))), 2) << x;
  for (const double x : between(-1, 0, 20000)) ASSERT_LE(ulp(math::decay(x), std::exp(static_cast<long double>(x))), 2) << x;
  EXPECT_EQ(math::decay(0), 1);
  EXPECT_EQ(math::decay(-0.0), 1);
  EXPECT_EQ(math::decay(-708), 0);
  EXPECT_EQ(math::decay(-std::numeric_limits<double>::infinity()), 0);
  EXPECT_TRUE(std::isnan(math::decay(std::nan(""))));
}

TEST(Math, scalar_expm1_and_exprel_are_within_4_ulp) {
  for (const double x : between(-3, 3, 20000)) {
    ASSERT_LT(ulp(math::expm1(x), expm1l(x)), 4) << x;
    ASSERT_LT(ulp(math::exprel(x), x == 0 ? 1 : expm1l(x) / x), 4) << x;
  }
  for (const double x : {1e-300, -1e-16, 1e-8, -1e-5}) ASSERT_LT(ulp(math::expm1(x), expm1l(x)), 2) << x;
  EXPECT_EQ(math::exprel(0), 1);
}

TEST(Math, scalar_log_is_within_2_ulp) {
  for (const double x : between(1e-3, 3, 20000)) {
    if (std::fabs(x - 1) > 1e-3) ASSERT_LT(ulp(math::log(x), logl(x)), 2) << x;
    else ASSERT_NEAR(math::log(x), static_cast<double>(logl(x)), 1e-18) << x;
  }
  for (const double x : {1e-308, 1e-100, 1e100, 1e308, 4.9e-324}) ASSERT_LT(ulp(math::log(x), logl(x)), 2) << x;
  EXPECT_TRUE(std::isnan(math::log(-1)));
  EXPECT_EQ(math::log(0), -std::numeric_limits<double>::infinity());
}

TEST(Math, scalar_sin_and_cos_have_absolute_errors_below_1e_15) {
  for (const double x : between(-7, 7, 20000)) {
    ASSERT_NEAR(math::sin(x), static_cast<double>(sinl(x)), 1e-15) << x;
    ASSERT_NEAR(math::cos(x), static_cast<double>(cosl(x)), 2e-15) << x;
  }
}

TEST(Math, vector_exp_is_within_2_ulp_and_alike_on_every_target) {
  const auto exact = [](long double x) { return expl(x); };
  expect_ulp<float>(between(-86.9, 87.9, 20001), RANVIER_CALL(exp_float), exact, 2);
  expect_ulp<float>(between(-1, 1, 20001), RANVIER_CALL(exp_float), exact, 2);
  expect_ulp<double>(between(-707, 708, 20001), RANVIER_CALL(exp_double), exact, 2);
  expect_ulp<double>(between(-1, 1, 20001), RANVIER_CALL(exp_double), exact, 2);
}

TEST(Math, vector_exp_keeps_its_limits) {
  for_each_target([&](const char* target) {
    const float x[] = {0, -200, std::numeric_limits<float>::quiet_NaN(), -std::numeric_limits<float>::infinity(), 500};
    float y[5];
    HWY_DYNAMIC_DISPATCH(exp_float)(x, y, 5);
    EXPECT_EQ(y[0], 1) << target;
    EXPECT_EQ(y[1], 0) << target;
    EXPECT_TRUE(std::isnan(y[2])) << target;
    EXPECT_EQ(y[3], 0) << target;
    EXPECT_TRUE(std::isfinite(y[4])) << target;
  });
}

TEST(Math, vector_exprel_is_within_5_ulp_and_alike_on_every_target) {
  const auto exact = [](long double x) { return x == 0 ? 1 : expm1l(x) / x; };
  expect_ulp<float>(between(-80, 80, 20001), RANVIER_CALL(exprel_float), exact, 5);
  expect_ulp<float>(between(-1, 1, 20001), RANVIER_CALL(exprel_float), exact, 5);
  expect_ulp<double>(between(-700, 80, 20001), RANVIER_CALL(exprel_double), exact, 5);
  expect_ulp<double>(between(-1, 1, 20001), RANVIER_CALL(exprel_double), exact, 5);
  expect_ulp<double>({0, 1e-300, -1e-9}, RANVIER_CALL(exprel_double), exact, 1);
}

TEST(Math, vector_log_is_within_3_ulp_away_from_1_and_alike_on_every_target) {
  const auto exact = [](long double x) { return logl(x); };
  expect_ulp<float>(between(1e-6, 0.9, 20001), RANVIER_CALL(log_float), exact, 3);
  expect_ulp<float>(between(1.1, 1e6, 20001), RANVIER_CALL(log_float), exact, 3);
  expect_ulp<float>({1.2e-38, 1e-30, 1e-9, 0.125, 0.5, 2, 1e30, 3e38}, RANVIER_CALL(log_float), exact, 3);
}

/// Probability of the normal distribution below z, accurate in its lower tail.
long double normal_below(long double z) { return erfcl(-z / sqrtl(2)) / 2; }

TEST(Math, normal_quantile_inverts_the_normal_distribution) {
  std::vector<std::uint32_t> words;
  for (std::uint32_t k = 0; k < 20011; ++k) words.push_back(k * 214643u);
  for (const std::uint32_t w : {0u, 1u, 2u, 100u, 0x7FFFFFFFu, 0x80000000u, 0xFFFFFFFFu, 0xFFFFFFFEu}) words.push_back(w);
  std::vector<float> first;
  for_each_target([&](const char* target) {
    std::vector<float> z(words.size());
    HWY_DYNAMIC_DISPATCH(quantile)(words.data(), z.data(), words.size());
    if (first.empty()) first = z;
    ASSERT_EQ(z, first) << target << ": other bits";
  });
  for (std::size_t i = 0; i < words.size(); ++i) {
    const long double lower = (words[i] + 0.5L) / 4294967296.0L, tail = std::min(lower, 1 - lower);
    const long double z = std::fabs(static_cast<long double>(first[i]));
    // relative error of the tail's probability; a change of z by 1e-6 (|z| + 1) is what float32 allows
    const long double density = expl(-z * z / 2) / sqrtl(2 * acosl(-1));
    ASSERT_LT(std::fabs(normal_below(-z) - tail), 2e-6L * (z + 1) * density) << words[i];
    ASSERT_TRUE(first[i] == 0 || (first[i] < 0) == (words[i] < 0x80000000u));  // 0 within 2^-25 of the middle
  }
}

TEST(Math, normal_quantile_is_antisymmetric) {
  const std::uint32_t words[] = {0, 17, 0x12345678, 0x7FFFFFFF, 0xFFFFFFFF, 0xFFFFFFFF - 17, 0xFFFFFFFF - 0x12345678, 0x80000000};
  float z[8];
  HWY_DYNAMIC_DISPATCH(quantile)(words, z, 8);
  for (int k = 0; k < 4; ++k) EXPECT_EQ(z[k], -z[k + 4]);
}

TEST(Philox, words_are_the_published_known_answers) {
  EXPECT_EQ(philox({0, 0}, 0, 0, 0, 0), (Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  constexpr std::uint32_t ones = 0xFFFFFFFF;
  EXPECT_EQ(philox({ones, ones}, ones, ones, ones, ones), (Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox({0xa4093822, 0x299f31d0}, 0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344), (Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(Philox, vector_words_are_the_scalar_words_on_every_target) {
  const StreamKey key{0xa4093822, 0x299f31d0};
  const std::uint32_t counter[] = {0xFFFFFFF8, 7, 0x13198a2e, 3};  // c0 wraps round
  for_each_target([&](const char* target) {
    std::uint32_t out[4 * 32];
    HWY_DYNAMIC_DISPATCH(philox_words)(key, counter, out, 32);
    for (std::uint32_t i = 0; i < 32; ++i) {
      const Words w = philox(key, counter[0] + i, counter[1], counter[2], counter[3]);
      for (std::size_t r = 0; r < 4; ++r) ASSERT_EQ(out[4 * i + r], w[r]) << target << ' ' << i;
    }
  });
}

TEST(Philox, streams_of_different_purpose_or_object_differ) {
  const auto first = [](Purpose purpose, std::uint32_t object) { return philox(stream_key(42, purpose, object), 0, 0, 0, 0)[0]; };
  EXPECT_NE(first(Purpose::choice, 0), first(Purpose::split, 0));
  EXPECT_NE(first(Purpose::choice, 0), first(Purpose::choice, 1));
}

TEST(Philox, derived_seeds_differ) {
  for (std::uint64_t a = 0; a < 4; ++a)
    for (std::uint64_t b = 0; b < a; ++b) EXPECT_NE(derive_seed(1, a), derive_seed(1, b));
}

TEST(Philox, uniform01_never_is_0_or_1) {
  EXPECT_GT(uniform01(0), 0);
  EXPECT_LT(uniform01(0xFFFFFFFF), 1);
}

}  // namespace
}  // namespace ranvier::tests
#endif
