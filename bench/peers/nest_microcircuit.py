#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The cortical microcircuit of Potjans & Diesmann (2014) in NEST: the peer of examples/microcircuit.toml.

    nest_microcircuit.py [--scale 1] [--drive poisson|dc] [--threads 2] [--seed 1] [--time 1000] [--warmup 500] [--json]

Full scale takes 14 GB of memory, about 100 s to build and 100 s per biological second on two cores; scale 0.1
(7,718 neurons, 3 million synapses, corrected after van Albada et al. 2015) a few seconds in all.
Parameters are the maintained reference implementation's (INM-6/microcircuit-PD14-model @ fd40046).
"""
import math
import sys

import nest
import numpy as np

import common

POPULATIONS = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
N_FULL = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]
PROBABILITY = [  # [target][source]
    [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
    [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
    [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
    [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
    [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
    [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
    [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
    [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443]]
K_EXT = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]
RATE_EXT_HZ = 8.0
NEURON = dict(C_m=250.0, tau_m=10.0, E_L=-65.0, V_th=-50.0, V_reset=-65.0, t_ref=2.0, tau_syn_ex=0.5, tau_syn_in=0.5)
PSP_MV, G, WEIGHT_SD, DELAY_MS, DELAY_SD = 0.15, -4.0, 0.1, (1.5, 0.75), 0.5
V_MEAN = [-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43]  # the "optimized" initial state
V_SD = [5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48]
FULL_RATES_HZ = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829]  # for the correction when scaled down
DT_MS = 0.1


def psc_over_psp():
    """pA of synaptic current per mV of postsynaptic potential, both at their peaks."""
    tm, ts, C = NEURON["tau_m"], NEURON["tau_syn_ex"], NEURON["C_m"]
    peak = math.log(tm / ts) / (1 / ts - 1 / tm)
    return 1 / (tm * ts / (C * (tm - ts)) * (math.exp(-peak / tm) - math.exp(-peak / ts)))


def tables(scale):
    """Sizes, synapse numbers, mean weights [target][source] and compensating currents at a scale (1: the model itself)."""
    J = PSP_MV * psc_over_psp()
    n_full = np.array(N_FULL)
    synapses = np.array([[math.log(1 - p) / math.log(1 - 1 / (nt * ns)) for p, ns in zip(row, N_FULL)]
                         for row, nt in zip(PROBABILITY, N_FULL)])
    weights = np.array([[J if s % 2 == 0 else G * J for s in range(8)] for _ in range(8)])
    weights[0][2] *= 2  # L4E -> L23E
    indegree = synapses / n_full[:, None]
    lost = 1 - math.sqrt(scale)  # share of the mean input that goes when weights grow by only 1/sqrt(scale)
    rates = np.array(FULL_RATES_HZ)
    tau_s = NEURON["tau_syn_ex"] * 1e-3
    current = lost * tau_s * ((weights * indegree) @ rates + J * np.array(K_EXT) * RATE_EXT_HZ)
    half_up = lambda x: np.floor(x + 0.5).astype(np.int64)
    sizes = half_up(n_full * scale)
    numbers = half_up(np.rint(synapses) * scale * scale)
    return sizes, numbers, weights / math.sqrt(scale), J / math.sqrt(scale), current


def build(scale, drive, seed, threads):
    sizes, numbers, weights, J_ext, current = tables(scale)
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=DT_MS, local_num_threads=threads, rng_seed=seed, overwrite_files=True)
    populations = []
    for i, n in enumerate(sizes):
        I_e = current[i]
        if drive == "dc":
            I_e += J_ext * K_EXT[i] * scale * RATE_EXT_HZ * NEURON["tau_syn_ex"] * 1e-3
        population = nest.Create("iaf_psc_exp", int(n), params={**NEURON, "I_e": I_e})
        population.V_m = nest.random.normal(V_MEAN[i], V_SD[i])
        populations.append(population)
    # NEST keeps at most 2^27 connections of one model on a thread: fewer than half of the network's.
    nest.CopyModel("static_synapse", "excitatory")
    nest.CopyModel("static_synapse", "inhibitory")
    for t, target in enumerate(populations):
        for s, source in enumerate(populations):
            if numbers[t][s]:
                connect(source, target, numbers[t][s], weights[t][s], DELAY_MS[s % 2])
        if drive == "poisson":
            generator = nest.Create("poisson_generator", params={"rate": RATE_EXT_HZ * K_EXT[t] * scale})
            nest.Connect(generator, target, syn_spec={"weight": J_ext, "delay": DELAY_MS[0]})
    return populations, sizes, int(numbers.sum())


def connect(source, target, number, weight, delay):
    low, high = (0.0, math.inf) if weight > 0 else (-math.inf, 0.0)
    nest.Connect(source, target, conn_spec={"rule": "fixed_total_number", "N": int(number)}, syn_spec={
        "synapse_model": "excitatory" if weight > 0 else "inhibitory",
        "weight": nest.math.redraw(nest.random.normal(weight, abs(weight) * WEIGHT_SD), min=low, max=high),
        "delay": nest.math.redraw(nest.random.normal(delay, delay * DELAY_SD), min=DT_MS / 2, max=math.inf)})


def simulate(scale=1.0, drive="poisson", seed=1, threads=2, time_ms=1000.0, warmup_ms=500.0):
    """Runs the network; returns (result as common.py describes, {population: (times in ms, neurons)})."""
    before = common.resident_byte()
    with common.Stopwatch() as building:
        populations, sizes, synapses = build(scale, drive, seed, threads)
        recorders = [nest.Create("spike_recorder", params={"start": warmup_ms}) for _ in populations]
        for population, recorder in zip(populations, recorders):
            nest.Connect(population, recorder)
        nest.Prepare()
    network_byte = common.resident_byte() - before
    nest.Run(warmup_ms)
    with common.Stopwatch() as running:
        nest.Run(time_ms)
    nest.Cleanup()
    spikes = {}
    for name, population, recorder in zip(POPULATIONS, populations, recorders):
        events = recorder.events
        spikes[name] = (events["times"] - warmup_ms, events["senders"] - population[0].global_id)
    result = {"peer": f"NEST {nest.__version__}", "threads": threads, "seed": seed, "scale": scale,
              "duration_ms": time_ms, "warmup_ms": warmup_ms, "neurons": int(sizes.sum()), "synapses": synapses,
              "build_s": building.wall_s, "simulate_s": running.wall_s, "cpu_s": running.cpu_s,
              "peak_rss_byte": common.peak_byte(), "network_byte": network_byte,
              "rates_hz": {n: len(spikes[n][0]) / size / (time_ms * 1e-3) for n, size in zip(POPULATIONS, sizes)}}
    return result, spikes


def main():
    p = common.parser(__doc__.splitlines()[0])
    p.add_argument("--scale", type=float, default=1.0)
    p.add_argument("--drive", choices=["poisson", "dc"], default="poisson")
    a = p.parse_args()
    result, spikes = simulate(a.scale, a.drive, a.seed, a.threads, a.time, a.warmup)
    if a.spikes:
        np.savez_compressed(a.spikes, **{f"{n}_{k}": x for n, v in spikes.items() for k, x in zip(("times", "neurons"), v)})
    common.report(result, a.json)


if __name__ == "__main__":
    sys.exit(main())
