// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cmath>

#include "core/math.hpp"
#include "engine/model.hpp"
#include "engine/rule.hpp"

namespace ranvier::engine {
namespace {

/// ln(n!): sums for small n, Stirling's series beyond (error below 1e-12).
double log_factorial(double n) {
  if (n < 20) {
    double product = 1;
    for (int k = 2; k <= static_cast<int>(n); ++k) product *= k;
    return math::log(product);
  }
  const double x = n + 1, x2 = x * x;
  return (x - 0.5) * math::log(x) - x + 0.91893853320467274178 + (1.0 / 12 - (1.0 / 360 - (1.0 / 1260 - 1.0 / (1680 * x2)) / x2) / x2) / x;
}

/// The count whose turn it is when probability u is used up, taking the counts in the order mode, mode + 1,
/// mode - 1, mode + 2, ...: any order of the values gives the right law, and this one needs about one standard
/// deviation of steps. up(k) = P(k + 1) / P(k), down(k) = P(k - 1) / P(k).
template <class Up, class Down>
std::int64_t invert_from_mode(std::int64_t mode, std::int64_t low, std::int64_t high, double p_mode, double u, Up up, Down down) {
  std::int64_t above = mode, below = mode;
  double p_above = p_mode, p_below = p_mode;
  u -= p_mode;
  if (u <= 0) return mode;
  while (above < high || below > low) {
    if (above < high) {
      p_above *= up(above);
      if ((u -= p_above) <= 0) return above + 1;
      ++above;
    }
    if (below > low) {
      p_below *= down(below);
      if ((u -= p_below) <= 0) return below - 1;
      --below;
    }
    if (p_above < 1e-300 && p_below < 1e-300) break;  // rounding left a crumb of u
  }
  return mode;
}

}  // namespace

std::int64_t binomial(std::int64_t n, double p, double u) {
  if (n <= 0 || p <= 0) return 0;
  if (p >= 1) return n;
  const double N = static_cast<double>(n);
  const std::int64_t mode = std::min(n, static_cast<std::int64_t>(std::floor((N + 1) * p)));
  const double m = static_cast<double>(mode), odds = p / (1 - p);
  const double p_mode = math::exp(log_factorial(N) - log_factorial(m) - log_factorial(N - m) + m * math::log(p) + (N - m) * math::log(1 - p));
  return invert_from_mode(mode, 0, n, p_mode, u,
      [&](std::int64_t k) { return odds * static_cast<double>(n - k) / static_cast<double>(k + 1); },
      [&](std::int64_t k) { return static_cast<double>(k) / (odds * static_cast<double>(n - k + 1)); });
}

std::int64_t hypergeometric(std::int64_t draws, std::int64_t good, std::int64_t bad, double u) {
  const std::int64_t low = std::max<std::int64_t>(0, draws - bad), high = std::min(draws, good);
  if (low >= high) return low;
  const double n = static_cast<double>(draws), g = static_cast<double>(good), b = static_cast<double>(bad);
  const std::int64_t mode = std::clamp(static_cast<std::int64_t>(std::floor((n + 1) * (g + 1) / (g + b + 2))), low, high);
  const double m = static_cast<double>(mode);
  const double p_mode = math::exp(log_factorial(g) - log_factorial(m) - log_factorial(g - m) + log_factorial(b) - log_factorial(n - m) -
                                  log_factorial(b - n + m) - log_factorial(g + b) + log_factorial(n) + log_factorial(g + b - n));
  return invert_from_mode(mode, low, high, p_mode, u,
      [&](std::int64_t k) { return static_cast<double>(good - k) * static_cast<double>(draws - k) / (static_cast<double>(k + 1) * static_cast<double>(bad - draws + k + 1)); },
      [&](std::int64_t k) { return static_cast<double>(k) * static_cast<double>(bad - draws + k) / (static_cast<double>(good - k + 1) * static_cast<double>(draws - k + 1)); });
}

std::int64_t target_sites(const NetworkSpec& network, const ProjectionSpec& p) {
  return sites_of(network.populations[static_cast<std::size_t>(p.target.population)], p.receptor);
}

RuleSize rule_size(const ProjectionSpec& p, const NetworkSpec& network) {
  const std::int64_t targets = p.target.size() * target_sites(network, p);
  const double S = static_cast<double>(p.source.size()), T = static_cast<double>(targets), n = static_cast<double>(p.rule.number);
  // mean + 10 standard deviations of a Poisson count + 60: passed with a probability below 1e-20 for every mean
  const auto bound = [](double mean) { return mean + 10 * std::sqrt(mean) + 60; };
  switch (p.rule.kind) {
    case Rule::Kind::one_to_one: return {T, 1};
    case Rule::Kind::all_to_all: return {S * T, S};
    case Rule::Kind::fixed_indegree: return {n * T, n};
    case Rule::Kind::fixed_outdegree: return {n * S, std::min(bound(n * S / std::max(T, 1.0)), p.rule.allow_multapses ? n * S : S)};
    case Rule::Kind::fixed_total_number: return {n, std::min(bound(n / std::max(T, 1.0)), p.rule.allow_multapses ? n : S)};
    case Rule::Kind::pairwise_bernoulli: return {p.rule.probability * S * T, std::min(bound(p.rule.probability * S), S)};
    case Rule::Kind::distance: return {distance_synapses_expected(p, network), S};
    case Rule::Kind::edges: {
      std::vector<std::uint32_t> degree(static_cast<std::size_t>(targets));
      std::uint32_t most = 0;
      for (std::int64_t t : *p.rule.edge_targets) most = std::max(most, ++degree[static_cast<std::size_t>(t)]);
      return {static_cast<double>(p.rule.edge_targets->size()), static_cast<double>(most)};
    }
  }
  return {};
}

std::unique_ptr<RuleOnShard> make_rule(const RuleContext& c) {
  switch (c.projection->rule.kind) {
    case Rule::Kind::fixed_total_number:
    case Rule::Kind::pairwise_bernoulli: return make_tiled(c);
    case Rule::Kind::fixed_outdegree: return make_by_source(c);
    case Rule::Kind::distance: return make_distance(c);
    default: return make_by_target(c);
  }
}

}  // namespace ranvier::engine
