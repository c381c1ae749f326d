// SPDX-License-Identifier: Apache-2.0
#include "io/model_source.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "io/embedded.hpp"
#include "io/model_config.hpp"
#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

std::string lower(std::string_view text) {
  std::string l(text);
  std::ranges::transform(l, l.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return l;
}

bool is_date(std::string_view word) { return word.size() >= 4 && word.size() <= 8 && std::ranges::all_of(word, [](unsigned char c) { return std::isdigit(c) != 0; }); }

/// True of the last word of a name that says how the weights were tuned or stored, not how the model is made.
bool says_no_shape(std::string_view word) {
  static constexpr std::array<std::string_view, 26> words{"instruct", "it",  "chat", "hf",   "base", "fp8",  "fp4",  "nvfp4",   "mxfp4",    "awq",  "gptq", "int4",  "int8",
                                                          "bf16",     "fp16", "gguf", "text", "pt",   "kv",   "dynamic", "thinking", "preview", "quantized", "w4a16", "w8a8", "mlperf"};
  return std::ranges::find(words, word) != words.end() || is_date(word);
}

/// The name without its last word where that says nothing of the shape, else nothing.
std::string_view shortened(std::string_view name) {
  const auto cut = name.find_last_of("-_:");
  return cut != std::string_view::npos && says_no_shape(name.substr(cut + 1)) ? name.substr(0, cut) : std::string_view();
}

/// Lines "name,file,note" after the heading.
std::vector<std::pair<std::string, std::string>> read_aliases(std::string_view text) {
  std::vector<std::pair<std::string, std::string>> aliases;
  std::istringstream lines{std::string(text)};
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const auto first = line.find(','), second = line.find(',', first + 1);
    if (first != std::string::npos && second != std::string::npos) aliases.emplace_back(line.substr(0, first), line.substr(first + 1, second - first - 1));
  }
  return aliases;
}

}  // namespace

ModelFiles::ModelFiles() {
  std::map<std::string, const plan::ModelShape*> by_file;
  for (const embedded::File& file : embedded::models()) {
    if (!file.name.ends_with(".json")) continue;
    plan::ModelShape& shape = shipped_.emplace_back(read_model_config(file.text, file.name));
    shape.name = file.name.substr(0, file.name.size() - 5);
    by_file[std::string(file.name)] = &shape;
    by_name_[lower(shape.name)] = &shape;
    names_.push_back(shape.name);
  }
  for (const embedded::File& file : embedded::models()) {
    if (file.name != "aliases.csv") continue;
    for (const auto& [alias, target] : read_aliases(file.text)) {
      const auto shape = by_file.find(target);
      if (shape != by_file.end() && by_name_.emplace(lower(alias), shape->second).second) names_.push_back(alias);
    }
  }
  std::ranges::sort(names_);
}

const plan::ModelShape* ModelFiles::find(std::string_view name) const {
  if (name.ends_with(".json")) return read_path(std::string(name));
  std::string wanted = lower(name);
  const auto publisher = wanted.rfind('/');
  for (std::string_view rest : {std::string_view(wanted), publisher == std::string::npos ? std::string_view() : std::string_view(wanted).substr(publisher + 1)}) {
    for (; !rest.empty(); rest = shortened(rest))
      if (const auto it = by_name_.find(rest); it != by_name_.end()) return it->second;
  }
  std::error_code error;
  const std::filesystem::path config = std::filesystem::path(name) / "config.json";
  return !name.empty() && std::filesystem::is_regular_file(config, error) ? read_path(config.string()) : nullptr;
}

const plan::ModelShape* ModelFiles::read_path(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  if (const auto it = read_.find(path); it != read_.end()) return it->second.get();
  std::ifstream file(path, std::ios::binary);
  if (!file) throw InputError(fmt::format("{}: cannot be read\n  give the path of a model's config.json, or a name: ranvier plan llm_serve --help", path));
  constexpr std::size_t size_max = 1 << 24;
  std::string text(size_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(size_max));
  text.resize(static_cast<std::size_t>(file.gcount()));
  if (text.size() == size_max) throw InputError(fmt::format("{}: larger than 16 MiB: no config.json of a model", path));
  auto shape = std::make_unique<plan::ModelShape>(read_model_config(text, path));
  return read_.emplace(path, std::move(shape)).first->second.get();
}

std::vector<std::string> ModelFiles::names() const { return names_; }

}  // namespace ranvier::io
