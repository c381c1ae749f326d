// SPDX-License-Identifier: Apache-2.0
#include "cli/this_machine.hpp"

#include <fmt/format.h>

#include "measure/ceilings.hpp"
#include "plan/infer.hpp"

namespace ranvier::cli {
namespace {

constexpr double repeat_spread = 0.1;  ///< from run to run on a machine that others use, too

template <class Unit>
void fill(Figure<Unit>& figure, double value, double spread, std::string source) {
  figure.value = Unit(value);
  figure.spread = spread;
  figure.known = true;
  figure.readings.push_back({value, std::move(source), "", spread, false});
}

}  // namespace

Machine this_machine(const plan::Constants& constants) {
  const int threads = measure::core_count();
  const auto single = measure::measure_ceilings(threads, false), twice = measure::measure_ceilings(threads, true);
  const std::string by = fmt::format("measured here, {} threads", threads);
  Machine m;
  m.id = "this";
  m.name = measure::cpu_name();
  m.kind = MachineKind::cpu;
  fill(m.rate[index_of(Precision::fp32)], single.flop_per_s, repeat_spread, by);
  fill(m.rate[index_of(Precision::fp64)], twice.flop_per_s, repeat_spread, by);
  fill(m.bandwidth, single.bandwidth_byte_per_s / constants.bandwidth_share, repeat_spread, fmt::format("{}: {:.4g} byte/s reached, over bandwidth_share", by, single.bandwidth_byte_per_s));
  fill(m.memory, static_cast<double>(measure::memory_byte()), 0, "as the system says");
  fill(m.cores, threads, 0, "hardware threads that this process may use");
  plan::complete(m);
  return m;
}

}  // namespace ranvier::cli
