// SPDX-License-Identifier: Apache-2.0
/// The same synapses, each with all its variables, each of them stepped every dt: how one would write them down first. Kept as
/// the reference of the lazy form, and as what that form's speed is measured against.
///
/// Release rules that have a synapse-wise form here (varela with one depression, kinetic_*) are stepped with the rest, as every
/// synapse's own; others give the factor of each source's spike.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "engine/calcium/synapses.hpp"
#include "engine/kinetic.hpp"
#include "engine/rewire.hpp"
#include "engine/synapse/varela.hpp"
#include "engine/volume.hpp"

namespace ranvier::engine::calcium {
namespace {

// counted from loops.cpp: calcium, CaMKII, weight; conductance; facilitation; depression
constexpr std::uint64_t flop_chain = 31, flop_A = 1, flop_F = 3, flop_D = 3;


/// Release rules that are stepped synapse by synapse.
struct Stepped {
  bool kinetic = false, varela = false;
  Pulse pulse{.open = 0, .beta = 1, .ms = 0, .dt_ms = 1};
  double f = 0, tau_F = 1, d = 0, tau_D = 1;
  std::unique_ptr<Release> others;  ///< the rest
};

Stepped stepped_of(const ProjectionSpec& p, double dt_ms) {
  Stepped out;
  std::vector<std::unique_ptr<Release>> others;
  for (const SynapseSpec& s : p.synapse) {
    const SynapseModel& model = *find_synapse(s.rule);
    if (!model.make_release) continue;
    const SynapseParameters x = synapse_parameters(model, s, p, dt_ms);
    if (s.rule.starts_with("kinetic_") && !out.kinetic) {
      out.kinetic = true;
      out.pulse = kinetic::pulse_of(x);
    } else if (s.rule == varela::info.name && x[varela::d_2] == 0) {
      out.varela = true;
      out.f = x[varela::f], out.tau_F = x[varela::tau_F], out.d = x[varela::d], out.tau_D = x[varela::tau_D];
    } else {
      others.push_back(model.make_release(x));
    }
  }
  out.others = product_of(std::move(others));
  return out;
}

template <class T>
class Stepping final : public PlasticSynapses {
 public:
  Stepping(const Network& network, const PlasticTable& table, const Rule& rule, Stepped stepped)
      : PlasticSynapses(network, table, {n_traces, 0, 6}, std::move(stepped.others)), rule_(rule), constants_(constants_of<T>(rule)), stepped_(std::move(stepped)),
        wide_(network.wide), targets_(network, table, rule, 0, 1), of_sources_(2 * n_traces * table.sources()) {
    for (auto& column : columns_) column = HugeArray<T>(table.synapses);
    for (std::size_t k = 0; k < table.synapses; ++k) {
      columns_[weight][k] = static_cast<T>(table.initial(k));
      columns_[Ca][k] = static_cast<T>(rule.Ca_rest);
      columns_[F][k] = columns_[D][k] = 1;
    }
    for (std::size_t k = 0; k < of_sources_.size(); k += n_traces) of_sources_[k + of_F] = of_sources_[k + of_D] = 1;
    if (rule.volume) listener_ = rule.volume->listen(std::numeric_limits<double>::infinity()).id;
    const auto decay = [&](double rate) { return static_cast<T>(math::exp(-rate * rule.dt_ms)); };
    clocked_ = {.rule = &constants_, .decay_s = decay(rule.pulse.beta), .decay_Ca = decay(1 / rule.tau_Ca), .gamma = static_cast<T>(rule.gamma), .dt = static_cast<T>(rule.dt_ms),
                .decay_A = decay(stepped_.pulse.beta), .decay_F = decay(1 / stepped_.tau_F), .decay_D = decay(1 / stepped_.tau_D), .learn = 1, .added = targets_.added(), .cells = nullptr, .n = 0, .weight = nullptr, .Ca = nullptr,
                .K = nullptr, .s = nullptr, .s_A = nullptr, .F = nullptr, .D = nullptr};
    set_columns();
  }

  void target_fires(std::uint32_t cell, std::uint32_t) override { targets_.fires(cell); }
  bool watches_potential() const override { return true; }
  void after_update(std::uint32_t step, const Potentials& potentials) override { targets_.after_update(step, potentials); }
  void end_step(std::uint32_t step) override {
    if (rule_.volume) {
      clocked_.learn = static_cast<T>(rule_.volume_base + rule_.volume_gain * rule_.volume->mean(static_cast<std::int64_t>(step) - 1, step));
      if (step % forget_every == 0) rule_.volume->done_with(listener_, static_cast<std::int64_t>(step) - 1);
    }
    calcium::step(clocked_);
    ++steps_;
  }

  void deliver(std::uint32_t step, Slots& slots) override {
    for (std::size_t k = 0; k < due_at(step).size(); ++k) {
      const Due due = due_at(step)[k];
      if (wide_) arrive<std::int64_t>(due, slots);
      else arrive<std::int32_t>(due, slots);
      pass_on(due);
    }
    due_at(step).clear();
  }

  double read(const std::vector<std::uint32_t>&, std::uint32_t, const PlasticSegment&, std::size_t synapse, std::uint32_t, int k) const override {
    return k < 0 ? table_.sign * scale(table_.targets[synapse]) * static_cast<double>(columns_[weight][synapse]) : static_cast<double>(columns_[k + 1][synapse]);
  }
  double saved(const std::vector<std::uint32_t>&, std::uint32_t, const PlasticSegment&, std::size_t synapse, std::uint32_t, int k) const override {
    return static_cast<double>(columns_[k + 1][synapse]);
  }
  void restore(std::size_t synapse, int k, double value) override { columns_[k + 1][synapse] = static_cast<T>(value); }

  void save(std::uint32_t step, Saved& out) const override { save_sources(step, of_sources_, of_flights_, out); }
  void restore(std::uint32_t step, const Saved& in) override { restore_sources(step, in, of_sources_, of_flights_); }

  void sweep(std::uint32_t) override {}
  void rewire_columns(const std::vector<std::uint32_t>& origin, const std::vector<double>& weights) override {
    for (int c = 0; c < column_count; ++c)
      columns_[c] = rewired_column(columns_[c], origin, [&](std::size_t n) { return static_cast<T>(c == weight ? weights[n] : c == Ca ? rule_.Ca_rest : 0); });
    set_columns();
    // What follows from the source's spikes alone a new synapse shares with the others.
    const auto flights = under_way();
    for (std::uint32_t source = 0; source < table_.sources(); ++source)
      for (std::uint32_t g = table_.row[source]; g < table_.row[source + 1]; ++g) {
        const PlasticSegment& segment = table_.segments[g];
        const Traces left = left_by(flights, source, segment.delay, static_cast<std::uint32_t>(heard));
        for (std::size_t k = segment.first; k < std::size_t{segment.first} + segment.count; ++k)
          if (origin[k] == RewiredTable::fresh)
            for (std::size_t i = 0; i < n_traces; ++i) columns_[s + i][k] = static_cast<T>(left[i]);
      }
  }

  PlasticWork take_work() override {
    PlasticWork w = work_;
    work_ = {};
    const std::uint64_t variables = 4 + stepped_.kinetic + 2 * stepped_.varela, updates = steps_ * table_.synapses;
    w.flop = updates * (flop_chain + flop_A * stepped_.kinetic + (flop_F + flop_D) * stepped_.varela) + 10 * w.events;
    w.byte = updates * (4 + sizeof(T) * (1 + 2 * variables)) + w.events * (4 + 2 * sizeof(T) * variables + (wide_ ? 16 : 8));  // target, what its cell adds, variables
    steps_ = 0;
    return w;
  }
  std::uint64_t byte() const override {
    return sizeof(T) * column_count * table_.synapses + 8 * (of_sources_.size() + last_.size() + release_state_.size()) + targets_.byte();
  }

 private:
  enum Column : int { weight, Ca, K, s, s_A, F, D, column_count };
  /// Of a source, at the end of its last pulse: the columns from s on, as they are at all its synapses when the spike arrives.
  enum Trace : int { of_s, of_s_A, of_F, of_D, n_traces };
  using Traces = std::array<double, n_traces>;

  void set_columns() {
    clocked_.cells = table_.targets.data();
    clocked_.n = table_.synapses;
    T** const to[column_count] = {&clocked_.weight, &clocked_.Ca, &clocked_.K, &clocked_.s, &clocked_.s_A, &clocked_.F, &clocked_.D};
    for (int c = 0; c < column_count; ++c) {
      const bool used = c == s_A ? stepped_.kinetic : c == F || c == D ? stepped_.varela : true;
      *to[c] = used ? columns_[c].data() : nullptr;
    }
  }

  template <class Sum>
  void arrive(const Due& due, Slots& slots) {
    const Flight& f = flights_[due.flight];
    const PlasticSegment& segment = table_.segments[due.segment];
    Sum* const sums = static_cast<Sum*>(slots.sums) + table_.slot;
    const double units = table_.sign * f.factor / table_.quantum;
    // s and s_A jump from where they have decayed to
    const std::uint32_t since = f.previous == never ? never : f.stamp - f.previous;
    const double *const before = of_flights_.data() + 2 * n_traces * due.flight, *const after = before + n_traces;
    const Pulse& pulse = stepped_.pulse;
    const T jump = static_cast<T>(after[of_s] - (since == never ? 0 : before[of_s] * rule_.pulse.closed(since * rule_.dt_ms)));
    const double within = pulse.within(since), left = pulse.left(within);
    const T opened = static_cast<T>(pulse.s_inf() * (1 - left)), kept = static_cast<T>(left / pulse.closed(within) - 1);
    T total = 0;
    for (std::size_t k = segment.first; k < std::size_t{segment.first} + segment.count; ++k) {
      T released = columns_[weight][k];
      columns_[s][k] += jump;
      if (stepped_.kinetic) {
        const T more = opened + kept * columns_[s_A][k];
        columns_[s_A][k] += more;
        released *= more;
      }
      if (stepped_.varela) {
        released *= columns_[F][k] * columns_[D][k];
        columns_[F][k] += static_cast<T>(stepped_.f);
        columns_[D][k] *= static_cast<T>(1 - stepped_.d);
      }
      const double x = static_cast<double>(released) * units * scale(table_.targets[k]);
      sums[table_.targets[k]] += static_cast<Sum>(x + (x < 0 ? -0.5 : 0.5));
      total += released;
    }
    work_.events += segment.count;
    if (!std::isfinite(total)) bad_source = f.source;
  }

  void source_fires(std::uint32_t source, std::uint32_t since, std::uint32_t flight) override {
    of_flights_.resize(2 * n_traces * flights_.size());
    double *const before = of_flights_.data() + 2 * n_traces * flight, *const after = before + n_traces, *const last = of_sources_.data() + 2 * n_traces * source;
    std::copy_n(last, n_traces, before);
    const double gap = since == never ? 0 : since * rule_.dt_ms;
    after[of_s] = rule_.pulse.fire(before[of_s], since);
    after[of_s_A] = stepped_.pulse.fire(before[of_s_A], since);
    after[of_F] = recovered(before[of_F], gap, stepped_.tau_F) + stepped_.f;
    after[of_D] = recovered(before[of_D], gap, stepped_.tau_D) * (1 - stepped_.d);
    std::copy_n(last, n_traces, last + n_traces);
    std::copy_n(after, n_traces, last);
  }
  static double recovered(double x, double t_ms, double tau_ms) { return 1 + (x - 1) * math::decay(-t_ms / tau_ms); }

  /// What the spikes of a source that have arrived by a step have left at its synapses, when the step is done.
  Traces left_by(const std::vector<std::uint32_t>& flights, std::uint32_t source, std::uint32_t delay, std::uint32_t step) const {
    const std::uint32_t next = next_to_arrive(flights, source, delay, step), stamp = next == never ? last_[source] : flights_[next].previous;
    if (stamp == never) return {0, 0, 1, 1};
    const double* const x = next == never ? of_sources_.data() + 2 * n_traces * source : of_flights_.data() + 2 * n_traces * next;
    const double t = (step + 1 - stamp - delay) * rule_.dt_ms;
    return {x[of_s] * rule_.pulse.closed(t), x[of_s_A] * stepped_.pulse.closed(t), recovered(x[of_F], t, stepped_.tau_F), recovered(x[of_D], t, stepped_.tau_D)};
  }

  const Rule rule_;
  const Constants<T> constants_;
  const Stepped stepped_;
  const bool wide_;
  Targets<T> targets_;
  Clocked<T> clocked_;
  HugeArray<T> columns_[column_count];
  std::vector<double> of_sources_;   ///< [sources][2][n_traces] after the last two spikes
  std::vector<double> of_flights_;   ///< [flights][2][n_traces] before and after
  std::uint64_t steps_ = 0;
  static constexpr std::uint32_t forget_every = 1024;
  int listener_ = -1;
};

}  // namespace

std::unique_ptr<PlasticSynapses> make_clocked(const Network& network, const PlasticTable& table, const Rule& rule) {
  Stepped stepped = stepped_of(network.spec.projections[static_cast<std::size_t>(table.projection)], network.dt());
  if (network.spec.simulation.double_precision) return std::make_unique<Stepping<double>>(network, table, rule, std::move(stepped));
  return std::make_unique<Stepping<float>>(network, table, rule, std::move(stepped));
}

}  // namespace ranvier::engine::calcium
