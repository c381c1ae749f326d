# SPDX-License-Identifier: Apache-2.0
"""The PyNN backend, against closed forms and against the rules of PyNN. PyNN's own system tests are run by test_pynn_scenarios.py."""
import gc
import json
import pathlib
import re
import resource
import signal as signal_number
import subprocess
import sys
import threading
import warnings

import numpy as np
import pytest

pytest.importorskip("pyNN")
pytest.importorskip("neo")
warnings.filterwarnings("ignore", category=DeprecationWarning)
import neo  # noqa: E402
from pyNN.random import NumpyRNG, RandomDistribution  # noqa: E402
from pyNN.space import Grid2D  # noqa: E402

import pyNN.connectors  # noqa: E402
import ranvier.pynn as sim  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def signal(population, name):
    return np.asarray(population.get_data(name).segments[-1].filter(name=name)[0].magnitude)


def spikes(population):
    return [np.asarray(train.magnitude) for train in population.get_data("spikes").segments[-1].spiketrains]


# --- physics


def test_a_current_charges_the_membrane_as_the_closed_form_says():
    sim.setup(timestep=0.1)
    cells = sim.Population(3, sim.IF_curr_exp(tau_m=[10.0, 20.0, 30.0], cm=0.5, v_rest=-65.0, v_thresh=1e3, i_offset=0.2))
    cells.record("v")
    sim.run(50)
    t, tau = np.arange(501)[:, None] * 0.1, np.array([10.0, 20.0, 30.0])
    np.testing.assert_allclose(signal(cells, "v"), -65 + 0.2 * tau / 0.5 * (1 - np.exp(-t / tau)), rtol=1e-12)


def test_a_synaptic_current_and_a_conductance_decay_from_their_weights():
    sim.setup(timestep=0.1)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[5.0]))
    a, b = sim.Population(1, sim.IF_curr_exp(tau_syn_E=3.0, tau_syn_I=7.0)), sim.Population(1, sim.IF_cond_alpha(tau_syn_I=4.0))
    sim.Projection(source, a, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.5, delay=2.0))
    sim.Projection(source, b, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.02, delay=1.0), receptor_type="inhibitory")
    a.record("isyn_exc"), b.record("gsyn_inh")
    sim.run(30)
    t = np.arange(301) * 0.1
    np.testing.assert_allclose(signal(a, "isyn_exc")[:, 0], np.where(t > 6.95, 0.5 * np.exp(-(t - 7) / 3), 0), atol=1e-9)
    np.testing.assert_allclose(signal(b, "gsyn_inh")[:, 0], np.where(t > 5.95, 0.02 * (t - 6) / 4 * np.exp(1 - (t - 6) / 4), 0), atol=1e-9)


def test_a_neuron_fires_with_the_period_of_the_closed_form():
    sim.setup(timestep=0.01)
    cells = sim.Population(1, sim.IF_curr_exp(i_offset=1.0, tau_refrac=2.0))
    cells.record("spikes")
    sim.run(500)
    period = 2.0 + 20 * np.log(20 / (20 - 15))
    np.testing.assert_allclose(np.diff(spikes(cells)[0]), period, atol=0.011)  # on the grid


def test_weights_of_voltage_steps_are_millivolts():
    sim.setup(timestep=0.1)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[1.0]))
    for cell in (sim.IF_curr_delta(tau_m=1e9), sim.Izhikevich(a=0.0)):
        cells = sim.Population(1, cell, initial_values={"v": -65.0})
        sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=4.0, delay=1.0))
        sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=-1.5, delay=1.0), receptor_type="inhibitory")
        cells.record("v")
    sim.run(3)
    for cells in sim.simulator.state.populations[1:]:
        v = signal(cells, "v")[:, 0]
        assert np.diff(v)[18:21].max() == pytest.approx(2.5, abs=0.2)


def test_adaptation_and_relative_refractoriness_rise_by_their_quanta():
    sim.setup(timestep=0.1)
    cells = sim.Population(1, sim.IF_cond_exp_gsfa_grr(i_offset=1.2, tau_refrac=2.0))
    cells.record(["spikes", "g_s", "g_r"])
    sim.run(60)
    first = int(round(spikes(cells)[0][0] / 0.1))
    t = np.arange(1, 10) * 0.1
    np.testing.assert_allclose(signal(cells, "g_s")[first + 1:first + 10, 0], 15 * np.exp(-t / 100), rtol=1e-9)
    np.testing.assert_allclose(signal(cells, "g_r")[first + 1:first + 10, 0], 3000 * np.exp(-t / 2), rtol=1e-9)


def test_poisson_sources_fire_at_their_rates_within_their_windows():
    sim.setup(timestep=0.1)
    sources = sim.Population(60, sim.SpikeSourcePoisson(rate=[100.0] * 20 + [400.0] * 40, start=[0.0] * 40 + [500.0] * 20, duration=[1e10] * 40 + [250.0] * 20))
    sources.record("spikes")
    sim.run(1000)
    trains = spikes(sources)
    for cells, expected in ((trains[:20], 2000), (trains[20:40], 8000), (trains[40:], 2000)):
        assert abs(sum(map(len, cells)) - expected) < 5 * np.sqrt(expected)
    late = np.concatenate(trains[40:])
    assert late.min() > 500 and late.max() <= 750.0


def test_short_term_depression_is_the_recurrence_of_tsodyks_and_markram():
    """tau_psc much shorter than the interval: what is released is U x, x recovers with tau_rec."""
    sim.setup(timestep=0.1)
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[10.0, 60.0, 110.0]))
    cells = sim.Population(1, sim.IF_cond_exp(tau_syn_E=0.5))
    sim.Projection(source, cells, sim.AllToAllConnector(), sim.TsodyksMarkramSynapse(weight=0.01, delay=1.0, U=0.4, tau_rec=200.0, tau_facil=0.0))
    cells.record("gsyn_exc")
    sim.run(130)
    x, expected = 1.0, []
    for _ in range(3):
        expected.append(0.01 * 0.4 * x)
        x = 1 + (x * 0.6 - 1) * np.exp(-50 / 200)
    np.testing.assert_allclose(signal(cells, "gsyn_exc")[[110, 610, 1110], 0], expected, rtol=3e-3)


@pytest.mark.parametrize("dependence, A, expected", [
    (sim.AdditiveWeightDependence, (0.1, 0.2), lambda w, K: (w + 0.1 * K, w - 0.2 * K)),
    (sim.MultiplicativeWeightDependence, (0.1, 0.2), lambda w, K: (w + 0.1 * (1 - w) * K, w - 0.2 * w * K)),
    (sim.AdditivePotentiationMultiplicativeDepression, (0.1, 0.2), lambda w, K: (w + 0.1 * K, w - 0.2 * w * K)),
    (sim.AdditiveWeightDependence, (0.0, 0.2), lambda w, K: (w, w - 0.2 * K)),
])
def test_a_pair_of_spikes_changes_a_weight_by_the_rule(dependence, A, expected):
    """The target fires at 21 ms (driven at 20 ms); one source fires 10 ms before, one 10 ms after; delays are dendritic, so 1 ms is lost and gained."""
    sim.setup(timestep=0.1)
    driver = sim.Population(1, sim.SpikeSourceArray(spike_times=[20.0]))
    source = sim.Population(2, sim.SpikeSourceArray(spike_times=[[11.0], [31.0]]))
    cells = sim.Population(1, sim.IF_curr_exp(tau_refrac=50.0))
    sim.Projection(driver, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=400.0, delay=0.9))
    rule = sim.STDPMechanism(sim.SpikePairRule(tau_plus=20.0, tau_minus=25.0, A_plus=A[0], A_minus=A[1]), dependence(w_max=0.002), weight=0.0012, delay=1.0)
    learning = sim.Projection(source, cells, sim.AllToAllConnector(), rule)
    cells.record("spikes")
    sim.run(50)
    fired = spikes(cells)[0]
    assert len(fired) == 1
    up, down = expected(0.6, np.exp(-(fired[0] + 1 - 11) / 20))[0], expected(0.6, np.exp(-(31 - fired[0] - 1) / 25))[1]
    np.testing.assert_allclose(learning.get("weight", format="array")[:, 0] / 0.002, [up, down], rtol=1e-9)


def test_composed_neurons_are_the_standard_ones():
    sim.setup(timestep=0.1)
    standard = sim.Population(1, sim.IF_cond_exp(tau_syn_E=2.0, e_rev_E=0.0, tau_syn_I=6.0, e_rev_I=-75.0))
    composed = sim.Population(1, sim.PointNeuron(sim.LIF(), a=sim.ExpPSR(tau_syn=2.0, e_syn=0.0), b=sim.ExpPSR(tau_syn=6.0, e_syn=-75.0)))
    source = sim.Population(1, sim.SpikeSourcePoisson(rate=200.0))
    for cells, receptors in ((standard, ("excitatory", "inhibitory")), (composed, ("a", "b"))):
        for receptor, weight in zip(receptors, (0.01, 0.02)):
            sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=weight, delay=1.0), receptor_type=receptor)
        cells.record("v")
    assert composed.get("a.tau_syn") == 2.0
    sim.run(200)
    np.testing.assert_array_equal(signal(standard, "v"), signal(composed, "v"))


def test_parts_of_composed_neurons_are_set_by_their_names():
    sim.setup(timestep=0.1)
    cells = sim.Population(3, sim.PointNeuron(sim.AdExp(), AMPA=sim.AlphaPSR(tau_syn=2.0), GABA=sim.BetaPSR(e_syn=-70.0)))
    cells.set(AMPA={"tau_syn": 3.0})
    cells[1:].set(**{"GABA.tau_rise": 0.5})
    cells[0].tau_m = 11.0
    assert cells.get("AMPA.tau_syn") == 3.0 and list(cells.get("GABA.tau_rise")) == [0.2, 0.5, 0.5] and cells[1].tau_m == 9.3667
    cells.initialize(**{"AMPA.gsyn": 0.01})
    cells.record(["v", "w", "AMPA.gsyn"])
    sim.run(10)
    np.testing.assert_allclose(signal(cells, "AMPA.gsyn")[-1], 0.01 * np.exp(-10 / 3), rtol=1e-9)


# --- currents


def test_currents_are_what_their_sources_say_they_are():
    """tau_m so long that the membrane integrates: C (V - V_0) is the charge."""
    sim.setup(timestep=0.1)
    cells = sim.Population(4, sim.IF_curr_exp(tau_m=1e9, v_thresh=1e6))
    currents = [sim.DCSource(amplitude=0.3, start=5.0, stop=20.0), sim.StepCurrentSource(times=[2.0, 10.0], amplitudes=[0.5, -0.1]),
                sim.ACSource(amplitude=0.4, offset=0.1, frequency=50.0, phase=30.0, start=3.0, stop=25.0), sim.NoisyCurrentSource(mean=0.2, stdev=0.1, dt=0.5, start=4.0, stop=28.0)]
    for cell, current in zip(cells, currents):
        cell.inject(current)
    cells.record("v")
    sim.run(12.3), sim.run(17.7)
    for k, current in enumerate(currents):
        amplitude = current.get_data().magnitude[:, 0]
        charge = np.concatenate([[0], np.cumsum(amplitude[:-1]) * 0.1])
        np.testing.assert_allclose(signal(cells, "v")[:, k] + 65, charge, atol=3e-3 if k == 2 else 1e-6)


def test_one_source_gives_all_its_cells_the_same_noise_and_views_are_injected_where_they_say():
    sim.setup(timestep=0.1)
    cells = sim.Population(10, sim.IF_curr_exp(v_thresh=1e3))
    cells[[1, 2, 5, 9]].inject(sim.NoisyCurrentSource(mean=1.0, stdev=0.5, dt=0.1))
    cells.record("v")
    sim.run(20)
    v = signal(cells, "v")
    assert (v[-1, [0, 3, 4, 6, 7, 8]] == -65).all() and (v[-1, [1, 2, 5, 9]] > -65).all()
    np.testing.assert_array_equal(v[:, 1], v[:, 9])


# --- changes while running


def test_what_is_changed_between_runs_holds_from_then_on():
    sim.setup(timestep=0.1)
    cells = sim.Population(2, sim.IF_curr_exp(v_thresh=1e3, tau_syn_E=2.0, tau_syn_I=3.0))
    source = sim.Population(1, sim.SpikeSourceArray(spike_times=[25.0]))
    synapses = sim.Projection(source, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=1.0, delay=1.0))
    cells.record("v")
    sim.run(10)
    cells[1:2].set(i_offset=0.5)
    cells[0:1].set(v_rest=-60.0, tau_m=10.0)
    sim.run(10)
    synapses.set(weight=np.array([[0.0, 0.0]]))
    cells[0].i_offset = 0.0
    sim.run(20)
    v, t = signal(cells, "v"), np.arange(401) * 0.1
    np.testing.assert_allclose(v[:, 0], np.where(t < 10, -65, -60 - 5 * np.exp(-(t - 10) / 10)), rtol=1e-12)
    np.testing.assert_allclose(v[:, 1], np.where(t < 10, -65, -65 + 10 * (1 - np.exp(-(t - 10) / 20))), rtol=1e-12)


def test_synapses_cells_and_recordings_that_come_later_leave_the_others_as_they_were():
    def network(later):
        sim.setup(timestep=0.1)
        source = sim.Population(20, sim.SpikeSourcePoisson(rate=100.0))
        cells = sim.Population(50, sim.IF_cond_exp())
        rule = sim.STDPMechanism(sim.SpikePairRule(A_plus=0.02, A_minus=0.01), sim.AdditiveWeightDependence(w_max=0.02), weight=0.01, delay=1.0)
        learning = sim.Projection(source, cells, sim.FixedProbabilityConnector(0.3, rng=NumpyRNG(1)), rule)
        sim.Projection(cells, cells, sim.FixedNumberPreConnector(5, rng=NumpyRNG(2)), sim.StaticSynapse(weight=0.002, delay=3.0))
        cells.record("spikes")
        sim.run(100)
        if later:
            more = sim.Population(5, sim.IF_cond_exp(i_offset=1.0))
            sim.Projection(cells, more, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.001, delay=0.5))
            more.record(["v", "spikes"])
            cells[3:4].record("v")
        sim.run(100)
        if later:
            assert signal(more, "v").shape == (1001, 5) and len(spikes(more)[0]) > 0
            assert signal(cells, "v").shape == (1001, 1)
        return spikes(cells), np.array(learning.get("weight", format="list"))

    (a, wa), (b, wb) = network(0), network(1)
    for x, y in zip(a, b):
        np.testing.assert_array_equal(x, y)
    np.testing.assert_array_equal(wa, wb)
    assert len(np.unique(wa[:, 2])) > 10


def test_an_offset_that_changes_again_and_again_is_the_sum_of_its_parts():
    """tau_m so long that the membrane integrates."""
    sim.setup(timestep=0.1)
    cells = sim.Population(2, sim.IF_curr_exp(tau_m=1e9, v_thresh=1e6))
    cells.record("v")
    offsets, built = [], 0
    for k in range(6):
        offsets.append((0.1 * k, 0.3 - 0.05 * k))
        cells.set(i_offset=list(offsets[-1]))
        if k == 4:
            cells[0].v_rest = -65.0  # something else: built anew, with the offset as it is
        before = sim.simulator.state.sim
        sim.run(5)
        built += sim.simulator.state.sim is not before
    assert built == 3  # the first, the first change, and the other parameter
    np.testing.assert_allclose(signal(cells, "v")[::50] + 65, np.concatenate([[[0, 0]], np.cumsum(np.array(offsets) * 5, axis=0)]), atol=1e-6)


def test_rates_may_rise_and_fall_while_running():
    sim.setup(timestep=0.1)
    sources = sim.Population(100, sim.SpikeSourcePoisson(rate=10.0))
    cells = sim.Population(100, sim.IF_cond_exp())
    sim.Projection(sources, cells, sim.OneToOneConnector(), sim.StaticSynapse(weight=1e-5))
    sources.record("spikes")
    counts = []
    for rate in (10.0, 4000.0, 0.0, 200.0):
        sources.set(rate=rate)
        sim.run(100)
        counts.append(sum(sources.get_spike_counts().values()))
    for count, expected in zip(np.diff([0] + counts), (100, 40000, 0, 2000)):
        assert abs(count - expected) <= 5 * np.sqrt(expected)


def test_reset_repeats_what_is_certain_and_draws_new_noise():
    sim.setup(timestep=0.1)
    certain = sim.Population(1, sim.IF_curr_exp(i_offset=1.0))
    chance = sim.Population(5, sim.SpikeSourcePoisson(rate=100.0))
    certain.record(["v", "spikes"]), chance.record("spikes")
    for _ in range(2):
        sim.run(100)
        sim.reset()
    sim.run(50)
    segments = certain.get_data().segments
    assert len(segments) == 3
    np.testing.assert_array_equal(segments[0].filter(name="v")[0].magnitude, segments[1].filter(name="v")[0].magnitude)
    np.testing.assert_array_equal(segments[0].filter(name="v")[0].magnitude[:501], segments[2].filter(name="v")[0].magnitude)
    drawn = [np.concatenate([np.asarray(train) for train in segment.spiketrains]) for segment in chance.get_data().segments]
    assert not np.array_equal(drawn[0], drawn[1])


def test_time_passes_where_nothing_is():
    sim.setup(timestep=0.1)
    assert sim.run(10.0) == 10.0
    cells = sim.Population(1, sim.IF_curr_exp(v_rest=-60.0, v_thresh=1e3))
    cells.record("v")
    sim.run_until(20.0)
    np.testing.assert_allclose(signal(cells, "v")[-1], -60 - 5 * np.exp(-10 / 20))


def test_the_state_is_set_by_initialize_before_and_while_running():
    sim.setup(timestep=0.1)
    cells = sim.Population(3, sim.IF_curr_exp(v_thresh=1e3))
    cells.initialize(v=lambda i: -70.0 + i)
    cells[2:3].initialize(v=-50.0)
    cells.record("v")
    sim.run(5)
    cells[0:1].initialize(v=-40.0)
    sim.run(5)
    v = signal(cells, "v")
    np.testing.assert_array_equal(v[0], [-70, -69, -50])
    np.testing.assert_allclose(v[-1], [-65 + 25 * np.exp(-5 / 20), -65 - 4 * np.exp(-10 / 20), -65 + 15 * np.exp(-10 / 20)])


def test_callbacks_are_called_when_they_ask_to_be():
    sim.setup(timestep=0.1)
    cells = sim.Population(1, sim.IF_curr_exp())
    seen = []

    def every_seven(t):
        seen.append(t)
        cells.set(i_offset=0.01 * t)
        return t + 7.0

    sim.run(30, callbacks=[every_seven])
    np.testing.assert_allclose(seen, [0, 7, 14, 21, 28, 30])


def test_threads_and_pieces_leave_the_spikes_as_they_are():
    def network(threads, pieces):
        sim.setup(timestep=0.1, threads=threads)
        cells = sim.Population(300, sim.IF_cond_exp(), initial_values={"v": RandomDistribution("uniform", (-65, -50), rng=NumpyRNG(1))})
        source = sim.Population(100, sim.SpikeSourcePoisson(rate=200.0))
        sim.Projection(source, cells, sim.FixedProbabilityConnector(0.2, rng=NumpyRNG(2)), sim.StaticSynapse(weight=0.01, delay=0.7))
        sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.1, rng=NumpyRNG(3)), sim.StaticSynapse(weight=0.01), receptor_type="inhibitory")
        cells.record("spikes")
        for duration in pieces:
            sim.run(duration)
        return np.concatenate(spikes(cells))

    one = network(1, [100])
    assert len(one) > 500
    np.testing.assert_array_equal(one, network(2, [100]))
    np.testing.assert_array_equal(one, network(2, [0.1, 33.3, 66.6]))


def test_ctrl_c_leaves_what_was_done_and_the_run_can_go_on():
    def network():
        sim.setup(timestep=0.1, threads=1)
        cells = sim.Population(400, sim.IF_cond_exp(i_offset=0.9))
        sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.1, rng=NumpyRNG(3)), sim.StaticSynapse(weight=0.001, delay=1.0), receptor_type="inhibitory")
        cells.record("spikes"), cells[:2].record("v")
        return cells

    cells, main = network(), threading.get_ident()
    threading.Timer(0.5, lambda: signal_number.pthread_kill(main, signal_number.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        sim.run(1e6)
    reached = sim.get_current_time()
    assert 0 < reached < 1e6
    sim.run_until(reached + 20)
    interrupted, v = spikes(cells), signal(cells, "v")
    assert len(v) == round((reached + 20) / 0.1) + 1
    whole = network()
    sim.run_until(reached + 20)
    for x, y in zip(interrupted, spikes(whole)):
        np.testing.assert_array_equal(x, y)


def test_memory_stays_flat_over_many_networks():
    def once():
        sim.setup(timestep=0.1)
        cells = sim.Population(100, sim.IF_cond_exp(i_offset=0.9))
        sim.Projection(cells, cells, sim.AllToAllConnector(), sim.StaticSynapse(weight=0.001, delay=1.0))
        cells.record(["spikes", "v"])
        sim.run(20)
        cells.set(i_offset=1.0)
        sim.run(20)
        return cells.get_data()

    for _ in range(30):
        once()
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for _ in range(60):
        once()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


# --- connections


@pytest.mark.parametrize("make", [
    lambda C: C.AllToAllConnector(allow_self_connections=False),
    lambda C: C.OneToOneConnector(),
    lambda C: C.FixedProbabilityConnector(0.3, rng=NumpyRNG(7), allow_self_connections=False),
    lambda C: C.FixedNumberPreConnector(4, rng=NumpyRNG(7)),
    lambda C: C.FixedNumberPreConnector(40, rng=NumpyRNG(7), with_replacement=True),
    lambda C: C.FixedNumberPostConnector(4, rng=NumpyRNG(7), allow_self_connections=False),
    lambda C: C.FixedTotalNumberConnector(77, rng=NumpyRNG(7)),
    lambda C: C.DistanceDependentProbabilityConnector("exp(-d/3)", rng=NumpyRNG(7)),
    lambda C: C.DisplacementDependentProbabilityConnector(lambda d: 0.5 * (d[0] < 3), rng=NumpyRNG(7)),
    lambda C: C.ArrayConnector(np.arange(625).reshape(25, 25) % 3 == 0),
    lambda C: C.FromListConnector([(3, 4, 0.1, 0.5), (2, 1, 0.2, 0.7), (3, 1, 0.3, 0.9)]),
])
@pytest.mark.parametrize("weight", [lambda: 0.1, lambda: RandomDistribution("normal", (0.5, 0.1), rng=NumpyRNG(8)), lambda: "0.1 + d * 0.01"])
def test_connectors_make_the_pairs_and_values_of_pynns_own(make, weight):
    found = []
    for module in (sim, pyNN.connectors):
        sim.setup()
        cells = sim.Population(25, sim.IF_cond_exp(), structure=Grid2D())
        found.append(sim.Projection(cells, cells, make(module), sim.StaticSynapse(weight=weight(), delay=0.5)).get(["weight", "delay"], format="list"))
    assert len(found[0]) > 0 and sorted(found[0]) == sorted(found[1])


def test_views_and_assemblies_are_connected_where_they_are():
    sim.setup(timestep=0.1)
    a = sim.Population(6, sim.IF_curr_delta(), label="a")
    b = sim.Population(4, sim.IF_curr_delta(), label="b")
    source = sim.Population(3, sim.SpikeSourceArray(spike_times=[[1.0], [2.0], [3.0]]))
    targets = a[[1, 4]] + b[2:]
    projection = sim.Projection(source[1:], targets, sim.FromListConnector([(0, 1, 30.0, 1.0), (1, 3, 30.0, 1.5)]), sim.StaticSynapse())
    a.record("spikes"), b.record("spikes")
    sim.run(10)
    assert [list(np.round(s, 6)) for s in spikes(a)] == [[], [], [], [], [3.0], []]
    assert [list(np.round(s, 6)) for s in spikes(b)] == [[], [], [], [4.5]]
    assert projection.get("weight", format="list") == [(0, 1, 30.0), (1, 3, 30.0)]
    assert (a + b).get_spike_counts()[a[4]] == 1 and (a + b).mean_spike_count() == 0.2


def test_a_projection_goes_through_a_file(tmp_path):
    sim.setup()
    cells = sim.Population(10, sim.IF_cond_exp())
    first = sim.Projection(cells, cells, sim.FixedProbabilityConnector(0.4), sim.StaticSynapse(weight=RandomDistribution("uniform", (0, 1)), delay=0.5))
    first.save("all", str(tmp_path / "synapses.txt"))
    second = sim.Projection(cells, cells, sim.FromFileConnector(str(tmp_path / "synapses.txt")))
    np.testing.assert_allclose(sorted(first.get(["weight", "delay"], "list")), sorted(second.get(["weight", "delay"], "list")), rtol=1e-6)


def test_several_synapses_of_a_pair_are_added_up_or_told_apart():
    sim.setup()
    cells = sim.Population(2, sim.IF_cond_exp())
    projection = sim.Projection(cells, cells, sim.FromListConnector([(0, 1, 0.1, 0.5), (0, 1, 0.3, 0.5), (1, 1, 0.2, 0.5)]), sim.StaticSynapse())
    for how, expected in {"sum": 0.4, "first": 0.1, "last": 0.3, "min": 0.1, "max": 0.3}.items():
        assert projection.get("weight", "array", multiple_synapses=how)[0, 1] == pytest.approx(expected)
    assert np.isnan(projection.get("weight", "array")[0, 0])


# --- recordings and errors


def test_data_are_written_and_cleared(tmp_path):
    sim.setup(timestep=0.1)
    cells = sim.Population(4, sim.IF_curr_exp(i_offset=1.0))
    cells[1, 3].record("v", sampling_interval=0.5)
    cells.record("spikes")
    sim.run(50)
    block = cells.get_data(clear=True)
    assert block.segments[0].filter(name="v")[0].shape == (101, 2)
    np.testing.assert_array_equal(block.segments[0].filter(name="v")[0].array_annotations["channel_index"], [1, 3])
    sim.run(25)
    segment = cells.get_data().segments[0]
    assert segment.filter(name="v")[0].shape == (51, 2) and float(segment.filter(name="v")[0].t_start) == 50.0
    assert all((np.asarray(train) > 50).all() for train in segment.spiketrains)
    cells.write_data(str(tmp_path / "data.pkl"))
    read = neo.get_io(str(tmp_path / "data.pkl")).read()[0]
    np.testing.assert_array_equal(read.segments[0].filter(name="v")[0], segment.filter(name="v")[0])


@pytest.mark.parametrize("mistake, error, words", [
    (lambda: sim.GIF_cond_exp(), NotImplementedError, "not available"),
    (lambda: sim.AdditiveWeightDependence(w_min=0.1), Exception, "only 0 is supported"),
    (lambda: sim.Population(2, sim.SpikeSourceArray(spike_times=[3.0, 1.0])), Exception, "increasing order"),
    (lambda: sim.Population(2, sim.SpikeSourcePoisson(rate=-1.0)), Exception, "rate: must be >= 0"),
    (lambda: sim.Population(2, sim.IF_curr_exp(tau=1.0)), Exception, "tau"),
    (lambda: sim.Population(2, sim.IF_curr_exp()).initialize(g=1.0), Exception, "g "),
    (lambda: sim.Population(2, sim.SpikeSourceArray()).inject(sim.DCSource()), TypeError, "spike source"),
    (lambda: sim.NoisyCurrentSource(dt=0.25), ValueError, "multiple of the time step"),
    (lambda: sim.setup(precision="half"), ValueError, "precision"),
    (lambda: (sim.Population(2, sim.IF_curr_exp(v_reset=0.0)), sim.run(1)), ValueError, "V_reset"),
])
def test_mistakes_are_said(mistake, error, words):
    sim.setup(timestep=0.1)
    with pytest.raises(error, match=words):
        mistake()


def test_receptors_that_were_equal_stay_equal_while_running():
    sim.setup(timestep=0.1)
    cells = sim.Population(2, sim.IF_curr_exp(tau_syn_E=5.0, tau_syn_I=5.0))
    sim.run(10)
    cells.set(tau_syn_E=4.0)
    with pytest.raises(RuntimeError, match="reset"):
        sim.run(10)
    sim.reset()
    sim.run(10)


def test_the_standard_names_are_there():
    assert {"IF_curr_exp", "IF_curr_alpha", "IF_cond_exp", "IF_cond_alpha", "EIF_cond_exp_isfa_ista", "EIF_cond_alpha_isfa_ista", "Izhikevich", "HH_cond_exp", "IF_curr_delta",
            "SpikeSourcePoisson", "SpikeSourceArray"} <= set(sim.list_standard_models())
    from pyNN import ranvier as again
    assert again is sim and sim.num_processes() == 1 and sim.rank() == 0


# --- scripts


def test_the_example_of_the_documentation_runs(capsys):
    block = re.search(r"```python\n(.*?)```", (ROOT / "docs" / "pynn.md").read_text(encoding="utf-8"), re.DOTALL)[1]
    exec(compile(block, "docs/pynn.md", "exec"), {})
    count, shape = capsys.readouterr().out.split(" ", 1)
    assert float(count) > 1 and shape.strip() == "(5001, 100)"


def test_scripts_name_their_simulator_on_the_command_line(tmp_path):
    script = tmp_path / "script.py"
    script.write_text("from pyNN.utility import get_simulator\nsim, options = get_simulator()\nsim.setup()\nsim.run(5.0)\nprint(sim.__name__, sim.get_current_time())\n")
    done = subprocess.run([sys.executable, "-W", "ignore", "-m", "ranvier.pynn", str(script), "ranvier"], capture_output=True, text=True)
    assert done.stdout.split() == ["ranvier.pynn", "5.0"], done.stderr
    assert subprocess.run([sys.executable, "-m", "ranvier.pynn"], capture_output=True, text=True).stderr.startswith("usage:")


def test_the_example_fires_as_it_says():
    done = subprocess.run([sys.executable, "-W", "ignore", str(ROOT / "examples" / "python" / "pynn_cuba.py"), "--cells", "1000", "--duration", "500"], capture_output=True, text=True)
    rates = [float(r) for r in re.findall(r"([\d.]+) spikes/s", done.stdout)]
    assert len(rates) == 2 and all(2 < r < 12 for r in rates), done.stdout + done.stderr


# --- against NEST

NEST = """
import json, sys
sys.path.insert(0, sys.argv[1])
import pyNN.nest as sim
from pynn_cells import cells
json.dump(cells(sim, spike_precision="on_grid"), open(sys.argv[2], "w"))
"""


def test_cells_follow_those_of_pynn_nest(tmp_path):
    """Where NEST and PyNN are among the peers: potentials of all cells under the same input."""
    python = ROOT / "build" / "peers" / "bin" / "python"
    if not python.exists() or subprocess.run([str(python), "-c", "import nest, pyNN.nest"], capture_output=True).returncode:
        pytest.skip("no NEST with PyNN in build/peers")
    from pynn_cells import cells
    done = subprocess.run([str(python), "-W", "ignore", "-c", NEST, str(pathlib.Path(__file__).parent), str(tmp_path / "nest.json")],
                          capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    theirs = json.loads((tmp_path / "nest.json").read_text())
    for name, ours in cells(sim).items():
        assert len(ours["spikes"]) == len(theirs[name]["spikes"]), name
        np.testing.assert_allclose(ours["spikes"], theirs[name]["spikes"], atol=0.21, err_msg=name)
        difference = np.abs(np.array(ours["v"]) - np.array(theirs[name]["v"]))
        assert np.median(difference) < 0.02, name  # NEST's generators of currents begin and end a step later


if __name__ == "__main__":
    sys.exit(pytest.main([__file__]))


def test_samples_keep_their_times_when_data_are_cleared_off_the_sampling_grid():
    sim.setup(timestep=0.1)
    cells = sim.Population(2, sim.IF_curr_exp(v_rest=-65.0, v_thresh=1e3, i_offset=[0.2, 0.3]))
    whole = sim.Population(2, sim.IF_curr_exp(v_rest=-65.0, v_thresh=1e3, i_offset=[0.2, 0.3]))
    for population in (cells, whole):
        population.record("v", sampling_interval=1.0)
    times = []
    for duration, clear in ((0.5, True), (1.0, True), (2.5, False), (0.7, True), (1.3, True), (2.0, False)):
        sim.run(duration)
        v = cells.get_data("v", clear=clear).segments[0].analogsignals[0]
        times.append([round(float(t), 6) for t in v.times.rescale("ms")])
        every = whole.get_data("v").segments[0].analogsignals[0]
        assert every.t_start == 0
        np.testing.assert_array_equal(np.asarray(v), np.asarray(every)[np.rint(times[-1]).astype(int)])
    assert times == [[0], [0, 1], [1, 2, 3, 4], [1, 2, 3, 4], [4, 5, 6], [6, 7, 8]]


def test_samples_of_cells_recorded_later_begin_when_they_were_taken():
    sim.setup(timestep=0.1)
    cells = sim.Population(1, sim.IF_curr_exp())
    sim.run(5)
    cells.record("v")
    sim.run(2)
    v = cells.get_data("v").segments[0].analogsignals[0]
    assert float(v.t_start) == 5 and len(v) == 21 and float(v.times[-1].rescale("ms")) == pytest.approx(7)


@pytest.mark.parametrize("size", [0, (0,), (3, 0), -1])
def test_a_population_without_cells_is_refused_in_words(size):
    sim.setup()
    with pytest.raises(ValueError, match="must be 1 at least"):
        sim.Population(size, sim.IF_curr_exp())
    assert sim.Population(1, sim.IF_curr_exp()).size == 1
    sim.run(1)
