// SPDX-License-Identifier: Apache-2.0
/// The vector layer: Highway, with the few operations whose result would differ between targets wrapped.
/// Included once per target inside HWY_NAMESPACE files (hence no ordinary guard).
#if defined(RANVIER_CORE_SIMD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_CORE_SIMD_INL
#undef RANVIER_CORE_SIMD_INL
#else
#define RANVIER_CORE_SIMD_INL
#endif

#include <hwy/highway.h>

#include <cmath>
#include <cstddef>
#include <cstdint>

HWY_BEFORE_NAMESPACE();
namespace ranvier {
namespace HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

template <class D> using VecOf = hn::Vec<D>;
template <class D> using MaskOf = hn::Mask<D>;

/// a * b + c, rounded once, on every target (EMU128's own MulAdd rounds twice).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V fma(D d, V a, V b, V c) {
#if HWY_TARGET == HWY_EMU128 || HWY_TARGET == HWY_SCALAR
  using T = hn::TFromD<D>;
  HWY_ALIGN T x[HWY_MAX_BYTES / sizeof(T)], y[HWY_MAX_BYTES / sizeof(T)], z[HWY_MAX_BYTES / sizeof(T)];
  hn::Store(a, d, x); hn::Store(b, d, y); hn::Store(c, d, z);
  for (std::size_t i = 0; i < hn::Lanes(d); ++i) z[i] = std::fma(x[i], y[i], z[i]);
  return hn::Load(d, z);
#else
  (void)d;
  return hn::MulAdd(a, b, c);
#endif
}

}  // namespace HWY_NAMESPACE
}  // namespace ranvier
HWY_AFTER_NAMESPACE();
#endif
