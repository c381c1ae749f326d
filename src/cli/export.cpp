// SPDX-License-Identifier: Apache-2.0
/// `ranvier export`: a network with every synapse written down, in a format of others.
#include <fmt/format.h>

#include <filesystem>
#include <memory>

#include "cli/commands.hpp"
#include "engine/listing.hpp"
#include "engine/network.hpp"
#include "io/network_file.hpp"
#include "io/results.hpp"
#include "io/sonata_export.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

struct Options {
  std::string network, output, format = "sonata", duration, warmup;
  std::vector<std::string> set;
  std::uint64_t seed = 0;
  bool seed_given = false, overwrite = false, json = false;
};

io::Overrides overrides_of(const Options& o) {
  io::Overrides out{.set = parse_set(o.set)};
  if (!o.duration.empty()) out.duration_ms = time_option("--duration", o.duration);
  if (!o.warmup.empty()) out.warmup_ms = time_option("--warmup", o.warmup);
  if (o.seed_given) out.seed = o.seed;
  return out;
}

void export_network(const Options& o) {
  if (o.format != "sonata" && o.format != "edges") throw InputError(fmt::format("--format {}: no such format\n  use sonata or edges", o.format));
  const NetworkSpec spec = io::read_network(o.network, overrides_of(o));
  engine::check(spec);
  const io::OutputFolder folder = io::prepare_output({.folder = o.output, .overwrite = o.overwrite}, spec.name);
  std::vector<std::filesystem::path> files;
  std::size_t edges = 0;
  try {
    const NetworkSpec written = engine::listed(spec);
    for (const ProjectionSpec& p : written.projections) edges += p.rule.edge_sources->size();
    files = o.format == "sonata" ? io::write_sonata_network(folder, written) : io::write_edge_lists(folder, written);
  } catch (...) {
    io::remove_if_unused(folder);
    throw;
  }
  if (o.json) {
    io::Json j{{"format", o.format}, {"folder", folder.path.string()}, {"edges", edges}, {"files", io::Json::array()}};
    for (const auto& file : files) j["files"].push_back(file.string());
    fmt::print("{}\n", j.dump(2));
    return;
  }
  fmt::print("{}: {} populations, {} neurons, {} edges in {} files\n", folder.path.string(), spec.populations.size(), spec.neuron_count(), edges, files.size());
  if (o.format == "sonata") fmt::print("run it    ranvier simulate {}\n", files.back().string());
}

}  // namespace

void add_export(CLI::App& app) {
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("export", "Write a network in another format: SONATA, or lists of edges");
  c->footer("Example:  ranvier export examples/first.toml --output results/first_sonata\n\nEvery synapse is written as the engine keeps it: reading the circuit back gives the same spikes.");
  c->add_option("NETWORK", o->network, "network file (TOML), or a SONATA config (JSON)")->required();
  c->add_option("--output", o->output, "folder for the files")->required();
  c->add_option("--format", o->format, "sonata (circuit and simulation config), or edges (CSV, one file a projection)")->capture_default_str();
  c->add_option("--set", o->set, "NAME=VALUE: gives a named parameter of the file another value")->allow_extra_args(false);
  c->add_option("--duration", o->duration, "biological time after the warm-up, with unit: \"1 s\"");
  c->add_option("--warmup", o->warmup, "biological time before statistics begin, with unit");
  c->add_option_function<std::uint64_t>("--seed", [o](const std::uint64_t& s) { o->seed = s; o->seed_given = true; }, "seed of network, initial state and input");
  c->add_flag("--overwrite", o->overwrite, "write into a folder that holds files already");
  c->add_flag("--json", o->json, "print {format, folder, edges, files[]} as JSON");
  c->callback([o] { export_network(*o); });
}

}  // namespace ranvier::cli
