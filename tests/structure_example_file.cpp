// SPDX-License-Identifier: Apache-2.0
/// examples/structural_growth.toml does what it says.

#include <gtest/gtest.h>

#include "io_helpers.hpp"
#include "structure_example.hpp"

namespace ranvier::test_structure {
namespace {

NetworkSpec example(const io::Overrides& overrides) { return io::read_network(std::filesystem::path(RANVIER_SOURCE_DIR) / "examples/structural_growth.toml", overrides); }

double rate_hz(const NetworkSpec& spec, const RunResult& r) {
  return static_cast<double>(r.population_spikes[0]) / static_cast<double>(spec.populations[0].size) / (1e-3 * (r.end_step - r.warmup_step) * spec.simulation.dt_ms);
}

TEST(StructureExample, a_network_that_begins_with_no_synapses_grows_to_5_spikes_a_second) {
  const NetworkSpec spec = example({});
  const RunResult r = simulate(spec, {.threads = 2});
  EXPECT_NEAR(rate_hz(spec, r), 5, 0.15) << "3 %: it still swings by as much";
  const auto& counts = r.structure.at(0).counts;
  EXPECT_EQ(counts.front().synapses, 0);
  EXPECT_NEAR(static_cast<double>(counts.back().synapses), 24000, 1500);
  EXPECT_NEAR(counts.back().activity, 0.05, 0.003);
}

TEST(StructureExample, it_begins_as_slowly_as_the_file_says_and_the_same_on_any_number_of_threads) {
  const NetworkSpec spec = example({.duration_ms = 10000.0, .warmup_ms = 0.0});
  const RunResult r = simulate(spec);
  EXPECT_EQ(r.structure.at(0).counts.back().synapses, 1061);
  EXPECT_NEAR(rate_hz(spec, r), 1.776, 0.005);
  const RunResult on_three = simulate(spec, {.threads = 3}, {12345, 55555});
  EXPECT_EQ(on_three.spike_hash, r.spike_hash);
  EXPECT_EQ(on_three.structure.at(0).counts.back().synapses, 1061);
}

}  // namespace
}  // namespace ranvier::test_structure
