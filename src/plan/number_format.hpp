// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Formats that weights and caches are stored in, and what computes with them.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/work.hpp"

namespace ranvier::plan {

/// How weights lie in memory. `bits` is the mean over the file, scales and the few wider matrices included.
struct WeightFormat {
  const char* name;
  double bits;
  Precision arithmetic;  ///< of the products
  bool packed;           ///< a GGUF file: read by kernels that unpack one weight after the other, or unpacked to fp16 first
};

/// The format of this name, upper or lower case: GGUF types ("Q4_K_M", "F16") and those of serving engines ("fp16", "bf16",
/// "fp8", "fp4", "int8", "int4", "awq"). Nothing where it is not known.
///
/// Bits per weight of GGUF types: the block layouts of ggml (k-quants mix types; mean over a LLaMA model as printed by its
/// quantize tool), docs/plan-llm.md. fp4 and int4 carry a scale per 16 or 32 to 128 weights.
std::optional<WeightFormat> weight_format(std::string_view name);

/// Bits of one cached value in this format, nothing where it is not known.
std::optional<double> cache_bits(std::string_view name);

/// All names, for error messages.
std::vector<std::string> weight_format_names();

}  // namespace ranvier::plan
