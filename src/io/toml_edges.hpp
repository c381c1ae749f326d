// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Explicit edge lists of projections: rule = { edges = "file", source_column = ..., target_column = ... }.

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ranvier/network.hpp"
#include "toml_access.hpp"

namespace ranvier::io {

/// The edges of one projection: 16 bytes each, and 8 for each further column.
struct EdgeList {
  std::shared_ptr<const std::vector<std::int64_t>> sources, targets;  ///< indices within the slices; a program's own arrays where it gave some
  std::map<std::string, std::vector<double>> columns;   ///< of the same length
};

/// Reads the edge list of `rule` with the further `columns` (weights, delays), in one pass over the file.
///
///   edges                       CSV (also gzipped) or HDF5
///   source_column, target_column  "source" and "target" where not given
///   ids, source_ids, target_ids   { file, column }: the columns hold names; the row of the name in that table is the index
///   skip_unknown                true: edges of names that are not in the table, or of indices outside, are left out
///
/// Nothing where something is wrong: noted, with the row.
std::optional<EdgeList> read_edges(Reader& reader, const At& rule, const Slice& source, const Slice& target,
                                   const std::vector<std::string>& columns);

}  // namespace ranvier::io
