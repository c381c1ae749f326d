// SPDX-License-Identifier: Apache-2.0
#include "sonata_circuit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "hdf5_read.hpp"
#include "ranvier/error.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace fs = std::filesystem;

const NodePopulation* Circuit::find(const std::string& population) const {
  const auto it = std::find_if(nodes.begin(), nodes.end(), [&](const NodePopulation& p) { return p.name == population; });
  return it == nodes.end() ? nullptr : &*it;
}

void Circuit::note(const std::string& text) {
  if (noted.try_emplace(text, true).second) spec.notes.push_back(text);
}

bool Circuit::for_nest() const {
  for (const Place& root : {config.at_simulation(), config.at_circuit()})
    if (const auto target = root.find("target_simulator")) return target->text() == "NEST";
  return false;
}

const JsonFile& Components::read(const std::string& name, const std::string& whose, std::string_view otherwise) {
  if (const auto known = files_.find(name); known != files_.end()) return known->second;
  const auto components = circuit_.config.at_circuit().find("components");
  const auto folder = components ? components->find(key_) : std::nullopt;
  fs::path path = name;
  if (path.is_relative()) {
    if (!folder) throw InputError(fmt::format("{}: components.{} is missing: the folder of \"{}\"\n  {}", circuit_.config.circuit.path.string(), key_, name, whose));
    path = folder->path() / name;
    std::error_code error;
    if (!fs::exists(folder->path(), error)) {
      circuit_.note(fmt::format("{}: components.{} = \"{}\": no such folder, so the files that dynamics_params names are not known: {} are taken", circuit_.config.circuit.path.string(), key_, folder->path().lexically_normal().string(), otherwise));
      return files_[name] = {path, Json::object()};
    }
  }
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(fmt::format("{}: no such file, though dynamics_params names it\n  {}", path.string(), whose));
  if (path.extension() != ".json") throw InputError(fmt::format("{}: parameters of models are read from JSON files\n  {}", path.string(), whose));
  return files_[name] = read_json(path);
}

std::vector<PopulationFile> population_files(const Circuit& circuit, const std::string& kind) {
  std::vector<PopulationFile> files;
  const auto networks = circuit.config.at_circuit().get("networks", "\"networks\": { \"nodes\": [...], \"edges\": [...] }");
  networks.require_object("{ \"nodes\": [...], \"edges\": [...] }");
  if (kind == "edges" && !networks.find(kind)) return files;
  const auto list = networks.get(kind, "[{ \"nodes_file\": \"nodes.h5\", \"node_types_file\": \"node_types.csv\" }]");
  list.require_array(fmt::format("[{{ \"{}_file\": \"{}.h5\" }}]", kind, kind));
  for (std::size_t i = 0; i < list.node().size(); ++i) {
    const Place entry = list.item(i);
    entry.require_object(fmt::format("{{ \"{}_file\": \"{}.h5\" }}", kind, kind));
    if (const auto enabled = entry.find("enabled"); enabled && !enabled->boolean()) continue;
    PopulationFile file{entry, entry.get(kind + "_file", fmt::format("\"{}.h5\"", kind)).path(), {}};
    std::error_code error;
    if (!fs::exists(file.file, error)) entry.get(kind + "_file", "").fail(fmt::format("{}: no such file", file.file.string()));
    file.populations = hdf5_names(file.file, "/" + kind);
    if (file.populations.empty()) throw InputError(fmt::format("{}: no group \"/{}\" with populations in it: is it a file of {}?", file.file.string(), kind, kind));
    files.push_back(std::move(file));
  }
  if (files.empty() && kind == "nodes") list.fail("names no file of nodes");
  return files;
}

TypeTable read_types(const PopulationFile& file, const std::string& kind, const std::string& population) {
  const std::string key = kind + "_types_file";
  const auto named = file.entry.find(key);
  if (!named) return {};
  std::error_code error;
  if (!fs::exists(named->path(), error)) named->fail(fmt::format("{}: no such file", named->path().string()));
  return {named->path(), kind + "_type_id", population};
}

std::vector<Slice> slices(const Circuit& circuit, const NodePopulation& nodes, const std::vector<std::int64_t>& places) {
  std::map<std::int32_t, std::vector<std::int64_t>> cells;
  for (const std::int64_t place : places) cells[nodes.cells[static_cast<std::size_t>(place)].population].push_back(nodes.cells[static_cast<std::size_t>(place)].index);
  std::vector<Slice> out;
  for (auto& [population, index] : cells) {
    std::sort(index.begin(), index.end());
    if (static_cast<std::int64_t>(index.size()) == circuit.spec.populations[static_cast<std::size_t>(population)].size) {
      out.push_back({population, 0, static_cast<std::int64_t>(index.size()), 1});
      continue;
    }
    for (std::size_t i = 0; i < index.size();) {
      // A step longer than one needs three in a row to be worth a slice: 0, 20, 60 is { 0, 20 }, not { 0 } and { 20, 60 }.
      std::size_t end = i + 1;
      std::int64_t stride = 1;
      if (end < index.size()) {
        stride = index[end] - index[i];
        while (end < index.size() && index[end] - index[end - 1] == stride) ++end;
      }
      out.push_back({population, index[i], index[end - 1] + 1, stride});
      i = end;
    }
  }
  return out;
}

Values values_of(std::vector<double> values) {
  if (values.empty()) return Values::constant(0);
  if (std::all_of(values.begin(), values.end(), [&](double v) { return v == values[0]; })) return Values::constant(values[0]);
  Values column;
  column.kind = Values::Kind::column;
  column.column = std::make_shared<const std::vector<double>>(std::move(values));
  return column;
}

}  // namespace ranvier::io::sonata
