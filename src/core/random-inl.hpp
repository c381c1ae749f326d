// SPDX-License-Identifier: Apache-2.0
/// Philox4x32-10 over vectors: one counter per 32-bit lane. Same words as core/philox.hpp.
#if defined(RANVIER_CORE_RANDOM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_CORE_RANDOM_INL
#undef RANVIER_CORE_RANDOM_INL
#else
#define RANVIER_CORE_RANDOM_INL
#endif

#include "core/philox.hpp"
#include "core/simd-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier {
namespace HWY_NAMESPACE {

/// High and low halves of the 64-bit product of each 32-bit lane with m.
template <class DU, class VU>
HWY_INLINE void mul_high_low(DU du, VU x, VU m, VU& high, VU& low) {
  const hn::RepartitionToWide<DU> dw;
  const auto even = hn::MulEven(x, m);
  const auto odd = hn::MulEven(hn::BitCast(du, hn::ShiftRight<32>(hn::BitCast(dw, x))), m);
  low = hn::OddEven(hn::BitCast(du, hn::ShiftLeft<32>(odd)), hn::BitCast(du, even));
  high = hn::OddEven(hn::BitCast(du, odd), hn::BitCast(du, hn::ShiftRight<32>(even)));
}

/// Four words per lane for the counters (c0, c1, c2, c3), in place.
template <class DU, class VU = hn::Vec<DU>>
HWY_INLINE void philox(DU du, StreamKey key, VU& c0, VU& c1, VU& c2, VU& c3) {
  const VU m0 = hn::Set(du, 0xD2511F53u), m1 = hn::Set(du, 0xCD9E8D57u);
  std::uint32_t k0 = key.low, k1 = key.high;
  for (int round = 0; round < 10; ++round) {
    VU high0, low0, high1, low1;
    mul_high_low(du, c0, m0, high0, low0);
    mul_high_low(du, c2, m1, high1, low1);
    c0 = hn::Xor(hn::Xor(high1, c1), hn::Set(du, k0));
    c1 = low1;
    c2 = hn::Xor(hn::Xor(high0, c3), hn::Set(du, k1));
    c3 = low0;
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace ranvier
HWY_AFTER_NAMESPACE();
#endif
