// SPDX-License-Identifier: Apache-2.0
/// Synapse rules as C++: four functions of one synapse, source or target, as vectors of one lane.
#include <fmt/format.h>

#include "equations/emit.hpp"
#include "equations/writer.hpp"

namespace ranvier::equations {
namespace {

class SynapseWriter {
 public:
  explicit SynapseWriter(const Model& model) : model_(model), step_(variables(model)), w_(step_, true, 0) {}

  EmittedSynapse write() {
    function("T on_pre(const T* p, T weight, const T* source, const T* target)", model_.on_pre, true, true, true);
    function("T on_post(const T* p, T weight, const T* source, const T* target)", model_.on_post, true, true, true);
    function("void source_fires(const T* p, T* source)", model_.on_pre, true, false, false);
    function("void target_fires(const T* p, T* target)", model_.on_post, false, true, false);
    auto constants = w_.constants();
    if (constants.empty()) constants.push_back(number(0));  // arrays have at least one entry
    return {w_.text(), constants};
  }

 private:
  static Step variables(const Model& model) {
    Step step;
    step.method = Method::exact;  // products may be fused with sums
    for (const Variable& v : model.state) step.variables.push_back(v.name);
    step.variables.emplace_back(weight_name);
    return step;
  }

  /// One function: the assignments to traces of the sides it knows, and to the weight where it has one.
  void function(const std::string& head, const std::vector<Assignment>& event, bool source, bool target, bool with_weight) {
    w_.line("template <class T>");
    w_.open(head + " {");
    w_.line("const hn::CappedTag<T, 1> d;");
    w_.line("using V [[maybe_unused]] = hn::Vec<decltype(d)>;");
    w_.line("using M [[maybe_unused]] = hn::Mask<decltype(d)>;");
    w_.line("V c[n_constants];");
    w_.line("for (int k = 0; k < n_constants; ++k) c[k] = hn::Set(d, p[k]);");
    const std::size_t weight = model_.state.size();
    std::vector<std::string> places(weight), names = step_.variables;
    int of_source = 0, of_target = 0;
    for (std::size_t k = 0; k < weight; ++k) {
      const bool mine = model_.of_source[k];
      places[k] = mine ? fmt::format("source[{}]", of_source++) : fmt::format("target[{}]", of_target++);
      if (mine ? source : target) bind(names[k], places[k]);
    }
    if (with_weight) bind(weight_name, "weight");
    std::vector<bool> changed(weight + 1, false);
    std::vector<std::string> now(weight + 1);
    now[weight] = "hn::Set(d, weight)";
    for (const Assignment& a : event) {
      if (a.variable == weight && !with_weight) continue;
      const Expr value = substitute(a.value, [&](const std::string& n) {
        const auto found = std::find(step_.variables.begin(), step_.variables.end(), n);
        return found == step_.variables.end() ? Expr() : name(names[static_cast<std::size_t>(found - step_.variables.begin())]);
      });
      now[a.variable] = w_.value(value);
      names[a.variable] = fmt::format("$now{}", next_++);
      w_.bind(names[a.variable], now[a.variable]);
      changed[a.variable] = true;
    }
    if (with_weight) w_.line(fmt::format("return hn::GetLane({});", now[weight]));
    for (std::size_t k = 0; k < weight && !with_weight; ++k)
      if (changed[k]) w_.line(fmt::format("{} = hn::GetLane({});", places[k], now[k]));
    w_.close();
    w_.line("");
  }

  void bind(const std::string& variable, const std::string& code) { w_.bind(variable, w_.local("V", fmt::format("hn::Set(d, {})", code))); }

  const Model& model_;
  const Step step_;
  Writer w_;
  int next_ = 0;
};

}  // namespace

EmittedSynapse emit_synapse(const Model& model) { return SynapseWriter(model).write(); }

std::string source_of_synapse(const Model& model, const EmittedSynapse& emitted, const std::string& target, const std::string& version) {
  std::string constants;
  for (std::size_t k = 0; k < emitted.constants.size(); ++k) constants += fmt::format("//   c[{}]  {}\n", k, comment(to_text(emitted.constants[k])));
  return fmt::format(R"(// Made by Ranvier from the equations of the synapse rule "{}".
#include "equations/formula-inl.hpp"
#include "equations/synapse_functions.hpp"
{}
HWY_BEFORE_NAMESPACE();
namespace ranvier::engine::HWY_NAMESPACE {{
using namespace ranvier::HWY_NAMESPACE;
namespace {{

{}constexpr int n_constants = {};

{}
const equations::SynapseEntry entry{{{{on_pre<float>, on_post<float>, source_fires<float>, target_fires<float>}},
                                    {{on_pre<double>, on_post<double>, source_fires<double>, target_fires<double>}}}};

}}  // namespace
}}  // namespace ranvier::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

{})",
                     comment(model.name), target_check(target), constants, emitted.constants.size(), emitted.functions, exports(version, "ranvier::engine::HWY_NAMESPACE::entry"));
}

}  // namespace ranvier::equations
