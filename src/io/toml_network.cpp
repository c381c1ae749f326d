// SPDX-License-Identifier: Apache-2.0
/// A whole network file: parameters and overrides, the simulation, then the sections in the order in which they refer
/// to one another.

#include <fmt/format.h>

#include <cmath>
#include <fstream>
#include <functional>
#include <new>
#include <set>

#include "core/philox.hpp"
#include "network_file.hpp"
#include "ranvier/error.hpp"
#include "sonata_file.hpp"
#include "toml_expression.hpp"
#include "toml_sections.hpp"
#include "toml_suggest.hpp"
#include "toml_tree.hpp"

namespace ranvier::io {
namespace {

constexpr std::uintmax_t file_size_max = std::uintmax_t{256} << 20;  // larger tables belong in CSV or HDF5
constexpr double duration_max_ms = 1e12;                             // 31 years; steps stay within 53 bits

void check_format(Reader& reader, const At& root) {
  const At at = reader.get(root, "format");
  if (!at) {
    if (!at.failed) reader.problem(1, "", "format is missing: the first line of a network file is format = 1");
  } else if (!at.is(Node::Kind::integer) || at.node->integer != 1) {
    reader.problem(at, "this version reads format = 1");
  }
}

using Names = std::set<std::string, std::less<>>;

/// Parameters that the file uses: "$name" in a text, or a key of `when`.
Names used_parameters(const Node& document) {
  Names used;
  const std::function<void(const Node&)> visit = [&](const Node& node) {
    if (node.is(Node::Kind::text)) each_name(node.text, [&](std::string_view name) { used.emplace(name); });
    for (const auto& item : node.items) visit(item);
    for (const auto& [key, value] : node.entries) {
      if (key == "when" && value.is(Node::Kind::table))
        for (const auto& [name, wanted] : value.entries) used.insert(name);
      visit(value);
    }
  };
  visit(document);
  return used;
}

void check_parameters(Reader& reader, const Node& document, const Names& used) {
  const Node* table = document.find("parameters");
  if (!table) return;
  if (!table->is(Node::Kind::table)) return reader.problem(table->line, "parameters", "must be a table; write [parameters]");
  for (const auto& [name, value] : table->entries) {
    const auto path = fmt::format("parameters.{} = {}", name, to_text(value));
    if (lone_name("$" + name) != name) reader.problem(value.line, path, "a parameter's name has letters, digits and _, and begins with a letter");
    else if (!used.contains(name)) reader.problem(value.line, path, fmt::format("nothing in this file uses it; remove it, or write \"${}\" where it is meant", name));
  }
}

/// Puts NAME=VALUE into [parameters] of the document.
void apply_set(Node& document, const Overrides& overrides, const std::string& name, std::vector<std::string>& problems) {
  Node* table = document.find("parameters");
  std::vector<std::string> names;
  if (table)
    for (const auto& [key, value] : table->entries) names.push_back(key);
  for (const auto& [key, text] : overrides.set) {
    Node* parameter = table ? table->find(key) : nullptr;
    if (!parameter) {
      problems.push_back(fmt::format("{}: --set {}={}: no parameter \"{}\" in [parameters].{}", name, key, text, key, suggestion(key, names)));
      continue;
    }
    const int line = parameter->line;
    *parameter = parse_toml_value(text);
    parameter->line = line;
  }
}

void check_top_level(Reader& reader, const At& root) {
  reader.only_keys(root, {"format", "name", "description", "parameters", "models", "simulation", "populations", "projections", "gap_junctions", "volumes", "inputs", "recordings", "downscale"});
  check_format(reader, root);
  if (const At description = reader.get(root, "description")) reader.text(description);
}

void read_seeds(Reader& reader, const At& table, SimulationSpec& simulation, const Overrides& overrides) {
  constexpr auto max = std::numeric_limits<std::int64_t>::max();
  if (const auto seed = reader.integer(reader.get(table, "seed"), 0, max)) simulation.seed = static_cast<std::uint64_t>(*seed);
  if (overrides.seed) simulation.seed = *overrides.seed;
  std::uint64_t* seeds[] = {&simulation.seed_network, &simulation.seed_initial, &simulation.seed_input, &simulation.seed_dynamics};
  constexpr std::string_view keys[] = {"seed_network", "seed_initial", "seed_input", "seed_dynamics"};
  for (std::size_t i = 0; i < 4; ++i) {
    *seeds[i] = derive_seed(simulation.seed, i);
    if (const auto seed = reader.integer(reader.get(table, keys[i]), 1, max)) *seeds[i] = static_cast<std::uint64_t>(*seed);
  }
}

void read_threads(Reader& reader, const At& table, SimulationSpec& simulation) {
  const At at = reader.get(table, "threads");
  if (at.is(Node::Kind::text) && at.node->text == "auto") return;
  if (const auto threads = reader.integer(at, 1, 4096)) simulation.threads = static_cast<int>(*threads);
}

double checked_time(Reader& reader, const At& at, double otherwise) {
  const auto value = reader.not_negative(at, "ms");
  if (value && *value > duration_max_ms) reader.problem(at, fmt::format("must be at most {} ms", duration_max_ms));
  return value && *value <= duration_max_ms ? *value : otherwise;
}

NetworkSpec read_document(Node document, const std::string& name, const std::filesystem::path& folder, const Overrides& overrides, PlainNumbers plain) {
  const Names used = used_parameters(document);  // before --set replaces values that may be the only ones to use another
  std::vector<std::string> set_problems;
  apply_set(document, overrides, name, set_problems);
  const Node* parameters = document.find("parameters");
  Reader reader(name, folder, parameters && parameters->is(Node::Kind::table) ? parameters : nullptr, plain);
  const At root = reader.root(document);
  check_top_level(reader, root);
  check_parameters(reader, document, used);
  Draft draft;
  NetworkSpec& spec = draft.spec;
  spec.name = folder.empty() && name.empty() ? spec.name : std::filesystem::path(name).stem().string();
  if (const auto given = reader.text(reader.get(root, "name"))) spec.name = *given;
  if (reader.parameters())
    for (const auto& [key, value] : reader.parameters()->entries) spec.parameters[key] = value.is(Node::Kind::text) ? value.text : to_text(value, 1000);

  const At simulation = reader.get(root, "simulation");
  read_simulation(reader, root, spec.simulation);
  read_seeds(reader, simulation, spec.simulation, overrides);
  if (overrides.duration_ms) spec.simulation.duration_ms = *overrides.duration_ms;
  if (overrides.warmup_ms) spec.simulation.warmup_ms = *overrides.warmup_ms;
  if (overrides.threads) spec.simulation.threads = *overrides.threads;

  read_own_models(reader, root);
  read_populations(reader, root, draft);
  read_volumes(reader, root, draft);
  read_projections(reader, root, draft);
  read_gap_junctions(reader, root, draft);
  read_inputs(reader, root, draft);
  read_recordings(reader, root, draft);
  apply_downscale(reader, root, draft);

  auto problems = std::move(set_problems);
  problems.insert(problems.end(), reader.problems().begin(), reader.problems().end());
  if (!problems.empty()) throw InputError(std::move(problems));
  return std::move(draft.spec);
}

std::string slurp(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) throw InputError(fmt::format("{}: no such file", file.string()));
  if (!std::filesystem::is_regular_file(file, error)) throw InputError(fmt::format("{}: is not a file", file.string()));
  if (std::filesystem::file_size(file, error) > file_size_max)
    throw InputError(fmt::format("{}: is larger than {} MiB; keep tables in CSV or HDF5 files beside it", file.string(), file_size_max >> 20));
  std::ifstream in(file, std::ios::binary);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) throw InputError(fmt::format("{}: cannot be read", file.string()));
  return text;
}

}  // namespace

void read_simulation(Reader& reader, const At& root, SimulationSpec& simulation) {
  const At table = reader.get(root, "simulation");
  if (!table || !reader.is_table(table, "dt = \"0.1 ms\" under [simulation]")) return;
  reader.only_keys(table, {"dt", "duration", "warmup", "seed", "seed_network", "seed_initial", "seed_input", "seed_dynamics", "threads",
                           "precision", "round_delays", "gap_junctions"});
  if (const auto dt = reader.positive(reader.get(table, "dt"), "ms")) simulation.dt_ms = *dt;
  simulation.duration_ms = checked_time(reader, reader.get(table, "duration"), simulation.duration_ms);
  simulation.warmup_ms = checked_time(reader, reader.get(table, "warmup"), simulation.warmup_ms);
  read_threads(reader, table, simulation);
  if (const auto which = reader.word(reader.get(table, "precision"), {"single", "double"})) simulation.double_precision = *which == 1;
  if (const auto yes = reader.boolean(reader.get(table, "round_delays"))) simulation.round_delays = *yes;
}

namespace {
template <class Read>
NetworkSpec within_memory(const std::string& name, Read read) {
  try {
    return read();
  } catch (const std::bad_alloc&) {
    throw InputError(fmt::format("{}: describes more than the memory of this machine can hold", name));
  } catch (const std::length_error&) {
    throw InputError(fmt::format("{}: describes more than the memory of this machine can hold", name));
  }
}
}  // namespace

NetworkSpec parse_network(std::string_view text, const std::filesystem::path& name, const Overrides& overrides) {
  return within_memory(name.string(), [&] { return read_document(parse_toml(text, name.string()), name.string(), name.parent_path(), overrides, PlainNumbers::refused); });
}

NetworkSpec read_tree(Node document, const std::string& name, const std::filesystem::path& folder, const Overrides& overrides) {
  return within_memory(name, [&] { return read_document(std::move(document), name, folder, overrides, PlainNumbers::in_table_units); });
}

NetworkSpec read_network(const std::filesystem::path& file, const Overrides& overrides) {
  return is_sonata(file) ? read_sonata(file, overrides) : parse_network(slurp(file), file, overrides);
}

}  // namespace ranvier::io
