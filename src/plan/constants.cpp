// SPDX-License-Identifier: Apache-2.0
#include "plan/constants.hpp"

#include <fmt/format.h>

#include <cmath>
#include <string>
#include <vector>

#include "core/suggest.hpp"
#include "ranvier/error.hpp"

namespace ranvier::plan {
namespace {

constexpr auto fitted = ConstantKind::fitted;
[[maybe_unused]] constexpr auto physical = ConstantKind::physical;

constexpr ConstantInfo table[] = {
#define RANVIER_CONSTANT(name, value, kind, unit, spread, meaning) {#name, &Constants::name, value, kind, unit, spread, meaning},
#include "plan/constants.inc"
#undef RANVIER_CONSTANT
};

}  // namespace

std::span<const ConstantInfo> constant_table() { return table; }

void set_constant(Constants& constants, std::string_view name, double value) {
  std::vector<std::string> names;
  for (const ConstantInfo& info : table) {
    if (info.name != name) {
      names.emplace_back(info.name);
      continue;
    }
    if (!std::isfinite(value)) throw InputError(fmt::format("constant {} = {}: must be a finite number", name, value));
    constants.*info.member = value;
    return;
  }
  throw InputError(fmt::format("\"{}\" is no constant of the planner.{} All: ranvier plan constants", name, suggestion(name, names)));
}

}  // namespace ranvier::plan
