// SPDX-License-Identifier: Apache-2.0
#include "engine/listing.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

#include "engine/assemble.hpp"
#include "engine/register.hpp"
#include "engine/synapse_model.hpp"
#include "engine/values.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

struct Synapse {
  std::uint32_t source, target, number;
  double weight, delay_ms;
  auto key() const { return std::tuple(source, target, number); }
};

/// Draws all synapses of one projection, as rows.cpp, event_rows.cpp and plastic_rows.cpp do, and gives each the value they keep.
class Lister final : public BatchSink {
 public:
  Lister(const Network& network, std::size_t index, const WeightPlan& plan)
      : spec_(network.spec.projections[index]), plan_(plan), weight_(spec_.weight), delay_(spec_.delay_ms), dt_(network.dt()), to_(network.populations[static_cast<std::size_t>(spec_.target.population)]),
        plastic_(is_plastic(spec_)) {
    const std::uint64_t seed = network.spec.simulation.seed_network;
    const auto object = static_cast<std::uint32_t>(spec_.words_of >= 0 && !to_.event ? spec_.words_of : static_cast<int>(index));
    context_ = {.projection = &spec_, .source_population = &network.spec.populations[static_cast<std::size_t>(spec_.source.population)],
                .target_population = &network.spec.populations[static_cast<std::size_t>(spec_.target.population)],
                .choice_key = stream_key(seed, Purpose::choice, object), .split_key = stream_key(seed, Purpose::split, object),
                .n_sources = spec_.source.size(), .n_targets = spec_.target.size(), .target_first = 0, .target_last = spec_.target.size(),
                .needs_words = !(weight_.constant() && delay_.constant()), .same_population = spec_.source.population == spec_.target.population};
  }

  std::vector<Synapse> list() {
    if (spec_.source.size() > 0 && spec_.target.size() > 0 && !makes_none()) make_rule(context_)->emit(0, spec_.source.size(), *this);
    std::sort(synapses_.begin(), synapses_.end(), [](const Synapse& a, const Synapse& b) { return a.key() < b.key(); });
    return std::move(synapses_);
  }

  void take(const Batch& b) override {
    std::array<float, Batch::capacity> weights, delays;
    std::array<std::uint32_t, Batch::capacity> magnitude, steps;
    if (on_grid() && !delay_.constant()) {
      delay_.draw(b.delay_word.data(), b.number.data(), b.n, delays.data());
      to_steps(delays.data(), b.n, static_cast<float>(1 / dt_), steps.data());
    }
    if (on_grid() && plan_.layout == Layout::compact) {
      weight_.draw(b.weight_word.data(), b.number.data(), b.n, weights.data());
      quantise(weights.data(), b.n, static_cast<float>(std::ldexp(1.0, -plan_.exponent)), magnitude.data());
    }
    for (std::size_t k = 0; k < b.n; ++k) {
      Synapse s{static_cast<std::uint32_t>(spec_.source[b.source[k]]), static_cast<std::uint32_t>(spec_.target[b.target[k]]), context_.needs_words ? b.number[k] : 0, 0, 0};
      s.delay_ms = on_grid() && !delay_.constant() ? steps[k] * dt_ : delay(b, k);
      s.weight = on_grid() && plan_.layout == Layout::compact ? std::copysign(std::ldexp(magnitude[k], plan_.exponent), weights[k]) : weight(b, k);
      synapses_.push_back(s);
    }
  }

 private:
  /// Static synapses onto cells of the grid, whose weights have units.
  bool on_grid() const { return !to_.event && !plastic_; }

  double quantum() const { return to_.receptors[static_cast<std::size_t>(spec_.receptor)].quantum; }

  double delay(const Batch& b, std::size_t k) const {
    const double drawn = delay_.constant() ? delay_.constant_value() : delay_.draw_one(b.delay_word[k], b.number[k]);
    if (to_.event) return std::max(drawn, dt_);
    return static_cast<double>(std::max<long>(1, std::lround(drawn / dt_))) * dt_;
  }

  double weight(const Batch& b, std::size_t k) const {
    const double w = weight_.constant() ? weight_.constant_value() : weight_.draw_one(b.weight_word[k], b.number[k]);
    if (!on_grid()) return w;
    if (plan_.layout == Layout::constant) return static_cast<double>(plan_.scale) * quantum();
    return std::copysign(std::ldexp(std::min(std::round(std::ldexp(std::fabs(w), -plan_.exponent)), 4294967295.0), plan_.exponent), w);
  }

  bool makes_none() const {
    const Rule& rule = spec_.rule;
    if (rule.kind == Rule::Kind::pairwise_bernoulli || rule.kind == Rule::Kind::distance) return rule.probability == 0;
    const bool counted = rule.kind == Rule::Kind::fixed_indegree || rule.kind == Rule::Kind::fixed_outdegree || rule.kind == Rule::Kind::fixed_total_number;
    return counted && rule.number == 0;
  }

  const ProjectionSpec& spec_;
  WeightPlan plan_;
  Sampler weight_, delay_;
  double dt_;
  const Population& to_;
  bool plastic_;
  RuleContext context_{};
  std::vector<Synapse> synapses_;
};

Values column(std::vector<double> values) {
  if (values.empty()) return Values::constant(0);
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; })) return Values::constant(values[0]);
  Values out;
  out.kind = Values::Kind::column;
  out.column = std::make_shared<const std::vector<double>>(std::move(values));
  return out;
}

ProjectionSpec written_down(const ProjectionSpec& from, const NetworkSpec& spec, const std::vector<Synapse>& synapses) {
  std::vector<std::int64_t> sources, targets;
  std::vector<double> weights, delays;
  for (const Synapse& s : synapses) {
    sources.push_back(s.source);
    targets.push_back(s.target);
    weights.push_back(s.weight);
    delays.push_back(s.delay_ms);
  }
  ProjectionSpec to = from;
  to.source = {from.source.population, 0, spec.populations[static_cast<std::size_t>(from.source.population)].size, 1};
  to.target = {from.target.population, 0, spec.populations[static_cast<std::size_t>(from.target.population)].size, 1};
  to.rule = {.kind = Rule::Kind::edges};
  to.rule.edge_sources = std::make_shared<const std::vector<std::int64_t>>(std::move(sources));
  to.rule.edge_targets = std::make_shared<const std::vector<std::int64_t>>(std::move(targets));
  to.words_of = -1;
  to.weight = column(std::move(weights));
  to.delay_ms = column(std::move(delays));
  if (synapses.empty()) to.delay_ms = Values::constant(spec.simulation.dt_ms);
  return to;
}

void refuse_what_edges_cannot_say(const NetworkSpec& spec) {
  std::vector<std::string> problems;
  for (const GapJunctionSpec& g : spec.gap_junctions) problems.push_back(fmt::format("{}: gap junctions cannot be written down as edges", g.where.empty() ? "gap_junctions" : g.where));
  for (const ProjectionSpec& p : spec.projections)
    for (const SynapseSpec& s : p.synapse)
      if (const SynapseModel* model = find_synapse(s.rule); model && model->info->structural)
        problems.push_back(fmt::format("{}: synapses that come and go ({}) cannot be written down as edges", p.where.empty() ? "projections" : p.where, s.rule));
  for (const ProjectionSpec& p : spec.projections)
    if (target_sites(spec, p) > 1) problems.push_back(fmt::format("{}: a receptor with sites cannot be written down as edges between cells", p.where.empty() ? "projections" : p.where));
  for (const PopulationSpec& p : spec.populations)
    if (const MembraneEntry* membrane = find_membrane(p.membrane); membrane && is_registered(membrane))
      problems.push_back(fmt::format("population \"{}\": membrane \"{}\" is a model of your own, which cannot be written down with the network", p.name, p.membrane));
  for (const ProjectionSpec& p : spec.projections)
    for (const SynapseSpec& s : p.synapse)
      if (const SynapseModel* model = find_synapse(s.rule); model && is_registered(model))
        problems.push_back(fmt::format("{}: \"{}\" is a rule of your own, which cannot be written down with the network", p.where.empty() ? "projections" : p.where, s.rule));
  if (!problems.empty()) throw InputError(problems);
}

/// Values that are drawn for each cell become columns; [parameter][1 or size] as resolved.
void write_down(std::map<std::string, Values>& values, std::span<const Parameter> table, const std::vector<std::vector<double>>& resolved) {
  for (std::size_t k = 0; k < table.size() && k < resolved.size(); ++k)
    if (const auto it = values.find(std::string(table[k].name)); it != values.end() && !it->second.is_constant()) it->second = column(resolved[k]);
}

void write_down_initial(std::map<std::string, Values>& initial, std::span<const StateVariable> state, std::int64_t size, std::uint64_t seed, int population, int receptor) {
  for (std::size_t k = 0; k < state.size(); ++k)
    if (const auto it = initial.find(std::string(state[k].name)); it != initial.end() && !it->second.is_constant())
      it->second = column(draw_values(it->second, size, seed, initial_object(population, receptor, static_cast<int>(k))));
}

}  // namespace

NetworkSpec listed(const NetworkSpec& given) {
  refuse_what_edges_cannot_say(given);
  const auto network = resolve(given, {});
  const std::vector<WeightPlan> plans = plan_weights(*network);
  NetworkSpec out = network->spec;

  out.sum_units = {.wide = network->wide, .exponents = {}};
  for (const Population& p : network->populations)
    for (std::size_t r = 0; r < p.receptors.size(); ++r)
      out.sum_units.exponents[p.spec->receptors[r].conductance ? "nS" : std::string(p.receptors[r].model->info->weight_unit)] = std::ilogb(p.receptors[r].quantum);

  for (std::size_t k = 0; k < out.populations.size(); ++k) {
    const Population& p = network->populations[k];
    PopulationSpec& to = out.populations[k];
    const ModelInfo* info = p.membrane ? p.membrane->model->info : p.event ? p.event->info : find_model(ModelInfo::Kind::source, to.membrane);
    write_down(to.params, info->parameters, p.parameters);
    write_down_initial(to.initial, info->state, p.size, out.simulation.seed_initial, static_cast<int>(k), -1);
    for (std::size_t r = 0; r < p.receptors.size(); ++r) {
      write_down(to.receptors[r].params, p.receptors[r].model->info->parameters, p.receptors[r].parameters);
      write_down_initial(to.receptors[r].initial, p.receptors[r].model->info->state, p.size, out.simulation.seed_initial, static_cast<int>(k), static_cast<int>(r));
    }
  }
  for (std::size_t k = 0; k < out.projections.size(); ++k) out.projections[k] = written_down(network->spec.projections[k], network->spec, Lister(*network, k, plans[k]).list());
  return out;
}

}  // namespace ranvier::engine
