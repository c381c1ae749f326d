// SPDX-License-Identifier: Apache-2.0
#pragma once
/// The section "ranvier" of a simulation config: what SONATA has no word for. Written and read here, so that both say the same.
///
///     "ranvier": { "format": 1, "name": ..., "simulation": {...}, "sum_units": {...}, "rates": {...}, "volumes": [...],
///                  "inputs": [...], "recordings": [...] }
///
/// Everything is in the engine's units (ms, mV, pA, nS). docs/sonata.md describes each key.

#include "sonata_circuit.hpp"

namespace ranvier::io::sonata {

/// The section of a network; recordings of state are left to SONATA's reports.
Json section_of(const NetworkSpec& spec);

/// What comes before the edges: name, simulation, units of sums, rates of sources, volumes.
void read_section(Circuit& circuit);
/// Inputs, and recordings but of state. Where the section has recordings, they replace those of all spikes.
void read_section_inputs(Circuit& circuit);
bool read_section_recordings(Circuit& circuit);

}  // namespace ranvier::io::sonata
