// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Checked access to a network file. Every problem is noted with file, line, key and value, and reading
/// goes on, so that all problems of a file are reported together.
///
/// A place in the file is an `At`: the node and its path ("populations[0].params.tau_m"). Reading follows
/// "$name" to [parameters], picks from { choose = "$name", ... }, drops tables whose `when` does not hold, and, in
/// a block for many populations or pairs, takes this one's entry of a list, table or matrix.

#include <cstdint>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "ranvier/units.hpp"
#include "toml_tree.hpp"

namespace ranvier::io {

/// A place in the file. Without a node: absent, or, if `failed`, a problem that is already noted.
struct At {
  const Node* node = nullptr;     ///< what is there, after following parameters
  const Node* written = nullptr;  ///< what the file says there
  std::string path;
  bool failed = false;

  explicit operator bool() const { return node != nullptr; }
  bool is(Node::Kind kind) const { return node != nullptr && node->is(kind); }
};

/// Which entry of lists and matrices is being read: a block may describe many populations or pairs.
struct Selection {
  enum class Kind { single, list, pair };
  Kind kind = Kind::single;
  std::size_t index = 0, size = 0;                 ///< list
  std::size_t target = 0, targets = 0, source = 0, sources = 0;  ///< pair
};

/// What a number without a unit means where a quantity has one.
enum class PlainNumbers {
  refused,         ///< files: a person reads them too
  in_table_units,  ///< programs: ms, mV, pA, nS, pF, Hz, um, as in the tables of models
};

class Reader {
 public:
  /// file: name for messages; folder: where relative paths start; parameters: the [parameters] table or nullptr.
  Reader(std::string file, std::filesystem::path folder, const Node* parameters, PlainNumbers plain = PlainNumbers::refused);

  // --- problems
  void problem(const At& at, std::string_view what);  ///< "file:line: path = value: what"
  void problem(int line, std::string_view path, std::string_view what);
  const std::vector<std::string>& problems() const { return problems_; }
  const Node* parameters() const { return parameters_; }
  std::string where(const At& at) const;  ///< "network.toml:31: projections[2]"

  // --- tables
  At root(const Node& document) const { return {&document, &document, "", false}; }
  At get(const At& table, std::string_view key);
  At item(const At& array, std::size_t i);
  /// The tables of an array of tables whose `when` holds; a lone table counts as an array of one.
  std::vector<At> tables(const At& table, std::string_view key);
  bool holds(const At& table);  ///< the table's `when`, true where it has none
  /// Notes every key that is not known, with the nearest that is. `when` is always known.
  void only_keys(const At& table, std::initializer_list<std::string_view> known);
  void only_keys(const At& table, std::vector<std::string> known);
  bool is_table(const At& at, std::string_view example);  ///< notes a problem where it is not
  At require(const At& table, std::string_view key, std::string_view why);

  // --- single values; absent or wrong: nothing (a problem is noted where it is wrong)
  std::optional<std::string> text(const At& at);
  std::optional<bool> boolean(const At& at);
  std::optional<std::int64_t> integer(const At& at, std::int64_t low, std::int64_t high);
  std::optional<double> number(const At& at, std::string_view unit);
  /// Each of a list or of an array of a program; `width` numbers in a row. Nothing where one is wrong.
  std::optional<std::vector<double>> numbers(const At& at, std::string_view unit);
  std::optional<std::vector<std::int64_t>> integers(const At& at);
  /// A time, rate ... with limits; `limits` says them: "must be > 0 ms".
  std::optional<double> positive(const At& at, std::string_view unit);
  std::optional<double> not_negative(const At& at, std::string_view unit);
  /// One of the words; notes a problem that offers the nearest.
  std::optional<std::size_t> word(const At& at, std::initializer_list<std::string_view> words);
  /// A path in the file, relative to the folder of the network file.
  std::optional<std::filesystem::path> path(const At& at);

  /// This block's entry where the value is a list, a matrix, { by_source = [...] } or { by_target = [...] }.
  At select(At at);
  /// An expression with names of its own beside the parameters ("i" in a formula). Throws ExpressionError.
  Quantity evaluate_with(const std::string& text, const std::map<std::string, double, std::less<>>& own);
  double convert(const Quantity& q, std::string_view unit) const;  ///< throws ExpressionError on a wrong dimension

  Selection selection;

  /// Says what was given where something else is needed: "20 (a plain number)".
  static std::string kind_of(const Node& node);

 private:
  At follow(At at);
  const Node* parameter(std::string_view name) const;
  Quantity parameter_value(std::string_view name);
  At choose(At at);
  bool same(const At& have, const At& want);

  std::string file_;
  std::filesystem::path folder_;
  const Node* parameters_;
  PlainNumbers plain_;
  std::vector<std::string> parameter_names_;
  std::vector<std::string> problems_;
  std::set<std::string> known_problems_;
  std::vector<std::string> evaluating_;  // parameters on the way: finds circles
  std::map<std::string, Quantity, std::less<>> memo_;  // within one expression: keeps a + a, b = a + a, ... linear
};

}  // namespace ranvier::io
