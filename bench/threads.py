# SPDX-License-Identifier: Apache-2.0
"""Speed-up from one thread to several, on the microcircuit; the spikes must not change by a bit."""
import microcircuit
from harness import BenchError

QUESTION = "How much faster is the microcircuit on 2 threads than on 1, and are the spikes the same?"


def measure(bench):
    case = "full scale" if bench.options.scale == 1 else f"scale {bench.options.scale:g}"
    programs = {f"ranvier, {t} threads": bench.ranvier(microcircuit.network(bench), threads=t, warmup_ms=100, **microcircuit.values(bench))
                for t in sorted({1, bench.threads})}
    runs = bench.interleave(programs)
    walls = {label: bench.keep_runs(case, label, r) for label, r in runs.items()}
    hashes = {r.raw["spike_hash"] for kept in runs.values() for r in kept}
    if len(hashes) != 1:
        raise BenchError(f"wrong answer: spikes differ between runs: hashes {sorted(map(str, hashes))}")
    if bench.threads > 1:
        bench.ratio(case, f"speed_up_1_to_{bench.threads}_threads", walls["ranvier, 1 threads"] / walls[f"ranvier, {bench.threads} threads"])
