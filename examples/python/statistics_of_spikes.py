# SPDX-License-Identifier: Apache-2.0
"""Statistics of spikes: intervals, correlations and cross-correlograms of a balanced network with currents (CUBA).

What you will see. Neurons fire irregularly (the CV of the intervals is 0.6: refractoriness and the time constants make them a little more regular than a
Poisson process), the correlations of pairs lie around zero, with a tail, and the rate of the inhibitory cells around a spike of an excitatory one
departs by a few percent from its mean. 4,000 cells, two seconds of biology: under a second.

Vogels & Abbott 2005, doi:10.1523/JNEUROSCI.3508-05.2005; numbers as in Brette et al. 2007, doi:10.1007/s10827-007-0038-6.
"""
import ranvier


def run(cells=4000, duration="2 s"):
    net = ranvier.Network("cuba", seed=3)
    # 1 nF/cm^2 and so on come down to: tau 20 ms, 200 pF, synapses of 1.62 and -9 mV in units of the membrane's conductance
    params = {"tau_m": 20.0, "C_m": 200.0, "E_L": -49.0, "V_th": -50.0, "V_reset": -60.0, "t_ref": 5.0, "tau_syn_ex": 5.0, "tau_syn_in": 10.0}
    E = net.population("E", round(0.8 * cells), "lif_exp", params=params, initial={"V_m": {"uniform": ["-60 mV", "-50 mV"]}})
    I = net.population("I", round(0.2 * cells), "lif_exp", params=params, initial={"V_m": {"uniform": ["-60 mV", "-50 mV"]}})
    for target in (E, I):
        net.project(E, target, {"pairwise_bernoulli": 80 / cells}, weight=16.2, delay="0.1 ms", receptor="ex")
        net.project(I, target, {"pairwise_bernoulli": 80 / cells}, weight=-90.0, delay="0.1 ms", receptor="in")
    sim = net.build()
    sim.warm_up("200 ms")
    sim.run(duration)
    return sim


def draw(sim):
    figure, axes = ranvier.plot.figure(2, 2, width="page", height=100)
    ranvier.plot.raster(sim, start="200 ms", stop="500 ms", most=400, ax=axes[0, 0])
    ranvier.plot.isi(sim, start="200 ms", longest="500 ms", bins=50, ax=axes[0, 1])
    ranvier.plot.correlations(sim, start="200 ms", bin="5 ms", most=150, ax=axes[1, 0])
    ranvier.plot.correlogram(sim, "E", "I", start="200 ms", bin="1 ms", lag="40 ms", ax=axes[1, 1])
    ranvier.plot.letters(axes)
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
