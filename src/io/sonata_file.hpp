// SPDX-License-Identifier: Apache-2.0
#pragma once
/// SONATA circuits and simulations to NetworkSpec. What is read, and what is refused, is in docs/sonata.md.
///
/// Source  SONATA specification 0.1 (Dai et al. 2020, doi:10.1371/journal.pcbi.1007696)

#include <filesystem>

#include "network_file.hpp"

namespace ranvier::io {

/// Whether a network file is a SONATA config: it ends in .json.
bool is_sonata(const std::filesystem::path& file);

/// Reads a simulation config, a circuit config, or a config that names both, and all files they name.
///
/// Errors  InputError naming the file, the key or dataset and the value: whatever is missing, damaged, out of range, or not supported
NetworkSpec read_sonata(const std::filesystem::path& file, const Overrides& overrides = {});

}  // namespace ranvier::io
