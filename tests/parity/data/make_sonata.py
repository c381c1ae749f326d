#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Reference spikes of SONATA circuits by NEST, built from their files with h5py alone: tests/parity/data/sonata_nest.csv.gz.

    tests/parity/data/make_sonata.py                       needs nest (3.8 or later), h5py and numpy

Columns circuit, node_id, step (time over dt). Also writes the circuit tests/data/sonata/nest_models: one population with a cell of each
NEST model that Ranvier reads, parameters in files and in the nodes, both signs of weights, receptors by number.
"""
import csv
import gzip
import io
import json
import pathlib

import h5py
import nest
import numpy as np

DATA = pathlib.Path(__file__).resolve().parents[2] / "data" / "sonata"
OUT = pathlib.Path(__file__).resolve().parent / "sonata_nest.csv.gz"
CIRCUITS = {  # name: config, stop (ms)
    "bmtk_point_120cells": ("bmtk_point_120cells/config.simulation.json", 1000.0),
    "ten_cells_iclamp": ("sim_tests/intfire/ten_cells_iclamp_nest/input/simulation_config.json", 1000.0),
    "nest_models": ("nest_models/simulation_config.json", 1000.0),
}

# --- the circuit of all models

MODELS = [  # template, parameters
    ("iaf_psc_alpha", {"E_L": -72.0, "V_reset": -74.0, "tau_m": 15.0, "C_m": 200.0, "tau_syn_ex": 1.0, "tau_syn_in": 4.0}),
    ("iaf_psc_exp", {"V_m": -60.0, "t_ref": 3.0, "I_e": 100.0}),
    ("iaf_psc_delta", {"tau_m": 20.0}),
    ("iaf_cond_exp", {"g_L": 12.0, "E_in": -80.0, "tau_syn_ex": 0.5}),
    ("iaf_cond_alpha", {"C_m": 220.0, "V_reset": -65.0}),
    ("aeif_cond_exp", {"a": 2.0, "b": 60.0}),
    ("aeif_cond_alpha", {"V_reset": -58.0}),
    ("aeif_psc_exp", {"t_ref": 1.0}),
    ("aeif_psc_alpha", {"tau_w": 100.0}),
    ("izhikevich", {"d": 6.0, "consistent_integration": True}),
    ("glif_psc", {"V_th": -50.0, "g": 10.0, "E_L": -70.0, "C_m": 150.0, "t_ref": 2.0, "V_reset": -70.0, "V_m": -70.0, "tau_syn": [2.0, 5.0],
                  "spike_dependent_threshold": False, "after_spike_currents": False, "adapting_threshold": False, "asc_init": [0.0, 0.0]}),
    ("iaf_psc_exp_multisynapse", {"tau_syn": [1.0, 6.0], "E_L": -68.0}),
    ("iaf_psc_alpha_multisynapse", {"tau_syn": [3.0, 1.5]}),
]
WEIGHTS = [(330, -150), (300, -150), (6, -3), (20, -15), (14, -8), (90, -30), (60, -20), (6500, -600), (2500, -500), (6, -3), (420, -200), (900, -200), (330, -200)]
N_INPUT, STOP, DT = 40, 1000.0, 0.1


def write_text(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def write_models():
    folder, rng = DATA / "nest_models", np.random.default_rng(20261122)
    n = len(MODELS)
    types, edge_types, edges = ["node_type_id model_type model_template dynamics_params"], ["edge_type_id target_query source_query syn_weight delay dynamics_params model_template"], []
    for k, (model, params) in enumerate(MODELS):
        types.append(f"{100 + k} point_neuron nest:{model} {model}.json")
        write_text(folder / "components/cell_models" / f"{model}.json", json.dumps(params, indent=2) + "\n")
        for part, (weight, sources) in enumerate(zip(WEIGHTS[k], (range(0, 30), range(30, 40)))):
            port = f"receptor_{part + 1}.json" if "tau_syn" in params else "static.json"
            edge_types.append(f"{2 * k + part} * * {weight} {1.5 if part else 1.0} {port} static_synapse")
            edges += [(s, k, 2 * k + part) for s in sources]
    for part in (1, 2):
        write_text(folder / f"components/synaptic_models/receptor_{part}.json", json.dumps({"receptor_type": part}) + "\n")
    write_text(folder / "components/synaptic_models/static.json", "{}\n")
    write_text(folder / "network/cells_node_types.csv", "\n".join(types) + "\n")
    write_text(folder / "network/input_node_types.csv", "node_type_id model_type model_template\n7 virtual NULL\n")
    write_text(folder / "network/edge_types.csv", "\n".join(edge_types) + "\n")
    with h5py.File(folder / "network/nodes.h5", "w") as f:
        for name, ids, kinds in (("cells", 10 + np.arange(n), 100 + np.arange(n)), ("input", np.arange(N_INPUT), np.full(N_INPUT, 7))):
            g = f.create_group(f"nodes/{name}")
            g["node_type_id"], g["node_id"] = kinds.astype(np.uint32), ids.astype(np.uint64)
            g["node_group_id"], g["node_group_index"] = np.zeros(len(ids), np.uint32), np.arange(len(ids), dtype=np.uint64)
            g.create_group("0")
    with h5py.File(folder / "network/edges.h5", "w") as f:
        g = f.create_group("edges/input_to_cells")
        source, target, kind = (np.array(column) for column in zip(*edges))
        g["source_node_id"], g["target_node_id"], g["edge_type_id"] = source.astype(np.uint64), (10 + target).astype(np.uint64), kind.astype(np.uint32)
        g["source_node_id"].attrs["node_population"], g["target_node_id"].attrs["node_population"] = "input", "cells"
        order = np.argsort(source, kind="stable")  # a group of its own order: edge_group_index must be followed
        index = np.empty(len(order), np.uint64)
        index[order] = np.arange(len(order))
        g["edge_group_id"], g["edge_group_index"] = np.zeros(len(order), np.uint32), index
        g["0/nsyns"] = np.where(source[order] % 7 == 0, 2, 1).astype(np.uint16)
    with h5py.File(folder / "inputs.h5", "w") as f:
        ids = rng.integers(0, N_INPUT, 40 * 12)
        f["spikes/input/node_ids"] = ids.astype(np.uint64)
        f["spikes/input/timestamps"] = np.round(rng.uniform(1, STOP - 5, len(ids)), 1)
        f["spikes/input/timestamps"].attrs["units"] = "ms"
    circuit = {"manifest": {"$BASE": ".", "$NETWORK_DIR": "$BASE/network", "$MODELS": "${BASE}/components"},
               "components": {"point_neuron_models_dir": "$MODELS/cell_models", "synaptic_models_dir": "$MODELS/synaptic_models"},
               "networks": {"nodes": [{"nodes_file": "$NETWORK_DIR/nodes.h5", "node_types_file": "$NETWORK_DIR/cells_node_types.csv"}],
                            "edges": [{"edges_file": "$NETWORK_DIR/edges.h5", "edge_types_file": "$NETWORK_DIR/edge_types.csv"}]}}
    # One file of nodes has two populations, so one table of types has both: told apart by its column population.
    rows = ["population " + types[0]] + ["cells " + row for row in types[1:]] + ["input 7 virtual NULL NULL"]
    write_text(folder / "network/cells_node_types.csv", "\n".join(rows) + "\n")
    (folder / "network/input_node_types.csv").unlink()
    simulation = {"manifest": {"$BASE": "."}, "network": "$BASE/circuit_config.json", "target_simulator": "NEST", "run": {"tstop": STOP, "dt": DT},
                  "inputs": {"input": {"input_type": "spikes", "module": "sonata", "input_file": "$BASE/inputs.h5", "node_set": "input"}},
                  "reports": {"potentials": {"cells": {"population": "cells", "node_id": [10, 12, 15]}, "variable_name": "V_m", "module": "multimeter_report", "dt": 1.0}}}
    write_text(folder / "circuit_config.json", json.dumps(circuit, indent=2) + "\n")
    write_text(folder / "simulation_config.json", json.dumps(simulation, indent=2) + "\n")


# --- NEST

def load(path):
    """A config with its manifest put in, relative paths from its folder."""
    text = json.loads(path.read_text())
    variables = {"${configdir}": str(path.parent), **text.pop("manifest", {})}

    def expand(value):
        if isinstance(value, dict):
            return {k: expand(v) for k, v in value.items()}
        if isinstance(value, list):
            return [expand(v) for v in value]
        for _ in range(5):
            for name in sorted(variables, key=len, reverse=True):
                for spelt in (name, "${" + name.strip("${}") + "}"):
                    value = value.replace(spelt, variables[name]) if isinstance(value, str) else value
        return value

    return expand(text)


def table(path, key, population):
    rows = [line.split() for line in path.read_text().splitlines() if line.strip()]
    records = [dict(zip(rows[0], row)) for row in rows[1:]]
    return {int(r[key]): r for r in records if r.get("population", population) == population}


def simulate(config, stop):
    """Spikes as (node_id, step)."""
    config = config.resolve()
    sim = load(config)
    circuit_file = config.parent / sim.get("network", "circuit_config.json")
    circuit, base = load(circuit_file), circuit_file.parent
    dt = sim["run"]["dt"]
    nest.ResetKernel()
    nest.resolution = dt

    def parameters(kind, name):
        path = base / circuit["components"][kind] / name
        return json.loads(path.read_text()) if path.exists() else {}

    trains, cells, real = {}, {}, []
    for i in sim["inputs"].values():
        if i["input_type"] == "spikes":
            with h5py.File(config.parent / i["input_file"]) as f:
                for population, g in f["spikes"].items():
                    trains[population] = g["node_ids"][:], g["timestamps"][:]
    for entry in circuit["networks"]["nodes"]:
        with h5py.File(base / entry["nodes_file"]) as f:
            for population, g in f["nodes"].items():
                types = table(base / entry["node_types_file"], "node_type_id", population)
                for node, kind in zip(g["node_id"][:], g["node_type_id"][:]):
                    row = types[int(kind)]
                    if row["model_type"] == "virtual":
                        ids, times = trains[population]
                        steps = np.sort(np.rint(times[ids == node] / dt))
                        cell = nest.Create("spike_generator", params={"spike_times": np.round(steps * dt, 6), "allow_offgrid_times": True})
                    else:
                        cell = nest.Create(row["model_template"].split(":")[1], params=parameters("point_neuron_models_dir", row["dynamics_params"]))
                        real.append((int(node), cell))
                    cells[population, int(node)] = cell
    for entry in circuit["networks"].get("edges", []):
        with h5py.File(base / entry["edges_file"]) as f:
            for name, g in f["edges"].items():
                types = table(base / entry["edge_types_file"], "edge_type_id", name)
                source, target = g["source_node_id"], g["target_node_id"]
                index, group = g["edge_group_index"][:], g["0"]
                for e in range(len(source)):
                    row = types[int(g["edge_type_id"][e])]
                    weight = group["syn_weight"][index[e]] if "syn_weight" in group else float(row["syn_weight"])
                    weight *= group["nsyns"][index[e]] if "nsyns" in group else 1
                    nest.Connect(cells[source.attrs["node_population"], int(source[e])], cells[target.attrs["node_population"], int(target[e])],
                                 syn_spec={"weight": float(weight), "delay": float(row["delay"]), **parameters("synaptic_models_dir", row["dynamics_params"])})
    for i in sim["inputs"].values():
        if i["input_type"] == "current_clamp":  # as BMTK does: amplitudes in pA, a delay of one step
            generator = nest.Create("step_current_generator", params={"amplitude_times": [i["delay"], i["delay"] + i["duration"]], "amplitude_values": [i["amp"], 0.0]})
            for node, cell in real:
                if node < 5:  # node set pre_nodes: the excitatory ones
                    nest.Connect(generator, cell, syn_spec={"delay": dt})
    recorder = nest.Create("spike_recorder")
    for _, cell in real:
        nest.Connect(cell, recorder, syn_spec={"delay": dt})
    nest.Simulate(stop)
    ids = {cell.global_id: node for node, cell in real}
    events = recorder.events
    return sorted((round(t / dt), ids[s]) for t, s in zip(events["times"], events["senders"]))


if __name__ == "__main__":
    nest.verbosity = getattr(nest, "VerbosityLevel", nest).ERROR if hasattr(nest, "VerbosityLevel") else 30
    write_models()
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(["circuit", "node_id", "step"])
    for name, (config, stop) in CIRCUITS.items():
        spikes = simulate(DATA / config, stop)
        print(name, len(spikes), "spikes")
        rows.writerows((name, node, step) for step, node in spikes)
    OUT.write_bytes(gzip.compress(text.getvalue().encode(), mtime=0))
