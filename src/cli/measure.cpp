// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "cli/commands.hpp"
#include "engine/run.hpp"
#include "measure/ceilings.hpp"

namespace ranvier::cli {

void add_measure(CLI::App& app) {
  struct Options {
    int threads = 0;
    bool json = false;
  };
  auto o = std::make_shared<Options>();
  CLI::App* c = app.add_subcommand("measure", "What this machine can do: memory bandwidth and arithmetic");
  c->footer("Example:  ranvier measure --threads 2");
  c->add_option("--threads", o->threads, "threads that run at once (default: all)")->check(CLI::Range(0, 1024));
  c->add_flag("--json", o->json, "print JSON");
  c->callback([o] {
    const int threads = o->threads > 0 ? o->threads : measure::core_count();
    const measure::Ceilings single = measure::measure_ceilings(threads, false), twice = measure::measure_ceilings(threads, true);
    if (o->json) {
      const nlohmann::ordered_json j{{"cpu", measure::cpu_name()}, {"system", measure::system_name()}, {"threads", threads}, {"memory_byte", measure::memory_byte()}, {"simd", engine::simd_name()},
                                     {"bandwidth_byte_per_s", single.bandwidth_byte_per_s}, {"flop_per_s", {{"float32", single.flop_per_s}, {"float64", twice.flop_per_s}}}};
      fmt::print("{}\n", j.dump(2));
      return;
    }
    fmt::print("{}, {} thread{}, {:.1f} GiB, {}\n", measure::cpu_name(), threads, threads == 1 ? "" : "s", static_cast<double>(measure::memory_byte()) / 1073741824.0, engine::simd_name());
    fmt::print("memory       {:8.1f} GB/s\nfloat32 FMA  {:8.1f} GFLOP/s\nfloat64 FMA  {:8.1f} GFLOP/s\n", single.bandwidth_byte_per_s * 1e-9, single.flop_per_s * 1e-9, twice.flop_per_s * 1e-9);
  });
}

}  // namespace ranvier::cli
