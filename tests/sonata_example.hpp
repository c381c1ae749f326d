// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the tests of SONATA share: the circuits in tests/data/sonata, copies of them that can be broken, and runs.

#include <filesystem>
#include <fstream>
#include <map>
#include <string>
#include <vector>

#include "engine_example.hpp"
#include "io/network_file.hpp"
#include "io/tables.hpp"
#include "io_helpers.hpp"

namespace ranvier::test_sonata {
namespace fs = std::filesystem;

inline const fs::path data = fs::path(RANVIER_SOURCE_DIR) / "tests/data/sonata";
inline const fs::path intfire = fs::path(RANVIER_SOURCE_DIR) / "examples/data/sonata/300_intfire";

/// Spikes by population, as files hold them.
inline std::map<std::string, io::SpikeTable> spikes_of(const NetworkSpec& spec) {
  const RunResult result = test_engine::simulate(spec);
  std::map<std::string, io::SpikeTable> tables;
  for (auto& table : io::spike_tables(spec, result.spikes, result.times_ms)) tables[table.population] = table;
  return tables;
}

/// A copy of a folder of circuits, in which files can be changed.
class Copy : public test::Folder {
 public:
  explicit Copy(const fs::path& from) { fs::copy(from, path(), fs::copy_options::recursive); }

  /// Replaces the first `old` in a file by `fresh`.
  void change(const std::string& file, const std::string& old, const std::string& fresh) const {
    std::string text = read(file);
    const auto at = text.find(old);
    if (at == std::string::npos) throw std::runtime_error(file + " has no " + old);
    write(file, text.replace(at, old.size(), fresh));
  }
};

/// What reading a network complains of, "" where it does not.
inline std::string complaint(const fs::path& config) {
  try {
    engine::check(io::read_network(config));
  } catch (const InputError& e) {
    return e.what();
  }
  return "";
}

}  // namespace ranvier::test_sonata
