// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Columns of a CSV file, also gzipped.
///
///     # a comment                      lines that begin with # and empty lines are skipped
///     source,target,weight             the first line names the columns
///     0,17,0.25                        comma, semicolon, tab or space; whichever the first line has
///
/// Fields may be in double quotes ("" inside means one quote), but hold no line break. Only the columns asked for are
/// read and kept: 8 bytes a number.

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::io {

enum class ColumnType { real, integer, text };

struct ColumnRequest {
  std::string name;
  ColumnType type = ColumnType::real;
};

/// One column; the vector of its type has one entry per row, the others are empty.
struct Column {
  std::vector<double> real;
  std::vector<std::int64_t> integer;
  std::vector<std::string> text;
};

/// Reads the columns asked for, in that order.
///
/// Work    one pass, reading (and inflating) of the next 4 MiB while this one is parsed; about 50 ns a row of two
/// Errors  InputError with up to ten problems "file:line: ...": no such column (the nearest is offered), too few fields,
///         something that is not a (finite, or whole) number, a file that is cut short or damaged
std::vector<Column> read_csv(const std::filesystem::path& file, std::span<const ColumnRequest> wanted);

/// The same from memory; `name` stands for the file in messages.
std::vector<Column> read_csv_text(std::string_view text, const std::string& name, std::span<const ColumnRequest> wanted);

}  // namespace ranvier::io
