// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A clock to read many times a step: the processor's own counter, some 10 ns a reading, where the system's clock takes up to
/// 300 (a virtual machine). A small network's step is over in a microsecond.

#include <chrono>
#include <cstdint>
#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace ranvier {

/// Ticks of a counter that runs evenly, alike on all cores. Their length is not known: compare with a clock over a stretch.
inline std::uint64_t ticks() {
#if defined(__x86_64__)
  return __rdtsc();
#elif defined(__aarch64__)
  std::uint64_t count;
  asm volatile("mrs %0, cntvct_el0" : "=r"(count));
  return count;
#else
  return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
}

/// How long a tick is, learnt between its making and the question.
class TickLength {
 public:
  TickLength() : ticks_(ticks()), time_(std::chrono::steady_clock::now()) {}
  double seconds() const {
    const std::uint64_t n = ticks() - ticks_;
    return n == 0 ? 0 : std::chrono::duration<double>(std::chrono::steady_clock::now() - time_).count() / static_cast<double>(n);
  }

 private:
  std::uint64_t ticks_;
  std::chrono::steady_clock::time_point time_;
};

}  // namespace ranvier
