// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Language models by name: the shapes that ship, and any config.json by its path.

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "plan/model_shape.hpp"
#include "plan/workload.hpp"

namespace ranvier::io {

/// A name counts without regard to case, without the publisher before a slash, and without endings that do not change the shape
/// (-Instruct, -chat, -hf, -FP8, -GGUF, a date): "meta-llama/Llama-3.1-8B-Instruct" is llama-3-8b. A text that ends in .json, or
/// names a folder with a config.json, is a path. Safe to use from several threads.
class ModelFiles : public plan::ModelSource {
 public:
  /// Reads the shapes that are part of the program.
  ModelFiles();

  /// Errors  InputError where a path leads to no readable config.json.
  const plan::ModelShape* find(std::string_view name) const override;

  /// Names of all shipped shapes and their aliases, sorted.
  std::vector<std::string> names() const override;

  /// The shipped shapes, by name.
  const std::deque<plan::ModelShape>& shipped() const { return shipped_; }

 private:
  const plan::ModelShape* read_path(const std::string& path) const;

  std::deque<plan::ModelShape> shipped_;
  std::vector<std::string> names_;
  std::map<std::string, const plan::ModelShape*, std::less<>> by_name_;  ///< key: lower case
  mutable std::mutex mutex_;
  mutable std::map<std::string, std::unique_ptr<plan::ModelShape>, std::less<>> read_;  ///< by path
};

}  // namespace ranvier::io
