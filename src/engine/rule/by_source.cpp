// SPDX-License-Identifier: Apache-2.0
/// Fixed out-degree: the unit is a source. Every shard draws all targets of a source and keeps its own, which costs
/// one random word a synapse and shard and needs no agreement between shards.
#include <algorithm>
#include <vector>

#include "engine/rule.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

class FixedOutdegree final : public RuleOnShard {
 public:
  explicit FixedOutdegree(const RuleContext& c) : c_(c), taken_by_(c.projection->rule.allow_multapses ? 0 : static_cast<std::size_t>(c.n_targets), -1) {}

  void emit(std::int64_t first, std::int64_t last, BatchSink& sink) override {
    for (std::int64_t i = first; i < last; ++i) emit_source(i, sink);
  }

 private:
  void emit_source(std::int64_t i, BatchSink& sink) {
    const Rule& rule = c_.projection->rule;
    std::uint32_t number = 0;
    for (std::int64_t made = 0; made < rule.number;) {
      const std::size_t want = std::min<std::size_t>(Batch::capacity, static_cast<std::size_t>(rule.number - made));
      synapse_words(c_.choice_key, static_cast<std::uint32_t>(i), 0, number, want, batch_.target.data(), batch_.weight_word.data(), batch_.delay_word.data());
      std::size_t kept = 0;
      for (std::size_t k = 0; k < want; ++k) {
        const auto j = static_cast<std::int64_t>(batch_.target[k] * static_cast<std::uint64_t>(c_.n_targets) >> 32);
        if (!rule.allow_autapses && c_.is_autapse(i, j)) continue;
        if (!rule.allow_multapses) {
          if (taken_by_[static_cast<std::size_t>(j)] == i) continue;
          taken_by_[static_cast<std::size_t>(j)] = i;
        }
        ++made;
        if (j < c_.target_first || j >= c_.target_last) continue;
        batch_.source[kept] = static_cast<std::uint32_t>(i);
        batch_.target[kept] = static_cast<std::uint32_t>(j);
        batch_.weight_word[kept] = batch_.weight_word[k];
        batch_.delay_word[kept] = batch_.delay_word[k];
        batch_.number[kept] = number + static_cast<std::uint32_t>(k);
        ++kept;
      }
      number += static_cast<std::uint32_t>(want);
      batch_.n = kept;
      if (kept) sink.take(batch_);
    }
  }

  RuleContext c_;
  std::vector<std::int64_t> taken_by_;  // [n_targets] the last source that took it, where multapses are refused
  Batch batch_;
};

}  // namespace

std::unique_ptr<RuleOnShard> make_by_source(const RuleContext& c) { return std::make_unique<FixedOutdegree>(c); }

}  // namespace ranvier::engine
