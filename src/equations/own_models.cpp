// SPDX-License-Identifier: Apache-2.0
/// The engine's tables hold plain functions, made for models that are known when it is compiled. A model of one's own is known at run time
/// only, so there is a fixed number of places, each with functions of its own that ask the model which stands there.
#include "equations/own_models.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <utility>

#include "engine/register.hpp"
#include "equations/own_membrane.hpp"
#include "equations/own_synapse.hpp"

namespace ranvier::equations {
namespace {

constexpr std::size_t places_max = 128;
std::array<std::atomic<OwnMembrane*>, places_max> places;

template <std::size_t place>
struct At {
  static OwnMembrane& membrane() { return *places[place].load(std::memory_order_acquire); }
  static void derive(const double* p, double dt, double* c) { membrane().derive(p, dt, c); }
  static engine::MembraneConstants constants(const double* p) { return membrane().constants(p); }
  static const char* validate(const double* p, double dt) { return membrane().validate(p, dt); }
  static double initial(const double* p, const double* before, int variable) { return membrane().initial(p, before, variable); }
  static engine::StepFunction step(bool dbl, bool uniform) { return membrane().functions().step(dbl, uniform); }
  static engine::StepFunction step_sleepers(bool, bool) { return nullptr; }
  static engine::StepFunction step_for(bool dbl, bool uniform, const int* ops, int n) { return membrane().functions().step_for(dbl, uniform, ops, n); }
  static engine::ReadFunction read(bool dbl, bool uniform) { return membrane().functions().read(dbl, uniform); }

  static engine::MembraneModel model(const OwnMembrane& m) {
    const bool joint = m.step().method == Method::exact && m.step().linear.joint;
    return {.info = &m.info(), .n_constants = static_cast<int>(m.emitted().constants.size()), .linear = joint, .relative_to = m.step().relative_to, .refractory = m.model().refractory,
            .derive = derive, .constants = constants, .validate = validate, .quiet = nullptr, .initial = initial};
  }
  static engine::MembraneEntry entry(const engine::MembraneModel* model) { return {model, step, step_sleepers, step_for, read}; }
};

struct Door {
  engine::MembraneModel (*model)(const OwnMembrane&);
  engine::MembraneEntry (*entry)(const engine::MembraneModel*);
};
template <std::size_t... place>
constexpr std::array<Door, sizeof...(place)> make_doors(std::index_sequence<place...>) { return {Door{At<place>::model, At<place>::entry}...}; }
constexpr auto doors = make_doors(std::make_index_sequence<places_max>());

/// One registered model, a membrane or a synapse rule; never destroyed, since networks may use it to the end.
struct Registered {
  std::string name, content;
  std::unique_ptr<OwnMembrane> membrane;
  engine::MembraneModel model{};
  engine::MembraneEntry entry{};
  std::unique_ptr<OwnSynapse> synapse;
  const engine::SynapseModel* rule = nullptr;
  void (*prepare)() = nullptr;

  const engine::ModelInfo& info() const { return membrane ? membrane->info() : synapse->info(); }
  void tell_engine() const { membrane ? engine::register_membrane(&entry) : engine::register_synapse(rule, prepare); }
};

std::mutex mutex;
std::vector<std::unique_ptr<Registered>>& all() {
  static auto* list = new std::vector<std::unique_ptr<Registered>>();  // outlives whatever is destroyed at the end
  return *list;
}

/// All that a model is.
std::string content_of(const Model& m) {
  std::string text = m.equations + "\n" + m.title + "\n" + m.source + "\n" + (m.method ? std::string(method_name(*m.method)) : "") + "\n";
  if (m.largest) text += to_text(m.largest) + "\n";
  for (const auto& p : m.parameters)
    text += fmt::format("{} {} {} {} {} {} {} {}\n", p.name, p.default_value, p.unit, p.range.low, p.range.high, p.range.low_open, p.range.high_open, p.meaning);
  for (const auto& v : m.state) text += fmt::format("{} {} {} {}\n", v.name, v.initial ? to_text(v.initial) : "", v.held, v.meaning);
  return text;
}

Registered* latest(const std::string& name) {
  for (auto r = all().rbegin(); r != all().rend(); ++r)
    if ((*r)->name == name) return r->get();
  return nullptr;
}

bool is_built_in(const std::string& name) {
  using Kind = engine::ModelInfo::Kind;
  for (const Kind kind : {Kind::membrane, Kind::source, Kind::receptor, Kind::synapse})
    if (engine::find_model(kind, name)) return true;
  return name == "static" || engine::find_pair(name) != nullptr;
}

/// Puts a model into a free place; false where there is none.
bool put(Model model, Registered& made) {
  if (model.synapse) {
    made.synapse = std::make_unique<OwnSynapse>(std::move(model));
    made.rule = place_synapse(made.synapse.get(), &made.prepare);
    return made.rule != nullptr;
  }
  static std::size_t taken = 0;  // the caller holds the lock
  if (taken == places_max) return false;
  made.membrane = std::make_unique<OwnMembrane>(std::move(model));
  places[taken].store(made.membrane.get(), std::memory_order_release);
  made.model = doors[taken].model(*made.membrane);
  made.entry = doors[taken].entry(&made.model);
  ++taken;
  return true;
}

}  // namespace

const engine::ModelInfo* register_model(const ModelText& text, std::vector<Problem>& problems) {
  const std::size_t before = problems.size();
  Model model = describe(text, problems);
  if (problems.size() != before) return nullptr;
  const std::string content = content_of(model), name = model.name;

  const std::lock_guard lock(mutex);
  for (auto r = all().begin(); r != all().end(); ++r)
    if ((*r)->name == name && (*r)->content == content) {
      if (latest(name) != r->get()) (*r)->tell_engine();
      std::rotate(r, r + 1, all().end());  // it is the latest of its name again
      return &all().back()->info();
    }
  const Registered* other = latest(name);
  if (!other && is_built_in(name)) problems.push_back({"model.name", "a built-in model is called so; choose another name"});
  if (other && (other->synapse != nullptr) != model.synapse) problems.push_back({"model.name", fmt::format("a {} of one's own is called so; choose another name", other->synapse ? "synapse rule" : "membrane")});
  if (problems.size() != before) return nullptr;
  auto made = std::make_unique<Registered>();
  made->name = name;
  made->content = content;
  try {
    if (!put(std::move(model), *made)) {
      problems.push_back({"model.name", "so many models have been registered in this program that there is room for no more; start it anew"});
      return nullptr;
    }
  } catch (const FormulaError& e) {
    problems.push_back({"model.method", e.what()});
    return nullptr;
  }
  made->tell_engine();
  all().push_back(std::move(made));
  return &all().back()->info();
}

std::string source_of_model(const std::string& name) {
  const std::lock_guard lock(mutex);
  const Registered* r = latest(name);
  if (!r) return "";
  return r->membrane ? r->membrane->source(current_target()) : r->synapse->source(current_target());
}

std::string method_of_model(const std::string& name) {
  const std::lock_guard lock(mutex);
  const Registered* r = latest(name);
  return r && r->membrane ? std::string(method_name(r->membrane->step().method)) : "";
}

}  // namespace ranvier::equations
