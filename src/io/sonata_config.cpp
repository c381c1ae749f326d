// SPDX-License-Identifier: Apache-2.0
#include "sonata_config.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <functional>
#include <map>
#include <set>

#include "ranvier/error.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace fs = std::filesystem;
namespace {

constexpr std::uintmax_t json_size_max = std::uintmax_t{64} << 20;
constexpr std::size_t depth_max = 100;

std::string shown(const Json& node) {
  std::string text = node.dump(-1, ' ', false, Json::error_handler_t::replace);
  return text.size() <= 60 ? text : text.substr(0, 60) + "...";
}

std::vector<std::string> keys_of(const Json& object) {
  std::vector<std::string> keys;
  for (const auto& [key, value] : object.items()) keys.push_back(key);
  return keys;
}

/// The variables of a manifest, each replaced to the end. A relative path among them starts at the file's folder.
class Manifest {
 public:
  Manifest(const JsonFile& file, const Manifest* outer) : file_(file), outer_(outer) {
    const auto folder = fs::absolute(file.path).parent_path().lexically_normal();
    values_["configdir"] = folder.string();
    values_["configfname"] = fs::absolute(file.path).lexically_normal().string();
    values_["workingdir"] = fs::current_path().string();
    const auto manifest = Place(file, file.root).find("manifest");
    if (!manifest) return;
    manifest->require_object("\"manifest\": { \"$NETWORK_DIR\": \"./network\" }");
    for (const auto& [key, value] : manifest->node().items()) {
      if (!value.is_string()) manifest->get(key, "").fail("must be a path, as text");
      raw_[bare(key)] = value.get<std::string>();
    }
    for (const auto& [name, text] : raw_) resolve(name);
  }

  /// `text` with its variables replaced.
  std::string expand(const std::string& text, const std::string& key) const {
    return replace(text, key, [this](const std::string& name) { return value_of(name); });
  }

 private:
  static std::string bare(std::string name) {
    if (name.starts_with("${") && name.ends_with("}")) return name.substr(2, name.size() - 3);
    return name.starts_with("$") ? name.substr(1) : name;
  }

  const std::string* value_of(const std::string& name) const {
    const auto it = values_.find(name);
    return it != values_.end() ? &it->second : outer_ ? outer_->value_of(name) : nullptr;
  }

  template <class Lookup>
  std::string replace(const std::string& text, const std::string& key, Lookup value) const {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
      if (text[i] != '$') {
        out += text[i];
        continue;
      }
      const bool braces = i + 1 < text.size() && text[i + 1] == '{';
      const std::size_t begin = i + (braces ? 2 : 1);
      std::size_t end = begin;
      while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_')) ++end;
      const std::string name = text.substr(begin, end - begin);
      const std::string* found = name.empty() || (braces && (end >= text.size() || text[end] != '}')) ? nullptr : value(name);
      if (!found) throw InputError(fmt::format("{}: {} = \"{}\": the manifest has no variable \"${}\".{}", file_.path.string(), key, text, name, suggestion("$" + name, names())));
      out += *found;
      i = end - (braces ? 0 : 1);
    }
    return out;
  }

  const std::string* resolve(const std::string& name) {
    if (const auto done = values_.find(name); done != values_.end()) return &done->second;
    const auto it = raw_.find(name);
    if (it == raw_.end()) return outer_ ? outer_->value_of(name) : nullptr;
    if (!under_way_.insert(name).second)
      throw InputError(fmt::format("{}: manifest.${} = \"{}\": leads back to itself; give it a path of its own", file_.path.string(), name, it->second));
    std::string text = replace(it->second, "manifest.$" + name, [this](const std::string& inner) { return resolve(inner); });
    if (fs::path(text).is_relative()) text = (fs::absolute(file_.path).parent_path() / text).lexically_normal().string();
    while (text.size() > 1 && text.ends_with('/')) text.pop_back();
    if (text.size() > 4096) throw InputError(fmt::format("{}: manifest.${} becomes a path of more than 4096 characters; give it one that exists", file_.path.string(), name));
    under_way_.erase(name);
    return &(values_[name] = text);
  }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto& [name, value] : values_) all.push_back("$" + name);
    return all;
  }

  const JsonFile& file_;
  const Manifest* outer_;
  std::map<std::string, std::string> raw_, values_;
  std::set<std::string> under_way_;
};

void expand_all(Json& node, const Manifest& manifest, const std::string& key) {
  if (node.is_string() && node.get_ref<const std::string&>().find('$') != std::string::npos) node = manifest.expand(node.get<std::string>(), key);
  if (node.is_array())
    for (std::size_t i = 0; i < node.size(); ++i) expand_all(node[i], manifest, fmt::format("{}[{}]", key, i));
  if (node.is_object())
    for (auto& [name, value] : node.items())
      if (!(key.empty() && name == "manifest")) expand_all(value, manifest, key.empty() ? name : key + "." + name);
}

std::size_t depth_of(const Json& node, std::size_t so_far = 0) {
  if (!node.is_structured() || so_far > depth_max) return so_far;
  std::size_t deepest = so_far;
  for (const auto& [key, child] : node.items()) deepest = std::max(deepest, depth_of(child, so_far + 1));
  return deepest;
}

/// Reads the circuit, which is a file that the config names, or the config itself where it has "networks".
void read_circuit(Config& config, const Manifest* manifest, const std::optional<fs::path>& circuit) {
  if (circuit) config.circuit = read_json(*circuit);
  else config.circuit = config.simulation;
  expand_all(config.circuit.root, Manifest(config.circuit, manifest), "");
}

/// A simulation config without a network: the config.json beside it may name both.
std::optional<fs::path> circuit_beside(const fs::path& simulation) {
  const fs::path both = simulation.parent_path() / "config.json";
  std::error_code error;
  if (!fs::is_regular_file(both, error) || fs::equivalent(both, simulation, error)) return std::nullopt;
  JsonFile file = read_json(both);
  if (!file.root.is_object()) return std::nullopt;
  expand_all(file.root, Manifest(file, nullptr), "");
  const Place at(file, file.root);
  const auto named = at.find("simulation"), network = at.find("network");
  if (!named || !network || !named->node().is_string() || !fs::equivalent(named->path(), simulation, error)) return std::nullopt;
  return network->path();
}

void read_node_sets(Config& config) {
  for (const JsonFile* file : {&config.simulation, &config.circuit})
    if (file->root.is_object())
      if (const auto named = Place(*file, file->root).find("node_sets_file")) {
        config.node_sets = read_json(named->path());
        if (!config.node_sets.root.is_object()) throw InputError(config.node_sets.path.string() + ": must be a JSON object: { \"name\": { \"population\": \"v1\" } }");
        return;
      }
  config.node_sets = {config.simulation.path, Json::object()};
}

}  // namespace

std::optional<Place> Place::find(const std::string& key) const {
  if (!node_->is_object()) return std::nullopt;
  const auto it = node_->find(key);
  if (it == node_->end() || it->is_null()) return std::nullopt;
  return Place(*file_, *it, key_.empty() ? key : key_ + "." + key);
}

Place Place::get(const std::string& key, std::string_view example) const {
  if (const auto found = find(key)) return *found;
  const std::string hint = node_->is_object() ? nearest_name(key, keys_of(*node_)) : "";
  throw InputError(fmt::format("{}: {}{}{} is missing{}{}", file_->path.string(), key_, key_.empty() ? "" : ".", key, example.empty() ? "" : fmt::format(": for example {}", example),
                               hint.empty() ? "" : fmt::format(". Is \"{}\" meant for it?", hint)));
}

Place Place::item(std::size_t i) const { return Place(*file_, (*node_)[i], fmt::format("{}[{}]", key_, i)); }

std::string Place::text() const {
  if (!node_->is_string()) fail("must be a text");
  return node_->get<std::string>();
}

double Place::number() const {
  const double value = node_->is_number() ? node_->get<double>() : std::nan("");
  if (!std::isfinite(value)) fail("must be a number");
  return value;
}

bool Place::boolean() const {
  if (!node_->is_boolean()) fail("must be true or false");
  return node_->get<bool>();
}

fs::path Place::path() const {
  const fs::path given = text();
  return given.is_absolute() ? given : (file_->path.parent_path() / given).lexically_normal();
}

void Place::require_object(std::string_view example) const {
  if (!node_->is_object()) fail(fmt::format("must be an object, for example {}", example));
}

void Place::require_array(std::string_view example) const {
  if (!node_->is_array()) fail(fmt::format("must be a list, for example {}", example));
}

std::string Place::where() const { return fmt::format("{}: {} = {}", file_->path.string(), key_, shown(*node_)); }

void Place::fail(std::string_view what) const { throw InputError(fmt::format("{}: {}", where(), what)); }

JsonFile read_json(const fs::path& path) {
  std::error_code error;
  if (!fs::exists(path, error)) throw InputError(fmt::format("{}: no such file", path.string()));
  if (!fs::is_regular_file(path, error)) throw InputError(fmt::format("{}: is not a file", path.string()));
  if (fs::file_size(path, error) > json_size_max) throw InputError(fmt::format("{}: is larger than {} MiB, too large for a config", path.string(), json_size_max >> 20));
  std::ifstream in(path, std::ios::binary);
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  try {
    JsonFile file{path, Json::parse(text, nullptr, true, /*ignore_comments=*/true)};
    if (depth_of(file.root) > depth_max) throw InputError(fmt::format("{}: is nested deeper than {} levels", path.string(), depth_max));
    return file;
  } catch (const Json::parse_error& e) {
    const auto stop = text.begin() + static_cast<std::ptrdiff_t>(std::min(e.byte, text.size()));
    throw InputError(fmt::format("{}:{}: is not JSON: {}", path.string(), 1 + std::count(text.begin(), stop, '\n'), std::string_view(e.what()).substr(std::string_view(e.what()).rfind(": ") + 2)));
  } catch (const Json::exception& e) {  // a number that no double can hold
    throw InputError(fmt::format("{}: is not JSON that can be read: {}", path.string(), e.what()));
  }
}

Config read_config(const fs::path& path) {
  Config config;
  config.simulation = read_json(path);
  if (!config.simulation.root.is_object()) throw InputError(path.string() + ": must be a JSON object: a SONATA simulation config");
  const Manifest manifest(config.simulation, nullptr);
  expand_all(config.simulation.root, manifest, "");
  const Place root = config.at_simulation();

  const auto simulation = root.find("simulation"), network = root.find("network");
  if (simulation && simulation->node().is_string()) {  // names a circuit and a simulation
    const auto circuit = root.get("network", "\"network\": \"circuit_config.json\"").path();
    config.simulation = read_json(simulation->path());
    const Manifest own(config.simulation, &manifest);
    expand_all(config.simulation.root, own, "");
    config.has_simulation = true;
    read_circuit(config, &own, circuit);
  } else {
    config.has_simulation = root.find("run").has_value();
    std::optional<fs::path> circuit;
    if (network) circuit = network->path();
    else if (!root.find("networks")) circuit = circuit_beside(path);
    if (!circuit && !root.find("networks"))
      throw InputError(fmt::format("{}: names no circuit: add \"network\": \"circuit_config.json\", or give the file that names both (\"network\" and \"simulation\")", path.string()));
    read_circuit(config, &manifest, circuit);
  }
  if (!config.simulation.root.is_object()) throw InputError(config.simulation.path.string() + ": must be a JSON object: a SONATA simulation config");
  if (!config.circuit.root.is_object()) throw InputError(config.circuit.path.string() + ": must be a JSON object: a SONATA circuit config");
  read_node_sets(config);
  return config;
}

}  // namespace ranvier::io::sonata
