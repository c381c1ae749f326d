// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Kinetic transmission: receptors that a pulse of transmitter opens, and that saturate.
///
///   ds/dt = alpha T (1 - s) - beta s        during the pulse, t_p long;   ds/dt = -beta s  after it
///
/// s depends on the source's spikes alone, so one state serves all its synapses. Where a pulse takes s from s_0 to s_1 (pulse.hpp), a
/// conductance that only decays would be at s_0 e^{-beta t_p}. The difference is passed on, times the weight, as one jump at the
/// end of the pulse: from there on the conductance is exact. So a projection's delay counts from the spike to the end of the pulse,
/// and its receptor must decay with tau_syn = 1/beta. A spike during a pulse makes it longer.
///
/// Source  Destexhe, Mainen & Sejnowski 1994, doi:10.1162/neco.1994.6.1.14, and 1998 (Methods in Neuronal Modeling, ch. 1)

#include "engine/plastic_of.hpp"
#include "engine/pulse.hpp"

namespace ranvier::engine::kinetic {

enum : int { alpha, beta, T, t_p, parameter_count };

constexpr std::array<Parameter, parameter_count> parameters(double alpha, double beta) {
  return {{{"alpha", alpha, "1/ms", positive, "opening, per mM of transmitter"},
           {"beta", beta, "1/ms", positive, "closing; 1 / tau_syn of the receptor"},
           {"T", 1.0, "1", positive, "transmitter during the pulse, in mM"},
           {"t_p", 1.0, "ms", positive, "length of the pulse"}}};
}
inline constexpr StateVariable state[] = {{"s", "1", "0", "share of receptors that are open at the end of the last pulse"}};

constexpr ModelInfo info(std::string_view name, std::string_view title, std::span<const Parameter> table) {
  return {.kind = ModelInfo::Kind::synapse, .name = name, .title = title,
          .equations = "pulse: ds/dt = alpha T (1 - s) - beta s ;  after it ds/dt = -beta s\nat its end: passed on: weight (s - s_0 exp(-beta t_p))", .parameters = table, .state = state,
          .numerics = "exact from the end of the pulse on, which is when the spike arrives; once per spike and source",
          .source = "Destexhe, Mainen & Sejnowski 1994, doi:10.1162/neco.1994.6.1.14"};
}

inline Pulse pulse_of(const SynapseParameters& p) { return {.open = p[alpha] * p[T], .beta = p[beta], .ms = p[t_p], .dt_ms = p.dt_ms}; }

class Opening final : public Release {
 public:
  explicit Opening(const SynapseParameters& p) : pulse_(pulse_of(p)) {}
  int n_state() const override { return 1; }
  void start(double* s) const override { s[0] = 0; }
  double fire(double* s, std::uint32_t since) const override {
    const double begin = pulse_.begin(s[0], since), within = pulse_.within(since);
    s[0] = pulse_.end(begin, within);
    return s[0] - begin * pulse_.closed(within);
  }
  double largest() const override { return pulse_.s_inf(); }

 private:
  Pulse pulse_;
};

inline const char* validate(const SynapseParameters& p) { return p[t_p] < 0.999999 * p.dt_ms ? "t_p must not be below dt" : nullptr; }

constexpr SynapseModel model(const ModelInfo& info) {
  SynapseModel m = release_model<Opening>(info, validate);
  m.receptor_tau_ms = [](const SynapseParameters& p) { return 1 / p[beta]; };
  return m;
}

}  // namespace ranvier::engine::kinetic
