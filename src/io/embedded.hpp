// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Data files that are part of the program: data/machines, data/llm, data/claims, as they were when it was built.

#include <iterator>
#include <span>
#include <string_view>

namespace ranvier::io::embedded {

struct File {
  std::string_view name;  ///< without folder
  std::string_view text;
};

std::span<const File> machines();  ///< data/machines/*.toml
std::span<const File> models();    ///< data/llm/*.json and *.csv
std::span<const File> claims();    ///< data/claims/*.toml

}  // namespace ranvier::io::embedded
