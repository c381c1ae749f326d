// SPDX-License-Identifier: Apache-2.0
/// Models given as equations, compiled: against closed forms, the built-in models, and Brian2 and NEST (tests/parity/README.md).
#include <gtest/gtest.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>

#include "io/columns.hpp"
#include "io/model_file.hpp"
#include "physics_cells.hpp"

namespace ranvier::tests {
namespace {
namespace fs = std::filesystem;

/// Registers a model file; compiled models are kept beside the test program.
void use(const std::string& file) {
  ::setenv("XDG_CACHE_HOME", (fs::path(RANVIER_BINARY).parent_path() / "test-cache").c_str(), 1);
  io::read_model(fs::path(RANVIER_SOURCE_DIR) / file);
}

std::vector<io::Column> reference_of(const std::string& name, const std::vector<std::string>& names) {
  std::vector<io::ColumnRequest> wanted;
  for (const auto& n : names) wanted.push_back({n, io::ColumnType::real});
  return io::read_columns(fs::path(RANVIER_SOURCE_DIR) / "tests/parity/data" / name, wanted);
}

/// 300 lines of one model of equations_brian2.csv, held against our cell step by step.
void follow(int model, Cells& cells, const std::string& x, const std::string& y, int steps_per_ms, double tolerance) {
  const auto table = reference_of("equations_brian2.csv", {"model", "time_ms", "x", "y", "spikes"});
  std::size_t spikes = 0, lines = 0;
  for (std::size_t row = 0; row < table[0].real.size(); ++row) {
    if (table[0].real[row] != model) continue;
    ++lines;
    for (int k = 0; k < steps_per_ms; ++k) spikes += cells.step().size();
    ASSERT_NEAR(cells.get(x), table[2].real[row], tolerance) << table[1].real[row] << " ms";
    ASSERT_NEAR(cells.get(y), table[3].real[row], tolerance) << table[1].real[row] << " ms";
    ASSERT_EQ(static_cast<double>(spikes), table[4].real[row]) << table[1].real[row] << " ms";
  }
  EXPECT_EQ(lines, 300u);
}

TEST(EquationsModels, lif_follows_the_closed_forms_of_a_current_step_and_of_an_exponential_current) {
  use("examples/models/lif_equations.toml");
  Cells step({.membrane = "lif_equations", .params = {{"V_th", 1000}}});
  step.current(0, 300);
  for (int k = 1; k <= 500; ++k) {
    step.step();
    EXPECT_NEAR(step.get("V"), -70 + 300 * 10 / 250.0 * (1 - std::exp(-k * 0.1 / 10)), 1e-11);
  }
  const double tau = 10, tau_syn = 2, C_m = 250, w = 500;
  Cells psp({.membrane = "lif_equations", .receptors = {{"exponential", false, {{"tau_syn", tau_syn}}}}});
  psp.arrive(0, 0, w);
  psp.step();
  for (int k = 1; k <= 500; ++k) {
    psp.step();
    const double t = k * 0.1, closed = w / C_m / (1 / tau_syn - 1 / tau) * (std::exp(-t / tau) - std::exp(-t / tau_syn));
    EXPECT_NEAR(psp.get("V"), -70 + closed, 1e-11);
  }
}

/// Both membranes under the same arrivals; the spikes of all cells in all steps.
std::vector<std::uint32_t> trains(const CellSetup& setup, double weight, int steps) {
  Cells cells(setup);
  std::uint64_t seed = 99;
  std::vector<std::uint32_t> out;
  for (int k = 0; k < steps; ++k) {
    for (std::size_t i = 0; i < setup.n; ++i)
      for (std::size_t r = 0; r < setup.receptors.size(); ++r) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        if ((seed >> 33) % 8 == 0) cells.arrive(static_cast<int>(r), i, r == 0 ? weight : -0.4 * weight);
      }
    for (const auto cell : cells.step()) out.insert(out.end(), {static_cast<std::uint32_t>(k), cell});
  }
  return out;
}

TEST(EquationsModels, lif_gives_every_spike_of_the_built_in_lif_exp) {
  use("examples/models/lif_equations.toml");
  for (const bool double_precision : {false, true})
    for (const bool per_cell : {false, true}) {
      CellSetup setup{.membrane = "leaky", .receptors = {{"exponential"}, {"exponential", false, {{"tau_syn", 5}}}}, .n = 37, .double_precision = double_precision, .per_cell = per_cell};
      const auto built_in = trains(setup, 700, 2000);
      setup.membrane = "lif_equations";
      EXPECT_GT(built_in.size(), 200u);
      EXPECT_EQ(trains(setup, 700, 2000), built_in);
    }
}

TEST(EquationsModels, lif_with_conductances_is_the_built_in_to_rounding) {
  use("examples/models/lif_equations.toml");
  const std::vector<ReceptorChoice> receptors{{"exponential", true, {{"E_rev", 0}}}, {"alpha", true, {{"E_rev", -80}}}};
  Cells own({.membrane = "lif_equations", .receptors = receptors}), built_in({.membrane = "leaky", .receptors = receptors});
  for (int k = 0; k < 2000; ++k) {
    for (Cells* c : {&own, &built_in}) {
      if (k % 37 == 0) c->arrive(0, 0, 30);
      if (k % 101 == 0) c->arrive(1, 0, 10);
      c->step();
    }
    ASSERT_NEAR(own.get("V"), built_in.get("V_m"), 1e-10) << k;
  }
}

TEST(EquationsModels, izhikevich_with_Euler_is_the_built_in_bit_by_bit_and_Brian2s_to_rounding) {
  use("examples/models/izhikevich_equations.toml");
  for (const bool double_precision : {false, true}) {
    Cells own({.membrane = "izhikevich_equations", .receptors = {{"delta"}}, .n = 5, .double_precision = double_precision});
    Cells built_in({.membrane = "izhikevich", .params = {{"integrator", 1}, {"I_e", 10}}, .receptors = {{"delta"}}, .n = 5, .double_precision = double_precision});
    for (std::size_t i = 0; i < 5; ++i) own.current(i, 10);
    std::size_t spikes = 0;
    for (int k = 0; k < 5000; ++k) {
      if (k % 50 == 0) own.arrive_all(0, 3), built_in.arrive_all(0, 3);
      const auto fired = own.step();
      spikes += fired.size();
      ASSERT_EQ(fired, built_in.step()) << k;
      ASSERT_EQ(own.get("v", 3), built_in.get("v", 3)) << k;
      ASSERT_EQ(own.get("u", 3), built_in.get("u", 3)) << k;
    }
    EXPECT_GT(spikes, 50u);
  }
  Cells cell({.membrane = "izhikevich_equations"});
  cell.current(0, 10);
  follow(0, cell, "v", "u", 10, 1e-7);  // rounding, which grows from spike to spike
}

TEST(EquationsModels, adex_with_Runge_Kutta_is_Brian2s_to_rounding) {
  use("tests/models/adex_rk4.toml");
  Cells cell({.membrane = "adex_rk4", .dt = 0.05});
  cell.current(0, 700);
  follow(1, cell, "V", "w", 20, 1e-8);
}

TEST(EquationsModels, two_coupled_linear_equations_are_exact_as_in_Brian2_while_held_too) {
  use("tests/models/lif_adapting.toml");
  Cells cell({.membrane = "lif_adapting", .params = {{"t_ref", 1.9}}});  // Brian2 counts its refractory 2 ms from the start of the spike's step
  cell.current(0, 600);
  follow(2, cell, "V", "w", 10, 1e-9);
}

TEST(EquationsModels, hodgkin_huxley_with_exponential_Euler_is_Brian2s_to_rounding) {
  use("tests/models/hh_traub_equations.toml");
  const auto reference = reference_of("hh_traub_brian2.csv", {"time_ms", "cell", "I_pA", "V_start_mV", "V_m", "m", "h", "n", "spikes"});
  for (std::size_t cell = 0; cell < 3; ++cell) {
    const auto at = [&](std::size_t ms, std::size_t column) { return reference[column].real[3 * ms + cell]; };
    Cells cells({.membrane = "hh_traub_equations", .params = {{"V_0", at(0, 3)}}});
    cells.current(0, at(0, 2));
    const auto* model = cells.entry().model;
    std::vector<double> p, before{0};  // the potential as it is stored: relative to V_0
    for (const auto& parameter : model->info->parameters) p.push_back(parameter.name == "V_0" ? at(0, 3) : parameter.default_value);
    for (int k = 1; k < 4; ++k) {
      before.push_back(model->initial(p.data(), before.data(), k));
      cells.set(std::string(model->info->state[static_cast<std::size_t>(k)].name), 0, before.back());
    }
    std::size_t spikes = 0;
    for (std::size_t ms = 0; ms < 100; ++ms) {
      for (int k = 0; k < 10; ++k) spikes += cells.step().size();
      EXPECT_NEAR(cells.get("V"), at(ms, 4), 1e-8) << "cell " << cell << ", " << ms + 1 << " ms";  // rounding, amplified in upstrokes
      EXPECT_NEAR(cells.get("m"), at(ms, 5), 1e-10);
      EXPECT_NEAR(cells.get("h"), at(ms, 6), 1e-10);
      EXPECT_NEAR(cells.get("n"), at(ms, 7), 1e-10);
      EXPECT_EQ(static_cast<double>(spikes), at(ms, 8));
    }
  }
}

TEST(EquationsModels, a_threshold_that_moves_is_NESTs_mat2_psc_exp_spike_by_spike) {
  use("examples/models/mat2.toml");
  const auto table = reference_of("mat2_nest.csv", {"time_ms", "V_mV", "threshold_mV", "spikes"});
  Cells cell({.membrane = "mat2"});
  cell.current(0, 600);
  std::size_t spikes = 0;
  ASSERT_EQ(table[0].real.size(), 500u);
  for (std::size_t row = 0; row < 500; ++row) {
    // NEST applies I_e from the start; both record the state at the end of a step.
    for (int k = 0; k < 10; ++k) spikes += cell.step().size();
    ASSERT_NEAR(cell.get("V"), table[1].real[row], 1e-10) << row + 1 << " ms";
    ASSERT_NEAR(-51 + cell.get("h1") + cell.get("h2"), table[2].real[row], 1e-10) << row + 1 << " ms";
    ASSERT_EQ(static_cast<double>(spikes), table[3].real[row]) << row + 1 << " ms";
  }
  EXPECT_EQ(spikes, 17u);
}

/// Interval between the spikes of a cell under a constant current, in ms.
double interval(const std::string& membrane, double dt, std::size_t which) {
  Cells cells({.membrane = membrane, .dt = dt});
  cells.current(0, 700);
  const auto train = cells.train(static_cast<int>(400 / dt));
  return dt * (train.at(which + 1) - train.at(which));
}

TEST(EquationsModels, adex_approaches_the_built_in_as_the_step_becomes_small) {
  use("examples/models/adex_equations.toml");
  // Exponential Euler is of first order and takes the upswing in one step; the built-in is of second order.
  for (std::size_t k = 0; k < 3; ++k) {
    const double truth = interval("adex", 0.001, k);
    EXPECT_NEAR(interval("adex_equations", 0.1, k), truth, 0.5) << k;
    EXPECT_NEAR(interval("adex_equations", 0.005, k), truth, 0.03) << k;
  }
}

TEST(EquationsModels, spikes_are_the_same_on_both_vector_instruction_sets_and_in_blocks_of_any_size) {
  use("examples/models/lif_equations.toml");
  const CellSetup setup{.membrane = "lif_equations", .receptors = {{"exponential"}, {"exponential", false, {{"tau_syn", 5}}}}, .n = 37, .double_precision = false};
  const auto expected = trains(setup, 700, 1000);
  for_each_target([&](const std::string& target) {
    if (target.starts_with("EMU") || target == "SCALAR") return;  // compiled in a quarter of a minute: docs/own-models.md
    EXPECT_EQ(trains(setup, 700, 1000), expected) << target;
    CellSetup small = setup;
    small.chunk = 16;
    EXPECT_EQ(trains(small, 700, 1000), expected) << target;
  });
}

/// What tests/models/every_function.toml says, in mV/ms.
double every_function(double V) {
  const double x = V / 10, y = 1 + x * x, k[] = {1.25, 0.5, -0.75, 2, 0.125, -1.5};
  double sum = std::exp(x) + std::expm1(x) + (x == 0 ? 1 : std::expm1(x) / x) + std::log(y) + std::log1p(y) + std::sqrt(y) + std::fabs(x) + std::sin(x) + std::cos(x) + std::tanh(x);
  sum += std::min(x, y) + std::max(x, y) + std::clamp(x, -0.5, 0.5) + ((x < 0 && !(y > 2)) || y >= 1.5 ? x : -y) + (x <= 0.2 ? 0 : 1);
  sum += std::pow(y, 1.7) + x * x * x + 1 / (y * y) + std::pow(y, k[0]) - x / y;
  for (int a = 0; a < 6; ++a)
    for (int b = a + 1; b < 6; ++b) sum += (k[a] + 2 * k[b]) * x + (k[a] - k[b]) * y;
  return sum;
}

TEST(EquationsModels, every_function_and_operation_does_in_the_step_what_it_says) {
  use("tests/models/every_function.toml");
  for (const bool double_precision : {true, false}) {
    Cells cells({.membrane = "every_function", .n = 41, .double_precision = double_precision});
    for (std::size_t i = 0; i < 41; ++i) cells.set("V", i, static_cast<double>(i) - 20);
    cells.step();
    for (std::size_t i = 0; i < 41; ++i) {
      const double V = static_cast<double>(i) - 20, rate = every_function(V);
      EXPECT_NEAR(cells.get("V", i), V + 0.1 * rate, (double_precision ? 1e-14 : 1e-5) * (1 + std::fabs(rate))) << V;
    }
  }
}

TEST(EquationsModels, parameters_that_cannot_be_are_refused_when_a_network_is_built) {
  use("examples/models/lif_equations.toml");
  const auto& model = *engine::find_membrane("lif_equations")->model;
  std::vector<double> p;
  for (const auto& parameter : model.info->parameters) p.push_back(parameter.default_value);
  p.push_back(0);
  EXPECT_EQ(model.validate(p.data(), 0.1), nullptr);
  auto zero = p;
  zero[1] = 0;
  EXPECT_STREQ(model.validate(zero.data(), 0.1), "C_m = 0, but an equation of model \"lif_equations\" divides by it");
  auto above = p;
  above[4] = -50;
  EXPECT_NE(std::string(model.validate(above.data(), 0.1)).find("fires in every step"), std::string::npos);
}

}  // namespace
}  // namespace ranvier::tests
