// SPDX-License-Identifier: Apache-2.0
#pragma once
/// A TOML file as a plain tree that remembers lines and the order of keys. Only toml_tree.cpp sees the
/// TOML library, so that the rest of the reader compiles fast.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace ranvier::io {

struct Entry;

struct Node {
  enum class Kind { boolean, integer, real, text, array, table, numbers };

  Kind kind = Kind::table;
  bool boolean = false;
  std::int64_t integer = 0;
  double real = 0;
  std::string text;
  std::vector<Node> items;                            ///< array
  std::vector<Entry> entries;                         ///< table, in the order of the file
  /// numbers: what a program hands over where a file names a column of a table; one of the two, [rows][width]
  std::shared_ptr<const std::vector<double>> reals;
  std::shared_ptr<const std::vector<std::int64_t>> integers;
  std::size_t width = 1;
  int line = 0;                                       ///< 0: given on the command line, or by a program

  bool is(Kind k) const { return kind == k; }
  bool is_number() const { return is(Kind::integer) || is(Kind::real); }
  std::size_t count() const { return reals ? reals->size() : integers ? integers->size() : 0; }  ///< of numbers

  /// The entry of a table, nullptr where there is none.
  const Node* find(std::string_view key) const;
  Node* find(std::string_view key);
};

struct Entry {
  std::string key;
  Node value;
};

/// Reads a TOML document. Throws InputError "name:line:column: ..." when it is not valid TOML.
Node parse_toml(std::string_view text, const std::string& name);

/// A value given as NAME=VALUE: a TOML value where it is one, else a string.
Node parse_toml_value(std::string_view text);

/// A node as one line of TOML, cut after `limit` characters.
std::string to_text(const Node& node, std::size_t limit = 60);

}  // namespace ranvier::io
