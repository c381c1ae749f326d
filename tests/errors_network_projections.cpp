// SPDX-License-Identifier: Apache-2.0
/// The exact words of what is wrong with [[projections]].

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
    {"unknown_population",
     R"([[populations]]
name = "L23E"
size = 100
model = "lif_exp"
[[projections]]
source = "L32E"
target = "L23E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:7: projections[0].source = "L32E": no population "L32E". Did you mean "L23E"?)"},
    {"unknown_receptor",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "exc"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:10: projections[0].receptor = "exc": population "E" has no receptor "exc". Did you mean "ex"?)"},
    {"event_driven_weight_has_no_unit",
     R"([[populations]]
name = "E"
size = 100
model = "intfire1"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
weight = "20 pA"
delay = "0.05 ms"
)",
     R"(network.toml:10: projections[0].weight = "20 pA": is a current, but a plain number is needed, for example 0.5
network.toml:11: projections[0].delay = "0.05 ms": is below the time step of 0.1 ms; give at least 0.1 ms, or a smaller dt)"},
    {"receptor_missing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:6: projections[0]: receptor is missing: population "E" has ex, in)"},
    {"rule_missing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:6: projections[0]: rule is missing: one of one_to_one, all_to_all, fixed_indegree, fixed_outdegree, fixed_total_number, pairwise_bernoulli, distance, edges)"},
    {"unknown_rule",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = "all_too_all"
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule = "all_too_all": no such rule. Did you mean "all_to_all"?)"},
    {"unknown_rule_table",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_in_degree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule: no such rule. Did you mean "fixed_indegree"?)"},
    {"rule_without_value",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = "fixed_indegree"
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule = "fixed_indegree": needs a value; write rule = { fixed_indegree = 80 })"},
    {"weight_missing",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
delay = "1.5 ms"
)",
     R"(network.toml:6: projections[0]: weight is missing: for example weight = "100 pA")"},
    {"delay_missing",
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
)",
     R"(network.toml:6: projections[0]: delay is missing: for example delay = "1.5 ms")"},
    {"delay_below_dt",
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
delay = "0.05 ms"
)",
     R"(network.toml:12: projections[0].delay = "0.05 ms": is below the time step of 0.1 ms; give at least 0.1 ms, or a smaller dt)"},
    {"delay_mean_below_dt",
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
delay = { normal = ["0.05 ms", "0.01 ms"], min = "0.01 ms" }
)",
     R"(network.toml:12: projections[0].delay: has a mean that is below the time step of 0.1 ms; give at least 0.1 ms, or a smaller dt)"},
    {"delay_may_be_negative",
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
delay = { normal = ["1.5 ms", "0.75 ms"] }
)",
     R"(network.toml:12: projections[0].delay: can draw delays <= 0; give min = "0.05 ms" (half a step; shorter than a step counts as one step))"},
    {"delay_off_grid",
     R"([simulation]
round_delays = false
[[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "0.25 ms"
)",
     R"(network.toml:14: projections[0].delay = "0.25 ms": is no multiple of the time step of 0.1 ms, and round_delays = false)"},
    {"weight_sign",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "-20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:11: projections[0].weight = "-20 pA": must be >= 0 onto receptor "ex" of population "E")"},
    {"weight_sign_in",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "in"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:11: projections[0].weight = "20 pA": must be <= 0 onto receptor "in" of population "E")"},
    {"weight_may_cross",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = { normal = ["20 pA", "2 pA"] }
delay = "1.5 ms"
)",
     R"(network.toml:11: projections[0].weight: add keep_sign = true: every draw must be >= 0 onto receptor "ex" of population "E")"},
    {"weight_unit",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 mV"
delay = "1.5 ms"
)",
     R"(network.toml:11: projections[0].weight = "20 mV": is a voltage, but a current is needed, for example "100 pA")"},
    {"probability",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { pairwise_bernoulli = 1.5 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.pairwise_bernoulli = 1.5: a probability must be between 0 and 1)"},
    {"indegree",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 200 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
allow_multapses = false
)",
     R"(network.toml:9: projections[0].rule.fixed_indegree = 200: each target needs that many different sources: there are only 100; lower the number, or set allow_multapses = true)"},
    {"indegree_autapses",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 100 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
allow_multapses = false
allow_autapses = false
)",
     R"(network.toml:9: projections[0].rule.fixed_indegree = 100: each target needs that many different sources: there are only 99 (without autapses); lower the number, or set allow_multapses = true)"},
    {"outdegree",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_outdegree = 200 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
allow_multapses = false
)",
     R"(network.toml:9: projections[0].rule.fixed_outdegree = 200: each source needs that many different targets: there are only 100; lower the number, or set allow_multapses = true)"},
    {"total",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_total_number = 10001 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
allow_multapses = false
)",
     R"(network.toml:9: projections[0].rule.fixed_total_number = 10001: needs that many different pairs: there are only 10000; lower the number, or set allow_multapses = true)"},
    {"negative_number",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = -1 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.fixed_indegree = -1: must be at least 0)"},
    {"one_to_one",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[populations]]
name = "I"
size = 50
model = "lif_exp"
[[projections]]
source = "E"
target = "I"
rule = "one_to_one"
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:13: projections[0].rule = "one_to_one": needs as many sources as targets, but E has 100 neurons and I has 50)"},
    {"slice_range",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E[0:200]"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:7: projections[0].source = "E[0:200]": is out of range: the population has 100 neurons, 0 to 99)"},
    {"slice_empty",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E[50:20]"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:7: projections[0].source = "E[50:20]": holds no neuron)"},
    {"slice_open",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E[50"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:7: projections[0].source = "E[50": a slice ends with "]", for example "E[0:100]")"},
    {"slice_stride",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E[::0]"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:7: projections[0].source = "E[::0]": must have a stride of 1 or more)"},
    {"matrix_shape",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[populations]]
name = "I"
size = 50
model = "lif_exp"
[[projections]]
source = ["E", "I"]
target = ["E", "I"]
rule = { fixed_indegree = [[1, 2]] }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:13: projections[0].rule.fixed_indegree = [[1, 2]]: must be a matrix [target][source] of 2 rows with 2 entries)"},
    {"list_for_matrix",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[populations]]
name = "I"
size = 50
model = "lif_exp"
[[projections]]
source = ["E", "I"]
target = ["E", "I"]
rule = { fixed_indegree = [1, 2] }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:13: projections[0].rule.fixed_indegree = [1, 2]: is a list of 2: for 2 targets and 2 sources write a matrix [target][source], { by_source = [...] } or { by_target = [...] })"},
    {"by_source",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[populations]]
name = "I"
size = 50
model = "lif_exp"
[[projections]]
source = ["E", "I"]
target = ["E", "I"]
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = { by_source = ["1 pA"] }
delay = "1.5 ms"
)",
     R"(network.toml:15: projections[0].weight: by_source must be a list of 2 entries, one for each source)"},
    {"except_pair",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[populations]]
name = "I"
size = 50
model = "lif_exp"
[[projections]]
source = ["E", "I"]
target = "E"
rule = { fixed_indegree = 10 }
receptor = { by_source = ["ex", "in"] }
weight = { by_source = ["1 pA", "-1 pA"] }
delay = "1.5 ms"
[[projections.except]]
target = "I"
weight = 0
)",
     R"(network.toml:18: projections[0].except[0].target = "I": "I" is not a target of this block)"},
    {"no_positions",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { distance = "gaussian", probability = 0.5, sigma = "100 um" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule: population "E" has no positions; give it positions = { grid = [...], spacing = "10 um" })"},
    {"distance_kernel",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { distance = "gausian", probability = 0.5, sigma = "100 um" }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:9: projections[0].rule.distance = "gausian": must be one of gaussian, exponential. Did you mean "gaussian"?)"},
    {"synapse",
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
synapse = "sdtp"
)",
     R"(network.toml:13: projections[0].synapse = "sdtp": no such synapse rule. Did you mean "stdp"? All names: ranvier models)"},
    {"synapse_setting",
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
synapse = { stdp = { lamda = 0.1, tau_plus = 20, w_max = "10 mV", pairing = "nearest", alpha = -1 } }
)",
     R"(network.toml:13: projections[0].synapse.stdp.lamda = 0.1: unknown key. Did you mean "lambda"?
network.toml:13: projections[0].synapse.stdp.alpha = -1: must be >= 0; leave it out for the default of 1
network.toml:13: projections[0].synapse.stdp.tau_plus = 20: has no unit, but a time is needed; write "20 ms"
network.toml:13: projections[0].synapse.stdp.w_max = "10 mV": is a voltage, but a current is needed, for example "100 pA"
network.toml:13: projections[0].synapse.stdp.pairing = "nearest": no such word. Known: all, symmetric, reduced)"},
    {"fraction",
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
dendritic_delay_fraction = 2
)",
     R"(network.toml:13: projections[0].dendritic_delay_fraction = 2: must be between 0 (axonal) and 1 (dendritic))"},
    {"onto_a_source",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[populations]]
name = "S"
size = 100
model = "poisson_source"
[[projections]]
source = "E"
target = "S"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = "20 pA"
delay = "1.5 ms"
)",
     R"(network.toml:12: projections[0].target = "S": population "S" is a source: it receives nothing)"},
    {"column_without_edges",
     R"([[populations]]
name = "E"
size = 100
model = "lif_exp"
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = { column = "w", file = "cells.csv" }
delay = "1.5 ms"
)",
     R"(network.toml:11: projections[0].weight: a column cannot be used here: give one value or a distribution)"},
};

class errors_network_projections : public testing::TestWithParam<Mistake> {};

TEST_P(errors_network_projections, mistake_in_a_projection_is_told_with_line_key_value_and_cure) {
  EXPECT_EQ(problems(std::string("format = 1\n") + GetParam().text, {}), GetParam().problems);
}

INSTANTIATE_TEST_SUITE_P(exact_text, errors_network_projections, testing::ValuesIn(mistakes),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace ranvier::test
