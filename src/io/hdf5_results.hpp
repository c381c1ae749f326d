// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Reads back the HDF5 files that Ranvier wrote.

#include <filesystem>
#include <string>
#include <vector>

namespace ranvier::io {

/// All values of one dataset, in C order, as T (double, float or std::uint64_t).
///
/// Errors  InputError: the file cannot be opened as HDF5, or has no such dataset of numbers
template <class T>
std::vector<T> hdf5_values(const std::filesystem::path& file, const std::string& dataset);

}  // namespace ranvier::io
