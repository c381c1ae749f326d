// SPDX-License-Identifier: Apache-2.0
/// Exponential receptor: a current or conductance that jumps by the weight and decays.
///
///   dI/dt = -I/tau_syn        arrival of weight w: I += w          (g instead of I as a conductance)
///
/// State    I [pA] or g [nS]
/// Numerics exact decay; as a current into a linear membrane the joint propagator P21 is exact for any dt, with
///          no singularity at tau_syn = tau_m; else the value at mid-step enters. Asleep: closed form.
/// Work     3 FLOP; 4 bytes read, 4 written
/// Source   Rotter & Diesmann 1999, doi:10.1007/s004220050570
#ifndef RANVIER_RECEPTOR_EXPONENTIAL
#define RANVIER_RECEPTOR_EXPONENTIAL
#include "engine/kernel.hpp"
#include "engine/propagator.hpp"

namespace ranvier::engine::exponential {
enum : int { tau_syn, E_rev };
inline constexpr Parameter parameters[] = {
    {"tau_syn", 2.0, "ms", positive, "decay time constant"},
    {"E_rev", 0.0, "mV", any, "reversal potential, for a conductance"},
};
inline constexpr StateVariable state[] = {{"I", "pA", "0", "synaptic current (conductance g in nS)"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::receptor, .name = "exponential", .title = "exponentially decaying current or conductance",
    .equations = "dI/dt = -I / tau_syn ;  arrival of weight w: I += w", .parameters = parameters, .state = state,
    .numerics = "exact decay; exact joint propagator with a linear membrane, mid-step value otherwise",
    .source = "Rotter & Diesmann 1999, doi:10.1007/s004220050570", .flop = 3, .byte_read = 4, .byte_written = 4, .weight_unit = "pA"};

enum Constant : int { decay, half_decay, to_V, E, rate, rate_V, apart, per_apart, dt_C, highest, constant_count };

inline void derive(const double* p, Coupling coupling, const MembraneConstants& membrane, double dt, double* c) {
  const double tau = p[tau_syn];
  const bool exact = coupling == Coupling::exact;
  c[decay] = math::exp(-dt / tau);
  c[half_decay] = math::exp(-dt / (2 * tau));
  c[to_V] = exact ? propagator::exponential_current(dt, tau, membrane.tau_m, membrane.C_m) : 0;
  c[E] = p[E_rev];
  // for sleepers
  c[rate] = dt / tau;
  c[rate_V] = exact ? dt / membrane.tau_m : 0;
  c[apart] = std::fabs(c[rate] - c[rate_V]);
  c[per_apart] = c[apart] > 0 ? 1 / c[apart] : 0;
  c[dt_C] = exact ? dt / membrane.C_m : 0;
  c[highest] = exact ? propagator::peak_of_chain(tau, membrane.tau_m) / membrane.C_m : 0;
}
inline constexpr ReceptorModel model{.info = &info, .n_constants = constant_count, .conductance_allowed = true, .derive = derive, .sleeps = true};
}  // namespace ranvier::engine::exponential
#endif

#if defined(RANVIER_RECEPTOR_EXPONENTIAL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef RANVIER_RECEPTOR_EXPONENTIAL_INL
#undef RANVIER_RECEPTOR_EXPONENTIAL_INL
#else
#define RANVIER_RECEPTOR_EXPONENTIAL_INL
#endif
#include "engine/drive-inl.hpp"
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {
using namespace ranvier::HWY_NAMESPACE;

struct ExponentialReceptor {
  static constexpr int n_state = 1, n_constants = exponential::constant_count;

  template <Coupling coupling, class D, class V>
  static HWY_INLINE void apply(D d, const V* c, V* s, V input, Drive<D>& drive) {
    namespace k = exponential;
    if constexpr (coupling == Coupling::exact) {
      drive.dV = fma(d, c[k::to_V], s[0], drive.dV);
    } else if constexpr (coupling == Coupling::current) {
      drive.I = fma(d, c[k::half_decay], s[0], drive.I);
    } else {
      const V g = hn::Mul(c[k::half_decay], s[0]);
      drive.G = hn::Add(drive.G, g);
      drive.GE = fma(d, g, c[k::E], drive.GE);
    }
    s[0] = fma(d, c[k::decay], s[0], input);
  }

  static constexpr bool sleeps = true;

  /// Own state after m steps without input; what its current adds to V meanwhile is returned [mV].
  template <class D, class V>
  static HWY_INLINE V elapse(D d, const V* c, V* s, V m) {
    namespace k = exponential;
    const V left = exp(d, hn::Neg(hn::Mul(c[k::rate_V], m))), left_I = exp(d, hn::Neg(hn::Mul(c[k::rate], m)));
    const V dV = hn::Mul(s[0], current_after(d, m, c[k::dt_C], left, left_I, c[k::apart], c[k::per_apart]));
    s[0] = hn::Mul(s[0], left_I);
    return dV;
  }

  /// The most that its current can still lift V, were nothing else to happen [mV].
  template <class D, class V>
  static HWY_INLINE V rise(D d, const V* c, const V* s) {
    return hn::Mul(hn::Max(s[0], hn::Zero(d)), c[exponential::highest]);
  }
};
}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
