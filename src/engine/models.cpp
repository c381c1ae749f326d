// SPDX-License-Identifier: Apache-2.0
/// The registry: membranes and receptors as the build found them, sources, and the named pairs.
#include <algorithm>
#include <array>
#include <cmath>
#include <deque>
#include <mutex>
#include <vector>

#include "engine/event_model.hpp"
#include "engine/kernel.hpp"
#include "engine/register.hpp"
#include "engine/synapse_model.hpp"
#include "ranvier/network.hpp"

namespace ranvier::engine {

// Made by the build (registry.gen.cpp) from the files in membrane/ and receptor/, in alphabetical order; nullptr ends each.
extern const MembraneEntry* const membrane_entries[];
extern const EventModel* const event_models[];
extern const ReceptorModel* const receptor_models[];
extern const SynapseModel* const synapse_models[];

namespace {

// --- sources

constexpr Parameter poisson_parameters[] = {{"rate", 0.0, "Hz", not_negative, "spikes per second of each neuron"}};
constexpr ModelInfo poisson_source{
    .kind = ModelInfo::Kind::source, .name = "poisson_source", .title = "independent Poisson spike trains",
    .equations = "spikes in a step ~ Poisson(rate dt), one train per neuron, the same for all its targets",
    .parameters = poisson_parameters, .state = {},
    .numerics = "inversion of one 32-bit word per neuron and step; several spikes may fall into one step",
    .source = "Salmon et al. 2011, doi:10.1145/2063384.2063405 (the words)", .flop = 2};
constexpr ModelInfo spike_train{
    .kind = ModelInfo::Kind::source, .name = "spike_train", .title = "spikes at given times",
    .equations = "spikes at the listed times, rounded to the nearest step", .parameters = {}, .state = {},
    .numerics = "times become step numbers once, when the network is built", .source = ""};
constexpr const ModelInfo* sources[] = {&poisson_source, &spike_train};

// --- pairs

using Receptor = Pair::Receptor;
using Rename = Receptor::Rename;

constexpr Rename tau_ex_2[] = {{"tau_syn_ex", "tau_syn", 2.0}};
constexpr Rename tau_in_2[] = {{"tau_syn_in", "tau_syn", 2.0}};
constexpr Rename cond_ex[] = {{"tau_syn_ex", "tau_syn", 0.2}, {"E_ex", "E_rev", 0.0}};
constexpr Rename cond_in[] = {{"tau_syn_in", "tau_syn", 2.0}, {"E_in", "E_rev", -85.0}};
constexpr Rename cond_ex_traub[] = {{"tau_syn_ex", "tau_syn", 5.0}, {"E_ex", "E_rev", 0.0}};
constexpr Rename cond_in_traub[] = {{"tau_syn_in", "tau_syn", 10.0}, {"E_in", "E_rev", -80.0}};

constexpr Receptor currents_exp[] = {{"ex", "exponential", false, +1, tau_ex_2}, {"in", "exponential", false, -1, tau_in_2}};
constexpr Receptor currents_alpha[] = {{"ex", "alpha", false, +1, tau_ex_2}, {"in", "alpha", false, -1, tau_in_2}};
constexpr Receptor conductances_exp[] = {{"ex", "exponential", true, +1, cond_ex}, {"in", "exponential", true, +1, cond_in}};
constexpr Receptor conductances_alpha[] = {{"ex", "alpha", true, +1, cond_ex}, {"in", "alpha", true, +1, cond_in}};
constexpr Receptor conductances_traub[] = {{"ex", "exponential", true, +1, cond_ex_traub}, {"in", "exponential", true, +1, cond_in_traub}};
constexpr Receptor jumps[] = {{"v", "delta", false, 0, {}}};
constexpr Receptor shiu[] = {{"g", "delta_g", false, 0, {}}, {"v", "delta", false, 0, {}}};

// NEST's iaf_cond_exp: C_m = 250 pF and g_L = 16.6667 nS, that is tau_m = 15 ms.
constexpr Pair::Default leaky_cond[] = {{"tau_m", 15.0}, {"V_reset", -60.0}};
// NEST's aeif_cond_exp; the membrane's own defaults are the paper's.
constexpr Pair::Default adex_nest[] = {{"V_reset", -60.0}};

constexpr Pair pairs[] = {
    {"adex_cond_exp", "adex", adex_nest, conductances_exp, "adaptive exponential neuron, exponential conductances"},
    {"adex_exp", "adex", {}, currents_exp, "adaptive exponential neuron, exponential currents"},
    {"hh_cond_exp_traub", "hh_traub", {}, conductances_traub, "Hodgkin-Huxley neuron of COBAHH, exponential conductances"},
    {"hh_exp", "hh", {}, currents_exp, "Hodgkin-Huxley neuron of the squid, exponential currents"},
    {"izhikevich", "izhikevich", {}, jumps, "Izhikevich neuron, input moves v"},
    {"lif_alpha", "leaky", {}, currents_alpha, "leaky integrate-and-fire neuron, alpha-shaped currents"},
    {"lif_cond_alpha", "leaky", leaky_cond, conductances_alpha, "leaky integrate-and-fire neuron, alpha-shaped conductances"},
    {"lif_cond_exp", "leaky", leaky_cond, conductances_exp, "leaky integrate-and-fire neuron, exponential conductances"},
    {"lif_delta", "leaky", {}, jumps, "leaky integrate-and-fire neuron, input moves the potential"},
    {"lif_exp", "leaky", {}, currents_exp, "leaky integrate-and-fire neuron, exponential currents"},
    {"lif_shiu", "lif_shiu", {}, shiu, "neuron of the whole-fly model: synapses onto g, Poisson drive onto v"},
};

/// What was registered while the program runs. Lists that were handed out stay: a span of them is valid for ever.
struct Registry {
  std::mutex mutex;
  struct Synapse {
    const SynapseModel* model;
    void (*prepare)();
  };
  std::vector<const MembraneEntry*> membranes;        // in the order of their registration
  std::vector<Synapse> synapses;
  std::deque<std::vector<const ModelInfo*>> models;   // the last one counts; empty: to be collected
};
Registry& registry() {
  static auto* r = new Registry();
  return *r;
}

const MembraneEntry* find_registered(const std::vector<const MembraneEntry*>& membranes, std::string_view name) {
  for (auto entry = membranes.rbegin(); entry != membranes.rend(); ++entry)
    if ((*entry)->model->info->name == name) return *entry;
  return nullptr;
}

const Registry::Synapse* find_registered(const std::vector<Registry::Synapse>& synapses, std::string_view name) {
  for (auto s = synapses.rbegin(); s != synapses.rend(); ++s)
    if (s->model->info->name == name) return &*s;
  return nullptr;
}

std::vector<const ModelInfo*> collect(const Registry& r) {
  std::vector<const ModelInfo*> all(std::begin(sources), std::end(sources));
  for (const MembraneEntry* entry : r.membranes)
    if (find_registered(r.membranes, entry->model->info->name) == entry) all.push_back(entry->model->info);
  for (const Registry::Synapse& s : r.synapses)
    if (find_registered(r.synapses, s.model->info->name) == &s) all.push_back(s.model->info);
  for (auto entry = membrane_entries; *entry; ++entry) all.push_back((*entry)->model->info);
  for (auto event = event_models; *event; ++event) all.push_back((*event)->info);
  for (auto receptor = receptor_models; *receptor; ++receptor) all.push_back((*receptor)->info);
  for (auto synapse = synapse_models; *synapse; ++synapse) all.push_back((*synapse)->info);
  std::sort(all.begin(), all.end(), [](const ModelInfo* a, const ModelInfo* b) { return a->kind != b->kind ? a->kind < b->kind : a->name < b->name; });
  return all;
}

}  // namespace

std::span<const ModelInfo* const> all_models() {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  if (r.models.empty()) r.models.push_back(collect(r));
  return r.models.back();
}

void register_membrane(const MembraneEntry* entry) {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  std::erase(r.membranes, entry);
  r.membranes.push_back(entry);
  r.models.push_back(collect(r));
}

void register_synapse(const SynapseModel* model, void (*prepare)()) {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  std::erase_if(r.synapses, [&](const Registry::Synapse& s) { return s.model == model; });
  r.synapses.push_back({model, prepare});
  r.models.push_back(collect(r));
}

bool is_registered(const SynapseModel* model) {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  return std::any_of(r.synapses.begin(), r.synapses.end(), [&](const Registry::Synapse& s) { return s.model == model; });
}

void prepare_registered(const NetworkSpec& spec) {
  for (const ProjectionSpec& p : spec.projections)
    for (const SynapseSpec& s : p.synapse) {
      void (*prepare)() = nullptr;
      {
        Registry& r = registry();
        const std::lock_guard lock(r.mutex);
        if (const auto* found = find_registered(r.synapses, s.rule)) prepare = found->prepare;
      }
      if (prepare) prepare();
    }
}

bool is_registered(const MembraneEntry* entry) {
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  return std::find(r.membranes.begin(), r.membranes.end(), entry) != r.membranes.end();
}

const ModelInfo* find_model(ModelInfo::Kind kind, std::string_view name) {
  for (const ModelInfo* info : all_models())
    if (info->kind == kind && info->name == name) return info;
  return nullptr;
}

std::span<const Pair> all_pairs() { return pairs; }

const Pair* find_pair(std::string_view name) {
  for (const Pair& pair : pairs)
    if (pair.name == name) return &pair;
  return nullptr;
}

const MembraneEntry* find_membrane(std::string_view name) {
  for (auto entry = membrane_entries; *entry; ++entry)
    if ((*entry)->model->info->name == name) return *entry;
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  return find_registered(r.membranes, name);
}

const EventModel* find_event_membrane(std::string_view name) {
  for (auto event = event_models; *event; ++event)
    if ((*event)->info->name == name) return *event;
  return nullptr;
}

const ReceptorModel* find_receptor(std::string_view name) {
  for (auto receptor = receptor_models; *receptor; ++receptor)
    if ((*receptor)->info->name == name) return *receptor;
  return nullptr;
}

const SynapseModel* find_synapse(std::string_view name) {
  for (auto synapse = synapse_models; *synapse; ++synapse)
    if ((*synapse)->info->name == name) return *synapse;
  Registry& r = registry();
  const std::lock_guard lock(r.mutex);
  const auto* found = find_registered(r.synapses, name);
  return found ? found->model : nullptr;
}

std::int64_t sites_of(const PopulationSpec& population, int receptor) {
  if (receptor < 0 || receptor >= static_cast<int>(population.receptors.size())) return 1;
  const ReceptorSpec& r = population.receptors[static_cast<std::size_t>(receptor)];
  const ModelInfo* info = find_model(ModelInfo::Kind::receptor, r.kind);
  std::int64_t sites = 1;
  for (std::size_t k = 0; info && k < info->site_parameters.size(); ++k)
    if (const auto given = r.params.find(std::string(info->site_parameters[k])); given != r.params.end()) sites *= std::max<std::int64_t>(1, std::llround(given->second.a));
  return sites;
}

int receptor_op(std::string_view kind, Coupling coupling) {
  for (int number = 0; receptor_models[number]; ++number)
    if (receptor_models[number]->info->name == kind) return 3 * number + static_cast<int>(coupling);
  return -1;
}

}  // namespace ranvier::engine
