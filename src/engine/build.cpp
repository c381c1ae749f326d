// SPDX-License-Identifier: Apache-2.0
/// From a NetworkSpec to a Network: populations resolved, weights given their units, neurons dealt to shards; the
/// rows themselves are drawn and packed in rows.cpp.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <thread>

#include "core/grid_time.hpp"
#include "core/math.hpp"
#include "engine/assemble.hpp"
#include "engine/network.hpp"
#include "engine/register.hpp"
#include "engine/structure.hpp"
#include "engine/synapse_model.hpp"
#include "engine/values.hpp"
#include "engine/volume.hpp"
#include "engine/weight_series.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {

bool is_source(const PopulationSpec& p) { return p.membrane == "poisson_source" || p.membrane == "spike_train"; }

/// Object numbers of parameters, so that no two parameters of a network share random words.
std::uint32_t parameter_object(int population, int receptor, int parameter, bool initial) {
  return static_cast<std::uint32_t>(population) * 4096u + static_cast<std::uint32_t>(receptor + 1) * 128u + static_cast<std::uint32_t>(parameter) + (initial ? 64u : 0u);
}

std::vector<std::vector<double>> resolve_parameters(std::span<const Parameter> table, const std::map<std::string, Values>& given, std::int64_t size,
                                                    std::uint64_t seed, int population, int receptor) {
  std::vector<std::vector<double>> out;
  for (std::size_t k = 0; k < table.size(); ++k) {
    const auto it = given.find(std::string(table[k].name));
    if (it == given.end()) out.push_back({table[k].default_value});
    else out.push_back(draw_values(it->second, size, seed, parameter_object(population, receptor, static_cast<int>(k), false)));
  }
  return out;
}

void check_ranges(std::span<const Parameter> table, const std::vector<std::vector<double>>& values, const std::string& where, std::vector<std::string>& problems) {
  for (std::size_t k = 0; k < table.size(); ++k)
    for (std::size_t i = 0; i < values[k].size(); ++i)
      if (!table[k].range.contains(values[k][i])) {
        problems.push_back(fmt::format("{}, {} = {} {}{}: outside its legal range", where, table[k].name, values[k][i], table[k].unit,
                                       values[k].size() > 1 ? fmt::format(" (cell {})", i) : ""));
        break;
      }
}

bool all_constant(const std::vector<std::vector<double>>& p) {
  return std::all_of(p.begin(), p.end(), [](const auto& v) { return v.size() == 1; });
}

std::vector<double> cell(const std::vector<std::vector<double>>& p, std::size_t i) {
  std::vector<double> out(p.size() + 1);
  for (std::size_t k = 0; k < p.size(); ++k) out[k] = p[k][p[k].size() == 1 ? 0 : i];
  return out;
}

/// Whether the cells may fall asleep: they cannot fire by themselves, and nothing keeps most of them awake.
bool may_sleep(const NetworkSpec& spec, int index, const Population& p) {
  const auto quiet = p.membrane->model->quiet;
  if (!quiet || !p.spec->sleep || !p.membrane->step_sleepers(false, true)) return false;
  if (p.coupled) return false;
  for (const ProjectionSpec& projection : spec.projections)
    if (projection.target.population == index && watches_potential(projection)) return false;
  for (const Receptor& r : p.receptors)
    if (!r.model->sleeps || r.coupling != Coupling::exact) return false;
  for (const InputSpec& input : spec.inputs) {
    if (input.target.population != index) continue;
    if (input.kind != InputSpec::Kind::poisson) return false;
    if (2 * input.target.size() > p.size) return false;
  }
  const std::size_t n = all_constant(p.parameters) ? 1 : static_cast<std::size_t>(p.size);
  for (std::size_t i = 0; i < n; ++i)
    if (!quiet(cell(p.parameters, i).data(), 0)) return false;
  return true;
}

/// A population off the grid: parameters, and the one receptor that stands for the membrane itself.
void resolve_event_driven(const NetworkSpec& spec, int index, Population& p, std::vector<std::string>& problems) {
  const ModelInfo& info = *p.event->info;
  const std::string where = fmt::format("population \"{}\"", p.name);
  p.parameters = resolve_parameters(info.parameters, p.spec->params, p.size, spec.simulation.seed_initial, index, -1);
  p.uniform = all_constant(p.parameters);
  p.exact_times = true;
  check_ranges(info.parameters, p.parameters, where, problems);
  if (p.spec->receptors.size() != 1 || p.spec->receptors[0].kind != "event")
    problems.push_back(fmt::format("{}: membrane \"{}\" takes spikes as they are and has no choice of receptors; give it one of kind \"event\"", where, info.name));
}

/// Whether a recording of the population's state names a variable of this receptor.
bool is_looked_at(const NetworkSpec& spec, int population, const ReceptorSpec& receptor) {
  for (const RecordingSpec& r : spec.recordings)
    if (r.kind == RecordingSpec::Kind::state && r.neurons.population == population)
      for (const std::string& variable : r.variables)
        if (variable.starts_with(receptor.name + ".")) return true;
  return false;
}

void pool_receptors(const NetworkSpec& spec, int index, Population& p) {
  for (int r = 0; r < static_cast<int>(p.receptors.size()); ++r) {
    const Receptor& receptor = p.receptors[static_cast<std::size_t>(r)];
    const auto alike = [&](const Pool& pool) {
      const Receptor& other = p.first_of(pool);
      return receptor.model->additive && other.op == receptor.op && other.parameters == receptor.parameters;
    };
    const auto pool = std::find_if(p.pools.begin(), p.pools.end(), alike);
    if (pool == p.pools.end()) p.pools.push_back({{r}, 0});
    else pool->receptors.push_back(r);
  }
  for (int r = 0; r < static_cast<int>(p.receptors.size()); ++r)
    p.apart = p.apart || (p.shares(r) && is_looked_at(spec, index, p.spec->receptors[static_cast<std::size_t>(r)]));
  for (Pool& pool : p.pools) {
    pool.slot = p.slot_arrays;
    p.slot_arrays += p.first_of(pool).sites;
    const bool apart = p.apart && pool.receptors.size() > 1;
    for (int r : pool.receptors) p.receptors[static_cast<std::size_t>(r)].slot = apart ? p.slot_arrays++ : pool.slot;
  }
}

constexpr int sites_max = 1 << 20;

/// What fixes the shape of a receptor's input must be one number for all cells.
void check_structure(const Receptor& receptor, const PopulationSpec& s, const std::string& where, std::vector<std::string>& problems) {
  if (!receptor.model->structure) return;
  const ModelInfo& info = *receptor.model->info;
  for (std::size_t k = 0; k < info.parameters.size(); ++k) {
    const bool shape = !info.parameters[k].words.empty() || std::find(info.site_parameters.begin(), info.site_parameters.end(), info.parameters[k].name) != info.site_parameters.end();
    if (shape && receptor.parameters[k].size() > 1) problems.push_back(fmt::format("{}: {} must be the same for all cells", where, info.parameters[k].name));
  }
  if (receptor.sites > sites_max) problems.push_back(fmt::format("{}: more than {} sites a cell", where, sites_max));
  else if (static_cast<double>(receptor.sites) * static_cast<double>(s.size) > 4e9) problems.push_back(fmt::format("{}: {} sites x {} cells are more than 4e9", where, receptor.sites, s.size));
}

void resolve_population(const NetworkSpec& spec, int index, Population& p, std::vector<std::string>& problems) {
  const PopulationSpec& s = spec.populations[static_cast<std::size_t>(index)];
  const std::string where = fmt::format("population \"{}\"", s.name);
  p.name = s.name;
  p.size = s.size;
  p.spec = &s;
  if (s.size <= 0) problems.push_back(fmt::format("{}: size = {}: must be at least 1", where, s.size));
  const std::uint64_t seed = spec.simulation.seed_initial;
  if (is_source(s)) {
    const ModelInfo* info = find_model(ModelInfo::Kind::source, s.membrane);
    p.parameters = resolve_parameters(info->parameters, s.params, s.size, seed, index, -1);
    p.uniform = all_constant(p.parameters);
    check_ranges(info->parameters, p.parameters, where, problems);
    return;
  }
  p.event = find_event_membrane(s.membrane);
  if (p.event) return resolve_event_driven(spec, index, p, problems);
  p.membrane = find_membrane(s.membrane);
  if (!p.membrane) {
    problems.push_back(fmt::format("{}: membrane \"{}\": no such model. All names: ranvier models", where, s.membrane));
    return;
  }
  const MembraneModel& model = *p.membrane->model;
  p.parameters = resolve_parameters(model.info->parameters, s.params, s.size, seed, index, -1);
  check_ranges(model.info->parameters, p.parameters, where, problems);
  p.uniform = true;
  for (int k = 0; k < static_cast<int>(p.parameters.size()); ++k) p.uniform = p.uniform && (p.parameters[static_cast<std::size_t>(k)].size() == 1 || k == model.refractory);
  if (static_cast<int>(s.receptors.size()) > receptors_max)
    problems.push_back(fmt::format("{}: {} receptors: at most {} are possible", where, s.receptors.size(), receptors_max));

  const bool any_conductance = std::any_of(s.receptors.begin(), s.receptors.end(), [](const auto& r) { return r.conductance; });
  for (std::size_t r = 0; r < s.receptors.size() && r < receptors_max; ++r) {
    const ReceptorSpec& rs = s.receptors[r];
    Receptor receptor;
    receptor.model = find_receptor(rs.kind);
    if (!receptor.model) {
      problems.push_back(fmt::format("{}, receptor \"{}\": kind \"{}\": no such receptor. All names: ranvier models", where, rs.name, rs.kind));
      continue;
    }
    if (rs.conductance && !receptor.model->conductance_allowed)
      problems.push_back(fmt::format("{}, receptor \"{}\": a {} receptor cannot be a conductance; remove conductance = true", where, rs.name, rs.kind));
    if (!rs.conductance && receptor.model->info->conductance_only)
      problems.push_back(fmt::format("{}, receptor \"{}\": a {} receptor is a conductance; add conductance = true", where, rs.name, rs.kind));
    if (rs.conductance && !model.takes_conductance)
      problems.push_back(fmt::format("{}, receptor \"{}\": membrane \"{}\" has no capacitance that a conductance could act on; remove conductance = true", where, rs.name, s.membrane));
    if (receptor.model->jumps_g && !model.takes_jump_g)
      problems.push_back(fmt::format("{}, receptor \"{}\": a {} receptor needs a membrane with a synaptic variable of its own (lif_shiu)", where, rs.name, rs.kind));
    receptor.coupling = rs.conductance ? Coupling::conductance : model.linear && !any_conductance ? Coupling::exact : Coupling::current;
    receptor.op = receptor_op(rs.kind, receptor.coupling);
    receptor.parameters = resolve_parameters(receptor.model->info->parameters, rs.params, s.size, seed, index, static_cast<int>(r));
    check_ranges(receptor.model->info->parameters, receptor.parameters, fmt::format("{}, receptor \"{}\"", where, rs.name), problems);
    p.uniform = p.uniform && all_constant(receptor.parameters);
    receptor.sites = static_cast<int>(std::min<std::int64_t>(sites_of(s, static_cast<int>(r)), sites_max + 1));
    if (receptor.model->validate)
      if (const char* problem = receptor.model->validate(cell(receptor.parameters, 0).data())) problems.push_back(fmt::format("{}, receptor \"{}\": {}", where, rs.name, problem));
    check_structure(receptor, s, fmt::format("{}, receptor \"{}\"", where, rs.name), problems);
    p.receptors.push_back(std::move(receptor));
  }
  const std::size_t n = all_constant(p.parameters) ? 1 : static_cast<std::size_t>(p.size);
  const double dt = spec.simulation.dt_ms;
  for (std::size_t i = 0; i < n; ++i) {
    const auto values = cell(p.parameters, i);
    if (model.spikes_max) p.spikes_max = std::max(p.spikes_max, model.spikes_max(values.data(), dt));
    if (const char* problem = model.validate(values.data(), dt)) {
      problems.push_back(fmt::format("{}{}: {}", where, n > 1 ? fmt::format(", cell {}", i) : "", problem));
      break;
    }
  }
  if (model.refractory < 0) p.refractory = {0};
  else for (double t_ref : p.parameters[static_cast<std::size_t>(model.refractory)]) p.refractory.push_back(nearest_step(t_ref, dt));
  if (*std::max_element(p.refractory.begin(), p.refractory.end()) > 1u << 30) problems.push_back(fmt::format("{}: a t_ref of more than 2^30 time steps of {} ms; cells that never fire again need no more than that", where, dt));
  p.coupled = std::any_of(spec.gap_junctions.begin(), spec.gap_junctions.end(), [&](const GapJunctionSpec& g) { return g.source.population == index || g.target.population == index; });
  p.sleeps = may_sleep(spec, index, p);
  pool_receptors(spec, index, p);
}

/// Whether some neuron is in both slices.
bool share_a_neuron(const Slice& a, const Slice& b) {
  if (a.population != b.population) return false;
  for (std::int64_t i = 0; i < a.size(); ++i)
    if (a[i] >= b.first && a[i] < b.last && (a[i] - b.first) % b.stride == 0) return true;
  return false;
}

}  // namespace

std::string impossible(const ProjectionSpec& p, std::int64_t sites) {
  const Rule& rule = p.rule;
  const std::int64_t sources = p.source.size(), targets = p.target.size() * sites;
  if (rule.kind == Rule::Kind::one_to_one && sources != targets) return fmt::format("one_to_one: {} sources, but {} targets: both slices must have the same size", sources, targets);
  const std::int64_t lost = !rule.allow_autapses && share_a_neuron(p.source, p.target) ? 1 : 0;
  const auto too_many = [&](const char* what, std::int64_t available, const char* whose) {
    if (rule.number <= 0 || (available > 0 && (rule.allow_multapses || rule.number <= available))) return std::string();
    return fmt::format("{} = {}: there are only {} {}{}; lower the number, or set allow_multapses = true", what, rule.number, std::max<std::int64_t>(available, 0), whose, lost ? " without autapses" : "");
  };
  switch (rule.kind) {
    case Rule::Kind::fixed_indegree: return targets > 0 ? too_many("fixed_indegree", sources - lost, "sources") : "";
    case Rule::Kind::fixed_outdegree: return sources > 0 ? too_many("fixed_outdegree", targets - lost, "targets") : "";
    case Rule::Kind::fixed_total_number: {
      std::int64_t pairs = sources * targets;
      for (std::int64_t i = 0; lost && i < sources; ++i) pairs -= share_a_neuron({p.source.population, p.source[i], p.source[i] + 1, 1}, p.target);
      return too_many("fixed_total_number", pairs, "pairs");
    }
    default: return "";
  }
}

namespace {

/// What cannot be done where cells with and without a grid are joined; and trains that keep their exact times.
void resolve_off_grid(Network& network, std::vector<std::string>& problems) {
  const double dt = network.dt();
  const auto population = [&](const Slice& s) -> Population& { return network.populations[static_cast<std::size_t>(s.population)]; };
  for (const ProjectionSpec& p : network.spec.projections) {
    Population &from = population(p.source), &to = population(p.target);
    network.off_grid = network.off_grid || to.event;
    if (to.event && from.spec->membrane == "spike_train") from.exact_times = true;
    if (!from.event || !to.membrane) continue;
    const auto& t_ref = from.parameters[static_cast<std::size_t>(from.event->refractory)];
    const double shortest = *std::min_element(t_ref.begin(), t_ref.end());
    if (shortest < dt)
      problems.push_back(fmt::format("population \"{}\": t_ref = {:g} ms: its cells could fire several times in a time step of {} ms, which cells on the grid such as those of "
                                     "\"{}\" cannot tell apart; give a t_ref of at least {} ms, or a smaller dt", from.name, shortest, dt, to.name, dt));
  }
  for (const InputSpec& input : network.spec.inputs)
    if (const Population& to = population(input.target); input.kind == InputSpec::Kind::poisson && sites_of(*to.spec, input.receptor) > 1)
      problems.push_back(fmt::format("{}: receptor \"{}\" of population \"{}\" has sites: let a poisson_source project onto it", input.where.empty() ? "inputs" : input.where,
                                     to.spec->receptors[static_cast<std::size_t>(input.receptor)].name, to.name));
    else if (to.event)
      problems.push_back(fmt::format("{}: population \"{}\" is event-driven and takes spikes only; let a poisson_source or a spike_train project onto it", input.where.empty() ? "inputs" : input.where, to.name));
}

/// Off the grid a delay is not rounded; a drawn one that falls short of a step counts as one step.
bool delay_fits(const PopulationSpec& target, const Sampler& delay, double dt) {
  return !find_event_membrane(target.membrane) || !delay.constant() || delay.constant_value() > 0.999999 * dt;
}

/// Receptors that a rule of transmission leaves to decay: exponential ones, at the rule's own rate.
void check_transmission(const NetworkSpec& spec, const ProjectionSpec& p, const SynapseSpec& rule, double tau_ms, const std::string& where, std::vector<std::string>& problems) {
  const auto& receptors = spec.populations[static_cast<std::size_t>(p.target.population)].receptors;
  if (p.receptor < 0 || p.receptor >= static_cast<int>(receptors.size())) return;  // told by check_projections()
  const ReceptorSpec& r = receptors[static_cast<std::size_t>(p.receptor)];
  if (r.kind != "exponential" && r.kind != "nmda") {
    problems.push_back(fmt::format("{}: {}: receptor \"{}\" is of kind {}, but what the rule opens closes exponentially; project onto one of kind \"exponential\" or \"nmda\"", where, rule.rule, r.name, r.kind));
    return;
  }
  const auto given = r.params.find("tau_syn");
  const ModelInfo& info = *find_receptor(r.kind)->info;
  const auto known = std::find_if(info.parameters.begin(), info.parameters.end(), [](const Parameter& x) { return x.name == "tau_syn"; });
  const Sampler tau(given != r.params.end() ? given->second : Values::constant(known->default_value));
  if (tau.constant() && std::fabs(tau.constant_value() - tau_ms) <= 2e-3 * tau_ms) return;
  problems.push_back(fmt::format("{}: {}: receptor \"{}\" decays with tau_syn = {}, but the rule's receptors close with 1 / beta = {:.4g} ms; set tau_syn = \"{:.4g} ms\", or beta", where, rule.rule, r.name,
                                 tau.constant() ? fmt::format("{:g} ms", tau.constant_value()) : "values that differ from cell to cell", tau_ms, tau_ms));
}

/// What is wrong with a projection's synapse rules.
void check_synapses(const NetworkSpec& spec, const ProjectionSpec& p, const std::string& where, std::vector<std::string>& problems) {
  int of_weight = 0, of_transmission = 0;
  const Sampler weight(p.weight);
  if (is_plastic(p) && weight.lowest() < 0 && weight.highest() > 0)
    problems.push_back(fmt::format("{}: weights from {:g} to {:g}: synapses with a rule need weights of one sign", where, weight.lowest(), weight.highest()));
  if (is_plastic(p) && find_event_membrane(spec.populations[static_cast<std::size_t>(p.target.population)].membrane))
    problems.push_back(fmt::format("{}: population \"{}\" is event-driven, and synapses onto such cells are static", where, spec.populations[static_cast<std::size_t>(p.target.population)].name));
  if (const MembraneEntry* membrane = find_membrane(spec.populations[static_cast<std::size_t>(p.target.population)].membrane);
      watches_potential(p) && membrane && membrane->model->info->state[0].unit != "mV")
    problems.push_back(fmt::format("{}: {}: population \"{}\": membrane \"{}\" has no potential that the rule could follow; use another membrane, such as \"adex\"", where,
                                   p.synapse[0].rule, spec.populations[static_cast<std::size_t>(p.target.population)].name, membrane->model->info->name));
  if (is_plastic(p) && target_sites(spec, p) != 1) problems.push_back(where + ": synapses onto a receptor with sites are static");
  for (const SynapseSpec& s : p.synapse) {
    const SynapseModel* model = find_synapse(s.rule);
    if (!model) {
      problems.push_back(fmt::format("{}: synapse rule \"{}\": no such rule. All names: ranvier models", where, s.rule));
      continue;
    }
    of_weight += model->changes_weights();
    const SynapseParameters values = synapse_parameters(*model, s, p, spec.simulation.dt_ms);
    bool in_range = true;
    for (std::size_t k = 0; k < values.value.size(); ++k)
      if (!model->info->parameters[k].range.contains(values.value[k])) {
        in_range = false;
        problems.push_back(fmt::format("{}: {}.{} = {}: outside its legal range", where, s.rule, model->info->parameters[k].name, values.value[k]));
      }
    for (std::size_t k = 0; k < values.choice.size(); ++k)
      if (values.choice[k] >= static_cast<int>(model->info->choices[k].words.size())) {
        in_range = false;
        problems.push_back(fmt::format("{}: {}.{}: no such word", where, s.rule, model->info->choices[k].name));
      }
    if (const char* problem = in_range ? model->validate(values) : nullptr) problems.push_back(fmt::format("{}: {}: {}", where, s.rule, problem));
    if (model->receptor_tau_ms) ++of_transmission;
    if (model->receptor_tau_ms && in_range) check_transmission(spec, p, s, model->receptor_tau_ms(values), where, problems);
  }
  if (of_transmission > 1) problems.push_back(where + ": two rules of transmission: choose one, or make two projections, each onto its receptor");
  if (of_weight > 1) problems.push_back(where + ": two rules that both change the weight: choose one");
  check_rewiring(spec, p, where, problems);
}

/// What rules cannot do where their targets are sites of cells.
void check_sites(const NetworkSpec& spec, const ProjectionSpec& p, const std::string& where, std::vector<std::string>& problems) {
  if (target_sites(spec, p) == 1) return;
  if (!p.rule.allow_autapses) problems.push_back(where + ": allow_autapses = false is not possible onto a receptor with sites");
  if (p.rule.kind == Rule::Kind::distance) problems.push_back(where + ": a distance rule is not possible onto a receptor with sites: cells have positions, sites have none");
}

void check_projections(const NetworkSpec& spec, std::vector<std::string>& problems) {
  for (std::size_t k = 0; k < spec.projections.size(); ++k) {
    const ProjectionSpec& p = spec.projections[k];
    const std::string where = p.where.empty() ? fmt::format("projections[{}]", k) : p.where;
    const PopulationSpec& target = spec.populations[static_cast<std::size_t>(p.target.population)];
    if (is_source(target)) problems.push_back(fmt::format("{}: target \"{}\" is a source of spikes and takes no input", where, target.name));
    else if (p.receptor < 0 || p.receptor >= static_cast<int>(target.receptors.size()))
      problems.push_back(fmt::format("{}: receptor {} of population \"{}\": it has {}", where, p.receptor, target.name, target.receptors.size()));
    check_sites(spec, p, where, problems);
    if (const std::string problem = impossible(p, target_sites(spec, p)); !problem.empty()) problems.push_back(fmt::format("{}: {}", where, problem));
    const Sampler delay(p.delay_ms), weight(p.weight);
    if (!delay_fits(target, delay, spec.simulation.dt_ms) || (std::lround(delay.lowest() / spec.simulation.dt_ms) < 1 && delay.lowest() < 0.5 * spec.simulation.dt_ms))
      problems.push_back(fmt::format("{}: delay = {:g} ms: must be at least one time step ({} ms); shorten dt or bound the delay with min", where, delay.lowest(), spec.simulation.dt_ms));
    if (delay.highest() / spec.simulation.dt_ms > 65535)
      problems.push_back(fmt::format("{}: delay = {:g} ms: at most 65,535 steps of {} ms are possible", where, delay.highest(), spec.simulation.dt_ms));
    if (!std::isfinite(weight.lowest()) || !std::isfinite(weight.highest())) problems.push_back(fmt::format("{}: weight is not finite", where));
    check_synapses(spec, p, where, problems);
    const int sign = !is_source(target) && p.receptor >= 0 && p.receptor < static_cast<int>(target.receptors.size()) ? target.receptors[static_cast<std::size_t>(p.receptor)].sign : 0;
    if ((sign > 0 && weight.lowest() < 0) || (sign < 0 && weight.highest() > 0))
      problems.push_back(fmt::format("{}: weights from {:g} to {:g}: receptor \"{}\" takes weights {} 0", where, weight.lowest(), weight.highest(),
                                     target.receptors[static_cast<std::size_t>(p.receptor)].name, sign > 0 ? ">=" : "<="));
  }
}

/// Deals each population to the shards in contiguous parts of whole groups; the parts of small populations go
/// round the shards, so that many small populations use all threads too.
void partition(Network& network, int n_shards) {
  network.shards.resize(static_cast<std::size_t>(n_shards));
  std::int64_t dealt = 0;
  for (int k = 0; k < static_cast<int>(network.populations.size()); ++k) {
    const Population& p = network.populations[static_cast<std::size_t>(k)];
    const auto group = static_cast<std::int64_t>(group_size);
    const std::int64_t groups = (p.size + group - 1) / group, offset = dealt % n_shards;
    const auto boundary = [&](std::int64_t t) { return std::min(p.size, (groups * t + offset) / n_shards * group); };
    for (int t = 0; t < n_shards; ++t) {
      const std::int64_t first = t == 0 ? 0 : boundary(t), last = t + 1 == n_shards ? p.size : boundary(t + 1);
      if (last <= first) continue;
      Shard& shard = network.shards[static_cast<std::size_t>(t)];
      Block block{.population = k, .first = first, .n = static_cast<std::size_t>(last - first), .cell = shard.cells, .slot = shard.slots};
      shard.cells += block.padded();
      shard.slots += block.padded() * static_cast<std::size_t>(p.slot_arrays);
      shard.blocks.push_back(block);
    }
    dealt += groups;
  }
}

}  // namespace

int Population::pool_of(int receptor) const {
  const auto has = [receptor](const Pool& p) { return std::find(p.receptors.begin(), p.receptors.end(), receptor) != p.receptors.end(); };
  return static_cast<int>(std::find_if(pools.begin(), pools.end(), has) - pools.begin());
}

int Network::population_of(std::int64_t neuron) const {
  int k = 0;
  while (k + 1 < static_cast<int>(populations.size()) && neuron >= populations[static_cast<std::size_t>(k) + 1].first) ++k;
  return k;
}

std::vector<double> draw_values(const Values& values, std::int64_t size, std::uint64_t seed, std::uint32_t object) {
  const Sampler sampler(values);
  if (sampler.constant()) return {sampler.constant_value()};
  const StreamKey key = stream_key(seed, Purpose::parameter, object);
  std::vector<double> out(static_cast<std::size_t>(size));
  for (std::size_t i = 0; i < out.size(); i += 4) {
    const Words w = philox(key, static_cast<std::uint32_t>(i / 4), static_cast<std::uint32_t>(i >> 34), 0, 0);
    for (std::size_t k = i; k < std::min(i + 4, out.size()); ++k) out[k] = sampler.draw_one(w[k - i], k);
  }
  return out;
}

int choose_threads(const NetworkSpec& spec, int cores) {
  // One exchange costs about 1 us; work shared must be worth several of them. 1 ns a cell and step, 1 ns a
  // synaptic event at an assumed 5 spikes/s.
  double synapses = 0, delay_min = std::numeric_limits<double>::infinity();
  for (const ProjectionSpec& p : spec.projections) {
    synapses += rule_size(p, spec).synapses;
    delay_min = std::min(delay_min, p.delay_ms.is_constant() ? p.delay_ms.a : std::max(p.delay_ms.min, spec.simulation.dt_ms));
  }
  const double dt = spec.simulation.dt_ms;
  const double interval_steps = !spec.gap_junctions.empty() ? 1 : std::isfinite(delay_min) ? std::max(1.0, std::round(delay_min / dt)) : 10;
  const double step_ns = static_cast<double>(spec.neuron_count()) + synapses * 5e-3 * dt;
  return step_ns * interval_steps > 6000 ? std::max(1, cores) : 1;
}

std::shared_ptr<Network> resolve(const NetworkSpec& spec, const Options& options) {
  auto network = std::make_shared<Network>();
  network->spec = spec;
  network->options = options;
  SimulationSpec& sim = network->spec.simulation;
  std::uint64_t* seeds[] = {&sim.seed_network, &sim.seed_initial, &sim.seed_input, &sim.seed_dynamics};
  for (std::size_t k = 0; k < 4; ++k)
    if (*seeds[k] == 0) *seeds[k] = derive_seed(sim.seed, k);

  std::vector<std::string> problems;
  if (!(sim.dt_ms > 0)) throw InputError(fmt::format("simulation.dt = {} ms: must be above 0", sim.dt_ms));
  if ((sim.warmup_ms + sim.duration_ms) / sim.dt_ms > 2147483000.0)
    problems.push_back(fmt::format("simulation: {} ms at {} ms are more than 2^31 steps; use a larger dt or run in pieces", sim.warmup_ms + sim.duration_ms, sim.dt_ms));
  network->populations.resize(network->spec.populations.size());
  for (int k = 0; k < static_cast<int>(network->populations.size()); ++k) {
    Population& p = network->populations[static_cast<std::size_t>(k)];
    p.first = network->neurons;
    resolve_population(network->spec, k, p, problems);
    network->neurons += p.size;
  }
  if (network->neurons >= std::int64_t{1} << 32) problems.push_back(fmt::format("{} neurons: at most 2^32 are possible", network->neurons));
  check_projections(network->spec, problems);
  check_volumes(network->spec, problems);
  check_recordings(network->spec, problems);
  check_poisson(*network, problems);
  resolve_off_grid(*network, problems);
  if (problems.empty()) draw_gap_junctions(*network, problems);
  if (!problems.empty()) throw InputError(problems);
  return network;
}

void check(const NetworkSpec& spec) { resolve(spec, {}); }

std::shared_ptr<Network> build(const NetworkSpec& spec, const Options& options) {
  const auto network = resolve(spec, options);
  // A model given as equations is compiled when its functions are first asked for: before the work begins, since it may fail.
  for (const Population& p : network->populations)
    if (p.membrane) p.membrane->step(spec.simulation.double_precision, p.uniform);
  prepare_registered(network->spec);
  network->memory = check_memory(network->spec, options);
  partition(*network, std::max(1, options.threads));
  build_rows(*network);
  network->delay_min = std::min(network->delay_min, shortest_pulse(network->spec));
  build_gap_tables(*network);
  return network;
}

}  // namespace ranvier::engine
