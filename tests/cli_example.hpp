// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The command as a person or a program calls it: what it prints, and the code it ends with.

#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace ranvier::test_cli {
namespace fs = std::filesystem;

inline std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  return text.str();
}

struct Ran {
  int code = -1;
  std::string out, err;
};

/// A folder of its own, removed at the end, in which commands are run.
class Folder {
 public:
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "ranvier-cli-XXXXXX").string();
    if (!mkdtemp(pattern.data())) throw std::runtime_error("no temporary folder");
    path_ = pattern;
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }
  const fs::path& path() const { return path_; }

  void write(const std::string& name, const std::string& text) const { std::ofstream(path_ / name, std::ios::binary) << text; }

  /// Runs "ranvier <arguments>" in the folder, by the shell; `before` is put in front (limits of the shell).
  Ran ranvier(const std::string& arguments, const std::string& before = "") const {
    const std::string errors = (path_ / ".stderr").string();
    const std::string command = "cd '" + path_.string() + "' && " + before + " '" RANVIER_BINARY "' " + arguments + " 2>'" + errors + "'";
    FILE* pipe = ::popen(command.c_str(), "r");
    if (!pipe) throw std::runtime_error("popen");
    Ran ran;
    std::array<char, 4096> buffer;
    for (std::size_t n; (n = std::fread(buffer.data(), 1, buffer.size(), pipe)) > 0;) ran.out.append(buffer.data(), n);
    const int status = ::pclose(pipe);
    ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    ran.err = text_of(errors);
    fs::remove(errors);
    return ran;
  }

 private:
  fs::path path_;
};

/// 50 cells that inhibit each other, 2 Poisson-driven populations, delays of up to 20 ms; `g` and `rate` can be set.
inline constexpr const char* small_network = R"(format = 1

[simulation]
duration = "200 ms"
warmup = "50 ms"
seed = 5

[parameters]
g = 4.0
rate = "1200 Hz"

[[populations]]
name = "E"
size = 50
model = "lif_exp"
initial = { V_m = { uniform = ["-70 mV", "-55 mV"] } }

[[populations]]
name = "I"
size = 13
model = "lif_exp"
params = { I_e = "400 pA" }

[[inputs]]
type = "poisson"
target = "E"
receptor = "ex"
rate = "$rate"
weight = "200 pA"

[[projections]]
source = "E"
target = "I"
rule = { fixed_indegree = 10 }
receptor = "ex"
weight = { normal = ["60 pA", "6 pA"], min = "0 pA" }
delay = { uniform = ["0.5 ms", "20 ms"] }

[[projections]]
source = "I"
target = "E"
rule = { pairwise_bernoulli = 0.3 }
receptor = "in"
weight = "= -20 pA * $g"
delay = "1.5 ms"

[[recordings]]
type = "spikes"
neurons = "E"

[[recordings]]
type = "spikes"
neurons = "I"
)";

/// A folder with small.toml in it.
class Example : public Folder {
 public:
  Example() { write("small.toml", small_network); }
};

}  // namespace ranvier::test_cli
