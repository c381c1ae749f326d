// SPDX-License-Identifier: Apache-2.0
/// The files in examples/ say what their papers say.

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

NetworkSpec example(const std::string& name, const io::Overrides& overrides = {}) {
  return io::read_network(std::filesystem::path(RANVIER_SOURCE_DIR) / "examples" / (name + ".toml"), overrides);
}

TEST(io_examples, every_example_is_read_without_a_complaint) {
  int count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(std::filesystem::path(RANVIER_SOURCE_DIR) / "examples")) {
    if (entry.path().extension() != ".toml") continue;
    ++count;
    try {
      EXPECT_GT(io::read_network(entry.path()).neuron_count(), 0) << entry.path();
    } catch (const InputError& e) {
      ADD_FAILURE() << e.what();
    }
  }
  EXPECT_GE(count, 6);
}

TEST(io_examples, microcircuit_has_its_published_numbers) {
  const auto spec = example("microcircuit");
  EXPECT_EQ(spec.neuron_count(), 77'169);
  std::int64_t synapses = 0;
  for (const auto& p : spec.projections) synapses += p.rule.number;
  EXPECT_EQ(synapses, 298'880'968);
  EXPECT_EQ(spec.projections.size(), 55u);
  for (const auto& p : spec.projections) {
    const bool inhibitory = p.source.population % 2 == 1;
    const bool twice = p.source.population == 2 && p.target.population == 0;
    EXPECT_NEAR(p.weight.a, 87.80849352920846 * (inhibitory ? -4 : twice ? 2 : 1), 1e-11);
    EXPECT_NEAR(p.weight.b, 0.1 * std::abs(p.weight.a), 1e-12);
    EXPECT_EQ(inhibitory ? p.weight.max : p.weight.min, 0);
    EXPECT_EQ(p.delay_ms.a, inhibitory ? 0.75 : 1.5);
    EXPECT_EQ(p.delay_ms.b, 0.5 * p.delay_ms.a);
    EXPECT_EQ(p.delay_ms.min, 0.05);
  }
  ASSERT_EQ(spec.inputs.size(), 8u);
  EXPECT_EQ(spec.inputs[6].rate_hz.a, 2900 * 8);
  EXPECT_EQ(spec.populations[6].initial.at("V_m").a, -66.72);
  EXPECT_EQ(spec.populations[6].initial.at("V_m").b, 5.46);
  EXPECT_EQ(spec.populations[0].params.at("V_th").a, -50);
}

TEST(io_examples, microcircuit_dc_drive_is_the_mean_of_the_poisson_drive) {
  const auto spec = example("microcircuit", {.set = {{"drive", "dc"}}});
  const double published[] = {561.9743585869342, 526.8509611752509, 737.5913456453511, 667.3445508219843,
                              702.4679482336677, 667.3445508219843, 1018.5785249388182, 737.5913456453511};
  ASSERT_EQ(spec.inputs.size(), 8u);
  for (std::size_t i = 0; i < 8; ++i) EXPECT_NEAR(spec.inputs[i].amplitude_pA.a, published[i], 1e-9);
}

TEST(io_examples, brunel_regimes_and_synapses_give_the_published_drive) {
  // 0.1 mV a spike and 20 ms: threshold is reached on average at 20 mV / (0.1 mV x 20 ms) = 10 spikes/ms
  EXPECT_DOUBLE_EQ(example("brunel").inputs[0].rate_hz.a, 20'000);
  EXPECT_DOUBLE_EQ(example("brunel", {.set = {{"regime", "SI"}}}).inputs[0].rate_hz.a, 40'000);
  EXPECT_DOUBLE_EQ(example("brunel", {.set = {{"regime", "SI_slow"}}}).inputs[0].rate_hz.a, 9'000);
  EXPECT_DOUBLE_EQ(example("brunel", {.set = {{"regime", "SR"}}}).projections[1].weight.a, -0.3);
  const auto alpha = example("brunel", {.set = {{"synapse", "alpha"}}});
  EXPECT_EQ(alpha.populations[0].receptors[0].kind, "alpha");
  EXPECT_NEAR(alpha.inputs[0].rate_hz.a, 17'789.007714721884, 1e-6) << "the rate of NEST's brunel_alpha_nest.py";
  EXPECT_EQ(alpha.projections[0].rule.number, 1000);
  EXPECT_EQ(alpha.projections[1].rule.number, 250);
}

TEST(io_examples, cuba_coba_and_cobahh_have_eighty_inputs_at_every_size) {
  for (const auto name : {"cuba", "coba", "cobahh"})
    for (const auto n : {"4000", "40000"}) {
      const auto spec = example(name, {.set = {{"n", n}}});
      EXPECT_EQ(spec.neuron_count(), std::stoll(n));
      const double inputs = spec.projections[0].rule.probability * 0.8 * std::stod(n) + spec.projections[1].rule.probability * 0.2 * std::stod(n);
      EXPECT_NEAR(inputs, 80, 1e-9) << name;
    }
  EXPECT_NEAR(example("cuba").projections[0].weight.a, 16.2, 1e-12);
  EXPECT_NEAR(example("cuba").projections[1].weight.a, -90, 1e-12);
}

TEST(io_examples, izhikevich_cells_lie_between_the_published_types) {
  const auto spec = example("izhikevich_1000");
  const auto& c = *spec.populations[0].params.at("c").column;
  const auto& d = *spec.populations[0].params.at("d").column;
  EXPECT_NEAR(c.front(), -65, 1e-4);
  EXPECT_NEAR(c.back(), -50, 0.05);
  EXPECT_NEAR(d.back(), 2, 0.02);
  // the mean of r^2 over [0, 1] is 1/3
  EXPECT_NEAR(std::accumulate(c.begin(), c.end(), 0.0) / 800, -60, 1e-4);
}

TEST(io_examples, the_first_network_has_fifteen_lines) {
  std::ifstream in(std::filesystem::path(RANVIER_SOURCE_DIR) / "examples/first.toml");
  int lines = 0;
  for (std::string line; std::getline(in, line);) lines += !line.empty() && line[0] != '#';
  EXPECT_LE(lines, 15);
}

}  // namespace
}  // namespace ranvier::test
