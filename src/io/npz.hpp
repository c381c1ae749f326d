// SPDX-License-Identifier: Apache-2.0
#pragma once
/// NumPy's .npz: arrays in a ZIP archive, stored without compression, as numpy.savez writes them.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "output_file.hpp"

namespace ranvier::io {

/// Writes arrays one after another; finish() adds the directory. Archives over 4 GiB are written as ZIP64.
///
/// Errors  RunError from OutputFile
class NpzWriter {
 public:
  explicit NpzWriter(std::filesystem::path path) : file_(std::move(path)) {}

  /// An array under `name`, values in C order; an empty shape means one dimension.
  template <class T>
  void array(const std::string& name, std::span<const T> values, std::vector<std::uint64_t> shape = {}) {
    static_assert(std::is_arithmetic_v<T>);
    constexpr char kind = std::is_floating_point_v<T> ? 'f' : std::is_signed_v<T> ? 'i' : 'u';
    array(name, kind, sizeof(T), std::as_bytes(values), shape.empty() ? std::vector<std::uint64_t>{values.size()} : shape);
  }
  /// An array of words (unicode, padded to the longest).
  void words(const std::string& name, const std::vector<std::string>& values);

  /// Completes the archive; the file is still under its temporary name.
  OutputFile finish() &&;

 private:
  struct Entry {
    std::string name;
    std::uint32_t crc;
    std::uint64_t size, offset;
  };
  void array(const std::string& name, char kind, std::size_t item_byte, std::span<const std::byte> values,
             const std::vector<std::uint64_t>& shape);
  void directory_entry(const Entry& entry);

  OutputFile file_;
  std::vector<Entry> entries_;
};

/// One array of an archive that NpzWriter wrote, as numbers of type T.
///
/// Errors  InputError: the file cannot be read, is not such an archive, has no such array or one of another type
template <class T>
std::vector<T> read_npz(const std::filesystem::path& file, const std::string& name);

extern template std::vector<double> read_npz(const std::filesystem::path&, const std::string&);
extern template std::vector<float> read_npz(const std::filesystem::path&, const std::string&);
extern template std::vector<std::uint32_t> read_npz(const std::filesystem::path&, const std::string&);
extern template std::vector<std::uint64_t> read_npz(const std::filesystem::path&, const std::string&);

}  // namespace ranvier::io
