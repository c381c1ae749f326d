// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Gap junctions while a network runs, explicitly. At the end of each interval, which is one step, every shard lays the potentials of
/// its coupled cells on a board; in the next step each computes the currents into its own cells from it. The board has
/// two pages, used in turn under the mailboxes' rule (step.cpp): waiting for the others' spikes is waiting for their
/// potentials too. gap_wave.hpp has the other method.

#include <cstdint>
#include <vector>

#include "engine/inputs.hpp"
#include "engine/state.hpp"

namespace ranvier::engine {

/// The coupled cells of one shard: where their potentials are, and the currents that their junctions make of what lies on a board.
class CoupledCells {
 public:
  CoupledCells(const Network& network, const Shard& shard, const ShardState& state);

  std::size_t size() const { return potential_.size(); }
  const GapTable& table() const { return table_; }
  double potential(std::size_t k) const {  ///< now [mV]
    const Source& s = potential_[k];
    return s.base + (double_precision_ ? static_cast<const double*>(s.state)[s.index] : static_cast<double>(static_cast<const float*>(s.state)[s.index]));
  }
  /// Sum over the junctions of cell k [pA].
  ///   board  potentials of all coupled cells of the network, by place [mV]
  ///   Work   5 FLOP, 20 bytes read an end; bound by the latency of the partners' potentials where those exceed the cache
  double current(std::size_t k, const double* board) const;
  /// Currents of the block's coupled cells: what its inputs give plus current_of(k). Returns the number of ends.
  template <class Of>
  std::uint64_t add(std::size_t block, const CurrentInputs& inputs, void* current, Of current_of) const;

 private:
  const GapTable& table_;
  bool double_precision_;
  double per_quantum_, quantum_;
  struct Source {
    const void* state;  // variable 0, the potential
    std::size_t index;
    double base;        // what it is kept relative to
  };
  std::vector<Source> potential_;  // [coupled cells]
};

template <class Of>
std::uint64_t CoupledCells::add(std::size_t block, const CurrentInputs& inputs, void* current, Of current_of) const {
  const std::size_t first = table_.block_start[block], last = table_.block_start[block + 1];
  for (std::size_t k = first; k < last; ++k) {
    const std::size_t cell = table_.cell[k];
    const double total = inputs.value(cell) + current_of(k);
    if (double_precision_) static_cast<double*>(current)[cell] = total;
    else static_cast<float*>(current)[cell] = static_cast<float>(total);
  }
  return table_.start[last] - table_.start[first];
}

/// Potentials of all coupled cells [mV], by place. One for all shards of a run; empty where there is no explicit gap junction.
struct GapBoard {
  explicit GapBoard(const Network& network) {
    for (auto& p : page) p.resize(network.gaps.wave_steps ? 0 : network.gaps.board_size);
  }
  std::vector<double> page[2];
};

/// The junctions of one shard. Making it publishes the potentials that the run begins with, so all are to be made before
/// any shard runs.
class GapRun {
 public:
  GapRun(const Network& network, const Shard& shard, const ShardState& state, GapBoard& board) : cells_(network, shard, state), board_(board) {
    publish(0xFFFFFFFFu);  // the page that interval 0 reads
  }

  /// Chooses the page that was published at the end of the interval before.
  void begin(std::uint32_t interval) { read_ = board_.page[(interval + 1) & 1].data(); }

  /// As CoupledCells::add().
  std::uint64_t add_currents(std::size_t block, const CurrentInputs& inputs, void* current) const {
    return cells_.add(block, inputs, current, [&](std::size_t k) { return cells_.current(k, read_); });
  }

  void publish(std::uint32_t interval) {
    double* const page = board_.page[interval & 1].data() + cells_.table().first_place;
    for (std::size_t k = 0; k < cells_.size(); ++k) page[k] = cells_.potential(k);
  }

 private:
  CoupledCells cells_;
  GapBoard& board_;
  const double* read_ = nullptr;
};

}  // namespace ranvier::engine
