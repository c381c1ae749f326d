#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The balanced network of Vogels & Abbott (2005, doi:10.1523/JNEUROSCI.3508-05.2005) with currents, as in Brette et al. (2007, doi:10.1007/s10827-007-0038-6),
written for PyNN: it runs with any backend.

    python examples/python/pynn_cuba.py                      4,000 cells, 1 s, with ranvier.pynn
    python examples/python/pynn_cuba.py pyNN.nest            the same with NEST
    python examples/python/pynn_cuba.py --cells 400 --duration 200

Expect about 6 spikes/s of excitatory and of inhibitory cells, irregular, without outer drive: the resting potential is above threshold.
"""
import argparse
import importlib
import time

import numpy as np


def network(sim, cells, seed):
    """Two populations and the four projections between them. Smaller networks have as many synapses a cell, so that they fire alike."""
    from pyNN.random import NumpyRNG, RandomDistribution

    sizes = {"excitatory": round(0.8 * cells), "inhibitory": cells - round(0.8 * cells)}
    weights = {"excitatory": 0.27e-3 * 60, "inhibitory": -4.5e-3 * 20}  # nA: conductances times the driving force at -60 mV
    cell = sim.IF_curr_exp(tau_m=20.0, cm=0.2, v_rest=-49.0, v_thresh=-50.0, v_reset=-60.0, tau_refrac=5.0, tau_syn_E=5.0, tau_syn_I=10.0)
    start = RandomDistribution("uniform", (-60.0, -50.0), rng=NumpyRNG(seed))
    populations = {kind: sim.Population(size, cell, initial_values={"v": start}, label=kind) for kind, size in sizes.items()}
    probability = min(1.0, 0.02 * 4000 / cells)
    for k, (source, pre) in enumerate(populations.items()):
        for j, post in enumerate(populations.values()):
            connector = sim.FixedProbabilityConnector(probability, rng=NumpyRNG(seed + 1 + 2 * k + j))
            sim.Projection(pre, post, connector, sim.StaticSynapse(weight=weights[source], delay=0.2), receptor_type=source)
    return populations


def main():
    arguments = argparse.ArgumentParser(description="Vogels & Abbott's network with currents, in PyNN")
    arguments.add_argument("backend", nargs="?", default="ranvier.pynn", help="the module of a PyNN backend")
    arguments.add_argument("--cells", type=int, default=4000)
    arguments.add_argument("--duration", type=float, default=1000.0, help="in ms")
    arguments.add_argument("--seed", type=int, default=1)
    options = arguments.parse_args()
    since = time.perf_counter()
    sim = importlib.import_module(options.backend)
    sim.setup(timestep=0.1, min_delay=0.1)
    populations = network(sim, options.cells, options.seed)
    for population in populations.values():
        population.record("spikes")
    built = time.perf_counter()
    sim.run(options.duration)
    done = time.perf_counter()
    for kind, population in populations.items():
        trains = [np.asarray(train) for train in population.get_data().segments[0].spiketrains]
        intervals = [np.diff(train) for train in trains if len(train) > 3]
        irregularity = f", CV of intervals {np.mean([i.std() / i.mean() for i in intervals]):.2f}" if intervals else ""
        print(f"{kind}: {sum(map(len, trains)) / len(trains) / options.duration * 1e3:.2f} spikes/s{irregularity}")
    print(f"set-up {built - since:.2f} s, run {done - built:.2f} s, all {time.perf_counter() - since:.2f} s")
    sim.end()


if __name__ == "__main__":
    main()
