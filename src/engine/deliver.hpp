// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Spikes to synapses. A spike on its way is one pointer into its source's row on this shard; the calendar says at
/// which step each falls due. Delivering a step takes every pointer that is due, adds the synapses of its segment to
/// the input slots, and puts the pointer to the next segment back into the calendar.
///
///     ring[step mod size] -> | Due | Due | Due | ...       Due: word of the segment, its length, its code (8 bytes)
///
/// Sums are integers, so the order within a step is free.

#include <cstdint>
#include <cstdlib>
#include <vector>

#include "core/arena.hpp"
#include "engine/kernel.hpp"
#include "engine/row.hpp"

namespace ranvier::engine {

class Calendar {
 public:
  /// reach: the largest number of steps that a spike lies ahead.
  explicit Calendar(std::uint32_t reach = 1) {
    std::uint32_t size = 4;  // at least: with 2, clear() would take the step after next for the one it empties
    while (size <= reach + 1) size *= 2;
    ring_.resize(size);
    mask_ = size - 1;
  }
  void push(std::uint32_t step, Due due) { ring_[step & mask_].push_back(due); }
  std::vector<Due>& at(std::uint32_t step) { return ring_[step & mask_]; }
  /// Empties a step. A volley goes from step to step, and would leave each with room for all of it: the room goes along instead,
  /// to the step after next, since the next has received its part already.
  void clear(std::uint32_t step) {
    std::vector<Due>&here = at(step), &ahead = at(step + 2);
    here.clear();
    if (here.capacity() <= 2 * ahead.capacity() + 1024) return;
    here.assign(ahead.begin(), ahead.end());
    here.swap(ahead);
    here.clear();
  }

 private:
  std::vector<std::vector<Due>> ring_;
  std::uint32_t mask_;
};

/// Input slots of a shard for one step, with the wake-up list of the groups of cells that sleep.
struct Slots {
  void* sums = nullptr;                   ///< [slots] int32 or int64
  bool wide = false;
  // only where some population sleeps:
  std::uint8_t* touched = nullptr;        ///< [groups of the shard] 1 where the group is in `active`
  std::uint32_t* active = nullptr;        ///< groups of cells that are awake or received something
  std::size_t n_active = 0;
  const std::uint32_t* group_of_slots = nullptr;  ///< [slots / 16] group of cells, or the dump for blocks that do not sleep
};

struct Delivered {
  std::uint64_t events = 0, segments = 0;
  std::uint64_t plastic_events = 0, plastic_flop = 0, plastic_byte = 0, frequent_events = 0;  ///< of synapses with a state, apart (plastic.hpp)
  std::uint64_t gap_currents = 0;         ///< ends of gap junctions whose current was computed
};

/// Delivers everything that is due at `step`.
void deliver(const RowTable& rows, Calendar& calendar, std::uint32_t step, Slots& slots, Delivered& counted);

/// Lets a spike of `source` with this stamp set out: its first segment after step `after` goes into the calendar.
void set_out(const RowTable& rows, Calendar& calendar, std::int64_t source, std::uint32_t stamp, std::uint32_t after);

}  // namespace ranvier::engine
