# SPDX-License-Identifier: Apache-2.0
"""Recorded data: kept as the pieces of a run give them, made into Neo objects when somebody asks."""
import numpy as np
import quantities as pq
from pyNN import recording

from . import simulator


SLICES_MAX = 32  # beyond so many, the whole population is recorded and the wanted cells are picked out


class _Signal:
    """A state variable of some cells of a population, from a step on.

    cells   [n] indices, ascending
    begins  the step of the first sample that is kept
    """

    def __init__(self, cells, begins, first):
        self.cells = cells
        self.begins = self.joined = begins
        self.samples = [first[np.newaxis]]  # [samples][n], as the network counts
        self.places = []                    # (name of a recording of the network, columns here, columns there)

    def keep_last(self, every):
        self.begins += (sum(map(len, self.samples)) - 1) * every
        self.samples = [next(s for s in reversed(self.samples) if len(s))[-1:]]

    def ask(self, net, population, variable, name, every, dt):
        """Has the network record these cells."""
        self.places = []
        parts = _slices(self.cells)
        for j, part in enumerate(parts if len(parts) <= SLICES_MAX else [None]):
            whole = part is None
            recording = f"{name}.{j}"
            neurons = population.network_name if whole else f"{population.network_name}[{part.start}:{part.stop}:{part.step}]"
            net.record("state", neurons, [variable], name=recording, interval=every * dt, start=(self.joined + every) * dt)
            here = slice(None) if whole else np.searchsorted(self.cells, np.arange(part.start, part.stop, part.step))
            self.places.append((recording, here, self.cells if whole else slice(None)))

    def take(self, piece, variable):
        found = [(piece.trace(variable, name=name).values, here, there) for name, here, there in self.places]
        if len(found) == 1:
            values, _, there = found[0]
            self.samples.append(values if isinstance(there, slice) else values[:, there])
            return
        joined = np.empty((found[0][0].shape[0], len(self.cells)))
        for values, here, there in found:
            joined[:, here] = values[:, there]
        self.samples.append(joined)


def _slices(cells):
    """Ascending indices as slices."""
    if len(cells) == 1:
        return [slice(int(cells[0]), int(cells[0]) + 1, 1)]
    steps = np.unique(np.diff(cells))
    if len(steps) == 1:
        return [slice(int(cells[0]), int(cells[-1]) + 1, int(steps[0]))]
    ends = np.nonzero(np.diff(cells) != 1)[0]
    return [slice(int(a), int(b) + 1, 1) for a, b in zip(cells[np.r_[0, ends + 1]], cells[np.r_[ends, len(cells) - 1]])]


class Recorder(recording.Recorder):
    """What is recorded of one population."""

    _simulator = simulator

    def __init__(self, population, file=None):
        super().__init__(population, file)
        self._begin()

    def _begin(self):
        """Time 0: nothing has been recorded."""
        self._spikes = []    # (cells, times) of each piece
        self._signals = {}   # variable name -> list of _Signal: one more for cells that joined later

    # --- what PyNN's recorder asks for

    def _record(self, variable, new_ids, sampling_interval=None):
        if sampling_interval is not None:
            steps = sampling_interval / simulator.state.dt
            if steps < 1 - 1e-9 or abs(steps - round(steps)) > 1e-6:
                raise ValueError(f"sampling_interval = {sampling_interval} ms: must be a multiple of the time step of {simulator.state.dt} ms")
            self.sampling_interval = sampling_interval
        simulator.state.stale = True

    def _reset(self):
        self._begin()
        simulator.state.stale = True

    def _clear_simulator(self):
        self._spikes = []
        for signals in self._signals.values():
            for signal in signals:
                signal.keep_last(self._every())

    def _get_spiketimes(self, ids, clear=False):
        cells = np.concatenate([c for c, _ in self._spikes] + [np.zeros(0, np.int64)]).astype(np.int64)
        times = np.concatenate([t for _, t in self._spikes] + [np.zeros(0)])
        wanted = np.zeros(self.population.size, bool)
        wanted[self.population.id_to_index(ids) if len(ids) else []] = True
        here = wanted[cells]
        return cells[here] + int(self.population.first_id), times[here]

    def _get_all_signals(self, variable, ids, clear=False):
        _, factor = self.population.celltype.states[variable.name]
        cells = np.array([self.population.id_to_index(i) for i in ids], dtype=np.int64)
        signals = self._signals.get(variable.name, [])
        if not signals:
            return np.zeros((0, 0)), None
        begins = min(s.begins for s in signals)
        every = self._every()
        length = max((s.begins - begins) // every + sum(map(len, s.samples)) for s in signals)
        out = np.full((length, len(cells)), np.nan)
        for signal in signals:
            values = np.concatenate(signal.samples)
            at = np.minimum(np.searchsorted(signal.cells, cells), len(signal.cells) - 1)
            here = signal.cells[at] == cells
            start = (signal.begins - begins) // every
            out[start:start + len(values), here] = values[:, at[here]] / factor
        return out, None

    def _get_current_segment(self, *args, **keys):
        segment = super()._get_current_segment(*args, **keys)
        for signal in segment.analogsignals:  # PyNN lets them begin with the recording, or when it was cleared, which need not be when a sample was taken
            signal.t_start = min(s.begins for s in self._signals[signal.name]) * simulator.state.dt * pq.ms
        return segment

    def _local_count(self, variable, filter_ids=None):
        ids = sorted(int(i) for i in self.filter_recorded(variable, filter_ids))
        cells = np.concatenate([c for c, _ in self._spikes] + [np.zeros(0, np.int64)]).astype(np.int64)
        count = np.bincount(cells, minlength=self.population.size)
        return {i: int(count[i - int(self.population.first_id)]) for i in ids}

    # --- what the network has to record

    def _every(self):
        return int(round(self.sampling_interval / simulator.state.dt))

    def _recorded(self, name):
        """[cells] of which a variable is recorded, ascending."""
        ids = [ids for variable, ids in self.recorded.items() if variable.name == name and ids]
        return np.sort(np.fromiter((int(i) for i in ids[0]), dtype=np.int64)) - int(self.population.first_id) if ids else np.zeros(0, np.int64)

    def _names(self):
        return [variable.name for variable, ids in self.recorded.items() if ids]

    def _ask(self, net):
        """Has the network record what is recorded here; the present values are the first sample of cells that were not recorded before."""
        state = simulator.state
        for name in self._names():
            if name == "spikes":
                continue
            signals = self._signals.setdefault(name, [])
            known = np.concatenate([s.cells for s in signals]) if signals else np.zeros(0, np.int64)
            new = np.setdiff1d(self._recorded(name), known)
            there, factor = self.population.celltype.states[name]
            if len(new):
                if self.population.index >= state.built:
                    first = self.population.initial_values[name].evaluate(simplify=False)[new] * factor
                else:
                    first = np.asarray(state.sim.get(self.population.network_name, there))[new]
                signals.append(_Signal(new, state.step, np.array(first, dtype=float)))
            for k, signal in enumerate(signals):
                signal.ask(net, self.population, there, f"{self.population.index}.{there}.{k}", self._every(), state.dt)
        if "spikes" in self._names() and not self.population.celltype.own_spikes:
            net.record("spikes", self.population.network_name)

    def _take(self, piece, first_step, last_step):
        """Takes over what a piece of the run recorded."""
        for name in self._names():
            if name == "spikes":
                self._spikes.append(self.population.celltype.spikes_of(self.population, piece, first_step, last_step))
                continue
            for signal in self._signals[name]:
                signal.take(piece, self.population.celltype.states[name][0])
