# SPDX-License-Identifier: Apache-2.0
"""State variables over time."""
import numpy as np

from .. import statistics
from ..errors import InputError
from ..results import Trace
from ..units import ms
from .groups import names_of
from .style import APART, legend, styled, time_axis


@styled(ratio=0.5)
def traces(what, variable: str = None, population=None, *, neurons=None, spikes=None, start=None, stop=None, colors=None, ax=None):
    """State variables over time, a line for each neuron, its spikes marked above.

    what        a Simulation or Piece that recorded the variable, or a Trace
    variable    such as "V_m"; needed where several were recorded
    neurons     which of those recorded, by their number in the population; the first three where not given
    spikes      of a Trace: those of its population. Of a run they are known; False leaves the marks out
    """
    trace, spikes, name = _of_run(what, variable, population, spikes) if not isinstance(what, Trace) else (what, spikes, variable or "")
    chosen = trace.neurons[:3] if neurons is None else np.atleast_1d(neurons)
    missing = [int(n) for n in chosen if n not in trace.neurons]
    if missing:
        raise InputError(f"neuron {missing[0]} was not recorded; there are {', '.join(map(str, trace.neurons[:20]))}{' ...' if len(trace.neurons) > 20 else ''}")
    start = (float(2 * trace.times[0] - trace.times[1]) if len(trace.times) > 1 else 0.0) if start is None else ms(start)  # one interval before the first sample
    stop = (float(trace.times[-1]) if len(trace.times) else 1.0) if stop is None else ms(stop)
    shown = (trace.times >= start) & (trace.times <= stop)
    factor, unit = time_axis(start, stop)
    columns = [int(np.nonzero(trace.neurons == n)[0][0]) for n in chosen]
    values = trace.values[shown][:, columns]
    low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 1.0)
    reach = (high - low) or 1.0
    fired = statistics.as_spikes(spikes) if spikes is not None and spikes is not False else None
    for k, neuron in enumerate(chosen):
        colour = (colors or APART)[k % len(colors or APART)]
        ax.plot(trace.times[shown] * factor, values[:, k], color=colour, linewidth=0.8, label=f"neuron {neuron}", rasterized=len(values) > 20000)
        if fired is not None:
            at = fired.of(neuron)
            at = at[(at >= start) & (at <= stop)] * factor
            ax.vlines(at, high + reach * (0.06 + 0.1 * k), high + reach * (0.14 + 0.1 * k), color=colour, linewidth=0.8)
    above = 0.1 * len(chosen) + 0.08 if fired is not None else 0.05
    ax.set(xlim=(start * factor, stop * factor if stop > start else start * factor + 1), ylim=(low - 0.05 * reach, high + above * reach), xlabel=f"time ({unit})",
           ylabel=f"{_symbol(name)} ({trace.unit})".strip() if trace.unit not in ("", "1") else _symbol(name))
    if len(chosen) > 1:
        legend(ax, 5, loc="upper left")


def _symbol(name):
    """V_m as V with an index; what has a dot (of a receptor) stays as it is."""
    head, _, tail = name.partition("_")
    return rf"${head}_\mathrm{{{tail}}}$" if tail and len(head) == 1 and "." not in name and "_" not in tail else name


def _of_run(run, variable, population, spikes):
    """The trace, the spikes of its population, and its variable's name."""
    if not hasattr(run, "_layout"):
        raise InputError("traces: give a Simulation, a Piece or a Trace")
    pieces = run.pieces if hasattr(run, "pieces") else [run]
    if not pieces:
        raise InputError("nothing has run yet: call run() first")
    recorded = [(v[0], t["population"]) for t in pieces[0]._core.traces for v in t["variables"]]
    wanted = None if population is None else run._layout.index_of(names_of(population)[0])
    found = [(v, p) for v, p in recorded if variable in (None, v) and wanted in (None, p)]
    if len(found) != 1:
        have = ", ".join(f"{v} of {run._layout.names[p]!r}" for v, p in recorded) or "nothing"
        raise InputError(f"traces: {'nothing like that was recorded' if not found else 'several were recorded: say which variable and population'}; there is {have}")
    name, at = found[0]
    owner = run._layout.names[at]
    return run.trace(name, owner), run.spikes(owner) if spikes is None or spikes is True else spikes, name
