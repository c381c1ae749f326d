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
///
/// The even and the odd lanes go through the rounds apart, each word in the lower half of a 64-bit lane: the 64-bit
/// products then need no sorting into halves, only one shift each; what is left in the upper halves is ignored
/// (12 vector operations a round against 20).
template <class DU, class VU = hn::Vec<DU>>
HWY_INLINE void philox(DU du, StreamKey key, VU& c0, VU& c1, VU& c2, VU& c3) {
  const hn::RepartitionToWide<DU> dw;
  using VW = hn::Vec<decltype(dw)>;
  const auto even = [&](VU x) HWY_ATTR { return hn::BitCast(dw, x); };
  const auto odd = [&](VU x) HWY_ATTR { return hn::ShiftRight<32>(hn::BitCast(dw, x)); };
  const auto both = [&](VW e, VW o) HWY_ATTR { return hn::OddEven(hn::BitCast(du, hn::ShiftLeft<32>(o)), hn::BitCast(du, e)); };
  VW a0 = even(c0), a1 = even(c1), a2 = even(c2), a3 = even(c3), b0 = odd(c0), b1 = odd(c1), b2 = odd(c2), b3 = odd(c3);
  const VU m0 = hn::Set(du, 0xD2511F53u), m1 = hn::Set(du, 0xCD9E8D57u);
  std::uint32_t k0 = key.low, k1 = key.high;
  const auto round = [&](VW& x0, VW& x1, VW& x2, VW& x3, VW key0, VW key1) HWY_ATTR {
    const VW p0 = hn::MulEven(hn::BitCast(du, x0), m0), p1 = hn::MulEven(hn::BitCast(du, x2), m1);
    x0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), x1), key0);
    x1 = p1;
    x2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), x3), key1);
    x3 = p0;
  };
  for (int i = 0; i < 10; ++i) {
    const VW key0 = hn::Set(dw, k0), key1 = hn::Set(dw, k1);
    round(a0, a1, a2, a3, key0, key1);
    round(b0, b1, b2, b3, key0, key1);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  c0 = both(a0, b0);
  c1 = both(a1, b1);
  c2 = both(a2, b2);
  c3 = both(a3, b3);
}

}  // namespace HWY_NAMESPACE
}  // namespace ranvier
HWY_AFTER_NAMESPACE();
#endif
