// SPDX-License-Identifier: Apache-2.0
#include "plan/claims/value.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "core/suggest.hpp"

namespace ranvier::plan::claims {
namespace {

constexpr double day_s = 86400, year_s = 365.25 * day_s;

struct Unit {
  std::string_view symbol;
  double factor;
  std::array<std::pair<const char*, int>, 3> base;
  bool prefixes;  ///< k, M, m, ... may stand before it
};
// The volt is J/(A s); hence S = A/V and F = A s/V.
constexpr Unit units[] = {
    {"s", 1, {{{"s", 1}}}, true},         {"min", 60, {{{"s", 1}}}, false},      {"h", 3600, {{{"s", 1}}}, false},
    {"day", day_s, {{{"s", 1}}}, false},  {"year", year_s, {{{"s", 1}}}, false}, {"Hz", 1, {{{"s", -1}}}, true},
    {"byte", 1, {{{"byte", 1}}}, true},   {"B", 1, {{{"byte", 1}}}, true},       {"bit", 0.125, {{{"byte", 1}}}, true},
    {"FLOP", 1, {{{"FLOP", 1}}}, true},   {"J", 1, {{{"J", 1}}}, true},          {"W", 1, {{{"J", 1}, {"s", -1}}}, true},
    {"Wh", 3600, {{{"J", 1}}}, true},     {"USD", 1, {{{"USD", 1}}}, true},      {"m", 1, {{{"m", 1}}}, true},
    {"A", 1, {{{"A", 1}}}, true},         {"V", 1, {{{"J", 1}, {"A", -1}, {"s", -1}}}, true},
    {"S", 1, {{{"A", 2}, {"J", -1}, {"s", 1}}}, true},
    {"F", 1, {{{"A", 2}, {"J", -1}, {"s", 2}}}, true},
    {"%", 0.01, {}, false},               {"1", 1, {}, false},                   {"x", 1, {}, false},
    {"orders", 1, {}, false},             {"doublings", 1, {}, false},           {"frames", 1, {}, false},
};

/// Things counted: each is a dimension of its own. Words that only name the result ("ratio") are not needed.
constexpr std::string_view counts[] = {"weight",  "token", "synapse",     "neuron",    "compartment", "device", "gate",    "channel", "user",
                                       "session", "home",  "multiply_add", "operation", "cycle",       "step",   "element", "thread",  "core",
                                       "tile",    "spike", "instruction",  "warp",      "block",       "spine",  "image",   "pass",    "GPU"};

struct Prefix {
  std::string_view symbol;
  double factor;
};
constexpr Prefix prefixes[] = {{"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0},
                               {"k", 1e3},     {"M", 1e6},        {"G", 1e9},           {"T", 1e12},
                               {"P", 1e15},    {"E", 1e18},       {"m", 1e-3},          {"u", 1e-6},
                               {"n", 1e-9},    {"p", 1e-12},      {"c", 1e-2}};

Value value_of(const Unit& unit, double prefix) {
  Value v{unit.factor * prefix, {}};
  for (const auto& [name, power] : unit.base)
    if (name != nullptr && power != 0) v.dimension[name] = power;
  return v;
}

std::optional<Value> find_symbol(std::string_view symbol) {
  for (const Unit& u : units)
    if (u.symbol == symbol) return value_of(u, 1);
  for (const std::string_view c : counts)
    if (c == symbol) return Value{1, {{std::string(c), 1}}};
  for (const Prefix& p : prefixes) {
    if (!symbol.starts_with(p.symbol)) continue;
    for (const Unit& u : units)
      if (u.prefixes && u.symbol == symbol.substr(p.symbol.size())) return value_of(u, p.factor);
  }
  return std::nullopt;
}

Value symbol_value(std::string_view symbol) {
  if (auto found = find_symbol(symbol)) return *found;
  std::vector<std::string> names;
  for (const Unit& u : units) names.emplace_back(u.symbol);
  for (const std::string_view c : counts) names.emplace_back(c);
  throw ValueError(fmt::format("unknown unit \"{}\".{}", symbol, suggestion(symbol, names)));
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Value combine(const Value& a, const Value& b, int sign) {
  Value out{sign > 0 ? a.number * b.number : a.number / b.number, a.dimension};
  for (const auto& [name, power] : b.dimension) {
    auto& sum = out.dimension[name];
    sum += sign * power;
    if (sum == 0) out.dimension.erase(name);
  }
  return out;
}

}  // namespace

Value operator*(const Value& a, const Value& b) { return combine(a, b, 1); }

Value operator/(const Value& a, const Value& b) {
  if (b.number == 0) throw ValueError("division by zero");
  return combine(a, b, -1);
}

void require_alike(const Value& a, const Value& b, std::string_view what) {
  if (a.dimension != b.dimension)
    throw ValueError(fmt::format("{} of {} and {} has no meaning", what, describe(a.dimension), describe(b.dimension)));
}

Value parse_unit(std::string_view text) {
  text = trim(text);
  Value out{1, {}};
  int sign = 1;
  if (text.starts_with('/')) {
    sign = -1;
    text.remove_prefix(1);
  }
  while (!text.empty()) {
    const auto end = text.find_first_of("*/");
    std::string_view factor = trim(text.substr(0, end));
    int power = 1;
    if (factor.size() > 2 && factor[factor.size() - 2] == '^' && factor.back() >= '1' && factor.back() <= '9') {
      power = factor.back() - '0';
      factor.remove_suffix(2);
    }
    if (factor.empty()) throw ValueError(fmt::format("cannot read the unit \"{}\"", text));
    const Value one = symbol_value(factor);
    for (int i = 0; i < power; ++i) out = combine(out, one, sign);
    if (end == std::string_view::npos) break;
    sign = text[end] == '*' ? 1 : -1;
    text.remove_prefix(end + 1);
    if (trim(text).empty()) throw ValueError("a unit ends where a symbol is needed");
  }
  return out;
}

Value parse_value(std::string_view text) {
  text = trim(text);
  std::string digits;
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    const char c = text[at];
    const bool digit = c >= '0' && c <= '9';
    const bool sign = (c == '-' || c == '+') && (at == 0 || text[at - 1] == 'e' || text[at - 1] == 'E');
    const bool exponent = (c == 'e' || c == 'E') && !digits.empty() && at + 1 < text.size() &&
                          (std::string_view("0123456789+-").find(text[at + 1]) != std::string_view::npos);
    if (c == ',') continue;  // 1,558,824
    if (!digit && c != '.' && !sign && !exponent) break;
    digits += c;
  }
  if (digits.starts_with('+')) digits.erase(0, 1);
  double number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  if (error != std::errc{} || end != digits.data() + digits.size() || !std::isfinite(number))
    throw ValueError(fmt::format("cannot read \"{}\": a number with a unit is needed, such as \"3e15 FLOP/s\" or \"20 W\"", text));
  Value unit = parse_unit(text.substr(at));
  unit.number *= number;
  return unit;
}

double binary_excess(std::string_view unit) {
  double excess = 1;
  const auto first = trim(unit.substr(0, unit.find_first_of("*/")));
  constexpr std::string_view order = "kMGTPE";
  for (const std::string_view symbol : {"bit", "byte", "B"}) {
    if (first.size() != symbol.size() + 1 || !first.ends_with(symbol)) continue;
    if (const auto k = order.find(first.front()); k != std::string_view::npos) excess = std::pow(1.024, static_cast<double>(k + 1));
  }
  return excess;
}

std::string describe(const Dimension& dimension) {
  if (dimension.empty()) return "a plain number";
  std::string above, below;
  for (const auto& [name, power] : dimension) {
    std::string& side = power > 0 ? above : below;
    side += (power > 0 ? (above.empty() ? "" : "*") : "/") + name;
    if (std::abs(power) != 1) side += fmt::format("^{}", std::abs(power));
  }
  return above + below;
}

double in_unit(const Value& value, std::string_view unit) {
  const Value one = parse_unit(unit);
  if (value.dimension != one.dimension)
    throw ValueError(fmt::format("is {}, but {} is needed", describe(value.dimension), describe(one.dimension)));
  return value.number / one.number;
}

}  // namespace ranvier::plan::claims
