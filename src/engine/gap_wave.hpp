// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Gap junctions by iterated waveform relaxation. An interval is some steps, at most as many as the shortest delay. For each
///
///     1  what arrives in it is delivered ahead (ahead.hpp)
///     2  the coupled cells go through the interval again and again, each time with currents from what their neighbours' potentials were
///        the time before, until no potential changes by the tolerance any more. Their state is put back each time; spikes do not count
///     3  the step loop takes them through once more, together with all other cells, with the currents found; those spikes count
///
/// The current of a step comes from the mean over the step of polynomials through the potentials, of both cells of a junction, and is held for the
/// step: of second order in dt with straight lines or cubics, where the explicit scheme is of first. With order 0, the potential at the
/// beginning of the step, what comes out is the explicit scheme again.
///
/// Intervals begin at whole multiples of their length, wherever a run does; a run that ends within one leaves its currents to the next, and what is
/// changed from outside there is felt by junctions from the next interval on. All shards
/// find the same largest change, and so iterate as often: the answer is the same for any number of them, to the last bit.
/// Source  Hahne et al. 2015, doi:10.3389/fninf.2015.00022

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <utility>
#include <vector>

#include "engine/ahead.hpp"
#include "engine/gap_run.hpp"

namespace ranvier::engine {

/// Means over the steps of an interval of the polynomials through values at their ends: weights of up to four neighbouring values.
///   order  0: the value at the beginning; 1: straight lines; 3: cubics through the four nearest values, or what there are
struct StepMean {
  std::uint32_t first;              ///< value
  std::array<double, 4> weight;
};
std::vector<StepMean> step_means(std::uint32_t steps, int order);

/// What shards tell one another while they iterate. One for all shards of a run.
class WaveBoard {
 public:
  explicit WaveBoard(const Network& network);
  /// Means over the steps of an interval of the potentials of all coupled cells [mV], written in a round of iterations; two rounds are kept.
  ///   [steps][places]
  double* page(std::uint32_t round) { return pages_[round & 1].data(); }
  std::size_t places() const { return places_; }
  /// Waits until all shards have written their part of a round; returns the largest of their changes.
  double agree(std::size_t shard, std::uint32_t round, double change);

 private:
  struct alignas(64) Vote {
    double change[2] = {0, 0};
    std::atomic<std::uint32_t> rounds{0};  ///< done
  };
  std::size_t places_;
  std::vector<double> pages_[2];
  std::vector<Vote> votes_;  ///< [shards]
};

/// The junctions of one shard.
class GapWave {
 public:
  GapWave(const Network& network, const Shard& shard, std::size_t index, ShardState& state, WaveBoard& board);

  /// The last step of the interval that a step lies in.
  std::uint32_t last_of(std::uint32_t step) const { return (step + steps_ - 1) / steps_ * steps_; }
  Ahead& ahead() { return ahead_; }
  const std::vector<std::size_t>& blocks() const { return blocks_; }

  /// Finds the currents of the interval that begins with a step, of which the shard's slots hold the input already. advance(s) is to take the
  /// coupled blocks through step s.
  template <class Advance>
  void relax(std::uint32_t first, Advance advance);

  /// As CoupledCells::add().
  std::uint64_t add_currents(std::size_t block, std::uint32_t step, const CurrentInputs& inputs, void* current) const {
    const double* const of_step = currents_.data() + (step - 1) % steps_ * cells_.size();
    return cells_.add(block, inputs, current, [&](std::size_t k) { return of_step[k]; });
  }
  /// Since it was last asked.
  GapWork take_work() { return std::exchange(work_, {}); }

 private:
  using Wave = std::vector<double>;                 ///< [steps + 1][coupled cells] mV
  void keep();                                      ///< state of the coupled blocks
  void put_back();
  void take_input(std::uint32_t step);              ///< of the coupled blocks
  void note(Wave& wave, std::uint32_t at) const;
  double agree(const Wave& wave, double change);    ///< publishes a wave
  void find_currents(std::uint32_t at);
  double change_of(const Wave& before, const Wave& after) const;

  struct Range {
    std::byte* at;
    std::size_t byte;
  };
  const GapMethodSpec& method_;
  const std::uint32_t steps_;
  const std::size_t index_;
  ShardState& state_;
  WaveBoard& board_;
  CoupledCells cells_;
  std::vector<double>& currents_;                   ///< [steps][coupled cells] pA; of the state
  const std::vector<StepMean> means_;               ///< [steps]
  std::vector<std::size_t> blocks_;                 ///< with a coupled cell
  std::vector<Range> variables_;                    ///< all that a step of these blocks changes
  std::vector<Range> inputs_;                       ///< their slots
  std::vector<std::byte> kept_;
  Ahead ahead_;
  Wave wave_, next_;
  std::uint32_t round_ = 0;
  GapWork work_;
};

template <class Advance>
void GapWave::relax(std::uint32_t first, Advance advance) {
  keep();
  for (const Range& r : inputs_) std::copy_n(r.at, r.byte, ahead_.row(first) + (r.at - static_cast<std::byte*>(state_.sums)));
  for (std::uint32_t at = 0; at <= steps_; ++at) note(wave_, at);  // first guess: as they are now
  note(next_, 0);
  agree(wave_, 0);
  ++work_.intervals;
  for (int iteration = 1;; ++iteration) {
    for (std::uint32_t at = 0; at < steps_; ++at) {
      find_currents(at);
      take_input(first + at);
      advance(first + at);
      note(next_, at + 1);
    }
    put_back();
    wave_.swap(next_);
    const double change = agree(wave_, change_of(next_, wave_));
    ++work_.iterations;
    const bool settled = change < method_.tolerance_mV;
    if (!settled && iteration < method_.max_iterations) continue;
    work_.unsettled += !settled;
    break;
  }
  for (std::uint32_t at = 0; at < steps_; ++at) find_currents(at);
  take_input(first);
}

}  // namespace ranvier::engine
