// SPDX-License-Identifier: Apache-2.0
#include "session.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <set>
#include <tuple>

#include "core/suggest.hpp"
#include "engine/change.hpp"
#include "engine/fingerprint.hpp"
#include "engine/event_model.hpp"
#include "engine/inputs.hpp"
#include "engine/kernel.hpp"
#include "engine/pieces.hpp"
#include "io/results.hpp"
#include "io/state_file.hpp"
#include "io/summary.hpp"
#include "measure/ceilings.hpp"
#include "ranvier/error.hpp"

namespace ranvier::python {
namespace {

double seconds_now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

Session::Session(const NetworkSpec& spec, int threads, const std::string& simd, const std::filesystem::path& resume)
    : threads_(threads > 0 ? threads : spec.simulation.threads > 0 ? spec.simulation.threads : engine::choose_threads(spec, measure::core_count())) {
  engine::choose_simd(simd);
  const double since = seconds_now();
  network_ = engine::build(spec, {.threads = threads_});
  state_ = resume.empty() ? engine::start(*network_) : engine::restore(*network_, io::read_state(resume));
  build_s_ = seconds_now() - since;
  predicted_byte_ = static_cast<std::uint64_t>(network_->memory.total_byte());
  warmup_step_ = state_.step;
  simd_ = engine::simd_name();
  fingerprint_ = engine::fingerprint(*network_);
}

Session::Use::Use(const Session& session) : session_(session) {
  if (session.used_.exchange(true)) throw RunError("the simulation is in use in another thread: wait until that is done, or build a second one");
}

Session::Session(const NetworkSpec& spec, int threads, const std::string& simd, const Session& before, const std::vector<int>& renew) : Session(spec, threads, simd, std::filesystem::path{}) {
  const Use use(before);
  const auto& old_populations = before.network_->populations;
  for (std::size_t k = 0; k < old_populations.size(); ++k)
    if (k >= network_->populations.size() || network_->populations[k].name != old_populations[k].name || network_->populations[k].size != old_populations[k].size)
      throw InputError(fmt::format("resume: population \"{}\" has {} neurons in the simulation, but is not the same here: populations can be added at the end, not removed, resized or reordered", old_populations[k].name,
                                   old_populations[k].size));
  engine::Snapshot old = engine::snapshot(*before.network_, before.state_);
  engine::Snapshot now = engine::snapshot(*network_, state_);
  if (old.double_precision != now.double_precision) throw InputError("resume: the simulation has another precision than the network that is to go on from it");
  std::set<std::string> renewed;
  for (int k : renew) renewed.insert(fmt::format("projections/{}/weight", k));
  std::map<std::string, std::vector<double>*> values;
  for (auto& array : old.arrays) values[array.name] = &array.values;
  for (auto& array : now.arrays)
    if (const auto it = values.find(array.name); it != values.end() && !renewed.contains(array.name)) array.values = std::move(*it->second);
  now.step = old.step;
  now.in_flight = std::move(old.in_flight);
  now.exact_in_flight = std::move(old.exact_in_flight);
  state_ = engine::restore(*network_, now);
  warmup_step_ = state_.step;
}

std::shared_ptr<RunResult> Session::run(std::uint32_t steps, bool counted, const std::function<void(std::uint32_t)>& progress, const std::atomic<bool>& stop) {
  const Use use(*this);
  if (steps > 2147483647u - state_.step) throw InputError("a run ends at step 2^31 at the latest: use a larger dt, or save the state and look at what you have");
  const std::uint32_t end = state_.step + steps;
  if (!counted && !pieces_.empty() && pieces_.back()->end_step > warmup_step_) throw InputError("a warm-up comes before all that is counted: this simulation has run already");
  engine::Recorder recorder(*network_);
  const engine::RunOptions options{.until_step = end, .warmup_step = counted ? state_.step : end, .progress = progress, .stop = &stop};
  auto result = std::make_shared<RunResult>();
  engine::run(*network_, state_, options, recorder);
  recorder.finish(*network_, state_, *result);
  result->partial = state_.step < end;
  if (!counted) warmup_step_ = result->warmup_step = state_.step;
  pieces_.push_back(result);
  return result;
}

const engine::VariableRef Session::variable_of(int population, const std::string& name) const {
  const auto& p = network_->populations.at(static_cast<std::size_t>(population));
  if (!p.membrane && !p.event) throw InputError(fmt::format("population \"{}\" is a source: it has no state variables", p.name));
  std::vector<std::string> names;
  for (const engine::VariableRef& v : engine::variables_of(*network_, population)) {
    if (v.name == name) return v;
    names.push_back(v.name);
  }
  throw InputError(fmt::format("population \"{}\" has no state variable \"{}\"; it has {}", p.name, name, fmt::join(names, ", ")));
}

std::vector<std::pair<std::string, std::string>> Session::variables(int population) const {
  std::vector<std::pair<std::string, std::string>> out;
  const auto& p = network_->populations.at(static_cast<std::size_t>(population));
  if (!p.membrane && !p.event) return out;
  for (const engine::VariableRef& v : engine::variables_of(*network_, population)) out.emplace_back(v.name, v.unit);
  return out;
}

std::vector<double> Session::read(int population, const std::string& variable) const {
  const Use use(*this);
  const engine::VariableRef v = variable_of(population, variable);
  const auto& p = network_->populations[static_cast<std::size_t>(population)];
  if (v.receptor >= 0 && !p.event && p.shares(v.receptor) && !p.apart)
    throw InputError(fmt::format("population \"{}\": {}: receptors with the same time constants share one state; record one of them (variables = [\"{}\"]) to have them kept apart", p.name, variable, variable));
  std::vector<double> out(static_cast<std::size_t>(p.size));
  for (std::size_t t = 0; t < network_->shards.size(); ++t)
    for (std::size_t b = 0; b < network_->shards[t].blocks.size(); ++b) {
      const engine::Block& block = network_->shards[t].blocks[b];
      if (block.population == population) engine::read_variable(*network_, state_, state_.step, t, b, v, 0, block.n, out.data() + block.first);
    }
  return out;
}

void Session::write(int population, const std::string& variable, const std::vector<double>& values) {
  const Use use(*this);
  engine::write_variable(*network_, state_, population, variable_of(population, variable), values);
}

std::vector<std::pair<std::string, std::vector<double>>> Session::parameters(int population) const {
  const engine::Population& p = network_->populations.at(static_cast<std::size_t>(population));
  std::vector<std::pair<std::string, std::vector<double>>> out;
  const auto add = [&](const std::string& before, const engine::ModelInfo& info, const std::vector<std::vector<double>>& values) {
    for (std::size_t k = 0; k < values.size() && k < info.parameters.size(); ++k) out.emplace_back(before + std::string(info.parameters[k].name), values[k]);
  };
  if (p.membrane) add("", *p.membrane->model->info, p.parameters);
  if (p.event) add("", *p.event->info, p.parameters);
  if (!p.membrane && !p.event && p.spec->membrane == "poisson_source" && p.spec->rate_hz.values.empty()) out.emplace_back("rate", p.parameters.at(0));
  if (p.membrane)
    for (std::size_t r = 0; r < p.receptors.size(); ++r) add(p.spec->receptors[r].name + ".", *p.receptors[r].model->info, p.receptors[r].parameters);
  return out;
}

namespace {

/// A population as if it lay on one shard.
engine::Block whole(const engine::Network& network, int population) {
  engine::Block block;
  block.population = population;
  block.n = static_cast<std::size_t>(network.populations.at(static_cast<std::size_t>(population)).size);
  return block;
}

}  // namespace

std::vector<double> Session::currents(int population, std::uint32_t first, std::uint32_t steps) const {
  const Use use(*this);
  const engine::Block block = whole(*network_, population);
  engine::CurrentInputs inputs(*network_, block);
  std::vector<double> out(block.n * steps), now(block.padded());
  if (inputs.empty()) return out;
  for (std::uint32_t s = 0; s < steps; ++s) {
    inputs.update(first + s + 1, true, now.data());
    std::copy_n(now.begin(), block.n, out.begin() + static_cast<std::ptrdiff_t>(block.n * s));
  }
  return out;
}

std::vector<double> Session::arrivals(int input, std::uint32_t first, std::uint32_t steps) const {
  const Use use(*this);
  const InputSpec& spec = network_->spec.inputs.at(static_cast<std::size_t>(input));
  if (spec.kind != InputSpec::Kind::poisson) throw InputError(fmt::format("input \"{}\" brings currents, not spikes", spec.name));
  const engine::Block block = whole(*network_, spec.target.population);
  engine::PoissonInput poisson(*network_, static_cast<std::size_t>(input), block);
  const double quantum = network_->populations[static_cast<std::size_t>(block.population)].receptors[static_cast<std::size_t>(spec.receptor)].quantum;
  std::vector<double> out(block.n * steps);
  std::vector<std::int64_t> sums(block.padded());  // room for sums of either width
  for (std::uint32_t s = 0; s < steps; ++s) {
    std::fill(sums.begin(), sums.end(), 0);
    poisson.add(first + s + 1, 0, block.n, sums.data());
    for (std::size_t i = 0; i < block.n; ++i)
      out[block.n * s + i] = quantum * static_cast<double>(network_->wide ? sums[i] : reinterpret_cast<const std::int32_t*>(sums.data())[i]);
  }
  return out;
}

Connections Session::connections(int source, int target) const {
  const Use use(*this);
  const auto whole = [&](int k) { return Slice{.population = k, .last = network_->populations.at(static_cast<std::size_t>(k)).size}; };
  RecordingSpec all{.kind = RecordingSpec::Kind::weights, .sources = whole(source), .targets = whole(target)};
  return engine::read_connections(*network_, state_, all);
}

std::vector<double> Session::weights(int projection) const {
  const Use use(*this);
  struct Place {
    std::uint32_t source, delay;
    std::int64_t target;
    double weight;
  };
  std::vector<Place> all;
  for (std::size_t t = 0; t < network_->shards.size(); ++t)
    for (const auto& synapses : state_.shards[t].plastic) {
      const engine::PlasticTable& table = synapses->table();
      if (table.projection != projection) continue;
      const std::int64_t first = network_->shards[t].blocks[table.block].first;
      const auto flights = synapses->under_way();
      for (std::uint32_t source = 0; source < table.sources(); ++source)
        for (std::uint32_t g = table.row[source]; g < table.row[source + 1]; ++g) {
          const engine::PlasticSegment& segment = table.segments[g];
          for (std::size_t k = segment.first; k < std::size_t{segment.first} + segment.count; ++k)
            all.push_back({source, segment.delay, first + table.targets[k], synapses->read(flights, source, segment, k, state_.step, -1)});
        }
    }
  std::stable_sort(all.begin(), all.end(), [](const Place& a, const Place& b) { return std::tuple(a.source, a.delay, a.target) < std::tuple(b.source, b.delay, b.target); });
  std::vector<double> out;
  out.reserve(all.size());
  for (const Place& place : all) out.push_back(place.weight);
  return out;
}

void Session::change_inputs(std::vector<InputSpec> inputs) {
  const Use use(*this);
  engine::change_inputs(*network_, std::move(inputs));
}
void Session::change_trains(int population, SpikeTrains trains) {
  const Use use(*this);
  engine::change_trains(*network_, population, std::move(trains));
}
void Session::change_rates(int population, std::vector<double> rates_hz) {
  const Use use(*this);
  engine::change_rates(*network_, population, std::move(rates_hz));
}

void Session::save(const std::filesystem::path& file, bool overwrite) const {
  const Use use(*this);
  io::check_state_target(file, overwrite);
  engine::Snapshot snapshot = engine::snapshot(*network_, state_);
  snapshot.fingerprint = fingerprint_;
  io::write_state(file, snapshot, overwrite);
}

NetworkSpec Session::described() const {
  NetworkSpec spec = network_->spec;
  spec.simulation.warmup_ms = warmup_step_ * network_->dt();
  spec.simulation.duration_ms = (state_.step - warmup_step_) * network_->dt();
  return spec;
}

RunResult Session::result() const {
  RunResult r = engine::join(network_->spec, pieces_);
  const SimulationSpec& sim = network_->spec.simulation;
  const measure::Ceilings roof = measure::measure_ceilings(threads_, sim.double_precision);
  r.build_s = build_s_;
  r.threads = threads_;
  r.simd = simd_;
  r.seeds = {sim.seed_network, sim.seed_initial, sim.seed_input, sim.seed_dynamics};
  r.version = RANVIER_VERSION;
  r.command = "Python";
  r.predicted_byte = predicted_byte_;
  r.peak_rss_byte = measure::peak_rss_byte();
  r.machine = {.cpu = measure::cpu_name(), .system = measure::system_name(), .cores = measure::core_count(), .memory_byte = measure::memory_byte(),
               .bandwidth_byte_per_s = roof.bandwidth_byte_per_s, .flop_per_s = roof.flop_per_s};
  return r;
}

std::string Session::summary() const {
  const Use use(*this);
  return io::summarise(described(), result()).dump();
}

std::filesystem::path Session::write_results(const std::filesystem::path& folder, const std::string& format, bool overwrite) const {
  const Use use(*this);
  const io::OutputOptions options{.folder = folder, .overwrite = overwrite, .format = io::parse_file_format(format)};
  const NetworkSpec spec = described();
  const io::OutputFolder out = io::prepare_output(options, spec.name);
  const RunResult r = result();
  io::write_results(out, options, spec, r, io::summarise(spec, r));
  return out.path;
}

}  // namespace ranvier::python
