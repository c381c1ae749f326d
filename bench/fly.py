# SPDX-License-Identifier: Apache-2.0
"""A network as large and as quiet as the fly's brain, and the same with ten times as many neurons, the new ones silent."""
import statistics

from harness import BENCH, BenchError, execute

QUESTION = "What does a quiet network of the fly brain's size cost (138,639 neurons, 15 million edges), and what do ten times more silent neurons add?"
DURATION_MS = 10000  # biology per run: one second would be too short to time


def made(bench, folder, *options):
    """The network in the scratch folder; made at first need, by the peers' Python."""
    folder = bench.scratch / folder
    if not (folder / "fly.json").exists():
        execute([bench.peer_python(), BENCH / "networks" / "fly.py", folder, *options])
    return folder


def measure(bench):
    fly, silent = made(bench, "fly-1"), made(bench, "fly-1-silent", "--silent", 9)
    threads = sorted({1, bench.threads})
    programs = {}
    for t in threads:
        for case, folder in (("fly", fly), ("fly, ten times the neurons", silent)):
            programs[f"{case}, {t} threads"] = bench.ranvier(folder / "fly.toml", threads=t, duration_ms=DURATION_MS, warmup_ms=100)
    runs = bench.interleave(programs)
    walls = {label: bench.keep_runs(label.rsplit(",", 1)[0], f"ranvier, {runs[label][0].threads} threads", r) for label, r in runs.items()}
    for t in threads:
        ratio = walls[f"fly, ten times the neurons, {t} threads"] / walls[f"fly, {t} threads"]
        bench.ratio(f"fly, {t} threads", "cost_of_ten_times_the_neurons", ratio)
    answer(bench, runs[f"fly, {threads[0]} threads"], runs[f"fly, ten times the neurons, {threads[0]} threads"])
    if not bench.options.no_peer:
        # Brian2 reads the same edges and the same input spikes: one run of one second is enough to check the answer.
        peer = bench.interleave({"Brian2, 1 thread": bench.peer("brian2_fly.py", "--folder", fly, threads=1, warmup_ms=100)}, 1)
        theirs = bench.keep_runs("fly", "Brian2, 1 thread", peer["Brian2, 1 thread"])
        second = bench.interleave({"ranvier, the same second": bench.ranvier(fly / "fly.toml", threads=1, warmup_ms=100)}, 1)
        bench.same_rates("fly", second["ranvier, the same second"], peer["Brian2, 1 thread"], relative=0.01)
        bench.ratio("fly", "faster_than_Brian2_1_thread", theirs / min(w for label, w in walls.items() if label.startswith("fly, ") and "ten" not in label))


def answer(bench, small, large):
    """The silent neurons change nothing; some 17,000 spikes/s in all."""
    bench.same_rates("silent neurons added", large, small, relative=1e-9)
    spikes = statistics.median(r.raw["work"]["spikes"] for r in small)
    # Spikes of the stimulus's own neurons, and those of the warm-up, may be counted with the others.
    per_second = spikes / (DURATION_MS * 1e-3)
    print(f"  {per_second:.0f} spikes/s in all")
    if not 15000 < per_second < 24000:
        raise BenchError(f"wrong answer: {per_second:.0f} spikes/s, about 17,000 (21,000 with the stimulus) were expected")
