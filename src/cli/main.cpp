// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <atomic>
#include <csignal>
#include <cstdio>
#include <exception>
#include <new>

#include "cli/commands.hpp"
#include "ranvier/error.hpp"

int main(int argc, char** argv) {
  using namespace ranvier;
  std::signal(SIGXFSZ, SIG_IGN);  // a file-size limit is an error to be told, not the end of the process
  CLI::App app{"Ranvier: simulate brain networks at the speed of memory.\n\n  Example:  ranvier simulate examples/first.toml\n"};
  app.set_version_flag("--version", "ranvier " RANVIER_VERSION);
  app.require_subcommand(1);
  app.fallthrough(false);
  const std::vector<std::string> command_line(argv, argv + argc);
  cli::add_simulate(app, command_line);
  cli::add_check(app);
  cli::add_export(app);
  cli::add_verify(app);
  cli::add_report(app);
  cli::add_models(app);
  cli::add_measure(app);
  cli::add_plan(app, command_line);
  cli::add_machines(app);
  try {
    app.parse(argc, argv);
    return cli::done;
  } catch (const CLI::ParseError& e) {
    return app.exit(e) == 0 ? cli::done : cli::wrong_input;
  } catch (const cli::Exit& e) {
    return e.code;
  } catch (const InputError& e) {
    fmt::print(stderr, "{}\n", e.what());
    return cli::wrong_input;
  } catch (const RunError& e) {
    fmt::print(stderr, "{}\n", e.what());
    return cli::failed;
  } catch (const std::bad_alloc&) {
    fmt::print(stderr, "out of memory\n  try: a smaller network, or a machine with more memory\n");
    return cli::failed;
  } catch (const std::exception& e) {
    fmt::print(stderr, "ranvier failed: {}\n", e.what());
    return cli::failed;
  }
}
