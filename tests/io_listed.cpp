// SPDX-License-Identifier: Apache-2.0
/// Values, edges, spikes and places that stand in a network file, or that a program hands over as arrays.

#include <gtest/gtest.h>

#include "io/toml_tree.hpp"
#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

constexpr std::string_view two_cells = R"(format = 1
[[populations]]
name = "E"
size = 3
model = "lif_exp"
)";

std::string problems_of(const std::string& more) {
  try {
    read(std::string(two_cells) + more);
  } catch (const InputError& e) {
    return e.what();
  }
  return {};
}

std::string projection(const std::string& rule, const std::string& weight) {
  return "[[projections]]\nsource = \"E\"\ntarget = \"E\"\nreceptor = \"ex\"\nrule = " + rule + "\nweight = " + weight + "\ndelay = \"1 ms\"\n";
}

TEST(io_listed, values_carry_units_or_share_one) {
  const auto own = read(std::string(two_cells) + "params = { tau_m = { values = [\"10 ms\", \"0.02 s\", \"30 ms\"] } }\n");
  const auto shared = read(std::string(two_cells) + "params = { tau_m = { values = [10, 20.0, 30], unit = \"ms\" } }\n");
  EXPECT_EQ(*own.populations[0].params.at("tau_m").column, (std::vector<double>{10, 20, 30}));
  EXPECT_EQ(*shared.populations[0].params.at("tau_m").column, (std::vector<double>{10, 20, 30}));
}

TEST(io_listed, wrong_values_are_refused_one_by_one) {
  EXPECT_EQ(problems_of("params = { tau_m = { values = [\"10 ms\", \"1 mV\", 3] } }\n"),
            "network.toml:6: populations[0].params.tau_m.values[1] = \"1 mV\": is a voltage, but a time is needed, for example \"20 ms\"\n"
            "network.toml:6: populations[0].params.tau_m.values[2] = 3: has no unit, but a time is needed; write \"3 ms\"");
  EXPECT_NE(problems_of("params = { tau_m = { values = [10, 20], unit = \"ms\" } }\n").find("the list has 2 values, but there are 3 neurons"), std::string::npos);
  EXPECT_NE(problems_of("params = { tau_m = { values = [10, -20, 1], unit = \"ms\" } }\n").find("the value -20 ms of neuron 1 must be > 0 ms"), std::string::npos);
}

TEST(io_listed, edges_stand_in_the_file) {
  const auto spec = read(std::string(two_cells) + projection("{ edges = { source = [0, 2], target = [1, 1] } }", "{ values = [\"1 pA\", \"2 pA\"] }"));
  EXPECT_EQ(*spec.projections[0].rule.edge_sources, (std::vector<std::int64_t>{0, 2}));
  EXPECT_EQ(*spec.projections[0].rule.edge_targets, (std::vector<std::int64_t>{1, 1}));
  EXPECT_EQ(*spec.projections[0].weight.column, (std::vector<double>{1, 2}));
}

TEST(io_listed, edges_to_nobody_are_refused_or_left_out) {
  EXPECT_NE(problems_of(projection("{ edges = { source = [0, 3], target = [1, 1] } }", "\"1 pA\"")).find("edge 1: source 3 is out of range: there are 3 sources, 0 to 2"), std::string::npos);
  EXPECT_NE(problems_of(projection("{ edges = { source = [0], target = [1, 1] } }", "\"1 pA\"")).find("has 1 sources, but 2 targets"), std::string::npos);
  EXPECT_NE(problems_of(projection("{ edges = { source = [0, 1.5], target = [1, 1] } }", "\"1 pA\"")).find("must be a whole number"), std::string::npos);
  EXPECT_NE(problems_of(projection("{ edges = { source = [0] } }", "\"1 pA\"")).find("target is missing"), std::string::npos);
  const auto spec = read(std::string(two_cells) + projection("{ edges = { source = [0, 3, 1], target = [1, 1, -1] }, skip_unknown = true }", "\"1 pA\""));
  EXPECT_EQ(*spec.projections[0].rule.edge_sources, (std::vector<std::int64_t>{0}));
}

TEST(io_listed, places_stand_in_the_file) {
  const auto spec = read(std::string(two_cells) + "positions = { places = [[\"0 um\", \"1 um\"], [\"2 um\", \"3 um\"], [\"1 mm\", 0]] }\n");
  EXPECT_EQ(spec.populations[0].dimensions, 2);
  EXPECT_EQ(spec.populations[0].positions_um, (std::vector<double>{0, 1, 2, 3, 1000, 0}));
  EXPECT_NE(problems_of("positions = { places = [[0, 0], [0, 0]] }\n").find("has 2 places, but the population has 3 neurons"), std::string::npos);
  EXPECT_NE(problems_of("positions = { places = [[0, 0], [0, 0, 0], [0, 0]] }\n").find("as many coordinates as the first"), std::string::npos);
}

// --- from a program

io::Node text(std::string s) {
  io::Node node{.kind = io::Node::Kind::text};
  node.text = std::move(s);
  return node;
}
io::Node whole(std::int64_t i) {
  io::Node node{.kind = io::Node::Kind::integer};
  node.integer = i;
  node.real = static_cast<double>(i);
  return node;
}
io::Node numbers(std::vector<double> values) {
  io::Node node{.kind = io::Node::Kind::numbers};
  node.reals = std::make_shared<const std::vector<double>>(std::move(values));
  return node;
}
io::Node table(std::vector<io::Entry> entries) {
  io::Node node;
  node.entries = std::move(entries);
  return node;
}
NetworkSpec with_tau(io::Node tau) {
  io::Node populations{.kind = io::Node::Kind::array};
  populations.items.push_back(table({{"name", text("E")}, {"size", whole(3)}, {"model", text("lif_exp")}, {"params", table({{"tau_m", std::move(tau)}})}}));
  return io::read_tree(table({{"format", whole(1)}, {"populations", std::move(populations)}}), "mine", {});
}

TEST(io_listed, a_program_s_numbers_are_in_the_units_of_the_table) {
  EXPECT_EQ(with_tau(whole(15)).populations[0].params.at("tau_m").a, 15);
  EXPECT_EQ(with_tau(text("15 ms")).populations[0].params.at("tau_m").a, 15);
  EXPECT_EQ(*with_tau(numbers({1, 2, 3})).populations[0].params.at("tau_m").column, (std::vector<double>{1, 2, 3}));
}

TEST(io_listed, a_program_s_arrays_are_not_copied) {
  const io::Node tau = numbers({1, 2, 3});
  EXPECT_EQ(with_tau(tau).populations[0].params.at("tau_m").column, tau.reals);
}

TEST(io_listed, a_program_s_mistakes_are_named_like_a_file_s) {
  const auto problem = [](io::Node tau) -> std::string {
    try {
      with_tau(std::move(tau));
    } catch (const InputError& e) {
      return e.what();
    }
    return {};
  };
  EXPECT_EQ(problem(numbers({1, 2})), "mine: populations[0].params.tau_m = <array of 2>: the array has 2 values, but there are 3 neurons");
  EXPECT_EQ(problem(numbers({1, std::numeric_limits<double>::quiet_NaN(), 3})),
            "mine: populations[0].params.tau_m = <array of 3>: the array: the value nan ms of neuron 1 must be a finite number");
  EXPECT_EQ(problem(whole(-1)), "mine: populations[0].params.tau_m = -1: must be > 0 ms; leave it out for the default of 10 ms");
}

}  // namespace
}  // namespace ranvier::test
