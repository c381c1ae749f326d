// SPDX-License-Identifier: Apache-2.0
/// Rules whose unit is a target: its owner draws all its inputs, then transposes them locally (a counting sort by
/// source, 8 bytes a synapse, given back when the rows are built).
#include <algorithm>
#include <functional>
#include <vector>

#include "engine/rule.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

/// Hands over synapses (source, target, number) that are keyed by (target, number).
class Scattered {
 public:
  explicit Scattered(const RuleContext& c) : c_(c) {}

  void add(std::int64_t source, std::int64_t target, std::uint32_t number, BatchSink& sink) {
    batch_.source[batch_.n] = static_cast<std::uint32_t>(source);
    batch_.target[batch_.n] = static_cast<std::uint32_t>(target);
    batch_.number[batch_.n] = number;
    if (++batch_.n == Batch::capacity) flush(sink);
  }

  void flush(BatchSink& sink) {
    if (batch_.n == 0) return;
    if (c_.needs_words) {
      std::array<std::uint32_t, Batch::capacity> choice;
      synapse_words_scattered(c_.choice_key, batch_.target.data(), 0, batch_.number.data(), batch_.n, choice.data(), batch_.weight_word.data(), batch_.delay_word.data());
    }
    sink.take(batch_);
    batch_.n = 0;
  }

 private:
  const RuleContext& c_;
  Batch batch_;
};

class ByTarget : public RuleOnShard {
 public:
  explicit ByTarget(const RuleContext& c) : c_(c), out_(c_) {}

 protected:
  RuleContext c_;
  Scattered out_;
};

class OneToOne final : public ByTarget {
 public:
  using ByTarget::ByTarget;
  void emit(std::int64_t first, std::int64_t last, BatchSink& sink) override {
    const std::int64_t end = std::min({last, c_.target_last, c_.n_targets});
    for (std::int64_t i = std::max(first, c_.target_first); i < end; ++i) out_.add(i, i, 0, sink);
    out_.flush(sink);
  }
};

class AllToAll final : public ByTarget {
 public:
  using ByTarget::ByTarget;
  void emit(std::int64_t first, std::int64_t last, BatchSink& sink) override {
    const bool autapses = c_.projection->rule.allow_autapses;
    for (std::int64_t i = first; i < last; ++i)
      for (std::int64_t j = c_.target_first; j < c_.target_last; ++j)
        if (autapses || !c_.is_autapse(i, j)) out_.add(i, j, static_cast<std::uint32_t>(i), sink);
    out_.flush(sink);
  }
};

/// Synapses listed once by target, then served by source.
class Transposed : public ByTarget {
 public:
  using ByTarget::ByTarget;
  void emit(std::int64_t first, std::int64_t last, BatchSink& sink) override {
    if (!ready_) transpose();
    for (std::int64_t i = first; i < last; ++i)
      for (std::uint64_t k = begin_[static_cast<std::size_t>(i)]; k < begin_[static_cast<std::size_t>(i) + 1]; ++k)
        out_.add(i, c_.target_first + items_[k].target, items_[k].number, sink);
    out_.flush(sink);
  }

 protected:
  struct Item {
    std::uint32_t target, number;  // target from the first that the shard owns
  };
  /// Calls visit(source, target offset, number) for each synapse, the same ones in the same order each time.
  virtual void list(const std::function<void(std::int64_t, std::uint32_t, std::uint32_t)>& visit) = 0;

 private:
  void transpose() {
    begin_.assign(static_cast<std::size_t>(c_.n_sources) + 2, 0);
    list([&](std::int64_t i, std::uint32_t, std::uint32_t) { ++begin_[static_cast<std::size_t>(i) + 2]; });
    for (std::size_t k = 2; k < begin_.size(); ++k) begin_[k] += begin_[k - 1];
    items_.resize(begin_.back());
    list([&](std::int64_t i, std::uint32_t target, std::uint32_t number) { items_[begin_[static_cast<std::size_t>(i) + 1]++] = {target, number}; });
    ready_ = true;
  }
  bool ready_ = false;
  std::vector<std::uint64_t> begin_;
  std::vector<Item> items_;
};

class FixedIndegree final : public Transposed {
 public:
  using Transposed::Transposed;

 private:
  void list(const std::function<void(std::int64_t, std::uint32_t, std::uint32_t)>& visit) override {
    const Rule& rule = c_.projection->rule;
    const bool choosy = !rule.allow_multapses || !rule.allow_autapses;
    std::array<std::uint32_t, Batch::capacity> choice, unused1, unused2;
    std::vector<std::uint32_t> taken_at(rule.allow_multapses ? 0 : static_cast<std::size_t>(c_.n_sources), 0);
    for (std::int64_t j = c_.target_first; j < c_.target_last; ++j) {
      const auto mark = static_cast<std::uint32_t>(j - c_.target_first + 1);
      std::uint32_t number = 0;
      for (std::int64_t made = 0; made < rule.number;) {
        const std::size_t want = std::min<std::size_t>(Batch::capacity, static_cast<std::size_t>(rule.number - made));
        synapse_words(c_.choice_key, static_cast<std::uint32_t>(j), 0, number, want, choice.data(), unused1.data(), unused2.data());
        for (std::size_t k = 0; k < want; ++k) {
          const auto i = static_cast<std::int64_t>(choice[k] * static_cast<std::uint64_t>(c_.n_sources) >> 32);
          if (choosy) {
            if (!rule.allow_autapses && c_.is_autapse(i, j)) continue;
            if (!rule.allow_multapses) {
              if (taken_at[static_cast<std::size_t>(i)] == mark) continue;
              taken_at[static_cast<std::size_t>(i)] = mark;
            }
          }
          visit(i, mark - 1, number + static_cast<std::uint32_t>(k));
          ++made;
        }
        number += static_cast<std::uint32_t>(want);
      }
    }
  }
};

class Edges final : public Transposed {
 public:
  using Transposed::Transposed;

 private:
  void list(const std::function<void(std::int64_t, std::uint32_t, std::uint32_t)>& visit) override {
    const auto& sources = *c_.projection->rule.edge_sources;
    const auto& targets = *c_.projection->rule.edge_targets;
    const Rule& rule = c_.projection->rule;
    for (std::size_t e = 0; e < targets.size(); ++e) {
      if (targets[e] < c_.target_first || targets[e] >= c_.target_last) continue;
      if (!rule.allow_autapses && c_.is_autapse(sources[e], targets[e])) continue;
      visit(sources[e], static_cast<std::uint32_t>(targets[e] - c_.target_first), static_cast<std::uint32_t>(e));
    }
  }
};

}  // namespace

std::unique_ptr<RuleOnShard> make_by_target(const RuleContext& c) {
  switch (c.projection->rule.kind) {
    case Rule::Kind::one_to_one: return std::make_unique<OneToOne>(c);
    case Rule::Kind::all_to_all: return std::make_unique<AllToAll>(c);
    case Rule::Kind::fixed_indegree: return std::make_unique<FixedIndegree>(c);
    default: return std::make_unique<Edges>(c);
  }
}

}  // namespace ranvier::engine
