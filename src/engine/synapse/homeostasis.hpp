// SPDX-License-Identifier: Apache-2.0
/// Homeostatic scaling: a cell that fires more than it should weakens all its synapses alike, and one that fires less strengthens them.
///
///   every interval:  S *= 1 + eta (rate - r)          a spike passes on S w
///   dr/dt = -r/tau, r += 1/tau at each spike of the cell
///
/// S belongs to the target and multiplies what the weight is by any other rule; the bounds of such a rule hold for w, those of S are
/// S_min and S_max. Scaling so keeps the ratios of a cell's weights.
///
/// State    r and S of each target: none of a synapse
/// Numerics r is exact; one product per cell and interval. S changes by a tenth at most in an interval.
/// Work     1 FLOP an event; 8 bytes read
/// Source   Turrigiano 2008, doi:10.1016/j.cell.2008.10.008; van Rossum, Bi & Turrigiano 2000, doi:10.1523/JNEUROSCI.20-23-08812.2000
/// Tested   tests/plastic_homeostasis.cpp
#ifndef RANVIER_SYNAPSE_HOMEOSTASIS
#define RANVIER_SYNAPSE_HOMEOSTASIS
#include "engine/plastic_of.hpp"
#include "engine/scaling.hpp"

namespace ranvier::engine::homeostasis {
enum : int { rate, eta, tau, interval, S_min, S_max };
inline constexpr Parameter parameters[] = {
    {"rate", 5.0, "Hz", not_negative, "rate that the targets are driven to; where they are measured to begin with"},
    {"eta", 1e-5, "1", not_negative, "change of S per Hz and interval; with rate below 0.1"},
    {"tau", 10000.0, "ms", positive, "time over which a cell's rate is measured"},
    {"interval", 1.0, "ms", positive, "time between changes"},
    {"S_min", 0.1, "1", positive, "smallest factor"},
    {"S_max", 10.0, "1", positive, "largest factor"},
};
inline constexpr StateVariable state[] = {{"r", "Hz", "rate", "rate of each target"}, {"S", "1", "1", "factor of each target"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "homeostasis", .title = "scaling of all synapses of a cell towards a rate",
    .equations = "every interval: S *= 1 + eta (rate - r) ;  passed on: S times the weight\ndr/dt = -r / tau ;  r += 1 / tau at each spike of the target", .parameters = parameters, .state = state,
    .numerics = "the rate exact; S at the end of each interval, once per target", .source = "Turrigiano 2008, doi:10.1016/j.cell.2008.10.008", .flop = 1, .byte_read = 8};

inline const char* validate(const SynapseParameters& p) {
  if (p[eta] * p[rate] >= 0.1) return "eta times rate must be below 0.1: a silent cell's weights would grow by more than a tenth in an interval";
  if (p[S_min] > 1 || p[S_max] < 1) return "S starts at 1, so S_min must not be above it nor S_max below";
  if (p[interval] < 0.999999 * p.dt_ms) return "interval must not be below dt";
  return nullptr;
}
inline ScalingRule rule_of(const SynapseParameters& p) {
  return {.per_hz = p[eta], .rate_hz = p[rate], .tau_ms = p[tau], .interval = static_cast<std::uint32_t>(std::lround(p[interval] / p.dt_ms)), .dt_ms = p.dt_ms,
          .smallest = p[S_min], .largest = p[S_max]};
}
inline constexpr SynapseModel model{.info = &info, .validate = validate, .make_release = nullptr, .make_weights = nullptr, .largest = nullptr, .scaling = rule_of};
}  // namespace ranvier::engine::homeostasis
#endif
