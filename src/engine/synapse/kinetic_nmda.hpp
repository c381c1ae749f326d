// SPDX-License-Identifier: Apache-2.0
/// Kinetic transmission (engine/kinetic.hpp) with the constants of NMDA receptors: slow excitation; onto a receptor of kind nmda, whose tau_syn is 151.5 ms.
///
/// State    s of each source: the same for all its synapses
/// Numerics exact, once per spike
/// Source   Destexhe, Mainen & Sejnowski 1998, Methods in Neuronal Modeling, chapter 1
/// Tested   tests/plastic_release.cpp
#ifndef RANVIER_SYNAPSE_KINETIC_NMDA
#define RANVIER_SYNAPSE_KINETIC_NMDA
#include "engine/kinetic.hpp"

namespace ranvier::engine::kinetic_nmda {
inline constexpr auto parameters = kinetic::parameters(0.072, 0.0066);
inline constexpr ModelInfo info = kinetic::info("kinetic_nmda", "NMDA receptors that saturate", parameters);
inline constexpr SynapseModel model = kinetic::model(info);
}  // namespace ranvier::engine::kinetic_nmda
#endif
