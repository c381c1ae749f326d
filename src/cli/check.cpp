// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "engine/network.hpp"
#include "equations/own_models.hpp"
#include "io/model_file.hpp"
#include "io/network_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using Json = nlohmann::ordered_json;

void print_problems(const std::string& file, const InputError& e) {
  fmt::print("{}\n", Json{{"file", file}, {"ok", false}, {"problems", e.problems()}}.dump(2));
  throw Exit{wrong_input};
}

/// A file with a model given as equations.
void check_model(const std::string& file, bool json) {
  try {
    const engine::ModelInfo& m = io::read_model(file);
    const bool synapse = m.kind == engine::ModelInfo::Kind::synapse;
    const std::string method = synapse ? "at spikes" : equations::method_of_model(std::string(m.name));
    if (json) fmt::print("{}\n", Json{{"file", file}, {"ok", true}, {"problems", Json::array()}, {"model", {{"kind", synapse ? "synapse" : "membrane"}, {"name", m.name}, {"method", method}}}}.dump(2));
    else if (synapse) fmt::print("{}: no problem found: synapse rule \"{}\"\n", file, m.name);
    else fmt::print("{}: no problem found: membrane \"{}\", {} state variable{}, method {}\n", file, m.name, m.state.size(), m.state.size() == 1 ? "" : "s", method);
  } catch (const InputError& e) {
    if (!json) throw;
    print_problems(file, e);
  }
}

}  // namespace

void add_check(CLI::App& app) {
  struct Options {
    std::string file;
    std::vector<std::string> set;
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("check", "Say what is wrong with a network file or a model file, where, and how to mend it");
  c->footer("Example:  ranvier check examples/brunel.toml");
  c->add_option("FILE", o->file, "network file (TOML), a SONATA config (JSON), or a file with a model given as equations (TOML)")->required();
  c->add_option("--set", o->set, "NAME=VALUE")->allow_extra_args(false);
  c->add_flag("--json", o->json, "print {file, ok, problems[], notes[], network} as JSON");
  c->callback([o] {
    if (io::is_model_file(o->file)) return check_model(o->file, o->json);
    NetworkSpec spec;
    try {
      spec = io::read_network(o->file, {.set = parse_set(o->set)});
      engine::check(spec);
    } catch (const InputError& e) {
      if (!o->json) throw;
      print_problems(o->file, e);
    }
    const engine::MemoryEstimate memory = engine::estimate_memory(spec, 1);
    const double junctions = engine::gap_junctions_expected(spec);
    if (o->json) {
      Json network{{"populations", spec.populations.size()}, {"neurons", spec.neuron_count()}, {"projections", spec.projections.size()},
                   {"synapses", memory.synapses}, {"memory_byte", memory.total_byte()}};
      if (junctions > 0) network["gap_junctions"] = junctions;
      fmt::print("{}\n", Json{{"file", o->file}, {"ok", true}, {"problems", Json::array()}, {"notes", spec.notes}, {"network", network}}.dump(2));
      return;
    }
    for (const std::string& note : spec.notes) fmt::print("note: {}\n", note);
    fmt::print("{}: no problem found: {} population{}, {} neurons, {} projection{}, about {:.3g} synapses, {}about {:.3g} MB in memory\n", o->file, spec.populations.size(),
               spec.populations.size() == 1 ? "" : "s", spec.neuron_count(), spec.projections.size(), spec.projections.size() == 1 ? "" : "s", memory.synapses,
               junctions > 0 ? fmt::format("about {:.3g} gap junctions, ", junctions) : "", memory.total_byte() * 1e-6);
  });
}

}  // namespace ranvier::cli
