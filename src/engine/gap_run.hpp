// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Gap junctions while a network runs. At the end of each interval, which is one step, every shard lays the potentials of
/// its coupled cells on a board; in the next step each computes the currents into its own cells from it. The board has
/// two pages, used in turn under the mailboxes' rule (step.cpp): waiting for the others' spikes is waiting for their
/// potentials too.

#include <cstdint>
#include <vector>

#include "engine/inputs.hpp"
#include "engine/state.hpp"

namespace ranvier::engine {

/// Potentials of all coupled cells [mV], by place. One for all shards of a run; empty where there is no gap junction.
struct GapBoard {
  explicit GapBoard(const Network& network) {
    for (auto& p : page) p.resize(network.gaps.board_size);
  }
  std::vector<double> page[2];
};

/// The junctions of one shard. Making it publishes the potentials that the run begins with, so all are to be made before
/// any shard runs.
class GapRun {
 public:
  GapRun(const Network& network, const Shard& shard, const ShardState& state, GapBoard& board);

  /// Chooses the page that was published at the end of the interval before.
  void begin(std::uint32_t interval) { read_ = board_.page[(interval + 1) & 1].data(); }

  /// Currents of the block's coupled cells: what its inputs give plus the sum over the cell's junctions. Returns the
  /// number of ends.
  ///   Work  5 FLOP, 20 bytes read an end; bound by the latency of the partners' potentials where those exceed the cache
  std::uint64_t add_currents(std::size_t block, const CurrentInputs& inputs, void* current) const;

  void publish(std::uint32_t interval);

 private:
  std::int64_t sum(std::size_t k) const;

  const GapTable& table_;
  GapBoard& board_;
  const double* read_ = nullptr;
  bool double_precision_;
  double per_quantum_, quantum_;
  struct Source {
    const void* state;  // variable 0, the potential
    std::size_t index;
    double base;        // what it is kept relative to
  };
  std::vector<Source> potential_;  // [coupled cells]
};

}  // namespace ranvier::engine
