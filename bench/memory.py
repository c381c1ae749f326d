# SPDX-License-Identifier: Apache-2.0
"""Bytes per synapse, everything counted, and peak memory, of the microcircuit by number of threads (shards)."""
import os

import microcircuit
from harness import BenchError

QUESTION = "How many bytes does a synapse of the microcircuit take, and how much memory the whole run, for 1, 2, 16 and 128 threads?"
SHARDS = (1, 2, 16, 128)


def measure(bench):
    case = "full scale" if bench.options.scale == 1 else f"scale {bench.options.scale:g}"
    for shards in SHARDS:
        # Memory does not vary and needs no quiet machine: one short run, whatever the cores do.
        try:
            run = bench.ranvier(microcircuit.network(bench), threads=shards, duration_ms=10, **microcircuit.values(bench))()
        except BenchError as error:
            if shards <= os.cpu_count():
                raise
            print(f"{case}: no figure for {shards} threads: {error}")
            continue
        label = f"ranvier, {shards} threads"
        bench.keep(case, label, "memory_per_synapse", "byte", [run.byte_per_synapse], threads=shards)
        bench.keep(case, label, "peak_memory", "byte", [run.peak_rss_byte], threads=shards)
        synapses = run.raw["network"]["synapses"]
        bench.keep(case, label, "peak_memory_per_synapse", "byte", [run.peak_rss_byte / synapses], threads=shards)
