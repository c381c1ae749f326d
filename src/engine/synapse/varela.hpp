// SPDX-License-Identifier: Apache-2.0
/// Short-term plasticity of Varela: facilitation and one or two kinds of depression multiply.
///
///   dF/dt = (1 - F)/tau_F, dD/dt = (1 - D)/tau_D;  at a spike: passed on: weight F D D_2, then F += f, D *= 1 - d, D_2 *= 1 - d_2
///
/// The paper writes D *= d; its d is 1 - d here. F has no bound: at rate r it settles at 1 + f/(e^{1/(r tau_F)} - 1).
///
/// State    F, D and D_2 of each source: the same for all its synapses
/// Numerics exact, once per spike
/// Source   Varela et al. 1997, doi:10.1523/JNEUROSCI.17-20-07926.1997 (fits: f 0.917, tau_F 94 ms; d 0.584, 380 ms; d_2 0.025, 9200 ms)
/// Tested   tests/plastic_release.cpp
#ifndef RANVIER_SYNAPSE_VARELA
#define RANVIER_SYNAPSE_VARELA
#include <limits>

#include "engine/plastic_of.hpp"

namespace ranvier::engine::varela {
enum : int { f, tau_F, d, tau_D, d_2, tau_D_2 };
inline constexpr Range share{.low = 0, .high = 1};
inline constexpr Parameter parameters[] = {
    {"f", 0.917, "1", not_negative, "facilitation that a spike adds"},
    {"tau_F", 94.0, "ms", positive, "time constant of facilitation"},
    {"d", 0.584, "1", share, "share that a spike takes from the fast depression factor"},
    {"tau_D", 380.0, "ms", positive, "time constant of its recovery"},
    {"d_2", 0.0, "1", share, "the same of the slow one; 0: none"},
    {"tau_D_2", 9200.0, "ms", positive, "time constant of its recovery"},
};
inline constexpr StateVariable state[] = {{"F", "1", "1", "facilitation"}, {"D", "1", "1", "fast depression"}, {"D_2", "1", "1", "slow depression"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "varela", .title = "short-term facilitation times depression",
    .equations = "dF/dt = (1 - F) / tau_F ;  dD/dt = (1 - D) / tau_D\nspike: passed on: weight F D D_2, then F += f, D *= 1 - d, D_2 *= 1 - d_2", .parameters = parameters, .state = state,
    .numerics = "exact, once per spike and source", .source = "Varela et al. 1997, doi:10.1523/JNEUROSCI.17-20-07926.1997"};

class Factors final : public Release {
 public:
  explicit Factors(const SynapseParameters& p) : f_(p[f]), d_(p[d]), d_2_(p[d_2]), F_(p.dt_ms / p[tau_F]), D_(p.dt_ms / p[tau_D]), D_2_(p.dt_ms / p[tau_D_2]) {}
  int n_state() const override { return 3; }
  void start(double* s) const override { s[0] = s[1] = s[2] = 1; }
  double fire(double* s, std::uint32_t since) const override {
    if (since != never) {
      s[0] = 1 + (s[0] - 1) * math::decay(-F_ * since);
      s[1] = 1 + (s[1] - 1) * math::decay(-D_ * since);
      s[2] = 1 + (s[2] - 1) * math::decay(-D_2_ * since);
    }
    const double factor = s[0] * s[1] * s[2];
    s[0] += f_;
    s[1] *= 1 - d_;
    s[2] *= 1 - d_2_;
    return factor;
  }
  double largest() const override { return f_ > 0 ? std::numeric_limits<double>::infinity() : 1; }

 private:
  double f_, d_, d_2_, F_, D_, D_2_;
};

inline constexpr SynapseModel model = release_model<Factors>(info);
}  // namespace ranvier::engine::varela
#endif
