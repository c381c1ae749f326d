// SPDX-License-Identifier: Apache-2.0
#include "plan/mean_field.hpp"

#include <algorithm>
#include <cmath>

namespace ranvier::plan {
namespace {

constexpr int iterations_most = 4000;
constexpr double settled_below = 1e-7;      // relative change of a rate
constexpr double rate_floor_hz = 1e-3;      // rates below count as this when changes are compared
constexpr double step_most = 0.7, step_least = 1e-3;

/// What a population fires: mean over its cells, and mean square.
struct Rate {
  double mean = 0, square = 0;
};

/// What a population receives.
struct Drive {
  double mean = 0, variance = 0, spread = 0, tau_syn = 0;
};

std::vector<Drive> drives(const MeanFieldNetwork& n, const std::vector<Rate>& rates) {
  std::vector<Drive> out(n.populations.size());
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].mean = n.populations[i].drive_mV;
    out[i].variance = n.populations[i].white_variance_mV2;
  }
  for (const MeanFieldLink& l : n.links) {
    const double tau_s = n.populations[static_cast<std::size_t>(l.target)].cell.tau_m_ms * 1e-3;
    const Rate& nu = rates[static_cast<std::size_t>(l.source)];
    Drive& d = out[static_cast<std::size_t>(l.target)];
    const double variance = tau_s * l.indegree * nu.mean * l.jump_square_mV2;
    d.mean += tau_s * l.indegree * nu.mean * l.jump_mV;
    d.variance += variance;
    d.tau_syn += variance * l.tau_syn_ms;
    const double one = l.jump_mV * l.jump_mV * nu.mean * nu.mean;
    d.spread += tau_s * tau_s * (l.indegree * (l.jump_square_mV2 * nu.square - one) + l.indegree_variance * one);
  }
  for (Drive& d : out) {
    d.tau_syn = d.variance > 0 ? d.tau_syn / d.variance : 0;  // filters of several lengths count by their share of the noise
    d.spread = std::sqrt(std::max(0.0, d.spread));
  }
  return out;
}

/// Mean rate, and mean square, of cells whose mean potentials are spread as a Gaussian. The trapezoidal rule converges as fast as
/// any for an integrand that vanishes with all its derivatives at both ends.
Rate response(const MeanFieldPopulation& p, const Drive& d) {
  NoiseDrivenCell cell = p.cell;
  cell.tau_syn_ms = d.tau_syn;
  const double std = std::sqrt(d.variance);
  const auto at = [&](double mean) { return siegert_rate_hz(cell, mean, std); };
  if (d.spread < 1e-9 * (1 + std)) {
    const double rate = at(d.mean);
    return {rate, rate * rate};
  }
  Rate sum;
  double weights = 0;
  for (int k = -20; k <= 20; ++k) {
    const double z = 0.3 * k, weight = std::exp(-z * z / 2), rate = at(d.mean + z * d.spread);
    weights += weight;
    sum.mean += weight * rate;
    sum.square += weight * rate * rate;
  }
  return {sum.mean / weights, sum.square / weights};
}

double change(const Rate& from, const Rate& to) { return std::fabs(to.mean - from.mean) / (from.mean + rate_floor_hz); }

}  // namespace

MeanFieldRates solve_mean_field(const MeanFieldNetwork& n, double start_hz) {
  std::vector<Rate> rates;
  for (const MeanFieldPopulation& p : n.populations) {
    const double rate = p.is_source ? p.rate_hz : start_hz;
    rates.push_back({rate, rate * rate});
  }
  MeanFieldRates out;
  double step = 0.1, before = 1e300;
  for (; out.iterations < iterations_most && !out.settled; ++out.iterations) {
    const std::vector<Drive> received = drives(n, rates);
    std::vector<Rate> next = rates;
    double largest = 0;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      if (n.populations[i].is_source) continue;
      next[i] = response(n.populations[i], received[i]);
      largest = std::max(largest, change(rates[i], next[i]));
    }
    step = largest > before ? std::max(step_least, 0.5 * step) : std::min(step_most, 1.1 * step);
    before = largest;
    out.settled = largest < settled_below;
    for (std::size_t i = 0; i < rates.size(); ++i) {
      rates[i].mean += step * (next[i].mean - rates[i].mean);
      rates[i].square += step * (next[i].square - rates[i].square);
    }
  }
  const std::vector<Drive> received = drives(n, rates);
  for (std::size_t i = 0; i < rates.size(); ++i) {
    out.rate_hz.push_back(rates[i].mean);
    out.mean_mV.push_back(received[i].mean);
    out.std_mV.push_back(std::sqrt(received[i].variance));
    out.spread_mV.push_back(received[i].spread);
    if (!n.populations[i].is_source) out.filter_ratio = std::max(out.filter_ratio, std::sqrt(received[i].tau_syn / n.populations[i].cell.tau_m_ms));
  }
  return out;
}

}  // namespace ranvier::plan
