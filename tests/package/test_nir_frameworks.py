# SPDX-License-Identifier: Apache-2.0
"""Graphs run here as in the frameworks of deep learning that they come from: snnTorch and Norse. Skipped where these, or torch, are not installed."""
import numpy as np
import pytest

import ranvier
import ranvier.nir

nir = pytest.importorskip("nir")
torch = pytest.importorskip("torch", reason="torch is large; pip install torch snntorch norse nirtorch to run these tests")


def spikes(rng, steps, n, p=0.3):
    return (rng.random((steps, n)) < p).astype(np.float64)


def steps_of(module, x, state=None):
    """[steps][outputs] what a stateful module gives for x [steps][inputs], a step at a time."""
    out = []
    with torch.no_grad():
        for row in torch.as_tensor(x)[:, None]:
            y, state = module(row, state)
            out.append(y.numpy()[0])
    return np.array(out)


def snn_steps(net, x):
    """The same for modules of snnTorch that keep their state."""
    out = []
    with torch.no_grad():
        for row in torch.as_tensor(x, dtype=torch.float32)[:, None]:
            y = net(row)
            out.append((y[0] if isinstance(y, tuple) else y).numpy()[0])
    return np.array(out)


def test_layers_trained_in_snntorch_give_its_spikes():
    snn = pytest.importorskip("snntorch")
    export = pytest.importorskip("snntorch.export_nir")
    neurons = dict(reset_mechanism="zero", init_hidden=True, reset_delay=False)  # NIR resets at the spike
    torch.manual_seed(3)
    each = {n: lambda value, n=n: torch.full((n,), value) for n in (50, 30, 10)}  # snnTorch's export wants a value for each neuron
    net = torch.nn.Sequential(torch.nn.Linear(20, 50), snn.Leaky(beta=each[50](0.9), threshold=each[50](0.7), **neurons), torch.nn.Linear(50, 30),
                              snn.Synaptic(alpha=each[30](0.8), beta=each[30](0.85), threshold=each[30](0.6), **neurons), torch.nn.Linear(30, 10),
                              snn.Leaky(beta=each[10](0.95), threshold=each[10](0.5), **neurons))
    x = spikes(np.random.default_rng(1), 200, 20)
    graph = export.export_to_nir(net, torch.zeros(20))
    for module in net:
        if hasattr(module, "reset_mem"):
            module.reset_mem()
    theirs = snn_steps(net, x)
    assert 0.02 < theirs.mean() < 0.9
    np.testing.assert_array_equal(ranvier.nir.read(graph, dt=1e-4, discretisation="euler")(x), theirs)


def test_a_recurrent_layer_of_snntorch_gives_its_spikes():
    snn = pytest.importorskip("snntorch")
    export = pytest.importorskip("snntorch.export_nir")
    torch.manual_seed(3)
    first = torch.nn.Linear(20, 30)
    layer = snn.RLeaky(beta=0.9, threshold=0.7, linear_features=30, reset_mechanism="zero", init_hidden=True, all_to_all=True, reset_delay=False)
    with torch.no_grad():
        first.weight *= 3
    graph = nir.NIRGraph({"input": nir.Input(np.array([20])), "w": nir.Affine(first.weight.detach().numpy(), first.bias.detach().numpy()), "r": export._extract_snntorch_module(layer),
                          "output": nir.Output(np.array([30]))}, [("input", "w"), ("w", "r"), ("r", "output")], type_check=False)
    x = spikes(np.random.default_rng(2), 200, 20)
    theirs = snn_steps(torch.nn.Sequential(first, layer), x)
    assert 0.02 < theirs.mean() < 0.9
    np.testing.assert_array_equal(ranvier.nir.read(graph, dt=1e-4, discretisation="euler")(x), theirs)


def graph_for_norse(rng):
    n = {k: rng.uniform(0.5, 1.5, k) for k in (40, 30, 8)}
    return nir.NIRGraph.from_list(
        nir.Affine(rng.normal(0.2, 1, (40, 20)), rng.normal(0, 0.2, 40)),
        nir.LIF(tau=10e-3 * n[40], r=np.ones(40), v_leak=np.zeros(40), v_threshold=0.2 * n[40]),
        nir.Affine(rng.normal(0.2, 1, (30, 40)), np.zeros(30)),
        nir.CubaLIF(tau_syn=5e-3 * n[30], tau_mem=10e-3 * n[30], r=np.ones(30), v_leak=np.zeros(30), v_threshold=0.1 * n[30]),
        nir.Affine(rng.normal(0.2, 1, (8, 30)), np.zeros(8)),
        nir.IF(r=np.ones(8), v_threshold=4 * n[8]))


@pytest.mark.parametrize("real", [False, True])
def test_a_graph_gives_the_spikes_of_norse(real):
    norse = pytest.importorskip("norse.torch")
    rng = np.random.default_rng(4)
    graph = graph_for_norse(rng)
    x = rng.normal(0.3, 1, (200, 20)) if real else spikes(rng, 200, 20)
    ours = ranvier.nir.read(graph, dt=1e-3, discretisation="euler")(x)
    module = norse.from_nir(graph, dt=1e-3, ignore_warnings=True).double()
    theirs = steps_of(module, x)
    assert 0.02 < theirs.mean() < 0.9
    np.testing.assert_array_equal(ours, theirs)
