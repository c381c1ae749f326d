#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes stdp_nest.csv: weights of single plastic synapses in NEST 3.10 between two cells that fire at given times.

    bench/peers/setup; build/peers/bin/python tests/parity/data/make_stdp.py

Two parrots, so that spike times are those of the generators plus the connection's 1 ms. The last spike of the source is
the one that brings the weight up to date. Weight after it, with all digits. Of the synapse with dopamine the weight at the very end,
to which its volume transmitter brings it.
"""
import csv
import json
import pathlib

import nest
import numpy as np

FOLDER = pathlib.Path(__file__).resolve().parent
DT = 0.1
TAU_N = 200.0  # a spike of dopamine raises the concentration by 1 / TAU_N


def trains(seed):
    rng = np.random.default_rng(seed)
    source = np.unique(np.round(np.append(5, np.cumsum(rng.exponential(30, 60)) + 5), 1))
    # After the source's first: the nearest-neighbour synapses of NEST take a spike of the target before it for one that follows a
    # spike of the source at time 0.
    target = np.unique(np.round(np.cumsum(2.5 + rng.exponential(25, 60)) + 10, 1))
    source, target = source[source < 1500], target[target < 1500]
    return source.tolist() + [1600.0], target.tolist()


def weight(model, parameters, target_parameters, delay, source, target, start, dopamine):
    nest.ResetKernel()
    nest.set_verbosity("M_ERROR")
    nest.resolution = DT
    pre, post = nest.Create("parrot_neuron"), nest.Create("parrot_neuron", params=target_parameters)
    for times, cell in ((source, pre), (target, post)):
        g = nest.Create("spike_generator", params={"spike_times": [round(t - 1, 1) for t in times]})
        nest.Connect(g, cell, syn_spec={"delay": 1.0})
    if dopamine:  # a spike with stamp t reaches the volume at t + 1; synapses are brought up to date once, after 1700 minimal delays of 1 ms
        transmitter, cell = nest.Create("volume_transmitter", params={"deliver_interval": 1700}), nest.Create("parrot_neuron")
        g = nest.Create("spike_generator", params={"spike_times": [round(t - 2, 1) for t in dopamine]})
        nest.Connect(g, cell, syn_spec={"delay": 1.0})
        nest.Connect(cell, transmitter, syn_spec={"delay": 1.0})
        parameters = parameters | {"volume_transmitter": transmitter}
    nest.CopyModel(model, "plastic", parameters)
    nest.Connect(pre, post, syn_spec={"synapse_model": "plastic", "weight": start, "delay": delay, "receptor_type": 1})
    nest.Simulate(1700.0)
    return nest.GetConnections(synapse_model="plastic").weight


CASES = [
    # NEST's synapse, its parameters, the target's, our rule with its settings
    ("stdp_synapse", {"lambda": 0.02, "alpha": 1.1, "mu_plus": 1.0, "mu_minus": 1.0, "tau_plus": 15.0, "Wmax": 2.0}, {"tau_minus": 30.0},
     {"stdp": {"lambda": 0.02, "alpha": 1.1, "mu_plus": 1, "mu_minus": 1, "tau_plus": "15 ms", "tau_minus": "30 ms", "w_max": "2 mV"}}),
    ("stdp_synapse", {"lambda": 0.01, "alpha": 1.05, "mu_plus": 0.0, "mu_minus": 0.0, "tau_plus": 20.0, "Wmax": 2.0}, {"tau_minus": 20.0},
     {"stdp": {"lambda": 0.01, "alpha": 1.05, "mu_plus": 0, "mu_minus": 0, "w_max": "2 mV"}}),
    ("stdp_synapse", {"lambda": 0.03, "alpha": 0.9, "mu_plus": 0.4, "mu_minus": 0.7, "tau_plus": 20.0, "Wmax": 1.5}, {"tau_minus": 40.0},
     {"stdp": {"lambda": 0.03, "alpha": 0.9, "mu_plus": 0.4, "mu_minus": 0.7, "tau_minus": "40 ms", "w_max": "1.5 mV"}}),
    ("stdp_nn_symm_synapse", {"lambda": 0.02, "alpha": 1.0, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 2.0}, {"tau_minus": 20.0},
     {"stdp": {"lambda": 0.02, "mu_plus": 0, "mu_minus": 0, "w_max": "2 mV", "pairing": "symmetric"}}),
    ("stdp_nn_pre_centered_synapse", {"lambda": 0.02, "alpha": 1.0, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 2.0}, {"tau_minus": 20.0},
     {"stdp_presynaptic": {"lambda": 0.02, "mu_plus": 0, "mu_minus": 0, "w_max": "2 mV"}}),
    ("stdp_nn_restr_synapse", {"lambda": 0.02, "alpha": 1.0, "mu_plus": 0.0, "mu_minus": 0.0, "Wmax": 2.0}, {"tau_minus": 20.0},
     {"stdp": {"lambda": 0.02, "mu_plus": 0, "mu_minus": 0, "w_max": "2 mV", "pairing": "reduced"}}),
    ("stdp_pl_synapse_hom", {"lambda": 0.05, "alpha": 0.3, "mu": 0.4, "tau_plus": 15.0}, {"tau_minus": 30.0},
     {"stdp_power_law": {"lambda": 0.05, "alpha": 0.3, "mu": 0.4, "w_0": "1 mV", "tau_plus": "15 ms", "tau_minus": "30 ms"}}),
    ("vogels_sprekeler_synapse", {"eta": 0.01, "alpha": 0.3, "tau": 20.0, "Wmax": 4.0}, {"tau_minus": 20.0},
     {"stdp_inhibitory": {"eta": "0.01 mV", "rate": "7.5 Hz", "tau": "20 ms", "w_max": "4 mV"}}),
    ("stdp_triplet_synapse", {"Aplus": 0.004, "Aplus_triplet": 0.01, "Aminus": 0.006, "Aminus_triplet": 0.003, "tau_plus": 16.8, "tau_plus_triplet": 101.0, "Wmax": 100.0},
     {"tau_minus": 33.7, "tau_minus_triplet": 125.0},
     {"stdp_triplet": {"A2_plus": 4e-5, "A3_plus": 1e-4, "A2_minus": 6e-5, "A3_minus": 3e-5, "w_max": "100 mV"}}),
    ("stdp_dopamine_synapse", {"A_plus": 0.004, "A_minus": 0.0025, "tau_plus": 15.0, "tau_c": 300.0, "tau_n": TAU_N, "b": 0.01, "Wmin": 0.0, "Wmax": 10.0}, {"tau_minus": 30.0},
     {"stdp_dopamine": {"A_plus": "0.004 mV", "A_minus": "0.0025 mV", "tau_plus": "15 ms", "tau_minus": "30 ms", "tau_c": "300 ms", "b": 0.01, "w_max": "10 mV"}}),
]

if __name__ == "__main__":
    with open(FOLDER / "stdp_nest.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["nest", "synapse", "delay_ms", "start", "source_ms", "target_ms", "weight", "dopamine_ms"])
        for k, (model, parameters, target_parameters, ours) in enumerate(CASES):
            for delay in (1.0, 3.7):
                source, target = trains(10 * k + int(delay))
                dopamine = trains(1000 + 10 * k + int(delay))[1] if model == "stdp_dopamine_synapse" else []
                w = weight(model, parameters, target_parameters, delay, source, target, 1.0, dopamine)
                out.writerow([model, json.dumps(ours), delay, 1.0, " ".join(map(str, source)), " ".join(map(str, target)), repr(float(w)), " ".join(map(str, dopamine))])
