# SPDX-License-Identifier: Apache-2.0
"""ranvier.statistics against closed forms, and against the engine's own statistics, which are other code."""
import numpy as np
import pytest

import ranvier
from ranvier import statistics


def poisson(neurons, rate_hz, seconds, seed=1):
    rng = np.random.default_rng(seed)
    n = rng.poisson(rate_hz * seconds * neurons)
    times = np.sort(rng.uniform(0, seconds * 1e3, n))
    return times, rng.integers(0, neurons, n)


def test_a_spike_on_an_edge_belongs_to_the_bin_that_ends_there():
    edges, number = statistics.counts(([1.0, 1.1, 2.0, 3.0], [0, 0, 0, 1]), "1 ms", stop=3, size=2)
    np.testing.assert_array_equal(edges, [0, 1, 2, 3])
    np.testing.assert_array_equal(number, [[1, 2, 0], [0, 0, 1]])
    steps = np.arange(1, 2001) * 0.1  # sums of steps are not exact
    _, number = statistics.counts((steps, np.zeros(2000, int)), "2 ms", stop=200)
    assert (number == 20).all()


def test_a_bin_that_is_cut_short_is_left_out():
    edges, number = statistics.counts(([1.0, 9.5], [0, 0]), 4, stop=10)
    np.testing.assert_array_equal(edges, [0, 4, 8])
    assert number.sum() == 1


def test_rates_and_psth_hold_every_spike_once():
    spikes = poisson(40, 12, 5)
    assert statistics.rates(spikes, stop=5000, size=40).sum() * 5 == pytest.approx(len(spikes[0]))
    edges, rate = statistics.psth(spikes, "10 ms", stop="5 s", size=40)
    assert rate.sum() * 0.01 * 40 == pytest.approx(len(spikes[0])) and len(edges) == 501


def test_a_clock_has_cv_0_and_poisson_trains_have_cv_1():
    np.testing.assert_allclose(statistics.cv([np.arange(1, 50) * 7.0]), 0, atol=1e-12)
    cv = statistics.cv(poisson(50, 100, 20))
    assert len(cv) == 50 and abs(cv.mean() - 1) < 0.02  # standard error about 1 / sqrt(2000 x 50)
    np.testing.assert_array_equal(np.sort(statistics.intervals([[1, 3, 8], [2], [4, 5]])), [1, 2, 5])


def test_trains_that_are_copies_correlate_with_1_and_independent_ones_with_0():
    one = poisson(1, 50, 20)[0]
    np.testing.assert_allclose(statistics.correlations([one, one, one], stop=20000), 1)
    r = statistics.correlations(poisson(60, 50, 20), stop=20000)
    assert len(r) == 60 * 59 / 2 and abs(r.mean()) < 4 / np.sqrt(len(r) * 10000)


def test_a_correlogram_has_its_peak_at_the_delay_and_its_level_at_the_mean_rate():
    early = poisson(1, 40, 50)[0]
    lags, rate = statistics.correlogram([early], [early + 5.0], "1 ms", "20 ms", stop=50_000)
    assert lags[rate.argmax()] == 5 and rate.max() > 900  # one spike for each, within 1 ms
    a, b = poisson(20, 30, 50, 1), poisson(10, 15, 50, 2)
    lags, rate = statistics.correlogram(a, b, "2 ms", "20 ms", stop=50_000, size=10)
    np.testing.assert_allclose(rate, 15, rtol=4 / np.sqrt(20 * 30 * 50 * 10 * 15 * 0.002))  # four standard deviations of the pairs in a bin
    assert statistics.correlogram([early], [early], "0.001 ms", "0.01 ms", stop=100)[1][10] == 0  # no spike is paired with itself


def test_statistics_are_those_of_the_engine():
    net = ranvier.Network(seed=4)
    for name in ("A", "B"):
        net.population(name, 120, "lif_exp", initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
        net.poisson(name, rate="6 kHz", weight="30 pA", receptor="ex")
    sim = net.build()
    sim.run("2 s")
    for p in sim.summary()["populations"]:
        spikes = sim.spikes(p["name"])
        assert p["correlation_pairs"] == 120 * 119 / 2  # all fired: nothing is sampled
        assert statistics.cv(spikes, stop=2000).mean() == pytest.approx(p["cv_isi"], rel=1e-9)
        assert statistics.correlations(spikes, stop=2000).mean() == pytest.approx(p["correlation"], abs=1e-12)
        assert statistics.rates(spikes, stop=2000, size=120).mean() == pytest.approx(p["rate_hz"], rel=1e-12)


def test_no_spikes_are_no_mistake():
    none = (np.zeros(0), np.zeros(0, int))
    assert statistics.counts(none, 1, stop=10, size=3)[1].shape == (3, 10)
    for empty in (statistics.intervals(none), statistics.cv(none), statistics.correlations(none), statistics.rates(none)):
        assert len(empty) == 0
    assert not statistics.psth(none, 1, stop=5, size=2)[1].any() and not statistics.correlogram(none, none)[1].any()


@pytest.mark.parametrize("wrong", [([1.0, 2.0], [0]), "spikes", {"E": 1}, np.zeros((2, 2))])
def test_what_is_not_spikes_is_refused(wrong):
    with pytest.raises(ranvier.InputError):
        statistics.intervals(wrong)


def test_bins_and_windows_that_cannot_be_are_refused():
    with pytest.raises(ranvier.InputError, match="above 0"):
        statistics.psth([[1.0]], 0)
    with pytest.raises(ranvier.InputError, match="before start"):
        statistics.rates([[1.0]], start=5, stop=2)
    with pytest.raises(ranvier.InputError):
        statistics.psth([[1.0]], "1 mV")


def test_neurons_beyond_the_size_are_left_out_everywhere():
    spikes = (np.arange(1, 11) * 1.0, np.arange(10))
    assert statistics.counts(spikes, 1, stop=10, size=3)[1].shape == (3, 10)
    np.testing.assert_array_equal(statistics.rates(spikes, stop=10, size=3), [100, 100, 100])
    np.testing.assert_allclose(statistics.psth(spikes, 1, stop=10, size=3)[1], [1e3 / 3] * 3 + [0] * 7)
    assert len(statistics.rates(spikes, stop=10, size=12)) == 12
    with pytest.raises(ranvier.InputError, match="size -1"):
        statistics.rates(spikes, size=-1)


@pytest.mark.parametrize("spikes", [([1.0, 2.0], [0, -3]), ranvier.statistics.Spikes(np.array([1.0, 2.0]), np.array([0, -3]))])
def test_negative_neurons_are_refused_in_words(spikes):
    for function in (statistics.rates, statistics.cv, statistics.intervals, statistics.correlations, lambda s: statistics.counts(s, 1), lambda s: statistics.psth(s, 1)):
        with pytest.raises(ranvier.InputError, match="neuron -3; neurons are numbered from 0"):
            function(spikes)


def test_of_a_simulation_what_counts_is_taken(tmp_path):
    net = ranvier.Network()
    net.population("silent", 2, "lif_exp")
    net.population("E", 3, "lif_exp", params={"I_e": 1000.0})
    sim = net.build()
    sim.warm_up(100)
    sim.run(150), sim.run(50)
    times, ids = sim.spikes()
    expected = np.bincount(ids[times > 100], minlength=5) / 0.2
    assert expected[4] > 20 and not expected[:2].any()
    np.testing.assert_allclose(statistics.rates(sim), expected)
    edges, rate = statistics.psth(sim, 50)
    np.testing.assert_array_equal(edges, [100, 150, 200, 250, 300])
    assert rate.mean() == pytest.approx(expected.mean())
    assert statistics.rates(sim, start=0).mean() == pytest.approx(len(times) / 5 / 0.3)
    np.testing.assert_array_equal(statistics.psth(sim.pieces[-1], 25)[0], [250, 275, 300])
    assert len(statistics.intervals(sim)) == (times > 100).sum() - 3
    assert len(statistics.cv(sim)) == 3 and len(statistics.correlations(sim)) == 3
    assert statistics.correlogram(sim, sim, 1, 5)[1].shape == (11,)
    sim.save(tmp_path / "state.h5")
    later = net.build(resume=tmp_path / "state.h5")
    later.run(100)
    np.testing.assert_array_equal(statistics.psth(later, 50)[0], [300, 350, 400])
    np.testing.assert_allclose(statistics.rates(later), np.bincount(later.spikes().neurons, minlength=5) / 0.1)
