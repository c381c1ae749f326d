// SPDX-License-Identifier: Apache-2.0
#pragma once
/// One-dimensional datasets of an HDF5 file as columns.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "csv.hpp"

namespace ranvier::io {

/// Whether the file begins with the HDF5 signature.
bool is_hdf5(const std::filesystem::path& file);

/// Reads datasets by path ("/edges/e/source_node_id" or "weight"), in the order asked for; all have the same length.
///
/// Errors  InputError: not HDF5, cut short or damaged; no such dataset (those of its group are listed); not
///         one-dimensional; not numbers (or, for text, not strings); not finite; not whole; different lengths
std::vector<Column> read_hdf5(const std::filesystem::path& file, std::span<const ColumnRequest> wanted);

/// Names of the groups and datasets in `group`, in order; empty where there is no such group.
std::vector<std::string> hdf5_names(const std::filesystem::path& file, const std::string& group);

/// What lies at a path of a file.
enum class Hdf5Kind { nothing, group, integers, reals, texts, other };

struct Hdf5Object {
  Hdf5Kind kind = Hdf5Kind::nothing;
  std::vector<std::uint64_t> shape;  ///< of a dataset
};
Hdf5Object hdf5_object(const std::filesystem::path& file, const std::string& path);

/// A text attribute of an object, empty where there is none.
std::string hdf5_attribute(const std::filesystem::path& file, const std::string& object, const std::string& attribute);

}  // namespace ranvier::io
