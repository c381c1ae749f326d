// SPDX-License-Identifier: Apache-2.0
/// libFuzzer target: no bytes make the reader of network files crash, hang or throw anything but InputError.
///
///   fuzz_network -max_total_time=60 -dict=tests/fuzz/network.dict CORPUS tests/fuzz/network examples

#include <cctype>
#include <string_view>

#include "io/network_file.hpp"
#include "ranvier/error.hpp"

namespace {

/// Whole populations of positions or formula values are legal, but too slow and large for a fuzzer.
bool asks_for_millions(std::string_view text) {
  if (text.find("formula") == text.npos && text.find("positions") == text.npos) return false;
  int digits = 0;
  for (const char c : text) {
    digits = std::isdigit(static_cast<unsigned char>(c)) || c == '_' ? digits + 1 : 0;
    if (digits > 5 || (digits > 0 && c == 'e')) return true;
  }
  return text.find_first_of("^*") != text.npos || text.find("e+") != text.npos;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (asks_for_millions(text)) return 0;
  try {
    ranvier::io::parse_network(text, "nowhere/fuzz.toml");
  } catch (const ranvier::InputError&) {
  }
  return 0;
}
