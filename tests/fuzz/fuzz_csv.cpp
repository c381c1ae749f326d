// SPDX-License-Identifier: Apache-2.0
/// libFuzzer target: no bytes make the reader of CSV tables crash, hang or throw anything but InputError.
///
///   fuzz_csv -max_total_time=60 CORPUS tests/fuzz/csv

#include <string_view>

#include "io/csv.hpp"
#include "ranvier/error.hpp"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace ranvier::io;
  static const ColumnRequest wanted[] = {{"source", ColumnType::integer}, {"w", ColumnType::real}, {"name", ColumnType::text}, {"source", ColumnType::real}};
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const auto columns = read_csv_text(text, "fuzz.csv", wanted);
    if (columns[0].integer.size() != columns[1].real.size() || columns[1].real.size() != columns[2].text.size()) __builtin_trap();
  } catch (const ranvier::InputError&) {
  }
  return 0;
}
