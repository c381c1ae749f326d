// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Formulas as vector code. Used by emit.cpp and emit_synapse.cpp.

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "equations/step.hpp"

namespace ranvier::equations {

/// Does not name a variable or an input, directly or below.
inline bool is_constant_name(const std::string& n, const Step& step) {
  if (n.front() != '$') return std::find(step.variables.begin(), step.variables.end(), n) == step.variables.end();
  return n == dt_name || n.starts_with("$P") || n.starts_with("$H") || n.starts_with("$R") || n.starts_with("$Q");
}

/// Writes formulas as vector code, one line an operation. What has been computed is not computed again.
class Writer {
 public:
  /// fold: what depends on parameters alone becomes one constant; else each parameter is a constant, which takes fewer of them.
  Writer(const Step& step, bool fold, int indent = 4) : step_(step), fold_(fold), fuse_(step.method != Method::euler), indent_(indent) {}

  void bind(const std::string& name, const std::string& code) { values_[name] = code; }
  void line(const std::string& text) { text_ += std::string(static_cast<std::size_t>(indent_), ' ') + text + "\n"; }

  /// Opens a block of C++; what is computed in it is known only there.
  void open(const std::string& head) {
    line(head);
    indent_ += 2;
    known_.push_back(values_);
  }
  void close(const std::string& tail = "}") {
    indent_ -= 2;
    if (!tail.empty()) line(tail);
    values_ = known_.back();
    known_.pop_back();
  }

  /// Code of a number: a name, a constant or a literal.
  std::string value(const Expr& e) {
    if (e->op == Op::number) return literal(e->value);
    if (e->op == Op::name) {
      if (const auto found = values_.find(e->name); found != values_.end()) return found->second;
      return constant(e);
    }
    if (fold_ && is_constant(e)) return constant(e);
    const std::string key = to_text(e);
    if (const auto found = values_.find(key); found != values_.end()) return found->second;
    const std::string result = local("V", operation(e));
    values_[key] = result;
    return result;
  }

  std::string mask(const Expr& e) {
    if (e->op == Op::name) return values_.at(e->name);
    const std::string key = to_text(e);
    if (const auto found = values_.find(key); found != values_.end()) return found->second;
    const auto two = [&](const char* what, const std::string& a, const std::string& b) { return count(1), fmt::format("hn::{}({}, {})", what, a, b); };
    std::string code;
    switch (e->op) {
      case Op::less: code = two("Lt", value(e->args[0]), value(e->args[1])); break;
      case Op::less_equal: code = two("Le", value(e->args[0]), value(e->args[1])); break;
      case Op::greater: code = two("Gt", value(e->args[0]), value(e->args[1])); break;
      case Op::greater_equal: code = two("Ge", value(e->args[0]), value(e->args[1])); break;
      case Op::both: code = two("And", mask(e->args[0]), mask(e->args[1])); break;
      case Op::either: code = two("Or", mask(e->args[0]), mask(e->args[1])); break;
      default: code = fmt::format("hn::Not({})", mask(e->args[0]));
    }
    const std::string result = local("M", code);
    values_[key] = result;
    return result;
  }

  std::string local(const char* type, const std::string& code) {
    const std::string id = fmt::format("t{}", next_++);
    line(fmt::format("const {} {} = {};", type, id, code));
    return id;
  }
  std::string select(const std::string& m, const std::string& a, const std::string& b) { return count(1), fmt::format("hn::IfThenElse({}, {}, {})", m, a, b); }
  std::string fma(const std::string& a, const std::string& b, const std::string& c) { return count(2), fmt::format("fma(d, {}, {}, {})", a, b, c); }
  void count(int flop) { flop_ += flop; }

  const std::string& text() const { return text_; }
  const std::vector<Expr>& constants() const { return constants_; }
  int flop() const { return flop_; }

 private:
  bool is_constant(const Expr& e) const {
    if (e->op == Op::name) return is_constant_name(e->name, step_);
    return std::all_of(e->args.begin(), e->args.end(), [&](const Expr& a) { return is_constant(a); });
  }

  std::string constant(const Expr& e) {
    const std::string key = to_text(e);
    for (std::size_t k = 0; k < constants_.size(); ++k)
      if (to_text(constants_[k]) == key) return fmt::format("c[{}]", k);
    constants_.push_back(e);
    return fmt::format("c[{}]", constants_.size() - 1);
  }

  static std::string literal(double value) {
    std::string text = fmt::format("{}", value);
    if (text.find_first_of(".e") == std::string::npos) text += ".0";
    return value == 0 ? "hn::Zero(d)" : fmt::format("hn::Set(d, T({}))", text);
  }

  /// The factors of a product and of quotients by constants: constant ones in `constant`, the others in order.
  void factors(const Expr& e, Expr& constant_part, std::vector<Expr>& others) {
    if (fold_ && is_constant(e)) {
      constant_part = constant_part ? multiply(constant_part, e) : e;
    } else if (e->op == Op::multiply) {
      factors(e->args[0], constant_part, others);
      factors(e->args[1], constant_part, others);
    } else if (e->op == Op::divide && fold_ && is_constant(e->args[1])) {
      factors(e->args[0], constant_part, others);
      constant_part = constant_part ? divide(constant_part, e->args[1]) : divide(number(1), e->args[1]);
    } else {
      others.push_back(e);
    }
  }

  /// The product without its last factor, and the last one.
  std::pair<std::string, std::string> split_product(const Expr& e) {
    Expr constant_part;
    std::vector<Expr> others;
    factors(e, constant_part, others);
    std::vector<std::string> codes;
    if (constant_part && !is_number(constant_part, 1)) codes.push_back(value(constant_part));
    for (const Expr& o : others) codes.push_back(value(o));
    std::string head = codes[0];
    for (std::size_t k = 1; k + 1 < codes.size(); ++k) {
      count(1);
      head = fmt::format("hn::Mul({}, {})", head, codes[k]);
    }
    return {head, codes.size() > 1 ? codes.back() : ""};
  }

  bool is_product(const Expr& e) const {
    return (e->op == Op::multiply || (e->op == Op::divide && fold_ && is_constant(e->args[1]))) && !(fold_ && is_constant(e)) && !values_.contains(to_text(e));
  }

  std::string sum(const Expr& e) {
    const Expr &a = e->args[0], &b = e->args[1];
    const bool minus = e->op == Op::subtract;
    if (fuse_ && is_product(b)) {
      const auto [head, last] = split_product(b);
      const std::string rest = value(a);
      if (!last.empty()) return fma(minus ? fmt::format("hn::Neg({})", head) : head, last, rest);
      return count(1), fmt::format("hn::{}({}, {})", minus ? "Sub" : "Add", rest, head);
    }
    if (fuse_ && is_product(a)) {
      const auto [head, last] = split_product(a);
      const std::string rest = value(b);
      if (!last.empty()) return fma(head, last, minus ? fmt::format("hn::Neg({})", rest) : rest);
      return count(1), fmt::format("hn::{}({}, {})", minus ? "Sub" : "Add", head, rest);
    }
    const std::string left = value(a), right = value(b);
    return count(1), fmt::format("hn::{}({}, {})", minus ? "Sub" : "Add", left, right);
  }

  std::string whole_power(const Expr& base, int n) {
    const std::string x = value(base);
    std::string result;
    std::string square = x;
    for (int left = std::abs(n); left > 0; left /= 2) {
      if (left % 2 == 1) result = result.empty() ? square : (count(1), local("V", fmt::format("hn::Mul({}, {})", result, square)));
      if (left > 1) count(1), square = local("V", fmt::format("hn::Mul({}, {})", square, square));
    }
    return n > 0 ? result : (count(1), fmt::format("hn::Div(hn::Set(d, T(1.0)), {})", result));
  }

  std::string operation(const Expr& e) {
    switch (e->op) {
      case Op::add:
      case Op::subtract: return sum(e);
      case Op::negate: return count(1), fmt::format("hn::Neg({})", value(e->args[0]));
      case Op::multiply: {
        const auto [head, last] = split_product(e);
        return last.empty() ? head : (count(1), fmt::format("hn::Mul({}, {})", head, last));
      }
      case Op::divide: {
        if (fold_ && is_constant(e->args[1])) {
          const auto [head, last] = split_product(e);
          return last.empty() ? head : (count(1), fmt::format("hn::Mul({}, {})", head, last));
        }
        const std::string a = value(e->args[0]), b = value(e->args[1]);
        return count(1), fmt::format("hn::Div({}, {})", a, b);
      }
      case Op::power: {
        const Expr& n = e->args[1];
        if (n->op == Op::number && n->value == std::floor(n->value) && std::fabs(n->value) <= 16) return whole_power(e->args[0], static_cast<int>(n->value));
        const std::string a = value(e->args[0]), b = value(n);
        return count(40), fmt::format("formula_pow(d, {}, {})", a, b);
      }
      case Op::call: return function(*e);
      default: return {};
    }
  }

  std::string function(const Node& n) {
    if (n.name == "where") {
      const std::string m = mask(n.args[0]), a = value(n.args[1]), b = value(n.args[2]);
      return select(m, a, b);
    }
    std::vector<std::string> x;
    for (const Expr& a : n.args) x.push_back(value(a));
    if (n.name == "exp") return count(15), fmt::format("exp(d, {})", x[0]);
    if (n.name == "sqrt") return count(1), fmt::format("hn::Sqrt({})", x[0]);
    if (n.name == "abs") return count(1), fmt::format("hn::Abs({})", x[0]);
    if (n.name == "min") return count(1), fmt::format("hn::Min({}, {})", x[0], x[1]);
    if (n.name == "max") return count(1), fmt::format("hn::Max({}, {})", x[0], x[1]);
    if (n.name == "clip") return count(2), fmt::format("hn::Min(hn::Max({}, {}), {})", x[0], x[1], x[2]);
    count(20);
    return fmt::format("formula_{}(d, {})", n.name, x[0]);
  }

  const Step& step_;
  bool fold_, fuse_;
  std::map<std::string, std::string> values_;
  std::vector<std::map<std::string, std::string>> known_;
  std::vector<Expr> constants_;
  std::string text_;
  int indent_, next_ = 0, flop_ = 0;
};

/// For a comment: one line, without what could end it.
inline std::string comment(std::string text) {
  for (char& c : text)
    if (c < ' ' || c == '\\' || c == '?' || c > '~') c = ' ';
  return text;
}

/// What a plug-in shows: its version, and the address of its entry.
inline std::string exports(const std::string& version, const std::string& entry) {
  return fmt::format(R"(extern "C" {{
__attribute__((visibility("default"))) extern const char ranvier_plugin_version[];
const char ranvier_plugin_version[] = "{}";
__attribute__((visibility("default"))) const void* ranvier_plugin_entry() {{ return &{}; }}
}}
)",
                     comment(version), entry);
}

/// Refuses to be compiled for another instruction set than was meant.
inline std::string target_check(const std::string& target) {
  return target.empty() ? "" : fmt::format("static_assert(HWY_STATIC_TARGET == HWY_{}, \"compiled for another instruction set\");", target);
}

}  // namespace ranvier::equations
