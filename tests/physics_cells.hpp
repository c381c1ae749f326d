// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A block of cells without a network around it: the tests of models drive its step function by hand.

#include <hwy/targets.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <initializer_list>
#include <map>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

#include "engine/kernel.hpp"

namespace ranvier::tests {

using Params = std::map<std::string, double>;

struct ReceptorChoice {
  std::string kind;
  bool conductance = false;
  Params params = {};
};

struct CellSetup {
  std::string membrane = "leaky";
  Params params = {};
  std::vector<ReceptorChoice> receptors = {};
  double dt = 0.1;
  std::size_t n = 1;
  bool double_precision = true;
  bool per_cell = false;    ///< one set of constants per cell (all equal) instead of one for the block
  bool fixed = false;       ///< the step function made for this list of receptors, where there is one
  bool sleeps = false;
  bool wide = true;         ///< int64 sums
  std::size_t chunk = 1024; ///< cells per visit; a multiple of 16
};

class Cells {
 public:
  explicit Cells(const CellSetup& setup) : s_(setup), padded_((setup.n + 15) / 16 * 16) {
    entry_ = engine::find_membrane(s_.membrane);
    if (!entry_) throw std::runtime_error("no membrane " + s_.membrane);
    const auto& model = *entry_->model;
    const auto values = parameters(model.info->parameters, s_.params);
    if (const char* problem = model.validate(values.data(), s_.dt)) throw std::runtime_error(problem);
    double c[engine::constants_max];
    model.derive(values.data(), s_.dt, c);
    for (int k = 0; k < model.n_constants; ++k) visit_.constants[k] = constants(c[k]);
    offset_ = model.relative_to >= 0 ? values[static_cast<std::size_t>(model.relative_to)] : 0;
    double initial[engine::state_max];
    for (std::size_t k = 0; k < model.info->state.size(); ++k) {
      initial[k] = initial_value(model.info->state[k], values);
      if (model.initial && k > 0) initial[k] = model.initial(values.data(), initial, static_cast<int>(k));
      if (k == 0) initial[k] -= offset_;
      visit_.state[k] = array(initial[k]);
    }
    const double t_ref = model.refractory >= 0 ? values[static_cast<std::size_t>(model.refractory)] : 0;
    visit_.refractory = stamps(static_cast<std::uint32_t>(std::lround(t_ref / s_.dt)));
    visit_.ready = stamps(0);
    make_receptors(model, values);
    visit_.receptors = receptors_.data();
    visit_.n_receptors = static_cast<int>(receptors_.size());
    visit_.wide = s_.wide;
    spikes_.resize(padded_);
    visit_.spikes = spikes_.data();
    if (s_.sleeps) {
      visit_.asleep_since = stamps(engine::awake);
      touched_.assign(padded_ / 16, 1);
      for (std::uint32_t g = 0; g < padded_ / 16; ++g) active_.push_back(g);
    }
    std::vector<int> ops;
    for (const auto& r : receptors_) ops.push_back(r.op);
    step_ = s_.sleeps  ? entry_->step_sleepers(s_.double_precision, !s_.per_cell)
            : s_.fixed ? entry_->step_for(s_.double_precision, !s_.per_cell, ops.data(), static_cast<int>(ops.size()))
                       : entry_->step(s_.double_precision, !s_.per_cell);
    if (!step_) throw std::runtime_error("no step function");
  }
  Cells(const Cells&) = delete;
  Cells& operator=(const Cells&) = delete;

  /// Adds to what arrives in the next step.
  void arrive(int receptor, std::size_t cell, double weight) {
    const auto units = std::llround(weight / quantum);
    auto& r = receptors_[static_cast<std::size_t>(receptor)];
    if (s_.wide) static_cast<std::int64_t*>(r.input)[cell] += units;
    else static_cast<std::int32_t*>(r.input)[cell] += static_cast<std::int32_t>(units);
    if (s_.sleeps && units != 0 && !touched_[cell / 16]) {
      touched_[cell / 16] = 1;
      active_.push_back(static_cast<std::uint32_t>(cell / 16));
    }
  }
  void arrive_all(int receptor, double weight) {
    for (std::size_t i = 0; i < s_.n; ++i) arrive(receptor, i, weight);
  }
  void current(std::size_t cell, double value) {
    if (!visit_.current) visit_.current = current_ = array(0);
    put(current_, cell, value);
  }
  void set(const std::string& variable, std::size_t cell, double value) {
    const auto [receptor, index] = find(variable);
    put(receptor < 0 ? visit_.state[index] : receptors_[static_cast<std::size_t>(receptor)].state[index], cell,
        value - (receptor < 0 && index == 0 ? offset_ : 0));
  }
  void set_all(const std::string& variable, double value) {
    for (std::size_t i = 0; i < padded_; ++i) set(variable, i, value);
  }

  /// One step; returns the cells that fired.
  std::vector<std::uint32_t> step() {
    ++visit_.step;
    visit_.n_spikes = 0;
    if (s_.sleeps) {
      visit_.first = 0;
      visit_.n = s_.n;
      visit_.active = active_.data();
      visit_.n_active = active_.size();
      visit_.touched = touched_.data();
      step_(visit_);
      active_.resize(visit_.n_active);
    } else {
      for (std::size_t first = 0; first < s_.n; first += s_.chunk) {
        visit_.first = first;
        visit_.n = std::min(s_.chunk, s_.n - first);
        step_(visit_);
      }
    }
    return {spikes_.begin(), spikes_.begin() + static_cast<std::ptrdiff_t>(visit_.n_spikes)};
  }
  /// Steps at which cell 0 fires, in n steps.
  std::vector<int> train(int steps, std::size_t cell = 0) {
    std::vector<int> out;
    for (int k = 0; k < steps; ++k)
      for (const auto fired : step())
        if (fired == cell) out.push_back(static_cast<int>(visit_.step));
    return out;
  }
  void run(int steps) {
    for (int k = 0; k < steps; ++k) step();
  }

  /// "V_m", "w"; of receptor 1 "1.I". As a reader sees it: sleepers evaluated.
  double get(const std::string& variable, std::size_t cell = 0) const {
    const auto [receptor, index] = find(variable);
    engine::Visit v = visit_;
    v.first = cell;
    v.n = 1;
    double out = 0;
    entry_->read(s_.double_precision, !s_.per_cell)(v, v.step, receptor, index, &out);
    return out + (receptor < 0 && index == 0 ? offset_ : 0);
  }

  engine::Visit& visit() { return visit_; }
  const engine::MembraneEntry& entry() const { return *entry_; }
  std::size_t asleep() const {
    std::size_t count = 0;
    for (std::size_t i = 0; i < s_.n; ++i) count += visit_.asleep_since && visit_.asleep_since[i] != engine::awake;
    return count;
  }
  std::size_t active_groups() const { return active_.size(); }

  static constexpr double quantum = 0x1p-20;

 private:
  static std::vector<double> parameters(std::span<const engine::Parameter> table, const Params& given) {
    std::vector<double> out;
    std::size_t used = 0;
    for (const auto& p : table) {
      const auto it = given.find(std::string(p.name));
      used += it != given.end();
      out.push_back(it == given.end() ? p.default_value : it->second);
      if (!p.range.contains(out.back())) throw std::runtime_error(std::string(p.name) + " is out of its range");
    }
    if (used != given.size()) throw std::runtime_error("a parameter of the test does not exist");
    out.push_back(0);  // so that data() is there for models without parameters
    return out;
  }
  double initial_value(const engine::StateVariable& v, const std::vector<double>& values) const {
    const auto table = entry_->model->info->parameters;
    for (std::size_t k = 0; k < table.size(); ++k)
      if (table[k].name == v.initial) return values[k];
    return std::strtod(std::string(v.initial).c_str(), nullptr);  // a formula: model.initial knows
  }
  void make_receptors(const engine::MembraneModel& model, const std::vector<double>& membrane) {
    bool any_conductance = false;
    for (const auto& r : s_.receptors) any_conductance = any_conductance || r.conductance;
    for (const auto& r : s_.receptors) {
      const auto* receptor = engine::find_receptor(r.kind);
      if (!receptor) throw std::runtime_error("no receptor " + r.kind);
      using engine::Coupling;
      const auto coupling = r.conductance ? Coupling::conductance : model.linear && !any_conductance ? Coupling::exact : Coupling::current;
      engine::ReceptorBlock block;
      block.op = engine::receptor_op(r.kind, coupling);
      const auto values = parameters(receptor->info->parameters, r.params);
      double c[engine::constants_max];
      receptor->derive(values.data(), coupling, model.constants(membrane.data()), s_.dt, c);
      for (int k = 0; k < receptor->n_constants; ++k) block.constants[k] = constants(c[k]);
      for (std::size_t k = 0; k < receptor->info->state.size(); ++k) block.state[k] = array(0);
      block.input = s_.wide ? integers<std::int64_t>() : integers<std::int32_t>();
      block.quantum = quantum;
      receptors_.push_back(block);
      infos_.push_back(receptor->info);
    }
  }
  std::pair<int, int> find(const std::string& variable) const {
    const auto dot = variable.find('.');
    const int receptor = dot == std::string::npos ? -1 : std::stoi(variable.substr(0, dot));
    const auto name = dot == std::string::npos ? variable : variable.substr(dot + 1);
    const auto state = receptor < 0 ? entry_->model->info->state : infos_[static_cast<std::size_t>(receptor)]->state;
    for (std::size_t k = 0; k < state.size(); ++k)
      if (state[k].name == name) return {receptor, static_cast<int>(k)};
    throw std::runtime_error("no state variable " + variable);
  }
  void put(void* p, std::size_t i, double value) const {
    if (s_.double_precision) static_cast<double*>(p)[i] = value;
    else static_cast<float*>(p)[i] = static_cast<float>(value);
  }
  /// Memory aligned for any vector, with room behind it.
  void* bytes(std::size_t n) {
    memory_.emplace_back(n + 256);
    auto address = reinterpret_cast<std::uintptr_t>(memory_.back().data());
    return reinterpret_cast<void*>((address + 127) / 128 * 128);
  }
  void* array(double value) {
    void* p = bytes(padded_ * 8);
    for (std::size_t i = 0; i < padded_; ++i) put(p, i, value);
    return p;
  }
  void* constants(double value) { return array(value); }
  std::uint32_t* stamps(std::uint32_t value) {
    auto* p = static_cast<std::uint32_t*>(bytes(padded_ * 4));
    std::fill_n(p, padded_, value);
    return p;
  }
  template <class T> void* integers() { return bytes(padded_ * sizeof(T)); }

  CellSetup s_;
  std::size_t padded_;
  const engine::MembraneEntry* entry_ = nullptr;
  engine::Visit visit_;
  engine::StepFunction step_ = nullptr;
  double offset_ = 0;
  std::vector<std::vector<std::uint8_t>> memory_;
  std::vector<engine::ReceptorBlock> receptors_;
  std::vector<const engine::ModelInfo*> infos_;
  std::vector<std::uint32_t> spikes_, active_;
  std::vector<std::uint8_t> touched_;
  void* current_ = nullptr;
};

/// Calls test(name) once for each instruction set that this program was compiled for and this processor has.
template <class Test>
void for_each_target(Test test) {
  for (std::int64_t left = (hwy::SupportedTargets() | HWY_STATIC_TARGET) & HWY_TARGETS; left != 0; left &= left - 1) {
    const std::int64_t target = left & -left;
    hwy::DisableTargets(~target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    test(hwy::TargetName(target));
    hwy::DisableTargets(0);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
  }
}

}  // namespace ranvier::tests
