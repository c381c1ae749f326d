// SPDX-License-Identifier: Apache-2.0
#include "cli/network_mean_field.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "engine/model.hpp"
#include "engine/rule.hpp"
#include "engine/values.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {
namespace {

using plan::MeanFieldLink;
using plan::MeanFieldNetwork;
using plan::MeanFieldPopulation;

struct Moments {
  double mean = 0, square = 0;  // mean of the square
};

/// Of a column as it is; of a distribution, bounds included, from its quantiles.
Moments moments_of(const Values& values) {
  const engine::Sampler sampler(values);
  if (sampler.constant()) return {sampler.constant_value(), sampler.constant_value() * sampler.constant_value()};
  const bool column = values.kind == Values::Kind::column;
  constexpr std::size_t quantiles = 1 << 14;
  const std::size_t n = column ? values.column->size() : quantiles;
  Moments m;
  for (std::size_t k = 0; k < n; ++k) {
    const auto word = static_cast<std::uint32_t>((2 * k + 1) << 17);  // the middle of each part of 2^32 / quantiles words
    const double x = sampler.draw_one(column ? 0 : word, column ? k : 0);
    m.mean += x / static_cast<double>(n);
    m.square += x * x / static_cast<double>(n);
  }
  return m;
}

struct Indegree {
  double mean = 0, variance = 0;
};

Indegree indegree_of(const ProjectionSpec& p, const NetworkSpec& spec) {
  const double sources = static_cast<double>(p.source.size()), targets = std::max(1.0, static_cast<double>(p.target.size()));
  const double mean = engine::rule_size(p, spec).synapses / targets;
  switch (p.rule.kind) {
    case Rule::Kind::one_to_one:
    case Rule::Kind::all_to_all:
    case Rule::Kind::fixed_indegree: return {mean, 0};
    case Rule::Kind::pairwise_bernoulli: return {mean, mean * (1 - p.rule.probability)};
    case Rule::Kind::edges: {
      std::vector<double> degree(static_cast<std::size_t>(p.target.size()));
      for (std::int64_t t : *p.rule.edge_targets) ++degree[static_cast<std::size_t>(t)];
      double square = 0;
      for (double d : degree) square += d * d / targets;
      return {mean, square - mean * mean};
    }
    case Rule::Kind::fixed_outdegree:
    case Rule::Kind::fixed_total_number:
    case Rule::Kind::distance: return {mean, mean * (p.rule.allow_multapses ? 1 : 1 - mean / std::max(1.0, sources))};
  }
  return {mean, 0};
}

/// Builds the network and keeps a list of what it cannot take.
class Translation {
 public:
  explicit Translation(const NetworkSpec& spec) : spec_(spec) {
    for (const PopulationSpec& p : spec.populations) add_population(p);
    for (const ProjectionSpec& p : spec.projections) add_projection(p);
    for (std::size_t k = 0; k < spec.inputs.size(); ++k) add_input(spec.inputs[k], k);
    if (problems_.empty()) return;
    problems_.push_back("mean-field theory covers populations of alike leaky cells with delta, exponential, alpha and double_exponential currents\n"
                        "  use instead: a probe (leave --rate out), or the rate you expect (--rate \"3 /s\")");
    throw InputError(problems_);
  }
  MeanFieldNetwork network;

 private:
  double run_ms() const { return spec_.simulation.warmup_ms + spec_.simulation.duration_ms; }
  void refuse(std::string problem) {
    if (std::find(problems_.begin(), problems_.end(), problem) == problems_.end()) problems_.push_back(std::move(problem));
  }

  /// A parameter that all cells share; a default where the file is silent.
  double shared(const std::string& where, const std::map<std::string, Values>& given, engine::ModelInfo::Kind kind, const std::string& model, const char* name) {
    if (const auto it = given.find(name); it != given.end()) {
      if (it->second.is_constant()) return it->second.a;
      refuse(fmt::format("{}: {} differs from cell to cell", where, name));
      return it->second.a;
    }
    if (const engine::ModelInfo* info = engine::find_model(kind, model))
      for (const engine::Parameter& p : info->parameters)
        if (p.name == name) return p.default_value;
    return 0;
  }

  void add_population(const PopulationSpec& s) {
    MeanFieldPopulation p{.name = s.name};
    const std::string where = fmt::format("population \"{}\"", s.name);
    if (s.membrane == "poisson_source") p = source(s.name, poisson_rate(where, s));
    else if (s.membrane == "spike_train") p = source(s.name, static_cast<double>(s.trains.times_ms.size()) / std::max(1.0, static_cast<double>(s.size)) / (run_ms() * 1e-3));
    else if (s.membrane == "leaky") p = leaky(where, s);
    else refuse(fmt::format("{}: membrane \"{}\"", where, s.membrane));
    network.populations.push_back(std::move(p));
  }

  static MeanFieldPopulation source(const std::string& name, double rate_hz) { return {.name = name, .is_source = true, .rate_hz = rate_hz}; }

  double poisson_rate(const std::string& where, const PopulationSpec& s) {
    const bool scheduled = !s.rate_hz.values.empty();
    if (scheduled && s.rate_hz.kind != Schedule::Kind::constant) refuse(fmt::format("{}: its rate changes with time", where));
    return scheduled ? s.rate_hz.values[0] : shared(where, s.params, engine::ModelInfo::Kind::source, s.membrane, "rate");
  }

  MeanFieldPopulation leaky(const std::string& where, const PopulationSpec& s) {
    const auto value = [&](const char* name) { return shared(where, s.params, engine::ModelInfo::Kind::membrane, "leaky", name); };
    const double rest = value("E_L"), tau_m = value("tau_m");
    MeanFieldPopulation p{.name = s.name};
    p.cell = {.tau_m_ms = tau_m, .t_ref_ms = value("t_ref"), .V_th_mV = value("V_th") - rest, .V_reset_mV = value("V_reset") - rest};
    p.drive_mV = value("I_e") * tau_m / value("C_m");
    for (const ReceptorSpec& r : s.receptors)
      if (r.conductance) refuse(fmt::format("{}, receptor \"{}\": a conductance", where, r.name));
    return p;
  }

  /// What a unit of weight does to the potential in all, and the filter that it passes.
  struct Filter {
    double jump_mV = 0, tau_ms = 0;
  };
  Filter filter_of(const PopulationSpec& p, int receptor) {
    const ReceptorSpec& r = p.receptors.at(static_cast<std::size_t>(receptor));
    const std::string where = fmt::format("population \"{}\", receptor \"{}\"", p.name, r.name);
    if (r.kind == "delta") return {1, 0};
    const auto tau = [&](const char* name) { return shared(where, r.params, engine::ModelInfo::Kind::receptor, r.kind, name); };
    const double C_m = shared(where, p.params, engine::ModelInfo::Kind::membrane, "leaky", "C_m");
    if (r.kind == "exponential") return {tau("tau_syn") / C_m, tau("tau_syn")};
    if (r.kind == "alpha") return {std::numbers::e * tau("tau_syn") / C_m, 2 * tau("tau_syn")};
    if (r.kind == "double_exponential") {
      // w k (e^{-t/decay} - e^{-t/rise}) / (1/rise - 1/decay) peaks at w; its charge is w k rise decay.
      const double rise = tau("tau_rise"), decay = tau("tau_decay");
      if (std::fabs(rise - decay) < 1e-6 * decay) return {std::numbers::e * decay / C_m, 2 * decay};
      const double t = std::log(decay / rise) * decay * rise / (decay - rise);
      const double per_peak = (1 / rise - 1 / decay) / (std::exp(-t / decay) - std::exp(-t / rise));
      return {per_peak * rise * decay / C_m, rise + decay};
    }
    refuse(fmt::format("{}: kind \"{}\"", where, r.kind));
    return {};
  }

  /// A target that takes input as a whole and has receptors; nullptr, and a problem noted, where it is not one.
  const PopulationSpec* whole_target(const std::string& where, const Slice& target) {
    const PopulationSpec& p = spec_.populations[static_cast<std::size_t>(target.population)];
    if (p.membrane != "leaky") return nullptr;  // said already, with the population
    if (target.size() == p.size) return &p;
    refuse(fmt::format("{}: reaches {} of the {} cells of \"{}\": make them a population of their own", where, target.size(), p.size, p.name));
    return nullptr;
  }

  void add_link(int source, const Slice& target, const PopulationSpec& p, int receptor, Indegree k, const Values& weight) {
    const Filter f = filter_of(p, receptor);
    const Moments w = moments_of(weight);
    network.links.push_back({.source = source, .target = target.population, .indegree = k.mean, .indegree_variance = std::max(0.0, k.variance), .jump_mV = w.mean * f.jump_mV,
                             .jump_square_mV2 = w.square * f.jump_mV * f.jump_mV, .tau_syn_ms = f.tau_ms});
  }

  void add_projection(const ProjectionSpec& p) {
    if (const PopulationSpec* target = whole_target(p.where.empty() ? "projection \"" + p.name + "\"" : p.where, p.target))
      add_link(p.source.population, p.target, *target, p.receptor, indegree_of(p, spec_), p.weight);
  }

  void add_input(const InputSpec& input, std::size_t index) {
    const std::string where = input.where.empty() ? fmt::format("inputs[{}]", index) : input.where;
    const PopulationSpec* target = whole_target(where, input.target);
    if (!target) return;
    if (input.start_ms > 0.01 * run_ms() || input.stop_ms < 0.99 * run_ms()) return refuse(fmt::format("{}: is on during part of the run only", where));
    MeanFieldPopulation& p = network.populations[static_cast<std::size_t>(input.target.population)];
    const double C_m = shared(where, target->params, engine::ModelInfo::Kind::membrane, "leaky", "C_m"), tau_m = p.cell.tau_m_ms;
    switch (input.kind) {
      case InputSpec::Kind::poisson: return add_poisson(input, where, *target);
      case InputSpec::Kind::dc: p.drive_mV += alike(where, "amplitude", input.amplitude_pA) * tau_m / C_m; return;
      case InputSpec::Kind::noise: {
        const double std = alike(where, "std", input.amplitude_pA), hold = input.noise_dt_ms > 0 ? input.noise_dt_ms : spec_.simulation.dt_ms;
        p.drive_mV += alike(where, "mean", input.mean_pA) * tau_m / C_m;
        p.white_variance_mV2 += tau_m * hold * std * std / (C_m * C_m);
        return;
      }
      case InputSpec::Kind::step:
      case InputSpec::Kind::samples:
      case InputSpec::Kind::sine: return refuse(fmt::format("{}: changes with time", where));
    }
  }

  double alike(const std::string& where, const char* what, const Values& v) {
    if (!v.is_constant()) refuse(fmt::format("{}: {} differs from cell to cell", where, what));
    return v.a;
  }

  void add_poisson(const InputSpec& input, const std::string& where, const PopulationSpec& target) {
    const bool scheduled = !input.rate_schedule.values.empty();
    if (scheduled && input.rate_schedule.kind != Schedule::Kind::constant) return refuse(fmt::format("{}: its rate changes with time", where));
    const double rate = scheduled ? input.rate_schedule.values[0] : alike(where, "rate", input.rate_hz);
    const auto index = static_cast<int>(network.populations.size());
    network.populations.push_back(source(where, rate));
    add_link(index, input.target, target, input.receptor, {.mean = 1}, input.weight);
  }

  const NetworkSpec& spec_;
  std::vector<std::string> problems_;
};

}  // namespace

MeanFieldNetwork mean_field_of(const NetworkSpec& spec) { return Translation(spec).network; }

StationaryRates stationary_rates(const NetworkSpec& spec) {
  const plan::MeanFieldRates found = plan::solve_mean_field(mean_field_of(spec));
  if (!found.settled)
    throw InputError(fmt::format("--rate mean-field: no stationary rates found in {} iterations: the network may have none (it oscillates)\n  use instead: a probe (leave --rate out), or the rate you expect (--rate \"3 /s\")", found.iterations));
  return {{found.rate_hz.begin(), found.rate_hz.begin() + static_cast<std::ptrdiff_t>(spec.populations.size())}, found.filter_ratio};
}

}  // namespace ranvier::cli
