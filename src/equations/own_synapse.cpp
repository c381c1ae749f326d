// SPDX-License-Identifier: Apache-2.0
#include "equations/own_synapse.hpp"

#include <fmt/format.h>

#include <array>
#include <atomic>
#include <cmath>
#include <utility>

#include "engine/plastic_of.hpp"

namespace ranvier::equations {
namespace {

std::vector<Formula> formulas(const std::vector<Expr>& exprs, const std::vector<std::string>& names) {
  std::vector<Formula> out;
  for (const Expr& e : exprs) out.emplace_back(e, names);
  return out;
}

constexpr engine::StateVariable state[] = {{"weight", "weight", "weight", "the synapse's weight"}};

}  // namespace

OwnSynapse::OwnSynapse(Model model)
    : model_(std::move(model)), emitted_(emit_synapse(model_)), constants_(formulas(emitted_.constants, model_.parameter_names())),
      denominators_(formulas(model_.denominators, model_.parameter_names())), largest_(model_.largest, model_.parameter_names()) {
  const auto names = model_.parameter_names();
  for (const Variable& v : model_.state) {
    Affine a;
    const std::vector<std::string> own{v.name};
    affine(v.rate, own, [&](const Expr& e) { return !names_of(e).contains(v.name); }, a);
    rates_.emplace_back(a.coefficients[0], names);
  }
  for (const auto& p : model_.parameters) parameters_.push_back({p.name, p.default_value, p.unit, p.range, p.meaning});
  info_ = {.kind = engine::ModelInfo::Kind::synapse, .name = model_.name, .title = model_.title, .equations = model_.equations, .parameters = parameters_, .state = state,
           .numerics = "exact, at events only", .source = model_.source, .flop = static_cast<int>(10 + 4 * model_.state.size()), .byte_read = 8, .byte_written = 4};
}

std::vector<double> OwnSynapse::constants(const engine::SynapseParameters& p) const {
  std::vector<double> out;
  for (const Formula& f : constants_) out.push_back(f(p.value.data()));
  return out;
}

std::vector<double> OwnSynapse::taus(const engine::SynapseParameters& p, bool of_source) const {
  std::vector<double> out;
  for (std::size_t k = 0; k < rates_.size(); ++k)
    if (model_.of_source[k] == of_source) out.push_back(-1 / rates_[k](p.value.data()));
  return out;
}

const char* OwnSynapse::validate(const engine::SynapseParameters& p) const {
  thread_local std::string message;
  const auto refuse = [&](std::string what) { return (message = std::move(what)).c_str(); };
  for (std::size_t k = 0; k < denominators_.size(); ++k)
    if (denominators_[k](p.value.data()) == 0) return refuse(fmt::format("{} = 0, but rule \"{}\" divides by it", to_text(model_.denominators[k]), model_.name));
  for (const double c : constants(p))
    if (!std::isfinite(c)) return refuse("these parameters give a number that is not finite");
  for (const bool of_source : {true, false})
    for (const double tau : taus(p, of_source))
      if (!(tau > 0)) return refuse("a trace must decay: its time constant must be above 0");
  if (!(largest(p) > 0) || !std::isfinite(largest(p))) return refuse(fmt::format("the largest weight, {}, must be above 0", to_text(model_.largest)));
  if (p.weight_largest > largest(p)) return refuse(fmt::format("the initial weights must not be above {}", to_text(model_.largest)));
  return nullptr;
}

const SynapseEntry& OwnSynapse::functions() {
  const Target target = current_target();
  const std::lock_guard lock(mutex_);
  const SynapseEntry*& entry = functions_[target.name];
  if (!entry) entry = static_cast<const SynapseEntry*>(load_plugin(model_.name, source(target), target));
  return *entry;
}

namespace {

constexpr std::size_t places_max = 64;
std::array<std::atomic<OwnSynapse*>, places_max> places;

/// The rule of a place: the engine's loop over synapses with the compiled functions in it. The last value of its parameters is the place.
template <class T>
class OwnRule {
 public:
  static constexpr int n_source = traces_max, n_target = traces_max, n_state = 0, flop_source = 14, flop_target = 14;

  explicit OwnRule(const engine::SynapseParameters& p) {
    OwnSynapse& own = *places[static_cast<std::size_t>(p.value.back())];
    const SynapseEntry& entry = own.functions();
    if constexpr (sizeof(T) == 4) functions_ = entry.single_precision;
    else functions_ = entry.double_precision;
    for (const double c : own.constants(p)) constants_.push_back(static_cast<T>(c));
    for (const double tau : own.taus(p, true)) source_.emplace_back(tau, p.dt_ms);
    for (const double tau : own.taus(p, false)) target_.emplace_back(tau, p.dt_ms);
    largest_ = static_cast<T>(own.largest(p));
  }

  void source_fires(T* K, std::uint32_t since) const {
    decay(source_, K, since, K);
    functions_.source_fires(constants_.data(), K);
  }
  void target_fires(T* K, std::uint32_t since) const {
    decay(target_, K, since, K);
    functions_.target_fires(constants_.data(), K);
  }
  T target_arrives(T w, T*, const engine::Pairing<T>& at) const { return event(functions_.on_post, w, at); }
  T source_arrives(T w, T*, const engine::Pairing<T>& at) const { return event(functions_.on_pre, w, at); }
  double largest() const { return static_cast<double>(largest_); }

 private:
  using Tables = std::vector<DecayTable<T>>;
  static void decay(const Tables& tables, const T* from, std::uint32_t since, T* to) {
    for (std::size_t k = 0; k < tables.size(); ++k) to[k] = from[k] * tables[k](since);
  }
  T event(T (*what)(const T*, T, const T*, const T*), T w, const engine::Pairing<T>& at) const {
    T source[traces_max], target[traces_max];
    decay(source_, at.source, at.since_source, source);
    decay(target_, at.target, at.since_target, target);
    return std::clamp(what(constants_.data(), w, source, target), T(0), largest_);
  }

  SynapseFunctions<T> functions_{};
  std::vector<T> constants_;
  Tables source_, target_;
  T largest_ = 0;
};

template <std::size_t place>
struct At {
  static OwnSynapse& rule() { return *places[place].load(std::memory_order_acquire); }
  static void prepare() { rule().functions(); }
  static const char* validate(const engine::SynapseParameters& p) { return rule().validate(p); }
  static double largest(const engine::SynapseParameters& p) { return rule().largest(p); }
  static int n_state(const engine::SynapseParameters&) { return 0; }
  static std::unique_ptr<engine::PlasticSynapses> make(const engine::Network& network, const engine::PlasticTable& table, const engine::SynapseParameters& p,
                                                       std::unique_ptr<engine::Release> release) {
    engine::SynapseParameters with_place = p;
    with_place.value.push_back(static_cast<double>(place));
    return engine::make_plastic<OwnRule>(network, table, with_place, std::move(release));
  }
  static engine::SynapseModel model(const engine::ModelInfo* info) { return {info, validate, nullptr, make, largest, n_state}; }
};

struct Door {
  engine::SynapseModel (*model)(const engine::ModelInfo*);
  void (*prepare)();
};
template <std::size_t... place>
constexpr std::array<Door, sizeof...(place)> make_doors(std::index_sequence<place...>) { return {Door{At<place>::model, At<place>::prepare}...}; }
constexpr auto doors = make_doors(std::make_index_sequence<places_max>());

}  // namespace

const engine::SynapseModel* place_synapse(OwnSynapse* rule, void (**prepare)()) {
  static std::size_t taken = 0;  // the caller holds the lock of the registration
  if (taken == places_max) return nullptr;
  places[taken].store(rule, std::memory_order_release);
  *prepare = doors[taken].prepare;
  return new engine::SynapseModel(doors[taken++].model(&rule->info()));  // networks may use it to the end
}

}  // namespace ranvier::equations
