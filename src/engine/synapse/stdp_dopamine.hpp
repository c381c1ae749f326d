// SPDX-License-Identifier: Apache-2.0
/// STDP with a third factor: pairs of spikes make a synapse eligible, and a concentration (dopamine) turns that into weight.
///
///   a spike of the target arrives:  c += A_plus K_plus
///   a spike of the source arrives:  c -= A_minus K_minus
///   dc/dt = -c / tau_c,  dw/dt = c (d - b)                 d: concentration of the rule's volume; time in ms
///
/// Weights stay in [w_min, w_max]. Between two events of a synapse its change has a closed form (course.hpp); a pulse touches no synapse. The
/// bounds are applied at the end of each such gap, not within: a weight that would have passed a bound and come back has not met it.
/// Gaps are cut at fixed times too, 4 to 8 tau_c apart, so that pulses can be forgotten. The spike that arrives is passed on with the weight as it has
/// become by then.
///
/// An eligibility is a weight per ms and unit of concentration: a pair that leaves c = 1 and is followed at once by a pulse of 1 adds
/// tau_c tau_d / (tau_c + tau_d) in all. NEST's stdp_dopamine_synapse is the same but for the pulse: there a spike raises the
/// concentration by 1/tau_n (tau_n in ms), here by the amount of the pulse.
///
/// State    w and c, the eligibility; traces: one of each source, one of each target
/// Numerics exact; gaps in double precision, weight and eligibility in that of the run. An eligibility below 1e-30 is none
/// Work     20 FLOP an event, 20 a spike of the target; 20 bytes a synapse: target, w and c read and written
/// Source   Izhikevich 2007, doi:10.1093/cercor/bhl152; Potjans, Morrison & Diesmann 2010, doi:10.3389/fncom.2010.00141
/// Tested   tests/plastic_dopamine.cpp: closed forms, pulses against small steps; tests/parity/test_stdp.py: NEST's stdp_dopamine_synapse
#ifndef RANVIER_SYNAPSE_STDP_DOPAMINE
#define RANVIER_SYNAPSE_STDP_DOPAMINE
#include "engine/plastic_of.hpp"
#include "engine/volume.hpp"

namespace ranvier::engine::stdp_dopamine {
enum : int { A_plus, A_minus, tau_plus, tau_minus, tau_c, b, w_min, w_max };
inline constexpr Parameter parameters[] = {
    {"A_plus", 1.0, "weight", not_negative, "eligibility of a pair, source first (per ms and unit of concentration)"},
    {"A_minus", 1.5, "weight", not_negative, "eligibility that a pair takes away, target first"},
    {"tau_plus", 20.0, "ms", positive, "time constant of the source's trace"},
    {"tau_minus", 20.0, "ms", positive, "time constant of the target's trace"},
    {"tau_c", 1000.0, "ms", positive, "time constant of the eligibility"},
    {"b", 0.0, "1", any, "concentration at which an eligible synapse stays as it is"},
    {"w_min", 0.0, "weight", not_negative, "smallest weight"},
    {"w_max", 200.0, "weight", positive, "largest weight"},
};
enum Pairs : int { all, symmetric };
inline constexpr std::string_view pairs[] = {"all", "symmetric"};
inline constexpr Choice choices[] = {{"pairing", pairs, "which pairs of spikes count: every one, or each spike with the last of the other side"}};
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}, {"c", "weight", "0", "eligibility (per ms and unit of concentration)"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "stdp_dopamine", .title = "spike-timing dependent plasticity that waits for dopamine",
    .equations = "target's spike: c += A_plus K_plus\nsource's spike: c -= A_minus K_minus\ndc/dt = -c / tau_c;  dw/dt = c (d - b) per ms, d the concentration of `volume`\n"
                 "dK/dt = -K / tau;  K += 1 at each spike of its side",
    .parameters = parameters, .state = state, .numerics = "exact, at events only; bounds are applied at events",
    .source = "Izhikevich 2007, doi:10.1093/cercor/bhl152", .flop = 40, .byte_read = 12, .byte_written = 8, .choices = choices, .follows_volume = true};

template <class T>
class Rule {
 public:
  static constexpr int n_source = 1, n_target = 1, n_state = 1, flop_source = 20, flop_target = 20;

  explicit Rule(const SynapseParameters& p)
      : pairing_(static_cast<Pairs>(p.choice[0])), up_(static_cast<T>(p[A_plus])), down_(static_cast<T>(p[A_minus])), w_min_(static_cast<T>(p[w_min])), w_max_(static_cast<T>(p[w_max])),
        source_(p[tau_plus], p.dt_ms), target_(p[tau_minus], p.dt_ms), volume_(p.volume) {
    if (!volume_) return;
    listener_ = volume_->listen(p[tau_c]);
    rest_ = (volume_->course().baseline() - p[b]) * p[tau_c];
  }

  void source_fires(T* K, std::uint32_t since) const { K[0] = pairing_ == all ? K[0] * source_(since) + 1 : T(1); }
  void target_fires(T* K, std::uint32_t since) const { K[0] = pairing_ == all ? K[0] * target_(since) + 1 : T(1); }

  T target_arrives(T w, T* c, const Pairing<T>& at) const {
    c[0] += up_ * at.source[0] * source_(at.since_source);
    return w;
  }
  T source_arrives(T w, T* c, const Pairing<T>& at) const {
    c[0] -= down_ * at.target[0] * target_(at.since_target);
    return w;
  }

  /// Span by span: the same cuts whenever it is done.
  T advance(T w, T* c, std::int64_t from, std::int64_t to) const {
    const Course& course = volume_->course();
    while (from < to && c[0] != 0) {
      const std::int64_t end = std::min(to, (from | (course.span() - 1)) + 1);
      const Course::Weight gap = course.weighted(listener_.weight, from, end);
      const double eligible = static_cast<double>(c[0]);
      w = std::clamp(static_cast<T>(static_cast<double>(w) + eligible * (gap.excess + rest_ * (1 - gap.left))), w_min_, w_max_);
      c[0] = static_cast<T>(eligible * gap.left);
      if (std::fabs(c[0]) < T(1e-30)) c[0] = 0;
      from = end;
    }
    return w;
  }
  std::int64_t settled(std::uint32_t step) const { return volume_->settled_span(step); }
  void done_with(std::int64_t step) const { volume_->done_with(listener_.id, step); }
  bool crowded(std::uint32_t step) const { return volume_->crowded(listener_.id, step); }

  double largest() const { return static_cast<double>(w_max_); }

 private:
  Pairs pairing_;
  T up_, down_, w_min_, w_max_;
  DecayTable<T> source_, target_;
  Volume* volume_;
  Volume::Listener listener_;
  double rest_ = 0;            ///< what the concentration at rest does to an eligibility of 1
};

inline const char* validate(const SynapseParameters& p) {
  if (p[w_min] > p[w_max]) return "w_min must not be above w_max";
  if (p.weight_largest > p[w_max]) return "the initial weights must not be above w_max";
  return p.weight_smallest < p[w_min] ? "the initial weights must not be below w_min" : nullptr;
}
inline constexpr SynapseModel model = [] {
  SynapseModel m = weight_model<Rule>(info, validate);
  m.looks_back_ms = [](const SynapseParameters& p) { return p[tau_c]; };
  return m;
}();
}  // namespace ranvier::engine::stdp_dopamine
#endif
