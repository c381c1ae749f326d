// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What is kept of a run while it goes on. Each shard writes to a log of its own; the logs become one sorted train
/// when the run is finished. Reading never advances anything.

#include <vector>

#include "engine/deliver.hpp"
#include "engine/run.hpp"
#include "engine/weight_series.hpp"

namespace ranvier::engine {

struct StageTimes {
  double deliver = 0, update = 0, wait = 0, record = 0;
};
using UpdateCounts = std::vector<std::uint64_t>;  ///< [blocks] neuron updates

struct Recorder::Impl {
  explicit Impl(const Network& network);

  // called by run(), outside the loop
  void begin(const Network& network, const State& state, const RunOptions& options);
  void end_piece(const Network& network, State& state);
  void rewire(const Network& network, State& state);  ///< where a structural step is due; timed and counted
  /// The step after this one at which a run is cut, because weights are due to be read.
  std::uint32_t next_weights(std::uint32_t step) const;
  void take_weights(const Network& network, const State& state);  ///< where they are due, and once only
  // called by the shards
  void note(std::size_t shard, Spike spike) { logs[shard].push_back(spike); }
  void note_exact(std::size_t shard, const ExactSpike& spike) { exact_logs[shard].push_back(spike); }  ///< besides note()
  void sample(const Network& network, const State& state, std::size_t shard, std::uint32_t step) {
    if (!traces.empty()) sample_traces(network, state, shard, step);
    if (!volumes.empty() && shard == 0) sample_volumes(state, step);
  }
  void count(std::size_t index, const Shard& shard, const Delivered& delivered, const UpdateCounts& updates, const StageTimes& times);
  void count(const GapWork& work);               ///< by one shard: the same on all

  /// One state recording: where its samples go, and which cells of each shard's blocks it takes.
  struct TraceRun {
    Trace trace;
    std::uint32_t start = 0, stop = 0;           ///< samples at start, start + interval, ... <= stop, as far as the run goes
    std::vector<VariableRef> variables;
    struct Part {
      std::size_t block, cell, stride, count, column;
    };
    std::vector<std::vector<Part>> parts;        ///< [shards]
    std::size_t samples_until(std::uint32_t step) const;
  };
  void sample_traces(const Network& network, const State& state, std::size_t shard, std::uint32_t step);
  /// One recording of volumes, of which all shards have the same.
  struct VolumeRun {
    VolumeTrace trace;
    std::uint32_t start = 0, stop = 0;
    std::vector<int> volumes;
  };
  void sample_volumes(const State& state, std::uint32_t step);  ///< once a step
  void add_volumes(const Network& network, const RecordingSpec& recording);
  void add_trace(const Network& network, const RecordingSpec& recording);
  void extend_traces(std::uint32_t step, std::uint32_t until_step);

  std::vector<std::vector<Spike>> logs;          ///< [shards]
  std::vector<std::vector<ExactSpike>> exact_logs;  ///< [shards] of populations with exact times
  std::vector<TraceRun> traces;
  std::vector<VolumeRun> volumes;
  std::vector<WeightSeries> weights;
  std::uint32_t weights_taken = 0xFFFFFFFFu;     ///< the last step at which they were, or none
  std::vector<StageTimes> times;                 ///< [shards]
  std::vector<Delivered> delivered;
  std::vector<UpdateCounts> updates;
  GapWork gap_work;
  double seconds = 0, cpu_seconds = 0;           ///< of the pieces after the warm-up
  double warmup_seconds = 0;
  double rewire_seconds = 0, weights_seconds = 0;  ///< of `seconds`
  std::vector<StructureSeries> structure;        ///< [state.growing]
  std::uint32_t warmup_step = 0;
  bool measuring = false;
  double piece_start = 0, piece_cpu_start = 0;
};

}  // namespace ranvier::engine
