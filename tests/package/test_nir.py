# SPDX-License-Identifier: Apache-2.0
"""NIR graphs run here as their equations say, as the nir package writes them, and as Norse and snnTorch compute them."""
import numpy as np
import pytest

import ranvier
import ranvier.nir

nir = pytest.importorskip("nir")

DT = 1e-3


# ------------------------------------------------------------------------------------------ the oracle: NIR's equations in numpy, a step at a time


def conv(x, node):
    """A convolution by its definition: x [channels][height][width]."""
    c_out, c_in, kh, kw = node.weight.shape
    (ph, pw), (sh, sw), (dh, dw) = (np.broadcast_to(k, 2) for k in (node.padding, node.stride, node.dilation))
    x = np.pad(x, ((0, 0), (ph, ph), (pw, pw)))
    height, width = (x.shape[1] - dh * (kh - 1) - 1) // sh + 1, (x.shape[2] - dw * (kw - 1) - 1) // sw + 1
    y = np.zeros((c_out, height, width))
    per = c_out // node.groups
    for o in range(c_out):
        for i in range(height):
            for j in range(width):
                patch = x[o // per * c_in:(o // per + 1) * c_in, i * sh:i * sh + dh * kh:dh, j * sw:j * sw + dw * kw:dw]
                y[o, i, j] = np.sum(patch * node.weight[o]) + node.bias[o]
    return y


def pool(x, node, mean):
    (kh, kw), (sh, sw), (ph, pw) = (np.broadcast_to(k, 2) for k in (node.kernel_size, node.stride, node.padding))
    x = np.pad(x, ((0, 0), (ph, ph), (pw, pw)))
    height, width = (x.shape[1] - kh) // sh + 1, (x.shape[2] - kw) // sw + 1
    return np.array([[[x[c, i * sh:i * sh + kh, j * sw:j * sw + kw].sum() / (kh * kw if mean else 1) for j in range(width)] for i in range(height)] for c in range(len(x))])


def simulate(graph, x, order, dt=DT, euler=False, per_step=False, late=()):
    """{node: [steps][*shape]} of all neurons and outputs. order: of the neurons; of one that comes later, and along `late` pairs, the last step's spikes count."""
    nodes, before = graph.nodes, {n: [a for a, b in graph.edges if b == n] for n in graph.nodes}
    state = {n: dict(v=np.array(getattr(nodes[n], "v_leak", 0.0), float), i=0.0) for n in order}
    last, out = {}, {n: [] for n in [*order, *(n for n in nodes if type(nodes[n]).__name__ == "Output")]}

    def give(name, now, target):
        node, kind = nodes[name], type(nodes[name]).__name__
        if kind == "Input":
            return now[name]
        if name in order:
            done = name in now and (name, target) not in late
            return now[name] if done else last.get(name, np.zeros(graph_shape(nodes[name])))
        s = arrive(name, now, target)
        if kind in ("Affine", "Linear"):
            return node.weight @ s.ravel() + getattr(node, "bias", 0.0)
        return {"Scale": lambda: s * node.scale, "Flatten": lambda: s.ravel(), "Conv2d": lambda: conv(s, node), "SumPool2d": lambda: pool(s, node, False),
                "AvgPool2d": lambda: pool(s, node, True)}[kind]()

    def arrive(name, now, target):
        return sum(give(a, now, target) for a in before[name])

    for t in range(len(x)):
        now = {"input": np.asarray(x[t], float)}
        for n in order:
            node, kind, st = nodes[n], type(nodes[n]).__name__, state[n]
            S = arrive(n, now, n).reshape(graph_shape(node))
            if kind == "Threshold":
                now[n] = (S > node.threshold).astype(float)
            else:
                drive = S
                if kind in ("CubaLIF", "CubaLI"):
                    st["v"], st["i"] = cuba(st["v"], st["i"], S, node, dt, euler)
                elif kind in ("IF", "I"):
                    st["v"] = st["v"] + (1 if per_step else dt) * node.r * drive
                else:
                    k = dt / node.tau if euler else -np.expm1(-dt / node.tau)
                    st["v"] = st["v"] + k * (node.v_leak - st["v"] + node.r * drive)
                if hasattr(node, "v_threshold"):
                    now[n] = (st["v"] > node.v_threshold).astype(float)
                    st["v"] = np.where(now[n] > 0, node.v_reset, st["v"])
                else:
                    now[n] = st["v"]
            out[n].append(now[n])
        for n in out:
            if n not in order:
                out[n].append(arrive(n, now, n))
        last = {n: now[n] for n in order}
    return {n: np.array(v) for n, v in out.items()}


def graph_shape(node):
    return np.shape(getattr(node, "r", getattr(node, "threshold", None)))


def cuba(v, i, S, node, dt, euler):
    if euler:
        i = i + dt / node.tau_syn * (node.w_in * S - i)
        return v + dt / node.tau_mem * (node.v_leak - v + node.r * i), i
    n = 2000  # the equations by many small steps of the midpoint rule
    for _ in range(n):
        h = dt / n
        middle = i + h / 2 / node.tau_syn * (node.w_in * S - i)
        at = v + h / 2 / node.tau_mem * (node.v_leak - v + node.r * i)
        v, i = v + h / node.tau_mem * (node.v_leak - at + node.r * middle), i + h / node.tau_syn * (node.w_in * S - middle)
    return v, i


# ------------------------------------------------------------------------------------------ graphs


def lif(n, rng, threshold=1.0, v_leak=0.0, v_reset=0.0):
    return nir.LIF(tau=rng.uniform(5e-3, 20e-3, n), r=rng.uniform(3, 6, n), v_leak=np.full(n, v_leak), v_threshold=np.full(n, threshold), v_reset=np.full(n, v_reset))


def cuba_lif(n, rng):
    return nir.CubaLIF(tau_syn=rng.uniform(3e-3, 10e-3, n), tau_mem=rng.uniform(5e-3, 20e-3, n), r=rng.uniform(3, 6, n), v_leak=rng.uniform(-0.2, 0.2, n), v_threshold=np.ones(n),
                       w_in=rng.uniform(1, 2, n))


def affine(outputs, inputs, rng, scale=1.0):
    return nir.Affine(weight=rng.normal(0.3, 1, (outputs, inputs)) * scale, bias=rng.normal(0, 0.2, outputs))


def chain(n_in, *nodes):
    """A graph of one path; the neurons are called n0, n1, ..."""
    named, count = {"input": nir.Input(np.atleast_1d(n_in))}, 0
    for node in nodes:
        neuron = type(node).__name__ in ("LIF", "CubaLIF", "IF", "LI", "CubaLI", "I", "Threshold")
        named[f"n{count}" if neuron else f"l{len(named)}"] = node
        count += neuron
    named["output"] = nir.Output(None)
    names = list(named)
    return nir.NIRGraph(named, list(zip(names, names[1:])), type_check=False)


def recurrent(rng, n_in=6, n=12, kind=lif):
    nodes = {"input": nir.Input(np.array([n_in])), "w": affine(n, n_in, rng, 0.8), "n0": kind(n, rng), "w_rec": affine(n, n, rng, 0.3), "output": nir.Output(np.array([n]))}
    return nir.NIRGraph(nodes, [("input", "w"), ("w", "n0"), ("n0", "w_rec"), ("w_rec", "n0"), ("n0", "output")], type_check=False)


def spikes(rng, steps, *shape, p=0.3):
    return (rng.random((steps, *shape)) < p).astype(float)


def compare(graph, x, order, run=None, **keys):
    """The run agrees with the oracle in every spike and to 1e-8 in every potential; weights are whole multiples of 2^-31 of the largest."""
    expected = simulate(graph, x, order, euler=keys.get("discretisation") == "euler", per_step=keys.get("if_step") == "steps" or keys.get("discretisation") == "euler", late=keys.pop("late", ()))
    run = ranvier.nir.read(graph, dt=DT, **keys).run(x)
    for name in order:
        if hasattr(graph.nodes[name], "v_threshold") or type(graph.nodes[name]).__name__ == "Threshold":
            np.testing.assert_array_equal(run.spikes(name), expected[name], err_msg=name)
            assert 0.01 < run.spikes(name).mean() < 0.95, f"{name} says nothing"
        else:
            np.testing.assert_allclose(run.potential(name), expected[name], atol=1e-7, rtol=1e-6)
    np.testing.assert_allclose(run.output, expected["output"].reshape(run.output.shape), atol=1e-7, rtol=1e-6)
    return run


@pytest.mark.parametrize("discretisation", ["exact", "euler"])
@pytest.mark.parametrize("real", [False, True])
def test_layers_of_every_neuron_follow_the_equations(discretisation, real):
    rng = np.random.default_rng(1)
    graph = chain(8, affine(20, 8, rng), lif(20, rng, v_leak=0.3, v_reset=-0.5), affine(15, 20, rng, 0.5), cuba_lif(15, rng), nir.Linear(rng.normal(0.5, 1, (10, 15))),
                  nir.IF(r=rng.uniform(100, 200, 10) if discretisation == "exact" else rng.uniform(0.1, 0.3, 10), v_threshold=np.ones(10), v_reset=np.full(10, -0.2)), affine(6, 10, rng),
                  nir.CubaLI(tau_syn=np.full(6, 5e-3), tau_mem=np.full(6, 5e-3), r=np.ones(6), v_leak=np.full(6, 0.1)))
    x = rng.normal(0.5, 1, (60, 8)) if real else spikes(rng, 60, 8)
    compare(graph, x, ["n0", "n1", "n2", "n3"], discretisation=discretisation)


@pytest.mark.parametrize("discretisation", ["exact", "euler"])
def test_integrators_and_leaky_readouts_give_their_potential(discretisation):
    rng = np.random.default_rng(2)
    for readout in (nir.LI(tau=np.full(3, 10e-3), r=np.full(3, 2.0), v_leak=np.full(3, -0.4)), nir.I(r=np.array([1.0, 2.0, -3.0]))):
        graph = chain(5, affine(9, 5, rng, 2), lif(9, rng), nir.Scale(np.linspace(0.1, 1, 9)), affine(3, 9, rng), readout)
        compare(graph, spikes(rng, 80, 5), ["n0", "n1"], discretisation=discretisation)


@pytest.mark.parametrize("kind", [lif, cuba_lif])
@pytest.mark.parametrize("real", [False, True])
def test_recurrent_spikes_arrive_in_the_next_step(kind, real):
    rng = np.random.default_rng(3)
    graph = recurrent(rng, kind=kind)
    compare(graph, rng.normal(0.5, 1, (100, 6)) if real else spikes(rng, 100, 6), ["n0"], discretisation="euler")


def test_a_loop_of_two_layers_takes_a_step_for_each_connection():
    rng = np.random.default_rng(4)
    nodes = {"input": nir.Input(np.array([6])), "w": affine(8, 6, rng), "a": lif(8, rng), "ab": affine(7, 8, rng), "b": lif(7, rng), "ba": affine(8, 7, rng, 0.5),
             "last": lif(7, rng, threshold=0.5), "output": nir.Output(np.array([7]))}
    graph = nir.NIRGraph(nodes, [("input", "w"), ("w", "a"), ("a", "ab"), ("ab", "b"), ("b", "ba"), ("ba", "a"), ("b", "last"), ("last", "output")], type_check=False)
    nodes["last"].tau[:] = 2e-3
    compare(graph, spikes(rng, 100, 6), ["a", "b", "last"], late={("a", "b"), ("b", "a")})


def test_paths_of_different_length_meet_in_the_same_step():
    rng = np.random.default_rng(5)
    nodes = {"input": nir.Input(np.array([6])), "w": affine(8, 6, rng), "a": lif(8, rng), "ab": affine(8, 8, rng, 0.5), "b": lif(8, rng), "skip": affine(8, 8, rng, 0.3),
             "direct": affine(8, 6, rng, 0.3), "c": lif(8, rng, threshold=0.6), "output": nir.Output(np.array([8]))}
    edges = [("input", "w"), ("w", "a"), ("a", "ab"), ("ab", "b"), ("b", "c"), ("a", "skip"), ("skip", "c"), ("input", "direct"), ("direct", "c"), ("c", "output"), ("b", "output")]
    compare(nir.NIRGraph(nodes, edges, type_check=False), spikes(rng, 100, 6), ["a", "b", "c"])


def test_convolutions_and_pools_connect_as_their_definition_says():
    rng = np.random.default_rng(6)

    def convolution(c_out, c_in, k, **keys):
        return nir.Conv2d(None, rng.normal(0.1, 0.5, (c_out, c_in, *k)), keys.get("stride", 1), keys.get("padding", 0), keys.get("dilation", 1), keys.get("groups", 1), rng.normal(0, 0.1, c_out))

    def cells(*shape):
        return nir.LIF(tau=np.full(shape, 5e-3), r=np.full(shape, 4.0), v_leak=np.zeros(shape), v_threshold=np.ones(shape))

    graph = chain((2, 9, 8), convolution(4, 2, (3, 2), stride=(2, 1), padding=(1, 2)), cells(4, 5, 11), nir.SumPool2d(np.array([2, 3]), np.array([1, 2]), np.array([0, 1])),
                  convolution(6, 2, (2, 2), dilation=(1, 2), groups=2), cells(6, 3, 4), nir.AvgPool2d(np.array([2, 2]), np.array([1, 2]), np.array([1, 0])), nir.Flatten({"input": None}, 1, -1),
                  affine(5, 48, rng, 4), lif(5, rng))
    run = compare(graph, spikes(rng, 40, 2, 9, 8), ["n0", "n1", "n2"])
    assert run.spikes("n1").shape == (40, 6, 3, 4)
    real = rng.normal(0.3, 1, (20, 2, 9, 8))
    np.testing.assert_array_equal(ranvier.nir.read(graph, dt=DT)(real), simulate(graph, real, ["n0", "n1", "n2"])["output"])


def test_same_padding_keeps_the_shape_and_one_dimension_is_a_row_of_two():
    rng = np.random.default_rng(7)
    weight, bias, x = rng.normal(0, 1, (3, 2, 4)), rng.normal(0, 1, 3), rng.normal(0, 1, (5, 2, 10))
    same = ranvier.nir.read(chain((2, 10), nir.Conv1d(None, weight, 1, "same", 1, 1, bias)), dt=DT)(x)
    padded = np.pad(x, ((0, 0), (0, 0), (1, 2)))
    expected = np.stack([np.einsum("tck,ock->to", padded[:, :, j:j + 4], weight) + bias for j in range(10)], axis=2)
    np.testing.assert_allclose(same, expected, atol=1e-12)


def test_a_delay_delays_and_takes_the_place_of_the_step_of_a_loop():
    rng = np.random.default_rng(8)
    w, cells, x = affine(8, 6, rng), lif(8, rng), spikes(rng, 100, 6)
    plain = ranvier.nir.read(chain(6, w, cells), dt=DT)(x)
    late = ranvier.nir.read(chain(6, w, cells, nir.Delay(np.arange(8) * DT)), dt=DT)(x)
    for k in range(8):
        np.testing.assert_array_equal(late[k:, k], plain[:100 - k, k])
        assert not late[:k, k].any()
    graph = recurrent(rng)
    for delay, same in ((0.0, True), (1.0, True), (5.0, False)):
        nodes = {**graph.nodes, "d": nir.Delay(np.full(12, delay * DT))}
        edges = [e for e in graph.edges if e != ("w_rec", "n0")] + [("w_rec", "d"), ("d", "n0")]
        nodes["w_rec"].bias[:] = 0
        delayed = ranvier.nir.read(nir.NIRGraph(nodes, edges, type_check=False), dt=DT)(x)
        assert np.array_equal(delayed, ranvier.nir.read(graph, dt=DT)(x)) == same


def test_spikes_and_the_same_numbers_as_currents_do_the_same():
    """An input of spikes goes through synapses, one of real numbers through currents: both are the same sum."""
    rng = np.random.default_rng(9)
    for kind in (lif, cuba_lif):
        graph = ranvier.nir.read(recurrent(rng, kind=kind), dt=DT)
        x = spikes(rng, 100, 6)
        marked = x.copy()
        marked[99] = 0.5  # one value that is no spike, too late to matter before
        np.testing.assert_array_equal(graph(x)[:99], graph(marked)[:99])


def test_subgraphs_are_the_same_as_what_they_hold():
    rng = np.random.default_rng(10)
    w, inner, x = affine(12, 6, rng, 0.8), recurrent(rng, n_in=12), spikes(rng, 60, 6)
    nodes = {"input": nir.Input(np.array([6])), "w0": w, "sub": inner, "output": nir.Output(np.array([12]))}
    nested = nir.NIRGraph(nodes, [("input", "w0"), ("w0", "sub"), ("sub", "output")], type_check=False)
    flat = nir.NIRGraph({"input": nodes["input"], "w0": w, **{k: v for k, v in inner.nodes.items() if k not in ("input", "output")}, "output": nodes["output"]},
                        [("input", "w0"), ("w0", "w"), ("w", "n0"), ("n0", "w_rec"), ("w_rec", "n0"), ("n0", "output")], type_check=False)
    run = ranvier.nir.read(nested, dt=DT).run(x)
    assert run.spikes("sub.n0").any()
    np.testing.assert_array_equal(run.output, ranvier.nir.read(flat, dt=DT)(x))


def test_a_file_of_the_nir_package_is_its_graph(tmp_path):
    rng = np.random.default_rng(11)
    graph, x = recurrent(rng, kind=cuba_lif), spikes(rng, 60, 6)
    nir.write(tmp_path / "g.nir", graph)
    a = ranvier.nir.read(tmp_path / "g.nir", dt="1 ms")(x)
    assert a.any()
    np.testing.assert_array_equal(a, ranvier.nir.read(graph, dt=DT)(x))


def test_an_integrate_and_fire_neuron_does_not_fire_at_its_threshold_but_above():
    """Weights of 1/4: the fourth spike brings v to the threshold exactly, the fifth above it."""
    for precision in ("double", "single"):
        graph = chain(1, nir.Linear(np.array([[0.25]])), nir.IF(r=np.ones(1), v_threshold=np.ones(1)))
        for x in (np.ones((20, 1)), np.where(np.arange(20) == 19, 0.5, 1.0)[:, None]):
            fired = np.flatnonzero(ranvier.nir.read(graph, dt=DT, discretisation="euler", precision=precision)(x)[:, 0])
            np.testing.assert_array_equal(fired, [4, 9, 14, 19])


def test_a_neuron_that_leaks_above_threshold_fires_from_the_first_step():
    rng = np.random.default_rng(12)
    nodes = {"input": nir.Input(np.array([2])), "n0": nir.LIF(tau=np.full(2, 5e-3), r=np.ones(2), v_leak=np.array([3.0, 0.0]), v_threshold=np.ones(2)), "w": nir.Linear(np.full((1, 2), 4.0)),
             "n1": nir.LIF(tau=np.full(1, 5e-3), r=np.ones(1), v_leak=np.zeros(1), v_threshold=np.full(1, 0.7)), "output": nir.Output(np.array([1]))}
    graph = nir.NIRGraph(nodes, [("input", "n0"), ("n0", "w"), ("w", "n1"), ("n1", "output")], type_check=False)
    run = ranvier.nir.read(graph, dt=DT).run(steps=30)
    v, times = 0.0, []
    for t in range(30):  # from its reset level
        v += -np.expm1(-DT / 5e-3) * (3 - v)
        if v > 1:
            times.append(t)
            v = 0.0
    np.testing.assert_array_equal(np.flatnonzero(run.spikes("n0")[:, 0]), times)
    assert run.spikes("n1").any() and not run.spikes("n0")[:, 1].any()


def test_parameters_of_one_element_hold_for_all_and_two_outputs_are_named():
    rng = np.random.default_rng(13)
    one = nir.LIF(tau=np.array([5e-3]), r=np.array([4.0]), v_leak=np.array([0.0]), v_threshold=np.array([1.0]))
    nodes = {"input": nir.Input(np.array([4])), "w": affine(5, 4, rng), "lif": one, "sum": nir.Linear(np.ones((1, 5))), "a": nir.Output(np.array([5])), "b": nir.Output(np.array([1]))}
    graph = nir.NIRGraph(nodes, [("input", "w"), ("w", "lif"), ("lif", "sum"), ("lif", "a"), ("sum", "b")], type_check=False)
    out = ranvier.nir.read(graph, dt=DT)(spikes(rng, 50, 4))
    assert out["a"].sum() > 10
    np.testing.assert_array_equal(out["a"].sum(axis=1, keepdims=True), out["b"])


def test_the_network_is_an_ordinary_one_with_the_same_spikes_on_any_number_of_threads():
    rng = np.random.default_rng(14)
    graph, x = ranvier.nir.read(recurrent(rng, n=40), dt=DT), spikes(rng, 100, 6)
    sims = [graph.network(x).build(threads=k) for k in (1, 2, 3)]
    for sim in sims:
        sim.run(102)
    assert len(sims[0].spikes("n0").times) > 100
    for sim in sims[1:]:
        np.testing.assert_array_equal(sim.spikes("n0").times, sims[0].spikes("n0").times)
    times, neurons = sims[0].spikes("n0")
    raster = np.zeros((100, 40))
    steps = np.rint(times).astype(int) - 1 - graph.depth("n0")
    raster[steps[steps < 100], neurons[steps < 100]] = 1
    np.testing.assert_array_equal(raster, graph(x))


# ------------------------------------------------------------------------------------------ what is wrong


class Strange(nir.ir.node.NIRNode):
    def __init__(self):
        self.input_type = self.output_type = {"input": np.array([2])}
        self.metadata = {}


def broken(change, edges=None):
    rng = np.random.default_rng(15)
    nodes = {"input": nir.Input(np.array([3])), "w": affine(4, 3, rng), "lif": lif(4, rng), "output": nir.Output(np.array([4]))}
    links = [("input", "w"), ("w", "lif"), ("lif", "output")]
    change(nodes, links)
    return nir.NIRGraph(nodes, links, type_check=False)


def set_nan(nodes, _):
    nodes["w"].weight[2, 1] = np.nan


def two_convolutions(nodes, links):
    nodes["w"] = nir.Conv2d(None, np.ones((1, 1, 2, 2)), 1, 0, 1, 1, np.zeros(1))


def pure_loop(nodes, links):
    nodes["back"] = nir.Linear(np.eye(4))
    links += [("w", "back"), ("back", "w2"), ("w2", "back"), ("back", "lif")]
    nodes["w2"] = nir.Linear(np.eye(4))


def analog(nodes, links):
    nodes["li"] = nir.LI(np.full(4, 1e-2), np.ones(4), np.zeros(4))
    links[1:2] = [("w", "li"), ("li", "lif")]


@pytest.mark.parametrize("change, words", [
    (lambda n, e: n.update(lif=Strange()), ["'lif'", "Strange", "known are", "CubaLIF"]),
    (set_nan, ["'w'", "weight[2, 1]", "nan", "finite"]),
    (lambda n, e: n["lif"].tau.__setitem__(1, np.inf), ["'lif'", "tau of element 1", "inf"]),
    (lambda n, e: n["lif"].tau.__setitem__(1, -1.0), ["'lif'", "tau = -1 s", "> 0"]),
    (lambda n, e: n["lif"].v_reset.__setitem__(2, 1.0), ["'lif'", "v_reset = 1 of element 2", "lower v_reset"]),
    (lambda n, e: n.update(w=affine(4, 5, np.random.default_rng(0))), ["'w'", "(4, 5)", "takes 5 elements, but 3 reach it"]),
    (lambda n, e: n.update(lif=lif(6, np.random.default_rng(0))), ["'lif'", "(6,)", "4 elements"]),
    (lambda n, e: n.update(output=nir.Output(np.array([7]))), ["'output'", "(7,)"]),
    (two_convolutions, ["'w'", "Conv2d", "(channels, height, width)"]),
    (lambda n, e: n.update(more=lif(4, np.random.default_rng(0))), ["'more'", "no edge leads to it", "remove it"]),
    (lambda n, e: e.remove(("lif", "output")) or e.append(("w", "output")), ["'lif'", "no edge leaves it"]),
    (lambda n, e: e.append(("lif", "nowhere")), ["'nowhere'", "no such node"]),
    (lambda n, e: e.append(("w", "lif")), ["'w' -> 'lif'", "twice"]),
    (lambda n, e: n.pop("input") and e.pop(0), ["no node of type Input"]),
    (pure_loop, ["'back'", "'w2'", "loop without a neuron"]),
    (analog, ["'li'", "CubaLIF"]),
])
def test_a_wrong_graph_is_refused_with_the_name_of_the_node(change, words):
    with pytest.raises(ranvier.InputError) as error:
        ranvier.nir.read(broken(change), dt=DT)
    for word in words:
        assert word in str(error.value)


def test_wrong_arrays_files_and_words_are_refused(tmp_path):
    graph = broken(lambda n, e: None)
    good = ranvier.nir.read(graph, dt=DT)
    for x, words in ((np.zeros((5, 4)), "[steps][3]"), (np.full((5, 3), np.nan), "element 0 in step 0 is nan"), (np.array([["a"] * 3]), "must be numbers"), (None, "number of steps")):
        with pytest.raises(ranvier.InputError, match=words.replace("[", r"\[").replace("]", r"\]")):
            good(x)
    with pytest.raises(ranvier.InputError, match="no input is called 'in'"):
        good({"in": np.zeros((5, 3))})
    (tmp_path / "text.nir").write_text("not HDF5")
    for file in ("text.nir", "missing.nir"):
        with pytest.raises(ranvier.InputError, match=file):
            ranvier.nir.read(tmp_path / file, dt=DT)
    for keys in (dict(dt=0), dict(dt=DT, discretisation="heun"), dict(dt=0.1, discretisation="euler"), dict(dt=DT, precision="half")):
        with pytest.raises(ranvier.InputError):
            ranvier.nir.read(graph, **keys)
    with pytest.raises(ranvier.InputError, match="no node of type"):
        good.run(np.zeros((5, 3))).potential("lif")


# ------------------------------------------------------------------------------------------ networks of ours as graphs


def network(model, trains, **params):
    """80 excitatory and 20 inhibitory cells, kept going by spikes from outside."""
    receptor = {"lif_delta": ("v", "v"), "lif_exp": ("ex", "in")}[model]
    weight = {"lif_delta": (1.5, -4.0), "lif_exp": (60.0, -150.0)}[model]
    if model == "lif_exp":
        params.update(tau_syn_ex=3.0, tau_syn_in=3.0)
    net = ranvier.Network(dt=0.1, seed=4, precision="double")
    S = net.population("S", 40, "spike_train", spikes=trains)
    E = net.population("E", 80, model, params={"t_ref": 0.0, "tau_m": {"uniform": ["10 ms", "20 ms"]}, "I_e": "150 pA", **params}, initial={"V_m": {"uniform": ["-70 mV", "-56 mV"]}})
    I = net.population("I", 20, model, params={"t_ref": 0.0, **params})
    for source, target, n, w, r in ((S, E, 10, 0, 0), (S, I, 10, 0, 0), (E, E, 8, 0, 0), (E, I, 8, 0, 0), (I, E, 4, 1, 1), (I, I, 4, 1, 1)):
        net.project(source, target, {"fixed_indegree": n}, weight=weight[w], delay={"uniform": ["0.1 ms", "0.8 ms"]}, receptor=receptor[r])
    net.current(I, 20.0)
    return net


@pytest.mark.parametrize("model", ["lif_delta", "lif_exp"])
def test_a_network_that_was_written_has_its_spikes_when_read(model, tmp_path):
    rng = np.random.default_rng(16)
    step, neuron = np.nonzero(rng.random((2000, 40)) < 0.02)
    net = network(model, (neuron, (step + 1) * 0.1))
    sim = net.build()
    sim.run(200)
    ranvier.nir.write(net, tmp_path / "net.nir")
    graph = ranvier.nir.read(tmp_path / "net.nir", dt=1e-4, discretisation="impulse")
    x = np.zeros((2000, 40))
    x[step, neuron] = 1
    run = graph.run(x)
    for name in ("E", "I"):
        times, neurons = sim.spikes(name)
        assert len(times) > 100
        expected = np.zeros((2000, len(run.spikes(name)[0])))
        expected[np.rint(times / 0.1).astype(int) - 1, neurons] = 1
        np.testing.assert_array_equal(run.spikes(name), expected)
        np.testing.assert_array_equal(run.outputs[name + "_output"], expected)
    with pytest.raises(ranvier.InputError, match="exists"):
        ranvier.nir.write(net, tmp_path / "net.nir")


@pytest.mark.parametrize("change, words", [
    (lambda net: net.population("H", 2, "adex_cond_exp"), ["'H'", "adex", "leaky neurons only"]),
    (lambda net: net.population("R", 2, "lif_exp"), ["'R'", "t_ref = 2 ms", "t_ref = 0"]),
    (lambda net: net.poisson("E", rate=100.0, weight=1.0, receptor="v", name="noise"), ["'noise'", "poisson", "poisson_source"]),
    (lambda net: net.project("E", "E", "one_to_one", weight=1.0, delay=1.0, receptor="v", synapse="stdp", name="learns"), ["'learns'", "change"]),
    (lambda net: net.gap_junctions("E", "E", {"fixed_total_number": 3}, "1 nS"), ["gap junctions"]),
])
def test_what_nir_cannot_say_is_refused(change, words):
    net = network("lif_delta", ([0], [1.0]))
    change(net)
    with pytest.raises(ranvier.InputError) as error:
        ranvier.nir.write(net)
    for word in words:
        assert word in str(error.value)


def test_the_example_tells_ten_digits_apart():
    import importlib.util
    import pathlib

    spec = importlib.util.spec_from_file_location("nir_digits", pathlib.Path(__file__).resolve().parents[2] / "examples" / "python" / "nir_digits.py")
    example = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(example)
    assert example.main() == 10


def at_start(tau_in, **initial):
    net = ranvier.Network(dt=0.1, precision="double")
    net.population("E", 3, "lif_exp", params={"t_ref": 0.0, "tau_syn_ex": 5.0, "tau_syn_in": tau_in}, initial=initial)
    return net


@pytest.mark.parametrize("tau_in", [5.0, 3.0])  # receptors that share a state, and that do not
@pytest.mark.parametrize("file", [False, True])
def test_currents_at_the_start_are_refused_and_potentials_kept(tau_in, file, tmp_path):
    def read(text):
        (tmp_path / "net.toml").write_text(f"""format = 1
[parameters]
tau = "{tau_in} ms"
[[populations]]
name = "E"
size = 3
model = "lif_exp"
params = {{ t_ref = "0 ms", tau_syn_ex = "5 ms", tau_syn_in = "$tau" }}
initial = {{ {text} }}
""")
        return ranvier.load(tmp_path / "net.toml")

    net = read('"ex.I" = "3 nA"') if file else at_start(tau_in, **{"ex.I": 3000.0})
    with pytest.raises(ranvier.InputError, match=r"'E'.*ex\.I.*3000.*leave ex\.I out of its initial"):
        ranvier.nir.write(net)
    net = read('"ex.I" = "0 pA", V_m = "-60 mV"') if file else at_start(tau_in, V_m=-60.0, **{"ex.I": 0.0})
    np.testing.assert_array_equal(ranvier.nir.write(net).nodes["E"].metadata["v"], [-60.0] * 3)
    assert "recordings" not in net._tree  # the network is as it was


def test_a_simulation_that_has_run_or_was_given_currents_is_refused():
    sim = at_start(3.0).build()
    sim.set("E", "V_m", -62.0)
    np.testing.assert_array_equal(ranvier.nir.write(sim).nodes["E"].metadata["v"], [-62.0] * 3)
    sim.set("E", "in.I", [0.0, -7.0, 0.0])
    with pytest.raises(ranvier.InputError, match=r"in\.I is not 0"):
        ranvier.nir.write(sim)
    sim.set("E", "in.I", 0.0)
    sim.run(1)
    with pytest.raises(ranvier.InputError, match=r"is at 1 ms.*simulation\.network"):
        ranvier.nir.write(sim)
    assert ranvier.nir.write(sim.network).nodes
