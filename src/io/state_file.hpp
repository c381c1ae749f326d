// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Saved states: an HDF5 file of arrays by global id, readable on any number of threads.

#include <filesystem>

#include "engine/state.hpp"

namespace ranvier::io {

/// Says early that a state could not be written there.
/// Errors  InputError: the file exists and `overwrite` is false, or its folder does not exist
void check_state_target(const std::filesystem::path& file, bool overwrite);

/// Writes the state; the file appears whole or not at all.
/// Errors  InputError as above; RunError: a full disk
void write_state(const std::filesystem::path& file, const engine::Snapshot& snapshot, bool overwrite);

/// Errors  InputError: no such file, not a saved state, damaged, or of another format version
engine::Snapshot read_state(const std::filesystem::path& file);

}  // namespace ranvier::io
