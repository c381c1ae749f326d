// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "engine/network.hpp"
#include "io/network_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {

void add_check(CLI::App& app) {
  struct Options {
    std::string file;
    std::vector<std::string> set;
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("check", "Say what is wrong with a network file, where, and how to mend it");
  c->footer("Example:  ranvier check examples/brunel.toml");
  c->add_option("FILE", o->file, "network file (TOML), or a SONATA config (JSON)")->required();
  c->add_option("--set", o->set, "NAME=VALUE")->allow_extra_args(false);
  c->add_flag("--json", o->json, "print {file, ok, problems[], notes[], network} as JSON");
  c->callback([o] {
    using Json = nlohmann::ordered_json;
    NetworkSpec spec;
    try {
      spec = io::read_network(o->file, {.set = parse_set(o->set)});
      engine::check(spec);
    } catch (const InputError& e) {
      if (!o->json) throw;
      fmt::print("{}\n", Json{{"file", o->file}, {"ok", false}, {"problems", e.problems()}}.dump(2));
      throw Exit{wrong_input};
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
