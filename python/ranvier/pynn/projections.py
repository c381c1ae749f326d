# SPDX-License-Identifier: Apache-2.0
"""Projections: columns of numbers, one entry for each synapse."""
import numpy as np
from pyNN import common
from pyNN.random import RandomDistribution
from pyNN.space import Space

from . import simulator
from .synapses import StaticSynapse, groups


class Connection(common.Connection):
    """One synapse of a projection, by its place in it."""

    def __init__(self, projection, place):
        object.__setattr__(self, "projection", projection)
        object.__setattr__(self, "place", place)

    @property
    def presynaptic_index(self):
        return int(self.projection._pre[self.place])

    @property
    def postsynaptic_index(self):
        return int(self.projection._post[self.place])

    def __getattr__(self, name):
        if name.startswith("_") or name not in self.projection._values:
            raise AttributeError(f"a connection of {self.projection.label} has no {name!r}")
        return float(self.projection._column(name)[self.place])

    def __setattr__(self, name, value):
        if name not in self.projection._values:
            raise AttributeError(f"a connection of {self.projection.label} has no {name!r}")
        self.projection._change(name, np.array([self.place]), value)

    def as_tuple(self, *attribute_names):
        return tuple(getattr(self, name) for name in attribute_names)


class Part:
    """Synapses of a projection that are one projection of the network: of one pair of populations, following one rule.

    synapses   their places in the PyNN projection
    """

    def __init__(self, name, synapses, pre, post, source, target, rule):
        self.name, self.synapses, self.pre, self.post, self.source, self.target, self.rule = name, synapses, pre, post, source, target, rule
        self.number = None  # among the network's projections


class Projection(common.Projection):
    __doc__ = common.Projection.__doc__
    _simulator = simulator
    _static_synapse_class = StaticSynapse

    def __init__(self, presynaptic_population, postsynaptic_population, connector, synapse_type=None, source=None, receptor_type=None, space=Space(), label=None):
        super().__init__(presynaptic_population, postsynaptic_population, connector, synapse_type, source, receptor_type, space, label)
        self._chunks = []
        connector.connect(self)
        self._gather()
        self._begin()
        state = simulator.state
        self.index = len(state.projections)
        state.projections.append(self)
        state.stale = True

    # --- connecting

    def _convergent_connect(self, presynaptic_indices, postsynaptic_index, location_selector=None, **connection_parameters):
        """Synapses from some cells to one cell, or to one each."""
        if location_selector is not None:
            raise NotImplementedError("cells have no compartments here: leave location_selector out")
        if isinstance(postsynaptic_index, simulator.ID):  # connection sets with values name the cells themselves
            presynaptic_indices, postsynaptic_index = [self.pre.id_to_index(cell) for cell in presynaptic_indices], self.post.id_to_index(postsynaptic_index)
        sources = np.atleast_1d(np.asarray(presynaptic_indices, dtype=np.int64))
        self._chunks.append((sources, postsynaptic_index, connection_parameters))

    def _gather(self):
        """One column for each parameter; one number where all synapses have it."""
        sizes = [len(sources) for sources, _, _ in self._chunks]
        self._pre = np.concatenate([sources for sources, _, _ in self._chunks] + [np.zeros(0, np.int64)]).astype(np.int64)
        self._post = np.concatenate([np.broadcast_to(np.asarray(target, dtype=np.int64), (n,)) for n, (_, target, _) in zip(sizes, self._chunks)] + [np.zeros(0, np.int64)]).astype(np.int64)
        names = self._chunks[0][2] if self._chunks else self.synapse_type.get_native_names()
        self._values = {}
        for name in names:
            column = [parameters[name] for _, _, parameters in self._chunks]
            if all(np.ndim(value) == 0 for value in column) and len(set(map(float, column))) <= 1:
                self._values[name] = float(column[0]) if column else 0.0
            else:
                self._values[name] = np.concatenate([np.broadcast_to(np.asarray(value, dtype=float), (n,)) for n, value in zip(sizes, column)])
        self._chunks = []

    def __len__(self):
        return len(self._pre)

    def __getitem__(self, i):
        if not -len(self) <= i < len(self):
            raise IndexError(f"{self.label} has {len(self)} connections")
        return Connection(self, i % len(self))

    @property
    def connections(self):
        """All connections, as Connection objects."""
        return [Connection(self, k) for k in range(len(self))]

    # --- reading

    def _column(self, name):
        """[synapses] a parameter now, in PyNN's units."""
        if name == "weight":
            self._learn()
        return np.broadcast_to(np.asarray(self._values[name], dtype=float), (len(self),))

    def _learn(self):
        """Takes over the weights that have been learnt."""
        state = simulator.state
        if not self.synapse_type.of_weight or state.sim is None or not self._parts or self._learnt_at == state.step:
            return
        weights = np.array(np.broadcast_to(self._values["weight"], (len(self),)), dtype=float)
        delays = np.broadcast_to(self._values["delay"], (len(self),))
        for part in self._parts:
            if part.number is None or self._renewed:
                continue
            steps = np.maximum(1, np.floor(delays[part.synapses] / state.dt + 0.5))
            order = np.lexsort((np.arange(len(part.source)), part.target, steps, part.source))
            now = np.empty(len(order))
            now[order] = state.sim.weights(part.number)
            weights[part.synapses] = now / part.post.celltype.weight_factor(self.receptor_type)
        if not self._renewed:
            self._values["weight"], self._learnt_at = weights, state.step

    def _named(self, name):
        if name == "presynaptic_index":
            return self._pre
        if name == "postsynaptic_index":
            return self._post
        return self._column(name)

    def _get_attributes_as_list(self, names):
        return list(zip(*(self._named(name).tolist() for name in names)))

    def _get_attributes_as_arrays(self, names, multiple_synapses="sum"):
        out = []
        for name in names:
            column = self._column(name if name in self._values else name.rstrip("s"))
            values = np.full(self.shape, np.nan)
            if multiple_synapses in ("first", "last"):
                order = np.arange(len(self)) if multiple_synapses == "first" else np.arange(len(self))[::-1]
                _, chosen = np.unique(self._pre[order] * self.shape[1] + self._post[order], return_index=True)
                chosen = order[chosen]
                values[self._pre[chosen], self._post[chosen]] = column[chosen]
            else:
                operation, start = {"sum": (np.add, 0.0), "min": (np.minimum, np.inf), "max": (np.maximum, -np.inf)}[multiple_synapses]
                values[self._pre, self._post] = start
                operation.at(values, (self._pre, self._post), column)
            out.append(values)
        return out

    # --- changing

    def _value_list_to_array(self, attributes):
        """Lists have one value for each connected pair, in the order of the connection matrix."""
        for name, value in attributes.items():
            if isinstance(value, list) or (isinstance(value, np.ndarray) and value.ndim == 1):
                connected = np.zeros(self.shape, bool)
                connected[self._pre, self._post] = True
                matrix = np.full(self.shape, np.nan)
                matrix[connected] = value
                attributes[name] = matrix
        return attributes

    def _set_attributes(self, parameter_space):
        for name, value in parameter_space.items():
            if value.is_homogeneous:
                new = value.evaluate(simplify=True)
            elif isinstance(value.base_value, RandomDistribution) and not value.operations:
                new = value.base_value.next(len(self))
            else:
                new = value.evaluate(simplify=False)[self._pre, self._post]
            if np.ndim(new) == 0:
                self._change(name, slice(None), float(new))
            else:
                given = np.nonzero(~np.isnan(new))[0]
                self._change(name, given, new[given])

    def _change(self, name, synapses, value):
        state = simulator.state
        if state.sim is not None and self.synapse_type.of_weight:
            if name == "delay" and state.step > 0:
                raise RuntimeError(f"{self.label}: delays of synapses that learn cannot change while the network runs; reset() first")
            if name == "weight":
                self._learn()
                self._renewed = True
        if isinstance(synapses, slice):
            self._values[name] = value
        else:
            column = np.array(np.broadcast_to(self._values[name], (len(self),)), dtype=float)
            column[synapses] = value
            self._values[name] = column
        state.stale = True

    def _set_initial_value_array(self, variable, value):
        raise NotImplementedError(f"{variable}: synapses begin as they are after a long silence; nothing else can be chosen")

    def set(self, **attributes):
        if len(self):
            super().set(**attributes)

    # --- the network

    def _begin(self):
        """Time 0: weights that have been learnt are forgotten."""
        if getattr(self, "_first_weight", None) is not None and self.synapse_type.of_weight:
            self._values["weight"] = self._first_weight
        self._first_weight = None
        self._parts, self._learnt_at, self._renewed = [], -1, False

    def _make_parts(self):
        """Sorts the synapses into projections of the network."""
        state = simulator.state
        if state.step == 0 or self._first_weight is None:
            self._first_weight = self._values["weight"]
        before = len(self._parts)
        parts = []
        for i, (pre, pre_at, pre_cells) in enumerate(_places(self.pre)):
            for j, (post, post_at, post_cells) in enumerate(_places(self.post)):
                here = np.nonzero((self._pre >= pre_at) & (self._pre < pre_at + len(pre_cells)) & (self._post >= post_at) & (self._post < post_at + len(post_cells)))[0]
                if len(here):
                    parts += self._by_rule(f"{self.index}.{i}.{j}", here, pre, post, pre_cells[self._pre[here] - pre_at], post_cells[self._post[here] - post_at])
        if state.step > 0 and before and len(parts) != before and any(part.rule for part in parts):
            raise RuntimeError(f"{self.label}: while the network runs, parameters of its synapses can only change so that those that were alike stay alike")
        self._parts = parts
        return parts

    def _by_rule(self, name, here, pre, post, source, target):
        factor = post.celltype.weight_factor(self.receptor_type)
        columns = {key: value[here] if np.ndim(value) else value for key, value in self._values.items() if key not in ("weight", "delay")}
        columns["tau_syn"] = 0.0
        P = {key: np.asarray(value) for key, value in post._parameters.items()}
        tau = post.celltype.tau_of(P, self.receptor_type) if "tau_rec" in columns else None
        if tau is not None:
            columns["tau_syn"] = np.broadcast_to(tau, (post.size,))[target]
        parts = []
        for k, (which, values) in enumerate(groups(columns, len(here)) if len(columns) > 1 else [(slice(None), columns)]):
            rule = self.synapse_type.rule(values, factor, values["tau_syn"] if tau is not None else None)
            parts.append(Part(f"{name}.{k}", here[which], pre, post, source[which], target[which], rule))
        return parts

    def _describe(self, net, part):
        """Adds a part to a network."""
        factor = part.post.celltype.weight_factor(self.receptor_type)
        weight, delay = self._values["weight"], self._values["delay"]
        weight = weight[part.synapses] * factor if np.ndim(weight) else weight * factor
        delay = delay[part.synapses] if np.ndim(delay) else delay
        keys = {"dendritic_delay_fraction": float(np.asarray(self._values["dendritic_delay_fraction"]).flat[0])} if "dendritic_delay_fraction" in self._values else {}
        net.project(part.pre.network_name, part.post.network_name, edges=(part.source, part.target), weight=weight, delay=delay,
                    receptor=part.post.celltype.receptor_name(self.receptor_type), synapse=part.rule, name=part.name, **keys)


def _places(cells):
    """[(population, first index within `cells`, indices within the population)]."""
    parts = cells.populations if isinstance(cells, common.Assembly) else [cells]
    out, first = [], 0
    for part in parts:
        population, index = part._whole()
        index = np.arange(population.size)[index]
        out.append((population, first, index))
        first += len(index)
    return out
