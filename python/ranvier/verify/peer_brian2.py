# SPDX-License-Identifier: Apache-2.0
"""The network in Brian2: peer_brian2.py IN.npz OUT.npz. Run by ranvier.verify in a process of its own; needs numpy and brian2 only.

A step of Brian2 is arranged in Ranvier's order: what arrives is gathered, the state is propagated, arrivals are added, the threshold is tested, the state reset. Clock n is
Ranvier's step n + 1. A spike is seen by its synapses at the next clock, so that a delay of d steps is d - 1 here; refractory for r steps is r + 1.
"""
import json
import sys

import numpy as np


class Unsupported(Exception):
    """What is not written down for Brian2 here."""


LEAKY_CURRENT = "dv/dt = (E_L - v + tau_m / C_m * (I_e + I_now{currents})) / (tau_m * ms) : 1 (unless refractory)\n"
LEAKY_CONDUCTANCE = "dv/dt = (C_m / tau_m * (E_L - v) + I_e + I_now{currents}) / (C_m * ms) : 1 (unless refractory)\n"
ADEX = """dv/dt = (g_L * (E_L - v) + g_L * Delta_T * exp(clip((v - V_T) / Delta_T, -500, 20)) - w + I_e + I_now{currents}) / (C_m * ms) : 1 (unless refractory)
dw/dt = (a * (clip(v, -500, V_peak) - E_L) - w) / (tau_w * ms) : 1
"""
TRAUB = """dv/dt = (g_L * (E_L - v) + g_Na * m**3 * h * (E_Na - v) + g_K * n**4 * (E_K - v) + I_e + I_now{currents}) / (C_m * ms) : 1
dm/dt = (0.32 * 4 / exprel((13 - u) / 4) * (1 - m) - 0.28 * 5 / exprel((u - 40) / 5) * m) / ms : 1
dh/dt = (0.128 * exp((17 - u) / 18) * (1 - h) - 4 / (1 + exp((40 - u) / 5)) * h) / ms : 1
dn/dt = (0.032 * 5 / exprel((15 - u) / 5) * (1 - n) - 0.5 * exp((10 - u) / 40) * n) / ms : 1
u = v - V_T : 1
"""
RECEPTOR = {"exponential": "d{s}/dt = -{s} / (tau_{r} * ms) : 1\n", "alpha": "d{s}/dt = -{s} / (tau_{r} * ms) + x_{r} / ms : 1\ndx_{r}/dt = -x_{r} / (tau_{r} * ms) : 1\n", "delta": ""}
ARRIVES = {"exponential": "{s} += arr_{r}", "alpha": "x_{r} += arr_{r} * exp(1) / tau_{r}", "delta": "v += arr_{r} * int(not_refractory)"}
IZHIKEVICH = {0: "v += dt_ms / 2 * (0.04 * v**2 + 5 * v + 140 - u + I_e + I_now + jump / dt_ms)\nv += dt_ms / 2 * (0.04 * v**2 + 5 * v + 140 - u + I_e + I_now + jump / dt_ms)\nu += dt_ms * a * (b * v - u)",
              1: "dv = dt_ms * (0.04 * v**2 + 5 * v + 140 - u + I_e + I_now) + jump\ndu = dt_ms * a * (b * v - u)\nv += dv\nu += du"}
PARAMETERS = {"leaky": ("tau_m", "C_m", "E_L", "V_th", "V_reset", "I_e"), "adex": ("C_m", "g_L", "E_L", "V_T", "Delta_T", "tau_w", "a", "b", "V_reset", "V_peak", "I_e"),
              "hh_traub": ("C_m", "g_Na", "g_K", "g_L", "E_Na", "E_K", "E_L", "V_T", "V_th", "I_e"), "izhikevich": ("a", "b", "c", "d", "V_peak", "I_e")}
STATE = {"leaky": {"V_m": "v"}, "adex": {"V_m": "v", "w": "w"}, "hh_traub": {"V_m": "v", "m": "m", "h": "h", "n": "n"}, "izhikevich": {"v": "v", "u": "u"}}


def description(p, z, k):
    """(equations, method, threshold, reset, code after the state update, whether exact)."""
    for r in p["receptors"]:
        if r[1] not in RECEPTOR or (r[1] == "delta" and r[2]):
            raise Unsupported(f"population {p['name']!r}: receptor {r[0]!r} of kind {r[1]} is not known for Brian2 here")
    conductance = any(r[2] for r in p["receptors"])
    currents = "".join(f" + {s} * (E_{i} - v)" if r[2] else f" + {s}" for i, r, s in named(p) if r[1] != "delta")
    receptors = "".join(RECEPTOR[r[1]].format(s=s, r=i) for i, r, s in named(p))
    after = "\n".join(ARRIVES[r[1]].format(s=s, r=i) for i, r, s in named(p))
    if p["membrane"] == "leaky":
        base = LEAKY_CONDUCTANCE if conductance else LEAKY_CURRENT
        return base.format(currents=currents) + receptors, "rk4" if conductance else "exact", "v >= V_th", "v = V_reset", after, not conductance
    if p["membrane"] == "adex":
        if np.any(z[f"parameter.{k}.Delta_T"] == 0):
            raise Unsupported(f"population {p['name']!r}: Delta_T = 0 is not known for Brian2 here")
        return ADEX.format(currents=currents) + receptors, "rk4", "v >= V_peak", "v = V_reset\nw += b", after, False
    if p["membrane"] == "hh_traub":
        detection = set(np.ravel(z[f"parameter.{k}.detection"]))
        if detection != {1}:
            raise Unsupported(f"population {p['name']!r}: Brian2 counts a spike where V is above V_th: set detection = 1")
        # Runge-Kutta steps of 0.1 ms are not stable here: the sodium gate opens faster. Exponential Euler is, but of first order: spikes are then those of integrator = 1
        if set(np.ravel(z[f"parameter.{k}.integrator"])) != {1}:
            raise Unsupported(f"population {p['name']!r}: Brian2 takes exponential Euler steps: set integrator = 1")
        return TRAUB.format(currents=currents) + receptors, "exponential_euler", "v > V_th", "", after, False
    if p["membrane"] == "izhikevich" and all(r[1] == "delta" for r in p["receptors"]):
        integrator = set(np.ravel(z[f"parameter.{k}.integrator"]))
        if len(integrator) > 1:
            raise Unsupported(f"population {p['name']!r}: integrator must be the same for all cells")
        jump = "jump = " + (" + ".join(f"arr_{i}" for i, _, _ in named(p)) or "0")
        return "v : 1\nu : 1\n", None, "v >= V_peak", "v = c\nu += d", jump + "\n" + IZHIKEVICH[int(integrator.pop())], True
    raise Unsupported(f"population {p['name']!r}: membrane {p['membrane']!r} is not known for Brian2 here")


def named(p):
    return [(i, r, f"s_{i}") for i, r in enumerate(p["receptors"])]


def run(z, meta):
    import brian2 as b2

    b2.prefs.codegen.target = "numpy"
    b2.BrianLogger.suppress_name("method_choice")
    b2.start_scope()
    dt, steps = meta["dt"], meta["steps"]
    b2.defaultclock.dt = dt * b2.ms
    net = b2.Network()
    net.schedule = ["start", "synapses", "groups", "thresholds", "resets", "end"]
    groups, monitors, exact = {}, {}, True
    for k, p in enumerate(meta["populations"]):
        if p["source"]:
            groups[k] = trains(b2, z, k, p["size"], dt)
        else:
            groups[k] = [cells(b2, net, z, k, p, meta)]
            exact &= description(p, z, k)[5]
            monitors[k] = b2.SpikeMonitor(groups[k][0])
            net.add(monitors[k])
        net.add(groups[k])
    for j, (s, t) in enumerate(meta["pairs"]):
        for group in groups[s]:
            for r in np.unique(z[f"pair.{j}.receptor"]):
                here = z[f"pair.{j}.receptor"] == r
                synapses = b2.Synapses(group, groups[t][0], "weight : 1", on_pre=f"arr_{r}_post += weight")
                synapses.connect(i=z[f"pair.{j}.source"][here].astype(int), j=z[f"pair.{j}.target"][here].astype(int))
                synapses.weight = z[f"pair.{j}.weight"][here]
                synapses.delay = (np.rint(z[f"pair.{j}.delay"][here] / dt) - 1) * dt * b2.ms
                net.add(synapses)
    net.run(steps * dt * b2.ms, namespace={})
    found, first = [[], []], 0
    for k, p in enumerate(meta["populations"]):
        if k in monitors:
            found[0].append(np.rint(np.asarray(monitors[k].t / b2.ms) / dt).astype(np.int64) + 1)
            found[1].append(np.asarray(monitors[k].i).astype(np.int64) + first)
        first += p["size"]
    return [np.concatenate(f) if f else np.zeros(0, np.int64) for f in found], exact, f"Brian2 {b2.__version__}"


def cells(b2, net, z, k, p, meta):
    n, dt = p["size"], meta["dt"]
    equations, method, threshold, reset, after, _ = description(p, z, k)
    constants = list(PARAMETERS[p["membrane"]])
    values = {name: z[f"parameter.{k}.{name}"] for name in constants}
    for i, r, s in named(p):
        if r[1] != "delta":
            values[f"tau_{i}"] = z[f"parameter.{k}.{r[0]}.tau_syn"]
        if r[2]:
            values[f"E_{i}"] = z[f"parameter.{k}.{r[0]}.E_rev"]
    equations += "".join(f"{name} : 1 (constant)\n" for name in values) + "I_now : 1\njump : 1\n" + "".join(f"arr_{i} : 1\n" for i, _, _ in named(p))
    refractory = None if p["membrane"] == "izhikevich" else np.rint(np.broadcast_to(z[f"parameter.{k}.t_ref"], n) / dt)
    if refractory is not None:
        equations += "refractory_for : second (constant)\n"
    keys = {} if method is None else {"method": method}
    group = b2.NeuronGroup(n, equations, threshold=threshold, reset=reset, refractory=False if refractory is None else "refractory_for", namespace={"dt_ms": dt}, **keys)
    if refractory is not None:
        group.refractory_for = (refractory + 1) * dt * b2.ms
    for name, value in values.items():
        setattr(group, name, np.broadcast_to(value, n))
    for ours, theirs in STATE[p["membrane"]].items():
        setattr(group, theirs, z[f"initial.{k}.{ours}"])
    for i, r, s in named(p):
        if r[1] != "delta":
            first = {"exponential": "I", "alpha": "I"}[r[1]]
            setattr(group, s, z.get(f"initial.{k}.{r[0]}.{first}", np.zeros(n)))
        if r[1] == "alpha":
            setattr(group, f"x_{i}", z.get(f"initial.{k}.{r[0]}.x", np.zeros(n)))
    feed(b2, net, z, k, group, meta)
    net.add(group.run_regularly(after + "\n" + "\n".join(f"arr_{i} = 0" for i, _, _ in named(p)), when="after_groups"))
    return group


def feed(b2, net, z, k, group, meta):
    """Currents and Poisson spikes, a row for each step."""
    steps, n = meta["steps"], len(group)
    code = []
    current = z.get(f"current.{k}")
    if current is not None and len(current) == 1:
        group.I_now = current[0]
    elif current is not None:
        group.namespace["current"] = b2.TimedArray(current, dt=meta["dt"] * b2.ms)
        code.append("I_now = current(t, i)")
    for j, (t, r) in enumerate(meta["arrivals"]):
        if t != k:
            continue
        table = np.zeros((steps, n))
        table[z[f"arrival.{j}.step"] - 1, z[f"arrival.{j}.cell"]] = z[f"arrival.{j}.weight"]
        group.namespace[f"arrival_{j}"] = b2.TimedArray(table, dt=meta["dt"] * b2.ms)
        code.append(f"arr_{r} += arrival_{j}(t, i)")
    if code:
        net.add(group.run_regularly("\n".join(code), when="before_groups"))


def trains(b2, z, k, n, dt):
    """A generator for the first spike of each neuron in a step, another for a second one, and so on: Brian2's fire once a step."""
    step, cell = z[f"train.{k}.step"], z[f"train.{k}.cell"]
    order = np.lexsort((cell, step))
    step, cell = step[order], cell[order]
    new = np.concatenate([[True], (step[1:] != step[:-1]) | (cell[1:] != cell[:-1])]) if len(step) else np.zeros(0, bool)
    rank = np.arange(len(step)) - np.maximum.accumulate(np.where(new, np.arange(len(step)), 0)) if len(step) else np.zeros(0, int)
    return [b2.SpikeGeneratorGroup(n, cell[rank == r].astype(int), (step[rank == r] - 1) * dt * b2.ms) for r in range(int(rank.max()) + 1 if len(rank) else 1)]


def main(file, out):
    with np.load(file) as loaded:
        z = {key: loaded[key] for key in loaded.files}
    meta = json.loads(str(z.pop("meta")))
    steps = ids = np.zeros(0, np.int64)
    try:
        (steps, ids), exact, version = run(z, meta)
    except ImportError as error:
        answer = {"missing": str(error)}
    except Unsupported as error:
        answer = {"unsupported": str(error)}
    else:
        answer = {"version": version, "exact": bool(exact)}
    np.savez(out, answer=np.array(json.dumps(answer)), steps=steps, ids=ids)


if __name__ == "__main__":
    main(*sys.argv[1:3])
