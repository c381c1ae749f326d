#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes neurons.csv.gz, edges.csv.gz, gaps.csv.gz and stimulus.csv.gz of this folder from published tables of C. elegans.

    make.py NEURONS CONNECTOME [--seed 7] [--rate 200] [--duration 1000]

NEURONS     csv, one row per neuron (302): name, types ("sensory", "interneuron", "motor", joined by
            ";"), neurotransmitters (joined by ";")
CONNECTOME  csv, one row per connection: pre, post (names), type ("chemical" or "gap"), count of synapses

Both come from openworm/c302 (see README.md). Needs only the standard library and numpy; the same arguments
give the same bytes.
"""
import argparse
import csv
import gzip
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent

DRIVEN = ["ASHL", "ASHR", "FLPL", "FLPR"]  # the nose-touch neurons come first, so that [0:4] names them


def kind(row):
    """One word per neuron; those of mixed type count as what comes first on the way to the muscle."""
    if row["name"] in DRIVEN:
        return "nose_touch"
    types = row["types"].split(";")
    return next((t for t in ("sensory", "interneuron", "motor") if t in types), "unknown")


def sign(row):
    """-1 for the neurons whose table entry names GABA, +1 for all others: README.md says what that ignores."""
    return -1 if "GABA" in row["neurotransmitters"].split(";") else 1


def rows(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def write(name, header, table):
    text = "\n".join([header] + [",".join(str(x) for x in row) for row in table]) + "\n"
    with open(HERE / name, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as f:
        f.write(text.encode())
    print(f"{name}: {len(table)} rows")


def gaps(connectome, new):
    """Each pair of neurons with gap junctions once, the lower index first, with the number of junctions. The table lists
    nearly all of them from both sides; where the sides differ the larger count is taken. Self-couplings are left out."""
    count = {}
    for e in connectome:
        if e["type"] == "gap" and e["pre"] != e["post"]:
            pair = tuple(sorted((new[e["pre"]], new[e["post"]])))
            count[pair] = max(count.get(pair, 0), int(e["count"]))
    return sorted((a, b, n) for (a, b), n in count.items())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("neurons")
    parser.add_argument("connectome")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=200, help="of each driven neuron, Hz")
    parser.add_argument("--duration", type=float, default=1000, help="ms")
    parser.add_argument("--dt", type=float, default=0.1, help="grid of the spike times, ms")
    a = parser.parse_args()

    order = ["nose_touch", "sensory", "interneuron", "motor", "unknown"]
    neurons = sorted(rows(a.neurons), key=lambda n: (order.index(kind(n)), n["name"]))
    new = {n["name"]: i for i, n in enumerate(neurons)}
    signs = [sign(n) for n in neurons]
    write("neurons.csv.gz", "neuron,name,kind,neurotransmitters,sign,t_ref",
          [(i, n["name"], kind(n), n["neurotransmitters"], signs[i],
            0 if n["name"] in DRIVEN else 2.2) for i, n in enumerate(neurons)])

    connectome = rows(a.connectome)
    write("edges.csv.gz", "source,target,synapses",
          sorted((new[e["pre"]], new[e["post"]], signs[new[e["pre"]]] * int(e["count"]))
                 for e in connectome if e["type"] == "chemical"))
    write("gaps.csv.gz", "source,target,junctions", gaps(connectome, new))

    steps = round(a.duration / a.dt)
    rng = np.random.Generator(np.random.PCG64(a.seed))
    hits = rng.random((len(DRIVEN), steps)) < a.rate * a.dt * 1e-3  # at most one spike a step
    write("stimulus.csv.gz", "neuron,time",
          [(int(i), f"{s * a.dt:.1f}") for s, i in sorted((int(s), int(i)) for i, s in zip(*np.nonzero(hits)))])

    first = {}
    for i, n in enumerate(neurons):
        first.setdefault(kind(n), [i, i])[1] = i + 1
    for name, (low, high) in first.items():
        print(f"  {name:12s} [{low}:{high}]")


if __name__ == "__main__":
    main()
