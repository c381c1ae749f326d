# SPDX-License-Identifier: Apache-2.0
"""What the CUBA, COBA and COBAHH benchmarks share: two sizes, Brian2 at one and two threads, the better of which counts."""
from harness import ROOT

SIZES = (4000, 40000)


def measure(bench, name, warmup_ms, relative):
    """Runs examples/<name>.toml against bench/peers/brian2_<name>.py; relative: allowed difference of rates, by size."""
    for size in SIZES:
        case = f"{size} neurons"
        threads = sorted({1, bench.threads})
        # The small network runs 4 s of biology, so that a run is long enough to time.
        duration = 4000 if size < 10000 else 1000
        # Activity that nothing drives may die, in any program: such a run does not count, and another seed's takes its place.
        timing = {"duration_ms": duration, "warmup_ms": warmup_ms, "new_seeds": True}
        programs = {f"ranvier, {t} threads": bench.ranvier(ROOT / "examples" / f"{name}.toml", threads=t, n=size, **timing)
                    for t in threads}
        if not bench.options.no_peer:
            for t in threads:
                programs[f"Brian2, {t} threads"] = bench.peer(f"brian2_{name}.py", "--neurons", size, threads=t, **timing)
        runs = bench.interleave(programs)
        walls = {label: bench.keep_runs(case, label, r) for label, r in runs.items()}
        best = {who: min((w, label) for label, w in walls.items() if label.startswith(who))
                for who in ("ranvier", "Brian2") if any(label.startswith(who) for label in walls)}
        if "Brian2" in best:
            bench.ratio(case, "faster_than_Brian2_best_of_both", best["Brian2"][0] / best["ranvier"][0])
            bench.same_rates(case, runs[best["ranvier"][1]], runs[best["Brian2"][1]], relative[size])
