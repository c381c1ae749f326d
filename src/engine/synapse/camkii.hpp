// SPDX-License-Identifier: Apache-2.0
/// Calcium through NMDA receptors drives CaMKII, and CaMKII the weight.
///
///   s     jumps by kinetic transmission when a spike arrives (engine/kinetic.hpp); ds/dt = -beta s
///   dCa/dt = -(Ca - Ca_rest)/tau_Ca + gamma s B(V) (E_Ca - V)        V of the target, never negative
///   dK/dt = k_1 Ca^n (1 - K) - k_2 K
///   dw/dt = eta w_max ((K - theta_p) above theta_p, -(K - theta_d) between theta_d and theta_p)      rule omega
///   dw/dt = eta w_max ((K - theta_p)_+ - (theta_d - K)_+)                                            rule literal
///
/// Calcium is in units of its own; about 1 where potentiation saturates. A spike of the target adds what t_spike at V_spike
/// would: point neurons have no spike in V. The literal rule depresses synapses at rest, at eta w_max theta_d; omega does not.
/// Targets are seen without delay, so dendritic_delay_fraction has no effect; a spike that arrives is passed on with the
/// weight at that moment.
///
/// A synapse that is made on the way (structural_*) begins at rest but for what its source has done before: s, and stepped also s_A, F and D.
///
/// method  lazy: a synapse is visited when a spike arrives and once more when its calcium is gone (engine/calcium/lazy.cpp)
///         clock_driven: all its variables are stepped every dt (engine/calcium/clocked.cpp)
/// State    w, Ca, K, phi_0 (lazy); w, Ca, K, s, s_A, F, D (clock-driven). Traces: s of each source, phi of each target
/// Numerics calcium exact; K in panels of 5, later 10 ms (Simpson's rule on Ca^n) or, clock-driven, by the trapezoidal rule
/// Work     lazy: 60 FLOP a panel; 20 bytes a synapse, 12 with states of 16 bits. clock-driven: 31 to 38 FLOP a step, 32 bytes
/// Source   Destexhe et al. 1994, doi:10.1162/neco.1994.6.1.14; Jahr & Stevens 1990, doi:10.1523/JNEUROSCI.10-09-03178.1990;
///          Shouval, Bear & Cooper 2002, doi:10.1073/pnas.152343099 (omega)
/// Tested   tests/plastic_calcium.cpp
#ifndef RANVIER_SYNAPSE_CAMKII
#define RANVIER_SYNAPSE_CAMKII
#include <array>

#include "engine/calcium/synapses.hpp"
#include "engine/magnesium.hpp"
#include "engine/plastic_of.hpp"

namespace ranvier::engine::camkii {
enum : int { alpha, beta, T, t_p, Mg, E_Ca, gamma, tau_Ca, Ca_rest, n, k_1, k_2, theta_p, theta_d, eta, w_max, V_spike, t_spike, parameter_count };
inline constexpr Range share{.low = 0, .high = 1};
inline constexpr std::array<Parameter, parameter_count> parameters{{
    {"alpha", 0.072, "1/ms", positive, "opening of NMDA receptors, per mM of transmitter"},
    {"beta", 0.0066, "1/ms", positive, "their closing; below 1 / tau_Ca"},
    {"T", 1.0, "1", positive, "transmitter during a pulse, in mM"},
    {"t_p", 1.0, "ms", positive, "length of a pulse"},
    {"Mg", 1.0, "1", not_negative, "magnesium outside the cell, in mM"},
    {"E_Ca", 0.0, "mV", any, "reversal potential of the NMDA current"},
    {"gamma", 0.02, "1/ms", not_negative, "calcium per ms and mV of open, unblocked receptors"},
    {"tau_Ca", 20.0, "ms", positive, "time constant of calcium"},
    {"Ca_rest", 0.0, "1", not_negative, "calcium at rest"},
    {"n", 4.0, "1", {.low = 1, .high = 8}, "calcium ions that bind; a whole number"},
    {"k_1", 0.02, "1/ms", positive, "activation of CaMKII at Ca = 1"},
    {"k_2", 1.0 / 300, "1/ms", positive, "its inactivation"},
    {"theta_p", 0.35, "1", share, "CaMKII above which weights grow"},
    {"theta_d", 0.15, "1", share, "CaMKII above which (literal: below which) they shrink"},
    {"eta", 1e-4, "1/ms", not_negative, "speed of the weight, in w_max"},
    {"w_max", 10.0, "weight", positive, "largest weight"},
    {"V_spike", -10.0, "mV", any, "potential of the back-propagating spike"},
    {"t_spike", 1.0, "ms", not_negative, "its length; 0: none"},
}};
inline constexpr std::string_view rules[] = {"omega", "literal"}, methods[] = {"lazy", "clock_driven"}, widths[] = {"full", "16_bits"};
inline constexpr Choice choices[] = {{"rule", rules, "how CaMKII moves the weight"}, {"method", methods, "visited at events, or stepped every dt"},
                                     {"states", widths, "weight, Ca, K and phi_0 in the precision of the run, or in 16 bits each, rounded by chance, whatever that precision; the latter lazy"}};
inline constexpr StateVariable state[] = {{"Ca", "1", "Ca_rest", "calcium"}, {"K", "1", "0", "CaMKII that is active"}};
inline constexpr ModelInfo info{
    .kind = ModelInfo::Kind::synapse, .name = "camkii", .title = "calcium through NMDA receptors, CaMKII, and the weight",
    .equations = "dCa/dt = -(Ca - Ca_rest) / tau_Ca + gamma s B(V) (E_Ca - V) ;  B(V) = 1 / (1 + exp(-0.062 V) Mg / 3.57)\n"
                 "dK/dt = k_1 Ca^n (1 - K) - k_2 K\n"
                 "dw/dt = eta w_max (K - theta_p) above theta_p, -eta w_max (K - theta_d) between theta_d and theta_p\n"
                 "s jumps when a spike arrives and decays with beta, as in kinetic_nmda; a spike of the target adds at once, besides what V itself brings, what t_spike at V_spike would\n"
                 "B(V) (E_Ca - V) is never below 0; targets are seen without delay: dendritic_delay_fraction has no effect",
    .parameters = parameters, .state = state,
    .numerics = "calcium exact; CaMKII in panels of 5 to 10 ms between events, or stepped every dt",
    .source = "Shouval, Bear & Cooper 2002, doi:10.1073/pnas.152343099; Destexhe et al. 1994; Jahr & Stevens 1990",
    .flop = 1000, .byte_read = 20, .byte_written = 16, .choices = choices};

inline calcium::Rule rule_of(const SynapseParameters& p) {
  calcium::Rule r{.pulse = {.open = p[alpha] * p[T], .beta = p[beta], .ms = p[t_p], .dt_ms = p.dt_ms},
                  .Mg = p[Mg], .E = p[E_Ca], .lambda = 1 / p[tau_Ca] - p[beta], .kick = 0,
                  .gamma = p[gamma], .tau_Ca = p[tau_Ca], .Ca_rest = p[Ca_rest], .n = static_cast<int>(p[n]), .k_1 = p[k_1], .k_2 = p[k_2],
                  .theta_p = p[theta_p], .theta_d = p[theta_d], .eta = p[eta] * p[w_max], .w_max = p[w_max], .omega = p.choice[0] == 0, .dt_ms = p.dt_ms, .narrow = p.choice[2] == 1 && p.choice[1] == 0};
  r.kick = p[t_spike] * std::max(0.0, magnesium::open_share(p[V_spike], p[Mg]) * (p[E_Ca] - p[V_spike]));
  return r;
}

inline const char* validate(const SynapseParameters& p) {
  if (p[beta] >= 1 / p[tau_Ca]) return "beta must be below 1 / tau_Ca: receptors that close faster than calcium leaves are outside this rule";
  if (p[n] != std::floor(p[n])) return "n must be a whole number";
  if (p[theta_d] > p[theta_p]) return "theta_d must not be above theta_p";
  if (p[t_p] < 0.999999 * p.dt_ms) return "t_p must not be below dt";
  if (p.choice[1] == 0 && p[tau_Ca] < 10) return "tau_Ca must be at least 10 ms, or calcium comes and goes within a panel of the visited form; use method = \"clock_driven\"";
  if (p.choice[2] == 1 && p.choice[1] == 1) return "states = \"16_bits\" goes with method = \"lazy\"";
  if (p.weight_largest > p[w_max]) return "the initial weights must not be above w_max";
  return nullptr;
}

inline std::unique_ptr<PlasticSynapses> make(const Network& network, const PlasticTable& table, const SynapseParameters& p, std::unique_ptr<Release> release) {
  const calcium::Rule rule = rule_of(p);
  return p.choice[1] == 0 ? calcium::make_lazy(network, table, rule, std::move(release)) : calcium::make_clocked(network, table, rule);
}

inline constexpr SynapseModel model{&info, validate, nullptr, &make, [](const SynapseParameters& p) { return p[w_max]; }, [](const SynapseParameters& p) { return p.choice[1] == 1 ? 6 : p.choice[2] == 1 ? 1 : 3; }, true,
                                    [](const SynapseParameters& p, std::uint32_t) -> std::size_t { return p.choice[1] == 0 ? calcium::values_of_a_target(rule_of(p)) : 3; }};
}  // namespace ranvier::engine::camkii
#endif
