#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""COBAHH (Brette et al. 2007, benchmark 3) in Brian2: the peer of examples/cobahh.toml.

    brian2_cobahh.py [--neurons 4000] [--threads 1] [--seed 1] [--time 1000] [--warmup 500] [--json]

The equations, parameters, method and threshold of Brian2's own example COBAHH. Otherwise than there: 80 inputs per neuron
at every size, gates in equilibrium and conductances not negative at the start, and a delay of one step.
"""
import shutil
import sys

import brian2 as b2
from brian2 import ms, mV, nS, pF

import brian2_standalone as standalone
import common

EQUATIONS = """
dv/dt = (gl * (El - v) + ge * (Ee - v) + gi * (Ei - v) - g_na * (m * m * m) * h * (v - ENa) - g_kd * (n * n * n * n) * (v - EK)) / Cm : volt
dm/dt = alpha_m * (1 - m) - beta_m * m : 1
dn/dt = alpha_n * (1 - n) - beta_n * n : 1
dh/dt = alpha_h * (1 - h) - beta_h * h : 1
dge/dt = -ge / taue : siemens
dgi/dt = -gi / taui : siemens
alpha_m = 0.32 * mV**-1 * 4 * mV / exprel((13 * mV - v + VT) / (4 * mV)) / ms : Hz
beta_m = 0.28 * mV**-1 * 5 * mV / exprel((v - VT - 40 * mV) / (5 * mV)) / ms : Hz
alpha_h = 0.128 * exp((17 * mV - v + VT) / (18 * mV)) / ms : Hz
beta_h = 4. / (1 + exp((40 * mV - v + VT) / (5 * mV))) / ms : Hz
alpha_n = 0.032 * mV**-1 * 5 * mV / exprel((15 * mV - v + VT) / (5 * mV)) / ms : Hz
beta_n = .5 * exp((10 * mV - v + VT) / (40 * mV)) / ms : Hz
"""


def main():
    p = common.parser(__doc__.splitlines()[0], threads=1)
    p.add_argument("--neurons", type=int, default=4000)
    p.add_argument("--precision", choices=["single", "double"], default="double")
    a = p.parse_args()
    folder = standalone.start(a.threads, a.seed, a.precision)
    n, n_e = a.neurons, a.neurons * 4 // 5
    standalone.mark("start")
    group = b2.NeuronGroup(
        n, EQUATIONS, threshold="v > -20 * mV", refractory=3 * ms, method="exponential_euler",
        namespace=dict(Cm=200 * pF, gl=10 * nS, g_na=20000 * nS, g_kd=6000 * nS, El=-60 * mV, EK=-90 * mV, ENa=50 * mV,
                       VT=-63 * mV, taue=5 * ms, taui=10 * ms, Ee=0 * mV, Ei=-80 * mV))
    group.v = "(-65 + 5 * randn()) * mV"
    group.m = "alpha_m / (alpha_m + beta_m)"
    group.h = "alpha_h / (alpha_h + beta_h)"
    group.n = "alpha_n / (alpha_n + beta_n)"
    group.ge = "clip(40 + 15 * randn(), 0, inf) * nS"
    group.gi = "clip(200 + 120 * randn(), 0, inf) * nS"
    excitatory = b2.Synapses(group[:n_e], group, on_pre="ge += 6*nS", delay=0.1 * ms)
    inhibitory = b2.Synapses(group[n_e:], group, on_pre="gi += 67*nS", delay=0.1 * ms)
    excitatory.connect(p=80 / n)
    inhibitory.connect(p=80 / n)
    monitor = b2.SpikeMonitor(group)
    net = b2.Network(group, excitatory, inhibitory, monitor)
    result = standalone.measure(net, folder, a.warmup, a.time)
    result.update(threads=a.threads, seed=a.seed, neurons=n, synapses=len(excitatory) + len(inhibitory),
                  rates_hz=standalone.rates(monitor, {"E": n_e, "I": n - n_e}, a.warmup, a.time))
    shutil.rmtree(folder, ignore_errors=True)
    common.report(result, a.json)


if __name__ == "__main__":
    sys.exit(main())
