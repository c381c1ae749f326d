// SPDX-License-Identifier: Apache-2.0
/// The rule `convolution`: one kernel that slides over a map of sources, one cell for each of its places.
///
///     map, W x H (x fastest)                 kernel kx x ky at (X sx, Y sy) feeds the cell (X, Y) of the targets;
///     . . . . . . . .                        entry (x, y) comes from source (Y sy + y) W + X sx + x
///     . # # # . . . .                        and goes to site y kx + x: branch x of dendrite y
///     . # # # . . . .

#include <fmt/format.h>

#include <algorithm>

#include "toml_sections.hpp"

namespace ranvier::io {
namespace {

constexpr double edges_max = 1e9;

/// Two whole numbers of at least 1.
std::optional<std::pair<std::int64_t, std::int64_t>> read_pair(Reader& reader, const At& at, std::string_view example) {
  if (!at.is(Node::Kind::array) || at.node->items.size() != 2) {
    if (at) reader.problem(at, fmt::format("must be two whole numbers, for example {}", example));
    return std::nullopt;
  }
  const auto a = reader.integer(reader.item(at, 0), 1, 1'000'000), b = reader.integer(reader.item(at, 1), 1, 1'000'000);
  if (!a || !b) return std::nullopt;
  return std::pair(*a, *b);
}

}  // namespace

std::optional<std::int64_t> read_convolution(Reader& reader, const At& at, ProjectionSpec& p, std::int64_t sites) {
  reader.only_keys(at, {"convolution", "map", "stride"});
  const At kernel_at = reader.get(at, "convolution"), map_at = reader.require(at, "map", "width and height of the sources' map, for example map = [12, 16]");
  const At stride_at = reader.get(at, "stride");
  const auto kernel = read_pair(reader, kernel_at, "[3, 4]"), map = read_pair(reader, map_at, "[12, 16]");
  const auto stride = stride_at ? read_pair(reader, stride_at, "[3, 4]") : std::pair<std::int64_t, std::int64_t>(1, 1);
  if (!kernel || !map || !stride) return std::nullopt;
  const auto refuse = [&](const At& where, const std::string& what) -> std::optional<std::int64_t> {
    reader.problem(where, what);
    return std::nullopt;
  };
  const auto [kx, ky] = *kernel;
  const auto [width, height] = *map;
  const auto [sx, sy] = *stride;
  if (width * height != p.source.size()) return refuse(map_at, fmt::format("has {} places, but there are {} sources", width * height, p.source.size()));
  if (kx > width || ky > height) return refuse(kernel_at, fmt::format("is larger than the map of {} x {}", width, height));
  const std::int64_t columns = (width - kx) / sx + 1, rows = (height - ky) / sy + 1, entries = kx * ky;
  if (columns * rows != p.target.size())
    return refuse(at, fmt::format("the kernel has {} x {} places on the map, but there are {} targets; give as many targets, or another stride", columns, rows, p.target.size()));
  if (sites != 1 && sites != entries) return refuse(kernel_at, fmt::format("has {} entries, but the receptor has {} sites: branches = {} and dendrites = {} are needed", entries, sites, kx, ky));
  if (static_cast<double>(entries) * static_cast<double>(p.target.size()) > edges_max) return refuse(at, "makes more than 1e9 synapses");

  std::vector<std::int64_t> sources, targets;
  sources.reserve(static_cast<std::size_t>(entries * p.target.size()));
  targets.reserve(sources.capacity());
  for (std::int64_t cell = 0; cell < p.target.size(); ++cell)
    for (std::int64_t k = 0; k < entries; ++k) {
      sources.push_back((cell / columns * sy + k / kx) * width + cell % columns * sx + k % kx);
      targets.push_back(sites == 1 ? cell : cell * sites + k);
    }
  p.rule.kind = Rule::Kind::edges;
  p.rule.edge_sources = std::make_shared<const std::vector<std::int64_t>>(std::move(sources));
  p.rule.edge_targets = std::make_shared<const std::vector<std::int64_t>>(std::move(targets));
  return entries;
}

void share_kernel(Reader& reader, const At& at, ProjectionSpec& p, std::int64_t entries) {
  if (p.weight.is_constant()) return;
  if (p.weight.kind != Values::Kind::column) return reader.problem(at, "a kernel is the same for all cells, so it cannot be drawn: give one value, a column or a formula for its entries");
  auto all = std::make_shared<std::vector<double>>(p.rule.edge_sources->size());
  for (std::size_t e = 0; e < all->size(); ++e) (*all)[e] = (*p.weight.column)[e % static_cast<std::size_t>(entries)];
  p.weight.column = std::move(all);
}

}  // namespace ranvier::io
