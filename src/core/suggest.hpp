// SPDX-License-Identifier: Apache-2.0
#pragma once
/// "Did you mean ...?"

#include <span>
#include <string>
#include <string_view>

namespace ranvier {

/// The name nearest to `word` by edits (letters added, dropped, changed or swapped; case counts least), empty
/// when none is near enough to be what was meant: about one edit for three letters, or the beginning of the name.
std::string nearest_name(std::string_view word, std::span<const std::string> names);

/// ' Did you mean "x"?' or, where nothing is near, ' Known: a, b, c' (up to 12 names).
std::string suggestion(std::string_view word, std::span<const std::string> names);

}  // namespace ranvier
