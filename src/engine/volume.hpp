// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A substance that reaches synapses through the space between them (dopamine): where pulses of it come from (origins), and its course.
///
/// Every shard has one of its own. All shards hear the same spikes, and what else pulses depend on is keyed by volume,
/// origin and number of the event, so all have the same course without a word between them:
///
///     spikes of an interval --hear()-->  pulses to come  --settle()-->  course (course.hpp)  -->  synapses, when they look
///
/// Pulses of one step are added in the order of their origins, whatever the order in which their causes were heard. A pulse touches no synapse: a
/// synapse works off the course since its last event when it has its next one.
///
/// The course grows until everybody who listens has said that he needs no more of it (done_with()).

#include <cstdint>
#include <limits>
#include <memory>
#include <vector>

#include "core/philox.hpp"
#include "engine/course.hpp"
#include "ranvier/network.hpp"
#include "ranvier/record.hpp"

namespace ranvier::engine {

struct Network;
struct State;

class Volume {
 public:
  Volume(const Network& network, std::size_t index);

  // --- what happens
  void hear(const Spike& spike);         ///< in any order within what is settled together
  /// All spikes up to a step have been heard: pulses up to `until` are known.
  void settle(std::uint32_t step, std::uint32_t until);
  std::int64_t heard = -1;               ///< spikes up to this stamp have been heard

  // --- what synapses see; at() and mean() are Course's
  const Course& course() const { return course_; }
  double at(std::int64_t step) const { return course_.at(step); }
  double mean(std::int64_t from, std::int64_t to) const { return course_.mean(from, to); }

  /// Somebody listens, who looks back with e^{-t/tau_ms} (infinity: at at() and mean() only).
  struct Listener {
    int id = -1;
    int weight = -1;                     ///< number for Course::weighted()
  };
  Listener listen(double tau_ms);
  /// The last end of a span by which everything has happened that the synapses may still be told of: they can be brought up to it at any
  /// time after `step`, and their bits do not tell when.
  std::int64_t settled_span(std::uint32_t step) const { return std::max<std::int64_t>(0, static_cast<std::int64_t>(step) - settling_) & ~(course_.span() - 1); }
  void done_with(int listener, std::int64_t step);
  /// Whether the course has become long and this listener is why.
  bool crowded(int listener, std::uint32_t step) const { return course_.size() > crowd && needed_[static_cast<std::size_t>(listener)] < settled_span(step); }
  static constexpr std::size_t crowd = 4096;

  std::uint64_t byte() const { return 40 * course_.size() + 24 * pending_.size() + 16 * 1024; }

  // --- saving: numbers that the partition has no part in
  struct Saved {
    std::vector<double> course, pending, origins;
  };
  static constexpr std::size_t pending_width = 3, origin_width = 3;
  Saved save(std::uint32_t step) const;
  void restore(std::uint32_t step, const Saved& in);
  std::size_t n_origins() const { return origins_.size(); }

 private:
  struct Pulse {
    std::int64_t step;
    std::size_t origin;
    double amount;
    friend auto operator<=>(const Pulse&, const Pulse&) = default;
  };
  struct Origin {
    PulseSpec spec;
    StreamKey key;
    std::int64_t first_source = 0, first_target = 0;  ///< global ids of neuron 0 of the populations
    std::uint64_t events = 0;                         ///< times, random: pulses so far; pairing: coincidences
    double next_ms = 0;                               ///< random: the pulse to come
    std::int64_t last = -1;                           ///< pairing: the first neuron's last spike
    std::vector<std::pair<std::uint32_t, bool>> met;  ///< pairing: spikes heard; true: of the first neuron
  };
  void pair_up(std::size_t k);
  void pulse_until(std::size_t k, std::int64_t until);
  double interval(const Origin& r) const;
  void insert(const Pulse& pulse);
  std::int64_t rounded(double ms) const;  ///< to steps

  const double dt_;
  const std::int64_t settling_;
  Course course_;
  std::vector<Origin> origins_;
  std::vector<Pulse> pending_;           ///< ascending
  std::vector<std::int64_t> needed_;     ///< [listeners] nothing before this step
};

/// The volumes of a network at time 0.
std::vector<std::unique_ptr<Volume>> start_volumes(const Network& network);
/// The shortest delay from a spike to a pulse [steps]; 2^32 - 1 where there is none. No interval of exchange is longer.
std::uint32_t shortest_pulse(const NetworkSpec& spec);
/// What is wrong with a network's volumes, and with rules that need one.
void check_volumes(const NetworkSpec& spec, std::vector<std::string>& problems);
/// Index of the volume that a rule follows: the one it names, or the only one. -1: there is no such volume.
int volume_of(const NetworkSpec& spec, const SynapseSpec& synapse);

struct Snapshot;
void save_volumes(const Network& network, const State& state, Snapshot& out);    ///< part of snapshot()
void restore_volumes(const Network& network, const Snapshot& in, State& state);  ///< part of restore()

}  // namespace ranvier::engine
