// SPDX-License-Identifier: Apache-2.0
#include "hdf5_results.hpp"

#include <hdf5.h>

#include <cstdint>

#include <fmt/format.h>

#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

/// An id of HDF5 that is closed at the end of the block; negative where opening failed.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  ~Id() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

template <class T>
hid_t native();
template <>
hid_t native<double>() { return H5T_NATIVE_DOUBLE; }
template <>
hid_t native<float>() { return H5T_NATIVE_FLOAT; }
template <>
hid_t native<std::uint64_t>() { return H5T_NATIVE_UINT64; }

}  // namespace

template <class T>
std::vector<T> hdf5_values(const std::filesystem::path& path, const std::string& dataset) {
  const auto fail = [&](std::string_view what) {
    throw InputError(fmt::format("{}: {}\n  give the results of a run that completed", path.string(), what));
  };
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);  // the library would print its errors on standard error
  const Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0) fail("cannot be opened as HDF5");
  const Id data(H5Dopen2(file, dataset.c_str(), H5P_DEFAULT), H5Dclose);
  if (data < 0) fail(fmt::format("has no dataset {}", dataset));
  const Id space(H5Dget_space(data), H5Sclose);
  const hssize_t count = H5Sget_simple_extent_npoints(space);
  // Contiguous and small enough to be there: a damaged header must not make us allocate what it claims.
  if (count < 0 || (count > 0 && H5Dget_storage_size(data) == 0)) fail(fmt::format("{} is damaged", dataset));
  std::vector<T> values(static_cast<std::size_t>(count));
  if (count > 0 && H5Dread(data, native<T>(), H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    fail(fmt::format("{} cannot be read", dataset));
  return values;
}

template std::vector<double> hdf5_values(const std::filesystem::path&, const std::string&);
template std::vector<float> hdf5_values(const std::filesystem::path&, const std::string&);
template std::vector<std::uint64_t> hdf5_values(const std::filesystem::path&, const std::string&);

}  // namespace ranvier::io
