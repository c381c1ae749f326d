# SPDX-License-Identifier: Apache-2.0
"""Synapses of the whole chain, visited when spikes arrive against stepped every dt: time, FLOP and bytes of a synapse."""
import csv
import pathlib
import statistics
import tempfile

from harness import BENCH, BenchError, execute

QUESTION = "What does a synapse of the whole chain cost, visited at events at 0.1, 1 and 10 spikes/s, or stepped at 1 and 0.1 ms?"
NETWORK = BENCH / "networks" / "chain.toml"
# Biology per run [ms]: long enough to time, and for what is stepped not longer than that takes patience for.
EVENTS = {0.1: 10000, 1: 4000, 10: 1000}
STEPPED = {1: 1000, 0.1: 100}


def measure(bench):
    costs = {}
    for dt in STEPPED:
        for rate, duration in EVENTS.items():
            costs["lazy", dt, rate] = cost(bench, dt, "lazy", rate, duration)
        costs["clock_driven", dt, 1] = cost(bench, dt, "clock_driven", 1, STEPPED[dt])
    for dt in STEPPED:
        stepped = costs["clock_driven", dt, 1]
        for rate in EVENTS:
            bench.ratio(f"dt {dt:g} ms, {rate:g} spikes/s", "stepped_over_visited", stepped["per_synapse_s"] / costs["lazy", dt, rate]["per_synapse_s"])
        same_weights(bench, dt)


def cost(bench, dt, method, rate, duration):
    """Time, FLOP and bytes that the synapses take: what the same network with static synapses takes is subtracted."""
    timing = {"duration_ms": duration, "warmup_ms": 1000 if method == "lazy" else 10, "dt": f"{dt:g} ms", "rate": f"{rate:g} Hz"}
    label = f"{method}, dt {dt:g} ms, {rate:g} spikes/s"
    runs = bench.interleave({label: bench.ranvier(NETWORK, method=method, **timing), f"static, dt {dt:g} ms": bench.ranvier(NETWORK, method="static", **timing)})
    full, static = runs[label], runs[f"static, dt {dt:g} ms"]
    middle = lambda of, kept: statistics.median(of(r) for r in kept)
    more = lambda of: middle(of, full) - middle(of, static)
    synapses, seconds = full[0].raw["network"]["synapses"], duration * 1e-3
    units = synapses * (seconds / (dt * 1e-3) if method == "clock_driven" else rate * seconds)
    what = "step" if method == "clock_driven" else "event"
    wall = more(lambda r: r.simulate_s)
    bench.keep(label, "ranvier", f"time_per_{what}_and_thread", "ns", [1e9 * wall * bench.threads / units], threads=bench.threads)
    bench.keep(label, "ranvier", f"flop_per_{what}", "1", [more(lambda r: r.raw["work"]["flop"]) / units])
    bench.keep(label, "ranvier", f"bytes_per_{what}", "byte", [more(lambda r: r.raw["work"]["byte_moved"]) / units])
    bench.keep(label, "ranvier", "memory_per_synapse", "byte", [r.byte_per_synapse for r in full])
    return {"per_synapse_s": wall / synapses / seconds}


def weights(bench, dt, method):
    with tempfile.TemporaryDirectory(dir=bench.scratch) as folder:
        execute([bench.options.ranvier, "simulate", NETWORK, "--json", "--output", folder, "--overwrite", "--spikes-format", "csv", "--set", "sources=200", "--set", "indegree=50", "--set", f"method={method}",
                 "--set", f"dt={dt:g} ms", "--set", "rate=10 Hz", "--duration", "4 s", "--warmup", "0 s"])
        file = next(pathlib.Path(folder).glob("weights*.csv"))
        with open(file, newline="") as f:
            lines = [line for line in f if not line.startswith("#")]
        rows = list(csv.DictReader(lines))
    key = next(k for k in rows[0] if k.startswith("weight"))
    return [float(r[key]) for r in rows]


def same_weights(bench, dt):
    """The two forms must agree: mean difference of weights against their mean change, on a small network."""
    lazy, stepped = weights(bench, dt, "lazy"), weights(bench, dt, "clock_driven")
    start = 0.02
    moved = statistics.mean(abs(w - start) for w in stepped)
    differ = statistics.mean(abs(a - b) for a, b in zip(lazy, stepped))
    print(f"  dt {dt:g} ms: weights moved by {moved:.3g} nS on average, the two forms differ by {differ:.2g}")
    if not moved > 0.01 * start or differ > 0.1 * moved:
        raise BenchError(f"wrong answer: at dt {dt:g} ms weights of the two forms differ by {differ:g} nS, where they moved by {moved:g} nS")
