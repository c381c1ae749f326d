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
    else codes_[k] = code(x, word);
  }
  T* wide() const { return wide_.data(); }
  std::size_t size() const { return narrow_ ? codes_.size() : wide_.size(); }
  std::uint64_t byte() const { return sizeof(T) * wide_.size() + 2 * codes_.size(); }

  /// As rewired_column().
  template <class Fresh>
  void rewire(const std::vector<std::uint32_t>& origin, Fresh fresh) {
    if (narrow_) codes_ = rewired_column(codes_, origin, [&](std::size_t n) { return code(fresh(n), 0x8000); });
    else wide_ = rewired_column(wide_, origin, fresh);
  }

 private:
  std::uint16_t code(T x, std::uint32_t word) const {
    return static_cast<std::uint16_t>(std::clamp(std::floor(x * per_unit_ + static_cast<T>(word) * T(1.0 / 65536)), T(0), T(65535)));
  }
  bool narrow_;
  T unit_, per_unit_;
  HugeArray<T> wide_;
  HugeArray<std::uint16_t> codes_;
};

}  // namespace ranvier::engine::calcium
