// SPDX-License-Identifier: Apache-2.0
#include "core/suggest.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <utility>
#include <vector>

namespace ranvier {
namespace {

int letter_cost(char a, char b) {
  if (a == b) return 0;
  const auto low = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
  return low(a) == low(b) ? 1 : 3;
}

/// Edits between two words: 2 for a letter added, dropped or swapped with its neighbour, 3 for a letter changed, 1 for its case.
int edit_distance(std::string_view a, std::string_view b) {
  std::vector<int> before(b.size() + 1), above(b.size() + 1), row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) above[j] = 2 * static_cast<int>(j);
  for (std::size_t i = 1; i <= a.size(); ++i) {
    row[0] = 2 * static_cast<int>(i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      row[j] = std::min({above[j] + 2, row[j - 1] + 2, above[j - 1] + letter_cost(a[i - 1], b[j - 1])});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1]) row[j] = std::min(row[j], before[j - 2] + 2);
    }
    before = std::exchange(above, row);
  }
  return above[b.size()];
}

}  // namespace

std::string nearest_name(std::string_view word, std::span<const std::string> names) {
  if (word.size() > 64) return {};
  const std::string* best = nullptr;
  int best_distance = 0;
  for (const auto& name : names) {
    const int distance = edit_distance(word, name);
    const int allowed = 3 * std::max<int>(1, static_cast<int>(std::max(word.size(), name.size())) / 3);
    // A name cut short or continued ("tau_syn" for "tau_syn_ex") is near, too.
    const bool part = !word.empty() && name.starts_with(word);
    if ((distance <= allowed || part) && (!best || distance < best_distance)) {
      best = &name;
      best_distance = distance;
    }
  }
  return best ? *best : std::string{};
}

std::string suggestion(std::string_view word, std::span<const std::string> names) {
  if (const auto near = nearest_name(word, names); !near.empty()) return fmt::format(" Did you mean \"{}\"?", near);
  if (names.empty()) return {};
  const auto shown = names.first(std::min<std::size_t>(names.size(), 12));
  return fmt::format(" Known: {}{}", fmt::join(shown, ", "), shown.size() < names.size() ? ", ..." : "");
}

}  // namespace ranvier
