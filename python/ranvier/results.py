# SPDX-License-Identifier: Apache-2.0
"""What a run gives back, as numpy arrays: views of the engine's memory wherever that is possible."""
from typing import NamedTuple

import numpy as np

from .errors import InputError


class Spikes(NamedTuple):
    """Spikes in the order of their times."""

    times: np.ndarray    #: [spikes] ms
    neurons: np.ndarray  #: [spikes] within the population, from 0

    def of(self, neuron: int) -> np.ndarray:
        """The times of one neuron's spikes, in ms."""
        return self.times[self.neurons == neuron]


class Trace(NamedTuple):
    """State variables of some neurons."""

    times: np.ndarray    #: [samples] ms
    values: np.ndarray   #: [samples][neurons] of one variable
    neurons: np.ndarray  #: [neurons] within the population
    unit: str


class Synapses(NamedTuple):
    """Synapses by source, then target; one entry each."""

    source: np.ndarray    #: within the source population
    target: np.ndarray    #: within the target population
    weight: np.ndarray    #: pA, nS or mV, as the receptor wants
    delay: np.ndarray     #: ms
    receptor: np.ndarray  #: index in the target population's receptors

    def matrix(self, sources: int, targets: int) -> np.ndarray:
        """[sources][targets] the sum of the weights of each pair."""
        out = np.zeros((sources, targets))
        np.add.at(out, (self.source, self.target), self.weight)
        return out


class WeightSeries(NamedTuple):
    """Weights of synapses that learn, at regular times; one column for each synapse, by source, then target."""

    times: np.ndarray     #: [samples] ms
    weights: np.ndarray   #: [samples][synapses] pA, nS or mV, as the receptor wants
    source: np.ndarray    #: [synapses] within the source population
    target: np.ndarray    #: [synapses] within the target population
    delay: np.ndarray     #: [synapses] ms
    receptor: np.ndarray  #: [synapses] index in the target population's receptors


class Course(NamedTuple):
    """The concentration of a volume."""

    times: np.ndarray   #: [samples] ms
    values: np.ndarray  #: [samples] just before the pulses of that time


class Piece:
    """One piece of a run: what Simulation.run() returns."""

    def __init__(self, core, layout, start_ms, dt_ms, counted=True):
        self._core = core
        self._layout = layout
        self._dt = dt_ms
        self.start = start_ms                    #: ms, where the piece began
        self.stop = round(core.end_step * dt_ms, 9)  #: ms, where it ended
        self.counted = counted                   #: False: a warm-up, which statistics leave out
        self.complete = not core.partial         #: False: it was interrupted
        self.wall_s = core.simulate_s            #: wall time of the piece, in s
        self.spike_count = core.spike_count      #: all spikes, recorded or not; 0 of a warm-up
        self.synaptic_events = core.synaptic_events

    @property
    def steps(self) -> np.ndarray:
        """[spikes] the step of every recorded spike; a view. A spike with stamp k happened at k x dt."""
        return self._core.steps

    @property
    def ids(self) -> np.ndarray:
        """[spikes] the neuron of every recorded spike; a view. The populations are numbered one after another."""
        return self._core.ids

    def spikes(self, population=None) -> Spikes:
        """The recorded spikes of a population, or of all: then the neurons are ids."""
        steps, ids = self.steps, self.ids
        exact = self._core.times_ms
        if population is None:
            return Spikes(exact if len(exact) else _times(steps, self._dt), ids)
        first, size = self._layout.range_of(population)
        here = (ids >= first) & (ids < first + size)
        return Spikes(exact[here] if len(exact) else _times(steps[here], self._dt), ids[here] - np.uint32(first))

    def trace(self, variable: str, population=None, name: str = None) -> Trace:
        """A recorded state variable. Name the population, or the recording, where several have it.

        Raises InputError where it was not recorded, or where it is not clear which is meant.
        """
        wanted = None if population is None else self._layout.index_of(population)
        found = [(t, [v[0] for v in t["variables"]].index(variable)) for t in self._core.traces
                 if variable in [v[0] for v in t["variables"]] and wanted in (None, t["population"]) and name in (None, t["name"])]
        if len(found) != 1:
            have = ", ".join(f"{v[0]} of {t['name']!r}" for t in self._core.traces for v in t["variables"]) or "nothing"
            raise InputError(f"{variable}: {'was not recorded' if not found else 'was recorded several times: name the population or the recording'}; there is {have}")
        trace, k = found[0]
        steps = trace["first_step"] + trace["interval"] * np.arange(trace["values"].shape[0], dtype=np.int64)
        return Trace(_times(steps, self._dt), trace["values"][:, k, :], trace["neurons"], trace["variables"][k][1])

    def weight_series(self, source=None, target=None, name: str = None) -> WeightSeries:
        """Weights that were recorded with an interval. Name the populations, or the recording, where there are several such recordings.

        Raises InputError where none was recorded, or where it is not clear which is meant.
        """
        ends = [None if p is None else self._layout.index_of(p) for p in (source, target)]
        sampled = [c for c in self._core.connections if c["sampled"]]
        found = [c for c in sampled if ends[0] in (None, c["source_population"]) and ends[1] in (None, c["target_population"]) and name in (None, c["name"])]
        if len(found) != 1:
            have = ", ".join(repr(c["name"]) for c in sampled) or "nothing"
            raise InputError(f"weights: {'were not recorded with an interval' if not found else 'were recorded several times: name the populations or the recording'}; there is {have}")
        c = found[0]
        steps = c["sample_steps"]
        return WeightSeries(_times(steps.astype(np.int64), self._dt), c["samples"].reshape(len(steps), len(c["source"])), c["source"], c["target"], c["delay_ms"], c["receptor"])

    def course(self, volume: str, name: str = None) -> Course:
        """The recorded concentration of a volume.

        Raises InputError where it was not recorded, or where it is not clear which recording is meant.
        """
        traces = self._core.volume_traces
        found = [t for t in traces if volume in t[1] and name in (None, t[0])]
        if len(found) != 1:
            have = ", ".join(f"{v} in {t[0]!r}" for t in traces for v in t[1]) or "nothing"
            raise InputError(f"{volume}: {'was not recorded' if not found else 'was recorded several times: name the recording'}; there is {have}")
        _, volumes, first, interval, values = found[0]
        values = values.reshape(-1, len(volumes))[:, volumes.index(volume)]
        return Course(_times(first + interval * np.arange(len(values), dtype=np.int64), self._dt), values)

    def __repr__(self):
        return f"<Piece {self.start:g} ms to {self.stop:g} ms: {len(self.ids)} spikes recorded, {self.wall_s:.3g} s>"


def _times(steps, dt_ms):
    """Steps to ms: the double nearest to the decimal number that a person would write."""
    per_ms = round(1 / dt_ms)
    return steps / per_ms if abs(per_ms * dt_ms - 1) < 1e-12 else steps * dt_ms


class Layout:
    """Where the populations of a network lie among its ids."""

    def __init__(self, populations, effects=()):
        self.effects = list(effects) or [0] * len(populations)  # +1, -1 or 0: what the synapses of each population do
        self.names = [p[0] for p in populations]
        self.sizes = [p[1] for p in populations]
        self.first = np.concatenate([[0], np.cumsum(self.sizes)]).astype(np.int64)

    def index_of(self, population) -> int:
        name = getattr(population, "name", population)
        if isinstance(name, str) and name not in self.names and name.partition("[")[0] in self.names:
            raise InputError(f"{name}: a whole population is meant here, {name.partition('[')[0]!r}; take some of its neurons from what comes back")
        if name not in self.names:
            raise InputError(f"no population is called {name!r}; there are {', '.join(map(repr, self.names))}")
        return self.names.index(name)

    def range_of(self, population):
        k = self.index_of(population)
        return int(self.first[k]), self.sizes[k]
