// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The JSON files of a SONATA simulation: which there are, with the variables of their manifests put in.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace ranvier::io::sonata {

using Json = nlohmann::ordered_json;

/// A JSON file. Its variables are replaced; relative paths in it start at its folder.
struct JsonFile {
  std::filesystem::path path;
  Json root;
};

/// A place in a JSON file. Reading it checks; what is wrong is an InputError "file: key = value: what".
class Place {
 public:
  Place(const JsonFile& file, const Json& node, std::string key = "") : file_(&file), node_(&node), key_(std::move(key)) {}

  const Json& node() const { return *node_; }
  const std::string& key() const { return key_; }
  bool is_object() const { return node_->is_object(); }

  std::optional<Place> find(const std::string& key) const;   ///< nothing where absent or null
  Place get(const std::string& key, std::string_view example) const;  ///< must be there
  Place item(std::size_t i) const;

  std::string text() const;
  double number() const;
  bool boolean() const;
  std::filesystem::path path() const;  ///< from the file's folder
  void require_object(std::string_view example) const;
  void require_array(std::string_view example) const;

  std::string where() const;           ///< "config.json: inputs.lgn.amp = 3"
  [[noreturn]] void fail(std::string_view what) const;

 private:
  const JsonFile* file_;
  const Json* node_;
  std::string key_;
};

/// What a simulation is made of. Without a simulation config (a circuit alone) `simulation` is empty.
struct Config {
  JsonFile simulation, circuit, node_sets;
  bool has_simulation = false;

  Place at_simulation() const { return {simulation, simulation.root}; }
  Place at_circuit() const { return {circuit, circuit.root}; }
  Place at_node_sets() const { return {node_sets, node_sets.root}; }
};

/// Reads a simulation config, a circuit config, or a file with the keys "network" and "simulation" that names both.
///
/// A simulation config that names no network is completed by a file "config.json" beside it that names it.
/// Errors  InputError: no such file; not JSON (with line and column); a variable that nothing defines, or that leads in a circle
Config read_config(const std::filesystem::path& file);

/// A JSON file; variables stay as they are.
JsonFile read_json(const std::filesystem::path& file);

}  // namespace ranvier::io::sonata
