// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How a thread waits for others.

#include <hwy/cache_control.h>

#include <chrono>
#include <thread>

namespace ranvier::engine {

/// Spins at first, since what threads wait for here is a matter of microseconds; gives the core away where others need it.
template <class Ready>
void wait_until(Ready ready) {
  for (int spins = 0; !ready(); ++spins) {
    if (spins < 4000) hwy::Pause();
    else if (spins < 4400) std::this_thread::yield();
    else std::this_thread::sleep_for(std::chrono::microseconds(20));
  }
}

}  // namespace ranvier::engine
