// SPDX-License-Identifier: Apache-2.0
/// Plasticity of inhibitory synapses that drives their targets to a set rate.
///
///   a spike of the target arrives:  w += eta K_source
///   a spike of the source arrives:  w += eta (K_target - alpha)          all pairs, in either order, potentiate
///
/// alpha = 2 rate tau keeps the targets near `rate`. Weights stay in [0, w_max]. The spike that arrives is passed on with the
/// weight after it.
///
/// State    w; traces: one of each source, one of each target
/// Work     6 FLOP an event, 3 a spike of the target; 12 bytes a synapse: target, w read and written
/// Source   Vogels et al. 2011, doi:10.1126/science.1211095
/// Tested   tests/plastic_rules.cpp
#ifndef RANVIER_SYNAPSE_STDP_INHIBITORY
#define RANVIER_SYNAPSE_STDP_INHIBITORY
#include "engine/plastic_of.hpp"

namespace ranvier::engine::stdp_inhibitory {
enum : int { eta, rate, tau, w_max };
inline constexpr Parameter parameters[] = {
    {"eta", 1.0, "weight", not_negative, "step of the weight"},
    {"rate", 3.0, "Hz", not_negative, "rate that the targets are driven to"},
    {"tau", 20.0, "ms", positive, "time constant of the traces"},
    {"w_max", 1000.0, "weight", positive, "largest weight"},
};
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "stdp_inhibitory", .title = "plasticity of inhibition that balances its targets",
    .equations = "target's spike: w += eta K_source\nsource's spike: w += eta (K_target - alpha), alpha = 2 rate tau\ndK/dt = -K / tau;  K += 1 at each spike of its side",
    .parameters = parameters, .state = state, .numerics = "exact, at events only", .source = "Vogels et al. 2011, doi:10.1126/science.1211095", .flop = 9, .byte_read = 8, .byte_written = 4};

template <class T>
class Rule {
 public:
  static constexpr int n_source = 1, n_target = 1, n_state = 0, flop_source = 6, flop_target = 4;

  explicit Rule(const SynapseParameters& p)
      : eta_(static_cast<T>(p[eta])), alpha_(static_cast<T>(2e-3 * p[rate] * p[tau])), w_max_(static_cast<T>(p[w_max])), decay_(p[tau], p.dt_ms) {}

  void source_fires(T* K, std::uint32_t since) const { K[0] = K[0] * decay_(since) + 1; }
  void target_fires(T* K, std::uint32_t since) const { K[0] = K[0] * decay_(since) + 1; }
  T target_arrives(T w, T*, const Pairing<T>& at) const { return std::min(w_max_, w + eta_ * at.source[0] * decay_(at.since_source)); }
  T source_arrives(T w, T*, const Pairing<T>& at) const { return std::clamp(w + eta_ * (at.target[0] * decay_(at.since_target) - alpha_), T(0), w_max_); }
  double largest() const { return static_cast<double>(w_max_); }

 private:
  T eta_, alpha_, w_max_;
  DecayTable<T> decay_;
};

inline constexpr SynapseModel model = weight_model<Rule>(info, [](const SynapseParameters& p) {
  return p.weight_largest > p[w_max] ? "the initial weights must not be above w_max" : static_cast<const char*>(nullptr);
});
}  // namespace ranvier::engine::stdp_inhibitory
#endif
