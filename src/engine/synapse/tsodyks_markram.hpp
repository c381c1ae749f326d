// SPDX-License-Identifier: Apache-2.0
/// Short-term plasticity of Tsodyks and Markram: resources x are used up by a share u at each spike, and recover.
///
///   dx/dt = (1 - x)/tau_rec, du/dt = -u/tau_fac;  at a spike: u += U (1 - u), passed on: weight u x, then x -= u x
///
/// The first spike passes on weight x U, with x = 1. tau_fac = 0: u is U at every spike (depression alone).
///
/// State    u and x of each source: the same for all its synapses, so there are no bytes and no work per synapse
/// Numerics exact, once per spike
/// Work     12 FLOP and two exponentials (15 each) a spike
/// Source   Tsodyks & Markram 1997, doi:10.1073/pnas.94.2.719; Tsodyks, Pawelzik & Markram 1998, doi:10.1162/089976698300017502
/// Tested   tests/plastic_release.cpp
#ifndef RANVIER_SYNAPSE_TSODYKS_MARKRAM
#define RANVIER_SYNAPSE_TSODYKS_MARKRAM
#include "engine/plastic_of.hpp"

namespace ranvier::engine::tsodyks_markram {
enum : int { U, tau_rec, tau_fac };
inline constexpr Parameter parameters[] = {
    {"U", 0.5, "1", {.low = 0, .high = 1}, "share of the resources that a spike uses, at rest"},
    {"tau_rec", 800.0, "ms", positive, "time constant of recovery"},
    {"tau_fac", 0.0, "ms", not_negative, "time constant of facilitation; 0: none"},
};
inline constexpr StateVariable state[] = {{"u", "1", "0", "share that the last spike used"}, {"x", "1", "1", "resources left"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "tsodyks_markram", .title = "short-term depression and facilitation",
    .equations = "dx/dt = (1 - x) / tau_rec ;  du/dt = -u / tau_fac\nspike: u += U (1 - u), passed on: weight u x, x -= u x", .parameters = parameters, .state = state,
    .numerics = "exact, once per spike and source", .source = "Tsodyks & Markram 1997, doi:10.1073/pnas.94.2.719", .flop = 0, .byte_read = 0, .byte_written = 0};

class Depression final : public Release {
 public:
  explicit Depression(const SynapseParameters& p) : U_(p[U]), recovery_(p.dt_ms / p[tau_rec]), facilitation_(p[tau_fac] > 0 ? p.dt_ms / p[tau_fac] : 0) {}
  int n_state() const override { return 2; }
  void start(double* s) const override { s[0] = 0, s[1] = 1; }

  /// s: u and x just after the last spike.
  double fire(double* s, std::uint32_t since) const override {
    double u = U_, x = 1;
    if (since != never) {
      u = facilitation_ > 0 ? s[0] * math::decay(-facilitation_ * since) : 0;
      u += U_ * (1 - u);
      x = 1 + (s[1] - 1) * math::decay(-recovery_ * since);
    }
    s[0] = u;
    s[1] = x - u * x;
    return u * x;
  }
  double largest() const override { return 1; }

 private:
  double U_, recovery_, facilitation_;  ///< per step; 0: without facilitation
};

inline constexpr SynapseModel model = release_model<Depression>(info);
}  // namespace ranvier::engine::tsodyks_markram
#endif
