# SPDX-License-Identifier: Apache-2.0
"""Weights and concentrations at regular times, in memory and in files."""
import numpy as np
import pytest

import ranvier
from ranvier import plot


def learning(**recording):
    net = ranvier.Network("learning", dt=0.1, seed=4)
    E = net.population("E", 30, "lif_exp", params={"I_e": "500 pA"}, initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
    net.volume("dopamine", tau="200 ms", rewards=[["100 ms", 0.5]])
    net.project(E, E, {"fixed_indegree": 5}, weight="40 pA", delay={"uniform": ["1 ms", "3 ms"]}, receptor="ex",
                synapse={"stdp_dopamine": {"A_plus": "0.5 pA", "A_minus": "0.75 pA", "w_max": "80 pA"}})
    net.record("weights", source="E[0:10]", target="E", interval="50 ms", **recording)
    net.record("volumes", interval="25 ms")
    return net


def test_series_go_on_over_pieces_and_end_with_the_weights_of_now():
    sim = learning().build()
    early = sim.run("120 ms")
    sim.run("180 ms")
    series, whole = sim.weight_series("E", "E"), sim.synapses("E", "E")
    assert early.weight_series().times.tolist() == [0, 50, 100]
    assert series.times.tolist() == [0, 50, 100, 150, 200, 250, 300]
    assert series.weights.shape == (7, len(series.source)) and np.all(series.weights[0] == 40) and np.ptp(series.weights[-1]) > 0
    now = {(s, t, d): w for s, t, w, d in zip(whole.source, whole.target, whole.weight, whole.delay)}
    assert len(now) == 150
    np.testing.assert_allclose(series.weights[-1], [now[key] for key in zip(series.source, series.target, series.delay)], rtol=1e-6)
    t, d = sim.course("dopamine")
    assert t.tolist() == list(range(0, 301, 25))
    np.testing.assert_allclose(d, np.where(t > 100, 0.5 * np.exp(-(t - 100) / 200), 0), atol=1e-12)
    ax = plot.weight_history(series, unit="pA")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(series.weights, axis=1))


@pytest.mark.parametrize("format", ["csv", "npz", "sonata"])
def test_files_hold_what_memory_holds(tmp_path, format):
    sim = learning(name="w").build()
    sim.run("100 ms")
    sim.run("100 ms")
    series, course = sim.weight_series(), sim.course("dopamine")
    folder = tmp_path / "out"
    sim.write(folder, format=format)
    n = len(series.source)
    if format == "csv":
        rows = np.genfromtxt(folder / "w_E_E.csv", delimiter=",", names=True, dtype=None, encoding=None)
        times, weights, source = rows["time_ms"].reshape(5, n)[:, 0], rows["weight_pA"].reshape(5, n), rows["source"][:n]
        volumes = np.genfromtxt(folder / "volumes.csv", delimiter=",", names=True)
        volume_times, d = volumes["time_ms"], volumes["dopamine"]
    elif format == "npz":
        with np.load(folder / "w_E_E.npz") as f, np.load(folder / "volumes.npz") as v:
            times, weights, source = f["time_ms"], f["samples"], f["source"]
            assert list(v["volumes"]) == ["dopamine"]
            volume_times, d = v["time_ms"], v["concentration"][:, 0]
    else:
        h5py = pytest.importorskip("h5py")
        with h5py.File(folder / "w_E_E.h5") as f, h5py.File(folder / "volumes.h5") as v:
            times, weights, source = f["weights/time"][:], f["weights/data"][:], f["edges/E__E/source_node_id"][:]
            assert f["weights/data"].attrs["units"] == "pA"
            volume_times, d = v["time"][:], v["volumes/dopamine/concentration"][:]
    np.testing.assert_array_equal(times, series.times)
    np.testing.assert_array_equal(weights.astype(np.float32), series.weights)
    np.testing.assert_array_equal(source, series.source)
    np.testing.assert_array_equal(volume_times, course.times)
    np.testing.assert_array_equal(d, course.values)


def test_what_was_not_recorded_is_said():
    sim = learning().build()
    with pytest.raises(ranvier.InputError, match="nothing has run yet"):
        sim.weight_series()
    sim.run("10 ms")
    with pytest.raises(ranvier.InputError, match="no population is called 'F'"):
        sim.weight_series("F")
    with pytest.raises(ranvier.InputError, match="were not recorded with an interval; there is 'weights E"):
        sim.weight_series(name="other")
    with pytest.raises(ranvier.InputError, match="serotonin: was not recorded; there is dopamine in 'volumes'"):
        sim.course("serotonin")
    with pytest.raises(ranvier.InputError, match="weight_history: give what"):
        plot.weight_history(np.arange(3))
