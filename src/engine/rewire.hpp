// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The synapses of one projection while they are rewired: what a rule of structure looks at and what it changes.

#include <cstdint>
#include <set>
#include <vector>

#include "core/philox.hpp"
#include "engine/plastic.hpp"
#include "engine/structure.hpp"

namespace ranvier::engine {

/// The synapses of a projection onto one shard.
struct PlasticPart {
  std::size_t shard = 0, index = 0;     ///< index in the shard's plastic tables
  PlasticSynapses* synapses = nullptr;
  std::int64_t first_cell = 0;          ///< of the block, within the population
};
/// All parts of a projection, in the order of their targets.
std::vector<PlasticPart> plastic_parts(const Network& network, const State& state, std::size_t projection);

/// A synapse to be put into a table.
struct MadeSynapse {
  std::uint32_t source, delay, cell, number;  ///< index in the slice; steps; cell of the block; among equal ones
  double weight;                              ///< without sign
};

/// A table without the removed synapses and with the made ones, which are sorted by (source, delay, cell, number).
///   origin   [synapses] which synapse of the old table each was, or `fresh`
struct RewiredTable {
  static constexpr std::uint32_t fresh = 0xFFFFFFFFu;
  PlasticTable table;
  std::vector<std::uint32_t> origin;
};
RewiredTable rewired(const PlasticTable& old, const std::vector<bool>& removed, const std::vector<MadeSynapse>& made);
/// A copy.
PlasticTable same_table(const PlasticTable& table);
/// A column of synapses after some have come and gone: those that stay move to their new places, the n-th of the others, from 0 on, starts at fresh(n).
template <class T, class Fresh>
HugeArray<T> rewired_column(const HugeArray<T>& column, const std::vector<std::uint32_t>& origin, Fresh fresh) {
  HugeArray<T> next(origin.size());
  std::size_t n = 0;
  for (std::size_t k = 0; k < origin.size(); ++k) next[k] = origin[k] == RewiredTable::fresh ? fresh(n++) : column[origin[k]];
  return next;
}

class Rewiring {
 public:
  /// One of the present synapses. Cells are counted within the slices; `number` tells apart those that agree in source, target
  /// and delay. None of it depends on the partition but `part` and `synapse`.
  struct Bound {
    std::uint32_t source, target, delay, number;
    std::uint32_t part, synapse;
  };

  /// interval: the number of this rewiring, from 1 on.
  Rewiring(const Network& network, const State& state, int projection, std::uint32_t interval);

  std::uint32_t sources() const { return static_cast<std::uint32_t>(spec_.source.size()); }
  std::uint32_t targets() const { return static_cast<std::uint32_t>(spec_.target.size()); }
  const ProjectionSpec& spec() const { return spec_; }

  /// Calls visit(Bound) for all synapses that are not removed yet; the order depends on the partition.
  template <class Visit>
  void for_each(Visit visit) const {
    for (std::uint32_t source = 0; source < sources(); ++source) for_each_of(source, visit);
  }
  template <class Visit>
  void for_each_of(std::uint32_t source, Visit visit) const;

  /// Four random words for a synapse; for element or place `number` of a cell.
  Words words(const Bound& synapse) const;
  Words words(Side side, std::uint32_t cell, std::uint32_t number) const;

  /// Whether the pair may get a (further) synapse: autapses and multapses as the projection allows them. Synapses that are removed
  /// after the first call still count.
  bool may_join(std::uint32_t source, std::uint32_t target) const;

  void remove(const Bound& synapse);
  void add(std::uint32_t source, std::uint32_t target);
  std::int64_t removed() const { return n_removed_; }
  std::int64_t made() const { return static_cast<std::int64_t>(made_.size()); }

  /// Makes the tables anew. Weights and delays of the made synapses are drawn; the others keep all that they have.
  void apply(std::uint32_t step);

 private:
  struct Pair {
    std::uint32_t source, target;
    friend auto operator<=>(const Pair&, const Pair&) = default;
  };
  std::uint32_t source_id(std::uint32_t source) const { return static_cast<std::uint32_t>(first_source_ + spec_.source[source]); }
  std::uint32_t target_id(std::uint32_t target) const { return static_cast<std::uint32_t>(first_target_ + spec_.target[target]); }
  std::uint32_t target_index(std::int64_t cell) const { return static_cast<std::uint32_t>((cell - spec_.target.first) / spec_.target.stride); }
  bool is_autapse(std::uint32_t source, std::uint32_t target) const { return source_id(source) == target_id(target); }
  std::vector<std::vector<MadeSynapse>> draw_made();

  const Network& network_;
  const ProjectionSpec& spec_;
  const std::int64_t first_source_, first_target_;  // global ids of the populations
  const std::uint32_t interval_;
  const StreamKey lost_key_, element_key_, birth_key_;
  std::vector<PlasticPart> parts_;
  std::vector<std::vector<bool>> gone_;             // [parts][synapses], empty where none is
  std::int64_t n_removed_ = 0;
  std::vector<Pair> made_;
  // where multapses are not allowed:
  mutable std::vector<Pair> kept_;                  // pairs with a synapse that is not removed, sorted; filled when first asked for
  mutable bool kept_known_ = false;
  std::set<Pair> made_pairs_;
};

template <class Visit>
void Rewiring::for_each_of(std::uint32_t source, Visit visit) const {
  for (std::uint32_t p = 0; p < parts_.size(); ++p) {
    const PlasticTable& table = parts_[p].synapses->table();
    Bound b{source, 0, 0, 0, p, 0};
    std::uint32_t last_cell = 0xFFFFFFFFu;
    for (std::uint32_t g = table.row[source]; g < table.row[source + 1]; ++g) {
      const PlasticSegment& segment = table.segments[g];
      if (segment.delay != b.delay) last_cell = 0xFFFFFFFFu;
      b.delay = segment.delay;
      for (b.synapse = segment.first; b.synapse < segment.first + segment.count; ++b.synapse) {
        const std::uint32_t cell = table.targets[b.synapse];
        b.number = cell == last_cell ? b.number + 1 : 0;
        last_cell = cell;
        b.target = target_index(parts_[p].first_cell + cell);
        if (gone_[p].empty() || !gone_[p][b.synapse]) visit(static_cast<const Bound&>(b));
      }
    }
  }
}

}  // namespace ranvier::engine
