// SPDX-License-Identifier: Apache-2.0
#include "toml_access.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "toml_expression.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

constexpr int follow_limit = 64;  // parameters that name parameters: beyond it they run in a circle
constexpr std::size_t problem_limit = 200;

std::string join_path(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

class CircleError : public ExpressionError {
  using ExpressionError::ExpressionError;
};

std::vector<std::string> to_strings(std::initializer_list<std::string_view> words) {
  return {words.begin(), words.end()};
}

}  // namespace

Reader::Reader(std::string file, std::filesystem::path folder, const Node* parameters, PlainNumbers plain)
    : file_(std::move(file)), folder_(std::move(folder)), parameters_(parameters), plain_(plain) {
  if (parameters_)
    for (const auto& [name, value] : parameters_->entries) parameter_names_.push_back(name);
}

void Reader::problem(int line, std::string_view path, std::string_view what) {
  std::string where = line > 0 ? fmt::format("{}:{}: ", file_, line) : fmt::format("{}: ", file_);
  std::string text = fmt::format("{}{}{}{}", where, path, path.empty() ? "" : ": ", what);
  if (problems_.size() == problem_limit) {
    problems_.push_back(fmt::format("{}: more problems follow; mend these first", file_));
  } else if (problems_.size() < problem_limit && known_problems_.insert(text).second) {
    problems_.push_back(std::move(text));
  }
}

void Reader::problem(const At& at, std::string_view what) {
  const Node* node = at.written ? at.written : at.node;
  if (!node) return problem(0, at.path, what);
  const bool leaf = !node->is(Node::Kind::table) || node->entries.size() <= 3;
  std::string path = at.path;
  if (leaf && !path.empty() && !node->is(Node::Kind::table)) path += " = " + to_text(*node);
  if (at.node && at.node != node) path += fmt::format(" (which is {})", to_text(*at.node));
  problem(node->line, path, what);
}

std::string Reader::where(const At& at) const {
  return at.node && at.node->line > 0 ? fmt::format("{}:{}: {}", file_, at.node->line, at.path) : fmt::format("{}: {}", file_, at.path);
}

std::string Reader::kind_of(const Node& node) {
  switch (node.kind) {
    case Node::Kind::boolean: return "true or false";
    case Node::Kind::integer:
    case Node::Kind::real: return "a number";
    case Node::Kind::text: return "a text";
    case Node::Kind::array: return "a list";
    case Node::Kind::table: return "a table";
    case Node::Kind::numbers: return "an array of numbers";
  }
  return {};
}

// --- tables

At Reader::get(const At& table, std::string_view key) {
  At at{nullptr, nullptr, join_path(table.path, key), false};
  if (!table.is(Node::Kind::table)) return at;
  at.node = at.written = table.node->find(key);
  if (!at.node) return at;
  at = follow(std::move(at));
  if (at.is(Node::Kind::table) && !holds(at)) return {nullptr, nullptr, at.path, false};
  return at;
}

At Reader::item(const At& array, std::size_t i) {
  const Node* node = &array.node->items[i];
  return follow({node, node, fmt::format("{}[{}]", array.path, i), false});
}

std::vector<At> Reader::tables(const At& table, std::string_view key) {
  std::vector<At> found;
  const At at = get(table, key);
  if (at.is(Node::Kind::table)) found.push_back(at);
  if (at.is(Node::Kind::array)) {
    for (std::size_t i = 0; i < at.node->items.size(); ++i) {
      At entry = item(at, i);
      if (entry && !entry.is(Node::Kind::table)) problem(entry, "is not a table; write [[" + std::string(key) + "]]");
      else if (entry && holds(entry)) found.push_back(std::move(entry));
    }
  } else if (at && !at.is(Node::Kind::table)) {
    problem(at, fmt::format("must be tables; write [[{}]]", at.path));
  }
  return found;
}

bool Reader::same(const At& have, const At& want) {
  if (!have || !want) return false;
  if (have.node->kind == want.node->kind && to_text(*have.node, 1000) == to_text(*want.node, 1000)) return true;
  const auto value = [&](const At& at) -> std::optional<Quantity> {
    if (at.node->is_number()) return Quantity{at.node->real, 0, {}};
    if (!at.is(Node::Kind::text)) return std::nullopt;
    try {
      return evaluate_with(at.node->text, {});
    } catch (const ExpressionError&) {
      return std::nullopt;  // words such as "poisson"
    }
  };
  const auto a = value(have), b = value(want);
  return a && b && a->dimension == b->dimension &&
         scale_by_ten(a->value, a->exponent) == scale_by_ten(b->value, b->exponent);
}

bool Reader::holds(const At& table) {
  if (!table.is(Node::Kind::table)) return true;
  const Node* when = table.node->find("when");
  if (!when) return true;
  const At condition{when, when, join_path(table.path, "when"), false};
  if (!is_table(condition, "{ drive = \"poisson\" }")) return false;
  bool all = true;
  for (const auto& [name, wanted] : when->entries) {
    const At want = follow({&wanted, &wanted, join_path(condition.path, name), false});
    const Node* value = parameter(name);
    if (!value) {
      problem(wanted.line, want.path, fmt::format("no such parameter.{}", suggestion(name, parameter_names_)));
      return false;
    }
    const At have = follow({value, value, join_path("parameters", name), false});
    bool any = false;
    if (want.is(Node::Kind::array)) {
      for (std::size_t i = 0; i < want.node->items.size(); ++i) any = any || same(have, item(want, i));
    } else {
      any = same(have, want);
    }
    all = all && any;
  }
  return all;
}

void Reader::only_keys(const At& table, std::initializer_list<std::string_view> known) { only_keys(table, to_strings(known)); }

void Reader::only_keys(const At& table, std::vector<std::string> known) {
  if (!table.is(Node::Kind::table)) return;
  for (const auto& [key, value] : table.node->entries) {
    if (key == "when" || std::find(known.begin(), known.end(), key) != known.end()) continue;
    problem(value.line, fmt::format("{} = {}", join_path(table.path, key), to_text(value, 40)),
            fmt::format("unknown key.{}", suggestion(key, known)));
  }
}

bool Reader::is_table(const At& at, std::string_view example) {
  if (at.is(Node::Kind::table)) return true;
  if (at) problem(at, fmt::format("is {}, but a table is needed, for example {}", kind_of(*at.node), example));
  return false;
}

At Reader::require(const At& table, std::string_view key, std::string_view why) {
  At at = get(table, key);
  if (!at && !at.failed) problem(table.node ? table.node->line : 0, table.path, fmt::format("{} is missing: {}", key, why));
  return at;
}

// --- parameters, choices, selections

const Node* Reader::parameter(std::string_view name) const { return parameters_ ? parameters_->find(name) : nullptr; }

At Reader::follow(At at) {
  for (int i = 0; at.node; ++i) {
    const bool chooses = at.is(Node::Kind::table) && at.node->find("choose");
    const auto name = at.is(Node::Kind::text) ? lone_name(at.node->text) : std::string_view{};
    if (!chooses && name.empty()) return at;
    if (i == follow_limit) {
      problem(at, "parameters refer to one another in a circle");
      return {nullptr, at.written, at.path, true};
    }
    if (chooses) {
      at = choose(std::move(at));
    } else if (const Node* value = parameter(name)) {
      at.node = value;
    } else {
      problem(at, fmt::format("no parameter \"{}\" in [parameters].{}", name, suggestion(name, parameter_names_)));
      return {nullptr, at.written, at.path, true};
    }
  }
  return at;
}

At Reader::choose(At at) {
  const Node* table = at.node;
  const Node* by = table->find("choose");
  const auto name = by->is(Node::Kind::text) ? lone_name(by->text) : std::string_view{};
  const Node* value = name.empty() ? nullptr : parameter(name);
  for (int i = 0; value && i < follow_limit && value->is(Node::Kind::text); ++i) {
    const auto next = lone_name(value->text);
    if (next.empty()) break;
    value = parameter(next);
  }
  const At here{by, by, at.path + ".choose", false};
  if (!value) {
    problem(here, fmt::format("must name a parameter, for example choose = \"$regime\".{}",
                              name.empty() ? "" : suggestion(name, parameter_names_)));
    return {nullptr, at.written, at.path, true};
  }
  const std::string word = value->is(Node::Kind::text) ? value->text : to_text(*value);
  std::vector<std::string> choices;
  for (const auto& [key, entry] : table->entries)
    if (key != "choose" && key != "when") choices.push_back(key);
  const Node* chosen = word == "choose" || word == "when" ? nullptr : table->find(word);
  if (!chosen) chosen = table->find("else");
  if (!chosen) {
    problem(value->line, fmt::format("parameters.{} = {}", name, to_text(*value)),
            fmt::format("no such choice in {}.{}", at.path, suggestion(word, choices)));
    return {nullptr, at.written, at.path, true};
  }
  at.node = chosen;
  return at;
}

At Reader::select(At at) {
  for (int round = 0; round < 4 && at.node; ++round) {
    const Node* by_source = at.is(Node::Kind::table) ? at.node->find("by_source") : nullptr;
    const Node* by_target = at.is(Node::Kind::table) ? at.node->find("by_target") : nullptr;
    const Node* list = at.is(Node::Kind::array) ? at.node : nullptr;
    if (!by_source && !by_target && !list) return at;
    const auto fail = [&](std::string_view what) -> At {
      problem(at, what);
      return {nullptr, at.written, at.path, true};
    };
    const auto take = [&](const Node& from, std::size_t i) {
      At next = at;
      next.node = &from.items[i];
      if (from.line > 0 && next.written == list) next.written = next.node;
      next.path += fmt::format("[{}]", i);
      return follow(std::move(next));
    };
    if (by_source || by_target) {
      if (selection.kind != Selection::Kind::pair) return fail("by_source and by_target belong to projections");
      if (at.node->entries.size() != 1) return fail("has by_source or by_target beside other keys; use a matrix [target][source]");
      At entries = follow({by_source ? by_source : by_target, at.written, at.path + (by_source ? ".by_source" : ".by_target"), false});
      const std::size_t wanted = by_source ? selection.sources : selection.targets;
      if (!entries.is(Node::Kind::array) || entries.node->items.size() != wanted)
        return fail(fmt::format("{} must be a list of {} entries, one for each {}", by_source ? "by_source" : "by_target", wanted,
                                by_source ? "source" : "target"));
      at.path = entries.path;
      at = take(*entries.node, by_source ? selection.source : selection.target);
      continue;
    }
    if (selection.kind == Selection::Kind::single) return fail("is a list, but one value is needed");
    if (round > 1) return fail("has too many brackets");
    const std::size_t n = list->items.size();
    if (selection.kind == Selection::Kind::list) {
      if (n != selection.size) return fail(fmt::format("has {} entries, but the block names {}: give one value, or one for each", n, selection.size));
      at = take(*list, selection.index);
      if (at.is(Node::Kind::array)) return fail("has too many brackets");
      continue;
    }
    const bool matrix = n > 0 && std::all_of(list->items.begin(), list->items.end(), [](const Node& row) { return row.is(Node::Kind::array); });
    if (matrix) {
      const bool fits = n == selection.targets && std::all_of(list->items.begin(), list->items.end(), [&](const Node& row) {
                          return row.items.size() == selection.sources;
                        });
      if (!fits) return fail(fmt::format("must be a matrix [target][source] of {} rows with {} entries", selection.targets, selection.sources));
      at = take(*list, selection.target);
      if (at.is(Node::Kind::array)) at = take(*at.node, selection.source);
    } else if (selection.sources == 1 && n == selection.targets) {
      at = take(*list, selection.target);
    } else if (selection.targets == 1 && n == selection.sources) {
      at = take(*list, selection.source);
    } else {
      return fail(fmt::format("is a list of {}: for {} targets and {} sources write a matrix [target][source], "
                              "{{ by_source = [...] }} or {{ by_target = [...] }}", n, selection.targets, selection.sources));
    }
    if (at.is(Node::Kind::array)) return fail("has too many brackets");
  }
  return at;
}

Quantity Reader::parameter_value(std::string_view name) {
  if (const auto known = memo_.find(name); known != memo_.end()) return known->second;
  const Node* node = parameter(name);
  if (!node) throw ExpressionError(fmt::format("no parameter \"{}\" in [parameters].{}", name, suggestion(name, parameter_names_)));
  if (std::find(evaluating_.begin(), evaluating_.end(), name) != evaluating_.end() || evaluating_.size() > follow_limit)
    throw CircleError(fmt::format("the parameters {} refer to one another in a circle", fmt::join(evaluating_, ", ")));
  const auto count = problems_.size();
  const At at = select(follow({node, node, fmt::format("parameters.{}", name), false}));
  if (!at) throw ExpressionError(problems_.size() > count ? fmt::format("parameter \"{}\" has no value here", name)
                                                          : fmt::format("parameter \"{}\" is wrong", name));
  if (at.node->is_number()) return memo_[std::string(name)] = {at.node->real, 0, {}};
  if (!at.is(Node::Kind::text))
    throw ExpressionError(fmt::format("parameter \"{}\" is {}, but a value is needed", name, kind_of(*at.node)));
  evaluating_.emplace_back(name);
  struct Pop {
    std::vector<std::string>& names;
    ~Pop() { names.pop_back(); }
  } pop{evaluating_};
  try {
    return memo_[std::string(name)] = evaluate(at.node->text, [this](std::string_view other) { return parameter_value(other); });
  } catch (const CircleError&) {
    throw;
  } catch (const ExpressionError& e) {
    throw ExpressionError(fmt::format("parameter {} = {}: {}", name, to_text(*at.node), e.what()));
  }
}

Quantity Reader::evaluate_with(const std::string& text, const std::map<std::string, double, std::less<>>& own) {
  memo_.clear();
  return evaluate(text, [&](std::string_view name) -> Quantity {
    if (const auto value = own.find(name); value != own.end()) return {value->second, 0, {}};
    return parameter_value(name);
  });
}

double Reader::convert(const Quantity& q, std::string_view unit) const {
  const Quantity wanted = parse_unit(unit).value_or(Quantity{.value = 1});
  if (!(q.dimension == wanted.dimension)) {
    if (q.dimension.plain())
      throw ExpressionError(fmt::format("has no unit, but {} is needed; write \"{} {}\"", describe(wanted.dimension),
                                        scale_by_ten(q.value, q.exponent), unit.starts_with("1/") ? unit.substr(1) : unit));
    throw ExpressionError(fmt::format("is {}, but {} is needed, for example {}", describe(q.dimension), describe(wanted.dimension),
                                      wanted.dimension.plain() ? "0.5" : fmt::format("\"{}\"", example_of(unit))));
  }
  return in_unit(q, wanted);
}

// --- single values

std::optional<double> Reader::number(const At& place, std::string_view unit) {
  const At at = select(place);
  if (!at) return std::nullopt;
  if (!at.node->is_number() && !at.is(Node::Kind::text)) {
    const bool plain = parse_unit(unit).value_or(Quantity{}).dimension.plain();
    problem(at, fmt::format("is {}, but a value is needed, for example {}", kind_of(*at.node),
                            plain ? example_of(unit) : fmt::format("\"{}\"", example_of(unit))));
    return std::nullopt;
  }
  try {
    if (at.is(Node::Kind::text)) return convert(evaluate_with(at.node->text, {}), unit);
    if (!std::isfinite(at.node->real)) throw ExpressionError("is not a finite number");
    if (at.node->real == 0) return 0.0;  // zero is zero in every unit
    if (plain_ == PlainNumbers::in_table_units) return at.node->real;
    return convert({at.node->real, 0, {}}, unit);
  } catch (const ExpressionError& e) {
    problem(at, e.what());
    return std::nullopt;
  }
}

std::optional<std::vector<double>> Reader::numbers(const At& at, std::string_view unit) {
  if (at.is(Node::Kind::numbers)) {
    if (at.node->reals) return *at.node->reals;
    return std::vector<double>(at.node->integers->begin(), at.node->integers->end());
  }
  if (!at.is(Node::Kind::array)) {
    if (at) problem(at, fmt::format("is {}, but a list of numbers is needed", kind_of(*at.node)));
    return std::nullopt;
  }
  std::vector<double> all;
  bool good = true;
  for (std::size_t i = 0; i < at.node->items.size(); ++i) {
    const auto value = number(item(at, i), unit);
    good = good && value;
    all.push_back(value.value_or(0));
  }
  return good ? std::optional(std::move(all)) : std::nullopt;
}

std::optional<std::vector<std::int64_t>> Reader::integers(const At& at) {
  if (at.is(Node::Kind::numbers) && at.node->integers) return *at.node->integers;
  if (!at.is(Node::Kind::array)) {
    if (at) problem(at, fmt::format("is {}, but whole numbers are needed", at.is(Node::Kind::numbers) ? "an array of fractions" : kind_of(*at.node)));
    return std::nullopt;
  }
  std::vector<std::int64_t> all;
  bool good = true;
  for (std::size_t i = 0; i < at.node->items.size(); ++i) {
    const auto value = integer(item(at, i), std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
    good = good && value;
    all.push_back(value.value_or(0));
  }
  return good ? std::optional(std::move(all)) : std::nullopt;
}

std::optional<double> Reader::positive(const At& at, std::string_view unit) {
  const auto value = number(at, unit);
  if (value && *value <= 0) problem(at, fmt::format("must be > 0{}{}", unit == "1" ? "" : " ", unit == "1" ? "" : unit));
  return value && *value > 0 ? value : std::nullopt;
}

std::optional<double> Reader::not_negative(const At& at, std::string_view unit) {
  const auto value = number(at, unit);
  if (value && *value < 0) problem(at, fmt::format("must be >= 0{}{}", unit == "1" ? "" : " ", unit == "1" ? "" : unit));
  return value && *value >= 0 ? value : std::nullopt;
}

std::optional<std::int64_t> Reader::integer(const At& place, std::int64_t low, std::int64_t high) {
  const At at = select(place);
  const auto in_range = [&](auto value) -> std::optional<std::int64_t> {
    if (value < static_cast<decltype(value)>(low)) problem(at, fmt::format("must be at least {}", low));
    else if (value > static_cast<decltype(value)>(high)) problem(at, fmt::format("must be at most {}", high));
    else return static_cast<std::int64_t>(value);
    return std::nullopt;
  };
  if (at.is(Node::Kind::integer)) return in_range(at.node->integer);
  const auto value = number(at, "1");
  if (!value) return std::nullopt;
  const double whole = std::round(*value);
  if (std::abs(*value - whole) > 1e-9 * std::max(1.0, std::abs(whole))) {
    problem(at, at.is(Node::Kind::text) ? fmt::format("is {}, but a whole number is needed; use round(), floor() or ceil()", *value)
                                        : "must be a whole number");
    return std::nullopt;
  }
  high = std::min(high, std::int64_t{1} << 53);  // doubles count exactly up to here
  return in_range(whole);
}

std::optional<std::string> Reader::text(const At& place) {
  const At at = select(place);
  if (!at) return std::nullopt;
  if (at.is(Node::Kind::text)) return at.node->text;
  problem(at, fmt::format("is {}, but a text in quotes is needed", kind_of(*at.node)));
  return std::nullopt;
}

std::optional<bool> Reader::boolean(const At& place) {
  const At at = select(place);
  if (!at) return std::nullopt;
  if (at.is(Node::Kind::boolean)) return at.node->boolean;
  problem(at, fmt::format("is {}, but true or false (without quotes) is needed", kind_of(*at.node)));
  return std::nullopt;
}

std::optional<std::size_t> Reader::word(const At& place, std::initializer_list<std::string_view> words) {
  const At at = select(place);
  const auto given = text(at);
  if (!given) return std::nullopt;
  const auto found = std::find(words.begin(), words.end(), *given);
  if (found != words.end()) return static_cast<std::size_t>(found - words.begin());
  problem(at, fmt::format("must be one of {}.{}", fmt::join(words, ", "),
                          [&] {
                            const auto near = nearest_name(*given, to_strings(words));
                            return near.empty() ? std::string{} : fmt::format(" Did you mean \"{}\"?", near);
                          }()));
  return std::nullopt;
}

std::optional<std::filesystem::path> Reader::path(const At& place) {
  const At at = select(place);
  const auto given = text(at);
  if (!given) return std::nullopt;
  // A path holds no zero byte, and a device or pipe could be read for ever.
  const auto full = folder_ / std::filesystem::path(*given);
  std::error_code error;
  if (given->empty() || given->find('\0') != std::string::npos || !std::filesystem::is_regular_file(full, error)) {
    const bool there = !given->empty() && given->find('\0') == std::string::npos && std::filesystem::exists(full, error);
    problem(at, fmt::format("{} ({})", there ? "is not a file" : "no such file",
                            given->find('\0') == std::string::npos ? full.lexically_normal().string() : "it has a zero byte"));
    return std::nullopt;
  }
  return full;
}

}  // namespace ranvier::io
