// SPDX-License-Identifier: Apache-2.0
#include "io/model_keys.hpp"

#include <fmt/format.h>

#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

/// Deeper nesting than any config has; the parser would go on until the stack ends.
constexpr int depth_max = 32;

nlohmann::json parse(std::string_view text, const std::string& where) {
  const auto limit_depth = [](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
    if (depth > depth_max) throw InputError("nested too deeply");
    return true;
  };
  try {
    return nlohmann::json::parse(text.begin(), text.end(), limit_depth);
  } catch (const nlohmann::json::exception& e) {
    throw InputError(fmt::format("{}: not a JSON file: {}", where, e.what()));
  } catch (const InputError&) {
    throw InputError(fmt::format("{}: nested more than {} levels deep: no config.json of a model", where, depth_max));
  }
}

std::string joined(std::initializer_list<const char*> names) {
  std::string all;
  for (const char* n : names) all += (all.empty() ? "" : " or ") + std::string(n);
  return all;
}

}  // namespace

ModelKeys::ModelKeys(std::string_view text, std::string_view where) : where_(where), json_(parse(text, where_)) {
  if (!json_.is_object()) throw InputError(fmt::format("{}: must be a JSON object with keys like hidden_size", where_));
  root_ = &json_;
  if (const auto it = json_.find("text_config"); it != json_.end() && it->is_object()) root_ = &*it;
}

const nlohmann::json* ModelKeys::find(const char* key) const {
  auto it = root_->find(key);
  if (it == root_->end()) {
    // MPT keeps some keys one level down.
    const auto nested = root_->find("attn_config");
    if (nested == root_->end() || !nested->is_object() || (it = nested->find(key)) == nested->end()) return nullptr;
  }
  return it->is_null() ? nullptr : &*it;
}

bool ModelKeys::has(const char* key) const { return find(key) != nullptr; }

bool ModelKeys::any(std::initializer_list<const char*> keys) const {
  for (const char* key : keys)
    if (has(key)) return true;
  return false;
}

std::optional<double> ModelKeys::number(std::initializer_list<const char*> names, double low, double high) {
  std::optional<double> value;
  const char* first = nullptr;
  for (const char* name : names) {
    const auto* found = find(name);
    if (found == nullptr) continue;
    if (!found->is_number()) {
      problem(fmt::format("{} = {}: must be a number", name, found->dump().substr(0, 60)));
      continue;
    }
    const double v = found->get<double>();
    if (!(v >= low && v <= high)) problem(fmt::format("{} = {}: must be between {} and {}", name, found->dump(), low, high));
    else if (value && *value != v) problem(fmt::format("{} = {} contradicts {} = {}: both mean the same\n  remove one of them", name, v, first, *value));
    else if (!value) value = v, first = name;
  }
  return value;
}

double ModelKeys::need(std::initializer_list<const char*> names, double low, double high) {
  const bool before = failed();
  const auto value = number(names, low, high);
  if (!value && (before || !failed() || !any(names))) problem(fmt::format("{} is missing", joined(names)));
  return value.value_or(0);
}

std::optional<bool> ModelKeys::boolean(const char* key) {
  const auto* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_boolean()) return found->get<bool>();
  problem(fmt::format("{} = {}: must be true or false", key, found->dump().substr(0, 60)));
  return std::nullopt;
}

std::optional<std::string> ModelKeys::text(const char* key) {
  const auto* found = find(key);
  if (found == nullptr) return std::nullopt;
  if (found->is_string()) return found->get<std::string>();
  problem(fmt::format("{} = {}: must be a text", key, found->dump().substr(0, 60)));
  return std::nullopt;
}

std::size_t ModelKeys::length(const char* key) const {
  const auto* found = find(key);
  return found != nullptr && found->is_array() ? found->size() : 0;
}

LayerTypes ModelKeys::layer_types(double layers) {
  LayerTypes types;
  const auto* list = find("layer_types");
  if (list == nullptr) return types;
  if (!list->is_array()) return problem("layer_types: must be a list"), types;
  if (static_cast<double>(list->size()) != layers) problem(fmt::format("layer_types lists {} layers, num_hidden_layers says {}", list->size(), layers));
  types.any = true;
  for (const auto& entry : *list) {
    if (entry == "sliding_attention" || entry == "chunked_attention") types.windowed += 1;
    else if (entry == "linear_attention") types.linear += 1;
    else if (entry != "full_attention") problem(fmt::format("layer_types: \"{}\" is none of full_attention, sliding_attention, chunked_attention, linear_attention", entry.dump().substr(0, 40)));
    if (problems_.size() > 20) break;
  }
  return types;
}

void ModelKeys::problem(std::string message) { problems_.push_back(where_ + ": " + std::move(message)); }

void ModelKeys::throw_if_failed() const {
  if (failed()) throw InputError(problems_);
}

}  // namespace ranvier::io
