// SPDX-License-Identifier: Apache-2.0
/// Rules without a constraint at the target. The unit is a tile of 256 sources x 1,024 targets:
///
///                 targets  0 .. 1023 | 1024 .. 2047 | ...
///     sources 0 .. 255     [  n00    ]  [  n01    ]        n: synapses of the tile, by a fixed tree of splits from
///           256 .. 511     [  n10    ]  [  n11    ]           the total (fixed_total_number), so that it is exact
///
/// Within a tile of fixed_total_number each synapse picks a pair; pairwise_bernoulli walks from pair to pair by
/// geometric gaps.
#include <algorithm>
#include <bit>
#include <vector>

#include "core/math.hpp"
#include "engine/rule.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

std::int64_t tiles(std::int64_t n, std::int64_t size) { return (n + size - 1) / size; }

class Tiled : public RuleOnShard {
 public:
  explicit Tiled(const RuleContext& c)
      : c_(c), groups_(tiles(c.n_sources, tile_sources)), tile_begin_(c.target_first / tile_targets), tile_end_(tiles(c.target_last, tile_targets)) {}

  void emit(std::int64_t first, std::int64_t last, BatchSink& sink) override {
    for (std::int64_t group = first / tile_sources; group * tile_sources < last; ++group)
      for (std::int64_t tile = tile_begin_; tile < tile_end_; ++tile) emit_tile(group, tile, first, last, sink);
  }

 protected:
  virtual void emit_tile(std::int64_t group, std::int64_t tile, std::int64_t first, std::int64_t last, BatchSink& sink) = 0;

  struct Extent {
    std::int64_t i, j, sources, targets;
  };
  Extent extent(std::int64_t group, std::int64_t tile) const {
    const std::int64_t i = group * tile_sources, j = tile * tile_targets;
    return {i, j, std::min(tile_sources, c_.n_sources - i), std::min(tile_targets, c_.n_targets - j)};
  }

  /// Keeps, of a batch of tile positions (source * targets + target), what was asked for.
  void keep(Batch& b, const Extent& e, std::int64_t first, std::int64_t last) const {
    const auto width = static_cast<std::uint32_t>(e.targets);
    const bool all = first <= e.i && e.i + e.sources <= last && c_.target_first <= e.j && e.j + e.targets <= c_.target_last;
    std::size_t kept = 0;
    for (std::size_t k = 0; k < b.n; ++k) {
      const std::uint32_t pair = b.source[k];
      const std::uint32_t s = pair / width, t = pair - s * width;
      const std::int64_t i = e.i + s, j = e.j + t;
      b.source[kept] = static_cast<std::uint32_t>(i);
      b.target[kept] = static_cast<std::uint32_t>(j);
      b.weight_word[kept] = b.weight_word[k];
      b.delay_word[kept] = b.delay_word[k];
      b.number[kept] = b.number[k];
      kept += all || (i >= first && i < last && j >= c_.target_first && j < c_.target_last);
    }
    b.n = kept;
  }

  RuleContext c_;
  std::int64_t groups_, tile_begin_, tile_end_;
  Batch batch_;
};

class FixedTotalNumber final : public Tiled {
 public:
  explicit FixedTotalNumber(const RuleContext& c) : Tiled(c), counts_(static_cast<std::size_t>(std::max<std::int64_t>(0, tile_end_ - tile_begin_) * groups_)) {
    if (counts_.empty()) return;
    prefix_tiles();
    split_tiles(0, tiles(c.n_targets, tile_targets), c.projection->rule.number, 1);
  }

 private:
  /// Pairs that a synapse may take in the given range of tiles and groups.
  std::int64_t pairs(std::int64_t group_first, std::int64_t group_last, std::int64_t tile_first, std::int64_t tile_last) const {
    const std::int64_t i0 = group_first * tile_sources, i1 = std::min(group_last * tile_sources, c_.n_sources);
    const std::int64_t j0 = tile_first * tile_targets, j1 = std::min(tile_last * tile_targets, c_.n_targets);
    std::int64_t diagonal = 0;
    if (!autapse_.empty())  // autapse_ holds, for each source in order, its own target index, ascending
      for (std::int64_t i = i0; i < i1; ++i) diagonal += autapse_[static_cast<std::size_t>(i)] >= j0 && autapse_[static_cast<std::size_t>(i)] < j1;
    return (i1 - i0) * (j1 - j0) - diagonal;
  }

  void prefix_tiles() {
    const auto& p = *c_.projection;
    if (!c_.same_population || p.rule.allow_autapses) return;
    autapse_.resize(static_cast<std::size_t>(c_.n_sources));
    for (std::int64_t i = 0; i < c_.n_sources; ++i) {
      const std::int64_t offset = p.source[i] - p.target.first;
      const bool inside = offset >= 0 && p.source[i] < p.target.last && offset % p.target.stride == 0;
      autapse_[static_cast<std::size_t>(i)] = inside ? offset / p.target.stride : -1;
    }
  }

  /// How many of n synapses fall into the first of two parts with a and b pairs.
  std::int64_t split(std::int64_t n, std::int64_t a, std::int64_t b, std::uint64_t node, std::uint32_t level) const {
    if (n == 0 || a + b == 0) return 0;
    const Words w = philox(c_.split_key, static_cast<std::uint32_t>(node), static_cast<std::uint32_t>(node >> 32), level, 0);
    const double u = (static_cast<double>(w[0]) + (static_cast<double>(w[1]) + 0.5) * 0x1p-32) * 0x1p-32;
    if (!c_.projection->rule.allow_multapses) return hypergeometric(n, a, b, u);
    return binomial(n, static_cast<double>(a) / static_cast<double>(a + b), u);
  }

  void split_tiles(std::int64_t first, std::int64_t last, std::int64_t n, std::uint64_t node) {
    if (last <= tile_begin_ || first >= tile_end_ || n == 0) return;
    if (last - first == 1) return split_groups(first, 0, groups_, n, 1);
    const std::int64_t middle = (first + last) / 2;
    const std::int64_t left = split(n, pairs(0, groups_, first, middle), pairs(0, groups_, middle, last), node, 0xFFFFFFFFu);
    split_tiles(first, middle, left, 2 * node);
    split_tiles(middle, last, n - left, 2 * node + 1);
  }

  void split_groups(std::int64_t tile, std::int64_t first, std::int64_t last, std::int64_t n, std::uint64_t node) {
    if (n == 0) return;
    if (last - first == 1) {
      counts_[static_cast<std::size_t>((tile - tile_begin_) * groups_ + first)] = n;
      return;
    }
    const std::int64_t middle = (first + last) / 2;
    const std::int64_t left = split(n, pairs(first, middle, tile, tile + 1), pairs(middle, last, tile, tile + 1), node, static_cast<std::uint32_t>(tile));
    split_groups(tile, first, middle, left, 2 * node);
    split_groups(tile, middle, last, n - left, 2 * node + 1);
  }

  void emit_tile(std::int64_t group, std::int64_t tile, std::int64_t first, std::int64_t last, BatchSink& sink) override {
    const Extent e = extent(group, tile);
    const std::int64_t n = counts_[static_cast<std::size_t>((tile - tile_begin_) * groups_ + group)];
    const auto pair_count = static_cast<std::uint64_t>(e.sources * e.targets);
    const auto unit_low = static_cast<std::uint32_t>(tile), unit_high = static_cast<std::uint32_t>(group);
    const bool choosy = !autapse_.empty() || !c_.projection->rule.allow_multapses;
    if (choosy) taken_.assign(pair_count, false);

    std::uint32_t word_number = 0;  // runs ahead of the count where a draw is refused
    for (std::int64_t made = 0; made < n;) {
      const std::size_t want = std::min<std::size_t>(Batch::capacity, static_cast<std::size_t>(n - made));
      synapse_words(c_.choice_key, unit_low, unit_high, word_number, want, batch_.source.data(), batch_.weight_word.data(), batch_.delay_word.data());
      std::size_t kept = 0;
      for (std::size_t k = 0; k < want; ++k) {
        const auto pair = static_cast<std::uint32_t>(batch_.source[k] * pair_count >> 32);
        if (choosy && refused(pair, e)) continue;
        batch_.source[kept] = pair;
        batch_.weight_word[kept] = batch_.weight_word[k];
        batch_.delay_word[kept] = batch_.delay_word[k];
        batch_.number[kept] = word_number + static_cast<std::uint32_t>(k);
        ++kept;
      }
      word_number += static_cast<std::uint32_t>(want);
      made += static_cast<std::int64_t>(kept);
      batch_.n = kept;
      keep(batch_, e, first, last);
      if (batch_.n) sink.take(batch_);
    }
  }

  bool refused(std::uint32_t pair, const Extent& e) {
    const std::int64_t i = e.i + pair / e.targets, j = e.j + pair % e.targets;
    if (!autapse_.empty() && autapse_[static_cast<std::size_t>(i)] == j) return true;
    if (c_.projection->rule.allow_multapses) return false;
    if (taken_[pair]) return true;
    taken_[pair] = true;
    return false;
  }

  std::vector<std::int64_t> counts_;   // [owned tiles][groups]
  std::vector<std::int64_t> autapse_;  // [n_sources] where autapses are refused, else empty
  std::vector<bool> taken_;
};

class PairwiseBernoulli final : public Tiled {
 public:
  explicit PairwiseBernoulli(const RuleContext& c) : Tiled(c), p_(c.projection->rule.probability), per_log_(p_ < 1 ? 1 / math::log(1 - p_) : 0) {}

 private:
  void emit_tile(std::int64_t group, std::int64_t tile, std::int64_t first, std::int64_t last, BatchSink& sink) override {
    const Extent e = extent(group, tile);
    const std::int64_t pair_count = e.sources * e.targets;
    if (p_ <= 0) return;
    std::uint32_t number = 0;
    for (std::int64_t pair = -1; pair < pair_count;) {
      const std::size_t want = Batch::capacity;
      synapse_words(c_.choice_key, static_cast<std::uint32_t>(tile), static_cast<std::uint32_t>(group), number, want, batch_.source.data(), batch_.weight_word.data(), batch_.delay_word.data());
      std::size_t kept = 0;
      for (std::size_t k = 0; k < want; ++k) {
        pair += p_ < 1 ? 1 + static_cast<std::int64_t>(math::log(uniform01(batch_.source[k])) * per_log_) : 1;
        if (pair >= pair_count) break;
        if (!c_.projection->rule.allow_autapses && c_.is_autapse(e.i + pair / e.targets, e.j + pair % e.targets)) continue;
        batch_.source[kept] = static_cast<std::uint32_t>(pair);
        batch_.weight_word[kept] = batch_.weight_word[k];
        batch_.delay_word[kept] = batch_.delay_word[k];
        batch_.number[kept] = number + static_cast<std::uint32_t>(k);
        ++kept;
      }
      number += static_cast<std::uint32_t>(want);
      batch_.n = kept;
      keep(batch_, e, first, last);
      if (batch_.n) sink.take(batch_);
    }
  }

  double p_, per_log_;
};

}  // namespace

std::unique_ptr<RuleOnShard> make_tiled(const RuleContext& c) {
  if (c.projection->rule.kind == Rule::Kind::fixed_total_number) return std::make_unique<FixedTotalNumber>(c);
  return std::make_unique<PairwiseBernoulli>(c);
}

}  // namespace ranvier::engine
