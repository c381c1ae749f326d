// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a run gives back: plain data that the engine fills in and src/io writes to files.
///
/// Time is counted in steps. A spike with stamp k happened at k x dt; a run of n steps gives stamps
/// 1 ... n. "After the warm-up" means warmup_step < k <= end_step; spikes counted, statistics, hash,
/// work, stage times and energy all cover that part, and only that part.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ranvier {

/// One spike. `neuron` is the global id: the populations one after another, in the order of the file.
struct Spike {
  std::uint32_t step = 0;
  std::uint32_t neuron = 0;
  friend bool operator==(const Spike&, const Spike&) = default;
  friend auto operator<=>(const Spike&, const Spike&) = default;  ///< by step, then neuron
};
static_assert(sizeof(Spike) == 8);

/// A spike off the grid: its stamp is the first step at or after its time (of trains: the nearest step).
struct ExactSpike {
  Spike spike;
  double time_ms = 0;
  friend bool operator==(const ExactSpike&, const ExactSpike&) = default;
  friend auto operator<=>(const ExactSpike&, const ExactSpike&) = default;  ///< by step, neuron, time
};

/// State variables of some neurons of one population at regular times: one `state` recording.
///
///   values  [n_samples][n_variables][n_neurons]   float32, or float64 in a run of double precision
///   times   (first_step + i x interval) x dt
struct Trace {
  struct Variable {
    std::string name;  ///< as asked for: "V_m", "ex.I"
    std::string unit;
  };
  std::string name;        ///< of the recording
  int population = 0;      ///< index in NetworkSpec::populations
  std::vector<std::uint32_t> neurons;  ///< ids within the population, ascending
  std::vector<Variable> variables;
  std::uint32_t first_step = 0;
  std::uint32_t interval = 1;  ///< steps
  std::variant<std::vector<float>, std::vector<double>> values;

  std::size_t row_size() const { return neurons.size() * variables.size(); }
  std::size_t value_count() const {
    return std::visit([](const auto& v) { return v.size(); }, values);
  }
  std::size_t sample_count() const { return row_size() == 0 ? 0 : value_count() / row_size(); }
};

/// Synapses from one population to another: one `weights` or `connectivity` recording and pair of
/// populations. All columns have one entry per synapse; ids are within the populations.
struct Connections {
  std::string name;  ///< of the recording
  int source_population = 0, target_population = 0;
  std::vector<std::uint32_t> source, target;
  std::vector<std::uint16_t> receptor;  ///< index in the target population's receptors
  std::vector<double> weight;           ///< pA, nS or mV, as the receptor wants; at the end of the run
  std::vector<double> delay_ms;
  bool sampled = false;                     ///< of `weights` with an interval, which are about synapses that learn only
  std::vector<std::uint32_t> sample_steps;
  std::variant<std::vector<float>, std::vector<double>> samples;  ///< [sample_steps][synapses] weights; float64 in a run of double precision
};

/// Concentrations at regular times: one `volumes` recording. Each is the one just before the pulses of its step.
///
///   values  [n_samples][n_volumes]
///   times   (first_step + i x interval) x dt
struct VolumeTrace {
  std::string name;                  ///< of the recording
  std::vector<std::string> volumes;
  std::uint32_t first_step = 0, interval = 1;
  std::vector<double> values;
  std::size_t sample_count() const { return volumes.empty() ? 0 : values.size() / volumes.size(); }
};

/// What became of a volume.
struct VolumeResult {
  std::string name;
  std::uint64_t pulses = 0;  ///< from the beginning of the network's time
  double concentration = 0;  ///< at the end of the run
};

/// What waveform relaxation took, where gap junctions are solved by it.
struct GapWork {
  std::uint64_t intervals = 0, iterations = 0;
  std::uint64_t unsettled = 0;  ///< intervals in which potentials still changed by the tolerance or more after the last iteration
};

/// How many synapses a projection has that come and go: at the beginning of the run, and after each structural step.
struct StructureSeries {
  struct Count {
    std::uint32_t step = 0;
    std::int64_t synapses = 0, made = 0, removed = 0;
    double activity = 0;  ///< mean trace of the targets that the rule goes by: calcium, or a rate in Hz
  };
  int projection = 0;     ///< index in NetworkSpec::projections
  std::vector<Count> counts;
};

/// What was done, counted by the engine.
struct WorkDone {
  std::uint64_t spikes = 0;
  std::uint64_t synaptic_events = 0;
  std::uint64_t flop = 0;
  std::uint64_t byte_moved = 0;
  std::uint64_t frequent_events = 0;  ///< synaptic events less than 20 ms after the one before, of rules that do better stepped then
};

/// Wall time of one stage of the loop, mean over the threads, so that all stages add up to simulate_s.
struct Stage {
  std::string name;  ///< "deliver", "update", "wait", "record", ...
  double seconds = 0;
};

struct Seeds {
  std::uint64_t network = 0, initial = 0, input = 0, dynamics = 0;
};

/// The computer a run was made on. The ceilings are there where they were measured, else empty.
struct MachineInfo {
  std::string cpu;     ///< model name
  std::string system;  ///< operating system and its version
  int cores = 0;       ///< hardware threads that this process may use
  std::uint64_t memory_byte = 0;
  std::optional<double> bandwidth_byte_per_s;  ///< DRAM, all threads of the run
  std::optional<double> flop_per_s;            ///< precision of the run, all threads of the run
};

/// Everything a run gives back.
struct RunResult {
  std::vector<Spike> spikes;  ///< all recorded ones, warm-up included, sorted, each once
  std::vector<double> times_ms;  ///< of each spike, where some population lives off the grid; else empty: step x dt
  std::vector<Trace> traces;
  std::vector<Connections> connections;
  std::vector<VolumeTrace> volume_traces;
  std::vector<VolumeResult> volumes;
  std::optional<GapWork> gap_work;         ///< where gap junctions are solved by waveform relaxation
  std::vector<StructureSeries> structure;  ///< of each projection with a rule of structure

  /// [n_populations] all spikes after the warm-up, recorded or not
  std::vector<std::uint64_t> population_spikes;
  std::uint32_t warmup_step = 0;  ///< last step of the warm-up
  std::uint32_t end_step = 0;     ///< last step done; before the planned end where `partial`
  bool partial = false;           ///< stopped before its end
  std::uint64_t spike_hash = 0;   ///< XXH64 over the sorted (step, global id) of all spikes after the warm-up

  std::int64_t synapse_count = 0;  ///< at the end
  WorkDone work;
  std::vector<Stage> stages;
  double build_s = 0;
  double warmup_s = 0;
  double simulate_s = 0;      ///< wall time of what follows the warm-up
  double simulate_cpu_s = 0;  ///< processor time of the same, all threads together
  double byte_per_synapse = 0;         ///< all resident bytes of the network over its synapses
  std::uint64_t peak_rss_byte = 0;     ///< of the whole process, build included
  std::uint64_t predicted_byte = 0;    ///< what the engine expected before it allocated
  std::optional<double> joule;         ///< empty where the system does not expose its energy counters

  int threads = 1;
  std::string simd;       ///< instruction set in use: "AVX-512", "AVX2", "scalar"
  Seeds seeds;
  MachineInfo machine;
  std::string version;    ///< of Ranvier
  std::string command;    ///< the command line, for running it again
};

}  // namespace ranvier
