// SPDX-License-Identifier: Apache-2.0
#pragma once
/// What may be changed between two pieces of a run: what comes from outside. Populations, synapses and receptors stay.

#include <memory>
#include <string>
#include <vector>

#include "engine/network.hpp"
#include "engine/state.hpp"

namespace ranvier::engine {

/// Replaces the inputs, one for one: rates, currents, times may differ; kind, target, receptor and the weights of Poisson
/// inputs may not, because sums are as wide as the weights they were built for.
/// Errors  InputError: names the input that differs in what must stay
void change_inputs(Network& network, std::vector<InputSpec> inputs);

/// New spikes of a population of model "spike_train". Those at or before the present time are past: they do not happen.
/// Errors  InputError: another model; a neuron or a time out of range
void change_trains(Network& network, int population, SpikeTrains trains);

/// New rates [Hz] of a population of model "poisson_source": [1] or [size].
/// Errors  InputError: another model, a wrong number of rates, a rate below 0 or not finite
void change_rates(Network& network, int population, std::vector<double> rates_hz);

/// Sets a state variable of all cells of a population, as read_variable() reads it. Cells that sleep are woken first.
///   values  [size] in the variable's unit
/// Errors  InputError: a value that is not finite; a receptor that shares its state with another
void write_variable(const Network& network, State& state, int population, const VariableRef& variable, const std::vector<double>& values);

}  // namespace ranvier::engine
