// SPDX-License-Identifier: Apache-2.0
/// libFuzzer target: no bytes make the reader of config.json crash, hang or throw anything but InputError, and a shape that it accepts has
/// finite, positive counts.
///
///   fuzz_model_config -max_total_time=60 CORPUS tests/fuzz/model_config

#include <cmath>
#include <string_view>

#include "io/model_config.hpp"
#include "plan/model_shape.hpp"
#include "ranvier/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ranvier;
  try {
    const plan::ModelShape s = io::read_model_config(std::string_view(reinterpret_cast<const char*>(data), size), "config.json");
    const double figures[] = {plan::parameter_count(s), plan::parameter_count_active(s), plan::weights_touched(s, 3), plan::cache_values(s, 1000), plan::attention_flop(s, 1000, true).value()};
    for (const double x : figures)
      if (!std::isfinite(x) || x < 0) __builtin_trap();
    if (plan::parameter_count_active(s) > plan::parameter_count(s)) __builtin_trap();
  } catch (const InputError&) {
  }
  return 0;
}
