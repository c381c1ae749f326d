// SPDX-License-Identifier: Apache-2.0
#include "engine/structure.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/rewire.hpp"
#include "engine/rule.hpp"
#include "engine/state.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

std::uint32_t interval_steps(const ProjectionSpec& p, double dt_ms) {
  return static_cast<std::uint32_t>(std::llround(structure_of(p)->structure->interval_ms(structure_parameters(p, dt_ms)) / dt_ms));
}

std::int64_t count_synapses(const Network& network, const State& state, int projection) {
  std::int64_t n = 0;
  for (const PlasticPart& part : plastic_parts(network, state, static_cast<std::size_t>(projection))) n += static_cast<std::int64_t>(part.synapses->table().synapses);
  return n;
}

}  // namespace

const SynapseModel* structure_of(const ProjectionSpec& projection) {
  for (const SynapseSpec& s : projection.synapse)
    if (const SynapseModel* model = find_synapse(s.rule); model && model->structure) return model;
  return nullptr;
}

SynapseParameters structure_parameters(const ProjectionSpec& projection, double dt_ms) {
  const SynapseModel& model = *structure_of(projection);
  const auto spec = std::find_if(projection.synapse.begin(), projection.synapse.end(), [&](const SynapseSpec& s) { return find_synapse(s.rule) == &model; });
  return synapse_parameters(model, *spec, projection, dt_ms);
}

void check_rewiring(const NetworkSpec& spec, const ProjectionSpec& p, const std::string& where, std::vector<std::string>& problems) {
  const SynapseModel* model = structure_of(p);
  if (!model) return;
  const auto problem = [&](const std::string& what) { problems.push_back(fmt::format("{}: {}: {}", where, model->info->name, what)); };
  if (std::count_if(p.synapse.begin(), p.synapse.end(), [](const SynapseSpec& s) { const SynapseModel* m = find_synapse(s.rule); return m && m->structure; }) > 1)
    problems.push_back(where + ": two rules by which synapses come and go: choose one");
  const double dt = spec.simulation.dt_ms;
  const SynapseParameters values = structure_parameters(p, dt);
  const double interval = model->structure->interval_ms(values), steps = std::round(interval / dt);
  if (std::fabs(steps * dt - interval) > 1e-9 * interval) problem(fmt::format("interval = {} ms: must be a multiple of the time step of {} ms", interval, dt));
  if (steps > 2147483647.0) problem(fmt::format("interval = {} ms: more than 2^31 steps", interval));
  for (const auto& [name, v] : {std::pair("weight", &p.weight), std::pair("delay", &p.delay_ms)})
    if (v->kind == Values::Kind::column) problem(fmt::format("{}: a column has no values for synapses that are made during the run; give one value or a distribution", name));
  for (const SynapseSpec& s : p.synapse)
    if (const SynapseModel* m = find_synapse(s.rule); m && m->keeps_synapses) problem(fmt::format("synapses of rule {} cannot come and go; leave one of the two rules out", s.rule));
  if (p.words_of >= 0) problem("lags: synapses of a kernel in time come and go together, which this rule cannot do; leave lags out");
  if (const std::string wrong = model->structure->check(spec, p, values); !wrong.empty()) problem(wrong);
  const double begins = rule_size(p, spec).synapses / std::max(1.0, static_cast<double>(p.target.size())), most = model->structure->indegree_max(values);
  if (begins > most) problem(fmt::format("the projection begins with {:g} synapses a target, but the rule has room for {:g}", begins, most));
}

double structural_indegree_bound(const ProjectionSpec& p, const NetworkSpec& spec) {
  const double begins = rule_size(p, spec).indegree_bound;
  const SynapseModel* model = structure_of(p);
  return model ? std::max(begins, model->structure->indegree_max(structure_parameters(p, spec.simulation.dt_ms))) : begins;
}

double structural_synapses_bound(const ProjectionSpec& p, const NetworkSpec& spec) {
  const double begins = rule_size(p, spec).synapses;
  const SynapseModel* model = structure_of(p);
  if (!model) return begins;
  const SynapseParameters values = structure_parameters(p, spec.simulation.dt_ms);
  const double gain = model->structure->gain_max(values, spec.simulation.warmup_ms + spec.simulation.duration_ms), targets = static_cast<double>(p.target.size());
  return std::min(begins + gain * targets, std::max(begins, model->structure->indegree_max(values) * targets));
}

DelayBounds delay_bounds(const ProjectionSpec& projection, double dt_ms) {
  const Sampler delay(projection.delay_ms);
  const auto steps = [&](double ms) { return static_cast<std::uint32_t>(std::clamp<long>(std::lround(ms / dt_ms), 1, 0xFFFF)); };
  return {steps(delay.lowest()), steps(delay.highest())};
}

std::vector<Growing> start_structures(const Network& network, State& state) {
  std::vector<Growing> out;
  for (std::size_t k = 0; k < network.spec.projections.size(); ++k) {
    const ProjectionSpec& p = network.spec.projections[k];
    const SynapseModel* model = structure_of(p);
    if (!model) continue;
    Growing growing{.projection = static_cast<int>(k), .interval = interval_steps(p, network.dt()), .rule = model->structure->make(network, p, structure_parameters(p, network.dt()))};
    growing.rule->start(Rewiring(network, state, growing.projection, 0));
    out.push_back(std::move(growing));
  }
  std::swap(out, state.growing);
  structures_hear(network, state, state.in_flight.data(), state.in_flight.size());  // of trains at time 0
  std::swap(out, state.growing);
  return out;
}

std::uint32_t next_structural_step(const State& state, std::uint32_t after) {
  std::uint32_t next = 0xFFFFFFFFu;
  for (const Growing& g : state.growing) next = std::min(next, (after / g.interval + 1) * g.interval);
  return next;
}

void structures_hear(const Network& network, State& state, const Spike* spikes, std::size_t n) {
  for (Growing& g : state.growing) {
    const ProjectionSpec& p = network.spec.projections[static_cast<std::size_t>(g.projection)];
    for (const Side side : {Side::source, Side::target}) {
      const Slice& slice = side == Side::source ? p.source : p.target;
      const std::int64_t first = network.populations[static_cast<std::size_t>(slice.population)].first;
      for (std::size_t k = 0; k < n; ++k) {
        const std::int64_t cell = source_index(slice, spikes[k].neuron - first);
        if (cell >= 0) g.rule->fires(side, static_cast<std::uint32_t>(cell), spikes[k].step);
      }
    }
  }
}

void rewire(const Network& network, State& state, std::vector<StructureSeries>& series) {
  for (std::size_t k = 0; k < state.growing.size(); ++k) {
    Growing& g = state.growing[k];
    if (state.step % g.interval) continue;
    Rewiring synapses(network, state, g.projection, state.step / g.interval);
    g.rule->rewire(synapses, state.step);
    const std::int64_t made = synapses.made(), removed = synapses.removed();
    synapses.apply(state.step);
    series[k].counts.push_back({state.step, count_synapses(network, state, g.projection), made, removed, g.rule->activity()});
  }
}

std::int64_t count_synapses(const Network& network, const State& state) {
  std::int64_t n = network.synapses;
  for (std::size_t t = 0; t < network.shards.size(); ++t)
    for (std::size_t i = 0; i < state.shards[t].plastic.size(); ++i)
      n += static_cast<std::int64_t>(state.shards[t].plastic[i]->table().synapses) - static_cast<std::int64_t>(network.shards[t].plastic[i].synapses);
  return n;
}

std::vector<StructureSeries> start_series(const Network& network, const State& state) {
  std::vector<StructureSeries> out;
  for (const Growing& g : state.growing)
    out.push_back({.projection = g.projection, .counts = {{state.step, count_synapses(network, state, g.projection), 0, 0, g.rule->activity()}}});
  return out;
}

}  // namespace ranvier::engine
