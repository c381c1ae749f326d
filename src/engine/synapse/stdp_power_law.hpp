// SPDX-License-Identifier: Apache-2.0
/// STDP of pairs with a power law: strong synapses grow slowly, all shrink in proportion.
///
///   a spike of the target arrives:  w += lambda w_0 (w/w_0)^mu K_plus
///   a spike of the source arrives:  w -= lambda alpha w K_minus            all pairs
///
/// Weights have no upper bound but w_max, which is far away by default (1,000 times the largest initial weight) and only
/// keeps the sums of the inputs within their range.
///
/// State    w; traces: one of each source, one of each target
/// Numerics exact, at events only; the power in single precision is good to 1e-6
/// Work     5 FLOP an event, 40 a spike of the target; 12 bytes a synapse: target, w read and written
/// Source   Morrison, Aertsen & Diesmann 2007, doi:10.1162/neco.2007.19.6.1437
/// Tested   tests/plastic_stdp.cpp
#ifndef RANVIER_SYNAPSE_STDP_POWER_LAW
#define RANVIER_SYNAPSE_STDP_POWER_LAW
#include "core/power.hpp"
#include "engine/plastic_of.hpp"

namespace ranvier::engine::stdp_power_law {
enum : int { lambda, alpha, exponent, w_0, tau_plus, tau_minus, highest_weight };
inline constexpr Parameter parameters[] = {
    {"lambda", 0.1, "1", not_negative, "step of potentiation"},
    {"alpha", 0.11, "1", not_negative, "depression over potentiation"},
    {"mu", 0.4, "1", {.low = 0, .high = 1}, "exponent of potentiation"},
    {"w_0", 1.0, "weight", positive, "reference weight"},
    {"tau_plus", 20.0, "ms", positive, "time constant of potentiation (trace of the source)"},
    {"tau_minus", 20.0, "ms", positive, "time constant of depression (trace of the target)"},
    {"w_max", 0.0, "weight", not_negative, "largest weight; 0: 1,000 times the largest initial one"},
};
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "stdp_power_law", .title = "spike-timing dependent plasticity of pairs, power law",
    .equations = "target's spike: w += lambda w_0 (w/w_0)^mu K_plus\nsource's spike: w -= lambda alpha w K_minus\ndK/dt = -K / tau;  K += 1 at each spike of its side",
    .parameters = parameters, .state = state, .numerics = "exact, at events only",
    .source = "Morrison, Aertsen & Diesmann 2007, doi:10.1162/neco.2007.19.6.1437", .flop = 45, .byte_read = 8, .byte_written = 4};

inline double highest(const SynapseParameters& p) { return p[highest_weight] > 0 ? p[highest_weight] : 1000 * p.weight_largest; }

template <class T>
class Rule {
 public:
  static constexpr int n_source = 1, n_target = 1, n_state = 0, flop_source = 5, flop_target = 40;

  explicit Rule(const SynapseParameters& p)
      : mu_(static_cast<T>(p[exponent])), up_(static_cast<T>(p[lambda] * math::pow(p[w_0], 1 - p[exponent]))), down_(static_cast<T>(p[lambda] * p[alpha])), w_max_(static_cast<T>(highest(p))),
        source_(p[tau_plus], p.dt_ms), target_(p[tau_minus], p.dt_ms) {}

  void source_fires(T* K, std::uint32_t since) const { K[0] = K[0] * source_(since) + 1; }
  void target_fires(T* K, std::uint32_t since) const { K[0] = K[0] * target_(since) + 1; }
  T target_arrives(T w, T*, const Pairing<T>& at) const { return potentiate(w, source_now(at)); }
  T source_now(const Pairing<T>& at) const { return at.source[0] * source_(at.since_source); }
  T potentiate(T w, T K) const {
    T grown = w;
    potentiate(&grown, &K, 1);
    return grown;
  }
  void potentiate(T* __restrict w, const T* __restrict K, std::uint32_t n) const {
    const T up = up_, mu = mu_, w_max = w_max_;
    if (mu == 0) {  // 0^0 is 1: a synapse at 0 grows too
      for (std::uint32_t k = 0; k < n; ++k) w[k] = std::min(w_max, w[k] + up * K[k]);
      return;
    }
    for (std::uint32_t k = 0; k < n; ++k) {
      const T grown = w[k] + up * power(w[k], mu) * K[k];
      w[k] = grown > w_max ? w_max : grown;
    }
  }
  T source_arrives(T w, T*, const Pairing<T>& at) const { return std::max(T(0), w - down_ * w * at.target[0] * target_(at.since_target)); }
  double largest() const { return static_cast<double>(w_max_); }

 private:
  T mu_, up_, down_, w_max_;
  DecayTable<T> source_, target_;
};

inline constexpr SynapseModel model = weight_model<Rule>(info, [](const SynapseParameters& p) {
  return p.weight_largest > highest(p) ? "the initial weights must not be above w_max" : static_cast<const char*>(nullptr);
});
}  // namespace ranvier::engine::stdp_power_law
#endif
