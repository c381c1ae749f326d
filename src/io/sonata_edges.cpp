// SPDX-License-Identifier: Apache-2.0
/// Edge files to projections of listed edges. The edges of a population are dealt out by what their source, target and
/// receptor are here: each lot is one projection.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <set>
#include <tuple>

#include "hdf5_read.hpp"
#include "ranvier/error.hpp"
#include "sonata_circuit.hpp"
#include "sonata_own.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace {

/// Keys of synapse models that say nothing to a point neuron with static synapses.
const std::set<std::string, std::less<>> informational{"level_of_detail", "type", "name", "model", "model_template", "synapse_model"};

struct Lot {
  std::int32_t source = 0, target = 0, receptor = 0, synapse = -1;
  friend auto operator<=>(const Lot&, const Lot&) = default;
};

/// What the parameters of one synapse model say.
struct SynapseModel {
  std::optional<double> sign;
  std::optional<double> receptor_type;
  std::int32_t own = -1;  ///< index in own_: rules of ours
};

class EdgeReader {
 public:
  EdgeReader(Circuit& circuit, Components& components, const PopulationFile& file, const std::string& name)
      : circuit_(circuit), components_(components), name_(name), base_("/edges/" + name), file_(file.file),
        source_(end("source_node_id")), target_(end("target_node_id")), items_(file_, base_, "edge", source_.size(), read_types(file, "edge", name)) {
    if (target_.size() != source_.size())
      throw InputError(fmt::format("{}: {}/target_node_id: has {} entries, but source_node_id has {}", file_.string(), base_, target_.size(), source_.size()));
  }

  void read() {
    check_templates();
    check_functions();
    read_synapse_models();
    weight_ = required("syn_weight");
    delay_ = required("delay");
    count_ = items_.numbers("nsyns");
    signs_ = items_.numbers("dynamics_params/sign");
    ports_ = items_.numbers("dynamics_params/receptor_type");
    receptors_ = items_.numbers("receptor");
    for (std::size_t e = 0; e < source_.size(); ++e) add(e);
    for (auto& [lot, edges] : lots_) finish(lot, edges);
  }

 private:
  struct Edges {
    std::vector<std::int64_t> source, target;
    std::vector<double> weight, delay;
  };

  /// The ends of all edges on one side, as cells.
  std::vector<Cell> end(const std::string& side) {
    const std::string path = base_ + "/" + side;
    std::string population = hdf5_attribute(file_, path, "node_population");
    if (population.empty()) population = hdf5_attribute(file_, path, "network");  // as files before SONATA 0.1 call it
    if (population.empty()) throw InputError(fmt::format("{}: dataset \"{}\" has no attribute node_population, which must name the nodes it is about", file_.string(), path));
    const NodePopulation* nodes = circuit_.find(population);
    if (!nodes) {
      std::vector<std::string> names;
      for (const NodePopulation& p : circuit_.nodes) names.push_back(p.name);
      throw InputError(fmt::format("{}: {}: node_population = \"{}\": no node file has this population.{}", file_.string(), path, population, suggestion(population, names)));
    }
    const ColumnRequest wanted{path, ColumnType::integer};
    const auto ids = std::move(read_hdf5(file_, {&wanted, 1})[0].integer);
    std::vector<Cell> cells;
    cells.reserve(ids.size());
    for (std::size_t e = 0; e < ids.size(); ++e) {
      const std::int64_t place = nodes->find(ids[e]);
      if (place < 0) throw InputError(fmt::format("{}: {}[{}] = {}: population \"{}\" has no such node; it has {}", file_.string(), path, e, ids[e], population, nodes->items.size()));
      cells.push_back(nodes->cells[static_cast<std::size_t>(place)]);
    }
    return cells;
  }

  [[noreturn]] void refuse(std::size_t e, std::string_view key, const std::string& value, std::string_view what) const {
    const auto& types = items_.types().file();
    throw InputError(fmt::format("{}: {} = \"{}\": {}\n  {}", types.empty() ? file_.string() : types.string(), key, value, what, items_.where(e)));
  }

  /// The first edge that has this text.
  template <class Texts>
  std::size_t first_of(const Texts& texts, std::size_t word) const {
    return static_cast<std::size_t>(std::find(texts.index.begin(), texts.index.end(), static_cast<std::int32_t>(word)) - texts.index.begin());
  }

  void check_templates() {
    templates_ = items_.texts("model_template");
    for (std::size_t w = 0; w < templates_.words.size(); ++w) {
      std::string name = templates_.words[w];
      if (name.starts_with("nest:") || name.starts_with("nrn:") || name.starts_with("pynn:")) name = name.substr(name.find(':') + 1);
      const bool is_static = name == "static_synapse" || name == "StaticSynapse" || name == "static_synapse_hom_w" || name == "NetCon" || name == "ranvier:static";
      if (!is_static && !name.starts_with("ranvier:") && onto_points(w))
        refuse(first_of(templates_, w), "model_template", templates_.words[w], "this synapse model is not supported onto point neurons; supported are static_synapse, NetCon, or none");
    }
  }

  /// IntFire cells of NEURON have no synapse model of their own: whatever is named, their events are static.
  bool onto_points(std::size_t word) const {
    for (std::size_t e = 0; e < target_.size(); ++e) {
      const ModelTemplate* model = circuit_.origins[static_cast<std::size_t>(target_[e].population)].model;
      if (templates_.index[e] == static_cast<std::int32_t>(word) && !(model && model->signed_by_synapse)) return true;
    }
    return false;
  }

  void check_functions() const {
    const auto functions = items_.texts("weight_function");
    for (std::size_t w = 0; w < functions.words.size(); ++w)
      if (functions.words[w] != "wmax" && functions.words[w] != "default_weight_fnc")
        refuse(first_of(functions, w), "weight_function", functions.words[w], "functions that compute weights are not supported but wmax, which is syn_weight x nsyns; write the weights into the edges file as syn_weight");
  }

  void read_synapse_models() {
    files_ = items_.texts("dynamics_params");
    for (std::size_t w = 0; w < files_.words.size(); ++w) {
      const std::size_t e = first_of(files_, w);
      const JsonFile& file = components_.read(files_.words[w], items_.where(e), "static synapses without parameters");
      const Place root(file, file.root);
      root.require_object("{ \"sign\": 1 }");
      SynapseModel model;
      if (const auto sign = root.find("sign")) model.sign = sign->number();
      if (const auto port = root.find("receptor_type")) model.receptor_type = port->number();
      if (templates_.index[e] >= 0 && templates_.at(e)->starts_with("ranvier:")) {
        model.own = static_cast<std::int32_t>(own_.size());
        own_.push_back(read_own_synapse(file));
      } else {
        check_keys(file, e);
      }
      models_.push_back(model);
    }
  }

  /// A NEST synapse with parameters that a static one has not would be another one.
  void check_keys(const JsonFile& file, std::size_t e) const {
    const ModelTemplate* target = circuit_.origins[static_cast<std::size_t>(target_[e].population)].model;
    if (!target || target->signed_by_synapse) return;
    for (const auto& [key, value] : file.root.items())
      if (key != "sign" && key != "receptor_type" && !informational.contains(key))
        Place(file, file.root).get(key, "").fail(fmt::format("a static synapse onto {} has no such parameter; supported are receptor_type and sign\n  {}", target->name, items_.where(e)));
  }

  std::vector<double> required(const std::string& attribute) const {
    auto values = items_.numbers(attribute);
    const auto bad = values.empty() ? values.begin() : std::find_if(values.begin(), values.end(), [](double v) { return std::isnan(v); });
    if (!source_.empty() && (values.empty() || bad != values.end()))
      throw InputError(fmt::format("{}: {} is missing: give it in the edge types or, for each edge, in the edges file", items_.where(values.empty() ? 0 : static_cast<std::size_t>(bad - values.begin())), attribute));
    return values;
  }

  void add(std::size_t e) {
    const Origin& to = circuit_.origins[static_cast<std::size_t>(target_[e].population)];
    if (to.is_virtual) throw InputError(fmt::format("{}: its target is a virtual node, which receives nothing", items_.where(e)));
    Lot lot{source_[e].population, target_[e].population, 0, -1};
    double weight = weight_[e] * synapses(e);
    const SynapseModel* model = files_.index[e] < 0 ? nullptr : &models_[static_cast<std::size_t>(files_.index[e])];
    if (model) lot.synapse = model->own;
    if (to.model) {
      const double sign = !signs_.empty() && !std::isnan(signs_[e]) ? signs_[e] : model && model->sign ? *model->sign : 1;
      if (to.model->signed_by_synapse) weight *= sign;
      weight *= to.model->weight_factor;
      lot.receptor = says_receptor(e) ? own_receptor(e) : receptor(e, *to.model, model, weight);
      if (to.model->port == ModelTemplate::Port::sign && to.model->receptors[static_cast<std::size_t>(lot.receptor)].conductance) weight = std::abs(weight);
    } else {
      lot.receptor = own_receptor(e);
    }
    Edges& edges = lots_[number_of(lot)].second;
    edges.source.push_back(source_[e].index);
    edges.target.push_back(target_[e].index);
    edges.weight.push_back(weight);
    edges.delay.push_back(delay(e));
  }

  /// Index in lots_ of a lot, which are in the order in which they come.
  std::size_t number_of(const Lot& lot) {
    const auto [it, fresh] = numbers_.try_emplace(lot, lots_.size());
    if (fresh) lots_.push_back({lot, {}});
    return it->second;
  }

  double synapses(std::size_t e) const {
    if (count_.empty() || std::isnan(count_[e])) return 1;
    if (!(count_[e] >= 0) || count_[e] != std::floor(count_[e])) throw InputError(fmt::format("{}: nsyns = {}: must be a whole number, not negative", items_.where(e), count_[e]));
    return count_[e];
  }

  double delay(std::size_t e) {
    const double dt = circuit_.spec.simulation.dt_ms;
    if (delay_[e] < 0) throw InputError(fmt::format("{}: delay = {} ms: must not be negative", items_.where(e), delay_[e]));
    if (delay_[e] > 0.999999 * dt) return delay_[e];
    circuit_.note(fmt::format("{}: {}: delays below the time step count as one step of {} ms", file_.string(), base_, dt));
    return dt;
  }

  std::int32_t receptor(std::size_t e, const ModelTemplate& target, const SynapseModel* model, double weight) const {
    switch (target.port) {
      case ModelTemplate::Port::only: return 0;
      case ModelTemplate::Port::sign: return weight >= 0 ? 0 : 1;
      case ModelTemplate::Port::number: break;
    }
    const double number = !ports_.empty() && !std::isnan(ports_[e]) ? ports_[e] : model && model->receptor_type ? *model->receptor_type : std::nan("");
    const auto& receptors = circuit_.spec.populations[static_cast<std::size_t>(target_[e].population)].receptors;
    if (std::isnan(number)) throw InputError(fmt::format("{}: receptor_type is missing: {} needs one; give it in the synapse model's file", items_.where(e), target.name));
    if (number < 1 || number > static_cast<double>(receptors.size()) || number != std::floor(number))
      throw InputError(fmt::format("{}: receptor_type = {}: the target has receptors 1 to {}, as many as tau_syn has entries", items_.where(e), number, receptors.size()));
    return static_cast<std::int32_t>(number) - 1;
  }

  bool says_receptor(std::size_t e) const { return !receptors_.empty() && !std::isnan(receptors_[e]); }

  /// In what Ranvier wrote: the receptor's number, from 0.
  std::int32_t own_receptor(std::size_t e) const {
    const PopulationSpec& to = circuit_.spec.populations[static_cast<std::size_t>(target_[e].population)];
    const double number = says_receptor(e) ? receptors_[e] : 0;
    if (number < 0 || number >= static_cast<double>(to.receptors.size()) || number != std::floor(number))
      throw InputError(fmt::format("{}: receptor = {}: population \"{}\" has {} receptor{}, numbered from 0", items_.where(e), number, to.name, to.receptors.size(), to.receptors.size() == 1 ? "" : "s"));
    return static_cast<std::int32_t>(number);
  }

  void finish(const Lot& lot, Edges& edges) {
    const auto& populations = circuit_.spec.populations;
    const PopulationSpec &from = populations[static_cast<std::size_t>(lot.source)], &to = populations[static_cast<std::size_t>(lot.target)];
    ProjectionSpec p;
    p.name = name_;
    p.source = {lot.source, 0, from.size, 1};
    p.target = {lot.target, 0, to.size, 1};
    p.receptor = lot.receptor;
    p.rule.kind = Rule::Kind::edges;
    p.rule.edge_sources = std::make_shared<const std::vector<std::int64_t>>(std::move(edges.source));
    p.rule.edge_targets = std::make_shared<const std::vector<std::int64_t>>(std::move(edges.target));
    p.weight = values_of(std::move(edges.weight));
    p.delay_ms = values_of(std::move(edges.delay));
    p.where = fmt::format("{}: {}", file_.string(), base_);
    if (lot.synapse >= 0) {
      p.synapse = own_[static_cast<std::size_t>(lot.synapse)].rules;
      p.dendritic_delay_fraction = own_[static_cast<std::size_t>(lot.synapse)].dendritic_delay_fraction;
    }
    circuit_.spec.projections.push_back(std::move(p));
  }

  Circuit& circuit_;
  Components& components_;
  std::string name_, base_;
  std::filesystem::path file_;
  std::vector<Cell> source_, target_;
  Items items_;
  Items::Texts templates_, files_;
  std::vector<SynapseModel> models_;  // of each word of files_
  std::vector<OwnSynapse> own_;
  std::vector<double> weight_, delay_, count_, signs_, ports_, receptors_;
  std::map<Lot, std::size_t> numbers_;
  std::vector<std::pair<Lot, Edges>> lots_;
};

}  // namespace

void read_edges(Circuit& circuit) {
  Components components(circuit, "synaptic_models_dir");
  for (const PopulationFile& file : population_files(circuit, "edges"))
    for (const std::string& name : file.populations) EdgeReader(circuit, components, file, name).read();
}

}  // namespace ranvier::io::sonata
