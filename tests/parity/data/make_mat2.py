#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A neuron with a moving threshold by NEST (mat2_psc_exp, its defaults, 600 pA, dt 0.1 ms): writes mat2_nest.csv beside this file.

One line each ms of 500: the potential, the threshold, and the spikes until then. Made with NEST 3.10.0.
"""
import pathlib

import nest

DURATION_MS = 500


def main():
    nest.ResetKernel()
    nest.resolution = 0.1
    cell = nest.Create("mat2_psc_exp", params={"I_e": 600.0, "V_m": -70.0})
    meter = nest.Create("multimeter", params={"interval": 0.1, "record_from": ["V_m", "V_th"]})
    spikes = nest.Create("spike_recorder")
    nest.Connect(meter, cell)
    nest.Connect(cell, spikes)
    nest.Simulate(DURATION_MS + 1.0)
    times = sorted(spikes.events["times"])
    record = {round(t * 10): (float(V), float(theta)) for t, V, theta in zip(meter.events["times"], meter.events["V_m"], meter.events["V_th"])}
    lines = ["time_ms,V_mV,threshold_mV,spikes"]
    for ms in range(1, DURATION_MS + 1):
        V, theta = record[10 * ms]
        lines.append(f"{ms},{V!r},{theta!r},{sum(round(10 * t) <= 10 * ms for t in times)}")
    pathlib.Path(__file__).with_name("mat2_nest.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
