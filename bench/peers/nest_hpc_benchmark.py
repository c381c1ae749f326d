#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""NEST's hpc_benchmark at scale 1, 11,250 neurons with STDP: the peer of examples/hpc_benchmark.toml.

    nest_hpc_benchmark.py [--threads 2] [--seed 1] [--time 250] [--warmup 50] [--json]

As NEST's example hpc_benchmark.py: 9,000 excitatory and 2,250 inhibitory neurons, 11,250 inputs each, power-law STDP from
excitatory to excitatory (stdp_pl_synapse_hom_hpc), delay 1.5 ms.
"""
import sys

import nest
import numpy as np
from scipy.special import lambertw

import common

N_E, N_I = 9000, 2250
TAU_M_MS, C_M_PF, TAU_SYN_MS, THETA_MV, DELAY_MS, J_MV, G, ETA = 10.0, 250.0, 0.32582722403722841, 20.0, 1.5, 0.14, -5.0, 1.685


def psp_peak():
    """Peak (mV) of the potential after an alpha-shaped current of 1 pA peak."""
    a, b = TAU_M_MS / TAU_SYN_MS, 1 / TAU_SYN_MS - 1 / TAU_M_MS
    t = 1 / b * (-lambertw(-np.exp(-1 / a) / a, k=-1).real - 1 / a)
    return (np.e / TAU_SYN_MS / C_M_PF / b) * ((np.exp(-t / TAU_M_MS) - np.exp(-t / TAU_SYN_MS)) / b - t * np.exp(-t / TAU_SYN_MS))


def main():
    a = common.parser(__doc__.splitlines()[0], time=250, warmup=50).parse_args()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.set(resolution=0.1, local_num_threads=a.threads, rng_seed=a.seed, overwrite_files=True)
    before = common.resident_byte()
    weight = J_MV / psp_peak()
    rate = 1000 * ETA * THETA_MV / (N_E * TAU_M_MS / C_M_PF * weight * np.e * TAU_SYN_MS) * N_E
    neuron = dict(C_m=C_M_PF, tau_m=TAU_M_MS, t_ref=0.5, E_L=0.0, V_reset=0.0, V_th=THETA_MV, tau_syn_ex=TAU_SYN_MS, tau_syn_in=TAU_SYN_MS, tau_minus=30.0)
    with common.Stopwatch() as building:
        excitatory, inhibitory = nest.Create("iaf_psc_alpha", N_E, params=neuron), nest.Create("iaf_psc_alpha", N_I, params=neuron)
        for cells in (excitatory, inhibitory):
            cells.V_m = nest.random.normal(5.7, 7.2)
        drive = nest.Create("poisson_generator", params={"rate": rate})
        nest.SetDefaults("static_synapse_hpc", {"delay": DELAY_MS})
        nest.CopyModel("static_synapse_hpc", "syn_ex", {"weight": weight})
        nest.CopyModel("static_synapse_hpc", "syn_in", {"weight": G * weight})
        stdp = {"delay": DELAY_MS, "alpha": 0.0513, "lambda": 0.1, "mu": 0.4, "tau_plus": 15.0, "weight": weight}
        nest.SetDefaults("stdp_pl_synapse_hom_hpc", stdp)
        nest.Connect(drive, excitatory + inhibitory, syn_spec="syn_ex")
        rule = {"rule": "fixed_indegree", "allow_autapses": False, "allow_multapses": True}
        nest.Connect(excitatory, excitatory, {**rule, "indegree": N_E}, "stdp_pl_synapse_hom_hpc")
        nest.Connect(inhibitory, excitatory, {**rule, "indegree": N_I}, "syn_in")
        nest.Connect(excitatory, inhibitory, {**rule, "indegree": N_E}, "syn_ex")
        nest.Connect(inhibitory, inhibitory, {**rule, "indegree": N_I}, "syn_in")
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
    common.report({"peer": f"NEST {nest.__version__}", "threads": a.threads, "seed": a.seed, "duration_ms": a.time, "neurons": N_E + N_I,
                   "synapses": (N_E + N_I) * (N_E + N_I), "build_s": building.wall_s, "simulate_s": running.wall_s, "cpu_s": running.cpu_s,
                   "peak_rss_byte": common.peak_byte(), "network_byte": network_byte, "weight": weight, "drive_hz": rate,
                   "rates_hz": {n: len(e["times"]) / size / (a.time * 1e-3) for (n, e), size in zip(spikes.items(), (N_E, N_I))}}, a.json)


if __name__ == "__main__":
    sys.exit(main())
