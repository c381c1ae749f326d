#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What NEST computes for single neurons with fixed input spikes and for networks of 40 neurons.

    make_nest.py [CASE ...] [--output DIR]        default: all cases, into nest/ beside this script

One case is CASE.json (parameters, input, spikes) and, for a single neuron, CASE.csv.gz (its state at every step).
README.md explains the fields and how NEST's conventions map to Ranvier's.
Run with the Python of bench/peers/setup (nest-simulator 3.10.0).
"""
import argparse
import gzip
import json
import pathlib
import random

import nest

HERE = pathlib.Path(__file__).resolve().parent
DT = 0.1

HH_GATES = dict(Act_m="m", Inact_h="h", Act_n="n")

# name: NEST model, its parameters, initial state, weights of the two inputs, what is recorded, the same
# model in Ranvier's words. Parameters not listed here have NEST's defaults; CASE.json holds all of them.
CASES = {
    "lif_exp": dict(
        nest_model="iaf_psc_exp", record=["V_m", "I_syn_ex", "I_syn_in"], weights=(1500.0, -300.0),
        params=dict(C_m=250.0, tau_m=10.0, E_L=-65.0, V_th=-50.0, V_reset=-65.0, t_ref=2.0, tau_syn_ex=0.5,
                    tau_syn_in=2.0, I_e=360.0), state=dict(V_m=-60.0),
        network=dict(I_e=(300.0, 500.0), weights=(150.0, -400.0)),
        ranvier=dict(model="lif_exp")),
    "lif_exp_equal_tau": dict(
        nest_model="iaf_psc_exp", record=["V_m", "I_syn_ex", "I_syn_in"], weights=(120.0, -60.0),
        params=dict(C_m=200.0, tau_m=10.0, E_L=-70.0, V_th=-55.0, V_reset=-70.0, t_ref=2.0, tau_syn_ex=10.0,
                    tau_syn_in=10.0, I_e=150.0), state=dict(V_m=-70.0),
        ranvier=dict(model="lif_exp")),
    "lif_alpha": dict(
        nest_model="iaf_psc_alpha", record=["V_m", "I_syn_ex", "I_syn_in"], weights=(250.0, -150.0),
        params=dict(C_m=250.0, tau_m=10.0, E_L=-70.0, V_th=-55.0, V_reset=-70.0, t_ref=2.0, tau_syn_ex=2.0,
                    tau_syn_in=3.0, I_e=250.0), state=dict(V_m=-70.0),
        network=dict(I_e=(300.0, 500.0), weights=(60.0, -90.0)),
        ranvier=dict(model="lif_alpha")),
    "lif_delta": dict(
        nest_model="iaf_psc_delta", record=["V_m"], weights=(4.0, -3.0),
        params=dict(C_m=250.0, tau_m=20.0, E_L=0.0, V_th=20.0, V_reset=10.0, V_min=-1.7e308, t_ref=2.0, I_e=150.0),
        state=dict(V_m=5.0),
        network=dict(I_e=(200.0, 350.0), weights=(1.0, -3.0)),
        ranvier=dict(model="lif_delta")),
    "lif_cond_exp": dict(
        nest_model="iaf_cond_exp", record=["V_m", "g_ex", "g_in"], weights=(12.0, -20.0),
        params=dict(C_m=200.0, g_L=10.0, E_L=-60.0, V_th=-50.0, V_reset=-60.0, E_ex=0.0, E_in=-80.0, t_ref=5.0,
                    tau_syn_ex=5.0, tau_syn_in=10.0, I_e=50.0), state=dict(V_m=-60.0),
        network=dict(I_e=(100.0, 250.0), weights=(2.0, -10.0)),
        ranvier=dict(model="lif_cond_exp", tau_m="C_m / g_L")),
    "lif_cond_alpha": dict(
        nest_model="iaf_cond_alpha", record=["V_m", "g_ex", "g_in"], weights=(6.0, -8.0),
        params=dict(C_m=250.0, g_L=16.6667, E_L=-70.0, V_th=-55.0, V_reset=-60.0, E_ex=0.0, E_in=-85.0, t_ref=2.0,
                    tau_syn_ex=1.0, tau_syn_in=2.0, I_e=200.0), state=dict(V_m=-70.0),
        ranvier=dict(model="lif_cond_alpha", tau_m="C_m / g_L")),
    "adex": dict(
        nest_model="aeif_cond_exp", record=["V_m", "w", "g_ex", "g_in"], weights=(20.0, -20.0),
        params=dict(C_m=281.0, g_L=30.0, E_L=-70.6, V_th=-50.4, Delta_T=2.0, tau_w=144.0, a=4.0, b=80.5,
                    V_reset=-60.0, V_peak=0.0, t_ref=2.0, E_ex=0.0, E_in=-85.0, tau_syn_ex=2.0, tau_syn_in=5.0,
                    I_e=500.0, gsl_error_tol=1e-9), state=dict(V_m=-70.6, w=0.0),
        network=dict(I_e=(650.0, 900.0), weights=(3.0, -10.0)),
        ranvier=dict(model="adex_cond_exp", renamed=dict(V_th="V_T"))),
    "izhikevich_euler": dict(
        nest_model="izhikevich", record=["V_m", "U_m"], weights=(6.0, -4.0),
        params=dict(a=0.02, b=0.2, c=-65.0, d=8.0, V_th=30.0, V_min=-1.7e308, I_e=6.0, consistent_integration=True),
        state=dict(V_m=-65.0, U_m=-13.0),
        network=dict(I_e=(5.0, 9.0), weights=(1.5, -3.0)),
        ranvier=dict(model="izhikevich", integrator=1, renamed=dict(V_th="V_peak", V_m="v", U_m="u"))),
    "izhikevich_published": dict(
        nest_model="izhikevich", record=["V_m", "U_m"], weights=(6.0, -4.0), dt=1.0,
        params=dict(a=0.02, b=0.2, c=-65.0, d=8.0, V_th=30.0, V_min=-1.7e308, I_e=6.0, consistent_integration=False),
        state=dict(V_m=-65.0, U_m=-13.0),
        ranvier=dict(model="izhikevich", integrator=0, renamed=dict(V_th="V_peak", V_m="v", U_m="u"))),
    "hh": dict(
        nest_model="hh_psc_alpha", record=["V_m", "Act_m", "Inact_h", "Act_n"], weights=(1500.0, -400.0),
        params=dict(C_m=100.0, g_Na=12000.0, g_K=3600.0, g_L=30.0, E_Na=50.0, E_K=-77.0, E_L=-54.402, t_ref=2.0, tau_syn_ex=0.5,
                    tau_syn_in=2.0, I_e=500.0), state=dict(V_m=-65.0),
        ranvier=dict(membrane="hh", receptors="alpha", detection=2, V_th=0, renamed=HH_GATES)),
    "hh_traub": dict(
        nest_model="hh_cond_exp_traub", record=["V_m", "Act_m", "Inact_h", "Act_n"], weights=(12.0, -20.0),
        params=dict(C_m=200.0, g_Na=20000.0, g_K=6000.0, g_L=10.0, E_Na=50.0, E_K=-90.0, E_L=-60.0, V_T=-63.0, t_ref=2.0, E_ex=0.0,
                    E_in=-80.0, tau_syn_ex=5.0, tau_syn_in=10.0, I_e=20.0),
        # NEST starts its gates as if V_T were 0; these are in equilibrium with V_m
        state=dict(V_m=-60.0, Act_m=0.02686332978, Inact_h=0.9913058219, Act_n=0.06043403460),
        ranvier=dict(model="hh_cond_exp_traub", detection=2, V_th="V_T + 30", renamed=HH_GATES)),
}
DURATION = {"single": 160.0, "network": 200.0}
N_NETWORK, N_EXCITATORY, INDEGREE = 40, 32, 8


def start(dt):
    nest.ResetKernel()
    nest.verbosity = nest.VerbosityLevel.ERROR
    nest.resolution = dt
    nest.local_num_threads = 1


def neuron_parameters(neuron):
    """All parameters NEST reports for a neuron, without state, bookkeeping and what depends on the process."""
    drop = {"element_type", "frozen", "global_id", "instantiations", "model", "model_id", "node_uses_wfr",
            "recordables", "supports_precise_spikes", "synaptic_elements", "thread", "thread_local_id", "vp", "t_spike", "local",
            "Ca", "beta_Ca", "tau_Ca", "archiver_length", "post_trace", "tau_minus", "tau_minus_triplet"}
    return {k: (v if isinstance(v, (bool, int)) else float(v)) for k, v in sorted(neuron.get().items())
            if k not in drop and isinstance(v, (bool, int, float))}


def input_times(name, sign, mean_interval, duration, dt):
    """Spike times on the grid, distinct and ascending; drawn once from Python's generator, stored in the JSON."""
    rng = random.Random(f"{name} {sign}")
    steps, step = [], 0
    while True:
        step += 1 + int(rng.expovariate(dt / mean_interval))
        if step * dt > duration - 5:
            return [round(s * dt, 6) for s in steps]
        steps.append(step)


def steps_of(times, dt):
    return [round(t / dt) for t in times]


def single(name, case):
    dt = case.get("dt", DT)
    start(dt)
    neuron = nest.Create(case["nest_model"], params={**case["params"], **case["state"]})
    parameters = neuron_parameters(neuron)
    meter = nest.Create("multimeter", params={"interval": dt, "record_from": case["record"]})
    recorder = nest.Create("spike_recorder")
    nest.Connect(meter, neuron)
    nest.Connect(neuron, recorder)
    inputs = []
    for sign, weight, delay, interval in (("ex", case["weights"][0], 1.0, 5.0), ("in", case["weights"][1], 2.0, 12.0)):
        times = input_times(name, sign, interval, DURATION["single"], dt)
        generator = nest.Create("spike_generator", params={"spike_times": times})
        nest.Connect(generator, neuron, syn_spec={"weight": weight, "delay": delay})
        inputs.append({"receptor": sign, "weight": weight, "delay_ms": delay, "times_ms": times})
    nest.Simulate(DURATION["single"])
    events = meter.events
    table = list(zip(steps_of(events["times"], dt), *(events[v] for v in case["record"])))
    spikes = steps_of(recorder.events["times"], dt)
    description = {"dt_ms": dt, "duration_ms": DURATION["single"], "parameters": parameters, "initial": case["state"],
                   "inputs": inputs, "recorded": case["record"], "spike_steps": spikes}
    return description, table


def network(name, case):
    """40 neurons, 32 excitatory, each with 8 inputs drawn with replacement; driven by currents of their own."""
    start(DT)
    rng = random.Random(name)
    low, high = case["network"]["I_e"]
    currents = [round(rng.uniform(low, high), 3) for _ in range(N_NETWORK)]
    edges = []
    for target in range(N_NETWORK):
        for _ in range(INDEGREE):
            source = rng.randrange(N_NETWORK)
            weight = case["network"]["weights"][0 if source < N_EXCITATORY else 1]
            edges.append([source, target, weight, rng.randrange(5, 40)])
    neurons = nest.Create(case["nest_model"], N_NETWORK, params={**case["params"], **case["state"]})
    neurons.I_e = currents
    recorder = nest.Create("spike_recorder")
    nest.Connect(neurons, recorder)
    for source, target, weight, delay in edges:
        nest.Connect(neurons[source], neurons[target],
                     syn_spec={"weight": weight, "delay": round(delay * DT, 1)})
    parameters = {k: v for k, v in neuron_parameters(neurons[0]).items() if k != "I_e"}
    nest.Simulate(DURATION["network"])
    events = recorder.events
    spikes = sorted([s, int(i) - 1] for s, i in zip(steps_of(events["times"], DT), events["senders"]))
    return {"dt_ms": DT, "duration_ms": DURATION["network"], "parameters": parameters, "initial": case["state"],
            "I_e_pA": currents, "edges": edges, "spikes": spikes}


def write(folder, name, case, kind, description, table=None):
    head = {"case": name, "kind": kind, "peer": f"NEST {nest.__version__}", "script": "tests/parity/data/make_nest.py",
            "nest_model": case["nest_model"], "ranvier": case["ranvier"]}
    text = json.dumps({**head, **description}, indent=None).replace('], "', '],\n "').replace('}, "', '},\n "')
    (folder / f"{name}.json").write_text(text + "\n")
    if table is not None:
        lines = ["step," + ",".join(case["record"])] + [f"{r[0]}," + ",".join(f"{x:.13g}" for x in r[1:]) for r in table]
        with open(folder / f"{name}.csv.gz", "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, mtime=0) as f:
            f.write(("\n".join(lines) + "\n").encode())
    count = len(description.get("spike_steps", description.get("spikes")))
    print(f"{name}: {count} spikes")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("cases", nargs="*", metavar="CASE")
    parser.add_argument("--output", default=HERE / "nest", type=pathlib.Path)
    a = parser.parse_args()
    a.output.mkdir(parents=True, exist_ok=True)
    for name in a.cases or CASES:
        case = CASES[name]
        write(a.output, name, case, "single", *single(name, case))
        if "network" in case:
            write(a.output, name + "_network", case, "network", network(name, case))


if __name__ == "__main__":
    main()
