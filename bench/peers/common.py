# SPDX-License-Identifier: Apache-2.0
"""What all peer scripts share: the options, and the one line of JSON that bench/run reads.

A peer script builds one network, simulates warm-up and duration, and prints on its last line of standard output

    {"peer": "NEST 3.10.0", "threads": 2, "duration_ms": 1000, "neurons": ..., "synapses": ...,
     "build_s": ..., "simulate_s": ..., "compile_s": ..., "cpu_s": ..., "real_time_factor": ...,
     "peak_rss_byte": ..., "network_byte": ..., "rates_hz": {"E": ..., "I": ...}}

build_s     wall time from the first population to a network ready to simulate (compilation apart)
simulate_s  wall time of the duration, without warm-up; cpu_s is the processor time of the same stretch
"""
import argparse
import json
import resource
import time


def parser(description, **defaults):
    """Options every peer script has; `defaults` replaces their defaults."""
    p = argparse.ArgumentParser(description=description)
    p.add_argument("--threads", type=int, default=defaults.get("threads", 2))
    p.add_argument("--seed", type=int, default=defaults.get("seed", 1))
    p.add_argument("--time", type=float, default=defaults.get("time", 1000), help="biological time measured, ms")
    p.add_argument("--warmup", type=float, default=defaults.get("warmup", 500), help="before it, ms")
    p.add_argument("--json", action="store_true", help="print one line of JSON (the default prints a table)")
    p.add_argument("--spikes", help="also write the spikes after the warm-up to this .npz: one array per "
                   "population of times (ms, 0 at the end of the warm-up) and one of neurons")
    return p


def resident_byte():
    """Memory this process holds now."""
    with open("/proc/self/statm") as f:
        return int(f.read().split()[1]) * resource.getpagesize()


def peak_byte():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


class Stopwatch:
    """Wall and processor time of a stretch of code, children included."""

    def __enter__(self):
        self._wall, self._cpu = time.perf_counter(), self._cpu_now()
        return self

    def __exit__(self, *_):
        self.wall_s, self.cpu_s = time.perf_counter() - self._wall, self._cpu_now() - self._cpu

    @staticmethod
    def _cpu_now():
        return sum(r.ru_utime + r.ru_stime for r in
                   (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)))


def report(result, as_json):
    """Prints a result, last of all on standard output."""
    result["real_time_factor"] = result["simulate_s"] / (result["duration_ms"] * 1e-3)
    if as_json:
        print(json.dumps(result), flush=True)
    else:
        for key, value in result.items():
            print(f"{key:18s} {value}")
