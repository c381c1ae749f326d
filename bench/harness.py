# SPDX-License-Identifier: Apache-2.0
"""What the benchmarks share: running Ranvier and peers fairly, checking their answers, keeping the results.

Fair means: the same network, the same number of threads, the same invocation of bench/run, taking turns; medians of
at least three runs; processor time beside wall time; and a run that did not get its cores is thrown away and repeated.
Only the Python standard library is needed here; peers and generators run in the Python that bench/peers/setup makes.
"""
import csv
import dataclasses
import datetime
import itertools
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

BENCH = pathlib.Path(__file__).resolve().parent
ROOT = BENCH.parent
CORES_NEEDED = 0.9   # processor time / (wall time x threads) below which a run did not get its cores
FOREIGN_MAX = 0.1    # share of all cores that others may use or steal during a run
ATTEMPTS = 4         # times as many runs as wanted before giving up


class BenchError(Exception):
    """A benchmark that cannot be done, or whose answer is wrong."""


@dataclasses.dataclass
class Run:
    """One run of one program. Times in s; rates {population: Hz}; figures that a program does not give are None."""
    simulate_s: float
    duration_s: float
    threads: int
    rates: dict
    build_s: float = None
    command_s: float = None      # the whole process, from start to exit
    cpu_share: float = None      # processor time / (wall time x threads) of the simulation
    foreign_share: float = None  # of all cores, used by others or stolen while it ran
    peak_rss_byte: float = None
    byte_per_synapse: float = None
    raw: dict = dataclasses.field(default_factory=dict)

    @property
    def per_second(self):
        """Wall time per second of biology."""
        return self.simulate_s / self.duration_s

    def complaint(self):
        """Why this run does not count, or None."""
        if self.cpu_share is not None and self.cpu_share < CORES_NEEDED:
            return f"got {self.cpu_share:.2f} of its {self.threads} cores"
        if self.foreign_share is not None and self.foreign_share > FOREIGN_MAX:
            return f"others used {100 * self.foreign_share:.0f} % of the machine"
        if self.rates and max(self.rates.values()) == 0:
            return "the network has fallen silent"
        return None


# ---------------------------------------------------------------- processes

def _machine_busy_s():
    """Processor time used on this machine by anyone, stolen time included, since boot [s, all cores]."""
    with open("/proc/stat") as f:
        user, nice, system, _idle, _wait, irq, softirq, steal = map(int, f.readline().split()[1:9])
    return (user + nice + system + irq + softirq + steal) / os.sysconf("SC_CLK_TCK")


def _children_cpu_s():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def execute(command):
    """Runs a command; returns (its output, wall s, share of all cores that others used meanwhile)."""
    busy, cpu, start = _machine_busy_s(), _children_cpu_s(), time.perf_counter()
    done = subprocess.run([str(c) for c in command], capture_output=True, text=True)
    wall = time.perf_counter() - start
    foreign = (_machine_busy_s() - busy) - (_children_cpu_s() - cpu)
    if done.returncode != 0:
        shown = " ".join(map(str, command))
        raise BenchError(f"{shown}\nexits with {done.returncode}:\n{done.stderr.strip()[-2000:]}")
    return done.stdout, wall, max(0.0, foreign) / (wall * os.cpu_count())


class Bench:
    """One invocation of bench/run: its options, and the rows it will keep."""

    def __init__(self, name, options):
        self.name, self.options = name, options
        self.threads, self.repeats = options.threads, options.repeats
        self.rows = []
        self.scratch = pathlib.Path(options.scratch or tempfile.gettempdir()) / "ranvier-bench"
        self.scratch.mkdir(parents=True, exist_ok=True)

    # ------------------------------------------------------------ programs

    def ranvier(self, network, *extra, threads=None, duration_ms=1000.0, warmup_ms=0.0, new_seeds=False, **values):
        """A function that runs `ranvier simulate network` once and returns a Run; values become --set name=value.

        new_seeds: each call takes the next seed, 1, 2, ...; else the network file's own
        """
        threads = threads or self.threads
        program = pathlib.Path(self.options.ranvier)
        if not program.exists():
            raise BenchError(f"no ranvier at {program}; build it (cmake --preset release) or give --ranvier PATH")

        seeds = itertools.count(1)

        def once():
            with tempfile.TemporaryDirectory(dir=self.scratch, prefix="out-") as folder:
                command = [program, "simulate", network, "--json", "--threads", threads, "--output", folder, "--overwrite",
                           "--duration", f"{duration_ms:g} ms", "--warmup", f"{warmup_ms:g} ms", *extra]
                if new_seeds:
                    command += ["--seed", next(seeds)]
                for name, value in values.items():
                    command += ["--set", f"{name}={value}"]
                output, wall, foreign = execute(command)
            return self._ranvier_run(json.loads(output), threads, wall, foreign)
        return once

    @staticmethod
    def _ranvier_run(summary, threads, wall, foreign):
        times, memory = summary["time"], summary["memory"]
        cpu = times.get("simulate_cpu_s")
        return Run(simulate_s=times["simulate_s"], duration_s=summary["run"]["duration_ms"] * 1e-3, threads=threads,
                   rates={p["name"]: p["rate_hz"] for p in summary["populations"]}, build_s=times["build_s"], command_s=wall,
                   cpu_share=None if cpu is None else cpu / (times["simulate_s"] * threads), foreign_share=foreign,
                   peak_rss_byte=memory["peak_rss_byte"], byte_per_synapse=memory["byte_per_synapse"], raw=summary)

    def peer(self, script, *extra, threads=None, duration_ms=1000.0, warmup_ms=0.0, new_seeds=False):
        """A function that runs bench/peers/script once and returns a Run; new_seeds as in ranvier()."""
        threads = threads or self.threads
        seeds = itertools.count(1)

        def once():
            command = [self.peer_python(), BENCH / "peers" / script, "--json", "--threads", threads, "--time", f"{duration_ms:g}",
                       "--warmup", f"{warmup_ms:g}", *extra]
            if new_seeds:
                command += ["--seed", next(seeds)]
            output, wall, foreign = execute(command)
            r = json.loads(output.strip().splitlines()[-1])
            return Run(simulate_s=r["simulate_s"], duration_s=r["duration_ms"] * 1e-3, threads=threads, rates=r["rates_hz"],
                       build_s=r["build_s"], command_s=wall, cpu_share=r["cpu_s"] / (r["simulate_s"] * threads),
                       foreign_share=foreign, peak_rss_byte=r["peak_rss_byte"],
                       byte_per_synapse=r["network_byte"] / r["synapses"] if r.get("network_byte") else None, raw=r)
        return once

    def peer_python(self):
        """The Python of the peers' environment, made at first need."""
        if self.options.peers:
            return self.options.peers
        if not hasattr(self, "_peer_python"):
            print("preparing the peers' environment (once) ...", file=sys.stderr)
            output, _, _ = execute([BENCH / "peers" / "setup"])
            self._peer_python = output.strip().splitlines()[-1]
        return self._peer_python

    # ------------------------------------------------------------ measuring

    def interleave(self, programs, repeats=None):
        """Runs programs {label: function} in turns until each has `repeats` runs that count; returns {label: [Run]}."""
        wanted = repeats or self.repeats
        kept = {label: [] for label in programs}
        tries = 0
        while any(len(runs) < wanted for runs in kept.values()):
            tries += 1
            if tries > ATTEMPTS * wanted:
                raise BenchError("the machine is too busy: too many runs did not get their cores; try again when it is quiet")
            for label, program in programs.items():
                if len(kept[label]) >= wanted:
                    continue
                run = program()
                complaint = None if self.options.keep_all else run.complaint()
                print(f"  {label:28s} {run.per_second:9.4f} s/s" + (f"   thrown away: {complaint}" if complaint else ""),
                      file=sys.stderr)
                if not complaint:
                    kept[label].append(run)
        return kept

    def keep(self, case, label, figure, unit, values, **more):
        """Notes one figure: its median, smallest and largest value over the runs."""
        values = [v for v in values if v is not None]
        if not values:
            return None
        middle = statistics.median(values)
        self.rows.append({"benchmark": self.name, "case": case, "program": label, "figure": figure, "unit": unit,
                          "median": f"{middle:.5g}", "min": f"{min(values):.5g}", "max": f"{max(values):.5g}",
                          "runs": len(values), **{k: v for k, v in more.items() if v is not None}})
        return middle

    def keep_runs(self, case, label, runs):
        """Notes the usual figures of the runs of one program; returns the median wall time per biological second."""
        version = runs[0].raw.get("peer", f"ranvier {runs[0].raw.get('version', '')}".strip())
        shares = [r.cpu_share for r in runs if r.cpu_share is not None]
        more = {"version": version, "threads": runs[0].threads,
                "cpu_per_wall": f"{statistics.median(shares) * runs[0].threads:.3g}" if shares else None}
        self.keep(case, label, "build", "s", [r.build_s for r in runs], **more)
        self.keep(case, label, "compile", "s", [r.raw.get("compile_s") for r in runs], **more)
        self.keep(case, label, "command", "s", [r.command_s for r in runs], **more)
        self.keep(case, label, "peak_memory", "byte", [r.peak_rss_byte for r in runs], **more)
        self.keep(case, label, "memory_per_synapse", "byte", [r.byte_per_synapse for r in runs], **more)
        return self.keep(case, label, "wall_per_biological_second", "s", [r.per_second for r in runs], **more)

    def ratio(self, case, figure, value):
        """Notes and prints a ratio between two medians."""
        self.keep(case, "ratio", figure, "1", [value])
        print(f"{case}: {figure.replace('_', ' ')}: {value:.2f}")

    # ------------------------------------------------------------ checking

    def same_rates(self, case, ours, theirs, relative, absolute=0.0):
        """Holds the mean rates of two programs against each other; raises BenchError where they differ too much.

        ours, theirs  runs; rates are averaged over them, population by population (those both have)
        allowed       relative x the peer's rate + absolute Hz
        """
        mean = lambda runs, n: statistics.mean(r.rates[n] for r in runs)
        common = [n for n in ours[0].rates if n in theirs[0].rates]
        if not common:
            raise BenchError(f"{case}: no population in common: {sorted(ours[0].rates)} against {sorted(theirs[0].rates)}")
        wrong = []
        for name in common:
            a, b = mean(ours, name), mean(theirs, name)
            print(f"  {case} {name}: {a:.3f} Hz, peer {b:.3f} Hz")
            if abs(a - b) > relative * b + absolute:
                wrong.append(f"{name} {a:.3f} against {b:.3f} Hz")
        if wrong:
            raise BenchError(f"{case}: wrong answer, rates differ by more than {100 * relative:g} % + {absolute:g} Hz: " + "; ".join(wrong))

    # ------------------------------------------------------------ results

    def table(self):
        for row in self.rows:
            print(f"{row['case']:26s} {row['program']:22s} {row['figure']:28s} {float(row['median']):12.5g} {row['unit']:5s}"
                  f" [{row['min']}, {row['max']}] n={row['runs']}")

    def write(self, folder=BENCH / "results"):
        """Replaces this benchmark's rows in results/<machine>.csv, so that a change shows as a diff."""
        path = folder / f"{machine_name()}.csv"
        columns = ["benchmark", "case", "program", "version", "threads", "figure", "unit", "median", "min", "max", "runs",
                   "cpu_per_wall", "date", "commit"]
        kept = []
        if path.exists():
            with open(path, newline="") as f:
                kept = [r for r in csv.DictReader(f) if r["benchmark"] != self.name]
        stamp = {"date": datetime.date.today().isoformat(), "commit": commit()}
        folder.mkdir(exist_ok=True)
        with open(path, "w", newline="") as f:
            writer = csv.DictWriter(f, columns, lineterminator="\n")
            writer.writeheader()
            writer.writerows(sorted(kept + [{**r, **stamp} for r in self.rows], key=lambda r: r["benchmark"]))
        print(f"kept in {path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}")


def machine_name():
    """Processor and number of cores, as a file name: intel-xeon-platinum-8581c-2."""
    model = "unknown"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.lower().startswith("model name"):
                model = line.split(":", 1)[1]
                break
    words = re.sub(r"\((R|TM)\)|CPU|Processor|@.*", " ", model, flags=re.I)
    return re.sub(r"[^a-z0-9]+", "-", words.lower()).strip("-") + f"-{os.cpu_count()}"


def commit():
    try:
        done = subprocess.run(["git", "-C", ROOT, "describe", "--always", "--dirty"], capture_output=True, text=True)
        return done.stdout.strip() if done.returncode == 0 else ""
    except OSError:
        return ""
