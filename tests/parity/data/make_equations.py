#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Three models by Brian2, for tests of models given as equations: writes equations_brian2.csv beside this file.

    model                   method  dt       input
    izhikevich_equations    euler   0.1 ms   10 (without unit)
    adex_rk4                rk4     0.05 ms  700 pA
    lif_adapting            exact   0.1 ms   600 pA

Each with the parameters of its file (examples/models, tests/models), from its initial state, for 300 ms; a line each ms:
the state at the end of that ms, and the spikes until then. Made with Brian2 2.9.0, float64, numpy target.
"""
import pathlib

from brian2 import Network, NeuronGroup, SpikeMonitor, defaultclock, ms, mV, nS, pA, pF, prefs, run  # noqa: F401

prefs.codegen.target = "numpy"

IZHIKEVICH = dict(
    model="dv/dt = (0.04*v*v + 5*v + 140 - u + 10)/ms : 1\ndu/dt = 0.02*(0.2*v - u)/ms : 1",
    threshold="v >= 30", reset="v = -65; u += 8", method="euler", initial={"v": -65, "u": -13}, dt=0.1, variables=("v", "u"), units=(1, 1))
ADEX = dict(
    model="dV/dt = (g_L*(E_L - V) + g_L*Delta_T*exp((V - V_T)/Delta_T) - w + I)/C_m : volt\ndw/dt = (a*(V - E_L) - w)/tau_w : amp",
    threshold="V > V_cut", reset="V = E_L; w += b", method="rk4", dt=0.05, initial={"V": -70.6 * mV, "w": 0 * pA}, variables=("V", "w"), units=(mV, pA),
    namespace=dict(C_m=281 * pF, g_L=30 * nS, E_L=-70.6 * mV, V_T=-50.4 * mV, Delta_T=2 * mV, tau_w=144 * ms, a=4 * nS, b=80.5 * pA, V_cut=-40.4 * mV, I=700 * pA))
LIF = dict(
    model="dV/dt = (E_L - V)/tau_m + (I - w)/C_m : volt (unless refractory)\ndw/dt = (a*(V - E_L) - w)/tau_w : amp",
    threshold="V >= V_th", reset="V = E_L; w += b", method="exact", refractory=2 * ms, dt=0.1, initial={"V": -70 * mV, "w": 0 * pA}, variables=("V", "w"), units=(mV, pA),
    namespace=dict(tau_m=10 * ms, C_m=250 * pF, E_L=-70 * mV, V_th=-55 * mV, tau_w=50 * ms, a=2 * nS, b=30 * pA, I=600 * pA))


def course(spec):
    """(time in ms, two state variables, spikes so far), each ms."""
    defaultclock.dt = spec["dt"] * ms
    extra = {"refractory": spec["refractory"]} if "refractory" in spec else {}
    group = NeuronGroup(1, spec["model"], threshold=spec["threshold"], reset=spec["reset"], method=spec["method"], namespace=spec.get("namespace", {}), **extra)
    for name, value in spec["initial"].items():
        setattr(group, name, value)
    spikes = SpikeMonitor(group)
    network = Network(group, spikes)
    for time in range(1, 301):
        network.run(1 * ms)
        yield (time, *(float(getattr(group, name)[0] / unit) for name, unit in zip(spec["variables"], spec["units"])), spikes.num_spikes)


def main():
    lines = ["model,time_ms,x,y,spikes"]
    for model, spec in enumerate((IZHIKEVICH, ADEX, LIF)):
        lines += [f"{model},{time},{x!r},{y!r},{spikes}" for time, x, y, spikes in course(spec)]
    pathlib.Path(__file__).with_name("equations_brian2.csv").write_text("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
