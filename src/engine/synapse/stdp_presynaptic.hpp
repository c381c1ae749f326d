// SPDX-License-Identifier: Apache-2.0
/// STDP of pairs, centred on the source: each of its spikes counts with the last and with the next one of the target.
///
///   as stdp, but of the target's spikes only the first after one of the source potentiates, by all those of the source since
///   the target's last; and a spike of the source is depressed by the target's last alone
///
/// Of two spikes that meet at the synapse neither counts for the other, and those of the source wait for the target's next. So K is kept
/// without the source's spikes of its last step, of which its trace c has the number: a spike of the target that comes later makes use
/// of K + c, one in that very step of K.
///
/// State    w and K, the source's spikes since the target's last; traces: c of the source, of the target the time of its last spike
/// Work     11 FLOP an event, 9 a spike of the target; 20 bytes a synapse: target, w and K read and written
/// Source   Morrison, Diesmann & Gerstner 2008, doi:10.1007/s00422-008-0233-1, fig. 7B
/// Tested   tests/plastic_stdp.cpp: against the definition; tests/parity/test_stdp.py: NEST's stdp_nn_pre_centered_synapse
#ifndef RANVIER_SYNAPSE_STDP_PRESYNAPTIC
#define RANVIER_SYNAPSE_STDP_PRESYNAPTIC
#include "engine/synapse/stdp.hpp"

namespace ranvier::engine::stdp_presynaptic {
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}, {"K", "1", "0", "spikes of the source since the target's last, decayed, but those of the source's last step"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "stdp_presynaptic", .title = "spike-timing dependent plasticity of nearest pairs, centred on the source",
    .equations = "target's first spike after one of the source: w += lambda w_max (1 - w/w_max)^mu_plus K, then K = 0\n"
                 "source's spike: w -= lambda alpha w_max (w/w_max)^mu_minus e^{-dt/tau_minus}, dt since the target's last; K += 1\ndK/dt = -K / tau_plus",
    .parameters = stdp::parameters, .state = state, .numerics = "exact, at events only",
    .source = "Morrison, Diesmann & Gerstner 2008, doi:10.1007/s00422-008-0233-1", .flop = 20, .byte_read = 12, .byte_written = 8};

template <class T>
class Rule {
 public:
  static constexpr int n_source = 1, n_target = 1, n_state = 1, flop_source = 11, flop_target = 9;

  explicit Rule(const SynapseParameters& p)
      : up_(static_cast<T>(p[stdp::lambda])), down_(static_cast<T>(p[stdp::lambda] * p[stdp::alpha])), w_max_(static_cast<T>(p[stdp::w_max])), per_max_(static_cast<T>(1 / p[stdp::w_max])),
        plus_(p[stdp::mu_plus]), minus_(p[stdp::mu_minus]), source_(p[stdp::tau_plus], p.dt_ms), target_(p[stdp::tau_minus], p.dt_ms) {}

  void source_fires(T* c, std::uint32_t since) const { c[0] = since == 0 ? c[0] + 1 : T(1); }
  void target_fires(T* last, std::uint32_t) const { last[0] = 1; }

  T target_arrives(T w, T* K, const Pairing<T>& at) const {
    const T waiting = at.together ? K[0] : at.since_source == never ? T(0) : (K[0] + at.source[0]) * source_(at.since_source);
    K[0] = at.together || at.since_source == never ? T(0) : -at.source[0];  // none waits any more
    const T x = w * per_max_;
    return std::min(w_max_, w_max_ * (x + up_ * plus_(1 - x) * waiting));
  }
  T source_arrives(T w, T* K, const Pairing<T>& at) const {
    if (at.since_source != 0) K[0] = at.since_source == never ? T(0) : (K[0] + at.source[0]) * source_(at.since_source);
    const T x = w * per_max_;
    return std::max(T(0), w_max_ * (x - down_ * minus_(x) * at.target[0] * target_(at.since_target)));
  }
  double largest() const { return static_cast<double>(w_max_); }

 private:
  T up_, down_, w_max_, per_max_;
  stdp::Power<T> plus_, minus_;
  DecayTable<T> source_, target_;
};

inline constexpr SynapseModel model = weight_model<Rule>(info, stdp::validate);
}  // namespace ranvier::engine::stdp_presynaptic
#endif
