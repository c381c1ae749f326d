# SPDX-License-Identifier: Apache-2.0
"""The notebooks of examples/notebooks: their code cells run in order, and what they find is true. No Jupyter is needed."""
import ast
import json
import pathlib

import pytest

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("Agg")
import matplotlib.pyplot as plt  # noqa: E402

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "examples" / "notebooks"


def cells(name, kind="code"):
    notebook = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
    return [cell for cell in notebook["cells"] if cell["cell_type"] == kind]


def run(name, monkeypatch):
    """The names that a notebook leaves. The last expression of a cell is shown, as a notebook would."""
    monkeypatch.chdir(FOLDER)
    before = set(FOLDER.iterdir())
    names = {"__name__": name}
    for k, cell in enumerate(cells(name)):
        tree = ast.parse("".join(cell["source"]))
        last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
        exec(compile(tree, f"{name}, cell {k}", "exec"), names)
        if last is not None:
            shown = eval(compile(ast.Expression(last.value), f"{name}, cell {k}", "eval"), names)
            getattr(shown, "_repr_html_", lambda: repr(shown))()
    for number in plt.get_fignums():
        plt.figure(number).canvas.draw()
    plt.close("all")
    assert set(FOLDER.iterdir()) == before
    return names


def test_every_notebook_is_whole_and_holds_no_outputs():
    names = sorted(p.stem for p in FOLDER.glob("*.ipynb"))
    assert names == ["cost_of_a_brain", "first_network", "fly_larva", "from_nest_and_pynn", "microcircuit"]
    for name in names:
        notebook = json.loads((FOLDER / f"{name}.ipynb").read_text(encoding="utf-8"))
        assert notebook["nbformat"] == 4 and len({cell["id"] for cell in notebook["cells"]}) == len(notebook["cells"])
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells(name))
        assert notebook["cells"][0]["source"][0].startswith("# ")


def test_the_first_network_is_15_lines_and_slows_down_when_its_drive_does(monkeypatch):
    assert len([line for line in "".join(cells("first_network")[0]["source"]).split("\n") if line.strip()]) <= 15
    names = run("first_network", monkeypatch)
    sim = names["sim"]
    assert sim.rate("E", 1000, 2000) < 0.8 * sim.rate("E", 0, 1000) > 5


def test_nest_and_ranvier_agree_where_both_are_there(monkeypatch):
    names = run("from_nest_and_pynn", monkeypatch)
    assert len(names["here"]) > 10 and 5 < names["ours"][0] < 100
    if names["nest"] is None:
        pytest.skip("NEST is not installed: only Ranvier's side ran")
    assert len(names["there"]) == len(names["here"]) and abs(names["there"] - names["here"]).max() < 1e-6  # the same steps
    for ours, theirs, tolerance in zip(names["ours"], names["theirs"], (0.05, 0.05, 1.0)):
        assert ours == pytest.approx(theirs, rel=tolerance)  # one second of one network each: rates of two seeds differ by 2 %; mean correlations are near zero


def test_the_small_microcircuit_keeps_the_rates_of_the_large_one(monkeypatch):
    names = run("microcircuit", monkeypatch)
    for name, rate in names["rates"].items():
        assert 0.4 * names["reference"][name] < rate < 1.6 * names["reference"][name]
    assert names["plan"]["network"]["synapses"] == pytest.approx(298_880_968, rel=1e-6)


def test_the_larva_answers_with_109_neurons_and_more_without_inhibition(monkeypatch):
    names = run("fly_larva", monkeypatch)
    assert len(names["fired"]) == 109  # Brian2's number: examples/larva.toml
    assert len(names["more"]) > 1.2 * len(names["fired"])


def test_memory_binds_every_brain_and_visiting_costs_a_small_part_of_stepping(monkeypatch):
    names = run("cost_of_a_brain", monkeypatch)
    assert all(max(part, key=part.get) != "arithmetic" for part in names["parts"].values())
    assert names["schemes"]["event"]["flop_per_s"] < 0.02 * names["schemes"]["essay"]["flop_per_s"]
