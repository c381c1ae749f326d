# SPDX-License-Identifier: Apache-2.0
"""An odour in the brain of a fly larva: 3,016 neurons and their synapses, from the connectome.

What you will see. 42 olfactory receptor neurons are driven at 200 spikes/s; the raster shows who answers, by class, and the matrix who
connects to whom, sorted by class. Signs follow a rule by class, since transmitters are not part of the data (examples/data/larva/README.md).
Under a second.

Winding et al. 2023, doi:10.1126/science.add9330; model of Shiu et al. 2024, doi:10.1038/s41586-024-07763-9.
"""
import csv
import gzip
import pathlib

import numpy as np

import ranvier

EXAMPLES = pathlib.Path(__file__).resolve().parents[1]


def classes():
    """[3016] the class of each neuron."""
    with gzip.open(EXAMPLES / "data" / "larva" / "neurons.csv.gz", "rt", newline="") as f:
        rows = csv.DictReader(line for line in f if not line.startswith("#"))
        return np.array([row["class"] for row in rows])


def run(duration="1 s"):
    sim = ranvier.load(EXAMPLES / "larva.toml").build()
    sim.run(duration)
    return sim


def answers(sim):
    """{class: (neurons that fired, neurons)} without the driven receptor neurons."""
    of, fired = classes(), np.unique(sim.spikes("brain").neurons)
    fired = fired[fired >= 42]
    return {name: (int(np.count_nonzero(of[fired] == name)), int(np.count_nonzero(of[42:] == name))) for name in sorted(set(of[42:]))}


def draw(sim):
    of, spikes = classes(), sim.spikes("brain")
    parts = {}
    for name in dict.fromkeys(of[np.unique(spikes.neurons)]):   # classes with spikes, in the order of the data
        members = np.nonzero(of == name)[0]
        active = members[np.isin(members, spikes.neurons)]
        here = np.isin(spikes.neurons, active)
        parts[f"{name} ({len(active)} of {len(members)})"] = (spikes.times[here], np.searchsorted(active, spikes.neurons[here]))
    figure, axes = ranvier.plot.figure(1, 2, width="page", height=80, width_ratios=[1.15, 1])
    ranvier.plot.raster(parts, stop="300 ms", ax=axes[0])
    fired = np.unique(spikes.neurons)                            # who connects to whom, among those that fired, in the order of the raster
    order = np.concatenate([fired[of[fired] == name] for name in dict.fromkeys(of[fired])])
    weights = sim.synapses("brain", "brain").matrix(len(of), len(of))[np.ix_(order, order)]
    ranvier.plot.connectivity(weights, value="weight", unit="mV", ax=axes[1])
    axes[1].set(xlabel="target, of the neurons that fired", ylabel="source")
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
