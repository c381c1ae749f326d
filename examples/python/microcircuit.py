# SPDX-License-Identifier: Apache-2.0
"""The cortical microcircuit: the network of Potjans & Diesmann (2014), described in Python.

1 mm^2 of early sensory cortex: four layers with an excitatory and an inhibitory population each, 77,169 neurons and 299 million synapses at
full scale. The same network as examples/microcircuit.toml, spike for spike: compare the two to see what is called what.

What you will see. Asynchronous irregular activity; inhibitory cells fire more than excitatory ones in every layer. At a tenth of its size it
takes some seconds; size=1 takes 1.8 GB of memory and builds in about five seconds.

Potjans & Diesmann 2014, Cereb Cortex 24:785-806, doi:10.1093/cercor/bhs358; scaled down as van Albada, Helias & Diesmann 2015,
doi:10.1371/journal.pcbi.1004490.
"""
import math

import ranvier

NAMES = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"]
SIZES = [20683, 5834, 21915, 5479, 4850, 1065, 14395, 2948]
K_EXT = [1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100]           # external inputs of one neuron, each at 8 spikes/s
V_MEAN = [-68.28, -63.16, -63.33, -63.45, -63.11, -61.66, -66.72, -61.43]   # mV, initial potentials
V_STD = [5.36, 4.57, 4.74, 4.94, 4.94, 4.55, 5.46, 4.48]
RATES = [0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829]   # Hz, at full scale: what the scaled network makes up for

SYNAPSES = [  # a row for each target, a column for each source
    [45499805, 22323577, 20253647, 9670918, 3293578, 0, 2271404, 0],
    [17443694, 5018763, 4105338, 1690074, 2221213, 0, 353461, 0],
    [3503670, 756561, 24482849, 17413576, 714524, 7003, 14624432, 0],
    [8114254, 92832, 9933538, 5223272, 87836, 0, 8810905, 0],
    [10613575, 1817058, 5507804, 151900, 2040738, 2407889, 1438969, 0],
    [1241436, 169424, 607667, 12851, 319602, 430444, 132414, 0],
    [4681225, 556108, 6727570, 1320234, 4112225, 305029, 8372649, 10827677],
    [2260836, 17207, 220033, 8078, 401638, 25218, 2888426, 1354320],
]

TAU_M, TAU_SYN, C_M = 10.0, 0.5, 250.0   # ms, ms, pF
G = -4                                   # inhibitory over excitatory weight


def psp_to_current(psp=0.15):
    """The current, in pA, whose postsynaptic potential peaks at `psp` mV."""
    t_peak = math.log(TAU_M / TAU_SYN) / (1 / TAU_SYN - 1 / TAU_M)
    return psp * C_M * (TAU_M - TAU_SYN) / (TAU_M * TAU_SYN) / (math.exp(-t_peak / TAU_M) - math.exp(-t_peak / TAU_SYN))


def describe(size=0.1, seed=1):
    """The network at a share of its full size."""
    J = psp_to_current()
    net = ranvier.Network("microcircuit", dt="0.1 ms", seed=seed)
    cells = [net.population(name, n, membrane="leaky", receptors=[{"name": "syn", "kind": "exponential", "tau_syn": TAU_SYN}],
                            params={"tau_m": TAU_M, "C_m": C_M, "E_L": -65.0, "V_th": -50.0, "V_reset": -65.0, "t_ref": 2.0},
                            initial={"V_m": {"normal": [mean, std]}})
             for name, n, mean, std in zip(NAMES, SIZES, V_MEAN, V_STD)]
    for target, row in zip(cells, SYNAPSES):
        for source, number in zip(cells, row):
            if number == 0:
                continue
            excites = source.name.endswith("E")
            strong = 2 if (source.name, target.name) == ("L4E", "L23E") else 1   # the one exception: twice the weight
            net.project(source, target, {"fixed_total_number": number}, receptor="syn",
                        weight={"normal": strong * J if excites else G * J, "relative_std": 0.1, "keep_sign": True},
                        delay={"normal": 1.5 if excites else 0.75, "relative_std": 0.5, "min": 0.05})
    for target, k in zip(cells, K_EXT):
        net.poisson(target, rate=k * 8.0, weight=J, receptor="syn", name=f"external to {target.name}")
    if size < 1:
        net.downscale(neurons=size, indegree=size, rates=dict(zip(NAMES, RATES)))
    return net


def run(size=0.1, duration="500 ms"):
    sim = describe(size).build()
    sim.warm_up("300 ms")
    sim.run(duration)
    return sim


def draw(sim):
    figure, axes = ranvier.plot.figure(1, 2, width="page", height=78, width_ratios=[1.55, 1])
    ranvier.plot.raster(sim, start=sim.time - 400, rates=True, ax=axes[0])
    layers = {name: (1.35 * (k % 2), -(k // 2)) for k, name in enumerate(NAMES)}
    ranvier.plot.graph(sim, positions=layers, least=0.03, ax=axes[1])
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
