// SPDX-License-Identifier: Apache-2.0
/// Units of weights. All receptors that take the same unit (pA, nS, mV) share one quantum, a power of two so fine that
/// no sum can overflow: quantum >= (largest possible sum on one slot in one step) / 2^30, or 2^62 for wide sums. Compact
/// weights are whole multiples of a coarser power of two with an error of at most 2^-15 of the projection's largest
/// weight; two neighbouring powers are possible, and projections choose alike where they can, because what shares a
/// scale shares segments.
#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>

#include "engine/assemble.hpp"
#include "engine/structure.hpp"
#include "engine/values.hpp"

namespace ranvier::engine {
namespace {

int floor_log2(double x) {
  int e;
  std::frexp(x, &e);  // x = f 2^e, f in [0.5, 1)
  return e - 1;
}

double largest(const Values& values) {
  const Sampler s(values);
  return std::max(std::fabs(s.lowest()), std::fabs(s.highest()));
}

std::string unit_of(const Network& network, int population, int receptor) {
  const Population& p = network.populations[static_cast<std::size_t>(population)];
  return p.spec->receptors[static_cast<std::size_t>(receptor)].conductance ? "nS" : std::string(p.receptors[static_cast<std::size_t>(receptor)].model->info->weight_unit);
}

bool event_driven(const Network& network, const ProjectionSpec& p) { return network.populations[static_cast<std::size_t>(p.target.population)].event != nullptr; }

double source_rate_max(const Population& p) {
  double rate = 0;
  for (double r : p.parameters[0]) rate = std::max(rate, r);
  for (double r : p.spec->rate_hz.values) rate = std::max(rate, r);
  if (p.spec->rate_hz.kind == Schedule::Kind::sinusoid) rate = p.spec->rate_hz.values.at(0) + std::fabs(p.spec->rate_hz.amplitude);
  return rate;
}

/// Most spikes that one source of a population can emit in a step.
double multiplicity(const Network& network, int population) {
  const Population& p = network.populations[static_cast<std::size_t>(population)];
  if (p.membrane) return p.spikes_max;
  if (p.event) return 2;  // t_ref is a step at least (build.cpp), but a step has two ends
  if (p.spec->membrane == "spike_train") {
    std::map<std::pair<std::int64_t, std::int64_t>, int> count;
    int most = 1;
    for (std::size_t k = 0; k < p.spec->trains.times_ms.size(); ++k)
      most = std::max(most, ++count[{p.spec->trains.neurons[k], std::llround(p.spec->trains.times_ms[k] / network.dt())}]);
    return most;
  }
  return poisson_count_max(source_rate_max(p) * network.dt() * 1e-3);
}

double input_rate_max(const InputSpec& input) {
  double rate = 0;
  if (input.rate_schedule.values.empty()) return Sampler(input.rate_hz).highest();
  for (double r : input.rate_schedule.values) rate = std::max(rate, r);
  return rate + std::fabs(input.rate_schedule.amplitude);
}

/// Sum of |weight| over the synapses of one target cell, the largest over the targets; a bound where weights are drawn.
double weight_sum_bound(const ProjectionSpec& p, const NetworkSpec& network) {
  if (is_plastic(p)) {
    const double bound = plastic_weight_bound(p, network.simulation.dt_ms);
    return structural_indegree_bound(p, network) * (std::isfinite(bound) ? bound : 0x1p16 * largest(p.weight));  // 0x1p16: sums are wide then
  }
  if (p.rule.kind != Rule::Kind::edges || p.weight.kind != Values::Kind::column) return rule_size(p, network).indegree_bound * largest(p.weight);
  // Listed edges: the in-degrees and weights of connectomes vary so much that the product above would be far too large.
  const std::vector<std::int64_t>& targets = *p.rule.edge_targets;
  const Sampler weight(p.weight);
  std::vector<double> sum(static_cast<std::size_t>(p.target.size() * target_sites(network, p)));
  for (std::size_t e = 0; e < targets.size(); ++e) sum[static_cast<std::size_t>(targets[e])] += std::fabs(weight.draw_one(0, e));
  return sum.empty() ? 0 : *std::max_element(sum.begin(), sum.end());
}

/// Sum of all weights that can arrive at one slot in one step, the largest over the slots of each unit.
std::map<std::string, double> largest_sums(const Network& network) {
  std::map<std::pair<int, int>, double> slot_sum;  // of the pools' slots
  const auto sum_of = [&](int population, int receptor) -> double& {
    const Population& p = network.populations[static_cast<std::size_t>(population)];
    return slot_sum[{population, p.pools[static_cast<std::size_t>(p.pool_of(receptor))].receptors[0]}];
  };
  for (const ProjectionSpec& p : network.spec.projections)
    if (!event_driven(network, p)) sum_of(p.target.population, p.receptor) += weight_sum_bound(p, network.spec) * multiplicity(network, p.source.population);
  for (const InputSpec& input : network.spec.inputs)
    if (input.kind == InputSpec::Kind::poisson)
      sum_of(input.target.population, input.receptor) += poisson_count_max(input_rate_max(input) * network.dt() * 1e-3) * largest(input.weight);
  std::map<std::string, double> unit_sum;
  for (const auto& [slot, sum] : slot_sum) {
    double& most = unit_sum[unit_of(network, slot.first, slot.second)];
    most = std::max(most, sum);
  }
  return unit_sum;
}

int quantum_exponent(double sum, bool wide) { return sum > 0 ? floor_log2(sum) + 1 - (wide ? 62 : 30) : -20; }

/// Compact weights need 2^14 levels, constant ones and Poisson weights 2^16, to keep their precision.
bool needs_wide(const Network& network, const std::map<std::string, double>& sums) {
  const auto too_coarse = [&](int population, int receptor, const Values& weight, int levels) {
    const double w = largest(weight);
    return w > 0 && floor_log2(w) - levels < quantum_exponent(sums.at(unit_of(network, population, receptor)), false);
  };
  // Where weights change, small ones count as well: 2^20 levels, and wide sums where no bound holds.
  for (const ProjectionSpec& p : network.spec.projections)
    if (is_plastic(p) && (!std::isfinite(plastic_weight_bound(p, network.dt())) || too_coarse(p.target.population, p.receptor, Values::constant(plastic_weight_bound(p, network.dt())), 20))) return true;
  for (const ProjectionSpec& p : network.spec.projections)
    if (!event_driven(network, p) && too_coarse(p.target.population, p.receptor, p.weight, p.weight.is_constant() ? 16 : 14)) return true;
  for (const InputSpec& input : network.spec.inputs)
    if (input.kind == InputSpec::Kind::poisson && too_coarse(input.target.population, input.receptor, input.weight, 14)) return true;
  return network.spec.simulation.double_precision;
}

/// Whether the units that a network brings along are there for all its sums, and none can overflow: they are meant for 2^30 (2^62)
/// of them, and there is room for twice as many.
bool given_units_hold(const SumUnits& given, const std::map<std::string, double>& sums) {
  return !given.exponents.empty() && std::all_of(sums.begin(), sums.end(), [&](const auto& sum) {
    const auto exponent = given.exponents.find(sum.first);
    return exponent != given.exponents.end() && std::ldexp(sum.second, -exponent->second) < (given.wide ? 0x1.8p62 : 0x1.8p30);
  });
}

/// The exponent of the largest power of two of which all weights of a column are whole multiples; 1024 where all are 0.
int common_exponent(const std::vector<double>& weights) {
  int lowest = 1024;
  for (const double w : weights) {
    if (w == 0) continue;
    int e;
    const auto digits = static_cast<std::uint64_t>(std::ldexp(std::fabs(std::frexp(w, &e)), 53));
    lowest = std::min(lowest, e - 53 + std::countr_zero(digits));
  }
  return lowest;
}

}  // namespace

void check_poisson(const Network& network, std::vector<std::string>& problems) {
  constexpr double most = 10'000;  // in a step: counts have 16 bits
  const auto check = [&](double rate_hz, const std::string& where) {
    if (const double mean = rate_hz * network.dt() * 1e-3; mean > most)
      problems.push_back(fmt::format("{}: rate = {:g} Hz: {:g} spikes in a time step of {} ms are more than {:g}; take a smaller rate with larger weights, or a smaller dt", where, rate_hz, mean, network.dt(), most));
  };
  for (const Population& p : network.populations)
    if (p.spec->membrane == "poisson_source" && !p.parameters.empty()) check(source_rate_max(p), fmt::format("population \"{}\"", p.name));
  for (const InputSpec& input : network.spec.inputs)
    if (input.kind == InputSpec::Kind::poisson) check(input_rate_max(input), input.where.empty() ? fmt::format("input \"{}\"", input.name) : input.where);
}

bool sums_suffice(const Network& network) {
  const auto sums = largest_sums(network);
  for (int k = 0; k < static_cast<int>(network.populations.size()); ++k) {
    const Population& p = network.populations[static_cast<std::size_t>(k)];
    if (!p.membrane) continue;
    for (int r = 0; r < static_cast<int>(p.receptors.size()); ++r) {
      const auto sum = sums.find(unit_of(network, k, r));
      if (sum != sums.end() && std::ldexp(1.0, quantum_exponent(sum->second, network.wide)) > p.receptors[static_cast<std::size_t>(r)].quantum) return false;
    }
  }
  return true;
}

std::vector<WeightPlan> plan_weights(Network& network) {
  const auto sums = largest_sums(network);
  std::map<std::string, int> finest = network.spec.sum_units.exponents;
  if (given_units_hold(network.spec.sum_units, sums)) {
    network.wide = network.spec.sum_units.wide;
  } else {
    network.wide = needs_wide(network, sums);
    finest.clear();
    for (const auto& [unit, sum] : sums) finest[unit] = quantum_exponent(sum, network.wide);
  }
  for (std::size_t p = 0; p < network.populations.size(); ++p)
    for (std::size_t r = 0; r < network.populations[p].receptors.size(); ++r) {
      const auto it = finest.find(unit_of(network, static_cast<int>(p), static_cast<int>(r)));
      network.populations[p].receptors[r].quantum = std::ldexp(1.0, it == finest.end() ? -20 : it->second);
    }

  std::vector<WeightPlan> plans;
  std::map<std::string, std::vector<int>> in_use;
  for (const ProjectionSpec& p : network.spec.projections) {
    if (event_driven(network, p) || is_plastic(p)) {  // keep their weights as they are
      plans.emplace_back();
      continue;
    }
    const Sampler weight(p.weight);
    const std::string unit = unit_of(network, p.target.population, p.receptor);
    const int e0 = finest[unit];
    WeightPlan plan{.negative = weight.lowest() < 0, .positive = weight.highest() > 0 || weight.lowest() >= 0};
    if (weight.constant()) {
      plan.layout = Layout::constant;
      plan.scale = std::llround(std::ldexp(weight.constant_value(), -e0));
    } else {
      const bool exact = network.spec.simulation.double_precision;
      const double w = std::max(std::fabs(weight.lowest()), std::fabs(weight.highest()));
      plan.layout = exact ? Layout::exact : Layout::compact;
      plan.exponent = w > 0 ? std::max(floor_log2(w) - (exact ? 30 : 14), e0) : e0;
      auto& used = in_use[unit];
      if (!exact && plan.exponent > e0 && std::find(used.begin(), used.end(), plan.exponent) == used.end() &&
          std::find(used.begin(), used.end(), plan.exponent - 1) != used.end())
        --plan.exponent;
      // Weights that are whole multiples of a finer unit and fit, such as those written down by an earlier run, are kept as they are.
      if (p.weight.kind == Values::Kind::column && !exact && w > 0)
        if (const int common = common_exponent(*p.weight.column); common < plan.exponent && common >= e0 && std::ldexp(w, -common) <= 65535) plan.exponent = common;
      used.push_back(plan.exponent);
      plan.scale = std::int64_t{1} << std::min(plan.exponent - e0, 61);
    }
    plans.push_back(plan);
  }
  return plans;
}

}  // namespace ranvier::engine
