// SPDX-License-Identifier: Apache-2.0
/// The table of model templates. Names and defaults of nest: are those of NEST 3.8, of pynn: those of PyNN 0.12, of nrn:
/// those of NEURON's intfire1.mod, with the times in seconds that SONATA's IntFire1 files have.
#include "sonata_models.hpp"

#include <array>

namespace ranvier::io::sonata {
namespace {

using P = TemplateParameter;
using R = TemplateReceptor;
using Port = ModelTemplate::Port;

constexpr double no_bound = -1e300;  // NEST's V_min; anything at or below -1e9 mV is as good
constexpr R currents_exp[] = {{"ex", "exponential", false, +1}, {"in", "exponential", false, -1}};
constexpr R currents_alpha[] = {{"ex", "alpha", false, +1}, {"in", "alpha", false, -1}};
constexpr R conductances_exp[] = {{"ex", "exponential", true, +1}, {"in", "exponential", true, +1}};
constexpr R conductances_alpha[] = {{"ex", "alpha", true, +1}, {"in", "alpha", true, +1}};
constexpr R jumps[] = {{"v", "delta", false, 0}};
constexpr R port_exp[] = {{"port", "exponential", false, 0}};
constexpr R port_alpha[] = {{"port", "alpha", false, 0}};
constexpr R events[] = {{"m", "event", false, 0}};

// --- NEST

constexpr P nest_lif[] = {
    {"C_m", "C_m", 250}, {"tau_m", "tau_m", 10}, {"t_ref", "t_ref", 2}, {"E_L", "E_L", -70}, {"V_reset", "V_reset", -70}, {"V_th", "V_th", -55},
    {"I_e", "I_e", 0}, {"V_m", "initial.V_m", -70}, {"tau_syn_ex", "ex.tau_syn", 2}, {"tau_syn_in", "in.tau_syn", 2},
    {"V_min", "=", no_bound}, {"rho", "~", 0.01}, {"delta", "=", 0}};
constexpr P nest_lif_ports[] = {
    {"C_m", "C_m", 250}, {"tau_m", "tau_m", 10}, {"t_ref", "t_ref", 2}, {"E_L", "E_L", -70}, {"V_reset", "V_reset", -70}, {"V_th", "V_th", -55},
    {"I_e", "I_e", 0}, {"V_m", "initial.V_m", -70}, {"V_min", "=", no_bound}};
constexpr P nest_lif_delta[] = {
    {"C_m", "C_m", 250}, {"tau_m", "tau_m", 10}, {"t_ref", "t_ref", 2}, {"E_L", "E_L", -70}, {"V_reset", "V_reset", -70}, {"V_th", "V_th", -55},
    {"I_e", "I_e", 0}, {"V_m", "initial.V_m", -70}, {"V_min", "=", no_bound}, {"refractory_input", "=", 0}};
constexpr P nest_lif_cond[] = {
    {"C_m", "C_m", 250}, {"g_L", "", 16.6667}, {"t_ref", "t_ref", 2}, {"E_L", "E_L", -70}, {"V_reset", "V_reset", -60}, {"V_th", "V_th", -55},
    {"I_e", "I_e", 0}, {"V_m", "initial.V_m", -70}, {"E_ex", "ex.E_rev", 0}, {"E_in", "in.E_rev", -85}, {"tau_syn_ex", "ex.tau_syn", 0.2},
    {"tau_syn_in", "in.tau_syn", 2}};
constexpr P nest_glif[] = {
    {"C_m", "C_m", 58.72}, {"g", "", 9.43}, {"t_ref", "t_ref", 3.75}, {"E_L", "E_L", -78.85}, {"V_reset", "V_reset", -78.85}, {"V_th", "V_th", -51.68},
    {"I_e", "I_e", 0}, {"V_m", "initial.V_m", -78.85}, {"spike_dependent_threshold", "=", 0}, {"after_spike_currents", "=", 0},
    {"adapting_threshold", "=", 0}, {"asc_init", "~", 0}, {"asc_decay", "~", 0}, {"asc_amps", "~", 0}, {"asc_r", "~", 0}, {"k", "~", 0},
    {"th_spike_add", "~", 0}, {"th_spike_decay", "~", 0}, {"voltage_reset_fraction", "~", 0}, {"voltage_reset_add", "~", 0},
    {"th_voltage_index", "~", 0}, {"th_voltage_decay", "~", 0}};
constexpr P nest_aeif[] = {
    {"C_m", "C_m", 281}, {"g_L", "g_L", 30}, {"t_ref", "t_ref", 0}, {"E_L", "E_L", -70.6}, {"V_reset", "V_reset", -60}, {"V_th", "V_T", -50.4},
    {"V_peak", "V_peak", 0}, {"Delta_T", "Delta_T", 2}, {"tau_w", "tau_w", 144}, {"a", "a", 4}, {"b", "b", 80.5}, {"I_e", "I_e", 0},
    {"V_m", "initial.V_m", -70.6}, {"w", "initial.w", 0}, {"E_ex", "ex.E_rev", 0}, {"E_in", "in.E_rev", -85}, {"tau_syn_ex", "ex.tau_syn", 0.2},
    {"tau_syn_in", "in.tau_syn", 2}, {"gsl_error_tol", "~", 0}};
constexpr P nest_aeif_psc[] = {
    {"C_m", "C_m", 281}, {"g_L", "g_L", 30}, {"t_ref", "t_ref", 0}, {"E_L", "E_L", -70.6}, {"V_reset", "V_reset", -60}, {"V_th", "V_T", -50.4},
    {"V_peak", "V_peak", 0}, {"Delta_T", "Delta_T", 2}, {"tau_w", "tau_w", 144}, {"a", "a", 4}, {"b", "b", 80.5}, {"I_e", "I_e", 0},
    {"V_m", "initial.V_m", -70.6}, {"w", "initial.w", 0}, {"tau_syn_ex", "ex.tau_syn", 0.2}, {"tau_syn_in", "in.tau_syn", 2}, {"gsl_error_tol", "~", 0}};
constexpr P nest_izhikevich[] = {
    {"a", "a", 0.02}, {"b", "b", 0.2}, {"c", "c", -65}, {"d", "d", 8}, {"V_th", "V_peak", 30}, {"I_e", "I_e", 0}, {"V_m", "initial.v", -65},
    {"U_m", "initial.u", -13}, {"V_min", "=", no_bound}, {"consistent_integration", "integrator", 1}};

// --- PyNN: nF, nA and uS become pF, pA and nS

// Defaults are those of PyNN 0.12 (pyNN/standardmodels/cells.py); exponential and alpha-shaped synapses differ in their time constants.
#define RANVIER_PYNN_CELL                                                                                                                     \
  {"cm", "C_m", 1, 1000}, {"tau_m", "tau_m", 20}, {"tau_refrac", "t_ref", 0.1}, {"v_rest", "E_L", -65}, {"v_reset", "V_reset", -65},            \
      {"v_thresh", "V_th", -50}, {"i_offset", "I_e", 0, 1000}, {"v", "initial.V_m", -65}
#define RANVIER_PYNN_REVERSAL {"e_rev_E", "ex.E_rev", 0}, {"e_rev_I", "in.E_rev", -70}
constexpr P pynn_curr_exp[] = {RANVIER_PYNN_CELL, {"tau_syn_E", "ex.tau_syn", 5}, {"tau_syn_I", "in.tau_syn", 5}};
constexpr P pynn_curr_alpha[] = {RANVIER_PYNN_CELL, {"tau_syn_E", "ex.tau_syn", 0.5}, {"tau_syn_I", "in.tau_syn", 0.5}};
constexpr P pynn_cond_exp[] = {RANVIER_PYNN_CELL, {"tau_syn_E", "ex.tau_syn", 5}, {"tau_syn_I", "in.tau_syn", 5}, RANVIER_PYNN_REVERSAL};
constexpr P pynn_cond_alpha[] = {RANVIER_PYNN_CELL, {"tau_syn_E", "ex.tau_syn", 0.3}, {"tau_syn_I", "in.tau_syn", 0.5}, RANVIER_PYNN_REVERSAL};
#undef RANVIER_PYNN_CELL
#undef RANVIER_PYNN_REVERSAL

// --- NEURON

constexpr P intfire1[] = {{"tau", "tau", 0.01, 1000}, {"refrac", "t_ref", 0.005, 1000}};

constexpr ModelTemplate templates[] = {
    {.name = "nest:aeif_cond_alpha", .membrane = "adex", .receptors = conductances_alpha, .parameters = nest_aeif, .port = Port::sign},
    {.name = "nest:aeif_cond_exp", .membrane = "adex", .receptors = conductances_exp, .parameters = nest_aeif, .port = Port::sign},
    {.name = "nest:aeif_psc_alpha", .membrane = "adex", .receptors = currents_alpha, .parameters = nest_aeif_psc, .port = Port::sign},
    {.name = "nest:aeif_psc_exp", .membrane = "adex", .receptors = currents_exp, .parameters = nest_aeif_psc, .port = Port::sign},
    {.name = "nest:glif_psc", .membrane = "leaky", .receptors = port_alpha, .parameters = nest_glif, .port = Port::number, .leak = "g", .tau_syn_list = true},
    {.name = "nest:iaf_cond_alpha", .membrane = "leaky", .receptors = conductances_alpha, .parameters = nest_lif_cond, .port = Port::sign, .leak = "g_L"},
    {.name = "nest:iaf_cond_exp", .membrane = "leaky", .receptors = conductances_exp, .parameters = nest_lif_cond, .port = Port::sign, .leak = "g_L"},
    {.name = "nest:iaf_psc_alpha", .membrane = "leaky", .receptors = currents_alpha, .parameters = nest_lif, .port = Port::sign},
    {.name = "nest:iaf_psc_alpha_multisynapse", .membrane = "leaky", .receptors = port_alpha, .parameters = nest_lif_ports, .port = Port::number, .tau_syn_list = true},
    {.name = "nest:iaf_psc_delta", .membrane = "leaky", .receptors = jumps, .parameters = nest_lif_delta},
    {.name = "nest:iaf_psc_exp", .membrane = "leaky", .receptors = currents_exp, .parameters = nest_lif, .port = Port::sign},
    {.name = "nest:iaf_psc_exp_multisynapse", .membrane = "leaky", .receptors = port_exp, .parameters = nest_lif_ports, .port = Port::number, .tau_syn_list = true},
    {.name = "nest:izhikevich", .membrane = "izhikevich", .receptors = jumps, .parameters = nest_izhikevich},
    {.name = "nrn:IntFire1", .membrane = "intfire1", .receptors = events, .parameters = intfire1, .signed_by_synapse = true},
    {.name = "pynn:IF_cond_alpha", .membrane = "leaky", .receptors = conductances_alpha, .parameters = pynn_cond_alpha, .port = Port::sign, .weight_factor = 1000},
    {.name = "pynn:IF_cond_exp", .membrane = "leaky", .receptors = conductances_exp, .parameters = pynn_cond_exp, .port = Port::sign, .weight_factor = 1000},
    {.name = "pynn:IF_curr_alpha", .membrane = "leaky", .receptors = currents_alpha, .parameters = pynn_curr_alpha, .port = Port::sign, .weight_factor = 1000},
    {.name = "pynn:IF_curr_exp", .membrane = "leaky", .receptors = currents_exp, .parameters = pynn_curr_exp, .port = Port::sign, .weight_factor = 1000},
};

}  // namespace

const ModelTemplate* find_template(std::string_view name) {
  for (const ModelTemplate& t : templates)
    if (t.name == name) return &t;
  return nullptr;
}

std::span<const ModelTemplate> all_templates() { return templates; }

std::vector<std::string> template_names() {
  std::vector<std::string> names;
  for (const ModelTemplate& t : templates) names.emplace_back(t.name);
  return names;
}

}  // namespace ranvier::io::sonata
