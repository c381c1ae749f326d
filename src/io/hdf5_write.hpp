// SPDX-License-Identifier: Apache-2.0
#pragma once
/// HDF5 files, built in memory and written in one go.

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "output_file.hpp"

namespace ranvier::io {

/// An HDF5 file in memory. Objects are named by their path from the root; groups on the way are created.
///
/// Why in memory: when the disk is full, the HDF5 library (1.10) cannot close its file and crashes at the
/// end of the process, in flushing it again. Here HDF5 never touches the disk; OutputFile writes the image and
/// knows what to do about errors. It costs the size of the file in memory for the time of writing.
///
/// Errors  RunError where HDF5 refuses (in practice: memory is out)
class Hdf5Image {
 public:
  Hdf5Image();
  Hdf5Image(const Hdf5Image&) = delete;
  Hdf5Image& operator=(const Hdf5Image&) = delete;
  ~Hdf5Image();

  void group(const std::string& path);

  /// A dataset of shape `shape` (default: one dimension), values in C order; little endian in the file.
  void dataset(const std::string& path, std::span<const float> values, std::vector<std::uint64_t> shape = {});
  void dataset(const std::string& path, std::span<const double> values, std::vector<std::uint64_t> shape = {});
  void dataset(const std::string& path, std::span<const std::uint32_t> values, std::vector<std::uint64_t> shape = {});
  void dataset(const std::string& path, std::span<const std::uint64_t> values, std::vector<std::uint64_t> shape = {});

  /// An attribute of the object at `path` ("/" is the root).
  void attribute(const std::string& path, const std::string& name, const std::string& text);
  void attribute(const std::string& path, const std::string& name, std::span<const std::uint32_t> values);
  /// An attribute of an enumerated type of 8-bit members.
  void attribute(const std::string& path, const std::string& name,
                 std::initializer_list<std::pair<const char*, std::uint8_t>> members, std::uint8_t value);

  /// Writes the whole image to `file`. The image cannot be added to afterwards.
  void write(OutputFile& file);

 private:
  void dataset(const std::string& path, std::int64_t memory_type, std::int64_t file_type, const void* values,
               std::size_t count, std::vector<std::uint64_t> shape);
  void add_attribute(const std::string& path, const std::string& name, std::int64_t file_type,
                     std::int64_t memory_type, std::int64_t space, const void* value);

  std::int64_t file_ = -1;  ///< hid_t, not named here so that HDF5's header stays out of ours
};

/// What a SONATA file says of itself in its root: the magic number and version 0.1.
void mark_sonata(Hdf5Image& image);

}  // namespace ranvier::io
