# SPDX-License-Identifier: Apache-2.0
"""Competition between synapses: one cell, many Poisson inputs, and spike-timing-dependent plasticity (Song, Miller & Abbott 2000).

What you will see. All weights begin alike in the middle. Depression is a little stronger than potentiation, so uncorrelated synapses compete to make
the cell fire: they end near nothing or near the largest weight, and the rate settles by itself. Recording the weights changes
nothing. 400 inputs at 15 spikes/s; 100 s of biology take seconds.

Song, Miller & Abbott 2000, Nat Neurosci 3:919-926, doi:10.1038/78829.
"""
import ranvier

W_MAX = 60.0   # pA


def run(inputs=400, seconds=100, samples=40):
    net = ranvier.Network("stdp", dt="0.1 ms", seed=2)
    source = net.population("inputs", inputs, "poisson_source", rate="15 Hz")
    cell = net.population("cell", 1, "lif_exp", params={"tau_m": 20.0, "C_m": 200.0, "E_L": -74.0, "V_th": -54.0, "V_reset": -60.0, "t_ref": 1.0, "tau_syn_ex": 5.0})
    net.project(source, cell, "all_to_all", weight=0.5 * W_MAX, delay="1 ms", receptor="ex",
                synapse={"stdp": {"lambda": 0.01, "alpha": 1.05, "mu_plus": 0, "mu_minus": 0, "tau_plus": "20 ms", "tau_minus": "20 ms", "w_max": W_MAX}})
    net.record("spikes", cell)
    net.record("weights", source=source, target=cell, interval=round(seconds * 1e3 / samples))
    sim = net.build()
    sim.run(seconds * 1e3)
    return sim


def draw(sim):
    series = sim.weight_series()
    figure, axes = ranvier.plot.figure(1, 3, width="page", height=52, width_ratios=[1.35, 1, 1])
    ranvier.plot.weight_history(series, unit="pA", ax=axes[0])
    axes[0].get_legend().remove()
    ranvier.plot.weights(series.weights[-1], unit="pA", bins=20, ax=axes[1])
    ranvier.plot.rates(sim, "cell", bin=series.times[1], ax=axes[2])
    axes[2].get_legend().remove()
    ranvier.plot.letters(axes)
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
