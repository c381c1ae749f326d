// SPDX-License-Identifier: Apache-2.0
/// Draws and packs the rows of synapses onto event-driven cells, one source population at a time. The rules and the
/// random words are those of all other synapses (rows.cpp); weights and delays stay as they are drawn.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/assemble.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

struct Record {
  std::uint32_t source, block, cell, projection, number;
  double delay_ms, weight;

  /// By source, delay and block come the segments; the rest is an order in which a cell's sums are the same
  /// on any number of shards.
  auto key() const { return std::tuple(source, delay_ms, block, cell, projection, number); }
};

/// One projection onto one block: turns batches into records.
class Collector final : public BatchSink {
 public:
  Collector(const Network& network, std::size_t projection, const Shard& shard, std::size_t block)
      : spec_(network.spec.projections[projection]), projection_(static_cast<std::uint32_t>(projection)), block_(static_cast<std::uint32_t>(block)), dt_(network.dt()),
        weight_(spec_.weight), delay_(spec_.delay_ms) {
    const Block& b = shard.blocks[block];
    const Slice& target = spec_.target;
    const auto slice_index = [&](std::int64_t cell) { return std::clamp<std::int64_t>((cell - target.first + target.stride - 1) / target.stride, 0, target.size()); };
    const std::int64_t last_cell = b.first + static_cast<std::int64_t>(b.n);
    const std::int64_t begin = b.first <= target.first ? 0 : slice_index(b.first), end = last_cell <= target.first ? 0 : slice_index(last_cell);
    first_cell_ = target.first - b.first;
    const std::uint64_t seed = network.spec.simulation.seed_network;
    context_ = {.projection = &spec_, .source_population = &network.spec.populations[static_cast<std::size_t>(spec_.source.population)],
                .target_population = &network.spec.populations[static_cast<std::size_t>(target.population)],
                .choice_key = stream_key(seed, Purpose::choice, projection_), .split_key = stream_key(seed, Purpose::split, projection_),
                .n_sources = spec_.source.size(), .n_targets = target.size(), .target_first = begin, .target_last = end,
                .needs_words = !(weight_.constant() && delay_.constant()), .same_population = spec_.source.population == target.population};
    if (end > begin) rule_ = make_rule(context_);
  }

  void collect(std::vector<Record>& records) {
    records_ = &records;
    if (rule_) rule_->emit(0, spec_.source.size(), *this);
  }

  void take(const Batch& b) override {
    for (std::size_t k = 0; k < b.n; ++k)
      records_->push_back({static_cast<std::uint32_t>(spec_.source[b.source[k]]), block_, static_cast<std::uint32_t>(first_cell_ + b.target[k] * spec_.target.stride),
                           projection_, context_.needs_words ? b.number[k] : 0, std::max(delay_.draw_one(b.delay_word[k], b.number[k]), dt_), weight_.draw_one(b.weight_word[k], b.number[k])});
  }

 private:
  const ProjectionSpec& spec_;
  std::uint32_t projection_, block_;
  double dt_;
  Sampler weight_, delay_;
  std::int64_t first_cell_ = 0;
  RuleContext context_{};
  std::unique_ptr<RuleOnShard> rule_;
  std::vector<Record>* records_ = nullptr;
};

void append(EventTable& table, std::int64_t first_source, std::vector<Record>& records) {
  std::sort(records.begin(), records.end(), [](const Record& a, const Record& b) { return a.key() < b.key(); });
  table.cells.reserve(table.cells.size() + records.size());
  table.weights.reserve(table.weights.size() + records.size());
  const Record* before = nullptr;
  for (const Record& r : records) {
    if (!before || std::tuple(r.source, r.delay_ms, r.block) != std::tuple(before->source, before->delay_ms, before->block)) {
      table.segments.push_back({.delay_ms = r.delay_ms, .first = table.cells.size(), .count = 0, .block = r.block});
      ++table.first_segment[static_cast<std::size_t>(first_source + r.source) + 1];
      table.delay_min_ms = std::min(table.delay_min_ms, r.delay_ms);
      table.delay_max_ms = std::max(table.delay_max_ms, r.delay_ms);
    }
    ++table.segments.back().count;
    table.cells.push_back(r.cell);
    table.weights.push_back(r.weight);
    before = &r;
  }
}

}  // namespace

void build_event_rows(const Network& network, Shard& shard) {
  const auto event_driven = [&](const Block& b) { return network.populations[static_cast<std::size_t>(b.population)].event != nullptr; };
  if (std::none_of(shard.blocks.begin(), shard.blocks.end(), event_driven)) return;
  EventTable& table = shard.events;
  table.first_segment.assign(static_cast<std::size_t>(network.neurons) + 1, 0);
  std::vector<Record> records;
  for (std::size_t k = 0; k < network.populations.size(); ++k) {
    records.clear();
    for (std::size_t p = 0; p < network.spec.projections.size(); ++p) {
      const ProjectionSpec& projection = network.spec.projections[p];
      for (std::size_t b = 0; b < shard.blocks.size() && projection.source.population == static_cast<int>(k); ++b)
        if (shard.blocks[b].population == projection.target.population && event_driven(shard.blocks[b])) Collector(network, p, shard, b).collect(records);
    }
    append(table, network.populations[k].first, records);
  }
  for (std::size_t s = 0; s + 1 < table.first_segment.size(); ++s) table.first_segment[s + 1] += table.first_segment[s];
}

void for_each_event_synapse(const Network& network, std::int64_t source, const std::function<void(const SynapseRecord&)>& visit) {
  for (const Shard& shard : network.shards) {
    if (shard.events.empty()) continue;
    for (const EventSegment& segment : shard.events.row(source)) {
      const Block& block = shard.blocks[segment.block];
      const std::int64_t first = network.populations[static_cast<std::size_t>(block.population)].first + block.first;
      const auto steps = static_cast<std::uint32_t>(std::llround(segment.delay_ms / network.dt()));
      for (std::uint64_t k = segment.first; k < segment.first + segment.count; ++k)
        visit({source, first + shard.events.cells[k], 0, steps, shard.events.weights[k], segment.delay_ms});
    }
  }
}

}  // namespace ranvier::engine
