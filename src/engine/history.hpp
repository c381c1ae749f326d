// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Spikes of the target cells of a projection, each with the cell's traces just after it, kept until the synapses have
/// read them. 4 bytes a spike and those of its traces; cells have rooms in one array that double when they are full.

#include <algorithm>
#include <cstdint>
#include <vector>

#include "engine/synapse_model.hpp"

namespace ranvier::engine {

template <class T, int n_traces>
class History {
 public:
  struct Entry {
    std::uint32_t stamp;
    T trace[n_traces > 0 ? n_traces : 1];
  };
  explicit History(std::size_t cells) : rooms_(cells) {}

  const Entry* begin(std::uint32_t cell) const { return entries_.data() + rooms_[cell].first; }
  const Entry* end(std::uint32_t cell) const { return begin(cell) + rooms_[cell].size; }
  void prefetch(std::uint32_t cell) const { __builtin_prefetch(&rooms_[cell]); }

  void append(std::uint32_t cell, const Entry& entry) {
    if (rooms_[cell].size == rooms_[cell].capacity) enlarge(rooms_[cell]);
    entries_[rooms_[cell].first + rooms_[cell].size++] = entry;
    ++count_;
  }
  std::size_t size() const { return count_; }
  std::size_t cells() const { return rooms_.size(); }

  /// Forgets all entries up to a stamp but the last of them, whose traces are still needed.
  void forget(std::uint32_t stamp) {
    std::vector<Entry> kept;
    for (Room& room : rooms_) {
      const Entry* first = entries_.data() + room.first;
      const Entry* last = first + room.size;
      const Entry* after = std::upper_bound(first, last, stamp, [](std::uint32_t s, const Entry& e) { return s < e.stamp; });
      if (after != first) first = after - 1;
      const auto n = static_cast<std::uint32_t>(last - first);
      const auto start = kept.size();
      kept.insert(kept.end(), first, last);
      room = {static_cast<std::uint32_t>(start), n, std::max(n, smallest)};
      kept.resize(start + room.capacity);
    }
    entries_ = std::move(kept);
    count_ = 0;
    for (const Room& room : rooms_) count_ += room.size;
  }
  std::uint64_t byte() const { return sizeof(Room) * rooms_.size() + sizeof(Entry) * entries_.capacity(); }

 private:
  struct Room {
    std::uint32_t first = 0, size = 0, capacity = 0;
  };
  static constexpr std::uint32_t smallest = 4;

  void enlarge(Room& room) {
    const Room before = room;
    room.capacity = std::max(smallest, 2 * room.capacity);
    room.first = static_cast<std::uint32_t>(entries_.size());
    entries_.resize(entries_.size() + room.capacity);
    std::copy_n(entries_.begin() + before.first, before.size, entries_.begin() + room.first);
  }

  std::vector<Room> rooms_;
  std::vector<Entry> entries_;
  std::size_t count_ = 0;
};

}  // namespace ranvier::engine
