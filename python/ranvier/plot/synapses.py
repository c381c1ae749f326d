# SPDX-License-Identifier: Apache-2.0
"""Synapses: weights, their histories, who connects to whom."""
import numpy as np

from ..errors import InputError
from ..results import Synapses, WeightSeries
from .groups import names_of
from .style import AMOUNT, APART, FAINT, SIGNED, STYLE, legend, nothing, styled


def _simulation(what):
    return hasattr(what, "synapses") and hasattr(what, "_layout")


def _unit(sim, source, target):
    """The unit of the weights from one population to another; "" where there are several."""
    a, b = sim._layout.index_of(source), sim._layout.index_of(target)
    units = {p["unit"] for p in sim._spec.outline if p["source"] == a and p["target"] == b}
    return units.pop() if len(units) == 1 else ""


def _with_unit(words, unit):
    return f"{words} ({unit})" if unit not in ("", "1") else words


@styled()
def weights(what, source=None, target=None, *, bins: int = 60, unit: str = "", colors=None, ax=None):
    """The distribution of synaptic weights.

    what             a Simulation, with source and target; or Synapses, an array of weights, or {name: either} to compare several
    bins             of the histogram, which all share
    unit             of weights that are given as arrays
    """
    if _simulation(what):
        if source is None or target is None:
            raise InputError("weights: say source and target, the populations between which the synapses are")
        unit = unit or _unit(what, *names_of(source), *names_of(target))
        what = what.synapses(source, target)
    named = what if isinstance(what, dict) else {"": what}
    every = {name: np.ravel(w.weight if isinstance(w, Synapses) else w).astype(float) for name, w in named.items()}
    some = np.concatenate(list(every.values())) if every else np.zeros(0)
    if not len(some):
        nothing(ax, "no synapses")
    low, high = (some.min(), some.max()) if len(some) else (0.0, 1.0)
    if high - low <= 1e-9 * max(abs(low), abs(high), 1e-300):
        low, high = low - 0.5 * (abs(low) or 1), high + 0.5 * (abs(high) or 1)
    edges = np.linspace(low, high, bins + 1)
    for k, (name, w) in enumerate(every.items()):
        ax.stairs(np.histogram(w, edges)[0], edges, color=(colors or APART)[k % len(colors or APART)], linewidth=0.9, fill=len(every) == 1, alpha=0.85 if len(every) == 1 else 1, label=name or None)
    ax.set(xlim=(low, high), ylim=(0, None), xlabel=_with_unit("weight", unit), ylabel="synapses")
    legend(ax, len(every), loc="best")


@styled()
def weight_history(times, weights=None, *, unit: str = "", single: int = 12, ax=None):
    """How weights change: their median, the middle half and the middle nine tenths, and some single synapses as thin lines.

    times     what sim.weight_series() gives; or [samples] in ms, with
    weights   [samples][synapses]
    single    synapses drawn singly, evenly chosen
    """
    if isinstance(times, WeightSeries):
        times, weights = times.times, times.weights
    if weights is None:
        raise InputError("weight_history: give what Simulation.weight_series() returns, or times and weights")
    times, weights = np.asarray(times, dtype=float), np.asarray(weights, dtype=float)
    if weights.ndim == 1:
        weights = weights[:, None]
    if weights.ndim != 2 or len(times) != len(weights):
        raise InputError(f"weight_history: {len(times)} times, but weights of shape {weights.shape}; a row for each time is needed")
    far = len(times) > 0 and times[-1] - times[0] > 2000
    t = times * (1e-3 if far else 1)
    n = weights.shape[1]
    if n == 0 or len(times) == 0:
        nothing(ax, "no synapses")
    else:
        if n > 3:
            five, quarter, middle, three, most = np.percentile(weights, [5, 25, 50, 75, 95], axis=1)
            ax.fill_between(t, five, most, color="#d6e4f2", linewidth=0, label="middle 90 %")
            ax.fill_between(t, quarter, three, color="#9fc2e3", linewidth=0, label="middle half")
            ax.plot(t, middle, color="#0d2f52", linewidth=1.4, label="median")
        for k in np.unique(np.linspace(0, n - 1, min(single, n)).astype(int)):
            ax.plot(t, weights[:, k], color=FAINT if n > 3 else APART[k % len(APART)], linewidth=0.4 if n > 3 else 1.0)
        ax.set_xlim(t[0], t[-1] if t[-1] > t[0] else t[0] + 1)
        legend(ax, 5 if n > 3 else 1)
    ax.set(xlabel=f"time ({'s' if far else 'ms'})", ylabel=_with_unit("weight", unit))


@styled(ratio=0.82)
def connectivity(what, source=None, target=None, *, value: str = "count", most: int = 240, unit: str = "", ax=None):
    """Who connects to whom: sources down, targets across, as an image. Of large networks each point is the mean over a block of pairs.

    what             a Simulation (all populations, or source and target: one or several), or an array [sources][targets]
    value            "count": synapses of a pair, blue where the source excites, red where it inhibits; "weight": their summed weight
    most             points along a side
    unit             of an array of weights
    """
    if value not in ("count", "weight"):
        raise InputError(f"connectivity: value {value!r}: must be \"count\" or \"weight\"")
    if _simulation(what):
        layout = what._layout
        sources, targets = (layout.names if p is None else names_of(p) for p in (source, target))
        image, unit = _image(what, sources, targets, value, most)
        sizes = [[layout.sizes[layout.index_of(name)] for name in names] for names in (sources, targets)]
        _borders(ax, image, sources, targets, sizes)
    else:
        image = np.asarray(what, dtype=float)
        if image.ndim != 2:
            raise InputError(f"connectivity: an array of shape {image.shape}; one of [sources][targets] is needed")
        sizes = [[n] for n in image.shape]
        image = _blocks(image, most)
        ax.set(xlabel="target neuron", ylabel="source neuron")
    found = np.abs(image[image != 0])
    high = float(np.percentile(found, 99.5)) if len(found) else 1.0  # a few outliers would leave all else pale
    signed = image.min(initial=0) < 0
    shown = ax.imshow(image, cmap=SIGNED if signed else AMOUNT, vmin=-high if signed else 0, vmax=high, aspect="auto", interpolation="nearest", origin="upper", rasterized=True,
                      extent=(0, max(1, sum(sizes[1])), max(1, sum(sizes[0])), 0))
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02, aspect=30, extend="neither" if not len(found) or found.max() <= high * 1.001 else "both" if signed else "max")
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=STYLE["ytick.labelsize"], width=0.5, length=2)
    words = "synapses per pair" if value == "count" else _with_unit("weight per pair", unit)
    bar.set_label(words + (", − inhibitory" if signed and value == "count" else ""))
    for side in ("top", "right"):
        ax.spines[side].set_visible(True)
        ax.spines[side].set_linewidth(STYLE["axes.linewidth"])


def _grid(sizes, most):
    """How many points each population gets of about `most`: at least one."""
    whole = sum(sizes)
    return sizes if whole <= most else [max(1, round(s * most / whole)) for s in sizes]


def _image(sim, sources, targets, value, most):
    layout, projections = sim._layout, sim._spec.outline
    down, across = (_grid([layout.sizes[layout.index_of(n)] for n in names], most) for names in (sources, targets))
    rows, units = [], set()
    for a, high in zip(sources, down):
        blocks = []
        for b, wide in zip(targets, across):
            i, j = layout.index_of(a), layout.index_of(b)
            here = [p for p in projections if p["source"] == i and p["target"] == j]
            block = np.zeros((high, wide))
            if here:
                found = sim.synapses(a, b)
                sign = 1 if layout.effects[i] >= 0 else -1
                n, m = layout.sizes[i], layout.sizes[j]
                place = (found.source.astype(np.int64) * high // n) * wide + found.target.astype(np.int64) * wide // m
                block = np.bincount(place, weights=found.weight if value == "weight" else None, minlength=high * wide).reshape(high, wide).astype(float)
                block /= np.outer(_share(n, high), _share(m, wide))
                block *= sign if value == "count" else 1
                units |= {p["unit"] for p in here}
            blocks.append(block)
        rows.append(blocks)
    if value == "weight" and len(units) > 1:
        raise InputError(f"connectivity: weights in {' and '.join(sorted(units))} cannot share a colour scale: choose source and target")
    return np.block(rows), units.pop() if len(units) == 1 else ""


def _share(n, points):
    """How many neurons each of some points stands for."""
    return np.bincount(np.arange(n) * points // n, minlength=points).astype(float)


def _blocks(image, most):
    """An image of at most `most` points a side, each the mean of its block."""
    for axis in (0, 1):
        n = image.shape[axis]
        if n > most:
            edges = np.linspace(0, n, most + 1).astype(int)
            image = np.add.reduceat(image, edges[:-1], axis=axis) / np.expand_dims(np.diff(edges), 1 - axis)
    return image


def _borders(ax, image, sources, targets, sizes):
    """Names of populations and lines between them, where there are several."""
    for names, size, axis, line, words in ((sources, sizes[0], "y", ax.axhline, "source"), (targets, sizes[1], "x", ax.axvline, "target")):
        edges = np.concatenate([[0], np.cumsum(size)])
        if len(names) == 1:
            getattr(ax, f"set_{axis}label")(f"{words}: neuron of {names[0]}")
            continue
        for edge in edges[1:-1]:
            line(edge, color=FAINT, linewidth=0.4)
        getattr(ax, f"set_{axis}ticks")((edges[:-1] + edges[1:]) / 2, names)
        ax.tick_params(axis=axis, length=0, rotation=90 if axis == "x" and len(names) > 4 else 0)
        getattr(ax, f"set_{axis}label")(words)
