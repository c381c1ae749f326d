// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One function per sub-command: each adds its options to the parser and says what to run.

#include <CLI/CLI.hpp>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace ranvier::cli {

void add_simulate(CLI::App& app, const std::vector<std::string>& command_line);
void add_check(CLI::App& app);
void add_verify(CLI::App& app);
void add_export(CLI::App& app);
void add_models(CLI::App& app);
void add_report(CLI::App& app);
void add_measure(CLI::App& app);
void add_plan(CLI::App& app, const std::vector<std::string>& command_line);
void add_machines(CLI::App& app);

/// Words as a person would type them in a shell.
std::string joined(const std::vector<std::string>& words);

/// NAME=VALUE of each --set. Errors: InputError where there is no name or no '='.
std::vector<std::pair<std::string, std::string>> parse_set(const std::vector<std::string>& options);
/// An option that is a time with its unit, in ms. Errors: InputError naming the option
double time_option(const char* name, const std::string& text);

/// Exit codes of every command.
enum ExitCode : int { done = 0, failed = 1, wrong_input = 2, interrupted = 130 };
/// Thrown to leave with a code after everything has been said.
struct Exit { int code; };

/// True once Ctrl-C (or SIGTERM) has asked to stop; see install_interrupt_handler().
const std::atomic<bool>& interrupt_flag();
void install_interrupt_handler();

/// A progress line on standard error, only where a person watches: "  42 %  0.42 s of 1 s  0.9 x real time  1 s left".
class Progress {
 public:
  Progress(double dt_ms, std::uint32_t first_step, std::uint32_t last_step);
  ~Progress();
  void show(std::uint32_t step);

 private:
  bool on_;
  double dt_ms_, start_s_, shown_s_;
  std::uint32_t first_, last_;
};

}  // namespace ranvier::cli
