// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Input that needs no synapse of the network, as one shard sees it: Poisson trains added to the input slots,
/// currents laid beside the cells, and sources that fire. Everything is a function of (seed, input, entity, step).
///
/// An input is on in step s (from time s - 1 to s) when start < s <= stop, start and stop in steps: a current that
/// starts at t acts from t on, the first Poisson spike can arrive one step later.

#include <cstdint>
#include <vector>

#include "engine/network.hpp"
#include "engine/poisson.hpp"
#include "engine/state.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {

/// Value of a schedule at time t [ms].
double schedule_value(const Schedule& schedule, double t_ms);

/// Poisson trains into one receptor of one block.
class PoissonInput {
 public:
  PoissonInput(const Network& network, std::size_t index, const Block& block);
  bool empty() const { return last_ <= first_; }
  /// Adds this step's arrivals to the slots of the block's cells [cell, cell + n).
  void add(std::uint32_t step, std::size_t cell, std::size_t n, void* sums);
  /// Where cells sleep: calls wake(cell) for each that received something.
  template <class Wake> void wake_receivers(std::uint32_t step, Wake wake);
  int receptor() const { return receptor_; }

 private:
  void refresh(std::uint32_t step);
  const PoissonTable& table(std::int64_t j) const { return tables_.size() == 1 ? tables_[0] : tables_[static_cast<std::size_t>(j - first_)]; }
  std::int64_t weight(std::int64_t j) const { return weights_.size() == 1 ? weights_[0] : weights_[static_cast<std::size_t>(j - first_)]; }

  std::uint64_t seed_;
  std::uint32_t object_;
  int receptor_;
  bool wide_;
  double dt_;
  const InputSpec* spec_;
  std::int64_t first_ = 0, last_ = 0;   // slice indices on this block
  std::int64_t cell_of_first_ = 0;      // cell of the block that slice index first_ is
  std::int64_t stride_ = 1;
  std::uint32_t start_ = 0, stop_ = 0xFFFFFFFFu;
  std::vector<PoissonTable> tables_;    // one, or one per entity
  std::vector<std::int64_t> weights_;   // sum units; one, or one per entity
};

template <class Wake>
void PoissonInput::wake_receivers(std::uint32_t step, Wake wake) {
  if (empty() || step <= start_ || step > stop_) return;
  refresh(step);
  for (std::int64_t j = first_; j < last_; ++j)
    if (poisson_count(table(j), seed_, object_, step, j) > 0) wake(static_cast<std::size_t>(cell_of_first_ + (j - first_) * stride_));
}

/// All current inputs of one block.
class CurrentInputs {
 public:
  CurrentInputs(const Network& network, const Block& block);
  bool empty() const { return parts_.empty(); }
  /// Brings the currents [pA] of the block up to date for this step, which may lie before the last; cheap where nothing changed.
  void update(std::uint32_t step, bool double_precision, void* current);
  /// What the last update found for a cell [pA].
  double value(std::size_t cell) const { return sum_[cell]; }

 private:
  struct Part {
    const InputSpec* spec;
    std::uint32_t object;
    std::int64_t first, last, cell_of_first, stride;
    std::uint32_t start, stop, hold;
    std::vector<double> amplitude, mean;  // one, or one per entity
  };
  void add(const Part& part, std::uint32_t step);
  std::uint32_t next_change(const Part& part, std::uint32_t step) const;

  double dt_;
  std::uint64_t seed_;
  std::vector<Part> parts_;
  std::vector<double> sum_;
  std::vector<std::uint32_t> words_;
  std::vector<float> normal_;
  std::uint32_t valid_from_ = 0, valid_until_ = 0;  // the currents hold for these steps and all between
};

/// The sources of one block: which of them fire in a step, several times where counts say so.
class SourceBlock {
 public:
  SourceBlock(const Network& network, const Block& block, std::uint32_t after_step);
  /// Calls emit(cell, time in ms) for each; the times of trains are exact.
  template <class Emit> void fire(std::uint32_t step, Emit emit);

 private:
  bool train_;
  std::uint64_t seed_;
  std::uint32_t object_;
  double dt_;
  std::int64_t first_, last_;
  const Schedule* schedule_ = nullptr;
  std::vector<PoissonTable> tables_;
  double rate_ = -1;
  std::vector<std::uint16_t> counts_;
  struct TrainSpike {
    std::uint32_t step, cell;
    double time_ms;
    friend auto operator<=>(const TrainSpike&, const TrainSpike&) = default;
  };
  std::vector<TrainSpike> events_;  // ascending
  std::size_t next_ = 0;
  void draw(std::uint32_t step);
};

template <class Emit>
void SourceBlock::fire(std::uint32_t step, Emit emit) {
  if (train_) {
    for (; next_ < events_.size() && events_[next_].step <= step; ++next_)
      if (events_[next_].step == step) emit(events_[next_].cell, events_[next_].time_ms);
    return;
  }
  draw(step);
  for (std::size_t i = 0; i < counts_.size(); ++i)
    for (int k = 0; k < counts_[i]; ++k) emit(static_cast<std::uint32_t>(i), step * dt_);
}

}  // namespace ranvier::engine
