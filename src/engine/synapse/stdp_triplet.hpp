// SPDX-License-Identifier: Apache-2.0
/// STDP of triplets: how much a pair counts depends on the spike before on its own side.
///
///   a spike of the target arrives:  w += w_max r1 (A2_plus + A3_plus o2)
///   a spike of the source arrives:  w -= w_max o1 (A2_minus + A3_minus r2)
///   source: dr1/dt = -r1/tau_plus, dr2/dt = -r2/tau_x;  target: do1/dt = -o1/tau_minus, do2/dt = -o2/tau_y
///
/// Each trace grows by 1 at a spike of its side (pairing all) or becomes 1 (nearest); r2 and o2 count as they were just
/// before the spike at hand. Weights stay in [0, w_max]. Defaults: visual cortex, all-to-all (table 4 of the paper).
///
/// State    w; traces: two of each source, two of each target; no bytes per synapse besides
/// Work     10 FLOP an event, 10 a spike of the target; 12 bytes a synapse: target, w read and written
/// Source   Pfister & Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006
/// Tested   tests/plastic_rules.cpp: 60 pairs at 1 to 50 Hz
#ifndef RANVIER_SYNAPSE_STDP_TRIPLET
#define RANVIER_SYNAPSE_STDP_TRIPLET
#include "engine/plastic_of.hpp"

namespace ranvier::engine::stdp_triplet {
enum : int { A2_plus, A3_plus, A2_minus, A3_minus, tau_plus, tau_x, tau_minus, tau_y, w_max };
inline constexpr Parameter parameters[] = {
    {"A2_plus", 5e-10, "1", any, "potentiation by pairs, in units of w_max"},
    {"A3_plus", 6.2e-3, "1", any, "potentiation by triplets"},
    {"A2_minus", 7e-3, "1", any, "depression by pairs"},
    {"A3_minus", 2.3e-4, "1", any, "depression by triplets"},
    {"tau_plus", 16.8, "ms", positive, "time constant of the source's fast trace"},
    {"tau_x", 101.0, "ms", positive, "time constant of the source's slow trace"},
    {"tau_minus", 33.7, "ms", positive, "time constant of the target's fast trace"},
    {"tau_y", 125.0, "ms", positive, "time constant of the target's slow trace"},
    {"w_max", 100.0, "weight", positive, "largest weight"},
};
inline constexpr std::string_view pairs[] = {"all", "nearest"};
inline constexpr Choice choices[] = {{"pairing", pairs, "whether traces grow by 1 or become 1 at a spike"}};
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "stdp_triplet", .title = "spike-timing dependent plasticity of triplets",
    .equations = "target's spike: w += w_max r1 (A2_plus + A3_plus o2)\nsource's spike: w -= w_max o1 (A2_minus + A3_minus r2)\n"
                 "dr1/dt = -r1/tau_plus, dr2/dt = -r2/tau_x, do1/dt = -o1/tau_minus, do2/dt = -o2/tau_y;  each += 1 at a spike of its side",
    .parameters = parameters, .state = state, .numerics = "exact, at events only", .source = "Pfister & Gerstner 2006, doi:10.1523/JNEUROSCI.1425-06.2006",
    .flop = 20, .byte_read = 8, .byte_written = 4, .choices = choices};

template <class T>
class Rule {
 public:
  static constexpr int n_source = 2, n_target = 2, n_state = 0, flop_source = 10, flop_target = 10;

  explicit Rule(const SynapseParameters& p)
      : all_(p.choice[0] == 0), A2_up_(static_cast<T>(p[A2_plus] * p[w_max])), A3_up_(static_cast<T>(p[A3_plus] * p[w_max])), A2_down_(static_cast<T>(p[A2_minus] * p[w_max])),
        A3_down_(static_cast<T>(p[A3_minus] * p[w_max])), w_max_(static_cast<T>(p[w_max])), r1_(p[tau_plus], p.dt_ms), r2_(p[tau_x], p.dt_ms), o1_(p[tau_minus], p.dt_ms),
        o2_(p[tau_y], p.dt_ms) {}

  void source_fires(T* r, std::uint32_t since) const {
    r[0] = all_ ? r[0] * r1_(since) + 1 : T(1);
    r[1] = all_ ? r[1] * r2_(since) + 1 : T(1);
  }
  void target_fires(T* o, std::uint32_t since) const {
    o[0] = all_ ? o[0] * o1_(since) + 1 : T(1);
    o[1] = all_ ? o[1] * o2_(since) + 1 : T(1);
  }
  T target_arrives(T w, T*, const Pairing<T>& at) const {
    return std::clamp(w + at.source[0] * r1_(at.since_source) * (A2_up_ + A3_up_ * (at.target[1] * o2_(at.since_target))), T(0), w_max_);
  }
  T source_arrives(T w, T*, const Pairing<T>& at) const {
    return std::clamp(w - at.target[0] * o1_(at.since_target) * (A2_down_ + A3_down_ * (at.source[1] * r2_(at.since_source))), T(0), w_max_);
  }
  double largest() const { return static_cast<double>(w_max_); }

 private:
  bool all_;
  T A2_up_, A3_up_, A2_down_, A3_down_, w_max_;
  DecayTable<T> r1_, r2_, o1_, o2_;
};

inline constexpr SynapseModel model = weight_model<Rule>(info, [](const SynapseParameters& p) {
  return p.weight_largest > p[w_max] ? "the initial weights must not be above w_max" : static_cast<const char*>(nullptr);
});
}  // namespace ranvier::engine::stdp_triplet
#endif
