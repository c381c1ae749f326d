#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Shows that the map of conventions in ../README.md is right: a plain numpy simulator that follows it gives the
peers' spikes, all of them, and their states to rounding. Not a test of Ranvier; run it after remaking references.

    check_conventions.py          needs numpy
"""
import csv
import gzip
import json
import pathlib

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
EXAMPLES = HERE.parents[2] / "examples" / "data"


def exprel(x):
    return np.expm1(x) / x if x else 1.0


class LifExp:
    """The order every Ranvier model but lif_shiu obeys: propagate, add arrivals, test threshold."""

    def __init__(self, p, n, dt, current):
        self.p, self.dt, self.V = p, dt, np.full(n, p["V_m"] - p.get("E_L", 0.0))
        self.ex, self.inh = np.zeros(n), np.zeros(n)
        self.left, self.current = np.zeros(n, int), current
        tau = p["tau_m"]
        self.P22, self.P20 = np.exp(-dt / tau), -tau / p["C_m"] * np.expm1(-dt / tau)
        if "tau_syn_ex" in p:
            self.P11 = [np.exp(-dt / p[t]) for t in ("tau_syn_ex", "tau_syn_in")]
            self.P21 = [dt / p["C_m"] * np.exp(-dt / p[t]) * exprel(dt * (tau - p[t]) / (tau * p[t]))
                        for t in ("tau_syn_ex", "tau_syn_in")]

    def propagate(self):
        V = self.P22 * self.V + self.P21[0] * self.ex + self.P21[1] * self.inh + self.P20 * self.current
        self.ex, self.inh = self.P11[0] * self.ex, self.P11[1] * self.inh
        return V

    def arrive(self, V, positive, negative):
        self.ex, self.inh = self.ex + positive, self.inh + negative
        return V

    def step(self, positive, negative):
        """One step with these summed weights arriving at its end; returns the neurons that fire."""
        p, V = self.p, self.propagate()
        held = self.left > 0
        V = np.where(held, p["V_reset"] - p["E_L"], self.arrive(V, positive, negative))
        self.left[held] -= 1
        fired = (V >= p["V_th"] - p["E_L"]) & ~held
        self.V = np.where(fired, p["V_reset"] - p["E_L"], V)
        self.left[fired] = round(p["t_ref"] / self.dt)
        return np.flatnonzero(fired)

    def state(self):
        return [self.V[0] + self.p["E_L"], self.ex[0], self.inh[0]]


class LifDelta(LifExp):
    """Arrivals add to V in the step they arrive in, before the test; while refractory they are lost."""

    def propagate(self):
        return self.P22 * self.V + self.P20 * self.current

    def arrive(self, V, positive, negative):
        return V + positive + negative

    def state(self):
        return [self.V[0] + self.p["E_L"]]


class IzhikevichEuler(LifDelta):
    def __init__(self, p, n, dt, current):
        self.p, self.dt, self.current = p, dt, current
        self.V, self.U = np.full(n, p["V_m"]), np.full(n, p["U_m"])

    def step(self, positive, negative):
        p, dt, v, u = self.p, self.dt, self.V, self.U
        v, u = (v + dt * (0.04 * v * v + 5 * v + 140 - u + self.current) + positive + negative,
                u + dt * p["a"] * (p["b"] * v - u))
        fired = v >= p["V_th"]
        self.V, self.U = np.where(fired, p["c"], v), np.where(fired, u + p["d"], u)
        return np.flatnonzero(fired)

    def state(self):
        return [self.V[0], self.U[0]]


class IzhikevichPublished(IzhikevichEuler):
    """Two half steps of v, then u with the new v; what arrives at the end of the step is a current during it."""

    def step(self, positive, negative):
        p, v = self.p, self.V
        current = self.current + positive + negative
        for _ in range(2):
            v = v + self.dt * 0.5 * (0.04 * v * v + 5 * v + 140 - self.U + current)
        u = self.U + self.dt * p["a"] * (p["b"] * v - self.U)
        fired = v >= p["V_th"]
        self.V, self.U = np.where(fired, p["c"], v), np.where(fired, u + p["d"], u)
        return np.flatnonzero(fired)


MODELS = {"lif_exp": LifExp, "lif_exp_equal_tau": LifExp, "lif_delta": LifDelta, "izhikevich_euler": IzhikevichEuler,
          "izhikevich_published": IzhikevichPublished}


def run(model, n, n_steps, arrivals, outgoing):
    """arrivals [(step, neuron, weight)] from outside; outgoing[source] = [(target, weight, steps)]. Spikes, states."""
    positive, negative = np.zeros((n_steps + 64, n)), np.zeros((n_steps + 64, n))
    for step, neuron, weight in arrivals:
        (positive if weight > 0 else negative)[step, neuron] += weight
    spikes, states = [], []
    for step in range(1, n_steps + 1):
        for i in model.step(positive[step], negative[step]):
            spikes.append([step, int(i)])
            for target, weight, delay in outgoing.get(i, ()):
                (positive if weight > 0 else negative)[step + delay, target] += weight
        states.append(model.state())
    return spikes, np.array(states)


def check_nest(name):
    for kind in ("", "_network"):
        path = HERE / "nest" / f"{name}{kind}.json"
        if not path.exists():
            continue
        d = json.loads(path.read_text())
        dt, n = d["dt_ms"], len(d.get("I_e_pA", [0]))
        steps = round(d["duration_ms"] / dt)
        p = {"E_L": 0.0, **d["parameters"], **d["initial"]}
        arrivals = [(round((t + i["delay_ms"]) / dt), 0, i["weight"]) for i in d.get("inputs", []) for t in i["times_ms"]]
        outgoing = {}
        for source, target, weight, delay in d.get("edges", []):
            outgoing.setdefault(source, []).append((target, weight, delay))
        current = np.array(d["I_e_pA"]) if "I_e_pA" in d else p["I_e"]
        spikes, states = run(MODELS[name](p, n, dt, current), n, steps, arrivals, outgoing)
        expected = d.get("spikes") or [[s, 0] for s in d["spike_steps"]]
        # spikes of the last step may be missing in NEST
        agree = [s for s in spikes if s[0] <= max(e[0] for e in expected)] == expected
        text = f"{path.name}: spikes {'equal' if agree else 'DIFFER'} ({len(expected)})"
        if not kind:
            with gzip.open(HERE / "nest" / f"{name}.csv.gz", "rt") as f:
                table = np.loadtxt(f, delimiter=",", skiprows=1)
            rows = table[:, 0].astype(int) - 1
            text += f", largest difference of a state {np.abs(table[:, 1:] - states[rows]).max():.1e}"
        print(text)


def check_brian2(name, weight, delay=18, kick=68.75):
    """lif_shiu by the map: propagate, test the propagated v, add arrivals, reset. Stamps one step after Brian2's."""
    def columns(path, *names):
        with gzip.open(path, "rt", newline="") as f:
            table = list(csv.DictReader(f))
        return [np.array([float(r[c]) for r in table]) for c in names]

    source, target, count = columns(EXAMPLES / name / "edges.csv.gz", "source", "target", "synapses")
    hit, when = columns(EXAMPLES / name / "stimulus.csv.gz", "neuron", "time")
    (t_ref,) = columns(EXAMPLES / name / "neurons.csv.gz", "t_ref")
    step_of, neuron_of = columns(HERE / f"{name}_brian2.csv.gz", "step", "neuron")
    expected = sorted(zip((step_of + 1).astype(int).tolist(), neuron_of.astype(int).tolist()))

    n, n_steps, dt, tau_m, tau = len(t_ref), 10000, 0.1, 20.0, 5.0
    order = np.argsort(source, kind="stable")
    first = np.searchsorted(source[order], np.arange(n + 1))
    target, jump = target[order].astype(int), weight * count[order]
    kicks, g_in = np.zeros((n_steps + 2, n)), np.zeros((n_steps + delay + 2, n))
    np.add.at(kicks, (np.rint(when / dt).astype(int) + 1, hit.astype(int)), kick)
    refractory = np.rint(t_ref / dt).astype(int)
    u, g, ready = np.zeros(n), np.zeros(n), np.zeros(n, int)
    ev, eg = np.exp(-dt / tau_m), np.exp(-dt / tau)
    c = tau / (tau_m - tau) * (ev - eg)
    spikes = []
    for k in range(1, n_steps + 1):
        on = k >= ready
        u, g = np.where(on, ev * u + c * g, u), np.where(on, eg * g, g)
        fired = (u > 7.0) & on
        listens = on & ~fired
        u, g = np.where(listens, u + kicks[k], u), np.where(listens, g + g_in[k], g)
        u[fired] = g[fired] = 0
        ready[fired] = k + np.maximum(refractory[fired], 1)
        for i in np.flatnonzero(fired):
            spikes.append((k, int(i)))
            row = slice(first[i], first[i + 1])
            np.add.at(g_in[k + delay], target[row], jump[row])
    print(f"{name}_brian2.csv.gz: spikes {'equal' if spikes == expected else 'DIFFER'} ({len(expected)})")
    return spikes, expected


if __name__ == "__main__":
    for case in MODELS:
        check_nest(case)
    check_brian2("celegans", 1.5)
    check_brian2("larva", 0.275)
