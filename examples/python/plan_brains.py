# SPDX-License-Identifier: Apache-2.0
"""What would a brain cost? Machines for real time, from the larva of a fly to a human, by what binds them.

What you will see. For each brain three counts of machines: those that hold it, those whose memory is fast enough, those whose arithmetic is. The largest
binds, and it is never the arithmetic when synapses are visited at their events. These are counts of bytes and FLOPs for point neurons at 1 kHz, not measurements.
"""
import ranvier

BRAINS = ["fly-larva", "zebrafish-larva", "fly", "bee", "mouse", "macaque", "human"]
PARTS = {"machines_capacity": "memory held", "machines_bandwidth": "memory bandwidth", "machines_arithmetic": "arithmetic"}


def run(brains=BRAINS, machine="h100", **keys):
    return {brain: ranvier.plan("brain", brain=brain, on=machine, **keys) for brain in brains}


def draw(plans):
    figure, ax = ranvier.plot.figure(width="page", height=72)
    for (part, name), colour, marker in zip(PARTS.items(), ("#0072B2", "#E69F00", "#009E73"), "os^"):
        ax.plot([plan[part] for plan in plans.values()], range(len(plans)), marker, color=colour, markersize=5, label=name)
    for y, plan in enumerate(plans.values()):
        ax.plot([min(plan[p] for p in PARTS), max(plan[p] for p in PARTS)], [y, y], color="#cccccc", linewidth=1.2, zorder=0)
    ax.axvline(1, color="#8a8a8a", linewidth=0.6, linestyle=(0, (4, 3)))
    ax.set(xscale="log", xlabel=f"{next(iter(plans.values()))['machine_name']} for real time, by what binds", ylim=(len(plans) - 0.5, -0.5))
    ax.margins(x=0.04)
    ax.set_yticks(range(len(plans)), list(plans))
    ax.tick_params(axis="y", length=0)
    ax.legend(fontsize=7, frameon=False, loc="upper right")
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
