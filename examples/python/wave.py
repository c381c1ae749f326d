# SPDX-License-Identifier: Apache-2.0
"""A wave over a sheet of tissue: connections that fade with distance, positions as arrays.

What you will see. 60 x 60 cells, 25 um apart, excite their neighbours (a gaussian of 60 um). A current into one corner starts a front that
crosses the sheet at a steady speed, and every cell fires once: those behind the front are refractory for 40 ms. Takes a second.
"""
import numpy as np

import ranvier

SPACING, SIGMA = 25.0, 60.0   # um


def run(side=60, duration="90 ms"):
    net = ranvier.Network("wave", seed=5)
    cells = net.population("cells", side * side, "lif_exp", params={"tau_m": 10.0, "C_m": 100.0, "t_ref": 40.0, "tau_syn_ex": 2.0},
                           positions={"grid": [side, side], "spacing": f"{SPACING} um"})
    net.project(cells, cells, {"distance": "gaussian", "probability": 0.6, "sigma": f"{SIGMA} um", "cutoff": f"{3 * SIGMA} um"}, weight="300 pA", delay={"uniform": ["0.5 ms", "1.5 ms"]}, receptor="ex")
    for row in range(5):
        net.current(cells[row * side:row * side + 5], "2 nA", start=0, stop="5 ms")
    sim = net.build()
    sim.run(duration)
    return sim


def first_spikes(sim):
    """[cells] when each first fired, in ms; nan where it did not."""
    spikes = sim.spikes("cells")
    first = np.full(len(sim.positions("cells")), np.nan)
    neurons, at = np.unique(spikes.neurons, return_index=True)   # spikes are in the order of time
    first[neurons] = spikes.times[at]
    return first


def speed(sim):
    """How fast the front runs, in um/ms: a line through distance over first spike, away from corner and edge."""
    place, when = sim.positions("cells"), first_spikes(sim)
    far = np.linalg.norm(place - place[0], axis=1)
    middle = (far > 0.3 * far.max()) & (far < 0.8 * far.max()) & np.isfinite(when)
    return np.polyfit(when[middle], far[middle], 1)[0]


def draw(sim):
    place, when = sim.positions("cells"), first_spikes(sim)
    side = int(round(len(place) ** 0.5))
    figure, axes = ranvier.plot.figure(1, 2, width="page", height=68)
    extent = (0, side * SPACING * 1e-3, 0, side * SPACING * 1e-3)
    shown = axes[0].imshow(when.reshape(side, side), origin="lower", extent=extent, cmap="cividis_r")
    axes[0].set(xlabel="x (mm)", ylabel="y (mm)")
    with ranvier.plot.style():
        figure.colorbar(shown, ax=axes[0], label="first spike (ms)", pad=0.02, aspect=30).outline.set_visible(False)
    far = np.linalg.norm(place - place[0], axis=1) * 1e-3
    axes[1].plot(when, far, ".", markersize=1.5, color="#0072B2", rasterized=True)
    axes[1].set(xlabel="first spike (ms)", ylabel="distance from the corner (mm)", xlim=(0, None), ylim=(0, None))
    axes[1].text(0.04, 0.95, f"{speed(sim) * 1e-3:.3f} m/s", transform=axes[1].transAxes, va="top", fontsize=8)
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
