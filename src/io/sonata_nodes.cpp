// SPDX-License-Identifier: Apache-2.0
/// Node files to populations: models by their templates, parameters from files and from the nodes themselves.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "hdf5_read.hpp"
#include "ranvier/error.hpp"
#include "sonata_circuit.hpp"
#include "sonata_own.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace fs = std::filesystem;
namespace {

/// State and bookkeeping of NEST's nodes that parameter files carry along.
const std::set<std::string, std::less<>> no_influence{"tau_minus", "tau_minus_triplet", "beta_Ca", "tau_Ca", "Ca", "frozen", "type", "name", "model", "element_type"};

/// What one kind of node says of its model: the words that must be alike within a population of the NetworkSpec.
struct Kind {
  bool is_virtual = false;
  std::string model_template;  ///< empty: a plain virtual node
  friend auto operator<=>(const Kind&, const Kind&) = default;
};

[[noreturn]] void refuse(const NodePopulation& p, std::size_t i, std::string_view key, std::string_view value, std::string_view what) {
  const fs::path& types = p.items.types().file();
  throw InputError(fmt::format("{}: {} = \"{}\": {}\n  {}", types.empty() ? p.items.file().string() : types.string(), key, value, what, p.items.where(i)));
}

Kind kind_of(const NodePopulation& p, std::size_t i, const std::string* type, const std::string* model) {
  if (!type) throw InputError(fmt::format("{}: model_type is missing: add a column model_type (point_neuron or virtual) to the node types", p.items.where(i)));
  if (*type == "virtual") return {true, model && model->starts_with("ranvier:") ? *model : ""};
  if (*type != "point_neuron" && *type != "point_process" && *type != "point_soma")
    refuse(p, i, "model_type", *type, *type == "biophysical" || *type == "single_compartment"
               ? "cells with compartments are not supported; supported are point_neuron (also called point_process) and virtual"
               : "no such model_type; supported are point_neuron (also called point_process) and virtual");
  if (!model) throw InputError(fmt::format("{}: model_template is missing: a {} needs one, for example nest:iaf_psc_alpha", p.items.where(i), *type));
  if (model->starts_with("ranvier:")) return {false, *model};
  if (!find_template(*model)) refuse(p, i, "model_template", *model, fmt::format("this model is not supported.{}\n  supported: {}", [&] {
                                       const auto near = nearest_name(*model, template_names());
                                       return near.empty() ? std::string() : fmt::format(" Did you mean \"{}\"?", near);
                                     }(), fmt::join(template_names(), ", ")));
  return {false, *model};
}

/// Puts values of a parameter where `ours` says: "tau_m", "ex.tau_syn", "initial.V_m".
void put(PopulationSpec& p, std::string_view ours, Values values) {
  if (ours.starts_with("initial.")) {
    p.initial[std::string(ours.substr(8))] = std::move(values);
  } else if (const auto dot = ours.find('.'); dot != std::string_view::npos) {
    for (ReceptorSpec& r : p.receptors)
      if (r.name == ours.substr(0, dot)) r.params[std::string(ours.substr(dot + 1))] = std::move(values);
  } else {
    p.params[std::string(ours)] = std::move(values);
  }
}

/// Fills one population of the NetworkSpec: nodes[k] are the places of its cells in the node population.
class PopulationBuilder {
 public:
  PopulationBuilder(Components& components, const NodePopulation& from, const ModelTemplate& model, const std::vector<std::size_t>& nodes, PopulationSpec& to)
      : components_(components), from_(from), model_(model), nodes_(nodes), to_(to) {}

  void build() {
    to_.membrane = model_.membrane;
    load();
    if (model_.port == ModelTemplate::Port::number) {
      number_receptors();
    } else {
      for (const TemplateReceptor& r : model_.receptors) to_.receptors.push_back({.name = std::string(r.name), .kind = std::string(r.kind), .conductance = r.conductance, .sign = r.sign, .params = {}, .initial = {}});
    }
    for (const TemplateParameter& p : model_.parameters) parameter(p);
    if (!model_.leak.empty()) {
      auto tau = column("C_m"), leak = column(std::string(model_.leak));
      for (std::size_t k = 0; k < tau.size(); ++k) {
        if (!(leak[k] > 0)) problem(k, model_.leak, leak[k], "must be > 0 nS");
        tau[k] /= leak[k];
      }
      to_.params["tau_m"] = values_of(std::move(tau));
    }
  }

 private:
  using Columns = std::map<std::string, std::vector<double>>;

  /// [cells] values of a parameter as the template calls it; its default where nothing gives it.
  std::vector<double> column(const std::string& name) const {
    if (const auto it = given_.find(name); it != given_.end()) return it->second;
    for (const TemplateParameter& p : model_.parameters)
      if (p.theirs == name) return std::vector<double>(nodes_.size(), p.value);
    return {};
  }

  /// Collects what the parameter files of the node types and the nodes themselves give.
  void load() {
    for (const TemplateParameter& p : model_.parameters) known_.emplace_back(p.theirs);
    if (model_.tau_syn_list) known_.emplace_back("tau_syn");
    const auto files = from_.items.texts("dynamics_params");
    std::map<std::string, const JsonFile*> by_name;
    for (std::size_t k = 0; k < nodes_.size(); ++k) {
      const std::string* name = files.at(nodes_[k]);
      if (!name) continue;
      const auto [it, fresh] = by_name.try_emplace(*name, nullptr);
      if (fresh) {
        it->second = &components_.read(*name, from_.items.where(nodes_[k]), fmt::format("the defaults of {}", model_.name));
        check(*it->second);
      }
      take(*it->second, k);
    }
    for (const std::string& attribute : from_.items.group_attributes())
      if (attribute.starts_with("dynamics_params/")) take_nodes(attribute);
  }

  void check(const JsonFile& file) const {
    const Place root(file, file.root);
    root.require_object("{ \"tau_m\": 10.0 }");
    for (const auto& [name, value] : file.root.items()) require_known(name, file.path.string());
  }

  void require_known(const std::string& name, const std::string& where) const {
    if (no_influence.contains(name) || std::find(known_.begin(), known_.end(), name) != known_.end()) return;
    throw InputError(fmt::format("{}: {}: {} has no such parameter here.{}", where, name, model_.name, suggestion(name, known_)));
  }

  void take(const JsonFile& file, std::size_t k) {
    const Place root(file, file.root);
    for (const auto& [name, value] : file.root.items()) {
      if (no_influence.contains(name) || value.is_null()) continue;
      const Place at = root.get(name, "");
      if (name == "tau_syn" && model_.tau_syn_list) {
        at.require_array("[2.0, 5.0]");
        for (std::size_t r = 0; r < value.size(); ++r) set(fmt::format("tau_syn[{}]", r), k, at.item(r).number());
        ports_ = std::max(ports_, value.size());
      } else if (has_no_effect(name)) {
        continue;
      } else {
        set(name, k, value.is_boolean() ? (value.get<bool>() ? 1 : 0) : at.number());
      }
    }
  }

  bool has_no_effect(const std::string& name) const {
    return std::any_of(model_.parameters.begin(), model_.parameters.end(), [&](const TemplateParameter& p) { return p.theirs == name && p.ours == "~"; });
  }

  void take_nodes(const std::string& attribute) {
    const std::string name = attribute.substr(std::string_view("dynamics_params/").size());
    const auto values = from_.items.numbers(attribute);
    const bool any = std::any_of(nodes_.begin(), nodes_.end(), [&](std::size_t i) { return !std::isnan(values[i]); });
    if (!any) return;
    require_known(name, from_.items.file().string() + ": dynamics_params");
    if (no_influence.contains(name) || has_no_effect(name)) return;
    for (std::size_t k = 0; k < nodes_.size(); ++k)
      if (!std::isnan(values[nodes_[k]])) set(name, k, values[nodes_[k]]);
  }

  void set(const std::string& name, std::size_t k, double value) {
    auto [it, fresh] = given_.try_emplace(name);
    if (fresh) it->second = column_of_default(name);
    it->second[k] = value;
  }

  std::vector<double> column_of_default(const std::string& name) const {
    double value = 2;  // tau_syn[k], which every node must give; see number_receptors
    for (const TemplateParameter& p : model_.parameters)
      if (p.theirs == name) value = p.value;
    return std::vector<double>(nodes_.size(), value);
  }

  void number_receptors() {
    const TemplateReceptor& r = model_.receptors[0];
    for (std::size_t k = 0; k < std::max<std::size_t>(ports_, 1); ++k) {
      ReceptorSpec receptor{.name = fmt::format("{}{}", r.name, k + 1), .kind = std::string(r.kind), .conductance = r.conductance, .sign = r.sign, .params = {}, .initial = {}};
      const auto it = given_.find(fmt::format("tau_syn[{}]", k));
      receptor.params["tau_syn"] = it == given_.end() ? Values::constant(2) : values_of(it->second);
      to_.receptors.push_back(std::move(receptor));
    }
  }

  void parameter(const TemplateParameter& p) {
    if (p.ours == "~" || p.ours.empty()) return;
    std::vector<double> values = column(std::string(p.theirs));
    if (p.ours == "=") {
      const bool bound = p.value < -1e9;  // a bound that is far away
      for (std::size_t k = 0; k < values.size(); ++k)
        if (bound ? values[k] > -1e9 : values[k] != p.value) problem(k, p.theirs, values[k], bound ? "a lower bound of V_m is not supported; leave it out" : fmt::format("not supported by the model here; only {} is", p.value));
      return;
    }
    for (double& v : values) v *= p.factor;
    put(to_, p.ours, values_of(std::move(values)));
  }

  [[noreturn]] void problem(std::size_t k, std::string_view name, double value, std::string_view what) const {
    throw InputError(fmt::format("{}: dynamics_params.{} = {}: {} ({})", from_.items.where(nodes_[k]), name, value, what, model_.name));
  }

  Components& components_;
  const NodePopulation& from_;
  const ModelTemplate& model_;
  const std::vector<std::size_t>& nodes_;
  PopulationSpec& to_;
  std::vector<std::string> known_;
  Columns given_;
  std::size_t ports_ = 0;
};

std::vector<std::int64_t> node_ids(const PopulationFile& file, const std::string& base, std::size_t& size) {
  const auto names = hdf5_names(file.file, base);
  const auto has = [&](const char* name) { return std::find(names.begin(), names.end(), name) != names.end(); };
  const std::string counted = base + (has("node_type_id") ? "/node_type_id" : has("node_id") ? "/node_id" : "/node_type_id");
  const ColumnRequest count{counted, ColumnType::integer};
  size = read_hdf5(file.file, {&count, 1})[0].integer.size();
  if (size == 0) throw InputError(fmt::format("{}: {}: has no nodes", file.file.string(), base));
  if (!has("node_id")) return {};
  const ColumnRequest wanted{base + "/node_id", ColumnType::integer};
  auto ids = std::move(read_hdf5(file.file, {&wanted, 1})[0].integer);
  if (ids.size() != size) throw InputError(fmt::format("{}: {}/node_id: has {} entries, but the population has {} nodes", file.file.string(), base, ids.size(), size));
  for (std::size_t i = 0; i < ids.size(); ++i)
    if (ids[i] != static_cast<std::int64_t>(i)) return ids;
  return {};
}

NodePopulation read_population(const PopulationFile& file, const std::string& name) {
  const std::string base = "/nodes/" + name;
  std::size_t size = 0;
  auto ids = node_ids(file, base, size);
  NodePopulation p{.name = name, .items = Items(file.file, base, "node", size, read_types(file, "node", name)), .ids = std::move(ids), .place = {}, .cells = std::vector<Cell>(size)};
  for (std::size_t i = 0; i < p.ids.size(); ++i) {
    if (p.ids[i] < 0) throw InputError(fmt::format("{}: {}/node_id[{}] = {}: must not be negative", file.file.string(), base, i, p.ids[i]));
    if (!p.place.try_emplace(p.ids[i], static_cast<std::int64_t>(i)).second) throw InputError(fmt::format("{}: {}/node_id[{}] = {}: stands twice", file.file.string(), base, i, p.ids[i]));
  }
  return p;
}

/// The nodes of a population by kind, in the order in which the kinds come.
std::vector<std::pair<Kind, std::vector<std::size_t>>> by_kind(const NodePopulation& p) {
  const auto types = p.items.texts("model_type"), templates = p.items.texts("model_template");
  std::vector<std::pair<Kind, std::vector<std::size_t>>> kinds;
  std::map<std::pair<std::int32_t, std::int32_t>, std::size_t> seen;
  for (std::size_t i = 0; i < p.items.size(); ++i) {
    const auto [it, fresh] = seen.try_emplace({types.index[i], templates.index[i]}, 0);
    if (fresh) {
      Kind kind = kind_of(p, i, types.at(i), templates.at(i));
      const auto same = std::find_if(kinds.begin(), kinds.end(), [&](const auto& k) { return k.first == kind; });
      it->second = static_cast<std::size_t>(same - kinds.begin());
      if (same == kinds.end()) kinds.push_back({std::move(kind), {}});
    }
    kinds[it->second].second.push_back(i);
  }
  return kinds;
}

std::string name_of(const NodePopulation& p, const Kind& kind, bool alone) {
  return alone ? p.name : fmt::format("{}.{}", p.name, kind.model_template.empty() ? "virtual" : kind.model_template.substr(kind.model_template.find(':') + 1));
}

void add_population(Circuit& circuit, Components& components, NodePopulation& p) {
  const auto kinds = by_kind(p);
  for (const auto& [kind, nodes] : kinds) {
    const auto number = static_cast<std::int32_t>(circuit.spec.populations.size());
    PopulationSpec spec;
    spec.name = name_of(p, kind, kinds.size() == 1);
    spec.size = static_cast<std::int64_t>(nodes.size());
    if (kinds.size() > 1) spec.part_of = p.name;
    if (!p.ids.empty() || kinds.size() > 1) {
      auto ids = std::make_shared<std::vector<std::int64_t>>();
      for (const std::size_t i : nodes) ids->push_back(p.id(i));
      spec.node_ids = std::move(ids);
    }
    for (std::size_t k = 0; k < nodes.size(); ++k) p.cells[nodes[k]] = {number, static_cast<std::int64_t>(k)};
    Origin origin{.model = nullptr, .is_virtual = kind.is_virtual};
    if (kind.model_template.starts_with("ranvier:")) {
      read_own_population(components, p.items, kind.model_template, nodes, spec);
    } else if (kind.is_virtual) {
      spec.membrane = "spike_train";
    } else {
      origin.model = find_template(kind.model_template);
      PopulationBuilder(components, p, *origin.model, nodes, spec).build();
    }
    circuit.spec.populations.push_back(std::move(spec));
    circuit.origins.push_back(origin);
  }
}

}  // namespace

std::int64_t NodePopulation::find(std::int64_t id) const {
  if (ids.empty()) return id >= 0 && id < static_cast<std::int64_t>(items.size()) ? id : -1;
  const auto it = place.find(id);
  return it == place.end() ? -1 : it->second;
}

void read_nodes(Circuit& circuit) {
  Components components(circuit, "point_neuron_models_dir");
  for (const PopulationFile& file : population_files(circuit, "nodes"))
    for (const std::string& name : file.populations) {
      if (const NodePopulation* twice = circuit.find(name))
        throw InputError(fmt::format("{}: node population \"{}\" is in {} as well; all nodes of a population must be in one file", file.file.string(), name, twice->items.file().string()));
      circuit.nodes.push_back(read_population(file, name));
      add_population(circuit, components, circuit.nodes.back());
    }
}

}  // namespace ranvier::io::sonata
