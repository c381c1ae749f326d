// SPDX-License-Identifier: Apache-2.0
/// The machines at hand, and what their names mean.

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>
#include <sstream>

#include "core/suggest.hpp"
#include "embedded.hpp"
#include "machine_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

std::string lower(std::string_view text) {
  std::string s(text);
  for (char& c : s) c = c == '_' || c == ' ' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return s;
}

void add_folder(std::vector<Machine>& machines, const std::string& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  if (error) throw InputError(fmt::format("RANVIER_MACHINES: {}: cannot be read: {}", folder, error.message()));
  std::sort(files.begin(), files.end());
  for (const auto& file : files) {
    Machine m = read_machine(file);
    std::erase_if(machines, [&](const Machine& other) { return other.id == m.id; });
    machines.push_back(std::move(m));
  }
}

/// All names of a machine, as they are compared.
std::vector<std::string> names_of(const Machine& m) {
  std::vector<std::string> names{lower(m.id), lower(m.name)};
  for (const auto& a : m.aliases) names.push_back(lower(a));
  return names;
}

template <class Match>
std::vector<const Machine*> matching(const std::vector<Machine>& machines, Match&& match) {
  std::vector<const Machine*> found;
  for (const Machine& m : machines) {
    const auto names = names_of(m);
    if (std::any_of(names.begin(), names.end(), match)) found.push_back(&m);
  }
  return found;
}

}  // namespace

MachineCatalogue::MachineCatalogue() {
  for (const auto& file : embedded::machines()) machines_.push_back(parse_machine(file.text, std::string(file.name)));
  if (const char* folders = std::getenv("RANVIER_MACHINES")) {
    std::istringstream list(folders);
    for (std::string folder; std::getline(list, folder, ':');)
      if (!folder.empty()) add_folder(machines_, folder);
  }
}

const Machine& MachineCatalogue::find(std::string_view name) {
  if (name.ends_with(".toml")) {
    for (const auto& m : read_)
      if (m->file == name) return *m;
    read_.push_back(std::make_unique<Machine>(read_machine(std::filesystem::path(name))));
    return *read_.back();
  }
  const std::string wanted = lower(name);
  for (const Machine& m : machines_)
    if (m.id == name) return m;
  auto found = matching(machines_, [&](const std::string& n) { return n == wanted; });
  if (found.empty()) found = matching(machines_, [&](const std::string& n) { return !wanted.empty() && n.starts_with(wanted); });
  if (found.empty()) found = matching(machines_, [&](const std::string& n) { return wanted.size() >= 3 && n.find(wanted) != n.npos; });
  if (found.size() == 1) return *found.front();
  std::vector<std::string> names;
  if (found.empty()) {
    for (const Machine& m : machines_) {
      names.push_back(m.id);
      names.insert(names.end(), m.aliases.begin(), m.aliases.end());
    }
    throw InputError(fmt::format("no machine is called \"{}\".{} All: ranvier machines\n  a machine of your own is one file: --on path/to/it.toml", name, suggestion(wanted, names)));
  }
  for (const Machine* m : found) names.emplace_back(short_name(*m));
  throw InputError(fmt::format("\"{}\" may mean {} machines: {}", name, names.size(), fmt::join(names, ", ")));
}

MachineCatalogue::Several MachineCatalogue::find_several(std::string_view text) {
  const std::string wanted = lower(text);
  const auto named = matching(machines_, [&](const std::string& n) { return n == wanted; });
  if (named.size() == 1) return {1, named.front()};
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  const auto used = static_cast<std::size_t>(end - text.data());
  const bool has_count = used > 0 && used + 1 < text.size() && (text[used] == 'x' || text[used] == '*') && text.find('/') > used;
  if (!has_count) return {1, &find(text)};
  if (error != std::errc{} || count < 1 || count > 100'000'000) throw InputError(fmt::format("{}: the number of machines must be between 1 and 100000000", text));
  return {count, &find(text.substr(used + 1))};
}

std::string_view short_name(const Machine& machine) {
  std::string_view best = machine.id;
  for (const auto& a : machine.aliases)
    if (a.size() < best.size()) best = a;
  return best;
}

}  // namespace ranvier::io
