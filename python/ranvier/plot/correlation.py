# SPDX-License-Identifier: Apache-2.0
"""How neurons fire together: coefficients of pairs, cross-correlograms."""
import numpy as np

from .. import statistics
from ..errors import InputError
from ..units import ms
from .groups import groups, names_of
from .style import FAINT, legend, nothing, styled


@styled()
def correlations(what, populations=None, *, bin="2 ms", bins: int = 40, most: int = 250, start=None, stop=None, colors=None, sizes=None, ax=None):
    """The distribution of pairwise correlation coefficients: of the spike counts, in bins of `bin`, of all pairs of neurons of a population that fired.

    most   neurons of a population; more are sampled
    bins   of the histogram
    """
    parts = groups(what, populations, start, stop, colors, sizes)
    every = [statistics.correlations(p.spikes, bin, start=parts.start, stop=parts.stop, most=most) for p in parts]
    some = np.concatenate(every) if every else np.zeros(0)
    if not len(some):
        nothing(ax, "no two neurons fired")
        ax.set(xlim=(-1, 1), ylim=(0, 1))
    else:
        low, high = np.percentile(some, [0.2, 99.8])
        edges = np.linspace(min(low, -0.01), max(high, 0.01), bins + 1)
        for part, r in zip(parts, every):
            if len(r):
                ax.stairs(np.histogram(r, edges)[0] / len(r) / np.diff(edges), edges, color=part.colour, linewidth=0.9, label=": ".join(filter(None, [part.name, f"mean {_signed(r.mean())}"])))
        ax.axvline(0, color=FAINT, linewidth=0.5, zorder=0)
        ax.set(xlim=edges[[0, -1]], ylim=(0, None))
        legend(ax, len(parts), loc="upper right")
    ax.set(xlabel=f"correlation coefficient (bins of {ms(bin):g} ms)", ylabel="probability density")


def _signed(r):
    return f"{r:.3f}".replace("-", "−") if abs(r) >= 0.0005 else "0.000"


@styled()
def correlogram(what, reference=None, other=None, *, bin="1 ms", lag="50 ms", start=None, stop=None, colors=None, sizes=None, ax=None):
    """The cross-correlogram of two populations: the rate of a neuron of `other` by the time since a spike of a neuron of `reference`.

    reference, other   populations of a Simulation or Piece, or names of {name: spikes}; where `other` is not given, the same (no spike is paired with itself)

    The dashed line is the mean rate: where independent neurons would be.
    """
    if reference is None:
        choices = list(what) if isinstance(what, dict) else what._layout.names if hasattr(what, "_layout") else [""]
        if len(choices) != 1:
            raise InputError(f"correlogram: say which populations: reference and other, of {', '.join(map(repr, choices))}")
        reference = choices[0]
    wanted = names_of(reference) + names_of(reference if other is None else other)
    if isinstance(what, dict):
        missing = [name for name in wanted if name not in what]
        if missing:
            raise InputError(f"no spikes are called {missing[0]!r}; there are {', '.join(map(repr, what))}")
    a, b = (groups(*_one(what, name), start, stop, colors, sizes) for name in wanted)
    begin, end = a.start, max(a.stop, b.stop)
    a, b = a.parts[0], b.parts[0]
    lags, rate = statistics.correlogram(a.spikes, b.spikes, bin, lag, start=begin, stop=end, size=b.size)
    half = ms(bin) / 2
    ax.stairs(rate, np.append(lags - half, lags[-1] + half), baseline=None, color=b.colour, linewidth=0.9)
    mean = len(b.spikes.times) / b.size / max(end - begin, 1e-9) * 1e3
    ax.axhline(mean, color=FAINT, linewidth=0.7, linestyle=(0, (4, 3)))
    # Lines need no zero; but what is flat to a tenth should look flat.
    low, high = min(rate.min(), 0.8 * mean), max(rate.max(), 1.2 * mean) or 1.0
    ax.set(xlim=(lags[0] - half, lags[-1] + half), ylim=(max(0.0, low - 0.05 * (high - low)), high + 0.05 * (high - low)), xlabel=f"time after a spike of {a.name} (ms)" if a.name else "lag (ms)",
           ylabel=f"rate of {b.name} (spikes/s)" if b.name else "rate (spikes/s)")
    if not len(a.spikes.times) or not len(b.spikes.times):
        nothing(ax, "no spikes")


def _one(what, name):
    return ({name: what[name]}, None) if isinstance(what, dict) else (what, [name]) if hasattr(what, "_layout") else (what, None)
