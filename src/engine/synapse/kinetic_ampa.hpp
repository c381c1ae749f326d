// SPDX-License-Identifier: Apache-2.0
/// Kinetic transmission (engine/kinetic.hpp) with the constants of AMPA receptors: fast excitation, E_rev 0 mV, tau_syn 5.263 ms.
///
/// State    s of each source: the same for all its synapses
/// Numerics exact, once per spike
/// Source   Destexhe, Mainen & Sejnowski 1998, Methods in Neuronal Modeling, chapter 1
/// Tested   tests/plastic_release.cpp
#ifndef RANVIER_SYNAPSE_KINETIC_AMPA
#define RANVIER_SYNAPSE_KINETIC_AMPA
#include "engine/kinetic.hpp"

namespace ranvier::engine::kinetic_ampa {
inline constexpr auto parameters = kinetic::parameters(1.1, 0.19);
inline constexpr ModelInfo info = kinetic::info("kinetic_ampa", "AMPA receptors that saturate", parameters);
inline constexpr SynapseModel model = kinetic::model(info);
}  // namespace ranvier::engine::kinetic_ampa
#endif
