// SPDX-License-Identifier: Apache-2.0
#include "toml_values.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "columns.hpp"
#include "ranvier/error.hpp"
#include "toml_expression.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double acceptance_min = 0.01;            // below it redrawing becomes a search for a needle
constexpr std::int64_t formula_max = 100'000'000;  // entries; they are evaluated one by one and kept as 8 bytes each

std::string number_text(double x, std::string_view unit) { return unit == "1" ? fmt::format("{}", x) : fmt::format("{} {}", x, unit); }

std::string with_advice(std::string text, std::string_view advice) {
  return advice.empty() ? text : fmt::format("{}; {}", text, advice);
}

double normal_below(double z) { return 0.5 * std::erfc(-z / std::sqrt(2.0)); }

/// Share of the draws that fall into [min, max]; only compared with a limit, so the libm may be any.
double acceptance(const Values& v) {
  switch (v.kind) {
    case Values::Kind::normal: return normal_below((v.max - v.a) / v.b) - normal_below((v.min - v.a) / v.b);
    case Values::Kind::lognormal: {
      const double s2 = std::log1p(v.b * v.b / (v.a * v.a)), mu = std::log(v.a) - s2 / 2;
      const auto below = [&](double x) { return x <= 0 ? 0 : normal_below((std::log(x) - mu) / std::sqrt(s2)); };
      return below(v.max) - below(v.min);
    }
    case Values::Kind::uniform:
      return v.b > v.a ? (std::min(v.b, v.max) - std::max(v.a, v.min)) / (v.b - v.a) : 1;
    case Values::Kind::exponential: {
      const auto below = [&](double x) { return x <= 0 ? 0 : 1 - std::exp(-x / v.a); };
      return below(v.max) - below(v.min);
    }
    default: return 1;
  }
}

class ValuesReader {
 public:
  ValuesReader(Reader& reader, const At& at, const ValueRules& rules) : reader_(reader), at_(at), rules_(rules) {}

  std::optional<Values> read() {
    if (at_.is(Node::Kind::numbers)) return listed(at_, 1, rules_.unit);
    if (!at_.is(Node::Kind::table)) return constant();
    static const std::vector<std::string> kinds{"normal", "lognormal", "uniform", "exponential", "values", "column", "formula"};
    std::vector<std::string> given;
    for (const auto& kind : kinds)
      if (at_.node->find(kind)) given.push_back(kind);
    if (given.size() != 1) return unclear(given, kinds);
    const auto& kind = given[0];
    if (kind == "values") return values();
    if (kind == "column") return column();
    if (kind == "formula") return formula();
    return distribution(kind);
  }

 private:
  std::optional<Values> constant() {
    const auto value = reader_.number(at_, rules_.unit);
    if (!value) return std::nullopt;
    if (!legal(*value)) return std::nullopt;
    return Values::constant(*value);
  }

  bool legal(double value) {
    if (rules_.range.contains(value)) return true;
    reader_.problem(at_, with_advice(describe(rules_.range, rules_.unit), rules_.advice));
    return false;
  }

  std::optional<Values> unclear(const std::vector<std::string>& given, const std::vector<std::string>& kinds) {
    if (given.empty() && !at_.node->entries.empty()) {
      const auto& [key, entry] = at_.node->entries.front();
      reader_.problem(entry.line, fmt::format("{}.{}", at_.path, key), fmt::format("unknown key.{}", suggestion(key, kinds)));
    } else {
      reader_.problem(at_, fmt::format("must have one of {}", fmt::join(kinds, ", ")));
    }
    return std::nullopt;
  }

  // --- distributions

  std::optional<Values> distribution(const std::string& kind) {
    reader_.only_keys(at_, {kind, "relative_std", "min", "max", "outside", "keep_sign"});
    Values v;
    v.kind = kind == "normal"      ? Values::Kind::normal
             : kind == "lognormal" ? Values::Kind::lognormal
             : kind == "uniform"   ? Values::Kind::uniform
                                   : Values::Kind::exponential;
    if (!arguments(kind, v) || !bounds(v)) return std::nullopt;
    return check(v) ? std::optional(v) : std::nullopt;
  }

  bool arguments(const std::string& kind, Values& v) {
    const At given = reader_.get(at_, kind);
    if (!given) return false;
    const At relative = reader_.get(at_, "relative_std");
    const bool one = v.kind == Values::Kind::exponential || relative.node || relative.failed;
    if (one) {
      const auto mean = reader_.number(given, rules_.unit);
      const auto share = relative ? reader_.not_negative(relative, "1") : std::optional(0.0);
      if (!mean || !share) return false;
      v.a = *mean;
      v.b = std::abs(*mean) * *share;
      if (relative && (v.kind == Values::Kind::uniform || v.kind == Values::Kind::exponential)) {
        reader_.problem(relative, "belongs to normal and lognormal");
        return false;
      }
      return true;
    }
    const bool uniform = v.kind == Values::Kind::uniform;
    if (!given.is(Node::Kind::array) || given.node->items.size() != 2) {
      reader_.problem(given, fmt::format("must be [{}]{}", uniform ? "low, high" : "mean, std",
                                         uniform ? "" : fmt::format(", or {} = mean with relative_std = 0.1", kind)));
      return false;
    }
    const auto a = reader_.number(reader_.item(given, 0), rules_.unit);
    const auto b = uniform ? reader_.number(reader_.item(given, 1), rules_.unit)
                           : reader_.not_negative(reader_.item(given, 1), rules_.unit);
    if (!a || !b) return false;
    v.a = *a;
    v.b = *b;
    if (uniform && v.b < v.a) {
      reader_.problem(given, "the low end is above the high end");
      return false;
    }
    return true;
  }

  bool bounds(Values& v) {
    bool good = true;
    const auto bound = [&](std::string_view key, double& to) {
      const At at = reader_.get(at_, key);
      if (!at && !at.failed) return;
      const auto value = at ? reader_.number(at, rules_.unit) : std::nullopt;
      if (value) to = *value;
      else good = false;
    };
    bound("min", v.min);
    bound("max", v.max);
    if (const At at = reader_.get(at_, "outside")) {
      const auto which = reader_.word(at, {"redraw", "clip"});
      if (!which) return false;
      v.outside = *which == 0 ? Values::Outside::redraw : Values::Outside::clip;
    }
    if (const At at = reader_.get(at_, "keep_sign"); at && reader_.boolean(at).value_or(false)) {
      if (v.a == 0 || v.kind == Values::Kind::uniform) {
        reader_.problem(at, "needs a mean that is not 0; use min or max");
        return false;
      }
      (v.a > 0 ? v.min : v.max) = v.a > 0 ? std::max(v.min, 0.0) : std::min(v.max, 0.0);
    }
    if (good && v.min > v.max) {
      reader_.problem(at_, fmt::format("min {} is above max {}", number_text(v.min, rules_.unit), number_text(v.max, rules_.unit)));
      return false;
    }
    return good;
  }

  bool check(Values& v) {
    if ((v.kind == Values::Kind::lognormal || v.kind == Values::Kind::exponential) && v.a <= 0) {
      reader_.problem(at_, "the mean must be > 0");
      return false;
    }
    if (v.is_constant() || (v.kind == Values::Kind::uniform && v.a == v.b)) {
      const double value = std::clamp(v.a, v.min, v.max);
      if (v.outside == Values::Outside::redraw && value != v.a) {
        reader_.problem(at_, "without spread, the mean must be between min and max");
        return false;
      }
      v = Values::constant(value);
      return legal(value);
    }
    if (!rules_.range.contains(v.a) || (v.kind == Values::Kind::uniform && !rules_.range.contains(v.b))) {
      reader_.problem(at_, with_advice(fmt::format("the {} {}", v.kind == Values::Kind::uniform ? "ends" : "mean",
                                                   describe(rules_.range, rules_.unit)), rules_.advice));
      return false;
    }
    return v.outside == Values::Outside::clip ? clip_is_legal(v) : redraw_is_quick(v);
  }

  bool clip_is_legal(Values& v) {
    const bool below = v.kind == Values::Kind::normal ? v.min == -infinity : false;
    const bool low_good = rules_.range.low == -infinity || (!below && rules_.range.contains(std::max(v.min, lowest(v))));
    const bool high_good = rules_.range.high == infinity || rules_.range.contains(std::min(v.max, highest(v)));
    if (low_good && high_good) return true;
    reader_.problem(at_, fmt::format("values clipped to min and max {}; give min and max within that range", describe(rules_.range, rules_.unit)));
    return false;
  }

  static double lowest(const Values& v) {
    return v.kind == Values::Kind::uniform ? v.a : v.kind == Values::Kind::normal ? -infinity : std::numeric_limits<double>::denorm_min();
  }
  static double highest(const Values& v) { return v.kind == Values::Kind::uniform ? v.b : infinity; }

  /// Draws outside a parameter's legal range are drawn again, so the engine never meets an illegal value.
  bool redraw_is_quick(Values& v) {
    v.min = std::max(v.min, rules_.range.low);
    v.max = std::min(v.max, rules_.range.high);
    const double share = acceptance(v);
    if (share >= acceptance_min) return true;
    const auto needed = describe({.low = v.min, .high = v.max}, rules_.unit).substr(std::string_view("must be ").size());
    reader_.problem(at_, fmt::format("only {:.2g} % of the draws are {}, so redrawing would take for ever; widen min and max, or use outside = \"clip\"",
                                     100 * std::max(share, 0.0), needed));
    return false;
  }

  // --- one value for each

  bool each_allowed(std::string_view what) {
    if (rules_.size >= 0) return true;
    reader_.problem(at_, fmt::format("{} cannot be used here: give one value or a distribution", what));
    return false;
  }

  std::optional<double> unit_factor() {
    const At at = reader_.get(at_, "unit");
    if (!at) return at.failed ? std::nullopt : std::optional(1.0);
    return reader_.number(at, rules_.unit);
  }

  std::optional<Values> values() {
    reader_.only_keys(at_, {"values", "unit"});
    const auto factor = unit_factor();
    const At list = reader_.get(at_, "values");
    return factor && list ? listed(list, *factor, at_.node->find("unit") ? "1" : rules_.unit) : std::nullopt;
  }

  /// `unit` is that of the entries; they are multiplied by `factor`.
  std::optional<Values> listed(const At& list, double factor, std::string_view unit) {
    if (!each_allowed("a list of values")) return std::nullopt;
    if (factor == 1 && list.is(Node::Kind::numbers) && list.node->reals) return each(list.node->reals, "the array");
    auto numbers = reader_.numbers(list, unit);
    if (!numbers) return std::nullopt;
    for (double& x : *numbers) x *= factor;
    return each(std::move(*numbers), "the list");
  }

  std::optional<Values> column() {
    reader_.only_keys(at_, {"column", "file", "unit"});
    if (!each_allowed("a column")) return std::nullopt;
    const auto name = reader_.text(reader_.get(at_, "column"));
    const auto factor = unit_factor();
    if (!name || !factor) return std::nullopt;
    auto numbers = load(*name);
    if (!numbers) return std::nullopt;
    if (*factor != 1)
      for (double& x : *numbers) x *= *factor;
    return each(std::move(*numbers), fmt::format("column \"{}\"", *name));
  }

  std::optional<std::vector<double>> load(const std::string& name) {
    const At file = reader_.get(at_, "file");
    if (!file && rules_.own_column) return rules_.own_column(reader_.get(at_, "column"));
    if (!file) {
      if (!file.failed) reader_.problem(at_, "needs file = \"...\", the table that has this column");
      return std::nullopt;
    }
    const auto path = reader_.path(file);
    if (!path) return std::nullopt;
    try {
      const ColumnRequest request{name, ColumnType::real};
      return std::move(read_columns(*path, {&request, 1})[0].real);
    } catch (const InputError& e) {
      for (const auto& problem : e.problems()) reader_.problem(at_, problem);
      return std::nullopt;
    }
  }

  std::optional<Values> formula() {
    reader_.only_keys(at_, {"formula"});
    if (!each_allowed("a formula")) return std::nullopt;
    const Node* text = at_.node->find("formula");
    if (!text->is(Node::Kind::text)) {
      reader_.problem(at_, "a formula is a text, for example { formula = \"-65 mV + 10 mV * $i / $size\" }");
      return std::nullopt;
    }
    if (rules_.size > formula_max) {
      reader_.problem(at_, fmt::format("a formula is for at most {} entries; use a column of an HDF5 file", formula_max));
      return std::nullopt;
    }
    std::vector<double> numbers(static_cast<std::size_t>(rules_.size));
    try {
      std::map<std::string, double, std::less<>> own{{"i", 0.0}, {"size", static_cast<double>(rules_.size)}};
      for (std::size_t i = 0; i < numbers.size(); ++i) {
        own.find("i")->second = static_cast<double>(i);
        numbers[i] = reader_.convert(reader_.evaluate_with(text->text, own), rules_.unit);
      }
    } catch (const ExpressionError& e) {
      reader_.problem(at_, e.what());
      return std::nullopt;
    }
    return each(std::move(numbers), "formula");
  }

  std::optional<Values> each(std::vector<double> numbers, std::string_view what) {
    return each(std::make_shared<const std::vector<double>>(std::move(numbers)), what);
  }

  std::optional<Values> each(std::shared_ptr<const std::vector<double>> column, std::string_view what) {
    const std::vector<double>& numbers = *column;
    if (rules_.size == 0) return std::nullopt;  // the size itself is wrong, and noted
    if (static_cast<std::int64_t>(numbers.size()) != rules_.size) {
      reader_.problem(at_, fmt::format("{} has {} values, but there are {} {}s", what, numbers.size(), rules_.size, rules_.each));
      return std::nullopt;
    }
    for (std::size_t i = 0; i < numbers.size(); ++i) {
      if (rules_.range.contains(numbers[i]) && std::isfinite(numbers[i])) continue;
      reader_.problem(at_, fmt::format("{}: the value {} of {} {} {}", what, number_text(numbers[i], rules_.unit), rules_.each, i,
                                       describe(std::isfinite(numbers[i]) ? rules_.range : engine::any, rules_.unit)));
      return std::nullopt;
    }
    Values v{.kind = Values::Kind::column};
    v.column = std::move(column);
    return v;
  }

  Reader& reader_;
  At at_;
  const ValueRules& rules_;
};

std::optional<Schedule> read_sine(Reader& reader, const At& at, std::string_view unit, const engine::Range& range) {
  if (!reader.is_table(at, "{ mean = \"10 Hz\", amplitude = \"5 Hz\", frequency = \"2 Hz\" }")) return std::nullopt;
  reader.only_keys(at, {"mean", "amplitude", "frequency", "phase"});
  Schedule schedule{.kind = Schedule::Kind::sinusoid};
  const auto mean = reader.number(reader.require(at, "mean", "the value around which it swings"), unit);
  const auto amplitude = reader.number(reader.require(at, "amplitude", "how far it swings to each side"), unit);
  const auto frequency = reader.not_negative(reader.require(at, "frequency", "how often it swings, for example \"5 Hz\""), "Hz");
  const At phase = reader.get(at, "phase");
  const auto angle = phase ? reader.number(phase, "1") : std::optional(0.0);
  if (!mean || !amplitude || !frequency || !angle) return std::nullopt;
  if (!range.contains(*mean)) {
    reader.problem(reader.get(at, "mean"), describe(range, unit));
    return std::nullopt;
  }
  schedule.values = {*mean};
  schedule.amplitude = *amplitude;
  schedule.frequency_hz = *frequency;
  schedule.phase_rad = *angle;
  return schedule;
}

}  // namespace

std::string describe(const engine::Range& r, std::string_view unit) {
  const auto show = [&](double x) { return number_text(x, unit); };
  if (r.low == -infinity && r.high == infinity) return "must be a finite number";
  if (r.high == infinity) return fmt::format("must be {} {}", r.low_open ? ">" : ">=", show(r.low));
  if (r.low == -infinity) return fmt::format("must be {} {}", r.high_open ? "<" : "<=", show(r.high));
  return fmt::format("must be {} {} and {} {}", r.low_open ? ">" : ">=", show(r.low), r.high_open ? "<" : "<=", show(r.high));
}

std::optional<Values> read_values(Reader& reader, const At& place, const ValueRules& rules) {
  const At at = reader.select(place);
  if (!at) return std::nullopt;
  return ValuesReader(reader, at, rules).read();
}

bool is_schedule(Reader& reader, const At& place) {
  const At at = reader.select(place);
  return at.is(Node::Kind::table) && (at.node->find("piecewise") || at.node->find("sine"));
}

namespace {

/// Rows of time in ms and value in `unit`, as Python hands them over.
std::optional<Schedule> piecewise_of_numbers(Reader& reader, const At& at, std::string_view unit, const engine::Range& range) {
  const std::vector<double>& numbers = *at.node->reals;
  Schedule schedule{.kind = Schedule::Kind::piecewise};
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    const double time = numbers[i], value = numbers[i + 1];
    const bool ascends = i == 0 || time > numbers[i - 2];
    if (!(time >= 0) || !std::isfinite(time) || !std::isfinite(value) || !range.contains(value) || !ascends) {
      reader.problem(at, fmt::format("row {}: {}", i / 2, !ascends ? "times must ascend" : !range.contains(value) ? describe(range, unit) : "time must be >= 0 ms, and both numbers finite"));
      return std::nullopt;
    }
    schedule.times_ms.push_back(time);
    schedule.values.push_back(value);
  }
  return schedule;
}

}  // namespace

std::optional<Schedule> read_piecewise(Reader& reader, const At& at, std::string_view unit, const engine::Range& range) {
  if (!at) return std::nullopt;
  if (at.is(Node::Kind::numbers) && at.node->width == 2 && at.node->reals && !at.node->reals->empty()) return piecewise_of_numbers(reader, at, unit, range);
  if (!at.is(Node::Kind::array) || at.node->items.empty()) {
    reader.problem(at, fmt::format("must be a list of [time, value] pairs, for example [[\"0 ms\", \"{}\"]]", example_of(unit)));
    return std::nullopt;
  }
  Schedule schedule{.kind = Schedule::Kind::piecewise};
  bool good = true;
  for (std::size_t i = 0; i < at.node->items.size(); ++i) {
    const At pair = reader.item(at, i);
    if (!pair.is(Node::Kind::array) || pair.node->items.size() != 2) {
      reader.problem(pair, "must be a pair [time, value]");
      return std::nullopt;
    }
    const auto time = reader.not_negative(reader.item(pair, 0), "ms");
    const auto value = reader.number(reader.item(pair, 1), unit);
    if (value && !range.contains(*value)) reader.problem(pair, describe(range, unit));
    if (time && !schedule.times_ms.empty() && *time <= schedule.times_ms.back()) reader.problem(pair, "times must ascend");
    good = good && time && value && range.contains(*value) && (schedule.times_ms.empty() || *time > schedule.times_ms.back());
    if (!time || !value) continue;
    schedule.times_ms.push_back(*time);
    schedule.values.push_back(*value);
  }
  return good ? std::optional(schedule) : std::nullopt;
}

std::optional<Schedule> read_schedule(Reader& reader, const At& place, std::string_view unit, const engine::Range& range) {
  const At at = reader.select(place);
  if (!at) return std::nullopt;
  if (!is_schedule(reader, at)) {
    const auto value = reader.number(at, unit);
    if (value && !range.contains(*value)) reader.problem(at, describe(range, unit));
    if (!value || !range.contains(*value)) return std::nullopt;
    return Schedule{.values = {*value}};
  }
  reader.only_keys(at, {at.node->find("piecewise") ? "piecewise" : "sine"});
  if (at.node->find("piecewise")) return read_piecewise(reader, reader.get(at, "piecewise"), unit, range);
  return read_sine(reader, reader.get(at, "sine"), unit, range);
}

}  // namespace ranvier::io
