// SPDX-License-Identifier: Apache-2.0
/// Synapses that are visited when a spike of their source arrives, and once more when the calcium of that spike has done its
/// work and no other spike has come: so no target has to remember its potential for longer than that.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>

#include "core/decay_table.hpp"
#include "engine/calcium/column.hpp"
#include "engine/calcium/shared_vector.hpp"
#include "engine/calcium/synapses.hpp"
#include "engine/volume.hpp"

namespace ranvier::engine::calcium {
namespace {

/// Panels are two knots long at first and four from where most of the integral of Ca^n is done; late ones do without the knot in the middle.
constexpr double knot_ms = 2.5, fine_ms = 50, late_ms = 70;
/// Intervals between spikes in which stepping is about as cheap.
constexpr double frequent_ms = 20;
/// Where a volume has a say, tails are cut at first, while CaMKII may still be above a threshold, and all synapses are brought up to
/// date now and then, so that the volume may forget.
constexpr double tail_ms = 50, tails_ms = 1000, sweep_ms = 10000;
/// The last synapses of a segment share a vector if they are no more than this: of a full one, its own costs as much as lists of panels for each lane.
constexpr std::size_t most_that_share = most_lanes / 2;
std::uint32_t knot_steps(double dt_ms) { return std::max(1u, static_cast<std::uint32_t>(std::lround(knot_ms / dt_ms))); }
std::uint32_t ring_size(const Rule& rule) {
  return static_cast<std::uint32_t>(std::bit_ceil(std::size_t{Window(rule).longest() / knot_steps(rule.dt_ms) + 2}));
}

// counted from loops.cpp, exp as 15, where no threshold is crossed
constexpr std::uint64_t flop_panel = 60, flop_visit = 11, flop_tail = 47, flop_deliver = 2;

template <class T>
class Lazy final : public PlasticSynapses {
 public:
  Lazy(const Network& network, const PlasticTable& table, const Rule& rule, std::unique_ptr<Release> release)
      : PlasticSynapses(network, table, {1, 1, 3}, std::move(release)), rule_(rule), constants_(constants_of<T>(rule)), window_(rule),
        wide_(network.wide), knot_(knot_steps(rule.dt_ms)), fine_(static_cast<std::uint32_t>(std::lround(fine_ms / rule.dt_ms))),
        late_(static_cast<std::uint32_t>(std::lround(late_ms / rule.dt_ms))), targets_(network, table, rule, calcium::ring_size(rule), knot_), decay_Ca_(rule.tau_Ca, rule.dt_ms / 2),
        decay_s_(1 / rule.pulse.beta, rule.dt_ms / 2), weights_(table.synapses, rule.w_max, rule.narrow), Ca_(table.synapses, window_.calcium_most(), rule.narrow),
        K_(table.synapses, 1, rule.narrow), phi_0_(table.synapses, window_.phi_most(), rule.narrow),
        key_(stream_key(network.spec.simulation.seed_dynamics, Purpose::chance, rounding_object + static_cast<std::uint32_t>(table.projection))), s_(2 * table.sources()) {
    let_linger(window_.longest());
    if (rule.volume) listener_ = rule.volume->listen(std::numeric_limits<double>::infinity()).id;
    for (std::size_t k = 0; k < table.synapses; ++k) {
      weights_.set(k, static_cast<T>(table.initial(k)));
      Ca_.set(k, static_cast<T>(rule.Ca_rest));
    }
  }

  void target_fires(std::uint32_t cell, std::uint32_t) override { targets_.fires(cell); }
  bool watches_potential() const override { return true; }
  void after_update(std::uint32_t step, const Potentials& potentials) override { targets_.after_update(step, potentials); }

  void deliver(std::uint32_t step, Slots& slots) override {
    std::vector<Due>& due = due_at(step);
    // A source with more synapses of one delay than a segment can count has further segments, which fall due as the first are passed on.
    for (std::size_t begin = 0, end; begin < due.size(); begin = end) {
      end = due.size();
      for (std::size_t k = begin; k < end; ++k) arrive(due[k], step - 1);
      advance_queue(step - 1);
      for (std::size_t k = begin; k < end; ++k) {
        const Due arrived = due[k];
        if (wide_) pass<std::int64_t>(arrived, slots);
        else pass<std::int32_t>(arrived, slots);
        pass_on(arrived);
      }
    }
    due.clear();
  }

  /// Settles synapses here, when all that arrives in the step has: so none is settled whose source has fired again.
  void end_step(std::uint32_t step) override {
    for (std::size_t k = 0; k < settle_at(step).size(); ++k) {
      const Due due = settle_at(step)[k];
      settle(due, step);
      settle_pass_on(due);
    }
    advance_queue(step);
    settle_at(step) = {};  // thousands of steps ahead have one each: room is given back
    if (step % sweep_ != 0 || !rule_.volume) return;
    const auto flights = under_way();
    for (std::uint32_t source = 0; source < table_.sources(); ++source)
      for (std::uint32_t g = table_.row[source]; g < table_.row[source + 1]; ++g) {
        const Arrived a = last_arrived(flights, source, table_.segments[g].delay, step);
        const std::uint32_t settled = settled_at(a);
        // as far as synapses are that have settled: their own, or this, step
        if (settled < step) queue(g, {std::max(settled, step - sweep_), left_of(a, std::max(settled, step - sweep_)), false});
      }
    advance_queue(step);
    rule_.volume->done_with(listener_, static_cast<std::int64_t>(step) - window_.longest() - 1);
  }

  double read(const std::vector<std::uint32_t>& flights, std::uint32_t source, const PlasticSegment& segment, std::size_t synapse, std::uint32_t step, int k) const override {
    T weight = weights_[synapse], Ca = Ca_[synapse], K = K_[synapse], phi_0 = phi_0_[synapse];
    const Gap gap = gap_before(last_arrived(flights, source, segment.delay, step), step);
    Pieces pieces;
    calcium::advance(with(stretch(gap, step, pieces), table_.targets.data() + synapse, 1, &weight, &Ca, &K, &phi_0));
    return k < 0 ? table_.sign * scale(table_.targets[synapse]) * static_cast<double>(weight) : static_cast<double>(k == 0 ? Ca : k == 1 ? K : phi_0);
  }

  double saved(const std::vector<std::uint32_t>&, std::uint32_t, const PlasticSegment&, std::size_t synapse, std::uint32_t, int k) const override {
    return static_cast<double>(column(k)[synapse]);
  }

  void save(std::uint32_t step, Saved& out) const override {
    save_sources(step, s_, flight_s_, out);
    for (std::uint32_t cell = 0; cell < targets_.cells(); ++cell)
      for (std::int64_t column = -1; column < targets_.ring_size(); ++column)
        out.history.insert(out.history.end(), {static_cast<double>(cell), static_cast<double>(column), static_cast<double>(targets_.value(cell, column))});
  }

  void restore(std::uint32_t step, const Saved& in) override {
    restore_sources(step, in, s_, flight_s_);
    for (const double* x = in.history.data(); x < in.history.data() + in.history.size(); x += history_width())
      if (x[0] >= 0 && x[0] < static_cast<double>(targets_.cells()) && x[1] >= -1 && x[1] < targets_.ring_size()) targets_.set_value(static_cast<std::size_t>(x[0]), static_cast<std::int64_t>(x[1]), static_cast<T>(x[2]));
  }
  void restore(std::size_t synapse, int k, double value) override { column(k).set(synapse, static_cast<T>(value)); }

  void sweep(std::uint32_t) override {}  // nothing is kept that waits for synapses

  void rewire_columns(const std::vector<std::uint32_t>& origin, const std::vector<double>& weights) override {
    weights_.rewire(origin, [&](std::size_t n) { return static_cast<T>(weights[n]); });
    Ca_.rewire(origin, [&](std::size_t) { return static_cast<T>(rule_.Ca_rest); });
    for (Column<T>* column : {&K_, &phi_0_}) column->rewire(origin, [](std::size_t) { return T(0); });
    // A new synapse has no calcium now; the others of its segment are as they were at the segment's last visit, and so is it made to be.
    const auto now = static_cast<std::uint32_t>(heard);
    const auto flights = under_way();
    for (std::uint32_t source = 0; source < table_.sources(); ++source)
      for (std::uint32_t g = table_.row[source]; g < table_.row[source + 1]; ++g) {
        const PlasticSegment& segment = table_.segments[g];
        const Gap gap = gap_before(last_arrived(flights, source, segment.delay, now), now);
        if (!gap.active) continue;
        const double back = math::exp(rule_.lambda * rule_.dt_ms * (now - gap.from));
        for (std::size_t k = segment.first; k < std::size_t{segment.first} + segment.count; ++k)
          if (origin[k] == RewiredTable::fresh) phi_0_.set(k, static_cast<T>(back * static_cast<double>(targets_.phi()[table_.targets[k]])));
      }
  }

  PlasticWork take_work() override {
    PlasticWork w = work_;
    work_ = {};
    w.flop = w.events * flop_deliver + visits_ * flop_visit + panels_ * flop_panel + tails_ * flop_tail;
    // target, phi now, and four variables read and written; the sum; knots
    w.byte = (visits_ + tails_) * (4 + sizeof(T) + (rule_.narrow ? 16 : 8 * sizeof(T))) + w.events * (wide_ ? 16 : 8) + knots_ * sizeof(T);
    visits_ = panels_ = knots_ = tails_ = 0;
    return w;
  }
  std::uint64_t byte() const override { return weights_.byte() + Ca_.byte() + K_.byte() + phi_0_.byte() + 8 * s_.size() + 8 * last_.size() + 8 * release_state_.size() + 24 * (calendar_.size() + settling_calendar_.size()) + targets_.byte(); }

 private:
  /// From where a synapse has been brought up to date to a moment.
  struct Gap {
    std::uint32_t from = 0;     ///< step done
    double s = 0;               ///< then
    bool active = false;        ///< calcium matters; else K follows its closed form
  };
  struct Arrived {
    std::uint32_t stamp;        ///< of the last spike that has arrived, or never
    std::uint32_t arrival;      ///< in steps done
    double s;                   ///< that it left
  };
  Arrived last_arrived(const std::vector<std::uint32_t>& flights, std::uint32_t source, std::uint32_t delay, std::uint32_t step) const {
    const std::uint32_t next = next_to_arrive(flights, source, delay, step);
    if (next == never) return {last_[source], last_[source] + delay - 1, s_[2 * source]};
    return {flights_[next].previous, flights_[next].previous + delay - 1, flight_s_[2 * next]};
  }
  /// When the calcium of the last spike has done its work.
  std::uint32_t settled_at(const Arrived& a) const { return a.stamp == never ? 0 : a.arrival + window_(a.s); }
  double left_of(const Arrived& a, std::uint32_t at) const { return a.stamp == never ? 0 : a.s * decay_s_(2 * (at - a.arrival)); }
  Gap gap_before(const Arrived& a, std::uint32_t now) const {
    const std::uint32_t settled = settled_at(a), swept = rule_.volume ? now / sweep_ * sweep_ : 0;
    if (a.stamp != never && now < settled) return {a.arrival, a.s, true};
    const std::uint32_t from = std::max(settled, swept);
    return {from, left_of(a, from), false};
  }

  void arrive(const Due& due, std::uint32_t now) {
    const Flight& f = flights_[due.flight];
    const std::uint32_t delay = table_.segments[due.segment].delay;
    if (f.previous != never && (f.stamp - f.previous) * rule_.dt_ms < frequent_ms) work_.frequent += table_.segments[due.segment].count;
    if (f.previous == f.stamp) advance_queue(now);  // the source's second spike in a step
    queue(due.segment, gap_before({f.previous, f.previous + delay - 1, flight_s_[2 * due.flight]}, now));
  }
  /// Where the source has been silent since: else its next spike has brought the synapses further already.
  void settle(const Due& due, std::uint32_t now) {
    const Flight& f = flights_[due.flight];
    const std::uint32_t delay = table_.segments[due.segment].delay;
    if (f.next != never && f.next + delay <= now) return;
    queue(due.segment, {f.stamp + delay - 1, flight_s_[2 * due.flight + 1], true});
  }
  /// Segments are told beforehand, so that memory fetches many at a time.
  void queue(std::uint32_t segment, const Gap& gap) {
    const std::size_t first = table_.segments[segment].first;
    __builtin_prefetch(table_.targets.data() + first);
    if (!rule_.narrow)
      for (const Column<T>* column : {&weights_, &Ca_, &K_, &phi_0_}) __builtin_prefetch(column->wide() + first, 1);
    queue_.push_back({segment, gap});
  }

  /// Brings the segments of the queue up to date, each once. Longest gaps go first, so that lanes of a shared vector are done at about the same time.
  void advance_queue(std::uint32_t now) {
    std::sort(queue_.begin(), queue_.end(), [](const Visit& a, const Visit& b) { return a.gap.from < b.gap.from; });
    for (const Visit& v : queue_) advance_segment(v.segment, v.gap, now);
    for (SharedVector<T>& shared : shared_)
      if (shared.room() < most_lanes) shared.advance();
    queue_.clear();
  }
  void advance_segment(std::uint32_t index, const Gap& gap, std::uint32_t now) {
    const PlasticSegment& segment = table_.segments[index];
    const std::size_t k = segment.first;
    const Stretch<T> s = stretch(gap, now, pieces_);
    if (rule_.narrow) advance_narrow(s, index, now);
    else advance_wide(s, k, segment.count);
    if (s.n_panels > 0) visits_ += segment.count, panels_ += segment.count * s.n_panels, knots_ += segment.count * knots_of(pieces_);
    else tails_ += segment.count;
  }
  /// Variables of 16 bits are made wide, advanced and rounded, some at a time; by chance, which is keyed by synapse and step.
  void advance_narrow(const Stretch<T>& s, std::uint32_t index, std::uint32_t now) {
    const PlasticSegment& segment = table_.segments[index];
    const auto source = static_cast<std::uint32_t>(std::upper_bound(table_.row.begin(), table_.row.end(), index) - table_.row.begin()) - 1;
    constexpr std::size_t some = 128;
    T weight[some], Ca[some], K[some], phi_0[some];
    std::uint32_t number = 0;  // among the synapses of one pair and delay
    for (std::size_t begin = 0; begin < segment.count; begin += some) {
      const std::size_t first = segment.first + begin, n = std::min(some, segment.count - begin);
      const std::uint32_t* const cells = table_.targets.data() + first;
      for (std::size_t k = 0; k < n; ++k) weight[k] = weights_[first + k], Ca[k] = Ca_[first + k], K[k] = K_[first + k], phi_0[k] = phi_0_[first + k];
      calcium::advance(with(s, cells, n, weight, Ca, K, phi_0));
      for (std::size_t k = 0; k < n; ++k) {
        number = begin + k > 0 && cells[k] == cells[static_cast<std::ptrdiff_t>(k) - 1] ? number + 1 : 0;
        const Words w = philox(key_, source, static_cast<std::uint32_t>(table_.first_cell) + cells[k], std::uint32_t{segment.delay} << 16 | (number & 0xFFFF), now);
        weights_.set(first + k, weight[k], w[0] >> 16);
        K_.set(first + k, K[k], w[0] & 0xFFFF);
        Ca_.set(first + k, Ca[k], w[1] >> 16);
        phi_0_.set(first + k, phi_0[k], w[1] & 0xFFFF);
      }
    }
  }
  /// Vectors that the segment fills, or nearly, are its own; the rest goes to a shared one.
  void advance_wide(const Stretch<T>& s, std::size_t first, std::size_t n) {
    const auto at = [&](std::size_t k, std::size_t count) { return with(s, table_.targets.data() + k, count, weights_.wide() + k, Ca_.wide() + k, K_.wide() + k, phi_0_.wide() + k); };
    std::size_t rest = n % most_lanes;
    if (rest > most_that_share) rest = 0;
    if (n > rest) calcium::advance(at(first, n - rest));
    SharedVector<T>& shared = shared_[s.n_panels > 0];
    for (std::size_t k = first + n - rest, last = first + n, taken; k < last; k += taken) {
      taken = std::min(last - k, shared.room());
      shared.add(at(k, taken));
      if (shared.room() == 0) shared.advance();
    }
  }
  static Stretch<T> with(Stretch<T> s, const std::uint32_t* cells, std::size_t n, T* weight, T* Ca, T* K, T* phi_0) {
    s.cells = cells;
    s.n = n;
    s.weight = weight, s.Ca = Ca, s.K = K, s.phi_0 = phi_0;
    return s;
  }

  struct Pieces {
    std::vector<Panel<T>> panels;
    std::vector<Tail<T>> tails;
  };
  static std::uint64_t knots_of(const Pieces& pieces) {
    return std::accumulate(pieces.panels.begin(), pieces.panels.end(), std::uint64_t{0}, [](std::uint64_t sum, const Panel<T>& p) { return sum + (p.mid != no_knot) + (p.end != no_knot); });
  }

  /// Factor of what is learnt between two steps.
  T learn(std::uint32_t from, std::uint32_t to) const {
    return static_cast<T>(rule_.volume && from < to ? rule_.volume_base + rule_.volume_gain * rule_.volume->mean(from, to) : 1);
  }

  /// The pieces between the beginning of a gap and now: panels, at whose moments the integral of Ca^n is taken, or tails.
  Stretch<T> stretch(const Gap& gap, std::uint32_t now, Pieces& pieces) const {
    std::vector<Panel<T>>& panels = pieces.panels;
    panels.clear();
    pieces.tails.clear();
    const double gain = rule_.gamma * gap.s;
    const auto decay_Ca = [&](std::uint32_t half_steps) { return static_cast<T>(decay_Ca_(half_steps)); };
    const auto gain_at = [&](std::uint32_t half_steps) { return static_cast<T>(gain * decay_s_(half_steps)); };
    const std::uint32_t length = now - gap.from;
    Stretch<T> s{.rule = &constants_, .phi = targets_.phi(), .ring = targets_.ring(), .ring_size = targets_.ring_size(), .panels = nullptr, .n_panels = 0, .tails = nullptr, .n_tails = 0,
                 .tail_decay = decay_Ca(2 * length), .tail_gain = gain_at(2 * length), .gain = static_cast<T>(gain), .cells = nullptr, .n = 0, .weight = nullptr, .Ca = nullptr, .K = nullptr, .phi_0 = nullptr};
    if (!gap.active || now == gap.from) {
      const auto cut = static_cast<std::uint32_t>(std::lround(tail_ms / rule_.dt_ms)), cuts_end = gap.from + static_cast<std::uint32_t>(std::lround(tails_ms / rule_.dt_ms));
      for (std::uint32_t at = gap.from, end; at < now; at = end) {
        end = rule_.volume && at < cuts_end ? std::min(at + std::max(1u, cut), now) : now;
        pieces.tails.push_back({static_cast<T>((end - at) * rule_.dt_ms), learn(at, end)});
      }
      s.tails = pieces.tails.data();
      s.n_tails = pieces.tails.size();
      return s;
    }
    const auto add = [&](std::uint32_t from, std::int64_t mid_knot, std::uint32_t to, std::int64_t end_knot) {
      const std::uint32_t begin = from - gap.from, end = to - gap.from;  // the middle is at begin + end half steps
      const auto column = [&](std::int64_t k) { return k == no_knot ? Knot<T>{no_knot} : static_cast<Knot<T>>(targets_.column(static_cast<std::uint32_t>(k))); };
      panels.push_back({static_cast<T>((end - begin) * rule_.dt_ms), decay_Ca(begin + end), gain_at(begin + end), decay_Ca(2 * end), gain_at(2 * end), column(mid_knot), column(end_knot), learn(from, to)});
    };
    std::uint32_t at = gap.from, knot = gap.from / knot_ + 1;
    if (knot * knot_ < now) {
      add(at, no_knot, knot * knot_, knot);
      at = knot * knot_;
    }
    for (std::uint32_t half = 1; (knot + 2) * knot_ <= now; knot += 2 * half, at = knot * knot_) {
      half = at - gap.from >= fine_ && (knot + 4) * knot_ <= now ? 2 : 1;
      add(at, at - gap.from < late_ ? std::int64_t{knot + half} : no_knot, (knot + 2 * half) * knot_, knot + 2 * half);
    }
    if ((knot + 1) * knot_ < now) {
      ++knot;
      add(at, no_knot, knot * knot_, knot);
      at = knot * knot_;
    }
    if (at < now) add(at, no_knot, now, no_knot);
    s.panels = panels.data();
    s.n_panels = panels.size();
    return s;
  }

  template <class Sum>
  void pass(const Due& due, Slots& slots) {
    const PlasticSegment& segment = table_.segments[due.segment];
    const Flight& f = flights_[due.flight];
    const std::uint32_t* const cells = table_.targets.data() + segment.first;
    Sum* const sums = static_cast<Sum*>(slots.sums) + table_.slot;
    const double units = table_.sign * f.factor / table_.quantum;
    T total = 0;
    for (std::uint32_t k = 0; k < segment.count; ++k) {
      const T weight = weights_[segment.first + k];
      const double x = static_cast<double>(weight) * units * scale(cells[k]);
      sums[cells[k]] += static_cast<Sum>(x + (x < 0 ? -0.5 : 0.5));
      total += weight;
    }
    work_.events += segment.count;
    if (!std::isfinite(total)) bad_source = f.source;
  }

  void source_fires(std::uint32_t source, std::uint32_t since, std::uint32_t flight) override {
    flight_s_.resize(2 * flights_.size());
    const double before = s_[2 * source], after = rule_.pulse.fire(before, since);
    flight_s_[2 * flight] = before, flight_s_[2 * flight + 1] = after;
    s_[2 * source] = after, s_[2 * source + 1] = before;
  }
  /// From the step in which it arrives: one more than its arrival, in steps done.
  std::uint32_t lingering(std::uint32_t flight) const override { return window_(flight_s_[2 * flight + 1]) - 1; }

  const Rule rule_;
  const Constants<T> constants_;
  const Window window_;
  const bool wide_;
  const std::uint32_t knot_, fine_, late_;
  Targets<T> targets_;
  const DecayTable<double> decay_Ca_, decay_s_;  ///< by half steps
  const Column<T>& column(int k) const { return k < 0 ? weights_ : k == 0 ? Ca_ : k == 1 ? K_ : phi_0_; }
  Column<T>& column(int k) { return k < 0 ? weights_ : k == 0 ? Ca_ : k == 1 ? K_ : phi_0_; }
  Column<T> weights_, Ca_, K_, phi_0_;
  static constexpr std::uint32_t rounding_object = 0x50000000u;
  const StreamKey key_;            ///< of rounding to 16 bits
  std::vector<double> s_;          ///< [sources][2] after the last two spikes
  std::vector<double> flight_s_;   ///< [flights][2] before and after
  Pieces pieces_;
  struct Visit {
    std::uint32_t segment;
    Gap gap;
  };
  std::vector<Visit> queue_;       ///< segments to be brought up to date
  SharedVector<T> shared_[2];      ///< without and with panels
  const std::uint32_t sweep_ = std::max(1u, static_cast<std::uint32_t>(std::lround(sweep_ms / rule_.dt_ms)));
  int listener_ = -1;
  std::uint64_t visits_ = 0, panels_ = 0, knots_ = 0, tails_ = 0;
};

}  // namespace

std::size_t values_of_a_target(const Rule& rule) { return ring_size(rule) + 3; }

std::unique_ptr<PlasticSynapses> make_lazy(const Network& network, const PlasticTable& table, const Rule& rule, std::unique_ptr<Release> release) {
  if (network.spec.simulation.double_precision) return std::make_unique<Lazy<double>>(network, table, rule, std::move(release));
  return std::make_unique<Lazy<float>>(network, table, rule, std::move(release));
}

}  // namespace ranvier::engine::calcium
