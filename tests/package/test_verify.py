# SPDX-License-Identifier: Apache-2.0
"""Networks compared with other simulators: they agree where they should, and a wrong parameter is found. Runs against the peers that can be imported.

RANVIER_PEERS names another interpreter that has them.
"""
import importlib.util
import json
import os
import subprocess
import sys

import numpy as np
import pytest

import ranvier
from ranvier import verify as v
from ranvier.verify import compare
from ranvier.verify.command import main
from ranvier.verify.plain import Plain

PYTHON = os.environ.get("RANVIER_PEERS", sys.executable)


def has(module):
    if PYTHON == sys.executable:
        return importlib.util.find_spec(module) is not None
    return subprocess.run([PYTHON, "-c", f"import importlib.util, sys; sys.exit(importlib.util.find_spec({module!r}) is None)"], capture_output=True).returncode == 0


INSTALLED = [peer for peer, (_, module, _) in v.PEERS.items() if has(module)]
nest = pytest.mark.skipif("nest" not in INSTALLED, reason="NEST is not installed: pip install nest-simulator")
brian2 = pytest.mark.skipif("brian2" not in INSTALLED, reason="Brian2 is not installed: pip install brian2")
neuron = pytest.mark.skipif("neuron" not in INSTALLED, reason="NEURON is not installed: pip install neuron")
either = pytest.mark.parametrize("peer", [pytest.param("nest", marks=nest), pytest.param("brian2", marks=brian2)])

WEIGHTS = {"lif_exp": (60.0, -200.0), "lif_alpha": (40.0, -150.0), "lif_delta": (0.8, -3.0), "lif_cond_exp": (0.9, 8.0), "adex_cond_exp": (2.5, 10.0), "hh_cond_exp_traub": (1.0, 20.0),
           "izhikevich": (3.0, -4.0)}
RECEPTORS = {"lif_delta": ("v", "v"), "izhikevich": ("v", "v")}
PARAMS = {"lif_exp": {"tau_syn_ex": 2.0, "tau_syn_in": 3.0}, "lif_alpha": {"tau_syn_ex": 1.0, "tau_syn_in": 2.0}, "lif_cond_exp": {"tau_syn_ex": 3.0, "tau_syn_in": 5.0},
          "adex_cond_exp": {"tau_syn_ex": 3.0, "tau_syn_in": 5.0}}


def network(model, n=80, seed=3, **params):
    """Excitatory and inhibitory cells with all that can differ: parameters, states, delays, sources, Poisson input, currents."""
    net = ranvier.Network("small", dt=0.1, seed=seed)
    w, (ex, inh) = WEIGHTS[model], RECEPTORS.get(model, ("ex", "in"))
    params = {**PARAMS.get(model, {}), **params}
    if model.startswith("lif"):
        params["tau_m"] = {"uniform": [15.0, 25.0]}
        initial = {"V_m": {"uniform": ["-70 mV", "-55 mV"]}}
    else:
        initial = {"v": np.linspace(-70, -60, n)} if model == "izhikevich" else {"V_m": {"uniform": ["-70 mV", "-60 mV"]}}
    E, I = net.population("E", n, model, params=params, initial=initial), net.population("I", n // 4, model, params=params)
    S = net.population("S", 20, "poisson_source", rate="200 Hz")
    for target in (E, I):
        net.project(E, target, {"fixed_indegree": 10}, weight=w[0], delay={"uniform": ["0.5 ms", "2 ms"]}, receptor=ex)
        net.project(I, target, {"fixed_indegree": 5}, weight=w[1], delay=1.5, receptor=inh)
        net.project(S, target, {"fixed_indegree": 4}, weight=w[0], delay=0.1, receptor=ex)
        net.poisson(target, rate="1.5 kHz", weight=w[0], receptor=ex, name=f"noise {target.name}")
    if model != "izhikevich":
        net.input("dc", E, amplitude={"uniform": [20.0, 80.0]}, name="dc")
        net.input("step", I, piecewise=[[20.0, 50.0], [60.0, 10.0]], name="step")
    return net


@either
@pytest.mark.parametrize("model", ["lif_exp", "lif_alpha", "lif_delta", "izhikevich"])
def test_models_with_the_same_formula_agree_in_every_spike(model, peer):
    params = {"integrator": 1} if model == "izhikevich" else {}
    report = v.verify(network(model, **params), peer, duration=100 if peer == "nest" else 60, python=PYTHON)
    verdict = report.verdicts[0]
    assert report.spikes > 80
    assert verdict.exact and report.agree, str(report)
    assert verdict.difference is None or verdict.tie, str(report)
    assert "agree" in str(report) and peer.lower() in str(report).lower()


@either
@pytest.mark.parametrize("model", ["lif_cond_exp", "adex_cond_exp", "hh_cond_exp_traub"])
def test_models_that_are_integrated_in_other_ways_agree_in_their_statistics(model, peer):
    params = {} if not model.startswith("hh") else {"detection": 2, "V_th": -33.0, "t_ref": 2.0} if peer == "nest" else {"integrator": 1}
    report = v.verify(network(model, **params), peer, duration=200, python=PYTHON)
    assert report.spikes > 200
    assert not report.verdicts[0].exact and report.agree, str(report)


@either
def test_a_wrong_parameter_is_found(peer):
    def slower(plain):
        plain.arrays["parameter.0.tau_m"] = plain.arrays["parameter.0.tau_m"] * 1.001

    report = v.verify(network("lif_exp"), peer, duration=100, python=PYTHON, alter=slower)
    verdict = report.verdicts[0]
    assert not report.agree and verdict.tie is False and verdict.difference is not None
    assert "not a matter of rounding" in str(report) and "DIFFER" in str(report)


@either
def test_a_wrong_conductance_is_found_by_statistics(peer):
    def weaker(plain):
        for key in list(plain.arrays):
            if key.endswith(".weight"):
                plain.arrays[key] = plain.arrays[key] * 0.8

    report = v.verify(network("lif_cond_exp"), peer, duration=200, python=PYTHON, alter=weaker)
    assert not report.agree and any(s.problems for s in report.verdicts[0].populations.values())


@either
def test_noise_that_changes_in_every_step_is_replayed(peer):
    net = ranvier.Network(dt=0.1, seed=5)
    P = net.population("P", 10, "lif_exp")
    net.input("noise", P, mean="400 pA", std="300 pA", name="noise")
    report = v.verify(net, peer, duration=100, python=PYTHON)
    assert report.spikes > 20 and report.agree and report.verdicts[0].difference is None, str(report)


@neuron
def test_cells_off_the_grid_fire_at_neurons_times():
    rng = np.random.default_rng(8)
    net = ranvier.Network("off", dt=0.1, seed=5)
    P = net.population("P", 40, "intfire1", params={"tau": np.linspace(10, 30, 40), "t_ref": 2.0})
    S = net.population("S", 20, "spike_train", spikes=(rng.integers(0, 20, 600), np.sort(rng.uniform(1, 195, 600))))
    net.project(S, P, {"fixed_indegree": 8}, weight={"uniform": [0.1, 0.4]}, delay={"uniform": [1.0, 3.0]})
    net.project(P, P, {"fixed_indegree": 6}, weight={"uniform": [-0.1, 0.2]}, delay={"uniform": [1.0, 3.0]})
    report = v.verify(net, "neuron", duration=200, python=PYTHON)
    assert report.spikes > 300 and report.agree and report.verdicts[0].difference is None, str(report)

    def quicker(plain):
        plain.arrays["parameter.0.tau"] = plain.arrays["parameter.0.tau"] * 0.9

    assert not v.verify(net, "neuron", duration=200, python=PYTHON, alter=quicker).agree
    with pytest.raises(ranvier.InputError, match="only intfire1 is compared"):
        v.verify(network("lif_exp"), "neuron", duration=10, python=PYTHON)


@either
def test_the_command_says_agree_and_differ_by_its_code(peer, tmp_path, capsys, monkeypatch):
    file = tmp_path / "net.toml"
    file.write_text("""format = 1
[parameters]
n = 40
[[populations]]
name = ["A", "B"]
size = ["$n", 10]
model = "lif_exp"
params = { I_e = { uniform = ["400 pA", "600 pA"] } }
[[projections]]
source = ["A", "B"]
target = "A"
rule = { fixed_indegree = 5 }
receptor = { by_source = ["ex", "in"] }
weight = { by_source = ["30 pA", "-90 pA"] }
delay = "1 ms"
""")
    line = [str(file), "--against", peer, "--duration", "100 ms", "--set", "n=30", "--python", PYTHON]
    assert main(line) == 0
    text = capsys.readouterr().out
    assert "40 neurons" in text and "agree" in text
    assert main([*line, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["agree"] is True

    def slower(plain, file):
        plain.arrays["parameter.0.tau_m"] = plain.arrays["parameter.0.tau_m"] * 1.1
        save(plain, file)

    save = Plain.save
    monkeypatch.setattr(Plain, "save", slower)  # what the peer is given
    assert main(line) == 1
    assert "DIFFER" in capsys.readouterr().out
    assert main([*line, "--json"]) == 1
    assert json.loads(capsys.readouterr().out)["agree"] is False


@pytest.mark.parametrize("line, words", [
    (["nowhere.toml"], "nowhere.toml"),
    (["net.toml", "--against", "neuro"], "no simulator is called 'neuro'"),
    (["net.toml", "--python", "/nowhere/python"], "/nowhere/python cannot be run"),
    (["net.toml", "--set", "n"], "NAME=VALUE"),
])
def test_wrong_use_ends_with_code_2(line, words, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.toml").write_text('format = 1\n[[populations]]\nname = "A"\nsize = 1\nmodel = "lif_exp"\n')
    assert main(line) == 2
    assert words in capsys.readouterr().err


def test_the_command_is_one_of_the_package():
    help = subprocess.run([sys.executable, "-m", "ranvier", "verify", "--help"], capture_output=True, text=True)
    assert help.returncode == 0 and "example:" in help.stdout and "--against" in help.stdout
    wrong = subprocess.run([sys.executable, "-m", "ranvier", "verify", "nowhere.toml"], capture_output=True, text=True)
    assert wrong.returncode == 2 and "nowhere.toml" in wrong.stderr


def test_a_peer_that_is_not_installed_says_how_to_install_it(tmp_path):
    """An interpreter without packages has no peer."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    for peer, package in (("nest", "nest-simulator"), ("brian2", "brian2"), ("neuron", "neuron")):
        with pytest.raises(ranvier.InputError, match=f"pip install {package}"):
            v.verify(network("lif_exp"), peer, duration=10, python=str(tmp_path / "bare" / "bin" / "python"))


@either
def test_what_a_peer_has_no_counterpart_of_is_named(peer):
    net = ranvier.Network()
    P = net.population("P", 2, membrane="leaky", receptors=[{"name": "d", "kind": "double_exponential"}])
    net.project(P, P, "all_to_all", weight=1.0, delay=1.0)
    with pytest.raises(ranvier.InputError, match="'P'.*double_exponential"):
        v.verify(net, peer, duration=10, python=PYTHON)


def test_synapses_that_change_are_refused():
    net = network("lif_exp")
    net.project("E", "E", "one_to_one", weight=1.0, delay=1.0, receptor="ex", synapse="stdp", name="learns")
    peer = INSTALLED[0] if INSTALLED else pytest.skip("no peer is installed")
    with pytest.raises(ranvier.InputError, match="'learns'"):
        v.verify(net, peer, duration=10, python=PYTHON)


# ------------------------------------------------------------------------------------------ the comparison itself: no peer is needed


def test_the_first_difference_is_the_earliest_spike_of_one_side_only():
    ours = compare.ordered([5, 3, 9], [0, 1, 2])
    assert compare.first_difference(ours, ours) is None
    assert compare.first_difference(ours, compare.ordered([3, 6, 9], [1, 0, 2])) == (5, 0, True, 1)
    assert compare.first_difference(ours, compare.ordered([3, 4, 5, 9], [1, 7, 0, 2])) == (4, 7, False, 1)
    assert compare.first_difference(ours, ours[:2]) == (9, 2, True, 2)


def test_statistics_tell_laws_apart_and_not_two_samples_of_one():
    rng = np.random.default_rng(1)

    def poisson(rate, shape=1.0):
        step = np.cumsum(rng.gamma(shape, 1e4 / rate / shape, (100, 400)).astype(int) + 1, axis=1)
        ids = np.repeat(np.arange(100), 400)
        kept = step.ravel() <= 100_000
        return compare.ordered(step.ravel()[kept], ids[kept])

    assert compare.statistics(poisson(10), poisson(10), 100, 10).problems == []
    assert any("spikes" in p for p in compare.statistics(poisson(10), poisson(11), 100, 10).problems)
    regular = compare.statistics(poisson(10), poisson(10, 9.0), 100, 10)
    assert abs(regular.cv[0] - 1) < 0.05 and abs(regular.cv[1] - 1 / 3) < 0.05 and len(regular.problems) >= 2
    assert compare.statistics(np.zeros((0, 2), int), np.zeros((0, 2), int), 100, 10).problems == []
