# SPDX-License-Identifier: Apache-2.0
"""Builds, compiles and times a Brian2 network in C++ standalone mode with OpenMP.

    folder = start(threads, seed)            before any Brian2 object is made
    mark("start")
    ... make the objects and a Network ...
    result = measure(net, folder, warmup_ms, duration_ms)

The generated program prints the clock where the build of the network ends and where each run ends, so the time to
compile, the time to build and the time to simulate are told apart, and only the last is compared.
"""
import pathlib
import tempfile
import time

import brian2 as b2
import numpy as np

CLOCK = r'''{
  struct timespec wall, cpu;
  struct rusage used;
  clock_gettime(CLOCK_MONOTONIC, &wall);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu);
  getrusage(RUSAGE_SELF, &used);
  std::cout << "clock %s " << std::fixed << wall.tv_sec + 1e-9 * wall.tv_nsec << " " << cpu.tv_sec + 1e-9 * cpu.tv_nsec
            << " " << 1024.0 * used.ru_maxrss << std::endl;
}'''


def start(threads, seed, precision="double"):
    folder = tempfile.mkdtemp(prefix="brian2-")
    b2.set_device("cpp_standalone", directory=folder, build_on_run=False)
    b2.prefs.devices.cpp_standalone.openmp_threads = threads if threads > 1 else 0
    b2.prefs.core.default_float_dtype = {"double": b2.float64, "single": b2.float32}[precision]
    b2.prefs.codegen.cpp.headers += ["<sys/resource.h>"]
    b2.defaultclock.dt = 0.1 * b2.ms
    b2.seed(seed)
    return folder


def mark(name):
    """Lets the generated program print the clock here."""
    b2.device.insert_code("main", CLOCK % name)


def compile_and_run(folder):
    """Returns (seconds to compile, {mark: (wall s, processor s, peak bytes)}); values of objects can be read after it."""
    began = time.perf_counter()
    b2.device.build(directory=folder, compile=True, run=False)
    compile_s = time.perf_counter() - began
    b2.device.run(with_output=False)
    marks = {}
    for line in (pathlib.Path(folder) / "results" / "stdout.txt").read_text().splitlines():
        words = line.split()
        if words[:1] == ["clock"]:
            marks[words[1]] = tuple(map(float, words[2:]))
    return compile_s, marks


def measure(net, folder, warmup_ms, duration_ms):
    """Runs net for warm-up and duration. The caller has marked "start" before its first object."""
    mark("built")
    if warmup_ms > 0:
        net.run(warmup_ms * b2.ms)
    mark("warm")
    net.run(duration_ms * b2.ms)
    mark("done")
    compile_s, marks = compile_and_run(folder)
    between = lambda a, b, k: marks[b][k] - marks[a][k]
    return {"peer": f"Brian2 {b2.__version__} cpp_standalone", "compile_s": compile_s, "build_s": between("start", "built", 0),
            "simulate_s": between("warm", "done", 0), "cpu_s": between("warm", "done", 1), "peak_rss_byte": int(marks["done"][2]),
            "duration_ms": duration_ms, "network_byte": None}


def rates(monitor, sizes, warmup_ms, duration_ms):
    """Mean rates after the warm-up, {population: Hz}; populations lie one after the other in the monitored group."""
    late = np.asarray(monitor.t / b2.ms) >= warmup_ms - 0.05
    neurons, first, result = np.asarray(monitor.i)[late], 0, {}
    for name, size in sizes.items():
        inside = (neurons >= first) & (neurons < first + size)
        result[name] = float(inside.sum()) / size / (duration_ms * 1e-3)
        first += size
    return result
