// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Membranes that are not part of the program: models of one's own (src/equations/).

#include "engine/kernel.hpp"

namespace ranvier::engine {

/// From now on find_membrane(), find_model() and all_models() know this membrane; of several with one name they give the one registered
/// last. The entry and what it refers to must stay valid to the end of the program. Safe from several threads; spans
/// that all_models() gave before stay as they are.
void register_membrane(const MembraneEntry* entry);

/// Whether a membrane was registered so.
bool is_registered(const MembraneEntry* entry);

}  // namespace ranvier::engine
