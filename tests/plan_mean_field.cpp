// SPDX-License-Identifier: Apache-2.0
/// Rates from theory: Siegert's formula against long-number quadrature, self-consistent networks against hand sums, published
/// regimes and simulated rates.
#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "cli_example.hpp"
#include "plan/mean_field.hpp"

namespace ranvier {
namespace {

using namespace plan;

TEST(Siegert, erfcx_agrees_with_long_numbers_and_does_not_overflow) {
  // mpmath, 30 digits: exp(x^2) erfc(x)
  const std::pair<double, double> known[] = {{-5, 144009798674.66104}, {-1, 5.00898008076228347}, {0, 1}, {0.5, 0.615690344192925875}, {4.9, 0.112879090559758755}, {5, 0.110704637733068626},
                                             {5.1, 0.108611026313932794}, {10, 0.0561409927438225859}, {30, 0.0187958888614167515}, {1e6, 5.64189583547474192e-7}};
  for (const auto& [x, y] : known) EXPECT_NEAR(erfcx(x) / y, 1, 2e-14) << x;
  EXPECT_NEAR(erfcx(1e300) * 1e300, 1 / std::sqrt(std::acos(-1)), 1e-12);
}

TEST(Siegert, rates_agree_with_quadrature_in_long_numbers) {
  std::ifstream table(RANVIER_SOURCE_DIR "/tests/parity/data/siegert.csv");  // made by make_siegert.py beside it
  std::string line;
  std::getline(table, line);
  int rows = 0;
  while (std::getline(table, line)) {
    std::istringstream text(line);
    double v[8];
    for (double& x : v) {
      text >> x;
      text.ignore();
    }
    const NoiseDrivenCell cell{.tau_m_ms = v[0], .t_ref_ms = v[1], .V_th_mV = v[2], .V_reset_mV = v[3], .tau_syn_ms = v[4]};
    EXPECT_NEAR(siegert_rate_hz(cell, v[5], v[6]) / v[7], 1, 1e-9) << line;
    ++rows;
  }
  EXPECT_EQ(rows, 81);
}

TEST(Siegert, little_noise_gives_the_rate_of_a_constant_current) {
  const NoiseDrivenCell cell{.tau_m_ms = 10, .t_ref_ms = 2, .V_th_mV = 15, .V_reset_mV = 0};
  const double constant = 1e3 / (2 + 10 * std::log(20.0 / 5));
  EXPECT_NEAR(siegert_rate_hz(cell, 20, 0), constant, 1e-9);
  for (const double std : {1e-2, 1e-4, 1e-6, 1e-9}) EXPECT_NEAR(siegert_rate_hz(cell, 20, std), constant, 2 * std * constant) << std;
  EXPECT_EQ(siegert_rate_hz(cell, 14, 0), 0);
  EXPECT_EQ(siegert_rate_hz(cell, 10, 1e-3), 0);
  EXPECT_TRUE(std::isfinite(siegert_rate_hz(cell, -1e5, 1e-3)));
}

TEST(Siegert, more_drive_never_lowers_the_rate) {
  const NoiseDrivenCell cell{.tau_m_ms = 20, .t_ref_ms = 2, .V_th_mV = 20, .V_reset_mV = 10, .tau_syn_ms = 0.5};
  double before = 0;
  for (double mean = -100; mean < 300; mean += 0.37) {
    const double rate = siegert_rate_hz(cell, mean, 3);
    EXPECT_GE(rate, before) << mean;
    EXPECT_LE(rate, 500) << mean;
    before = rate;
  }
}

struct Brunel {
  double g, eta, inputs = 1000, J = 0.1, tau_syn = 0, V_reset = 0;
};

/// Brunel's network in theory: `inputs` excitatory inputs of J, a quarter as many inhibitory ones of -g J, and the external drive.
MeanFieldNetwork network_of(const Brunel& b) {
  const NoiseDrivenCell cell{.tau_m_ms = 20, .t_ref_ms = 2, .V_th_mV = 20, .V_reset_mV = b.V_reset};
  MeanFieldNetwork n;
  n.populations = {{.name = "E", .cell = cell}, {.name = "I", .cell = cell}, {.name = "outside", .is_source = true, .rate_hz = b.eta * 20 / (b.J * 0.02)}};
  const auto link = [&](int source, double indegree, double J) {
    for (const int target : {0, 1}) n.links.push_back({.source = source, .target = target, .indegree = indegree, .jump_mV = J, .jump_square_mV2 = J * J, .tau_syn_ms = b.tau_syn});
  };
  link(0, b.inputs, b.J);
  link(1, b.inputs / 4, -b.g * b.J);
  link(2, 1, b.J);
  return n;
}

double rate_of(const Brunel& b) {
  const MeanFieldRates r = solve_mean_field(network_of(b));
  EXPECT_TRUE(r.settled);
  EXPECT_DOUBLE_EQ(r.rate_hz[0], r.rate_hz[1]);
  return r.rate_hz[0];
}

TEST(MeanField, strong_inhibition_gives_brunels_rate_of_balance) {
  // Where inhibition dominates the rates keep the mean potential near threshold: nu = (eta - 1) theta / (tau J C_E (g / 4 - 1)) (Brunel 2000, section 4).
  for (const Brunel& b : {Brunel{.g = 5, .eta = 2, .V_reset = 10}, Brunel{.g = 6, .eta = 2, .inputs = 4000, .J = 0.02, .V_reset = 10}, Brunel{.g = 8, .eta = 2, .inputs = 4000, .J = 0.02, .V_reset = 10}}) {
    const double balance = (b.eta - 1) * 20 / (0.02 * b.J * b.inputs * (b.g / 4 - 1));
    EXPECT_NEAR(rate_of(b) / balance, 1, 0.1) << b.g;
  }
}

TEST(MeanField, the_regimes_of_brunels_network_fire_as_nest_says) {
  // NEST 3.10, one run of 0.5 s each (examples/brunel.toml). The theory knows no rhythm, yet the rates are right in all regimes.
  EXPECT_NEAR(rate_of({.g = 5, .eta = 2}) / 32.3, 1, 0.03);
  EXPECT_NEAR(rate_of({.g = 3, .eta = 2}) / 192, 1, 0.03);
  EXPECT_NEAR(rate_of({.g = 6, .eta = 4}) / 50, 1, 0.05);
  EXPECT_NEAR(rate_of({.g = 4.5, .eta = 0.9}), 5.5, 0.5);
  // Alpha currents of 0.5 ms: a spike moves the potential by e tau_syn 20.68 pA / 250 pF in all.
  EXPECT_NEAR(rate_of({.g = 5, .eta = 2, .J = std::exp(1.0) * 0.5 * 20.680155243678455 / 250, .tau_syn = 1}) / 28.9, 1, 0.03);
}

TEST(MeanField, a_population_without_links_has_siegerts_rate) {
  MeanFieldNetwork n;
  n.populations = {{.name = "alone", .cell = {.tau_m_ms = 10, .V_th_mV = 15}, .drive_mV = 12, .white_variance_mV2 = 16}};
  const MeanFieldRates r = solve_mean_field(n);
  ASSERT_TRUE(r.settled);
  EXPECT_NEAR(r.rate_hz[0] / siegert_rate_hz({.tau_m_ms = 10, .V_th_mV = 15}, 12, 4), 1, 1e-6);
}

TEST(MeanField, cells_that_differ_fire_more_where_the_mean_cell_is_below_threshold) {
  MeanFieldNetwork n = network_of({.g = 5, .eta = 0.9});
  const double alike = solve_mean_field(n).rate_hz[0];
  for (MeanFieldLink& l : n.links) l.indegree_variance = l.source < 2 ? l.indegree : 0;
  const MeanFieldRates r = solve_mean_field(n);
  ASSERT_TRUE(r.settled);
  EXPECT_GT(r.spread_mV[0], 0);
  EXPECT_GT(r.rate_hz[0], alike);
}

test_cli::Ran call(const std::string& arguments) { return test_cli::Folder().ranvier(arguments); }
const std::string examples = std::string(RANVIER_SOURCE_DIR) + "/examples/";

TEST(MeanField, the_microcircuit_fires_nearly_as_it_does_when_simulated) {
  // examples/microcircuit.toml: rates of the maintained reference implementation, one run. The two populations that fire rarely, from
  // fluctuations alone, are 15 % off, the others at most 5 %.
  const std::pair<const char*, double> simulated[] = {{"L23E", 0.903}, {"L23I", 2.965}, {"L4E", 4.414}, {"L4I", 5.876}, {"L5E", 7.569}, {"L5I", 8.633}, {"L6E", 1.105}, {"L6I", 7.829}};
  const auto run = call("plan network " + examples + "microcircuit.toml --rate mean-field --json --threads 1");
  ASSERT_EQ(run.code, 0) << run.err;
  const auto rates = nlohmann::json::parse(run.out)["rates"];
  EXPECT_EQ(rates["from"], "mean-field");
  for (const auto& [name, hz] : simulated) EXPECT_NEAR(rates["population_hz"][name].get<double>() / hz, 1, hz < 2 ? 0.2 : 0.07) << name;
}

TEST(MeanField, what_the_theory_does_not_cover_is_named) {
  const auto adex = call("plan network " + std::string(RANVIER_SOURCE_DIR) + "/bench/networks/plan/adaptive.toml --rate mean-field");
  EXPECT_EQ(adex.code, 2);
  EXPECT_NE(adex.err.find("population \"E\": membrane \"adex\""), std::string::npos) << adex.err;
  EXPECT_NE(adex.err.find("use instead: a probe"), std::string::npos);
  const auto coba = call("plan network " + examples + "coba.toml --rate mean-field");
  EXPECT_EQ(coba.code, 2);
  EXPECT_NE(coba.err.find("receptor \"ex\": a conductance"), std::string::npos) << coba.err;
}

}  // namespace
}  // namespace ranvier
