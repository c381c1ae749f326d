// SPDX-License-Identifier: Apache-2.0
/// A State as plain arrays by global id, and back: whatever the partition. Rows are not part of it; they follow from
/// the network file and its seed, which the fingerprint stands for.
#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <cmath>

#include "engine/fingerprint.hpp"
#include "engine/state.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

double get(bool double_precision, const void* array, std::size_t i) {
  return double_precision ? static_cast<const double*>(array)[i] : static_cast<double>(static_cast<const float*>(array)[i]);
}
void set(bool double_precision, void* array, std::size_t i, double value) {
  if (double_precision) static_cast<double*>(array)[i] = value;
  else static_cast<float*>(array)[i] = static_cast<float>(value);
}

/// Calls visit(name, read(block, i), write(block, i, value)) for every array of a population.
template <class Visit>
void for_each_array(const Network& network, int population, Visit visit) {
  const Population& p = network.populations[static_cast<std::size_t>(population)];
  const bool dbl = network.spec.simulation.double_precision;
  if (p.event) {
    const auto visit_double = [&](const std::string& name, std::size_t k) {
      const auto at = [k, n = p.event->cell_doubles](const BlockState& s, std::size_t i) { return s.event_cells + i * n + k; };
      visit(p.name + "/" + name, [=](const BlockState& s, std::size_t i) { return *at(s, i); }, [=](BlockState& s, std::size_t i, double x) { *at(s, i) = x; });
    };
    visit_double("since_ms", EventModel::since);
    visit_double("refractory_until_ms", EventModel::ready);
    for (const VariableRef& v : variables_of(network, population)) visit_double(v.name, EventModel::first_state + static_cast<std::size_t>(v.index));
    return;
  }
  const auto visit_state = [&](const std::string& name, auto array) {
    visit(p.name + "/" + name, [=](const BlockState& s, std::size_t i) { return get(dbl, array(s), i); },
          [=](BlockState& s, std::size_t i, double x) { set(dbl, array(s), i, x); });
  };
  for (const VariableRef& v : variables_of(network, population)) {
    if (v.receptor < 0) visit_state(v.name, [v](const BlockState& s) { return s.state[v.index]; });
    else if (p.apart && p.shares(v.receptor)) visit_state(v.name, [v](const BlockState& s) { return s.receptors[static_cast<std::size_t>(v.receptor)].state[v.index]; });
  }
  for (std::size_t q = 0; q < p.pools.size(); ++q) {
    std::string names;
    for (int r : p.pools[q].receptors) names += (names.empty() ? "" : "+") + p.spec->receptors[static_cast<std::size_t>(r)].name;
    for (std::size_t k = 0; k < p.first_of(p.pools[q]).model->info->state.size(); ++k)
      visit_state(fmt::format("{}.{}", names, p.first_of(p.pools[q]).model->info->state[k].name), [q, k](const BlockState& s) { return s.pools[q].state[k]; });
  }
  visit(p.name + "/refractory_until_step", [](const BlockState& s, std::size_t i) { return static_cast<double>(s.ready[i]); },
        [](BlockState& s, std::size_t i, double x) { s.ready[i] = static_cast<std::uint32_t>(x); });
  if (p.sleeps)
    visit(p.name + "/asleep_since_step", [](const BlockState& s, std::size_t i) { return static_cast<double>(s.asleep_since[i]); },
          [](BlockState& s, std::size_t i, double x) { s.asleep_since[i] = static_cast<std::uint32_t>(x); });
}

}  // namespace

Snapshot snapshot(const Network& network, const State& state) {
  Snapshot out{.step = state.step, .fingerprint = fingerprint(network), .double_precision = network.spec.simulation.double_precision, .arrays = {}, .in_flight = state.in_flight, .exact_in_flight = state.exact_in_flight};
  for (int k = 0; k < static_cast<int>(network.populations.size()); ++k) {
    const Population& p = network.populations[static_cast<std::size_t>(k)];
    if (!p.membrane && !p.event) continue;
    for_each_array(network, k, [&](const std::string& name, auto read, auto) {
      Snapshot::Array array{name, std::vector<double>(static_cast<std::size_t>(p.size))};
      for (std::size_t t = 0; t < network.shards.size(); ++t)
        for (std::size_t b = 0; b < network.shards[t].blocks.size(); ++b) {
          const Block& block = network.shards[t].blocks[b];
          if (block.population != k) continue;
          for (std::size_t i = 0; i < block.n; ++i) array.values[static_cast<std::size_t>(block.first) + i] = read(state.shards[t].blocks[b], i);
        }
      out.arrays.push_back(std::move(array));
    });
  }
  save_plastic(network, state, out);
  save_volumes(network, state, out);
  save_gap_currents(network, state, out);
  return out;
}

State restore(const Network& network, const Snapshot& s) {
  if (s.fingerprint != fingerprint(network))
    throw InputError("the saved state belongs to another network: its file, parameters or seeds differ from this one's\n"
                     "  try: the same network file, --set and --seed as when it was saved (threads, duration and recordings may differ)");
  State state = start(network);
  state.step = s.step;
  state.in_flight = s.in_flight;
  state.exact_in_flight = s.exact_in_flight;
  for (int k = 0; k < static_cast<int>(network.populations.size()); ++k) {
    const Population& p = network.populations[static_cast<std::size_t>(k)];
    if (!p.membrane && !p.event) continue;
    for_each_array(network, k, [&](const std::string& name, auto, auto write) {
      const auto it = std::find_if(s.arrays.begin(), s.arrays.end(), [&](const Snapshot::Array& a) { return a.name == name; });
      if (it == s.arrays.end() || it->values.size() != static_cast<std::size_t>(p.size))
        throw InputError(fmt::format("the saved state lacks \"{}\" of {} cells: it was written by another version or by a run that did not record this variable, or is damaged; save it again", name, p.size));
      for (std::size_t t = 0; t < network.shards.size(); ++t)
        for (std::size_t b = 0; b < network.shards[t].blocks.size(); ++b) {
          const Block& block = network.shards[t].blocks[b];
          if (block.population != k) continue;
          for (std::size_t i = 0; i < block.n; ++i) write(state.shards[t].blocks[b], i, it->values[static_cast<std::size_t>(block.first) + i]);
        }
    });
  }
  restore_volumes(network, s, state);
  restore_gap_currents(network, s, state);
  restore_plastic(network, s, state);
  const auto impossible = [&](const Spike& spike) { return static_cast<std::int64_t>(spike.neuron) >= network.neurons || spike.step > s.step; };
  if (std::any_of(s.in_flight.begin(), s.in_flight.end(), impossible) ||
      std::any_of(s.exact_in_flight.begin(), s.exact_in_flight.end(), [&](const ExactSpike& x) { return impossible(x.spike) || !std::isfinite(x.time_ms); }))
    throw InputError("the saved state holds a spike that this network cannot have: it is damaged; save it again");
  return state;
}

}  // namespace ranvier::engine
