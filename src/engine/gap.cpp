// SPDX-License-Identifier: Apache-2.0
#include "engine/gap.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <utility>

#include "engine/assemble.hpp"
#include "engine/network.hpp"
#include "engine/rule.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

constexpr std::uint32_t gap_object = 0x20000000u;  // object numbers of gap junctions' words, apart from projections'

bool contains(const Slice& s, std::int64_t cell) { return cell >= s.first && cell < s.last && (cell - s.first) % s.stride == 0; }

/// The same pairs as a projection, whose rules draw them.
ProjectionSpec as_projection(const GapJunctionSpec& g) {
  ProjectionSpec p;
  p.name = g.name;
  p.source = g.source;
  p.target = g.target;
  p.receptor = -1;  // none: what the rule counts are cells, not the sites of a receptor
  p.rule = g.rule;
  // Of listed pairs one that couples a cell to itself is a mistake to be told of, not one to be left out.
  p.rule.allow_autapses = g.rule.kind == Rule::Kind::edges;
  p.weight = g.conductance_nS;
  p.delay_ms = Values::constant(1);
  return p;
}

bool draws_pairs(Rule::Kind kind) { return kind == Rule::Kind::all_to_all || kind == Rule::Kind::pairwise_bernoulli; }

bool overlap(const Slice& a, const Slice& b) {
  if (a.population != b.population) return false;
  for (std::int64_t i = 0; i < a.size(); ++i)
    if (contains(b, a[i])) return true;
  return false;
}

std::string where_of(const GapJunctionSpec& g, std::size_t k) { return g.where.empty() ? fmt::format("gap_junctions[{}]", k) : g.where; }

/// Takes what a rule draws, each pair of cells once.
class Junctions final : public BatchSink {
 public:
  Junctions(const Network& network, const GapJunctionSpec& spec, std::vector<GapJunction>& out)
      : spec_(spec), conductance_(spec.conductance_nS), out_(out), source_first_(network.populations[static_cast<std::size_t>(spec.source.population)].first),
        target_first_(network.populations[static_cast<std::size_t>(spec.target.population)].first),
        once_(draws_pairs(spec.rule.kind) && spec.source.population == spec.target.population) {}

  void take(const Batch& b) override {
    for (std::size_t k = 0; k < b.n; ++k) {
      const std::int64_t i = spec_.source[b.source[k]], j = spec_.target[b.target[k]];
      const bool both_ways = once_ && contains(spec_.source, j) && contains(spec_.target, i);
      if (both_ways && i > j) continue;
      out_.push_back({source_first_ + i, target_first_ + j, conductance_.draw_one(b.weight_word[k], b.number[k])});
    }
  }

 private:
  const GapJunctionSpec& spec_;
  Sampler conductance_;
  std::vector<GapJunction>& out_;
  std::int64_t source_first_, target_first_;
  bool once_;
};

void draw(const Network& network, std::size_t k, std::vector<GapJunction>& out) {
  const GapJunctionSpec& g = network.spec.gap_junctions[k];
  const ProjectionSpec p = as_projection(g);
  const std::uint64_t seed = network.spec.simulation.seed_network;
  const std::uint32_t object = gap_object + static_cast<std::uint32_t>(k);
  const RuleContext context{.projection = &p, .source_population = &network.spec.populations[static_cast<std::size_t>(g.source.population)],
                            .target_population = &network.spec.populations[static_cast<std::size_t>(g.target.population)],
                            .choice_key = stream_key(seed, Purpose::choice, object), .split_key = stream_key(seed, Purpose::split, object),
                            .n_sources = g.source.size(), .n_targets = g.target.size(), .target_first = 0, .target_last = g.target.size(),
                            .needs_words = !g.conductance_nS.is_constant(), .same_population = g.source.population == g.target.population};
  if (context.n_sources == 0 || context.n_targets == 0) return;
  Junctions sink(network, g, out);
  make_rule(context)->emit(0, context.n_sources, sink);
}

/// What can be wrong before anything is drawn.
void check_one(const Network& network, std::size_t k, std::vector<std::string>& problems) {
  const GapJunctionSpec& g = network.spec.gap_junctions[k];
  const std::string where = where_of(g, k);
  const auto note = [&](const std::string& what) { problems.push_back(where + ": " + what); };
  std::set<int> populations{g.source.population, g.target.population};
  for (const int index : populations) {
    const Population& p = network.populations[static_cast<std::size_t>(index)];
    if (!p.membrane) {
      note(fmt::format("population \"{}\" {}: it has no potential that a gap junction could act on", p.name, p.event ? "is event-driven" : "is a source of spikes"));
    } else if (const MembraneModel& model = *p.membrane->model; !model.takes_conductance) {
      note(fmt::format("population \"{}\": membrane \"{}\" has no capacitance that a gap junction could act on; use another membrane, such as \"leaky\"", p.name, model.info->name));
    }
  }
  const Sampler conductance(g.conductance_nS);
  if (!(conductance.lowest() >= 0) || !std::isfinite(conductance.highest()))
    note(fmt::format("conductance from {:g} to {:g} nS: must be at least 0 and finite", conductance.lowest(), conductance.highest()));
  switch (g.rule.kind) {
    case Rule::Kind::one_to_one: case Rule::Kind::all_to_all: case Rule::Kind::pairwise_bernoulli: case Rule::Kind::edges: break;
    case Rule::Kind::fixed_total_number:
      if (!g.rule.allow_multapses && overlap(g.source, g.target))
        note("fixed_total_number with allow_multapses = false needs a source and a target that share no neurons; use pairwise_bernoulli, or set allow_multapses = true");
      break;
    default: note("rule: gap junctions are made by one_to_one, all_to_all, fixed_total_number, pairwise_bernoulli or edges");
  }
  if (const std::string problem = impossible(as_projection(g)); !problem.empty()) note(problem);
}

std::string neuron_text(const Network& network, std::int64_t id) {
  const Population& p = network.populations[static_cast<std::size_t>(network.population_of(id))];
  return fmt::format("neuron {} of \"{}\"", id - p.first, p.name);
}

/// Listed pairs: none with itself, none in both orders, none twice unless that is asked for.
void check_listed(const Network& network, std::size_t k, const GapJunction* first, const GapJunction* last, std::vector<std::string>& problems) {
  const GapJunctionSpec& g = network.spec.gap_junctions[k];
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  const auto note = [&](const GapJunction& j, const char* what) {
    problems.push_back(fmt::format("{}: {} and {}: {}", where_of(g, k), neuron_text(network, j.a), neuron_text(network, j.b), what));
  };
  for (const GapJunction* j = first; j != last; ++j) {
    if (j->a == j->b) return note(*j, "a gap junction of a neuron with itself; remove it");
    if (g.rule.kind != Rule::Kind::edges) continue;
    if (seen.contains({j->b, j->a})) return note(*j, "listed in both orders; a junction couples both ways, so list each pair once");
    if (!seen.insert({j->a, j->b}).second && !g.rule.allow_multapses) return note(*j, "listed twice, and allow_multapses = false");
  }
}

double capacitance(const Population& p, std::size_t cell) {
  std::vector<double> values(p.parameters.size() + 1);
  for (std::size_t k = 0; k < p.parameters.size(); ++k) values[k] = p.parameters[k][p.parameters[k].size() == 1 ? 0 : cell];
  return p.membrane->model->constants(values.data()).C_m;
}

/// The explicit scheme needs dt sum g / C_m < 1 everywhere: else a cell overshoots the mean of its neighbours. So do iterations, in which a cell's own
/// potential is that of the time before as well: an error in a step comes back times this.
void check_stable(const Network& network, const std::vector<double>& sum, std::vector<std::string>& problems) {
  double dt_max = INFINITY;
  std::int64_t worst = -1;
  for (std::int64_t id = 0; id < network.neurons; ++id) {
    if (sum[static_cast<std::size_t>(id)] <= 0) continue;
    const Population& p = network.populations[static_cast<std::size_t>(network.population_of(id))];
    const double limit = capacitance(p, static_cast<std::size_t>(id - p.first)) / sum[static_cast<std::size_t>(id)];
    if (limit < dt_max) dt_max = limit, worst = id;
  }
  if (worst < 0 || network.dt() < dt_max) return;
  problems.push_back(fmt::format("gap_junctions: those of {} add up to {:g} nS, too much for its capacitance at a dt of {:g} ms: {}\n"
                                 "  try: a dt below {:.4g} ms, which is the limit here (dt sum g / C_m < 1), or weaker junctions",
                                 neuron_text(network, worst), sum[static_cast<std::size_t>(worst)], network.dt(),
                                 network.spec.gap_method.kind == GapMethodSpec::Kind::explicit_euler ? "potentials would overshoot" : "iterations would not converge", dt_max));
}

/// Settings of waveform relaxation, and what it cannot be joined with.
constexpr std::uint32_t interval_steps_max = 10'000;

void check_relaxation(const Network& network, std::vector<std::string>& problems) {
  const GapMethodSpec& m = network.spec.gap_method;
  const auto note = [&](const std::string& what) { problems.push_back("simulation.gap_junctions: " + what); };
  if (!(m.interval_ms >= 0.999999 * network.dt())) note(fmt::format("interval = {:g} ms: must be at least dt, {:g} ms", m.interval_ms, network.dt()));
  if (m.interval_ms > interval_steps_max * network.dt())
    note(fmt::format("interval = {:g} ms: must be at most {} steps, {:g} ms: what all cells do within an interval is kept", m.interval_ms, interval_steps_max, interval_steps_max * network.dt()));
  if (!(m.tolerance_mV > 0)) note(fmt::format("tolerance = {:g} mV: must be above 0 mV", m.tolerance_mV));
  if (m.max_iterations < 1) note(fmt::format("max_iterations = {}: must be at least 1", m.max_iterations));
  if (m.interpolation != 0 && m.interpolation != 1 && m.interpolation != 3) note(fmt::format("interpolation = {}: must be 0, 1 or 3", m.interpolation));
  // What a synapse passes on may depend on what its target has done within the interval, which is not known before the end.
  for (const ProjectionSpec& p : network.spec.projections)
    if (const Population& to = network.populations[static_cast<std::size_t>(p.target.population)]; to.coupled && !p.synapse.empty())
      problems.push_back(fmt::format("{}: synapses with a rule (\"{}\") onto \"{}\", whose gap junctions are solved by waveform relaxation: these need synapses that do not change\n"
                                     "  try: method = \"explicit\" in simulation.gap_junctions", p.where.empty() ? p.name : p.where, p.synapse[0].rule, to.name));
}

/// A power of two so that no sum of currents can overflow 62 bits.
double quantum_for(double largest_sum) {
  int exponent = 0;
  std::frexp(largest_sum * gap_difference_max, &exponent);
  return std::ldexp(1.0, exponent - 62);
}

/// Cells with a junction get their places: shard after shard, block after block.
std::vector<std::uint32_t> deal_places(Network& network, const std::vector<std::uint32_t>& degree) {
  constexpr std::size_t line = 8;  // doubles in a cache line: no two shards write to the same one
  std::vector<std::uint32_t> place(degree.size());
  std::size_t next = 0;
  for (Shard& shard : network.shards) {
    GapTable& t = shard.gaps;
    t.first_place = next;
    for (const Block& block : shard.blocks) {
      t.block_start.push_back(t.cell.size());
      const auto id = static_cast<std::size_t>(network.populations[static_cast<std::size_t>(block.population)].first + block.first);
      for (std::size_t i = 0; i < block.n; ++i) {
        if (degree[id + i] == 0) continue;
        place[id + i] = static_cast<std::uint32_t>(t.first_place + t.cell.size());
        t.start.push_back(degree[id + i]);
        t.cell.push_back(static_cast<std::uint32_t>(i));
      }
    }
    t.block_start.push_back(t.cell.size());
    std::uint64_t ends = 0;
    for (std::uint64_t& s : t.start) ends += std::exchange(s, ends);
    t.start.push_back(ends);
    t.partner.resize(ends);
    t.g.resize(ends);
    next = (next + t.cell.size() + line - 1) / line * line;
  }
  network.gaps.board_size = next;
  return place;
}

}  // namespace

double gap_junctions_expected(const NetworkSpec& spec) {
  double n = 0;
  for (const GapJunctionSpec& g : spec.gap_junctions) {
    const bool same = g.source.population == g.target.population && g.source.first == g.target.first && g.source.size() == g.target.size();
    const double cells = static_cast<double>(g.source.size()), once = same && draws_pairs(g.rule.kind) && cells > 0 ? (cells - 1) / (2 * cells) : 1;
    n += once * rule_size(as_projection(g), spec).synapses;
  }
  return n;
}

void draw_gap_junctions(Network& network, std::vector<std::string>& problems) {
  for (std::size_t k = 0; k < network.spec.gap_junctions.size(); ++k) check_one(network, k, problems);
  if (network.spec.gap_method.kind == GapMethodSpec::Kind::waveform_relaxation) check_relaxation(network, problems);
  if (!problems.empty() || network.spec.gap_junctions.empty()) return;
  std::vector<GapJunction>& all = network.gaps.junctions;
  for (std::size_t k = 0; k < network.spec.gap_junctions.size(); ++k) {
    const std::size_t before = all.size();
    draw(network, k, all);
    check_listed(network, k, all.data() + before, all.data() + all.size(), problems);
  }
  network.gaps.count = static_cast<std::int64_t>(all.size());
  if (all.empty() || !problems.empty()) return;
  std::vector<double> sum(static_cast<std::size_t>(network.neurons));
  for (const GapJunction& j : all) {
    sum[static_cast<std::size_t>(j.a)] += j.g;
    sum[static_cast<std::size_t>(j.b)] += j.g;
  }
  network.gaps.quantum = quantum_for(*std::max_element(sum.begin(), sum.end()));
  check_stable(network, sum, problems);
}

void build_gap_tables(Network& network) {
  if (network.gaps.empty()) return;
  const bool relaxes = network.spec.gap_method.kind == GapMethodSpec::Kind::waveform_relaxation;
  // A projection may begin without synapses, and grow some: its delays count from the start.
  const bool grows = std::any_of(network.spec.projections.begin(), network.spec.projections.end(), [](const ProjectionSpec& p) { return is_plastic(p); });
  const bool any_delay = network.synapses > 0 || grows || !network.spec.volumes.empty();
  if (relaxes) {
    const auto longest = static_cast<std::uint32_t>(std::max(1.0, std::floor(network.spec.gap_method.interval_ms / network.dt() + 1e-6)));
    network.gaps.wave_steps = any_delay ? std::min(network.delay_min, longest) : longest;
  }
  network.delay_min = std::max(1u, network.gaps.wave_steps);
  std::vector<std::uint32_t> degree(static_cast<std::size_t>(network.neurons));
  for (const GapJunction& j : network.gaps.junctions) ++degree[static_cast<std::size_t>(j.a)], ++degree[static_cast<std::size_t>(j.b)];
  const std::vector<std::uint32_t> place = deal_places(network, degree);
  std::vector<std::uint64_t> filled(network.gaps.board_size);
  const auto add_end = [&](std::int64_t own, std::int64_t other, double g) {
    const std::uint32_t at = place[static_cast<std::size_t>(own)];
    const auto shard = std::prev(std::upper_bound(network.shards.begin(), network.shards.end(), at, [](std::uint32_t p, const Shard& s) { return p < s.gaps.first_place; }));
    GapTable& t = shard->gaps;
    const std::uint64_t end = t.start[at - t.first_place] + filled[at]++;
    t.partner[end] = place[static_cast<std::size_t>(other)];
    t.g[end] = g;
  };
  for (const GapJunction& j : network.gaps.junctions) {
    add_end(j.a, j.b, j.g);
    add_end(j.b, j.a, j.g);
  }
  network.gaps.junctions = {};
}

}  // namespace ranvier::engine
