#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The fly-size network made by bench/networks/fly.py in Brian2 (C++ standalone): it checks Ranvier's answer.

    brian2_fly.py --folder FOLDER [--threads 1] [--time 1000] [--warmup 100] [--json]

The same edges and the same stimulus spikes as Ranvier reads. Needs about 4 GB of memory.
"""
import csv
import gzip
import json
import pathlib
import shutil
import sys

import brian2 as b2
import h5py
import numpy as np
from brian2 import ms, mV

import brian2_standalone as standalone
import common

DRIVEN = 21


def edges(folder):
    """Sources, targets, signed counts of all edges, numbered with the driven neurons first."""
    parts = []
    with h5py.File(folder / "edges.h5", "r") as f:
        for name, shift in (("driven", 0), ("fly", DRIVEN)):
            g = f[name]
            parts.append((np.array(g["source"]) + shift, np.array(g["target"]) + DRIVEN, np.array(g["synapses"])))
    return [np.concatenate(p) for p in zip(*parts)]


def main():
    p = common.parser(__doc__.splitlines()[0], threads=1, warmup=100)
    p.add_argument("--folder", type=pathlib.Path, required=True)
    a = p.parse_args()
    source, target, count = edges(a.folder)
    made = json.loads((a.folder / "fly.json").read_text())
    n = made["neurons"]
    with gzip.open(a.folder / "stimulus.csv.gz", "rt", newline="") as f:
        rows = [(int(r["neuron"]), float(r["time"])) for r in csv.DictReader(f)]
    hit, when = (np.array(c) for c in zip(*[r for r in rows if r[1] < a.warmup + a.time - 0.05]))

    folder = standalone.start(a.threads, a.seed)
    standalone.mark("start")
    group = b2.NeuronGroup(
        n, """dv/dt = (v_0 - v + g) / t_mbr : volt (unless refractory)
              dg/dt = -g / tau : volt (unless refractory)
              rfc : second""",
        method="exact", threshold="v > v_th", reset="v = v_0; g = 0*mV", refractory="rfc",
        namespace=dict(v_0=-52 * mV, v_th=-45 * mV, t_mbr=20 * ms, tau=5 * ms))
    group.v = -52 * mV
    group.rfc = np.where(np.arange(n) < DRIVEN, 0.0, 2.2) * ms
    synapses = b2.Synapses(group, group, "w : volt", on_pre="g += w", delay=1.8 * ms)
    synapses.connect(i=source, j=target)
    synapses.w = 0.275 * count * mV
    stimulus = b2.SpikeGeneratorGroup(DRIVEN, hit, when * ms)
    kick = b2.Synapses(stimulus, group, on_pre="v += 68.75*mV")
    kick.connect(j="i")
    monitor = b2.SpikeMonitor(group)
    net = b2.Network(group, synapses, stimulus, kick, monitor)
    result = standalone.measure(net, folder, a.warmup, a.time)
    sizes = {"driven": DRIVEN, "fly": n - DRIVEN}
    result.update(threads=a.threads, seed=a.seed, neurons=n, synapses=len(source),
                  active=len(np.unique(np.asarray(monitor.i))), rates_hz=standalone.rates(monitor, sizes, a.warmup, a.time))
    result["spikes_per_s"] = sum(result["rates_hz"][k] * s for k, s in sizes.items())
    if a.spikes:
        np.savez_compressed(a.spikes, times=np.asarray(monitor.t / ms), neurons=np.asarray(monitor.i))
    shutil.rmtree(folder, ignore_errors=True)
    common.report(result, a.json)


if __name__ == "__main__":
    sys.exit(main())
