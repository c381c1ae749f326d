// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Models of one's own, as the rest of Ranvier sees them: registered under their name, they are membranes or synapse rules like the built-in ones.

#include <string>
#include <vector>

#include "engine/model.hpp"
#include "equations/model.hpp"

namespace ranvier::equations {

/// Checks a model and registers it: find_model() and find_membrane() or find_synapse() then know it by its name, and a network file can use it.
/// It is compiled when a network with it is built, not before. What was registered stays valid to the end of the program; the same
/// text again changes nothing, and another text under the same name takes the place of the first for networks built from then on.
/// Safe from several threads.
///   Returns  what the model says of itself; nullptr where `problems` has got entries: mistakes of the text, or the name of a built-in model
const engine::ModelInfo* register_model(const ModelText& text, std::vector<Problem>& problems);

/// The C++ that a registered model is compiled from, for the present instruction set; empty where there is none of that name.
std::string source_of_model(const std::string& name);

/// The method of a registered membrane; empty where there is none of that name.
std::string method_of_model(const std::string& name);

}  // namespace ranvier::equations
