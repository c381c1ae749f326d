// SPDX-License-Identifier: Apache-2.0
#include "summary.hpp"

#include <chrono>
#include <fstream>
#include <numeric>
#include <optional>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "engine/model.hpp"
#include "ranvier/error.hpp"
#include "statistics.hpp"
#include "tables.hpp"

namespace ranvier::io {
namespace {

Json or_null(const std::optional<double>& value) { return value ? Json(*value) : Json(); }

/// a / b, null where b is 0.
Json ratio(double a, double b) { return b > 0 ? Json(a / b) : Json(); }

Json quartiles(const Distribution& d) {
  if (d.count == 0) return nullptr;
  return {*d.lower_quartile, *d.median, *d.upper_quartile};
}

double mean_of(const Values& values) {
  switch (values.kind) {
    case Values::Kind::uniform: return (values.a + values.b) / 2;
    case Values::Kind::column: {
      if (!values.column || values.column->empty()) return 0;
      return std::accumulate(values.column->begin(), values.column->end(), 0.0) / double(values.column->size());
    }
    default: return values.a;
  }
}

/// The mean of a parameter, or its model's default; nothing where the model has no such parameter.
std::optional<double> parameter_of(const std::map<std::string, Values>& given, const std::string& name, const engine::ModelInfo* model) {
  if (const auto found = given.find(name); found != given.end()) return mean_of(found->second);
  if (model)
    for (const auto& p : model->parameters)
      if (p.name == name) return p.default_value;
  return std::nullopt;
}

int sign_of(double x) { return (x > 0) - (x < 0); }

Json network_part(const NetworkSpec& spec, const RunResult& result) {
  return {{"name", spec.name},
          {"neurons", spec.neuron_count()},
          {"synapses", result.synapse_count},
          {"projections", spec.projections.size()},
          {"parameters", spec.parameters},
          {"notes", spec.notes}};
}

Json run_part(const NetworkSpec& spec, const RunResult& result, const Window& window) {
  const auto& simulation = spec.simulation;
  const auto& seeds = result.seeds;
  return {{"dt_ms", simulation.dt_ms},
          {"duration_ms", simulation.duration_ms},
          {"warmup_ms", simulation.warmup_ms},
          {"simulated_ms", window.duration_ms()},
          {"seed", simulation.seed},
          {"seeds", {{"network", seeds.network}, {"initial", seeds.initial}, {"input", seeds.input}, {"dynamics", seeds.dynamics}}},
          {"threads", result.threads},
          {"precision", simulation.double_precision ? "double" : "single"},
          {"simd", result.simd}};
}

Json time_part(const RunResult& result, const Window& window) {
  Json stages = Json::object();
  for (const auto& stage : result.stages) stages[stage.name] = stage.seconds;
  return {{"build_s", result.build_s},
          {"warmup_s", result.warmup_s},
          {"simulate_s", result.simulate_s},
          {"simulate_cpu_s", result.simulate_cpu_s},
          {"real_time_factor", ratio(result.simulate_s, window.duration_ms() / 1000)},
          {"stages", stages}};
}

Json energy_part(const RunResult& result) {
  if (!result.joule) return {{"joule", nullptr}, {"joule_per_synaptic_event", nullptr}};
  return {{"joule", *result.joule}, {"joule_per_synaptic_event", ratio(*result.joule, double(result.work.synaptic_events))}};
}

Json machine_part(const MachineInfo& machine) {
  return {{"cpu", machine.cpu},
          {"cores", machine.cores},
          {"memory_byte", machine.memory_byte},
          {"system", machine.system},
          {"bandwidth_byte_per_s", or_null(machine.bandwidth_byte_per_s)},
          {"flop_per_s", or_null(machine.flop_per_s)}};
}

Json population_part(const NetworkSpec& spec, std::size_t index, std::uint64_t spikes, double seconds, PopulationSamples samples) {
  const auto& population = spec.populations[index];
  const Distribution rate = describe(samples.rate_hz), cv = describe(samples.cv_isi),
                     correlation = describe(samples.correlation);
  Json part{{"name", population.name},
          {"size", population.size},
          {"model", population.membrane},
          {"effect", population_effect(spec, static_cast<int>(index))},
          {"spikes", spikes},
          // From all spikes, recorded or not; its quartiles from the neurons that were watched throughout.
          {"rate_hz", ratio(double(spikes), double(population.size) * seconds)},
          {"rate_hz_quartiles", quartiles(rate)},
          {"cv_isi", or_null(cv.mean)},
          {"cv_isi_quartiles", quartiles(cv)},
          {"cv_isi_neurons", cv.count},
          {"correlation", or_null(correlation.mean)},
          {"correlation_quartiles", quartiles(correlation)},
          {"correlation_pairs", correlation.count},
          {"watched_neurons", rate.count}};
  if (!population.part_of.empty()) part["part_of"] = population.part_of;
  if (population.node_ids) part["node_ids"] = *population.node_ids;
  return part;
}

Json populations_part(const NetworkSpec& spec, const RunResult& result, const Window& window) {
  auto samples = population_samples(result.spikes, first_ids(spec), watched_neurons(spec, window), window);
  Json populations = Json::array();
  for (std::size_t p = 0; p < spec.populations.size(); ++p)
    populations.push_back(population_part(spec, p, result.population_spikes.at(p), window.duration_ms() / 1000,
                                          std::move(samples[p])));
  return populations;
}

/// Of each projection whose synapses come and go: columns with an entry for the beginning and for each structural step.
Json structure_part(const NetworkSpec& spec, const RunResult& result) {
  Json all = Json::array();
  for (const StructureSeries& series : result.structure) {
    Json time = Json::array(), synapses = Json::array(), made = Json::array(), removed = Json::array(), activity = Json::array();
    for (const auto& c : series.counts) {
      time.push_back(c.step * spec.simulation.dt_ms);
      synapses.push_back(c.synapses);
      made.push_back(c.made);
      removed.push_back(c.removed);
      activity.push_back(c.activity);
    }
    const auto& projection = spec.projections.at(static_cast<std::size_t>(series.projection));
    all.push_back({{"projection", projection.name}, {"time_ms", time}, {"synapses", synapses}, {"made", made}, {"removed", removed}, {"activity", activity}});
  }
  return all;
}

std::string now_utc() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

}  // namespace

int projection_effect(const NetworkSpec& spec, const ProjectionSpec& projection) {
  const auto& target = spec.populations.at(static_cast<std::size_t>(projection.target.population));
  const auto& receptor = target.receptors.at(static_cast<std::size_t>(projection.receptor));
  const int weight = sign_of(mean_of(projection.weight));
  if (!receptor.conductance) return weight != 0 ? weight : receptor.sign;
  // Weights of conductances are positive whatever they do: the reversal potential says it. One at rest shunts: inhibitory too.
  const std::optional<double> reversal = parameter_of(receptor.params, "E_rev", nullptr),
                              rest = parameter_of(target.params, "E_L", engine::find_model(engine::ModelInfo::Kind::membrane, target.membrane));
  if (!reversal || !rest) return receptor.sign;
  return *reversal > *rest ? 1 : -1;
}

Json population_effect(const NetworkSpec& spec, int population) {
  bool excites = false, inhibits = false;
  for (const auto& projection : spec.projections) {
    if (projection.source.population != population) continue;
    const int effect = projection_effect(spec, projection);
    excites |= effect > 0;
    inhibits |= effect < 0;
  }
  if (excites && inhibits) return "mixed";
  if (excites) return "excitatory";
  if (inhibits) return "inhibitory";
  return nullptr;
}

Json summarise(const NetworkSpec& spec, const RunResult& result) {
  const Window window = window_of(spec, result);
  Json summary{{"format", 1},
          {"network", network_part(spec, result)},
          {"run", run_part(spec, result, window)},
          {"time", time_part(result, window)},
          {"work",
           {{"spikes", result.work.spikes},
            {"synaptic_events", result.work.synaptic_events},
            {"frequent_events", result.work.frequent_events},
            {"flop", result.work.flop},
            {"byte_moved", result.work.byte_moved}}},
          {"memory",
           {{"byte_per_synapse", result.synapse_count > 0 ? Json(result.byte_per_synapse) : Json()},
            {"peak_rss_byte", result.peak_rss_byte},
            {"predicted_byte", result.predicted_byte}}},
          {"energy", energy_part(result)},
          {"populations", populations_part(spec, result, window)},
          {"spike_hash", fmt::format("{:016x}", result.spike_hash)},
          {"partial", result.partial},
          {"version", result.version},
          {"command", result.command},
          {"created", now_utc()},
          {"machine", machine_part(result.machine)}};
  for (const VolumeResult& v : result.volumes) summary["volumes"].push_back({{"name", v.name}, {"pulses", v.pulses}, {"concentration", v.concentration}});
  if (result.gap_work)
    summary["gap_junctions"] = {{"intervals", result.gap_work->intervals}, {"iterations", result.gap_work->iterations}, {"not_converged", result.gap_work->unsettled}};
  if (!result.structure.empty()) summary["structure"] = structure_part(spec, result);
  return summary;
}

Json read_summary(const std::filesystem::path& folder) {
  const auto path = folder / "summary.json";
  std::ifstream file(path);
  if (!file)
    throw InputError(fmt::format("{}: cannot be opened\n  give the folder that `ranvier simulate` wrote (its --output)", path.string()));
  const Json summary = Json::parse(file, nullptr, /*allow_exceptions=*/false);
  for (const char* key : {"network", "run", "time", "work", "populations"})
    if (!summary.is_object() || !summary.contains(key))
      throw InputError(fmt::format("{}: is not the summary of a run: it has no \"{}\"\n  run `ranvier simulate` again",
                                   path.string(), key));
  return summary;
}

}  // namespace ranvier::io
