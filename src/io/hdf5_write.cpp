// SPDX-License-Identifier: Apache-2.0
#include "hdf5_write.hpp"

#include <hdf5.h>

#include <array>
#include <type_traits>

#include <fmt/format.h>

#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

static_assert(std::is_same_v<hid_t, std::int64_t>, "HDF5 1.10 or newer");

// How much the image grows at a time; large, because growing copies where the system cannot remap.
constexpr std::size_t growth_byte = std::size_t{4} << 20;

/// Passes an id or status of HDF5 on; negative means it failed.
template <class T>
T checked(T status, const std::string& what) {
  if (status < 0) throw RunError(fmt::format("HDF5 failed to {}: not enough memory to prepare the file\n  record less", what));
  return status;
}

/// An id of HDF5 that is closed at the end of the block.
class Id {
 public:
  Id(hid_t id, herr_t (*close)(hid_t), const std::string& what) : id_(checked(id, what)), close_(close) {}
  Id(const Id&) = delete;
  Id& operator=(const Id&) = delete;
  ~Id() { close_(id_); }
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// Link creation that makes the groups on the way.
hid_t links_with_parents() {
  const hid_t links = checked(H5Pcreate(H5P_LINK_CREATE), "create a property list");
  checked(H5Pset_create_intermediate_group(links, 1), "set a property");
  return links;
}

}  // namespace

Hdf5Image::Hdf5Image() {
  // The library would print its errors on standard error.
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  const Id access(H5Pcreate(H5P_FILE_ACCESS), H5Pclose, "create a property list");
  checked(H5Pset_fapl_core(access, growth_byte, /*backing_store=*/0), "work in memory");
  file_ = checked(H5Fcreate("ranvier.h5", H5F_ACC_TRUNC, H5P_DEFAULT, access), "create a file");
}

Hdf5Image::~Hdf5Image() { H5Fclose(file_); }

void Hdf5Image::group(const std::string& path) {
  const Id links(links_with_parents(), H5Pclose, "create a property list");
  const Id group(H5Gcreate2(file_, path.c_str(), links, H5P_DEFAULT, H5P_DEFAULT), H5Gclose, "create group " + path);
}

void Hdf5Image::dataset(const std::string& path, std::int64_t memory_type, std::int64_t file_type, const void* values,
                        std::size_t count, std::vector<std::uint64_t> shape) {
  if (shape.empty()) shape = {count};
  const std::vector<hsize_t> extent(shape.begin(), shape.end());
  const Id space(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr), H5Sclose, "shape " + path);
  const Id links(links_with_parents(), H5Pclose, "create a property list");
  const Id data(H5Dcreate2(file_, path.c_str(), file_type, space, links, H5P_DEFAULT, H5P_DEFAULT), H5Dclose,
                "create dataset " + path);
  if (count == 0) return;  // nothing to write, and an empty span may have no address
  checked(H5Dwrite(data, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values), "write dataset " + path);
}

void Hdf5Image::dataset(const std::string& path, std::span<const float> values, std::vector<std::uint64_t> shape) {
  dataset(path, H5T_NATIVE_FLOAT, H5T_IEEE_F32LE, values.data(), values.size(), std::move(shape));
}
void Hdf5Image::dataset(const std::string& path, std::span<const double> values, std::vector<std::uint64_t> shape) {
  dataset(path, H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE, values.data(), values.size(), std::move(shape));
}
void Hdf5Image::dataset(const std::string& path, std::span<const std::uint32_t> values, std::vector<std::uint64_t> shape) {
  dataset(path, H5T_NATIVE_UINT32, H5T_STD_U32LE, values.data(), values.size(), std::move(shape));
}
void Hdf5Image::dataset(const std::string& path, std::span<const std::uint64_t> values, std::vector<std::uint64_t> shape) {
  dataset(path, H5T_NATIVE_UINT64, H5T_STD_U64LE, values.data(), values.size(), std::move(shape));
}

void Hdf5Image::add_attribute(const std::string& path, const std::string& name, std::int64_t file_type,
                              std::int64_t memory_type, std::int64_t space, const void* value) {
  const Id object(H5Oopen(file_, path.c_str(), H5P_DEFAULT), H5Oclose, "open " + path);
  const Id attribute(H5Acreate2(object, name.c_str(), file_type, space, H5P_DEFAULT, H5P_DEFAULT), H5Aclose,
                     "create attribute " + name);
  checked(H5Awrite(attribute, memory_type, value), "write attribute " + name);
}

void Hdf5Image::attribute(const std::string& path, const std::string& name, const std::string& text) {
  const Id type(H5Tcopy(H5T_C_S1), H5Tclose, "create a type");
  checked(H5Tset_size(type, H5T_VARIABLE), "set the size of a type");
  checked(H5Tset_cset(type, H5T_CSET_UTF8), "set the encoding of a type");
  const Id space(H5Screate(H5S_SCALAR), H5Sclose, "create a space");
  const char* value = text.c_str();
  add_attribute(path, name, type, type, space, &value);
}

void Hdf5Image::attribute(const std::string& path, const std::string& name, std::span<const std::uint32_t> values) {
  const hsize_t extent = values.size();
  const Id space(values.size() == 1 ? H5Screate(H5S_SCALAR) : H5Screate_simple(1, &extent, nullptr), H5Sclose,
                 "create a space");
  add_attribute(path, name, H5T_STD_U32LE, H5T_NATIVE_UINT32, space, values.data());
}

void Hdf5Image::attribute(const std::string& path, const std::string& name,
                          std::initializer_list<std::pair<const char*, std::uint8_t>> members, std::uint8_t value) {
  const Id type(H5Tenum_create(H5T_STD_U8LE), H5Tclose, "create a type");
  for (const auto& [word, number] : members) checked(H5Tenum_insert(type, word, &number), "define a type");
  const Id space(H5Screate(H5S_SCALAR), H5Sclose, "create a space");
  add_attribute(path, name, type, type, space, &value);
}

void Hdf5Image::write(OutputFile& file) {
  checked(H5Fflush(file_, H5F_SCOPE_GLOBAL), "complete the file");
  // Not H5Fget_filesize: that would count the room kept for growth.
  const ssize_t size = checked(H5Fget_file_image(file_, nullptr, 0), "tell the size of the file");
  // The core driver's handle is the address of its pointer to the image: written from there, without a copy.
  void* handle = nullptr;
  checked(H5Fget_vfd_handle(file_, H5P_DEFAULT, &handle), "give the image");
  const auto* image = *static_cast<const std::byte* const*>(handle);
  file.write({image, static_cast<std::size_t>(size)});
}

void mark_sonata(Hdf5Image& image) {
  const std::array<std::uint32_t, 1> magic{0x0A7A};
  const std::array<std::uint32_t, 2> version{0, 1};
  image.attribute("/", "magic", magic);
  image.attribute("/", "version", version);
}

}  // namespace ranvier::io
