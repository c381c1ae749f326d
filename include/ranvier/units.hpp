// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Numbers with units, as a person writes them: "20 ms", "87.8 pA", "8 /s".
///
/// The engine's units (ms, mV, pA, um; hence nS, pF, GOhm and fC) fit together without factors, so a quantity is a
/// number, a power of ten and four exponents. The power of ten is kept apart from the number until the
/// end: "0.1 ms" read as ms is exactly the double 0.1, and "8000 Hz" read as Hz is exactly 8000.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier {

/// Exponents of time, voltage, current and length. All zero: a plain number.
struct Dimension {
  std::int8_t time = 0, voltage = 0, current = 0, length = 0;
  bool operator==(const Dimension&) const = default;
  bool plain() const { return *this == Dimension{}; }
};

/// value x 10^exponent x ms^time mV^voltage pA^current um^length.
struct Quantity {
  double value = 0;
  int exponent = 0;
  Dimension dimension;
};

/// The unit of this symbol ("ms", "1", "Hz", "pA", "deg", "%"), or nothing. A prefix goes with s, V, A, S, F, Hz, m, Ohm and C.
std::optional<Quantity> find_unit(std::string_view symbol);

/// A unit built of symbols by * and /, such as "mV/ms"; nothing where a symbol is unknown.
std::optional<Quantity> parse_unit(std::string_view text);

/// Reads "20 ms", "8 /s" or "3". Throws InputError that names the text and what is wrong with it.
Quantity parse_quantity(std::string_view text);

/// The number of `unit`s in `q`, rounded once. Both have the same dimension (asserted: check it first).
double in_unit(const Quantity& q, const Quantity& unit);

/// value x 10^exponent, by exact powers of ten.
double scale_by_ten(double value, int exponent);

/// "a time", "a voltage", "a plain number", or "a quantity in mV ms^-1".
std::string describe(const Dimension& dimension);

/// A value of this unit as an example in messages: "20 ms", "250 pF", "0.5".
std::string example_of(std::string_view unit);

/// Symbols that can be written after a number, for offering the nearest one.
const std::vector<std::string>& unit_symbols();

/// The options of the command line: milliseconds of "1 s", hertz of "8 /s".
/// Throws InputError when the text is no number with a unit of that dimension.
double to_ms(std::string_view text);
double to_hz(std::string_view text);

}  // namespace ranvier
