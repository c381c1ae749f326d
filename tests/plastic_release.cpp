// SPDX-License-Identifier: Apache-2.0
/// Short-term plasticity: what arrives at the target, spike by spike, against closed forms.

#include <gtest/gtest.h>

#include "plastic_example.hpp"

namespace ranvier::test_plastic {
namespace {

/// Jumps of the target's potential at the spikes of a source that fires every `interval_ms`; weight 1 mV.
std::vector<double> jumps(const std::vector<SynapseSpec>& synapse, int n, double interval_ms) {
  Pair pair{.synapse = {}, .delay_ms = 2};
  for (int k = 0; k < n; ++k) pair.source.push_back(10 + interval_ms * k);
  NetworkSpec spec = pair.network();
  spec.simulation.duration_ms = 10 + interval_ms * n;
  spec.projections[0].synapse = synapse;
  spec.populations[2].params["tau_m"] = Values::constant(0.5);  // nothing is left when the next one arrives
  spec.recordings = {record_state(spec, 2, {"V_m"}, 0.1)};
  const RunResult result = simulate(spec);
  const auto V = values_of(result.traces[0]);
  std::vector<double> out;
  for (double t : pair.source) {
    const auto at = static_cast<std::size_t>(std::llround((t + 2) / 0.1)) - 1;  // the first sample is that of step 1
    out.push_back(V[at] - V[0]);
  }
  return out;
}

void expect(const std::vector<double>& got, const std::vector<double>& wanted) {
  for (std::size_t k = 0; k < wanted.size(); ++k) EXPECT_NEAR(got.at(k), wanted[k], 1e-9) << "spike " << k;
}

TEST(ShortTermPlasticity, DepressionAtTwentyHertzFollowsTheClosedForm) {
  const auto got = jumps({{.rule = "tsodyks_markram", .params = {}, .choices = {}}}, 200, 50);
  expect(got, {.5, .2651467343, .1548346215, .1030203016, .0786827771, .0672512829});
  const double e = std::exp(-50.0 / 800);
  EXPECT_NEAR(got.back(), 0.5 * (1 - e) / (1 - 0.5 * e), 1e-9);
}

TEST(ShortTermPlasticity, FacilitationAtTwentyHertzFollowsTheClosedForm) {
  const auto got = jumps({{.rule = "tsodyks_markram", .params = {{"U", 0.05}, {"tau_rec", 130}, {"tau_fac", 1000}}, .choices = {}}}, 5, 50);
  expect(got, {.05, .0919437717, .1243501898, .1481815402, .1653697474});
}

TEST(ShortTermPlasticity, FacilitationTimesDepressionAtTwentyHertzFollowsTheClosedForm) {
  expect(jumps({{.rule = "varela", .params = {{"f", 0.5}, {"d", 0.4}}, .choices = {}}}, 6, 50), {1, .8400457049, .6816076535, .5766123318, .5154588155, .4819112601});
}

}  // namespace
}  // namespace ranvier::test_plastic
