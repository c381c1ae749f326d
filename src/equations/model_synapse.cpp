// SPDX-License-Identifier: Apache-2.0
/// Synapse rules: traces, and what spikes do.
#include "equations/describer.hpp"

namespace ranvier::equations {
namespace {

class SynapseDescriber : public Describer {
 public:
  using Describer::Describer;

  Model describe() {
    dimensions_[weight_name] = weight_dimension;
    begin();
    if (!problems_.empty()) return model_;  // what follows would only repeat it
    rates();
    for (const Variable& v : model_.state) {
      const auto constant = [&](const Expr& e) { return std::ranges::all_of(names_of(e), [&](const std::string& n) { return is_parameter(n); }); };
      const std::vector<std::string> own{v.name};
      Affine a;
      if (!v.rate || !affine(v.rate, own, constant, a) || !is_number(a.constant, 0) || is_number(a.coefficients[0], 0))
        problem("model.equations", fmt::format("d{}/dt must be a decay such as -{}/tau: synapses are visited at spikes only, and traces decay in between", v.name, v.name));
    }
    model_.of_source.assign(model_.state.size(), false);
    event(text_.on_pre, "model.on_pre", model_.on_pre);
    event(text_.on_post, "model.on_post", model_.on_post);
    if (problems_.empty()) sides();
    largest();
    if (problems_.empty()) unused();
    for (const std::string& line : statements(text_.equations)) model_.equations += line + "\n";
    model_.equations += fmt::format("spike of the source arrives: {}\nspike of the target arrives: {}", joined(statements(text_.on_pre), ", "), joined(statements(text_.on_post), ", "));
    return model_;
  }

 private:
  /// A trace belongs to the side whose spikes change it, and changes by what that side knows.
  void sides() {
    const std::size_t weight = model_.state.size();
    std::vector<bool> of_target(weight, false);
    for (const Assignment& a : model_.on_pre)
      if (a.variable < weight) model_.of_source[a.variable] = true;
    for (const Assignment& a : model_.on_post)
      if (a.variable < weight) of_target[a.variable] = true;
    int n_source = 0, n_target = 0;
    for (std::size_t k = 0; k < weight; ++k) {
      const std::string& n = model_.state[k].name;
      if (model_.of_source[k] && of_target[k]) problem("model.equations", fmt::format("{} is changed by spikes of both sides, but a trace is kept of the source or of the target: use two", n));
      else if (!model_.of_source[k] && !of_target[k]) problem("model.equations", fmt::format("no spike changes {}; add {} += 1 to on_pre or to on_post", n, n));
      (model_.of_source[k] ? n_source : n_target) += 1;
    }
    if (n_source > traces_max || n_target > traces_max) problem("model.equations", fmt::format("more than {} traces on a side", traces_max));
    const auto check = [&](const std::vector<Assignment>& event, const char* key, bool source) {
      for (const Assignment& a : event) {
        if (a.variable == weight) continue;
        for (const auto& n : names_of(a.value)) {
          const bool own = std::ranges::any_of(model_.state, [&](const Variable& v) { return v.name == n && model_.of_source[static_cast<std::size_t>(&v - model_.state.data())] == source; });
          if (!own && !is_parameter(n)) problem(key, fmt::format("{} may not depend on {}: a trace is shared by all synapses of its {}", model_.state[a.variable].name, n, source ? "source" : "target"));
        }
      }
    };
    check(model_.on_pre, "model.on_pre", true);
    check(model_.on_post, "model.on_post", false);
    const auto changes_weight = [&](const std::vector<Assignment>& event) { return std::ranges::any_of(event, [&](const Assignment& a) { return a.variable == weight; }); };
    if (!changes_weight(model_.on_pre) && !changes_weight(model_.on_post)) problem("model.on_pre", "neither on_pre nor on_post changes the weight w");
  }

  void largest() {
    if (trim(text_.largest).empty()) return problem("model.largest", "is missing: the weight that no synapse exceeds, for example largest = \"w_max\"");
    try {
      const Checked c = checked(parse(text_.largest), false);
      if (!fits(c, weight_dimension)) throw FormulaError(fmt::format("has the unit {}, but a weight is needed", unit_name(c.dimension)));
      for (const auto& n : names_of(c.expr))
        if (!is_parameter(n)) throw FormulaError(fmt::format("may depend on parameters only, not on {}", n));
      model_.largest = c.expr;
    } catch (const FormulaError& e) {
      problem("model.largest", fmt::format("\"{}\": {}", text_.largest, e.what()));
    }
  }
};

}  // namespace

Model describe_synapse(const ModelText& text, std::vector<Problem>& problems) { return SynapseDescriber(text, problems).describe(); }

}  // namespace ranvier::equations
