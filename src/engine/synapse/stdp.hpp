// SPDX-License-Identifier: Apache-2.0
/// Spike-timing dependent plasticity of pairs (STDP).
///
///   a spike of the target arrives, dt after those of the source:  w += lambda w_max (1 - w/w_max)^mu_plus  sum e^{-dt/tau_plus}
///   a spike of the source arrives, dt after those of the target:  w -= lambda alpha w_max (w/w_max)^mu_minus sum e^{-dt/tau_minus}
///
/// mu_plus = mu_minus = 0: additive (Song et al. 2000), 1: multiplicative (van Rossum et al. 2000), between: Guetig et al. 2003.
/// Weights stay in [0, w_max]. Of two spikes at the same time neither counts for the other. The spike that depresses is
/// passed on with the weight after it, as in NEST's stdp_synapse.
///
/// pairing: which pairs count (Morrison et al. 2008, fig. 7). all: every one. symmetric: each spike with the last of the other
/// side. reduced: only spikes with no other of either side between them. (stdp_presynaptic: each spike of the source with the
/// last and the next of the target.)
///
/// State    w; traces: one of each source, one of each target
/// Work     9 FLOP an event (mu 0 or 1), 4 a spike of the target; 12 bytes a synapse: target, w read and written
/// Source   Morrison, Diesmann & Gerstner 2008, doi:10.1007/s00422-008-0233-1
/// Tested   tests/plastic_stdp.cpp: single pairs, trains, simultaneous spikes, NEST's and Brian2's delays, pairings
#ifndef RANVIER_SYNAPSE_STDP
#define RANVIER_SYNAPSE_STDP
#include "engine/plastic_of.hpp"

namespace ranvier::engine::stdp {
enum : int { lambda, alpha, mu_plus, mu_minus, tau_plus, tau_minus, w_max };
inline constexpr Parameter parameters[] = {
    {"lambda", 0.01, "1", not_negative, "step of potentiation, in units of w_max"},
    {"alpha", 1.0, "1", not_negative, "depression over potentiation"},
    {"mu_plus", 1.0, "1", {.low = 0, .high = 1}, "how potentiation depends on the weight; 0: not at all"},
    {"mu_minus", 1.0, "1", {.low = 0, .high = 1}, "how depression depends on the weight; 0: not at all"},
    {"tau_plus", 20.0, "ms", positive, "time constant of potentiation (trace of the source)"},
    {"tau_minus", 20.0, "ms", positive, "time constant of depression (trace of the target)"},
    {"w_max", 100.0, "weight", positive, "largest weight"},
};
enum Pairs : int { all, symmetric, reduced };
inline constexpr std::string_view pairs[] = {"all", "symmetric", "reduced"};
inline constexpr Choice choices[] = {{"pairing", pairs, "which pairs of spikes count"}};
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "stdp", .title = "spike-timing dependent plasticity of pairs",
    .equations = "target's spike: w += lambda w_max (1 - w/w_max)^mu_plus K_plus\nsource's spike: w -= lambda alpha w_max (w/w_max)^mu_minus K_minus\n"
                 "dK/dt = -K / tau;  K += 1 at each spike of its side",
    .parameters = parameters, .state = state, .numerics = "exact, at events only",
    .source = "Morrison, Diesmann & Gerstner 2008, doi:10.1007/s00422-008-0233-1", .flop = 13, .byte_read = 8, .byte_written = 4, .choices = choices};

/// x^mu for x in [0, 1]; the usual exponents without a power.
template <class T>
class Power {
 public:
  explicit Power(double mu) : mu_(mu) {}
  T operator()(T x) const {
    if (mu_ == 1) return x;
    if (mu_ == 0) return 1;
    return x <= 0 ? T(0) : static_cast<T>(math::pow(static_cast<double>(x), mu_));
  }

 private:
  double mu_;
};

template <class T>
class Rule {
 public:
  static constexpr int n_source = 1, n_target = 1, n_state = 0, flop_source = 9, flop_target = 9;

  explicit Rule(const SynapseParameters& p)
      : pairing_(static_cast<Pairs>(p.choice[0])), up_(static_cast<T>(p[lambda])), down_(static_cast<T>(p[lambda] * p[alpha])), w_max_(static_cast<T>(p[w_max])),
        per_max_(static_cast<T>(1 / p[w_max])), plus_(p[mu_plus]), minus_(p[mu_minus]), source_(p[tau_plus], p.dt_ms), target_(p[tau_minus], p.dt_ms) {}

  void source_fires(T* K, std::uint32_t since) const { K[0] = pairing_ == all ? K[0] * source_(since) + 1 : T(1); }
  void target_fires(T* K, std::uint32_t since) const { K[0] = pairing_ == all ? K[0] * target_(since) + 1 : T(1); }

  T target_arrives(T w, T*, const Pairing<T>& at) const {
    if (!at.first && pairing_ == reduced) return w;
    const T x = w * per_max_;
    return std::min(w_max_, w_max_ * (x + up_ * plus_(1 - x) * at.source[0] * source_(at.since_source)));
  }
  T source_arrives(T w, T*, const Pairing<T>& at) const {
    if (!at.first && pairing_ == reduced) return w;
    const T x = w * per_max_;
    return std::max(T(0), w_max_ * (x - down_ * minus_(x) * at.target[0] * target_(at.since_target)));
  }
  double largest() const { return static_cast<double>(w_max_); }

 private:
  Pairs pairing_;
  T up_, down_, w_max_, per_max_;
  Power<T> plus_, minus_;
  DecayTable<T> source_, target_;
};

inline const char* validate(const SynapseParameters& p) { return p.weight_largest > p[w_max] ? "the initial weights must not be above w_max" : nullptr; }
inline constexpr SynapseModel model = weight_model<Rule>(info, validate);
}  // namespace ranvier::engine::stdp
#endif
