// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Synapses with a state: what a rule's file says, and how it is looked up. A rule never sees rows, threads or files.
///
/// There are four kinds, and a projection may have any of the first and one of each of the others:
///   release   depends on the source's spikes alone: computed once per spike and source, never per synapse; factors multiply
///   weight    changes the weight of each synapse, at its events only: a spike of the source arrives at the synapse, or
///             one of the target does. Between events nothing is stepped.
///   scaling   a factor of all weights of a target (scaling.hpp)
///   structure makes and removes synapses, at whole multiples of an interval (structure.hpp)
///
/// Events of a synapse, in time: the source's spike k arrives at k + axonal delay, the target's spike t at
/// t + dendritic delay. Of two at the same time neither counts for the other.

#include <cmath>
#include <concepts>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/decay_table.hpp"
#include "core/philox.hpp"
#include "engine/model.hpp"
#include "ranvier/network.hpp"

namespace ranvier::engine {

class Volume;

/// Settings of a rule for one projection, complete.
struct SynapseParameters {
  std::vector<double> value;        ///< by the rule's enum of parameters
  std::vector<int> choice;          ///< index of the word, by the rule's order of choices
  double dt_ms = 0;
  double weight_largest = 0;        ///< of the initial weights, without sign
  double weight_smallest = 0;
  Volume* volume = nullptr;         ///< that the rule follows; nullptr where it is only asked about its settings
  double operator[](int k) const { return value[static_cast<std::size_t>(k)]; }
};

inline constexpr std::uint32_t never = 0xFFFFFFFFu;
inline constexpr int trace_max = 28;         ///< traces of a source, or of a target
inline constexpr int synapse_state_max = 4;  ///< state variables of a synapse besides its weight

inline constexpr std::uint32_t draw_object = 0x40000000u;  ///< object numbers of projections' words, apart from populations'

/// Random numbers of a synapse at an event: a function of the seed, of where the synapse is in the network, and of the time.
struct Draw {
  StreamKey key{};
  std::uint32_t source = 0, target = 0;  ///< index in the slice of the sources; cell of the population
  std::uint32_t which = 0;               ///< delay [steps] << 16 | number among the synapses of the pair with that delay << 4
  std::uint32_t time = 0;                ///< stamp of the event, as the target counts
  bool given = false;                    ///< false where a synapse is only looked at
  /// Standard normal, for k below 32 (Box & Muller 1958).
  double normal(std::uint32_t k) const {
    const Words w = philox(key, source, target, which | k / 2, time);
    const double radius = std::sqrt(-2 * math::log(uniform01(w[k % 2 * 2]))), angle = 2 * math::pi * uniform01(w[k % 2 * 2 + 1]);
    return radius * math::cos(angle);
  }
};

/// What a rule of the weight gets to see at an event. Traces are as they were just after the last spike on that side
/// that arrived strictly before; the steps since then tell how far they have decayed. `never`: there was none, and the
/// traces are 0.
template <class T>
struct Pairing {
  const T* source;
  std::uint32_t since_source;
  const T* target;
  std::uint32_t since_target;
  bool first;  ///< no event of the own side since the last one of the other side
  std::uint32_t since_event;  ///< steps since the synapse's last event of either side, 0 if together with this one; since time 0 if there was none
  Draw draw{};                ///< for rules that draw numbers
  const T* own = nullptr;     ///< at a target's event: its traces just after it
  const T* felt = nullptr;    ///< at a source's event, for rules that watch potentials: the target's levels as they were lag() steps before
  bool together = false;      ///< at a target's event: in the step of the source's last spike, which was worked off before it but does not count
};

/// A rule of the weight: T is float or double.
template <class R, class T>
concept WeightRule = requires(const R& rule, T* trace, T weight, const Pairing<T>& at, std::uint32_t steps) {
  { R::n_source } -> std::convertible_to<int>;   // traces of each source
  { R::n_target } -> std::convertible_to<int>;   // traces of each target; with 0 its spikes are not looked at
  { R::n_state } -> std::convertible_to<int>;    // of each synapse, besides its weight
  { R::flop_source } -> std::convertible_to<int>;  // FLOP when a spike of the source arrives, and one of the target
  { R::flop_target } -> std::convertible_to<int>;
  { rule.source_fires(trace, steps) };           // its traces, from just after its last spike to just after this one
  { rule.target_fires(trace, steps) };
  { rule.target_arrives(weight, trace, at) } -> std::same_as<T>;  // the weight after a spike of the target has arrived
  { rule.source_arrives(weight, trace, at) } -> std::same_as<T>;  // the same of the source; the spike is then passed on with it
  { rule.largest() } -> std::convertible_to<double>;              // that a weight can ever have
};

/// A rule whose answer to a spike of the target takes so much arithmetic that many are worked on at once: target_arrives() is
/// potentiate() with the source's trace as it is now, for each of n weights.
template <class R, class T>
concept PotentiatesByTrace = requires(const R& rule, T* weights, const T* traces, std::uint32_t n, const Pairing<T>& at) {
  { rule.source_now(at) } -> std::same_as<T>;
  { rule.potentiate(weights, traces, n) };
};

/// A rule with state variables that start elsewhere than at 0.
template <class R, class T>
concept StartsState = requires(const R& rule, T weight, T* state) { rule.start(weight, state); };

/// A rule whose weights change between events too: looked at, they are as until() says, some steps after the last event.
template <class R, class T>
concept MovesBetweenEvents = requires(const R& rule, T weight, T* state, const Pairing<T>& at) {
  { rule.until(weight, state, at) } -> std::same_as<T>;
};

/// A rule that follows the potentials of its targets. Of each target it keeps n_cell variables, advanced after every step with V_m; the first
/// n_level of them, the levels, are felt lag() steps later. A step may make an event of the target, which all its synapses meet
/// as they would a spike, with one trace that tells its size; spikes themselves are no events.
template <class R, class T>
concept Watches = requires(const R& rule, T* cell, T V_m, const T* felt) {
  { R::n_cell } -> std::convertible_to<int>;
  { R::n_level } -> std::convertible_to<int>;
  { R::flop_watch } -> std::convertible_to<int>;   // FLOP of a cell and step
  requires R::n_target == 1;
  { rule.lag() } -> std::same_as<std::uint32_t>;   // steps, at least 1
  { rule.start_cell(cell) };
  { rule.cell_fires(cell) };                       // before watch() of the same step
  { rule.watch(cell, V_m, felt) } -> std::same_as<T>;  // size of the step's event; 0: none
};

/// A rule that draws random numbers: Pairing::draw is given at each event.
template <class R>
concept Draws = requires { requires R::draws; };

/// A rule that says what to do where its weights are not numbers any more.
template <class R>
concept Hints = requires(const R& rule) { { rule.hint() } -> std::convertible_to<std::string>; };

/// A rule of the weight that follows a volume (volume.hpp): the weight changes between events too. advance() takes a synapse from just after
/// its last event to just before the next one, which then sees it as it is there. settled(step) is a time to which all may be taken, at any
/// moment after `step`, without changing bits.
template <class R, class T>
concept FollowsVolume = requires(const R& rule, T weight, T* state, std::int64_t steps, std::uint32_t step) {
  { rule.advance(weight, state, steps, steps) } -> std::same_as<T>;  // the weight, and the state, a while later
  { rule.settled(step) } -> std::same_as<std::int64_t>;
  { rule.done_with(steps) };                                         // no synapse needs what was before any more
  { rule.crowded(step) } -> std::same_as<bool>;
};

/// A rule of the release: how much of its weight each synapse passes on, spike by spike.
class Release {
 public:
  virtual ~Release() = default;
  virtual int n_state() const = 0;
  virtual void start(double* state) const = 0;
  /// Advances the state by the steps since the last spike (`never`: this is the first), and past this spike.
  /// Returns the factor that weights are passed on with.
  virtual double fire(double* state, std::uint32_t since) const = 0;
  virtual double largest() const = 0;  ///< factor; infinity where it is not bounded
};

/// Rules of the release that act together: their factors multiply. nullptr where there is none.
std::unique_ptr<Release> product_of(std::vector<std::unique_ptr<Release>> parts);

class PlasticSynapses;
struct ScalingRule;
struct Network;
struct Shard;
struct PlasticTable;
struct StructureModel;

struct SynapseModel {
  const ModelInfo* info;
  /// A message where settings are each legal but not together; nullptr otherwise.
  const char* (*validate)(const SynapseParameters&);
  // by the kind of the rule one of make_release, make_weights, structure and scaling; the others are nullptr
  std::unique_ptr<Release> (*make_release)(const SynapseParameters&);
  std::unique_ptr<PlasticSynapses> (*make_weights)(const Network&, const PlasticTable&, const SynapseParameters&, std::unique_ptr<Release>);
  double (*largest)(const SynapseParameters&);  ///< weight that the rule can reach, without sign
  int (*n_state)(const SynapseParameters&) = nullptr;  ///< state variables of a synapse besides its weight; nullptr: none
  bool watches_potential = false;               ///< needs the target's potential in every step: PlasticSynapses::after_update()
  /// Where it does: numbers kept of each target, given the longest delay of the network in steps.
  std::size_t (*cell_values)(const SynapseParameters&, std::uint32_t delay_max) = nullptr;
  /// Of rules that follow a volume: the time constant with which they look back at it [ms]; infinity where they do not weigh the past.
  double (*looks_back_ms)(const SynapseParameters&) = nullptr;
  const StructureModel* structure = nullptr;
  ScalingRule (*scaling)(const SynapseParameters&) = nullptr;  ///< of homeostasis
  /// Of transmission that a receptor has to finish: the tau_syn with which its exponential must decay [ms].
  double (*receptor_tau_ms)(const SynapseParameters&) = nullptr;
  bool changes_weights() const { return make_weights != nullptr; }
};
const SynapseModel* find_synapse(std::string_view name);

/// The settings of a projection's rule, defaults filled in.
SynapseParameters synapse_parameters(const SynapseModel& model, const SynapseSpec& spec, const ProjectionSpec& projection, double dt_ms);

}  // namespace ranvier::engine
