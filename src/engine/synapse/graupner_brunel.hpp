// SPDX-License-Identifier: Apache-2.0
/// Calcium-based plasticity: the efficacy rho of a synapse rises while its calcium is above one threshold and falls while it
/// is above another.
///
///   tau drho/dt = gamma_p (1 - rho) [c > theta_p] - gamma_d rho [c > theta_d] - rho (1 - rho)(rho_star - rho)
///                 + sigma sqrt(tau) sqrt([c > theta_d] + [c > theta_p]) eta(t)
///   dc/dt = -c/tau_Ca;  c += C_post when a spike of the target arrives, c += C_pre a time D after one of the source
///   weight = w_min + (w_max - w_min) rho, kept within [w_min, w_max]
///
/// Published sets, named after the sequence of depression (D) and potentiation (P) along the time difference of two spikes. The defaults are DP:
///
///   set    C_pre  C_post  theta_d  theta_p  gamma_d  gamma_p  D [ms]
///   DP     1      2       1        1.3      200      321.808  13.7
///   DPD    0.9    0.9     1        1.3      250      550      4.6
///   DPD'   1      2       1        2.5      50       600      2.2
///
/// Between events calcium only decays, so the times at which it falls below a threshold are known, and rho follows a linear
/// equation between them: mean and variance are exact. The cubic term acts where calcium is below both thresholds; above
/// one it is left out, as in the paper's analysis (there it is below 0.05 where the others are in the hundreds). It can be
/// left out altogether (drift = "none"). The noise of all that lies between two events is one Gaussian, keyed by the seed,
/// the synapse and the event, as the corrected noise term has it. Noise can take rho beyond 0 and 1; the weight stays within bounds.
///
/// D is rounded to steps. A source may have 24 spikes within D whose calcium is on its way, the latest included; more end the run with a
/// message (t_ref >= D/24 makes sure). Looked at between events, a synapse shows the mean of what has happened since the last one.
///
/// State    w, rho; calcium in two parts: of each source (with the ages of the spikes whose calcium is on its way), of each target
/// Numerics exact but for the cubic term, which takes Runge-Kutta steps of at most tau/10: error below 1e-9
/// Work     some 60 FLOP an event, with a logarithm and an exponential for each threshold that is crossed; 20 bytes a synapse
/// Source   Graupner & Brunel 2012, doi:10.1073/pnas.1109359109, eqs. 1-2 and table S1; noise corrected in doi:10.1073/pnas.1220044110
/// Tested   tests/plastic_graupner_brunel.cpp: times above the thresholds, transition probabilities, integration in small steps
#ifndef RANVIER_SYNAPSE_GRAUPNER_BRUNEL
#define RANVIER_SYNAPSE_GRAUPNER_BRUNEL
#include <fmt/format.h>

#include "engine/plastic_of.hpp"

namespace ranvier::engine::graupner_brunel {
enum : int { tau_Ca, C_pre, C_post, D, theta_d, theta_p, gamma_d, gamma_p, sigma, tau, rho_star, w_min, w_max };
inline constexpr Parameter parameters[] = {
    {"tau_Ca", 20.0, "ms", positive, "time constant of calcium"},
    {"C_pre", 1.0, "1", not_negative, "calcium of a spike of the source (0.9 in DPD, 1 in DPD')"},
    {"C_post", 2.0, "1", not_negative, "calcium of a spike of the target (0.9 in DPD, 2 in DPD')"},
    {"D", 13.7, "ms", not_negative, "how much later the source's calcium comes than its spike (4.6 in DPD, 2.2 in DPD')"},
    {"theta_d", 1.0, "1", positive, "calcium above which the synapse is depressed"},
    {"theta_p", 1.3, "1", positive, "calcium above which it is potentiated (2.5 in DPD')"},
    {"gamma_d", 200.0, "1", not_negative, "rate of depression, in units of 1/tau (250 in DPD, 50 in DPD')"},
    {"gamma_p", 321.808, "1", not_negative, "rate of potentiation, in units of 1/tau (550 in DPD, 600 in DPD')"},
    {"sigma", 2.8284, "1", not_negative, "amplitude of the noise; 0: none"},
    {"tau", 150000.0, "ms", positive, "time constant of rho"},
    {"rho_star", 0.5, "1", {.low = 0, .high = 1, .low_open = true, .high_open = true}, "boundary between the basins of the two stable states"},
    {"w_min", 0.0, "weight", not_negative, "weight at rho = 0"},
    {"w_max", 100.0, "weight", positive, "weight at rho = 1"},
};
inline constexpr std::string_view drifts[] = {"cubic", "none"};
inline constexpr Choice choices[] = {{"drift", drifts, "whether rho moves to 0 or 1 while calcium is below both thresholds"}};
inline constexpr StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}, {"rho", "1", "(weight - w_min)/(w_max - w_min)", "efficacy"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "graupner_brunel", .title = "plasticity by calcium above two thresholds",
    .equations = "tau drho/dt = gamma_p (1 - rho) [c > theta_p] - gamma_d rho [c > theta_d] - rho (1 - rho)(rho_star - rho)\n"
                 "              + sigma sqrt(tau) sqrt([c > theta_d] + [c > theta_p]) eta(t)\n"
                 "dc/dt = -c / tau_Ca;  c += C_post at a spike of the target, c += C_pre a time D after one of the source\n"
                 "weight = w_min + (w_max - w_min) rho, kept within [w_min, w_max]; noise can take rho itself beyond 0 and 1",
    .parameters = parameters, .state = state, .numerics = "exact at events; crossing times in closed form; noise keyed by synapse and event",
    .source = "Graupner & Brunel 2012, doi:10.1073/pnas.1109359109, with the correction doi:10.1073/pnas.1220044110", .flop = 120, .byte_read = 12, .byte_written = 8, .choices = choices};

/// rho while a stretch of time is worked off: its mean, and the variance that noise has given it.
struct Motion {
  double rho, variance = 0;
  std::uint32_t draws = 0;
};

template <class T>
class Rule {
 public:
  static constexpr int on_the_way_max = 24;  ///< spikes of a source whose calcium is still to come
  static constexpr int n_source = 1 + on_the_way_max, n_target = 1, n_state = 1, flop_source = 60, flop_target = 60;
  static constexpr bool draws = true;

  explicit Rule(const SynapseParameters& p)
      : C_pre_(p[C_pre]), C_post_(p[C_post]), theta_d_(p[theta_d]), theta_p_(p[theta_p]), gamma_d_(p[gamma_d]), gamma_p_(p[gamma_p]), noise_(p[sigma] * p[sigma]),
        steps_per_tau_Ca_(p[tau_Ca] / p.dt_ms), step_(p.dt_ms / p[tau]), rho_star_(p[rho_star]), w_min_(p[w_min]), range_(p[w_max] - p[w_min]), D_ms_(p[D]),
        lag_(static_cast<std::uint32_t>(p[D] / p.dt_ms + 0.5)), cubic_(p.choice[0] == 0), decay_(p[tau_Ca], p.dt_ms) {}

  void start(T weight, T* s) const { s[0] = static_cast<T>((static_cast<double>(weight) - w_min_) / range_); }

  /// c[0]: calcium that has come; c[1], ...: ages of the spikes whose calcium is on its way, latest first, in steps plus 1; 0: no more.
  void source_fires(T* c, std::uint32_t since) const {
    T calcium = c[0] * decay_(since), ages[on_the_way_max] = {1};
    int n = 1;
    for (int k = 1; k <= on_the_way_max && c[k] > 0; ++k) {
      const std::uint32_t age = steps_of(c[k]) + since;
      if (age >= lag_) calcium += static_cast<T>(C_pre_) * decay_(age - lag_);
      else if (n < on_the_way_max) ages[n++] = static_cast<T>(age + 1);
      else calcium = std::numeric_limits<T>::quiet_NaN();
    }
    c[0] = calcium;
    std::copy(std::begin(ages), std::end(ages), c + 1);
  }
  void target_fires(T* c, std::uint32_t since) const { c[0] = c[0] * decay_(since) + static_cast<T>(C_post_); }

  T target_arrives(T, T* s, const Pairing<T>& at) const { return advance(s, at); }
  T source_arrives(T, T* s, const Pairing<T>& at) const { return advance(s, at); }
  T until(T, T* s, const Pairing<T>& at) const { return advance(s, at); }
  double largest() const { return w_min_ + range_; }
  std::string hint() const {
    return fmt::format("longer times between the spikes of that neuron: calcium comes D = {:g} ms after each of them, and no more than {} may fall into that time", D_ms_, on_the_way_max);
  }

 private:
  static std::uint32_t steps_of(T age) { return static_cast<std::uint32_t>(age) - 1; }

  /// Takes rho from the synapse's last event to this one.
  T advance(T* s, const Pairing<T>& at) const {
    const std::uint32_t steps = at.since_event;
    double calcium = at.since_target == never ? 0 : static_cast<double>(at.target[0] * decay_(at.since_target - steps));
    std::uint32_t comes[on_the_way_max], n = 0;
    if (at.since_source != never) {
      const std::uint32_t before = at.since_source - steps;  // from the source's spike to the last event
      calcium += static_cast<double>(at.source[0] * decay_(before));
      for (int k = 1; k <= on_the_way_max && at.source[k] > 0; ++k) {
        const std::uint32_t age = steps_of(at.source[k]) + before;
        if (age >= lag_) calcium += C_pre_ * static_cast<double>(decay_(age - lag_));
        else if (lag_ - age < steps) comes[n++] = lag_ - age;
      }
    }
    Motion m{static_cast<double>(s[0])};
    std::uint32_t now = 0;
    while (n > 0) {
      const std::uint32_t next = comes[--n];  // the oldest spike's first
      stay(m, calcium, next - now, at.draw);
      calcium = calcium * static_cast<double>(decay_(next - now)) + C_pre_;
      now = next;
    }
    stay(m, calcium, steps - now, at.draw);
    settle(m, at.draw);
    if (std::isnan(calcium)) m.rho = calcium;
    s[0] = static_cast<T>(m.rho);
    return static_cast<T>(w_min_ + range_ * std::clamp(m.rho, 0.0, 1.0));
  }

  /// Some steps during which calcium only decays.
  void stay(Motion& m, double calcium, std::uint32_t steps, const Draw& draw) const {
    const double up = above(theta_p_, calcium, steps), down = above(theta_d_, calcium, steps), longer = std::max(up, down);
    if (longer > 0) {
      relax(m, gamma_p_, gamma_d_, 2, std::min(up, down));
      relax(m, up > down ? gamma_p_ : 0, up > down ? 0 : gamma_d_, 1, longer - std::min(up, down));
    }
    if (!cubic_ || steps <= longer) return;
    settle(m, draw);
    drift(m.rho, (steps - longer) * step_);
  }
  /// For how many steps calcium stays above a threshold.
  double above(double theta, double calcium, double steps) const { return calcium > theta ? std::min(steps, steps_per_tau_Ca_ * math::log(calcium / theta)) : 0; }

  /// Linear relaxation, with noise of n terms.
  void relax(Motion& m, double up, double down, int n, double steps) const {
    if (steps <= 0) return;
    const double t = steps * step_, rate = up + down;
    m.rho += (up - rate * m.rho) * t * math::exprel(-rate * t);
    m.variance = m.variance * math::decay(-2 * rate * t) + n * noise_ * t * math::exprel(-2 * rate * t);
  }
  void settle(Motion& m, const Draw& draw) const {
    if (m.variance > 0 && draw.given) m.rho += std::sqrt(m.variance) * draw.normal(m.draws++);
    m.variance = 0;
  }

  /// drho/dt = -rho (1 - rho)(rho_star - rho) for a time t, in units of tau: classical Runge-Kutta. After 200 tau it has long arrived.
  void drift(double& rho, double t) const {
    const auto slope = [this](double x) { return -x * (1 - x) * (rho_star_ - x); };
    if (slope(rho) == 0) return;
    for (t = std::min(t, 200.0); t > 0;) {
      const double h = std::min(t, 0.1 / (1 + 3 * rho * rho));
      const double a = slope(rho), b = slope(rho + h / 2 * a), c = slope(rho + h / 2 * b), d = slope(rho + h * c);
      rho += h / 6 * (a + 2 * b + 2 * c + d);
      t -= h;
    }
  }

  double C_pre_, C_post_, theta_d_, theta_p_, gamma_d_, gamma_p_, noise_, steps_per_tau_Ca_;
  double step_;  ///< a step in units of tau
  double rho_star_, w_min_, range_, D_ms_;
  std::uint32_t lag_;  ///< D in steps
  bool cubic_;
  DecayTable<T> decay_;
};

inline const char* validate(const SynapseParameters& p) {
  if (p[w_min] >= p[w_max]) return "w_min must be below w_max";
  if (p.weight_largest > p[w_max] || p.weight_smallest < p[w_min]) return "the initial weights must lie between w_min and w_max: they tell rho, which starts at (weight - w_min)/(w_max - w_min)";
  if (p[D] / p.dt_ms > 1e6) return "D must be below a million steps";
  return nullptr;
}
inline constexpr SynapseModel model = weight_model<Rule>(info, validate);
}  // namespace ranvier::engine::graupner_brunel
#endif
