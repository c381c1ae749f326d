# SPDX-License-Identifier: Apache-2.0
"""Brunel's network, 12,500 neurons and 15.6 million synapses of constant weight, against NEST."""
from harness import ROOT

QUESTION = "How much faster than NEST is Brunel's network at 30 spikes/s, with delta and with alpha synapses?"


def measure(bench):
    for synapse in ("delta", "alpha"):
        programs = {"ranvier": bench.ranvier(ROOT / "examples" / "brunel.toml", warmup_ms=200, synapse=synapse)}
        if not bench.options.no_peer:
            programs["NEST"] = bench.peer("nest_brunel.py", "--synapse", synapse, warmup_ms=200)
        runs = bench.interleave(programs)
        ours = bench.keep_runs(synapse, "ranvier", runs["ranvier"])
        if "NEST" in runs:
            bench.ratio(synapse, "faster_than_NEST", bench.keep_runs(synapse, "NEST", runs["NEST"]) / ours)
            # 12,500 neurons for 1 s: the mean rate varies by less than 1 % from seed to seed.
            bench.same_rates(synapse, runs["ranvier"], runs["NEST"], relative=0.02)
