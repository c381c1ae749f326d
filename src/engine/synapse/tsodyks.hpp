// SPDX-License-Identifier: Apache-2.0
/// Short-term plasticity in three states: resources are recovered, active (as long as the current they cause) or inactive.
///
///   dx/dt = z/tau_rec, dy/dt = -y/tau_psc, z = 1 - x - y, du/dt = -u/tau_fac
///   at a spike: u += U (1 - u), then u x goes from x to y, and weight u x is passed on
///
/// State    x, y and u of each source: the same for all its synapses
/// Numerics exact, once per spike
/// Source   Tsodyks, Uziel & Markram 2000, doi:10.1523/JNEUROSCI.20-01-j0003.2000; NEST's tsodyks_synapse
/// Tested   tests/plastic_release.cpp
#ifndef RANVIER_SYNAPSE_TSODYKS
#define RANVIER_SYNAPSE_TSODYKS
#include "engine/plastic_of.hpp"

namespace ranvier::engine::tsodyks {
enum : int { U, tau_rec, tau_fac, tau_psc };
inline constexpr Parameter parameters[] = {
    {"U", 0.5, "1", {.low = 0, .high = 1}, "share of the resources that a spike uses at rest"},
    {"tau_rec", 800.0, "ms", positive, "time constant of recovery"},
    {"tau_fac", 0.0, "ms", not_negative, "time constant of facilitation; 0: none"},
    {"tau_psc", 3.0, "ms", positive, "time constant of the current that the synapse causes"},
};
inline constexpr StateVariable state[] = {{"x", "1", "1", "recovered resources"}, {"y", "1", "0", "active resources"}, {"u", "1", "0", "utilisation"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "tsodyks", .title = "short-term plasticity, resources recovered, active or inactive",
    .equations = "dx/dt = z / tau_rec ;  dy/dt = -y / tau_psc ;  z = 1 - x - y ;  du/dt = -u / tau_fac\nspike: u += U (1 - u), u x from x to y, passed on: weight u x", .parameters = parameters, .state = state,
    .numerics = "exact, once per spike and source", .source = "Tsodyks, Uziel & Markram 2000, doi:10.1523/JNEUROSCI.20-01-j0003.2000"};

class Resources final : public Release {
 public:
  explicit Resources(const SynapseParameters& p) : U_(p[U]), rec_(p[tau_rec]), psc_(p[tau_psc]), fac_(p[tau_fac]), dt_(p.dt_ms) {}
  int n_state() const override { return 3; }
  void start(double* s) const override { s[0] = 1, s[1] = s[2] = 0; }
  double fire(double* s, std::uint32_t since) const override {
    double &x = s[0], &y = s[1], &u = s[2];
    if (since != never) {
      const double h = since * dt_, z = 1 - x - y, left_y = math::decay(-h / psc_), left_z = math::decay(-h / rec_);
      x += z * (1 - left_z) + y * recovered(h, left_y, left_z);
      y *= left_y;
      u *= fac_ > 0 ? math::decay(-h / fac_) : 0;
    }
    u += U_ * (1 - u);
    const double used = u * x;
    x -= used;
    y += used;
    return used;
  }
  double largest() const override { return 1; }

 private:
  /// Share of what is active now that has become inactive and recovered after h.
  double recovered(double h, double left_y, double left_z) const {
    if (std::fabs(rec_ - psc_) < 1e-9 * rec_) return 1 - left_z * (1 + h / rec_);
    return 1 - (rec_ * left_z - psc_ * left_y) / (rec_ - psc_);
  }
  double U_, rec_, psc_, fac_, dt_;
};

inline constexpr SynapseModel model = release_model<Resources>(info);
}  // namespace ranvier::engine::tsodyks
#endif
