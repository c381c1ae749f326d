// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What a question says of its workload: a typed bag of keys and values, made of `key=value` on the command line or of
/// parameters_json of a row of measurements. Both ways give the same bag.

#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace ranvier::plan {

using ParameterValue = std::variant<bool, double, std::string>;

enum class ParameterType : unsigned char { number, whole, text, boolean };

/// A key that a workload understands.
struct ParameterInfo {
  const char* key;
  ParameterType type = ParameterType::number;
  const char* unit = "";         ///< "byte", "s"; "" for a plain number
  const char* fallback = "";     ///< what is taken where the key is absent, in words: "1", "that of precision", "must be given"
  const char* meaning = "";
  double low = 0;                ///< of numbers; both ends are legal
  double high = 1e30;
};

class Parameters {
 public:
  Parameters() = default;

  /// `text` as a person writes it: true, false, a number with or without prefix or unit ("2k", "64MiB", "0.5 ms" are read
  /// in SI), else a word. A key given twice counts last.
  void set_text(std::string key, std::string_view text);
  void set(std::string key, ParameterValue value);
  void erase(std::string_view key);

  bool has(std::string_view key) const { return find(key) != nullptr; }
  const std::vector<std::pair<std::string, ParameterValue>>& all() const { return values_; }

  /// Value of a key, or nothing (or the fallback) where it is absent. A word where a number is needed, and the reverse,
  /// throws InputError: key, value, what is needed. A number is good text ("4" as a model's name).
  std::optional<double> number(std::string_view key) const;
  std::optional<std::int64_t> whole(std::string_view key) const;   ///< a fraction throws
  std::optional<std::string_view> text(std::string_view key) const;
  std::optional<bool> boolean(std::string_view key) const;
  double number(std::string_view key, double fallback) const { return number(key).value_or(fallback); }
  std::int64_t whole(std::string_view key, std::int64_t fallback) const { return whole(key).value_or(fallback); }
  std::string_view text(std::string_view key, std::string_view fallback) const { return text(key).value_or(fallback); }
  bool boolean(std::string_view key, bool fallback) const { return boolean(key).value_or(fallback); }

  /// Keys that must be there; throws InputError that says which one is not, and what for.
  double need_number(std::string_view key, std::string_view why) const;
  std::int64_t need_whole(std::string_view key, std::string_view why) const;
  std::string_view need_text(std::string_view key, std::string_view why) const;

  bool operator==(const Parameters&) const = default;

 private:
  const ParameterValue* find(std::string_view key) const;
  std::vector<std::pair<std::string, ParameterValue>> values_;
};

/// Holds a bag against the keys a workload knows. Wrong types and numbers out of range: one InputError with all of them.
/// Keys nobody knows: one warning each, with the nearest known key, is added to `warnings`. Keys that are remarks for people
/// (caution, note, range, source, study, year, ...) say nothing of the work and are passed over in silence.
void check_parameters(const Parameters& parameters, std::span<const ParameterInfo> known, std::vector<std::string>& warnings);

/// True of the keys that never predict: caution, note, range, study, year, ...
bool is_remark(std::string_view key);

}  // namespace ranvier::plan
