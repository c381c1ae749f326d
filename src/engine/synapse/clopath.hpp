// SPDX-License-Identifier: Apache-2.0
/// Voltage-based plasticity: what counts is the potential of the target, not the times of its spikes.
///
///   a spike of the source arrives:  w -= A_LTD (u_minus - theta_minus)_+
///   at all times:                   dw/dt = A_LTP x (u - theta_plus)_+ (u_plus - theta_minus)_+
///   source: tau_x dx/dt = -x + delta at its spikes;  target: tau_minus du_minus/dt = u - u_minus, tau_plus du_plus/dt = u - u_plus
///
/// (y)_+ is y where that is positive, else 0. u_minus and u_plus count as they were a time `delay` before. Weights stay in [w_min, w_max].
///
/// u is the membrane potential at the end of each step. Membranes that reset have no spike to speak of: for t_spike from each of its
/// spikes on, the rule takes the cell to be at V_spike, as where its potential is clamped there (t_spike = 0: never; for membranes that make their
/// spikes themselves, such as hh). homeostasis = "squared": A_LTD is multiplied by (u_mean - E_L)^2 / u_ref2, where u_mean is u_minus
/// low-passed with tau_mean. All filtered potentials start at E_L.
///
/// Potentiation is a sum over steps, P_k dt x(t_k), and P_k is 0 but around the target's spikes: those steps are kept in the target's history, so that
/// it is exact with no work for synapses between events.
///
/// State    w; x of each source; of each target three filtered potentials, and what they were until `delay` and twice the longest delay before
/// Numerics potentials exact for a u that is constant within a step; the rest exact at events
/// Work     5 FLOP an event and 4 a step with P > 0; 13 FLOP a target and step; 12 bytes a synapse: target, w read and written
/// Source   Clopath, Buesing, Vasilaki & Gerstner 2010, doi:10.1038/nn.2479; defaults: visual cortex, its table 1
/// Tested   tests/plastic_clopath.cpp: closed forms at constant potentials, sums over the steps of recorded potentials, weights of NEST
#ifndef RANVIER_SYNAPSE_CLOPATH
#define RANVIER_SYNAPSE_CLOPATH
#include "engine/plastic_of.hpp"

namespace ranvier::engine::clopath {
enum : int { A_LTD, A_LTP, theta_minus, theta_plus, tau_minus, tau_plus, tau_x, delay, V_spike, t_spike, E_L, u_ref2, tau_mean, w_min, w_max };
inline constexpr Parameter parameters[] = {
    {"A_LTD", 14e-5, "1", not_negative, "depression by a spike of the source, in units of weight per mV"},
    {"A_LTP", 8e-5, "1", not_negative, "potentiation, in units of weight per mV^2"},
    {"theta_minus", -70.6, "mV", any, "filtered potential above which there is depression and potentiation"},
    {"theta_plus", -45.3, "mV", any, "potential above which there is potentiation"},
    {"tau_minus", 10.0, "ms", positive, "time constant of u_minus"},
    {"tau_plus", 7.0, "ms", positive, "time constant of u_plus"},
    {"tau_x", 15.0, "ms", positive, "time constant of the source's trace"},
    {"delay", 5.0, "ms", positive, "after which filtered potentials count, a step at least"},
    {"V_spike", 33.0, "mV", any, "potential that a spike of the target counts as"},
    {"t_spike", 2.0, "ms", not_negative, "for how long; 0: the membrane's own potential counts all the time"},
    {"E_L", -70.6, "mV", any, "potential at which filtered ones start, and from which u_mean is counted"},
    {"u_ref2", 60.0, "1", positive, "(u_mean - E_L)^2 at which A_LTD is as given [mV^2]"},
    {"tau_mean", 1000.0, "ms", positive, "time constant of u_mean"},
    {"w_min", 0.0, "weight", not_negative, "smallest weight"},
    {"w_max", 100.0, "weight", positive, "largest weight"},
};
inline constexpr std::string_view homeostases[] = {"none", "squared"};
inline constexpr Choice choices[] = {{"homeostasis", homeostases, "whether depression grows with the target's mean depolarisation"}};
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "clopath", .title = "plasticity by the target's potential",
    .equations = "source's spike: w -= A_LTD (u_minus - theta_minus)_+\ndw/dt = A_LTP x (u - theta_plus)_+ (u_plus - theta_minus)_+\n"
                 "tau_x dx/dt = -x + delta at the source's spikes;  tau_minus du_minus/dt = u - u_minus;  tau_plus du_plus/dt = u - u_plus\n"
                 "homeostasis squared: A_LTD times (u_mean - E_L)^2 / u_ref2 ;  tau_mean du_mean/dt = u_minus - u_mean\n"
                 "u_minus, u_plus and u_mean count as they were a time `delay` before; u is V_spike for t_spike from each spike of the target on",
    .parameters = parameters, .state = state, .numerics = "filtered potentials step by step with V_m; the rest exact, at events only",
    .source = "Clopath, Buesing, Vasilaki & Gerstner 2010, doi:10.1038/nn.2479", .flop = 9, .byte_read = 8, .byte_written = 4, .choices = choices};

template <class T>
class Rule {
 public:
  static constexpr int n_source = 1, n_target = 1, n_state = 0, flop_source = 5, flop_target = 4;
  static constexpr int n_cell = 4, n_level = 3, flop_watch = 13;

  explicit Rule(const SynapseParameters& p)
      : A_LTD_(static_cast<T>(p[A_LTD])), A_LTP_dt_(static_cast<T>(p[A_LTP] * p.dt_ms)), theta_minus_(static_cast<T>(p[theta_minus])), theta_plus_(static_cast<T>(p[theta_plus])),
        minus_(share(p.dt_ms, p[tau_minus])), plus_(share(p.dt_ms, p[tau_plus])), mean_(share(p.dt_ms, p[tau_mean])), x_(p[tau_x], p.dt_ms), jump_(static_cast<T>(1 / p[tau_x])),
        V_spike_(static_cast<T>(p[V_spike])), E_L_(static_cast<T>(p[E_L])), per_u_ref2_(static_cast<T>(1 / p[u_ref2])), w_min_(static_cast<T>(p[w_min])), w_max_(static_cast<T>(p[w_max])),
        lag_(std::max(1u, static_cast<std::uint32_t>(p[delay] / p.dt_ms + 0.5))), spike_steps_(static_cast<T>(std::floor(p[t_spike] / p.dt_ms + 0.5))), homeostasis_(p.choice[0] == 1) {}

  std::uint32_t lag() const { return lag_; }
  /// Of a target: u_minus, u_plus, u_mean; steps for which it is still taken to be at V_spike.
  void start_cell(T* u) const { u[0] = u[1] = u[2] = E_L_, u[3] = 0; }
  void cell_fires(T* u) const { u[3] = spike_steps_; }
  T watch(T* u, T V_m, const T* felt) const {
    const bool spike = u[3] > 0;
    const T V = spike ? V_spike_ : V_m;
    u[3] = spike ? u[3] - 1 : T(0);
    u[0] += minus_ * (V - u[0]);
    u[1] += plus_ * (V - u[1]);
    u[2] += mean_ * (u[0] - u[2]);
    return A_LTP_dt_ * above(V, theta_plus_) * above(felt[1], theta_minus_);
  }

  void source_fires(T* x, std::uint32_t since) const { x[0] = x[0] * x_(since) + jump_; }
  void target_fires(T*, std::uint32_t) const {}  // spikes count by the potential alone
  T target_arrives(T w, T*, const Pairing<T>& at) const { return std::min(w_max_, w + at.own[0] * (at.source[0] * x_(at.since_source))); }
  T source_arrives(T w, T*, const Pairing<T>& at) const {
    const T mean = at.felt[2] - E_L_, A = homeostasis_ ? A_LTD_ * (mean * mean * per_u_ref2_) : A_LTD_;
    return std::max(w_min_, w - A * above(at.felt[0], theta_minus_));
  }
  double largest() const { return static_cast<double>(w_max_); }

 private:
  static T share(double dt_ms, double tau_ms) { return static_cast<T>(-math::expm1(-dt_ms / tau_ms)); }
  static T above(T u, T theta) { return u > theta ? u - theta : u <= theta ? T(0) : u; }  // what is not a number stays none

  T A_LTD_, A_LTP_dt_, theta_minus_, theta_plus_, minus_, plus_, mean_;
  DecayTable<T> x_;
  T jump_, V_spike_, E_L_, per_u_ref2_, w_min_, w_max_;
  std::uint32_t lag_;
  T spike_steps_;
  bool homeostasis_;
};

inline const char* validate(const SynapseParameters& p) {
  if (p[w_min] >= p[w_max]) return "w_min must be below w_max";
  if (p.weight_largest > p[w_max] || p.weight_smallest < p[w_min]) return "the initial weights must lie between w_min and w_max";
  if (p[delay] / p.dt_ms > 65535) return "delay must be below 65,535 steps";
  if (p[t_spike] / p.dt_ms > 1e6) return "t_spike must be below a million steps";
  return nullptr;
}
inline constexpr SynapseModel model = weight_model<Rule>(info, validate);
}  // namespace ranvier::engine::clopath
#endif
