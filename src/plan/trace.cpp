// SPDX-License-Identifier: Apache-2.0
#include "plan/trace.hpp"

#include <fmt/format.h>

namespace ranvier::plan {

void note_figure(Trace& trace, const char* name, double value, const char* unit, double spread, bool inferred, const std::vector<Reading>& readings) {
  std::string source;
  for (const Reading& r : readings) {
    if (!source.empty()) source += "; ";
    if (readings.size() > 1) source += fmt::format("{:g}: ", r.value);
    source += r.source;
    if (!r.date.empty()) source += ", " + r.date;
  }
  trace.add(name, value, unit, fmt::format("{}, sure to {:.0f} %", inferred ? "inferred" : "figure of the machine", 100 * spread), source);
}

}  // namespace ranvier::plan
