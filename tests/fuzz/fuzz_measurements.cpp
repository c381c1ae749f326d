// SPDX-License-Identifier: Apache-2.0
/// libFuzzer target: no bytes make the reader of measurements, or predicting what it read, crash or hang.
///
///   fuzz_measurements -max_total_time=60 CORPUS tests/fuzz/measurements

#include <string_view>

#include "io/machine_file.hpp"
#include "io/validation_file.hpp"
#include "ranvier/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ranvier;
  static io::MachineCatalogue machines;
  static const plan::Constants constants;
  try {
    const auto rows = io::parse_measurements({reinterpret_cast<const char*>(data), size}, "fuzz.csv");
    for (auto row : rows) {
      if (row.hardware.ends_with(".toml")) row.hardware = "a100";  // files are another target's business
      const auto cases = io::find_machines({row}, machines);
      const plan::Case one{&row, cases[0].machine, cases[0].reason};
      const auto result = plan::predict(one, constants, nullptr);
      if (result.predicted.has_value() != result.reason.empty()) __builtin_trap();
    }
  } catch (const InputError&) {
  }
  return 0;
}
