// SPDX-License-Identifier: Apache-2.0
/// Values of network files: numbers, distributions, columns, formulas, parameters, choices.

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// The value of C_m in a population of 4 cells, with lines before the population.
Values capacitance(const std::string& value, const std::string& before = "", const std::filesystem::path& folder = {}, const io::Overrides& overrides = {}) {
  const auto text = "format = 1\n" + before + "\n[[populations]]\nname = \"E\"\nsize = 4\nmodel = \"lif_exp\"\nparams = { C_m = " + value + " }\n";
  return io::parse_network(text, folder / "network.toml", overrides).populations.at(0).params.at("C_m");
}

TEST(io_network_values, a_number_with_unit_is_one_for_all) {
  const auto v = capacitance("\"0.25 nF\"");
  EXPECT_EQ(v.kind, Values::Kind::constant);
  EXPECT_EQ(v.a, 250);
}

TEST(io_network_values, distributions_keep_mean_spread_and_bounds) {
  auto v = capacitance("{ normal = [\"250 pF\", \"25 pF\"], min = \"200 pF\", max = \"0.3 nF\", outside = \"clip\" }");
  EXPECT_EQ(v.kind, Values::Kind::normal);
  EXPECT_EQ(v.a, 250);
  EXPECT_EQ(v.b, 25);
  EXPECT_EQ(v.min, 200);
  EXPECT_EQ(v.max, 300);
  EXPECT_EQ(v.outside, Values::Outside::clip);
  v = capacitance("{ lognormal = [\"250 pF\", \"25 pF\"] }");
  EXPECT_EQ(v.kind, Values::Kind::lognormal);
  EXPECT_EQ(v.max, infinity);
  v = capacitance("{ uniform = [\"200 pF\", \"300 pF\"] }");
  EXPECT_EQ(v.kind, Values::Kind::uniform);
  EXPECT_EQ(v.a, 200);
  EXPECT_EQ(v.b, 300);
  v = capacitance("{ exponential = \"250 pF\" }");
  EXPECT_EQ(v.kind, Values::Kind::exponential);
  EXPECT_EQ(v.a, 250);
}

TEST(io_network_values, relative_spread_follows_the_mean) {
  const auto v = capacitance("{ normal = \"250 pF\", relative_std = 0.1 }");
  EXPECT_EQ(v.a, 250);
  EXPECT_EQ(v.b, 25);
}

TEST(io_network_values, draws_outside_the_legal_range_are_drawn_again) {
  const auto v = capacitance("{ normal = [\"250 pF\", \"25 pF\"] }");
  EXPECT_EQ(v.min, 0);
  EXPECT_EQ(v.outside, Values::Outside::redraw);
}

TEST(io_network_values, a_distribution_without_spread_is_its_mean) {
  EXPECT_EQ(capacitance("{ normal = [\"250 pF\", \"0 pF\"] }").kind, Values::Kind::constant);
  EXPECT_EQ(capacitance("{ uniform = [\"250 pF\", \"250 pF\"] }").a, 250);
}

TEST(io_network_values, columns_come_from_csv_and_hdf5_with_their_unit) {
  const Folder folder;
  folder.write_gz("cells.csv.gz", "id,C\n1,0.2\n2,0.25\n3,0.3\n4,0.35\n");
  io::Hdf5Image image;
  image.dataset("/cells/C", std::vector<double>{200, 250, 300, 350});
  io::OutputFile file(folder / "cells.h5");
  image.write(file);
  file.commit();
  const auto csv = capacitance("{ column = \"C\", file = \"cells.csv.gz\", unit = \"nF\" }", "", folder.path());
  const auto hdf5 = capacitance("{ column = \"/cells/C\", file = \"cells.h5\" }", "", folder.path());
  for (const auto& v : {csv, hdf5}) {
    ASSERT_EQ(v.kind, Values::Kind::column);
    ASSERT_EQ(v.column->size(), 4u);
    EXPECT_DOUBLE_EQ((*v.column)[0], 200);
    EXPECT_DOUBLE_EQ((*v.column)[3], 350);
  }
}

TEST(io_network_values, a_formula_gives_each_neuron_its_own) {
  const auto v = capacitance("{ formula = \"200 pF + 100 pF * $i / $size\" }");
  EXPECT_EQ(*v.column, (std::vector<double>{200, 225, 250, 275}));
}

TEST(io_network_values, parameters_stand_for_any_value) {
  EXPECT_EQ(capacitance("\"$C\"", "[parameters]\nC = \"250 pF\"").a, 250);
  EXPECT_EQ(capacitance("\"= 2 * $C\"", "[parameters]\nC = \"250 pF\"").a, 500);
  EXPECT_EQ(capacitance("\"$C\"", "[parameters]\nC = { normal = [\"$m\", \"1 pF\"] }\nm = \"= 3 * 100 pF\"").a, 300);
}

TEST(io_network_values, a_choice_follows_its_parameter) {
  const std::string before = "[parameters]\nregime = \"AI\"\nC = { choose = \"$regime\", AI = \"1 pF\", SR = \"2 pF\", else = \"3 pF\" }";
  EXPECT_EQ(capacitance("\"$C\"", before).a, 1);
  EXPECT_EQ(capacitance("\"$C\"", before, {}, {.set = {{"regime", "SR"}}}).a, 2);
  EXPECT_EQ(capacitance("\"$C\"", before, {}, {.set = {{"regime", "other"}}}).a, 3);
  EXPECT_EQ(capacitance("\"$C\"", before, {}, {.set = {{"C", "4 pF"}, {"regime", "SR"}}}).a, 4);
}

TEST(io_network_values, set_takes_toml_values_and_bare_words) {
  const std::string before = "[parameters]\nC = \"1 pF\"";
  for (const auto text : {"250 pF", "\"250 pF\"", "= 2 * 125 pF"}) EXPECT_EQ(capacitance("\"$C\"", before, {}, {.set = {{"C", text}}}).a, 250) << text;
}

TEST(io_network_values, parameters_are_listed_after_set) {
  const auto spec = read("format = 1\n[parameters]\nn = 10\ndrive = \"dc\"\n[[populations]]\nname = \"$drive\"\nsize = \"$n\"\nmodel = \"lif_exp\"\n", {.set = {{"n", "20"}}});
  EXPECT_EQ(spec.parameters, (std::map<std::string, std::string>{{"drive", "dc"}, {"n", "20"}}));
  EXPECT_EQ(spec.populations[0].size, 20);
}

TEST(io_network_values, doubling_parameters_forty_times_takes_no_time) {
  std::string before = "[parameters]\nC0 = \"1 pF\"\n";
  for (int i = 1; i <= 40; ++i) before += "C" + std::to_string(i) + " = \"= $C" + std::to_string(i - 1) + " + $C" + std::to_string(i - 1) + "\"\n";
  EXPECT_EQ(capacitance("\"$C40\"", before).a, std::pow(2.0, 40));
}

TEST(io_network_values, overrides_win_over_the_simulation_section) {
  const std::string text = "format = 1\n[simulation]\ndt = \"0.05 ms\"\nduration = \"2 s\"\nwarmup = \"1 s\"\nseed = 5\nthreads = 3\nprecision = \"double\"\nround_delays = false\n"
                           "[[populations]]\nname = \"E\"\nsize = 4\nmodel = \"lif_exp\"\n";
  auto s = read(text).simulation;
  EXPECT_EQ(s.dt_ms, 0.05);
  EXPECT_EQ(s.duration_ms, 2000);
  EXPECT_EQ(s.warmup_ms, 1000);
  EXPECT_EQ(s.seed, 5u);
  EXPECT_EQ(s.threads, 3);
  EXPECT_TRUE(s.double_precision);
  EXPECT_FALSE(s.round_delays);
  s = read(text, {.duration_ms = 7, .warmup_ms = 8, .seed = 9, .threads = 0}).simulation;
  EXPECT_EQ(s.duration_ms, 7);
  EXPECT_EQ(s.warmup_ms, 8);
  EXPECT_EQ(s.seed, 9u);
  EXPECT_EQ(s.threads, 0);
}

TEST(io_network_values, four_seeds_follow_from_one_unless_given) {
  const auto one = read(one_population).simulation;
  EXPECT_EQ(one.seed, 1u);
  const std::set<std::uint64_t> seeds{one.seed_network, one.seed_initial, one.seed_input, one.seed_dynamics};
  EXPECT_EQ(seeds.size(), 4u);
  const auto given = read(std::string(one_population) + "[simulation]\nseed_input = 42\n").simulation;
  EXPECT_EQ(given.seed_input, 42u);
  EXPECT_EQ(given.seed_network, one.seed_network);
}

}  // namespace
}  // namespace ranvier::test
