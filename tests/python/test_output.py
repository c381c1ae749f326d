#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What Ranvier writes, read by others: libsonata, numpy and csv; and its statistics against numpy.

Usage: test_output.py TEST_OUTPUT, where TEST_OUTPUT is the C++ test program that holds the tests Output*; it is
asked to write an example run. Needs numpy and libsonata; where they are missing, a virtual environment is made beside
TEST_OUTPUT and they are installed from PyPI. Where that fails, all tests are skipped, saying why.
"""

import csv
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

PACKAGES = ["numpy", "libsonata"]
PROGRAM = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("RANVIER_TEST_OUTPUT", "")).resolve()
missing = ""


def run_again_with_packages():
    """Replaces this process by one in a virtual environment with the packages; returns only where that fails."""
    global missing
    folder = PROGRAM.parent / "python-output-venv"
    python = folder / "bin" / "python"
    if os.environ.get("RANVIER_IN_VENV"):
        missing = "the packages cannot be imported in " + str(folder)
        return
    try:
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, capture_output=True, text=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", *PACKAGES], check=True, capture_output=True, text=True)
    except (subprocess.CalledProcessError, OSError) as error:
        reason = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        missing = f"pip cannot install {' and '.join(PACKAGES)}: {reason[-1] if reason else error}"
        return
    os.environ["RANVIER_IN_VENV"] = "1"
    os.execv(python, [str(python), *sys.argv])


try:
    import libsonata
    import numpy as np
except ImportError:
    run_again_with_packages()


class Example:
    """The folders of the example run, one for each format."""

    def __init__(self):
        self.scratch = tempfile.TemporaryDirectory(prefix="ranvier-output-")
        self.folder = pathlib.Path(self.scratch.name)
        subprocess.run([PROGRAM, "--gtest_filter=*_is_written_where_the_python_test_wants_it"], check=True, capture_output=True,
                       env={**os.environ, "RANVIER_OUTPUT_EXAMPLE": str(self.folder)})

    def summary(self):
        return json.loads((self.folder / "sonata" / "summary.json").read_text())

    def spikes(self, population):
        """(node_ids, timestamps) of all spikes, by libsonata, by time."""
        reader = libsonata.SpikeReader(str(self.folder / "sonata" / "spikes.h5"))
        spikes = reader[population].get_dict()
        return np.asarray(spikes["node_ids"]), np.asarray(spikes["timestamps"])


def sample_of(ids, size):
    """The draw of src/io/statistics.cpp (SplitMix64 from state 0, partial shuffle)."""
    mask, state, ids = (1 << 64) - 1, 0, list(ids)
    for i in range(min(size, len(ids))):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        z ^= z >> 31
        k = i + ((z * (len(ids) - i)) >> 64)
        ids[i], ids[k] = ids[k], ids[i]
    return ids[:size]


class Output(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if missing:
            raise unittest.SkipTest(missing)
        cls.example = Example()
        cls.addClassCleanup(cls.example.scratch.cleanup)

    def test_libsonata_reads_the_populations_their_order_and_times(self):
        reader = libsonata.SpikeReader(str(self.example.folder / "sonata" / "spikes.h5"))
        self.assertEqual(sorted(reader.get_population_names()), ["E", "I", "silent"])
        self.assertEqual(reader["E"].sorting, "by_time")
        nodes, times = self.example.spikes("E")
        self.assertGreater(len(times), 10000)
        self.assertTrue((np.diff(times) >= 0).all())
        self.assertTrue((times * 10 == np.round(times * 10)).all(), "times are not the nearest doubles to 0.1 ms steps")
        self.assertLess(nodes.max(), 2000)
        self.assertEqual(len(self.example.spikes("silent")[0]), 0)

    def test_spike_counts_after_the_warm_up_agree_with_the_summary(self):
        for population in self.example.summary()["populations"]:
            times = self.example.spikes(population["name"])[1]
            self.assertEqual((times > 500).sum(), population["spikes"])

    def test_csv_and_npz_hold_the_spikes_that_sonata_holds(self):
        with np.load(self.example.folder / "npz" / "spikes.npz") as archive:
            self.assertEqual(list(archive["populations"]), ["E", "I", "silent"])
            arrays = {name: archive[name] for name in archive.files}
        with open(self.example.folder / "csv" / "spikes.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        for name in ["E", "I", "silent"]:
            nodes, times = self.example.spikes(name)
            np.testing.assert_array_equal(arrays[name + "/timestamps"], times)
            np.testing.assert_array_equal(arrays[name + "/node_ids"], nodes)
            own = [row for row in rows if row["population"] == name]
            np.testing.assert_array_equal([float(row["time_ms"]) for row in own], times)
            np.testing.assert_array_equal([int(row["node_id"]) for row in own], nodes)

    def test_libsonata_reads_a_state_report(self):
        reader = libsonata.SomaReportReader(str(self.example.folder / "sonata" / "probe_ex.I.h5"))["E"]
        self.assertEqual(reader.data_units, "pA")
        self.assertEqual(list(reader.get_node_ids()), [3, 8])
        start, stop, step = reader.times
        self.assertEqual((start, stop, step), (500, 550, 1))
        frame = reader.get()
        self.assertEqual(frame.data.shape, (50, 2))
        np.testing.assert_array_equal(frame.data, np.outer(np.arange(50), [3, 8]))
        np.testing.assert_allclose(frame.times, 500 + np.arange(50))

    def test_npz_and_csv_hold_the_state_that_sonata_holds(self):
        with np.load(self.example.folder / "npz" / "probe.npz") as archive:
            np.testing.assert_array_equal(archive["ex.I"], np.outer(np.arange(50), [3, 8]))
            self.assertEqual(list(archive["units"]), ["mV", "pA"])
            self.assertEqual(archive["V_m"].dtype, np.float32)
        with open(self.example.folder / "csv" / "probe.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        self.assertEqual(len(rows), 100)
        self.assertEqual(rows[3], {"time_ms": "501", "node_id": "8", "V_m (mV)": "-9", "ex.I (pA)": "8"})

    def test_libsonata_reads_the_connections(self):
        edges = libsonata.EdgeStorage(str(self.example.folder / "sonata" / "graph_E_I.h5")).open_population("E__I")
        everything = edges.select_all()
        self.assertEqual((edges.source, edges.target, edges.size), ("E", "I", 3))
        self.assertEqual(list(edges.source_nodes(everything)), [0, 0, 5])
        self.assertEqual(list(edges.target_nodes(everything)), [1, 2, 1])
        self.assertEqual(list(edges.get_attribute("syn_weight", everything)), [87.8, 80.25, 91.5])
        self.assertEqual(list(edges.get_attribute("delay", everything)), [1.5, 0.1, 2])

    def assert_described(self, population, key, values, mean_key=None):
        quartiles = population[key + "_quartiles"]
        if len(values) == 0:
            self.assertIsNone(quartiles)
            return
        np.testing.assert_allclose(population[mean_key or key], np.mean(values), rtol=1e-12)
        np.testing.assert_allclose(quartiles, np.percentile(values, [25, 50, 75]), rtol=1e-12, atol=1e-15)

    def test_rate_cv_and_correlation_agree_with_numpy(self):
        for population in self.example.summary()["populations"]:
            nodes, times = self.example.spikes(population["name"])
            nodes, steps = nodes[times > 500], np.round(times[times > 500] * 10).astype(int)
            trains = [steps[nodes == i] for i in range(population["size"])]
            self.assert_described(population, "rate_hz", [len(train) / 1.0 for train in trains])
            intervals = [np.diff(train) for train in trains if len(train) >= 3]
            self.assert_described(population, "cv_isi", [i.std() / i.mean() for i in intervals])
            if population["name"] == "silent":
                self.assertIsNone(population["cv_isi"])
                self.assertIsNone(population["correlation"])
                continue
            sample = sample_of([i for i, train in enumerate(trains) if len(train)], 250)
            counts = [np.histogram(trains[i], bins=500, range=(5000.5, 15000.5))[0] for i in sample]
            pairs = np.corrcoef(counts)[np.triu_indices(len(sample), 1)]
            self.assertEqual(population["correlation_pairs"], len(pairs))
            np.testing.assert_allclose(population["correlation"], pairs.mean(), rtol=1e-9)
            np.testing.assert_allclose(population["correlation_quartiles"], np.percentile(pairs, [25, 50, 75]), rtol=1e-9)

    def test_the_page_draws_all_its_figures_in_a_browser(self):
        browser = next(filter(None, map(shutil.which, ["chromium", "chromium-browser", "google-chrome"])), None)
        if not browser:
            self.skipTest("no chromium to open the page with")
        page = self.example.folder / "report" / "report.html"
        drawn = subprocess.run([browser, "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={self.example.folder / 'browser'}",
                                "--virtual-time-budget=10000", "--dump-dom", page.as_uri()], capture_output=True, text=True, timeout=120).stdout
        page_part = drawn[:drawn.index("https://d3js.org v")]
        for number in range(1, 8):  # raster, activity, distributions, wall time, roofline, two state variables
            self.assertIn(f"<b>Figure {number}. ", page_part)
        self.assertIn("spike hash", page_part, "the script did not come to its end")
        self.assertNotIn("NaN", page_part)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1], verbosity=2)
