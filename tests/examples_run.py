#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs every file of examples/, shortened: it must end well, leave a whole summary, spike, and give the same spikes on another number of threads.

Uses the program that the environment variable RANVIER names, else build/release/ranvier.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
RANVIER = pathlib.Path(os.environ.get("RANVIER", ROOT / "build/release/ranvier"))
DURATION = {"distal_reward": "1 s", "gap_pair": "500 ms", "lnp_cascade": "1 s", "structural_growth": "2 s"}  # others: 100 ms
SILENT = {"gap_pair"}  # below threshold throughout
SMALLER = {"hpc_benchmark": ["--set", "scale=0.1"], "microcircuit": ["--set", "scale=0.05"]}


os.environ.setdefault("XDG_CACHE_HOME", str(RANVIER.resolve().parent / "test-cache"))  # compiled models are kept there


def run(network, threads, folder):
    command = [RANVIER, "simulate", network, "--json", "--threads", str(threads), "--warmup", "0 s", "--duration", DURATION.get(network.stem, "100 ms"),
               *SMALLER.get(network.stem, []), "--output", folder / f"{network.stem}-{threads}"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return None, f"exits with {done.returncode}: {done.stderr.strip()[-500:]}"
    return json.loads(done.stdout), None


def problem_of(network, folder):
    """What is wrong with an example, or None."""
    hashes = []
    for threads in (1, 3):
        summary, problem = run(network, threads, folder)
        if problem:
            return problem
        if summary["network"]["neurons"] <= 0 or summary["run"]["threads"] != threads:
            return "its summary does not tell of this run"
        if (summary["work"]["spikes"] == 0) != (network.stem in SILENT):
            return f"{summary['work']['spikes']} spikes"
        hashes.append(summary["spike_hash"])
    return None if hashes[0] == hashes[1] else f"spikes differ between 1 and 3 threads: {hashes}"


def main():
    networks, bad = sorted((ROOT / "examples").glob("*.toml")), 0
    with tempfile.TemporaryDirectory(prefix="ranvier-examples-") as folder:
        for network in networks:
            problem = problem_of(network, pathlib.Path(folder))
            print(f"{network.name:26s} {problem or 'runs'}", flush=True)
            bad += problem is not None
    print(f"{len(networks)} examples, {bad} bad")
    return 1 if bad or not networks else 0


if __name__ == "__main__":
    sys.exit(main())
