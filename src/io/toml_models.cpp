// SPDX-License-Identifier: Apache-2.0
/// What the model registry says of populations, for the sections that refer to them; slices and windows.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "toml_expression.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

using engine::ModelInfo;

std::vector<std::string> population_names(const NetworkSpec& spec) {
  std::vector<std::string> names;
  for (const auto& p : spec.populations) names.push_back(p.name);
  return names;
}

int population_index(const NetworkSpec& spec, std::string_view name) {
  for (std::size_t i = 0; i < spec.populations.size(); ++i)
    if (spec.populations[i].name == name) return static_cast<int>(i);
  return -1;
}

/// A bound of a slice; negative counts from the end.
std::int64_t bound(Reader& reader, const std::string& text, std::int64_t size) {
  const double value = reader.convert(reader.evaluate_with(text, {}), "1");
  if (value != std::floor(value) || std::abs(value) > 9e15) throw ExpressionError(fmt::format("{} is not a whole number", value));
  const auto index = static_cast<std::int64_t>(value);
  return index < 0 ? index + size : index;
}

bool blank(std::string_view text) { return text.find_first_not_of(" \t") == std::string_view::npos; }

/// "0:100", "::2", "5"
void parse_bounds(Reader& reader, const std::string& inside, std::int64_t size, Slice& slice) {
  std::vector<std::string> parts;
  for (std::size_t from = 0;;) {
    const auto colon = inside.find(':', from);
    parts.push_back(inside.substr(from, colon == std::string::npos ? colon : colon - from));
    if (colon == std::string::npos) break;
    from = colon + 1;
  }
  if (parts.size() > 3) throw ExpressionError("has too many colons; a slice is [first:last:stride]");
  if (parts.size() == 1) {
    slice.first = bound(reader, parts[0], size);
    slice.last = slice.first + 1;
  } else {
    slice.first = blank(parts[0]) ? 0 : bound(reader, parts[0], size);
    slice.last = blank(parts[1]) ? size : bound(reader, parts[1], size);
    if (parts.size() == 3 && !blank(parts[2])) slice.stride = bound(reader, parts[2], 0);
  }
  if (slice.stride < 1) throw ExpressionError("must have a stride of 1 or more");
  if (slice.first < 0 || slice.first >= size || slice.last > size || slice.last < 0)
    throw ExpressionError(fmt::format("is out of range: the population has {} neurons, 0 to {}", size, size - 1));
  if (slice.last <= slice.first) throw ExpressionError("holds no neuron");
}

}  // namespace

std::optional<Slice> read_slice(Reader& reader, const At& place, const NetworkSpec& spec) {
  const At at = reader.select(place);
  const auto text = reader.text(at);
  if (!text) return std::nullopt;
  const auto bracket = text->find('[');
  const auto name = text->substr(0, bracket);
  Slice slice{.population = population_index(spec, name)};
  if (slice.population < 0) {
    reader.problem(at, fmt::format("no population \"{}\".{}", name, suggestion(name, population_names(spec))));
    return std::nullopt;
  }
  const auto size = spec.populations[static_cast<std::size_t>(slice.population)].size;
  slice.last = size;
  if (bracket == std::string::npos) return slice;
  if (text->back() != ']') {
    reader.problem(at, "a slice ends with \"]\", for example \"E[0:100]\"");
    return std::nullopt;
  }
  if (size <= 0) return std::nullopt;  // the size itself is already a problem
  try {
    parse_bounds(reader, text->substr(bracket + 1, text->size() - bracket - 2), size, slice);
  } catch (const ExpressionError& e) {
    reader.problem(at, e.what());
    return std::nullopt;
  }
  return slice;
}

std::vector<Slice> read_slices(Reader& reader, const At& at, const NetworkSpec& spec) {
  std::vector<Slice> slices;
  if (!at) return slices;
  if (!at.is(Node::Kind::array)) {
    if (const auto slice = read_slice(reader, at, spec)) slices.push_back(*slice);
    return slices;
  }
  for (std::size_t i = 0; i < at.node->items.size(); ++i)
    if (const auto slice = read_slice(reader, reader.item(at, i), spec)) slices.push_back(*slice);
  if (at.node->items.empty()) reader.problem(at, "names no population");
  if (slices.size() != at.node->items.size()) slices.clear();
  return slices;
}

std::string slice_text(const Slice& slice, const NetworkSpec& spec) {
  const auto& p = spec.populations[static_cast<std::size_t>(slice.population)];
  if (slice.first == 0 && slice.last == p.size && slice.stride == 1) return p.name;
  if (slice.stride == 1) return fmt::format("{}[{}:{}]", p.name, slice.first, slice.last);
  return fmt::format("{}[{}:{}:{}]", p.name, slice.first, slice.last, slice.stride);
}

bool is_source(const PopulationSpec& p) { return engine::find_model(ModelInfo::Kind::source, p.membrane) != nullptr; }

bool is_event_driven(const PopulationSpec& p) {
  const auto* info = engine::find_model(ModelInfo::Kind::membrane, p.membrane);
  return info && info->event_driven;
}

std::optional<int> read_receptor(Reader& reader, const At& table, const PopulationSpec& target) {
  const At at = reader.select(reader.get(table, "receptor"));
  std::vector<std::string> names;
  for (const auto& r : target.receptors) names.push_back(r.name);
  if (!at) {
    if (at.failed || names.empty()) return std::nullopt;  // noted, or a source or a population with a problem
    if (names.size() == 1) return 0;
    reader.problem(table.node->line, table.path, fmt::format("receptor is missing: population \"{}\" has {}", target.name, fmt::join(names, ", ")));
    return std::nullopt;
  }
  const auto name = reader.text(at);
  if (!name) return std::nullopt;
  const auto found = std::find(names.begin(), names.end(), *name);
  if (found != names.end()) return static_cast<int>(found - names.begin());
  if (!names.empty())
    reader.problem(at, fmt::format("population \"{}\" has no receptor \"{}\".{}", target.name, *name, suggestion(*name, names)));
  return std::nullopt;
}

void read_window(Reader& reader, const At& table, double& start_ms, double& stop_ms) {
  const At start = reader.get(table, "start"), stop = reader.get(table, "stop");
  if (const auto t = reader.not_negative(start, "ms")) start_ms = *t;
  const auto t = reader.not_negative(stop, "ms");
  if (!t) return;
  stop_ms = *t;
  if (stop_ms <= start_ms) reader.problem(stop, fmt::format("must be after start ({} ms)", start_ms));
}

std::string weight_unit(const PopulationSpec& p, int receptor) {
  const auto& r = p.receptors[static_cast<std::size_t>(receptor)];
  if (r.conductance) return "nS";
  if (is_event_driven(p)) return std::string(engine::find_model(ModelInfo::Kind::membrane, p.membrane)->weight_unit);
  const auto* info = engine::find_model(ModelInfo::Kind::receptor, r.kind);
  const std::string unit = info ? std::string(info->weight_unit) : "pA";
  return unit == "pA" ? current_unit(p) : unit;
}

std::string current_unit(const PopulationSpec& p) {
  if (const auto* info = engine::find_model(ModelInfo::Kind::membrane, p.membrane))
    for (const auto& parameter : info->parameters)
      if (parameter.name == "I_e") return std::string(parameter.unit);
  return "pA";
}

std::optional<Values> read_weight(Reader& reader, const At& place, const PopulationSpec& target, int receptor, const ValueRules& rules) {
  const auto& r = target.receptors[static_cast<std::size_t>(receptor)];
  const At at = reader.select(place);
  const auto weight = read_values(reader, at, rules);
  if (!weight || r.sign == 0) return weight;
  const auto wrong = [&](double w) { return r.sign > 0 ? w < 0 : w > 0; };
  const std::string_view needed = r.sign > 0 ? ">= 0" : "<= 0";
  const auto refuse = [&](std::string_view what) -> std::optional<Values> {
    reader.problem(at, fmt::format("{} {} onto receptor \"{}\" of population \"{}\"", what, needed, r.name, target.name));
    return std::nullopt;
  };
  if (weight->kind == Values::Kind::column) {
    if (std::any_of(weight->column->begin(), weight->column->end(), wrong)) return refuse("all weights must be");
    return weight;
  }
  if (wrong(weight->a) || (weight->kind == Values::Kind::uniform && wrong(weight->b))) return refuse("must be");
  const bool can_cross = weight->kind == Values::Kind::normal && (r.sign > 0 ? weight->min < 0 : weight->max > 0);
  const bool positive_kind = weight->kind == Values::Kind::lognormal || weight->kind == Values::Kind::exponential;
  if (can_cross || (positive_kind && r.sign < 0)) return refuse("add keep_sign = true: every draw must be");
  return weight;
}

std::vector<std::string> state_names(const PopulationSpec& p) {
  std::vector<std::string> names;
  if (const auto* info = engine::find_model(ModelInfo::Kind::membrane, p.membrane))
    for (const auto& s : info->state) names.emplace_back(s.name);
  for (const auto& r : p.receptors)
    if (const auto* info = engine::find_model(ModelInfo::Kind::receptor, r.kind))
      for (const auto& s : info->state) names.push_back(fmt::format("{}.{}", r.name, s.name));
  return names;
}

}  // namespace ranvier::io
