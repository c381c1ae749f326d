// SPDX-License-Identifier: Apache-2.0
#include "equations/plugin.hpp"

#include <dlfcn.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xxhash.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <map>
#include <mutex>
#include <optional>
#include <sstream>
#include <system_error>
#include <vector>

#include "engine/run.hpp"
#include "ranvier/error.hpp"

extern char** environ;

namespace ranvier::equations {
namespace {
namespace fs = std::filesystem;

std::string hash_of(std::string_view text) {
  const XXH128_hash_t h = XXH3_128bits(text.data(), text.size());
  return fmt::format("{:016x}{:016x}", h.high64, h.low64);
}

std::vector<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::vector<std::string> out;
  for (std::string word; in >> word;) out.push_back(word);
  return out;
}

std::optional<std::string> text_of(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return std::nullopt;
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// ------------------------------------------------------------------------------------------ the folder

fs::path cache_root() {
  if (const char* given = std::getenv("XDG_CACHE_HOME"); given && given[0] == '/') return fs::path(given) / "ranvier";
  if (const char* home = std::getenv("HOME"); home && home[0] == '/') return fs::path(home) / ".cache" / "ranvier";
  throw InputError("a model given as equations is compiled into a folder that is kept, but neither HOME nor XDG_CACHE_HOME names one: set XDG_CACHE_HOME=/a/folder");
}

/// A folder above the cache in which everybody can rename what is not his; "" where there is none. (Of a sticky one such as /tmp nobody can.)
fs::path open_parent(const fs::path& folder) {
  std::error_code error;
  for (fs::path at = fs::canonical(folder, error).parent_path(); !error && !at.empty(); at = at.parent_path()) {
    struct stat info {};
    if (::stat(at.c_str(), &info) == 0 && (info.st_mode & S_IWOTH) != 0 && (info.st_mode & S_ISVTX) == 0) return at;
    if (at == at.root_path()) break;
  }
  return {};
}

/// The folder, made where it is not there. What lies in it is run: it must be ours alone.
fs::path cache_folder() {
  const fs::path folder = cache_root();
  std::error_code error;
  fs::create_directories(folder.parent_path(), error);
  ::mkdir(folder.c_str(), 0700);
  struct stat info {};
  if (::stat(folder.c_str(), &info) != 0 || !S_ISDIR(info.st_mode))
    throw InputError(fmt::format("{}: compiled models are kept there, but it cannot be made ({}); set XDG_CACHE_HOME to a folder that can be written", folder.string(), std::strerror(errno)));
  if (info.st_uid != ::geteuid() || (info.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    throw InputError(fmt::format("{}: compiled models are loaded from there, but others can write to it: chmod go-w it if it is yours, or set XDG_CACHE_HOME to another folder", folder.string()));
  if (const fs::path above = open_parent(folder); !above.empty())
    throw InputError(fmt::format("{}: compiled models are loaded from there, but everybody can write to {}: chmod o-w it if it is yours, or set XDG_CACHE_HOME to another folder", folder.string(), above.string()));
  return folder;
}

/// A folder of our own for what is not complete yet; gone at the end.
class WorkFolder {
 public:
  explicit WorkFolder(const fs::path& parent) {
    std::string pattern = (parent / "unfinished-XXXXXX").string();
    if (!::mkdtemp(pattern.data())) throw InputError(fmt::format("{}: cannot be written ({}); set XDG_CACHE_HOME to another folder", parent.string(), std::strerror(errno)));
    path_ = pattern;
  }
  WorkFolder(const WorkFolder&) = delete;
  WorkFolder& operator=(const WorkFolder&) = delete;
  ~WorkFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

void write_file(const fs::path& file, std::string_view text) {
  std::ofstream out(file, std::ios::binary);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  if (!out) throw InputError(fmt::format("{}: cannot be written ({}); set XDG_CACHE_HOME to a folder with room", file.string(), std::strerror(errno)));
}

void put_in_place(const fs::path& from, const fs::path& to) {
  std::error_code error;
  fs::rename(from, to, error);
  if (error) throw InputError(fmt::format("{}: cannot be written ({})", to.string(), error.message()));
}

const std::string& headers_hash() {
  static const std::string hash = [] {
    std::string all;
    for (const Header& h : headers()) all += fmt::format("{} {}\n{}", h.path, h.text.size(), h.text);
    return hash_of(all);
  }();
  return hash;
}

/// The engine's headers as files; those that are missing or damaged are written.
fs::path header_folder(const fs::path& cache, const WorkFolder& work) {
  const fs::path folder = cache / ("headers-" + headers_hash().substr(0, 16));
  for (const Header& h : headers()) {
    const fs::path file = folder / fs::path(h.path);
    if (text_of(file) == h.text) continue;
    std::error_code error;
    fs::create_directories(file.parent_path(), error);
    write_file(work / "header", h.text);
    put_in_place(work / "header", file);
  }
  return folder;
}

// ------------------------------------------------------------------------------------------ the compiler

struct Compiler {
  std::vector<std::string> command;  ///< the first is a path
  std::string identity;              ///< changes with the compiler; without calling it
};

std::optional<fs::path> find_program(const std::string& name) {
  if (name.find('/') != std::string::npos) return ::access(name.c_str(), X_OK) == 0 ? std::optional(fs::path(name)) : std::nullopt;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path ? path : "/usr/local/bin:/usr/bin:/bin");
  for (std::string folder; std::getline(folders, folder, ':');) {
    const fs::path file = fs::path(folder.empty() ? "." : folder) / name;
    struct stat info {};
    if (::access(file.c_str(), X_OK) == 0 && ::stat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode)) return file;
  }
  return std::nullopt;
}

constexpr const char* how_to_install = "Debian and Ubuntu: apt install g++ libhwy-dev; or set CXX to a C++20 compiler";

Compiler find_compiler() {
  const char* given = std::getenv("CXX");
  const std::vector<std::string> wanted = given ? words(given) : std::vector<std::string>();
  std::vector<std::vector<std::string>> candidates{{"c++"}, {"g++"}, {"clang++"}};
  if (!wanted.empty()) candidates = {wanted};
  for (auto& command : candidates) {
    const auto program = find_program(command[0]);
    if (!program) continue;
    command[0] = program->string();
    std::error_code error;
    const fs::path real = fs::canonical(*program, error);
    struct stat info {};
    ::stat(real.c_str(), &info);
    std::string identity = fmt::format("{} {} {}.{}", real.string(), info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec);
    for (std::size_t k = 1; k < command.size(); ++k) identity += " " + command[k];
    return {command, identity};
  }
  throw InputError(fmt::format("a model given as equations needs a C++ compiler, but {} was not found. {}", wanted.empty() ? "none of c++, g++, clang++" : "CXX = " + wanted[0], how_to_install));
}

/// Runs a command with its output in a file. Returns its exit code, -1 where it could not be run.
int run(const std::vector<std::string>& command, const fs::path& output) {
  std::vector<char*> argv;
  for (const auto& word : command) argv.push_back(const_cast<char*>(word.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, output.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
  pid_t child = -1;
  const int error = ::posix_spawn(&child, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0) return -1;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0)
    if (errno != EINTR) return -1;
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

std::string first_lines(const std::string& text, int lines) {
  std::istringstream in(text);
  std::string out;
  int count = 0;
  for (std::string line; count < lines && std::getline(in, line); ++count) out += "\n  " + line.substr(0, 300);
  return out;
}

/// The same arithmetic as the rest of the program (CMakeLists.txt): nothing is fused but what the source fuses.
constexpr const char* flags = "-std=c++20 -O3 -DNDEBUG -w -fPIC -shared -ffp-contract=off -fvisibility=hidden -DHWY_BROKEN_EMU128=0";

void compile(const Compiler& compiler, const Target& target, const fs::path& include, const fs::path& source, const fs::path& object, const fs::path& log) {
  std::vector<std::string> command = compiler.command;
  for (const auto& word : words(flags)) command.push_back(word);
  for (const auto& word : words(target.flags)) command.push_back(word);
  command.insert(command.end(), {"-I", include.string(), "-o", object.string(), source.string()});
  const int code = run(command, log);
  std::error_code error;
  if (code == 0 && fs::exists(object, error)) return;
  const std::string said = text_of(log).value_or("");
  const bool no_highway = said.find("hwy/highway.h") != std::string::npos && said.find("No such file") + said.find("not found") != 2 * std::string::npos;
  throw InputError(fmt::format("a model given as equations could not be compiled by {}{}{}", compiler.command[0],
                               no_highway ? fmt::format(": the headers of Highway are missing. {}; a folder of your own is named by CPATH", how_to_install)
                               : code < 0 ? fmt::format(": it could not be run. {}", how_to_install) : fmt::format(" (C++20 is needed: GCC 11 or Clang 14). {}. It said:", how_to_install),
                               first_lines(said, 8)));
}

// ------------------------------------------------------------------------------------------ the shared object

constexpr std::string_view seal = "\nranvier plug-in ";
constexpr std::size_t seal_size = seal.size() + 32;

/// What the linker made, with a checksum behind it: a file that was cut off or changed is never handed to the loader, which would crash.
bool is_sealed(const fs::path& file) {
  const auto text = text_of(file);
  if (!text || text->size() < seal_size) return false;
  const std::string_view all = *text, body = all.substr(0, all.size() - seal_size), end = all.substr(body.size());
  return end.starts_with(seal) && end.substr(seal.size()) == hash_of(body);
}

void put_seal(const fs::path& file) {
  const std::string body = text_of(file).value_or("");
  std::ofstream out(file, std::ios::binary | std::ios::app);
  out << seal << hash_of(body);
  out.close();
  if (!out) throw InputError(fmt::format("{}: cannot be written ({})", file.string(), std::strerror(errno)));
}

const void* open_plugin(const fs::path& file, std::string& why_not) {
  void* handle = ::dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    why_not = ::dlerror();
    return nullptr;
  }
  const char* version = static_cast<const char*>(::dlsym(handle, "ranvier_plugin_version"));
  using Entry = const void* (*)();
  const auto entry = reinterpret_cast<Entry>(::dlsym(handle, "ranvier_plugin_entry"));
  if (version && entry && plugin_version() == version) return entry();
  why_not = "it was made by another version";
  ::dlclose(handle);
  return nullptr;
}

}  // namespace

const std::string& plugin_version() {
  static const std::string version = fmt::format("Ranvier {} headers {}", RANVIER_VERSION, headers_hash());
  return version;
}

Target current_target() {
#if defined(__x86_64__)
  const std::string name = engine::simd_name();
  const std::string avx2 = "-mavx2 -mfma -mbmi -mbmi2 -mf16c -maes -mpclmul";
  if (name == "AVX-512") return {"AVX3", avx2 + " -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl"};
  if (name == "AVX2") return {"AVX2", avx2};
  return {"EMU128", "-DHWY_COMPILE_ONLY_EMU128"};
#else
  return {};
#endif
}

const void* load_plugin(const std::string& name, const std::string& source, const Target& target) {
  static std::mutex mutex;
  static std::map<std::string, const void*> loaded;  // by hash of source and target
  const std::lock_guard lock(mutex);
  const std::string content = hash_of(source + "\n" + target.name + "\n" + plugin_version());
  if (const auto found = loaded.find(content); found != loaded.end()) return found->second;

  const Compiler compiler = find_compiler();
  const fs::path cache = cache_folder();
  const std::string key = hash_of(fmt::format("{}\n{}\n{}\n{}", content, compiler.identity, flags, target.flags));
  const fs::path object = cache / fmt::format("{}-{}.so", name, key);
  std::string why_not;
  if (is_sealed(object))
    if (const auto* entry = open_plugin(object, why_not)) return loaded[content] = entry;

  const WorkFolder work(cache);
  const fs::path include = header_folder(cache, work);
  write_file(work / "model.cpp", source);
  compile(compiler, target, include, work / "model.cpp", work / "model.so", work / "log");
  put_seal(work / "model.so");
  put_in_place(work / "model.cpp", cache / fmt::format("{}-{}.cpp", name, key));
  put_in_place(work / "model.so", object);
  if (const auto* entry = open_plugin(object, why_not)) return loaded[content] = entry;
  throw InputError(fmt::format("{}: the compiled model cannot be loaded: {}", object.string(), why_not));
}

}  // namespace ranvier::equations
