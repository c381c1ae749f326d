// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Membranes and synapse rules that are not part of the program: models of one's own (src/equations/).

#include "engine/kernel.hpp"
#include "engine/synapse_model.hpp"

namespace ranvier::engine {

/// From now on find_membrane(), find_model() and all_models() know this membrane; of several with one name they give the one registered
/// last. The entry and what it refers to must stay valid to the end of the program. Safe from several threads; spans
/// that all_models() gave before stay as they are.
void register_membrane(const MembraneEntry* entry);

/// The same of a synapse rule. `prepare` is called when a network with it is built, before anything is allocated; it may throw InputError.
void register_synapse(const SynapseModel* model, void (*prepare)());

/// Whether a membrane or a synapse rule was registered so.
bool is_registered(const MembraneEntry* entry);
bool is_registered(const SynapseModel* model);

/// Makes ready what a network uses of registered models. Throws InputError.
void prepare_registered(const NetworkSpec& spec);

}  // namespace ranvier::engine
