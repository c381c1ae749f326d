# SPDX-License-Identifier: Apache-2.0
"""Time to build the microcircuit's 299 million synapses."""
import microcircuit

QUESTION = "How long does it take to build the 299 million synapses of the microcircuit, on one and on two threads?"


def measure(bench):
    case = "full scale" if bench.options.scale == 1 else f"scale {bench.options.scale:g}"
    programs = {f"ranvier, {t} threads": bench.ranvier(microcircuit.network(bench), threads=t, duration_ms=10, **microcircuit.values(bench))
                for t in sorted({1, bench.threads})}
    for label, runs in bench.interleave(programs).items():
        wall = bench.keep(case, label, "build", "s", [r.build_s for r in runs], threads=runs[0].threads)
        synapses = runs[0].raw["network"]["synapses"]
        bench.keep(case, label, "build_per_synapse", "ns", [1e9 * wall / synapses], threads=runs[0].threads)
