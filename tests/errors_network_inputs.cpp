// SPDX-License-Identifier: Apache-2.0
/// The exact words of what is wrong with [[inputs]], [[recordings]] and [downscale].

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
    {"input_type",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "poison"
target = "E"
amplitude = "100 pA"
)",
     R"(network.toml:7: inputs[0].type = "poison": must be one of poisson, dc, step, sine, noise, samples. Did you mean "poisson"?)"},
    {"input_onto_event_driven_cells",
     R"([[populations]]
name = "E"
size = 100
model = "intfire1"
[[inputs]]
type = "poisson"
target = "E"
rate = "100 Hz"
weight = 0.5
)",
     R"(network.toml:8: inputs[0].target = "E": population "E" is event-driven and takes spikes only; let a population of model "poisson_source" or "spike_train" project onto it)"},
    {"input_amplitude_missing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "dc"
target = "E"
)",
     R"(network.toml:6: inputs[0]: amplitude is missing: for example amplitude = "100 pA")"},
    {"input_key",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "dc"
target = "E"
amplitude = "100 pA"
amplitud = "1 pA"
)",
     R"(network.toml:10: inputs[0].amplitud = "1 pA": unknown key. Did you mean "amplitude"?)"},
    {"input_unit",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "dc"
target = "E"
amplitude = "100 mV"
)",
     R"(network.toml:9: inputs[0].amplitude = "100 mV": is a voltage, but a current is needed, for example "100 pA")"},
    {"input_stop",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "dc"
target = "E"
amplitude = "100 pA"
start = "10 ms"
stop = "10 ms"
)",
     R"(network.toml:11: inputs[0].stop = "10 ms": must be after start (10 ms))"},
    {"poisson_rate",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "poisson"
target = "E"
receptor = "ex"
rate = "-8 Hz"
weight = "1 pA"
)",
     R"(network.toml:10: inputs[0].rate = "-8 Hz": must be >= 0 Hz)"},
    {"poisson_unit",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "poisson"
target = "E"
receptor = "ex"
rate = 8000
weight = "1 pA"
)",
     R"(network.toml:10: inputs[0].rate = 8000: has no unit, but a rate is needed; write "8000 Hz")"},
    {"poisson_sign",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "poisson"
target = "E"
receptor = "in"
rate = "8 Hz"
weight = "1 pA"
)",
     R"(network.toml:11: inputs[0].weight = "1 pA": must be <= 0 onto receptor "in" of population "E")"},
    {"piecewise_order",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "step"
target = "E"
piecewise = [["10 ms", "1 pA"], ["5 ms", "2 pA"]]
)",
     R"(network.toml:9: inputs[0].piecewise[1] = ["5 ms", "2 pA"]: times must ascend)"},
    {"piecewise_pair",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "step"
target = "E"
piecewise = [["10 ms"]]
)",
     R"(network.toml:9: inputs[0].piecewise[0] = ["10 ms"]: must be a pair [time, value])"},
    {"noise_std",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "noise"
target = "E"
std = "-1 pA"
)",
     R"(network.toml:9: inputs[0].std = "-1 pA": must be >= 0 pA)"},
    {"noise_hold",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "noise"
target = "E"
std = "1 pA"
hold = "0.01 ms"
)",
     R"(network.toml:10: inputs[0].hold = "0.01 ms": is below the time step of 0.1 ms; leave it out to draw anew in every step)"},
    {"input_to_a_source",
     R"([[populations]]
name = "S"
size = 100
model = "poisson_source"
[[inputs]]
type = "dc"
target = "S"
amplitude = "100 pA"
)",
     R"(network.toml:8: inputs[0].target = "S": population "S" is a source: it receives nothing)"},
    {"sine_schedule",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[inputs]]
type = "poisson"
target = "E"
receptor = "ex"
rate = { sine = { mean = "10 Hz", frequency = "5 Hz" } }
weight = "1 pA"
)",
     R"(network.toml:10: inputs[0].rate.sine: amplitude is missing: how far it swings to each side)"},
    {"recording_type",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[recordings]]
type = "spike"
)",
     R"(network.toml:7: recordings[0].type = "spike": must be one of spikes, state, weights, connectivity, volumes. Did you mean "spikes"?)"},
    {"recording_variable",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[recordings]]
type = "state"
neurons = "E[0:2]"
variables = ["V", "ex.I"]
)",
     R"(network.toml:9: recordings[0].variables = ["V", "ex.I"]: population "E" has no state variable "V". Did you mean "V_m"?)"},
    {"recording_interval",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[recordings]]
type = "state"
neurons = "E[0:2]"
variables = ["V_m"]
interval = "0.25 ms"
)",
     R"(network.toml:10: recordings[0].interval = "0.25 ms": must be a multiple of the time step of 0.1 ms; leave it out to record every step)"},
    {"recording_stop",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[recordings]]
type = "spikes"
start = "2 s"
stop = "1 s"
)",
     R"(network.toml:9: recordings[0].stop = "1 s": must be after start (2000 ms))"},
    {"recording_no_projection",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[recordings]]
type = "weights"
)",
     R"(network.toml:6: recordings[0]: no projection joins these sources and targets: there is nothing to record)"},
    {"recording_weights_window",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
[[recordings]]
type = "weights"
start = "1 s"
)",
     R"(network.toml:15: recordings[0].start = "1 s": weights are read once, at the end of the run; add interval = "100 ms" to have them at regular times)"},
    {"recording_weights_interval",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
[[recordings]]
type = "weights"
interval = "0.25 ms"
)",
     R"(network.toml:15: recordings[0].interval = "0.25 ms": must be a multiple of the time step of 0.1 ms; leave it out to record every step)"},
    {"recording_connectivity_window",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
[[recordings]]
type = "connectivity"
start = "1 s"
)",
     R"(network.toml:15: recordings[0].start = "1 s": synapses are read once, at the end of the run; remove it)"},
    {"recording_volumes_none",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[recordings]]
type = "volumes"
)",
     R"(network.toml:6: recordings[0]: there is no volume whose concentration could be recorded; see [[volumes]])"},
    {"recording_volumes_name",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[volumes]]
name = "dopamine"
[[recordings]]
type = "volumes"
volumes = ["dopmine"]
)",
     R"(network.toml:10: recordings[0].volumes[0] = "dopmine": no volume is called "dopmine". Did you mean "dopamine"?)"},
    {"recording_slice",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[recordings]]
type = "spikes"
neurons = "E[0:101]"
)",
     R"(network.toml:8: recordings[0].neurons = "E[0:101]": is out of range: the population has 100 neurons, 0 to 99)"},
    {"downscale_rate_missing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
[downscale]
neurons = 0.5
indegree = 0.5
)",
     R"(network.toml:13: downscale: rates.E is missing: the full-scale rate of population "E", which has projections)"},
    {"downscale_synapse_rule",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
synapse = "stdp"
[downscale]
indegree = 0.5
rates = { E = "5 Hz" }
)",
     R"(network.toml:14: downscale: the synapses of "E->E" follow a rule, whose settings do not scale by themselves; set neurons = 1 and indegree = 1, and scale by [parameters])"},
    {"downscale_factor",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[downscale]
neurons = 2
)",
     R"(network.toml:7: downscale.neurons = 2: must be > 0 and <= 1)"},
    {"downscale_rule",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = "all_to_all"
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
[downscale]
neurons = 0.5
indegree = 0.5
rates = { E = "1 Hz" }
)",
     R"(network.toml:13: downscale: projection "E->E": only fixed_indegree, fixed_outdegree, fixed_total_number and pairwise_bernoulli can be down-scaled)"},
    {"downscale_conductance",
     R"([[populations]]
name = "E"
size = 100
model = "lif_cond_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "1 nS"
delay = "1.5 ms"
[downscale]
neurons = 0.5
indegree = 0.5
rates = { E = "1 Hz" }
)",
     R"(network.toml:13: downscale: receptor "ex" of population "E" is a conductance: the mean input it would lose is not known)"},
    {"downscale_slice",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E[0:10]"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
[downscale]
neurons = 0.5
indegree = 0.5
rates = { E = "1 Hz" }
)",
     R"(network.toml:13: downscale: neurons < 1 needs whole populations, but a slice of "E" is used; set neurons = 1, or make it a population of its own)"},
    {"downscale_population",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[downscale]
neurons = 0.5
indegree = 0.5
rates = { F = "1 Hz" }
)",
     R"(network.toml:9: downscale.rates.F = "1 Hz": unknown key. Did you mean "E"?)"},
};

class errors_network_inputs : public testing::TestWithParam<Mistake> {};

TEST_P(errors_network_inputs, mistake_in_a_input_recording_or_downscale_is_told_with_line_key_value_and_cure) {
  EXPECT_EQ(problems(std::string("format = 1\n") + GetParam().text, {}), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(exact_text, errors_network_inputs, testing::ValuesIn(mistakes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ranvier::test
