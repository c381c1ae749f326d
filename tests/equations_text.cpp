// SPDX-License-Identifier: Apache-2.0
/// Models given as equations: what is read from text, and what is refused. Nothing is compiled here.
#include <gtest/gtest.h>

#include <cmath>

#include "equations/expression.hpp"
#include "equations/model.hpp"
#include "equations/step.hpp"

namespace ranvier::equations {
namespace {

/// A leaky neuron, to be spoilt by each test.
ModelText leaky() {
  ModelText m{.name = "own", .equations = "dV/dt = (g_L*(E_L - V) + I)/C_m : mV", .threshold = "V > V_th", .reset = "V = E_L"};
  m.parameters = {{"g_L", "25 nS"}, {"C_m", "250 pF"}, {"E_L", "-70 mV"}, {"V_th", "-55 mV"}};
  m.state = {{"V", "E_L"}};
  return m;
}

/// All problems, a line each: "key: what".
std::string problems(const ModelText& text) {
  std::vector<Problem> list;
  const Model model = describe(text, list);
  std::string all;
  for (const auto& p : list) all += p.key + ": " + p.what + "\n";
  if (list.empty()) {
    try {
      plan_step(model);
    } catch (const FormulaError& e) {
      all = std::string("model.method: ") + e.what() + "\n";
    }
  }
  return all;
}

template <class Change>
std::string problems_with(Change change) {
  ModelText m = leaky();
  change(m);
  return problems(m);
}

#define EXPECT_HAS(text, part) EXPECT_NE((text).find(part), std::string::npos) << (text)

double value(const std::string& formula) {
  const std::vector<std::string> names{"x", "y"};
  const double values[] = {2, 3};
  return Formula(parse(formula), names)(values);
}

TEST(EquationsText, operators_bind_as_in_mathematics) {
  EXPECT_EQ(value("1 + 2*3^2"), 19);
  EXPECT_EQ(value("-x^2"), -4);
  EXPECT_EQ(value("2^-1"), 0.5);
  EXPECT_EQ(value("x**y - 8/2/2"), 6);
  EXPECT_EQ(value("where(x < y and not (x > y), 10, 20)"), 10);
  EXPECT_EQ(value("where(x < y and x > y or y >= 3, 10, 20)"), 10);
  EXPECT_EQ(value("clip(y, 0, 1) + min(x, y) + max(x, y) + abs(-4) + pow(x, 3)"), 18);
  EXPECT_EQ(value("10 - 2 - 3"), 5);
}

TEST(EquationsText, functions_of_parameters_are_those_of_the_C_library_to_rounding) {
  for (const double x : {-1.5, -0.01, 0.3, 2.0, 7.5}) {
    const double values[] = {x};
    const std::vector<std::string> names{"x"};
    const auto f = [&](const std::string& text) { return Formula(parse(text), names)(values); };
    EXPECT_NEAR(f("exp(x)"), std::exp(x), 1e-14 * std::exp(x));
    EXPECT_NEAR(f("tanh(x)"), std::tanh(x), 1e-15);
    EXPECT_NEAR(f("expm1(x)"), std::expm1(x), 1e-14 * std::fabs(std::expm1(x)));
    EXPECT_NEAR(f("exprel(x)"), std::expm1(x) / x, 1e-14 * std::expm1(x) / x);
    EXPECT_NEAR(f("log1p(abs(x))"), std::log1p(std::fabs(x)), 1e-14);
    EXPECT_NEAR(f("sin(x) + cos(x)"), std::sin(x) + std::cos(x), 1e-14);
    EXPECT_NEAR(f("sqrt(abs(x))*log(abs(x))"), std::sqrt(std::fabs(x)) * std::log(std::fabs(x)), 1e-14);
  }
}

TEST(EquationsText, a_formula_printed_and_read_again_is_the_same) {
  for (const char* text : {"a - (b - c)", "a/(b*c)", "(a + b)*c", "-(a + b)", "a^(b + 1)", "(-a)^2", "where(a < b or not c > 1, a, -b)", "exp(-a/b)*0.1"}) {
    const std::string once = to_text(parse(text));
    EXPECT_EQ(to_text(parse(once)), once) << text;
  }
  EXPECT_EQ(to_text(parse("(a - b) - c")), "a - b - c");
  EXPECT_EQ(to_text(parse("a - (b - c)")), "a - (b - c)");
}

TEST(EquationsText, derivatives_are_the_limits_of_difference_quotients) {
  const std::vector<std::string> names{"x", "y"};
  for (const char* text : {"x^3*y - y/x", "exp(x*y)/(1 + x^2)", "exprel(x - 1.99)*x", "exprel(0.5*x)", "sqrt(x)*log(x) + log1p(x)", "sin(x)*cos(2*x) + tanh(x)", "where(x > 1, x^2, x)",
                           "min(x, y)*max(x, y)*clip(x, 0, 5)*abs(x - 3)", "x^y + y^x", "expm1(x/y)", "1/(1 + exp((y - x)/0.5))"}) {
    const Formula f(parse(text), names), slope(derivative(parse(text), "x"), names);
    const double h = 1e-5, left[] = {2 - h, 3}, right[] = {2 + h, 3}, at[] = {2, 3};
    EXPECT_NEAR(slope(at), (f(right) - f(left)) / (2 * h), 1e-8 * std::max(1.0, std::fabs(slope(at)))) << text;
  }
}

TEST(EquationsText, a_matrix_exponential_agrees_with_the_closed_form) {
  // dx/dt = -x/tau_1 + y + 2 I + 3, dy/dt = -y/tau_2: x from y is a difference of exponentials.
  const double tau_1 = 5, tau_2 = 12, dt = 4;
  std::vector<double> P, R, Q;
  propagator({{-1 / tau_1, 1}, {0, -1 / tau_2}}, {2, 0}, {3, 0}, dt, P, R, Q);
  const double a = std::exp(-dt / tau_1), b = std::exp(-dt / tau_2);
  EXPECT_NEAR(P[0], a, 1e-14);  // each of the five squarings of so long a step may double the error
  EXPECT_NEAR(P[1], (b - a) / (1 / tau_1 - 1 / tau_2), 1e-13);
  EXPECT_EQ(P[2], 0);
  EXPECT_NEAR(P[3], b, 1e-14);
  EXPECT_NEAR(R[0], 2 * tau_1 * (1 - a), 1e-13);
  EXPECT_NEAR(Q[0], 3 * tau_1 * (1 - a), 1e-13);
  propagator({{0, 1}, {-1, 0}}, {0, 0}, {0, 0}, 20, P, R, Q);  // a rotation by many turns
  EXPECT_NEAR(P[0], std::cos(20.0), 1e-12);
  EXPECT_NEAR(P[1], std::sin(20.0), 1e-12);
}

TEST(EquationsText, the_leaky_neuron_is_found_linear_and_kept_relative_to_its_rest) {
  std::vector<Problem> none;
  const Step step = plan_step(describe(leaky(), none));
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(step.method, Method::exact);
  EXPECT_TRUE(step.linear.joint);
  EXPECT_EQ(step.relative_to, 2);
  EXPECT_EQ(to_text(step.threshold), "$u > V_th - E_L");
  EXPECT_EQ(to_text(step.reset[0].value), "0");
  EXPECT_EQ(to_text(step.linear.c[0]), "0");  // no constant current is left of g_L (E_L - V)
}

TEST(EquationsText, a_variable_that_follows_the_potential_ends_the_joint_propagator) {
  ModelText m = leaky();
  m.equations += "\ndw/dt = (2 nS*(V - E_L) - w)/(50 ms) : pA";
  std::vector<Problem> none;
  const Step coupled = plan_step(describe(m, none));
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(coupled.method, Method::exact);
  EXPECT_FALSE(coupled.linear.joint);
  m.equations = "dV/dt = (g_L*(E_L - V) + I - w)/C_m : mV\ndw/dt = -w/(50 ms) : pA";
  EXPECT_TRUE(plan_step(describe(m, none)).linear.joint);
  EXPECT_TRUE(none.empty());
}

// --- mistakes

TEST(EquationsText, a_model_without_mistakes_has_no_problems) { EXPECT_EQ(problems(leaky()), ""); }

TEST(EquationsText, a_right_side_of_the_wrong_unit_is_told_with_both_units) {
  const auto text = problems_with([](ModelText& m) { m.equations = "dV/dt = g_L*(E_L - V) + I : mV"; });
  EXPECT_HAS(text, "the right side has the unit pA, but dV/dt needs mV/ms");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_L*(E_L - V) + I + C_m)/C_m : mV"; }), "C_m (pF) has no meaning");
  EXPECT_HAS(problems_with([](ModelText& m) { m.threshold = "V > 3"; }), "a comparison of V (mV) and 3 (1) has no meaning");
  EXPECT_HAS(problems_with([](ModelText& m) { m.reset = "V = g_L"; }), "the right side has the unit nS, but V needs mV");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_L*(E_L - V)*exp(V) + I)/C_m : mV"; }), "exp needs a plain number, but \"V\" has the unit mV");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_L*(E_L - V) + I)/C_m : pA"; }), "potential");
  EXPECT_HAS(problems_with([](ModelText& m) { m.state = {{"V", "3 pA"}}; }), "has the unit pA, but V needs mV");
}

TEST(EquationsText, zero_has_any_unit) { EXPECT_EQ(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_L*(E_L - V) + max(I, 0))/C_m : mV"; }), ""); }

TEST(EquationsText, an_unknown_name_brings_the_nearest_one) {
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_l*(E_L - V) + I)/C_m : mV"; }), "unknown name \"g_l\". Did you mean \"g_L\"?");
  EXPECT_HAS(problems_with([](ModelText& m) { m.reset = "v = E_L"; }), "no state variable \"v\". Did you mean \"V\"?");
  EXPECT_HAS(problems_with([](ModelText& m) { m.refractory = "t_rf"; m.parameters.push_back({"t_ref", "2 ms"}); }), "must name a parameter that is a time. Did you mean \"t_ref\"?");
  EXPECT_HAS(problems_with([](ModelText& m) { m.method = "exct"; }), "Did you mean \"exact\"?");
  EXPECT_HAS(problems_with([](ModelText& m) { m.state.push_back({"W", "0"}); }), "no equation dW/dt.");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations += "\nx = V*t : mV*ms"; }), "the time t is not available");
}

TEST(EquationsText, an_unknown_function_and_a_wrong_number_of_arguments_are_refused) {
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_L*(E_L - V)*expp(1) + I)/C_m : mV"; }), "unknown function \"expp\". Did you mean \"exp\"?");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_L*max(E_L - V) + I)/C_m : mV"; }), "max takes 2 arguments, but has 1");
}

TEST(EquationsText, what_is_missing_is_named) {
  EXPECT_HAS(problems_with([](ModelText& m) { m.threshold = ""; }), "model.threshold: is missing");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = ""; }), "model.equations: are missing");
  EXPECT_HAS(problems_with([](ModelText& m) { m.state.clear(); }), "initial is missing");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = g_L*(E_L - V)/C_m : mV"; }), "no equation uses I");
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "dV/dt = (g_L*(E_L - V) + I)/C_m"; }), "must end in the unit");
}

TEST(EquationsText, a_parameter_that_nothing_uses_is_a_mistake) {
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters.push_back({"tau", "3 ms"}); }), "parameters.tau: nothing uses it");
}

TEST(EquationsText, division_by_a_parameter_that_is_0_is_refused) {
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters[1].value = "0 pF"; }), "divides by C_m, which is 0");
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters[3].value = "-70 mV"; m.equations = "dV/dt = (g_L*(E_L - V) + I)/C_m*(1 mV/(V_th - E_L)) : mV"; }), "divides by V_th - E_L");
}

TEST(EquationsText, names_that_mean_something_else_are_refused) {
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters.push_back({"ms", "3 ms"}); }), "ms is a unit");
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters.push_back({"I", "3 pA"}); }), "I is the current");
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters.push_back({"exp", "3"}); }), "is no name");
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters.push_back({"V", "3 mV"}); }), "V has been defined before");
  EXPECT_HAS(problems_with([](ModelText& m) { m.parameters.push_back({"x; system(1)", "3 mV"}); }), "is no name");
  EXPECT_HAS(problems_with([](ModelText& m) { m.name = "../evil"; }), "model.name: must be of small letters");
}

TEST(EquationsText, an_impossible_method_is_refused_with_the_reason) {
  const auto text = problems_with([](ModelText& m) {
    m.equations = "dV/dt = (g_L*(E_L - V) + 1 nS/mV*V*V + I)/C_m : mV";
    m.method = "exact";
  });
  EXPECT_HAS(text, "exact is not possible: dV/dt is not linear in the state");
}

TEST(EquationsText, definitions_that_run_in_a_circle_are_refused) {
  EXPECT_HAS(problems_with([](ModelText& m) { m.equations = "x = y : mV\ny = x : mV\ndV/dt = (g_L*(x - V) + I)/C_m : mV"; }), "is defined by itself");
}

TEST(EquationsText, text_that_would_explode_is_refused) {
  EXPECT_HAS(problems_with([](ModelText& m) {
               m.equations = "x0 = V : mV\n";
               for (int k = 1; k < 40; ++k) m.equations += "x" + std::to_string(k) + " = x" + std::to_string(k - 1) + " + x" + std::to_string(k - 1) + "*2 : mV\n";
               m.equations += "dV/dt = (g_L*(E_L - x39) + I)/C_m : mV";
             }),
             "too large");
  EXPECT_HAS(problems_with([](ModelText& m) { m.threshold = std::string(5000, '(') + "V" + std::string(5000, ')') + " > 0 mV"; }), "longer than");
  EXPECT_HAS(problems_with([](ModelText& m) { m.threshold = std::string(500, '(') + "V" + std::string(500, ')') + " > 0 mV"; }), "nested too deeply");
}

TEST(EquationsText, ranges_are_read_and_hold_the_default) {
  std::vector<Problem> list;
  ModelText m = leaky();
  m.parameters[1].range = "> 0, <= 1 nF";
  const Model model = describe(m, list);
  ASSERT_TRUE(list.empty());
  EXPECT_FALSE(model.parameters[1].range.contains(0));
  EXPECT_TRUE(model.parameters[1].range.contains(1000));
  EXPECT_FALSE(model.parameters[1].range.contains(1001));
  EXPECT_HAS(problems_with([](ModelText& x) { x.parameters[1].range = "> 300 pF"; }), "lies outside its range");
  EXPECT_HAS(problems_with([](ModelText& x) { x.parameters[1].range = "positive"; }), "must be like");
  EXPECT_HAS(problems_with([](ModelText& x) { x.parameters[1].range = "> 3 mV"; }), "has another unit");
}

TEST(EquationsText, units_with_a_prefix_become_those_of_the_engine) {
  std::vector<Problem> list;
  ModelText m = leaky();
  m.parameters[0].value = "0.025 uS";
  const Model model = describe(m, list);
  ASSERT_TRUE(list.empty());
  EXPECT_EQ(model.parameters[0].unit, "nS");
  EXPECT_DOUBLE_EQ(model.parameters[0].default_value, 25);
}

// --- synapse rules

ModelText stdp() {
  ModelText m{.kind = "synapse", .name = "own_rule"};
  m.equations = "dx/dt = -x/tau : 1\ndy/dt = -y/tau : 1";
  m.on_pre = "w -= A*y; x += 1";
  m.on_post = "w += A*x; y += 1";
  m.largest = "w_max";
  m.parameters = {{"tau", "20 ms"}, {"A", "0.5 weight"}, {"w_max", "100 weight"}};
  return m;
}

template <class Change>
std::string rule_problems(Change change) {
  ModelText m = stdp();
  change(m);
  std::vector<Problem> list;
  describe(m, list);
  std::string all;
  for (const auto& p : list) all += p.key + ": " + p.what + "\n";
  return all;
}

TEST(EquationsText, a_synapse_rule_finds_the_side_of_each_trace) {
  std::vector<Problem> list;
  const Model m = describe(stdp(), list);
  ASSERT_TRUE(list.empty()) << list[0].what;
  EXPECT_EQ(m.of_source, (std::vector<bool>{true, false}));
  EXPECT_EQ(m.parameters[2].unit, "weight");
}

TEST(EquationsText, mistakes_of_synapse_rules_are_named) {
  EXPECT_HAS(rule_problems([](ModelText& m) { m.on_pre = "w -= y; x += 1"; }), "a difference of w (weight) and y (1) has no meaning");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.on_pre = "w = A*A; x += 1"; }), "the right side has the unit");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.on_post = "w += A*x; x += 1; y += 1"; }), "x is changed by spikes of both sides");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.on_post = "w += A*x*y"; }), "no spike changes y");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.on_post = "w += A*x; y += x"; }), "y may not depend on x: a trace is shared by all synapses of its target");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.on_post = "y += 1"; m.on_pre = "x += 1"; }), "changes the weight w");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.largest = ""; }), "model.largest: is missing");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.largest = "tau"; }), "has the unit ms, but a weight is needed");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.equations = "dx/dt = -x*x/tau : 1\ndy/dt = -y/tau : 1"; }), "dx/dt must be a decay such as -x/tau");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.threshold = "x > 1"; }), "model.threshold: belongs to a model of kind \"membrane\"");
  EXPECT_HAS(problems_with([](ModelText& m) { m.on_pre = "V += 1 mV"; }), "belongs to a model of kind \"synapse\"");
  EXPECT_HAS(rule_problems([](ModelText& m) { m.on_pre = "w -= A*z; x += 1"; }), "unknown name \"z\"");
}

}  // namespace
}  // namespace ranvier::equations
