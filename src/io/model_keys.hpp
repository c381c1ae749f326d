// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Access to the keys of a config.json that collects what is wrong with it.

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::io {

/// How many layers of each kind the list `layer_types` names.
struct LayerTypes {
  bool any = false;
  double windowed = 0, linear = 0;
};

/// A missing key, or null, is nothing; a wrong type or a number out of range is a problem. Where several names mean the same
/// (hidden_size, n_embd, d_model) all that are present must agree.
class ModelKeys {
 public:
  /// Throws InputError where `text` is no JSON object.
  ModelKeys(std::string_view text, std::string_view where);

  bool has(const char* key) const;
  bool any(std::initializer_list<const char*> keys) const;
  std::optional<double> number(std::initializer_list<const char*> names, double low, double high);
  double need(std::initializer_list<const char*> names, double low, double high);
  std::optional<bool> boolean(const char* key);
  std::optional<std::string> text(const char* key);
  std::size_t length(const char* key) const;
  LayerTypes layer_types(double layers);

  void problem(std::string message);
  bool failed() const { return !problems_.empty(); }
  /// Throws InputError with all problems.
  void throw_if_failed() const;

 private:
  const nlohmann::json* find(const char* key) const;
  std::string where_;
  nlohmann::json json_;
  const nlohmann::json* root_ = nullptr;  ///< json_, or its text_config
  std::vector<std::string> problems_;
};

}  // namespace ranvier::io
