# SPDX-License-Identifier: Apache-2.0
"""Standard cells under the same input, for any PyNN backend: what test_pynn.py compares."""
import numpy as np

CELLS = {"IF_curr_exp": ({"i_offset": 0.6}, 0.3, -0.4), "IF_curr_alpha": ({"tau_syn_E": 2.0, "tau_syn_I": 4.0, "i_offset": 0.6}, 0.6, -0.6), "IF_cond_exp": ({"i_offset": 0.6}, 0.01, 0.02),
         "IF_cond_alpha": ({"tau_syn_E": 1.0, "tau_syn_I": 3.0, "i_offset": 0.6}, 0.02, 0.03), "EIF_cond_exp_isfa_ista": ({"i_offset": 0.3}, 0.004, 0.004),
         "EIF_cond_alpha_isfa_ista": ({"i_offset": 0.3}, 0.004, 0.004), "HH_cond_exp": ({"i_offset": 0.3}, 0.02, 0.01), "Izhikevich": ({"i_offset": 0.008}, 2.0, -2.0)}


def cells(sim, **setup):
    """{name of a cell type: {"v": potential every ms, "spikes": times}} over 200 ms."""
    out = {}
    rng = np.random.RandomState(1)
    excitation, inhibition = (np.sort(np.round(rng.uniform(5, 190, n), 1)) for n in (60, 40))
    for name, (parameters, w_exc, w_inh) in CELLS.items():
        dt = 0.01 if name.startswith(("HH", "EIF", "Izh")) else 0.1
        sim.setup(timestep=dt, min_delay=dt, **setup)
        cell = sim.Population(1, getattr(sim, name)(**parameters))
        for times, weight, delay, receptor in ((excitation, w_exc, 1.0, "excitatory"), (inhibition, w_inh, 1.5, "inhibitory")):
            source = sim.Population(1, sim.SpikeSourceArray(spike_times=times))
            sim.Projection(source, cell, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight, delay=delay), receptor_type=receptor)
        sim.DCSource(amplitude=0.002 if name == "Izhikevich" else 0.2, start=50.0, stop=120.0).inject_into(cell)
        cell.record(["v", "spikes"])
        sim.run(200.0)
        segment = cell.get_data().segments[0]
        v = np.asarray(segment.filter(name="v")[0].magnitude)[:, 0]
        out[name] = {"v": v[::int(round(1 / dt))].tolist(), "spikes": np.asarray(segment.spiketrains[0].magnitude).tolist()}
    return out
