// SPDX-License-Identifier: Apache-2.0
/// The rules that the synapses of a projection follow:
///   synapse = "static" | "stdp" | { stdp = { lambda = 0.1, pairing = "symmetric" }, tsodyks_markram = { U = 0.5 } }
#include <fmt/format.h>

#include <algorithm>

#include "toml_sections.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

using engine::ModelInfo;

std::vector<std::string> rule_names() {
  std::vector<std::string> names{"static"};
  for (const auto* info : engine::all_models())
    if (info->kind == ModelInfo::Kind::synapse) names.emplace_back(info->name);
  return names;
}

void read_word(Reader& reader, const At& at, const engine::Choice& choice, SynapseSpec& synapse) {
  const auto word = reader.text(at);
  if (!word) return;
  if (std::find(choice.words.begin(), choice.words.end(), *word) != choice.words.end()) {
    synapse.choices[std::string(choice.name)] = *word;
    return;
  }
  reader.problem(at, fmt::format("no such word.{}", suggestion(*word, std::vector<std::string>(choice.words.begin(), choice.words.end()))));
}

void read_number(Reader& reader, const At& at, const engine::Parameter& p, std::string_view weight_unit, SynapseSpec& synapse) {
  const std::string_view unit = p.unit == "weight" ? weight_unit : p.unit;
  const auto value = reader.number(at, unit);
  if (!value) return;
  if (!p.range.contains(*value)) return reader.problem(at, fmt::format("{}; leave it out for the default of {}{}", describe(p.range, unit), p.default_value, unit == "1" ? "" : fmt::format(" {}", unit)));
  synapse.params[std::string(p.name)] = *value;
}

/// The volume that a rule follows: the one it names, or the only one.
void read_volume(Reader& reader, const At& place, const At& at, const NetworkSpec& spec, SynapseSpec& synapse) {
  std::vector<std::string> names;
  for (const auto& v : spec.volumes) names.push_back(v.name);
  const auto given = at ? reader.text(at) : std::nullopt;
  if (given) synapse.volume = *given;
  if (at.failed || (at && !given) || (given && std::find(names.begin(), names.end(), *given) != names.end()) || (!given && names.size() == 1)) return;
  if (names.empty()) reader.problem(place, fmt::format("{} follows a volume, and the file has none; add [[volumes]]", synapse.rule));
  else if (given) reader.problem(at, fmt::format("no such volume.{}", suggestion(*given, names)));
  else reader.problem(place, fmt::format("{} follows a volume, and there are {}; add volume = \"{}\" or another one", synapse.rule, names.size(), names[0]));
}

std::optional<SynapseSpec> read_rule(Reader& reader, const At& place, const std::string& name, const At* settings, std::string_view weight_unit, const NetworkSpec& spec) {
  const ModelInfo* info = engine::find_model(ModelInfo::Kind::synapse, name);
  if (!info) {
    reader.problem(place, fmt::format("no such synapse rule.{} All names: ranvier models", suggestion(name, rule_names())));
    return {};
  }
  SynapseSpec synapse{.rule = name};
  if (!settings) {
    if (info->follows_volume) read_volume(reader, place, {}, spec, synapse);
    return synapse;
  }
  if (!reader.is_table(*settings, fmt::format("{{ {} = {{ ... }} }}", name))) return {};
  std::vector<std::string> known;
  for (const auto& p : info->parameters) known.emplace_back(p.name);
  for (const auto& c : info->choices) known.emplace_back(c.name);
  if (info->follows_volume) known.emplace_back("volume");
  reader.only_keys(*settings, known);
  if (info->follows_volume) read_volume(reader, place, reader.get(*settings, "volume"), spec, synapse);
  for (const auto& p : info->parameters)
    if (const At at = reader.get(*settings, p.name)) read_number(reader, at, p, weight_unit, synapse);
  for (const auto& c : info->choices)
    if (const At at = reader.get(*settings, c.name)) read_word(reader, at, c, synapse);
  return synapse;
}

}  // namespace

std::vector<SynapseSpec> read_synapse(Reader& reader, const At& at, std::string_view weight_unit, const NetworkSpec& spec) {
  std::vector<SynapseSpec> rules;
  if (!at) return rules;
  if (at.is(Node::Kind::text)) {
    if (at.node->text == "static") return rules;
    if (auto rule = read_rule(reader, at, at.node->text, nullptr, weight_unit, spec)) rules.push_back(std::move(*rule));
    return rules;
  }
  if (!reader.is_table(at, "\"stdp\", or { stdp = { lambda = 0.1 } }")) return rules;
  for (const auto& entry : at.node->entries) {
    const At settings = reader.get(at, entry.key);
    if (auto rule = read_rule(reader, settings, entry.key, &settings, weight_unit, spec)) rules.push_back(std::move(*rule));
  }
  return rules;
}

}  // namespace ranvier::io
