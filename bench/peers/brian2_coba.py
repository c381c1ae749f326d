#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""COBA (Vogels & Abbott 2005; Brette et al. 2007, benchmark 1) in Brian2: the peer of examples/coba.toml.

    brian2_coba.py [--neurons 4000] [--threads 1] [--seed 1] [--time 1000] [--warmup 500] [--json]

80 % excitatory, 80 inputs per neuron on average at every size, weights 6 and 67 nS at g_L 10 nS, E_L -60 mV. Open
conductances at the start wake it; then it keeps itself going. With a delay of one step.
"""
import shutil
import sys

import brian2 as b2
from brian2 import ms, mV, nS, pF

import brian2_standalone as standalone
import common

def main():
    p = common.parser(__doc__.splitlines()[0], threads=1)
    p.add_argument("--neurons", type=int, default=4000)
    p.add_argument("--precision", choices=["single", "double"], default="double")
    a = p.parse_args()
    folder = standalone.start(a.threads, a.seed, a.precision)
    n, n_e = a.neurons, a.neurons * 4 // 5
    standalone.mark("start")
    group = b2.NeuronGroup(
        n, """dv/dt = (gl * (El - v) + ge * (Ee - v) + gi * (Ei - v)) / C : volt (unless refractory)
              dge/dt = -ge / taue : siemens
              dgi/dt = -gi / taui : siemens""",
        threshold="v > Vt", reset="v = Vr", refractory=5 * ms, method="exponential_euler",
        namespace=dict(C=200 * pF, gl=10 * nS, taue=5 * ms, taui=10 * ms, Vt=-50 * mV, Vr=-60 * mV, El=-60 * mV, Ee=0 * mV,
                       Ei=-80 * mV))
    group.v = "(-65 + 5 * randn()) * mV"
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
