# SPDX-License-Identifier: Apache-2.0
"""A simulation in use: by several threads, after a warm-up, after a resume; networks from files that are added to."""
import pathlib
import pickle
import subprocess
import sys
import threading

import numpy as np
import pytest

import ranvier

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def cells(n=10, **keys):
    """Cells that a current drives to one spike every 15.9 ms: no synapses, no randomness."""
    net = ranvier.Network(seed=1, **keys)
    return net, net.population("A", n, "lif_exp", params={"I_e": "500 pA"})


def test_a_second_thread_is_refused_while_the_first_runs():
    net, A = cells(2000)
    sim = net.build(threads=1)
    refused, done = [], []

    def use():
        try:
            sim.run(2000)
            done.append(1)
        except ranvier.RunError as e:
            refused.append(str(e))

    threads = [threading.Thread(target=use) for _ in range(3)]
    [t.start() for t in threads]
    [t.join() for t in threads]
    assert len(done) + len(refused) == 3 and done and all("in use in another thread" in r for r in refused)
    assert sim.time == 2000 * len(done)
    assert sim.rate(A) == pytest.approx(1000 / 15.9, rel=0.02)


def test_rates_are_of_what_counts_and_is_recorded(tmp_path):
    net, A = cells()
    net.record("spikes", A[0:2])
    sim = net.build()
    sim.warm_up(200), sim.run(1000)
    expected = sim.rate(A)
    assert expected == pytest.approx(1000 / 15.9, rel=0.02)
    sim.save(tmp_path / "state.h5")
    later = net.build(resume=tmp_path / "state.h5")
    later.run(1000)
    assert later.rate(A) == pytest.approx(expected, rel=0.02)
    other, B = cells()
    other.record("state", B, ["V_m"])
    unrecorded = other.build()
    unrecorded.run(100)
    with pytest.raises(ranvier.InputError, match="not recorded"):
        unrecorded.rate(B)


def test_what_is_added_to_a_network_from_a_file_is_there():
    net = ranvier.load(EXAMPLES / "first.toml", seed=4, duration="30 ms")
    same = ranvier.load(EXAMPLES / "first.toml", seed=4, duration="30 ms").build()
    more = net.population("more", 7, "lif_exp")
    net.record("spikes"), net.record("state", more, ["V_m"])
    sim = net.build()
    sim.run(), same.run()
    assert sim.trace("V_m", more).values.shape[1] == 7
    np.testing.assert_array_equal(sim.spikes("cells").times, same.spikes("cells").times)


def test_a_state_saved_after_changes_can_be_resumed(tmp_path):
    net, A = cells()
    net.current(A, amplitude=100, name="c")
    sim = net.build()
    sim.run(10)
    sim.change("c", amplitude=-600)
    sim.run(10)
    sim.save(tmp_path / "state.h5")
    again = net.build(resume=tmp_path / "state.h5")
    again.change("c", amplitude=-600)
    sim.run(100), again.run(100)
    np.testing.assert_array_equal(sim.get(A, "V_m"), again.get(A, "V_m"))


def test_simulations_of_one_network_do_not_share_their_inputs():
    net, A = cells()
    net.current(A, amplitude=0, name="x"), net.current(A, amplitude=0, name="y")
    one, two, plain = net.build(), net.build(), net.build()
    one.change("x", amplitude=1000)
    two.change("y", amplitude=0)
    two.run(100), plain.run(100)
    np.testing.assert_array_equal(two.spikes(A).times, plain.spikes(A).times)


def test_a_population_can_be_walked_through():
    net, A = cells(3)
    assert [str(cell) for cell in A] == ["A[0]", "A[1]", "A[2]"]
    with pytest.raises(ranvier.InputError, match="whole number or a slice"):
        A[0.7]
    with pytest.raises(ranvier.InputError, match="whole number or a slice"):
        A[[0, 1]]


def test_a_network_can_be_sent_to_another_process():
    net, A = cells()
    net.check()
    again = pickle.loads(pickle.dumps(net)).build()
    again.run(50)
    assert len(again.spikes("A").times) == 30


@pytest.mark.parametrize("do, words", [
    (lambda net, A: net.build(threads=-1), "threads = -1"),
    (lambda net, A: net.build(threads=1.5), "threads = 1.5"),
    (lambda net, A: net.build(simd="foo"), "simd = 'foo'"),
    (lambda net, A: net.build(resume="nofile.h5"), "resume: nofile.h5: no such file"),
    (lambda net, A: net.build().run(1e12), "2^31 steps"),
    (lambda net, A: net.build().set(A, "V_m", np.zeros((3, 1))), "2 dimensions"),
    (lambda net, A: net.build().get(A[0:2], "V_m"), "a whole population is meant"),
    (lambda net, A: net.project(A, A, weight=np.ones((2, 2)), delay=1.0, receptor="ex"), "2 x 2, but there are 10"),
    (lambda net, A: net.build(resume=net.build(), renew=["foo"]), "no projection is called 'foo'"),
])
def test_wrong_arguments_are_named(do, words):
    with pytest.raises(ranvier.InputError) as error:
        do(*cells())
    assert words in str(error.value)


def test_edges_may_be_none():
    net, A = cells()
    net.project(A, A, edges=([], []), weight=1.0, delay=1.0, receptor="ex")
    assert net.build().synapse_count == 0


def test_a_program_may_end_while_a_simulation_runs():
    code = ("import threading, time, ranvier\n"
            "net = ranvier.Network(); net.population('A', 1000, 'lif_exp', params={'I_e': '500 pA'})\n"
            "sim = net.build(threads=1)\n"
            "threading.Thread(target=lambda: sim.run('1000 s'), daemon=True).start(); time.sleep(0.3)\n")
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ended.returncode == 0, ended.stderr


def test_synapses_that_grow_later_keep_their_delays_beside_relaxed_gap_junctions():
    def spikes(method):
        net = ranvier.Network(seed=1, gap_junctions=method, threads=1)
        G = net.population("G", 2, "lif_exp")
        E = net.population("E", 40, "lif_exp", initial={"V_m": {"uniform": ["-70 mV", "-52 mV"]}})
        net.gap_junctions(G[0:1], G[1:2], "one_to_one", conductance="1 nS")
        net.poisson(E, rate="12 kHz", weight="50 pA", receptor="ex")
        net.project(E, E, {"fixed_indegree": 0}, weight="100 pA", delay="0.3 ms", receptor="ex",
                    synapse={"structural_growth": {"vacant": 6, "curve": "linear", "interval": "100 ms"}})
        sim = net.build()
        sim.run(500)
        return sim

    plain, relaxed = spikes({"method": "explicit"}), spikes({"method": "waveform_relaxation", "interval": "1 ms"})
    assert len(plain.synapses("E", "E").source) > 20
    np.testing.assert_array_equal(plain.spikes("E").times, relaxed.spikes("E").times)
    np.testing.assert_array_equal(plain.spikes("E").neurons, relaxed.spikes("E").neurons)


def test_a_definition_that_is_used_twice_in_each_line_takes_no_time():
    lines = ["a0 = V - E_L : mV"] + [f"a{k} = a{k - 1} - a{k - 1} : mV" for k in range(1, 40)] + ["dV/dt = (a39 - V + E_L)/tau_m + I/C_m : mV"]
    net = ranvier.Network()
    net.model(model={"name": "folded", "equations": "\n".join(lines), "threshold": "V >= V_th", "reset": "V = E_L"},
              parameters={"E_L": "-70 mV", "V_th": "-50 mV", "C_m": {"default": "250 pF", "range": "> 0"}, "tau_m": {"default": "10 ms", "range": "> 0"}}, state={"V": {"initial": "E_L"}})
    net.population("A", 1, membrane="folded")
    net.check()


def test_the_last_definition_of_a_model_counts_however_often_they_alternate():
    def check(extra):
        net = ranvier.Network()
        net.model(model={"name": "alternating", "equations": f"dV/dt = (E_L - V)/tau_m * {extra} + I/C_m : mV", "threshold": "V >= V_th", "reset": "V = E_L"},
                  parameters={"E_L": "-70 mV", "V_th": "-50 mV", "C_m": {"default": "250 pF", "range": "> 0"}, "tau_m": {"default": "10 ms", "range": "> 0"}, extra: "1"}, state={"V": {"initial": "E_L"}})
        net.population("A", 1, membrane="alternating", params={extra: 2})
        net.check()

    for extra in ("ra", "rb", "ra", "rb", "rb", "ra"):
        check(extra)


def test_a_manifest_that_doubles_is_refused(tmp_path):
    manifest = {"$A0": "0123456789", **{f"$A{k}": f"$A{k - 1}$A{k - 1}" for k in range(1, 40)}}
    (tmp_path / "simulation_config.json").write_text(__import__("json").dumps({"manifest": manifest, "run": {"tstop": 1, "dt": 0.1}, "network": "circuit.json"}))
    with pytest.raises(ranvier.InputError, match="4096 characters"):
        ranvier.load(tmp_path / "simulation_config.json")
