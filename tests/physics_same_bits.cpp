// SPDX-License-Identifier: Apache-2.0
/// One answer, bit for bit, whatever the instruction set, the number of cells, the layout of constants, or how the
/// step function was made.
#include <gtest/gtest.h>

#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

/// Every membrane with every kind of receptor it takes, driven hard enough to fire.
std::vector<CellSetup> all_kinds() {
  const Params fast{{"tau_syn", 0.5}};
  std::vector<CellSetup> out;
  out.push_back({.membrane = "leaky", .params = {{"I_e", 200}}, .receptors = {{"exponential"}}});
  out.push_back({.membrane = "leaky", .params = {{"I_e", 200}}, .receptors = {{"exponential"}, {"exponential", false, fast}}});
  out.push_back({.membrane = "leaky", .receptors = {{"alpha"}, {"alpha", false, fast}}});
  out.push_back({.membrane = "leaky", .receptors = {{"double_exponential"}, {"delta"}, {"exponential"}}});
  out.push_back({.membrane = "leaky", .receptors = {{"delta"}}});
  out.push_back({.membrane = "leaky", .receptors = {{"exponential", true, fast}, {"exponential", true, {{"E_rev", -85}}}}});
  out.push_back({.membrane = "leaky", .receptors = {{"alpha", true}, {"double_exponential", true}, {"exponential"}, {"delta"}}});
  out.push_back({.membrane = "lif_shiu", .receptors = {{"delta_g"}, {"delta"}}});
  out.push_back({.membrane = "lif_shiu", .receptors = {{"exponential"}, {"delta_g"}}});
  out.push_back({.membrane = "adex", .params = {{"I_e", 500}, {"t_ref", 1}}, .receptors = {{"exponential"}, {"exponential"}}});
  out.push_back({.membrane = "adex", .params = {{"I_e", 500}}, .receptors = {{"exponential", true, fast}, {"exponential", true, {{"E_rev", -85}}}}});
  out.push_back({.membrane = "adex", .receptors = {{"alpha", true}, {"double_exponential"}, {"delta"}}});
  out.push_back({.membrane = "izhikevich", .params = {{"I_e", 8}}, .receptors = {{"delta"}}});
  out.push_back({.membrane = "izhikevich", .params = {{"I_e", 8}, {"integrator", 1}}, .receptors = {{"exponential"}, {"exponential"}}});
  out.push_back({.membrane = "hh", .params = {{"I_e", 1000}}, .receptors = {{"exponential"}, {"exponential"}}, .dt = 0.05});
  out.push_back({.membrane = "hh", .params = {{"I_e", 1000}, {"integrator", 1}, {"temperature", 18}, {"detection", 2}, {"t_ref", 2}}, .receptors = {{"alpha", true}, {"delta"}}, .dt = 0.05});
  out.push_back({.membrane = "hh_traub", .receptors = {{"exponential", true, fast}, {"exponential", true, {{"E_rev", -85}}}}, .dt = 0.05});
  out.push_back({.membrane = "hh_traub", .params = {{"I_e", 300}, {"integrator", 1}, {"detection", 0}}, .receptors = {{"double_exponential"}, {"delta"}}});
  return out;
}

/// How much one arrival weighs, in the unit of the receptor, so that cells fire now and then.
double weight_scale(const CellSetup& s, const ReceptorChoice& r) {
  if (r.conductance) return r.params.count("E_rev") ? 5 : 8;
  if (s.membrane == "izhikevich") return 2;
  if (s.membrane == "lif_shiu") return 3;
  return r.kind == "delta" ? 2 : 150;
}

struct Outcome {
  std::vector<std::uint32_t> spikes;  // step, cell, step, cell, ...
  std::vector<double> state;          // of every cell at the end
  bool operator==(const Outcome&) const = default;
};

Outcome run(const CellSetup& setup, int steps) {
  Cells cells(setup);
  std::uint64_t seed = 12345;
  Outcome out;
  // 40 cells are given input whatever the size of the block, so that cell i always gets the same.
  for (int k = 0; k < steps; ++k) {
    for (std::size_t i = 0; i < 40; ++i)
      for (std::size_t r = 0; r < setup.receptors.size(); ++r) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        const auto word = static_cast<std::uint32_t>(seed >> 33);
        if (word % 10 || i >= setup.n) continue;
        const bool inhibits = !setup.receptors[r].conductance && word / 10 % 4 == 0;
        cells.arrive(static_cast<int>(r), i, weight_scale(setup, setup.receptors[r]) * (inhibits ? -1 : 1) * (1 + word / 40 % 100 * 0.01));
      }
    for (const auto cell : cells.step()) out.spikes.insert(out.spikes.end(), {static_cast<std::uint32_t>(k), cell});
  }
  const auto& info = *cells.entry().model->info;
  for (std::size_t i = 0; i < setup.n; ++i) {
    for (const auto& v : info.state) out.state.push_back(cells.get(std::string(v.name), i));
    for (std::size_t r = 0; r < setup.receptors.size(); ++r)
      for (const auto& v : engine::find_receptor(setup.receptors[r].kind)->info->state) out.state.push_back(cells.get(std::to_string(r) + "." + std::string(v.name), i));
  }
  return out;
}

std::string name(const CellSetup& s) {
  std::string out = s.membrane + (s.double_precision ? " double" : " single");
  for (const auto& r : s.receptors) out += " " + r.kind + (r.conductance ? " conductance" : "");
  return out + ", " + std::to_string(s.n) + " cells";
}

template <class Test>
void for_each_kind(Test test) {
  for (CellSetup setup : all_kinds())
    for (const bool dbl : {true, false}) {
      setup.double_precision = setup.wide = dbl;
      test(setup);
    }
}

TEST(SameBits, on_every_instruction_set_and_size) {
  for_each_kind([](CellSetup setup) {
    for (const std::size_t n : {1, 15, 16, 17, 40}) {
      setup.n = n;
      std::vector<std::string> names;
      Outcome first;
      for_each_target([&](const char* target) {
        const Outcome outcome = run(setup, 400);
        if (names.empty()) first = outcome;
        names.emplace_back(target);
        EXPECT_EQ(outcome, first) << name(setup) << ": " << target << " against " << names.front();
      });
      EXPECT_GE(names.size(), 2u) << "nothing was compared";
      EXPECT_TRUE(n != 40 || !first.spikes.empty()) << name(setup) << ": nothing fired";
    }
  });
}

TEST(SameBits, whatever_the_cells_beside_it) {
  for_each_kind([](CellSetup setup) {
    setup.n = 40;
    const Outcome all = run(setup, 300);
    for (const std::size_t n : {1, 15, 16, 17}) {
      setup.n = n;
      const Outcome few = run(setup, 300);
      ASSERT_LE(few.state.size(), all.state.size());
      EXPECT_TRUE(std::equal(few.state.begin(), few.state.end(), all.state.begin())) << name(setup);
    }
  });
}

TEST(SameBits, with_constants_per_cell_and_shared) {
  for_each_kind([](CellSetup setup) {
    setup.n = 17;
    const Outcome shared = run(setup, 300);
    setup.per_cell = true;
    EXPECT_EQ(run(setup, 300), shared) << name(setup);
  });
}

TEST(SameBits, with_the_step_function_made_for_the_receptors) {
  for_each_kind([](CellSetup setup) {
    setup.n = 40;
    const Outcome any = run(setup, 300);
    setup.fixed = true;
    EXPECT_EQ(run(setup, 300), any) << name(setup);
  });
}

TEST(SameBits, visited_at_once_or_group_by_group) {
  for_each_kind([](CellSetup setup) {
    setup.n = 40;
    const Outcome once = run(setup, 300);
    setup.chunk = 16;
    Outcome groups = run(setup, 300);
    // spikes of later groups follow within the step in both
    EXPECT_EQ(groups, once) << name(setup);
  });
}

TEST(SameBits, with_narrow_and_wide_sums) {
  for_each_kind([](CellSetup setup) {
    setup.n = 17;
    const Outcome one = run(setup, 200);
    setup.wide = !setup.wide;
    EXPECT_EQ(run(setup, 200), one) << name(setup);
  });
}

TEST(SameBits, the_usual_lists_of_receptors_have_a_function_of_their_own) {
  const auto made = [](const char* membrane, std::vector<std::pair<const char*, engine::Coupling>> list) {
    std::vector<int> ops;
    for (const auto& [kind, coupling] : list) ops.push_back(engine::receptor_op(kind, coupling));
    const auto* entry = engine::find_membrane(membrane);
    return entry->step_for(false, true, ops.data(), static_cast<int>(ops.size())) != entry->step(false, true);
  };
  using engine::Coupling;
  EXPECT_TRUE(made("leaky", {{"exponential", Coupling::exact}, {"exponential", Coupling::exact}}));
  EXPECT_TRUE(made("leaky", {{"delta", Coupling::exact}}));
  EXPECT_TRUE(made("leaky", {{"alpha", Coupling::exact}, {"alpha", Coupling::exact}}));
  EXPECT_TRUE(made("leaky", {{"exponential", Coupling::conductance}, {"exponential", Coupling::conductance}}));
  EXPECT_TRUE(made("adex", {{"exponential", Coupling::conductance}, {"exponential", Coupling::conductance}}));
  EXPECT_TRUE(made("izhikevich", {{"delta", Coupling::current}}));
  EXPECT_FALSE(made("leaky", {{"alpha", Coupling::exact}, {"delta", Coupling::exact}}));
}

TEST(SameBits, a_decaying_value_ends_at_zero_not_among_the_denormals) {
  for (const bool fixed : {false, true}) {
    Cells cells({.receptors = {{"exponential"}, {"exponential"}}, .double_precision = false, .fixed = fixed});
    cells.set("0.I", 0, 100);
    cells.set("V_m", 0, -69);
    cells.run(20000);
    EXPECT_EQ(cells.get("0.I"), 0);
    EXPECT_EQ(cells.get("V_m"), -70);
    EXPECT_EQ(*static_cast<const float*>(cells.visit().state[0]), 0.0f);
  }
}

}  // namespace
}  // namespace ranvier::tests
