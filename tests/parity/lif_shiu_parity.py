# SPDX-License-Identifier: Apache-2.0
"""Compares a lif_shiu example with the spike trains Brian2 gave for it, by the map of README.md."""
import csv
import gzip
import pathlib

import ranvier_run
from ranvier_run import np

HERE = pathlib.Path(__file__).resolve().parent
DT_MS = 0.1
STAMP_SHIFT = 1  # Brian2 stamps a spike with the start of the step whose end crosses threshold (README.md)


def reference(name):
    """Brian2's spikes as (step, neuron) in Ranvier's stamps, ascending [n, 2]."""
    with gzip.open(HERE / "data" / f"{name}_brian2.csv.gz", "rt", newline="") as f:
        spikes = np.array([(int(r["step"]) + STAMP_SHIFT, int(r["neuron"])) for r in csv.DictReader(f)])
    return in_order(spikes)


def in_order(spikes):
    return spikes[np.lexsort((spikes[:, 1], spikes[:, 0]))]


def first_difference(a, b):
    """Index of the first row in which two lists of spikes differ; their common length where none does."""
    n = min(len(a), len(b))
    differs = np.flatnonzero((a[:n] != b[:n]).any(1))
    return int(differs[0]) if len(differs) else n


def compare(name, population):
    """Runs examples/<name>.toml; returns a list of what is wrong (empty: the example agrees with Brian2)."""
    _, spikes = ranvier_run.simulate(ranvier_run.ROOT / "examples" / f"{name}.toml")
    times, neurons = spikes[population]
    ours = in_order(np.column_stack([np.rint(times / DT_MS).astype(int), neurons]))
    return report(name, ours, reference(name))


def report(name, ours, theirs):
    same = first_difference(ours, theirs)
    if same == len(ours) == len(theirs):
        print(f"{name}: all {len(ours)} spikes equal")
        return []
    wrong = []
    at = min(same, len(ours) - 1, len(theirs) - 1)
    print(f"{name}: the first {same} of {len(theirs)} spikes are equal; then {ours[at]} against {theirs[at]} (step, neuron)")
    if not is_tie(ours, theirs, same):
        wrong.append(f"the first difference, at step {theirs[at][0]}, is no rounding tie: no neuron fires one step apart")
    counts = [np.bincount(s[:, 1], minlength=1 + max(ours[:, 1].max(), theirs[:, 1].max())) for s in (ours, theirs)]
    # A tie moves few spikes; a neuron that fires once or twice may come or go with it.
    gone = np.flatnonzero((counts[0] == 0) != (counts[1] == 0))
    loud = [int(i) for i in gone if max(counts[0][i], counts[1][i]) > 2]
    if loud:
        wrong.append(f"neurons {loud} respond in one simulator alone, with more than 2 spikes")
    apart = np.abs(counts[0] - counts[1])
    far = np.flatnonzero(apart > 2 + 0.05 * counts[1])
    if len(far):
        wrong.append(f"neurons {far[:10].tolist()} differ in rate by more than 5 percent and 2 spikes")
    return wrong


def is_tie(ours, theirs, same):
    """True where the first neuron in dispute fires in the other list one step sooner or later, or where it fires there
    not at all in the neighbouring steps because threshold was missed by a rounding error (then its next spike differs)."""
    step, neuron = min(tuple(s[same]) for s in (ours, theirs) if same < len(s))
    in_ours, in_theirs = ([int(s) for s, n in spikes if n == neuron and abs(int(s) - int(step)) <= 1]
                          for spikes in (ours, theirs))
    return bool(in_ours) and bool(in_theirs)
