# SPDX-License-Identifier: Apache-2.0
"""Numbers beyond what can be computed with are told, not carried along."""
import pytest

import ranvier


def driven(membrane, receptor, weight, precision="single"):
    net = ranvier.Network(precision=precision, seed=1)
    source = net.population("source", 3, "spike_train", spikes=([0, 1, 2], [5.0, 6.0, 7.0]))
    cells = net.population("cells", 3, membrane)
    net.project(source, cells, "one_to_one", weight=weight, delay="1 ms", receptor=receptor)
    return net


@pytest.mark.parametrize("membrane, receptor, weight", [("lif_cond_exp", "ex", "1e38 nS"), ("lif_delta", "v", "1e300 mV")])
def test_a_potential_that_is_no_number_stops_the_run_with_its_neuron(membrane, receptor, weight):
    net = driven(membrane, receptor, weight)
    net.record("state", "cells", ["V_m"])
    with pytest.raises(ranvier.RunError, match=r'neuron \d of population "cells" is not a usable number any more by step \d+'):
        net.build().run(1000)


@pytest.mark.parametrize("describe, words", [
    (lambda net: net.population("p", 1, "poisson_source", rate="1e9 Hz"), "100000 spikes in a time step of 0.1 ms are more than 10000"),
    (lambda net: net.volume("d", rewards=[["1 ms", 1e308]]), "an amount above 1e"),
])
def test_rates_and_amounts_have_a_bound(describe, words):
    net = ranvier.Network(seed=1)
    net.population("cells", 1, "lif_exp")
    describe(net)
    with pytest.raises(ranvier.InputError, match=words):
        net.build()


def test_a_refractory_period_of_more_steps_than_are_counted_is_refused():
    for t_ref, ends in (("1e8 ms", True), ("429496729.6 ms", False)):  # 2^32 steps
        net = ranvier.Network(seed=1)
        net.population("cells", 1, "lif_exp", params={"I_e": "600 pA", "t_ref": t_ref})
        if ends:
            sim = net.build()
            sim.run(500)
            assert len(sim.spikes("cells").times) == 1
        else:
            with pytest.raises(ranvier.InputError, match="more than 2.30 time steps"):
                net.build()


def test_no_rewards_are_none():
    net = ranvier.Network(seed=1)
    net.population("cells", 1, "lif_exp")
    net.volume("d", baseline=0.5, rewards=[])
    net.record("volumes", interval="5 ms")
    sim = net.build()
    sim.run(10)
    assert sim.course("d").values.tolist() == [0.5, 0.5, 0.5]


def test_two_columns_of_one_name_are_refused(tmp_path):
    (tmp_path / "edges.csv").write_text("source,target,source\n0,0,0\n")
    with pytest.raises(ranvier.InputError, match='edges.csv:1: two columns are called "source"'):
        net = ranvier.Network(seed=1, folder=tmp_path)
        net.population("cells", 1, "lif_exp")
        net.project("cells", "cells", {"edges": "edges.csv"}, weight="1 pA", delay="1 ms", receptor="ex")
        net.build()
