# SPDX-License-Identifier: Apache-2.0
"""Networks that change while they run: built anew, going on from the state of the one before."""
import numpy as np
import pytest

import ranvier


def network(seed=5, threads=1, weight=30.0, tau_m=20.0, E_L=-70.0, more=False, learn=True):
    net = ranvier.Network(seed=seed)
    drive = net.population("drive", 40, "poisson_source", rate=80.0)
    cells = net.population("cells", 100, "lif_exp", params={"tau_m": tau_m, "E_L": E_L, "tau_syn_ex": 3.0}, initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
    net.project(drive, cells, {"fixed_indegree": 10}, weight=100.0, delay={"uniform": ["0.5 ms", "4 ms"]}, receptor="ex",
                synapse={"stdp": {"lambda": 0.02, "mu_plus": 0, "mu_minus": 0, "w_max": "200 pA"}} if learn else None, name="learning")
    net.project(cells, cells, {"fixed_indegree": 10}, weight=weight, delay=2.0, receptor="ex", name="static")
    if more:
        late = net.population("late", 10, "lif_exp", params={"I_e": 500.0})
        net.project(late, cells, "all_to_all", weight=0.0, delay=1.0, receptor="ex")
    return net


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("more", [False, True])
def test_a_network_that_is_built_anew_goes_on_as_if_nothing_had_happened(threads, more):
    whole = network().build()
    whole.run(200)
    first = network().build(threads=2)
    first.run(77.7)
    second = network(more=more).build(threads=threads, resume=first)
    assert second.time == 77.7
    second.run(122.3)
    for name in ("cells", "drive"):
        late = whole.spikes(name).times > 77.75
        assert late.sum() > 50
        np.testing.assert_array_equal(whole.spikes(name).times[late], second.spikes(name).times)
        np.testing.assert_array_equal(whole.spikes(name).neurons[late], second.spikes(name).neurons)
    np.testing.assert_array_equal(whole.weights(0), second.weights(0))
    if more:
        assert second.rate("late", 77.7) > 10


def test_weights_that_are_renewed_are_those_described_and_others_those_learnt():
    first = network().build()
    first.run(200)
    kept, renewed = network().build(resume=first), network().build(resume=first, renew=["learning"])
    assert len(np.unique(first.weights(0))) > 10
    np.testing.assert_array_equal(kept.weights(0), first.weights(0))
    unmet = renewed.weights(0) != 100.0  # targets have fired since their sources did: those pairs still count
    assert np.median(renewed.weights(0)) == 100.0 and unmet.mean() < 0.5 and (renewed.weights(0)[unmet] > 100).all()
    assert len(first.weights(1)) == 0


def test_weights_that_are_read_are_those_of_the_synapses():
    sim = network().build(threads=2)
    sim.run(100)
    np.testing.assert_allclose(np.sort(sim.weights(0)), np.sort(sim.synapses("drive", "cells").weight))


def test_another_time_constant_holds_from_then_on():
    def build(tau_m, resume=None):
        net = ranvier.Network(precision="double")
        net.population("P", 1, "lif_exp", params={"tau_m": tau_m, "V_th": 0.0}, initial={"V_m": -50.0}, sleep=False)
        return net.build(resume=resume)

    first = build(10.0)
    first.run(10)
    second = build(30.0, resume=first)
    second.run(15)
    np.testing.assert_allclose(second.get("P", "V_m"), -70 + 20 * np.exp(-1) * np.exp(-0.5), rtol=1e-12)


def test_populations_that_are_gone_are_an_error():
    first = network().build()
    other = ranvier.Network(seed=5)
    other.population("drive", 40, "poisson_source", rate=80.0)
    with pytest.raises(ranvier.InputError, match='"cells" has 100 neurons in the simulation'):
        other.build(resume=first)


def test_a_piecewise_current_can_be_an_array():
    for rows in (np.array([[5.0, 100.0], [15.0, -50.0]]), [["5 ms", "100 pA"], ["15 ms", "-50 pA"]]):
        net = ranvier.Network(precision="double")
        net.population("P", 1, "lif_exp", params={"tau_m": 1e9, "C_m": 100.0, "V_th": 1e6})
        net.input("step", "P", piecewise=rows)
        sim = net.build()
        sim.run(20)
        np.testing.assert_allclose(sim.get("P", "V_m"), -70 + 10 - 2.5, rtol=1e-8)
    for wrong, words in ((np.array([[5.0, 1.0], [5.0, 2.0]]), "row 1: times must ascend"), (np.array([[-1.0, 1.0]]), "row 0: time must be >= 0"), (np.array([[1.0, np.nan]]), "finite")):
        net = ranvier.Network()
        net.population("P", 1, "lif_exp")
        net.input("step", "P", piecewise=wrong)
        with pytest.raises(ranvier.InputError, match=words):
            net.check()
