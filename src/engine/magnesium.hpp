// SPDX-License-Identifier: Apache-2.0
#pragma once
/// How much of an NMDA channel magnesium leaves open at a potential.

#include "core/math.hpp"

namespace ranvier::engine::magnesium {

inline constexpr double steepness = 0.062;  ///< 1/mV
inline constexpr double half = 3.57;        ///< mM that block half of all channels at 0 mV

/// Share of channels that are open, 0 to 1.
/// V_mV: potential; Mg_mM: magnesium outside the cell. Jahr & Stevens 1990, doi:10.1523/JNEUROSCI.10-09-03178.1990
inline double open_share(double V_mV, double Mg_mM) { return 1 / (1 + math::exp(-steepness * V_mV) * Mg_mM / half); }

}  // namespace ranvier::engine::magnesium
