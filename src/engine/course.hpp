// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The course of a concentration that pulses raise and that decays in between,
///
///     dd/dt = -(d - baseline) / tau + sum of amounts at the times of pulses,
///
/// and the integrals of it that synapses need, in closed form. One knot a pulse; nothing is stepped.
///
/// With x = d - baseline, r = 1/tau + 1/tau_c and by parts, for pulses A_i at u_i in (a, b):
///
///     int_a^b x du                      = tau (x(a) - x(b) + sum A_i)
///     int_a^b e^{-(u-a)/tau_c} x(u) du  = (x(a) - e^{-(b-a)/tau_c} x(b) + sum A_i e^{-(u_i-a)/tau_c}) / r
///
/// so that both sums are differences of running ones. The second one runs within a span of steps only, so that its terms are
/// at most e^8 apart (rounding below 1e-12); whoever asks for it cuts at the ends of spans.
///
/// Of a pulse and a question at the same step: a course that begins there has the pulse, one that ends there has not.
/// So all that is asked up to a step is known before what happens in that step is.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "core/decay_table.hpp"

namespace ranvier::engine {

class Course {
 public:
  /// span: steps, a power of two; see span_of().
  Course(double tau_ms, double baseline, double dt_ms, std::int64_t span)
      : tau_(tau_ms), dt_(dt_ms), baseline_(baseline), span_(span), quiet_(static_cast<std::int64_t>(std::min(700 * tau_ms / dt_ms, 0x1p60))), decay_(tau_ms, dt_ms), knots_{Knot{}} {}

  /// The longest span for synapses that weigh the course by e^{-t/tau_ms}.
  static std::int64_t span_of(double tau_ms, double dt_ms) {
    std::int64_t span = 1;
    while (span < span_max && static_cast<double>(2 * span) * dt_ms <= 8 * tau_ms) span *= 2;
    return span;
  }
  static constexpr std::int64_t span_max = std::int64_t{1} << 20;

  /// Raises the concentration at a step after all before.
  void pulse(std::int64_t step, double amount, std::uint64_t count = 1) {
    const Knot& last = knots_.back();
    const double x = excess_at(last, step);
    knots_.push_back({step, x + amount, last.total + amount, amount, last.count + count});
    for (Weighted& w : weighted_) add_to(w, knots_.size() - 1);
  }

  /// Concentration just before the pulses of a step.
  double at(std::int64_t step) const { return baseline_ + excess_at(knots_[last_before(step)], step); }

  /// Mean concentration between two steps, from < to.
  double mean(std::int64_t from, std::int64_t to) const {
    const Knot &a = knots_[last_upto(from)], &b = knots_[last_before(to)];
    return baseline_ + tau_ * (excess_at(a, from) - excess_at(b, to) + (b.total - a.total)) / (static_cast<double>(to - from) * dt_);
  }

  /// Number of pulses up to and including those of a step.
  std::uint64_t pulses(std::int64_t step) const { return knots_[last_upto(step)].count; }

  /// Makes weighted() possible for a time constant; returns its number.
  int weigh(double tau_ms) {
    for (std::size_t k = 0; k < weighted_.size(); ++k)
      if (weighted_[k].tau == tau_ms) return static_cast<int>(k);
    weighted_.push_back({tau_ms, 1 / (1 / tau_ + 1 / tau_ms), DecayTable<double>(tau_ms, dt_), {0}});
    for (std::size_t k = 1; k < knots_.size(); ++k) add_to(weighted_.back(), k);
    return static_cast<int>(weighted_.size()) - 1;
  }

  struct Weight {
    double excess;  ///< int e^{-(u-from)/tau_c} (d(u) - baseline) du  [concentration x ms]
    double left;    ///< e^{-(to-from)/tau_c}
  };
  /// 0 <= from <= to, within one span.
  Weight weighted(int number, std::int64_t from, std::int64_t to) const {
    const Weighted& w = weighted_[static_cast<std::size_t>(number)];
    const double left = w.decay(static_cast<std::uint32_t>(to - from));
    const std::size_t a = last_upto(from);
    const double x = excess_at(knots_[a], from);
    if (a + 1 == knots_.size() || knots_[a + 1].step >= to) return {x * (1 - left * decay(to - from)) * w.reach, left};
    const std::size_t b = last_before(to);
    const std::int64_t begin = from & ~(span_ - 1);
    const double before = knots_[a].step >= begin ? w.sum[a] : 0;
    return {(x - left * excess_at(knots_[b], to) + (w.sum[b] - before) / w.decay(static_cast<std::uint32_t>(from - begin))) * w.reach, left};
  }

  std::int64_t span() const { return span_; }
  double baseline() const { return baseline_; }
  std::size_t size() const { return knots_.size(); }

  /// Forgets pulses before a step but the last of them: nothing will be asked of what was before.
  void forget(std::int64_t step) {
    const std::size_t n = last_upto(step);
    knots_.erase(knots_.begin(), knots_.begin() + static_cast<std::ptrdiff_t>(n));
    for (Weighted& w : weighted_) w.sum.erase(w.sum.begin(), w.sum.begin() + static_cast<std::ptrdiff_t>(n));
    hint_ = 0;
  }

  // --- for saving: five numbers a knot, from the last one up to a step on, which is the beginning of a span
  static constexpr std::size_t width = 5;
  std::vector<double> save(std::int64_t from) const {
    std::vector<double> out;
    for (std::size_t k = last_upto(from); k < knots_.size(); ++k)
      out.insert(out.end(), {static_cast<double>(knots_[k].step), knots_[k].excess, knots_[k].total, knots_[k].amount, static_cast<double>(knots_[k].count)});
    return out;
  }
  void restore(const std::vector<double>& in) {
    knots_.clear();
    for (const double* x = in.data(); x < in.data() + in.size(); x += width)
      knots_.push_back({static_cast<std::int64_t>(x[0]), x[1], x[2], x[3], static_cast<std::uint64_t>(x[4])});
    hint_ = 0;
    for (Weighted& w : weighted_) {
      w.sum.clear();
      for (std::size_t k = 0; k < knots_.size(); ++k) add_to(w, k);
    }
  }

 private:
  struct Knot {
    std::int64_t step = -1;
    double excess = 0;        ///< x just after the pulse
    double total = 0;         ///< amounts so far
    double amount = 0;
    std::uint64_t count = 0;  ///< pulses so far; several of one step make one knot
  };
  struct Weighted {
    double tau, reach;        ///< reach = 1 / r
    DecayTable<double> decay;
    std::vector<double> sum;  ///< [knots] sum A_i e^{-(u_i - begin of the span)/tau_c} within the knot's span
  };

  double decay(std::int64_t steps) const { return steps < quiet_ ? decay_(static_cast<std::uint32_t>(steps)) : 0; }
  double excess_at(const Knot& knot, std::int64_t step) const { return knot.excess == 0 ? 0 : knot.excess * decay(step - knot.step); }
  void add_to(Weighted& w, std::size_t k) const {
    const std::int64_t begin = knots_[k].step & ~(span_ - 1);
    const double before = k > 0 && knots_[k - 1].step >= begin ? w.sum.back() : 0;
    w.sum.push_back(before + knots_[k].amount * w.decay(static_cast<std::uint32_t>(knots_[k].step - begin)));
  }

  /// The last knot at or before a step. Questions come in nearly the same order as time, so the answer mostly is the last one's.
  std::size_t last_upto(std::int64_t step) const {
    std::size_t k = std::min(hint_, knots_.size() - 1);
    const auto fits = [&](std::size_t i) { return knots_[i].step <= step && (i + 1 == knots_.size() || knots_[i + 1].step > step); };
    if (!fits(k)) {
      const auto after = std::upper_bound(knots_.begin(), knots_.end(), step, [](std::int64_t s, const Knot& knot) { return s < knot.step; });
      k = after == knots_.begin() ? 0 : static_cast<std::size_t>(after - knots_.begin()) - 1;
    }
    return hint_ = k;
  }
  std::size_t last_before(std::int64_t step) const { return last_upto(step - 1); }

  double tau_, dt_, baseline_;
  std::int64_t span_, quiet_;  ///< quiet: steps after which nothing is left
  DecayTable<double> decay_;
  std::vector<Knot> knots_;
  std::vector<Weighted> weighted_;
  mutable std::size_t hint_ = 0;
};

}  // namespace ranvier::engine
