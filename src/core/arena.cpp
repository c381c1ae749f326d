// SPDX-License-Identifier: Apache-2.0
#include "core/arena.hpp"

#include <fmt/format.h>
#include <sys/mman.h>

#include <algorithm>

#include "ranvier/error.hpp"

namespace ranvier {
namespace {
constexpr std::size_t huge_page = std::size_t{2} << 20;
std::size_t round_up(std::size_t byte) { return std::max<std::size_t>((byte + huge_page - 1) / huge_page, 1) * huge_page; }

[[noreturn]] void fail(std::size_t byte) {
  throw RunError(fmt::format("cannot get {:.1f} MiB of memory from the system\n  try: fewer synapses, or a machine with more memory", static_cast<double>(byte) / 1048576.0));
}
}  // namespace

Arena::Arena(std::size_t reserve_byte) : capacity_(round_up(reserve_byte)) {
  // One page more than asked, so that the start can be moved to a huge-page boundary.
  void* p = mmap(nullptr, capacity_ + huge_page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (p == MAP_FAILED) { capacity_ = 0; fail(reserve_byte); }
  const auto start = reinterpret_cast<std::uintptr_t>(p), aligned = (start + huge_page - 1) / huge_page * huge_page;
  if (aligned > start) munmap(p, aligned - start);
  if (const std::size_t tail = huge_page - (aligned - start); tail > 0) munmap(reinterpret_cast<void*>(aligned + capacity_), tail);
  data_ = reinterpret_cast<std::byte*>(aligned);
  if (reserve_byte >= huge_page) madvise(data_, capacity_, MADV_HUGEPAGE);  // advice: a system without huge pages still works
}

Arena::~Arena() {
  if (data_) munmap(data_, capacity_);
}

void Arena::reserve(std::size_t byte) {
  if (byte <= capacity_) return;
  const std::size_t wanted = round_up(byte);
  void* p = mremap(data_, capacity_, wanted, MREMAP_MAYMOVE);
  if (p == MAP_FAILED) fail(wanted);
  data_ = static_cast<std::byte*>(p);
  capacity_ = wanted;
  madvise(data_, capacity_, MADV_HUGEPAGE);
}

void Arena::shrink(std::size_t byte) {
  const std::size_t keep = round_up(byte);
  if (keep >= capacity_) return;
  munmap(data_ + keep, capacity_ - keep);
  capacity_ = keep;
}

}  // namespace ranvier
