// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The numbers that were chosen by looking at measurements, and the few physical ones beside them: all of them, in one table.
///
/// A constant is one line of constants.inc:
///
///     RANVIER_CONSTANT(launch_s, 3.0e-6, fitted, "s", 0.10, "time from one kernel's end to the next one's start")
///                      name      value   kind    unit spread  what it stands for
///
/// and a member of Constants under that name. `spread` is the relative change of the value when each machine is left
/// out of the fit in turn (one standard deviation). data/plan/fit writes values and spreads; nobody else does.

#include <span>
#include <string_view>

namespace ranvier::plan {

enum class ConstantKind : unsigned char { fitted, physical };

struct Constants {
#define RANVIER_CONSTANT(name, value, kind, unit, spread, meaning) double name = value;
#include "plan/constants.inc"
#undef RANVIER_CONSTANT
};

struct ConstantInfo {
  std::string_view name;
  double Constants::*member;
  double value;               ///< as shipped
  ConstantKind kind;
  std::string_view unit;      ///< "" for a plain number
  double spread;
  std::string_view meaning;
};

/// All constants, in the order of constants.inc.
std::span<const ConstantInfo> constant_table();

/// Sets one by name. Throws InputError, with the nearest name, where there is none, or where the value is not finite.
void set_constant(Constants& constants, std::string_view name, double value);

}  // namespace ranvier::plan
