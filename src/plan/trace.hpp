// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The derivation of an answer: named steps with value, unit, formula and source, in the order of the computation.
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
#include <vector>

#include "core/dimensioned.hpp"
#include "core/machine.hpp"

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

class Trace {
 public:
  void add(std::string_view name, double value, std::string_view unit, std::string_view formula, std::string_view source) {
    steps_.push_back({depth_, std::string(name), value, std::string(unit), std::string(formula), std::string(source), false});
  }
  void open(std::string_view title, std::string_view remark) {
    steps_.push_back({depth_++, std::string(title), 0, "", std::string(remark), "", true});
  }
  void close() { --depth_; }
  const std::vector<Step>& steps() const { return steps_; }

 private:
  int depth_ = 0;
  std::vector<Step> steps_;
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
