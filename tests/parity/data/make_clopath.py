#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes clopath_nest.csv: the potential of a cell in NEST 3.10, and weights of two voltage-dependent synapses onto it.

    bench/peers/setup; build/peers/bin/python tests/parity/data/make_clopath.py

Rows: "source", times of the source's spikes [ms]; "weight", delay [ms] and weight at the end; "V_m", potential after each step [mV].
A third synapse is made last and not looked at: where the synapses onto a cell have read its history in turn, NEST 3.10 forgets
what the last one has still to read, and its weight then lacks single depressions.
"""
import csv
import pathlib

import nest

FOLDER = pathlib.Path(__file__).resolve().parent
SOURCE = [20.0, 60.0, 66.5, 100.0, 140.0, 180.0, 220.0, 270.0, 290.0]
DRIVE = [30.0, 55.0, 105.0, 112.0, 150.0, 165.0, 215.0, 225.0]
DELAYS = [1.0, 3.7, 5.0]

if __name__ == "__main__":
    nest.ResetKernel()
    nest.resolution = 0.1
    # One compartment: spikes are clamped at 33 mV for 2 ms; filtered potentials count 5 ms later.
    target = nest.Create("aeif_psc_delta_clopath", params={"A_LTD": 14e-5, "A_LTP": 8e-5, "theta_minus": -70.6, "theta_plus": -45.3, "delay_u_bars": 5.0})
    source = nest.Create("parrot_neuron")
    nest.Connect(nest.Create("spike_generator", params={"spike_times": [t - 1 for t in SOURCE]}), source, syn_spec={"delay": 1.0})
    nest.Connect(nest.Create("spike_generator", params={"spike_times": DRIVE}), target, syn_spec={"weight": 40.0, "delay": 1.0})
    meter = nest.Create("multimeter", params={"record_from": ["V_m"], "interval": 0.1})
    nest.Connect(meter, target)
    for k, delay in enumerate(DELAYS):
        nest.CopyModel("clopath_synapse", f"clopath_{k}", {"tau_x": 15.0, "Wmin": 0.0, "Wmax": 1.0})
        nest.Connect(source, target, syn_spec={"synapse_model": f"clopath_{k}", "weight": 0.01, "delay": delay})
    nest.Simulate(300.0)
    with open(FOLDER / "clopath_nest.csv", "w", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["what", "value", "value_2"])
        for t in SOURCE:
            out.writerow(["source", t, ""])
        for k, delay in enumerate(DELAYS[:-1]):
            out.writerow(["weight", delay, repr(float(nest.GetConnections(synapse_model=f"clopath_{k}").weight))])
        for v in meter.events["V_m"]:
            out.writerow(["V_m", f"{v:.6f}", ""])
