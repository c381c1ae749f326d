// SPDX-License-Identifier: Apache-2.0
/// Extended linear-nonlinear-Poisson cascade, advanced by frames: dendrites, a somatic filter, a rate, spikes by chance.
///
///   v[t] = I_syn + I_e                                 I_syn from "dendrite" receptors: sum_d a_d f_d(...)
///   rate[t] = F( sum_{k<5} h_k v[t-k] + c_s )          F = relu: max(0, x) Hz, or exp: e^x Hz
///   spikes in the frame: hazard 0 for t_ref after a spike, then rate (1 - e^{-(s - t_ref)/tau_rel})
///
/// A step is a frame (33.3 ms, say); several spikes may fall into one, and all carry its stamp.
///
///   name         default  unit  range  meaning
///   h_0 ... h_4  1, 0 ..  1            somatic filter: weight of v of this frame, the one before, ...
///   c_s          0        1            offset of the somatic sum
///   F            relu                  relu or exp
///   t_ref        1        ms    >= 0   absolute dead time
///   tau_rel      0        ms    >= 0   time constant of the recovery after it
///   I_e          0        1            constant drive; drives of this model have no unit
///
/// State    v, v_1 ... v_4 (of the frames before), since [ms], rate [Hz]
/// Numerics what arrives in a frame counts in that frame; the rate is held for it; exact spike times within it
/// Work     85 FLOP (three exponentials), 20 with the word; 28 bytes read, 28 written; dendrites apart
/// Source   Chichilnisky 2001, doi:10.1080/net.12.2.199.213 (the cascade); Pillow et al. 2008, doi:10.1038/nature07140
/// Tested   tests/physics_lnp.cpp: impulse responses, rate and irregularity against closed forms, sizes, same bits
#ifndef RANVIER_MEMBRANE_LNP
#define RANVIER_MEMBRANE_LNP
#include "engine/kernel.hpp"
#include "engine/renewal.hpp"

namespace ranvier::engine::lnp {
enum : int { h_0, h_1, h_2, h_3, h_4, c_s, F, t_ref, tau_rel, I_e };
inline constexpr std::string_view functions[] = {"relu", "exp"};
inline constexpr Parameter parameters[] = {
    {"h_0", 1.0, "1", any, "somatic filter: weight of this frame"},
    {"h_1", 0.0, "1", any, "of the frame before"},
    {"h_2", 0.0, "1", any, "of two frames before"},
    {"h_3", 0.0, "1", any, "of three frames before"},
    {"h_4", 0.0, "1", any, "of four frames before"},
    {"c_s", 0.0, "1", any, "offset of the somatic sum"},
    {"F", 0.0, "1", {.low = 0, .high = 1}, "from the somatic sum to a rate in Hz: relu or exp", functions},
    {"t_ref", 1.0, "ms", not_negative, "absolute dead time; need not be a multiple of dt"},
    {"tau_rel", 0.0, "ms", not_negative, "time constant of the recovery after it"},
    {"I_e", 0.0, "1", any, "constant drive; drives of this model have no unit"},
};
inline constexpr StateVariable state[] = {
    {"v", "1", "0", "drive of this frame"},
    {"v_1", "1", "0", "of the frame before"},
    {"v_2", "1", "0", "of two frames before"},
    {"v_3", "1", "0", "of three frames before"},
    {"v_4", "1", "0", "of four frames before"},
    {"since", "ms", "1e9", "time since the last spike, as far as it matters"},
    {"rate", "Hz", "0", "rate in the last frame, without refractoriness"},
};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::membrane, .name = "lnp", .title = "linear-nonlinear-Poisson cascade, by frames",
    .equations = "v[t] = I_syn + I_e ;  rate[t] = F(h_0 v[t] + ... + h_4 v[t-4] + c_s), F(x) = max(0, x) or exp(x)\n"
                 "spikes by chance: hazard 0 for t_ref, then rate (1 - exp(-(s - t_ref)/tau_rel))",
    .parameters = parameters, .state = state,
    .numerics = "a step is a frame; rate held for it; exact spike times within it; without t_ref at most 100 spikes a step",
    .source = "Chichilnisky 2001, doi:10.1080/net.12.2.199.213", .flop = 105, .byte_read = 28, .byte_written = 28};

// The first five are RenewalConstant (renewal-inl.hpp).
enum Constant : int { dt_, dead, per_tau, complete, most, k_0, k_1, k_2, k_3, k_4, offset, takes_exp, I_const, constant_count };
enum Variable : int { v, v_1, v_2, v_3, v_4, since, rate };

inline void derive(const double* p, double dt, double* c) {
  const Recovery recovery{p[t_ref], p[tau_rel]};
  c[dt_] = dt;
  c[dead] = p[t_ref];
  c[per_tau] = p[tau_rel] > 0 ? 1 / p[tau_rel] : 1e20;
  c[complete] = recovery.complete() + dt;
  c[most] = rate_max_hz(p[t_ref], dt);
  for (int k = 0; k < 5; ++k) c[k_0 + k] = p[h_0 + k];
  c[offset] = p[c_s];
  c[takes_exp] = p[F];
  c[I_const] = p[I_e];
}
inline MembraneConstants no_linear_constants(const double*) { return {false, 0, 1}; }
inline const char* validate(const double* p, double) {
  if (p[F] != 0 && p[F] != 1) return "F must be \"relu\" or \"exp\"";
  return p[tau_rel] > 0 && p[tau_rel] < 1e-6 ? "tau_rel must be 0 or at least 1e-6 ms" : nullptr;
}
inline int most_spikes(const double* p, double dt) { return spikes_max(p[t_ref], dt); }

/// A cell that has a spike: how many, and its state after them.
inline int fire(const double* c, double* s, Chance& chance) {
  const Recovery recovery{c[dead], c[per_tau] < 1e19 ? 1 / c[per_tau] : 0};
  double at = s[since] - c[dt_];
  const int n = spikes_in_step(c[dt_], s[rate] * 1e-3, recovery, spikes_max(c[dead], c[dt_]), chance, at);
  s[since] = at;
  return n;
}
inline constexpr MembraneModel model{
    .info = &info, .n_constants = constant_count, .linear = false, .relative_to = -1, .refractory = -1,
    .derive = derive, .constants = no_linear_constants, .validate = validate, .quiet = nullptr, .takes_conductance = false, .spikes_max = most_spikes};
}  // namespace ranvier::engine::lnp
#endif

#if defined(RANVIER_MEMBRANE_LNP_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_MEMBRANE_LNP_INL
#undef RANVIER_MEMBRANE_LNP_INL
#else
#define RANVIER_MEMBRANE_LNP_INL
#endif
#include "engine/renewal-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct LnpMembrane {
  static constexpr int n_state = 7, n_constants = lnp::constant_count;
  static constexpr bool linear = false, can_blow_up = true, sleeps = false, by_chance = true;
  static constexpr std::uint32_t held_steps(std::uint32_t) { return 0; }

  template <class D, class V>
  static HWY_INLINE hn::Mask<D> step(D d, const V* c, V* s, const Drive<D>& in, V current, V uniform) {
    using namespace lnp;
    for (int k = v_4; k > v; --k) s[k] = s[k - 1];
    s[v] = hn::Add(hn::Add(in.I, in.jump), hn::Add(c[I_const], current));
    V x = c[offset];
    for (int k = 0; k < 5; ++k) x = fma(d, c[k_0 + k], s[v + k], x);
    s[rate] = hn::IfThenElse(hn::Gt(c[takes_exp], hn::Zero(d)), exp(d, x), x);
    return has_spike(d, c, s[rate], s[since], uniform);
  }
  static int fire(const double* c, double* s, Chance& chance) { return lnp::fire(c, s, chance); }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
