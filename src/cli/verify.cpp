// SPDX-License-Identifier: Apache-2.0
/// `ranvier verify` is the Python package's, since the peers are Python's: here it only says so.
#include "cli/commands.hpp"
#include "ranvier/error.hpp"

namespace ranvier::cli {

void add_verify(CLI::App& app) {
  CLI::App* c = app.add_subcommand("verify", "Run a network in NEST, Brian2 or NEURON too and compare (with the Python package)");
  c->footer("Example:  ranvier verify examples/brunel.toml --against nest");
  c->allow_extras();
  c->callback([] {
    throw InputError("ranvier verify comes with the Python package, since the peers do\n"
                     "  try: pip install . in a checkout of Ranvier, then the `ranvier` of that environment, or python -m ranvier verify NETWORK --against nest");
  });
}

}  // namespace ranvier::cli
