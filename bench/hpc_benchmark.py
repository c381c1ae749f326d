# SPDX-License-Identifier: Apache-2.0
"""NEST's weak-scaling network with STDP, 81 million plastic synapses, against NEST."""
import statistics

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
        theirs = bench.keep_runs(case, "NEST", runs["NEST"])
        bench.ratio(case, "faster_than_NEST", theirs / ours)
        # The weights and rates of this network grow, in some runs sooner than in others: in 250 ms Ranvier's E cells fire 9.6, 10.1 and 13.3
        # spikes/s with three seeds. So rates are compared within 60 %, and the time that a spike takes besides the time of all.
        bench.ratio(case, "faster_than_NEST_per_spike", (theirs / mean_rate(runs["NEST"])) / (ours / mean_rate(runs["ranvier"])))
        bench.same_rates(case, runs["ranvier"], runs["NEST"], relative=0.6)


def mean_rate(runs):
    return statistics.mean(r.rates["E"] for r in runs)
