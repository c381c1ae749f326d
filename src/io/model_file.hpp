// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Model files (TOML, format = 1): a membrane given as equations. The language is described in docs/own-models.md.

#include <filesystem>

#include "engine/model.hpp"

namespace ranvier::io {

/// Reads and checks a model file and registers the model under its name (equations/own_models.hpp). Nothing is compiled.
/// Errors  InputError with all problems of the file, each "file:line: key.path: what; how to mend it"
const engine::ModelInfo& read_model(const std::filesystem::path& file);

/// Whether a TOML file describes a model, by its table [model]; false too where it cannot be read or is not TOML.
bool is_model_file(const std::filesystem::path& file);

}  // namespace ranvier::io
