// SPDX-License-Identifier: Apache-2.0
/// Linear-nonlinear-Poisson neuron in point-process form: a filtered drive, a rate, spikes by chance.
///
///   dV_m/dt = -V_m/tau_m + (I_syn + I_e)/C_m                  dh/dt = -h/tau_self ;  at each own spike h += q_self
///   rate = max(0, c_1 (V_m - h) + c_2 e^{c_3 (V_m - h)})      hazard = rate (1 - e^{-(s - t_ref)/tau_rel}), s > t_ref
///
///   name      default  unit   range  meaning
///   tau_m     10       ms     > 0    time constant of the drive's filter
///   C_m       250      pF     > 0    capacitance: what a current does to the drive
///   c_1       0        Hz/mV         slope of the linear part of the rate
///   c_2       1.238    Hz     >= 0   rate of the exponential part without drive; e^b of a generalised linear model
///   c_3       0.25     1/mV          steepness of the exponential part
///   t_ref     1        ms     >= 0   absolute dead time
///   tau_rel   0        ms     >= 0   time constant of the recovery after it
///   q_self    0        mV            what an own spike takes from the drive; below 0 it adds (self-excitation)
///   tau_self  34       ms     > 0    time constant of that
///   I_e       0        pA            constant current
///
/// A generalised linear model rate = e^(b + k * x + h * spikes) is c_1 = 0, c_2 = e^b, c_3 = 1/mV, with the stimulus filter
/// k made of receptors (sums of exponential, alpha, ... kernels, at any delays) and the spike-history filter h of q_self.
///
/// State    V_m [mV], h [mV], since [ms], rate [Hz] of the last step
/// Numerics exact propagators of V_m and h; the rate from V_m and h at the end of the step, held for the step (as NEST
///          does); spikes by renewal.hpp, so that t_ref need not be a multiple of dt and the dead time has no bias of
///          half a step. There is no reset.
/// Work     75 FLOP (three exponentials), 20 with the word; 16 bytes read, 16 written
/// Source   Truccolo et al. 2005, doi:10.1152/jn.00697.2004; parameters of NEST's pp_psc_delta; Pozzorini et al. 2015,
///          doi:10.1371/journal.pcbi.1004275 (q_self, tau_self)
/// Tested   tests/physics_lnp.cpp: rate, irregularity and intervals against closed forms, time rescaling
#ifndef RANVIER_MEMBRANE_LNP_GLM
#define RANVIER_MEMBRANE_LNP_GLM
#include "core/math.hpp"
#include "engine/kernel.hpp"
#include "engine/renewal.hpp"

namespace ranvier::engine::lnp_glm {
enum : int { tau_m, C_m, c_1, c_2, c_3, t_ref, tau_rel, q_self, tau_self, I_e };
inline constexpr Parameter parameters[] = {
    {"tau_m", 10.0, "ms", positive, "time constant of the drive's filter"},
    {"C_m", 250.0, "pF", positive, "capacitance: what a current does to the drive"},
    {"c_1", 0.0, "Hz/mV", any, "slope of the linear part of the rate"},
    {"c_2", 1.238, "Hz", not_negative, "rate of the exponential part without drive"},
    {"c_3", 0.25, "1/mV", any, "steepness of the exponential part"},
    {"t_ref", 1.0, "ms", not_negative, "absolute dead time; need not be a multiple of dt"},
    {"tau_rel", 0.0, "ms", not_negative, "time constant of the recovery after it"},
    {"q_self", 0.0, "mV", any, "what an own spike takes from the drive"},
    {"tau_self", 34.0, "ms", positive, "time constant of that"},
    {"I_e", 0.0, "pA", any, "constant current"},
};
inline constexpr StateVariable state[] = {
    {"V_m", "mV", "0", "drive"},
    {"h", "mV", "0", "what own spikes took from it"},
    {"since", "ms", "1e9", "time since the last spike, as far as it matters"},
    {"rate", "Hz", "0", "rate in the last step, without refractoriness"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "lnp_glm", .title = "linear-nonlinear-Poisson neuron, point process",
    .equations = "dV_m/dt = -V_m/tau_m + (I_syn + I_e)/C_m ;  dh/dt = -h/tau_self, own spike: h += q_self\n"
                 "rate = max(0, c_1 (V_m - h) + c_2 exp(c_3 (V_m - h)))\n"
                 "spikes by chance: hazard 0 for t_ref, then rate (1 - exp(-(s - t_ref)/tau_rel))",
    .parameters = parameters, .state = state,
    .numerics = "exact propagators; rate held for a step; exact spike times within it; without t_ref at most 100 spikes a step",
    .source = "Truccolo et al. 2005, doi:10.1152/jn.00697.2004", .flop = 95, .byte_read = 16, .byte_written = 16};

// The first five are RenewalConstant (renewal-inl.hpp).
enum Constant : int { dt_, dead, per_tau, complete, most, P22, P20, I_const, slope, scale, steep, decay, jump, constant_count };

inline void derive(const double* p, double dt, double* c) {
  const Recovery recovery{p[t_ref], p[tau_rel]};
  c[dt_] = dt;
  c[dead] = p[t_ref];
  c[per_tau] = p[tau_rel] > 0 ? 1 / p[tau_rel] : 1e20;
  c[complete] = recovery.complete() + dt;
  c[most] = rate_max_hz(p[t_ref], dt);
  c[P22] = math::exp(-dt / p[tau_m]);
  c[P20] = -p[tau_m] / p[C_m] * math::expm1(-dt / p[tau_m]);
  c[I_const] = p[I_e];
  c[slope] = p[c_1];
  c[scale] = p[c_2];
  c[steep] = p[c_3];
  c[decay] = math::exp(-dt / p[tau_self]);
  c[jump] = p[q_self];
}
inline MembraneConstants constants(const double* p) { return {true, p[tau_m], p[C_m]}; }
inline const char* validate(const double* p, double) {
  return p[tau_rel] > 0 && p[tau_rel] < 1e-6 ? "tau_rel must be 0 or at least 1e-6 ms" : nullptr;
}
inline int most_spikes(const double* p, double dt) { return spikes_max(p[t_ref], dt); }

/// A cell that has a spike: how many, and its state after them.
inline int fire(const double* c, double* s, Chance& chance) {
  const Recovery recovery{c[dead], c[per_tau] < 1e19 ? 1 / c[per_tau] : 0};
  double since = s[2] - c[dt_];
  const int n = spikes_in_step(c[dt_], s[3] * 1e-3, recovery, spikes_max(c[dead], c[dt_]), chance, since);
  s[1] += n * c[jump];
  s[2] = since;
  return n;
}
inline constexpr MembraneModel model{
    .info = &info, .n_constants = constant_count, .linear = true, .relative_to = -1, .refractory = -1,
    .derive = derive, .constants = constants, .validate = validate, .quiet = nullptr, .takes_conductance = false, .spikes_max = most_spikes};
}  // namespace ranvier::engine::lnp_glm
#endif

#if defined(RANVIER_MEMBRANE_LNP_GLM_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_LNP_GLM_INL
#undef RANVIER_MEMBRANE_LNP_GLM_INL
#else
#define RANVIER_MEMBRANE_LNP_GLM_INL
#endif
#include "engine/renewal-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct LnpGlmMembrane {
  static constexpr int n_state = 4, n_constants = lnp_glm::constant_count;
  static constexpr bool linear = true, can_blow_up = true, sleeps = false, by_chance = true;
  static constexpr std::uint32_t held_steps(std::uint32_t) { return 0; }

  template <class D, class V>
  static HWY_INLINE hn::Mask<D> step(D d, const V* c, V* s, const Drive<D>& in, V current, V uniform) {
    using namespace lnp_glm;
    s[0] = hn::Add(fma(d, c[P22], s[0], fma(d, c[P20], hn::Add(c[I_const], current), in.dV)), in.jump);
    s[1] = hn::Mul(c[decay], s[1]);
    const V x = hn::Sub(s[0], s[1]);
    s[3] = fma(d, c[slope], x, hn::Mul(c[scale], exp(d, hn::Mul(c[steep], x))));
    return has_spike(d, c, s[3], s[2], uniform);
  }
  static int fire(const double* c, double* s, Chance& chance) { return lnp_glm::fire(c, s, chance); }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
