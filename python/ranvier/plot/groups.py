# SPDX-License-Identifier: Apache-2.0
"""What is to be drawn, whatever it was given as: groups of neurons with their spikes."""
from dataclasses import dataclass

import numpy as np

from .. import statistics
from ..errors import InputError
from ..results import Spikes
from ..units import ms
from .style import colours


@dataclass
class Group:
    name: str        #: "" where it has none
    size: int        #: neurons
    spikes: Spikes
    colour: str


@dataclass
class Groups:
    parts: list
    start: float     #: ms
    stop: float      #: ms

    def __iter__(self):
        return iter(self.parts)

    def __len__(self):
        return len(self.parts)


def groups(what, populations=None, start=None, stop=None, colors=None, sizes=None) -> Groups:
    """Groups of a Simulation or Piece (its populations, or those named), of spikes in any form of ranvier.statistics, or of {name: spikes}.

    start, stop   what is shown, in ms or with a unit; all that there is where not given; of a Simulation all after its warm-up
    colors        one for each group, or {name: colour}
    sizes         neurons of each group, where `what` does not know: a number, a list or {name: number}

    Raises InputError where it is none of these.
    """
    if hasattr(what, "_layout"):
        parts, begin, end = _of_run(what, populations)
    else:
        parts, begin, end = _of_spikes(what, sizes)
    for k, part in enumerate(parts):
        given = colors.get(part.name) if isinstance(colors, dict) else colors[k % len(colors)] if isinstance(colors, (list, tuple)) else colors
        part.colour = given or part.colour
    start, stop = begin if start is None else ms(start), end if stop is None else ms(stop)
    if stop < start:
        raise InputError(f"stop {stop:g} ms must not be before start {start:g} ms")
    for part in parts:
        inside = (part.spikes.times > start) & (part.spikes.times <= stop)
        part.spikes = Spikes(part.spikes.times[inside], part.spikes.neurons[inside].astype(np.int64))
    return Groups(parts, start, stop)


def names_of(populations):
    """Names of populations, given by name or themselves, one or several."""
    one = isinstance(populations, str) or hasattr(populations, "name")
    return [getattr(p, "name", p) for p in ([populations] if one else populations)]


def _of_run(run, populations):
    layout = run._layout
    chosen = layout.names if populations is None else names_of(populations)
    every = dict(zip(layout.names, colours(layout.effects)))
    parts = [Group(name, layout.sizes[layout.index_of(name)], run.spikes(name), every[name]) for name in chosen]
    return parts, statistics.begin_of(run), run.stop if hasattr(run, "stop") else run.time


def _of_spikes(what, sizes):
    named = what if isinstance(what, dict) else {"": what}
    parts = []
    for k, ((name, spikes), colour) in enumerate(zip(named.items(), colours([0] * len(named)))):
        given = sizes.get(name) if isinstance(sizes, dict) else sizes[k] if isinstance(sizes, (list, tuple)) else sizes
        trains = isinstance(spikes, list) or (isinstance(spikes, tuple) and not isinstance(spikes, Spikes) and len(spikes) != 2)
        size = given or (len(spikes) if trains else None)
        spikes = statistics.as_spikes(spikes)
        parts.append(Group(name, size or (int(spikes.neurons.max()) + 1 if len(spikes.neurons) else 1), spikes, colour))
    end = max((float(p.spikes.times.max()) for p in parts if len(p.spikes.times)), default=0.0)
    return parts, 0.0, end
