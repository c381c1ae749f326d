# SPDX-License-Identifier: Apache-2.0
"""Every script of the gallery, smaller: its numbers are those that theory, the paper or the other description of the network says, and it draws."""
import importlib
import math
import pathlib
import subprocess
import sys

import numpy as np
import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

import ranvier  # noqa: E402
from ranvier import statistics  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / "examples" / "python"
sys.path.insert(0, str(SCRIPTS))


def drawn(script, result, tmp_path):
    """Draws what run() gave; the picture has something on it."""
    figure = script.draw(result)
    figure.savefig(tmp_path / "picture.png", dpi=60)
    pixels = plt.imread(tmp_path / "picture.png")
    plt.close("all")
    assert (pixels[..., :3] < 0.9).any(axis=-1).mean() > 0.005
    return True


def script(name):
    return importlib.import_module(name)


GALLERY = [p.stem for p in SCRIPTS.glob("*.py") if "\ndef draw(" in p.read_text(encoding="utf-8")]


def test_every_script_is_tested():
    text = pathlib.Path(__file__).read_text(encoding="utf-8")
    assert len(GALLERY) >= 13 and [name for name in GALLERY if f'script("{name}")' not in text] == []


def test_the_page_is_what_the_scripts_say_and_its_pictures_are_small():
    subprocess.run([sys.executable, ROOT / "docs" / "make_gallery", "--check"], check=True)
    for name in GALLERY:
        assert 3_000 < (ROOT / "docs" / "images" / "gallery" / f"{name}.png").stat().st_size < 120_000


def test_first_fires_alone_at_the_closed_form_and_slower_with_inhibition(tmp_path):
    s = script("first")
    alone, together = s.run(inhibition=0.0), s.run()
    interval = np.median(statistics.intervals(alone.spikes("cells")))
    assert interval == pytest.approx(2 + 10 * math.log(20 / 5), abs=0.1)  # one step
    assert 25 < together.rate("cells", "100 ms") < 45
    assert drawn(s, together, tmp_path)


def test_cells_lie_on_the_closed_form_and_adapt(tmp_path):
    s = script("cells")
    sim = s.run(cells=40, duration="1 s")
    current, rate = s.rates(sim)
    wanted = s.closed_form(current)
    np.testing.assert_allclose(rate[wanted > 0], wanted[wanted > 0], rtol=0.01)  # intervals are rounded to steps of 0.1 ms, of at least 8
    assert not rate[wanted == 0].any()
    intervals = np.diff(sim.spikes("adapting").times)
    assert intervals[-1] > 2 * intervals[0]
    burst = np.diff(sim.spikes("bursting").times)
    assert burst.max() > 5 * burst.min()
    assert drawn(s, sim, tmp_path)


def test_brunel_has_its_four_states(tmp_path):
    s = script("brunel")
    sims = s.run(order=200, duration="300 ms")
    cv = {name: statistics.cv(sim.spikes("E"), start=300).mean() for name, sim in sims.items()}
    synchrony = {name: statistics.psth(sim.spikes("E"), 1, start=300, stop=600, size=800)[1] for name, sim in sims.items()}
    fano = {name: r.var() / r.mean() for name, r in synchrony.items()}
    assert cv["SR"] < 0.2 < 0.5 < min(cv["AI"], cv["SI fast"])
    assert fano["SR"] > 3 * fano["AI"]
    assert sims["SI slow"].rate("E", 300) < min(sims[name].rate("E", 300) for name in ("SR", "SI fast"))
    assert drawn(s, sims, tmp_path)


def test_statistics_of_spikes_are_those_of_the_summary(tmp_path):
    s = script("statistics_of_spikes")
    sim = s.run(cells=2000, duration="1 s")
    E = sim.summary()["populations"][0]
    assert statistics.cv(sim.spikes("E"), start=200, stop=1200).mean() == pytest.approx(E["cv_isi"], rel=1e-9)
    assert 3 < E["rate_hz"] < 9 and 0.4 < E["cv_isi"] < 1.1  # examples/cuba.toml: 5.4 spikes/s
    assert drawn(s, sim, tmp_path)


def test_the_microcircuit_in_python_is_that_of_the_file(tmp_path):
    s = script("microcircuit")
    sim = s.describe(size=0.05).build()
    file = ranvier.load(ROOT / "examples" / "microcircuit.toml", set={"scale": 0.05}).build()
    for one in (sim, file):
        one.warm_up(50), one.run(150)
    assert sim.summary()["spike_hash"] == file.summary()["spike_hash"] and len(sim.spikes().times) > 500
    assert drawn(s, s.run(size=0.05, duration="100 ms"), tmp_path)


def test_the_larva_answers_as_its_file_says(tmp_path):
    s = script("larva")
    sim = s.run()
    answers = s.answers(sim)
    assert sum(n for n, _ in answers.values()) == 109 and len(sim.spikes("brain").times) == 13838  # Brian2's numbers, examples/larva.toml
    assert answers["dSEZ"][0] == 5 and not any(n for name, (n, _) in answers.items() if name.startswith("KC"))
    assert drawn(s, sim, tmp_path)


def test_the_wave_reaches_everyone_once_at_a_steady_speed(tmp_path):
    s = script("wave")
    sim = s.run(side=40)
    first = s.first_spikes(sim)
    assert np.isfinite(first).mean() > 0.99 and len(sim.spikes("cells").times) < 1.05 * 1600
    place = sim.positions("cells")
    far = np.linalg.norm(place - place[0], axis=1)
    assert np.corrcoef(far[np.isfinite(first)], first[np.isfinite(first)])[0, 1] > 0.98
    assert 10 < s.speed(sim) < 100  # um/ms
    assert drawn(s, sim, tmp_path)


def test_short_term_plasticity_releases_as_the_closed_form(tmp_path):
    s = script("short_term")
    sim = s.run()
    for name, params in s.KINDS.items():
        np.testing.assert_allclose(s.releases(sim, name), s.closed_form(**params), rtol=1e-6)
    assert drawn(s, sim, tmp_path)


def test_stdp_lets_synapses_compete(tmp_path):
    s = script("stdp")
    sim = s.run(seconds=20, samples=8)
    weights = sim.weight_series().weights
    assert weights.shape == (9, 400) and (weights >= 0).all() and (weights <= s.W_MAX * 1.001).all()
    assert np.allclose(weights[0], 0.5 * s.W_MAX, rtol=1e-4)
    assert np.median(weights[-1]) < 0.3 * s.W_MAX and weights[-1].std() > 5
    np.testing.assert_array_equal(weights[-1], s.run(seconds=20, samples=1).weight_series().weights[-1])  # looking changes nothing
    assert sim.rate("cell", 15_000) < 0.5 * sim.rate("cell", 0, 1000)
    assert drawn(s, sim, tmp_path)


def test_inhibition_learns_to_bring_the_rate_down(tmp_path):
    s = script("balance")
    sim = s.run(cells=1000, seconds=4)
    weights = sim.weight_series("I", "E").weights
    assert sim.rate("E", 0, 200) > 5 * sim.rate("E", 3000) and weights[0].max() == 0 < weights[-1].mean()
    assert drawn(s, sim, tmp_path)


def test_the_closed_loop_reaches_its_goals(tmp_path):
    s = script("closed_loop")
    sim, course = s.run(cells=600)
    for start, stop, wanted in ((800, 1500, 8), (2200, 3000, 20), (3800, 4500, 5)):
        here = (course[:, 0] > start) & (course[:, 0] <= stop)
        assert course[here, 2].mean() == pytest.approx(wanted, rel=0.1)
    assert drawn(s, (sim, course), tmp_path)


def test_a_plan_of_serving_is_bound_by_memory_and_uses_more_with_the_batch(tmp_path):
    s = script("plan_serving")
    plans = s.run()
    used = [p["estimate"]["utilisation"] for p in plans["sweep"]["sweep"]]
    assert used == sorted(used) and used[1] == pytest.approx(2 * used[0], rel=0.05)
    assert plans["roofline"]["estimate"]["bottleneck"] == "memory bandwidth"
    assert all(p["p10"] < p["value"] < p["p90"] for p in plans["machines"])
    assert drawn(s, plans, tmp_path)


def test_no_brain_is_bound_by_arithmetic(tmp_path):
    s = script("plan_brains")
    plans = s.run()
    parts = {brain: {part: plan[part] for part in s.PARTS} for brain, plan in plans.items()}
    assert all(max(p, key=p.get) != "machines_arithmetic" for p in parts.values())
    assert parts["human"]["machines_capacity"] > 1000 * parts["bee"]["machines_capacity"]
    assert drawn(s, plans, tmp_path)
