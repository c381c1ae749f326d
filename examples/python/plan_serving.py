# SPDX-License-Identifier: Apache-2.0
"""What binds a language model? Roofline, utilisation by batch, and machines side by side, before anything is bought.

What you will see. Producing one token reads every weight once, so a small batch uses hardly any of the arithmetic: memory binds. Each doubling of the
batch doubles the use, until attention over the caches or the memory's size ends it. Bars carry the interval that holds a
measurement in 80 of 100 cases. Takes a second.
"""
import ranvier

MACHINES = ["4xa100", "8xa100", "4xh100", "8xh100", "4xh200", "8xmi300x"]


def run(model="llama-3-70b", batch=16, machines=MACHINES):
    return {
        "roofline": ranvier.plan("llm_serve", model, on="8xh100", batch=batch),
        "sweep": ranvier.plan("llm_serve", model, on="8xh100", sweep="batch=1:512"),
        "machines": [ranvier.plan("llm_serve", model, on=machine, batch=batch) for machine in machines],
    }


def draw(plans):
    figure, axes = ranvier.plot.figure([["roof", "use"], ["roof", "cost"]], width="page", height=100)
    ranvier.plot.roofline(plans["roofline"], ax=axes["roof"])
    ranvier.plot.utilisation(plans["sweep"], ax=axes["use"])
    ranvier.plot.cost(plans["machines"], ax=axes["cost"])
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
