// SPDX-License-Identifier: Apache-2.0
#include "output_file.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include <fmt/format.h>

#include "ranvier/error.hpp"

namespace ranvier::io {
namespace {

constexpr std::size_t block_byte = 256 * 1024;

/// What a person can do about an error of the file system.
std::string advice(int error, const std::filesystem::path& folder, const std::string& option) {
  switch (error) {
    case ENOSPC:
    case EDQUOT: {
      std::error_code ignored;
      const auto space = std::filesystem::space(folder, ignored);
      const std::string left = ignored ? "" : fmt::format("{:.1f} MB are left there; ", double(space.available) / 1e6);
      return left + "free some space, record less, or choose another folder with " + option;
    }
    case EFBIG: return "the system limits the size of files here (ulimit -f); raise the limit or record less";
    case EROFS:
    case EACCES:
    case EPERM: return "choose a folder that you may write to with " + option;
    case ENOENT: return "the folder was removed or renamed during the run; choose another one with " + option;
    default: return "choose another folder with " + option;
  }
}

}  // namespace

OutputFile::OutputFile(std::filesystem::path path, std::string option) : path_(std::move(path)), option_(std::move(option)) {
  temporary_ = path_.parent_path() / fmt::format(".{}.{}.part", path_.filename().string(), ::getpid());
  descriptor_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0) fail(errno);
  on_disk_ = true;
}

OutputFile::OutputFile(OutputFile&& other) noexcept
    : path_(std::move(other.path_)),
      temporary_(std::move(other.temporary_)),
      option_(std::move(other.option_)),
      pending_(std::move(other.pending_)),
      size_(other.size_),
      descriptor_(std::exchange(other.descriptor_, -1)),
      on_disk_(std::exchange(other.on_disk_, false)) {}

OutputFile::~OutputFile() {
  if (descriptor_ >= 0) ::close(descriptor_);
  if (on_disk_) ::unlink(temporary_.c_str());
}

void OutputFile::write(std::span<const std::byte> bytes) {
  size_ += bytes.size();
  if (pending_.size() + bytes.size() < block_byte) {
    pending_.append(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    return;
  }
  write_out(reinterpret_cast<const std::byte*>(pending_.data()), pending_.size());
  pending_.clear();
  write_out(bytes.data(), bytes.size());
}

void OutputFile::write_out(const std::byte* bytes, std::size_t count) {
  while (count > 0) {
    const ssize_t done = ::write(descriptor_, bytes, count);
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) fail(errno);
    bytes += done;
    count -= static_cast<std::size_t>(done);
  }
}

void OutputFile::close() {
  if (descriptor_ < 0) return;
  write_out(reinterpret_cast<const std::byte*>(pending_.data()), pending_.size());
  pending_.clear();
  // Some file systems (NFS, quotas) tell of a full disk only here.
  if (::close(std::exchange(descriptor_, -1)) != 0) fail(errno);
}

void OutputFile::commit() {
  close();
  if (::rename(temporary_.c_str(), path_.c_str()) != 0) fail(errno);
  on_disk_ = false;
}

void OutputFile::fail(int error) const {
  throw RunError(fmt::format("cannot write {}: {}\n  {}", path_.string(), std::strerror(error),
                             advice(error, path_.parent_path(), option_)));
}

}  // namespace ranvier::io
