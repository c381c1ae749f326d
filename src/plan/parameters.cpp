// SPDX-License-Identifier: Apache-2.0
#include "plan/parameters.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "core/suggest.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

struct Suffix {
  std::string_view text;
  double factor;
};

/// Prefixes and units that may follow a number. Only SI and bytes: "7b" stays a word, since models are named so.
double suffix_factor(std::string_view text) {
  static constexpr Suffix prefixes[] = {{"Ki", 1024.0}, {"Mi", 1048576.0}, {"Gi", 1073741824.0}, {"Ti", 1099511627776.0}, {"k", 1e3}, {"K", 1e3}, {"M", 1e6}, {"G", 1e9}, {"T", 1e12}, {"P", 1e15}};
  static constexpr std::string_view units[] = {"", "B", "byte", "bytes", "Hz", "FLOP", "W", "s"};
  static constexpr Suffix whole[] = {{"ms", 1e-3}, {"us", 1e-6}, {"ns", 1e-9}, {"min", 60}, {"h", 3600}, {"%", 0.01}};
  for (const Suffix& w : whole)
    if (text == w.text) return w.factor;
  double factor = 1;
  for (const Suffix& p : prefixes)
    if (text.starts_with(p.text)) {
      factor = p.factor;
      text.remove_prefix(p.text.size());
      break;
    }
  return std::find(std::begin(units), std::end(units), text) != std::end(units) ? factor : 0;
}

std::optional<double> as_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || !std::isfinite(value)) return {};
  std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  while (rest.starts_with(' ')) rest.remove_prefix(1);
  const double factor = rest.empty() ? 1 : suffix_factor(rest);
  return factor > 0 ? std::optional(value * factor) : std::nullopt;
}

std::string shown(const ParameterValue& v) {
  if (const bool* b = std::get_if<bool>(&v)) return *b ? "true" : "false";
  if (const double* d = std::get_if<double>(&v)) return fmt::format("{:g}", *d);
  return "\"" + std::get<std::string>(v) + "\"";
}

[[noreturn]] void wrong(std::string_view key, const ParameterValue& v, std::string_view needed) {
  throw InputError(fmt::format("parameter {} = {}: must be {}", key, shown(v), needed));
}

/// What is wrong with this value, or nothing.
std::string problem_of(const ParameterInfo& info, const ParameterValue& v) {
  const double* d = std::get_if<double>(&v);
  switch (info.type) {
    case ParameterType::text:
      return {};
    case ParameterType::boolean:
      return std::holds_alternative<bool>(v) ? "" : "must be true or false";
    default:
      break;
  }
  const std::string unit = *info.unit != 0 ? fmt::format(" {}", info.unit) : "";
  if (d == nullptr) return fmt::format("must be a number{}", unit.empty() ? "" : " in" + unit);
  if (info.type == ParameterType::whole && *d != std::floor(*d)) return "must be a whole number";
  if (!(*d >= info.low)) return fmt::format("must be at least {:g}{}", info.low, unit);
  if (!(*d <= info.high)) return fmt::format("must be at most {:g}{}", info.high, unit);
  return {};
}

}  // namespace

void Parameters::set(std::string key, ParameterValue value) {
  for (auto& [k, v] : values_)
    if (k == key) {
      v = std::move(value);
      return;
    }
  values_.emplace_back(std::move(key), std::move(value));
}

void Parameters::set_text(std::string key, std::string_view text) {
  if (text == "true" || text == "false") set(std::move(key), text == "true");
  else if (const auto number = as_number(text)) set(std::move(key), *number);
  else set(std::move(key), std::string(text));
}

void Parameters::erase(std::string_view key) {
  std::erase_if(values_, [&](const auto& entry) { return entry.first == key; });
}

const ParameterValue* Parameters::find(std::string_view key) const {
  for (const auto& [k, v] : values_)
    if (k == key) return &v;
  return nullptr;
}

std::optional<double> Parameters::number(std::string_view key) const {
  const ParameterValue* v = find(key);
  if (v == nullptr) return {};
  if (const double* d = std::get_if<double>(v)) return *d;
  wrong(key, *v, "a number");
}

std::optional<std::int64_t> Parameters::whole(std::string_view key) const {
  const auto d = number(key);
  if (!d) return {};
  if (*d != std::floor(*d) || std::abs(*d) > 9007199254740992.0) wrong(key, *d, "a whole number");
  return static_cast<std::int64_t>(*d);
}

std::optional<std::string_view> Parameters::text(std::string_view key) const {
  const ParameterValue* v = find(key);
  if (v == nullptr) return {};
  if (const std::string* s = std::get_if<std::string>(v)) return *s;
  wrong(key, *v, "a word");
}

std::optional<bool> Parameters::boolean(std::string_view key) const {
  const ParameterValue* v = find(key);
  if (v == nullptr) return {};
  if (const bool* b = std::get_if<bool>(v)) return *b;
  wrong(key, *v, "true or false");
}

double Parameters::need_number(std::string_view key, std::string_view why) const {
  if (const auto v = number(key)) return *v;
  throw InputError(fmt::format("parameter {} is missing: {}\n  add {}=NUMBER", key, why, key));
}

std::int64_t Parameters::need_whole(std::string_view key, std::string_view why) const {
  if (const auto v = whole(key)) return *v;
  throw InputError(fmt::format("parameter {} is missing: {}\n  add {}=NUMBER", key, why, key));
}

std::string_view Parameters::need_text(std::string_view key, std::string_view why) const {
  if (const auto v = text(key)) return *v;
  throw InputError(fmt::format("parameter {} is missing: {}\n  add {}=NAME", key, why, key));
}

bool is_remark(std::string_view key) {
  static constexpr std::string_view remarks[] = {"caution", "note", "range", "value_note", "variant_caution", "study", "year", "process_nm", "source", "id", "layer", "benchmark", "detail", "comment"};
  return std::find(std::begin(remarks), std::end(remarks), key) != std::end(remarks);
}

void check_parameters(const Parameters& parameters, std::span<const ParameterInfo> known, std::vector<std::string>& warnings) {
  std::vector<std::string> problems, names;
  for (const ParameterInfo& info : known) names.emplace_back(info.key);
  for (const auto& [key, value] : parameters.all()) {
    const auto info = std::find_if(known.begin(), known.end(), [&name = key](const ParameterInfo& i) { return name == i.key; });
    if (info != known.end()) {
      if (const std::string what = problem_of(*info, value); !what.empty()) problems.push_back(fmt::format("parameter {} = {}: {}", key, shown(value), what));
    } else if (!is_remark(key)) {
      warnings.push_back(fmt::format("parameter {} is not known here and does nothing.{}", key, suggestion(key, names)));
    }
  }
  if (!problems.empty()) throw InputError(std::move(problems));
}

}  // namespace ranvier::plan
