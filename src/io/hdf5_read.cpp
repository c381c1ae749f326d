// SPDX-License-Identifier: Apache-2.0
#include "hdf5_read.hpp"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <utility>

#include "ranvier/error.hpp"
#include "toml_suggest.hpp"

namespace ranvier::io {
namespace {

/// An HDF5 identifier that closes itself.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, -1)), close_(other.close_) {}
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  operator hid_t() const { return id_; }
  bool good() const { return id_ >= 0; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

/// The HDF5 library prints its errors unless told not to; ours say more.
void be_quiet() { H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr); }

Handle open_file(const std::filesystem::path& file) {
  be_quiet();
  Handle handle(H5Fopen(file.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (!handle.good()) throw InputError(fmt::format("{}: is not an HDF5 file, or was cut short or damaged", file.string()));
  return handle;
}

/// H5Lexists wants every step of a path to exist, so ask step by step.
bool exists(hid_t file, const std::string& path) {
  for (std::size_t end = path.find('/', 1);; end = path.find('/', end + 1)) {
    const auto part = path.substr(0, end);
    if (part != "/" && !part.empty() && H5Lexists(file, part.c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) return true;
  }
}

herr_t collect_name(hid_t, const char* name, const H5L_info_t*, void* to) {
  static_cast<std::vector<std::string>*>(to)->emplace_back(name);
  return 0;
}

std::vector<std::string> names_in(hid_t file, const std::string& group) {
  std::vector<std::string> names;
  const std::string path = group.empty() ? "/" : group;
  if (!exists(file, path)) return names;
  const Handle handle(H5Gopen2(file, path.c_str(), H5P_DEFAULT), H5Gclose);
  if (handle.good()) H5Literate(handle, H5_INDEX_NAME, H5_ITER_INC, nullptr, collect_name, &names);
  return names;
}

std::string where(const std::filesystem::path& file, const std::string& name) {
  return fmt::format("{}: dataset \"{}\"", file.string(), name);
}

Handle open_dataset(hid_t file, const std::filesystem::path& path, const std::string& name) {
  if (name.empty() || !exists(file, name)) {
    // "/a/b/c" may be wrong anywhere: list the deepest group that is there.
    auto group = name.substr(0, name.rfind('/') == std::string::npos ? 0 : name.rfind('/'));
    while (!group.empty() && !exists(file, group)) group.resize(group.rfind('/') == std::string::npos ? 0 : group.rfind('/'));
    auto last = name.substr(std::min(name.size(), group.empty() ? name.find_first_not_of('/') : group.size() + 1));
    last = last.substr(0, last.find('/'));
    throw InputError(fmt::format("{}: no dataset \"{}\".{}{}", path.string(), name, suggestion(last, names_in(file, group)),
                                 group.empty() ? "" : fmt::format(" (in group \"{}\")", group)));
  }
  Handle dataset(H5Dopen2(file, name.c_str(), H5P_DEFAULT), H5Dclose);
  if (!dataset.good()) throw InputError(fmt::format("{}: is not a dataset", where(path, name)));
  return dataset;
}

std::size_t length_of(hid_t dataset, const std::filesystem::path& path, const std::string& name) {
  const Handle space(H5Dget_space(dataset), H5Sclose);
  if (!space.good() || H5Sget_simple_extent_ndims(space) != 1)
    throw InputError(fmt::format("{}: must have one dimension", where(path, name)));
  hsize_t length = 0;
  H5Sget_simple_extent_dims(space, &length, nullptr);
  if (length > (hsize_t{1} << 38)) throw InputError(fmt::format("{}: claims {} entries: the file is damaged", where(path, name), length));
  return static_cast<std::size_t>(length);
}

template <class T>
std::vector<T> read_numbers(hid_t dataset, hid_t memory_type, std::size_t n, const std::string& what) {
  const Handle type(H5Dget_type(dataset), H5Tclose);
  const auto kind = type.good() ? H5Tget_class(type) : H5T_NO_CLASS;
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) throw InputError(what + ": must hold numbers");
  std::vector<T> values(n);
  if (n > 0 && H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()) < 0)
    throw InputError(what + ": cannot be read: the file was cut short or damaged");
  return values;
}

std::vector<double> read_reals(hid_t dataset, std::size_t n, const std::string& what) {
  auto values = read_numbers<double>(dataset, H5T_NATIVE_DOUBLE, n, what);
  const auto bad = std::find_if(values.begin(), values.end(), [](double x) { return !std::isfinite(x); });
  if (bad != values.end()) throw InputError(fmt::format("{}[{}] = {}: is not a finite number", what, bad - values.begin(), *bad));
  return values;
}

std::vector<std::int64_t> read_integers(hid_t dataset, std::size_t n, const std::string& what) {
  const Handle type(H5Dget_type(dataset), H5Tclose);
  if (type.good() && H5Tget_class(type) == H5T_INTEGER) return read_numbers<std::int64_t>(dataset, H5T_NATIVE_INT64, n, what);
  const auto reals = read_reals(dataset, n, what);
  std::vector<std::int64_t> values(n);
  for (std::size_t i = 0; i < n; ++i) {
    if (reals[i] != std::floor(reals[i]) || std::abs(reals[i]) > 9e15)
      throw InputError(fmt::format("{}[{}] = {}: is not a whole number", what, i, reals[i]));
    values[i] = static_cast<std::int64_t>(reals[i]);
  }
  return values;
}

std::vector<std::string> read_texts(hid_t dataset, std::size_t n, const std::string& what) {
  const Handle type(H5Dget_type(dataset), H5Tclose);
  if (!type.good() || H5Tget_class(type) != H5T_STRING) {
    std::vector<std::string> names;  // ids that are numbers serve as names too
    for (const auto id : read_integers(dataset, n, what)) names.push_back(fmt::format("{}", id));
    return names;
  }
  std::vector<std::string> texts(n);
  if (H5Tis_variable_str(type) > 0) {
    const Handle memory(H5Tcopy(type), H5Tclose);
    std::vector<char*> raw(n, nullptr);
    if (n > 0 && H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0)
      throw InputError(what + ": cannot be read: the file was cut short or damaged");
    for (std::size_t i = 0; i < n; ++i) texts[i] = raw[i] ? raw[i] : "";
    const Handle space(H5Dget_space(dataset), H5Sclose);
    H5Dvlen_reclaim(memory, space, H5P_DEFAULT, raw.data());
    return texts;
  }
  const auto width = H5Tget_size(type);
  std::vector<char> raw(n * width);
  if (n > 0 && H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, raw.data()) < 0)
    throw InputError(what + ": cannot be read: the file was cut short or damaged");
  for (std::size_t i = 0; i < n; ++i) {
    const std::string_view field(raw.data() + i * width, width);
    texts[i] = std::string(field.substr(0, field.find('\0')));
    while (!texts[i].empty() && texts[i].back() == ' ') texts[i].pop_back();
  }
  return texts;
}

}  // namespace

bool is_hdf5(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  char signature[8] = {};
  in.read(signature, 8);
  return in.gcount() == 8 && std::string_view(signature, 8) == std::string_view("\x89HDF\r\n\x1a\n", 8);
}

std::vector<Column> read_hdf5(const std::filesystem::path& path, std::span<const ColumnRequest> wanted) {
  const Handle file = open_file(path);
  std::vector<Column> columns(wanted.size());
  std::size_t length = 0;
  for (std::size_t i = 0; i < wanted.size(); ++i) {
    const Handle dataset = open_dataset(file, path, wanted[i].name);
    const auto n = length_of(dataset, path, wanted[i].name);
    if (i == 0) length = n;
    else if (n != length)
      throw InputError(fmt::format("{}: has {} entries, but \"{}\" has {}", where(path, wanted[i].name), n, wanted[0].name, length));
    const auto what = where(path, wanted[i].name);
    if (wanted[i].type == ColumnType::real) columns[i].real = read_reals(dataset, n, what);
    if (wanted[i].type == ColumnType::integer) columns[i].integer = read_integers(dataset, n, what);
    if (wanted[i].type == ColumnType::text) columns[i].text = read_texts(dataset, n, what);
  }
  return columns;
}

std::vector<std::string> hdf5_names(const std::filesystem::path& file, const std::string& group) {
  return names_in(open_file(file), group);
}

Hdf5Object hdf5_object(const std::filesystem::path& path, const std::string& name) {
  const Handle file = open_file(path);
  Hdf5Object object;
  if (!exists(file, name)) return object;
  object.kind = Hdf5Kind::other;
  const Handle handle(H5Oopen(file, name.c_str(), H5P_DEFAULT), H5Oclose);
  if (!handle.good()) return object;
  const auto what = H5Iget_type(handle);
  if (what == H5I_GROUP) object.kind = Hdf5Kind::group;
  if (what != H5I_DATASET) return object;
  const Handle type(H5Dget_type(handle), H5Tclose), space(H5Dget_space(handle), H5Sclose);
  if (!type.good() || !space.good()) return object;
  const auto kind = H5Tget_class(type);
  object.kind = kind == H5T_INTEGER ? Hdf5Kind::integers : kind == H5T_FLOAT ? Hdf5Kind::reals : kind == H5T_STRING ? Hdf5Kind::texts : Hdf5Kind::other;
  const int dimensions = H5Sget_simple_extent_ndims(space);
  std::vector<hsize_t> extent(static_cast<std::size_t>(std::max(dimensions, 0)));
  if (dimensions > 0) H5Sget_simple_extent_dims(space, extent.data(), nullptr);
  object.shape.assign(extent.begin(), extent.end());
  return object;
}

std::string hdf5_attribute(const std::filesystem::path& path, const std::string& object, const std::string& attribute) {
  const Handle file = open_file(path);
  if (!exists(file, object) || H5Aexists_by_name(file, object.c_str(), attribute.c_str(), H5P_DEFAULT) <= 0) return {};
  const Handle handle(H5Aopen_by_name(file, object.c_str(), attribute.c_str(), H5P_DEFAULT, H5P_DEFAULT), H5Aclose);
  const Handle type(H5Aget_type(handle), H5Tclose);
  const Handle space(H5Aget_space(handle), H5Sclose);
  if (!type.good() || H5Tget_class(type) != H5T_STRING || H5Sget_simple_extent_npoints(space) != 1) return {};
  if (H5Tis_variable_str(type) > 0) {
    char* raw = nullptr;
    if (H5Aread(handle, type, &raw) < 0 || !raw) return {};
    std::string text = raw;
    H5Dvlen_reclaim(type, space, H5P_DEFAULT, &raw);
    return text;
  }
  std::string text(H5Tget_size(type), '\0');
  if (H5Aread(handle, type, text.data()) < 0) return {};
  return text.substr(0, text.find('\0'));
}

}  // namespace ranvier::io
