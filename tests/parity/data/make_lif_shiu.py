#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Spike trains of lif_shiu networks (Shiu et al. 2024) as Brian2 computes them: the references of
test_larva.py and test_celegans.py.

    make_lif_shiu.py larva|celegans [--duration 1000] [--output FILE.csv.gz]

The model is the published one: its equations, `method="exact"`, float64, Brian2's default schedule, its numpy
target. Only the stimulus differs: the published PoissonInput is replaced by spikes from a file, given through
a SpikeGeneratorGroup and a synapse of zero delay onto v, which acts at the very place in the step where
PoissonInput acts (slot "synapses"). So two simulators can be given the same input.

Time stamps are Brian2's own. tests/parity/README.md says how they map to Ranvier's.
Run with the Python of bench/peers/setup (brian2 2.9.0, numpy 2.3.5).
"""
import argparse
import csv
import gzip
import json
import pathlib
import time

import numpy as np
import brian2 as b2
from brian2 import ms, mV

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[2] / "examples" / "data"

# Everything that is not in the edge list; test_*.py hold the example files against these.
NETWORKS = {
    "larva": dict(size=3016, weight_mV=0.275, kick_mV=68.75, delay_ms=1.8),
    "celegans": dict(size=302, weight_mV=1.5, kick_mV=68.75, delay_ms=1.8),
}


def columns(path, names, types):
    with gzip.open(path, "rt", newline="") as f:
        table = list(csv.DictReader(f))
    return [np.array([row[n] for row in table], dtype=t) for n, t in zip(names, types)]


def simulate(name, duration_ms):
    """Runs one network; returns (spike times in steps, neurons, wall seconds)."""
    p, folder = NETWORKS[name], EXAMPLES / name
    source, target, count = columns(folder / "edges.csv.gz", ["source", "target", "synapses"], [int, int, float])
    hit, when = columns(folder / "stimulus.csv.gz", ["neuron", "time"], [int, float])
    kept = when < duration_ms - 0.05
    hit, when = hit[kept], when[kept]
    (t_ref,) = columns(folder / "neurons.csv.gz", ["t_ref"], [float])

    b2.prefs.codegen.target = "numpy"
    b2.defaultclock.dt = 0.1 * ms
    space = dict(v_0=-52 * mV, v_rst=-52 * mV, v_th=-45 * mV, t_mbr=20 * ms, tau=5 * ms)
    neurons = b2.NeuronGroup(
        p["size"],
        """dv/dt = (v_0 - v + g) / t_mbr : volt (unless refractory)
           dg/dt = -g / tau : volt (unless refractory)
           rfc : second""",
        method="exact", threshold="v > v_th", reset="v = v_rst; g = 0*mV", refractory="rfc", namespace=space)
    neurons.v = -52 * mV
    neurons.g = 0 * mV
    neurons.rfc = t_ref * ms
    synapses = b2.Synapses(neurons, neurons, "w : volt", on_pre="g += w", delay=p["delay_ms"] * ms)
    synapses.connect(i=source, j=target)
    synapses.w = p["weight_mV"] * count * mV
    stimulus = b2.SpikeGeneratorGroup(int(hit.max()) + 1, hit, when * ms)
    kick = b2.Synapses(stimulus, neurons, on_pre="v += kick_mV*mV", namespace=dict(kick_mV=p["kick_mV"]))
    kick.connect(j="i")
    monitor = b2.SpikeMonitor(neurons)
    start = time.perf_counter()
    b2.run(duration_ms * ms)
    wall = time.perf_counter() - start
    return np.rint(np.asarray(monitor.t / ms) * 10).astype(int), np.asarray(monitor.i), wall


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("network", choices=sorted(NETWORKS))
    parser.add_argument("--duration", type=float, default=1000, help="ms")
    parser.add_argument("--output")
    a = parser.parse_args()
    step, neuron, wall = simulate(a.network, a.duration)
    order = np.lexsort((neuron, step))
    text = "step,neuron\n" + "".join(f"{s},{i}\n" for s, i in zip(step[order], neuron[order]))
    path = pathlib.Path(a.output or HERE / f"{a.network}_brian2.csv.gz")
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as f:
        f.write(text.encode())
    print(json.dumps({"network": a.network, "brian2": b2.__version__, "numpy": np.__version__,
                      "duration_ms": a.duration, "spikes": len(step), "active": len(set(neuron.tolist())),
                      "wall_s": round(wall, 1), **NETWORKS[a.network]}))


if __name__ == "__main__":
    main()
