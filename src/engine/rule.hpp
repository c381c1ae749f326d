// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Connectivity as a function: given the network and the seed the synapses are determined, whatever the
/// partition, and any part can be drawn without the rest.
///
/// A rule speaks in indices of its two slices: source i of [0, n_sources), target j of [0, n_targets). A shard
/// owns the targets [target_first, target_last) of each projection and asks for the synapses onto them, some
/// sources at a time. A synapse is keyed by (projection, unit, number); the unit is what the rule can draw by
/// itself: a tile of 256 sources x 1,024 targets, a target, or a source.

#include <array>
#include <cstdint>
#include <memory>

#include "core/philox.hpp"
#include "ranvier/network.hpp"

namespace ranvier::engine {

inline constexpr std::int64_t tile_sources = 256, tile_targets = 1024;

/// Up to 1,024 synapses, as a structure of arrays that stays in the L1 cache.
struct Batch {
  static constexpr std::size_t capacity = 1024;
  std::size_t n = 0;
  alignas(64) std::array<std::uint32_t, capacity> source, target;           ///< slice indices i and j
  alignas(64) std::array<std::uint32_t, capacity> weight_word, delay_word;  ///< random words
  alignas(64) std::array<std::uint32_t, capacity> number;                   ///< index for columns
};

class BatchSink {
 public:
  virtual ~BatchSink() = default;
  virtual void take(const Batch& batch) = 0;
};

/// Everything a rule needs to know of a projection and of the shard that asks.
struct RuleContext {
  const ProjectionSpec* projection;
  const PopulationSpec* source_population;   ///< positions, for distance rules
  const PopulationSpec* target_population;
  StreamKey choice_key, split_key;
  std::int64_t n_sources, n_targets;
  std::int64_t target_first, target_last;    ///< slice indices that the shard owns
  bool needs_words;                          ///< weights or delays are drawn
  bool same_population;
  std::int64_t sites = 1;                    ///< targets are (cell of the slice) x sites + site

  /// Whether source i and target j are one and the same cell.
  bool is_autapse(std::int64_t i, std::int64_t j) const {
    return same_population && projection->source[i] == projection->target[j / sites];
  }
};

/// The synapses of one projection onto one shard.
class RuleOnShard {
 public:
  virtual ~RuleOnShard() = default;
  /// Hands all synapses of the sources [first, last) to the sink, each once. Sources are asked for in ascending order.
  virtual void emit(std::int64_t first, std::int64_t last, BatchSink& sink) = 0;
};

std::unique_ptr<RuleOnShard> make_rule(const RuleContext& context);

/// Expected number of synapses (exact where the rule fixes it), and a bound on one target's in-degree that is
/// passed with a probability below 1e-20 (never, where the rule fixes it).
struct RuleSize {
  double synapses = 0;
  double indegree_bound = 0;
};
/// Sites of the receptor that a projection goes to; 1 for most kinds.
std::int64_t target_sites(const NetworkSpec& network, const ProjectionSpec& projection);

RuleSize rule_size(const ProjectionSpec& projection, const NetworkSpec& network);

/// The same of distance-dependent pairs, from a sample of them spread evenly: right within some percent.
double distance_synapses_expected(const ProjectionSpec& projection, const NetworkSpec& network);

// One function per file in rule/.
std::unique_ptr<RuleOnShard> make_tiled(const RuleContext&);     // fixed_total_number, pairwise_bernoulli
std::unique_ptr<RuleOnShard> make_by_target(const RuleContext&); // one_to_one, all_to_all, fixed_indegree, edges
std::unique_ptr<RuleOnShard> make_by_source(const RuleContext&); // fixed_outdegree
std::unique_ptr<RuleOnShard> make_distance(const RuleContext&);

/// Binomial and hypergeometric counts by inversion from the mode, in doubles of fixed operations.
std::int64_t binomial(std::int64_t n, double p, double u);
std::int64_t hypergeometric(std::int64_t draws, std::int64_t good, std::int64_t bad, double u);

}  // namespace ranvier::engine
