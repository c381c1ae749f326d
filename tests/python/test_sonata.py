#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Circuits and reports that Ranvier writes, read by others: libsonata and h5py.

    RANVIER=build/release/ranvier tests/python/test_sonata.py        needs h5py, libsonata and numpy; without them all is skipped
"""
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

try:
    import h5py
    import libsonata
    import numpy as np
except ImportError as error:
    print(f"skipped: {error}; see tests/python/requirements.txt")
    raise SystemExit(0)

ROOT = pathlib.Path(__file__).resolve().parents[2]
RANVIER = pathlib.Path(os.environ.get("RANVIER", ROOT / "build" / "release" / "ranvier")).resolve()

NETWORK = """format = 1
[simulation]
duration = "50 ms"

[[populations]]
name = "E"
size = 40
model = "lif_exp"
params = { tau_m = { normal = ["10 ms", "1 ms"] } }
initial = { V_m = { uniform = ["-70 mV", "-55 mV"] } }

[[populations]]
name = "stimulus"
size = 2
model = "spike_train"
spikes = { neurons = [0, 1, 1], times = ["3 ms", "5 ms", "20 ms"] }

[[projections]]
name = "recurrent"
source = "E"
target = "E"
receptor = "in"
rule = { fixed_indegree = 5 }
weight = { normal = ["-50 pA", "5 pA"], max = "0 pA" }
delay = { uniform = ["0.5 ms", "3 ms"] }

[[projections]]
source = "stimulus"
target = "E"
receptor = "ex"
rule = "all_to_all"
weight = "700 pA"
delay = "1 ms"
"""


def run(*arguments, cwd):
    done = subprocess.run([RANVIER, *map(str, arguments)], cwd=cwd, capture_output=True, text=True)
    if done.returncode != 0:
        raise AssertionError(f"ranvier {arguments}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


class Export(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = tempfile.TemporaryDirectory(prefix="ranvier-sonata-")
        cls.folder = pathlib.Path(cls.scratch.name)
        (cls.folder / "net.toml").write_text(NETWORK)
        run("export", "net.toml", "--output", "circuit", cwd=cls.folder)

    @classmethod
    def tearDownClass(cls):
        cls.scratch.cleanup()

    def test_libsonata_reads_the_circuit_config(self):
        circuit = libsonata.CircuitConfig.from_file(str(self.folder / "circuit/circuit_config.json"))
        self.assertEqual(set(circuit.node_populations), {"E", "stimulus"})
        self.assertEqual(set(circuit.edge_populations), {"recurrent", "stimulus_to_E"})

    def test_nodes_have_their_parameters(self):
        nodes = libsonata.NodeStorage(str(self.folder / "circuit/network/E_nodes.h5")).open_population("E")
        self.assertEqual(nodes.size, 40)
        self.assertEqual(nodes.dynamics_attribute_names, {"tau_m", "V_m"})
        V_m = nodes.get_dynamics_attribute("V_m", nodes.select_all())
        self.assertTrue(((V_m >= -70) & (V_m < -55)).all() and len(set(V_m)) > 30)
        types = (self.folder / "circuit/network/E_node_types.csv").read_text().split()
        self.assertIn("nest:iaf_psc_exp", types)
        self.assertEqual(json.loads((self.folder / "circuit/components/nodes/E.json").read_text())["tau_syn_ex"], 2.0)

    def test_edges_join_the_populations(self):
        edges = libsonata.EdgeStorage(str(self.folder / "circuit/network/recurrent_edges.h5")).open_population("recurrent")
        self.assertEqual((edges.source, edges.target, edges.size), ("E", "E", 200))
        everything = edges.select_all()
        self.assertTrue((np.bincount(edges.target_nodes(everything), minlength=40) == 5).all())
        self.assertTrue((edges.get_attribute("syn_weight", everything) <= 0).all())
        delay = edges.get_attribute("delay", everything)
        self.assertTrue(np.allclose(delay * 10, np.rint(delay * 10)) and delay.min() >= 0.5)

    def test_trains_are_spike_files(self):
        spikes = libsonata.SpikeReader(str(self.folder / "circuit/inputs/stimulus_spikes.h5"))["stimulus"].get()
        self.assertEqual(sorted(spikes), [(0, 3.0), (1, 5.0), (1, 20.0)])

    def test_the_circuit_has_the_spikes_of_the_network(self):
        run("simulate", "net.toml", "--output", "a", cwd=self.folder)
        run("simulate", "circuit/simulation_config.json", "--output", "b", cwd=self.folder)
        a, b = (json.loads((self.folder / name / "summary.json").read_text())["spike_hash"] for name in "ab")
        self.assertEqual(a, b)


class Reports(unittest.TestCase):
    def test_libsonata_reads_a_report_on_cells_of_several_models(self):
        with tempfile.TemporaryDirectory(prefix="ranvier-sonata-") as folder:
            run("simulate", ROOT / "tests/data/sonata/nest_models/simulation_config.json", "--duration", "50 ms", "--output", "out", cwd=folder)
            path = pathlib.Path(folder) / "out/potentials.h5"
            report = libsonata.SomaReportReader(str(path))["cells"]
            self.assertEqual(report.get_node_ids(), [10, 12, 15])
            frame = report.get()
            self.assertEqual(frame.data.shape, (50, 3))
            with h5py.File(path) as f:
                self.assertEqual(f["report/cells/data"].attrs["units"], "mV")
                self.assertTrue((np.asarray(f["report/cells/data"]) < 0).all())


if __name__ == "__main__":
    unittest.main(verbosity=1)
