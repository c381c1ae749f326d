// SPDX-License-Identifier: Apache-2.0
/// [[gap_junctions]]: one block couples two slices; and how their currents are found, simulation.gap_junctions.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "toml_edges.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

constexpr std::int64_t junctions_max = std::int64_t{1} << 40;
const std::vector<std::string> rule_names{"one_to_one", "all_to_all", "fixed_total_number", "pairwise_bernoulli", "edges"};

class GapReader {
 public:
  GapReader(Reader& reader, Draft& draft, const At& block) : reader_(reader), draft_(draft), block_(block) {}

  void read() {
    reader_.only_keys(block_, {"name", "source", "target", "rule", "allow_multapses", "conductance"});
    g_.where = reader_.where(block_);
    const bool sides = side("source", g_.source) & side("target", g_.target);  // both, so that both are told of
    if (const auto yes = reader_.boolean(reader_.get(block_, "allow_multapses"))) g_.rule.allow_multapses = *yes;
    const bool drawn = rule(sides);
    ValueRules rules{.unit = "nS", .range = engine::not_negative, .each = "edge"};
    if (g_.rule.kind == Rule::Kind::edges && drawn) {
      rules.size = static_cast<std::int64_t>(list_.sources->size());
      rules.own_column = [this](const At& column) {
        const auto found = column.is(Node::Kind::text) ? list_.columns.find(column.node->text) : list_.columns.end();
        return found == list_.columns.end() ? std::vector<double>{} : found->second;
      };
    }
    if (rules.size == 0 && drawn) return;  // a list without edges
    const auto conductance = read_values(reader_, reader_.require(block_, "conductance", "for example conductance = \"0.5 nS\""), rules);
    if (!sides || !drawn || !conductance) return;
    g_.conductance_nS = *conductance;
    const auto pair = fmt::format("{}--{}", slice_text(g_.source, draft_.spec), slice_text(g_.target, draft_.spec));
    g_.name = reader_.text(reader_.get(block_, "name")).value_or(pair);
    if (g_.rule.kind == Rule::Kind::edges) {
      g_.rule.edge_sources = std::move(list_.sources);
      g_.rule.edge_targets = std::move(list_.targets);
    }
    draft_.spec.gap_junctions.push_back(std::move(g_));
  }

 private:
  bool side(std::string_view key, Slice& to) {
    const At at = reader_.require(block_, key, fmt::format("for example {} = \"E\"", key));
    const auto slice = at ? read_slice(reader_, at, draft_.spec) : std::nullopt;
    if (!slice) return false;
    to = *slice;
    const PopulationSpec& p = draft_.spec.populations[static_cast<std::size_t>(to.population)];
    if (!is_source(p) && !is_event_driven(p)) return to.size() > 0;  // else a size is wrong, and noted
    reader_.problem(at, fmt::format("population \"{}\" is {}: it has no potential that a gap junction could act on", p.name, is_source(p) ? "a source of spikes" : "event-driven"));
    return false;
  }

  /// sizes: whether the slices are known.
  bool rule(bool sizes) {
    const At at = reader_.get(block_, "rule");
    if (!at) {
      if (!at.failed) reader_.problem(block_.node->line, block_.path, fmt::format("rule is missing: one of {}", fmt::join(rule_names, ", ")));
      return false;
    }
    if (at.is(Node::Kind::text)) return plain(at, sizes);
    if (!reader_.is_table(at, "{ pairwise_bernoulli = 0.1 }")) return false;
    if (at.node->find("edges")) return edges(at, sizes);
    if (at.node->find("fixed_total_number")) return number(at);
    if (at.node->find("pairwise_bernoulli")) return probability(at);
    return unknown(at, at.node->entries.empty() ? std::string{} : at.node->entries.front().key);
  }

  bool unknown(const At& at, const std::string& given) {
    static const std::vector<std::string> of_projections{"fixed_indegree", "fixed_outdegree", "distance"};
    const bool other = std::find(of_projections.begin(), of_projections.end(), given) != of_projections.end();
    reader_.problem(at, other ? fmt::format("gap junctions cannot be made by {}: one of {}", given, fmt::join(rule_names, ", ")) : fmt::format("no such rule.{}", suggestion(given, rule_names)));
    return false;
  }

  bool plain(const At& at, bool sizes) {
    const std::string& name = at.node->text;
    if (name == "all_to_all") return g_.rule.kind = Rule::Kind::all_to_all, true;
    if (name == "fixed_total_number" || name == "pairwise_bernoulli" || name == "edges") {
      reader_.problem(at, fmt::format("needs a value; write rule = {{ {} = {} }}", name, name == "edges" ? "\"file.csv\"" : name == "pairwise_bernoulli" ? "0.1" : "80"));
      return false;
    }
    if (name != "one_to_one") return unknown(at, name);
    g_.rule.kind = Rule::Kind::one_to_one;
    if (!sizes || g_.source.size() == g_.target.size()) return true;
    reader_.problem(at, fmt::format("needs as many sources as targets, but {} has {} neurons and {} has {}", slice_text(g_.source, draft_.spec), g_.source.size(),
                                    slice_text(g_.target, draft_.spec), g_.target.size()));
    return false;
  }

  bool number(const At& at) {
    reader_.only_keys(at, {"fixed_total_number"});
    g_.rule.kind = Rule::Kind::fixed_total_number;
    const auto n = reader_.integer(reader_.get(at, "fixed_total_number"), 0, junctions_max);
    if (n) g_.rule.number = *n;
    return n.has_value();
  }

  bool probability(const At& at) {
    reader_.only_keys(at, {"pairwise_bernoulli"});
    g_.rule.kind = Rule::Kind::pairwise_bernoulli;
    const At value = reader_.get(at, "pairwise_bernoulli");
    const auto p = reader_.number(value, "1");
    if (p && (*p < 0 || *p > 1)) reader_.problem(value, "a probability must be between 0 and 1");
    if (p) g_.rule.probability = *p;
    return p && *p >= 0 && *p <= 1;
  }

  bool edges(const At& at, bool sizes) {
    g_.rule.kind = Rule::Kind::edges;
    if (!sizes) return false;
    std::vector<std::string> columns;
    const At value = reader_.get(block_, "conductance");
    if (value.is(Node::Kind::table) && !value.node->find("file"))
      if (const At column = reader_.get(value, "column"); column.is(Node::Kind::text)) columns.push_back(column.node->text);
    auto list = read_edges(reader_, at, g_.source, g_.target, columns);
    if (list) list_ = std::move(*list);
    return list.has_value();
  }

  Reader& reader_;
  Draft& draft_;
  const At& block_;
  GapJunctionSpec g_;
  EdgeList list_;
};

void read_method(Reader& reader, const At& root, GapMethodSpec& m) {
  const At simulation = reader.get(root, "simulation");
  const At table = simulation.is(Node::Kind::table) ? reader.get(simulation, "gap_junctions") : At{};
  if (!table || !reader.is_table(table, "{ method = \"waveform_relaxation\" }")) return;
  reader.only_keys(table, {"method", "interval", "tolerance", "max_iterations", "interpolation"});
  const auto method = reader.word(reader.require(table, "method", "\"explicit\" or \"waveform_relaxation\""), {"explicit", "waveform_relaxation"});
  if (method && *method == 1) m.kind = GapMethodSpec::Kind::waveform_relaxation;
  if (const auto ms = reader.positive(reader.get(table, "interval"), "ms")) m.interval_ms = *ms;
  if (const auto mV = reader.positive(reader.get(table, "tolerance"), "mV")) m.tolerance_mV = *mV;
  if (const auto n = reader.integer(reader.get(table, "max_iterations"), 1, 1000)) m.max_iterations = static_cast<int>(*n);
  const At order = reader.get(table, "interpolation");
  const auto n = reader.integer(order, 0, 3);
  if (n && *n == 2) reader.problem(order, "must be 0, 1 or 3");
  else if (n) m.interpolation = static_cast<int>(*n);
}

}  // namespace

void read_gap_junctions(Reader& reader, const At& root, Draft& draft) {
  read_method(reader, root, draft.spec.gap_method);
  for (const auto& block : reader.tables(root, "gap_junctions")) GapReader(reader, draft, block).read();
}

}  // namespace ranvier::io
