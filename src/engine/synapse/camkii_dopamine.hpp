// SPDX-License-Identifier: Apache-2.0
/// As camkii, with a volume that decides how fast weights are learnt.
///
///   dw/dt = (base + k d(t)) times what camkii says
///
/// d is the concentration in the volume (dopamine). Visited synapses take its mean over each panel, and over 50 ms at a time where only
/// CaMKII is still there; all of them are brought up to date every 10 s of biology, so that the volume may forget.
///
/// State    as camkii
/// Numerics as camkii; the mean of d is exact
/// Source   Frey & Morris 1998, doi:10.1016/S0166-2236(97)01172-2 (dopamine gates lasting changes); camkii's
/// Tested   tests/plastic_calcium.cpp
#ifndef RANVIER_SYNAPSE_CAMKII_DOPAMINE
#define RANVIER_SYNAPSE_CAMKII_DOPAMINE
#include <algorithm>
#include <limits>

#include "engine/synapse/camkii.hpp"

namespace ranvier::engine::camkii_dopamine {
enum : int { base = camkii::parameter_count, k, parameter_count };
inline constexpr auto parameters = [] {
  std::array<Parameter, parameter_count> all{};
  std::copy(camkii::parameters.begin(), camkii::parameters.end(), all.begin());
  all[base] = {"base", 1.0, "1", not_negative, "factor without the substance"};
  all[k] = {"k", 1.0, "1", any, "what a unit of concentration adds to it"};
  return all;
}();
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "camkii_dopamine", .title = "camkii, learnt as fast as a volume says",
    .equations = "as camkii, dw/dt times (base + k d), d: concentration in the volume", .parameters = parameters, .state = camkii::state,
    .numerics = "as camkii; the mean concentration of each panel is exact", .source = "Shouval, Bear & Cooper 2002, doi:10.1073/pnas.152343099; Frey & Morris 1998, doi:10.1016/S0166-2236(97)01172-2",
    .flop = camkii::info.flop, .byte_read = 20, .byte_written = 16, .choices = camkii::choices, .follows_volume = true};

inline std::unique_ptr<PlasticSynapses> make(const Network& network, const PlasticTable& table, const SynapseParameters& p, std::unique_ptr<Release> release) {
  calcium::Rule rule = camkii::rule_of(p);
  rule.volume = p.volume;
  rule.volume_base = p[base];
  rule.volume_gain = p[k];
  return p.choice[1] == 0 ? calcium::make_lazy(network, table, rule, std::move(release)) : calcium::make_clocked(network, table, rule);
}

inline constexpr SynapseModel model = [] {
  SynapseModel m = camkii::model;
  m.info = &info;
  m.make_weights = &make;
  m.looks_back_ms = [](const SynapseParameters&) { return std::numeric_limits<double>::infinity(); };
  return m;
}();
}  // namespace ranvier::engine::camkii_dopamine
#endif
