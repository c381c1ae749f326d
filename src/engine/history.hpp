// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Spikes of the target cells of a projection, each with the cell's traces just after it, kept until the synapses have
/// read them. 4 bytes a spike and those of its traces; cells have rooms in one array that double when they are full. Two
/// entries before the first one have a stamp before all times and traces of 0, so that a look back needs no test for the
/// beginning.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/synapse_model.hpp"

namespace ranvier::engine {

template <class T, int n_traces>
class History {
 public:
  struct Entry {
    std::int32_t stamp;                          ///< runs are shorter than 2^31 steps
    T trace[n_traces > 0 ? n_traces : 1];
  };
  static constexpr std::int32_t before_all = -(1 << 30);
  explicit History(std::size_t cells) : rooms_(cells), entries_(n_traces > 0 ? (guards + smallest) * cells : 0) {
    for (std::size_t cell = 0; cell < cells && n_traces > 0; ++cell) open(rooms_[cell], (guards + smallest) * cell, smallest);
  }

  const Entry* begin(std::uint32_t cell) const { return entries_.data() + rooms_[cell].first; }
  const Entry* end(std::uint32_t cell) const { return begin(cell) + rooms_[cell].size; }
  void prefetch(std::uint32_t cell) const { __builtin_prefetch(&rooms_[cell]); }

  void prefetch_end(std::uint32_t cell) const { __builtin_prefetch(end(cell) - 1); }

  void append(std::uint32_t cell, const Entry& entry) {
    if (rooms_[cell].size == rooms_[cell].capacity) enlarge(rooms_[cell]);
    entries_[rooms_[cell].first + rooms_[cell].size++] = entry;
    ++count_;
  }
  std::size_t size() const { return count_; }
  std::size_t cells() const { return rooms_.size(); }

  /// Forgets all entries up to a stamp but the last of them, whose traces are still needed.
  void forget(std::int64_t stamp) {
    const std::vector<Entry> before = std::move(entries_);
    entries_.clear();
    count_ = 0;
    for (Room& room : rooms_) {
      const Entry* first = before.data() + room.first;
      const Entry* const last = first + room.size;
      while (last - first > 1 && first[1].stamp <= stamp) ++first;
      const auto n = static_cast<std::uint32_t>(last - first), capacity = std::max(n, smallest);
      const std::size_t at = entries_.size();
      entries_.resize(at + guards + capacity);
      open(room, at, capacity);
      std::copy(first, last, entries_.begin() + room.first);
      room.size = n;
      count_ += n;
    }
  }
  std::uint64_t byte() const { return sizeof(Room) * rooms_.size() + sizeof(Entry) * entries_.capacity(); }

 private:
  struct Room {
    std::uint32_t first = 0, size = 0, capacity = 0;
  };
  static constexpr std::uint32_t smallest = 4, guards = 2;

  /// Makes the memory from `at` on the room of a cell, without entries.
  void open(Room& room, std::size_t at, std::uint32_t capacity) {
    for (std::size_t k = at; k < at + guards; ++k) entries_[k] = {before_all, {}};
    room = {static_cast<std::uint32_t>(at + guards), 0, capacity};
  }
  void enlarge(Room& room) {
    const Room before = room;
    const std::size_t at = entries_.size();
    entries_.resize(at + guards + 2 * before.capacity);
    open(room, at, 2 * before.capacity);
    std::copy_n(entries_.begin() + before.first, before.size, entries_.begin() + room.first);
    room.size = before.size;
  }

  std::vector<Room> rooms_;
  std::vector<Entry> entries_;
  std::size_t count_ = 0;
};

}  // namespace ranvier::engine
