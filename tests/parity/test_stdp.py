#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The weights of single plastic synapses are NEST's: ten rules and settings, two delays each, trains of a minute.

    RANVIER=build/release/ranvier tests/parity/test_stdp.py       needs numpy and h5py

NEST counts the whole delay as dendritic, Ranvier's default; NEST's spikes are parrots', here a train and a cell that a
second train makes fire.
"""
import csv
import json
import pathlib
import subprocess
import sys
import tempfile

import ranvier_run as r

REFERENCE = r.ROOT / "tests" / "parity" / "data" / "stdp_nest.csv"

HEAD = """format = 1
[simulation]
dt = "0.1 ms"
duration = "1700 ms"
precision = "double"
"""
# The cell's threshold is so high that the synapse under test moves nothing.
PAIR = """
[[populations]]
name = "source{k}"
size = 1
model = "spike_train"
spikes = {{ neurons = {zeros_source}, times = {source} }}
[[populations]]
name = "teacher{k}"
size = 1
model = "spike_train"
spikes = {{ neurons = {zeros_target}, times = {teacher} }}
[[populations]]
name = "target{k}"
size = 1
model = "lif_delta"
params = {{ V_th = "20000 mV", t_ref = 0 }}
[[projections]]
source = "source{k}"
target = "target{k}"
rule = "one_to_one"
weight = "{start} mV"
delay = "{delay} ms"
synapse = {synapse}
[[projections]]
source = "teacher{k}"
target = "target{k}"
rule = "one_to_one"
weight = "100000 mV"
delay = "0.1 ms"
[[recordings]]
type = "weights"
name = "w{k}"
source = "source{k}"
target = "target{k}"
[[recordings]]
type = "spikes"
neurons = "target{k}"
"""


VOLUME = """
[[volumes]]
name = "volume{k}"
tau = "200 ms"
rewards = {rewards}
"""


def toml(settings):
    """{"stdp": {"lambda": 0.1}} as an inline table."""
    if isinstance(settings, dict):
        return "{ " + ", ".join(f"{key} = {toml(value)}" for key, value in settings.items()) + " }"
    return json.dumps(settings)


def times(text, shift=0.0):
    return json.dumps([f"{round(float(t) - shift, 1)} ms" for t in text.split()])


def main():
    with open(REFERENCE, newline="") as file:
        rows = list(csv.DictReader(file))
    text = HEAD
    for k, row in enumerate(rows):
        n_source, n_target = len(row["source_ms"].split()), len(row["target_ms"].split())
        synapse = json.loads(row["synapse"])
        if row["dopamine_ms"]:
            text += VOLUME.format(k=k, rewards=json.dumps([[f"{t} ms", 1 / 200] for t in row["dopamine_ms"].split()]))
            synapse[row["nest"].removesuffix("_synapse")]["volume"] = f"volume{k}"
        text += PAIR.format(k=k, source=times(row["source_ms"]), teacher=times(row["target_ms"], 0.1), zeros_source=[0] * n_source, zeros_target=[0] * n_target,
                            start=row["start"], delay=row["delay_ms"], synapse=toml(synapse))
    wrong = []
    with tempfile.TemporaryDirectory(prefix="ranvier-stdp-") as folder:
        network = pathlib.Path(folder) / "stdp.toml"
        network.write_text(text)
        run = subprocess.run([str(r.binary()), "simulate", str(network), "--output", f"{folder}/out"], capture_output=True, text=True)
        if run.returncode:
            print(run.stderr)
            return 1
        for k, row in enumerate(rows):
            with r.h5py.File(f"{folder}/out/w{k}_source{k}_target{k}.h5") as f:
                found = []
                f.visititems(lambda name, item: found.append(float(item[0])) if name.endswith("syn_weight") else None)
            with r.h5py.File(f"{folder}/out/spikes.h5") as f:
                fired = len(f["spikes"][f"target{k}"]["timestamps"])
            if fired != len(row["target_ms"].split()):
                wrong.append(f"{row['nest']}: the target fires {fired} times")
            if abs(found[0] - float(row["weight"])) > 1e-9:
                wrong.append(f"{row['nest']}, delay {row['delay_ms']} ms: weight {found[0]!r}, NEST {row['weight']}")
    print("\n".join(wrong) or f"all {len(rows)} weights")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
