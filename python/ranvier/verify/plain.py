# SPDX-License-Identifier: Apache-2.0
"""A network as plain arrays, with everything drawn: what another simulator needs to build the very same one, and our own spikes."""
import json

import numpy as np

from ..errors import InputError
from ..models import models
from ..network import Network

SOURCES = ("poisson_source", "spike_train")
LARGEST = 100_000_000  # numbers in an array of currents or arrivals


class Plain:
    """The network, run by us.

      meta    dt [ms], steps, populations [{name, size, membrane, receptors [[name, kind, conductance]], source}], pairs [[source, target]],
              arrivals [[population, receptor]]
      arrays  "parameter.K.NAME" [1 or size]; "initial.K.NAME" [size]; "train.K.step", "train.K.cell", "train.K.time" [spikes] of sources, "pair.J.source", ".target", ".receptor",
              ".weight", ".delay" [synapses], the delay in ms; "current.K" [steps or 1][size] in pA; "arrival.J.step", ".cell", ".weight" [events]: what Poisson inputs bring
      steps, ids, times   [spikes] of neurons: those of sources are not compared, since both sides are given them
    """

    def __init__(self, network: Network, duration_ms: float):
        self.network = _prepared(network, duration_ms)
        spec = self.network.spec()
        _refuse(spec, self.network)
        self.sim = self.network.build(threads=1)
        dt = spec.dt_ms
        steps = round(duration_ms / dt)
        self.meta = {"name": spec.name, "dt": dt, "steps": steps, "pairs": [], "arrivals": [], "populations": []}
        self.arrays = {}
        for k, (name, size, membrane) in enumerate(spec.populations):
            receptors = [list(r) for r in spec.receptor_kinds[k]]
            self.meta["populations"].append({"name": name, "size": size, "membrane": membrane, "receptors": receptors, "source": membrane in SOURCES})
            if membrane not in SOURCES:
                self._cells(k, size, steps)
        self._synapses(spec)
        self._poisson(spec, steps)
        self.sim.run(steps * dt, progress=False)
        self._spikes()

    def _cells(self, k, size, steps):
        core = self.sim._core
        for name, values in core.parameters(k).items():
            self.arrays[f"parameter.{k}.{name}"] = values
        for name in self.sim.variables(self.meta["populations"][k]["name"]):
            self.arrays[f"initial.{k}.{name}"] = core.read(k, name)
        if all(target != k or kind == "poisson" for _, kind, target, *_ in self.network.spec().input_targets):
            return
        _check_size(steps * size, "the currents of its inputs")
        current = core.currents(k, 0, steps).reshape(steps, size)
        constant = bool(np.all(current == current[0]))
        self.arrays[f"current.{k}"] = current[:1] if constant else current

    def _synapses(self, spec):
        names = [p[0] for p in spec.populations]
        for s, t in sorted({(p[1], p[2]) for p in spec.projections}):
            found = self.sim.synapses(names[s], names[t])
            if len(found.source) == 0:
                continue
            j = len(self.meta["pairs"])
            self.meta["pairs"].append([s, t])
            for key in ("source", "target", "receptor", "weight", "delay"):
                self.arrays[f"pair.{j}.{key}"] = np.asarray(getattr(found, key))

    def _poisson(self, spec, steps):
        for i, (name, kind, target, receptor, *_) in enumerate(spec.input_targets):
            if kind != "poisson":
                continue
            size = spec.populations[target][1]
            _check_size(steps * size, "the spikes of its Poisson inputs")
            sums = self.sim._core.arrivals(i, 0, steps).reshape(steps, size)
            step, cell = np.nonzero(sums)
            if len(step) and step[0] == 0:  # a peer cannot let anything arrive at the end of its first step
                raise InputError(f"input {name!r} begins at time 0: let it begin a step later (start = \"{spec.dt_ms:g} ms\") to compare it with another simulator")
            j = len(self.meta["arrivals"])
            self.meta["arrivals"].append([target, receptor])
            self.arrays[f"arrival.{j}.step"], self.arrays[f"arrival.{j}.cell"], self.arrays[f"arrival.{j}.weight"] = step + 1, cell, sums[step, cell]

    def _spikes(self):
        piece = self.sim.pieces[0]
        steps, ids = piece.steps.astype(np.int64), piece.ids.astype(np.int64)
        times = np.asarray(piece._core.times_ms)
        times = times.copy() if len(times) else steps * self.meta["dt"]
        first, keep = 0, np.zeros(len(ids), dtype=bool)
        for k, p in enumerate(self.meta["populations"]):
            here = (ids >= first) & (ids < first + p["size"])
            if p["source"]:
                self.arrays[f"train.{k}.step"], self.arrays[f"train.{k}.cell"], self.arrays[f"train.{k}.time"] = steps[here], ids[here] - first, times[here]
            else:
                keep |= here
            first += p["size"]
        self.steps, self.ids, self.times = steps[keep], ids[keep], times[keep]

    def save(self, file):
        np.savez(file, meta=np.array(json.dumps(self.meta)), **self.arrays)

    def fires_when_nudged(self, neuron, step, by_mv) -> bool:
        """Whether a neuron (by its id) fires in a step of ours, were its potential so much higher when that step begins."""
        first = 0
        for p in self.meta["populations"]:
            if neuron < first + p["size"]:
                break
            first += p["size"]
        sim = self.network.build(threads=1)
        variable = next(v for v in sim.variables(p["name"]) if v in ("V_m", "v"))
        sim.run((step - 1) * self.meta["dt"], progress=False)
        values = sim.get(p["name"], variable).copy()
        values[neuron - first] += by_mv
        sim.set(p["name"], variable, values)
        return bool(np.any(sim.run(self.meta["dt"], progress=False).ids == neuron))


def _prepared(network, duration_ms):
    """The same network in double precision, with all spikes recorded and the state of every receptor kept apart."""
    if not duration_ms > 0:
        raise InputError("a duration above 0 is needed")
    out = Network(network.name, folder=network._folder)
    tree = {**network._tree, "simulation": {**network._tree.get("simulation", {}), "precision": "double"}}
    tree.pop("recordings", None)
    spec = network.spec()
    if "inputs" in tree:  # Poisson spikes begin a step later: nothing can arrive in a peer's first step
        tree["inputs"] = [{**i, "start": spec.dt_ms if network._source is None else f"{spec.dt_ms} ms"} if i.get("type") == "poisson" and "start" not in i else i for i in tree["inputs"]]
    states = {m["name"]: [v[0] for v in m.get("state", ())] for m in models() if m["kind"] == "receptor"}
    recordings = [{"type": "spikes", "neurons": [p[0] for p in spec.populations]}]
    for (name, _, membrane), receptors in zip(spec.populations, spec.receptor_kinds):
        variables = [f"{r}.{v}" for r, kind, _ in receptors for v in states.get(kind, ())]
        if variables and membrane not in SOURCES:
            recordings.append({"type": "state", "neurons": name, "variables": variables, "interval": f"{round(duration_ms / spec.dt_ms) * spec.dt_ms} ms"})
    out._tree = {**tree, "recordings": recordings}
    if network._source is not None and network._source[4] is not None:
        out._tree["simulation"]["seed"] = network._source[4]
    return out


def _refuse(spec, network):
    problems = []
    changing = [p[0] for p in spec.projections if p[4]]
    if changing:
        problems.append(f"projections {', '.join(map(repr, changing))}: synapses that change cannot be compared yet; give them synapse = \"static\"")
    if spec.gap_junctions:
        problems.append("gap junctions cannot be compared yet; leave them out")
    if network._tree.get("volumes"):
        problems.append("volumes cannot be compared yet; leave them out")
    if problems:
        raise InputError("\n".join(problems))


def _check_size(n, what):
    if n > LARGEST:
        raise InputError(f"{what} would be {n:,} numbers, which are written out one by one: compare a shorter --duration, or a smaller network")
