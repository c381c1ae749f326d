// SPDX-License-Identifier: Apache-2.0
/// libFuzzer target: no bytes make the reader of machine files crash, hang or throw anything but InputError; and what it
/// accepts can be planned on.
///
///   fuzz_machine -max_total_time=60 CORPUS tests/fuzz/machine data/machines

#include <cmath>
#include <string_view>

#include "io/machine_file.hpp"
#include "plan/workload.hpp"
#include "ranvier/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ranvier;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  static const plan::Constants constants;
  static const plan::Parameters product = [] {
    plan::Parameters p;
    for (const char* key : {"m", "n", "k"}) p.set(key, 512.0);
    return p;
  }();
  try {
    const Machine m = io::parse_machine(text, "fuzz.toml");
    const plan::Answer a = plan::answer({&m, 1, "gemm", "time", product, &constants, nullptr});
    if (!(a.p10 <= a.value && a.value <= a.p90)) __builtin_trap();
  } catch (const InputError&) {
  }
  return 0;
}
