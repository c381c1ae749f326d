// SPDX-License-Identifier: Apache-2.0
#include "npz.hpp"

#include <zlib.h>

#include <algorithm>
#include <bit>
#include <fstream>

#include <fmt/format.h>

#include "ranvier/error.hpp"

// Source  PKWARE APPNOTE.TXT 6.3 (ZIP, ZIP64); numpy.lib.format (array header, version 1.0).
//
//     local header | name | ZIP64 sizes | .npy header | values      for each array
//     directory: one record per array
//     ZIP64 end record | its locator | end record

namespace ranvier::io {
namespace {

static_assert(std::endian::native == std::endian::little, "values and headers are written as they lie in memory");

constexpr std::uint32_t local_signature = 0x04034b50, directory_signature = 0x02014b50, end_signature = 0x06054b50,
                        end64_signature = 0x06064b50, locator64_signature = 0x07064b50;
constexpr std::uint16_t version_needed = 45;        // ZIP64
constexpr std::uint16_t utf8_names = 1 << 11;
constexpr std::uint16_t date_1980_01_01 = (0 << 9) | (1 << 5) | 1;  // no clock: same content, same bytes
constexpr std::uint32_t see_zip64 = 0xffffffff;

/// Little-endian record under construction.
struct Record {
  std::string bytes;
  template <class T>
  Record& add(T value) {
    bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return *this;
  }
  Record& text(std::string_view value) {
    bytes.append(value);
    return *this;
  }
};

std::string npy_header(char kind, std::size_t item_byte, const std::vector<std::uint64_t>& shape) {
  std::string extent;
  for (const auto n : shape) extent += fmt::format("{},", n);
  const char order = item_byte == 1 ? '|' : '<';
  const std::size_t item = kind == 'U' ? item_byte / 4 : item_byte;  // numpy counts words in characters
  std::string dictionary =
      fmt::format("{{'descr': '{}{}{}', 'fortran_order': False, 'shape': ({}), }}", order, kind, item, extent);
  constexpr std::size_t prefix = 10;  // magic, version, length
  dictionary.append(63 - (prefix + dictionary.size()) % 64, ' ');  // values begin at a multiple of 64
  dictionary += '\n';
  return Record{}.text("\x93NUMPY").add(std::uint8_t{1}).add(std::uint8_t{0})
      .add(static_cast<std::uint16_t>(dictionary.size())).text(dictionary).bytes;
}

std::uint32_t crc_of(const std::string& header, std::span<const std::byte> values) {
  const auto crc = crc32_z(0, reinterpret_cast<const Bytef*>(header.data()), header.size());
  if (values.empty()) return static_cast<std::uint32_t>(crc);  // zlib takes a null address as a wish to start anew
  return static_cast<std::uint32_t>(crc32_z(crc, reinterpret_cast<const Bytef*>(values.data()), values.size()));
}

/// UTF-8 as UTF-32, numpy's unicode; a byte that is not UTF-8 stands for itself.
std::u32string utf32(std::string_view text) {
  std::u32string out;
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i]);
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    char32_t code = length == 1 ? lead : lead & (0x7f >> length);
    for (std::size_t k = 1; k < length && i + k < text.size(); ++k)
      code = (code << 6) | (static_cast<unsigned char>(text[i + k]) & 0x3f);
    out += code;
    i += length;
  }
  return out;
}

}  // namespace

void NpzWriter::array(const std::string& name, char kind, std::size_t item_byte, std::span<const std::byte> values,
                      const std::vector<std::uint64_t>& shape) {
  const std::string header = npy_header(kind, item_byte, shape);
  Entry entry{name + ".npy", crc_of(header, values), header.size() + values.size(), file_.size()};
  constexpr std::uint16_t extra_byte = 20;
  file_.write(Record{}.add(local_signature).add(version_needed).add(utf8_names).add(std::uint16_t{0} /* stored */)
                  .add(std::uint16_t{0} /* time */).add(date_1980_01_01).add(entry.crc).add(see_zip64).add(see_zip64)
                  .add(static_cast<std::uint16_t>(entry.name.size())).add(extra_byte).text(entry.name)
                  .add(std::uint16_t{1}).add(std::uint16_t{16}).add(entry.size).add(entry.size).bytes);
  file_.write(header);
  file_.write(values);
  entries_.push_back(std::move(entry));
}

void NpzWriter::words(const std::string& name, const std::vector<std::string>& values) {
  std::size_t longest = 1;
  std::vector<std::u32string> wide;
  for (const auto& value : values) longest = std::max(longest, wide.emplace_back(utf32(value)).size());
  std::u32string packed;
  for (auto& value : wide) packed += (value.resize(longest), value);
  array(name, 'U', longest * 4, std::as_bytes(std::span(packed)), {values.size()});
}

void NpzWriter::directory_entry(const Entry& entry) {
  file_.write(Record{}.add(directory_signature).add(version_needed).add(version_needed).add(utf8_names)
                  .add(std::uint16_t{0}).add(std::uint16_t{0}).add(date_1980_01_01).add(entry.crc)
                  .add(see_zip64).add(see_zip64).add(static_cast<std::uint16_t>(entry.name.size()))
                  .add(std::uint16_t{28}).add(std::uint16_t{0} /* comment */).add(std::uint16_t{0} /* disk */)
                  .add(std::uint16_t{0}).add(std::uint32_t{0}).add(see_zip64).text(entry.name)
                  .add(std::uint16_t{1}).add(std::uint16_t{24}).add(entry.size).add(entry.size).add(entry.offset).bytes);
}

OutputFile NpzWriter::finish() && {
  const std::uint64_t start = file_.size(), count = entries_.size();
  for (const auto& entry : entries_) directory_entry(entry);
  const std::uint64_t end = file_.size();
  file_.write(Record{}.add(end64_signature).add(std::uint64_t{44}).add(version_needed).add(version_needed)
                  .add(std::uint32_t{0}).add(std::uint32_t{0}).add(count).add(count).add(end - start).add(start)
                  .add(locator64_signature).add(std::uint32_t{0}).add(end).add(std::uint32_t{1})
                  .add(end_signature).add(std::uint16_t{0}).add(std::uint16_t{0}).add(std::uint16_t{0xffff})
                  .add(std::uint16_t{0xffff}).add(see_zip64).add(see_zip64).add(std::uint16_t{0}).bytes);
  file_.close();
  return std::move(file_);
}

// ---- reading back --------------------------------------------------------------------------------------------------

namespace {

class NpzReader {
 public:
  explicit NpzReader(const std::filesystem::path& path) : path_(path), stream_(path, std::ios::binary) {
    if (!stream_) fail("cannot be opened");
    stream_.seekg(0, std::ios::end);
    left_ = static_cast<std::uint64_t>(stream_.tellg());
    stream_.seekg(0);
  }

  /// The .npy file stored as `name`; the archive is walked from the front, which the writer's layout allows.
  std::string entry(const std::string& name) {
    while (get<std::uint32_t>() == local_signature) {
      skip(22);
      const auto name_byte = get<std::uint16_t>();
      get<std::uint16_t>();  // length of the extra field, always 20
      const std::string found = text(name_byte);
      skip(4);
      const auto size = get<std::uint64_t>();
      skip(8);
      if (found == name + ".npy") return text(size);
      skip(size);
    }
    fail(fmt::format("holds no array {}", name));
  }

  [[noreturn]] void fail(const std::string& what) const {
    throw InputError(fmt::format("{}: {}\n  give the results of a run that completed", path_.string(), what));
  }

 private:
  std::string text(std::uint64_t count) {
    take(count);
    std::string bytes(count, '\0');
    if (!stream_.read(bytes.data(), static_cast<std::streamsize>(count))) fail("ends too early");
    return bytes;
  }
  void skip(std::uint64_t count) {
    take(count);
    stream_.seekg(static_cast<std::streamoff>(count), std::ios::cur);
  }
  template <class T>
  T get() {
    T value;
    const std::string bytes = text(sizeof value);
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(&value));
    return value;
  }
  /// A size that a damaged file claims must not be allocated before it is known to be there.
  void take(std::uint64_t count) {
    if (count > left_) fail("is truncated or not an archive that Ranvier wrote");
    left_ -= count;
  }

  std::filesystem::path path_;
  std::ifstream stream_;
  std::uint64_t left_ = 0;
};

template <class T>
constexpr std::string_view description = "<f8";
template <>
constexpr std::string_view description<float> = "<f4";
template <>
constexpr std::string_view description<std::uint32_t> = "<u4";
template <>
constexpr std::string_view description<std::uint64_t> = "<u8";

}  // namespace

template <class T>
std::vector<T> read_npz(const std::filesystem::path& file, const std::string& name) {
  NpzReader reader(file);
  const std::string bytes = reader.entry(name);
  const auto header_byte = bytes.size() < 10 ? 0 : 10 + std::size_t(std::uint8_t(bytes[8])) + 256 * std::size_t(std::uint8_t(bytes[9]));
  if (header_byte == 0 || header_byte > bytes.size()) reader.fail(fmt::format("array {} is damaged", name));
  if (bytes.substr(0, header_byte).find(description<T>) == std::string::npos)
    reader.fail(fmt::format("array {} is not of type {}", name, description<T>));
  std::vector<T> values((bytes.size() - header_byte) / sizeof(T));
  std::copy_n(bytes.data() + header_byte, values.size() * sizeof(T), reinterpret_cast<char*>(values.data()));
  return values;
}

template std::vector<double> read_npz(const std::filesystem::path&, const std::string&);
template std::vector<float> read_npz(const std::filesystem::path&, const std::string&);
template std::vector<std::uint32_t> read_npz(const std::filesystem::path&, const std::string&);
template std::vector<std::uint64_t> read_npz(const std::filesystem::path&, const std::string&);

}  // namespace ranvier::io
