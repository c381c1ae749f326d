# SPDX-License-Identifier: Apache-2.0
"""The network in NEURON: peer_neuron.py IN.npz OUT.npz. Run by ranvier.verify in a process of its own; needs numpy and neuron only.

Cells of type intfire1 only, NEURON's IntFire1: event-driven, with exact times on both sides.
"""
import json
import sys

import numpy as np

MOST_EVENTS = 5_000_000


class Unsupported(Exception):
    """What is not written down for NEURON here."""


def check(z, meta):
    for k, p in enumerate(meta["populations"]):
        if p["source"]:
            continue
        if p["membrane"] != "intfire1":
            raise Unsupported(f"population {p['name']!r} is of membrane {p['membrane']!r}; only intfire1 is compared with NEURON (compare others with nest or brian2)")
        if any(np.any(values) for name, values in z.items() if name.startswith(f"initial.{k}.")):
            raise Unsupported(f"population {p['name']!r} begins with a state that is not 0; IntFire1 begins at 0")
    events = sum(np.bincount(z[f"pair.{j}.source"], minlength=meta["populations"][s]["size"])[z[f"train.{s}.cell"]].sum() for j, (s, _) in enumerate(meta["pairs"]) if meta["populations"][s]["source"])
    if events > MOST_EVENTS:
        raise Unsupported(f"sources bring {int(events):,} spikes to synapses, each of which is handed over alone; compare a shorter --duration")


def run(z, meta):
    from neuron import __version__, h

    check(z, meta)
    cells, keep, firsts = {}, [], []
    times, ids = h.Vector(), h.Vector()
    first = 0
    for k, p in enumerate(meta["populations"]):
        firsts.append(first)
        if not p["source"]:
            cells[k] = []
            for tau, refractory in zip(*(np.broadcast_to(z[f"parameter.{k}.{name}"], (p["size"],)) for name in ("tau", "t_ref"))):
                cell = h.IntFire1()
                cell.tau, cell.refrac = float(tau), float(refractory)
                listener = h.NetCon(cell, None)
                listener.record(times, ids, first + len(cells[k]))
                cells[k].append(cell)
                keep.append(listener)
        first += p["size"]
    outside = []  # (connection, time) of spikes of sources
    for j, (s, t) in enumerate(meta["pairs"]):
        for source, target, weight, delay in zip(*(z[f"pair.{j}.{key}"].tolist() for key in ("source", "target", "weight", "delay"))):
            connection = h.NetCon(cells[s][source] if s in cells else None, cells[t][target])
            connection.weight[0], connection.delay = weight, delay
            keep.append(connection)
            if s not in cells:
                outside += [(connection, time + delay) for time in z[f"train.{s}.time"][z[f"train.{s}.cell"] == source].tolist()]

    def start():
        for connection, time in outside:
            connection.event(time)

    handler = h.FInitializeHandler(start)
    cvode = h.CVode()
    cvode.active(True)
    h.finitialize()
    cvode.solve(meta["steps"] * meta["dt"])
    del handler
    found = np.array(times), np.array(ids).astype(np.int64)
    kept = found[0] <= meta["steps"] * meta["dt"] * (1 + 1e-12)
    return found[0][kept], found[1][kept], f"NEURON {__version__}"


def main(file, out):
    with np.load(file) as loaded:
        z = {key: loaded[key] for key in loaded.files}
    meta = json.loads(str(z.pop("meta")))
    times, ids = np.zeros(0), np.zeros(0, np.int64)
    try:
        times, ids, version = run(z, meta)
    except ImportError as error:
        answer = {"missing": str(error)}
    except Unsupported as error:
        answer = {"unsupported": str(error)}
    else:
        answer = {"version": version, "exact": True}
    np.savez(out, answer=np.array(json.dumps(answer)), steps=np.zeros(0, np.int64), ids=ids, times=times)


if __name__ == "__main__":
    main(*sys.argv[1:3])
