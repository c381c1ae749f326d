# SPDX-License-Identifier: Apache-2.0
"""Runs the ranvier binary and reads what it wrote, for the tests of this folder.

The binary is the one the environment variable RANVIER names, else build/release/ranvier. Without it, or without
numpy and h5py, a test exits with 77, which ctest shows as skipped.
"""
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIP = 77

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}; bench/peers/setup makes a Python that has it")
    sys.exit(SKIP)


def binary():
    path = pathlib.Path(os.environ.get("RANVIER", ROOT / "build" / "release" / "ranvier"))
    if not path.exists():
        print(f"skipped: no ranvier at {path}; set RANVIER")
        sys.exit(SKIP)
    return path


def simulate(network, *options):
    """Runs `ranvier simulate network options...`; returns its summary and {population: (times in ms, neurons)}.

    Times count from the start of the warm-up, as in the file. Raises RuntimeError with what ranvier said.
    """
    with tempfile.TemporaryDirectory(prefix="ranvier-parity-") as folder:
        command = [binary(), "simulate", network, "--json", "--output", folder, "--overwrite", *options]
        run = subprocess.run([str(c) for c in command], capture_output=True, text=True)
        if run.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, command))} exits with {run.returncode}:\n{run.stderr}")
        with h5py.File(pathlib.Path(folder) / "spikes.h5", "r") as f:
            spikes = {name: (np.array(g["timestamps"]), np.array(g["node_ids"], dtype=int))
                      for name, g in f["spikes"].items()}
        return json.loads(run.stdout), spikes
