# SPDX-License-Identifier: Apache-2.0
"""NEST's weak-scaling network with STDP, 81 million plastic synapses, against NEST."""
from harness import ROOT

QUESTION = "How much faster than NEST is its hpc_benchmark, 11,250 neurons of 11,250 inputs with power-law STDP?"


def measure(bench):
    case = "stdp, scale 1"
    timing = {"duration_ms": 250, "warmup_ms": 50}
    programs = {"ranvier": bench.ranvier(ROOT / "examples" / "hpc_benchmark.toml", **timing)}
    if not bench.options.no_peer:
        programs["NEST"] = bench.peer("nest_hpc_benchmark.py", **timing)
    runs = bench.interleave(programs)
    ours = bench.keep_runs(case, "ranvier", runs["ranvier"])
    if "NEST" in runs:
        bench.ratio(case, "faster_than_NEST", bench.keep_runs(case, "NEST", runs["NEST"]) / ours)
        # 250 ms of a network whose weights and rates grow: the mean rate differs by some percent from seed to seed.
        bench.same_rates(case, runs["ranvier"], runs["NEST"], relative=0.1)
