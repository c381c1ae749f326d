# SPDX-License-Identifier: Apache-2.0
"""Networks described in Python: the same spikes as from a file, arrays in and out, pieces, changes, errors."""
import gc
import json
import pathlib
import resource
import signal
import subprocess
import threading
import time

import numpy as np
import pytest

import ranvier

EXAMPLES = pathlib.Path(__file__).resolve().parents[2] / "examples"


def brunel(seed=3, **keys):
    """A small network of excitatory and inhibitory cells that fires irregularly."""
    net = ranvier.Network("small", dt="0.1 ms", seed=seed, **keys)
    E = net.population("E", 800, "lif_exp", params={"tau_m": "20 ms"}, initial={"V_m": {"uniform": ["-70 mV", "-50 mV"]}})
    I = net.population("I", 200, "lif_exp", params={"tau_m": "20 ms"}, initial={"V_m": {"uniform": ["-70 mV", "-50 mV"]}})
    for target in (E, I):
        net.project(E, target, {"fixed_indegree": 80}, weight="25 pA", delay={"uniform": ["0.5 ms", "2 ms"]}, receptor="ex")
        net.project(I, target, {"fixed_indegree": 20}, weight="-125 pA", delay="1.5 ms", receptor="in")
        net.poisson(target, rate="8 kHz", weight="25 pA", receptor="ex", name=f"drive {target.name}")
    return net


SAME_AS_A_FILE = """
format = 1
name = "small"
[simulation]
dt = "0.1 ms"
duration = "200 ms"
seed = 3
[[populations]]
name = ["E", "I"]
size = [800, 200]
model = "lif_exp"
params = { tau_m = "20 ms" }
initial = { V_m = { uniform = ["-70 mV", "-50 mV"] } }
[[projections]]
source = "E"
target = "E"
rule = { fixed_indegree = 80 }
receptor = "ex"
weight = "25 pA"
delay = { uniform = ["0.5 ms", "2 ms"] }
[[projections]]
source = "I"
target = "E"
rule = { fixed_indegree = 20 }
receptor = "in"
weight = "-125 pA"
delay = "1.5 ms"
[[projections]]
source = "E"
target = "I"
rule = { fixed_indegree = 80 }
receptor = "ex"
weight = "25 pA"
delay = { uniform = ["0.5 ms", "2 ms"] }
[[projections]]
source = "I"
target = "I"
rule = { fixed_indegree = 20 }
receptor = "in"
weight = "-125 pA"
delay = "1.5 ms"
[[inputs]]
type = "poisson"
target = "E"
receptor = "ex"
rate = "8 kHz"
weight = "25 pA"
[[inputs]]
type = "poisson"
target = "I"
receptor = "ex"
rate = "8 kHz"
weight = "25 pA"
"""


def test_a_network_from_python_has_the_spikes_of_the_same_network_from_a_file(tmp_path):
    file = tmp_path / "small.toml"
    file.write_text(SAME_AS_A_FILE)
    a, b = brunel().build(), ranvier.load(file).build()
    a.run(200), b.run()
    assert len(a.spikes().times) > 500
    np.testing.assert_array_equal(a.spikes().times, b.spikes().times)
    np.testing.assert_array_equal(a.spikes().neurons, b.spikes().neurons)


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_pieces_looks_and_threads_leave_the_spikes_as_they_are(threads):
    whole = brunel().build(threads=1)
    whole.run("200 ms")
    pieces = brunel().build(threads=threads)
    for duration in (0.1, 37.3, 0, 62.6, 100):
        pieces.run(duration)
        pieces.get("E", "V_m"), pieces.synapses("E", "I")
    assert pieces.time == 200
    np.testing.assert_array_equal(whole.spikes("I").times, pieces.spikes("I").times)
    np.testing.assert_array_equal(whole.spikes("I").neurons, pieces.spikes("I").neurons)
    assert whole.summary()["spike_hash"] == pieces.summary()["spike_hash"]


def test_a_saved_simulation_goes_on_from_where_it_was(tmp_path):
    whole = brunel().build()
    whole.run(150)
    first = brunel().build(threads=2)
    first.run(70)
    first.save(tmp_path / "state.h5")
    second = brunel().build(threads=1, resume=tmp_path / "state.h5")
    assert second.time == 70
    second.run(80)
    late = whole.spikes().times > 70
    np.testing.assert_array_equal(whole.spikes().times[late], second.spikes().times)
    np.testing.assert_array_equal(whole.spikes().neurons[late], second.spikes().neurons)
    with pytest.raises(ranvier.InputError, match="exists"):
        first.save(tmp_path / "state.h5")


def test_edges_and_weights_handed_over_come_back(rng=np.random.default_rng(5)):
    source, target = rng.integers(0, 50, 400), rng.integers(0, 30, 400)
    weight, delay = rng.uniform(1, 2, 400), rng.integers(1, 30, 400) * 0.1
    net = ranvier.Network(precision="double")
    A, B = net.population("A", 50, "lif_exp"), net.population("B", 30, "lif_exp")
    net.project(A, B, edges=(source, target), weight=weight, delay=delay, receptor="ex")
    back = net.build(threads=2).synapses(A, B)
    order = np.lexsort((delay, target, source))
    np.testing.assert_array_equal(back.source, source[order])
    np.testing.assert_array_equal(back.target, target[order])
    np.testing.assert_allclose(back.delay, delay[order], rtol=1e-12)
    np.testing.assert_allclose(np.sort(back.weight), np.sort(weight), rtol=1e-8)


def test_a_matrix_of_weights_is_a_projection():
    weights = np.array([[0, 10.0, 0], [20.0, 0, 30.0]])
    net = ranvier.Network()
    A, B = net.population("A", 2, "lif_exp"), net.population("B", 3, "lif_exp")
    net.project(A, B, weight=weights, delay=1.0, receptor="ex")
    np.testing.assert_allclose(net.build().synapses(A, B).matrix(2, 3), weights, rtol=1e-4)


def test_a_parameter_for_each_neuron_acts_on_that_neuron():
    """tau dV/dt = -(V - E_L) + I R: after a long time V - E_L = I tau / C."""
    tau = np.linspace(5, 30, 7)
    net = ranvier.Network()
    P = net.population("P", 7, "lif_exp", params={"tau_m": tau, "C_m": 250.0, "V_th": 1000.0})
    net.current(P, amplitude="100 pA")
    sim = net.build()
    sim.run("1 s")
    np.testing.assert_allclose(sim.get(P, "V_m") + 70, 100 * tau / 250, rtol=1e-4)


def test_traces_are_the_closed_form():
    net = ranvier.Network(dt=0.1)
    P = net.population("P", 2, "lif_exp", params={"tau_m": 20, "C_m": 200, "V_th": 1e3, "E_L": -70}, initial={"V_m": -70})
    net.current(P[0:1], amplitude=200.0)
    net.record("state", P, ["V_m"], interval="0.5 ms")
    sim = net.build()
    sim.run(20), sim.run(30.3)
    trace = sim.trace("V_m", P)
    assert trace.values.shape == (101, 2) and trace.unit == "mV"
    np.testing.assert_allclose(np.diff(trace.times), 0.5, rtol=1e-9)
    np.testing.assert_allclose(trace.values[:, 0], -70 + 20 * (1 - np.exp(-trace.times / 20)), rtol=1e-6)
    np.testing.assert_allclose(trace.values[:, 1], -70, rtol=1e-7)


def test_spikes_handed_over_arrive_and_can_be_replaced():
    net = ranvier.Network()
    S = net.population("S", 3, "spike_train", spikes=([0, 2], [1.0, 2.0]))
    P = net.population("P", 3, "lif_delta", params={"V_th": -55.0})
    net.project(S, P, "one_to_one", weight=50.0, delay=1.0, receptor="v")
    sim = net.build()
    sim.run(5)
    sim.set_spikes(S, [1, 1], [3.0, 7.0])  # the first is past
    sim.run(5)
    times, neurons = sim.spikes(P)
    np.testing.assert_allclose(times, [2.0, 3.0, 8.0])
    np.testing.assert_array_equal(neurons, [0, 2, 1])
    np.testing.assert_allclose(sim.spikes(S).times, [1.0, 2.0, 7.0])


def test_a_changed_input_acts_from_then_on_and_an_unchanged_one_changes_nothing():
    a, b = brunel().build(), brunel().build()
    a.run(100), b.run(100)
    b.change("drive E", rate=8000.0)
    a.run(100), b.run(100)
    np.testing.assert_array_equal(a.spikes().times, b.spikes().times)
    b.change("drive E", rate="100 Hz"), b.change("drive I", rate="100 Hz")
    before = b.rate("E")
    b.run(100)
    assert b.rate("E", 220, 300) < 0.2 * before
    with pytest.raises(ranvier.InputError, match="highest rate"):
        b.change("drive E", rate="8 MHz")
    with pytest.raises(ranvier.InputError, match="weight cannot be changed"):
        b.change("drive E", weight="50 pA")
    with pytest.raises(ranvier.InputError, match="no input is called 'drive'"):
        b.change("drive", rate=1)


@pytest.mark.parametrize("threads", [1, 3])
def test_samples_are_the_currents_of_single_neurons_one_after_the_other(threads):
    """Each holds for `hold`, and V follows the closed form of a leaky membrane under a constant current."""
    samples = np.random.default_rng(3).uniform(-100, 100, (7, 40))
    net = ranvier.Network(dt=0.1, precision="double")
    P = net.population("P", 100, "lif_exp", params={"tau_m": 10, "C_m": 250, "V_th": 1e3})
    net.input("samples", P[10:90:2], samples=samples, hold="0.3 ms", start="1 ms")
    net.record("state", P, ["V_m"])
    sim = net.build(threads=threads)
    sim.run(1.7), sim.run(3.3)
    V, expected = np.zeros(100), []
    for step in range(50):
        current = np.zeros(100)
        if 10 <= step < 31:
            current[10:90:2] = samples[(step - 10) // 3]
        V = V * np.exp(-0.01) - np.expm1(-0.01) * current * 10 / 250
        expected.append(V)
    np.testing.assert_allclose(sim.trace("V_m").values + 70, expected, atol=1e-12)


def test_samples_come_from_a_file_and_can_be_changed(tmp_path):
    file = tmp_path / "s.toml"
    file.write_text("""format = 1
[[populations]]
name = "P"
size = 2
model = "lif_exp"
[[inputs]]
name = "s"
type = "samples"
target = "P"
samples = [["250 pA", "0 pA"], ["0 pA", "0.25 nA"]]
""")
    sim = ranvier.load(file).build()
    sim.run(0.1)
    np.testing.assert_allclose(sim.get("P", "V_m") + 70, [0.0995, 0], atol=1e-4)
    sim.change("s", samples=np.array([[9.0, 9.0], [0.0, 500.0]]))
    sim.run(0.1)
    np.testing.assert_allclose(sim.get("P", "V_m") + 70, [0.0985, 0.199], atol=1e-4)


@pytest.mark.parametrize("keys, words", [
    (dict(samples=np.zeros((4, 3))), "rows of 3 values, but there are 2 neurons"),
    (dict(samples=np.zeros(4)), "array [samples][neurons]"),
    (dict(samples=[["1 pA"]]), "1 values, but there are 2 neurons"),
    (dict(samples=np.array([[0, 1], [np.nan, 0]])), "sample 1 of neuron 0 must be a finite number"),
    (dict(samples=np.zeros((4, 2)), hold="0.01 ms"), "below the time step"),
    (dict(), "samples"),
])
def test_wrong_samples_are_refused(keys, words):
    net = ranvier.Network()
    net.population("P", 2, "lif_exp")
    net.input("samples", "P", **keys)
    with pytest.raises(ranvier.InputError) as error:
        net.check()
    assert words in str(error.value)


def test_parameters_currents_and_arrivals_are_those_the_cells_get():
    net = brunel(precision="double")
    net.input("dc", "E", amplitude={"uniform": ["0 pA", "100 pA"]}, name="dc", start="5 ms")
    net.input("noise", "E", std="10 pA", name="noise")
    core = net.build()._core
    assert core.parameters(0)["tau_m"] == [20] and core.parameters(0)["ex.tau_syn"] == [2]
    currents = core.currents(0, 0, 100).reshape(100, 800)
    assert 9 < currents[:50].std() < 11 and abs(currents[50:].mean() - 50) < 3
    counts = core.arrivals(0, 0, 1000).reshape(1000, 800) / 25
    np.testing.assert_allclose(counts, np.rint(counts), atol=1e-6)
    assert abs(counts.mean() - 0.8) < 0.01 and abs(counts.var() - 0.8) < 0.01


def test_a_state_that_is_set_is_the_state():
    net = ranvier.Network()
    P = net.population("P", 5, "lif_exp", params={"tau_m": 10.0, "V_th": 0.0})
    sim = net.build()
    sim.run(50)  # long enough to fall asleep
    sim.set(P, "V_m", np.arange(5) - 69.0)
    np.testing.assert_allclose(sim.get(P, "V_m"), np.arange(5) - 69.0, rtol=1e-6)
    sim.run(10)
    np.testing.assert_allclose(sim.get(P, "V_m"), -70 + (np.arange(5) + 1) * np.exp(-1), rtol=1e-6)
    with pytest.raises(ranvier.InputError, match="has no state variable 'v'; it has V_m"):
        sim.set(P, "v", 0)
    with pytest.raises(ranvier.InputError, match="5 neurons, but 4 values"):
        sim.set(P, "V_m", np.zeros(4))
    with pytest.raises(ranvier.InputError, match="finite"):
        sim.set(P, "V_m", np.nan)


@pytest.mark.parametrize("describe, words", [
    (lambda net: net.population("E", 10, "lif_ex"), 'Did you mean "lif_exp"?'),
    (lambda net: net.population("E", 10, "lif_exp", params={"tau_m": "20 mV"}), "but a time is needed"),
    (lambda net: net.population("E", 10, "lif_exp", params={"tau_m": np.full(9, 20.0)}), "9 values, but there are 10 neurons"),
    (lambda net: net.population("E", 10, "lif_exp", params={"tau_m": np.full(10, -1.0)}), "must be > 0 ms"),
    (lambda net: net.population("E", 2, "lif_exp", initial={"V_m": np.array([-70, np.nan])}), "must be a finite number"),
    (lambda net: net.population("E", 2, "lif_exp", params={"tau_m": np.array(["a", "b"])}), "array of <U1"),
    (lambda net: net.population("E", 2, "lif_exp", params={"tau_m": object()}), "no place for a object"),
    (lambda net: net.population("E", 2, "lif_exp", positions=np.zeros((3, 2))), "3 places, but the population has 2"),
    (lambda net: net.population("S", 2, "spike_train", spikes=([0, 5], [1.0, 2.0])), "neuron 5 is out of range"),
    (lambda net: net.population("S", 2, "spike_train", spikes=([0], [1.0, 2.0])), "same length"),
    (lambda net: net.project(net.population("E", 5, "lif_exp"), "E", edges=([0, 7], [1, 1]), weight=1.0, delay=1.0, receptor="ex"), "source 7 is out of range"),
    (lambda net: net.project(net.population("E", 5, "lif_exp"), "E", edges=([0.5], [1]), weight=1.0, delay=1.0, receptor="ex"), "whole numbers are needed"),
    (lambda net: net.project(net.population("E", 5, "lif_exp"), "E", edges=([0], [1]), weight=np.array([np.inf]), delay=1.0, receptor="ex"), "must be a finite number"),
    (lambda net: net.project(net.population("E", 5, "lif_exp"), "F", "all_to_all", weight=1.0, delay=1.0, receptor="ex"), '"F"'),
    (lambda net: net.project(net.population("E", 5, "lif_exp"), "E", "all_to_all", weight=1.0, delay=1.0, receptor="exc"), "exc"),
])
def test_what_is_wrong_is_said_with_its_place(describe, words):
    net = ranvier.Network()
    with pytest.raises(ranvier.InputError) as error:
        describe(net)
        net.check()
    assert words in str(error.value)
    assert isinstance(error.value, ValueError) and len(error.value.problems) >= 1


def test_all_problems_are_told_together():
    net = ranvier.Network(dt=-1)
    net.population("E", 0, "lif_exp", params={"tau": 1})
    with pytest.raises(ranvier.InputError) as error:
        net.build()
    assert len(error.value.problems) == 3


def test_times_must_fit_the_step():
    sim = brunel().build()
    for wrong in (0.05, -1, float("nan"), "3 mV"):
        with pytest.raises(ranvier.InputError):
            sim.run(wrong)


def test_ctrl_c_ends_a_piece_and_the_run_can_go_on():
    sim = brunel().build(threads=2)
    whole = brunel().build()
    main = threading.get_ident()
    threading.Timer(0.3, lambda: signal.pthread_kill(main, signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        sim.run("1000 s")
    reached = sim.time
    assert 0 < reached < 1e6
    sim.run(50)
    whole.run(reached + 50)
    np.testing.assert_array_equal(sim.spikes().times, whole.spikes().times)


def test_other_threads_run_while_a_simulation_does():
    sim = brunel().build(threads=1)
    ticks, going = [], True

    def tick():
        while going:
            ticks.append(time.perf_counter())
            time.sleep(0.002)

    thread = threading.Thread(target=tick)
    thread.start()
    since = time.perf_counter()
    sim.run("3 s")
    until = time.perf_counter()
    going = False
    thread.join()
    during = [t for t in ticks if since < t < until]
    assert len(during) > (until - since) / 0.05


def test_memory_stays_flat_over_200_networks():
    def once(k):
        sim = brunel(seed=k + 1).build()
        sim.run(1)
        return sim.spikes("E")

    for k in range(20):
        once(k)
    gc.collect()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for k in range(200):
        once(k)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # KiB


def test_arrays_outlive_the_simulation():
    sim = brunel().build()
    piece = sim.run(50)
    steps, weight = piece.steps, sim.synapses("E", "I").weight
    total, copy = int(steps.sum()), weight.copy()
    del sim, piece
    gc.collect()
    brunel(seed=9).build().run(50)
    assert int(steps.sum()) == total
    np.testing.assert_array_equal(weight, copy)
    with pytest.raises(ValueError):
        steps[0] = 0  # a view of what was recorded


def test_a_network_file_runs_with_other_parameters_and_changed_inputs():
    net = ranvier.load(EXAMPLES / "brunel.toml", set={"order": 100}, duration="20 ms")
    sim = net.build()
    sim.warm_up(5)
    sim.run()
    assert sim.time == 25 and sim.summary()["network"]["neurons"] == 500
    with pytest.raises(ranvier.InputError, match="brunel.toml"):
        ranvier.load(EXAMPLES / "brunel.toml", set={"ordr": 100})


def test_results_are_written_as_by_the_command(tmp_path):
    sim = brunel().build()
    sim.run(20), sim.run(20)
    folder = pathlib.Path(sim.write(tmp_path / "out"))
    assert {"spikes.h5", "summary.json"} <= {p.name for p in folder.iterdir()}
    with pytest.raises(ranvier.InputError, match="overwrite"):
        sim.write(tmp_path / "out")
    page = pathlib.Path(sim.report(tmp_path / "page"))
    assert page.read_text().startswith("<!DOCTYPE html>") or "<html" in page.read_text()[:200]


def test_a_plan_is_what_the_command_says():
    serve = ranvier.plan("llm_serve", "llama-3-70b", on="2xh100", quant="Q4_K_M")
    command = json.loads(subprocess.run([ranvier.command.program(), "plan", "llm_serve", "llama-3-70b", "--on", "2xh100", "quant=Q4_K_M", "--json"], capture_output=True, check=True).stdout)
    assert serve == command
    network = ranvier.plan("network", EXAMPLES / "brunel.toml", rate="5 Hz", set={"order": 100}, threads=1)
    assert network["network"]["neurons"] == 500 and network["estimate"]["memory_byte"] > 0


def test_a_wrong_plan_is_an_input_error():
    with pytest.raises(ranvier.InputError, match="Did you mean"):
        ranvier.plan("llm_serv", "llama-3-70b")
    with pytest.raises(ranvier.InputError, match="nowhere.toml"):
        ranvier.plan("network", "nowhere.toml")
