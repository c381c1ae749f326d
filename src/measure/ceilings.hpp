// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What this machine really does: the roof under which a run stands, and what it is.

#include <cstdint>
#include <optional>
#include <string>

namespace ranvier::measure {

struct Ceilings {
  double bandwidth_byte_per_s = 0;  ///< DRAM, reading and writing a long array, all threads together
  double flop_per_s = 0;            ///< fused multiply-adds in registers, all threads together
};

/// Measures both in about 0.1 s. `threads` run at once; `double_precision` chooses the arithmetic.
Ceilings measure_ceilings(int threads, bool double_precision);

/// Energy counters of the processor packages (RAPL), where the system lets this process read them.
class EnergyMeter {
 public:
  EnergyMeter();
  std::optional<double> joule_since_start() const;  ///< empty where not available

 private:
  std::optional<double> read() const;
  std::optional<double> start_;
};

std::string cpu_name();
std::string system_name();
std::uint64_t memory_byte();
int core_count();                  ///< hardware threads that this process may use
std::uint64_t peak_rss_byte();     ///< of this process

}  // namespace ranvier::measure
