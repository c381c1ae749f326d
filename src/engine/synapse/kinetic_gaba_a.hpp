// SPDX-License-Identifier: Apache-2.0
/// Kinetic transmission (engine/kinetic.hpp) with the constants of GABA_A receptors: fast inhibition, E_rev -80 mV, tau_syn 5.556 ms.
///
/// State    s of each source: the same for all its synapses
/// Numerics exact, once per spike
/// Source   Destexhe, Mainen & Sejnowski 1998, Methods in Neuronal Modeling, chapter 1
/// Tested   tests/plastic_release.cpp
#ifndef RANVIER_SYNAPSE_KINETIC_GABA_A
#define RANVIER_SYNAPSE_KINETIC_GABA_A
#include "engine/kinetic.hpp"

namespace ranvier::engine::kinetic_gaba_a {
inline constexpr auto parameters = kinetic::parameters(5.0, 0.18);
inline constexpr ModelInfo info = kinetic::info("kinetic_gaba_a", "GABA_A receptors that saturate", parameters);
inline constexpr SynapseModel model = kinetic::model(info);
}  // namespace ranvier::engine::kinetic_gaba_a
#endif
