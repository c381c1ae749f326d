// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "core/suggest.hpp"
#include "equations/expression.hpp"

namespace ranvier::equations {
namespace {

constexpr std::size_t length_max = 4000;
constexpr int depth_max = 100;  // parentheses and signs: beyond it the stack is at risk

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_symbol(char c) { return is_letter(c) || is_digit(c) || (static_cast<unsigned char>(c) & 0x80) != 0; }
bool is_word(std::string_view text) { return text == "and" || text == "or" || text == "not"; }

struct Function {
  std::string_view name;
  int arguments;
};
constexpr std::array functions{
    Function{"exp", 1},  Function{"expm1", 1}, Function{"exprel", 1}, Function{"log", 1}, Function{"log1p", 1}, Function{"sqrt", 1}, Function{"abs", 1}, Function{"sin", 1},
    Function{"cos", 1},  Function{"tanh", 1},  Function{"pow", 2},    Function{"min", 2}, Function{"max", 2},   Function{"clip", 3}, Function{"where", 3},
};

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Expr all() {
    if (text_.size() > length_max) throw FormulaError(fmt::format("is longer than {} characters; give parts of it names of their own", length_max));
    skip();
    if (at_end()) throw FormulaError("is empty");
    Expr e = condition();
    if (!at_end()) throw FormulaError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
    return e;
  }

 private:
  bool at_end() const { return at_ >= text_.size(); }
  char peek(std::size_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  void skip() {
    while (!at_end() && (peek() == ' ' || peek() == '\t' || peek() == '\n' || peek() == '\r')) ++at_;
  }
  bool accept(std::string_view sign) {
    if (!text_.substr(at_).starts_with(sign)) return false;
    at_ += sign.size();
    skip();
    return true;
  }
  bool accept_word(std::string_view word) {
    if (!text_.substr(at_).starts_with(word) || is_symbol(peek(word.size()))) return false;
    at_ += word.size();
    skip();
    return true;
  }
  void expect(char c) {
    if (!accept(std::string_view(&c, 1))) throw FormulaError(at_end() ? fmt::format("a \"{}\" is missing at the end", c) : fmt::format("a \"{}\" is missing before \"{}\"", c, text_.substr(at_)));
  }
  std::string_view take_symbol() {
    const auto start = at_;
    while (!at_end() && is_symbol(peek())) ++at_;
    const auto word = text_.substr(start, at_ - start);
    skip();
    return word;
  }

  Expr node(Op op, std::vector<Expr> args) {
    Node n{.op = op};
    return rebuild(n, std::move(args));
  }

  Expr condition() {
    if (++depth_ > depth_max) throw FormulaError("is nested too deeply");
    Expr left = conjunction();
    while (accept_word("or")) left = node(Op::either, {left, conjunction()});
    --depth_;
    return left;
  }
  Expr conjunction() {
    Expr left = denial();
    while (accept_word("and")) left = node(Op::both, {left, denial()});
    return left;
  }
  Expr denial() {
    if (!accept_word("not")) return comparison();
    if (++depth_ > depth_max) throw FormulaError("is nested too deeply");
    Expr e = node(Op::negation, {denial()});
    --depth_;
    return e;
  }
  Expr comparison() {
    Expr left = sum();
    if (accept("==") || accept("!=")) throw FormulaError("numbers of a simulation are never exactly equal: use <, <=, > or >=");
    const Op op = accept("<=") ? Op::less_equal : accept("<") ? Op::less : accept(">=") ? Op::greater_equal : accept(">") ? Op::greater : Op::number;
    if (op == Op::number) return left;
    return node(op, {left, sum()});
  }
  Expr sum() {
    Expr left = product();
    while (true) {
      if (accept("+")) left = node(Op::add, {left, product()});
      else if (accept("-")) left = node(Op::subtract, {left, product()});
      else return left;
    }
  }
  Expr product() {
    Expr left = sign();
    while (true) {
      if (text_.substr(at_).starts_with("**")) return left;
      if (accept("*")) left = node(Op::multiply, {left, sign()});
      else if (accept("/")) left = node(Op::divide, {left, sign()});
      else return left;
    }
  }
  Expr sign() {
    if (accept("+")) return sign_below();
    if (accept("-")) return node(Op::negate, {sign_below()});
    return raised();
  }
  Expr sign_below() {
    if (++depth_ > depth_max) throw FormulaError("is nested too deeply");
    Expr e = sign();
    --depth_;
    return e;
  }
  Expr raised() {
    Expr base = primary();
    if (accept("^") || accept("**")) return node(Op::power, {base, sign_below()});
    return base;
  }
  Expr primary() {
    if (accept("(")) {
      Expr e = condition();
      expect(')');
      return e;
    }
    if (is_digit(peek()) || (peek() == '.' && is_digit(peek(1)))) return quantity();
    if (is_letter(peek())) return word();
    if (at_end()) throw FormulaError("ends where a value is needed");
    throw FormulaError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
  }

  Expr quantity() {
    double value = 0;
    const char* first = text_.data() + at_;
    const auto [end, error] = std::from_chars(first, text_.data() + text_.size(), value);
    if (error != std::errc{} || !std::isfinite(value)) throw FormulaError(fmt::format("cannot read \"{}\"", text_.substr(at_)));
    at_ += static_cast<std::size_t>(end - first);
    skip();
    const auto start = at_;
    const bool unit_follows = is_letter(peek()) || (static_cast<unsigned char>(peek()) & 0x80) != 0 || peek() == '%';
    if (!unit_follows) return number(value);
    const auto symbol = accept("%") ? std::string_view("%") : take_symbol();
    if (is_word(symbol)) {
      at_ = start;
      return number(value);
    }
    auto unit = find_unit(symbol);
    if (!unit) throw FormulaError(fmt::format("{} {}: \"{}\" is no unit; for a product write {} * {}", value, symbol, symbol, value, symbol));
    unit->value *= value;
    return number(in_unit(*unit, {.value = 1, .exponent = 0, .dimension = unit->dimension}), unit->dimension);
  }

  Expr word() {
    const auto symbol = take_symbol();
    if (is_word(symbol)) throw FormulaError(fmt::format("\"{}\" stands where a value is needed", symbol));
    if (peek() == '(') return function(symbol);
    return name(std::string(symbol));
  }

  Expr function(std::string_view symbol) {
    const auto* f = std::find_if(functions.begin(), functions.end(), [&](const Function& g) { return g.name == symbol; });
    if (f == functions.end()) throw FormulaError(fmt::format("unknown function \"{}\".{}", symbol, suggestion(symbol, function_names())));
    accept("(");
    std::vector<Expr> args{condition()};
    while (accept(",")) args.push_back(condition());
    expect(')');
    if (static_cast<int>(args.size()) != f->arguments)
      throw FormulaError(fmt::format("{} takes {} argument{}, but has {}", symbol, f->arguments, f->arguments == 1 ? "" : "s", args.size()));
    if (symbol == "pow") return node(Op::power, std::move(args));
    Node n{.op = Op::call, .name = std::string(symbol)};
    return rebuild(n, std::move(args));
  }

  std::string_view text_;
  std::size_t at_ = 0;
  int depth_ = 0;
};

}  // namespace

const std::vector<std::string>& function_names() {
  static const std::vector<std::string> all = [] {
    std::vector<std::string> names;
    for (const auto& f : functions) names.emplace_back(f.name);
    return names;
  }();
  return all;
}

bool is_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || !is_letter(text.front()) || text.front() == '_') return false;
  if (!std::all_of(text.begin(), text.end(), [](char c) { return is_letter(c) || is_digit(c); })) return false;
  const auto& taken = function_names();
  return !is_word(text) && std::find(taken.begin(), taken.end(), text) == taken.end();
}

Expr parse(std::string_view text) { return Parser(text).all(); }

}  // namespace ranvier::equations
