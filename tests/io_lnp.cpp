// SPDX-License-Identifier: Apache-2.0
/// Kernels in the network file: lags, convolutions, the sites of dendrites, and words for numbers.

#include <gtest/gtest.h>

#include "engine/network.hpp"
#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

std::string with(std::string_view projection, std::string_view receptor = "kind = \"dendrite\", dendrites = 2, branches = 3", int cells = 6) {
  return "format = 1\n[simulation]\ndt = \"10 ms\"\n[[populations]]\nname = \"map\"\nsize = 20\nmodel = \"poisson_source\"\n"
         "[[populations]]\nname = \"cells\"\nsize = " + std::to_string(cells) + "\nmembrane = \"lnp\"\nreceptors = [{ name = \"d\", " + std::string(receptor) + " }]\n"
         "[[projections]]\nsource = \"map\"\ntarget = \"cells\"\ndelay = \"10 ms\"\n" + std::string(projection);
}

TEST(io_lnp, a_convolution_lists_the_entries_of_every_place_and_shares_the_kernel) {
  const NetworkSpec spec = read(with("rule = { convolution = [3, 2], map = [5, 4], stride = [2, 1] }\nweight = { formula = \"$i\" }\n"));
  ASSERT_EQ(spec.projections.size(), 1u);
  const Rule& rule = spec.projections[0].rule;
  ASSERT_EQ(rule.edge_sources->size(), 36u);  // 6 places of 6 entries
  for (std::int64_t cell = 0; cell < 6; ++cell)
    for (std::int64_t y = 0; y < 2; ++y)
      for (std::int64_t x = 0; x < 3; ++x) {
        const auto e = static_cast<std::size_t>(6 * cell + 3 * y + x);
        EXPECT_EQ(rule.edge_sources->at(e), (cell / 2 + y) * 5 + cell % 2 * 2 + x);
        EXPECT_EQ(rule.edge_targets->at(e), 6 * cell + 3 * y + x);
        EXPECT_EQ(spec.projections[0].weight.column->at(e), static_cast<double>(3 * y + x));
      }
  engine::check(spec);
}

TEST(io_lnp, a_convolution_onto_a_receptor_without_sites_goes_to_the_cells) {
  const NetworkSpec spec = read(with("rule = { convolution = [3, 2], map = [5, 4], stride = [2, 1] }\nweight = \"2 mV\"\n", "kind = \"delta\""));
  EXPECT_EQ(spec.projections[0].rule.edge_targets->at(17), 2);
  EXPECT_EQ(spec.projections[0].weight.a, 2);
}

TEST(io_lnp, lags_are_projections_of_the_same_pairs_later_and_weaker) {
  const NetworkSpec spec = read(with("rule = { fixed_indegree = 2 }\nweight = { uniform = [1, 3] }\nlags = [1, 0, -0.5]\n"));
  ASSERT_EQ(spec.projections.size(), 2u);
  EXPECT_EQ(spec.projections[0].words_of, -1);
  EXPECT_EQ(spec.projections[1].words_of, 0);
  EXPECT_EQ(spec.projections[1].weight.a, -1.5);
  EXPECT_EQ(spec.projections[1].weight.b, -0.5);
  EXPECT_EQ(spec.projections[1].delay_ms.a, 30);
  const auto network = engine::build(spec, {});
  std::map<std::pair<std::int64_t, std::int64_t>, int> count;
  std::int64_t synapses = 0;
  for (std::int64_t s = 0; s < 20; ++s)
    engine::for_each_synapse(*network, s, [&](const engine::SynapseRecord& r) {
      count[{r.source, r.target}] += r.delay == 1 ? 1 : -1;
      ++synapses;
    });
  EXPECT_EQ(synapses, 6 * 6 * 2 * 2);
  for (const auto& [pair, n] : count) EXPECT_EQ(n, 0) << pair.first << " -> " << pair.second;
}

TEST(io_lnp, rules_count_sites_as_targets) {
  EXPECT_EQ(problems(with("rule = \"one_to_one\"\nweight = 1\n")),
            "network.toml:17: projections[0].rule = \"one_to_one\": needs as many sources as targets, but map has 20 neurons and cells has 36 sites");
  EXPECT_EQ(problems(with("rule = \"one_to_one\"\nweight = 1\n", "kind = \"dendrite\", dendrites = 5, branches = 2", 2)), "");
}

TEST(io_lnp, words_stand_for_numbers_and_wrong_ones_are_told) {
  const NetworkSpec spec = read(with("rule = \"all_to_all\"\nweight = 1\n", "kind = \"dendrite\", nonlinearity = \"maxpool\""));
  EXPECT_EQ(spec.populations[1].receptors[0].params.at("nonlinearity").a, 4);
  EXPECT_EQ(problems(with("rule = \"all_to_all\"\nweight = 1\n", "kind = \"dendrite\", nonlinearity = \"maxpol\"")),
            "network.toml:12: populations[1].receptors[0].nonlinearity = \"maxpol\": must be one of relu, supra, sub, bistable, maxpool. Did you mean \"maxpool\"?");
}

TEST(io_lnp, what_a_convolution_or_a_list_of_lags_cannot_be_is_told) {
  EXPECT_EQ(problems(with("rule = { convolution = [3, 2], map = [5, 5] }\nweight = 1\n")), "network.toml:17: projections[0].rule.map = [5, 5]: has 25 places, but there are 20 sources");
  EXPECT_EQ(problems(with("rule = { convolution = [3, 2], map = [5, 4] }\nweight = 1\n")),
            "network.toml:17: projections[0].rule: the kernel has 3 x 3 places on the map, but there are 6 targets; give as many targets, or another stride");
  EXPECT_EQ(problems(with("rule = { convolution = [3, 3], map = [5, 4] }\nweight = 1\n")),
            "network.toml:17: projections[0].rule.convolution = [3, 3]: has 9 entries, but the receptor has 6 sites: branches = 3 and dendrites = 3 are needed");
  EXPECT_EQ(problems(with("rule = { convolution = [3, 2], map = [5, 4], stride = [2, 1] }\nweight = { uniform = [0, 1] }\n")),
            "network.toml:18: projections[0].weight: a kernel is the same for all cells, so it cannot be drawn: give one value, a column or a formula for its entries");
  EXPECT_EQ(problems(with("rule = \"all_to_all\"\nweight = 1\nlags = 3\n")),
            "network.toml:19: projections[0].lags = 3: must be a list of 1 to 256 numbers, for example lags = [0.5, 1, 0.5]: the weights of 0, 1 and 2 steps later");
}

}  // namespace
}  // namespace ranvier::test
