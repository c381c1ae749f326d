// SPDX-License-Identifier: Apache-2.0
#include "ranvier/units.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <numbers>

#include "ranvier/error.hpp"

namespace ranvier {
namespace {

struct Symbol {
  std::string_view name;
  double factor;
  int exponent;  // 1 symbol = factor x 10^exponent of ms, mV, pA, um and their products
  Dimension dimension;
};

constexpr Dimension time_1{.time = 1}, voltage_1{.voltage = 1}, current_1{.current = 1}, length_1{.length = 1};
constexpr Dimension frequency{.time = -1}, conductance{.voltage = -1, .current = 1}, resistance{.voltage = 1, .current = -1};
constexpr Dimension capacitance{.time = 1, .voltage = -1, .current = 1}, charge{.time = 1, .current = 1};

// These may carry a prefix. Example: 1 F = 1 A s / V = 10^12 pA x 10^3 ms / 10^3 mV.
constexpr std::array bases{
    Symbol{"s", 1, 3, time_1},       Symbol{"V", 1, 3, voltage_1},      Symbol{"A", 1, 12, current_1},
    Symbol{"S", 1, 9, conductance},  Symbol{"F", 1, 12, capacitance},   Symbol{"Hz", 1, -3, frequency},
    Symbol{"m", 1, 6, length_1},     Symbol{"Ohm", 1, -9, resistance},  Symbol{"ohm", 1, -9, resistance},
    Symbol{"C", 1, 15, charge},
};
constexpr std::array plain_symbols{
    Symbol{"1", 1, 0, {}},          Symbol{"%", 1, -2, {}},        Symbol{"rad", 1, 0, {}},
    Symbol{"deg", std::numbers::pi / 180, 0, {}}, Symbol{"min", 60, 3, time_1}, Symbol{"h", 3600, 3, time_1},
};
struct Prefix {
  std::string_view name;
  int exponent;
};
constexpr std::array prefixes{
    Prefix{"", 0},   Prefix{"G", 9},   Prefix{"M", 6},        Prefix{"k", 3},        Prefix{"c", -2}, Prefix{"m", -3},
    Prefix{"u", -6}, Prefix{"n", -9},  Prefix{"\u00b5", -6},  Prefix{"\u03bc", -6},  Prefix{"p", -12}, Prefix{"f", -15},
};

Quantity quantity_of(const Symbol& s, int prefix = 0) { return {s.factor, s.exponent + prefix, s.dimension}; }

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.front() == ' ' || s.front() == '\t')) s.remove_prefix(1);
  while (!s.empty() && (s.back() == ' ' || s.back() == '\t')) s.remove_suffix(1);
  return s;
}

void multiply(Quantity& q, const Quantity& by, int sign) {
  q.value = sign > 0 ? q.value * by.value : q.value / by.value;
  q.exponent += sign * by.exponent;
  q.dimension.time = static_cast<std::int8_t>(q.dimension.time + sign * by.dimension.time);
  q.dimension.voltage = static_cast<std::int8_t>(q.dimension.voltage + sign * by.dimension.voltage);
  q.dimension.current = static_cast<std::int8_t>(q.dimension.current + sign * by.dimension.current);
  q.dimension.length = static_cast<std::int8_t>(q.dimension.length + sign * by.dimension.length);
}

struct Named {
  Dimension dimension;
  std::string_view name, example;
};
constexpr std::array named{
    Named{{}, "a plain number", "0.5"},       Named{time_1, "a time", "20 ms"},
    Named{voltage_1, "a voltage", "-65 mV"},  Named{current_1, "a current", "100 pA"},
    Named{length_1, "a length", "100 um"},    Named{frequency, "a rate", "8 Hz"},
    Named{conductance, "a conductance", "10 nS"}, Named{resistance, "a resistance", "40 MOhm"},
    Named{capacitance, "a capacitance", "250 pF"}, Named{charge, "a charge", "1 pC"},
};

double in_unit_of(std::string_view text, std::string_view unit) {
  const Quantity q = parse_quantity(text);
  const Quantity u = *find_unit(unit);
  if (!(q.dimension == u.dimension))
    throw InputError(fmt::format("\"{}\" is {}, but {} is needed, for example \"{}\"", text, describe(q.dimension),
                                 describe(u.dimension), example_of(unit)));
  return in_unit(q, u);
}

}  // namespace

std::optional<Quantity> find_unit(std::string_view symbol) {
  for (const auto& s : plain_symbols)
    if (s.name == symbol) return quantity_of(s);
  for (const auto& base : bases) {
    if (!symbol.ends_with(base.name)) continue;
    const auto front = symbol.substr(0, symbol.size() - base.name.size());
    for (const auto& prefix : prefixes)
      if (prefix.name == front && (prefix.name != "c" || base.name == "m")) return quantity_of(base, prefix.exponent);
  }
  return std::nullopt;
}

std::optional<Quantity> parse_unit(std::string_view text) {
  Quantity result{.value = 1};
  text = trim(text);
  if (text.empty()) return result;
  int sign = 1, symbols = 0;
  if (text.front() == '/') {
    sign = -1;
    text.remove_prefix(1);
  }
  while (true) {
    const auto end = text.find_first_of("*/");
    const auto unit = find_unit(trim(text.substr(0, end)));
    if (!unit || ++symbols > 16) return std::nullopt;  // 16: the exponents are 8-bit
    multiply(result, *unit, sign);
    if (end == std::string_view::npos) return result;
    sign = text[end] == '*' ? 1 : -1;
    text.remove_prefix(end + 1);
  }
}

Quantity parse_quantity(std::string_view text) {
  const auto trimmed = trim(text);
  const char* first = trimmed.data();
  const char* last = first + trimmed.size();
  if (first != last && *first == '+') ++first;
  double value = 0;
  const auto [end, error] = std::from_chars(first, last, value);
  if (error != std::errc{} || !std::isfinite(value))
    throw InputError(fmt::format("\"{}\" is not a number with a unit; write it like \"20 ms\"", text));
  auto unit = parse_unit({end, static_cast<std::size_t>(last - end)});
  if (!unit)
    throw InputError(fmt::format("\"{}\": unknown unit \"{}\"; units look like ms, mV, pA, nS, pF, Hz, um", text,
                                 trim({end, static_cast<std::size_t>(last - end)})));
  unit->value *= value;
  return *unit;
}

double scale_by_ten(double value, int exponent) {
  // 10^0 .. 10^22 are exact doubles; one multiplication or division by them rounds once.
  static constexpr std::array<double, 23> tens{1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
                                               1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};
  for (int chunk = 0; exponent != 0 && chunk < 32; ++chunk) {
    const auto n = static_cast<std::size_t>(std::min(std::abs(exponent), 22));
    value = exponent > 0 ? value * tens[n] : value / tens[n];
    exponent += exponent > 0 ? -static_cast<int>(n) : static_cast<int>(n);
  }
  return value;
}

double in_unit(const Quantity& q, const Quantity& unit) {
  assert(q.dimension == unit.dimension && "compare dimensions before converting");
  return scale_by_ten(q.value / unit.value, q.exponent - unit.exponent);
}

std::string describe(const Dimension& d) {
  for (const auto& n : named)
    if (n.dimension == d) return std::string(n.name);
  std::string text = "a quantity in";
  const auto add = [&](int power, std::string_view unit) {
    if (power == 1) text += fmt::format(" {}", unit);
    else if (power != 0) text += fmt::format(" {}^{}", unit, power);
  };
  add(d.voltage, "mV");
  add(d.current, "pA");
  add(d.length, "um");
  add(d.time, "ms");
  return text;
}

std::string example_of(std::string_view unit) {
  const auto q = parse_unit(unit);
  for (const auto& n : named)
    if (q && n.dimension == q->dimension) return std::string(n.example);
  return fmt::format("1 {}", unit);
}

const std::vector<std::string>& unit_symbols() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const auto& base : bases)
      for (const auto& prefix : prefixes)
        if (prefix.name != "c" || base.name == "m") names.push_back(std::string(prefix.name) + std::string(base.name));
    for (const auto& s : plain_symbols) names.emplace_back(s.name);
    return names;
  }();
  return all;
}

double to_ms(std::string_view text) { return in_unit_of(text, "ms"); }
double to_hz(std::string_view text) { return in_unit_of(text, "Hz"); }

}  // namespace ranvier
