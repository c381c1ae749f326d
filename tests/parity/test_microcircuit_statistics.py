#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The microcircuit in Ranvier has NEST's activity: rates, CVs and correlations, at a tenth of its size.

    RANVIER=build/release/ranvier tests/parity/test_microcircuit_statistics.py [--reference FILE] [--seeds 10]

Runs examples/microcircuit.toml with scale 0.1 for the reference's durations and several seeds, and asks for every population
  - mean rate: within 3 standard errors of the difference of the two means over seeds
  - rate, CV, correlation of single neurons and pairs, pooled over seeds: a Kolmogorov-Smirnov distance no larger
    than between two single seeds of NEST
The second bound is one that pooling over seeds leaves far behind where the models agree; the first gives a false alarm in
about one choice of seeds in 15 (8 tests, Student's t with 18 degrees of freedom), so the seeds are fixed.
Needs numpy and h5py.
"""
import argparse
import json
import pathlib
import sys

import ranvier_run
from ranvier_run import np
import spike_statistics as stats

HERE = pathlib.Path(__file__).resolve().parent
MEASURES = ["rate", "cv", "correlation"]


def run(reference, seed):
    """Statistics of one seed: {population: {measure: values}}."""
    duration, warmup = reference["duration_ms"], reference["warmup_ms"]
    summary, spikes = ranvier_run.simulate(
        ranvier_run.ROOT / "examples" / "microcircuit.toml", "--seed", seed, "--set", f"scale={reference['scale']}",
        "--set", f"drive={reference['drive']}", "--duration", f"{duration} ms", "--warmup", f"{warmup} ms")
    sizes = {p["name"]: p["size"] for p in summary["populations"]}
    result = {}
    for p in reference["populations"]:
        if sizes[p["name"]] != p["size"]:
            raise SystemExit(f"{p['name']} has {sizes[p['name']]} neurons, {p['size']} in NEST: the two are scaled differently")
        times, neurons = spikes[p["name"]]
        # A stamp belongs to the step that ends there: the first after the warm-up is warmup + dt.
        kept = times > warmup + 1e-6
        times, neurons = times[kept] - warmup, neurons[kept]
        result[p["name"]] = {"rate": stats.rates(neurons, p["size"], duration),
                             "cv": stats.cvs(times, neurons, p["size"]),
                             "correlation": stats.correlations(times, neurons, p["size"], duration, reference["bin_ms"],
                                                               reference["sample"])}
    return result


def judge(reference, runs):
    """Prints a table; returns what is wrong."""
    wrong = []
    print(f"{'':6s} {'rate':>7s} {'NEST':>7s} {'s.e.':>6s}   KS distance (between NEST's seeds) of rate, CV, correlation")
    for p in reference["populations"]:
        ours = np.array([r[p["name"]]["rate"].mean() for r in runs])
        theirs = np.array(p["mean_rate_hz"])
        error = np.sqrt(ours.var(ddof=1) / len(ours) + theirs.var(ddof=1) / len(theirs))
        off = (ours.mean() - theirs.mean()) / error
        line = f"{p['name']:6s} {ours.mean():7.3f} {theirs.mean():7.3f} {off:+6.1f}  "
        if abs(off) > 3:
            wrong.append(f"{p['name']}: mean rate {ours.mean():.3f} Hz against {theirs.mean():.3f} Hz: {off:+.1f} standard errors")
        for m in MEASURES:
            distance = stats.ks_distance(np.concatenate([r[p["name"]][m] for r in runs]), np.array(p[m]["quantiles"]))
            bound = p[m]["ks_between_seeds"][0]
            line += f" {distance:.3f} ({bound:.3f})"
            if distance > bound:
                wrong.append(f"{p['name']}: distribution of {m} is {distance:.3f} from NEST's; two seeds of NEST are {bound:.3f} apart")
        print(line)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--reference", type=pathlib.Path, default=HERE / "data" / "microcircuit_0.1.json")
    parser.add_argument("--seeds", type=int, default=10)
    a = parser.parse_args()
    reference = json.loads(a.reference.read_text())
    problems = judge(reference, [run(reference, seed) for seed in range(1, a.seeds + 1)])
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
