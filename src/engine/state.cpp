// SPDX-License-Identifier: Apache-2.0
#include "engine/state.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "engine/apart.hpp"
#include "engine/assemble.hpp"
#include "engine/event.hpp"
#include "engine/values.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

/// Hands out aligned pieces of a shard's memory. The odd cache line between pieces keeps arrays that are read
/// together from falling on the same cache sets.
class Pool {
 public:
  explicit Pool(ShardState& s) : s_(s) {}
  template <class T>
  T* take(std::size_t n) {
    const std::size_t at = s_.byte;
    s_.byte += (n * sizeof(T) + 63) / 64 * 64 + 64;
    return data_ ? reinterpret_cast<T*>(data_ + at) : nullptr;
  }
  void use(std::byte* data) { data_ = data; s_.byte = 0; }

 private:
  ShardState& s_;
  std::byte* data_ = nullptr;
};

bool is_source(const Population& p) { return !p.membrane && !p.event; }
const ModelInfo& membrane_info(const Population& p) { return p.event ? *p.event->info : *p.membrane->model->info; }

/// One layout of a shard's state; called twice: to measure, then to hand out.
void lay_out(const Network& network, const Shard& shard, ShardState& s, Pool& pool) {
  const std::size_t real = network.spec.simulation.double_precision ? 8 : 4;
  const auto reals = [&](std::size_t n) { return static_cast<void*>(pool.take<std::byte>(n * real)); };
  s.sums = pool.take<std::byte>(shard.slots * (network.wide ? 8 : 4));
  bool any_sleeps = false;
  for (std::size_t b = 0; b < shard.blocks.size(); ++b) {
    const Population& p = network.populations[static_cast<std::size_t>(shard.blocks[b].population)];
    if (p.event) s.blocks[b].event_cells = pool.take<double>(shard.blocks[b].padded() * p.event->cell_doubles);
    if (!p.membrane) continue;
    BlockState& block = s.blocks[b];
    const std::size_t n = shard.blocks[b].padded(), shared = p.uniform ? group_size : n;
    const MembraneModel& model = *p.membrane->model;
    for (std::size_t k = 0; k < model.info->state.size(); ++k) block.state[k] = reals(n);
    for (int k = 0; k < model.n_constants; ++k) block.constants[k] = reals(shared);
    block.pools.resize(p.pools.size());
    block.receptors.resize(p.receptors.size());
    for (std::size_t q = 0; q < p.pools.size(); ++q) {
      const ReceptorModel& receptor = *p.first_of(p.pools[q]).model;
      const auto state = [&](ReceptorBlock& r) { for (std::size_t k = 0; k < receptor.info->state.size(); ++k) r.state[k] = reals(n); };
      state(block.pools[q]);
      for (int k = 0; k < receptor.n_constants; ++k) block.pools[q].constants[k] = reals(shared);
      for (int r : p.pools[q].receptors) {
        ReceptorBlock& own = block.receptors[static_cast<std::size_t>(r)];
        own = block.pools[q];
        if (p.apart && p.pools[q].receptors.size() > 1) state(own);
      }
    }
    block.ready = pool.take<std::uint32_t>(n);
    block.refractory = pool.take<std::uint32_t>(p.refractory.size() == 1 ? group_size : n);
    block.sleeps = p.sleeps;
    if (p.sleeps) block.asleep_since = pool.take<std::uint32_t>(n);
    any_sleeps = any_sleeps || p.sleeps;
    const bool driven = std::any_of(network.spec.inputs.begin(), network.spec.inputs.end(), [&](const InputSpec& i) {
      return i.kind != InputSpec::Kind::poisson && i.target.population == shard.blocks[b].population;
    });
    if (driven || p.coupled) block.current = reals(n);
  }
  if (any_sleeps) {
    const std::size_t groups = shard.cells / group_size;
    s.touched = pool.take<std::uint8_t>(groups + 1);
    s.active = pool.take<std::uint32_t>(groups + 2);
    s.group_of_slots = pool.take<std::uint32_t>(shard.slots / group_size + 1);
  }
}

void store(const Network& network, void* array, std::size_t i, double value) {
  if (network.spec.simulation.double_precision) static_cast<double*>(array)[i] = value;
  else static_cast<float*>(array)[i] = static_cast<float>(value);
}

std::vector<double> parameters_of_cell(const std::vector<std::vector<double>>& p, std::size_t i) {
  std::vector<double> out(p.size() + 1);
  for (std::size_t k = 0; k < p.size(); ++k) out[k] = p[k][p[k].size() == 1 ? 0 : i];
  return out;
}

void fill_constants(const Network& network, const Population& p, const Block& block, BlockState& s) {
  const MembraneModel& model = *p.membrane->model;
  const std::size_t n = p.uniform ? group_size : block.padded();
  for (std::size_t i = 0; i < n; ++i) {
    const std::size_t cell = p.uniform ? 0 : static_cast<std::size_t>(block.first) + std::min(i, block.n - 1);
    const auto membrane = parameters_of_cell(p.parameters, cell);
    double c[constants_max];
    model.derive(membrane.data(), network.dt(), c);
    for (int k = 0; k < model.n_constants; ++k) store(network, const_cast<void*>(s.constants[k]), i, c[k]);
    MembraneConstants coupled = model.constants(membrane.data());
    if (model.relative_to >= 0) coupled.base = membrane[static_cast<std::size_t>(model.relative_to)];
    for (std::size_t q = 0; q < p.pools.size(); ++q) {
      const Receptor& receptor = p.first_of(p.pools[q]);
      receptor.model->derive(parameters_of_cell(receptor.parameters, cell).data(), receptor.coupling, coupled, network.dt(), c);
      for (int k = 0; k < receptor.model->n_constants; ++k) store(network, const_cast<void*>(s.pools[q].constants[k]), i, c[k]);
    }
  }
  auto* refractory = const_cast<std::uint32_t*>(s.refractory);
  refractory[0] = p.refractory[0];
  for (std::size_t i = 0; i < block.padded() && p.refractory.size() > 1; ++i)
    refractory[i] = p.refractory[static_cast<std::size_t>(block.first) + std::min(i, block.n - 1)];
}

/// The value a state variable starts at where the file gives none: a parameter of the cell, or a number.
double default_initial(const StateVariable& v, std::span<const Parameter> table, const std::vector<std::vector<double>>& parameters, std::size_t cell) {
  for (std::size_t k = 0; k < table.size(); ++k)
    if (table[k].name == v.initial) return parameters[k][parameters[k].size() == 1 ? 0 : cell];
  double value = 0;
  std::from_chars(v.initial.data(), v.initial.data() + v.initial.size(), value);
  return value;
}

/// Where a model computes the start of a variable from the parameters and the variables before it.
double model_initial(const Network& network, const Population& p, const BlockState& s, int variable, std::size_t i, std::size_t cell, double otherwise) {
  if (variable == 0) return otherwise;
  double before[state_max] = {};
  for (int k = 0; k < variable; ++k)
    before[k] = network.spec.simulation.double_precision ? static_cast<const double*>(s.state[k])[i] : static_cast<double>(static_cast<const float*>(s.state[k])[i]);
  return p.membrane->model->initial(parameters_of_cell(p.parameters, cell).data(), before, variable);
}

/// Event-driven cells at time 0: not refractory, whatever happened before.
void fill_event_cells(const Network& network, const Block& block, const std::vector<std::vector<double>>& drawn, double* cells) {
  const Population& p = network.populations[static_cast<std::size_t>(block.population)];
  const ModelInfo& info = *p.event->info;
  for (std::size_t i = 0; i < block.padded(); ++i) {
    double* const c = cells + i * p.event->cell_doubles;
    const std::size_t cell = static_cast<std::size_t>(block.first) + std::min(i, block.n - 1);
    c[EventModel::since] = c[EventModel::ready] = 0;
    for (std::size_t v = 0; v < info.state.size(); ++v)
      c[EventModel::first_state + v] = drawn[v].empty() ? default_initial(info.state[v], info.parameters, p.parameters, cell) : drawn[v][drawn[v].size() == 1 ? 0 : cell];
  }
}

/// A receptor that shares its state adds its part to the pool's.
void add_to_pool(const Network& network, const Population& p, const BlockState& s, int receptor, int variable, std::size_t i, double x) {
  const auto q = static_cast<std::size_t>(p.pool_of(receptor));
  void* array = s.pools[q].state[variable];
  const double before = network.spec.simulation.double_precision ? static_cast<const double*>(array)[i] : static_cast<double>(static_cast<const float*>(array)[i]);
  store(network, array, i, p.pools[q].receptors[0] == receptor ? x : before + x);
}

void fill_initial(const Network& network, std::size_t shard, std::size_t b, const std::vector<std::vector<std::vector<double>>>& drawn, BlockState& s) {
  const Block& block = network.shards[shard].blocks[b];
  const Population& p = network.populations[static_cast<std::size_t>(block.population)];
  const auto variables = variables_of(network, block.population);
  for (std::size_t v = 0; v < variables.size(); ++v) {
    const VariableRef& ref = variables[v];
    const auto& values = drawn[static_cast<std::size_t>(block.population)][v];
    const auto r = static_cast<std::size_t>(std::max(ref.receptor, 0));
    const ModelInfo& info = ref.receptor < 0 ? *p.membrane->model->info : *p.receptors[r].model->info;
    const auto& parameters = ref.receptor < 0 ? p.parameters : p.receptors[r].parameters;
    void* array = ref.receptor < 0 ? s.state[ref.index] : s.receptors[r].state[ref.index];
    const int relative = ref.receptor < 0 && ref.index == 0 ? p.membrane->model->relative_to : -1;
    for (std::size_t i = 0; i < block.padded(); ++i) {
      const std::size_t cell = static_cast<std::size_t>(block.first) + std::min(i, block.n - 1);
      double x = values.empty() ? default_initial(info.state[static_cast<std::size_t>(ref.index)], info.parameters, parameters, cell) : values[values.size() == 1 ? 0 : cell];
      if (values.empty() && ref.receptor < 0 && p.membrane->model->initial) x = model_initial(network, p, s, ref.index, i, cell, x);
      if (relative >= 0) {
        const auto& base = p.parameters[static_cast<std::size_t>(relative)];
        x -= base[base.size() == 1 ? 0 : cell];
      }
      if (ref.receptor >= 0) add_to_pool(network, p, s, ref.receptor, ref.index, i, x);
      if (ref.receptor < 0 || (p.apart && p.shares(ref.receptor))) store(network, array, i, x);
    }
  }
}

ShardState make_shard(const Network& network, std::size_t t) {
  const Shard& shard = network.shards[t];
  ShardState s;
  s.blocks.resize(shard.blocks.size());
  s.gap_currents.resize(network.gaps.wave_steps * shard.gaps.cell.size());
  Pool pool(s);
  lay_out(network, shard, s, pool);
  s.memory = Arena(s.byte + 64);
  pool.use(s.memory.data());
  lay_out(network, shard, s, pool);
  for (std::size_t b = 0; b < shard.blocks.size(); ++b) {
    const Block& block = shard.blocks[b];
    const Population& p = network.populations[static_cast<std::size_t>(block.population)];
    if (!p.membrane) continue;
    BlockState& state = s.blocks[b];
    fill_constants(network, p, block, state);
    const auto connect = [&](ReceptorBlock& r, const Receptor& receptor, int slot) {
      r.op = receptor.op;
      r.quantum = receptor.quantum;
      r.site_byte = block.padded() * (network.wide ? 8 : 4);
      if (receptor.model->structure) receptor.model->structure(parameters_of_cell(receptor.parameters, 0).data(), r.structure);
      r.input = static_cast<std::byte*>(s.sums) + (block.slot + static_cast<std::size_t>(slot) * block.padded()) * (network.wide ? 8 : 4);
    };
    std::vector<int> ops;
    for (std::size_t q = 0; q < p.pools.size(); ++q) {
      connect(state.pools[q], p.first_of(p.pools[q]), p.pools[q].slot);
      ops.push_back(state.pools[q].op);
    }
    for (std::size_t r = 0; r < p.receptors.size(); ++r) connect(state.receptors[r], p.receptors[r], p.receptors[r].slot);
    const bool dbl = network.spec.simulation.double_precision;
    if (p.apart) state.advance = advance_receptors(dbl, p.uniform);
    state.step = p.sleeps ? p.membrane->step_sleepers(dbl, p.uniform) : p.membrane->step_for(dbl, p.uniform, ops.data(), static_cast<int>(ops.size()));
    if (state.asleep_since) std::fill_n(state.asleep_since, block.padded(), awake);
  }
  if (s.touched) {
    // Blocks that never sleep share a dump behind the last group, which is always marked as touched.
    const auto dump = static_cast<std::uint32_t>(shard.cells / group_size);
    s.touched[dump] = 1;
    for (std::size_t b = 0; b < shard.blocks.size(); ++b) {
      const Block& block = shard.blocks[b];
      const std::size_t groups = block.padded() / group_size;
      const auto arrays = static_cast<std::size_t>(network.populations[static_cast<std::size_t>(block.population)].slot_arrays);
      for (std::size_t g = 0; g < groups * arrays; ++g)
        s.group_of_slots[block.slot / group_size + g] = s.blocks[b].sleeps ? static_cast<std::uint32_t>(block.cell / group_size + g % groups) : dump;
      for (std::size_t g = 0; g < groups && s.blocks[b].sleeps; ++g) {
        s.touched[block.cell / group_size + g] = 1;
        s.active[s.n_active++] = static_cast<std::uint32_t>(block.cell / group_size + g);
      }
    }
  }
  return s;
}

std::vector<std::vector<std::vector<double>>> draw_initial(const Network& network) {
  std::vector<std::vector<std::vector<double>>> drawn(network.populations.size());
  std::vector<std::string> problems;
  for (std::size_t k = 0; k < network.populations.size(); ++k) {
    const Population& p = network.populations[k];
    if (is_source(p)) continue;
    const auto variables = variables_of(network, static_cast<int>(k));
    std::size_t used = 0, given = p.spec->initial.size();
    for (const auto& r : p.spec->receptors) given += r.initial.size();
    for (std::size_t v = 0; v < variables.size(); ++v) {
      const VariableRef& ref = variables[v];
      const auto& table = ref.receptor < 0 ? p.spec->initial : p.spec->receptors[static_cast<std::size_t>(ref.receptor)].initial;
      const auto& info = ref.receptor < 0 ? membrane_info(p) : *p.receptors[static_cast<std::size_t>(ref.receptor)].model->info;
      const auto it = table.find(std::string(info.state[static_cast<std::size_t>(ref.index)].name));
      drawn[k].emplace_back();
      if (it == table.end()) continue;
      ++used;
      drawn[k].back() = draw_values(it->second, p.size, network.spec.simulation.seed_initial, initial_object(static_cast<int>(k), ref.receptor, ref.index));
    }
    if (used != given) problems.push_back(fmt::format("population \"{}\": initial names a state variable that its model does not have; see ranvier models {}", p.name, p.spec->membrane));
  }
  if (!problems.empty()) throw InputError(problems);
  return drawn;
}

/// Spikes of trains at time 0 are already under way when the first step begins.
void spikes_at_zero(const Network& network, State& state) {
  for (const Population& p : network.populations) {
    if (p.spec->membrane != "spike_train") continue;
    for (std::size_t k = 0; k < p.spec->trains.times_ms.size(); ++k) {
      const double time_ms = p.spec->trains.times_ms[k];
      if (std::llround(time_ms / network.dt()) != 0) continue;
      const Spike spike{0, static_cast<std::uint32_t>(p.first + p.spec->trains.neurons[k])};
      state.in_flight.push_back(spike);
      if (p.exact_times) state.exact_in_flight.push_back({spike, time_ms});
    }
  }
  std::sort(state.in_flight.begin(), state.in_flight.end());
  std::sort(state.exact_in_flight.begin(), state.exact_in_flight.end());
}

}  // namespace

std::vector<VariableRef> variables_of(const Network& network, int population) {
  const Population& p = network.populations[static_cast<std::size_t>(population)];
  std::vector<VariableRef> out;
  if (is_source(p)) return out;
  int index = 0;
  for (const StateVariable& v : membrane_info(p).state) out.push_back({-1, index++, std::string(v.name), std::string(v.unit)});
  for (std::size_t r = 0; r < p.receptors.size(); ++r) {
    index = 0;
    for (const StateVariable& v : p.receptors[r].model->info->state)
      out.push_back({static_cast<int>(r), index++, fmt::format("{}.{}", p.spec->receptors[r].name, v.name), p.spec->receptors[r].conductance ? "nS" : std::string(v.unit)});
  }
  return out;
}

State start(const Network& network) {
  State state;
  const auto drawn = draw_initial(network);
  for (std::size_t t = 0; t < network.shards.size(); ++t) {
    state.shards.push_back(make_shard(network, t));
    state.shards.back().volumes = start_volumes(network);
    state.shards.back().plastic = start_plastic(network, network.shards[t], state.shards.back().volumes);
    for (std::size_t b = 0; b < network.shards[t].blocks.size(); ++b) {
      const Block& block = network.shards[t].blocks[b];
      BlockState& cells = state.shards[t].blocks[b];
      if (cells.step) fill_initial(network, t, b, drawn, cells);
      if (cells.event_cells) fill_event_cells(network, block, drawn[static_cast<std::size_t>(block.population)], cells.event_cells);
    }
  }
  spikes_at_zero(network, state);
  hear(network, state);
  state.growing = start_structures(network, state);
  return state;
}

void read_variable(const Network& network, const State& state, std::uint32_t step, std::size_t shard, std::size_t b, const VariableRef& ref, std::size_t first, std::size_t n, double* out) {
  const Block& block = network.shards[shard].blocks[b];
  const Population& p = network.populations[static_cast<std::size_t>(block.population)];
  const BlockState& s = state.shards[shard].blocks[b];
  if (p.event) return read_event_cells(network, block, s.event_cells, step, ref.index, first, n, out);
  Visit v;
  v.first = first;
  v.n = n;
  std::copy(std::begin(s.state), std::end(s.state), std::begin(v.state));
  std::copy(std::begin(s.constants), std::end(s.constants), std::begin(v.constants));
  // A receptor kept apart is up to date in every step, whether its cell sleeps or not.
  const bool apart = ref.receptor >= 0 && p.shares(ref.receptor);
  const std::vector<ReceptorBlock>& receptors = apart ? s.receptors : s.pools;
  v.receptors = const_cast<ReceptorBlock*>(receptors.data());  // reading changes nothing
  v.n_receptors = static_cast<int>(receptors.size());
  v.asleep_since = apart ? nullptr : s.asleep_since;
  p.membrane->read(network.spec.simulation.double_precision, p.uniform)(v, step, apart ? ref.receptor : ref.receptor < 0 ? -1 : p.pool_of(ref.receptor), ref.index, out);
  if (ref.receptor < 0 && ref.index == 0 && p.membrane->model->relative_to >= 0) {
    const auto& base = p.parameters[static_cast<std::size_t>(p.membrane->model->relative_to)];
    for (std::size_t i = 0; i < n; ++i) out[i] += base[base.size() == 1 ? 0 : static_cast<std::size_t>(block.first) + first + i];
  }
}

}  // namespace ranvier::engine
