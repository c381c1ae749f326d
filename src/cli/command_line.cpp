// SPDX-License-Identifier: Apache-2.0
#include "cli/commands.hpp"

namespace ranvier::cli {

std::string joined(const std::vector<std::string>& words) {
  std::string all;
  for (const std::string& w : words) {
    const bool plain = !w.empty() && w.find_first_of(" \t\"'$&|;<>()*?\\") == std::string::npos;
    all += (all.empty() ? "" : " ") + (plain ? w : "'" + w + "'");
  }
  return all;
}

}  // namespace ranvier::cli
