# SPDX-License-Identifier: Apache-2.0
"""Models given as equations, from Python."""
import pathlib

import pytest

import ranvier

ROOT = pathlib.Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def kept_compiled_models(monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(ROOT / "build" / "test-cache"))


def test_a_model_file_and_a_rule_file_run():
    net = ranvier.Network(folder=ROOT / "examples")
    net.model("models/mat2.toml")
    net.model("models/stdp_equations.toml")
    cells = net.population("cells", 20, membrane="mat2", receptors=[{"name": "ex", "kind": "exponential"}])
    net.project(cells, cells, "all_to_all", weight=3, delay=1.5, synapse="stdp_equations")
    net.current(cells, 600)
    sim = net.build()
    sim.run("200 ms")
    assert sim.rate(cells) > 20
    assert ranvier.models("mat2")["kind"] == "membrane"


def test_mistakes_of_equations_are_told_with_their_place():
    net = ranvier.Network()
    net.model(model={"name": "spoilt", "equations": "dV/dt = I : mV", "threshold": "V > V_th"}, state={"V": "-70 mV"})
    net.population("cells", 1, membrane="spoilt")
    with pytest.raises(ranvier.InputError, match=r"the right side has the unit pA, but dV/dt needs mV/ms"):
        net.check()
    with pytest.raises(ranvier.InputError, match="give a file"):
        ranvier.Network().model()
