// SPDX-License-Identifier: Apache-2.0
#include "plan/number_format.hpp"

#include <algorithm>
#include <cctype>

namespace ranvier::plan {
namespace {

constexpr auto half = Precision::fp16, half_wide = Precision::fp16_acc32;

// The first group is GGUF: its products run in fp16 with fp16 accumulation where the matrix unit offers it.
constexpr WeightFormat formats[] = {
    {"F32", 32, Precision::fp32, true}, {"F16", 16, half, true},       {"Q8_0", 8.5, half, true},    {"Q6_K", 6.56, half, true},
    {"Q5_K_M", 5.67, half, true},       {"Q5_K_S", 5.54, half, true},  {"Q5_1", 6, half, true},      {"Q5_0", 5.5, half, true},
    {"Q4_K_M", 4.85, half, true},       {"Q4_K_S", 4.58, half, true},  {"Q4_1", 5, half, true},      {"Q4_0", 4.5, half, true},
    {"IQ4_NL", 4.5, half, true},        {"IQ4_XS", 4.25, half, true},  {"Q3_K_L", 4.27, half, true}, {"Q3_K_M", 3.91, half, true},
    {"Q3_K_S", 3.5, half, true},        {"IQ3_S", 3.44, half, true},   {"IQ3_XXS", 3.06, half, true},{"Q2_K", 3.0, half, true},
    {"IQ2_S", 2.5, half, true},         {"IQ2_XS", 2.31, half, true},  {"IQ2_XXS", 2.06, half, true},{"IQ1_M", 1.75, half, true},
    {"IQ1_S", 1.56, half, true},        {"MXFP4", 4.25, half, true},
    {"fp32", 32, Precision::fp32, false},  {"tf32", 32, Precision::tf32, false}, {"fp16", 16, half_wide, false}, {"bf16", 16, half_wide, false},
    {"fp16_tensor", 16, half_wide, false}, {"float16", 16, half_wide, false},    {"bfloat16", 16, half_wide, false}, {"fp8", 8, Precision::fp8, false},
    {"fp4", 4.5, Precision::fp4, false},   {"nvfp4", 4.5, Precision::fp4, false},{"int8", 8, Precision::int8, false}, {"int4", 4.25, half_wide, false},
    {"awq", 4.25, half_wide, false},       {"gptq", 4.25, half_wide, false},     {"w8a8", 8, Precision::int8, false}, {"w4a16", 4.25, half_wide, false},
};

bool same_letters(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

}  // namespace

std::optional<WeightFormat> weight_format(std::string_view name) {
  for (const WeightFormat& f : formats)
    if (same_letters(name, f.name)) return f;
  return std::nullopt;
}

std::optional<double> cache_bits(std::string_view name) {
  const auto format = weight_format(name);
  if (!format) return std::nullopt;
  return format->bits;
}

std::vector<std::string> weight_format_names() {
  std::vector<std::string> names;
  for (const WeightFormat& f : formats) names.emplace_back(f.name);
  return names;
}

}  // namespace ranvier::plan
