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

/// Half of the lanes on their way through the rounds, each word in the lower half of a 64-bit lane: the 64-bit products
/// then need no sorting into halves, only one shift each; what is left in the upper halves is ignored (12 vector
/// operations a round for all lanes, against 20).
template <class DU>
struct PhiloxHalf {
  using VU = hn::Vec<DU>;
  using VW = hn::Vec<hn::RepartitionToWide<DU>>;
  VW x0, x1, x2, x3;

  HWY_INLINE void round(DU du, VU m0, VU m1, VW key0, VW key1) {
    const VW p0 = hn::MulEven(hn::BitCast(du, x0), m0), p1 = hn::MulEven(hn::BitCast(du, x2), m1);
    x0 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p1), x1), key0);
    x1 = p1;
    x2 = hn::Xor(hn::Xor(hn::ShiftRight<32>(p0), x3), key1);
    x3 = p0;
  }
};

/// Four words per lane for each of `sets` vectors of counters (c[0], c[1], c[2], c[3]), in place. A round waits for the
/// one before; the even and the odd lanes of all sets are independent, so that two sets keep the multipliers busy.
template <int sets, class DU, class VU = hn::Vec<DU>>
HWY_INLINE void philox(DU du, StreamKey key, VU (*c)[4]) {
  const hn::RepartitionToWide<DU> dw;
  using VW = hn::Vec<decltype(dw)>;
  const auto even = [&](VU x) HWY_ATTR { return hn::BitCast(dw, x); };
  const auto odd = [&](VU x) HWY_ATTR { return hn::ShiftRight<32>(hn::BitCast(dw, x)); };
  const auto both = [&](VW e, VW o) HWY_ATTR { return hn::OddEven(hn::BitCast(du, hn::ShiftLeft<32>(o)), hn::BitCast(du, e)); };
  PhiloxHalf<DU> a[sets], b[sets];
  for (int s = 0; s < sets; ++s) {
    a[s] = {even(c[s][0]), even(c[s][1]), even(c[s][2]), even(c[s][3])};
    b[s] = {odd(c[s][0]), odd(c[s][1]), odd(c[s][2]), odd(c[s][3])};
  }
  const VU m0 = hn::Set(du, 0xD2511F53u), m1 = hn::Set(du, 0xCD9E8D57u);
  std::uint32_t k0 = key.low, k1 = key.high;
  for (int i = 0; i < 10; ++i) {
    const VW key0 = hn::Set(dw, k0), key1 = hn::Set(dw, k1);
    for (int s = 0; s < sets; ++s) {
      a[s].round(du, m0, m1, key0, key1);
      b[s].round(du, m0, m1, key0, key1);
    }
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  for (int s = 0; s < sets; ++s) {
    c[s][0] = both(a[s].x0, b[s].x0);
    c[s][1] = both(a[s].x1, b[s].x1);
    c[s][2] = both(a[s].x2, b[s].x2);
    c[s][3] = both(a[s].x3, b[s].x3);
  }
}

template <class DU, class VU = hn::Vec<DU>>
HWY_INLINE void philox(DU du, StreamKey key, VU& c0, VU& c1, VU& c2, VU& c3) {
  VU c[1][4] = {{c0, c1, c2, c3}};
  philox<1>(du, key, c);
  c0 = c[0][0], c1 = c[0][1], c2 = c[0][2], c3 = c[0][3];
}

}  // namespace HWY_NAMESPACE
}  // namespace ranvier
HWY_AFTER_NAMESPACE();
#endif
