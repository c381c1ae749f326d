#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/images/chain_errors.png: weights that camkii learns when its synapses are visited at events, against stepped every dt.

    python3 docs/images/make_chain_errors.py build/release/ranvier

576 synapses, 1 to 20 spikes/s, onto cells that fire; a minute, in which no weight runs into a bound (there, visited synapses are clipped once a visit, and
differ by up to 2 %). Needs matplotlib (PyPI).
"""
import csv
import pathlib
import subprocess
import sys
import tempfile

import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt

HERE = pathlib.Path(__file__).resolve().parent
TIMES = [5, 10, 15, 20, 30, 40, 50, 60]  # s
BOUND = 0.017
START, LARGEST = 1e-6, 2e-6              # mV: nothing to the cells, so that both see the same potentials
NETWORK = """
format = 1
name = "chain-errors"
[parameters]
method = "lazy"
[simulation]
dt = "0.1 ms"
duration = "60 s"
threads = 1
[[populations]]
name = "source"
size = 24
model = "poisson_source"
params = { rate = { column = "rate", file = "rates.csv", unit = "Hz" } }
[[populations]]
name = "target"
size = 24
membrane = "leaky"
receptors = [{ name = "v", kind = "delta" }]
[[projections]]
source = "source"
target = "target"
rule = "all_to_all"
receptor = "v"
weight = "1e-6 mV"
delay = "1 ms"
synapse = { camkii = { method = "$method", eta = "2e-4 /ms", w_max = "2e-6 mV", gamma = "0.025 /ms" } }
[[inputs]]
type = "noise"
target = "target"
mean = "330 pA"
std = "300 pA"
hold = "1 ms"
[[recordings]]
type = "weights"
name = "weights"
source = "source"
target = "target"
"""


def weights(program, folder, method, seconds):
    results = folder / f"{method}-{seconds}"
    subprocess.run([program, "simulate", folder / "network.toml", "--set", f"method={method}", "--duration", f"{seconds} s", "--spikes-format", "csv", "--output", results], check=True, capture_output=True)
    with open(next(results.glob("weights*.csv")), newline="") as f:
        rows = list(csv.DictReader(line for line in f if not line.startswith("#")))
    key = next(k for k in rows[0] if k.startswith("weight"))
    return {(r["source"], r["target"]): float(r[key]) for r in rows}


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        (folder / "network.toml").write_text(NETWORK)
        (folder / "rates.csv").write_text("rate\n" + "\n".join(f"{1 + 0.8 * k:g}" for k in range(24)) + "\n")
        course = {t: (weights(program, folder, "lazy", t), weights(program, folder, "clock_driven", t)) for t in TIMES}
    change = lambda w: {k: (v - START) / LARGEST for k, v in w.items()}
    course = {t: (change(a), change(b)) for t, (a, b) in course.items()}
    most = max(abs(v) for a, b in course.values() for v in b.values())
    worst = [max(abs(a[k] - b[k]) for k in a) / most for a, b in course.values()]
    typical = [(sum((a[k] - b[k]) ** 2 for k in a) / len(a)) ** 0.5 / most for a, b in course.values()]
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6), dpi=150)
    a, b = course[TIMES[-1]]
    left.plot([b[k] for k in a], [a[k] for k in a], ".", color="#4c72b0", markersize=3)
    low, high = min(b.values()), max(b.values())
    left.plot([low, high], [low, high], color="#888888", linewidth=0.8)
    left.set_xlabel("change of weight, stepped every 0.1 ms", fontsize=9)
    left.set_ylabel("visited at events", fontsize=9)
    left.set_title(f"{len(a)} synapses after a minute, in $w_{{max}}$", fontsize=9)
    right.plot(TIMES, [100 * w for w in worst], "o-", color="#c44e52", markersize=4, label="worst synapse")
    right.plot(TIMES, [100 * w for w in typical], "o-", color="#4c72b0", markersize=4, label="root mean square")
    right.axhline(100 * BOUND, color="#888888", linewidth=0.8, linestyle="--")
    right.text(TIMES[0], 100 * BOUND * 1.02, "bound, 1.7 %", fontsize=8, color="#555555", va="bottom")
    right.set_ylim(0, 100 * BOUND * 1.25)
    right.set_xlabel("time (s)", fontsize=9)
    right.set_ylabel("difference (% of the largest change)", fontsize=9)
    right.legend(fontsize=8, frameon=False, loc="center right")
    for axis in (left, right):
        axis.tick_params(labelsize=8)
        for side in ("top", "right"):
            axis.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(HERE / "chain_errors.png")
    print(f"worst {100 * max(worst):.2f} %, root mean square {100 * max(typical):.2f} % of the largest change ({most:.3f} w_max)")


if __name__ == "__main__":
    main()
