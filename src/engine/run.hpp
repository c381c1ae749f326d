// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Running a network: from a State at one step to the State at a later one.

#include <atomic>
#include <functional>

#include "engine/network.hpp"
#include "engine/state.hpp"
#include "ranvier/record.hpp"

namespace ranvier::engine {

struct RunOptions {
  std::uint32_t until_step = 0;
  std::uint32_t warmup_step = 0;                   ///< spikes with a later stamp are counted and hashed
  std::function<void(std::uint32_t step)> progress;  ///< called now and then by one thread
  const std::atomic<bool>* stop = nullptr;         ///< set by another thread or a signal: end cleanly at the next exchange
};

/// Collects over the pieces of a run. Spikes come out sorted by (step, neuron) whatever the threads.
class Recorder {
 public:
  /// Errors  InputError: a recording names a variable or population that does not exist
  explicit Recorder(const Network& network);
  ~Recorder();

  struct Impl;
  Impl& impl() { return *impl_; }

  /// Moves everything recorded so far, and the counters, into a result.
  void finish(const Network& network, const State& state, RunResult& result);

 private:
  std::unique_ptr<Impl> impl_;
};

/// Runs to options.until_step, or to where stop was seen.
/// Errors  RunError: the state of a cell is not a usable number any more (names population, neuron and step)
void run(const Network& network, State& state, const RunOptions& options, Recorder& recorder);

/// The synapses that a recording of weights or connectivity names, as they are now: by source, target, receptor, delay, weight.
Connections read_connections(const Network& network, const State& state, const RecordingSpec& recording);

/// Chooses the instruction set of all kernels: "auto", "avx512", "avx2", "scalar". InputError where it is not to be had.
void choose_simd(const std::string& name);
std::string simd_name();

}  // namespace ranvier::engine
