// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The synapses of one rule: the loop over the synapses of a segment, written once for all rules of the weight.

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "engine/history.hpp"
#include "engine/network.hpp"
#include "engine/plastic.hpp"
#include "engine/rewire.hpp"

namespace ranvier::engine {

/// Steps for which the levels of a rule that watches potentials are kept: a power of two.
inline std::size_t watched_steps(std::uint32_t lag, std::uint32_t delay_max) { return std::bit_ceil(2 * std::size_t{delay_max} + lag + 2); }

template <class T, WeightRule<T> Rule>
class PlasticOf final : public PlasticSynapses {
 public:
  PlasticOf(const Network& network, const PlasticTable& table, const SynapseParameters& parameters, std::unique_ptr<Release> release)
      : PlasticSynapses(network, table, {n_source, n_target, n_state}, std::move(release)), rule_(parameters), wide_(network.wide),
        weights_(table.synapses), after_(2 * n_source * table.sources()), history_(table.cells), settling_(2 * std::int64_t{network.delay_max}),
        key_(stream_key(network.spec.simulation.seed_dynamics, Purpose::chance, draw_object + static_cast<std::uint32_t>(table.projection))) {
    for (std::size_t k = 0; k < table.synapses; ++k) weights_[k] = static_cast<T>(table.initial(k));
    for (auto& column : states_) column = HugeArray<T>(table.synapses);
    if constexpr (StartsState<Rule, T>)
      for (std::size_t k = 0; k < table.synapses; ++k) start(k);
    if constexpr (watches) start_watching(network.delay_max);
  }

  void target_fires(std::uint32_t cell, std::uint32_t stamp) override {
    if constexpr (watches) {
      rule_.cell_fires(cells_.data() + Rule::n_cell * cell);
    } else if constexpr (n_target > 0) {
      const Entry& last = history_.end(cell)[-1];
      Entry entry = last;
      entry.stamp = static_cast<std::int32_t>(stamp);
      rule_.target_fires(entry.trace, last.stamp < 0 ? never : stamp - static_cast<std::uint32_t>(last.stamp));
      history_.append(cell, entry);
    }
  }

  bool watches_potential() const override { return watches; }
  void after_update(std::uint32_t step, const Potentials& potentials) override {
    if constexpr (watches) {
      const T* const before = felt(step, 0);
      T* const levels = past_.data() + row_of_past(step);
      for (std::uint32_t cell = 0; cell < potentials.n; ++cell) {
        T* const own = cells_.data() + Rule::n_cell * cell;
        const T size = rule_.watch(own, potentials.at<T>(cell), before + Rule::n_level * cell);
        std::copy_n(own, Rule::n_level, levels + Rule::n_level * cell);
        if (size != 0) history_.append(cell, {static_cast<std::int32_t>(step), {size}});
      }
      work_.watched += potentials.n;
    }
  }

  /// Sweeps here alone: all that falls due in this step has arrived, which is what sweep() takes for granted.
  void end_step(std::uint32_t step) override {
    bool full = false;
    if constexpr (n_target > 0) full = history_.byte() > history_limit_;
    if constexpr (follows) full = full || rule_.crowded(step);
    if (full) sweep(step);
  }

  void deliver(std::uint32_t step, Slots& slots) override {
    if (scaling_) deliver_scaled<true>(step, slots);
    else deliver_scaled<false>(step, slots);
  }

  double read(const std::vector<std::uint32_t>& flights, std::uint32_t source, const PlasticSegment& segment, std::size_t synapse, std::uint32_t step, int k) const override {
    const Seen seen = seen_by(flights, source, segment.delay, step);
    const std::int64_t arrived = std::int64_t{step} - table_.dendritic(segment.delay);
    Synapse s = load(synapse);
    if constexpr (n_target > 0) {
      const std::int64_t now = std::min(arrived, seen.next_arrival);
      const Window w = window(seen, source, segment, now);
      const Entry* const last = meet(s, synapse, w);
      if constexpr (MovesBetweenEvents<Rule, T>) s.weight = rule_.until(s.weight, s.state, of_now(synapse, w));
      if constexpr (follows) advance(s, last, w, now + w.dendritic);
    }
    return k < 0 ? table_.sign * scale(table_.targets[synapse]) * static_cast<double>(s.weight) : static_cast<double>(s.state[static_cast<std::size_t>(k)]);
  }

  double saved(const std::vector<std::uint32_t>& flights, std::uint32_t source, const PlasticSegment& segment, std::size_t synapse, std::uint32_t step, int k) const override {
    Synapse s = load(synapse);
    if constexpr (n_target > 0) {
      const Window w = window(seen_by(flights, source, segment.delay, step), source, segment, settled(step));
      const Entry* const last = meet(s, synapse, w);
      if constexpr (follows) advance(s, last, w, rule_.settled(step));
    }
    return static_cast<double>(k < 0 ? s.weight : s.state[static_cast<std::size_t>(k)]);
  }

  void save(std::uint32_t step, Saved& out) const override {
    save_sources(step, after_, flight_after_, out);
    for (std::uint32_t cell = 0; cell < history_.cells(); ++cell) {
      const Entry* e = history_.begin(cell);
      while (history_.end(cell) - e > 1 && e[1].stamp <= settled(step)) ++e;  // one is kept for its traces
      for (; e != history_.end(cell); ++e) {
        out.history.insert(out.history.end(), {static_cast<double>(cell), static_cast<double>(e->stamp)});
        out.history.insert(out.history.end(), e->trace, e->trace + n_target);
      }
    }
    if constexpr (watches)
      for (std::uint32_t cell = 0; cell < table_.cells; ++cell) {
        out.cells.insert(out.cells.end(), cells_.data() + Rule::n_cell * cell, cells_.data() + Rule::n_cell * (cell + 1));
        for (std::uint32_t back = 0; back <= past_mask_; ++back) {
          const T* const levels = past_.data() + row_of_past(step - back) + Rule::n_level * cell;
          out.cells.insert(out.cells.end(), levels, levels + Rule::n_level);
        }
      }
  }
  std::size_t cell_width() const override {
    if constexpr (watches) return Rule::n_cell + Rule::n_level * std::size_t{past_mask_ + 1};
    else return 0;
  }

  void restore(std::uint32_t step, const Saved& in) override {
    restore_sources(step, in, after_, flight_after_);
    for (const double* x = in.history.data(); x < in.history.data() + in.history.size(); x += history_width()) {
      Entry e{static_cast<std::int32_t>(x[1]), {}};
      std::transform(x + 2, x + 2 + n_target, e.trace, [](double v) { return static_cast<T>(v); });
      history_.append(static_cast<std::uint32_t>(x[0]), e);
    }
    if constexpr (watches) restore_cells(step, in.cells);
    swept_ = settled(step);
    if constexpr (follows) advanced_ = rule_.settled(step);
  }
  void restore(std::size_t synapse, int k, double value) override { (k < 0 ? weights_ : states_[static_cast<std::size_t>(k)])[synapse] = static_cast<T>(value); }

  void sweep(std::uint32_t step) override {
    if constexpr (n_target == 0) return;
    const std::int64_t to = settled(step);
    if (to > swept_) {
      const auto flights = under_way();
      for (std::uint32_t source = 0; source < table_.sources(); ++source)
        for (std::uint32_t g = table_.row[source]; g < table_.row[source + 1]; ++g) {
          const PlasticSegment& segment = table_.segments[g];
          const Window w = window(seen_by(flights, source, segment.delay, step), source, segment, to);
          for (std::size_t k = segment.first; k < std::size_t{segment.first} + segment.count; ++k) {
            Synapse s = load(k);
            const Entry* const last = meet(s, k, w);
            if constexpr (follows) advance(s, last, w, rule_.settled(step));
            store(k, s);
          }
        }
      swept_ = to;
      history_.forget(to);
      if constexpr (follows) rule_.done_with(advanced_ = rule_.settled(step));
    }
    history_limit_ = std::max<std::uint64_t>(history_limit_, 2 * history_.byte());
  }

  void rewire_columns(const std::vector<std::uint32_t>& origin, const std::vector<double>& weights) override {
    weights_ = rewired_column(weights_, origin, [&](std::size_t n) { return static_cast<T>(weights[n]); });
    for (auto& column : states_) column = rewired_column(column, origin, [](std::size_t) { return T(0); });
    if constexpr (StartsState<Rule, T>)
      for (std::size_t k = 0; k < origin.size(); ++k)
        if (origin[k] == RewiredTable::fresh) start(k);
  }

  PlasticWork take_work() override {
    PlasticWork w = work_;
    work_ = {};
    w.flop = w.events * (Rule::flop_source + 2) + w.met * Rule::flop_target;  // 2: to units, and add
    // target, weight and states read and written, the sum; of the history the cell's room and what was met
    w.byte = w.events * (4 + 2 * sizeof(T) * (1 + n_state) + (wide_ ? 16 : 8) + (n_target > 0 ? 12 + sizeof(Entry) : 0)) + w.met * sizeof(Entry);
    if constexpr (watches) {
      w.flop += w.watched * Rule::flop_watch;
      w.byte += w.watched * sizeof(T) * (1 + 2 * Rule::n_cell + 2 * Rule::n_level);
    }
    return w;
  }

  std::string hint() const override {
    if constexpr (Hints<Rule>) return rule_.hint();
    else return {};
  }

  std::uint64_t byte() const override {
    return sizeof(T) * (weights_.size() * (1 + n_state) + after_.size()) + 8 * last_.size() + 8 * release_state_.size() + history_.byte() + sizeof(T) * (cells_.size() + past_.size());
  }

 private:
  static constexpr bool watches = Watches<Rule, T>;
  static constexpr int n_source = Rule::n_source, n_target = Rule::n_target, n_state = Rule::n_state;
  static constexpr bool follows = FollowsVolume<Rule, T>;
  static_assert(!follows || n_target > 0);
  static_assert(n_source <= trace_max && n_target <= trace_max && n_state <= synapse_state_max);
  using Stamps = History<T, n_target>;
  using Entry = typename Stamps::Entry;

  struct Synapse {
    T weight;
    T state[n_state > 0 ? n_state : 1];
  };
  Synapse load(std::size_t k) const {
    Synapse s{weights_[k], {}};
    for (std::size_t i = 0; i < n_state; ++i) s.state[i] = states_[i][k];
    return s;
  }
  void store(std::size_t k, const Synapse& s) {
    weights_[k] = s.weight;
    for (std::size_t i = 0; i < n_state; ++i) states_[i][k] = s.state[i];
  }

  void start(std::size_t k) {
    Synapse s = load(k);
    rule_.start(s.weight, s.state);
    store(k, s);
  }

  /// The source's last two spikes that have arrived at a segment, and when the next one will.
  struct Seen {
    std::uint32_t previous, earlier;
    const T* after;                    ///< [2][n_source] traces just after them
    std::int64_t next_arrival;         ///< in the targets' time; of those under way
  };
  Seen seen_by(const std::vector<std::uint32_t>& flights, std::uint32_t source, std::uint32_t delay, std::uint32_t step) const {
    const std::uint32_t next = next_to_arrive(flights, source, delay, step);
    if (next == never) return {last_[source], earlier_[source], after(source), std::int64_t{1} << 62};
    const Flight& f = flights_[next];
    return {f.previous, f.earlier, flight_after_.data() + 2 * n_source * next, f.stamp + table_.shift(delay) - late(delay)};
  }

  /// Spikes of targets with stamps in (from, to] have arrived since `previous` did, at target time `since`.
  struct Window {
    std::int64_t from, to, since;
    Seen seen;
    std::uint32_t source;
    const PlasticSegment* segment;
    std::int64_t dendritic;            ///< from the target's stamps to the time at the synapse
    std::int64_t last_arrival() const { return seen.previous == never ? Stamps::before_all : since; }
  };
  /// Without a dendritic delay, a target's spike in the very step of an arrival is not known yet: it is met at the next.
  std::int64_t late(std::uint32_t delay) const { return table_.dendritic(delay) == 0; }
  Window window(const Seen& seen, std::uint32_t source, const PlasticSegment& segment, std::int64_t to) const {
    const std::int64_t since = seen.previous == never ? -1 : seen.previous + table_.shift(segment.delay);
    return {std::max(since - late(segment.delay), swept_), std::max<std::int64_t>(to, -1), since, seen, source, &segment, table_.dendritic(segment.delay)};
  }

  /// The end of the entries of a cell that a window covers, and how many there are.
  std::pair<const Entry*, std::uint32_t> covered(std::uint32_t cell, const Window& w) const {
    const Entry* last = history_.end(cell);
    while (last[-1].stamp > w.to) --last;  // the guards end both loops: no window reaches back before all times
    std::uint32_t n = static_cast<std::uint32_t>(last[-1].stamp > w.from) + static_cast<std::uint32_t>(last[-2].stamp > w.from);  // mostly 0 or 1: without a branch
    if (n == 2)
      while (last[-1 - static_cast<std::ptrdiff_t>(n)].stamp > w.from) ++n;
    return {last, n};
  }
  /// Lets a synapse meet the `n` spikes of its target before `last`, one by one.
  void meet(Synapse& s, std::size_t synapse, const Entry* last, std::uint32_t n, const Window& w) const {
    for (const Entry* e = last - n; e != last; ++e) {
      if constexpr (follows) advance(s, e, w, e->stamp + w.dendritic);
      Pairing<T> at = of_target(e, w);
      at.own = e->trace;
      at.together = e->stamp == w.since;
      if constexpr (Draws<Rule>) at.draw = draw(synapse, w, e->stamp);
      s.weight = rule_.target_arrives(s.weight, s.state, at);
    }
  }
  /// All that a window covers; returns their end.
  const Entry* meet(Synapse& s, std::size_t synapse, const Window& w) const {
    const auto [last, n] = covered(table_.targets[synapse], w);
    meet(s, synapse, last, n, w);
    return last;
  }
  /// Of rules that follow a volume: from the synapse's last event, which is the target's spike before `end` or the source's last one, to a
  /// time at the synapse. Nothing where that has been done.
  void advance(Synapse& s, const Entry* end, const Window& w, std::int64_t to) const {
    const std::int64_t since = std::max(std::max<std::int64_t>(end[-1].stamp, w.since) + w.dendritic, advanced_);
    if (since < to) s.weight = rule_.advance(s.weight, s.state, since, to);
  }

  /// Names a synapse by what the partition has no part in.
  Draw draw(std::size_t synapse, const Window& w, std::int64_t time) const {
    const PlasticSegment* g = w.segment;
    std::size_t first = synapse;  // of the same pair and delay: they lie side by side, a full segment apart at most
    for (;; --g) {
      while (first > g->first && table_.targets[first - 1] == table_.targets[synapse]) --first;
      if (first > g->first || g == table_.segments.data() + table_.row[w.source] || g[-1].delay != g->delay) break;
    }
    const auto number = static_cast<std::uint32_t>(synapse - first);
    return {.key = key_, .source = w.source, .target = static_cast<std::uint32_t>(table_.first_cell + table_.targets[synapse]),
            .which = std::uint32_t{w.segment->delay} << 16 | (number & 0xFFFu) << 4, .time = static_cast<std::uint32_t>(time), .given = true};
  }

  static constexpr T nothing[trace_max] = {};
  static std::uint32_t since(std::int64_t now, std::int32_t stamp) { return stamp < 0 ? never : static_cast<std::uint32_t>(now - stamp); }
  Pairing<T> of_target(const Entry* e, const Window& w) const {
    const bool together = e->stamp == w.since;  // with the source's last spike: what counts is the one before
    const std::uint32_t source_stamp = together ? w.seen.earlier : w.seen.previous;
    const bool none = source_stamp == never;
    return {none ? nothing : w.seen.after + (together ? n_source : 0), none ? never : static_cast<std::uint32_t>(e->stamp - w.since) + (together ? w.seen.previous - w.seen.earlier : 0),
            e[-1].trace, since(e->stamp, e[-1].stamp), e[-1].stamp <= w.since, since_event(e->stamp, w, e[-1])};
  }
  Pairing<T> of_source(const Entry* last, const Window& w, std::int64_t arrival, std::uint32_t since_source) const {
    const std::uint32_t event = since_event(arrival, w, last[-1]);
    while (last[-1].stamp >= arrival) --last;  // one where a cell fires once a step; its own may wait
    return {since_source == never ? nothing : w.seen.after, since_source, last[-1].trace, since(arrival, last[-1].stamp), last[-1].stamp > w.since && last[-1].stamp >= 0, event};
  }
  /// At a window's end, when nothing happens.
  Pairing<T> of_now(std::size_t synapse, const Window& w) const {
    const Entry* const last = covered(table_.targets[synapse], w).first;
    const bool none = w.seen.previous == never;
    return {none ? nothing : w.seen.after, none ? never : static_cast<std::uint32_t>(std::max(w.to, w.since) - w.since), last[-1].trace, since(w.to, last[-1].stamp), false,
            since_event(w.to, w, last[-1])};
  }
  /// Steps from a synapse's last event, the arrival that a window begins with or the target's spike `before`, until `now`.
  static std::uint32_t since_event(std::int64_t now, const Window& w, const Entry& before) {
    const std::int64_t last = std::max<std::int64_t>(w.last_arrival(), before.stamp);
    return static_cast<std::uint32_t>(std::max<std::int64_t>(now - (last == Stamps::before_all ? 0 : last), 0));
  }

  template <bool scales>
  void deliver_scaled(std::uint32_t step, Slots& slots) {
    if (slots.touched) wide_ ? deliver_step<std::int64_t, true, scales>(step, slots) : deliver_step<std::int32_t, true, scales>(step, slots);
    else wide_ ? deliver_step<std::int64_t, false, scales>(step, slots) : deliver_step<std::int32_t, false, scales>(step, slots);
  }

  template <class Sum, bool wakes, bool scales>
  void deliver_step(std::uint32_t step, Slots& slots) {
    std::vector<Due>& due = due_at(step);
    for (std::size_t k = 0; k < due.size(); ++k) {
      if (k + 1 < due.size()) prefetch(table_.segments[due[k + 1].segment]);
      deliver_segment<Sum, wakes, scales>(due[k], slots);
      pass_on(Due(due[k]));
    }
    due.clear();
  }

  template <class Sum, bool wakes, bool scales>
  void deliver_segment(const Due& due, Slots& slots) {
    const Flight& f = flights_[due.flight];
    const PlasticSegment segment = table_.segments[due.segment];
    const std::int64_t arrival = f.stamp + table_.shift(segment.delay);
    const Seen seen{f.previous, f.earlier, flight_after_.data() + 2 * n_source * due.flight, 0};
    const Window w = window(seen, f.source, table_.segments[due.segment], arrival - late(segment.delay));
    const std::uint32_t since_source = f.previous == never ? never : f.stamp - f.previous;
    const std::uint32_t* const targets = table_.targets.data() + segment.first;
    Sum* const sums = static_cast<Sum*>(slots.sums) + table_.slot;
    const double units = table_.sign * f.factor / table_.quantum;
    T total = 0;
    for (std::uint32_t begin = 0; begin < segment.count; begin += chunk) {
      const std::uint32_t n = std::min(chunk, segment.count - begin);
      const std::uint32_t* const cells = targets + begin;
      const std::size_t synapse = segment.first + begin;
      const Entry* last[chunk];
      if constexpr (n_target > 0) meet_targets(cells, n, synapse, w, last);
      for (std::uint32_t k = 0; k < n; ++k) {
        Synapse s = load(synapse + k);
        if constexpr (n_target > 0) {
          if constexpr (follows) advance(s, last[k], w, arrival + w.dendritic);
          Pairing<T> at = of_source(last[k], w, arrival, since_source);
          if constexpr (Draws<Rule>) at.draw = draw(synapse + k, w, arrival);
          if constexpr (watches) at.felt = felt(arrival, cells[k]);
          s.weight = rule_.source_arrives(s.weight, s.state, at);
          store(synapse + k, s);
        }
        total += s.weight;
        double x = static_cast<double>(s.weight) * units;
        if constexpr (scales) x *= scaling_->factor(cells[k]);
        sums[cells[k]] += static_cast<Sum>(x + (x < 0 ? -0.5 : 0.5));
        if constexpr (wakes) wake(slots, table_.slot + cells[k]);
      }
    }
    work_.events += segment.count;
    if (!std::isfinite(total)) bad_source = f.source;
  }

  /// What the targets of up to a chunk of synapses have done since the source's last spike. First who has anything, then those
  /// alone: whether a target has fired is not to be guessed, so there is no branch on it.
  void meet_targets(const std::uint32_t* cells, std::uint32_t n, std::size_t synapse, const Window& w, const Entry** last) {
    std::uint32_t some[chunk], count[chunk], n_some = 0;
    for (std::uint32_t k = 0; k < n; ++k) history_.prefetch_end(cells[k]);
    for (std::uint32_t k = 0; k < n; ++k) {
      const auto [end, met] = covered(cells[k], w);
      last[k] = end;
      some[n_some] = k;
      count[n_some] = met;
      n_some += met > 0;
      work_.met += met;
    }
    if constexpr (PotentiatesByTrace<Rule, T>) {
      T weight[chunk], trace[chunk];
      while (n_some > 0) {  // one spike of each target, then of those that have another
        for (std::uint32_t j = 0; j < n_some; ++j) {
          weight[j] = weights_[synapse + some[j]];
          trace[j] = rule_.source_now(of_target(last[some[j]] - count[j], w));
        }
        rule_.potentiate(weight, trace, n_some);
        std::uint32_t left = 0;
        for (std::uint32_t j = 0; j < n_some; ++j) {
          weights_[synapse + some[j]] = weight[j];
          const bool more = count[j] > 1;
          some[left] = some[j];
          count[left] = count[j] - 1;
          left += more;
        }
        n_some = left;
      }
    } else {
      for (std::uint32_t j = 0; j < n_some; ++j) {
        Synapse s = load(synapse + some[j]);
        meet(s, synapse + some[j], last[some[j]], count[j], w);
        store(synapse + some[j], s);
      }
    }
  }
  static constexpr std::uint32_t chunk = 64;

  void prefetch(const PlasticSegment& segment) const {
    __builtin_prefetch(table_.targets.data() + segment.first);
    __builtin_prefetch(weights_.data() + segment.first);
  }
  static void wake(Slots& s, std::size_t slot) {
    const std::uint32_t group = s.group_of_slots[slot / group_size];
    s.active[s.n_active] = group;
    s.n_active += s.touched[group] == 0;
    s.touched[group] = 1;
  }

  void source_fires(std::uint32_t source, std::uint32_t since, std::uint32_t flight) override {
    if constexpr (n_source > 0) {
      T* const traces = after_.data() + 2 * n_source * source;
      flight_after_.resize(2 * n_source * flights_.size());
      std::copy_n(traces, 2 * n_source, flight_after_.data() + 2 * n_source * flight);
      if (since != 0) std::copy_n(traces, n_source, traces + n_source);  // after the last spike of an earlier step
      rule_.source_fires(traces, since);
    }
  }
  const T* after(std::uint32_t source) const { return after_.data() + 2 * n_source * source; }

  /// Levels of all targets over the last steps, in a ring that reaches back to the earliest that an arrival may ask for.
  void start_watching(std::uint32_t delay_max) {
    past_mask_ = static_cast<std::uint32_t>(watched_steps(rule_.lag(), delay_max)) - 1;
    cells_.resize(Rule::n_cell * table_.cells);
    past_.resize(Rule::n_level * table_.cells * (std::size_t{past_mask_} + 1));
    for (std::size_t cell = 0; cell < table_.cells; ++cell) {
      T* const own = cells_.data() + Rule::n_cell * cell;
      rule_.start_cell(own);
      for (std::uint32_t row = 0; row <= past_mask_; ++row) std::copy_n(own, Rule::n_level, past_.data() + row_of_past(row) + Rule::n_level * cell);
    }
  }
  std::size_t row_of_past(std::uint32_t step) const { return Rule::n_level * table_.cells * (step & past_mask_); }
  const T* felt(std::int64_t now, std::uint32_t cell) const { return past_.data() + row_of_past(static_cast<std::uint32_t>(now - rule_.lag())) + Rule::n_level * cell; }

  void restore_cells(std::uint32_t step, const std::vector<double>& in) {
    const auto to_T = [](double v) { return static_cast<T>(v); };
    for (std::size_t cell = 0; cell < in.size() / cell_width(); ++cell) {
      const double* x = in.data() + cell_width() * cell;
      std::transform(x, x + Rule::n_cell, cells_.data() + Rule::n_cell * cell, to_T);
      x += Rule::n_cell;
      for (std::uint32_t back = 0; back <= past_mask_; ++back, x += Rule::n_level)
        std::transform(x, x + Rule::n_level, past_.data() + row_of_past(step - back) + Rule::n_level * cell, to_T);
    }
  }

  /// Stamp of targets' spikes that all sources' spikes under way come after, whatever the delays.
  std::int64_t settled(std::uint32_t step) const { return step - settling_; }

  const Rule rule_;
  const bool wide_;
  HugeArray<T> weights_;
  std::array<HugeArray<T>, n_state> states_;
  std::vector<T> after_;               ///< [sources][2][n_source] traces just after the last two spikes
  std::vector<T> flight_after_;        ///< [flights][2][n_source] the same as the flight found them
  History<T, n_target> history_;
  const std::int64_t settling_;
  const StreamKey key_;                ///< of random numbers, for rules that draw some
  std::vector<T> cells_;               ///< [cells][n_cell] of rules that watch potentials
  std::vector<T> past_;                ///< [past_mask_ + 1 steps][cells][n_level]
  std::uint32_t past_mask_ = 0;
  std::int64_t advanced_ = 0;          ///< rules that follow a volume: every synapse has been taken to this time at least
  std::int64_t swept_ = -1;            ///< every synapse has met its target's spikes up to this stamp
  std::uint64_t history_limit_ = std::max<std::uint64_t>(std::uint64_t{4} << 20, table_.synapses / 2);
};

/// A synapse whose weight stays as it is, for rules of the release.
template <class T>
struct StaticWeight {
  static constexpr int flop_source = 0, flop_target = 0;
  static constexpr int n_source = 0, n_target = 0, n_state = 0;
  explicit StaticWeight(const SynapseParameters& p) : largest_(p.weight_largest) {}
  void source_fires(T*, std::uint32_t) const {}
  void target_fires(T*, std::uint32_t) const {}
  T target_arrives(T weight, T*, const Pairing<T>&) const { return weight; }
  T source_arrives(T weight, T*, const Pairing<T>&) const { return weight; }
  double largest() const { return largest_; }

 private:
  double largest_;
};

template <template <class> class Rule>
std::unique_ptr<PlasticSynapses> make_plastic(const Network& network, const PlasticTable& table, const SynapseParameters& p, std::unique_ptr<Release> release) {
  if (network.spec.simulation.double_precision) return std::make_unique<PlasticOf<double, Rule<double>>>(network, table, p, std::move(release));
  return std::make_unique<PlasticOf<float, Rule<float>>>(network, table, p, std::move(release));
}

using Validate = const char* (*)(const SynapseParameters&);
inline const char* always_valid(const SynapseParameters&) { return nullptr; }

/// What a rule's file registers.
template <template <class> class Rule>
constexpr SynapseModel weight_model(const ModelInfo& info, Validate validate = always_valid) {
  SynapseModel model{&info, validate, nullptr, &make_plastic<Rule>, [](const SynapseParameters& p) { return static_cast<double>(Rule<double>(p).largest()); },
                     [](const SynapseParameters&) -> int { return Rule<double>::n_state; }};
  if constexpr (Watches<Rule<double>, double>) {
    model.watches_potential = true;
    model.cell_values = [](const SynapseParameters& p, std::uint32_t delay_max) -> std::size_t {
      return Rule<double>::n_cell + Rule<double>::n_level * watched_steps(Rule<double>(p).lag(), delay_max);
    };
  }
  return model;
}
template <class R>
constexpr SynapseModel release_model(const ModelInfo& info, Validate validate = always_valid) {
  return {&info, validate, [](const SynapseParameters& p) -> std::unique_ptr<Release> { return std::make_unique<R>(p); }, nullptr, nullptr};
}

}  // namespace ranvier::engine
