# SPDX-License-Identifier: Apache-2.0
"""Networks of leaky neurons as NIR graphs."""
import copy
import os

import numpy as np

from ..errors import InputError
from ..simulation import Simulation


def write(network, file=None, overwrite: bool = False):
    """A network as a nir.NIRGraph, written to a file where one is given.

      network    a ranvier.Network, or a Simulation of one that has not run: then with the potentials that were set
      file       where nir.write() puts it

    Populations become LIF (weights onto delta receptors) or CubaLIF (onto exponential ones), populations of sources Input, and each has an Output of its own.
    Numbers are in mV, pA and GOhm; a spike is an impulse of area dt, so that ranvier.nir.read(graph, dt, discretisation="impulse") has the spikes of the network. Delays
    are Delay nodes. Potentials at the start are kept in the metadata of the nodes ("v"), which is ours alone.

    Raises InputError for what NIR cannot say: other membranes and conductances, refractory periods, several synaptic time constants, synapses that change, inputs
    other than constant currents, synaptic currents at the start, a simulation that has run (its currents and spikes under way would be lost).
    """
    try:
        import nir
    except ImportError:
        raise InputError("to write NIR graphs the package nir is needed: pip install nir") from None
    if file is not None and os.path.exists(file) and not overwrite:
        raise InputError(f"{os.fspath(file)} exists; give overwrite=True, or another name")
    graph = _Writer(nir, network).graph()
    if file is not None:
        nir.write(os.fspath(file), graph)
    return graph


def _has_dotted(table):
    return isinstance(table, dict) and any("." in key or _has_dotted(value) for key, value in table.items())


class _Writer:
    def __init__(self, nir, network):
        self.nir = nir
        self.sim = network if isinstance(network, Simulation) else network.build(threads=1)
        self.spec = self.sim._spec
        self.dt = self.spec.dt_ms * 1e-3
        self.populations = self.spec.populations  # (name, size, membrane)
        self.shared = None  # a Simulation at the start whose receptors do not share states, once it is needed
        self.nodes, self.edges, self.problems = {}, [], []

    def graph(self):
        self.check()
        synapses = {(s, t): self.sim.synapses(self.populations[s][0], self.populations[t][0]) for s, t in sorted({(p[1], p[2]) for p in self.spec.projections})}
        synapses = {pair: found for pair, found in synapses.items() if len(found.source)}
        for k in range(len(self.populations)):
            if self.is_source(k):
                if any(s == k for s, _ in synapses):
                    self.nodes[self.name(k)] = self.nir.Input(np.array([self.populations[k][1]]))
            else:
                self.neurons(k, [(pair, found) for pair, found in synapses.items() if pair[1] == k])
        self.raise_problems()
        for (s, t), found in synapses.items():
            self.connections(s, t, found)
        return self.nir.NIRGraph(self.nodes, self.edges)

    def name(self, k):
        return self.populations[k][0]

    def is_source(self, k):
        return self.populations[k][2] in ("poisson_source", "spike_train")

    def check(self):
        if self.sim._core.step > 0:
            self.problems.append(f"the simulation is at {self.sim.time:g} ms: a NIR graph begins without the synaptic currents and spikes under way of a run; write its Network "
                                 "(simulation.network), or a Simulation that has not run (network.build())")
            self.raise_problems()
        for name, size, membrane in self.populations:
            if membrane not in ("leaky", "poisson_source", "spike_train"):
                self.problems.append(f"population {name!r} is of membrane {membrane!r}: NIR has leaky neurons only (lif_exp, lif_delta)")
        for name, source, target, receptor, changes in self.spec.projections:
            if changes:
                self.problems.append(f"projection {name!r}: its synapses change, which NIR cannot say; build it with synapse=\"static\", or give a Simulation's weights to a network of that kind")
        for name, kind, population, receptor, start, stop in self.spec.input_targets:
            if kind != "dc" or start > 0 or np.isfinite(stop):
                self.problems.append(f"input {name!r} ({kind}): NIR has inputs from outside and constant currents only; let a poisson_source or spike_train project onto {self.name(population)!r}, or leave it out")
        if self.spec.gap_junctions:
            self.problems.append("gap junctions: NIR has none; leave them out")
        self.raise_problems()

    def raise_problems(self):
        if self.problems:
            raise InputError("\n".join(self.problems))

    def neurons(self, k, arriving):
        name, n, _ = self.populations[k]
        p = {key: np.broadcast_to(values, n) for key, values in self.sim._core.parameters(k).items()}
        kinds = self.spec.receptor_kinds[k]
        used = sorted({int(r) for _, found in arriving for r in np.unique(found.receptor)})
        for r in used:
            if kinds[r][1] not in ("delta", "exponential") or kinds[r][2]:
                self.problems.append(f"population {name!r}: receptor {kinds[r][0]!r} is {'a conductance' if kinds[r][2] else kinds[r][1]}: NIR has delta and exponential currents only")
        self.check_receptors_at_rest(k)
        if np.any(np.rint(p["t_ref"] / self.spec.dt_ms) > 0):
            self.problems.append(f"population {name!r}: t_ref = {p['t_ref'].max():g} ms: NIR has no refractory period; set t_ref = 0")
        taus = {kinds[r][0]: p[f"{kinds[r][0]}.tau_syn"] for r in used if kinds[r][1] == "exponential"}
        first = next(iter(taus.values()), None)
        if len({kinds[r][1] for r in used}) > 1 or any(not np.array_equal(tau, first) for tau in taus.values()):
            self.problems.append(f"population {name!r}: receptors {', '.join(kinds[r][0] for r in used)} differ in kind or time constant: a NIR neuron has one; give them the same tau_syn")
        if self.problems:
            return
        resistance = p["tau_m"] / p["C_m"]  # ms / pF: GOhm
        constant = p["I_e"] + self.sim._core.currents(k, 0, 1)
        common = dict(r=resistance, v_leak=p["E_L"] + resistance * constant, v_threshold=np.nextafter(p["V_th"], -np.inf), v_reset=p["V_reset"].copy(), metadata=self.start(k))
        tau_m = p["tau_m"] * 1e-3
        if first is None:
            self.nodes[name] = self.nir.LIF(tau=tau_m, **common)
        else:
            self.nodes[name] = self.nir.CubaLIF(tau_syn=first * 1e-3, tau_mem=tau_m, w_in=first * 1e-3 / self.dt, **common)
        self.nodes[name + "_output"] = self.nir.Output(np.array([n]))
        self.edges.append((name, name + "_output"))
        if not arriving:
            self.nodes[name + "_input"] = self.nir.Input(np.array([n]))
            self.edges.append((name + "_input", name))

    def start(self, k):
        return {"v": self.sim.get(self.name(k), "V_m")}

    def check_receptors_at_rest(self, k):
        name = self.name(k)
        for variable in (v for v in self.sim.variables(name) if "." in v):
            values = self.at_start(name, variable)
            if np.any(values != 0):
                self.problems.append(f"population {name!r}: {variable} is not 0 at the start (up to {np.abs(values).max():g}): a NIR graph begins without synaptic currents; "
                                     f"leave {variable} out of its initial, or let spikes bring the current")

    def at_start(self, name, variable):
        """A receptor's state at the start, also where receptors with the same time constants share one."""
        try:
            return self.sim.get(name, variable)
        except InputError:
            pass
        if not any(_has_dotted(table.get("initial")) for table in self.sim.network._tree["populations"]):
            return np.zeros(1)
        if self.shared is None:  # what is recorded is kept apart
            network = copy.copy(self.sim.network)
            network._tree, network._source, network._spec = copy.deepcopy(network._tree), None, None
            for other, _, membrane in self.populations:
                if membrane == "leaky":
                    network.record("state", other, [v for v in self.sim.variables(other) if "." in v], name=f"{other}.at the start")
            self.shared = network.build(threads=1)
        return self.shared.get(name, variable)

    def connections(self, s, t, found):
        """A Linear and a Delay for each delay that occurs."""
        target = self.nodes[self.name(t)]
        # mV at once: the current [pA] that brings this charge in a step; or pA of a decaying current: w_in takes care
        unit = (target.tau / self.dt / target.r)[found.target] if isinstance(target, self.nir.LIF) else np.ones(len(found.target))
        steps = np.rint(found.delay / self.spec.dt_ms).astype(np.int64)
        for d in np.unique(steps):
            here = steps == d
            weight = np.zeros((self.populations[t][1], self.populations[s][1]))
            np.add.at(weight, (found.target[here], found.source[here]), (found.weight * unit)[here])
            w, late = (f"{self.name(s)}_{self.name(t)}_{word}_{d}" for word in ("weight", "delay"))
            self.nodes[w] = self.nir.Linear(weight)
            self.nodes[late] = self.nir.Delay(np.full(self.populations[t][1], d * self.dt))
            self.edges += [(self.name(s), w), (w, late), (late, self.name(t))]
