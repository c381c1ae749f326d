// SPDX-License-Identifier: Apache-2.0
#pragma once
/// From random words to weights, delays and parameters. Every distribution is one 32-bit word through its
/// quantile function; bounds by redraw become a narrower range of words, which gives the same law without a loop.

#include <cstddef>
#include <cstdint>
#include <span>

#include "core/philox.hpp"
#include "ranvier/network.hpp"

namespace ranvier::engine {

/// A `Values` made ready for drawing. Throws InputError where no draw can lie within the bounds.
class Sampler {
 public:
  explicit Sampler(const Values& values);

  bool constant() const { return constant_; }       ///< one number for all: needs no word
  bool column() const { return column_ != nullptr; }
  double constant_value() const { return a_; }
  double lowest() const { return lowest_; }          ///< bounds that no draw passes
  double highest() const { return highest_; }

  /// out[i] for words[i]; columns take element index[i] instead. Any n, any alignment.
  void draw(const std::uint32_t* words, const std::uint32_t* index, std::size_t n, float* out) const;
  double draw_one(std::uint32_t word, std::size_t index) const;  ///< the same, one at a time; columns in double

  struct Plan {                                      ///< what the vector code needs
    int kind;
    float a, b, low_clip, high_clip;
    std::uint32_t word_first, word_count;            ///< word_count 0: all 2^32
  };
  const Plan& plan() const { return plan_; }

 private:
  bool constant_ = false;
  double a_ = 0, lowest_ = 0, highest_ = 0;
  std::span<const double> column_view_;
  const double* column_ = nullptr;
  Plan plan_{};
};

/// Words for n synapses of one unit, numbered from `number` on: choice, weight and delay of each.
void synapse_words(StreamKey key, std::uint32_t unit_low, std::uint32_t unit_high, std::uint32_t number, std::size_t n,
                   std::uint32_t* choice, std::uint32_t* weight, std::uint32_t* delay);
/// The same for synapses of any units and numbers.
void synapse_words_scattered(StreamKey key, const std::uint32_t* unit_low, std::uint32_t unit_high, const std::uint32_t* number,
                             std::size_t n, std::uint32_t* choice, std::uint32_t* weight, std::uint32_t* delay);

/// Rounds |weight| to units of 2^exponent, at most 65,535; and delay to whole steps, at least one.
void quantise(const float* weight, std::size_t n, float per_quantum, std::uint32_t* magnitude);
void to_steps(const float* delay_ms, std::size_t n, float per_ms, std::uint32_t* steps);

}  // namespace ranvier::engine
