// SPDX-License-Identifier: Apache-2.0
/// [downscale] against the formulas of van Albada et al. 2015, worked by hand.

#include <gtest/gtest.h>

#include <cmath>
#include <numbers>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

std::string network(const std::string& receptor, const std::string& weight) {
  return R"(format = 1
[parameters]
f = 1.0
k = 1.0
[[populations]]
name = "E"
size = 1000
membrane = "leaky"
receptors = [)" + receptor + R"(]
params = { C_m = "250 pF" }
[[projections]]
source = "E"
target = "E"
rule = { fixed_total_number = 200000 }
weight = { normal = ")" + weight + R"(", relative_std = 0.1, keep_sign = true }
delay = "1 ms"
[[inputs]]
type = "poisson"
target = "E"
rate = "8000 Hz"
weight = ")" + weight + R"("
[downscale]
neurons = "$f"
indegree = "$k"
rates = { E = "5 Hz" }
)";
}

const std::string exponential = "{ name = \"syn\", kind = \"exponential\", tau_syn = \"0.5 ms\" }";

NetworkSpec scaled(const std::string& text, const std::string& f, const std::string& k) { return read(text, {.set = {{"f", f}, {"k", k}}}); }

TEST(io_downscale, factor_one_changes_nothing) {
  auto plain = network(exponential, "100 pA");
  plain.resize(plain.find("[downscale]"));
  plain.replace(plain.find("[parameters]"), plain.find("[[populations]]") - plain.find("[parameters]"), "");
  const auto a = read(plain), b = read(network(exponential, "100 pA"));
  EXPECT_EQ(a.populations[0].size, b.populations[0].size);
  EXPECT_EQ(a.projections[0].rule.number, b.projections[0].rule.number);
  EXPECT_EQ(a.projections[0].weight.a, b.projections[0].weight.a);
  EXPECT_EQ(a.projections[0].weight.b, b.projections[0].weight.b);
  EXPECT_EQ(a.inputs.size(), b.inputs.size());
  EXPECT_EQ(a.inputs[0].rate_hz.a, b.inputs[0].rate_hz.a);
}

TEST(io_downscale, numbers_weights_and_rates_follow_the_published_rule) {
  const auto spec = scaled(network(exponential, "100 pA"), "0.5", "0.25");
  EXPECT_EQ(spec.populations[0].size, 500);
  EXPECT_EQ(spec.projections[0].rule.number, 25'000);
  EXPECT_EQ(spec.projections[0].source.last, 500);
  EXPECT_EQ(spec.projections[0].weight.a, 200);
  EXPECT_EQ(spec.projections[0].weight.b, 20);
  EXPECT_EQ(spec.inputs[0].rate_hz.a, 2000);
  EXPECT_EQ(spec.inputs[0].weight.a, 200);
  EXPECT_EQ(spec.recordings[0].neurons.last, 500);
}

TEST(io_downscale, a_current_makes_up_for_the_lost_mean_input) {
  const auto current = [](const std::string& receptor, const std::string& weight) {
    const auto spec = scaled(network(receptor, weight), "0.5", "0.25");
    EXPECT_EQ(spec.inputs.size(), 2u);
    EXPECT_EQ(spec.inputs[1].kind, InputSpec::Kind::dc);
    EXPECT_EQ(spec.inputs[1].target.size(), 500);
    return spec.inputs[1].amplitude_pA.a;
  };
  // (1 - sqrt(K)) q J (K_in nu + nu_ext) with sqrt(K) = 0.5, K_in = 200, nu = 5 Hz, nu_ext = 8000 Hz: 0.5 q J 9000 Hz
  EXPECT_DOUBLE_EQ(current(exponential, "100 pA"), 0.5 * 0.5 * 100 * 9);
  EXPECT_DOUBLE_EQ(current("{ name = \"syn\", kind = \"alpha\", tau_syn = \"0.5 ms\" }", "100 pA"), 0.5 * std::numbers::e * 0.5 * 100 * 9);
  EXPECT_DOUBLE_EQ(current("{ name = \"syn\", kind = \"delta\" }", "0.1 mV"), 0.5 * 250 * 0.1 * 9);
}

TEST(io_downscale, mean_input_stays_and_its_variance_too) {
  const auto text = network(exponential, "100 pA");
  const auto full = scaled(text, "1", "1"), small = scaled(text, "0.1", "0.3");
  const auto moments = [](const NetworkSpec& s) {
    const double per_neuron = static_cast<double>(s.projections[0].rule.number) / static_cast<double>(s.populations[0].size);
    const double J = s.projections[0].weight.a, rate = per_neuron * 5 + s.inputs[0].rate_hz.a;
    const double dc = s.inputs.size() > 1 ? s.inputs[1].amplitude_pA.a : 0;
    return std::pair(0.5 * J * rate * 1e-3 + dc, J * J * rate);
  };
  EXPECT_NEAR(moments(small).first, moments(full).first, 1e-9 * moments(full).first);
  EXPECT_NEAR(moments(small).second, moments(full).second, 1e-9 * moments(full).second);
}

TEST(io_downscale, microcircuit_agrees_with_the_reference_implementation) {
  // Full-scale in-degrees K of L23E [source], weights, rates: (1 - sqrt(0.1)) tau_syn (sum J K nu + J 1600 8 Hz), by hand from
  // the published tables.
  const double J = 87.80849352920846, tau = 0.5;
  const double N[] = {45499805, 22323577, 20253647, 9670918, 3293578, 0, 2271404, 0};
  const double w[] = {1, -4, 2, -4, 1, -4, 1, -4};
  const double rate[] = {0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829};
  double sum = 1600 * 8.0;
  for (int i = 0; i < 8; ++i) sum += w[i] * N[i] / 20683 * rate[i];
  const auto spec = io::read_network(std::filesystem::path(RANVIER_SOURCE_DIR) / "examples/microcircuit.toml", {.set = {{"scale", "0.1"}}});
  int found = 0;
  for (const auto& input : spec.inputs) {
    if (input.kind != InputSpec::Kind::dc || input.target.population != 0) continue;
    ++found;
    EXPECT_NEAR(input.amplitude_pA.a, (1 - std::sqrt(0.1)) * tau * J * sum * 1e-3, 1e-9);
  }
  EXPECT_EQ(found, 1);
}

}  // namespace
}  // namespace ranvier::test
