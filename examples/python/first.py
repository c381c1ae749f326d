# SPDX-License-Identifier: Apache-2.0
"""The first network: 100 cells that a constant current drives, and that inhibit one another.

What you will see. Alone, each cell would fire every 15.9 ms (63 spikes/s): 2 ms of refractoriness and 10 ms x ln(20 / 5) from reset to
threshold. Ten inhibitory inputs each slow it down to about 35 spikes/s. Takes milliseconds.
"""
import ranvier


def run(inhibition=-150.0, duration="1 s"):
    net = ranvier.Network("first", seed=1)
    cells = net.population("cells", 100, "lif_exp", params={"I_e": "500 pA"}, initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
    net.project(cells, cells, {"fixed_indegree": 10}, weight=inhibition, delay="1.5 ms", receptor="in")   # pA
    net.record("spikes")
    net.record("state", cells[0:1], ["V_m"])
    sim = net.build()
    sim.run(duration)
    return sim


def draw(sim):
    figure, axes = ranvier.plot.figure(2, 1, height=78, sharex=True)
    ranvier.plot.raster(sim, stop="200 ms", ax=axes[0])
    ranvier.plot.traces(sim, "V_m", stop="200 ms", ax=axes[1])
    axes[0].set_xlabel("")
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    sim = run()
    print(f"{sim.rate('cells', '100 ms'):.1f} spikes/s")
    draw(sim)
    plt.show()
