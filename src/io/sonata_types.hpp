// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What SONATA's nodes and edges have in common: a table of types (CSV), and attributes in groups (HDF5) that win over it.

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace ranvier::io::sonata {

/// A node_types.csv or edge_types.csv: columns by name, rows by id. NULL, NA, NONE, nan and empty fields are absent.
class TypeTable {
 public:
  TypeTable() = default;
  /// Reads the rows of `population` (all where the table has no such column). `id_column` is node_type_id or edge_type_id.
  /// Errors  InputError "file:line: ...": no such file, no such column, a row that is too long, an id that is no whole number or stands twice
  TypeTable(const std::filesystem::path& file, const std::string& id_column, const std::string& population);

  const std::filesystem::path& file() const { return file_; }
  bool has(std::int64_t id) const { return rows_.contains(id); }
  const std::vector<std::string>& columns() const { return columns_; }
  std::vector<std::string> ids() const;
  /// A field, nullptr where absent.
  const std::string* find(std::int64_t id, const std::string& column) const;

 private:
  std::filesystem::path file_;
  std::vector<std::string> columns_;
  std::map<std::int64_t, std::map<std::string, std::string>> rows_;
};

/// The nodes or edges of one population: which type and which place in which group each has, and their attributes.
class Items {
 public:
  /// `base` is "/nodes/v1" or "/edges/lgn_to_v1"; `prefix` "node" or "edge"; `size` their number. Without a file of types `types` is empty.
  Items(std::filesystem::path file, std::string base, std::string prefix, std::size_t size, TypeTable types);

  const std::filesystem::path& file() const { return file_; }
  const std::string& base() const { return base_; }
  std::size_t size() const { return size_; }
  const TypeTable& types() const { return types_; }
  const std::vector<std::int64_t>& type_ids() const { return type_; }

  /// [size] numbers of an attribute, "delay" or "dynamics_params/tau_m"; NaN where an item has none. Empty where none has.
  std::vector<double> numbers(const std::string& attribute) const;
  /// [size] texts of an attribute as indices into `words`; -1 where an item has none.
  struct Texts {
    std::vector<std::int32_t> index;
    std::vector<std::string> words;
    const std::string* at(std::size_t i) const { return index[i] < 0 ? nullptr : &words[static_cast<std::size_t>(index[i])]; }
  };
  Texts texts(const std::string& attribute) const;
  /// Names of the attributes in the groups, sorted; "dynamics_params/x" for those in that subgroup.
  const std::set<std::string>& group_attributes() const { return group_attributes_; }
  /// "nodes.h5: node 17 of /nodes/v1 (type 100)"
  std::string where(std::size_t i) const;

 private:
  void read_groups();
  std::vector<std::int64_t> integers(const std::string& name) const;

  std::filesystem::path file_;
  std::string base_, prefix_;
  std::size_t size_;
  TypeTable types_;
  std::vector<std::int64_t> type_;           // empty: the population has none
  std::vector<std::int64_t> group_, index_;  // empty: all in group 0, in order
  std::map<std::int64_t, std::size_t> groups_;  // of those in use: 1 + the largest index
  std::set<std::string> group_attributes_;
};

/// A number as a table has it, nothing where it is none or not finite.
std::optional<double> parse_number(const std::string& text);

}  // namespace ranvier::io::sonata
