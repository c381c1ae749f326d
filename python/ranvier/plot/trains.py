# SPDX-License-Identifier: Apache-2.0
"""Spikes: rasters, rates over time, intervals."""
import matplotlib.collections
import matplotlib.ticker
import matplotlib.transforms
import numpy as np

from .. import statistics
from ..errors import InputError
from ..units import ms
from .groups import groups
from .style import FAINT, STYLE, darker, legend, nothing, styled, time_axis

FEW_ROWS = 80  # up to which a spike is a stroke as high as its row; then a dot


@styled(ratio=0.8)
def raster(what, populations=None, *, start=None, stop=None, most: int = 1500, rates: bool = False, colors=None, sizes=None, ax=None):
    """Every spike a mark: time across, a row for each neuron, populations one below the other.

    what, populations   see ranvier.plot; the populations in the order in which they are stacked, from above
    start, stop         in ms or with a unit
    most                rows at most: of larger networks every n-th neuron is drawn, with all its spikes, and the axis says so
    rates               adds bars at the side: the mean rate of each population in spikes/s
    colors, sizes       of the populations, where not known: a list, or {name: ...}
    """
    parts = groups(what, populations, start, stop, colors, sizes)
    every = max(1, -(-sum(p.size for p in parts) // most))
    rows = [-(-p.size // every) for p in parts]
    tops = np.concatenate([[0], np.cumsum(rows)])
    factor, unit = time_axis(parts.start, parts.stop)
    for part, top in zip(parts, tops):
        drawn = part.spikes.neurons % every == 0
        _marks(ax, part.spikes.times[drawn] * factor, top + part.spikes.neurons[drawn] // every + 0.5, tops[-1], part.colour)
    ax.set(xlim=_apart(parts.start * factor, parts.stop * factor), ylim=(max(1, tops[-1]), 0), xlabel=f"time ({unit})")
    whole = "neuron" if every == 1 else f"every {every}{_ordinal(every)} neuron"
    if any(p.name for p in parts):
        _names(ax, parts, tops, whole if every > 1 else "")
    else:
        ax.set_ylabel(whole)
        ax.yaxis.set_major_locator(matplotlib.ticker.MaxNLocator(5, integer=True))
        ax.yaxis.set_major_formatter(matplotlib.ticker.FuncFormatter(lambda y, _: f"{y * every:,.0f}"))
    if not any(len(p.spikes.times) for p in parts):
        nothing(ax, "no spikes")
    if rates:
        _rates_beside(ax, parts)


def _apart(low, high):
    return (low, high) if high > low else (low, low + 1)


def _ordinal(n):
    return "th" if n % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(n % 10, "th")


def _marks(ax, x, y, rows, colour):
    if rows <= FEW_ROWS:
        strokes = np.stack([np.stack([x, y - 0.4], -1), np.stack([x, y + 0.4], -1)], axis=1)
        ax.add_collection(matplotlib.collections.LineCollection(strokes, colors=colour, linewidths=0.7, rasterized=len(x) > 2000))
    else:
        height = ax.get_window_extent().height * 72 / ax.figure.dpi
        least = 1.1 if len(x) < 3000 else 0.8 if len(x) < 20000 else 0.5  # where there are few, each can be seen
        ax.scatter(x, y, s=np.clip(0.8 * height / rows, least, 2.5) ** 2, c=colour, linewidths=0, rasterized=True)


def _names(ax, parts, tops, remark):
    """Names at the middles of their stripes, moved where two would touch; thin lines between the stripes."""
    middles = _spread((tops[:-1] + tops[1:]) / 2, tops[-1] * 7 * 1.5 / max(1, ax.get_window_extent().height * 72 / ax.figure.dpi))
    ax.set_yticks(middles, [p.name for p in parts])
    ax.tick_params(axis="y", length=0)
    for label, part in zip(ax.get_yticklabels(), parts):
        label.set_color(darker(part.colour))
    for border in tops[1:-1]:
        ax.axhline(border, color="#dddddd", linewidth=0.4, zorder=0)
    if remark:
        ax.set_ylabel(remark, color=FAINT, fontsize=STYLE["ytick.labelsize"])


def _spread(places, gap):
    places = np.array(places, dtype=float)
    for _ in range(200):
        missing = gap - np.diff(places)
        if not np.any(missing > 1e-9):
            break
        push = np.clip(missing, 0, None) / 2
        places[:-1] -= push
        places[1:] += push
    return places


def _rates_beside(ax, parts):
    side = ax.inset_axes([1.1, 0, 0.2, 1])
    seconds = (parts.stop - parts.start) * 1e-3
    rate = [len(p.spikes.times) / p.size / seconds if seconds > 0 else 0.0 for p in parts]
    low = ax.get_ylim()[0]
    places = ax.get_yticks() if any(p.name for p in parts) else [low / 2]
    height = min(0.12 * low, 0.72 * min(np.diff(places), default=low))
    side.barh(places, rate, height=height, color=[p.colour for p in parts])
    side.set(ylim=ax.get_ylim(), xlim=(0, max(rate) * 1.08 if max(rate, default=0) > 0 else 1), xlabel="spikes/s")
    side.xaxis.set_major_locator(matplotlib.ticker.MaxNLocator(3))
    side.set_yticks([])
    side.spines["left"].set_visible(False)


@styled()
def rates(what, populations=None, *, bin="5 ms", start=None, stop=None, apart: bool = False, colors=None, sizes=None, ax=None):
    """The rate of each population over time (peri-stimulus time histogram): spikes of its neurons in a bin over their number and the bin.

    bin     in ms or with a unit
    apart   draws the populations above one another, each from a baseline of its own, all to one scale that a bar shows
    """
    parts = groups(what, populations, start, stop, colors, sizes)
    factor, unit = time_axis(parts.start, parts.stop)
    curves = [statistics.psth(p.spikes, bin, start=parts.start, stop=parts.stop, size=p.size) for p in parts]
    most = max((rate.max() for _, rate in curves if len(rate)), default=0.0)
    step = most * 1.05 if apart and most > 0 else 0.0
    for k, (part, (edges, rate)) in enumerate(zip(parts, curves)):
        base = (len(parts) - 1 - k) * step
        if len(rate):
            ax.stairs(rate + base, edges * factor, baseline=None if not apart else base, color=part.colour, linewidth=0.9, fill=apart, alpha=0.85 if apart else 1, label=part.name or None)
    ax.set(xlim=_apart(parts.start * factor, parts.stop * factor), xlabel=f"time ({unit})")
    if apart and step:
        _ridges(ax, parts, step, most)
    else:
        ax.set(ylim=(0, most * 1.08 if most > 0 else 1), ylabel="rate (spikes/s)")
        legend(ax, len(parts), ncols=min(len(parts), 4) if len(parts) <= 4 else 1, loc="upper right")


def _ridges(ax, parts, step, most):
    ax.set(ylim=(0, step * len(parts)))
    ax.set_yticks([(len(parts) - 1 - k) * step for k in range(len(parts))], [p.name for p in parts], va="bottom")
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    for label, part in zip(ax.get_yticklabels(), parts):
        label.set_color(darker(part.colour))
    size = float(f"{most * 0.6:.0e}")  # one digit
    across = ax.get_yaxis_transform()
    top = step * len(parts)
    ax.plot([1.02, 1.02], [top - size, top], transform=across, color=STYLE["text.color"], linewidth=1.2, clip_on=False, solid_capstyle="butt")
    ax.text(1.035, top - size / 2, f"{size:g}\nspikes/s", transform=across, va="center", fontsize=STYLE["xtick.labelsize"])


@styled()
def isi(what, populations=None, *, bins: int = 60, longest=None, start=None, stop=None, colors=None, sizes=None, ax=None):
    """The distribution of inter-spike intervals of each population, with the mean CV of its neurons (0: a clock, 1: a Poisson process).

    bins      of the histogram, from 0 to `longest`
    longest   interval shown, in ms; where not given, 99 of 100 are
    """
    parts = groups(what, populations, start, stop, colors, sizes)
    every = [statistics.intervals(p.spikes) for p in parts]
    some = np.concatenate(every) if every else np.zeros(0)
    longest = ms(longest) if longest is not None else float(np.percentile(some, 99)) if len(some) else 1.0
    if not longest > 0 or bins < 1:
        raise InputError(f"isi: longest {longest:g} ms and bins {bins}: must be above 0")
    edges = np.linspace(0, longest, bins + 1)
    for part, interval in zip(parts, every):
        if not len(interval):
            continue
        share = 100 * np.histogram(interval, edges)[0] / len(interval)
        cv = statistics.cv(part.spikes)
        label = ": ".join(filter(None, [part.name, f"CV {cv.mean():.2f}" if len(cv) else ""]))
        ax.stairs(share, edges, color=part.colour, linewidth=0.9, label=label or None)
    ax.set(xlim=(0, longest), ylim=(0, None), xlabel="inter-spike interval (ms)", ylabel=f"intervals (% per {edges[1]:.2g} ms)")
    if len(some):
        legend(ax, len(parts), loc="upper right")
    else:
        nothing(ax, "no neuron fired twice")
