#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes a network as large and as quiet as the fly's brain: lif_shiu neurons, heavy-tailed degrees, most of them silent.

    fly.py FOLDER [--seed 1] [--silent 0] [--neurons 138639] [--edges 15000000] [--duration 12000]

Writes FOLDER/fly.toml, edges.h5 (datasets source, target, synapses), stimulus.csv.gz and fly.json (what was made).

The FlyWire connectome itself is not redistributed here; this network has its numbers (Shiu et al. 2024: 138,639 neurons,
1.5e7 connected pairs, 5e7 synapses; 21 stimulated neurons make some 450 neurons fire 17,000 spikes/s):
  - in- and out-degree of a neuron: lognormal (sigma 1), each pair at most once
  - synapses per pair: geometric, mean 2.8, and with probability 1/50 ten times as many; sign by source, 70 % excitatory
  - 21 driven neurons (0-20), 200 Hz each; a pathway of 430 neurons (21-450) receives 0.8-6 synapses from each of them
    on average, which sets their rates (a wide distribution, mean 30 Hz). Where the pathway projects, activity dies out.
--silent K adds K x as many neurons without synapses: they cost memory, and must not cost time.
Takes half a minute and 2 GB of memory. Needs numpy and h5py; the same arguments give the same network.
"""
import argparse
import gzip
import json
import pathlib

import h5py
import numpy as np

DRIVEN, PATHWAY, DRIVE_HZ, DT_MS = 21, 430, 200.0, 0.1

TOML = """# SPDX-License-Identifier: Apache-2.0
# Made by bench/networks/fly.py; see there.
format = 1
name = "fly"

[simulation]
dt = "0.1 ms"

[[populations]]
name = "stimulus"
size = {driven}
model = "spike_train"
times = "stimulus.csv.gz"

[[populations]]
name = "driven"
size = {driven}
model = "lif_shiu"
params = {{ t_ref = "0 ms" }}

[[populations]]
name = "fly"
size = {rest}
model = "lif_shiu"
{silent}
[[projections]]
source = "stimulus"
target = "driven"
rule = "one_to_one"
receptor = "v"
weight = "68.75 mV"
delay = "0.1 ms"
{projections}"""

PROJECTION = """
[[projections]]
source = "{source}"
target = "{target}"
rule = {{ edges = "edges.h5", source_column = "{group}/source", target_column = "{group}/target" }}
receptor = "g"
weight = {{ column = "{group}/synapses", unit = "0.275 mV" }}
delay = "1.8 ms"
"""

SILENT = """
[[populations]]
name = "silent"
size = {size}
model = "lif_shiu"
"""


def pairs(rng, neurons, wanted):
    """`wanted` distinct (source, target), drawn with lognormal propensities; as source * neurons + target, ascending."""
    out, into = (np.cumsum(rng.lognormal(0.0, 1.0, neurons)) for _ in range(2))
    found = np.zeros(0, np.int64)
    while len(found) < wanted:
        draws = int((wanted - len(found)) * 1.1) + 1000
        source = np.searchsorted(out, rng.random(draws) * out[-1])
        target = np.searchsorted(into, rng.random(draws) * into[-1])
        found = np.unique(np.concatenate([found, source * np.int64(neurons) + target]))
    surplus = rng.choice(len(found), len(found) - wanted, replace=False)
    return np.delete(found, surplus)


def edges(rng, neurons, wanted):
    """Sources, targets and signed synapse counts of the whole network [wanted each], by source, then target."""
    # The driven neurons' connections to the pathway are set, not drawn.
    target = np.tile(np.arange(DRIVEN, DRIVEN + PATHWAY), DRIVEN)
    source = np.repeat(np.arange(DRIVEN), PATHWAY)
    strength = np.tile(rng.lognormal(np.log(1.74), 0.55, PATHWAY).clip(0.8, 6.0), DRIVEN)
    count = rng.poisson(strength)
    source, target, count = source[count > 0], target[count > 0], count[count > 0]
    fixed = source * np.int64(neurons) + target
    drawn = pairs(rng, neurons, wanted)
    drawn = drawn[(drawn // neurons >= DRIVEN) & (drawn % neurons >= DRIVEN)]  # nothing else from or to the driven ones
    drawn = np.sort(rng.choice(drawn, min(wanted - len(fixed), len(drawn)), replace=False))
    n = rng.geometric(1 / 2.8, len(drawn))
    n[rng.random(len(drawn)) < 0.02] *= 10
    sign = np.where(rng.random(neurons) < 0.7, 1, -1)
    source = np.concatenate([source, drawn // neurons])
    target = np.concatenate([target, drawn % neurons])
    count = np.concatenate([count, n * sign[drawn // neurons]])
    return source.astype(np.int32), target.astype(np.int32), count.astype(np.int16)


def stimulus(rng, duration_ms):
    """Bernoulli trains of the driven neurons as (step, neuron), ascending [any, 2]; at most one spike a step."""
    hits = rng.random((round(duration_ms / DT_MS), DRIVEN)) < DRIVE_HZ * DT_MS * 1e-3
    return np.argwhere(hits)


def write(folder, neurons, silent, source, target, count, train):
    folder.mkdir(parents=True, exist_ok=True)
    first = source < DRIVEN
    with h5py.File(folder / "edges.h5", "w") as f:
        for name, kept, shift in (("driven", first, 0), ("fly", ~first, DRIVEN)):
            group = f.create_group(name)
            group["source"], group["target"] = source[kept] - shift, target[kept] - DRIVEN
            group["synapses"] = count[kept]
    lines = "neuron,time\n" + "".join(f"{i},{s * DT_MS:.1f}\n" for s, i in train)
    (folder / "stimulus.csv.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    projections = PROJECTION.format(source="driven", target="fly", group="driven") + \
        PROJECTION.format(source="fly", target="fly", group="fly")
    more = SILENT.format(size=silent * neurons) if silent else ""
    (folder / "fly.toml").write_text(TOML.format(driven=DRIVEN, rest=neurons - DRIVEN, silent=more, projections=projections))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--silent", type=int, default=0, help="this many times more neurons, all silent (9: ten times as many in all)")
    parser.add_argument("--neurons", type=int, default=138639)
    parser.add_argument("--edges", type=int, default=15_000_000)
    parser.add_argument("--duration", type=float, default=12000, help="length of the stimulus, ms")
    a = parser.parse_args()
    rng = np.random.Generator(np.random.PCG64(a.seed))
    source, target, count = edges(rng, a.neurons, a.edges)
    train = stimulus(rng, a.duration)
    write(a.folder, a.neurons, a.silent, source, target, count, train)
    out = np.bincount(source, minlength=a.neurons)
    made = {"seed": a.seed, "neurons": a.neurons, "silent": a.silent * a.neurons, "edges": len(source),
            "synapses": int(np.abs(count.astype(np.int64)).sum()), "out_degree_max": int(out.max()),
            "in_degree_max": int(np.bincount(target, minlength=a.neurons).max()), "stimulus_spikes": len(train)}
    (a.folder / "fly.json").write_text(json.dumps(made) + "\n")
    print(json.dumps(made))


if __name__ == "__main__":
    main()
