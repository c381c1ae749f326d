// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Questions to the planner in one line.

#include <initializer_list>
#include <string>
#include <utility>

#include "io/machine_file.hpp"
#include "plan/workload.hpp"
#include "ranvier/error.hpp"

namespace ranvier::test_plan {

inline io::MachineCatalogue& catalogue() {
  static io::MachineCatalogue machines;
  return machines;
}

inline const plan::Constants& shipped() {
  static const plan::Constants constants;
  return constants;
}

using Pairs = std::initializer_list<std::pair<const char*, const char*>>;

inline plan::Parameters bag(Pairs pairs) {
  plan::Parameters p;
  for (const auto& [key, value] : pairs) p.set_text(key, value);
  return p;
}

inline plan::Answer ask(const Machine& machine, const std::string& kind, Pairs pairs, const std::string& metric = "", int count = 1, const plan::Constants& constants = shipped(), plan::Trace* trace = nullptr) {
  return plan::answer({&machine, count, kind, metric, bag(pairs), &constants, nullptr}, trace);
}

inline plan::Answer ask(const char* machine, const std::string& kind, Pairs pairs, const std::string& metric = "", int count = 1) {
  return ask(catalogue().find(machine), kind, pairs, metric, count);
}

/// What is said about a mistake; empty where nothing is thrown.
template <class F>
std::string said(F&& f) {
  try {
    f();
  } catch (const InputError& e) {
    return e.what();
  }
  return {};
}

/// Constants without what vendors do not promise: every rate is reached, nothing costs a fixed time.
inline plan::Constants ideal() {
  plan::Constants c;
  c.arithmetic_share = c.bandwidth_share = 1;
  c.launch_s = c.framework_s = 0;
  c.tile_side = 0;
  c.vector_joule_per_flop = 0;
  return c;
}

}  // namespace ranvier::test_plan
