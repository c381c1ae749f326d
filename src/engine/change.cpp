// SPDX-License-Identifier: Apache-2.0
#include "engine/change.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "engine/assemble.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

bool same(const Slice& a, const Slice& b) { return a.population == b.population && a.first == b.first && a.last == b.last && a.stride == b.stride; }

bool same(const Values& a, const Values& b) {
  const bool columns = a.column == b.column || (a.column && b.column && *a.column == *b.column);
  return a.kind == b.kind && a.a == b.a && a.b == b.b && a.min == b.min && a.max == b.max && a.outside == b.outside && columns;
}

/// What of an input must stay, by name; "" where all of it does.
std::string changed(const InputSpec& before, const InputSpec& now) {
  if (before.kind != now.kind) return "type";
  if (!same(before.target, now.target)) return "target";
  if (before.kind != InputSpec::Kind::poisson) return "";
  if (before.receptor != now.receptor) return "receptor";
  return same(before.weight, now.weight) ? "" : "weight";
}

constexpr std::string_view advice =
    "sums were made for the rates it was built with; build the network with the highest rate it is ever to have, and lower it before the first piece";

const Population& of_model(const Network& network, int population, std::string_view model) {
  const Population& p = network.populations.at(static_cast<std::size_t>(population));
  if (p.spec->membrane != model) throw InputError(fmt::format("population \"{}\" is of model \"{}\": only one of \"{}\" can be given other ones", p.name, p.spec->membrane, model));
  return p;
}

PopulationSpec& spec_of(Network& network, int population) { return network.spec.populations[static_cast<std::size_t>(population)]; }

void store(bool double_precision, void* array, std::size_t i, double value) {
  if (double_precision) static_cast<double*>(array)[i] = value;
  else static_cast<float*>(array)[i] = static_cast<float>(value);
}

void* array_of(const Population& p, BlockState& s, const VariableRef& v) {
  return v.receptor < 0 ? s.state[v.index] : s.pools[static_cast<std::size_t>(p.pool_of(v.receptor))].state[v.index];
}

/// What a stored variable counts from, for one cell.
double base_of(const Population& p, const VariableRef& v, std::size_t cell) {
  if (v.receptor >= 0 || v.index != 0 || p.membrane->model->relative_to < 0) return 0;
  const auto& base = p.parameters[static_cast<std::size_t>(p.membrane->model->relative_to)];
  return base[base.size() == 1 ? 0 : cell];
}

/// Brings the sleepers of a block up to the present, so that a variable of theirs can be set.
void wake_all(const Network& network, State& state, std::size_t shard, std::size_t b) {
  const Block& block = network.shards[shard].blocks[b];
  const Population& p = network.populations[static_cast<std::size_t>(block.population)];
  BlockState& s = state.shards[shard].blocks[b];
  if (!s.asleep_since) return;
  const bool dbl = network.spec.simulation.double_precision;
  const auto variables = variables_of(network, block.population);
  std::vector<std::vector<double>> now(variables.size(), std::vector<double>(block.n));
  for (std::size_t k = 0; k < variables.size(); ++k) read_variable(network, state, state.step, shard, b, variables[k], 0, block.n, now[k].data());
  for (std::size_t i = 0; i < block.n; ++i) {
    if (s.asleep_since[i] == awake) continue;
    for (std::size_t k = 0; k < variables.size(); ++k)
      if (variables[k].receptor < 0 || p.pools[static_cast<std::size_t>(p.pool_of(variables[k].receptor))].receptors[0] == variables[k].receptor)
        store(dbl, array_of(p, s, variables[k]), i, now[k][i] - base_of(p, variables[k], static_cast<std::size_t>(block.first) + i));
    s.asleep_since[i] = awake;
  }
}

}  // namespace

void change_inputs(Network& network, std::vector<InputSpec> inputs) {
  std::vector<InputSpec>& now = network.spec.inputs;
  if (inputs.size() != now.size()) throw InputError(fmt::format("there are {} inputs, but {} were given: they are replaced one for one", now.size(), inputs.size()));
  for (std::size_t k = 0; k < now.size(); ++k)
    if (const std::string what = changed(now[k], inputs[k]); !what.empty())
      throw InputError(fmt::format("input \"{}\": its {} cannot be changed while the network runs; give it another rate or weight 0 from the start, or build the network anew", now[k].name, what));
  now.swap(inputs);
  if (sums_suffice(network)) return;
  now.swap(inputs);
  throw InputError(fmt::format("the new inputs can add up to more than before: {}", advice));
}

void change_trains(Network& network, int population, SpikeTrains trains) {
  const Population& p = of_model(network, population, "spike_train");
  if (trains.neurons.size() != trains.times_ms.size())
    throw InputError(fmt::format("population \"{}\": {} neurons, but {} times were given", p.name, trains.neurons.size(), trains.times_ms.size()));
  for (std::size_t k = 0; k < trains.neurons.size(); ++k) {
    if (trains.neurons[k] < 0 || trains.neurons[k] >= p.size) throw InputError(fmt::format("population \"{}\": spike {}: neuron {} is out of range: there are {}, 0 to {}", p.name, k, trains.neurons[k], p.size, p.size - 1));
    if (!(trains.times_ms[k] >= 0) || !std::isfinite(trains.times_ms[k])) throw InputError(fmt::format("population \"{}\": spike {}: time {} ms: must be >= 0 ms", p.name, k, trains.times_ms[k]));
  }
  SpikeTrains& now = spec_of(network, population).trains;
  std::swap(now, trains);
  if (sums_suffice(network)) return;
  std::swap(now, trains);
  throw InputError(fmt::format("population \"{}\": more spikes of one neuron fall into one step than the network was built for; spread them over several steps", p.name));
}

void change_rates(Network& network, int population, std::vector<double> rates_hz) {
  const Population& p = of_model(network, population, "poisson_source");
  if (rates_hz.size() != 1 && static_cast<std::int64_t>(rates_hz.size()) != p.size)
    throw InputError(fmt::format("population \"{}\" has {} neurons, but {} rates were given: give one, or one for each", p.name, p.size, rates_hz.size()));
  for (double r : rates_hz)
    if (!(r >= 0) || !std::isfinite(r)) throw InputError(fmt::format("population \"{}\": rate {} Hz: must be >= 0 Hz", p.name, r));
  Schedule none;
  auto& rates = network.populations[static_cast<std::size_t>(population)].parameters[0];
  PopulationSpec& spec = spec_of(network, population);
  rates.swap(rates_hz);
  std::swap(spec.rate_hz, none);
  if (!sums_suffice(network)) {
    rates.swap(rates_hz);
    std::swap(spec.rate_hz, none);
    throw InputError(fmt::format("population \"{}\" cannot have so high a rate: {}", p.name, advice));
  }
  Values& named = spec.params["rate"];
  named = rates.size() == 1 ? Values::constant(rates[0]) : Values{.kind = Values::Kind::column};
  if (rates.size() > 1) named.column = std::make_shared<const std::vector<double>>(rates);
}

void write_variable(const Network& network, State& state, int population, const VariableRef& v, const std::vector<double>& values) {
  const Population& p = network.populations.at(static_cast<std::size_t>(population));
  if (p.event || !p.membrane) throw InputError(fmt::format("population \"{}\" has no state that can be set while it runs", p.name));
  if (v.receptor >= 0 && p.shares(v.receptor))
    throw InputError(fmt::format("population \"{}\": {}: receptors with the same time constants share one state, which cannot be set for one alone; give them different ones", p.name, v.name));
  if (static_cast<std::int64_t>(values.size()) != p.size) throw InputError(fmt::format("population \"{}\" has {} neurons, but {} values of {} were given", p.name, p.size, values.size(), v.name));
  for (std::size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i])) throw InputError(fmt::format("population \"{}\": {} of neuron {}: must be a finite number", p.name, v.name, i));
  for (std::size_t t = 0; t < network.shards.size(); ++t)
    for (std::size_t b = 0; b < network.shards[t].blocks.size(); ++b) {
      const Block& block = network.shards[t].blocks[b];
      if (block.population != population) continue;
      wake_all(network, state, t, b);
      for (std::size_t i = 0; i < block.n; ++i) {
        const std::size_t cell = static_cast<std::size_t>(block.first) + i;
        store(network.spec.simulation.double_precision, array_of(p, state.shards[t].blocks[b], v), i, values[cell] - base_of(p, v, cell));
      }
    }
}

}  // namespace ranvier::engine
