# SPDX-License-Identifier: Apache-2.0
"""Edit, run, look: the whole command for Brunel's network, from start to files on disk."""
from harness import ROOT

QUESTION = "How long does one wait from pressing return to files on disk, for Brunel's network (15.6 million synapses) and 1 s of biology?"


def measure(bench):
    programs = {"ranvier": bench.ranvier(ROOT / "examples" / "brunel.toml", synapse="delta")}
    if not bench.options.no_peer:
        programs["NEST"] = bench.peer("nest_brunel.py", "--synapse", "delta")
    runs = bench.interleave(programs)
    waits = {label: bench.keep("delta, 1 s", label, "command", "s", [r.command_s for r in kept], threads=bench.threads)
             for label, kept in runs.items()}
    for label, kept in runs.items():
        bench.keep("delta, 1 s", label, "build", "s", [r.build_s for r in kept], threads=bench.threads)
    if "NEST" in waits:
        bench.ratio("delta, 1 s", "shorter_wait_than_NEST", waits["NEST"] / waits["ranvier"])
        bench.same_rates("delta, 1 s", runs["ranvier"], runs["NEST"], relative=0.03)
