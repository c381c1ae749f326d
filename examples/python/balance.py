# SPDX-License-Identifier: Apache-2.0
"""Inhibition that learns restores balance (Vogels et al. 2011).

What you will see. At first the inhibitory cells do nothing to the excitatory ones, which fire far too fast. The plasticity of inhibition
strengthens its synapses onto whatever fires faster than 3 spikes/s, until excitation and inhibition nearly cancel: the rate falls from 150 to below ten
spikes/s, and activity becomes irregular. 2,000 cells for 12 s of biology take a second or two.

Vogels, Sprekeler, Zenke, Clopath & Gerstner 2011, doi:10.1126/science.1211095.
"""
import ranvier

CELLS = {"C_m": 200.0, "tau_m": 20.0, "E_L": -60.0, "V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0, "E_ex": 0.0, "E_in": -80.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0, "I_e": 200.0}


def run(cells=2000, seconds=12, target_rate="3 Hz"):
    net = ranvier.Network("balance", seed=1)
    p = 160 / cells                                 # as many inputs a cell as in 8,000 of them at 0.02
    E = net.population("E", round(0.8 * cells), "lif_cond_exp", params=CELLS, initial={"V_m": {"uniform": ["-60 mV", "-50 mV"]}})
    I = net.population("I", round(0.2 * cells), "lif_cond_exp", params=CELLS, initial={"V_m": {"uniform": ["-60 mV", "-50 mV"]}})
    for target in (E, I):
        net.project(E, target, {"pairwise_bernoulli": p}, weight="0.3 nS", delay="0.1 ms", receptor="ex")
    net.project(I, I, {"pairwise_bernoulli": p}, weight="3 nS", delay="0.1 ms", receptor="in")
    net.project(I, E, {"pairwise_bernoulli": p}, weight="0 nS", delay="0.1 ms", receptor="in",
                synapse={"stdp_inhibitory": {"eta": "0.01 nS", "rate": target_rate, "tau": "20 ms", "w_max": "100 nS"}})
    net.record("spikes")
    net.record("weights", source=I[::25], target=E, interval="500 ms")
    sim = net.build()
    sim.run(seconds * 1e3)
    return sim


def draw(sim):
    figure, axes = ranvier.plot.figure(2, 2, width="page", height=92)
    ranvier.plot.raster(sim, stop="300 ms", most=300, ax=axes[0, 0])
    ranvier.plot.raster(sim, start=sim.time - 300, most=300, ax=axes[0, 1])
    ranvier.plot.rates(sim, bin="100 ms", ax=axes[1, 0])
    ranvier.plot.weight_history(sim.weight_series(), unit="nS", ax=axes[1, 1])
    ranvier.plot.letters(axes)
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
