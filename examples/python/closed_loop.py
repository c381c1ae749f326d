# SPDX-License-Identifier: Apache-2.0
"""A closed loop: run a little, look at the rate, change the input, go on.

What you will see. A controller outside the network sets the background drive every 50 ms so that the excitatory cells fire at 8, then 20, then 5
spikes/s: what one would do with a robot, a stimulus that depends on activity, or a clamp of the rate. Takes a second.
"""
import numpy as np

import ranvier

GOALS = [(0.0, 8.0), (1500.0, 20.0), (3000.0, 5.0)]   # from when (ms), spikes/s


def goal(time):
    return [rate for start, rate in GOALS if start <= time][-1]


def run(cells=1000, duration=4500.0, piece=50.0):
    net = ranvier.Network("loop", seed=7)
    E = net.population("E", round(0.8 * cells), "lif_exp", initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
    I = net.population("I", round(0.2 * cells), "lif_exp", initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
    for target in (E, I):
        net.project(E, target, {"fixed_indegree": 40}, weight="20 pA", delay="1.5 ms", receptor="ex")
        net.project(I, target, {"fixed_indegree": 10}, weight="-100 pA", delay="1.5 ms", receptor="in")
    drive = net.poisson([E, I], rate="20 kHz", weight="20 pA", receptor="ex", name="drive")   # built for the highest rate
    sim = net.build()
    rate, course = 10_000.0, []
    while sim.time < duration:
        sim.change(drive, rate=rate)
        sim.run(piece)
        now = sim.rate(E, sim.time - piece, sim.time)
        course.append((sim.time, goal(sim.time - piece), now, rate))
        rate = float(np.clip(rate * (1 + 0.004 * np.clip(goal(sim.time) - now, -10, 10)), 1000, 20_000))
    return sim, np.array(course)


def draw(result):
    sim, course = result
    figure, axes = ranvier.plot.figure(2, 1, height=88, sharex=True, height_ratios=[1.6, 1])
    ranvier.plot.rates(sim, "E", bin="50 ms", ax=axes[0])
    axes[0].plot(course[:, 0] * 1e-3, course[:, 1], color="#D55E00", linewidth=1.0, linestyle=(0, (4, 2)), drawstyle="steps-pre", label="goal")
    axes[0].legend(fontsize=7, frameon=False, ncols=2, loc="upper right")
    axes[0].set_xlabel("")
    axes[1].step(course[:, 0] * 1e-3, course[:, 3] * 1e-3, where="pre", color="#009E73", linewidth=1.0)
    axes[1].set(xlabel="time (s)", ylabel="drive (kHz)", ylim=(0, None))
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
