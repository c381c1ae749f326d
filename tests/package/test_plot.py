# SPDX-License-Identifier: Apache-2.0
"""ranvier.plot: what is drawn is what there is, whatever it was given as; empty and single things are drawn too."""
import os
import pathlib
import re
import subprocess
import sys

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import ranvier  # noqa: E402
from ranvier import plot, statistics  # noqa: E402


@pytest.fixture(autouse=True)
def close_figures():
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def sim():
    net = ranvier.Network("small", seed=3)
    E = net.population("E", 80, "lif_exp", initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
    I = net.population("I", 20, "lif_exp")
    net.project(E, I, {"fixed_indegree": 10}, weight={"uniform": ["10 pA", "30 pA"]}, delay="1 ms", receptor="ex")
    net.project(I, E, {"fixed_indegree": 5}, weight="-100 pA", delay="1 ms", receptor="in")
    net.poisson(E, rate="9 kHz", weight="25 pA", receptor="ex")
    net.record("spikes")
    net.record("state", E[0:4], ["V_m"], interval="0.5 ms")
    out = net.build()
    out.run(200), out.run(100)
    return out


def silent():
    net = ranvier.Network()
    net.population("one", 1, "lif_exp")
    net.record("spikes"), net.record("state", "one", ["V_m"])
    out = net.build()
    out.run(20)
    return out


def marks(ax):
    """Points and strokes of a raster."""
    return sum(len(c.get_offsets()) if hasattr(c, "get_sizes") and len(c.get_sizes()) else len(c.get_segments()) for c in ax.collections)


def shown(ax):
    """Draws; returns the words on the figure."""
    ax.figure.canvas.draw()
    return " ".join(t.get_text() for t in ax.figure.findobj(matplotlib.text.Text))


def test_a_raster_has_a_mark_for_each_spike(sim):
    assert marks(plot.raster(sim)) == len(sim.spikes().times) > 100
    assert marks(plot.raster(sim, "I", start="100 ms", stop="200 ms")) == np.count_nonzero((sim.spikes("I").times > 100) & (sim.spikes("I").times <= 200))
    assert marks(plot.raster(sim.pieces[1])) == len(sim.pieces[1].spikes().times)
    assert marks(plot.raster(sim.spikes("E"))) == len(sim.spikes("E").times)
    assert marks(plot.raster({"a": [[1.0, 2.0], []], "b": ([3.0], [0])})) == 3


def test_a_raster_of_many_draws_every_nth_neuron_and_says_so(sim):
    ax = plot.raster(sim, most=34)
    assert marks(ax) == sum(np.count_nonzero(sim.spikes(p).neurons % 3 == 0) for p in ("E", "I"))
    assert "every 3rd neuron" in shown(ax)


def test_rates_at_the_side_are_the_rates(sim):
    side = plot.raster(sim, rates=True).child_axes[0]
    np.testing.assert_allclose([bar.get_width() for bar in side.patches], [sim.rate("E"), sim.rate("I")])


@pytest.mark.parametrize("apart", [False, True])
def test_rates_hold_every_spike(sim, apart):
    ax = plot.rates(sim, bin="10 ms", apart=apart)
    for name, stairs in zip("EI", ax.patches):
        values, _, baseline = stairs.get_data()
        n = len(sim.spikes(name).times)
        assert (values - (baseline if apart else 0)).sum() * 0.01 * {"E": 80, "I": 20}[name] == pytest.approx(n)


def test_intervals_say_their_cv(sim):
    ax = plot.isi(sim, "E", bins=50, longest=1000)
    assert ax.patches[0].get_data().values.sum() == pytest.approx(100)
    assert f"CV {statistics.cv(sim.spikes('E')).mean():.2f}" in shown(ax)


def test_correlations_are_a_density(sim):
    ax = plot.correlations(sim, "E", bin="5 ms")
    data = ax.patches[0].get_data()
    assert 0.9 < (data.values * np.diff(data.edges)).sum() <= 1 + 1e-9


def test_a_correlogram_of_two_populations_has_the_rate_of_the_second(sim):
    ax = plot.correlogram(sim, "E", "I", bin="5 ms", lag="20 ms")
    assert np.mean(ax.patches[0].get_data().values) == pytest.approx(sim.rate("I"), rel=0.2)
    with pytest.raises(ranvier.InputError, match="which populations"):
        plot.correlogram(sim)


def test_traces_are_the_values_and_mark_the_spikes(sim):
    ax = plot.traces(sim, "V_m", neurons=[1, 3])
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), sim.trace("V_m").values[:, 3])
    assert len(ax.collections[0].get_segments()) == len(sim.spikes("E").of(1))
    assert "mV" in shown(ax)
    assert len(plot.traces(sim.trace("V_m")).lines) == 3
    with pytest.raises(ranvier.InputError, match="neuron 9 was not recorded"):
        plot.traces(sim, neurons=[9])
    with pytest.raises(ranvier.InputError, match="there is V_m of 'E'"):
        plot.traces(sim, "w")


def test_weights_are_all_there_with_their_unit(sim):
    ax = plot.weights(sim, "E", "I")
    assert ax.patches[0].get_data().values.sum() == 200
    assert "weight (pA)" in shown(ax)
    assert len(plot.weights({"before": np.arange(5), "after": sim.synapses("E", "I")}).patches) == 2


def test_a_weight_history_has_the_median(sim):
    history = np.cumsum(np.random.default_rng(1).normal(size=(20, 50)), axis=0)
    ax = plot.weight_history(np.arange(20), history, unit="pA")
    np.testing.assert_allclose(ax.lines[0].get_ydata(), np.median(history, axis=1))
    with pytest.raises(ranvier.InputError, match="a row for each time"):
        plot.weight_history(np.arange(3), history)


def test_connectivity_is_the_matrix_and_its_blocks_keep_the_mean(sim):
    image = plot.connectivity(sim, "E", "I", value="weight").images[0].get_array()
    np.testing.assert_allclose(image, sim.synapses("E", "I").matrix(80, 20))
    whole = np.asarray(plot.connectivity(sim).images[0].get_array())
    assert whole.shape == (100, 100) and whole[:80].sum() == 200 and whole[80:].sum() == -400  # red inhibits
    coarse = np.asarray(plot.connectivity(sim, "E", "I", most=20).images[0].get_array())
    assert coarse.shape == (20, 20) and coarse.mean() == pytest.approx(200 / 1600)
    dense = np.random.default_rng(2).random((300, 90))
    assert np.asarray(plot.connectivity(dense, most=100).images[0].get_array()).mean() == pytest.approx(dense.mean())


def test_the_graph_of_a_network_needs_no_build_and_has_its_lines(sim):
    net = sim.network
    ax = plot.graph(net)
    lines = [p for p in ax.patches if isinstance(p, matplotlib.patches.FancyArrowPatch)]
    discs = [p for p in ax.patches if isinstance(p, matplotlib.patches.Circle)]
    assert len(lines) == 2 and lines[1].get_linewidth() / lines[0].get_linewidth() == pytest.approx(200 / 400)
    assert discs[1].radius / discs[0].radius == pytest.approx(np.sqrt(20 / 80))
    assert "400 synapses" in shown(ax)
    assert len(plot.graph(sim, positions={"E": (0, 1), "I": (0, 0)}, least=0.6).patches) == 3
    with pytest.raises(ranvier.InputError, match="positions lack 'I'"):
        plot.graph(net, positions={"E": (0, 1)})


def test_what_does_not_spike_or_connect_is_drawn_too():
    quiet = silent()
    for ax in (plot.raster(quiet, rates=True), plot.rates(quiet), plot.isi(quiet), plot.correlations(quiet), plot.correlogram(quiet), plot.traces(quiet, "V_m"),
               plot.graph(quiet), plot.connectivity(quiet), plot.weights(quiet, "one", "one"), plot.weight_history([], np.zeros((0, 0))), plot.raster([]), plot.rates(([], []))):
        shown(ax)
    assert "no spikes" in shown(plot.raster(quiet))
    for ax in (plot.raster([[5.0]]), plot.rates([[5.0]]), plot.isi([[5.0]]), plot.raster({"a": [[]]}, rates=True)):
        shown(ax)


def test_a_given_axes_is_drawn_into_and_settings_of_others_stay(sim):
    before = dict(plt.rcParams)
    figure, axes = plt.subplots(2)
    assert plot.rates(sim, ax=axes[1]) is axes[1] and not axes[0].patches
    plot.letters(axes)
    figure, axes = plot.figure(1, 2, width="page", height=50)
    assert figure.get_size_inches() == pytest.approx([176 / 25.4, 50 / 25.4])
    assert dict(plt.rcParams) == before


def test_a_vector_file_of_many_spikes_stays_small(tmp_path):
    rng = np.random.default_rng(1)
    ax = plot.raster((np.sort(rng.uniform(0, 1000, 200_000)), rng.integers(0, 1000, 200_000)))
    ax.figure.savefig(tmp_path / "raster.pdf")
    assert (tmp_path / "raster.pdf").stat().st_size < 600_000  # 200,000 paths take 10 MB


def test_inhibition_by_conductances_is_known_as_inhibition():
    net = ranvier.Network()
    for name in "EI":
        net.population(name, 5, "lif_cond_exp")
    net.project("E", "I", "all_to_all", weight="1 nS", delay="1 ms", receptor="ex")
    net.project("I", "E", "all_to_all", weight="0 nS", delay="1 ms", receptor="in")  # nothing yet: it may learn
    assert net.spec().effects == [1, -1]


def test_colours_say_what_synapses_do():
    r, g, b = matplotlib.colors.to_rgb(plot.colours([1, -1])[0])
    assert b > r
    r, g, b = matplotlib.colors.to_rgb(plot.colours([1, -1])[1])
    assert r > b
    assert len(set(plot.colours([1, 1, 1, -1, -1, 0]))) == 6 and len(set(plot.colours([0] * 7))) == 7


@pytest.fixture(scope="module")
def serve():
    return ranvier.plan("llm_serve", "llama-3-70b", on="8xh100", batch=64)


def test_a_roofline_has_each_operation_where_it_is(serve):
    ax = plot.roofline(serve)
    wanted = [(sum(o["flop"].values()) / o["byte_moved"], sum(o["flop"].values()) / o["time_s"]) for o in serve["operations"] if o["byte_moved"] and sum(o["flop"].values())]
    np.testing.assert_allclose([tuple(c.get_offsets()[0]) for c in ax.collections], wanted)
    words = shown(ax)
    assert f"{serve['roof']['byte_per_s'] / 1e9:,.0f} GB/s" in words and "FLOP/s" in words
    assert all(y <= max(serve["roof"]["flop_per_s"].values()) for _, y in wanted)


def test_utilisation_by_batch_is_that_of_the_sweep():
    sweep = ranvier.plan("llm_serve", "llama-3-70b", on="2xh100", sweep="batch=1:64")
    ax = plot.utilisation(sweep)
    np.testing.assert_allclose(ax.lines[0].get_ydata(), [100 * p["estimate"]["utilisation"] for p in sweep["sweep"]])
    faces = ax.collections[0].get_facecolors()
    white = (faces[:, :3] == 1).all(axis=1)
    np.testing.assert_array_equal(white, [not p["estimate"]["fits"] for p in sweep["sweep"]])  # hollow where memory does not suffice
    assert white.any() and not white.all()
    assert "token/s" in shown(plot.sweep(sweep, figure="throughput"))
    with pytest.raises(ranvier.InputError, match="has no figure 'thruput'"):
        plot.sweep(sweep, figure="thruput")
    with pytest.raises(ranvier.InputError, match="no key 'tp'"):
        plot.sweep(sweep, over="tp")


def test_two_swept_keys_are_an_axis_and_lines():
    sweep = ranvier.plan("llm_serve", "llama-3-70b", on="8xh100", sweep=["batch=1:16", "precision=fp16,fp8"])
    ax = plot.sweep(sweep)
    assert len(ax.lines) == 2 and "precision fp8" in shown(ax)


def test_costs_are_bars_with_their_intervals():
    plans = [ranvier.plan("llm_serve", "llama-3-70b", on=machine, batch=8) for machine in ("8xh100", "8xa100")]
    ax = plot.cost(plans)
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [p["value"] for p in plans])
    ends = [s for c in ax.containers if hasattr(c, "lines") and c.lines[2] for s in c.lines[2][0].get_segments()]
    np.testing.assert_allclose([[a[0], b[0]] for a, b in ends], [[p["p10"], p["p90"]] for p in plans])
    assert "8 × H100" in shown(ax) and "time per output token (ms)" in shown(ax)
    too_large = ranvier.plan("brain", brain="mouse", on="h100")
    assert "does not fit" in shown(plot.cost({"mouse": too_large}))
    with pytest.raises(ranvier.InputError, match="not what ranvier.plan"):
        plot.roofline({"a": 1})


def test_without_matplotlib_the_package_works_and_plot_says_what_to_install(tmp_path):
    (tmp_path / "matplotlib.py").write_text("raise ImportError('no')")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    code = "import ranvier; ranvier.Network()\ntry: ranvier.plot\nexcept ImportError as e: print(e)"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "pip install matplotlib" in done.stdout


def test_the_warm_up_of_a_simulation_is_not_drawn_unless_asked_for():
    net = ranvier.Network()
    net.population("E", 3, "lif_exp", params={"I_e": 1000.0})
    sim = net.build()
    sim.warm_up(100), sim.run(200)
    assert plot.raster(sim).get_xlim() == (100, 300) and plot.raster(sim, start=0).get_xlim() == (0, 300)
    assert plot.raster(sim.pieces[0]).get_xlim() == (0, 100)
    assert plot.rates(sim, bin="10 ms").get_xlim()[0] == 100


def test_what_is_to_be_installed_can_be_installed():
    """The package is on no index: `pip install ranvier[...]` would not find it."""
    root = pathlib.Path(__file__).resolve().parents[2]
    files = [*root.glob("docs/*.md"), *root.glob("examples/**/*.ipynb"), *root.glob("python/**/*.py"), root / "README.md"]
    assert len(files) > 50
    assert [f.name for f in files if re.search(r"""pip install ['"]?ranvier""", f.read_text(encoding="utf-8"))] == []
