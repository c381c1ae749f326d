// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Doubles that know their dimension: seconds, bytes, FLOP, joules, US dollars and what products and quotients of them give.
///
///     Seconds t = Bytes{2e9} / BytePerSecond{1e12};        // 2 ms
///     Watt p = Joule{3} / t;                               // fine
///     Seconds wrong = Bytes{2e9} * BytePerSecond{1e12};    // does not compile
///
/// All values are plain SI with byte, FLOP and USD, without prefixes: the factors 1e9 and 2^30 belong to the border (io, cli).
/// A quantity whose exponents cancel is a double again. The compiler sees nothing but doubles: no cost.

#include <cmath>
#include <compare>
#include <type_traits>

namespace ranvier {

template <int S, int B, int F, int J, int U>
class Dimensioned;

namespace detail {
template <int S, int B, int F, int J, int U>
struct DimensionedOr {
  using type = Dimensioned<S, B, F, J, U>;
};
template <>
struct DimensionedOr<0, 0, 0, 0, 0> {
  using type = double;
};
}  // namespace detail

/// The type of s^S byte^B FLOP^F joule^J USD^U; double where all are 0.
template <int S, int B, int F, int J, int U>
using DimensionedType = typename detail::DimensionedOr<S, B, F, J, U>::type;

template <int S, int B, int F, int J, int U>
class Dimensioned {
 public:
  static constexpr int second = S, byte = B, flop = F, joule = J, usd = U;

  constexpr Dimensioned() = default;
  constexpr explicit Dimensioned(double value) : value_(value) {}
  constexpr double value() const { return value_; }

  constexpr Dimensioned& operator+=(Dimensioned o) { value_ += o.value_; return *this; }
  constexpr Dimensioned& operator-=(Dimensioned o) { value_ -= o.value_; return *this; }
  constexpr Dimensioned& operator*=(double k) { value_ *= k; return *this; }
  constexpr Dimensioned& operator/=(double k) { value_ /= k; return *this; }
  friend constexpr Dimensioned operator+(Dimensioned a, Dimensioned b) { return Dimensioned(a.value_ + b.value_); }
  friend constexpr Dimensioned operator-(Dimensioned a, Dimensioned b) { return Dimensioned(a.value_ - b.value_); }
  friend constexpr Dimensioned operator-(Dimensioned a) { return Dimensioned(-a.value_); }
  friend constexpr Dimensioned operator*(Dimensioned a, double k) { return Dimensioned(a.value_ * k); }
  friend constexpr Dimensioned operator*(double k, Dimensioned a) { return Dimensioned(k * a.value_); }
  friend constexpr Dimensioned operator/(Dimensioned a, double k) { return Dimensioned(a.value_ / k); }
  friend constexpr auto operator<=>(Dimensioned, Dimensioned) = default;

 private:
  double value_ = 0;
};

template <int S, int B, int F, int J, int U, int S2, int B2, int F2, int J2, int U2>
constexpr auto operator*(Dimensioned<S, B, F, J, U> a, Dimensioned<S2, B2, F2, J2, U2> b) {
  return DimensionedType<S + S2, B + B2, F + F2, J + J2, U + U2>(a.value() * b.value());
}
template <int S, int B, int F, int J, int U, int S2, int B2, int F2, int J2, int U2>
constexpr auto operator/(Dimensioned<S, B, F, J, U> a, Dimensioned<S2, B2, F2, J2, U2> b) {
  return DimensionedType<S - S2, B - B2, F - F2, J - J2, U - U2>(a.value() / b.value());
}
template <int S, int B, int F, int J, int U>
constexpr auto operator/(double k, Dimensioned<S, B, F, J, U> a) {
  return DimensionedType<-S, -B, -F, -J, -U>(k / a.value());
}

using Seconds = Dimensioned<1, 0, 0, 0, 0>;
using Hertz = Dimensioned<-1, 0, 0, 0, 0>;
using Bytes = Dimensioned<0, 1, 0, 0, 0>;
using BytePerSecond = Dimensioned<-1, 1, 0, 0, 0>;
using Flop = Dimensioned<0, 0, 1, 0, 0>;
using FlopPerSecond = Dimensioned<-1, 0, 1, 0, 0>;
using FlopPerByte = Dimensioned<0, -1, 1, 0, 0>;
using Joule = Dimensioned<0, 0, 0, 1, 0>;
using Watt = Dimensioned<-1, 0, 0, 1, 0>;
using Usd = Dimensioned<0, 0, 0, 0, 1>;
using UsdPerSecond = Dimensioned<-1, 0, 0, 0, 1>;
using UsdPerJoule = Dimensioned<0, 0, 0, -1, 1>;
using Count = double;  ///< launches, messages, devices, tokens: plain numbers

template <class T>
inline constexpr bool is_dimensioned = false;
template <int S, int B, int F, int J, int U>
inline constexpr bool is_dimensioned<Dimensioned<S, B, F, J, U>> = true;

/// The number inside, for logarithms and the border; a double is its own number.
constexpr double number_of(double x) { return x; }
template <int S, int B, int F, int J, int U>
constexpr double number_of(Dimensioned<S, B, F, J, U> x) { return x.value(); }

template <class Q>
  requires is_dimensioned<Q>
constexpr Q max(Q a, Q b) { return a < b ? b : a; }
template <class Q>
  requires is_dimensioned<Q>
constexpr Q min(Q a, Q b) { return b < a ? b : a; }

/// "s", "byte", "byte/s", "FLOP/s", "W", "J", "USD", "" for a plain number: the unit of a type, known when compiling.
template <class Q>
constexpr const char* unit_of() {
  if constexpr (!is_dimensioned<Q>) return "";
  else if constexpr (std::is_same_v<Q, Seconds>) return "s";
  else if constexpr (std::is_same_v<Q, Hertz>) return "/s";
  else if constexpr (std::is_same_v<Q, Bytes>) return "byte";
  else if constexpr (std::is_same_v<Q, BytePerSecond>) return "byte/s";
  else if constexpr (std::is_same_v<Q, Flop>) return "FLOP";
  else if constexpr (std::is_same_v<Q, FlopPerSecond>) return "FLOP/s";
  else if constexpr (std::is_same_v<Q, FlopPerByte>) return "FLOP/byte";
  else if constexpr (std::is_same_v<Q, Joule>) return "J";
  else if constexpr (std::is_same_v<Q, Watt>) return "W";
  else if constexpr (std::is_same_v<Q, Usd>) return "USD";
  else if constexpr (std::is_same_v<Q, UsdPerSecond>) return "USD/s";
  else if constexpr (std::is_same_v<Q, UsdPerJoule>) return "USD/J";
  else return "(mixed)";
}

}  // namespace ranvier
