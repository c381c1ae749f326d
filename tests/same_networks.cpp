// SPDX-License-Identifier: Apache-2.0
/// One network, one answer: random networks over every membrane, receptor, rule, layout and input give the same spikes
/// for any number of threads, any instruction set, in one piece or in many, watched or not, and after a rest in a file.

#include <gtest/gtest.h>
#include <hwy/targets.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <set>
#include <sstream>

#include "engine/kernel.hpp"
#include "engine_example.hpp"
#include "io/state_file.hpp"

namespace ranvier::test_engine {
namespace {

constexpr int network_count = 56, sleepy_from = 48;  // the last eight are of cells that may sleep

/// Draws of a test. Only raw words of mt19937 are used, so that all machines draw the same networks.
class Dice {
 public:
  explicit Dice(std::uint32_t seed) : words_(seed) {}
  int below(int n) { return static_cast<int>(words_() % static_cast<std::uint32_t>(n)); }
  int from(int low, int high) { return low + below(high - low + 1); }
  bool chance(double p) { return words_() * 0x1p-32 < p; }
  double between(double low, double high) { return low + (high - low) * (words_() * 0x1p-32); }
  template <class T> const T& pick(const std::vector<T>& v) { return v[static_cast<std::size_t>(below(static_cast<int>(v.size())))]; }

 private:
  std::mt19937 words_;
};

template <class T>
const T& in_turn(const std::vector<T>& v, int k) { return v[static_cast<std::size_t>(k) % v.size()]; }

/// A membrane with one kind of receptor, as the registry allows them.
struct CellKind {
  const engine::MembraneModel* membrane;
  const engine::ReceptorModel* receptor;
  bool conductance;
  std::string name() const { return std::string(membrane->info->name) + " " + std::string(receptor->info->name) + (conductance ? " g" : ""); }
};

bool fits(const engine::MembraneModel& m, const engine::ReceptorModel& r, bool conductance) {
  if (r.jumps_g && !m.takes_jump_g) return false;
  return conductance ? r.conductance_allowed && m.takes_conductance : !r.info->conductance_only;
}

std::vector<CellKind> all_cell_kinds() {
  std::vector<CellKind> out;
  for (const auto* m : engine::all_models())
    for (const auto* r : engine::all_models()) {
      if (m->kind != engine::ModelInfo::Kind::membrane || r->kind != engine::ModelInfo::Kind::receptor) continue;
      if (m->event_driven) continue;  // takes no receptor; add_event_cells()
      const auto& membrane = *engine::find_membrane(m->name)->model;
      const auto& receptor = *engine::find_receptor(r->name);
      for (const bool g : {false, true})
        if (fits(membrane, receptor, g)) out.push_back({&membrane, &receptor, g});
    }
  return out;
}

std::vector<CellKind> kinds_that_sleep() {
  std::vector<CellKind> out;
  for (const CellKind& kind : all_cell_kinds())
    if (kind.membrane->quiet && kind.receptor->sleeps && !kind.conductance) out.push_back(kind);
  return out;
}

/// A current that makes a membrane fire within some ten milliseconds, in its own unit.
double strong_current(const std::string& membrane) {
  static const std::map<std::string, double> known = {{"leaky", 600}, {"adex", 1500}, {"izhikevich", 12}, {"lif_shiu", 14}, {"hh", 1500}};
  const auto it = known.find(membrane);
  return it == known.end() ? 500 : it->second;
}

/// A weight that is felt but does not fire a cell at rest alone.
double weight_of(const std::string& membrane, const ReceptorSpec& r) {
  if (r.kind == "delta" || r.kind == "delta_g") return 3;
  if (r.conductance) return membrane == "izhikevich" ? 0.02 : 6;
  return 0.5 * strong_current(membrane);
}

Values spread(Dice& dice, double mean) {
  const double size = std::fabs(mean);
  Values v;
  switch (dice.below(6)) {
    case 0: return Values::constant(mean);
    case 1: v = Values::normal(mean, 0.3 * size); (mean < 0 ? v.max : v.min) = 0; return v;
    case 2: v = Values::normal(mean, 0.5 * size); v.outside = Values::Outside::clip; (mean < 0 ? v.max : v.min) = 0; return v;
    case 3: return mean < 0 ? Values::uniform(2 * mean, 0) : Values::uniform(0, 2 * mean);
    case 4: if (mean < 0) return Values::constant(mean); v.kind = Values::Kind::exponential; v.a = mean; return v;
    default: if (mean < 0) return Values::normal(mean, 0.1 * size); v.kind = Values::Kind::lognormal; v.a = mean; v.b = 0.5 * size; return v;
  }
}

Values column(Dice& dice, std::size_t n, double low, double high) {
  auto values = std::make_shared<std::vector<double>>();
  for (std::size_t k = 0; k < n; ++k) values->push_back(dice.between(low, high));
  Values v;
  v.kind = Values::Kind::column;
  v.column = values;
  return v;
}

enum class Drive { none, poisson, poisson_piecewise, poisson_sinusoid, poisson_per_neuron, dc, dc_per_neuron, step, sine, noise, count };
enum class From { cells, poisson_source, poisson_source_scheduled, spike_train, count };

/// Makes network number k: what has to be covered is taken in turn, the rest by lot.
class RandomNetwork {
 public:
  explicit RandomNetwork(int k, bool small = false) : k_(k), dice_(static_cast<std::uint32_t>(1000 + k)) {
    auto& sim = spec.simulation;
    sim.dt_ms = in_turn(std::vector{0.1, 0.1, 0.2, 0.05, 0.1, 0.5}, k);
    sim.duration_ms = small ? 10 : std::min(12.0 + dice_.below(13), 160 * sim.dt_ms);  // few steps: 7 threads exchange slowly on few cores
    sim.warmup_ms = dice_.chance(0.5) ? 2 : 0;
    sim.seed = static_cast<std::uint64_t>(77 + k);
    sim.double_precision = k % 5 == 3;
    quiet_ = k % 3 == 1 || k >= sleepy_from;
    dimensions_ = dice_.from(2, 3);
    const int populations = dice_.from(2, 3);
    for (int i = 0; i < populations; ++i) add_population(i, small);
    add_source();
    const int projections = dice_.from(3, 6);
    for (int i = 0; i < projections; ++i) add_projection(i);
    dice_ = Dice(static_cast<std::uint32_t>(5000 + k));  // by other lots, so that the networks above stay as they are
    if (k % 2 == 0) add_event_cells(small);
    if (k % 10 == 2 && !quiet_) add_gap_junctions();
  }
  NetworkSpec spec;

 private:
  void add_positions(PopulationSpec& p) {
    p.dimensions = dimensions_;
    for (std::int64_t i = 0; i < p.size * dimensions_; ++i) p.positions_um.push_back(dice_.between(0, 400));
  }

  ReceptorSpec make_receptor(const std::string& membrane, const engine::ReceptorModel& model, bool conductance, int number) {
    ReceptorSpec r = receptor("r" + std::to_string(number), std::string(model.info->name));
    r.conductance = conductance;
    for (const auto& parameter : model.info->parameters) {
      if (parameter.unit == "ms" && dice_.chance(0.5)) r.params[std::string(parameter.name)] = Values::constant(dice_.between(0.5, 6));
      if (parameter.unit == "ms" && dice_.chance(0.15)) r.params[std::string(parameter.name)] = Values::uniform(1, 4);
      if (parameter.name == "E_rev" && membrane == "lif_shiu") r.params["E_rev"] = Values::constant(0);
    }
    return r;
  }

  /// Within the first population and between the first two, where their membranes have a capacitance.
  void add_gap_junctions() {
    spec.simulation.duration_ms = std::min(spec.simulation.duration_ms, 60 * spec.simulation.dt_ms);  // an exchange in every step
    for (const int other : {0, 1}) {
      GapJunctionSpec g;
      g.source = whole(spec, 0);
      g.target = whole(spec, other);
      g.rule.kind = Rule::Kind::pairwise_bernoulli;
      g.rule.probability = 0.3;
      double most = 1e9;
      for (const int k : {0, other}) {
        const auto& membrane = *engine::find_membrane(spec.populations[static_cast<std::size_t>(k)].membrane)->model;
        if (!membrane.takes_conductance) return;
        std::vector<double> defaults;
        for (const auto& parameter : membrane.info->parameters) defaults.push_back(parameter.default_value);
        most = std::min(most, membrane.constants(defaults.data()).C_m / spec.simulation.dt_ms);
      }
      g.conductance_nS = Values::uniform(0, 0.4 * most / static_cast<double>(g.source.size() + g.target.size()));
      spec.gap_junctions.push_back(g);
    }
  }

  /// No current and no drive onto most cells, so that they may sleep where their model allows it.
  void add_population(int i, bool small) {
    static const auto kinds = all_cell_kinds();
    static const std::vector<std::int64_t> sizes = {1, 7, 15, 16, 17, 33, 100, 257};
    static const auto sleepers = kinds_that_sleep();
    const CellKind& kind = k_ < sleepy_from ? in_turn(kinds, 3 * k_ + i) : in_turn(sleepers, 2 * k_ + i);
    PopulationSpec p;
    p.name = "p" + std::to_string(i);
    p.size = small ? in_turn(sizes, k_ + i) % 101 : in_turn(sizes, 5 * k_ + 3 * i);
    p.membrane = kind.membrane->info->name;
    if (p.membrane == "hh" || p.membrane == "hh_traub") spec.simulation.dt_ms = std::min(spec.simulation.dt_ms, 0.1);  // they take no larger steps
    p.receptors.push_back(make_receptor(p.membrane, *kind.receptor, kind.conductance, 0));
    for (int more = quiet_ ? 0 : dice_.below(3); more > 0; --more) {
      const CellKind& other = dice_.pick(kinds);
      if (!fits(*kind.membrane, *other.receptor, other.conductance) || (!kind.conductance && other.conductance)) continue;
      p.receptors.push_back(make_receptor(p.membrane, *other.receptor, other.conductance, static_cast<int>(p.receptors.size())));
    }
    if (k_ % 4 < 2) {  // a receptor that shares the first one's state
      p.receptors.push_back(p.receptors[0]);
      p.receptors.back().name = "alike";
    }
    for (const auto& parameter : kind.membrane->info->parameters) {
      if (parameter.name == "t_ref" && dice_.chance(0.5)) p.params["t_ref"] = dice_.chance(0.5) ? Values::uniform(0.5, 3) : column(dice_, static_cast<std::size_t>(p.size), 0, 4);
      if (parameter.name == "tau_m" && dice_.chance(0.3)) p.params["tau_m"] = Values::normal(12, 1);
    }
    const auto& v = kind.membrane->info->state[0];
    const double rest = p.membrane == "lif_shiu" ? -52 : -70;
    if (dice_.chance(0.8)) p.initial[std::string(v.name)] = dice_.chance(0.5) ? Values::uniform(rest, rest + 6.5) : Values::normal(rest + 2, 1.5);
    p.sleep = dice_.chance(0.9);
    add_positions(p);
    spec.populations.push_back(p);
    add_drive(i);
  }

  void add_drive(int i) {
    const PopulationSpec& p = spec.populations[static_cast<std::size_t>(i)];
    InputSpec in;
    in.target = whole(spec, i);
    in.receptor = dice_.below(static_cast<int>(p.receptors.size()));
    const double rate = dice_.between(800, 3000);
    in.weight = Values::constant(weight_of(p.membrane, p.receptors[static_cast<std::size_t>(in.receptor)]));
    in.rate_hz = Values::constant(rate);
    in.kind = InputSpec::Kind::poisson;
    const double current = strong_current(p.membrane) * dice_.between(1, 1.5);
    auto drive = static_cast<Drive>(1 + (4 * k_ + i) % (static_cast<int>(Drive::count) - 1));
    if (quiet_) {
      drive = dice_.chance(0.5) ? Drive::poisson : Drive::poisson_per_neuron;
      in.target.stride = dice_.from(2, 5);
      if (p.size == 1) return;
    } else if (p.size > 3 && dice_.chance(0.4)) {
      in.target.first = dice_.below(static_cast<int>(p.size / 2));
      in.target.stride = dice_.from(1, 3);
    }
    switch (drive) {
      case Drive::poisson: if (dice_.chance(0.4)) in.weight = spread(dice_, in.weight.a); break;
      case Drive::poisson_piecewise: in.rate_schedule = {.kind = Schedule::Kind::piecewise, .times_ms = {1, 7.5, 11}, .values = {rate, 0, 2 * rate}}; break;
      case Drive::poisson_sinusoid: in.rate_schedule = {.kind = Schedule::Kind::sinusoid, .times_ms = {}, .values = {rate}, .amplitude = 1.5 * rate, .frequency_hz = 80}; break;
      case Drive::poisson_per_neuron: in.rate_hz = Values::uniform(0, 2 * rate); if (dice_.chance(0.5)) in.weight = Values::uniform(0, 2 * in.weight.a); break;
      case Drive::dc: in.kind = InputSpec::Kind::dc; in.amplitude_pA = Values::constant(current); break;
      case Drive::dc_per_neuron: in.kind = InputSpec::Kind::dc; in.amplitude_pA = Values::normal(current, 0.2 * current); break;
      case Drive::step: in.kind = InputSpec::Kind::step; in.current_pA = {.kind = Schedule::Kind::piecewise, .times_ms = {0, 3.3, 9}, .values = {current, 0, 2 * current}}; break;
      case Drive::sine: in.kind = InputSpec::Kind::sine; in.mean_pA = Values::constant(current); in.amplitude_pA = Values::uniform(0, current); in.frequency_hz = 120; in.phase_rad = 0.5; break;
      default: in.kind = InputSpec::Kind::noise; in.mean_pA = Values::constant(current); in.amplitude_pA = Values::constant(current); in.noise_dt_ms = dice_.chance(0.5) ? 1 : 0;
    }
    if (dice_.chance(0.3)) in.start_ms = dice_.between(0, 4);
    if (dice_.chance(0.3)) in.stop_ms = dice_.between(10, 20);
    spec.inputs.push_back(in);
  }

  void add_source() {
    const auto from = static_cast<From>(k_ % static_cast<int>(From::count));
    const std::int64_t size = dice_.from(1, 40);
    if (from == From::cells) return;
    PopulationSpec p;
    if (from == From::spike_train) {
      std::vector<double> times;
      std::vector<std::int64_t> neurons;
      for (int n = 0; n < 200; ++n) {
        times.push_back(n % 10 == 0 ? 0 : dice_.between(0, 20));
        neurons.push_back(dice_.below(static_cast<int>(size)));
        if (n % 7 == 0) times.push_back(times.back()), neurons.push_back(neurons.back());  // twice in one step
      }
      p = spike_train("source", size, times, neurons);
    } else {
      p = poisson_source("source", size, 400);
      if (dice_.chance(0.5)) p.params["rate"] = Values::uniform(0, 800);
      if (from == From::poisson_source_scheduled) p.rate_hz = {.kind = Schedule::Kind::piecewise, .times_ms = {0, 5}, .values = {1000, 200}};
    }
    add_positions(p);
    spec.populations.push_back(p);
  }

  /// Cells off the grid, joined to all others, to themselves and to cells on the grid.
  void add_event_cells(bool small) {
    PopulationSpec p;
    p.name = "off grid";
    p.size = small ? 23 : in_turn(std::vector<std::int64_t>{1, 100, 17, 257, 33}, k_ / 2);
    p.membrane = "intfire1";
    p.receptors = {receptor("m", "event")};
    const double dt = spec.simulation.dt_ms;
    p.params["tau"] = dice_.chance(0.5) ? Values::uniform(4, 30) : Values::constant(dice_.between(4, 30));
    p.params["t_ref"] = dice_.chance(0.5) ? column(dice_, static_cast<std::size_t>(p.size), dt, 3) : Values::constant(std::max(dt, dice_.between(0.3, 3)));
    if (dice_.chance(0.5)) p.initial["m"] = Values::uniform(0, 0.99);
    add_positions(p);
    spec.populations.push_back(p);
    const int off_grid = static_cast<int>(spec.populations.size()) - 1;
    for (int from = 0; from <= off_grid; ++from) join(from, off_grid, dice_.chance(0.3) ? -0.2 : 0.5, from);
    join(off_grid, 0, weight_of(spec.populations[0].membrane, spec.populations[0].receptors[0]), off_grid + 1);
  }

  void join(int source, int target, double weight, int turn) {
    ProjectionSpec p;
    p.source = part_of(source);
    p.target = part_of(target);
    choose_rule(p, static_cast<Rule::Kind>((k_ + 3 * turn) % 8));
    p.weight = spread(dice_, weight * 2 / std::sqrt(std::max(1.0, engine_indegree(p))));
    p.delay_ms = delays();
    if (p.rule.kind == Rule::Kind::edges && dice_.chance(0.5)) p.delay_ms = column(dice_, p.rule.edge_sources->size(), spec.simulation.dt_ms, 9);
    spec.projections.push_back(p);
  }

  Slice part_of(int population) {
    Slice s = whole(spec, population);
    if (s.last < 4 || dice_.chance(0.6)) return s;
    s.first = dice_.below(static_cast<int>(s.last / 3));
    s.last -= dice_.below(static_cast<int>(s.last / 3));
    s.stride = dice_.from(1, 3);
    return s;
  }

  void add_projection(int i) {
    int targets = 0;
    while (targets < static_cast<int>(spec.populations.size()) && !spec.populations[static_cast<std::size_t>(targets)].receptors.empty()) ++targets;
    ProjectionSpec p;
    // the first ones come from the last population, which is the source where there is one
    p.source = part_of(i < 2 ? static_cast<int>(spec.populations.size()) - 1 : dice_.below(static_cast<int>(spec.populations.size())));
    p.target = part_of(i < targets ? i : dice_.below(targets));
    const PopulationSpec& target = spec.populations[static_cast<std::size_t>(p.target.population)];
    p.receptor = dice_.below(static_cast<int>(target.receptors.size()));
    const ReceptorSpec& r = target.receptors[static_cast<std::size_t>(p.receptor)];
    choose_rule(p, static_cast<Rule::Kind>((2 * k_ + k_ / 4 + i) % 8));
    const double per_target = std::max(1.0, engine_indegree(p));
    double weight = weight_of(target.membrane, r) * 2 / std::sqrt(per_target);
    if (!r.conductance && dice_.chance(0.3)) weight = -weight;
    p.weight = spread(dice_, weight);
    p.delay_ms = delays();
    if (p.rule.kind == Rule::Kind::edges) {
      const auto n = p.rule.edge_sources->size();
      if (dice_.chance(0.6)) p.weight = r.conductance ? column(dice_, n, 0, weight) : column(dice_, n, -std::fabs(weight), 2 * std::fabs(weight));
      if (dice_.chance(0.4)) p.delay_ms = column(dice_, n, spec.simulation.dt_ms, 9);
    }
    spec.projections.push_back(p);
  }

  static double engine_indegree(const ProjectionSpec& p) {
    const auto sources = static_cast<double>(p.source.size()), targets = static_cast<double>(p.target.size()), n = static_cast<double>(p.rule.number);
    switch (p.rule.kind) {
      case Rule::Kind::one_to_one: return 1;
      case Rule::Kind::fixed_indegree: return n;
      case Rule::Kind::fixed_outdegree: return n * sources / targets;
      case Rule::Kind::fixed_total_number: return n / targets;
      case Rule::Kind::edges: return static_cast<double>(p.rule.edge_sources->size()) / targets;
      case Rule::Kind::all_to_all: return sources;
      default: return p.rule.probability * sources;
    }
  }

  Values delays() {
    const double dt = spec.simulation.dt_ms;
    Values v = Values::uniform(dt, 5);
    switch (dice_.below(5)) {
      case 0: return Values::constant(std::max(dt, dice_.between(0.5, 2)));
      case 1: return v;
      case 2: v = Values::normal(1.5, 0.75); v.min = dt; return v;
      case 3: v = Values::normal(1.5, 1.5); v.outside = Values::Outside::clip; v.min = dt; return v;
      default: v.kind = Values::Kind::exponential; v.a = 4; v.min = dt; v.max = 60; return v;
    }
  }

  void choose_rule(ProjectionSpec& p, Rule::Kind kind) {
    Rule& rule = p.rule;
    rule.kind = kind;
    rule.allow_autapses = dice_.chance(0.5);
    rule.allow_multapses = dice_.chance(0.5);
    if (kind == Rule::Kind::one_to_one) {
      const std::int64_t n = std::min(p.source.size(), p.target.size());
      p.source.last = p.source.first + (n - 1) * p.source.stride + 1;
      p.target.last = p.target.first + (n - 1) * p.target.stride + 1;
    }
    const std::int64_t sources = p.source.size(), targets = p.target.size();
    // one less than there are, so that a refused autapse leaves enough
    const auto at_most = [&](std::int64_t wanted, std::int64_t there) { return std::max<std::int64_t>(0, std::min(wanted, there - 1)); };
    rule.number = dice_.from(1, 12);
    if (kind == Rule::Kind::fixed_indegree) rule.number = at_most(rule.number, sources);
    if (kind == Rule::Kind::fixed_outdegree) rule.number = at_most(rule.number, targets);
    if (kind == Rule::Kind::fixed_total_number) rule.number = std::min(rule.number * targets, std::max<std::int64_t>(0, sources - 1) * std::max<std::int64_t>(0, targets - 1));
    rule.probability = dice_.between(0.05, 0.5);
    if (kind == Rule::Kind::distance) {
      rule.kernel = dice_.chance(0.5) ? Rule::Kernel::gaussian : Rule::Kernel::exponential;
      rule.length_um = 100;
      rule.probability = 0.9;
      if (dice_.chance(0.5)) rule.period_um.assign(static_cast<std::size_t>(dimensions_), 400);
      if (dice_.chance(0.3)) rule.cutoff_um = 150;
    }
    if (kind == Rule::Kind::edges) {
      auto from = std::make_shared<std::vector<std::int64_t>>(), to = std::make_shared<std::vector<std::int64_t>>();
      for (std::int64_t e = 0; e < 4 * targets; ++e) {
        from->push_back(dice_.below(static_cast<int>(sources)));
        to->push_back(dice_.below(static_cast<int>(targets)));
      }
      rule.edge_sources = from;
      rule.edge_targets = to;
    }
  }

  int k_;
  Dice dice_;
  bool quiet_ = false;
  int dimensions_ = 2;
};

/// What a failed test says of a network.
std::string description(int k, const NetworkSpec& spec) {
  std::ostringstream out;
  out << "network " << k << " (std::mt19937 seed " << 1000 + k << "), dt " << spec.simulation.dt_ms << (spec.simulation.double_precision ? ", double" : "") << ":";
  for (const auto& p : spec.populations) {
    out << " " << p.name << " = " << p.size << " " << p.membrane;
    for (const auto& r : p.receptors) out << " " << r.kind << (r.conductance ? " g" : "");
    out << ";";
  }
  out << " rules";
  for (const auto& p : spec.projections) out << " " << static_cast<int>(p.rule.kind);
  return out.str();
}

const NetworkSpec& network(int k) {
  static std::map<int, NetworkSpec> made;
  const auto it = made.find(k);
  return it != made.end() ? it->second : made.emplace(k, RandomNetwork(k).spec).first->second;
}

/// The run that all others are held against: one thread, in one piece, watched by nobody.
const RunResult& reference(int k) {
  static std::map<int, RunResult> made;
  const auto it = made.find(k);
  return it != made.end() ? it->second : made.emplace(k, simulate(network(k))).first->second;
}

void expect_same(const RunResult& got, const RunResult& expected) {
  EXPECT_EQ(got.spike_hash, expected.spike_hash);
  EXPECT_EQ(got.population_spikes, expected.population_spikes);
  EXPECT_EQ(got.work.synaptic_events, expected.work.synaptic_events);
  EXPECT_EQ(got.synapse_count, expected.synapse_count);
  EXPECT_EQ(got.times_ms, expected.times_ms);
  ASSERT_EQ(got.spikes.size(), expected.spikes.size());
  for (std::size_t i = 0; i < got.spikes.size(); ++i)
    ASSERT_EQ(got.spikes[i], expected.spikes[i]) << "spike " << i << ": step " << got.spikes[i].step << " neuron " << got.spikes[i].neuron << ", expected step "
                                                 << expected.spikes[i].step << " neuron " << expected.spikes[i].neuron;
}

/// Calls test(number, network) for all of them.
template <class Test>
void for_each_network(Test test) {
  for (int k = 0; k < network_count; ++k) {
    SCOPED_TRACE(description(k, network(k)));
    ASSERT_NO_THROW(test(k, network(k)));
    if (testing::Test::HasFatalFailure()) return;
  }
}

std::vector<std::uint32_t> random_stops(Dice& dice, std::uint32_t steps) {
  std::vector<std::uint32_t> stops;
  for (int n = dice.from(1, 6); n > 0; --n) stops.push_back(static_cast<std::uint32_t>(dice.below(static_cast<int>(steps))));
  stops.push_back(stops.back() + 1);  // a piece of one step
  return stops;
}

/// All state variables of all populations, and all spikes.
NetworkSpec watched(NetworkSpec spec, Dice& dice) {
  for (int k = 0; k < static_cast<int>(spec.populations.size()); ++k) {
    spec.recordings.push_back(record_spikes(spec, k));
    std::vector<std::string> names;
    const auto& p = spec.populations[static_cast<std::size_t>(k)];
    if (p.receptors.empty()) continue;
    const auto* membrane = engine::find_model(engine::ModelInfo::Kind::membrane, p.membrane);
    for (const auto& v : membrane->state) names.emplace_back(v.name);
    for (const auto& r : p.receptors)
      if (const auto* model = engine::find_receptor(r.kind))
        for (const auto& v : model->info->state) names.push_back(r.name + "." + std::string(v.name));
    spec.recordings.push_back(record_state(spec, k, names, dice.chance(0.5) ? 0 : 3 * spec.simulation.dt_ms));
    spec.recordings.back().neurons.stride = dice.from(1, 2);
  }
  return spec;
}

class TemporaryFile {
 public:
  TemporaryFile() {
    std::string name = (std::filesystem::temp_directory_path() / "ranvier-same-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove_all(folder_, ignored);
  }
  std::filesystem::path path() const { return folder_ / "state.h5"; }

 private:
  std::filesystem::path folder_;
};

/// Spikes with their exact times.
struct Train {
  std::vector<Spike> spikes;
  std::vector<double> times_ms;
  Train() = default;
  explicit Train(const RunResult& result) : spikes(result.spikes), times_ms(result.times_ms) {}
  void append(const RunResult& more) {
    spikes.insert(spikes.end(), more.spikes.begin(), more.spikes.end());
    times_ms.insert(times_ms.end(), more.times_ms.begin(), more.times_ms.end());
  }
  friend bool operator==(const Train&, const Train&) = default;
};

/// Runs to a step, rests (in memory or in a file), goes on elsewhere. The spikes of both halves.
Train with_rest(const NetworkSpec& spec, std::uint32_t at, int threads_before, int threads_after, const std::filesystem::path& file) {
  Train train;
  engine::Snapshot resting;
  {
    const auto net = engine::build(spec, {.threads = threads_before});
    engine::State state = engine::start(*net);
    engine::Recorder recorder(*net);
    engine::run(*net, state, {.until_step = at}, recorder);
    RunResult result;
    recorder.finish(*net, state, result);
    train.append(result);
    resting = engine::snapshot(*net, state);
  }
  if (!file.empty()) {
    io::write_state(file, resting, true);
    resting = io::read_state(file);
  }
  const auto net = engine::build(spec, {.threads = threads_after});
  engine::State state = engine::restore(*net, resting);
  EXPECT_EQ(state.step, at);
  engine::Recorder recorder(*net);
  engine::run(*net, state, {.until_step = steps_of(spec)}, recorder);
  RunResult result;
  recorder.finish(*net, state, result);
  train.append(result);
  return train;
}

// ---

TEST(SameNetworks, spikes_are_identical_on_1_2_3_4_and_7_threads) {
  for_each_network([](int k, const NetworkSpec& spec) {
    for (const int threads : {2, 3, 4, 7}) {
      SCOPED_TRACE(std::to_string(threads) + " threads");
      expect_same(simulate(spec, {.threads = threads}), reference(k));
    }
  });
}

TEST(SameNetworks, spikes_are_identical_on_every_instruction_set) {
  for (const std::string simd : {"scalar", "avx2", "avx512"}) {
    try {
      engine::choose_simd(simd);
    } catch (const InputError&) {
      continue;  // this processor does not have it
    }
    for_each_network([&](int k, const NetworkSpec& spec) {
      SCOPED_TRACE(simd);
      engine::choose_simd("auto");
      const RunResult& expected = reference(k);
      engine::choose_simd(simd);
      expect_same(simulate(spec, {.threads = 1 + k % 2}), expected);
    });
  }
  engine::choose_simd("auto");
}

TEST(SameNetworks, spikes_are_identical_in_one_piece_and_in_random_pieces) {
  for_each_network([](int k, const NetworkSpec& spec) {
    Dice dice(static_cast<std::uint32_t>(k));
    expect_same(simulate(spec, {.threads = 1 + k % 3}, random_stops(dice, steps_of(spec))), reference(k));
  });
}

TEST(SameNetworks, spikes_are_identical_watched_or_not_and_so_is_what_is_seen_on_any_number_of_threads) {
  for_each_network([](int k, const NetworkSpec& spec) {
    Dice dice(static_cast<std::uint32_t>(k));
    const NetworkSpec seen = watched(spec, dice);
    const RunResult one = simulate(seen), many = simulate(seen, {.threads = 1 + k % 4}, {steps_of(spec) / 3});
    expect_same(one, reference(k));
    EXPECT_EQ(many.spikes, reference(k).spikes);
    EXPECT_EQ(many.times_ms, reference(k).times_ms);
    ASSERT_EQ(one.traces.size(), many.traces.size());
    for (std::size_t i = 0; i < one.traces.size(); ++i) EXPECT_EQ(one.traces[i].values, many.traces[i].values) << "trace " << i;
  });
}

TEST(SameNetworks, spikes_are_identical_after_a_rest_and_on_another_number_of_threads) {
  for_each_network([](int k, const NetworkSpec& spec) {
    Dice dice(static_cast<std::uint32_t>(2000 + k));
    const auto at = static_cast<std::uint32_t>(dice.from(1, static_cast<int>(steps_of(spec)) - 1));
    const int before = dice.from(1, 4), after = dice.from(1, 7);
    SCOPED_TRACE("saved at step " + std::to_string(at) + " on " + std::to_string(before) + " threads, resumed on " + std::to_string(after));
    EXPECT_TRUE(with_rest(spec, at, before, after, {}) == Train(reference(k)));
  });
}

TEST(SameNetworks, spikes_are_identical_after_a_rest_in_a_file) {
  const TemporaryFile file;
  for_each_network([&](int k, const NetworkSpec& spec) {
    const auto at = steps_of(spec) / 2;
    EXPECT_TRUE(with_rest(spec, at, 1 + k % 2, 1 + k % 3, file.path()) == Train(reference(k)));
  });
}

TEST(SameNetworks, a_rest_on_one_instruction_set_goes_on_on_another) {
  for_each_network([&](int k, const NetworkSpec& spec) {
    if (k % 4) return;
    const RunResult& expected = reference(k);
    const auto net = engine::build(spec, {.threads = 2});
    engine::State state = engine::start(*net);
    engine::Recorder recorder(*net);
    engine::run(*net, state, {.until_step = steps_of(spec) / 2}, recorder);
    const engine::Snapshot resting = engine::snapshot(*net, state);
    RunResult first, second;
    recorder.finish(*net, state, first);
    engine::choose_simd("scalar");
    const auto again = engine::build(spec, {.threads = 1});
    state = engine::restore(*again, resting);
    engine::Recorder other(*again);
    engine::run(*again, state, {.until_step = steps_of(spec)}, other);
    other.finish(*again, state, second);
    engine::choose_simd("auto");
    first.spikes.insert(first.spikes.end(), second.spikes.begin(), second.spikes.end());
    EXPECT_EQ(first.spikes, expected.spikes);
  });
}

TEST(SameNetworks, spikes_are_identical_when_every_sleeper_is_checked_in_every_step) {
  for_each_network([](int k, const NetworkSpec& spec) { expect_same(simulate(spec, {.threads = 1 + k % 2, .check_sleepers = true}), reference(k)); });
}

TEST(SameNetworks, another_seed_gives_another_hash) {
  for_each_network([](int k, const NetworkSpec& spec) {
    if (reference(k).work.spikes == 0) return;
    NetworkSpec other = spec;
    ++other.simulation.seed;
    const RunResult result = simulate(other);
    // a network without any lot to draw is the same for all seeds
    const bool drawn = std::any_of(spec.populations.begin(), spec.populations.end(), [](const auto& p) { return !p.initial.empty(); });
    if (drawn && reference(k).work.spikes > 50) {
      EXPECT_NE(result.spike_hash, reference(k).spike_hash);
    }
  });
}

TEST(SameNetworks, most_of_the_networks_spike_and_none_is_silent_after_20_of_them) {
  int lively = 0, silent = 0;
  for_each_network([&](int k, const NetworkSpec&) {
    lively += reference(k).work.spikes >= 30 && reference(k).work.synaptic_events >= 30;
    silent += reference(k).work.spikes == 0;
  });
  EXPECT_GE(lively, network_count * 4 / 5);
  EXPECT_LE(silent, network_count / 20);
}

TEST(SameNetworks, the_networks_cover_every_model_rule_layout_and_input) {
  std::set<std::string> cells, layouts;
  std::set<std::int64_t> sizes;
  std::set<int> rules, inputs, weights, delays;
  int sleeping = 0, sharing = 0, sharing_asleep = 0, wide = 0, narrow = 0, per_cell = 0, long_delays = 0, off_grid = 0, coupled = 0;
  for_each_network([&](int k, const NetworkSpec& spec) {
    const auto net = engine::build(spec, {});
    for (const auto& p : net->populations) {
      sizes.insert(p.size);
      sleeping += p.sleeps;
      const bool shares = p.pools.size() < p.receptors.size();
      sharing += shares;
      sharing_asleep += shares && p.sleeps;
      per_cell += !p.uniform && p.membrane;
      if (p.membrane)
        for (const auto& r : p.spec->receptors) cells.insert(p.spec->membrane + " " + r.kind + (r.conductance ? " g" : ""));
      else cells.insert(p.spec->membrane);
    }
    if (net->off_grid) off_grid += reference(k).population_spikes.back() > 20;
    (net->wide ? wide : narrow) += 1;
    long_delays += net->delay_max > 255;
    coupled += net->gaps.count > 10;
    for (const auto& code : net->shards[0].rows.codes) layouts.insert(std::to_string(static_cast<int>(code.layout)));
    for (const auto& p : spec.projections) {
      rules.insert(static_cast<int>(p.rule.kind));
      weights.insert(static_cast<int>(p.weight.kind));
      delays.insert(static_cast<int>(p.delay_ms.kind));
    }
    for (const auto& i : spec.inputs) inputs.insert(static_cast<int>(i.kind));
  });
  for (const auto& kind : all_cell_kinds()) EXPECT_TRUE(cells.contains(kind.name())) << kind.name();
  EXPECT_TRUE(cells.contains("poisson_source") && cells.contains("spike_train"));
  for (const std::int64_t size : {1, 7, 15, 16, 17, 33, 100, 257}) EXPECT_TRUE(sizes.contains(size)) << size;
  EXPECT_EQ(rules.size(), 8u);
  EXPECT_EQ(layouts.size(), 3u);
  EXPECT_EQ(inputs.size(), 5u);
  EXPECT_EQ(weights.size(), 6u);
  EXPECT_GE(delays.size(), 5u);  // all but lognormal
  EXPECT_GE(sleeping, 8);
  EXPECT_GE(sharing, 20);
  EXPECT_GE(sharing_asleep, 4);
  EXPECT_GE(per_cell, 8);
  EXPECT_GE(wide, 5);
  EXPECT_GE(narrow, 20);
  EXPECT_GE(long_delays, 3);
  EXPECT_GE(off_grid, 8);
  EXPECT_GE(coupled, 2);
}

// --- few and small, for the thread sanitizer

TEST(SameQuick, spikes_are_identical_on_1_2_and_4_threads_watched_in_pieces_and_after_a_rest) {
  for (const int k : {0, 1, 3, 4, 7, 10}) {
    const NetworkSpec spec = RandomNetwork(k, true).spec;
    SCOPED_TRACE(description(k, spec));
    Dice dice(static_cast<std::uint32_t>(k));
    const RunResult expected = simulate(spec);
    for (const int threads : {2, 4}) {
      expect_same(simulate(spec, {.threads = threads}), expected);
      EXPECT_EQ(simulate(watched(spec, dice), {.threads = threads}, {steps_of(spec) / 3}).spikes, expected.spikes);
    }
    EXPECT_TRUE(with_rest(spec, steps_of(spec) / 2, 2, 3, {}) == Train(expected));
  }
}

}  // namespace
}  // namespace ranvier::test_engine
