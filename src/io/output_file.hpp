// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Files that appear whole or not at all.

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>

namespace ranvier::io {

/// A file written under a temporary name beside its place and renamed when complete; destroyed before
/// commit(), it leaves nothing behind. Writes are gathered into blocks of 256 KiB.
///
/// Errors  RunError (a full disk, a quota, a folder that was removed) naming the file and the reason
class OutputFile {
 public:
  /// `option` names, in messages, what chooses the folder on the command line.
  explicit OutputFile(std::filesystem::path path, std::string option = "--output");
  OutputFile(OutputFile&& other) noexcept;
  OutputFile& operator=(OutputFile&&) = delete;
  ~OutputFile();

  void write(std::span<const std::byte> bytes);
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }
  std::size_t size() const { return size_; }  ///< bytes given to write() so far

  /// Writes out what is pending and closes the file, still under its temporary name.
  void close();
  /// Closes the file and gives it its name, replacing an older one.
  void commit();

  const std::filesystem::path& path() const { return path_; }

 private:
  void write_out(const std::byte* bytes, std::size_t count);
  [[noreturn]] void fail(int error) const;

  std::filesystem::path path_, temporary_;
  std::string option_, pending_;
  std::size_t size_ = 0;
  int descriptor_ = -1;
  bool on_disk_ = false;  ///< the temporary file exists
};

}  // namespace ranvier::io
