// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The second half of build(): units of weights, then the rows of every shard.

#include "engine/network.hpp"
#include "engine/rule.hpp"

namespace ranvier::engine {

/// Everything that a spec says and can be wrong, before memory is asked for: populations and parameters, no synapses.
std::shared_ptr<Network> resolve(const NetworkSpec& spec, const Options& options);

/// Object number of the random words that initial values of a state variable are drawn by; receptor -1: the membrane's.
inline std::uint32_t initial_object(int population, int receptor, int variable) {
  return static_cast<std::uint32_t>(population) * 4096u + static_cast<std::uint32_t>(receptor + 1) * 128u + 64u + static_cast<std::uint32_t>(variable);
}

/// How the weights of one projection are stored; follows from the network file alone.
struct WeightPlan {
  Layout layout = Layout::compact;
  int exponent = 0;                     ///< compact, exact: |weight| is kept in units of 2^exponent
  std::int64_t scale = 1;               ///< sum units per stored unit; constant: per synapse, with its sign
  bool negative = false, positive = false;  ///< signs that occur
};

/// Gives every receptor its quantum and every projection its plan; decides whether sums are wide.
std::vector<WeightPlan> plan_weights(Network& network);

/// Rates of which a step cannot hold the spikes.
void check_poisson(const Network& network, std::vector<std::string>& problems);

/// Whether no sum can overflow with the inputs, rates and trains that the network has now.
bool sums_suffice(const Network& network);

/// Draws and packs the rows of all shards, one thread a shard; sets synapses, delay_min, delay_max.
void build_rows(Network& network);

/// Draws and packs a shard's rows of synapses onto event-driven cells (event_row.hpp), where it has any.
void build_event_rows(const Network& network, Shard& shard);
void for_each_event_synapse(const Network& network, std::int64_t source, const std::function<void(const SynapseRecord&)>& visit);

/// Draws and packs a shard's rows of synapses with a state (plastic_row.hpp).
void build_plastic_rows(const Network& network, Shard& shard);
bool is_plastic(const ProjectionSpec& projection);
/// Whether one of the rules of its synapses needs the potential of their targets in every step.
bool watches_potential(const ProjectionSpec& projection);
/// What |weight| x release factor never passes; infinity where nothing is known.
double plastic_weight_bound(const ProjectionSpec& projection, double dt_ms);
/// Why a rule asks for more than there is, or "": drawing would never end.
std::string impossible(const ProjectionSpec& projection, std::int64_t sites = 1);
/// What the network is expected to take.
/// Errors  InputError: that may be more memory than there is
MemoryEstimate check_memory(const NetworkSpec& spec, const Options& options);

/// Largest count that a Poisson input or source of this mean gives in a step.
int poisson_count_max(double mean);

}  // namespace ranvier::engine
