// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>
#include <hwy/targets.h>

#include "engine/run.hpp"
#include "ranvier/error.hpp"

namespace ranvier::engine {
namespace {
struct SimdChoice {
  const char* name;
  std::int64_t targets;
};
constexpr std::int64_t scalar = HWY_EMU128 | HWY_SCALAR;
constexpr SimdChoice choices[] = {{"avx512", HWY_AVX3 | HWY_AVX3_DL}, {"avx2", HWY_AVX2}, {"scalar", scalar}};
}  // namespace

void choose_simd(const std::string& name) {
  hwy::DisableTargets(0);
  if (name == "auto") return;
  for (const SimdChoice& c : choices) {
    if (name != c.name) continue;
    if (c.targets != scalar && !(hwy::SupportedTargets() & c.targets)) throw InputError(fmt::format("--simd {}: this processor does not have it; use auto", name));
    hwy::DisableTargets(~(c.targets | scalar));
    return;
  }
  throw InputError(fmt::format("--simd {}: must be auto, avx512, avx2 or scalar", name));
}

std::string simd_name() {
  const std::int64_t targets = hwy::SupportedTargets();
  if (targets & (HWY_AVX3 | HWY_AVX3_DL)) return "AVX-512";
  if (targets & HWY_AVX2) return "AVX2";
  return "scalar";
}

}  // namespace ranvier::engine
