# SPDX-License-Identifier: Apache-2.0
"""A NIR graph with its subgraphs taken apart, each node with its shape and, where it is linear, its map."""
import os
from typing import NamedTuple

import numpy as np

from ..errors import InputError
from . import linear
from .neurons import ANALOG, SPIKING

LINEAR = ("Affine", "Linear", "Scale", "Conv1d", "Conv2d", "SumPool2d", "AvgPool2d", "Flatten", "Delay")
KNOWN = ("Input", "Output", "NIRGraph", *LINEAR, *SPIKING, *ANALOG)


class Node(NamedTuple):
    kind: str        #: "Through" for inputs and outputs of subgraphs
    node: object
    shape: tuple     #: of what leaves it
    map: linear.Map  #: None of neurons
    bias: np.ndarray #: None, or [elements] what it adds


def load(file):
    """The nir.NIRGraph of a file. Raises InputError where there is none that can be read."""
    try:
        import nir
    except ImportError:
        raise InputError("to read NIR files the package nir is needed: pip install nir") from None
    file = os.fspath(file)
    if not os.path.exists(file):
        raise InputError(f"{file}: no such file")
    try:
        try:
            return nir.read(file, type_check=False)  # shapes are checked here, with words that say where
        except TypeError:
            return nir.read(file)
    except (OSError, KeyError, ValueError, TypeError, AssertionError, AttributeError) as error:
        raise InputError(f"{file}: not a NIR graph that can be read: {error}") from error


def flatten(graph, prefix=""):
    """({name: (kind, node)}, [(from, to)]) with the nodes of subgraphs as "subgraph.node"; their inputs and outputs are of kind "Through"."""
    if type(graph).__name__ != "NIRGraph":
        raise InputError(f"a nir.NIRGraph or the name of a file is needed, not a {type(graph).__name__}")
    nodes, edges, into, out_of = {}, [], {}, {}
    for name, node in graph.nodes.items():
        kind, full = type(node).__name__, prefix + name
        if kind not in KNOWN:
            raise InputError(f"node {full!r} is a {kind}, which is not known here; known are {', '.join(KNOWN)}. Express it by these, or leave it out")
        if kind == "NIRGraph":
            inner_nodes, inner_edges, inputs, outputs = flatten(node, full + ".")
            nodes.update(inner_nodes)
            edges += inner_edges
            into[name], out_of[name] = inputs, outputs
        else:
            nodes[full] = ("Through" if prefix and kind in ("Input", "Output") else kind, node)
            into[name] = out_of[name] = [full]
    seen = set()
    for a, b in graph.edges:
        for end in (a, b):
            if end not in graph.nodes:
                raise InputError(f"the edge {prefix + a!r} -> {prefix + b!r} names {prefix + end!r}, but there is no such node; there are {', '.join(prefix + n for n in graph.nodes)}")
        if (a, b) in seen:
            raise InputError(f"the edge {prefix + a!r} -> {prefix + b!r} is listed twice: list it once, or double the weights")
        seen.add((a, b))
        edges.append((_only(out_of[a], prefix + a, "Output"), _only(into[b], prefix + b, "Input")))
    if not prefix:
        return nodes, edges
    return nodes, edges, [prefix + n for n, node in graph.nodes.items() if type(node).__name__ == "Input"], [prefix + n for n, node in graph.nodes.items() if type(node).__name__ == "Output"]


def _only(ends, name, kind):
    if len(ends) != 1:
        raise InputError(f"subgraph {name!r} has {len(ends)} nodes of type {kind}, so that an edge to or from it is not clear: give it exactly one")
    return ends[0]


def shaped(nodes, edges, dt):
    """{name: Node} with every shape found, from the inputs on. Raises InputError for what does not fit, is not finite or hangs loose."""
    after = {name: [] for name in nodes}
    has_before = set()
    for a, b in edges:
        after[a].append(b)
        has_before.add(b)
    for kind in ("Input", "Output"):
        if not any(k == kind for k, _ in nodes.values()):
            raise InputError(f"the graph has no node of type {kind}: add one")
    out = {}
    waiting = [name for name, (kind, _) in nodes.items() if kind == "Input"]
    for name in waiting:
        shape = _shape(getattr(nodes[name][1], "input_type", None), "input")
        if not shape or any(k < 1 for k in shape):
            raise InputError(f"node {name!r} (Input) says no shape: give it the shape of the data, for example nir.Input(np.array([2, 28, 28]))")
        out[name] = Node("Input", nodes[name][1], shape, linear.identity(int(np.prod(shape))), None)
    while waiting:
        a = waiting.pop()
        for b in after[a]:
            kind, node = nodes[b]
            if b not in out:
                out[b] = _node(b, kind, node, out[a].shape, dt)
                waiting.append(b)
            elif _inputs(out[b]) != _size(out[a].shape):
                raise InputError(f"{a!r} gives {b!r} {_size(out[a].shape)} elements, but it takes {_inputs(out[b])}: shapes along the edges must agree")
    for name, (kind, _) in nodes.items():
        if name not in out:
            why = "no edge leads to it" if name not in has_before else "no path from an Input reaches it"
            raise InputError(f"node {name!r} ({kind}) is not connected: {why}; connect it or remove it")
        if kind not in ("Output", "Through") and not after[name]:
            raise InputError(f"node {name!r} ({kind}) is not connected: no edge leaves it; add an Output, or remove it")
    return out


def _node(name, kind, node, shape, dt) -> Node:
    n = _size(shape)
    if kind in SPIKING or kind in ANALOG or kind == "Through":
        return Node(kind, node, shape, linear.identity(n) if kind == "Through" else None, None)
    if kind == "Output":
        said = _shape(getattr(node, "output_type", None), "output")
        if said and _size(said) != n:
            raise InputError(f"node {name!r} (Output) has shape {said}, but shape {shape} reaches it")
        return Node(kind, node, said or shape, linear.identity(n), None)
    if kind in ("Affine", "Linear"):
        return _matrix(name, kind, node, shape)
    if kind == "Scale":
        return Node(kind, node, shape, linear.scaled(_elements(name, kind, node, "scale", n)), None)
    if kind == "Delay":
        seconds = _elements(name, kind, node, "delay", n)
        if np.any(seconds < 0):
            raise InputError(f"node {name!r} (Delay): delay {seconds.min():g} s: must be >= 0 s")
        return Node(kind, node, shape, linear.delayed(np.rint(seconds / dt).astype(np.int64)), None)
    if kind == "Flatten":
        start, end = int(getattr(node, "start_dim", 1)), int(getattr(node, "end_dim", -1)) % len(shape)
        start = min(start if start >= 0 else start + len(shape), end)
        return Node(kind, node, (*shape[:start], _size(shape[start:end + 1]), *shape[end + 1:]), linear.identity(n), None)
    return _spatial(name, kind, node, shape)


def _matrix(name, kind, node, shape):
    weight = _finite(name, kind, "weight", node.weight)
    if weight.ndim < 2:
        raise InputError(f"node {name!r} ({kind}): weight has shape {weight.shape}: must be [outputs][inputs]")
    m = linear.dense(weight)
    if m.inputs != _size(shape):
        raise InputError(f"node {name!r} ({kind}): weight {weight.shape} takes {m.inputs} elements, but {_size(shape)} reach it (shape {shape})")
    bias = getattr(node, "bias", None)
    if bias is not None:
        bias = _finite(name, kind, "bias", bias).ravel()
        if bias.size != m.outputs:
            raise InputError(f"node {name!r} ({kind}): bias has {bias.size} elements, but weight {weight.shape} has {m.outputs} outputs")
    return Node(kind, node, (*weight.shape[:-2], weight.shape[-2]), m, bias)


def _spatial(name, kind, node, shape):
    """Convolutions and pools."""
    dimensions = 1 if kind == "Conv1d" else 2
    if len(shape) != dimensions + 1:
        raise InputError(f"node {name!r} ({kind}) takes (channels, {'length' if dimensions == 1 else 'height, width'}), but shape {shape} reaches it")
    if kind in ("Conv1d", "Conv2d"):
        weight = _finite(name, kind, "weight", node.weight)
        if weight.ndim != dimensions + 2:
            raise InputError(f"node {name!r} ({kind}): weight has shape {weight.shape}: must be [channels out][channels in / groups]{'[length]' if dimensions == 1 else '[height][width]'}")
        groups = int(np.asarray(node.groups))
        dilation = _per_dimension(name, kind, "dilation", node.dilation, dimensions)
        bias = None if getattr(node, "bias", None) is None else _finite(name, kind, "bias", node.bias).ravel()
    else:
        kernel = _per_dimension(name, kind, "kernel_size", node.kernel_size, 2)
        groups, dilation, bias = shape[0], (1, 1), None
        weight = np.full((shape[0], 1, *kernel), 1.0 if kind == "SumPool2d" else 1.0 / np.prod(kernel))
    stride = _per_dimension(name, kind, "stride", node.stride, dimensions)
    if groups < 1 or weight.shape[0] % groups or weight.shape[1] * groups != shape[0]:
        raise InputError(f"node {name!r} ({kind}): weight {weight.shape} in {groups} groups takes {weight.shape[1] * groups} channels, but {shape[0]} reach it (shape {shape})")
    padding = _padding(name, kind, node.padding, weight.shape[2:], dilation, dimensions)
    for k in range(dimensions):
        if shape[1 + k] + sum(padding[k]) < dilation[k] * (weight.shape[2 + k] - 1) + 1:
            raise InputError(f"node {name!r} ({kind}): its kernel {weight.shape[2:]} is larger than what reaches it (shape {shape}), padding included")
    m, shape_out = linear.convolution(shape, weight, stride, padding, dilation, groups)
    if bias is not None:
        if bias.size not in (1, shape_out[0]):
            raise InputError(f"node {name!r} ({kind}): bias has {bias.size} elements, but there are {shape_out[0]} channels")
        bias = np.repeat(np.broadcast_to(bias, shape_out[0]), _size(shape_out[1:]))
    return Node(kind, node, shape_out, m, bias)


def _padding(name, kind, padding, kernel, dilation, dimensions):
    if isinstance(padding, bytes):
        padding = padding.decode()
    if isinstance(padding, str):
        if padding not in ("same", "valid"):
            raise InputError(f"node {name!r} ({kind}): padding is {padding!r}: must be \"same\", \"valid\" or numbers")
        whole = [d * (k - 1) if padding == "same" else 0 for d, k in zip(dilation, kernel)]
        return [(p // 2, p - p // 2) for p in whole]
    return [(p, p) for p in _per_dimension(name, kind, "padding", padding, dimensions, 0)]


def _per_dimension(name, kind, key, value, dimensions, least=1):
    value = np.asarray(value).ravel()
    if value.size not in (1, dimensions) or not np.all(value == np.floor(value)) or np.any(value < least):
        raise InputError(f"node {name!r} ({kind}): {key} is {value.tolist()}: must be {dimensions} whole number{'s' if dimensions > 1 else ''} of at least {least}")
    return tuple(int(k) for k in np.broadcast_to(value, dimensions))


def _elements(name, kind, node, key, n):
    value = _finite(name, kind, key, getattr(node, key)).ravel()
    if value.size not in (1, n):
        raise InputError(f"node {name!r} ({kind}): {key} has {value.size} elements, but {n} reach it")
    return np.broadcast_to(value, n)


def _finite(name, kind, key, value):
    value = np.asarray(value, dtype=np.float64)
    wrong = np.argwhere(~np.isfinite(value))
    if len(wrong):
        at = tuple(int(k) for k in wrong[0])
        raise InputError(f"node {name!r} ({kind}): {key}{list(at)} is {value[at]}: must be a finite number; look at the training or the export")
    return value


def _shape(types, key):
    shape = types.get(key) if isinstance(types, dict) else types
    if shape is None:
        return None
    return tuple(int(k) for k in np.asarray(shape).ravel())


def _size(shape) -> int:
    return int(np.prod(shape))


def _inputs(node) -> int:
    return node.map.inputs if node.map is not None else _size(node.shape)
