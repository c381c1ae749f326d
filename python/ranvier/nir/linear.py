# SPDX-License-Identifier: Apache-2.0
"""Linear nodes (weights, convolutions, pools, delays) as lists of weighted, delayed links between numbered elements."""
from itertools import product
from typing import NamedTuple

import numpy as np


class Map(NamedTuple):
    """y[target][t] = sum of weight x[source][t - delay] over links.

    Elements of an array of any shape are numbered in C order.
    """

    inputs: int
    outputs: int
    source: np.ndarray  #: [links]
    target: np.ndarray  #: [links]
    weight: np.ndarray  #: [links]
    delay: np.ndarray   #: [links] steps

    @property
    def is_identity(self) -> bool:
        n = np.arange(self.inputs)
        return (self.inputs == self.outputs == len(self.source) and bool(np.all(self.weight == 1)) and not self.delay.any()
                and np.array_equal(self.source, n) and np.array_equal(self.target, n))


def links(inputs, outputs, source, target, weight, delay=0) -> Map:
    """A map of these links; those of weight 0 are left out."""
    source, target, weight, delay = np.broadcast_arrays(source, target, np.asarray(weight, dtype=np.float64), delay)
    kept = weight.ravel() != 0
    return Map(inputs, outputs, *(a.ravel()[kept] for a in (source, target, weight, delay)))


def identity(n) -> Map:
    return links(n, n, np.arange(n), np.arange(n), 1.0)


def scaled(factors) -> Map:
    """y = factors * x, element by element."""
    n = np.arange(factors.size)
    return links(n.size, n.size, n, n, factors.ravel())


def delayed(steps) -> Map:
    """y[t] = x[t - steps], element by element."""
    n = np.arange(steps.size)
    return links(n.size, n.size, n, n, 1.0, steps.ravel())


def dense(weight) -> Map:
    """y = W x for W [outputs][inputs]; with more dimensions in front one such matrix for each of their elements."""
    rows, columns = weight.shape[-2:]
    blocks = weight.reshape(-1, rows, columns)
    b, target, source = np.nonzero(blocks)
    return links(len(blocks) * columns, len(blocks) * rows, b * columns + source, b * rows + target, blocks[b, target, source])


def convolution(shape, weight, stride, padding, dilation, groups):
    """A convolution, as deep learning has it: y[o] = sum of w[k] x[o stride + k dilation - padding].

      shape     (channels, *places) of the input
      weight    [channels out][channels in / groups][*kernel]
      stride, dilation   one for each dimension of space
      padding   (before, after) for each; zeros
    Returns the map and the shape of the output.
    """
    channels, places, kernel = shape[0], shape[1:], weight.shape[2:]
    outs = [(p + sum(pad) - d * (k - 1) - 1) // s + 1 for p, pad, d, k, s in zip(places, padding, dilation, kernel, stride)]
    c_out, c_in = weight.shape[:2]
    o, i = np.meshgrid(np.arange(c_out), np.arange(c_in), indexing="ij")
    first_in = (o // (c_out // groups) * c_in + i).ravel()  # the input channel of each pair of channels
    o, i = o.ravel(), i.ravel()
    area_in, area_out = int(np.prod(places)), int(np.prod(outs))
    found = [[], [], []]
    for k in product(*map(range, kernel)):
        at = [np.arange(n) * s + step * d - pad[0] for n, s, step, d, pad in zip(outs, stride, k, dilation, padding)]
        good = [(a >= 0) & (a < p) for a, p in zip(at, places)]
        into = np.ravel_multi_index(np.meshgrid(*(np.flatnonzero(g) for g in good), indexing="ij"), outs).ravel()
        out_of = np.ravel_multi_index(np.meshgrid(*(a[g] for a, g in zip(at, good)), indexing="ij"), places).ravel()
        w = weight[(o, i, *k)]
        found[0].append((first_in[:, None] * area_in + out_of).ravel())
        found[1].append((o[:, None] * area_out + into).ravel())
        found[2].append(np.repeat(w, len(into)))
    return links(channels * area_in, c_out * area_out, *map(np.concatenate, found)), (c_out, *outs)


def compose(first: Map, then: Map) -> Map:
    """`then` after `first`."""
    if first.is_identity:
        return then
    if then.is_identity:
        return first
    order = np.argsort(then.source, kind="stable")
    begin = np.searchsorted(then.source[order], np.arange(then.inputs + 1))
    counts = (begin[1:] - begin[:-1])[first.target]
    a = np.repeat(np.arange(len(first.source)), counts)
    b = order[np.repeat(begin[first.target] - np.concatenate([[0], np.cumsum(counts)[:-1]]), counts).astype(np.int64) + np.arange(len(a))] if len(a) else a
    return merged(Map(first.inputs, then.outputs, first.source[a], then.target[b], first.weight[a] * then.weight[b], first.delay[a] + then.delay[b]))


def added(maps) -> Map:
    """The sum of maps of one size."""
    if len(maps) == 1:
        return maps[0]
    return merged(Map(maps[0].inputs, maps[0].outputs, *(np.concatenate([getattr(m, k) for m in maps]) for k in ("source", "target", "weight", "delay"))))


def merged(m: Map) -> Map:
    """Links of one source, target and delay become one."""
    order = np.lexsort((m.source, m.target, m.delay))
    s, t, d, w = (getattr(m, k)[order] for k in ("source", "target", "delay", "weight"))
    if len(s) == 0:
        return m
    new = np.concatenate([[True], (s[1:] != s[:-1]) | (t[1:] != t[:-1]) | (d[1:] != d[:-1])])
    return links(m.inputs, m.outputs, s[new], t[new], np.add.reduceat(w, np.flatnonzero(new)), d[new])


def applied(m: Map, x) -> np.ndarray:
    """[steps][outputs] of x [steps][inputs]; what comes before the first step is 0."""
    y = np.zeros((len(x), m.outputs))
    for d in np.unique(m.delay):
        if d >= len(x):
            continue
        here = m.delay == d
        source, target, weight = m.source[here], m.target[here], m.weight[here]
        late = x[:len(x) - d]
        if m.inputs * m.outputs <= 4_000_000:
            matrix = np.zeros((m.inputs, m.outputs))
            np.add.at(matrix, (source, target), weight)
            y[d:] += late @ matrix
            continue
        order = np.argsort(target, kind="stable")
        source, target, weight = source[order], target[order], weight[order]
        first = np.flatnonzero(np.concatenate([[True], target[1:] != target[:-1]]))
        rows = max(1, 4_000_000 // len(source))  # a piece at a time: links x steps would fill the memory
        for k in range(0, len(late), rows):
            y[d + k:d + k + rows][:, target[first]] += np.add.reduceat(late[k:k + rows][:, source] * weight, first, axis=1)
    return y
