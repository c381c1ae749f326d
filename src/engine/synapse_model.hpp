// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Synapses with a state: what a rule's file says, and how it is looked up. A rule never sees rows, threads or files.
///
/// There are three kinds, and a projection may have one of each:
///   release   depends on the source's spikes alone: computed once per spike and source, never per synapse
///   weight    changes the weight of each synapse, at its events only: a spike of the source arrives at the synapse, or
///             one of the target does. Between events nothing is stepped.
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
#include "engine/model.hpp"
#include "ranvier/network.hpp"

namespace ranvier::engine {

/// Settings of a rule for one projection, complete.
struct SynapseParameters {
  std::vector<double> value;        ///< by the rule's enum of parameters
  std::vector<int> choice;          ///< index of the word, by the rule's order of choices
  double dt_ms = 0;
  double weight_largest = 0;        ///< of the initial weights, without sign
  double operator[](int k) const { return value[static_cast<std::size_t>(k)]; }
};

inline constexpr std::uint32_t never = 0xFFFFFFFFu;
inline constexpr int trace_max = 4;          ///< traces of a source, or of a target
inline constexpr int synapse_state_max = 4;  ///< state variables of a synapse besides its weight

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

class PlasticSynapses;
struct Network;
struct Shard;
struct PlasticTable;
struct StructureModel;

struct SynapseModel {
  const ModelInfo* info;
  /// A message where settings are each legal but not together; nullptr otherwise.
  const char* (*validate)(const SynapseParameters&);
  // one of the three, by the kind of the rule
  std::unique_ptr<Release> (*make_release)(const SynapseParameters&);
  std::unique_ptr<PlasticSynapses> (*make_weights)(const Network&, const PlasticTable&, const SynapseParameters&, std::unique_ptr<Release>);
  double (*largest)(const SynapseParameters&);  ///< weight that the rule can reach, without sign
  const StructureModel* structure = nullptr;
  bool changes_weights() const { return make_weights != nullptr; }
};
const SynapseModel* find_synapse(std::string_view name);

/// The settings of a projection's rule, defaults filled in.
SynapseParameters synapse_parameters(const SynapseModel& model, const SynapseSpec& spec, const ProjectionSpec& projection, double dt_ms);

}  // namespace ranvier::engine
