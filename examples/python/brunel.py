# SPDX-License-Identifier: Apache-2.0
"""Four states of a random network: excitatory and inhibitory cells, sparsely connected (Brunel 2000, figure 8).

What you will see. g is how much stronger inhibition is than excitation, eta the external drive over that which just reaches threshold.
SR: synchronous, the cells fire like clocks. SI fast: a fast rhythm in which single cells fire irregularly. AI: asynchronous and irregular.
SI slow: a slow rhythm at low rates. 12,500 cells with 1,250 inputs each take about a second a state; here a fifth of them.

Brunel 2000, J Comput Neurosci 8:183-208, doi:10.1023/A:1008925309027.
"""
import ranvier

STATES = {"SR": (3.0, 2.0), "SI fast": (6.0, 4.0), "AI": (5.0, 2.0), "SI slow": (4.5, 0.9)}   # (g, eta)
TAU, THETA, J = 20.0, 20.0, 0.1   # ms, mV, mV


def describe(g, eta, order=500, seed=1):
    """`order` inhibitory and four times as many excitatory cells; each is the target of a tenth of either."""
    K = order * 4 // 10
    weight = J * 1000 / K                        # smaller networks have fewer synapses: stronger ones
    threshold_rate = THETA / (weight * K * TAU) * 1e3   # of each of K external inputs, in Hz
    net = ranvier.Network("brunel", seed=seed)
    cells = {"tau_m": TAU, "E_L": 0.0, "V_th": THETA, "V_reset": 10.0, "t_ref": 2.0}
    E = net.population("E", 4 * order, "lif_delta", params=cells, initial={"V_m": {"uniform": ["0 mV", "20 mV"]}})
    I = net.population("I", order, "lif_delta", params=cells, initial={"V_m": {"uniform": ["0 mV", "20 mV"]}})
    for target in (E, I):
        net.project(E, target, {"fixed_indegree": K}, weight=weight, delay="1.5 ms", receptor="v")
        net.project(I, target, {"fixed_indegree": K // 4}, weight=-g * weight, delay="1.5 ms", receptor="v")
        net.poisson(target, rate=eta * threshold_rate * K, weight=weight, receptor="v", name=f"external to {target.name}")
    return net


def run(order=500, duration="500 ms"):
    out = {}
    for name, (g, eta) in STATES.items():
        out[name] = describe(g, eta, order).build()
        out[name].warm_up("300 ms")
        out[name].run(duration)
    return out


def draw(sims):
    pairs = [list(sims)[:2], list(sims)[2:]]
    figure, axes = ranvier.plot.figure([line for pair in pairs for line in (pair, [f"rate {name}" for name in pair])], width="page", height=112, height_ratios=[2.6, 1.4, 2.6, 1.4])
    for name, sim in sims.items():
        above, below = axes[name], axes[f"rate {name}"]
        g, eta = STATES[name]
        start = sim.time - 200
        ranvier.plot.raster(sim, "E", start=start, most=200, ax=above)
        above.set(xlabel="", ylabel="", yticks=[])
        above.set_title(f"{name}: g = {g:g}, η = {eta:g}", fontsize=8)
        above.tick_params(labelbottom=False)
        ranvier.plot.rates(sim, "E", start=start, bin="1 ms", ax=below)
        below.get_legend().remove()
        below.set_ylabel("spikes/s")
        if name in pairs[0]:
            below.set_xlabel("")
    return figure


if __name__ == "__main__":
    import matplotlib.pyplot as plt

    draw(run())
    plt.show()
