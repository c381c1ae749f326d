// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Weights at regular times: a `weights` recording with an interval.
///
/// Synapses are up to date only as far as their sources' spikes have brought them, so a run is cut where a sample is due (run(),
/// step.cpp). Between two pieces every synapse can be read as it is at that moment; nothing is advanced, and no bits change.

#include <cstdint>
#include <string>
#include <vector>

#include "engine/network.hpp"
#include "engine/state.hpp"
#include "ranvier/record.hpp"

namespace ranvier::engine {

class WeightSeries {
 public:
  WeightSeries(const Network& network, const RecordingSpec& recording);

  /// The first step after this one with a sample; 2^32 - 1 where there is none.
  std::uint32_t next(std::uint32_t step) const;
  bool due(std::uint32_t step) const { return step == start_ || (step > start_ && next(step - 1) == step); }
  void take(const Network& network, const State& state);
  /// The synapses, their samples, and as `weight` what they are now.
  Connections finish(const Network& network, const State& state);

 private:
  struct Place {
    std::uint32_t shard, table, source, segment, synapse;
  };
  void find(const Network& network, const State& state);
  void find_in(const Network& network, const State& state, std::uint32_t shard, std::uint32_t table);
  std::vector<double> read(const State& state) const;

  RecordingSpec recording_;
  std::uint32_t start_, stop_, interval_;
  bool found_ = false;
  std::vector<Place> places_;   ///< by source, target, receptor and delay; those alike in the order of the file
  Connections connections_;     ///< in the same order
};

/// What is wrong with recordings of weights over time.
void check_recordings(const NetworkSpec& spec, std::vector<std::string>& problems);
/// Bytes that a recording of state, weights or volumes keeps over a run.
double recorded_byte(const NetworkSpec& spec, const RecordingSpec& recording);

}  // namespace ranvier::engine
