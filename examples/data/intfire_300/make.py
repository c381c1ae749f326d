#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the tables of this folder, and the reference of the parity test, from SONATA's example 300_intfire.

    make.py FOLDER        FOLDER is examples/300_intfire of AllenInstitute/sonata (see README.md)

Applies what the configuration files say and Ranvier's network file has no words for: edge types chosen by queries
(weight = sign x syn_weight x nsyns) and node types (time constants). Needs numpy and h5py; the same input gives the
same bytes.
"""
import argparse
import csv
import gzip
import json
import pathlib

import h5py
import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
REFERENCE = HERE.parents[2] / "tests" / "parity" / "data" / "intfire_300_spikes.csv.gz"


def types(path, key):
    """{id: row} of a space-separated table of node or edge types."""
    with open(path, newline="") as f:
        return {int(row[key]): row for row in csv.DictReader(f, delimiter=" ")}


def component(folder, kind, name):
    return json.loads((folder.parent / "shared_components" / kind / name).read_text())


def write(path, header, columns, formats):
    text = "\n".join([header] + [",".join(f.format(x) for f, x in zip(formats, row)) for row in zip(*columns)]) + "\n"
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as f:
        f.write(text.encode())
    print(f"{path.name}: {len(columns[0])} rows")


def neurons(folder):
    table = types(folder / "network" / "v1_node_types.csv", "node_type_id")
    with h5py.File(folder / "network" / "v1_nodes.h5", "r") as f:
        ids, kinds = f["nodes/v1/node_id"][:], f["nodes/v1/node_type_id"][:]
    order = np.argsort(ids)
    models = [component(folder, "point_neuron_models_dir", table[k]["dynamics_params"]) for k in kinds[order]]
    write(HERE / "neurons.csv.gz", "neuron,ei,tau,t_ref",
          [ids[order], [table[k]["ei"] for k in kinds[order]], [m["tau"] * 1000 for m in models], [m["refrac"] * 1000 for m in models]],
          ["{}", "{}", "{:g}", "{:g}"])


def edges(folder, source):
    name = f"{source}_v1_edges"
    table = types(folder / "network" / f"{source}_v1_edge_types.csv", "edge_type_id")
    with h5py.File(folder / "network" / f"{name}.h5", "r") as f:
        group = f[f"edges/{source}_to_v1"]
        assert not group["edge_group_id"][:].any(), "one group of edge properties"
        kinds, nsyns = group["edge_type_id"][:], group["0/nsyns"][:][group["edge_group_index"][:]]
        pairs = group["source_node_id"][:], group["target_node_id"][:]
    assert {row["delay"] for row in table.values()} == {"2.0"}, "the network file says 2 ms"
    per_synapse = {k: component(folder, "synaptic_models", row["dynamics_params"])["sign"] * float(row["syn_weight"]) for k, row in table.items()}
    weights = [per_synapse[k] * int(n) for k, n in zip(kinds, nsyns)]
    write(HERE / f"{source}_edges.csv.gz", "source,target,weight", [*pairs, weights], ["{}", "{}", "{!r}"])


def spikes(path, group, ids, to):
    with h5py.File(path, "r") as f:
        times, neuron = f[group]["timestamps"][:], f[group][ids][:]
    order = np.lexsort((neuron, times))
    write(to, "neuron,time", [neuron[order], [float(t) for t in times[order]]], ["{}", "{!r}"])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    where = parser.parse_args().folder.resolve()
    neurons(where)
    for population in ("v1", "lgn", "tw"):
        edges(where, population)
    for population in ("lgn", "tw"):
        spikes(where / "inputs" / f"{population}_spikes.h5", "spikes", "gids", HERE / f"{population}_spikes.csv.gz")
    spikes(where / "output" / "spikes.h5", "spikes/v1", "node_ids", REFERENCE)
