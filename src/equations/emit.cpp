// SPDX-License-Identifier: Apache-2.0
#include "equations/emit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>

#include "engine/kernel.hpp"
#include "equations/writer.hpp"

namespace ranvier::equations {
namespace {

class StepWriter {
 public:
  StepWriter(const Model& model, const Step& step, bool fold) : model_(model), step_(step), w_(step, fold), n_(model.state.size()) {}

  Emitted write() {
    for (std::size_t i = 0; i < n_; ++i) {
      w_.line(fmt::format("const V x{} = s[{}];  // {}{}", i, i, model_.state[i].name, i == 0 && step_.relative_to >= 0 ? " - " + model_.state[0].initial->name : ""));
      w_.bind(step_.variables[i], fmt::format("x{}", i));
    }
    w_.bind(conductance_name, "in.G");
    w_.bind(reversal_name, "in.GE");
    w_.bind("$held", "held");
    switch (step_.method) {
      case Method::exact: exact(); break;
      case Method::rk4: rk4(); break;
      default: one_stage();
    }
    finish();
    return {w_.text(), w_.constants(), w_.flop()};
  }

 private:
  bool refractory() const { return model_.refractory >= 0; }
  bool held(std::size_t i) const { return refractory() && model_.state[i].held; }

  /// The current of receptors at mid-step and of inputs. In this order, and with the conductances apart, as in membrane/izhikevich.hpp.
  void bind_current() {
    w_.count(2);
    w_.bind(current_name, w_.local("V", "hn::Add(current, in.I)"));
  }

  /// dt F exprel(dt F'): what the variable changes by in a step were its own equation linear and all others at rest.
  Expr change(std::size_t i) const {
    const Expr dt = name(dt_name);
    if (step_.method == Method::euler || is_number(step_.slope[i], 0)) return multiply(dt, step_.rate[i]);
    return multiply(multiply(dt, call("exprel", {multiply(dt, step_.slope[i])})), step_.rate[i]);
  }

  /// euler and exponential_euler: all variables from their values at the start of the step.
  void one_stage() {
    bind_current();
    next_.resize(n_);
    for (std::size_t i = 0; i < n_; ++i) next_[i] = w_.value(add(name(step_.variables[i]), change(i)));
  }

  void rk4() {
    bind_current();
    std::vector<std::vector<std::string>> k(4);
    std::vector<std::string> names = step_.variables;
    for (std::size_t stage = 0; stage < 4; ++stage) {
      for (std::size_t i = 0; i < n_; ++i) {
        const Expr rate = substitute(step_.rate[i], [&](const std::string& n) {
          const auto found = std::find(step_.variables.begin(), step_.variables.end(), n);
          return found == step_.variables.end() ? Expr() : name(names[static_cast<std::size_t>(found - step_.variables.begin())]);
        });
        std::string slope = w_.value(rate);
        if (held(i)) slope = w_.local("V", fmt::format("hn::IfThenZeroElse(held, {})", slope));
        k[stage].push_back(slope);
      }
      if (stage == 3) break;
      const Expr part = stage == 2 ? name(dt_name) : multiply(name(dt_name), number(0.5));
      for (std::size_t i = 0; i < n_; ++i) {
        names[i] = fmt::format("$y{}_{}", stage, i);
        w_.bind(names[i], w_.local("V", w_.fma(w_.value(part), k[stage][i], fmt::format("x{}", i))));
      }
    }
    const std::string sixth = w_.value(divide(name(dt_name), number(6))), third = w_.value(divide(name(dt_name), number(3)));
    for (std::size_t i = 0; i < n_; ++i) {
      w_.count(2);
      const std::string ends = w_.local("V", fmt::format("hn::Add({}, {})", k[0][i], k[3][i])), middle = w_.local("V", fmt::format("hn::Add({}, {})", k[1][i], k[2][i]));
      next_.push_back(w_.local("V", w_.fma(third, middle, w_.fma(sixth, ends, fmt::format("x{}", i)))));
    }
  }

  /// P x + R I + Q (or H ... for cells that are held) of one variable.
  Expr propagated(std::size_t i, bool while_held) const {
    const auto& A = step_.linear.A;
    Expr sum = step_.linear.joint && i == 0 ? name("$dV") : number(0);
    if (reaches_input(i, while_held)) sum = add(multiply(name(while_held ? element_HR(i) : element_R(i)), name("$Iin")), sum);
    if (reaches_constant(i, while_held)) sum = add(sum, name(while_held ? element_HQ(i) : element_Q(i)));
    for (std::size_t j = A.size(); j-- > 0;)
      if (reaches(i, j, while_held)) sum = add(multiply(name(while_held ? element_H(i, j) : element_P(i, j)), name(step_.variables[j])), sum);
    return sum;
  }

  /// Whether variable j moves variable i, by way of others too. While held, held variables feed others and are fed by none.
  bool reaches(std::size_t i, std::size_t j, bool while_held) const {
    if (i == j) return true;
    std::vector<bool> seen(n_, false);
    const std::function<bool(std::size_t)> from = [&](std::size_t row) {
      seen[row] = true;
      if (while_held && held(row)) return false;
      for (std::size_t k = 0; k < n_; ++k) {
        if (is_number(step_.linear.A[row][k], 0)) continue;
        if (k == j || (!seen[k] && from(k))) return true;
      }
      return false;
    };
    return from(i);
  }
  bool reaches_input(std::size_t i, bool while_held) const { return any_source(i, while_held, step_.linear.k); }
  bool reaches_constant(std::size_t i, bool while_held) const { return any_source(i, while_held, step_.linear.c); }
  bool any_source(std::size_t i, bool while_held, const std::vector<Expr>& source) const {
    for (std::size_t j = 0; j < n_; ++j)
      if (!is_number(source[j], 0) && !(while_held && held(j)) && reaches(i, j, while_held)) return true;
    return false;
  }

  /// Whether variable i, not held itself, takes another course while others are held.
  bool differs_while_held(std::size_t i) const {
    if (!refractory() || held(i)) return false;
    for (std::size_t j = 0; j < n_; ++j)
      if (held(j) && reaches(i, j, false)) return true;
    return false;
  }

  void exact() {
    for (std::size_t i = 0; i < n_; ++i) {
      w_.line(fmt::format("V n{};", i));
      next_.push_back(fmt::format("n{}", i));
    }
    w_.open("if (!conductances) {");
    w_.bind("$dV", "in.dV");
    w_.bind("$Iin", step_.linear.joint ? "current" : w_.local("V", "hn::Add(current, in.I)"));
    for (std::size_t i = 0; i < n_; ++i) {
      std::string code = w_.value(propagated(i, false));
      if (differs_while_held(i)) code = w_.select("held", w_.value(propagated(i, true)), code);
      w_.line(fmt::format("n{} = {};", i, code));
    }
    const int flop = w_.flop();
    w_.close("");
    w_.open("} else {");
    bind_current();
    for (std::size_t i = 0; i < n_; ++i) w_.line(fmt::format("n{} = {};", i, w_.value(add(name(step_.variables[i]), change(i)))));
    w_.close();
    w_.count(flop - w_.flop());  // the usual branch counts
  }

  /// Jumps, threshold and reset.
  void finish() {
    std::vector<std::string> end(n_);
    for (std::size_t i = 0; i < n_; ++i) {
      std::string code = next_[i];
      if (i == 0) w_.count(1), code = fmt::format("hn::Add({}, in.jump)", code);
      if (held(i)) code = w_.select("held", fmt::format("x{}", i), code);
      end[i] = fmt::format("y{}", i);
      w_.line(fmt::format("const V {} = {};", end[i], code));
    }
    // From here on the variables are those at the end of the step: formulas speak of them by other names.
    std::vector<std::string> names;
    const auto renamed = [&](const Expr& e) {
      return substitute(e, [&](const std::string& n) {
        const auto found = std::find(step_.variables.begin(), step_.variables.end(), n);
        return found == step_.variables.end() ? Expr() : name(names[static_cast<std::size_t>(found - step_.variables.begin())]);
      });
    };
    for (std::size_t i = 0; i < n_; ++i) {
      names.push_back(fmt::format("$end{}", i));
      w_.bind(names[i], end[i]);
    }
    const std::string fires = w_.mask(renamed(step_.threshold));
    w_.line(refractory() ? fmt::format("const M spike = hn::AndNot(held, {});", fires) : fmt::format("const M spike = {};", fires));
    std::vector<std::string> after = end;
    int version = 0;
    for (const Assignment& a : step_.reset) {
      after[a.variable] = w_.value(renamed(a.value));
      names[a.variable] = fmt::format("$reset{}", version++);
      w_.bind(names[a.variable], after[a.variable]);
    }
    for (std::size_t i = 0; i < n_; ++i) w_.line(fmt::format("s[{}] = {};", i, after[i] == end[i] ? end[i] : w_.select("spike", after[i], end[i])));
    w_.line("return spike;");
  }

  const Model& model_;
  const Step& step_;
  Writer w_;
  std::size_t n_;
  std::vector<std::string> next_;
};

}  // namespace

Emitted emit(const Model& model, const Step& step) {
  Emitted best = StepWriter(model, step, true).write();
  if (best.constants.size() > engine::constants_max) best = StepWriter(model, step, false).write();
  if (best.constants.size() > engine::constants_max)
    throw FormulaError(fmt::format("the step needs {} constants a cell; at most {} are possible: use fewer parameters, write numbers in their place{}", best.constants.size(), engine::constants_max,
                                   step.method == Method::exact ? ", or use exponential_euler" : ""));
  if (best.constants.empty()) best.constants.push_back(name(dt_name));  // arrays have at least one entry
  return best;
}

std::string source_of(const Model& model, const Step& step, const Emitted& emitted, const std::string& target, const std::string& version) {
  std::string constants;
  for (std::size_t k = 0; k < emitted.constants.size(); ++k) constants += fmt::format("///   c[{}]  {}\n", k, comment(to_text(emitted.constants[k])));
  const bool linear = step.method == Method::exact && step.linear.joint;
  return fmt::format(R"(// Made by Ranvier from the equations of the model "{name}"; {method}.
#include "engine/neuron-inl.hpp"
#include "engine/sleep-inl.hpp"
#include "equations/formula-inl.hpp"
{check}
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {{
using namespace ranvier::HWY_NAMESPACE;
namespace {{

/// Constants of a cell ($dt: the time step; $u: the potential as it is stored; $P, $R, $Q, $H: the exact propagator)
{constants}struct OwnMembrane {{
  static constexpr int n_state = {states}, n_constants = {n_constants};
  static constexpr bool linear = {linear}, can_blow_up = {can_blow_up}, sleeps = false;
  static constexpr std::uint32_t held_steps(std::uint32_t refractory) {{ return refractory; }}

  template <class D, class V, class M>
  static HWY_INLINE M step(D d, const V* c, V* s, const Drive<D>& in, V current, M held, bool conductances) {{
    using T [[maybe_unused]] = hn::TFromD<D>;
{step}  }}
}};

StepFunction step(bool double_precision, bool uniform) {{ return choose_step<OwnMembrane>(double_precision, uniform); }}
StepFunction step_sleepers(bool, bool) {{ return nullptr; }}
StepFunction step_for(bool double_precision, bool uniform, const int* receptor_ops, int n_receptors) {{
  return choose_step_for<OwnMembrane>(double_precision, uniform, receptor_ops, n_receptors);
}}
ReadFunction read(bool double_precision, bool uniform) {{ return choose_read<OwnMembrane>(double_precision, uniform); }}
const MembraneEntry entry{{nullptr, step, step_sleepers, step_for, read}};

}}  // namespace
}}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

{exports})",
                     fmt::arg("name", comment(model.name)), fmt::arg("method", method_name(step.method)),
                     fmt::arg("check", target_check(target)),
                     fmt::arg("constants", constants), fmt::arg("states", model.state.size()), fmt::arg("n_constants", emitted.constants.size()), fmt::arg("linear", linear),
                     fmt::arg("can_blow_up", step.method != Method::exact), fmt::arg("step", emitted.step), fmt::arg("exports", exports(version, "ranvier::engine::HWY_NAMESPACE::entry")));
}

}  // namespace ranvier::equations
