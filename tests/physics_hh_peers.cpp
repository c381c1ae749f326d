// SPDX-License-Identifier: Apache-2.0
/// Hodgkin-Huxley cells against what NEST (adaptive, with synapses) and Brian2 (exponential Euler) computed; how the
/// references were made is in tests/parity/README.md.
#include <gtest/gtest.h>

#include <fstream>

#include <nlohmann/json.hpp>

#include "io/columns.hpp"
#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {

std::filesystem::path data(const std::string& name) { return std::filesystem::path(RANVIER_SOURCE_DIR) / "tests/parity/data" / name; }

std::vector<io::Column> columns(const std::string& name, const std::vector<std::string>& names) {
  std::vector<io::ColumnRequest> wanted;
  for (const auto& n : names) wanted.push_back({n, io::ColumnType::real});
  return io::read_columns(data(name), wanted);
}

TEST(HhPeers, exponential_Euler_is_Brian2s_to_rounding) {
  const auto reference = columns("hh_traub_brian2.csv", {"time_ms", "cell", "I_pA", "V_start_mV", "V_m", "m", "h", "n", "spikes"});
  const auto row = [&](std::size_t k) { return [&, k](int column) { return reference[static_cast<std::size_t>(column)].real[k]; }; };
  ASSERT_EQ(reference[0].real.size(), 300u);
  for (std::size_t cell = 0; cell < 3; ++cell) {
    const auto start = row(cell);
    // A cell starts at its E_L with gates in equilibrium; the current makes up for the leak that is moved there.
    const double V_start = start(3);
    Cells cells({.membrane = "hh_traub", .params = {{"integrator", 1}, {"E_L", V_start}, {"I_e", start(2) + 10 * (-60 - V_start)}}, .dt = 0.1});
    std::size_t spikes = 0;
    for (std::size_t ms = 0; ms < 100; ++ms) {
      for (int k = 0; k < 10; ++k) spikes += cells.step().size();
      const auto expected = row(3 * ms + cell);
      ASSERT_EQ(expected(0), static_cast<double>(ms + 1));
      ASSERT_EQ(expected(1), static_cast<double>(cell));
      EXPECT_NEAR(cells.get("V_m"), expected(4), 1e-9) << "cell " << cell << ", " << ms + 1 << " ms";  // rounding, amplified in upstrokes
      EXPECT_NEAR(cells.get("m"), expected(5), 1e-11);
      EXPECT_NEAR(cells.get("h"), expected(6), 1e-11);
      EXPECT_NEAR(cells.get("n"), expected(7), 1e-11);
      EXPECT_EQ(static_cast<double>(spikes), expected(8));
    }
  }
}

struct Nest {
  nlohmann::json head;
  std::vector<io::Column> table;  // V_m, m, h, n at every 0.1 ms
};

Nest nest(const std::string& name) {
  std::ifstream in(data("nest/" + name + ".json"));
  return {nlohmann::json::parse(in), columns("nest/" + name + ".csv.gz", {"V_m", "Act_m", "Inact_h", "Act_n"})};
}

/// The cell of a reference, with a step that divides 0.1 ms into `fine`.
CellSetup setup_of(const Nest& reference, const std::string& membrane, const std::vector<ReceptorChoice>& receptors, double V_th, int fine) {
  CellSetup setup{.membrane = membrane, .params = {{"detection", 2}, {"V_th", V_th}}, .receptors = receptors, .dt = 0.1 / fine};
  for (const auto& p : engine::find_membrane(membrane)->model->info->parameters) {
    const std::string name(p.name);
    if (reference.head["parameters"].contains(name)) setup.params[name] = reference.head["parameters"][name].get<double>();
  }
  return setup;
}

/// The largest difference of V_m between spikes (where NEST's moves by less than 3 mV/ms), and stamps in steps of 0.1 ms.
struct Difference {
  double between_spikes = 0;
  std::vector<double> stamps;
};

Difference compare(const Nest& reference, const CellSetup& setup, int fine) {
  Cells cells(setup);
  std::map<int, std::vector<std::pair<int, double>>> arrivals;  // by step of 0.1 ms
  for (const auto& input : reference.head["inputs"])
    for (const double t : input["times_ms"]) {
      const bool ex = input["receptor"] == "ex";
      double weight = input["weight"].get<double>();
      if (setup.receptors[ex ? 0 : 1].conductance) weight = std::fabs(weight);
      arrivals[static_cast<int>(std::lround((t + input["delay_ms"].get<double>()) * 10))].emplace_back(ex ? 0 : 1, weight);
    }
  Difference out;
  for (std::size_t k = 0; k < reference.table[0].real.size(); ++k) {
    const int step = static_cast<int>(k) + 1;
    for (int part = 1; part <= fine; ++part) {
      if (part == fine)
        for (const auto& [receptor, weight] : arrivals[step]) cells.arrive(receptor, 0, weight);
      if (!cells.step().empty()) out.stamps.push_back(cells.visit().step / static_cast<double>(fine));
    }
    const auto& V = reference.table[0].real;
    if (k > 0 && V[k] < -45 && std::fabs(V[k] - V[k - 1]) < 0.3) out.between_spikes = std::max(out.between_spikes, std::fabs(cells.get("V_m") - V[k]));
  }
  return out;
}

void expect_same(const Nest& reference, const Difference& found, double mV) {
  EXPECT_LT(found.between_spikes, mV);
  const auto& theirs = reference.head["spike_steps"];
  ASSERT_EQ(found.stamps.size(), theirs.size());
  // Both rules wait until V falls; NEST looks every 0.1 ms.
  for (std::size_t k = 0; k < theirs.size(); ++k) EXPECT_NEAR(found.stamps[k], theirs[k].get<double>(), 1.5) << k;
}

TEST(HhPeers, hh_traub_with_conductances_is_NESTs_hh_cond_exp_traub) {
  const Nest reference = nest("hh_traub");
  const std::vector<ReceptorChoice> receptors{{"exponential", true, {{"tau_syn", 5}, {"E_rev", 0}}}, {"exponential", true, {{"tau_syn", 10}, {"E_rev", -80}}}};
  expect_same(reference, compare(reference, setup_of(reference, "hh_traub", receptors, -33, 20), 20), 0.02);
}

TEST(HhPeers, hh_with_alpha_currents_is_NESTs_hh_psc_alpha) {
  const Nest reference = nest("hh");
  const std::vector<ReceptorChoice> receptors{{"alpha", false, {{"tau_syn", 0.5}}}, {"alpha", false, {{"tau_syn", 2}}}};
  expect_same(reference, compare(reference, setup_of(reference, "hh", receptors, 0, 20), 20), 0.02);
}

}  // namespace
}  // namespace ranvier::tests
