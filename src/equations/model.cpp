// SPDX-License-Identifier: Apache-2.0
/// Membranes: threshold, reset, refractoriness, initial values, method.
#include "equations/model.hpp"

#include <array>

#include "equations/describer.hpp"

namespace ranvier::equations {

Model describe_synapse(const ModelText& text, std::vector<Problem>& problems);  // model_synapse.cpp

namespace {

constexpr std::array methods{"exact", "exponential_euler", "rk4", "euler"};

class MembraneDescriber : public Describer {
 public:
  using Describer::Describer;

  Model describe() {
    begin();
    if (!problems_.empty()) return model_;  // what follows would only repeat it
    rates();
    threshold();
    event(text_.reset, "model.reset", model_.reset);
    refractory();
    initial();
    if (problems_.empty()) uses();
    method();
    for (const std::string& line : statements(text_.equations)) model_.equations += line + "\n";
    model_.equations += fmt::format("{}: spike{}{}", text_.threshold, text_.reset.empty() ? "" : ", ", joined(statements(text_.reset), ", "));
    if (model_.refractory >= 0) model_.equations += fmt::format("; no spike{} for {}", held_names().empty() ? "" : ", and " + joined(held_names(), ", ") + " held,", text_.refractory);
    return model_;
  }

 private:
  std::vector<std::string> held_names() const {
    std::vector<std::string> names;
    for (const auto& v : model_.state)
      if (v.held) names.push_back(v.name);
    return names;
  }

  void threshold() {
    if (trim(text_.threshold).empty()) return problem("model.threshold", "is missing: the condition in which a cell fires, for example threshold = \"V >= V_th\"");
    try {
      const Checked c = checked(parse(text_.threshold), false);
      if (!c.condition) throw FormulaError("must be a condition such as V >= V_th");
      model_.threshold = c.expr;
    } catch (const FormulaError& e) {
      problem("model.threshold", fmt::format("\"{}\": {}", text_.threshold, e.what()));
    }
  }

  void refractory() {
    const std::string given(trim(text_.refractory));
    if (text_.held && given.empty()) return problem("model.held", "has no meaning without refractory");
    if (given.empty()) return;
    std::vector<std::string> times;
    for (const auto& p : model_.parameters)
      if (p.unit == "ms") times.push_back(p.name);
    const auto found = std::find_if(model_.parameters.begin(), model_.parameters.end(), [&](const auto& p) { return p.name == given && p.unit == "ms"; });
    if (found == model_.parameters.end()) return problem("model.refractory", fmt::format("must name a parameter that is a time.{}", suggestion(given, times)));
    used_[given] = true;
    if (found->range.low < 0) found->range = {.low = 0, .high = found->range.high, .high_open = found->range.high_open};
    if (found->default_value < 0) problem("parameters." + given, "a refractory period must be >= 0 ms");
    model_.refractory = static_cast<int>(found - model_.parameters.begin());
    std::vector<std::string> names;
    for (auto& v : model_.state) names.push_back(v.name);
    for (const auto& h : text_.held.value_or(std::vector<std::string>{model_.state[0].name})) {
      const auto v = std::find_if(model_.state.begin(), model_.state.end(), [&](const Variable& x) { return x.name == h; });
      if (v == model_.state.end()) problem("model.held", fmt::format("no state variable \"{}\".{}", h, suggestion(h, names)));
      else v->held = true;
    }
  }

  void initial() {
    std::vector<std::string> names;
    for (const auto& v : model_.state) names.push_back(v.name);
    for (const auto& s : text_.state) {
      const auto v = std::find_if(model_.state.begin(), model_.state.end(), [&](const Variable& x) { return x.name == s.name; });
      if (v == model_.state.end()) {
        problem("state." + s.name, fmt::format("no equation d{}/dt.{}", s.name, suggestion(s.name, names)));
        continue;
      }
      v->meaning = s.meaning;
      if (s.initial.empty()) continue;
      try {
        const Checked c = checked(parse(s.initial), false);
        if (c.condition) throw FormulaError("is a condition, but a number is needed");
        if (!fits(c, v->dimension)) throw FormulaError(fmt::format("has the unit {}, but {} needs {}", unit_text(c.dimension), s.name, v->unit));
        for (auto later = v; later != model_.state.end(); ++later)
          if (names_of(c.expr).contains(later->name)) throw FormulaError(fmt::format("uses {}, which has no value yet: variables begin in the order of their equations", later->name));
        v->initial = c.expr;
      } catch (const FormulaError& e) {
        problem("state." + s.name, fmt::format("initial = \"{}\": {}", s.initial, e.what()));
      }
    }
    for (Variable& v : model_.state)
      if (!v.initial) v.initial = number(0);
    Variable& V = model_.state[0];
    if (V.initial->op == Op::negate && V.initial->args[0]->op == Op::number) V.initial = number(-V.initial->args[0]->value);
    const bool plain = V.initial->op == Op::number || (V.initial->op == Op::name && is_parameter(V.initial->name));
    if (!plain) problem("state." + V.name, "the potential begins at a number or a parameter");
    if (std::none_of(text_.state.begin(), text_.state.end(), [&](const auto& s) { return s.name == V.name && !s.initial.empty(); }))
      problem("state." + V.name, fmt::format("initial is missing: where the potential begins, for example {} = {{ initial = \"-70 mV\" }}", V.name));
  }

  /// A model that does not use I would be deaf.
  void uses() {
    unused();
    if (!used_.contains("I")) problem("model.equations", "no equation uses I, the current that receptors and inputs bring in [pA]; add it to that of the potential");
  }

  void method() {
    const std::string given(trim(text_.method));
    if (given.empty()) return;
    const auto* found = std::find(methods.begin(), methods.end(), given);
    if (found == methods.end()) problem("model.method", fmt::format("must be one of exact, exponential_euler, rk4, euler.{}", suggestion(given, std::vector<std::string>(methods.begin(), methods.end()))));
    else model_.method = static_cast<Method>(found - methods.begin());
  }
};

}  // namespace

std::string_view method_name(Method method) { return methods[static_cast<std::size_t>(method)]; }

std::vector<std::string> Model::parameter_names() const {
  std::vector<std::string> names;
  for (const auto& p : parameters) names.push_back(p.name);
  return names;
}

Model describe(const ModelText& text, std::vector<Problem>& problems) {
  return text.kind == "synapse" ? describe_synapse(text, problems) : MembraneDescriber(text, problems).describe();
}

}  // namespace ranvier::equations
