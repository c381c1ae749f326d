# SPDX-License-Identifier: Apache-2.0
"""Predictions of `ranvier plan network` against runs, on ten networks that nothing was chosen by."""
import json
import math
import pathlib
import statistics
import sys
import tempfile

from harness import BENCH, CORES_NEEDED, FOREIGN_MAX, BenchError, execute

QUESTION = "How far off are the time and memory that `ranvier plan network` predicts, on ten networks nothing was fitted to?"
NETWORKS = sorted((BENCH / "networks" / "plan").glob("*.toml"))
TARGET = {"simulate": 25.0, "peak_memory": 10.0}  # worst error [%]; build time is shown without one


def error_percent(predicted, measured):
    """exp(|ln(predicted / measured)|) - 1, in percent."""
    return 100 * (math.exp(abs(math.log(predicted / measured))) - 1)


def predict(bench, network):
    """What the planner says, and whether others disturbed it."""
    output, _, foreign = execute([pathlib.Path(bench.options.ranvier), "plan", "network", network, "--on", "this", "--json"])
    answer = json.loads(output)
    estimate = answer["estimate"]
    return {"build": estimate["build_s"], "simulate": estimate["simulate_s"], "peak_memory": estimate["memory_byte"],
            "threads": answer["network"]["threads"], "cores": answer["probe"]["cores_share"], "foreign": foreign}


def run(bench, network, threads):
    """What a run takes, what it expected of its memory before it built anything, and whether others disturbed it."""
    with tempfile.TemporaryDirectory(dir=bench.scratch, prefix="out-") as folder:
        output, _, foreign = execute([pathlib.Path(bench.options.ranvier), "simulate", network, "--json", "--threads", threads,
                                      "--output", folder, "--overwrite"])
    summary = json.loads(output)
    time, memory = summary["time"], summary["memory"]
    return {"build": time["build_s"], "simulate": time["simulate_s"], "peak_memory": memory["peak_rss_byte"],
            "announced": memory["predicted_byte"], "cores": time["simulate_cpu_s"] / (time["simulate_s"] * threads), "foreign": foreign}


def compare(bench, network):
    """Medians over the repeats of prediction and run, taken in turns; disturbed pairs are repeated, unless --keep-all."""
    pairs, tries = [], 0
    while len(pairs) < bench.repeats:
        tries += 1
        if tries > 4 * bench.repeats:
            raise BenchError(f"{network.stem}: the machine is too busy; try again when it is quiet, or --keep-all")
        planned = predict(bench, network)
        ran = run(bench, network, planned["threads"])
        disturbed = any(r["cores"] < CORES_NEEDED or r["foreign"] > FOREIGN_MAX for r in (planned, ran))
        if disturbed and not bench.options.keep_all:
            print(f"  {network.stem}: thrown away, others used the machine", file=sys.stderr)
            continue
        pairs.append((planned, ran, disturbed))
    middle = lambda side, key: statistics.median(pair[side][key] for pair in pairs)
    figures = {f: (middle(0, f), middle(1, f)) for f in ("build", "simulate", "peak_memory")}
    figures["announced"] = (middle(1, "announced"), figures["peak_memory"][1])
    return figures, pairs[0][0]["threads"], sum(pair[2] for pair in pairs)


def measure(bench):
    errors = {"build": [], "simulate": [], "peak_memory": [], "announced": []}
    disturbed = 0
    print(f"{'network':14s} {'threads':>7s} | {'build [s]':>18s} {'%':>6s} | {'simulate [s]':>18s} {'%':>6s} | {'peak memory [MB]':>18s} {'%':>6s} | {'announced':>9s} {'%':>6s}")
    for network in NETWORKS:
        figures, threads, noisy = compare(bench, network)
        disturbed += noisy
        line = f"{network.stem:14s} {threads:7d}"
        for name, (predicted, measured) in figures.items():
            errors[name].append(error_percent(predicted, measured))
            scale, width = (1e-6, "8.1f") if "memory" in name or name == "announced" else (1, "8.3f")
            numbers = f"{predicted * scale:{width}}" + ("" if name == "announced" else f" {measured * scale:{width}}")
            line += f" | {numbers:>{9 if name == 'announced' else 18}s} {errors[name][-1]:6.1f}"
            bench.keep(network.stem, "ranvier plan", f"{name}_error", "%", [errors[name][-1]], threads=threads)
        print(line, flush=True)
    for name, values in errors.items():
        aim = f" (target: {TARGET[name]:g})" if name in TARGET else ""
        print(f"{name.replace('_', ' '):14s} median {statistics.median(values):5.1f} %, worst {max(values):5.1f} %{aim}")
        bench.keep("all", "ranvier plan", f"{name}_error_median", "%", [statistics.median(values)])
        bench.keep("all", "ranvier plan", f"{name}_error_worst", "%", [max(values)])
    if disturbed:
        print(f"{disturbed} of {len(NETWORKS) * bench.repeats} pairs were disturbed by others: times say little, memory is not affected")
