// SPDX-License-Identifier: Apache-2.0
/// Node sets: by name (of node_sets_file, or of a population), by attributes, or as a union of such.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "ranvier/error.hpp"
#include "sonata_circuit.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io::sonata {
namespace {

using Chosen = std::vector<std::vector<bool>>;  // [population][node]

std::string as_text(const Json& value) { return value.is_string() ? value.get<std::string>() : value.dump(-1, ' ', false, Json::error_handler_t::replace); }

class NodeSets {
 public:
  explicit NodeSets(const Circuit& circuit) : circuit_(circuit) {}

  Chosen read(const Place& at) {
    const Json& node = at.node();
    if (node.is_string()) return by_name(at, node.get<std::string>());
    if (node.is_object()) return by_attributes(at);
    if (node.is_array()) {
      Chosen all = none();
      if (!node.empty() && std::all_of(node.begin(), node.end(), [](const Json& n) { return n.is_number_integer(); })) return by_ids(at);
      for (std::size_t i = 0; i < node.size(); ++i) unite(all, read(at.item(i)));
      return all;
    }
    at.fail("must be the name of a node set, an object of attributes, or a list of names");
  }

 private:
  Chosen none() const {
    Chosen chosen;
    for (const NodePopulation& p : circuit_.nodes) chosen.emplace_back(p.items.size(), false);
    return chosen;
  }

  static void unite(Chosen& all, const Chosen& more) {
    for (std::size_t p = 0; p < all.size(); ++p)
      for (std::size_t i = 0; i < all[p].size(); ++i) all[p][i] = all[p][i] || more[p][i];
  }

  Chosen by_name(const Place& at, const std::string& name) {
    if (const auto set = circuit_.config.at_node_sets().find(name)) {
      if (const auto known = known_.find(name); known != known_.end()) return known->second;
      if (!open_.insert(name).second) at.fail(fmt::format("node set \"{}\" leads back to itself", name));
      Chosen chosen = read(*set);
      open_.erase(name);
      return known_[name] = chosen;
    }
    Chosen chosen = none();
    bool any = false;
    for (std::size_t p = 0; p < chosen.size(); ++p)
      if (name == "all" || circuit_.nodes[p].name == name) {
        chosen[p].assign(chosen[p].size(), true);
        any = true;
      }
    if (any) return chosen;
    std::vector<std::string> names;
    for (const auto& [key, value] : circuit_.config.node_sets.root.items()) names.push_back(key);
    for (const NodePopulation& p : circuit_.nodes) names.push_back(p.name);
    at.fail(fmt::format("no node set and no population is called \"{}\".{}", name, suggestion(name, names)));
  }

  /// A list of node ids, as some configs have it: of all populations that have them.
  Chosen by_ids(const Place& at) {
    Chosen chosen = none();
    for (std::size_t p = 0; p < chosen.size(); ++p) choose_ids(at, p, std::vector<bool>(chosen[p].size(), true), chosen[p]);
    return chosen;
  }

  Chosen by_attributes(const Place& at) {
    Chosen chosen = none();
    const auto population = at.find("population");
    for (std::size_t p = 0; p < chosen.size(); ++p) {
      if (population && !matches(population->node(), circuit_.nodes[p].name)) continue;
      chosen[p].assign(chosen[p].size(), true);
    }
    if (population) require_populations(*population);
    for (const auto& [key, value] : at.node().items()) {
      if (key == "population") continue;
      const Place wanted = at.get(key, "");
      if (is_id(key)) require_ids(wanted, chosen);
      if (value.is_object()) wanted.fail("conditions other than a value or a list of values are not supported");
      bool known = false;
      for (std::size_t p = 0; p < chosen.size(); ++p) known = filter(wanted, key, p, chosen[p]) || known;
      if (!known) wanted.fail(fmt::format("no node has an attribute \"{}\".{}", key, suggestion(key, attributes())));
    }
    return chosen;
  }

  void require_populations(const Place& at) const {
    const Json& names = at.node();
    for (std::size_t i = 0; i < (names.is_array() ? names.size() : 1); ++i) {
      const Place one = names.is_array() ? at.item(i) : at;
      if (!circuit_.find(one.text())) {
        std::vector<std::string> known;
        for (const NodePopulation& p : circuit_.nodes) known.push_back(p.name);
        one.fail(fmt::format("no such population.{}", suggestion(one.text(), known)));
      }
    }
  }

  static bool matches(const Json& wanted, const std::string& word) {
    if (!wanted.is_array()) return as_text(wanted) == word;
    return std::any_of(wanted.begin(), wanted.end(), [&](const Json& w) { return as_text(w) == word; });
  }

  /// Keeps the nodes of population p whose attribute is as wanted. False where the population knows no such attribute.
  bool filter(const Place& wanted, const std::string& key, std::size_t p, std::vector<bool>& chosen) const {
    const NodePopulation& nodes = circuit_.nodes[p];
    if (is_id(key)) {
      std::vector<bool> kept(chosen.size(), false);
      choose_ids(wanted, p, chosen, kept);
      chosen = std::move(kept);
      return true;
    }
    if (key == "node_type_id") {
      for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = chosen[i] && !nodes.items.type_ids().empty() && matches(wanted.node(), fmt::format("{}", nodes.items.type_ids()[i]));
      return true;
    }
    const auto& columns = nodes.items.types().columns();
    if (std::find(columns.begin(), columns.end(), key) == columns.end() && !nodes.items.group_attributes().contains(key)) {
      chosen.assign(chosen.size(), false);
      return false;
    }
    const auto texts = nodes.items.texts(key);
    std::vector<bool> good(texts.words.size());
    for (std::size_t w = 0; w < good.size(); ++w) good[w] = same(wanted.node(), texts.words[w]);
    for (std::size_t i = 0; i < chosen.size(); ++i) chosen[i] = chosen[i] && texts.index[i] >= 0 && good[static_cast<std::size_t>(texts.index[i])];
    return true;
  }

  static bool is_id(const std::string& key) { return key == "node_id" || key == "node_ids" || key == "gids" || key == "gid"; }

  /// Every id must be one of some population that is still in question.
  void require_ids(const Place& wanted, const Chosen& chosen) const {
    const Json& ids = wanted.node();
    for (std::size_t k = 0; k < (ids.is_array() ? ids.size() : 1); ++k) {
      const Place one = ids.is_array() ? wanted.item(k) : wanted;
      bool found = !one.node().is_number_integer();  // what it is instead is said where it is read
      for (std::size_t p = 0; p < chosen.size(); ++p)
        found = found || (std::count(chosen[p].begin(), chosen[p].end(), true) > 0 && circuit_.nodes[p].find(one.node().get<std::int64_t>()) >= 0);
      if (!found) one.fail("no population in question has a node of this id");
    }
  }

  /// Words are compared as words, numbers as numbers: 1 is "1.0".
  static bool same(const Json& wanted, const std::string& word) {
    if (matches(wanted, word)) return true;
    const auto number = parse_number(word);
    const auto equal = [&](const Json& w) { return w.is_number() && number && w.get<double>() == *number; };
    return wanted.is_array() ? std::any_of(wanted.begin(), wanted.end(), equal) : equal(wanted);
  }

  void choose_ids(const Place& wanted, std::size_t p, const std::vector<bool>& among, std::vector<bool>& kept) const {
    const Json& ids = wanted.node();
    for (std::size_t k = 0; k < (ids.is_array() ? ids.size() : 1); ++k) {
      const Place one = ids.is_array() ? wanted.item(k) : wanted;
      if (!one.node().is_number_integer()) one.fail("must be a whole number: a node_id");
      const std::int64_t id = one.node().get<std::int64_t>(), place = circuit_.nodes[p].find(id);
      if (place >= 0 && among[static_cast<std::size_t>(place)]) kept[static_cast<std::size_t>(place)] = true;
    }
  }

  std::vector<std::string> attributes() const {
    std::set<std::string> all{"node_id", "population"};
    for (const NodePopulation& p : circuit_.nodes) {
      all.insert(p.items.types().columns().begin(), p.items.types().columns().end());
      all.insert(p.items.group_attributes().begin(), p.items.group_attributes().end());
    }
    return {all.begin(), all.end()};
  }

  const Circuit& circuit_;
  std::set<std::string> open_;  // names on the way: finds circles
  std::map<std::string, Chosen> known_;  // sets of sets would be read again and again
};

}  // namespace

std::vector<std::vector<std::int64_t>> node_set(const Circuit& circuit, const Place& at) {
  const Chosen chosen = NodeSets(circuit).read(at);
  std::vector<std::vector<std::int64_t>> places(chosen.size());
  bool any = false;
  for (std::size_t p = 0; p < chosen.size(); ++p)
    for (std::size_t i = 0; i < chosen[p].size(); ++i)
      if (chosen[p][i]) {
        places[p].push_back(static_cast<std::int64_t>(i));
        any = true;
      }
  if (!any) at.fail("no node of the circuit belongs to this set");
  return places;
}

}  // namespace ranvier::io::sonata
