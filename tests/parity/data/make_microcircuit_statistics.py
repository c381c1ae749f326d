#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Activity of the microcircuit in NEST over several seeds: the reference of test_microcircuit_statistics.py.

    make_microcircuit_statistics.py [--scale 0.1] [--seeds 10] [--time 1000] [--warmup 500] [--threads 1]

Writes microcircuit_<scale>.json: for every population the mean rate of each seed, and, pooled over seeds and neurons,
401 quantiles each of rate, CV of inter-spike intervals and pairwise correlation; and the Kolmogorov-Smirnov distances
between single seeds, which say how far apart two runs of one model are. Scale 0.1 takes three minutes.
Run with the Python of bench/peers/setup (nest-simulator 3.10.0).
"""
import argparse
import itertools
import json
import pathlib
import sys

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE.parent), str(HERE.parents[2] / "bench" / "peers")]
import nest_microcircuit as peer  # noqa: E402
import spike_statistics as stats  # noqa: E402

MEASURES = ["rate", "cv", "correlation"]


def measure(times, neurons, size, duration):
    return {"rate": stats.rates(neurons, size, duration), "cv": stats.cvs(times, neurons, size),
            "correlation": stats.correlations(times, neurons, size, duration)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scale", type=float, default=0.1)
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--time", type=float, default=1000)
    parser.add_argument("--warmup", type=float, default=500)
    parser.add_argument("--threads", type=int, default=1)
    a = parser.parse_args()
    sizes = peer.tables(a.scale)[0]
    runs = []
    for seed in range(1, a.seeds + 1):
        result, spikes = peer.simulate(a.scale, "poisson", seed, a.threads, a.time, a.warmup)
        runs.append({n: measure(*spikes[n], int(size), a.time) for n, size in zip(peer.POPULATIONS, sizes)})
        print(f"seed {seed}: {result['simulate_s']:.1f} s", file=sys.stderr)
    populations = []
    for name, size in zip(peer.POPULATIONS, sizes):
        entry = {"name": name, "size": int(size), "mean_rate_hz": [round(float(r[name]["rate"].mean()), 6) for r in runs]}
        for m in MEASURES:
            pooled = np.concatenate([r[name][m] for r in runs])
            apart = [stats.ks_distance(x[name][m], y[name][m]) for x, y in itertools.combinations(runs, 2)]
            entry[m] = {"n": len(pooled), "quantiles": [round(float(q), stats.DECIMALS) for q in stats.quantiles(pooled)],
                        "ks_between_seeds": [round(float(np.mean(apart)), 4), round(float(np.max(apart)), 4)]}
        populations.append(entry)
    out = {"peer": result["peer"], "script": "tests/parity/data/make_microcircuit_statistics.py", "drive": "poisson",
           "scale": a.scale, "seeds": a.seeds, "duration_ms": a.time, "warmup_ms": a.warmup, "bin_ms": 2.0,
           "sample": 250, "populations": populations}
    path = HERE / f"microcircuit_{a.scale:g}.json"
    path.write_text(json.dumps(out).replace('{"name"', '\n {"name"').replace('"cv"', '\n  "cv"').replace('"corr', '\n  "corr') + "\n")
    print(path)


if __name__ == "__main__":
    main()
