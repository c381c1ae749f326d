#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes neurons.csv.gz, edges.csv.gz and stimulus.csv.gz of this folder from the published larva connectome.

    make.py NODES EDGES [--seed 7] [--rate 200] [--duration 1000]

NODES  csv.gz, one row per reconstructed neuron: index, skeleton_id, name, hemisphere, simple_group,
       merge_class, brain_and_inputs (0 or 1)
EDGES  csv.gz, one row per directed pair: pre, post (values of NODES.index), synapses (a count)

Both hold what meta_data.csv and G_edgelist.txt of neurodata/bilateral-connectome hold (see README.md).
Needs only the Python standard library and numpy; the same arguments give the same bytes.
"""
import argparse
import csv
import gzip
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent

# Neurons of one kind lie side by side, so that a slice of the population names them: senses first, then
# roughly along the way to the outputs.
ORDER = ["sens-ORN", "sens-photoRh5", "sens-photoRh6", "sens-thermo", "sens-MN", "sens-AN", "sens-vtd",
         "ascendings", "LNs", "PNs", "PNs-somato", "LHNs", "KCs", "MBINs", "MBONs", "FFNs", "MB-FBNs", "CNs",
         "pre-dVNCs", "pre-dSEZs", "dVNCs", "dSEZs", "RGNs", "unk"]
DRIVEN = ORDER[0]  # the olfactory receptor neurons; like the published model's, without refractory period


def kind(node):
    """The group used here: the modality of a sensory neuron, else the class of the cell-type table."""
    return node["merge_class"] if node["merge_class"].startswith("sens-") else node["simple_group"]


def sign(node):
    """+1 or -1: the reconstruction has no transmitters, so this is a rule by class (README.md says why)."""
    if "ChalOLP" in node["name"]:  # the name says it: cholinergic optic-lobe pioneer
        return 1
    if node["simple_group"] == "LNs" or node["merge_class"] == "APL":
        return -1
    return 1


def rows(path):
    with gzip.open(path, "rt", newline="") as f:
        return list(csv.DictReader(f))


def write(name, header, table):
    text = "\n".join([header] + [",".join(str(x) for x in row) for row in table]) + "\n"
    with open(HERE / name, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as f:
        f.write(text.encode())
    print(f"{name}: {len(table)} rows")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("nodes")
    parser.add_argument("edges")
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--rate", type=float, default=200, help="of each driven neuron, Hz")
    parser.add_argument("--duration", type=float, default=1000, help="ms")
    parser.add_argument("--dt", type=float, default=0.1, help="grid of the spike times, ms")
    a = parser.parse_args()

    nodes = [n for n in rows(a.nodes) if n["brain_and_inputs"] == "1"]
    nodes.sort(key=lambda n: (ORDER.index(kind(n)), n["merge_class"], int(n["index"])))
    new = {n["index"]: i for i, n in enumerate(nodes)}
    signs = [sign(n) for n in nodes]

    clean = lambda s: s.replace(",", ";").replace('"', "'").strip()
    write("neurons.csv.gz", "neuron,skeleton_id,name,hemisphere,kind,class,sign,t_ref",
          [(i, n["skeleton_id"], clean(n["name"]), n["hemisphere"], kind(n), clean(n["merge_class"]), signs[i],
            0 if kind(n) == DRIVEN else 2.2) for i, n in enumerate(nodes)])

    edges = sorted((new[e["pre"]], new[e["post"]], signs[new[e["pre"]]] * int(e["synapses"]))
                   for e in rows(a.edges) if e["pre"] in new and e["post"] in new)
    write("edges.csv.gz", "source,target,synapses", edges)

    driven = [i for i, n in enumerate(nodes) if kind(n) == DRIVEN]
    steps = round(a.duration / a.dt)
    rng = np.random.Generator(np.random.PCG64(a.seed))
    hits = rng.random((len(driven), steps)) < a.rate * a.dt * 1e-3  # at most one spike a step
    write("stimulus.csv.gz", "neuron,time",
          [(int(i), f"{s * a.dt:.1f}") for s, i in sorted((int(s), int(i)) for i, s in zip(*np.nonzero(hits)))])

    first = {}
    for i, n in enumerate(nodes):
        first.setdefault(kind(n), [i, i])[1] = i + 1
    for name, (low, high) in first.items():
        print(f"  {name:14s} [{low}:{high}]")


if __name__ == "__main__":
    main()
