# SPDX-License-Identifier: Apache-2.0
"""A NIR graph that runs: its neurons become populations, the linear nodes between them projections."""
import os
import re

import numpy as np

from ..errors import InputError
from ..network import Network
from ..units import quantity
from . import linear
from .flatten import flatten, load, shaped
from .neurons import ANALOG, SPIKING, engine_parameters, neurons_of

ONE = ""  # the source of what is always 1, of which biases are weights


def read(graph, dt, *, discretisation: str = "exact", if_step: str = None, precision: str = "double") -> "Graph":
    """A NIR graph, ready to run.

      graph           a nir.NIRGraph, or a file that nir.write() wrote
      dt              the time step: a number of seconds, as NIR has them, or a text such as "0.1 ms". It must be that of the training where weights depend on it
      discretisation  "exact": equations are solved exactly for inputs that hold during a step. "euler": by the forward Euler steps that Norse, snnTorch
                      and others take, with the same numbers. "impulse": as exact, but a number is an impulse at the end of its step, which gives the
                      spikes of a network that write() has written
      if_step         what a step is to the nodes IF and I: "seconds" (v grows by dt R I, as NIR's equation says) or "steps" (by R I, as Norse, Sinabs and others
                      compute it). Where not given: "seconds" with exact, "steps" with euler
      precision       "double", or "single" for less memory

    Raises InputError that names the node, and how to mend it.
    """
    return Graph(load(graph) if isinstance(graph, (str, os.PathLike)) else graph, dt, discretisation, if_step, precision)


class Graph:
    """Made by read(). `graph(x)` runs it and returns what its Output gives; run(x) also what its neurons do.

    Time is in steps. What enters in step t has passed all layers in step t, as in frameworks of deep learning: the engine gives every layer a step, and
    outputs are shifted back. Connections within a loop take one step; a Delay node in the loop of at least one step takes its place.
    """

    def __init__(self, graph, dt, discretisation="exact", if_step=None, precision="double"):
        for name, value, known in (("discretisation", discretisation, ("exact", "impulse", "euler")), ("if_step", if_step, (None, "seconds", "steps")), ("precision", precision, ("single", "double"))):
            if value not in known:
                raise InputError(f"{name} is {value!r}: must be {' or '.join(repr(k) for k in known if k)}")
        self.dt = quantity(dt, "s") if isinstance(dt, str) else quantity(float(dt), "s")  #: s
        if not self.dt > 0:
            raise InputError(f"dt is {self.dt:g} s: must be > 0 s")
        self._precision = precision
        nodes, self._edges = flatten(graph)
        self._nodes = shaped(nodes, self._edges, self.dt)
        per_step = (if_step or ("steps" if discretisation == "euler" else "seconds")) == "steps"
        self._neurons = {name: neurons_of(name, node.node, node.kind, int(np.prod(node.shape)), self.dt, discretisation, per_step)
                         for name, node in self._nodes.items() if node.kind in SPIKING + ANALOG}
        self.inputs = {name: node.shape for name, node in self._nodes.items() if node.kind == "Input"}    #: {name: shape}
        self.outputs = {name: node.shape for name, node in self._nodes.items() if node.kind == "Output"}  #: {name: shape}
        self._arriving = self._signals()
        self._depth = self._depths()
        self._names = _population_names([*self._neurons, *self.inputs])

    # --- what arrives where

    def _signals(self):
        """{neuron node or output: {source: map}}: sources are inputs, neurons and ONE."""
        before = {name: [] for name in self._nodes}
        for a, b in self._edges:
            before[b].append(a)
        known, open_ = {}, []

        def arriving(name):
            found = {}
            for a in before[name]:
                for source, m in leaving(a).items():
                    found.setdefault(source, []).append(m)
            return {source: linear.added(maps) for source, maps in found.items()}

        def leaving(name):
            if name in known:
                return known[name]
            node = self._nodes[name]
            if name in self._neurons or name in self.inputs:
                known[name] = {name: linear.identity(int(np.prod(node.shape)))}
                return known[name]
            if name in open_:
                loop = open_[open_.index(name):]
                raise InputError(f"nodes {' -> '.join(map(repr, [*loop, name]))} form a loop without a neuron: what it gives is not defined; put a neuron into it, or remove an edge")
            open_.append(name)
            out = {source: linear.compose(m, node.map) for source, m in arriving(name).items()}
            if node.bias is not None and np.any(node.bias):
                bias = linear.links(1, node.bias.size, 0, np.arange(node.bias.size), node.bias)
                out[ONE] = linear.added([out[ONE], bias]) if ONE in out else bias
            open_.pop()
            known[name] = out
            return out

        out = {name: arriving(name) for name in [*self._neurons, *self.outputs]}
        for name in self._nodes:
            if name not in self.outputs:
                leaving(name)  # finds the loops that lead to no neuron
        for name in self._neurons:
            for source in out[name]:
                if source in self._neurons and self._nodes[source].kind in ANALOG:
                    raise InputError(f"node {source!r} ({self._nodes[source].kind}) gives potentials to {name!r} ({self._nodes[name].kind}), but between neurons only spikes are carried here: "
                                     "let it lead to an Output, or make a CubaLIF of the pair (its current is the first, its potential the second)")
        return out

    def _depths(self):
        """{node: steps by which its layer runs behind}: at least 1; the same for all nodes of a loop."""
        names = list(self._neurons)
        n, index = len(names), {name: k for k, name in enumerate(names)}
        links = [(index[s], index[t]) for t in names for s in self._arriving[t] if s in index]
        reach = np.eye(n, dtype=bool)
        for a, b in links:
            reach[a, b] = True
        for _ in range(max(1, n).bit_length()):
            reach = reach @ reach
        loop = reach & reach.T
        depth = np.ones(n, dtype=np.int64)
        for _ in range(n):
            for a, b in links:
                if not loop[a, b]:
                    depth[b] = max(depth[b], depth[a] + 1)
            depth = np.array([depth[loop[k]].max() for k in range(n)], dtype=np.int64)
        self._in_loop = {(names[a], names[b]) for a, b in links if loop[a, b]}
        return {name: int(depth[index[name]]) for name in names}

    # --- running

    def __call__(self, x=None, steps: int = None):
        """run(x).output."""
        return self.run(x, steps).output

    def run(self, x=None, steps: int = None, *, threads: int = None) -> "Run":
        """Runs from rest.

          x      [steps][elements] or [steps][*shape], a number a step; {name: array} where there are several inputs. Where all are 0 or 1 they are spikes
          steps  where there is no x

        Raises InputError: arrays that do not fit or are not finite
        """
        given, steps = self._given(x, steps)
        simulation = None
        if self._neurons:
            simulation = self.network(x, steps).build(threads)
            self._simulate(simulation, steps)
        return Run(self, given, steps, simulation)

    def _simulate(self, simulation, steps):
        """Layers whose potential does not begin at rest are set as their first step comes."""
        done, end = 0, steps + max(self._depth.values())
        for depth in sorted({self._depth[name] for name, neurons in self._neurons.items() if neurons.start is not None}):
            simulation.run((depth - done) * self.dt * 1e3, progress=False)
            done = depth
            for name, neurons in self._neurons.items():
                if neurons.start is not None and self._depth[name] == depth:
                    simulation.set(self._names[name], "V_m", neurons.start)
        simulation.run((end - done) * self.dt * 1e3, progress=False)

    def network(self, x=None, steps: int = None) -> Network:
        """The graph as a network: a population for each node of neurons, and one of spike trains for each input of spikes. Its step k of a layer is the graph's
        step k - 1 - depth(node). Units of mV and pA stand for NIR's numbers, which have none.
        """
        given, steps = self._given(x, steps)
        dt_ms = self.dt * 1e3
        net = Network("nir", dt=dt_ms, precision=self._precision)
        trains = {name: bool(np.all((a == 0) | (a == 1))) for name, a in given.items()}
        for name in self.inputs:
            if trains[name] and any(name in self._arriving[t] for t in self._neurons):
                step, element = np.nonzero(given[name])
                net.population(self._names[name], given[name].shape[1], "spike_train", spikes=(element, (step + 1) * dt_ms))
        factor = {}
        for name, neurons in self._neurons.items():
            params, receptors, factor[name] = engine_parameters(neurons, dt_ms, self._precision == "single")
            net.population(self._names[name], neurons.n, membrane="leaky", receptors=receptors, params=params, initial={"V_m": neurons.v_leak})
        for name, neurons in self._neurons.items():
            for source, m in self._arriving[name].items():
                if source in self._neurons or trains.get(source):
                    self._project(net, source, name, m, neurons, factor[name], dt_ms)
            self._drive(net, name, neurons, {s: a for s, a in given.items() if not trains[s]}, steps, dt_ms)
        fire = [self._names[name] for name in self._neurons if self._nodes[name].kind in SPIKING]
        if fire:
            net.record("spikes", fire)
        for name in self._neurons:
            if self._nodes[name].kind in ANALOG:
                net.record("state", self._names[name], ["V_m"], name=f"v of {name}")
        return net

    def depth(self, node: str) -> int:
        """By how many steps the layer of a neuron node runs behind."""
        return self._depth[node]

    def _project(self, net, source, target, m, neurons, factor, dt_ms):
        if source in self._neurons:
            delay = np.maximum(m.delay, 1) if (source, target) in self._in_loop else m.delay + self._depth[target] - self._depth[source]
        else:
            delay = m.delay + self._depth[target]
        names = self._names[source], self._names[target]
        weights = {"S": m.weight * neurons.c_S[m.target]}
        if neurons.current:
            weights["i"] = m.weight * (neurons.b * factor)[m.target]
        for receptor, weight in weights.items():
            here = weight != 0
            if here.any():
                net.project(*names, edges=(m.source[here], m.target[here]), weight=weight[here], delay=delay[here] * dt_ms, receptor=receptor,
                            name=f"{names[0]}->{names[1]} {receptor}")

    def _drive(self, net, name, neurons, given, steps, dt_ms):
        """What does not come from spikes: biases and inputs of real numbers, as currents."""
        start, target = self._depth[name], self._names[name]
        arriving = self._arriving[name]
        real = [s for s in arriving if s in given]
        if np.any(neurons.drive):
            net.current(target, neurons.drive, name=f"leak of {name}", start=start * dt_ms)
        if not real and (ONE not in arriving or not neurons.current):
            if ONE in arriving:
                m = arriving[ONE]
                for d in np.unique(m.delay):
                    bias = np.zeros(neurons.n)
                    np.add.at(bias, m.target[m.delay == d], m.weight[m.delay == d])
                    net.current(target, bias * neurons.c_S, name=f"bias of {name} from step {d}", start=(start + int(d)) * dt_ms)
            return
        S = sum((linear.applied(arriving[s], given[s]) for s in real), np.zeros((steps, neurons.n)))
        if ONE in arriving:
            S += linear.applied(arriving[ONE], np.ones((steps, 1)))
        drive = S * neurons.c_S
        if neurons.current:  # the part of the current that inputs alone make; linear, so that it adds to what spikes make
            i = np.zeros(neurons.n)
            for t in range(steps):
                drive[t] += neurons.c_i * i
                i = neurons.a * i + neurons.b * S[t]
        if steps:
            net.input("samples", target, name=f"input of {name}", samples=drive, start=start * dt_ms)

    def _given(self, x, steps):
        """({input: [steps][elements]}, steps)."""
        if x is None or isinstance(x, dict):
            x = dict(x or {})
        elif len(self.inputs) == 1:
            x = {next(iter(self.inputs)): x}
        else:
            raise InputError(f"the graph has {len(self.inputs)} inputs: give a dict with an array for each of {', '.join(map(repr, self.inputs))}")
        for name in x:
            if name not in self.inputs:
                raise InputError(f"no input is called {name!r}; there are {', '.join(map(repr, self.inputs))}")
        out = {}
        for name, values in x.items():
            values = np.asarray(values)
            n = int(np.prod(self.inputs[name]))
            if values.dtype.kind not in "fiub" or values.ndim < 1 or values.size != len(values) * n or (values.ndim > 2 and values.shape[1:] != self.inputs[name]):
                raise InputError(f"input {name!r}: an array of {values.dtype} {values.shape}: must be numbers [steps]{list(self.inputs[name])} or [steps][{n}]")
            values = values.reshape(len(values), n).astype(np.float64)
            if not np.all(np.isfinite(values)):
                t, k = np.argwhere(~np.isfinite(values))[0]
                raise InputError(f"input {name!r}: element {k} in step {t} is {values[t, k]}: must be a finite number")
            if steps is not None and len(values) != steps:
                raise InputError(f"input {name!r} has {len(values)} steps, but {steps} are wanted: all inputs last as long as the run")
            steps, out[name] = len(values), values
        if steps is None:
            raise InputError("give the input x, or the number of steps")
        for name, shape in self.inputs.items():
            out.setdefault(name, np.zeros((steps, int(np.prod(shape)))))
        return out, int(steps)

    def __repr__(self):
        return f"<NIR graph: {sum(p.n for p in self._neurons.values())} neurons in {len(self._neurons)} nodes, inputs {self.inputs}, outputs {self.outputs}>"


class Run:
    """What a graph did."""

    def __init__(self, graph, given, steps, simulation):
        self.steps = steps
        self.simulation = simulation  #: ranvier.Simulation; None where there are no neurons
        self._graph = graph
        self._given = given
        self._series = {}

    @property
    def outputs(self) -> dict:
        """{output: [steps][*shape]}"""
        graph = self._graph
        out = {}
        for name, shape in graph.outputs.items():
            y = np.zeros((self.steps, int(np.prod(shape))))
            for source, m in graph._arriving[name].items():
                x = np.ones((self.steps, 1)) if source == ONE else self._given[source] if source in self._given else self._of(source)
                y += x if m.is_identity else linear.applied(m, x)
            out[name] = y.reshape(self.steps, *shape)
        return out

    @property
    def output(self):
        """[steps][*shape] of the only output; all, as `outputs`, where there are several."""
        out = self.outputs
        return next(iter(out.values())) if len(out) == 1 else out

    def spikes(self, node: str) -> np.ndarray:
        """[steps][*shape] 1 where a neuron of this node fires."""
        return self._node(node, SPIKING)

    def potential(self, node: str) -> np.ndarray:
        """[steps][*shape] v of a node LI, I or CubaLI at the end of each step."""
        return self._node(node, ANALOG)

    def _node(self, name, kinds):
        nodes = self._graph._nodes
        if name not in nodes or nodes[name].kind not in kinds:
            raise InputError(f"no node of type {', '.join(kinds)} is called {name!r}; there are {', '.join(repr(n) for n in nodes if nodes[n].kind in kinds) or 'none'}")
        return self._of(name).reshape(self.steps, *nodes[name].shape)

    def _of(self, name):
        if name not in self._series:
            graph, sim = self._graph, self.simulation
            population, late = graph._names[name], graph._depth[name] + 1
            if graph._nodes[name].kind in ANALOG:
                values = sim.trace("V_m", population).values  # the first row is of step 1
                self._series[name] = np.asarray(values[late - 1:late - 1 + self.steps], dtype=np.float64)
                return self._series[name]
            first, n = sim._layout.range_of(population)
            series = np.zeros((self.steps, n))
            for piece in sim.pieces:
                step, element = piece.steps.astype(np.int64) - late, piece.ids.astype(np.int64) - first
                here = (element >= 0) & (element < n) & (step >= 0) & (step < self.steps)
                series[step[here], element[here]] = 1
            self._series[name] = series
        return self._series[name]


def _population_names(names):
    """{node: name of its population}: letters, digits and _ - + . only, and no name twice."""
    out, used = {}, set()
    for name in names:
        plain = re.sub(r"[^A-Za-z0-9_.+-]", "_", name) or "_"
        while plain in used:
            plain += "_"
        used.add(plain)
        out[name] = plain
    return out
