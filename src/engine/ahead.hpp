// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What falls due in the coming steps, delivered before its time and laid aside: for cells that need to know their input of a whole
/// interval at its beginning (gap_wave.hpp). All of it is known then, since no delay is shorter than the interval.

#include <cstddef>
#include <cstdint>
#include <vector>

#include "engine/deliver.hpp"
#include "engine/state.hpp"

namespace ranvier::engine {

class Ahead {
 public:
  /// steps: of an interval. Intervals begin at whole multiples of them.
  Ahead(const Network& network, const Shard& shard, const ShardState& state, std::uint32_t steps);

  /// Delivers the steps from `first` to `last`, of one interval, into rows of their own.
  void deliver(const RowTable& rows, Calendar& calendar, std::uint32_t first, std::uint32_t last);

  /// Lays what was delivered for a step into the shard's slots, which are empty, and returns the groups of cells that received something,
  /// where some population sleeps.
  const std::vector<std::uint32_t>& take(std::uint32_t step, void* sums, Delivered& counted);

  /// The row of a step: as the shard's slots.
  std::byte* row(std::uint32_t step) { return rows_.data() + place(step) * row_byte_; }

 private:
  std::size_t place(std::uint32_t step) const { return (step - 1) % steps_; }

  const std::uint32_t steps_;
  const std::size_t row_byte_;
  std::vector<std::byte> rows_;                       ///< [steps][slots of the shard]
  std::vector<std::vector<std::uint32_t>> received_;  ///< [steps] groups
  std::vector<Delivered> counted_;                    ///< [steps]
  std::vector<std::uint8_t> touched_;                 ///< as ShardState::touched, with no group awake
  std::vector<std::uint32_t> active_;
  Slots slots_;
};

}  // namespace ranvier::engine
