// SPDX-License-Identifier: Apache-2.0
/// The exact words of what is wrong with [[populations]].

#include <gtest/gtest.h>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

struct Mistake {
  const char* name;
  const char* text;      // the network file, after its first line: format = 1
  const char* problems;  // a line each
};

void PrintTo(const Mistake& mistake, std::ostream* out) { *out << mistake.text; }

const Mistake mistakes[] = {
    {"size_0",
     R"([[populations]]
name = "E"
size = 0
model = "lif_exp"
)",
     R"(network.toml:4: populations[0].size = 0: must be at least 1)"},
    {"size_fraction",
     R"([[populations]]
name = "E"
size = 1.5
model = "lif_exp"
)",
     R"(network.toml:4: populations[0].size = 1.5: must be a whole number)"},
    {"size_unit",
     R"([[populations]]
name = "E"
size = "10 ms"
model = "lif_exp"
)",
     R"(network.toml:4: populations[0].size = "10 ms": is a time, but a plain number is needed, for example 0.5)"},
    {"size_missing",
     R"([[populations]]
name = "E"
model = "lif_exp"
)",
     R"(network.toml:2: populations[0]: size is missing: the number of neurons, for example size = 1000)"},
    {"name_missing",
     R"([[populations]]
size = 100
model = "lif_exp"
)",
     R"(network.toml:2: populations[0]: name is missing: for example name = "E")"},
    {"duplicate",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[populations]]
name = "E"
size = 100
model = "lif_exp"
)",
     R"(network.toml:7: populations[1].name = "E": another population is called "E")"},
    {"bad_name",
     R"([[populations]]
name = "E[0]"
size = 100
model = "lif_exp"
)",
     R"(network.toml:3: populations[0].name = "E[0]": a population's name has letters, digits and _ - + .)"},
    {"unknown_model",
     R"([[populations]]
name = "E"
size = 100
model = "lif_psc_exp"
)",
     R"(network.toml:5: populations[0].model = "lif_psc_exp": no such neuron model. Did you mean "lif_exp"? All names: ranvier models)"},
    {"nest_model",
     R"([[populations]]
name = "E"
size = 100
model = "iaf_psc_exp"
)",
     R"(network.toml:5: populations[0].model = "iaf_psc_exp": no such neuron model. Did you mean "lif_exp"?)"},
    {"model_missing",
     R"([[populations]]
name = "E"
size = 100
)",
     R"(network.toml:2: populations[0]: model is missing: a named model such as model = "lif_exp", or membrane = "leaky" with receptors)"},
    {"model_and_membrane",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
membrane = "leaky"
)",
     R"(network.toml:5: populations[0].model = "lif_exp": model and membrane exclude each other: a model has its receptors, to a membrane you give receptors)"},
    {"pair_as_membrane",
     R"([[populations]]
name = "E"
size = 100
membrane = "lif_exp"
)",
     R"(network.toml:5: populations[0].membrane = "lif_exp": is a model with its receptors; write model = "lif_exp")"},
    {"event_driven_receptors",
     R"([[populations]]
name = "E"
size = 100
membrane = "intfire1"
receptors = [{ name = "ex", kind = "delta" }]
)",
     R"(network.toml:6: populations[0].receptors: "intfire1" takes spikes as they are: weights move its state; remove receptors)"},
    {"neuron_model",
     R"([[populations]]
name = "E"
size = 100
model = "IntFire1"
)",
     R"(network.toml:5: populations[0].model = "IntFire1": no such neuron model. Did you mean "intfire1"?)"},
    {"unknown_param",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_mm = "10 ms" }
)",
     R"(network.toml:6: populations[0].params.tau_mm = "10 ms": unknown key. Did you mean "tau_m"?)"},
    {"negative_tau",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = "-10 ms" }
)",
     R"(network.toml:6: populations[0].params.tau_m = "-10 ms": must be > 0 ms; leave it out for the default of 10 ms)"},
    {"unitless_tau",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = 20 }
)",
     R"(network.toml:6: populations[0].params.tau_m = 20: has no unit, but a time is needed; write "20 ms")"},
    {"wrong_unit",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = "20 mV" }
)",
     R"(network.toml:6: populations[0].params.tau_m = "20 mV": is a voltage, but a time is needed, for example "20 ms")"},
    {"unknown_unit",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = "20 mss" }
)",
     R"(network.toml:6: populations[0].params.tau_m = "20 mss": unknown unit "mss". Did you mean "ms"?)"},
    {"not_a_value",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = true }
)",
     R"(network.toml:6: populations[0].params.tau_m = true: is true or false, but a value is needed, for example "20 ms")"},
    {"word",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = "long" }
)",
     R"(network.toml:6: populations[0].params.tau_m = "long": is a word, but a value is needed, for example 0.5 or "20 ms")"},
    {"t_ref",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { t_ref = "-1 ms" }
)",
     R"(network.toml:6: populations[0].params.t_ref = "-1 ms": must be >= 0 ms; leave it out for the default of 2 ms)"},
    {"reset_above_threshold",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { V_reset = "-50 mV" }
)",
     R"(network.toml:6: populations[0].params.V_reset = "-50 mV": V_reset must be below V_th, but they are -50 mV and -55 mV)"},
    {"pair_receptor_param",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_syn_ex = "0 ms" }
)",
     R"(network.toml:6: populations[0].params.tau_syn_ex = "0 ms": must be > 0 ms; leave it out for the default of 2 ms)"},
    {"sum_of_units",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = "= 10 ms + 3 mV" }
)",
     R"(network.toml:6: populations[0].params.tau_m = "= 10 ms + 3 mV": a sum of a time and a voltage has no meaning)"},
    {"nan",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { V_th = nan }
)",
     R"(network.toml:6: populations[0].params.V_th = nan: is not a finite number)"},
    {"normal_one",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { V_th = { normal = ["-50 mV"] } }
)",
     R"(network.toml:6: populations[0].params.V_th.normal = ["-50 mV"]: must be [mean, std], or normal = mean with relative_std = 0.1)"},
    {"normal_crossing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = { normal = ["-1 ms", "1 ms"] } }
)",
     R"(network.toml:6: populations[0].params.tau_m: the mean must be > 0 ms; leave it out for the default of 10 ms)"},
    {"misspelt_distribution",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { tau_m = { nromal = ["-1 ms", "1 ms"] } }
)",
     R"(network.toml:6: populations[0].params.tau_m.nromal: unknown key. Did you mean "normal"?)"},
    {"uniform_reversed",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { V_th = { uniform = ["-40 mV", "-50 mV"] } }
)",
     R"(network.toml:6: populations[0].params.V_th.uniform = ["-40 mV", "-50 mV"]: the low end is above the high end)"},
    {"hopeless_bounds",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { V_th = { normal = ["-50 mV", "1 mV"], min = "-40 mV" } }
)",
     R"(network.toml:6: populations[0].params.V_th: only 0 % of the draws are >= -40 mV, so redrawing would take for ever; widen min and max, or use outside = "clip")"},
    {"outside_word",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
params = { V_th = { normal = ["-50 mV", "1 mV"], min = "-60 mV", outside = "cilp" } }
)",
     R"(network.toml:6: populations[0].params.V_th.outside = "cilp": must be one of redraw, clip. Did you mean "clip"?)"},
    {"initial_unknown",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
initial = { V = "-60 mV" }
)",
     R"(network.toml:6: populations[0].initial.V = "-60 mV": unknown key. Did you mean "V_m"?)"},
    {"initial_receptor",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
initial = { ex.J = "60 pA" }
)",
     R"(network.toml:6: populations[0].initial.ex.J = "60 pA": unknown key. Did you mean "I"?)"},
    {"list_length",
     R"([[populations]]
name = ["A", "B"]
size = [1, 2, 3]
model = "lif_exp"
)",
     R"(network.toml:4: populations[0].size = [1, 2, 3]: has 3 entries, but the block names 2: give one value, or one for each)"},
    {"list_where_one",
     R"([[populations]]
name = "E"
size = [1, 2]
model = "lif_exp"
)",
     R"(network.toml:4: populations[0].size = [1, 2]: is a list, but one value is needed)"},
    {"receptor_unknown_kind",
     R"([[populations]]
name = "E"
size = 100
membrane = "leaky"
receptors = [{ name = "a", kind = "expnential" }]
)",
     R"(network.toml:6: populations[0].receptors[0].kind = "expnential": no such receptor. Did you mean "exponential"? All names: ranvier models)"},
    {"receptor_no_E_rev",
     R"([[populations]]
name = "E"
size = 100
membrane = "leaky"
receptors = [{ name = "a", kind = "exponential", conductance = true }]
)",
     R"(network.toml:6: populations[0].receptors[0]: E_rev is missing: the reversal potential of a conductance, for example E_rev = "0 mV")"},
    {"receptor_E_rev_of_current",
     R"([[populations]]
name = "E"
size = 100
membrane = "leaky"
receptors = [{ name = "a", kind = "exponential", E_rev = "0 mV" }]
)",
     R"(network.toml:6: populations[0].receptors[0].E_rev = "0 mV": only a conductance has a reversal potential; add conductance = true, or remove it)"},
    {"receptor_twice",
     R"([[populations]]
name = "E"
size = 100
membrane = "leaky"
receptors = [{ name = "a", kind = "delta" }, { name = "a", kind = "delta" }]
)",
     R"(network.toml:6: populations[0].receptors[1].name = "a": this population has another receptor of that name)"},
    {"receptor_negative_conductance",
     R"([[populations]]
name = "E"
size = 100
membrane = "leaky"
receptors = [{ name = "a", kind = "exponential", conductance = true, sign = "negative", E_rev = "0 mV" }]
)",
     R"(network.toml:6: populations[0].receptors[0].sign = "negative": a conductance is never negative; inhibition comes from its E_rev)"},
    {"grid_count",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
positions = { grid = [10, 11], spacing = "10 um" }
)",
     R"(network.toml:6: populations[0].positions.grid = [10, 11]: has 110 places, but the population has 100 neurons)"},
    {"positions_none",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
positions = { gird = [10, 11], spacing = "10 um" }
)",
     R"(network.toml:6: populations[0].positions: must have one of grid, random, file, places)"},
    {"train_id",
     R"([[populations]]
name = "S"
size = 2
model = "spike_train"
spikes = { neurons = [0, 2], times = ["1 ms", "2 ms"] }
)",
     R"(network.toml:6: populations[0].spikes.neurons = [0, 2]: spike 1: neuron 2 is out of range: the population has 2 neurons, 0 to 1)"},
    {"train_time",
     R"([[populations]]
name = "S"
size = 2
model = "spike_train"
spikes = { neurons = [0, 1], times = ["1 ms", "-2 ms"] }
)",
     R"(network.toml:6: populations[0].spikes.times = ["1 ms", "-2 ms"]: spike 1: time -2 ms: must be >= 0 ms)"},
    {"train_length",
     R"([[populations]]
name = "S"
size = 2
model = "spike_train"
spikes = { neurons = [0, 1], times = ["1 ms"] }
)",
     R"(network.toml:6: populations[0].spikes.neurons = [0, 1]: neurons and times must be lists of the same length, but have 2 and 1 entries)"},
    {"train_none",
     R"([[populations]]
name = "S"
size = 2
model = "spike_train"
)",
     R"(network.toml:2: populations[0]: times is missing: the file of spikes, for example times = "spikes.csv")"},
    {"rate_of_lif",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
rate = "10 Hz"
)",
     R"(network.toml:6: populations[0].rate: belongs to model "poisson_source")"},
    {"negative_rate",
     R"([[populations]]
name = "E"
size = 100
model = "poisson_source"
rate = "-10 Hz"
)",
     R"(network.toml:6: populations[0].rate = "-10 Hz": must be >= 0 Hz)"},
    {"source_with_receptors",
     R"([[populations]]
name = "E"
size = 100
model = "poisson_source"
receptors = [{ name = "a", kind = "delta" }]
)",
     R"(network.toml:6: populations[0].receptors: "poisson_source" is a source: it receives nothing)"},
};

class errors_network_populations : public testing::TestWithParam<Mistake> {};

TEST_P(errors_network_populations, mistake_in_a_population_is_told_with_line_key_value_and_cure) {
  EXPECT_EQ(problems(std::string("format = 1\n") + GetParam().text, {}), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(exact_text, errors_network_populations, testing::ValuesIn(mistakes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ranvier::test
