// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What the tests of the readers share: a folder that disappears, and networks read from text.

#include <zlib.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "io/hdf5_write.hpp"
#include "io/network_file.hpp"
#include "ranvier/error.hpp"

namespace ranvier::test {

/// A new folder, removed with all that is in it at the end.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "ranvier_test_XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(const std::string& name) const { return path_ / name; }

  std::filesystem::path write(const std::string& name, std::string_view bytes) const {
    std::ofstream(path_ / name, std::ios::binary) << bytes;
    return path_ / name;
  }

  std::filesystem::path write_gz(const std::string& name, std::string_view bytes) const {
    gzFile file = gzopen((path_ / name).c_str(), "wb");
    gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size()));
    gzclose(file);
    return path_ / name;
  }

  std::string read(const std::string& name) const {
    std::ifstream in(path_ / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  }

 private:
  std::filesystem::path path_;
};

inline NetworkSpec read(std::string_view text, const io::Overrides& overrides = {}) {
  return io::parse_network(text, "network.toml", overrides);
}

/// All problems of a network, a line each; "" where there is none. The folder's name is left out of them.
inline std::string problems(std::string_view text, const std::filesystem::path& folder = {}, const io::Overrides& overrides = {}) {
  try {
    io::parse_network(text, folder / "network.toml", overrides);
    return {};
  } catch (const InputError& e) {
    std::string all = e.what();
    const std::string prefix = folder.empty() ? "" : folder.string() + "/";
    for (auto at = all.find(prefix); !prefix.empty() && at != std::string::npos; at = all.find(prefix)) all.erase(at, prefix.size());
    return all;
  }
}

inline constexpr std::string_view one_population = "format = 1\n[[populations]]\nname = \"E\"\nsize = 100\nmodel = \"lif_exp\"\n";

}  // namespace ranvier::test
