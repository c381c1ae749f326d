// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Columns of a table file, whatever its format.

#include "csv.hpp"
#include "hdf5_read.hpp"

namespace ranvier::io {

/// Columns of a CSV file (also gzipped) or datasets of an HDF5 file, told apart by the file's first bytes.
/// Errors as in read_csv and read_hdf5.
inline std::vector<Column> read_columns(const std::filesystem::path& file, std::span<const ColumnRequest> wanted) {
  return is_hdf5(file) ? read_hdf5(file, wanted) : read_csv(file, wanted);
}

}  // namespace ranvier::io
