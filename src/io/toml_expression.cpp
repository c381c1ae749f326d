// SPDX-License-Identifier: Apache-2.0
#include "toml_expression.hpp"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>
#include <numbers>
#include <span>
#include <vector>

#include "core/math.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

constexpr int max_depth = 100;         // parentheses and signs: beyond it the stack is at risk
constexpr int max_dimension = 30;      // exponents are 8-bit

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_unit_char(char c) { return is_letter(c) || c == '%' || (static_cast<unsigned char>(c) & 0x80) != 0; }

Quantity product(const Quantity& a, const Quantity& b, int sign) {
  const auto power = [&](int x, int y) {
    const int sum = x + sign * y;
    if (std::abs(sum) > max_dimension) throw ExpressionError("too high a power of a unit");
    return static_cast<std::int8_t>(sum);
  };
  if (sign < 0 && b.value == 0) throw ExpressionError("division by zero");
  if (std::abs(a.exponent + sign * b.exponent) > 600) throw ExpressionError("is not a finite number");
  return {sign > 0 ? a.value * b.value : a.value / b.value, a.exponent + sign * b.exponent,
          {power(a.dimension.time, b.dimension.time), power(a.dimension.voltage, b.dimension.voltage),
           power(a.dimension.current, b.dimension.current), power(a.dimension.length, b.dimension.length)}};
}

double plain(const Quantity& q, std::string_view what) {
  if (!q.dimension.plain())
    throw ExpressionError(fmt::format("{} needs a plain number, but this is {}; divide by a unit first", what,
                                      describe(q.dimension)));
  return scale_by_ten(q.value, q.exponent);
}

/// Both in the power of ten of `a`, after a check of dimensions.
std::pair<double, double> alike(const Quantity& a, const Quantity& b, std::string_view what) {
  if (!(a.dimension == b.dimension))
    throw ExpressionError(fmt::format("{} of {} and {} has no meaning", what, describe(a.dimension), describe(b.dimension)));
  return {a.value, scale_by_ten(b.value, b.exponent - a.exponent)};
}

Quantity root(const Quantity& q) {
  const auto half = [](int x) {
    if (x % 2 != 0) throw ExpressionError("sqrt of a unit with an odd power");
    return static_cast<std::int8_t>(x / 2);
  };
  const int odd = q.exponent % 2 != 0 ? 1 : 0;
  const double value = odd ? q.value * 10 : q.value;
  if (value < 0) throw ExpressionError("sqrt of a negative number");
  return {std::sqrt(value), (q.exponent - odd) / 2,
          {half(q.dimension.time), half(q.dimension.voltage), half(q.dimension.current), half(q.dimension.length)}};
}

Quantity whole_power(Quantity base, int n) {
  Quantity result{.value = 1};
  for (int i = 0; i < std::abs(n); ++i) result = product(result, base, n > 0 ? 1 : -1);
  return result;
}

Quantity power(const Quantity& base, const Quantity& exponent) {
  const double n = plain(exponent, "an exponent");
  if (n == std::floor(n) && std::abs(n) <= 64) return whole_power(base, static_cast<int>(n));
  if (!base.dimension.plain()) throw ExpressionError("a quantity with a unit can only be raised to a whole power; see sqrt");
  const double x = plain(base, "^");
  if (x <= 0) throw ExpressionError(fmt::format("{} to the power {}: only positive numbers have broken powers", x, n));
  return {math::pow(x, n), 0, {}};
}

Quantity logarithm(const Quantity& q, std::string_view name) {
  const double x = plain(q, name);
  if (x <= 0) throw ExpressionError(fmt::format("{} of {}, which is not positive", name, x));
  if (name == "ln") return {math::log(x), 0, {}};
  const double digits = math::log(x) / math::log(10.0);
  const double whole = std::round(digits);  // log10(1000) is 3, not the double below it
  return {std::abs(digits - whole) <= 4e-16 * std::abs(whole) ? whole : digits, 0, {}};
}

Quantity rounded(const Quantity& q, std::string_view name) {
  const double x = plain(q, name);
  return {name == "round" ? std::round(x) : name == "floor" ? std::floor(x) : std::ceil(x), 0, {}};
}

Quantity extreme(std::span<const Quantity> arguments, bool smallest) {
  Quantity best = arguments[0];
  for (const auto& q : arguments.subspan(1)) {
    const auto [a, b] = alike(best, q, smallest ? "min" : "max");
    if (smallest ? b < a : b > a) best = q;
  }
  return best;
}

struct Function {
  std::string_view name;
  bool many;  // takes two or more arguments
  Quantity (*call)(std::span<const Quantity>);
};
constexpr std::array functions{
    Function{"sqrt", false, [](std::span<const Quantity> q) { return root(q[0]); }},
    Function{"exp", false, [](std::span<const Quantity> q) {
               return Quantity{math::exp(plain(q[0], "exp")), 0, {}};
             }},
    Function{"ln", false, [](std::span<const Quantity> q) { return logarithm(q[0], "ln"); }},
    Function{"log10", false, [](std::span<const Quantity> q) { return logarithm(q[0], "log10"); }},
    Function{"min", true, [](std::span<const Quantity> q) { return extreme(q, true); }},
    Function{"max", true, [](std::span<const Quantity> q) { return extreme(q, false); }},
    Function{"abs", false, [](std::span<const Quantity> q) {
               return Quantity{std::abs(q[0].value), q[0].exponent, q[0].dimension};
             }},
    Function{"round", false, [](std::span<const Quantity> q) { return rounded(q[0], "round"); }},
    Function{"floor", false, [](std::span<const Quantity> q) { return rounded(q[0], "floor"); }},
    Function{"ceil", false, [](std::span<const Quantity> q) { return rounded(q[0], "ceil"); }},
};

std::vector<std::string> function_names() {
  std::vector<std::string> names;
  for (const auto& f : functions) names.emplace_back(f.name);
  return names;
}

class Parser {
 public:
  Parser(std::string_view text, const NameLookup& lookup) : text_(text), lookup_(lookup) {}

  Quantity all() {
    skip();
    if (accept('=')) skip();
    if (at_end()) throw ExpressionError("is empty");
    const Quantity q = sum();
    if (!at_end()) throw ExpressionError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
    if (!std::isfinite(scale_by_ten(q.value, q.exponent))) throw ExpressionError("is not a finite number");
    return q;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek() const { return at_end() ? '\0' : text_[at_]; }
  void skip() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }
  bool accept(char c) {
    if (peek() != c || at_end()) return false;
    ++at_;
    skip();
    return true;
  }
  void expect(char c) {
    if (!accept(c)) throw ExpressionError(fmt::format("a \"{}\" is missing", c));
  }
  std::string_view take_while(bool (*wanted)(char)) {
    const auto start = at_;
    while (!at_end() && wanted(peek())) ++at_;
    return text_.substr(start, at_ - start);
  }

  Quantity sum() {
    if (++depth_ > max_depth) throw ExpressionError("is nested too deeply");
    Quantity left = product_of_powers();
    while (true) {
      const bool plus = accept('+');
      if (!plus && !accept('-')) break;
      const Quantity right = product_of_powers();
      const auto [a, b] = alike(left, right, plus ? "a sum" : "a difference");
      left.value = plus ? a + b : a - b;
    }
    --depth_;
    return left;
  }

  Quantity product_of_powers() {
    Quantity left = signed_power();
    while (true) {
      const bool times = accept('*');
      if (!times && !accept('/')) return left;
      left = product(left, signed_power(), times ? 1 : -1);
    }
  }

  Quantity signed_power() {
    bool negative = false;
    while (true) {
      if (accept('-')) negative = !negative;
      else if (!accept('+')) break;
    }
    Quantity q = primary();
    if (accept('^')) {
      if (++depth_ > max_depth) throw ExpressionError("is nested too deeply");
      q = power(q, signed_power());
      --depth_;
    }
    if (negative) q.value = -q.value;
    return q;
  }

  Quantity primary() {
    if (accept('(')) {
      const Quantity q = sum();
      expect(')');
      return q;
    }
    if (peek() == '$') return parameter();
    if (is_digit(peek()) || peek() == '.') return number();
    if (is_unit_char(peek())) return word();
    if (at_end()) throw ExpressionError("ends where a value is needed");
    throw ExpressionError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
  }

  Quantity parameter() {
    ++at_;
    const auto name = take_while([](char c) { return is_letter(c) || is_digit(c); });
    if (name.empty()) throw ExpressionError("a name must follow \"$\"");
    skip();
    return lookup_(name);
  }

  Quantity number() {
    double value = 0;
    const char* first = text_.data() + at_;
    const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), value);
    if (error != std::errc{}) throw ExpressionError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
    at_ += static_cast<std::size_t>(end - first);
    skip();
    if (!is_unit_char(peek())) return {value, 0, {}};
    const auto symbol = take_while(is_unit_char);
    skip();
    Quantity q = unit(symbol);
    q.value *= value;
    return q;
  }

  Quantity word() {
    const auto start = at_;
    auto name = take_while([](char c) { return is_unit_char(c) || is_digit(c); });
    skip();
    if (peek() == '(') return call(name);
    if (name == "pi") return {std::numbers::pi, 0, {}};
    if (const auto u = find_unit(name)) return *u;
    if (start == 0 && at_end())
      throw ExpressionError("is a word, but a value is needed, for example 0.5 or \"20 ms\"");
    return unit(name);
  }

  static Quantity unit(std::string_view symbol) {
    if (const auto u = find_unit(symbol)) return *u;
    const auto near = nearest_name(symbol, unit_symbols());
    throw ExpressionError(fmt::format("unknown unit \"{}\".{}", symbol,
                                      near.empty() ? " Units: ms, s, Hz, mV, pA, nA, nS, pF, um, MOhm, 1"
                                                   : fmt::format(" Did you mean \"{}\"?", near)));
  }

  Quantity call(std::string_view name) {
    const Function* function = nullptr;
    for (const auto& f : functions)
      if (f.name == name) function = &f;
    if (!function) throw ExpressionError(fmt::format("unknown function \"{}\".{}", name, suggestion(name, function_names())));
    accept('(');
    std::vector<Quantity> arguments{sum()};
    while (accept(',')) arguments.push_back(sum());
    expect(')');
    if (function->many != (arguments.size() > 1))
      throw ExpressionError(fmt::format("{} takes {}", name, function->many ? "two or more arguments" : "one argument"));
    return function->call(arguments);
  }

  std::string_view text_;
  const NameLookup& lookup_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

Quantity evaluate(std::string_view text, const NameLookup& lookup) { return Parser(text, lookup).all(); }

std::string_view lone_name(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  const auto trim = [&] {
    while (!text.empty() && blank(text.front())) text.remove_prefix(1);
    while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  };
  trim();
  if (text.starts_with('=')) text.remove_prefix(1);
  trim();
  if (!text.starts_with('$')) return {};
  text.remove_prefix(1);
  if (text.empty() || !is_letter(text.front())) return {};
  for (const char c : text)
    if (!is_letter(c) && !is_digit(c)) return {};
  return text;
}

void each_name(std::string_view text, const std::function<void(std::string_view)>& found) {
  for (auto at = text.find('$'); at != std::string_view::npos; at = text.find('$', at + 1)) {
    auto end = at + 1;
    while (end < text.size() && (is_letter(text[end]) || is_digit(text[end]))) ++end;
    found(text.substr(at + 1, end - at - 1));
  }
}

}  // namespace ranvier::io
