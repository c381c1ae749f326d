#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Brunel's (2000) balanced network, 12,500 neurons, in NEST: the peer of examples/brunel.toml.

    nest_brunel.py --synapse delta|alpha [--threads 2] [--seed 1] [--time 1000] [--warmup 500] [--json]

NEST's own examples brunel_delta_nest.py and brunel_alpha_nest.py at order 2500: 10,000 excitatory and 2,500 inhibitory neurons,
1,000 + 250 inputs each, J 0.1 mV, g 5, eta 2, delay 1.5 ms; about 32 spikes/s.
"""
import sys

import nest
import numpy as np
from scipy.special import lambertw

import common

N_E, N_I, C_E, C_I = 10000, 2500, 1000, 250
J_MV, G, ETA, DELAY_MS = 0.1, 5.0, 2.0, 1.5
THETA_MV, TAU_M_MS, T_REF_MS, TAU_SYN_MS, C_M_PF = 20.0, 20.0, 2.0, 0.5, 250.0


def psp_peak():
    """Peak (mV) of the potential after an alpha-shaped current of 1 pA peak."""
    a, b = TAU_M_MS / TAU_SYN_MS, 1 / TAU_SYN_MS - 1 / TAU_M_MS
    t = 1 / b * (-lambertw(-np.exp(-1 / a) / a, k=-1).real - 1 / a)
    return (np.e / TAU_SYN_MS / C_M_PF / b) * ((np.exp(-t / TAU_M_MS) - np.exp(-t / TAU_SYN_MS)) / b - t * np.exp(-t / TAU_SYN_MS))


def parameters(synapse):
    """NEST model, its parameters, excitatory weight and the rate of each neuron's external drive (Hz)."""
    neuron = dict(C_m=C_M_PF, tau_m=TAU_M_MS, t_ref=T_REF_MS, E_L=0.0, V_reset=0.0, V_m=0.0, V_th=THETA_MV)
    if synapse == "delta":
        return "iaf_psc_delta", neuron, J_MV, 1000 * ETA * THETA_MV / (J_MV * TAU_M_MS)
    weight = J_MV / psp_peak()
    rate = 1000 * ETA * THETA_MV * C_M_PF / (weight * np.e * TAU_M_MS * TAU_SYN_MS)
    return "iaf_psc_alpha", {**neuron, "tau_syn_ex": TAU_SYN_MS, "tau_syn_in": TAU_SYN_MS}, weight, rate


def main():
    p = common.parser(__doc__.splitlines()[0])
    p.add_argument("--synapse", choices=["delta", "alpha"], required=True)
    a = p.parse_args()
    model, neuron, weight, rate = parameters(a.synapse)
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=0.1, local_num_threads=a.threads, rng_seed=a.seed)
    before = common.resident_byte()
    with common.Stopwatch() as building:
        excitatory, inhibitory = nest.Create(model, N_E, params=neuron), nest.Create(model, N_I, params=neuron)
        everyone = excitatory + inhibitory
        drive = nest.Create("poisson_generator", params={"rate": rate})
        nest.CopyModel("static_synapse_hom_w", "excitatory", {"weight": weight, "delay": DELAY_MS})
        nest.CopyModel("static_synapse_hom_w", "inhibitory", {"weight": -G * weight, "delay": DELAY_MS})
        nest.Connect(drive, everyone, syn_spec="excitatory")
        nest.Connect(excitatory, everyone, {"rule": "fixed_indegree", "indegree": C_E}, "excitatory")
        nest.Connect(inhibitory, everyone, {"rule": "fixed_indegree", "indegree": C_I}, "inhibitory")
        recorders = [nest.Create("spike_recorder", params={"start": a.warmup}) for _ in range(2)]
        nest.Connect(excitatory, recorders[0])
        nest.Connect(inhibitory, recorders[1])
        nest.Prepare()
    network_byte = common.resident_byte() - before
    nest.Run(a.warmup)
    with common.Stopwatch() as running:
        nest.Run(a.time)
    nest.Cleanup()
    spikes = {"E": recorders[0].events, "I": recorders[1].events}
    if a.spikes:
        np.savez_compressed(a.spikes, **{f"{n}_{k}": v for n, e in spikes.items() for k, v in
                                         (("times", e["times"] - a.warmup), ("neurons", e["senders"] - (1 if n == "E" else N_E + 1)))})
    common.report({"peer": f"NEST {nest.__version__}", "threads": a.threads, "seed": a.seed, "synapse": a.synapse,
                   "duration_ms": a.time, "neurons": N_E + N_I, "synapses": (N_E + N_I) * (C_E + C_I),
                   "build_s": building.wall_s, "simulate_s": running.wall_s, "cpu_s": running.cpu_s,
                   "peak_rss_byte": common.peak_byte(), "network_byte": network_byte, "weight": weight, "drive_hz": rate,
                   "rates_hz": {n: len(e["times"]) / size / (a.time * 1e-3)
                                for (n, e), size in zip(spikes.items(), (N_E, N_I))}}, a.json)


if __name__ == "__main__":
    sys.exit(main())
