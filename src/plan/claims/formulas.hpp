// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The functions that expressions of claims may call: elementary ones, and the planner's formulas by name.

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plan/claims/value.hpp"

namespace ranvier::plan::claims {

struct Formula {
  std::string_view name;
  std::size_t arity;
  std::string_view usage;                       ///< "(peak, bandwidth)": for messages and documentation
  Value (*call)(std::span<const Value>);        ///< throws ValueError where dimensions do not fit
};

const Formula* find_formula(std::string_view name);
std::vector<std::string> formula_names();

/// The largest step with which explicit Euler is stable for dy/dt = -rate y: |1 - rate dt| <= 1, so 2 / rate.
/// Source: Hairer & Wanner, Solving Ordinary Differential Equations II, section IV.2.
Value stable_step(const Value& rate);

/// Tile products in an (m x k)(k x n) product cut into cubes of edge t: ceil(m/t) ceil(n/t) ceil(k/t).
double tile_products(double m, double n, double k, double t);

}  // namespace ranvier::plan::claims
