// SPDX-License-Identifier: Apache-2.0
#include "sonata_file.hpp"

#include <fmt/format.h>

#include <cmath>
#include <new>
#include <stdexcept>

#include "core/philox.hpp"
#include "ranvier/error.hpp"
#include "sonata_circuit.hpp"
#include "sonata_section.hpp"

namespace ranvier::io {
namespace {

using sonata::Place;

constexpr double duration_max_ms = 1e12;

/// "run": tstop and dt in ms.
///
/// Precision is double: circuits of other simulators are run to agree with them, and their steps are often so short (0.001 ms) that
/// float32 loses the small changes of a step: 0.1 mV with a membrane of 45 ms.
void read_run(const sonata::Config& config, SimulationSpec& simulation) {
  simulation.double_precision = true;
  if (!config.has_simulation) return;
  const Place run = config.at_simulation().get("run", "\"run\": { \"tstop\": 3000.0, \"dt\": 0.1 }");
  run.require_object("{ \"tstop\": 3000.0, \"dt\": 0.1 }");
  const Place stop = run.get("tstop", "\"tstop\": 3000.0");
  simulation.duration_ms = stop.number();
  if (!(simulation.duration_ms >= 0) || simulation.duration_ms > duration_max_ms) stop.fail(fmt::format("must be between 0 and {} ms", duration_max_ms));
  if (const auto start = run.find("tstart"); start && start->number() != 0) start->fail("runs begin at 0 ms; leave it out");
  if (const auto dt = run.find("dt")) {
    simulation.dt_ms = dt->number();
    if (!(simulation.dt_ms > 0)) dt->fail("must be > 0 ms");
  }
}

void apply(const Overrides& overrides, const std::filesystem::path& file, SimulationSpec& simulation) {
  if (!overrides.set.empty())
    throw InputError(fmt::format("{}: --set {}={}: a SONATA config has no named parameters; change its files", file.string(), overrides.set[0].first, overrides.set[0].second));
  if (overrides.duration_ms) simulation.duration_ms = *overrides.duration_ms;
  if (overrides.warmup_ms) simulation.warmup_ms = *overrides.warmup_ms;
  if (overrides.threads) simulation.threads = *overrides.threads;
  if (overrides.seed) simulation.seed = *overrides.seed;
  std::uint64_t* seeds[] = {&simulation.seed_network, &simulation.seed_initial, &simulation.seed_input, &simulation.seed_dynamics};
  for (std::size_t i = 0; i < 4; ++i)
    if (overrides.seed || *seeds[i] == 0) *seeds[i] = derive_seed(simulation.seed, i);
}

/// The folder's name says more than "simulation_config".
std::string name_of(const std::filesystem::path& file) {
  const auto folder = std::filesystem::absolute(file).lexically_normal().parent_path().filename().string();
  return folder.empty() ? file.stem().string() : folder;
}

NetworkSpec read(const std::filesystem::path& file, const Overrides& overrides) {
  const sonata::Config config = sonata::read_config(file);
  sonata::Circuit circuit{.config = config, .spec = {}, .nodes = {}, .origins = {}, .noted = {}};
  circuit.spec.name = name_of(file);
  read_run(config, circuit.spec.simulation);
  sonata::read_nodes(circuit);
  sonata::read_section(circuit);  // before the edges, which may follow its volumes
  sonata::read_edges(circuit);
  sonata::read_inputs(circuit);
  sonata::read_section_inputs(circuit);
  sonata::read_reports(circuit);
  apply(overrides, file, circuit.spec.simulation);
  return std::move(circuit.spec);
}

}  // namespace

bool is_sonata(const std::filesystem::path& file) { return file.extension() == ".json"; }

NetworkSpec read_sonata(const std::filesystem::path& file, const Overrides& overrides) {
  try {
    return read(file, overrides);
  } catch (const std::bad_alloc&) {
    throw InputError(fmt::format("{}: describes more than the memory of this machine can hold", file.string()));
  } catch (const std::length_error&) {
    throw InputError(fmt::format("{}: describes more than the memory of this machine can hold", file.string()));
  } catch (const std::filesystem::filesystem_error& e) {
    throw InputError(fmt::format("{}: {}", file.string(), e.what()));
  }
}

}  // namespace ranvier::io
