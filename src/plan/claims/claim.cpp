// SPDX-License-Identifier: Apache-2.0
#include "plan/claims/claim.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

namespace ranvier::plan::claims {
namespace {

bool is_number_char(char c) { return (c >= '0' && c <= '9') || c == '.' || c == ','; }

/// Decimal exponent of the last significant place of "1,550,000" (4), "0.05" (-2) or "26.6" (-1), and the digits shown.
std::pair<int, int> last_place(std::string_view mantissa) {
  std::string digits;
  int decimals = 0;
  bool point = false;
  for (const char c : mantissa) {
    if (c == '.') point = true;
    else if (c != ',') {
      digits += c;
      decimals += point ? 1 : 0;
    }
  }
  int place = -decimals;
  while (!point && digits.size() > 1 && digits.back() == '0') {
    digits.pop_back();
    ++place;
  }
  const auto first = digits.find_first_not_of('0');
  return {place, first == std::string::npos ? 1 : static_cast<int>(digits.size() - first)};
}

}  // namespace

Printed parse_printed(std::string_view text, std::string_view unit) {
  Printed out{.text = std::string(text)};
  while (text.starts_with('~') || text.starts_with(' ')) {
    out.approximate |= text.front() == '~';
    text.remove_prefix(1);
  }
  std::size_t end = 0;
  while (end < text.size() && is_number_char(text[end])) ++end;
  auto [place, digits] = last_place(text.substr(0, end));
  std::string number(text.substr(0, end));
  std::string_view rest = text.substr(end);
  if (rest.starts_with('K') || rest.starts_with("M ") || rest == "M") {  // 144K users, $23M
    const int thousands = rest.front() == 'K' ? 3 : 6;
    number += fmt::format("e{}", thousands);
    place += thousands;
    rest.remove_prefix(1);
  } else if (rest.starts_with('e') || rest.starts_with('E')) {
    std::size_t n = 1;
    while (n < rest.size() && (rest[n] == '+' || rest[n] == '-' || (rest[n] >= '0' && rest[n] <= '9'))) ++n;
    number += rest.substr(0, n);
    if (n > 1) place += static_cast<int>(std::clamp(std::strtol(std::string(rest.substr(1, n - 1)).c_str(), nullptr, 10), -400L, 400L));
    rest.remove_prefix(n);
  }
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const std::string own_unit(rest.empty() ? unit : rest);
  out.value = parse_value(number + " " + own_unit);
  out.digits = digits;
  out.half_unit = 0.5 * std::pow(10.0, place) * parse_unit(own_unit).number;
  return out;
}

const Premise* Claim::find(std::string_view name) const {
  for (const Premise& p : premises)
    if (p.name == name) return &p;
  return nullptr;
}

}  // namespace ranvier::plan::claims
