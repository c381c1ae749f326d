// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "io/columns.hpp"
#include "io/csv.hpp"
#include "io_helpers.hpp"

namespace ranvier::test {
namespace {

using io::Column;
using io::ColumnRequest;
using io::ColumnType;

std::vector<Column> parse(std::string_view text, std::vector<ColumnRequest> wanted) { return io::read_csv_text(text, "table.csv", wanted); }

std::string error(std::string_view text, std::vector<ColumnRequest> wanted) {
  try {
    parse(text, std::move(wanted));
    return "";
  } catch (const InputError& e) {
    return e.what();
  }
}

const std::vector<ColumnRequest> a_and_b{{"a", ColumnType::integer}, {"b", ColumnType::real}};

TEST(io_csv, columns_are_found_by_name_in_any_order) {
  const auto columns = parse("b,x,a\n0.5,?,1\n-2e3,?,-7\n", a_and_b);
  EXPECT_EQ(columns[0].integer, (std::vector<std::int64_t>{1, -7}));
  EXPECT_EQ(columns[1].real, (std::vector<double>{0.5, -2000}));
}

TEST(io_csv, comma_semicolon_tab_and_space_separate) {
  for (const std::string d : {",", ";", "\t", " "}) {
    const auto columns = parse("a" + d + "b\n1" + d + "2.5\n3" + d + "4\n", a_and_b);
    EXPECT_EQ(columns[0].integer, (std::vector<std::int64_t>{1, 3})) << d;
    EXPECT_EQ(columns[1].real, (std::vector<double>{2.5, 4})) << d;
  }
}

TEST(io_csv, comments_empty_lines_carriage_returns_and_byte_order_marks_are_passed_over) {
  const auto columns = parse("# made by hand\n\xEF\xBB\xBF" "a,b\r\n\r\n1,2\r\n# more\n3,4", a_and_b);
  EXPECT_EQ(columns[0].integer, (std::vector<std::int64_t>{1, 3}));
  EXPECT_EQ(columns[1].real, (std::vector<double>{2, 4}));
}

TEST(io_csv, quoted_fields_may_hold_separators_and_quotes) {
  const auto columns = parse("\"a\",name,b\n\"1\",\"x, \"\"y\"\"\",\"2.5\"\n", {{"a", ColumnType::integer}, {"name", ColumnType::text}, {"b", ColumnType::real}});
  EXPECT_EQ(columns[0].integer.at(0), 1);
  EXPECT_EQ(columns[1].text.at(0), "x, \"y\"");
  EXPECT_EQ(columns[2].real.at(0), 2.5);
}

TEST(io_csv, blanks_signs_and_whole_reals_are_integers_too) {
  EXPECT_EQ(parse("a,b\n +3 , 1 \n4.0,+2\n", a_and_b)[0].integer, (std::vector<std::int64_t>{3, 4}));
}

TEST(io_csv, one_column_may_be_asked_for_twice) {
  const auto columns = parse("a\n1\n2\n", {{"a", ColumnType::integer}, {"a", ColumnType::real}});
  EXPECT_EQ(columns[0].integer, (std::vector<std::int64_t>{1, 2}));
  EXPECT_EQ(columns[1].real, (std::vector<double>{1, 2}));
}

TEST(io_csv, table_without_rows_is_empty_columns) { EXPECT_TRUE(parse("a,b\n", a_and_b)[0].integer.empty()); }

TEST(io_csv, mistakes_are_told_with_their_line) {
  EXPECT_EQ(error("", a_and_b), "table.csv: is empty; its first line must name the columns");
  EXPECT_EQ(error("a,bb\n", a_and_b), "table.csv:1: no column \"b\". Did you mean \"bb\"?");
  EXPECT_EQ(error("a,b\n1\n", a_and_b), "table.csv:2: has no value in column \"b\"");
  EXPECT_EQ(error("a,b\n1,\n", a_and_b), "table.csv:2: has no value in column \"b\"");
  EXPECT_EQ(error("a,b\n1,2\n1.5,2\n", a_and_b), "table.csv:3: column \"a\" = 1.5: is not a whole number");
  EXPECT_EQ(error("a,b\n1,two\n", a_and_b), "table.csv:2: column \"b\" = two: is not a finite number");
  EXPECT_EQ(error("a,b\n1,nan\n", a_and_b), "table.csv:2: column \"b\" = nan: is not a finite number");
  EXPECT_EQ(error("a,b\n1,1e999\n", a_and_b), "table.csv:2: column \"b\" = 1e999: is not a finite number");
  EXPECT_EQ(error("a,b\n1,2 3\n", a_and_b), "table.csv:2: column \"b\" = 2 3: is not a finite number");
  EXPECT_EQ(error("a,b\n99999999999999999999,1\n", a_and_b), "table.csv:2: column \"a\" = 1e+20: is not a whole number");
}

TEST(io_csv, several_mistakes_are_told_together_up_to_ten) {
  std::string text = "a,b\n";
  for (int i = 0; i < 50; ++i) text += "x,1\n";
  try {
    parse(text, a_and_b);
    FAIL() << "was read";
  } catch (const InputError& e) {
    ASSERT_EQ(e.problems().size(), 11u);
    EXPECT_EQ(e.problems().back(), "table.csv: more problems follow; mend these first");
  }
}

/// Rows for files that span several blocks of 4 MiB, so that lines are cut by block borders.
std::string many_rows(int n) {
  std::string text = "source,target,weight\n";
  for (int i = 0; i < n; ++i) text += std::to_string(i) + "," + std::to_string((i * 7919LL) % 100'003) + "," + std::to_string(i % 17) + ".25\n";
  return text;
}

TEST(io_csv, lines_cut_by_block_borders_are_joined_again) {
  const Folder folder;
  constexpr int n = 700'000;  // 13 MB
  const auto text = many_rows(n);
  ASSERT_GT(text.size(), std::size_t{12} << 20);
  folder.write("plain.csv", text);
  folder.write_gz("packed.csv.gz", text);
  const std::vector<ColumnRequest> wanted{{"source", ColumnType::integer}, {"target", ColumnType::integer}, {"weight", ColumnType::real}};
  for (const auto name : {"plain.csv", "packed.csv.gz"}) {
    const auto columns = io::read_columns(folder / name, wanted);
    ASSERT_EQ(columns[0].integer.size(), static_cast<std::size_t>(n)) << name;
    for (int i = 0; i < n; ++i) {
      ASSERT_EQ(columns[0].integer[static_cast<std::size_t>(i)], i);
      ASSERT_EQ(columns[1].integer[static_cast<std::size_t>(i)], (i * 7919LL) % 100'003);
      ASSERT_EQ(columns[2].real[static_cast<std::size_t>(i)], i % 17 + 0.25);
    }
  }
}

TEST(io_csv, files_of_exactly_one_block_are_read_whole) {
  const Folder folder;
  for (const std::size_t size : {(std::size_t{4} << 20) - 1, std::size_t{4} << 20, (std::size_t{4} << 20) + 1}) {
    std::string text = "a\n";
    std::size_t rows = 0;
    for (; text.size() + 8 <= size; ++rows) text += "1234567\n";
    if (text.size() < size) text += std::string(size - text.size(), '#');
    folder.write("block.csv", text);
    const ColumnRequest wanted{"a", ColumnType::integer};
    EXPECT_EQ(io::read_csv(folder / "block.csv", {&wanted, 1})[0].integer.size(), rows) << size;
  }
}

TEST(io_csv, gzip_cut_anywhere_is_refused) {
  const Folder folder;
  folder.write_gz("whole.csv.gz", many_rows(20'000));
  const auto bytes = folder.read("whole.csv.gz");
  const ColumnRequest wanted{"source", ColumnType::integer};
  for (const double share : {0.01, 0.3, 0.7, 0.999}) {
    folder.write("cut.csv.gz", bytes.substr(0, static_cast<std::size_t>(share * static_cast<double>(bytes.size()))));
    EXPECT_THROW(io::read_csv(folder / "cut.csv.gz", {&wanted, 1}), InputError) << share;
  }
}

TEST(io_csv, a_line_without_end_is_no_table) {
  const Folder folder;
  folder.write("long.csv", "a,b\n" + std::string(std::size_t{20} << 20, '7'));
  EXPECT_THROW(io::read_csv(folder / "long.csv", a_and_b), InputError);
}

}  // namespace
}  // namespace ranvier::test
