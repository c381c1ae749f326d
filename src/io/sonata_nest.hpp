// SPDX-License-Identifier: Apache-2.0
#pragma once
/// Populations in NEST's words, so that other readers of SONATA can run them.

#include <map>
#include <optional>
#include <string>

#include "ranvier/network.hpp"
#include "sonata_models.hpp"

namespace ranvier::io::sonata {

/// A population as a node of NEST: its template, and all parameters under NEST's names, V_m included.
struct NestPopulation {
  const ModelTemplate* model = nullptr;
  std::map<std::string, Values> parameters;
};

/// Leaky cells whose receptors and parameters are those of a NEST model, where reading NEST's names back gives the same
/// numbers to the last bit; nothing for others.
std::optional<NestPopulation> in_words_of_nest(const PopulationSpec& population);

}  // namespace ranvier::io::sonata
