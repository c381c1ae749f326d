# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/microcircuit.png: raster and rates of a run of examples/microcircuit.toml. Needs matplotlib and h5py.

    build/release/ranvier simulate examples/microcircuit.toml --output results/microcircuit
    python3 docs/images/make_microcircuit.py results/microcircuit
"""
import json
import pathlib
import sys

import h5py
import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402  (after the choice of the backend)
import numpy as np  # noqa: E402

EXCITATORY, INHIBITORY = "#2f5d8a", "#c8553d"
SHARE = 0.1                 # of the neurons drawn, in every population alike
WINDOW_MS = 400             # after the warm-up
RATE_BIN_MS = 1.0


def colour(name):
    return INHIBITORY if name.endswith("I") else EXCITATORY


def drawn(spikes, size, start_ms):
    """Times from the warm-up on and rows of every 1/SHARE-th neuron."""
    t, neuron = spikes["timestamps"][:] - start_ms, spikes["node_ids"][:]
    keep = (t > 0) & (t <= WINDOW_MS) & (neuron % round(1 / SHARE) == 0)
    return t[keep], neuron[keep] * SHARE


def apart(ticks, gap):
    """The same ticks, moved where two labels would touch."""
    ticks = list(ticks)
    for _ in range(100):
        for i in range(len(ticks) - 1):
            missing = gap - (ticks[i + 1] - ticks[i])
            if missing > 0:
                ticks[i] -= missing / 2
                ticks[i + 1] += missing / 2
    return ticks


def raster(axes, file, populations, start_ms):
    row, ticks = 0.0, []
    for p in populations:
        t, y = drawn(file["spikes"][p["name"]], p["size"], start_ms)
        axes.scatter(t, row + y, s=0.55, c=colour(p["name"]), linewidths=0, rasterized=True)
        ticks.append(row + p["size"] * SHARE / 2)
        row += p["size"] * SHARE
    axes.set(xlim=(0, WINDOW_MS), ylim=(row, 0))
    axes.tick_params(axis="x", labelbottom=False)
    axes.set_yticks(apart(ticks, row * 0.045), [p["name"] for p in populations])
    axes.tick_params(axis="y", length=0)
    for label, p in zip(axes.get_yticklabels(), populations):
        label.set_color(colour(p["name"]))


def activity(axes, file, populations, start_ms):
    bins = np.arange(0, WINDOW_MS + RATE_BIN_MS, RATE_BIN_MS)
    for sign, label in (("E", "excitatory"), ("I", "inhibitory")):
        chosen = [p for p in populations if p["name"].endswith(sign)]
        t = np.concatenate([file["spikes"][p["name"]]["timestamps"][:] for p in chosen]) - start_ms
        rate = np.histogram(t, bins)[0] / sum(p["size"] for p in chosen) / (RATE_BIN_MS * 1e-3)
        axes.plot(bins[:-1] + RATE_BIN_MS / 2, rate, lw=0.8, c=colour(sign), label=label)
    axes.set(xlim=(0, WINDOW_MS), ylim=(0, None), xlabel="time (ms)", ylabel="spikes/s")
    axes.legend(frameon=False, fontsize=8, ncols=2, loc="upper right", borderaxespad=0)


def rates(axes, populations):
    """Mean and quartiles over the neurons."""
    y = np.arange(len(populations))
    for i, p in zip(y, populations):
        low, _, high = p["rate_hz_quartiles"]
        axes.barh(i, p["rate_hz"], color=colour(p["name"]), height=0.62, alpha=0.85)
        axes.plot([low, high], [i, i], c="#222222", lw=1.4, solid_capstyle="butt")
    axes.set(ylim=(len(populations) - 0.5, -0.5), xlim=(0, None), xlabel="rate (spikes/s)")
    axes.set_yticks(y, [p["name"] for p in populations])
    axes.tick_params(axis="y", length=0)


def main(folder):
    folder = pathlib.Path(folder)
    summary = json.loads((folder / "summary.json").read_text())
    populations, start_ms = summary["populations"], summary["run"]["warmup_ms"]
    plt.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False, "axes.linewidth": 0.7})
    figure = plt.figure(figsize=(8.6, 5.0), layout="constrained")
    grid = figure.add_gridspec(2, 2, width_ratios=(3.2, 1), height_ratios=(3.4, 1))
    with h5py.File(folder / "spikes.h5") as file:
        raster(figure.add_subplot(grid[0, 0]), file, populations, start_ms)
        activity(figure.add_subplot(grid[1, 0]), file, populations, start_ms)
    rates(figure.add_subplot(grid[:, 1]), populations)
    figure.savefig(pathlib.Path(__file__).with_name("microcircuit.png"), dpi=170)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
