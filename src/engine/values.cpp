// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/values.cpp"
#include <hwy/foreach_target.h>

#include "core/math-inl.hpp"
#include "core/random-inl.hpp"
#include "engine/values.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

const hn::CappedTag<float, 16> df;
const hn::RebindToUnsigned<decltype(df)> du;
const hn::RebindToSigned<decltype(df)> di;
using VF = hn::Vec<decltype(df)>;
using VU = hn::Vec<decltype(du)>;

/// Calls body(i, count) for whole vectors, then once for the rest through padded copies.
template <class Body>
HWY_INLINE void for_vectors(std::size_t n, Body body) {
  const std::size_t lanes = hn::Lanes(df);
  std::size_t i = 0;
  for (; i + lanes <= n; i += lanes) body(i, lanes);
  if (i < n) body(i, n - i);
}

template <class D, class T>
HWY_INLINE hn::Vec<D> load_some(D d, const T* p, std::size_t count) {
  if (count == hn::Lanes(d)) return hn::LoadU(d, p);
  HWY_ALIGN T buffer[16] = {};
  for (std::size_t k = 0; k < count; ++k) buffer[k] = p[k];
  return hn::Load(d, buffer);
}

template <class D, class T>
HWY_INLINE void store_some(hn::Vec<D> v, D d, T* p, std::size_t count) {
  if (count == hn::Lanes(d)) return hn::StoreU(v, d, p);
  HWY_ALIGN T buffer[16];
  hn::Store(v, d, buffer);
  for (std::size_t k = 0; k < count; ++k) p[k] = buffer[k];
}

HWY_INLINE VF uniform_of(VU w) {  // (w + 1/2) 2^-32, from the upper 24 bits rounded: enough for a value in float
  const VF high = hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<8>(w)));
  return hn::Mul(hn::Add(high, hn::Set(df, 0.5f)), hn::Set(df, 0x1p-24f));
}

HWY_INLINE VF minus_log_of_rest(VU w) {  // -ln(1 - u), u = (w + 1/2) 2^-32, with the upper tail at full resolution
  const VU rest = hn::Not(w);
  const auto small = hn::Eq(hn::ShiftRight<31>(rest), hn::Zero(du));
  // below 2^31 the integer converts as it is; above, half of it does
  const VF exact = hn::Mul(hn::Add(hn::ConvertTo(df, hn::BitCast(di, rest)), hn::Set(df, 0.5f)), hn::Set(df, 0x1p-32f));
  const VF half = hn::Mul(hn::Add(hn::ConvertTo(df, hn::BitCast(di, hn::ShiftRight<1>(rest))), hn::Set(df, 0.25f)), hn::Set(df, 0x1p-31f));
  return hn::Neg(log_positive(df, hn::IfThenElse(hn::RebindMask(df, small), exact, half)));
}

HWY_INLINE VU narrow(VU w, const Sampler::Plan& p) {
  if (p.word_count == 0) return w;
  VU high, low;
  mul_high_low(du, w, hn::Set(du, p.word_count), high, low);
  return hn::Add(high, hn::Set(du, p.word_first));
}

void Draw(const Sampler::Plan& p, const std::uint32_t* words, std::size_t n, float* out) {
  using Kind = Values::Kind;
  const VF a = hn::Set(df, p.a), b = hn::Set(df, p.b);
  const VF low = hn::Set(df, p.low_clip), high = hn::Set(df, p.high_clip);
  for_vectors(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const VU w = narrow(load_some(du, words + i, count), p);
    VF x = a;
    switch (static_cast<Kind>(p.kind)) {
      case Kind::normal: x = fma(df, b, normal_quantile(df, w), a); break;
      case Kind::lognormal: x = exp(df, fma(df, b, normal_quantile(df, w), a)); break;
      case Kind::uniform: x = fma(df, b, uniform_of(w), a); break;
      case Kind::exponential: x = hn::Mul(a, minus_log_of_rest(w)); break;
      default: break;
    }
    store_some(hn::Min(hn::Max(x, low), high), df, out + i, count);
  });
}

template <class Counter>
HWY_INLINE void words_for(StreamKey key, std::size_t n, std::uint32_t* choice, std::uint32_t* weight, std::uint32_t* delay, Counter counter) {
  for_vectors(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
    VU c0, c1, c2, c3 = hn::Zero(du);
    counter(i, count, c0, c1, c2);
    philox(du, key, c0, c1, c2, c3);
    store_some(c0, du, choice + i, count);
    store_some(c1, du, weight + i, count);
    store_some(c2, du, delay + i, count);
  });
}

void Words(StreamKey key, std::uint32_t unit_low, std::uint32_t unit_high, std::uint32_t number, std::size_t n,
           std::uint32_t* choice, std::uint32_t* weight, std::uint32_t* delay) {
  words_for(key, n, choice, weight, delay, [&](std::size_t i, std::size_t, VU& c0, VU& c1, VU& c2) HWY_ATTR {
    c0 = hn::Iota(du, number + static_cast<std::uint32_t>(i));
    c1 = hn::Set(du, unit_low);
    c2 = hn::Set(du, unit_high);
  });
}

void WordsScattered(StreamKey key, const std::uint32_t* unit_low, std::uint32_t unit_high, const std::uint32_t* number, std::size_t n,
                    std::uint32_t* choice, std::uint32_t* weight, std::uint32_t* delay) {
  words_for(key, n, choice, weight, delay, [&](std::size_t i, std::size_t count, VU& c0, VU& c1, VU& c2) HWY_ATTR {
    c0 = load_some(du, number + i, count);
    c1 = load_some(du, unit_low + i, count);
    c2 = hn::Set(du, unit_high);
  });
}

void Quantise(const float* weight, std::size_t n, float per_quantum, std::uint32_t* magnitude) {
  for_vectors(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const VF x = hn::Min(hn::Mul(hn::Abs(load_some(df, weight + i, count)), hn::Set(df, per_quantum)), hn::Set(df, 65535.0f));
    store_some(hn::BitCast(du, hn::ConvertTo(di, hn::Round(x))), du, magnitude + i, count);
  });
}

void ToSteps(const float* delay_ms, std::size_t n, float per_ms, std::uint32_t* steps) {
  for_vectors(n, [&](std::size_t i, std::size_t count) HWY_ATTR {
    const VF x = hn::Min(hn::Max(hn::Mul(load_some(df, delay_ms + i, count), hn::Set(df, per_ms)), hn::Set(df, 1.0f)), hn::Set(df, 65535.0f));
    store_some(hn::BitCast(du, hn::ConvertTo(di, hn::Round(x))), du, steps + i, count);
  });
}

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>

#include "core/math.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
HWY_EXPORT(Draw);
HWY_EXPORT(Words);
HWY_EXPORT(WordsScattered);
HWY_EXPORT(Quantise);
HWY_EXPORT(ToSteps);

namespace {
float draw_plan(const Sampler::Plan& plan, std::uint32_t word) {
  float x;
  HWY_DYNAMIC_DISPATCH(Draw)(plan, &word, 1, &x);
  return x;
}

/// First word whose value is >= bound (all quantile functions ascend); 2^32 where there is none.
std::uint64_t first_word_at_least(const Sampler::Plan& plan, double bound, bool strictly_above) {
  std::uint64_t low = 0, high = std::uint64_t{1} << 32;
  while (low < high) {
    const std::uint64_t middle = (low + high) / 2;
    const double x = static_cast<double>(draw_plan(plan, static_cast<std::uint32_t>(middle)));
    if (strictly_above ? x > bound : x >= bound) high = middle; else low = middle + 1;
  }
  return low;
}
}  // namespace

Sampler::Sampler(const Values& v) {
  using Kind = Values::Kind;
  constexpr float infinity = std::numeric_limits<float>::infinity();
  if (v.kind == Kind::column) {
    column_view_ = *v.column;
    column_ = column_view_.data();
    lowest_ = highest_ = column_view_.empty() ? 0 : column_view_[0];
    for (double x : column_view_) { lowest_ = std::min(lowest_, x); highest_ = std::max(highest_, x); }
    return;
  }
  if (v.is_constant()) {
    constant_ = true;
    a_ = lowest_ = highest_ = std::clamp(v.a, v.min, v.max);
    return;
  }
  plan_ = {static_cast<int>(v.kind), static_cast<float>(v.a), static_cast<float>(v.b), -infinity, infinity, 0, 0};
  if (v.kind == Kind::lognormal) {
    const double s2 = math::log(1 + v.b * v.b / (v.a * v.a));
    plan_.a = static_cast<float>(math::log(v.a) - s2 / 2);
    plan_.b = static_cast<float>(std::sqrt(s2));
  }
  if (v.kind == Kind::uniform) plan_.b = static_cast<float>(v.b - v.a);
  if (v.outside == Values::Outside::redraw) {
    const std::uint64_t first = std::isinf(v.min) ? 0 : first_word_at_least(plan_, v.min, false);
    const std::uint64_t end = std::isinf(v.max) ? std::uint64_t{1} << 32 : first_word_at_least(plan_, v.max, true);
    if (first >= end) throw InputError("no draw of this distribution can lie within its bounds: widen min and max, or move the mean");
    if (end - first < std::uint64_t{1} << 32) {
      plan_.word_first = static_cast<std::uint32_t>(first);
      plan_.word_count = static_cast<std::uint32_t>(end - first);
    }
  } else {
    plan_.low_clip = static_cast<float>(v.min);
    plan_.high_clip = static_cast<float>(v.max);
  }
  lowest_ = static_cast<double>(draw_plan(plan_, 0));
  highest_ = static_cast<double>(draw_plan(plan_, 0xFFFFFFFFu));
}

void Sampler::draw(const std::uint32_t* words, const std::uint32_t* index, std::size_t n, float* out) const {
  if (constant_) std::fill_n(out, n, static_cast<float>(a_));
  else if (column_) for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<float>(column_[index[i]]);
  else HWY_DYNAMIC_DISPATCH(Draw)(plan_, words, n, out);
}

double Sampler::draw_one(std::uint32_t word, std::size_t index) const {
  if (constant_) return a_;
  return column_ ? column_[index] : static_cast<double>(draw_plan(plan_, word));
}

void synapse_words(StreamKey key, std::uint32_t unit_low, std::uint32_t unit_high, std::uint32_t number, std::size_t n,
                   std::uint32_t* choice, std::uint32_t* weight, std::uint32_t* delay) {
  HWY_DYNAMIC_DISPATCH(Words)(key, unit_low, unit_high, number, n, choice, weight, delay);
}
void synapse_words_scattered(StreamKey key, const std::uint32_t* unit_low, std::uint32_t unit_high, const std::uint32_t* number,
                             std::size_t n, std::uint32_t* choice, std::uint32_t* weight, std::uint32_t* delay) {
  HWY_DYNAMIC_DISPATCH(WordsScattered)(key, unit_low, unit_high, number, n, choice, weight, delay);
}
void quantise(const float* weight, std::size_t n, float per_quantum, std::uint32_t* magnitude) {
  HWY_DYNAMIC_DISPATCH(Quantise)(weight, n, per_quantum, magnitude);
}
void to_steps(const float* delay_ms, std::size_t n, float per_ms, std::uint32_t* steps) {
  HWY_DYNAMIC_DISPATCH(ToSteps)(delay_ms, n, per_ms, steps);
}

}  // namespace ranvier::engine
#endif
