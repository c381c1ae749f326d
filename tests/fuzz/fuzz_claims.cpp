// SPDX-License-Identifier: Apache-2.0
/// libFuzzer target: no bytes make the reader of claims, or the rules that look at them, crash, hang or throw anything but InputError.
///
///   fuzz_claims -max_total_time=60 CORPUS data/claims

#include <string_view>

#include "io/claims_file.hpp"
#include "plan/claims/book.hpp"
#include "ranvier/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ranvier;
  try {
    const plan::claims::Book book(io::parse_claims({reinterpret_cast<const char*>(data), size}, "fuzz.toml"));
    if (book.review().claims.size() != book.claims().size()) __builtin_trap();
  } catch (const InputError&) {
  }
  return 0;
}
