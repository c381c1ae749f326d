// SPDX-License-Identifier: Apache-2.0
#include "sonata_export.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <numeric>
#include <set>

#include "csv_write.hpp"
#include "engine/model.hpp"
#include "hdf5_write.hpp"
#include "ranvier/error.hpp"
#include "sonata_nest.hpp"
#include "sonata_section.hpp"
#include "sonata_write.hpp"
#include "tables.hpp"
#include "toml_sections.hpp"

namespace ranvier::io {
namespace fs = std::filesystem;
namespace {

using sonata::Json;

/// A value of [n] entities.
double at(const Values& v, std::size_t i) { return v.kind == Values::Kind::column ? (*v.column)[i] : v.a; }

/// Populations and projections under names that files and HDF5 groups can have, each once.
class Names {
 public:
  std::string operator()(const std::string& wanted) {
    std::string name = plain_name(wanted);
    for (std::size_t at; (at = name.find("->")) != std::string::npos;) name.replace(at, 2, "_to_");
    std::replace_if(name.begin(), name.end(), [](unsigned char c) { return c < 128 && !std::isalnum(c) && std::string_view("_-+.").find(static_cast<char>(c)) == std::string_view::npos; }, '_');
    std::string unique = name;
    for (int n = 2; !taken_.insert(unique).second; ++n) unique = fmt::format("{}_{}", name, n);
    return unique;
  }

 private:
  std::set<std::string> taken_;
};

std::vector<std::string> projection_names(const NetworkSpec& spec) {
  Names names;
  std::vector<std::string> all;
  for (const ProjectionSpec& p : spec.projections) {
    const auto& from = spec.populations[static_cast<std::size_t>(p.source.population)].name;
    const auto& to = spec.populations[static_cast<std::size_t>(p.target.population)].name;
    all.push_back(names(p.name.empty() ? fmt::format("{}_to_{}", from, to) : p.name));
  }
  return all;
}

void require_listed(const NetworkSpec& spec) {
  for (const ProjectionSpec& p : spec.projections)
    if (p.rule.kind != Rule::Kind::edges) throw InputError(fmt::format("{}: its synapses are not listed yet", p.where.empty() ? "projections" : p.where));
  std::set<std::string> names;
  for (const PopulationSpec& p : spec.populations)
    if (!names.insert(plain_name(p.name)).second) throw InputError(fmt::format("population \"{}\": another one has this name; SONATA needs names of their own", p.name));
}

class CircuitWriter {
 public:
  CircuitWriter(const fs::path& folder, const NetworkSpec& spec) : folder_(folder), spec_(spec), projections_(projection_names(spec)) {}

  std::vector<fs::path> write() {
    for (const char* part : {"network", "components/nodes", "components/edges", "inputs"}) fs::create_directories(folder_ / part);
    for (std::size_t k = 0; k < spec_.populations.size(); ++k) population(spec_.populations[k]);
    for (std::size_t k = 0; k < spec_.projections.size(); ++k) projection(spec_.projections[k], projections_[k]);
    text("circuit_config.json", circuit().dump(2) + "\n");
    text("simulation_config.json", simulation().dump(2) + "\n");
    std::vector<fs::path> paths;
    for (OutputFile& file : files_) {
      file.commit();
      paths.push_back(file.path());
    }
    return paths;
  }

 private:
  void text(const std::string& name, const std::string& content) {
    OutputFile file(folder_ / name);
    file.write(content);
    file.close();
    files_.push_back(std::move(file));
  }

  void image(const std::string& name, Hdf5Image& content) {
    mark_sonata(content);
    OutputFile file(folder_ / name);
    content.write(file);
    file.close();
    files_.push_back(std::move(file));
  }

  // --- nodes

  /// Parameters of a population under the names of its template: constants go to the JSON file, columns to the nodes.
  void parameters(const std::map<std::string, Values>& values, const std::string& prefix, Json& common, Hdf5Image& nodes, const std::string& group) {
    for (const auto& [name, value] : values) {
      if (value.kind == Values::Kind::column) nodes.dataset(group + "/dynamics_params/" + prefix + name, std::span<const double>(*value.column));
      else common[prefix + name] = value.a;
    }
  }

  void own_parameters(const PopulationSpec& p, Json& common, Hdf5Image& nodes, const std::string& group) {
    for (const ReceptorSpec& r : p.receptors) common["receptors"].push_back({{"name", r.name}, {"kind", r.kind}, {"conductance", r.conductance}, {"sign", r.sign}});
    if (!p.sleep) common["sleep"] = false;
    parameters(p.params, "", common, nodes, group);
    parameters(p.initial, "initial.", common, nodes, group);
    for (const ReceptorSpec& r : p.receptors) {
      parameters(r.params, r.name + ".", common, nodes, group);
      parameters(r.initial, "initial." + r.name + ".", common, nodes, group);
    }
  }

  void population(const PopulationSpec& p) {
    const std::string name = plain_name(p.name);
    const auto nest = sonata::in_words_of_nest(p);
    const Json common = node_file(p, name, nest);  // one HDF5 image at a time: HDF5 tells them apart by name
    const bool train = p.membrane == "spike_train";
    nest_.push_back(nest ? nest->model : nullptr);
    text("network/" + name + "_node_types.csv", fmt::format("node_type_id model_type model_template dynamics_params\n0 {} {} {}\n", is_source(p) ? "virtual" : "point_neuron",
                                                            train ? "NULL" : nest ? std::string(nest->model->name) : "ranvier:" + p.membrane, train ? "NULL" : quoted(name + ".json")));
    if (train) spikes(p, name);
    else text("components/nodes/" + name + ".json", common.dump(2) + "\n");
    nodes_.push_back({{"nodes_file", "$NETWORK_DIR/" + name + "_nodes.h5"}, {"node_types_file", "$NETWORK_DIR/" + name + "_node_types.csv"},
                      {"populations", {{name, {{"type", is_source(p) ? "virtual" : "point_neuron"}}}}}});
  }

  /// Writes the nodes with what differs between them, and returns what they have in common.
  Json node_file(const PopulationSpec& p, const std::string& name, const std::optional<sonata::NestPopulation>& nest) {
    const std::string group = "/nodes/" + name + "/0";
    const auto size = static_cast<std::size_t>(p.size);
    Hdf5Image nodes;
    nodes.group(group);
    Json common = Json::object();
    if (nest) parameters(nest->parameters, "", common, nodes, group);
    else own_parameters(p, common, nodes, group);
    positions(p, nodes, group);
    std::vector<std::uint64_t> ids(size), index(size);
    std::iota(index.begin(), index.end(), 0);
    for (std::size_t i = 0; i < size; ++i) ids[i] = result_id(p, static_cast<std::int64_t>(i));
    const std::vector<std::uint32_t> zeros(size, 0);
    nodes.dataset("/nodes/" + name + "/node_type_id", zeros);
    nodes.dataset("/nodes/" + name + "/node_id", ids);
    nodes.dataset("/nodes/" + name + "/node_group_id", zeros);
    nodes.dataset("/nodes/" + name + "/node_group_index", index);
    image("network/" + name + "_nodes.h5", nodes);
    return common;
  }

  static std::string quoted(const std::string& field) { return field.find_first_of(" \t,\"") == std::string::npos ? field : '"' + field + '"'; }

  static void positions(const PopulationSpec& p, Hdf5Image& nodes, const std::string& group) {
    const auto d = static_cast<std::size_t>(p.dimensions);
    if (d == 0 || p.positions_um.size() != d * static_cast<std::size_t>(p.size)) return;
    for (std::size_t k = 0; k < d; ++k) {
      std::vector<double> axis;
      for (std::size_t i = 0; i < static_cast<std::size_t>(p.size); ++i) axis.push_back(p.positions_um[i * d + k]);
      nodes.dataset(group + "/" + std::string(1, "xyz"[k]), axis);
    }
  }

  void spikes(const PopulationSpec& p, const std::string& name) {
    Hdf5Image spikes;
    const std::string group = "/spikes/" + name;
    std::vector<std::uint64_t> ids;
    for (const std::int64_t n : p.trains.neurons) ids.push_back(result_id(p, n));
    spikes.dataset(group + "/timestamps", p.trains.times_ms);
    spikes.attribute(group + "/timestamps", "units", "ms");
    spikes.dataset(group + "/node_ids", ids);
    spikes.attribute(group, "sorting", {{"none", 0}, {"by_id", 1}, {"by_time", 2}}, 0);
    image("inputs/" + name + "_spikes.h5", spikes);
    inputs_[name + "_spikes"] = {{"input_type", "spikes"}, {"module", "sonata"}, {"input_file", "$INPUT_DIR/" + name + "_spikes.h5"}, {"node_set", name}};
  }

  // --- edges

  void projection(const ProjectionSpec& p, const std::string& name) {
    const PopulationSpec &from = spec_.populations[static_cast<std::size_t>(p.source.population)], &to = spec_.populations[static_cast<std::size_t>(p.target.population)];
    const std::string group = "/edges/" + name;
    const std::size_t count = p.rule.edge_sources->size();
    const sonata::ModelTemplate* nest = nest_[static_cast<std::size_t>(p.target.population)];
    const bool is_static = p.synapse.empty() && p.dendritic_delay_fraction == 1;
    const std::string model = nest && is_static ? "static_synapse" : "ranvier:" + rule_name(p), rules = nest && is_static ? static_file() : rule_file(p, name);
    std::vector<std::uint64_t> sources, targets, index(count);
    for (const std::int64_t i : *p.rule.edge_sources) sources.push_back(result_id(from, p.source[i]));
    for (const std::int64_t i : *p.rule.edge_targets) targets.push_back(result_id(to, p.target[i]));
    std::iota(index.begin(), index.end(), 0);
    Hdf5Image edges;
    edges.dataset(group + "/source_node_id", sources);
    edges.attribute(group + "/source_node_id", "node_population", plain_name(from.name));
    edges.dataset(group + "/target_node_id", targets);
    edges.attribute(group + "/target_node_id", "node_population", plain_name(to.name));
    const std::vector<std::uint32_t> zeros(count, 0);
    edges.dataset(group + "/edge_type_id", zeros);
    edges.dataset(group + "/edge_group_id", zeros);
    edges.dataset(group + "/edge_group_index", index);
    edges.group(group + "/0");
    std::string columns = "edge_type_id target_query source_query model_template dynamics_params receptor", row = fmt::format("0 * * {} {} {}", model, rules, p.receptor);
    const auto put = [&](const char* attribute, const Values& values) {
      if (values.kind == Values::Kind::column) {
        edges.dataset(group + "/0/" + attribute, std::span<const double>(*values.column));
      } else {
        columns += fmt::format(" {}", attribute);
        row += fmt::format(" {}", values.a);
      }
    };
    // NEST tells receptors apart by the sign of the weight, conductances as well.
    put("syn_weight", nest && nest->port == sonata::ModelTemplate::Port::sign && p.receptor == 1 && nest->receptors[1].conductance ? negated(p.weight) : p.weight);
    put("delay", p.delay_ms);
    image("network/" + name + "_edges.h5", edges);
    text("network/" + name + "_edge_types.csv", columns + "\n" + row + "\n");
    edges_.push_back({{"edges_file", "$NETWORK_DIR/" + name + "_edges.h5"}, {"edge_types_file", "$NETWORK_DIR/" + name + "_edge_types.csv"},
                      {"populations", {{name, {{"type", "point_neuron"}}}}}});
  }

  static Values negated(const Values& v) {
    if (v.kind != Values::Kind::column) return Values::constant(-v.a);
    auto column = *v.column;
    for (double& w : column) w = -w;
    Values out;
    out.kind = Values::Kind::column;
    out.column = std::make_shared<const std::vector<double>>(std::move(column));
    return out;
  }

  /// Synapses of NEST without parameters of their own: one file for all.
  std::string static_file() {
    if (!has_static_file_) text("components/edges/nest_static_synapse.json", "{}\n");
    has_static_file_ = true;
    return "nest_static_synapse.json";
  }

  static std::string rule_name(const ProjectionSpec& p) { return p.synapse.empty() ? "static" : p.synapse[0].rule; }

  /// The file of a projection's rules; NULL where there is nothing to say.
  std::string rule_file(const ProjectionSpec& p, const std::string& name) {
    if (p.synapse.empty() && p.dendritic_delay_fraction == 1) return "NULL";
    Json rules{{"dendritic_delay_fraction", p.dendritic_delay_fraction}};
    for (const SynapseSpec& s : p.synapse) {
      Json one{{"rule", s.rule}, {"params", s.params}, {"choices", s.choices}};
      if (!s.volume.empty()) one["volume"] = s.volume;
      rules["synapse"].push_back(one);
    }
    text("components/edges/" + name + ".json", rules.dump(2) + "\n");
    return name + ".json";
  }

  // --- configs

  Json circuit() const {
    return {{"manifest", {{"$BASE_DIR", "."}, {"$NETWORK_DIR", "$BASE_DIR/network"}, {"$COMPONENT_DIR", "$BASE_DIR/components"}}},
            {"components", {{"point_neuron_models_dir", "$COMPONENT_DIR/nodes"}, {"synaptic_models_dir", "$COMPONENT_DIR/edges"}}},
            {"networks", {{"nodes", nodes_}, {"edges", edges_}}}};
  }

  Json simulation() const {
    const SimulationSpec& s = spec_.simulation;
    Json j{{"manifest", {{"$BASE_DIR", "."}, {"$INPUT_DIR", "$BASE_DIR/inputs"}, {"$OUTPUT_DIR", "$BASE_DIR/output"}}},
           {"network", "$BASE_DIR/circuit_config.json"},
           {"run", {{"tstop", s.warmup_ms + s.duration_ms}, {"dt", s.dt_ms}}},
           {"output", {{"output_dir", "$OUTPUT_DIR"}, {"spikes_file", "spikes.h5"}}}};
    if (std::all_of(spec_.populations.begin(), spec_.populations.end(), [&](const PopulationSpec& p) { return is_source(p) || nest_[static_cast<std::size_t>(&p - spec_.populations.data())]; }))
      j["target_simulator"] = "NEST";
    if (!inputs_.empty()) j["inputs"] = inputs_;
    if (const Json all = reports(); !all.empty()) j["reports"] = all;
    j["ranvier"] = sonata::section_of(spec_);
    return j;
  }

  Json reports() const {
    Json all = Json::object();
    Names names;
    for (const RecordingSpec& r : spec_.recordings) {
      if (r.kind != RecordingSpec::Kind::state) continue;
      const PopulationSpec& p = spec_.populations[static_cast<std::size_t>(r.neurons.population)];
      Json cells{{"population", plain_name(p.name)}};
      if (r.neurons.size() != p.size)
        for (std::int64_t i = 0; i < r.neurons.size(); ++i) cells["node_id"].push_back(result_id(p, r.neurons[i]));
      Json report{{"module", "membrane_report"}, {"cells", cells}, {"variable_name", r.variables}};
      if (r.variables.size() == 1) report["variable_name"] = r.variables[0];
      if (r.start_ms != 0) report["start_time"] = r.start_ms;
      if (std::isfinite(r.stop_ms)) report["end_time"] = r.stop_ms;
      if (r.interval_ms != 0) report["dt"] = r.interval_ms;
      all[names(r.name.empty() ? "state" : r.name)] = report;
    }
    return all;
  }

  fs::path folder_;
  const NetworkSpec& spec_;
  std::vector<std::string> projections_;
  std::vector<const sonata::ModelTemplate*> nest_;  // of each population that is in NEST's words
  bool has_static_file_ = false;
  std::vector<OutputFile> files_;
  Json nodes_ = Json::array(), edges_ = Json::array(), inputs_ = Json::object();
};

Connections connections_of(const ProjectionSpec& p) {
  Connections c{.source_population = p.source.population, .target_population = p.target.population};
  for (std::size_t e = 0; e < p.rule.edge_sources->size(); ++e) {
    c.source.push_back(static_cast<std::uint32_t>(p.source[(*p.rule.edge_sources)[e]]));
    c.target.push_back(static_cast<std::uint32_t>(p.target[(*p.rule.edge_targets)[e]]));
    c.receptor.push_back(static_cast<std::uint16_t>(p.receptor));
    c.weight.push_back(at(p.weight, e));
    c.delay_ms.push_back(at(p.delay_ms, e));
  }
  return c;
}

}  // namespace

std::vector<fs::path> write_sonata_network(const OutputFolder& folder, const NetworkSpec& spec) {
  require_listed(spec);
  return CircuitWriter(folder.path, spec).write();
}

std::vector<fs::path> write_edge_lists(const OutputFolder& folder, const NetworkSpec& spec) {
  require_listed(spec);
  const auto names = projection_names(spec);
  std::vector<OutputFile> files;
  for (std::size_t k = 0; k < spec.projections.size(); ++k) files.push_back(write_csv_connections(folder.path / (names[k] + ".csv"), spec, connections_of(spec.projections[k])));
  std::vector<fs::path> paths;
  for (OutputFile& file : files) {
    file.commit();
    paths.push_back(file.path());
  }
  return paths;
}

}  // namespace ranvier::io
