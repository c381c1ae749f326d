# SPDX-License-Identifier: Apache-2.0
"""Populations, views and assemblies."""
import numpy as np
from pyNN import common, errors
from pyNN.parameters import LazyArray, ParameterSpace, simplify

from . import simulator
from .recording import Recorder


class Assembly(common.Assembly):
    __doc__ = common.Assembly.__doc__
    _simulator = simulator


class _Cells:
    """What populations and views do alike: the values are the population's, a view has a part of them."""

    _simulator = simulator
    _assembly_class = Assembly

    def _whole(self):
        """(population, indices of these cells in it)."""
        raise NotImplementedError

    def _get_view(self, selector, label=None):
        return PopulationView(self, selector, label)

    def _get_parameters(self, *names):
        population, cells = self._whole()
        values = {name: simplify(population._parameters[name][cells]) for name in names if name in population._parameters}
        schema = {name: type for name, type in self.celltype.get_schema().items() if name in values}
        return ParameterSpace(values, schema if len(schema) == len(values) else None, shape=(self.size,))

    _get_native_parameters = _get_parameters

    def _set_parameters(self, parameter_space):
        population, cells = self._whole()
        parameter_space.evaluate(simplify=False)
        parameter_space.flatten(with_prefix=True)
        values = {name: value for name, value in parameter_space.as_dict().items() if not isinstance(value, dict)}
        for name, value in values.items():
            self.celltype.check(name, value)
        for name, value in values.items():
            population._parameters[name][cells] = value
        population._parameters_changed(values)

    def initialize(self, **initial_values):
        """Sets initial values of state variables: numbers, arrays, distributions or functions of the cell's index, in PyNN's units. Between two runs: values from now on."""
        population, cells = self._whole()
        for variable, value in initial_values.items():
            if variable not in self.celltype.states:
                raise errors.NonExistentParameterError(variable, type(self.celltype).__name__, sorted(self.celltype.states))
            value = LazyArray(value, shape=(self.size,), dtype=float)
            if not value.is_homogeneous:  # drawn once
                value = LazyArray(np.array(value.evaluate(simplify=False), dtype=float), shape=(self.size,), dtype=float)
            if self.size != population.size:
                every = population.initial_values[variable].evaluate(simplify=False).copy()
                every[cells] = value.evaluate(simplify=False)
                value = LazyArray(every, shape=(population.size,), dtype=float)
            population.initial_values[variable] = value
            population._state_set(variable, cells)


class PopulationView(_Cells, common.PopulationView):
    __doc__ = common.PopulationView.__doc__

    def _whole(self):
        return self.grandparent, self.index_in_grandparent(np.arange(self.size))

    @property
    def initial_values(self):
        """The initial values of these cells; to change them use initialize()."""
        population, cells = self._whole()
        return {name: LazyArray(value.evaluate(simplify=False)[cells], shape=(self.size,)) for name, value in population.initial_values.items()}


class Population(_Cells, common.Population):
    __doc__ = common.Population.__doc__
    _recorder_class = Recorder

    def __init__(self, size, cellclass, cellparams=None, structure=None, initial_values={}, label=None):
        if np.prod(size) < 1:
            raise errors.InvalidDimensionsError(f"a population of {size} cells: there must be 1 at least, in PyNN as well; leave it out, and its projections")
        if isinstance(cellclass, type):
            cellparams = cellparams or {}
        self._begin()
        super().__init__(size, cellclass, cellparams, structure, initial_values, label)
        simulator.state.populations.append(self)
        simulator.state.stale = True

    def _whole(self):
        return self, slice(None)

    def _create_cells(self):
        state = simulator.state
        first = state.id_counter
        self.all_cells = np.array([simulator.ID(n) for n in range(first, first + self.size)], dtype=simulator.ID)
        for cell in self.all_cells:
            cell.parent = self
        state.id_counter += self.size
        self._mask_local = np.ones(self.size, bool)
        space = self.celltype.native_parameters
        space.shape = (self.size,)
        space.evaluate(simplify=False)
        space.flatten(with_prefix=True)
        self._parameters = {name: np.array(np.broadcast_to(value, (self.size,))) for name, value in space.as_dict().items()}
        for name, value in self._parameters.items():
            self.celltype.check(name, value)
        self.index = len(state.populations)
        allowed = "".join(c if c.isascii() and (c.isalnum() or c in "_-+.") else "_" for c in str(self.label))
        self.network_name = f"{self.index}.{allowed}"  # what the network calls it

    # --- what the running network has to hear

    def _begin(self):
        """Nothing runs yet, or no more."""
        self._changed = set()           # parameters changed since the network was built or told
        self._offset_is_input = False   # True: i_offset has changed before, and is a current that can change

    def _parameters_changed(self, names):
        self._changed.update(names)
        if set(names) == {"i_offset"} and simulator.state.step > 0:
            if self._offset_is_input:
                return
            self._offset_is_input = True
        if not self.celltype.takes(names):
            simulator.state.stale = True

    def _breaks(self):
        """Steps at which a run has to stop to tell the network something."""
        return self.celltype.breaks(self._parameters, simulator.state) if self.celltype.is_source else ()

    def _state_set(self, variable, cells):
        """An initial value that is given while the network runs is the value from now on."""
        state = simulator.state
        if state.sim is None or self.index >= state.built:
            return
        if state.step == 0 or state.stale:
            state.stale = True
            if state.step == 0:
                return
            from .assemble import bring_up_to_date
            bring_up_to_date(state, state.step)
        variable_there, factor = self.celltype.states[variable]
        now = np.array(state.sim.get(self.network_name, variable_there))
        now[cells] = self.initial_values[variable].evaluate(simplify=False)[cells] * factor
        state.sim.set(self.network_name, variable_there, now)
