// SPDX-License-Identifier: Apache-2.0
/// Draws and packs the rows of synapses with a state, 256 sources at a time. The rules and the random words are those of
/// all other synapses (rows.cpp).
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/assemble.hpp"
#include "engine/plastic.hpp"
#include "engine/structure.hpp"
#include "engine/values.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

/// Sorted by source, delay, cell and number, an order that the partition has no part in.
struct Record {
  std::uint32_t source_delay, cell, number;  ///< source within its group << 16 | delay
  float weight_high, weight_low;             ///< their sum, so that the record stays small
  friend bool operator<(const Record& a, const Record& b) {
    return std::tuple(a.source_delay, a.cell, a.number) < std::tuple(b.source_delay, b.cell, b.number);
  }
};

/// Rules that give no synapse: for projections whose synapses are to grow.
bool makes_none(const Rule& rule) {
  switch (rule.kind) {
    case Rule::Kind::fixed_indegree:
    case Rule::Kind::fixed_outdegree:
    case Rule::Kind::fixed_total_number: return rule.number == 0;
    case Rule::Kind::pairwise_bernoulli:
    case Rule::Kind::distance: return rule.probability == 0;
    default: return false;
  }
}

class Collector final : public BatchSink {
 public:
  Collector(const Network& network, std::size_t projection, const Block& block)
      : spec_(network.spec.projections[projection]), dt_(network.dt()), weight_(spec_.weight), delay_(spec_.delay_ms) {
    const Slice& target = spec_.target;
    const auto slice_index = [&](std::int64_t cell) { return std::clamp<std::int64_t>((cell - target.first + target.stride - 1) / target.stride, 0, target.size()); };
    const std::int64_t last_cell = block.first + static_cast<std::int64_t>(block.n);
    const std::int64_t begin = block.first <= target.first ? 0 : slice_index(block.first), end = last_cell <= target.first ? 0 : slice_index(last_cell);
    first_cell_ = target.first - block.first;
    const std::uint64_t seed = network.spec.simulation.seed_network;
    const auto object = static_cast<std::uint32_t>(spec_.words_of >= 0 ? spec_.words_of : static_cast<int>(projection));
    context_ = {.projection = &spec_, .source_population = &network.spec.populations[static_cast<std::size_t>(spec_.source.population)],
                .target_population = &network.spec.populations[static_cast<std::size_t>(target.population)],
                .choice_key = stream_key(seed, Purpose::choice, object), .split_key = stream_key(seed, Purpose::split, object),
                .n_sources = spec_.source.size(), .n_targets = target.size(), .target_first = begin, .target_last = end,
                .needs_words = !(weight_.constant() && delay_.constant()), .same_population = spec_.source.population == target.population};
    if (end > begin && !makes_none(spec_.rule)) rule_ = make_rule(context_);
  }

  /// The synapses of the sources [first, last) of the slice, sorted.
  const std::vector<Record>& collect(std::int64_t first, std::int64_t last) {
    records_.clear();
    first_ = first;
    if (rule_) rule_->emit(first, last, *this);
    std::sort(records_.begin(), records_.end());
    return records_;
  }

  void take(const Batch& b) override {
    for (std::size_t k = 0; k < b.n; ++k) {
      const auto delay = static_cast<std::uint32_t>(std::max<long>(1, std::lround(delay_.draw_one(b.delay_word[k], b.number[k]) / dt_)));
      const double w = std::fabs(weight_.draw_one(b.weight_word[k], b.number[k]));
      const auto high = static_cast<float>(w);
      records_.push_back({static_cast<std::uint32_t>(b.source[k] - first_) << 16 | delay, static_cast<std::uint32_t>(first_cell_ + b.target[k] * spec_.target.stride),
                          context_.needs_words ? b.number[k] : 0, high, static_cast<float>(w - static_cast<double>(high))});
    }
  }

 private:
  const ProjectionSpec& spec_;
  double dt_;
  Sampler weight_, delay_;
  std::int64_t first_cell_ = 0, first_ = 0;
  RuleContext context_{};
  std::unique_ptr<RuleOnShard> rule_;
  std::vector<Record> records_;
};

/// Which of the weights of a table are to be kept one by one.
struct Kept {
  bool weights, rests;
};

void append(PlasticTable& table, const std::vector<Record>& records, std::uint32_t n_sources, Kept kept, std::vector<std::uint32_t>& targets) {
  auto r = records.begin();
  for (std::uint32_t source = 0; source < n_sources; ++source) {
    for (; r != records.end() && r->source_delay >> 16 == source; ++r) {
      const std::uint32_t delay = r->source_delay & 0xFFFF;
      const bool fresh = table.segments.size() == table.row.back() || table.segments.back().delay != delay || table.segments.back().count == 0xFFFF;
      if (fresh) table.segments.push_back({static_cast<std::uint32_t>(targets.size()), static_cast<std::uint16_t>(delay), 0});
      ++table.segments.back().count;
      targets.push_back(r->cell);
      table.delay_min = std::min(table.delay_min, delay);
      table.delay_max = std::max(table.delay_max, delay);
      if (kept.weights) table.weights.push_back(r->weight_high);
      if (kept.rests) table.weight_rests.push_back(r->weight_low);
    }
    table.row.push_back(static_cast<std::uint32_t>(table.segments.size()));
  }
}

PlasticTable build_table(const Network& network, const Shard& shard, std::size_t projection, std::size_t block) {
  const ProjectionSpec& spec = network.spec.projections[projection];
  const Population& to = network.populations[static_cast<std::size_t>(spec.target.population)];
  const Receptor& receptor = to.receptors[static_cast<std::size_t>(spec.receptor)];
  const Block& b = shard.blocks[block];
  const Sampler weight(spec.weight);
  PlasticTable table{.projection = static_cast<int>(projection), .block = block, .cells = b.padded(), .first_cell = b.first, .slot = b.slot + static_cast<std::size_t>(receptor.slot) * b.padded(),
                     .quantum = receptor.quantum, .sign = weight.lowest() < 0 ? -1.0 : 1.0, .fraction = spec.dendritic_delay_fraction, .row = {0}};
  if (weight.constant()) table.weight = std::fabs(weight.constant_value());
  const Kept kept{.weights = !weight.constant(), .rests = !weight.constant() && network.spec.simulation.double_precision};
  Collector collector(network, projection, b);
  std::vector<std::uint32_t> targets;
  const auto expected = static_cast<std::size_t>(1.02 * rule_size(spec, network.spec).synapses * static_cast<double>(b.n) / static_cast<double>(to.size));
  targets.reserve(expected);
  if (kept.weights) table.weights.reserve(expected);
  if (kept.rests) table.weight_rests.reserve(expected);
  constexpr std::int64_t group = 256;
  for (std::int64_t first = 0; first < spec.source.size(); first += group) {
    const std::int64_t last = std::min(first + group, spec.source.size());
    append(table, collector.collect(first, last), static_cast<std::uint32_t>(last - first), kept, targets);
    if (targets.size() >= 0xFFFF0000u) throw InputError(fmt::format("{}: more than 4.29e9 plastic synapses on one thread\n  try: more threads", spec.where));
  }
  if (structure_of(spec)) {  // delays of synapses to come
    const DelayBounds bounds = delay_bounds(spec, network.dt());
    table.delay_min = std::min(table.delay_min, bounds.low);
    table.delay_max = std::max(table.delay_max, bounds.high);
  }
  table.synapses = targets.size();
  table.targets = HugeArray<std::uint32_t>(targets.size());
  std::copy(targets.begin(), targets.end(), table.targets.begin());
  return table;
}

}  // namespace

void build_plastic_rows(const Network& network, Shard& shard) {
  for (std::size_t k = 0; k < network.spec.projections.size(); ++k) {
    const ProjectionSpec& p = network.spec.projections[k];
    for (std::size_t b = 0; b < shard.blocks.size() && is_plastic(p); ++b)
      if (shard.blocks[b].population == p.target.population) shard.plastic.push_back(build_table(network, shard, k, b));
  }
}

}  // namespace ranvier::engine
