# SPDX-License-Identifier: Apache-2.0
"""The cortical microcircuit against NEST: speed, build and memory in one go, since a run of NEST takes minutes."""
import statistics

from harness import ROOT

QUESTION = "How much faster than NEST does Ranvier run the full-scale cortical microcircuit (Poisson drive, same cores)?"


def network(bench):
    return ROOT / "examples" / "microcircuit.toml"


def values(bench):
    """Parameters of the example: at full scale it is left as it is."""
    return {"drive": "poisson"} if bench.options.scale == 1 else {"drive": "poisson", "scale": bench.options.scale}


def measure(bench):
    case = "full scale" if bench.options.scale == 1 else f"scale {bench.options.scale:g}"
    programs = {"ranvier": bench.ranvier(network(bench), warmup_ms=500, **values(bench))}
    if not bench.options.no_peer:
        programs["NEST"] = bench.peer("nest_microcircuit.py", "--scale", f"{bench.options.scale:g}", warmup_ms=500)
    runs = bench.interleave(programs)
    ours = bench.keep_runs(case, "ranvier", runs["ranvier"])
    if "NEST" not in runs:
        return
    theirs = bench.keep_runs(case, "NEST", runs["NEST"])
    bench.ratio(case, "faster_than_NEST", theirs / ours)
    bench.ratio(case, "builds_faster_than_NEST", median(runs["NEST"], "build_s") / median(runs["ranvier"], "build_s"))
    bench.ratio(case, "less_peak_memory_than_NEST", median(runs["NEST"], "peak_rss_byte") / median(runs["ranvier"], "peak_rss_byte"))
    # Different seeds in 1 s: population means vary by some percent (tests/parity compares over seeds, and closer).
    bench.same_rates(case, runs["ranvier"], runs["NEST"], relative=0.12, absolute=0.1)


def median(runs, figure):
    return statistics.median(getattr(r, figure) for r in runs)
