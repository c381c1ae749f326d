// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A SONATA circuit on its way to a NetworkSpec. The sections are read in the order in which they refer to one another:
/// nodes, node sets, edges, inputs, reports.

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "ranvier/network.hpp"
#include "sonata_config.hpp"
#include "sonata_models.hpp"
#include "sonata_types.hpp"

namespace ranvier::io::sonata {

/// A cell: a population of the NetworkSpec, and its place there.
struct Cell {
  std::int32_t population = -1;
  std::int64_t index = 0;
};

/// A node population of the circuit. Its nodes may have several models, and then be several populations of the NetworkSpec.
struct NodePopulation {
  std::string name;
  Items items;
  std::vector<std::int64_t> ids;                     ///< [size] empty: 0, 1, ...
  std::unordered_map<std::int64_t, std::int64_t> place;  ///< of each id, where `ids` is not empty
  std::vector<Cell> cells;                           ///< [size]

  std::int64_t find(std::int64_t id) const;          ///< place of a node, -1 where there is no such id
  std::int64_t id(std::size_t i) const { return ids.empty() ? static_cast<std::int64_t>(i) : ids[i]; }
};

/// Of a population of the NetworkSpec: the template it was made by; none for sources and for what Ranvier wrote itself.
struct Origin {
  const ModelTemplate* model = nullptr;
  bool is_virtual = false;
};

struct Circuit {
  const Config& config;
  NetworkSpec spec;
  std::vector<NodePopulation> nodes;
  std::vector<Origin> origins;  ///< [spec.populations]
  std::map<std::string, bool> noted;

  const NodePopulation* find(const std::string& population) const;
  void note(const std::string& text);  ///< once
  bool for_nest() const;               ///< target_simulator is NEST: currents are in pA then, as BMTK hands them over
};

/// A folder of parameter files, from "components" of the circuit config.
///
/// Files of a folder that does not exist are not errors but notes: circuits are often passed on without their components,
/// and every model has defaults. A file that is missing in a folder that is there is an error.
class Components {
 public:
  Components(Circuit& circuit, std::string key) : circuit_(circuit), key_(std::move(key)) {}
  /// The parameters in a file. `whose` is for messages; `otherwise` says what is taken where the folder is missing.
  const JsonFile& read(const std::string& name, const std::string& whose, std::string_view otherwise);

 private:
  Circuit& circuit_;
  std::string key_;
  std::map<std::string, JsonFile> files_;
};

void read_nodes(Circuit& circuit);
void read_edges(Circuit& circuit);
void read_inputs(Circuit& circuit);
void read_reports(Circuit& circuit);

/// The populations of one file: a node or edge population's name, and the file's entries in the config.
struct PopulationFile {
  Place entry;
  std::filesystem::path file;
  std::vector<std::string> populations;
};
/// Files of "networks.<kind>" ("nodes" or "edges") that are not disabled.
std::vector<PopulationFile> population_files(const Circuit& circuit, const std::string& kind);
TypeTable read_types(const PopulationFile& file, const std::string& kind, const std::string& population);

/// The cells of a node set: a name, an object of attributes, or a list of these, as "node_set" or "cells" gives it. For each
/// node population of the circuit their places, ascending.
/// Errors  InputError: no such name; no such attribute; a set in a circle; nobody in it
std::vector<std::vector<std::int64_t>> node_set(const Circuit& circuit, const Place& at);

/// The fewest slices that hold these cells of a population, given ascending places.
std::vector<Slice> slices(const Circuit& circuit, const NodePopulation& nodes, const std::vector<std::int64_t>& places);

/// All values the same: a constant; else a column.
Values values_of(std::vector<double> values);

}  // namespace ranvier::io::sonata
