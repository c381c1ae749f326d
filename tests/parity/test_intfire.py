#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""examples/intfire_300.toml gives NEURON's spikes: all 4,322, at the times that spikes.h5 holds, whatever dt and threads.

    RANVIER=build/release/ranvier tests/parity/test_intfire.py       needs numpy and h5py
"""
import sys

import ranvier_run as r
from ranvier_run import np

REFERENCE = r.ROOT / "tests" / "parity" / "data" / "intfire_300_spikes.csv.gz"


def rounded(times, neurons):
    """Spikes as (tenths of ms, neuron), sorted: what the reference can be held against."""
    return sorted(zip(np.rint(10 * np.asarray(times)).astype(int).tolist(), np.asarray(neurons, dtype=int).tolist()))


def problems(expected, options):
    times, neurons = r.simulate(r.ROOT / "examples" / "intfire_300.toml", *options)[1]["v1"]
    found, wanted = rounded(times, neurons), rounded(expected[:, 1], expected[:, 0])
    if found != wanted:
        first = next((i for i, (a, b) in enumerate(zip(found, wanted)) if a != b), min(len(found), len(wanted)))
        yield f"{len(found)} spikes, expected {len(wanted)}; the first difference is number {first}: {found[first:first + 1]}, expected {wanted[first:first + 1]}"
    elif np.abs(np.sort(times) - np.sort(expected[:, 1])).max() > 1e-9:  # rounding of sums of times
        yield "times differ by more than 1e-9 ms"
    if (np.diff(times) < 0).any():
        yield "spikes.h5 says sorting by_time, but times do not ascend"


if __name__ == "__main__":
    reference = np.loadtxt(REFERENCE, delimiter=",", skiprows=1)
    wrong = [f"intfire_300 {' '.join(options)}: {p}" for options in (["--threads", "1"], ["--threads", "3", "--set", "dt=1 ms"], ["--set", "dt=0.025 ms"])
             for p in problems(reference, options)]
    print("\n".join(wrong) or "all 4,322 spikes")
    sys.exit(1 if wrong else 0)
