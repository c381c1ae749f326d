// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A variable of all synapses of a table: T each, or 16 bits each, whole multiples of a unit from 0 to its largest value.

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/arena.hpp"
#include "engine/rewire.hpp"

namespace ranvier::engine::calcium {

template <class T>
class Column {
 public:
  Column(std::size_t n, double largest, bool narrow)
      : narrow_(narrow), unit_(static_cast<T>(largest / 65535)), per_unit_(static_cast<T>(65535 / largest)), wide_(narrow ? 0 : n), codes_(narrow ? n : 0) {}

  T operator[](std::size_t k) const { return narrow_ ? unit_ * static_cast<T>(codes_[k]) : wide_[k]; }
  /// To the nearest multiple of the unit.
  void set(std::size_t k, T x) { set(k, x, 0x8000); }
  /// Up or down, by chance as near as each is: `word` has 16 random bits. So that changes smaller than the unit are not lost, but made now and then.
  void set(std::size_t k, T x, std::uint32_t word) {
    if (!narrow_) wide_[k] = x;
    else codes_[k] = static_cast<std::uint16_t>(std::clamp(std::floor(x * per_unit_ + static_cast<T>(word) * T(1.0 / 65536)), T(0), T(65535)));
  }
  T* wide() const { return wide_.data(); }
  std::size_t size() const { return narrow_ ? codes_.size() : wide_.size(); }
  std::uint64_t byte() const { return sizeof(T) * wide_.size() + 2 * codes_.size(); }

  /// After some synapses have come and gone: those that stay move to their new places, the others start at `values`, in turn, or all at `start`.
  void rewire(const std::vector<std::uint32_t>& origin, const double* values, T start) {
    Column next(origin.size(), 65535 * static_cast<double>(unit_), narrow_);
    next.unit_ = unit_;
    next.per_unit_ = per_unit_;
    for (std::size_t k = 0; k < origin.size(); ++k) {
      if (origin[k] == RewiredTable::fresh) next.set(k, values ? static_cast<T>(*values++) : start);
      else if (narrow_) next.codes_[k] = codes_[origin[k]];
      else next.wide_[k] = wide_[origin[k]];
    }
    *this = std::move(next);
  }

 private:
  bool narrow_;
  T unit_, per_unit_;
  HugeArray<T> wide_;
  HugeArray<std::uint16_t> codes_;
};

}  // namespace ranvier::engine::calcium
