// SPDX-License-Identifier: Apache-2.0
/// The vector half of renewal.hpp: which cells have a spike in this step.
#if defined(RANVIER_ENGINE_RENEWAL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_ENGINE_RENEWAL_INL
#undef RANVIER_ENGINE_RENEWAL_INL
#else
#define RANVIER_ENGINE_RENEWAL_INL
#endif

#include "core/random-inl.hpp"
#include "engine/drive-inl.hpp"
#include "engine/renewal.hpp"

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

/// Constants of a renewal process, at five places of a membrane's constants from `first` on.
enum RenewalConstant : int { renewal_dt, renewal_dead, renewal_per_tau, renewal_complete, renewal_most, renewal_constants };

/// Cells with a spike in a step. rate: held, in Hz; changed where it is not usable as a rate. since: time since the last
/// spike, advanced as if there were none.
template <class D, class V>
HWY_INLINE hn::Mask<D> has_spike(D d, const V* c, V& rate, V& since, V uniform) {
  const V zero = hn::Zero(d), one = hn::Set(d, 1);
  rate = hn::Min(hn::Max(rate, zero), c[renewal_most]);
  const V from = hn::Max(hn::Sub(since, c[renewal_dead]), zero);
  const V live = hn::Sub(c[renewal_dt], hn::Min(hn::Max(hn::Sub(c[renewal_dead], since), zero), c[renewal_dt]));  // no difference of large times
  // the mean of e^{-s/tau} over the part of the step that is not dead
  const V left = hn::Mul(exp(d, hn::Neg(hn::Mul(from, c[renewal_per_tau]))), exprel(d, hn::Neg(hn::Mul(live, c[renewal_per_tau]))));
  const V hazard = hn::Mul(hn::Mul(rate, hn::Set(d, hn::TFromD<D>(1e-3))), hn::Mul(live, hn::Sub(one, left)));
  since = hn::Min(hn::Add(since, c[renewal_dt]), c[renewal_complete]);
  return hn::Lt(uniform, hn::Mul(hazard, exprel(d, hn::Neg(hazard))));  // 1 - e^{-hazard}, accurate where it is small
}

/// One uniform number for each cell of a block in a step, in (0, 1).
template <class D>
class UniformWords {
 public:
  UniformWords(StreamKey key, std::uint64_t first_cell, std::uint32_t step) : key_(key), first_(first_cell), step_(step) {}

  /// Of the cells from i on, i a multiple of the vector's length.
  HWY_INLINE hn::Vec<D> at(D d, std::size_t i) {
    using T = hn::TFromD<D>;
    const std::uint64_t cell = first_ + i, tile = cell / chance_tile;
    if (tile != tile_) draw(tile);
    const hn::Rebind<std::int32_t, D> di;
    const hn::RebindToUnsigned<decltype(di)> du;
    const auto half = hn::BitCast(di, hn::ShiftRight<1>(hn::Load(du, words_ + cell % chance_tile)));
    hn::Vec<D> x;
    if constexpr (sizeof(T) == 4) x = hn::ConvertTo(d, half);
    else x = hn::PromoteTo(d, half);
    return hn::Mul(hn::Add(x, hn::Set(d, T(0.5))), hn::Set(d, T(0x1p-31)));
  }

 private:
  HWY_NOINLINE void draw(std::uint64_t tile) {
    const hn::CappedTag<std::uint32_t, 16> du;
    for (std::size_t c = 0; c < 16; c += hn::Lanes(du)) {
      const std::uint64_t counter = tile * 16 + c;  // the sixteen differ in the low word only
      auto w0 = hn::Iota(du, static_cast<std::uint32_t>(counter)), w1 = hn::Set(du, static_cast<std::uint32_t>(counter >> 32));
      auto w2 = hn::Set(du, step_), w3 = hn::Zero(du);
      philox(du, key_, w0, w1, w2, w3);
      hn::Store(w0, du, words_ + c);
      hn::Store(w1, du, words_ + 16 + c);
      hn::Store(w2, du, words_ + 32 + c);
      hn::Store(w3, du, words_ + 48 + c);
    }
    tile_ = tile;
  }

  StreamKey key_;
  std::uint64_t first_, tile_ = ~std::uint64_t{0};
  std::uint32_t step_;
  HWY_ALIGN std::uint32_t words_[chance_tile];
};

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
