// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The derivation of an answer: named steps with value, unit, formula and source, in the order of the computation; and the
/// operations whose times add up to it, for pictures.
///
/// Formulas write
///
///     const Seconds transfer = note(trace, "transfer", work.memory / bandwidth, "bytes moved / bandwidth reached");
///
/// Without a trace (nullptr) that is the bare quotient: one test of a pointer, no string is made. So the fast evaluation and
/// --explain run the same code and give the same numbers.

#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "core/dimensioned.hpp"
#include "core/machine.hpp"
#include "core/work.hpp"

namespace ranvier::plan {

struct Step {
  int depth = 0;            ///< of the sections it is in
  std::string name;
  double value = 0;
  std::string unit;         ///< empty: a plain number, or a section's title
  std::string formula;
  std::string source;
  bool section = false;
};

/// One operation that was timed. `expected` x `times`, summed over all operations, is the expected time of the answer.
struct Operation {
  std::string group, name;  ///< titles of the outermost and the innermost section it was timed in; empty where there was none
  Work work;                ///< once
  Seconds arithmetic{}, memory{}, host{}, network{}, fixed{};  ///< each part alone, once, at the rate reached
  Seconds expected{};       ///< once
  double times = 1;         ///< how often the answer counts it; 0: a figure beside the answer
};

class Trace {
 public:
  void add(std::string_view name, double value, std::string_view unit, std::string_view formula, std::string_view source) {
    steps_.push_back({depth_, std::string(name), value, std::string(unit), std::string(formula), std::string(source), false});
  }
  void open(std::string_view title, std::string_view remark) {
    steps_.push_back({depth_++, std::string(title), 0, "", std::string(remark), "", true});
    titles_.emplace_back(title);
  }
  void close() {
    --depth_;
    titles_.pop_back();
  }
  const std::vector<Step>& steps() const { return steps_; }

  /// Keeps an operation, under the titles of the sections that are open.
  void add_operation(Operation operation) {
    if (!titles_.empty()) operation.group = titles_.front(), operation.name = titles_.back();
    operations_.push_back(std::move(operation));
  }
  /// The operations from number `first` to before `last` count `times` times as often.
  void repeat_operations(std::size_t first, std::size_t last, double times) {
    for (std::size_t i = first; i < last; ++i) operations_[i].times *= times;
  }
  /// The operation that was timed last, to be set right where a workload knows better than the algebra; there is one.
  Operation& last_operation() { return operations_.back(); }
  const std::vector<Operation>& operations() const { return operations_; }

 private:
  int depth_ = 0;
  std::vector<std::string> titles_;  ///< of the sections that are open
  std::vector<Step> steps_;
  std::vector<Operation> operations_;
};

/// Gives `value` back and, where there is a trace, writes it down. Name, formula and source are literals.
template <class Q>
[[gnu::always_inline]] inline Q note(Trace* trace, const char* name, Q value, const char* formula = "", const char* source = "") {
  if (trace != nullptr) [[unlikely]] trace->add(name, number_of(value), unit_of<Q>(), formula, source);
  return value;
}

/// The same for a figure of a machine: its sources are written down with it.
void note_figure(Trace& trace, const char* name, double value, const char* unit, double spread, bool inferred, const std::vector<Reading>& readings);
template <class Q>
[[gnu::always_inline]] inline Q note(Trace* trace, const char* name, const Figure<Q>& figure) {
  if (trace != nullptr) [[unlikely]] note_figure(*trace, name, number_of(figure.value), unit_of<Q>(), figure.spread, figure.inferred, figure.readings);
  return figure.value;
}

/// Steps noted while it lives are shown under this title.
class Section {
 public:
  Section(Trace* trace, const char* title, const char* remark = "") : trace_(trace) {
    if (trace_ != nullptr) trace_->open(title, remark);
  }
  ~Section() {
    if (trace_ != nullptr) trace_->close();
  }
  Section(const Section&) = delete;
  Section& operator=(const Section&) = delete;

 private:
  Trace* trace_;
};

}  // namespace ranvier::plan
