// SPDX-License-Identifier: Apache-2.0
/// Claims held against each other: one quantity of the world, several values.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "plan/claims/rules.hpp"

namespace ranvier::plan::claims {
namespace {

using Side = Contradiction::Side;
using Sides = std::map<std::string, std::vector<Side>>;

const std::string& speaker_of(const Claim& claim) { return claim.said_by.empty() ? claim.essay : claim.said_by; }

Side side_of(const Claim& claim, std::vector<Value> values, bool asserted) {
  Side s{speaker_of(claim), claim.id, values[0], values[0], asserted};
  for (const Value& v : values) {
    require_alike(v, s.low, "the comparison");
    if (v.number < s.low.number) s.low = v;
    if (v.number > s.high.number) s.high = v;
  }
  return s;
}

void gather(const Book& book, const Claim& claim, Sides& sides) {
  if (!claim.is.empty() && !claim.stated.empty()) {
    std::vector<Value> values;
    for (const Printed& p : claim.stated) values.push_back(p.value);
    sides[claim.is].push_back(side_of(claim, values, true));
  }
  for (const Premise& p : claim.premises)
    if (!p.is.empty() && p.from.empty()) sides[p.is].push_back(side_of(claim, p.values, false));
  for (const Binding& b : claim.bindings) {
    std::vector<Value> values;
    for (std::size_t i = 0, n = book.cases(claim, b.value); i < n; ++i) values.push_back(book.compute(claim, b.value, i));
    sides[b.quantity].push_back(side_of(claim, values, !b.assumed));
  }
}

/// Ranges that lie apart by more than loose rounding.
bool apart(const Side& a, const Side& b) { return a.low.number > loose_ratio * b.high.number || b.low.number > loose_ratio * a.high.number; }

bool any_apart(const std::vector<Side>& sides) {
  for (const Side& a : sides)
    for (const Side& b : sides)
      if (apart(a, b)) return true;
  return false;
}

std::string range_of(const Side& s) {
  const std::string unit = s.low.plain() ? std::string() : fmt::format(" {}", describe(s.low.dimension));
  return s.low.number == s.high.number ? fmt::format("{:.4g}{}", s.low.number, unit) : fmt::format("{:.4g} to {:.4g}{}", s.low.number, s.high.number, unit);
}

}  // namespace

std::vector<Contradiction> bound_twice(const Book& book) {
  Sides sides;
  for (const Claim& c : book.claims()) gather(book, c, sides);
  std::vector<Contradiction> out;
  for (auto& [quantity, all] : sides) {
    double low = all[0].low.number, high = all[0].high.number;
    for (const Side& s : all) {
      require_alike(s.low, all[0].low, fmt::format("\"{}\": the comparison", quantity));
      low = std::min(low, s.low.number);
      high = std::max(high, s.high.number);
    }
    if (any_apart(all)) out.push_back({quantity, std::move(all), high / low});
  }
  return out;
}

std::optional<Finding> contradicts(const Claim& claim, std::span<const Contradiction> contradictions) {
  std::optional<Finding> remark;
  for (const Contradiction& c : contradictions)
    for (std::size_t own = 0; own < c.sides.size(); ++own) {
      const Side& mine = c.sides[own];
      if (mine.id != claim.id) continue;
      for (std::size_t i = 0; i < c.sides.size(); ++i) {
        const Side& other = c.sides[i];
        if (i == own || !apart(mine, other)) continue;
        const bool same_essay = other.essay == mine.essay;
        const bool conflict = same_essay ? i < own : mine.asserted;
        if (same_essay && !conflict) continue;  // the later side is told
        Finding f{"contradicts", conflict ? Verdict::incons : Verdict::ok,
                  fmt::format("{}: {} here, {} in {}", c.quantity, range_of(mine), range_of(other), other.id == claim.id ? "the same statement" : fmt::format("{} ({})", other.id, other.essay))};
        if (conflict) return f;
        if (!remark) remark = std::move(f);
      }
    }
  return remark;
}

}  // namespace ranvier::plan::claims
