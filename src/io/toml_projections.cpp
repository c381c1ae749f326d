// SPDX-License-Identifier: Apache-2.0
/// [[projections]]: one block describes one projection, or every pair of several sources and targets.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "toml_edges.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

constexpr std::int64_t synapses_max = std::int64_t{1} << 50;
const std::vector<std::string> rule_names{"one_to_one", "all_to_all", "fixed_indegree", "fixed_outdegree", "fixed_total_number",
                                          "pairwise_bernoulli", "distance", "edges"};

/// Reads the projection of one pair of slices.
class ProjectionReader {
 public:
  ProjectionReader(Reader& reader, Draft& draft, const At& block, const std::vector<At>& exceptions)
      : reader_(reader), draft_(draft), block_(block), exceptions_(exceptions) {}

  void read(const Slice& source, const Slice& target) {
    p_.source = source;
    p_.target = target;
    p_.where = reader_.where(block_);
    const auto pair = fmt::format("{}->{}", slice_text(source, draft_.spec), slice_text(target, draft_.spec));
    const auto name = reader_.text(get("name"));
    p_.name = name && reader_.selection.sources * reader_.selection.targets > 1 ? fmt::format("{} {}", *name, pair) : name.value_or(pair);
    if (is_source(to())) {
      reader_.problem(reader_.get(block_, "target"), fmt::format("population \"{}\" is a source: it receives nothing", to().name));
      return;
    }
    sizes_known_ = source.size() > 0 && target.size() > 0;  // else a size is wrong, and noted: check what does not depend on it
    sites_ = sites();
    if (!rule() || (vanishes_ && !grows())) return;
    const auto receptor = read_receptor(reader_, holder("receptor"), to());
    if (!receptor) {
      if (to().receptors.empty() && !to().membrane.empty())
        reader_.problem(reader_.get(block_, "target"), fmt::format("population \"{}\" has no receptors; give it receptors = [...]", to().name));
      return;
    }
    p_.receptor = *receptor;
    values();
    fraction();
    if (const At lags = get("lags")) return add_lags(reader_, lags, draft_.spec, p_);
    draft_.spec.projections.push_back(std::move(p_));
  }

 private:
  const PopulationSpec& from() const { return draft_.spec.populations[static_cast<std::size_t>(p_.source.population)]; }
  const PopulationSpec& to() const { return draft_.spec.populations[static_cast<std::size_t>(p_.target.population)]; }
  double dt() const { return draft_.spec.simulation.dt_ms; }

  /// The table that says `key` for this pair: the last exception that has it, or the block itself.
  const At& holder(std::string_view key) const {
    for (auto e = exceptions_.rbegin(); e != exceptions_.rend(); ++e)
      if (e->node->find(key)) return *e;
    return block_;
  }
  At get(std::string_view key) { return reader_.get(holder(key), key); }

  /// What the rule's targets are: cells, or the sites of a receptor that has several. Wrong names are told of later.
  std::int64_t sites() {
    const At at = reader_.select(get("receptor"));
    for (std::size_t r = 0; r < to().receptors.size(); ++r)
      if (at.is(Node::Kind::text) ? to().receptors[r].name == at.node->text : to().receptors.size() == 1) return engine::sites_of(to(), static_cast<int>(r));
    return 1;
  }

  /// Whether synapses may be made during the run, so that the projection may begin with none.
  bool grows() {
    const At at = reader_.select(get("synapse"));
    const auto structural = [](std::string_view name) {
      const auto* info = engine::find_model(engine::ModelInfo::Kind::synapse, name);
      return info && info->structural;
    };
    if (at.is(Node::Kind::text)) return structural(at.node->text);
    if (!at.is(Node::Kind::table)) return false;
    return std::any_of(at.node->entries.begin(), at.node->entries.end(), [&](const auto& entry) { return structural(entry.key); });
  }

  // --- rule

  bool rule() {
    const At at = reader_.select(get("rule"));
    if (!at) {
      if (!at.failed) reader_.problem(block_.node->line, block_.path, fmt::format("rule is missing: one of {}", fmt::join(rule_names, ", ")));
      return false;
    }
    if (const auto yes = reader_.boolean(get("allow_autapses"))) p_.rule.allow_autapses = *yes;
    if (const auto yes = reader_.boolean(get("allow_multapses"))) p_.rule.allow_multapses = *yes;
    if (at.is(Node::Kind::text)) return plain_rule(at);
    if (!reader_.is_table(at, "{ fixed_indegree = 80 }")) return false;
    if (at.node->find("convolution")) return convolution(at);
    for (std::size_t i = 2; i < rule_names.size(); ++i)
      if (at.node->find(rule_names[i])) return table_rule(at, i);
    const auto given = at.node->entries.empty() ? std::string{} : at.node->entries.front().key;
    reader_.problem(at, fmt::format("no such rule.{}", suggestion(given, rule_names)));
    return false;
  }

  bool plain_rule(const At& at) {
    const auto found = std::find(rule_names.begin(), rule_names.end(), at.node->text);
    if (found == rule_names.end()) {
      reader_.problem(at, fmt::format("no such rule.{}", suggestion(at.node->text, rule_names)));
      return false;
    }
    if (found - rule_names.begin() >= 2) {
      const std::string_view example = *found == "edges"                ? "\"file.csv\""
                                       : *found == "distance"           ? "\"gaussian\", probability = 0.5, sigma = \"100 um\""
                                       : *found == "pairwise_bernoulli" ? "0.1"
                                                                        : "80";
      reader_.problem(at, fmt::format("needs a value; write rule = {{ {} = {} }}", *found, example));
      return false;
    }
    p_.rule.kind = found == rule_names.begin() ? Rule::Kind::one_to_one : Rule::Kind::all_to_all;
    return p_.rule.kind == Rule::Kind::all_to_all || one_to_one(at);
  }

  bool one_to_one(const At& at) {
    if (p_.source.size() == p_.target.size() * sites_ || !sizes_known_) return true;
    reader_.problem(at, fmt::format("needs as many sources as targets, but {} has {} neurons and {} has {}{}", slice_text(p_.source, draft_.spec),
                                    p_.source.size(), slice_text(p_.target, draft_.spec), p_.target.size() * sites_, sites_ > 1 ? " sites" : ""));
    return false;
  }

  bool table_rule(const At& at, std::size_t kind) {
    p_.rule.kind = static_cast<Rule::Kind>(kind);
    const At value = reader_.get(at, rule_names[kind]);
    if (p_.rule.kind == Rule::Kind::edges) return edges(at);
    if (p_.rule.kind == Rule::Kind::distance) return distance(at, value);
    reader_.only_keys(at, {std::string_view(rule_names[kind])});
    if (p_.rule.kind == Rule::Kind::pairwise_bernoulli) return probability(value);
    const auto number = reader_.integer(value, 0, synapses_max);
    if (!number) return false;
    p_.rule.number = *number;
    vanishes_ = *number == 0;
    return vanishes_ || !sizes_known_ || possible(value);
  }

  bool probability(const At& at) {
    const auto p = reader_.number(at, "1");
    if (!p) return false;
    if (*p < 0 || *p > 1) {
      reader_.problem(at, "a probability must be between 0 and 1");
      return false;
    }
    p_.rule.probability = *p;
    vanishes_ = *p == 0;
    return true;
  }

  /// Neurons of `slice` that may be partners of one neuron of the other side.
  std::int64_t partners(const Slice& slice) const {
    // Whether the neuron itself is among them differs from neuron to neuron; the fewest count.
    const bool shared = p_.source.population == p_.target.population && std::max(p_.source.first, p_.target.first) < std::min(p_.source.last, p_.target.last);
    return slice.size() - (shared && !p_.rule.allow_autapses ? 1 : 0);
  }

  bool possible(const At& at) {
    const bool in = p_.rule.kind == Rule::Kind::fixed_indegree, out = p_.rule.kind == Rule::Kind::fixed_outdegree;
    const auto refuse = [&](std::string_view what, std::int64_t available) {
      reader_.problem(at, fmt::format("{}: there are only {}{}; lower the number, or set allow_multapses = true", what, available,
                                      p_.rule.allow_autapses ? "" : " (without autapses)"));
      return false;
    };
    const std::int64_t available = in ? partners(p_.source) : partners(p_.target) * sites_;
    if (available < 1) {
      reader_.problem(at, "without autapses no partner is left; set allow_autapses = true");
      return false;
    }
    if (p_.rule.allow_multapses) return true;
    if (in && p_.rule.number > available) return refuse("each target needs that many different sources", available);
    if (out && p_.rule.number > available) return refuse("each source needs that many different targets", available);
    const double pairs = static_cast<double>(p_.source.size()) * static_cast<double>(available);
    if (!in && !out && static_cast<double>(p_.rule.number) > pairs)
      return refuse("needs that many different pairs", static_cast<std::int64_t>(pairs));
    return true;
  }

  bool distance(const At& at, const At& kernel) {
    const auto which = reader_.word(kernel, {"gaussian", "exponential"});
    if (!which) return false;
    const bool gaussian = *which == 0;
    p_.rule.kernel = gaussian ? Rule::Kernel::gaussian : Rule::Kernel::exponential;
    reader_.only_keys(at, {"distance", "probability", gaussian ? "sigma" : "length", "cutoff", "periodic", "period"});
    const bool good = probability(reader_.require(at, "probability", "the probability at distance 0, for example 0.5"));
    const auto length = reader_.positive(gaussian ? reader_.require(at, "sigma", "the width of the gaussian, for example \"100 um\"")
                                                  : reader_.require(at, "length", "the distance over which it falls to 1/e, for example \"100 um\""), "um");
    if (const At cutoff = reader_.get(at, "cutoff"))
      if (const auto value = reader_.positive(cutoff, "um")) p_.rule.cutoff_um = *value;
    if (length) p_.rule.length_um = *length;
    return good && length && in_one_space(at) && period(at);
  }

  bool in_one_space(const At& at) {
    for (const auto* p : {&from(), &to()})
      if (p->dimensions == 0) {
        reader_.problem(at, fmt::format("population \"{}\" has no positions; give it positions = {{ grid = [...], spacing = \"10 um\" }}", p->name));
        return false;
      }
    if (from().dimensions == to().dimensions) return true;
    reader_.problem(at, fmt::format("\"{}\" has {} dimensions and \"{}\" has {}", from().name, from().dimensions, to().name, to().dimensions));
    return false;
  }

  bool period(const At& at) {
    const At given = reader_.get(at, "period");
    const bool periodic = reader_.boolean(reader_.get(at, "periodic")).value_or(given.node != nullptr);
    if (!periodic) return true;
    const auto d = static_cast<std::size_t>(to().dimensions);
    if (given) {
      if (!given.is(Node::Kind::array) || given.node->items.size() != d) {
        reader_.problem(given, fmt::format("must have {} lengths, one for each dimension", d));
        return false;
      }
      for (std::size_t k = 0; k < d; ++k)
        if (const auto length = reader_.positive(reader_.item(given, k), "um")) p_.rule.period_um.push_back(*length);
      return p_.rule.period_um.size() == d;
    }
    const auto& a = draft_.extent_um[static_cast<std::size_t>(p_.source.population)];
    const auto& b = draft_.extent_um[static_cast<std::size_t>(p_.target.population)];
    if (a.empty() || b.empty() || a != b) {
      reader_.problem(at, fmt::format("periodic needs the size of the space: {}; give period = [\"1000 um\", ...]",
                                      a.empty() || b.empty() ? "positions from a file do not tell it" : "that of source and target differ"));
      return false;
    }
    p_.rule.period_um = a;
    return true;
  }

  // --- edges

  /// The column of the edge list that a value asks for, empty where it asks for none.
  std::string edge_column(std::string_view key) {
    const At at = reader_.select(get(key));
    if (!at.is(Node::Kind::table) || at.node->find("file")) return {};
    const At column = reader_.get(at, "column");
    return column.is(Node::Kind::text) ? column.node->text : std::string{};
  }

  bool edges(const At& at) {
    if (!sizes_known_) return false;
    std::vector<std::string> columns;
    for (const auto key : {"weight", "delay"}) {
      auto column = edge_column(key);
      if (!column.empty() && std::find(columns.begin(), columns.end(), column) == columns.end()) columns.push_back(std::move(column));
    }
    auto list = read_edges(reader_, at, p_.source, sites_ == 1 ? p_.target : Slice{p_.target.population, 0, p_.target.size() * sites_, 1}, columns);
    if (!list) return false;
    edge_count_ = static_cast<std::int64_t>(list->sources->size());
    vanishes_ = edge_count_ == 0;
    columns_ = std::move(list->columns);
    p_.rule.edge_sources = std::move(list->sources);
    p_.rule.edge_targets = std::move(list->targets);
    return true;
  }

  bool convolution(const At& at) {
    if (!sizes_known_) return false;
    const auto entries = read_convolution(reader_, at, p_, sites_);
    entries_ = entries.value_or(0);
    if (entries) edge_count_ = static_cast<std::int64_t>(p_.rule.edge_sources->size());
    return entries.has_value();
  }

  // --- weight, delay

  void values() {
    ValueRules rules{.each = "edge"};
    if (p_.rule.kind == Rule::Kind::edges) {
      rules.size = edge_count_;
      rules.own_column = [this](const At& column) {
        const auto found = column.is(Node::Kind::text) ? columns_.find(column.node->text) : columns_.end();
        return found == columns_.end() ? std::vector<double>{} : found->second;
      };
    }
    if (entries_ > 0) rules = {.size = entries_, .each = "entry of the kernel"};
    const std::string unit = weight_unit(to(), p_.receptor);
    rules.unit = unit;
    if (const At at = required("weight", fmt::format("for example weight = \"{}\"", unit == "1" ? "0.5" : "100 " + unit)))
      if (auto weight = read_weight(reader_, at, to(), p_.receptor, rules)) p_.weight = std::move(*weight);
    if (entries_ > 0) {
      share_kernel(reader_, get("weight"), p_, entries_);
      rules.size = -1;
    }
    rules.unit = "ms";
    if (const At at = required("delay", "for example delay = \"1.5 ms\"")) delay(at, rules);
    p_.synapse = read_synapse(reader_, reader_.select(get("synapse")), unit, draft_.spec);
  }

  At required(std::string_view key, std::string_view why) { return reader_.require(holder(key), key, why); }

  void delay(const At& place, const ValueRules& rules) {
    const At at = reader_.select(place);
    auto delay = read_values(reader_, at, rules);
    if (!delay) return;
    if (const auto wrong = wrong_delay(*delay); !wrong.empty()) return reader_.problem(at, wrong);
    p_.delay_ms = std::move(*delay);
  }

  std::string wrong_delay(const Values& d) const {
    // 0.1 ms is no binary fraction: compare with a hundredth of a step to spare.
    const auto short_of_a_step = [&](double ms) { return ms < 0.99 * dt(); };
    const auto too_short = fmt::format("is below the time step of {} ms; give at least {} ms, or a smaller dt", dt(), dt());
    if (d.kind == Values::Kind::column) {
      for (std::size_t i = 0; i < d.column->size(); ++i)
        if (short_of_a_step((*d.column)[i])) return fmt::format("the delay {} ms of edge {} {}", (*d.column)[i], i, too_short);
      return {};
    }
    if (d.is_constant()) {
      if (short_of_a_step(d.a)) return too_short;
      const double steps = d.a / dt();
      if (!draft_.spec.simulation.round_delays && !is_event_driven(to()) && std::abs(steps - std::round(steps)) > 1e-6)
        return fmt::format("is no multiple of the time step of {} ms, and round_delays = false", dt());
      return {};
    }
    const double high = d.kind == Values::Kind::uniform ? d.b : d.a;
    if (short_of_a_step(high)) return fmt::format("has a {} that {}", d.kind == Values::Kind::uniform ? "high end" : "mean", too_short);
    const double low = d.kind == Values::Kind::uniform ? std::max(d.a, d.min) : d.min;
    if ((d.kind == Values::Kind::normal || d.kind == Values::Kind::uniform) && low <= 0)
      return fmt::format("can draw delays <= 0; give min = \"{} ms\" (half a step; shorter than a step counts as one step)", dt() / 2);
    if (d.max <= 0) return "can draw delays <= 0";
    return {};
  }

  void fraction() {
    const At at = get("dendritic_delay_fraction");
    const auto value = reader_.number(at, "1");
    if (!value) return;
    if (*value < 0 || *value > 1) return reader_.problem(reader_.select(at), "must be between 0 (axonal) and 1 (dendritic)");
    p_.dendritic_delay_fraction = *value;
  }

  Reader& reader_;
  Draft& draft_;
  const At& block_;
  const std::vector<At>& exceptions_;
  ProjectionSpec p_;
  bool vanishes_ = false, sizes_known_ = false;
  std::int64_t sites_ = 1;
  std::int64_t edge_count_ = 0, entries_ = 0;  // entries: of a convolution's kernel
  std::map<std::string, std::vector<double>> columns_;
};

/// An exception of a block: for which of its pairs it holds.
struct Exception {
  At table;
  std::vector<Slice> sources, targets;  // empty: all
};

bool same(const Slice& a, const Slice& b) {
  return a.population == b.population && a.first == b.first && a.last == b.last && a.stride == b.stride;
}

bool covers(const std::vector<Slice>& slices, const Slice& one) {
  return slices.empty() || std::any_of(slices.begin(), slices.end(), [&](const Slice& s) { return same(s, one); });
}

std::vector<Slice> read_side(Reader& reader, const At& table, std::string_view key, const std::vector<Slice>& of_block, const NetworkSpec& spec) {
  const At at = reader.get(table, key);
  auto slices = read_slices(reader, at, spec);
  for (const auto& slice : slices)
    if (!covers(of_block, slice)) reader.problem(at, fmt::format("\"{}\" is not a {} of this block", slice_text(slice, spec), key));
  return slices;
}

std::vector<Exception> read_exceptions(Reader& reader, const At& block, const std::vector<Slice>& sources, const std::vector<Slice>& targets,
                                       const NetworkSpec& spec) {
  std::vector<Exception> exceptions;
  for (const auto& table : reader.tables(block, "except")) {
    reader.only_keys(table, {"source", "target", "rule", "allow_autapses", "allow_multapses", "receptor", "weight", "delay",
                             "dendritic_delay_fraction", "synapse", "lags"});
    if (!table.node->find("source") && !table.node->find("target"))
      reader.problem(table.node->line, table.path, "source or target is missing: for which pairs does the exception hold?");
    const auto before = reader.problems().size();
    Exception e{table, read_side(reader, table, "source", sources, spec), read_side(reader, table, "target", targets, spec)};
    if (reader.problems().size() == before) exceptions.push_back(std::move(e));
  }
  return exceptions;
}

}  // namespace

void read_projections(Reader& reader, const At& root, Draft& draft) {
  for (const auto& block : reader.tables(root, "projections")) {
    reader.only_keys(block, {"name", "source", "target", "rule", "allow_autapses", "allow_multapses", "receptor", "weight", "delay",
                             "dendritic_delay_fraction", "synapse", "lags", "except"});
    const auto sources = read_slices(reader, reader.require(block, "source", "for example source = \"E\""), draft.spec);
    const auto targets = read_slices(reader, reader.require(block, "target", "for example target = \"E\""), draft.spec);
    const auto exceptions = read_exceptions(reader, block, sources, targets, draft.spec);
    for (std::size_t t = 0; t < targets.size(); ++t) {
      for (std::size_t s = 0; s < sources.size(); ++s) {
        std::vector<At> here;
        for (const auto& e : exceptions)
          if (covers(e.sources, sources[s]) && covers(e.targets, targets[t])) here.push_back(e.table);
        reader.selection = {.kind = Selection::Kind::pair, .target = t, .targets = targets.size(), .source = s, .sources = sources.size()};
        ProjectionReader(reader, draft, block, here).read(sources[s], targets[t]);
        reader.selection = {};
      }
    }
  }
}

}  // namespace ranvier::io
