// SPDX-License-Identifier: Apache-2.0
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/poisson.cpp"
#include <hwy/foreach_target.h>

#include "core/random-inl.hpp"
#include "engine/poisson.hpp"

#ifndef RANVIER_POISSON_SCALAR
#define RANVIER_POISSON_SCALAR
namespace ranvier::engine {
inline constexpr std::int64_t poisson_tile = 128;
inline constexpr std::uint32_t words_of_a_tile = 16;  // counters

inline int count_by_word(const PoissonTable& t, std::uint32_t word) {
  int count = 0;
  while (count < static_cast<int>(t.thresholds.size()) && word >= t.thresholds[static_cast<std::size_t>(count)]) ++count;
  return count;
}

/// The half word of an entity: a function of its place in the tile.
inline std::uint32_t half_word(StreamKey key, std::uint32_t step, std::uint32_t draw, std::int64_t entity) {
  const auto tile = static_cast<std::uint64_t>(entity) / 128;
  const auto inside = static_cast<std::uint32_t>(entity % 128);
  const std::uint64_t counter = tile * words_of_a_tile + inside % 16;
  const Words w = philox(key, static_cast<std::uint32_t>(counter), step, static_cast<std::uint32_t>(counter >> 32), draw);
  return w[inside / 32] >> (inside / 16 % 2 * 16) & 0xFFFF;
}
}  // namespace ranvier::engine
#endif

HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

/// The upper half of the first threshold that is not below the word, given how many are: where the two are equal, the
/// lower halves decide. Tables of 16 bytes, one for each byte of the answer.
template <class DS, class VS>
HWY_INLINE VS next_threshold(DS ds, const PoissonTable& t, VS count) {
  const hn::Repartition<std::uint8_t, DS> db;
  const auto index = hn::BitCast(db, hn::Or(count, hn::ShiftLeft<8>(count)));
  if (HWY_LIKELY(t.high.size() < 16)) {
    const auto low = hn::TableLookupBytes(hn::LoadDup128(db, t.low_byte.data()), index);
    const auto high = hn::TableLookupBytes(hn::LoadDup128(db, t.high_byte.data()), index);
    return hn::BitCast(ds, hn::OddEven(high, low));
  }
  HWY_ALIGN std::int16_t lanes[HWY_MAX_BYTES / 2];
  hn::Store(count, ds, lanes);
  for (std::size_t i = 0; i < hn::Lanes(ds); ++i) lanes[i] = static_cast<std::size_t>(lanes[i]) < t.high.size() ? t.high[static_cast<std::size_t>(lanes[i])] : std::int16_t(0x7FFF);
  return hn::Load(ds, lanes);
}

/// A draw of one Poisson input in one step: what all its tiles share.
struct Draw {
  const PoissonTable& table;
  StreamKey key, low_key;
  std::uint32_t step, number;
};

/// The counters of the entities of `sets` tiles from the one given on, lanes from c on, before and after Philox.
template <int sets, class DU, class VU = hn::Vec<DU>>
HWY_INLINE void draw_words(DU du, const Draw& draw, std::uint64_t tile, std::size_t c, VU (*w)[4]) {
  for (int s = 0; s < sets; ++s) {
    const std::uint64_t counter = (tile + static_cast<std::uint64_t>(s)) * words_of_a_tile + c;
    w[s][0] = hn::Iota(du, static_cast<std::uint32_t>(counter));
    w[s][1] = hn::Set(du, draw.step);
    w[s][2] = hn::Set(du, static_cast<std::uint32_t>(counter >> 32));
    w[s][3] = hn::Set(du, draw.number);
  }
  philox<sets>(du, draw.key, w);
}

/// From words to counts, as 16-bit lanes: pairs[64] holds entity pairs (low half, high half) of word w and counter c at
/// [16 w + c]. Ties, where 16 bits do not decide, are finished one at a time.
template <class DU, class VU = hn::Vec<DU>>
HWY_INLINE void count_words(DU du, const Draw& draw, std::uint64_t tile, std::size_t c, const VU* w, std::uint32_t* pairs) {
  const PoissonTable& t = draw.table;
  const hn::RepartitionToNarrow<DU> dh;
  const hn::RebindToSigned<decltype(dh)> ds;
  const auto flip = hn::Set(ds, std::int16_t(-32768));
  using VS = hn::Vec<decltype(ds)>;
  const VS one = hn::Set(ds, std::int16_t(1));
  VS u[4], count[4];
  for (std::size_t k = 0; k < 4; ++k) {
    u[k] = hn::Xor(hn::BitCast(ds, w[k]), flip);
    count[k] = hn::Zero(ds);
  }
  const auto compare = [&](std::size_t begin, std::size_t end) HWY_ATTR {
    for (std::size_t j = begin; j < end; ++j) {
      const VS limit = hn::Set(ds, t.high[j]);
      for (std::size_t k = 0; k < 4; ++k) count[k] = hn::IfThenElse(hn::Gt(u[k], limit), hn::Add(count[k], one), count[k]);
    }
  };
  compare(0, t.common);
  // Counts beyond the common ones are met in one tile of several: worth a branch.
  const VS largest = hn::Max(hn::Max(u[0], u[1]), hn::Max(u[2], u[3]));
  if (!hn::AllFalse(ds, hn::Gt(largest, hn::Set(ds, t.high[t.common - 1])))) compare(t.common, t.high.size());

  for (std::size_t k = 0; k < 4; ++k) {
    hn::Store(hn::BitCast(du, count[k]), du, pairs + 16 * k + c);
    const auto tie = hn::Eq(u[k], next_threshold(ds, t, count[k]));
    if (HWY_UNLIKELY(!hn::AllFalse(ds, tie))) {
      HWY_ALIGN std::uint32_t drawn[16];
      hn::Store(w[k], du, drawn);
      std::uint8_t bits[8] = {};
      hn::StoreMaskBits(ds, tie, bits);
      std::uint32_t left = bits[0] | static_cast<std::uint32_t>(bits[1]) << 8 | static_cast<std::uint32_t>(bits[2]) << 16 | static_cast<std::uint32_t>(bits[3]) << 24;
      for (; left; left &= left - 1) {
        const auto lane = static_cast<std::uint32_t>(__builtin_ctz(left)), counter_lane = lane / 2, shift = lane % 2 * 16;
        const auto entity = static_cast<std::int64_t>(tile * 128 + 32 * k + shift + c + counter_lane);
        const std::uint32_t word = (drawn[counter_lane] >> shift & 0xFFFF) << 16 | half_word(draw.low_key, draw.step, draw.number, entity);
        std::uint32_t& pair = pairs[16 * k + c + counter_lane];
        pair = (pair & ~(0xFFFFu << shift)) | static_cast<std::uint32_t>(count_by_word(t, word)) << shift;
      }
    }
  }
}

/// The counts of one draw of `n` tiles (1 or 2), pairs[64] each.
HWY_INLINE void draw_tiles(const Draw& draw, std::uint64_t tile, std::size_t n, std::uint32_t* pairs) {
  const hn::CappedTag<std::uint32_t, 16> du;
  using VU = hn::Vec<decltype(du)>;
  VU w[2][4];
  if (n == 2 && hn::Lanes(du) == words_of_a_tile) {
    draw_words<2>(du, draw, tile, 0, w);
    count_words(du, draw, tile, 0, w[0], pairs);
    count_words(du, draw, tile + 1, 0, w[1], pairs + 64);
    return;
  }
  for (std::size_t k = 0; k < n; ++k)
    for (std::size_t c = 0; c < words_of_a_tile; c += hn::Lanes(du)) {
      draw_words<1>(du, draw, tile + k, c, w);
      count_words(du, draw, tile + k, c, w[0], pairs + 64 * k);
    }
}

/// The counts of `n` tiles (1 or 2), all draws.
HWY_INLINE void count_tiles(const PoissonTable& t, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::uint64_t tile, std::size_t n, std::uint32_t* pairs) {
  Draw draw{t, stream_key(seed, Purpose::poisson, object), stream_key(seed, Purpose::poisson_low, object), step, 0};
  draw_tiles(draw, tile, n, pairs);
  for (draw.number = 1; static_cast<int>(draw.number) < t.draws; ++draw.number) {
    HWY_ALIGN std::uint32_t more[128];
    draw_tiles(draw, tile, n, more);
    for (std::size_t k = 0; k < 64 * n; ++k) pairs[k] += more[k];  // halves do not carry: counts are far below 2^16
  }
}

/// The count of an entity of a tile.
HWY_INLINE std::uint32_t count_in(const std::uint32_t* pairs, std::size_t inside) { return pairs[inside / 32 * 16 + inside % 16] >> (inside / 16 % 2 * 16) & 0xFFFF; }

/// Calls use(first entity of the tile, its counts as pairs[64]) for the tiles that hold [first, last), two drawn at once.
template <class Use>
HWY_INLINE void for_tiles(const PoissonTable& t, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t first, std::int64_t last, Use use) {
  HWY_ALIGN std::uint32_t pairs[128];
  const std::int64_t end = (last + poisson_tile - 1) / poisson_tile;
  for (std::int64_t tile = first / poisson_tile; tile < end; tile += 2) {
    const auto n = static_cast<std::size_t>(std::min<std::int64_t>(2, end - tile));
    count_tiles(t, seed, object, step, static_cast<std::uint64_t>(tile), n, pairs);
    for (std::size_t k = 0; k < n; ++k) use((tile + static_cast<std::int64_t>(k)) * poisson_tile, pairs + 64 * k);
  }
}

void Counts(const PoissonTable& t, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t first, std::int64_t last, std::uint16_t* counts) {
  for_tiles(t, seed, object, step, first, last, [&](std::int64_t begin, const std::uint32_t* pairs) {
    for (std::int64_t j = std::max(first, begin); j < std::min(last, begin + poisson_tile); ++j)
      counts[j - first] = static_cast<std::uint16_t>(count_in(pairs, static_cast<std::size_t>(j - begin)));
  });
}

/// sums[128] += counts x weight.
HWY_INLINE void add_whole_tile(const std::uint32_t* pairs, std::int32_t weight, std::int32_t* sums) {
  const hn::CappedTag<std::int32_t, 16> di;
  const hn::RebindToUnsigned<decltype(di)> du;
  const auto w = hn::Set(di, weight);
  const auto low_half = hn::Set(du, 0xFFFFu);
  for (std::size_t k = 0; k < 4; ++k)
    for (std::size_t c = 0; c < 16; c += hn::Lanes(di)) {
      const auto pair = hn::Load(du, pairs + 16 * k + c);
      const auto low = hn::BitCast(di, hn::And(pair, low_half)), high = hn::BitCast(di, hn::ShiftRight<16>(pair));
      std::int32_t* a = sums + 32 * k + c;
      hn::StoreU(hn::Add(hn::LoadU(di, a), hn::Mul(low, w)), di, a);
      hn::StoreU(hn::Add(hn::LoadU(di, a + 16), hn::Mul(high, w)), di, a + 16);
    }
}

void Add(const PoissonTable& t, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t first, std::int64_t last, std::int32_t weight, std::int32_t* sums) {
  for_tiles(t, seed, object, step, first, last, [&](std::int64_t begin, const std::uint32_t* pairs) HWY_ATTR {
    if (begin >= first && begin + poisson_tile <= last) return add_whole_tile(pairs, weight, sums + (begin - first));
    for (std::int64_t j = std::max(first, begin); j < std::min(last, begin + poisson_tile); ++j)
      sums[j - first] += static_cast<std::int32_t>(count_in(pairs, static_cast<std::size_t>(j - begin))) * weight;
  });
}

}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <cmath>

#include "core/math.hpp"
#include "engine/assemble.hpp"

namespace ranvier::engine {
HWY_EXPORT(Counts);
HWY_EXPORT(Add);

PoissonTable::PoissonTable(double mean_) : mean(mean_) {
  if (mean <= 0) return;
  draws = std::max(1, static_cast<int>(std::ceil(mean / 10)));
  const double m = mean / draws;
  double p = math::exp(-m), sum = p;
  for (int k = 1; sum * 0x1p32 < 4294967295.5 && k < 200; ++k) {
    thresholds.push_back(static_cast<std::uint32_t>(sum * 0x1p32));
    p *= m / k;
    sum += p;
  }
  for (const std::uint32_t t : thresholds) {
    high.push_back(static_cast<std::int16_t>(static_cast<std::uint16_t>((t >> 16) ^ 0x8000)));
    if ((t >> 16) == 0xFFFF) break;  // further ones are met only through a tie with this one
  }
  constexpr double rare = 1.0 / 1024;  // one tile in eight then has to look further
  while (common < high.size() && (thresholds[common] >> 16) < (1 - rare) * 65536) ++common;
  common = std::min(common + 1, high.size());
  low_byte.fill(0xFF);
  high_byte.fill(0x7F);
  for (std::size_t k = 0; k < std::min<std::size_t>(high.size(), 15); ++k) {
    low_byte[k] = static_cast<std::uint8_t>(high[k]);
    high_byte[k] = static_cast<std::uint8_t>(static_cast<std::uint16_t>(high[k]) >> 8);
  }
}

void poisson_counts(const PoissonTable& t, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t first, std::int64_t last, std::uint16_t* counts) {
  if (t.draws == 0) std::fill_n(counts, last - first, std::uint16_t{0});
  else HWY_DYNAMIC_DISPATCH(Counts)(t, seed, object, step, first, last, counts);
}

void add_poisson(const PoissonTable& t, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t first, std::int64_t last, std::int32_t weight, std::int32_t* sums) {
  if (t.draws) HWY_DYNAMIC_DISPATCH(Add)(t, seed, object, step, first, last, weight, sums);
}

int poisson_count(const PoissonTable& t, std::uint64_t seed, std::uint32_t object, std::uint32_t step, std::int64_t entity) {
  const StreamKey key = stream_key(seed, Purpose::poisson, object), low = stream_key(seed, Purpose::poisson_low, object);
  int count = 0;
  for (int draw = 0; draw < t.draws; ++draw) {
    const std::uint32_t high_half = half_word(key, step, static_cast<std::uint32_t>(draw), entity);
    count += count_by_word(t, high_half << 16 | half_word(low, step, static_cast<std::uint32_t>(draw), entity));
  }
  return count;
}

int poisson_count_max(double mean) {
  const PoissonTable t(mean);
  return t.draws * static_cast<int>(t.thresholds.size());
}

}  // namespace ranvier::engine
#endif
