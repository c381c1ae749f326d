# SPDX-License-Identifier: Apache-2.0
"""Short-term plasticity: the same train of spikes through a depressing and a facilitating synapse (Tsodyks & Markram).

What you will see. Ten spikes 50 ms apart, and one half a second later. Where release uses much of what is there (U = 0.5, recovery 800 ms), each
response is smaller than the one before; where it begins with little (U = 0.05) and each spike raises it for a while, responses grow. Takes milliseconds.

Tsodyks, Uziel & Markram 2000, doi:10.1523/JNEUROSCI.20-01-j0003.2000.
"""
import numpy as np

import ranvier

KINDS = {"depressing": dict(U=0.5, tau_rec="800 ms", tau_fac="0 ms"), "facilitating": dict(U=0.05, tau_rec="100 ms", tau_fac="1 s")}
SPIKES = np.append(np.arange(10) * 50.0 + 50.0, 1000.0)   # ms


def closed_form(U, tau_rec, tau_fac, times=SPIKES):
    """Release u x at each spike: u is raised before x is used."""
    rec, fac = ranvier.ms(tau_rec), ranvier.ms(tau_fac)
    u, x, release = 0.0, 1.0, []
    for k, t in enumerate(times):
        passed = t - times[k - 1] if k else np.inf
        u = u * (np.exp(-passed / fac) if fac > 0 else 0.0)
        u += U * (1 - u)
        if k:
            x = 1 + (x - release[-1] - 1) * np.exp(-passed / rec)
        release.append(u * x)
    return np.array(release)


def run(weight=400.0):
    net = ranvier.Network("short-term", precision="double")
    source = net.population("source", 1, "spike_train", spikes=(np.zeros(len(SPIKES), int), SPIKES))
    for name, params in KINDS.items():
        cell = net.population(name, 1, "lif_exp", params={"tau_m": 20.0, "C_m": 200.0, "V_th": 1000.0, "tau_syn_ex": 3.0})   # a threshold out of reach
        net.project(source, cell, "one_to_one", weight=weight, delay="1 ms", receptor="ex", synapse={"tsodyks_markram": params})
        net.record("state", cell, ["V_m", "ex.I"], name=name)
    sim = net.build()
    sim.run("1200 ms")
    return sim


def releases(sim, name, weight=400.0):
    """The share of the weight that each spike passed on: the jump of the current one step after it arrives."""
    trace = sim.trace("ex.I", name)
    current, step = trace.values[:, 0], trace.times[1] - trace.times[0]
    at = np.searchsorted(trace.times, SPIKES + 1.0 - 1e-6)
    return (current[at] - current[at - 1] * np.exp(-step / 3.0)) / weight


def draw(sim):
    figure, axes = ranvier.plot.figure(2, 1, height=80, sharex=True)
    for (name, ax), colour in zip(zip(KINDS, axes), ("#0072B2", "#D55E00")):
        ranvier.plot.traces(sim, "V_m", name, colors=[colour], spikes=False, start=0, ax=ax)
        ax.set_title(name, loc="right", fontsize=8)
        ax.vlines(SPIKES, *ax.get_ylim(), color="#dddddd", linewidth=0.5, zorder=0)
    axes[0].set_xlabel("")
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
