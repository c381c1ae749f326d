#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Brian2's exponential Euler gives for three cells of COBAHH without synapses: hh_traub_brian2.csv beside this script.

    make_hh_traub.py [--output FILE]

The equations of Brian2's example COBAHH, dt 0.1 ms, gates in equilibrium at the start; one row a millisecond.
Run with the Python of bench/peers/setup (brian2 2.9.0).
"""
import argparse
import pathlib

import brian2 as b2
from brian2 import ms, mV, nS, pA, pF  # noqa: F401

HERE = pathlib.Path(__file__).resolve().parent
CURRENTS_PA = [0, 100, 500]
V_MV = [-60, -65, -70]  # where the cells start
DURATION_MS = 100

EQUATIONS = """
dv/dt = (gl * (El - v) - g_na * (m * m * m) * h * (v - ENa) - g_kd * (n * n * n * n) * (v - EK) + I) / Cm : volt
dm/dt = alpha_m * (1 - m) - beta_m * m : 1
dn/dt = alpha_n * (1 - n) - beta_n * n : 1
dh/dt = alpha_h * (1 - h) - beta_h * h : 1
alpha_m = 0.32 * mV**-1 * 4 * mV / exprel((13 * mV - v + VT) / (4 * mV)) / ms : Hz
beta_m = 0.28 * mV**-1 * 5 * mV / exprel((v - VT - 40 * mV) / (5 * mV)) / ms : Hz
alpha_h = 0.128 * exp((17 * mV - v + VT) / (18 * mV)) / ms : Hz
beta_h = 4. / (1 + exp((40 * mV - v + VT) / (5 * mV))) / ms : Hz
alpha_n = 0.032 * mV**-1 * 5 * mV / exprel((15 * mV - v + VT) / (5 * mV)) / ms : Hz
beta_n = .5 * exp((10 * mV - v + VT) / (40 * mV)) / ms : Hz
I : amp
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--output", default=HERE / "hh_traub_brian2.csv", type=pathlib.Path)
    a = parser.parse_args()
    b2.prefs.codegen.target = "numpy"
    b2.defaultclock.dt = 0.1 * ms
    group = b2.NeuronGroup(
        len(CURRENTS_PA), EQUATIONS, threshold="v > -20 * mV", refractory=3 * ms, method="exponential_euler",
        namespace=dict(Cm=200 * pF, gl=10 * nS, g_na=20000 * nS, g_kd=6000 * nS, El=-60 * mV, EK=-90 * mV, ENa=50 * mV, VT=-63 * mV))
    group.v = V_MV * mV
    group.I = CURRENTS_PA * pA
    for gate in "mhn":
        setattr(group, gate, f"alpha_{gate} / (alpha_{gate} + beta_{gate})")
    spikes = b2.SpikeMonitor(group)
    net = b2.Network(group, spikes)
    lines = ["time_ms,cell,I_pA,V_start_mV,V_m,m,h,n,spikes"]
    for time in range(1, DURATION_MS + 1):
        net.run(1 * ms)
        for cell, (current, start) in enumerate(zip(CURRENTS_PA, V_MV)):
            values = (group.v[cell] / mV, group.m[cell], group.h[cell], group.n[cell])
            lines.append(f"{time},{cell},{current},{start}," + ",".join(f"{float(x):.15g}" for x in values) + f",{spikes.count[cell]}")
    a.output.write_text("\n".join(lines) + "\n")
    print(f"Brian2 {b2.__version__}: spikes {list(spikes.count)}")


if __name__ == "__main__":
    main()
