# SPDX-License-Identifier: Apache-2.0
"""The network in NEST: peer_nest.py IN.npz OUT.npz. Run by ranvier.verify in a process of its own; needs numpy and nest only.

Order and stamps are Ranvier's own (tests/parity/README.md): a spike with stamp k and a delay of d steps arrives at k + d in both.
"""
import json
import sys

import numpy as np

NO_LIMIT = -1.7e308


class Unsupported(Exception):
    """What NEST has no counterpart of."""


def column(z, k, name, size):
    return np.broadcast_to(z[f"parameter.{k}.{name}"], (size,)).astype(float)


def receptor_map(p, k, z, weights):
    """{receptor: (sign in NEST, "ex" or "in")}.

    Currents: NEST tells the two by the sign of the weight; where time constants are equal, any sign will do. Conductances: the first is excitatory, a weight of the
    second is negative in NEST.
    """
    out = {}
    if any(r[2] for r in p["receptors"]):
        if len(p["receptors"]) > 2:
            raise Unsupported(f"population {p['name']!r} has {len(p['receptors'])} conductances; NEST's models have two")
        return {r: (1, "ex") if r == 0 else (-1, "in") for r in range(len(p["receptors"]))}
    taus = [z.get(f"parameter.{k}.{r[0]}.tau_syn") for r in p["receptors"]]
    same = all(t is None or np.array_equal(t, taus[0]) for t in taus)
    for r, values in weights.items():
        sign = None if same else "ex" if np.all(values >= 0) else "in" if np.all(values <= 0) else "both"
        if sign == "both":
            raise Unsupported(f"population {p['name']!r}: receptor {p['receptors'][r][0]!r} has weights of both signs, and the time constants of its receptors differ; NEST tells receptors by the sign")
        out[r] = (1, sign or "ex")
    sides = {}
    for r, (_, side) in out.items():
        if not same and not np.array_equal(sides.setdefault(side, taus[r]), taus[r]):
            raise Unsupported(f"population {p['name']!r} has more time constants than NEST's model")
    return out


def model_of(p, k, z, weights):
    """(NEST's model, parameters {name: [size]}, state {name: [size]}, receptor map)."""
    n = p["size"]
    kinds = {(r[1], bool(r[2])) for r in p["receptors"]}
    receptors = receptor_map(p, k, z, weights)
    of = lambda name: column(z, k, name, n)
    state = lambda name: z[f"initial.{k}.{name}"]

    def tau(side, default):
        used = [r for r, (_, s) in receptors.items() if s == side]
        return column(z, k, f"{p['receptors'][used[0]][0]}.tau_syn", n) if used else default

    if p["membrane"] == "leaky":
        common = {key: of(key) for key in ("C_m", "E_L", "V_th", "V_reset", "t_ref", "I_e")}
        if kinds <= {("delta", False)}:
            return "iaf_psc_delta", {**common, "tau_m": of("tau_m"), "V_min": np.full(n, NO_LIMIT)}, {"V_m": state("V_m")}, receptors
        for kind, model in (("exponential", "iaf_psc_exp"), ("alpha", "iaf_psc_alpha")):
            if kinds == {(kind, False)}:
                any_tau = column(z, k, f"{p['receptors'][0][0]}.tau_syn", n)
                ex, inh = tau("ex", any_tau), tau("in", any_tau)
                _at_rest(p, k, z)
                return model, {**common, "tau_m": of("tau_m"), "tau_syn_ex": ex, "tau_syn_in": inh}, {"V_m": state("V_m")}, receptors
        if kinds == {("exponential", True)}:
            return "iaf_cond_exp", {**common, "g_L": of("C_m") / of("tau_m"), **conductances(p, k, z, n)}, cond_state(p, k, z), receptors
    if p["membrane"] == "adex" and kinds == {("exponential", True)}:
        names = {"V_T": "V_th", **{key: key for key in ("C_m", "g_L", "E_L", "Delta_T", "tau_w", "a", "b", "V_reset", "V_peak", "t_ref", "I_e")}}
        return "aeif_cond_exp", {**{theirs: of(ours) for ours, theirs in names.items()}, "gsl_error_tol": np.full(n, 1e-9), **conductances(p, k, z, n)}, {**cond_state(p, k, z), "w": state("w")}, receptors
    if p["membrane"] == "hh_traub" and kinds == {("exponential", True)}:
        if not (np.all(of("detection") == 2) and np.allclose(of("V_th"), of("V_T") + 30)):
            raise Unsupported(f"population {p['name']!r}: NEST counts a spike where V falls again above V_T + 30 mV: set detection = 2 and V_th = V_T + 30 mV")
        names = ("C_m", "g_Na", "g_K", "g_L", "E_Na", "E_K", "E_L", "V_T", "t_ref", "I_e")
        gates = {theirs: state(ours) for ours, theirs in (("m", "Act_m"), ("h", "Inact_h"), ("n", "Act_n"))}
        return "hh_cond_exp_traub", {**{key: of(key) for key in names}, **conductances(p, k, z, n)}, {**cond_state(p, k, z), **gates}, receptors
    if p["membrane"] == "izhikevich" and kinds <= {("delta", False)}:
        if len(set(of("integrator"))) > 1:
            raise Unsupported(f"population {p['name']!r}: integrator must be the same for all cells")
        return "izhikevich", {**{key: of(key) for key in "abcd"}, "V_th": of("V_peak"), "I_e": of("I_e"), "V_min": np.full(n, NO_LIMIT),
                              "consistent_integration": bool(of("integrator")[0] == 1)}, {"V_m": state("v"), "U_m": state("u")}, receptors
    raise Unsupported(f"population {p['name']!r}: membrane {p['membrane']!r} with receptors {', '.join(r[1] + (' conductance' if r[2] else '') for r in p['receptors']) or 'none'} has no counterpart in NEST that is known here")


def conductances(p, k, z, n):
    out = {}
    for r, side in zip(p["receptors"], ("ex", "in")):
        out[f"tau_syn_{side}"], out[f"E_{side}"] = column(z, k, f"{r[0]}.tau_syn", n), column(z, k, f"{r[0]}.E_rev", n)
    return out


def cond_state(p, k, z):
    _at_rest(p, k, z)
    return {"V_m": z[f"initial.{k}.V_m"]}


def _at_rest(p, k, z):
    for r in p["receptors"]:
        if any(np.any(values) for name, values in z.items() if name.startswith(f"initial.{k}.{r[0]}.")):
            raise Unsupported(f"population {p['name']!r}: receptor {r[0]!r} begins with something in it; let receptors begin at 0")


def create(nest, model, n, params, state):
    nodes = nest.Create(model, n)
    for values in (params, state):  # the state after the parameters: some models keep it relative to E_L
        nodes.set({name: value if isinstance(value, bool) else float(value[0]) if n == 1 else [float(x) for x in value] for name, value in values.items()})
    return nodes


def run(z, meta):
    import nest

    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR if hasattr(nest, "VerbosityLevel") else "M_ERROR"
    dt, steps = meta["dt"], meta["steps"]
    nest.resolution = dt
    weights = arriving_weights(z, meta)
    nodes, maps, models = {}, {}, []
    for k, p in enumerate(meta["populations"]):
        if p["source"]:
            nodes[k] = generators(nest, z, k, p["size"], dt)
            continue
        model, params, state, maps[k] = model_of(p, k, z, weights[k])
        current = z.get(f"current.{k}")
        if current is not None:
            params["I_e"] = params["I_e"] + current[0]
        nodes[k] = create(nest, model, p["size"], params, state)
        models.append(model)
    for j, (s, t) in enumerate(meta["pairs"]):
        source, target = z[f"pair.{j}.source"], z[f"pair.{j}.target"]
        sign = np.array([maps[t].get(r, (1, ""))[0] for r in range(len(meta["populations"][t]["receptors"]))])
        delay = np.rint(z[f"pair.{j}.delay"] / dt) * dt
        ids_s, ids_t = np.array(nodes[s].tolist()), np.array(nodes[t].tolist())
        nest.Connect(ids_s[source], ids_t[target], "one_to_one", {"weight": z[f"pair.{j}.weight"] * sign[z[f"pair.{j}.receptor"]], "delay": delay})
    for j, (t, r) in enumerate(meta["arrivals"]):
        arrivals(nest, z, j, nodes[t], maps[t][r][0], meta["populations"][t]["size"], dt)
    recorder = nest.Create("spike_recorder")
    neurons = [k for k in nodes if not meta["populations"][k]["source"]]
    for k in neurons:
        nest.Connect(nodes[k], recorder)
    simulate(nest, z, meta, nodes, neurons)
    return spikes(recorder, nodes, meta, neurons), models, f"NEST {nest.__version__}"


def arriving_weights(z, meta):
    """{population: {receptor: all weights onto it}}"""
    found = [{} for _ in meta["populations"]]
    for j, (_, t) in enumerate(meta["pairs"]):
        for r in np.unique(z[f"pair.{j}.receptor"]):
            found[t].setdefault(int(r), []).append(z[f"pair.{j}.weight"][z[f"pair.{j}.receptor"] == r])
    for j, (t, r) in enumerate(meta["arrivals"]):
        found[t].setdefault(r, []).append(z[f"arrival.{j}.weight"])
    return [{r: np.concatenate(values) for r, values in f.items()} for f in found]


def by_cell(cell, *columns):
    """Columns of each cell, in their order."""
    order = np.argsort(cell, kind="stable")
    owners, first = np.unique(cell[order], return_index=True)
    return {int(c): parts for c, parts in zip(owners, zip(*(np.split(col[order], first[1:]) for col in columns)))}


def generators(nest, z, k, n, dt):
    nodes = nest.Create("spike_generator", n)
    for cell, (step,) in by_cell(z[f"train.{k}.cell"], z[f"train.{k}.step"]).items():
        when, count = np.unique(step, return_counts=True)
        nodes[cell].set(spike_times=[float(t) for t in np.round(when * dt, 9)], spike_multiplicities=[int(c) for c in count])
    return nodes


def arrivals(nest, z, j, targets, sign, n, dt):
    nodes = nest.Create("spike_generator", n)
    for cell, (step, weight) in by_cell(z[f"arrival.{j}.cell"], z[f"arrival.{j}.step"], z[f"arrival.{j}.weight"]).items():
        nodes[cell].set(spike_times=[float(t) for t in np.round((step - 1) * dt, 9)], spike_weights=[float(w) * sign for w in weight])
    nest.Connect(nodes, targets, "one_to_one", {"weight": 1.0, "delay": dt})


def simulate(nest, z, meta, nodes, neurons):
    """In pieces between changes of currents, which are parameters: a current generator's would come later. Some steps more than compared: the last of a run may be missing."""
    dt, steps = meta["dt"], meta["steps"]
    changing = {k: z[f"current.{k}"] for k in neurons if f"current.{k}" in z and len(z[f"current.{k}"]) > 1}
    base = {k: np.array(nodes[k].get("I_e"), dtype=float).reshape(-1) - c[0] for k, c in changing.items()}
    changes = sorted({int(s) for c in changing.values() for s in np.flatnonzero(np.any(c[1:] != c[:-1], axis=1)) + 1})
    done = 0
    for at in [*changes, None]:
        end = steps + int(np.ceil(10 / dt)) if at is None else at
        nest.Simulate((end - done) * dt)
        done = end
        if at is not None:
            for k, c in changing.items():
                if np.any(c[at] != c[at - 1]):
                    now = [float(x) for x in base[k] + c[at]]
                    nodes[k].set({"I_e": now[0] if len(now) == 1 else now})


def spikes(recorder, nodes, meta, neurons):
    events = recorder.events
    steps = np.rint(events["times"] / meta["dt"]).astype(np.int64)
    first, ids = 0, np.full(len(steps), -1)
    for k, p in enumerate(meta["populations"]):
        if k in neurons:
            own = np.array(nodes[k].tolist())
            here = (events["senders"] >= own[0]) & (events["senders"] <= own[-1])
            ids[here] = events["senders"][here] - own[0] + first
        first += p["size"]
    kept = steps <= meta["steps"]
    return steps[kept], ids[kept]


EXACT = {"iaf_psc_exp", "iaf_psc_delta", "iaf_psc_alpha", "izhikevich"}


def main(file, out):
    with np.load(file) as loaded:
        z = {key: loaded[key] for key in loaded.files}
    meta = json.loads(str(z.pop("meta")))
    try:
        (steps, ids), models, version = run(z, meta)
    except ImportError as error:
        answer = {"missing": str(error)}
        steps = ids = np.zeros(0, np.int64)
    except Unsupported as error:
        answer = {"unsupported": str(error)}
        steps = ids = np.zeros(0, np.int64)
    else:
        answer = {"version": version, "exact": set(models) <= EXACT, "models": sorted(set(models))}
    np.savez(out, answer=np.array(json.dumps(answer)), steps=steps, ids=ids)


if __name__ == "__main__":
    main(*sys.argv[1:3])
