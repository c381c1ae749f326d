# SPDX-License-Identifier: Apache-2.0
"""PyNN's current sources.

Each becomes inputs of the network, one for every run of neighbouring cells that it is injected into. Their parameters may change while the network runs. Noise is drawn here,
so that all cells of a source have the same current, and that it can be recorded.
"""
import numpy as np
from pyNN.common import Assembly, BasePopulation
from pyNN.parameters import ParameterSpace
from pyNN.standardmodels import StandardCurrentSource, electrodes

from . import simulator
from .cells import NANO, Model

FOREVER = 1e9


class CurrentSource(Model, StandardCurrentSource):
    """What all of them do."""

    def __init__(self, **parameters):
        for name, value in (("_values", {}), ("_course", []), ("_changed", False)):  # PyNN takes any other name for a parameter
            object.__setattr__(self, name, value)
        super().__init__(**parameters)
        self._injected = {}   # population -> set of cells
        self._recording = False
        state = simulator.state
        self.index = len(state.current_sources)
        state.current_sources.append(self)
        self.set_native_parameters(self.translate(ParameterSpace({**self.default_parameters, **parameters}, self.get_schema(), shape=(1,))))
        self._begin()

    # --- parameters

    def get_native_parameters(self):
        return dict(self._values)

    def set_native_parameters(self, parameters):
        parameters.evaluate(simplify=True)
        given = {name: np.asarray(value.value, dtype=float) if hasattr(value, "value") else float(value) for name, value in parameters.items()}
        object.__setattr__(self, "_values", self._checked({**self._values, **given}))
        self._note()

    def _checked(self, values):
        return values

    def _begin(self):
        """Time 0: the history of the parameters begins with the present ones."""
        self._course = []
        self._note()

    def _note(self):
        """The present parameters hold from now on."""
        step = simulator.state.step
        self._course = [(s, v) for s, v in self._course if s < step] + [(step, dict(self._values))]
        self._changed = True

    # --- cells

    def inject_into(self, cells, location=None):
        if location is not None:
            raise NotImplementedError("cells have no compartments here: leave location out")
        for population, index in _by_population(cells):
            if not population.celltype.injectable:
                raise TypeError("Can't inject current into a spike source.")
            self._injected.setdefault(population, set()).update(index)
        simulator.state.stale = True

    def _targets(self):
        """[(name, slice of a population)] of the inputs."""
        out = []
        for population, cells in self._injected.items():
            cells = np.array(sorted(cells))
            ends = np.nonzero(np.diff(cells) != 1)[0]
            for a, b in zip(cells[np.r_[0, ends + 1]], cells[np.r_[ends, len(cells) - 1]]):
                out.append((f"current {self.index}.{len(out)}", f"{population.network_name}[{a}:{b + 1}]"))
        return out

    # --- the network

    def _describe(self, net):
        self._names = []
        for name, target in self._targets():
            net.input(self.type, target, name, **{key: value for key, value in self._keys().items() if value is not None})
            self._names.append(name)
        self._changed = False

    def _prepare(self, end):
        """Makes ready what the network has to know up to a step."""

    def _changes(self):
        """{name of an input: its keys} where the network has to be told."""
        if not self._changed:
            return {}
        self._changed = False
        return {name: self._keys() for name in self._names}

    def _keys(self):
        """What an input of the network says, in pA and ms; None takes a key away."""
        raise NotImplementedError

    def _times(self):
        v = self._values
        return {"start": v["start"] or None, "stop": v["stop"] if v["stop"] < FOREVER else None}

    # --- the current itself

    def record(self):
        """Has get_data() give the current. (It is known without.)"""
        self._recording = True

    def _get_data(self):
        state = simulator.state
        times = np.arange(state.step + 1) * state.dt
        amplitudes = np.zeros(state.step + 1)
        for k, (step, values) in enumerate(self._course):
            stop = self._course[k + 1][0] if k + 1 < len(self._course) else state.step + 1
            amplitudes[step:stop] = self._current(np.arange(step, stop), values, state)
        return times, amplitudes

    def _inside(self, steps, values, state):
        last = values["stop"]
        return (steps >= state.steps(values["start"])) & ((last >= FOREVER) | (steps < state.steps(min(last, FOREVER))))


def _by_population(cells):
    """Cells as [(population, indices)]."""
    if isinstance(cells, Assembly):
        return [pair for part in cells.populations for pair in _by_population(part)]
    if isinstance(cells, BasePopulation):
        population, index = cells._whole()
        return [(population, np.arange(population.size)[index].tolist())]
    return [(cell.parent, [cell.parent.id_to_index(cell)]) for cell in cells]


class DCSource(CurrentSource, electrodes.DCSource):
    __doc__ = electrodes.DCSource.__doc__
    type = "dc"

    def _keys(self):
        return {"amplitude": self._values["amplitude"] * NANO, **self._times()}

    def _current(self, steps, values, state):
        return np.where(self._inside(steps, values, state), values["amplitude"], 0.0)


class ACSource(CurrentSource, electrodes.ACSource):
    __doc__ = electrodes.ACSource.__doc__
    type = "sine"

    def _keys(self):
        v = self._values  # PyNN's phase is that at the start, the network's that at time 0
        phase = np.deg2rad(v["phase"]) - 2e-3 * np.pi * v["frequency"] * v["start"]
        return {"amplitude": v["amplitude"] * NANO, "mean": v["offset"] * NANO, "frequency": v["frequency"], "phase": float(np.mod(phase, 2 * np.pi)), **self._times()}

    def _current(self, steps, values, state):
        t = steps * state.dt - values["start"]
        wave = values["offset"] + values["amplitude"] * np.sin(2e-3 * np.pi * values["frequency"] * t + np.deg2rad(values["phase"]))
        return np.where(self._inside(steps, values, state), wave, 0.0)


class StepCurrentSource(CurrentSource, electrodes.StepCurrentSource):
    __doc__ = electrodes.StepCurrentSource.__doc__
    type = "step"

    def _checked(self, values):
        """Times on the grid, the last of those that fall together."""
        times, amplitudes = values["times"], values["amplitudes"]
        if len(times) != len(amplitudes):
            raise ValueError(f"Step current has {len(times)} times, but {len(amplitudes)} amplitudes.")
        if (times < 0).any():
            raise ValueError("Step current cannot accept negative timestamps.")
        if (np.diff(times) <= 0).any():
            raise ValueError("Step current timestamps should be monotonically increasing.")
        times = self._round_timestamp(times, simulator.state.dt)
        last = np.append(np.diff(times) > simulator.state.dt / 2, True)[:len(times)]
        return {"times": times[last], "amplitudes": amplitudes[last]}

    def _keys(self):
        rows = np.column_stack([self._values["times"], self._values["amplitudes"] * NANO])
        return {"piecewise": rows if len(rows) else np.zeros((1, 2))}

    def _current(self, steps, values, state):
        at = np.searchsorted(state.steps(values["times"]), steps, side="right")
        return np.r_[0.0, values["amplitudes"]][at]


class NoisyCurrentSource(CurrentSource, electrodes.NoisyCurrentSource):
    __doc__ = electrodes.NoisyCurrentSource.__doc__
    type = "step"

    def _checked(self, values):
        steps = values["dt"] / simulator.state.dt
        if steps < 1 - 1e-9 or abs(steps - round(steps)) > 1e-6:
            raise ValueError(f"dt = {values['dt']} ms: must be a multiple of the time step of {simulator.state.dt} ms")
        return values

    def _begin(self):
        state = simulator.state
        self._rng = np.random.Generator(np.random.Philox([state.seed, 1 << 20, self.index, state.segment_counter]))
        self._drawn = np.zeros(0)
        super()._begin()

    def _draws(self, steps, values, state):
        """The number that holds in each of some steps at or after the start."""
        k = (steps - state.steps(values["start"])) // state.steps(values["dt"])
        most = int(k.max(initial=-1)) + 1
        if most > len(self._drawn):
            self._drawn = np.append(self._drawn, self._rng.standard_normal(most - len(self._drawn)))
        return values["mean"] + values["stdev"] * self._drawn[np.maximum(k, 0)]

    def _current(self, steps, values, state):
        inside = self._inside(steps, values, state)
        out = np.zeros(len(steps))
        out[inside] = self._draws(steps[inside], values, state)
        return out

    def _prepare(self, end):
        """The steps of the piece that is about to run."""
        state = simulator.state
        every, first = int(state.steps(self._values["dt"])), int(state.steps(self._values["start"]))
        begin = state.step + (first - state.step) % every if state.step > first else first
        edges = np.arange(begin, end, every)
        stop = state.steps(min(self._values["stop"], FOREVER))
        edges = np.unique(np.concatenate([[state.step], edges, [stop] if state.step < stop < end else []])).astype(np.int64)
        self._rows = np.column_stack([edges * state.dt, self._current(edges, self._values, state) * NANO])
        self._changed = True

    def _keys(self):
        return {"piecewise": self._rows}
