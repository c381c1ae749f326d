// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>

#include "cli/commands.hpp"

namespace ranvier::cli {
namespace {

std::atomic<bool> interrupt{false};
static_assert(std::atomic<bool>::is_always_lock_free);  // a signal handler may set it

extern "C" void on_signal(int signal_number) {
  interrupt = true;
  std::signal(signal_number, SIG_DFL);  // a second Ctrl-C ends at once
}

double now_s() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

const std::atomic<bool>& interrupt_flag() { return interrupt; }
void install_interrupt_handler() {
  std::signal(SIGINT, on_signal);
  std::signal(SIGTERM, on_signal);
}

Progress::Progress(double dt_ms, std::uint32_t first_step, std::uint32_t last_step)
    : on_(isatty(STDERR_FILENO) == 1), dt_ms_(dt_ms), start_s_(now_s()), shown_s_(start_s_), first_(first_step), last_(last_step) {}

void Progress::show(std::uint32_t step) {
  if (!on_ || step <= first_) return;
  const double now = now_s();
  if (now - shown_s_ < 0.1) return;
  shown_s_ = now;
  const double share = static_cast<double>(step - first_) / static_cast<double>(last_ - first_), elapsed = now - start_s_;
  const double biology_s = (step - first_) * dt_ms_ * 1e-3;
  constexpr int width = 30;
  const int filled = static_cast<int>(share * width);
  fmt::print(stderr, "\r  [{:━<{}}{: <{}}] {:3.0f} %   {:.2f} of {:.2f} s   {:.2f} s per s   {:.0f} s left \x1b[K", "", filled, "", width - filled, 100 * share,
             step * dt_ms_ * 1e-3, last_ * dt_ms_ * 1e-3, elapsed / biology_s, elapsed / share - elapsed);
  std::fflush(stderr);
}

Progress::~Progress() {
  if (on_) fmt::print(stderr, "\r\x1b[K");
}

}  // namespace ranvier::cli
