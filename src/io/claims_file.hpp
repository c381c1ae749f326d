// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Books of claims: data/claims/*.toml. What a claim may say is told in docs/plan-claims.md.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "plan/claims/claim.hpp"

namespace ranvier::io {

/// The claims of one document. `name` is for messages. Throws InputError with all problems, each with file and line.
std::vector<plan::claims::Claim> parse_claims(std::string_view text, const std::string& name);

/// The claims of all .toml files of a folder, or of one file, in the order of file names.
std::vector<plan::claims::Claim> read_claims(const std::filesystem::path& path);

/// The claims that are part of the program.
std::vector<plan::claims::Claim> shipped_claims();

}  // namespace ranvier::io
