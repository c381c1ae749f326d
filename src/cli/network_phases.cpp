// SPDX-License-Identifier: Apache-2.0
#include "cli/network_phases.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ranvier::cli {
namespace {

double run_ms(const NetworkSpec& spec) { return spec.simulation.warmup_ms + spec.simulation.duration_ms; }

/// Every time at which some input begins, changes or ends.
std::vector<double> changes_of(const NetworkSpec& spec) {
  std::vector<double> times;
  const auto add_schedule = [&](const Schedule& s) {
    if (s.kind == Schedule::Kind::piecewise) times.insert(times.end(), s.times_ms.begin(), s.times_ms.end());
  };
  for (const InputSpec& i : spec.inputs) {
    times.push_back(i.start_ms);
    times.push_back(i.stop_ms);
    add_schedule(i.rate_schedule);
    if (i.kind == InputSpec::Kind::step) add_schedule(i.current_pA);
    if (i.kind == InputSpec::Kind::samples && i.samples_pA) {
      const double hold = i.noise_dt_ms > 0 ? i.noise_dt_ms : spec.simulation.dt_ms;
      times.push_back(i.start_ms + hold * static_cast<double>(i.samples_pA->size()) / static_cast<double>(std::max<std::int64_t>(1, i.target.size())));
    }
  }
  for (const PopulationSpec& p : spec.populations) {
    add_schedule(p.rate_hz);
    if (p.membrane != "spike_train" || p.trains.times_ms.empty()) continue;
    const auto [first, last] = std::minmax_element(p.trains.times_ms.begin(), p.trains.times_ms.end());
    times.push_back(*first);
    times.push_back(*last);
  }
  std::sort(times.begin(), times.end());
  return times;
}

/// From time of the run to time of the condensed run.
class Clock {
 public:
  Clock(const std::vector<Phase>& phases, const std::vector<double>& probed_ms) : phases_(phases), probed_ms_(probed_ms) {}

  /// Of a beginning or an end: what lies in a part that is cut out moves to where the next phase begins.
  double operator()(double t) const {
    double at = 0;
    for (std::size_t k = 0; k < phases_.size(); ++k) {
      if (t <= phases_[k].begin_ms) return at;
      if (t <= phases_[k].begin_ms + probed_ms_[k]) return at + t - phases_[k].begin_ms;
      at += probed_ms_[k];
    }
    return t < phases_.back().end_ms ? at : std::numeric_limits<double>::infinity();
  }
  /// Whether what happens at this time is kept.
  bool keeps(double t) const {
    for (std::size_t k = 0; k < phases_.size(); ++k)
      if (t >= phases_[k].begin_ms && t < phases_[k].begin_ms + probed_ms_[k]) return true;
    return false;
  }

 private:
  const std::vector<Phase>& phases_;
  const std::vector<double>& probed_ms_;
};

void condense(Schedule& s, const Clock& clock) {
  if (s.kind == Schedule::Kind::piecewise)
    for (double& t : s.times_ms) t = clock(t);
}

void condense(SpikeTrains& trains, const Clock& clock) {
  SpikeTrains kept;
  for (std::size_t k = 0; k < trains.times_ms.size(); ++k) {
    if (!clock.keeps(trains.times_ms[k])) continue;
    kept.times_ms.push_back(clock(trains.times_ms[k]));
    kept.neurons.push_back(trains.neurons[k]);
  }
  trains = std::move(kept);
}

}  // namespace

std::vector<Phase> phases_of(const NetworkSpec& spec, double ignored_ms) {
  const double end = run_ms(spec), apart = 0.01 * end;
  std::vector<Phase> phases{{0, end}};
  for (const double t : changes_of(spec)) {
    if (!(t > ignored_ms && t < 0.95 * end) || t < phases.back().begin_ms + apart) continue;
    phases.back().end_ms = t;
    phases.push_back({t, end});
  }
  return phases;
}

CondensedRun condense(const NetworkSpec& spec, const std::vector<Phase>& phases, double budget_ms) {
  CondensedRun out{.spec = spec};
  const double dt = spec.simulation.dt_ms;
  double total = 0;
  for (const Phase& p : phases) {
    const double asked = std::min(budget_ms / static_cast<double>(phases.size()), p.length_ms());
    out.probed_ms.push_back(std::max(2.0, std::floor(asked / dt)) * dt);
    out.length_ms.push_back(p.length_ms());
    total += out.probed_ms.back();
  }
  const Clock clock(phases, out.probed_ms);
  for (InputSpec& i : out.spec.inputs) {
    i.start_ms = clock(i.start_ms);
    i.stop_ms = clock(i.stop_ms);
    condense(i.rate_schedule, clock);
    condense(i.current_pA, clock);
  }
  for (PopulationSpec& p : out.spec.populations) {
    condense(p.rate_hz, clock);
    condense(p.trains, clock);
  }
  out.spec.simulation.warmup_ms = 0;
  out.spec.simulation.duration_ms = total;
  return out;
}

}  // namespace ranvier::cli
