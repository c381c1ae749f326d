# SPDX-License-Identifier: Apache-2.0
"""What a person looks at after a run from Python: the page of Simulation.report(), and the table in a notebook."""
import json
import pathlib
import re

import numpy as np
import pytest

import ranvier


def simulation(name="page"):
    net = ranvier.Network(name, seed=2)
    E = net.population("E", 60, "lif_exp", initial={"V_m": {"uniform": ["-70 mV", "-55 mV"]}})
    I = net.population("I", 20, "lif_exp")
    net.project(E, I, {"fixed_indegree": 10}, weight="30 pA", delay="1 ms", receptor="ex")
    net.project(I, E, {"fixed_indegree": 5}, weight="-100 pA", delay="1 ms", receptor="in")
    net.poisson([E, I], rate="9 kHz", weight="25 pA", receptor="ex")
    net.record("spikes"), net.record("state", E[0:2], ["V_m"])
    return net.build()


def test_the_page_of_a_python_run_holds_its_spikes_and_figures(tmp_path):
    sim = simulation()
    sim.warm_up(50), sim.run(100), sim.run(100)
    page = pathlib.Path(sim.report(tmp_path / "out")).read_text(encoding="utf-8")
    assert "<html" in page and page.rstrip().endswith("</html>")
    assert not re.search(r"(src|href)=[\"']https?:", page)  # opens offline
    for words in ("page", '"E"', '"I"', sim.summary()["spike_hash"], "V_m"):
        assert words in page
    summary = json.loads((tmp_path / "out" / "summary.json").read_text())
    assert summary["command"] == "Python" and summary["run"]["simulated_ms"] == 200 and summary["run"]["warmup_ms"] == 50
    assert summary["work"]["spikes"] == np.count_nonzero(sim.spikes().times > 50)


def test_a_report_overwrites_only_when_asked(tmp_path):
    sim = simulation()
    sim.run(20)
    first = sim.report(tmp_path / "out")
    sim.run(20)
    with pytest.raises(ranvier.InputError, match="overwrite"):
        sim.report(tmp_path / "out")
    assert sim.report(tmp_path / "out", overwrite=True) == first
    assert json.loads((tmp_path / "out" / "summary.json").read_text())["run"]["simulated_ms"] == 40


def test_a_notebook_shows_the_rates_without_the_warm_up():
    sim = simulation("a <b> name")
    assert "nothing has run yet" in sim._repr_html_()
    sim.warm_up(100), sim.run(100), sim.run(100)
    shown = sim._repr_html_()
    rate = sim.rate("E", 100, 300)
    assert f"<td>{rate:.2f}</td>" in shown and "a &lt;b&gt; name" in shown and "80 neurons" in shown
    assert [p["rate_hz"] for p in sim.summary()["populations"]] == pytest.approx([sim.rate("E", 100), sim.rate("I", 100)])
    assert "300 ms" in repr(sim)
