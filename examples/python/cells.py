# SPDX-License-Identifier: Apache-2.0
"""One cell under currents: the f-I curve of the leaky integrate-and-fire neuron against its closed form, and three firing patterns of AdEx.

What you will see. Left: 200 cells, each with a current of its own (an array), lie on 1 / (t_ref + tau ln(R I / (R I - theta))). Right: the
adaptive exponential neuron fires regularly, adapts or bursts, by its parameters (Naud et al. 2008, doi:10.1007/s00422-008-0264-7).
Spikes are cut at -35 mV. Takes milliseconds.
"""
import numpy as np

import ranvier

TAU, C, THETA, T_REF = 10.0, 250.0, 15.0, 2.0   # ms, pF, mV from reset to threshold, ms
PATTERNS = {  # table 1 of the paper
    "tonic": dict(C_m="200 pF", g_L="10 nS", E_L="-70 mV", a="2 nS", b="0 pA", tau_w="30 ms", V_reset="-58 mV", I_e="500 pA"),
    "adapting": dict(C_m="200 pF", g_L="12 nS", E_L="-70 mV", a="2 nS", b="60 pA", tau_w="300 ms", V_reset="-58 mV", I_e="500 pA"),
    "bursting": dict(C_m="200 pF", g_L="10 nS", E_L="-58 mV", a="2 nS", b="100 pA", tau_w="120 ms", V_reset="-46 mV", I_e="210 pA"),
}


def closed_form(current):
    """The rate, in spikes/s, under a constant current in pA."""
    drive = np.asarray(current) * TAU / C
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(drive > THETA, 1e3 / (T_REF + TAU * np.log(drive / (drive - THETA))), 0.0)


def run(cells=200, duration="2 s"):
    net = ranvier.Network("cells", seed=1)
    current = np.linspace(200.0, 800.0, cells)
    net.population("lif", cells, "lif_exp", params={"tau_m": TAU, "C_m": C, "E_L": -70.0, "V_reset": -70.0, "V_th": -70.0 + THETA, "t_ref": T_REF, "I_e": current})
    for name, params in PATTERNS.items():
        cell = net.population(name, 1, "adex_exp", params={"V_T": "-50 mV", "Delta_T": "2 mV", "t_ref": 0, **params})
        net.record("state", cell, ["V_m"], name=name)
    net.record("spikes")
    sim = net.build()
    sim.run(duration)
    return sim


def rates(sim):
    """Currents in pA, and the rate of each cell from its intervals in spikes/s (0 where it fired less than twice)."""
    spikes = sim.spikes("lif")
    current = np.linspace(200.0, 800.0, sim.network.spec().populations[0][1])
    intervals = [np.diff(spikes.of(k)) for k in range(len(current))]
    return current, np.array([1e3 / i.mean() if len(i) else 0.0 for i in intervals])


def draw(sim):
    figure, axes = ranvier.plot.figure([["rate", name] for name in PATTERNS], width="page", height=70, width_ratios=[1, 1.5])
    left = axes["rate"]
    current, rate = rates(sim)
    left.plot(current, closed_form(current), color="#222222", linewidth=0.8, label="closed form")
    left.plot(current, rate, "o", markersize=2.2, color="#0072B2", label="simulated")
    left.set(xlabel="current (pA)", ylabel="rate (spikes/s)", ylim=(0, None))
    left.legend(fontsize=7, frameon=False)
    for name in PATTERNS:
        ax = axes[name]
        trace = sim.trace("V_m", name)
        cut = trace._replace(values=np.minimum(trace.values, -35.0))   # how far a spike gets within a step says nothing
        ranvier.plot.traces(cut, "V_m", spikes=sim.spikes(name), stop="500 ms", colors=["#0072B2"], ax=ax)
        ax.set_title(name, loc="right", fontsize=7, pad=2)
        if name != "bursting":
            ax.set_xlabel("")
            ax.tick_params(labelbottom=False)
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
