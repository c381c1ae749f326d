# SPDX-License-Identifier: Apache-2.0
"""PyNN's connectors, with whole columns of synapses where PyNN goes cell by cell.

They draw the same random numbers in the same order as PyNN's own, so that a script has the same synapses with any simulator. Where that order cannot be kept
(one generator for several things), or where a parameter is a function of the distance, PyNN's own way is taken.
"""
from copy import deepcopy

import numpy as np
from pyNN import connectors, errors
from pyNN.connectors import (CSAConnector, DisplacementDependentProbabilityConnector, FromFileConnector, SmallWorldConnector)  # noqa: F401
from pyNN.random import RandomDistribution

AT_ONCE = 1 << 22  # random numbers drawn in one go


class _Columns:
    """Connectors that say for each target which sources it has."""

    def _standard_connect(self, projection, connection_map_generator, distance_map=None):
        parameters = self._parameters_from_synapse_type(projection, distance_map)
        if not _drawn_at_once(parameters, getattr(self, "rng", None)):
            return super()._standard_connect(projection, connection_map_generator, distance_map)
        every = np.arange(projection.pre.size)
        sources, counts = [], []
        for mask in connection_map_generator():
            found = every if mask is True else every[:0] if mask is False else np.nonzero(mask)[0] if np.asarray(mask).dtype == bool else np.asarray(mask, dtype=np.int64)
            sources.append(found)
            counts.append(len(found))
        self._finish(projection, np.concatenate(sources), np.repeat(np.arange(projection.post.size), counts), parameters)

    def _finish(self, projection, sources, targets, parameters):
        """Connects pairs that are sorted by target."""
        if len(sources):
            values = {name: _values(value, sources, targets) for name, value in parameters.items()}
            if self.safe:
                synapse = projection.synapse_type
                for name, check in getattr(synapse, "parameter_checks", {}).items():
                    if name in values:
                        check(values[name], projection)
            projection._convergent_connect(sources, targets, location_selector=self.location_selector, **values)
        if self.callback:
            self.callback(1.0)


def _drawn_at_once(parameters, rng):
    """Whether each generator of random numbers serves one parameter alone, and all else is constant or listed."""
    seen = [] if rng is None else [rng]
    for _, value in parameters.items():
        if value.is_homogeneous:
            continue
        if isinstance(value.base_value, np.ndarray) and not value.operations:
            continue
        if not isinstance(value.base_value, RandomDistribution) or value.operations or value.base_value.name == "normal_clipped":
            return False
        if any(value.base_value.rng is other for other in seen):
            return False
        seen.append(value.base_value.rng)
    return True


def _values(value, sources, targets):
    if value.is_homogeneous:
        return value.evaluate(simplify=True)
    if isinstance(value.base_value, RandomDistribution):
        return value.base_value.next(len(sources))
    return value.base_value[sources, targets]


def _cells_differ(projection, sources, targets):
    if projection.pre is projection.post:
        return sources != targets
    ids = [np.array(cells.all_cells, dtype=np.int64) for cells in (projection.pre, projection.post)]
    return ids[0][sources] != ids[1][targets]


class AllToAllConnector(_Columns, connectors.AllToAllConnector):
    __doc__ = connectors.AllToAllConnector.__doc__

    def connect(self, projection):
        parameters = self._parameters_from_synapse_type(projection)
        if self.allow_self_connections not in (True, False) or not _drawn_at_once(parameters, None):
            return super().connect(projection)
        sources = np.tile(np.arange(projection.pre.size), projection.post.size)
        targets = np.repeat(np.arange(projection.post.size), projection.pre.size)
        if not self.allow_self_connections:
            wanted = _cells_differ(projection, sources, targets)
            sources, targets = sources[wanted], targets[wanted]
        self._finish(projection, sources, targets, parameters)


class OneToOneConnector(_Columns, connectors.OneToOneConnector):
    __doc__ = connectors.OneToOneConnector.__doc__

    def connect(self, projection):
        parameters = self._parameters_from_synapse_type(projection)
        if not _drawn_at_once(parameters, None):
            return super().connect(projection)
        both = np.arange(min(projection.shape))
        self._finish(projection, both, both, parameters)


class FixedProbabilityConnector(_Columns, connectors.FixedProbabilityConnector):
    __doc__ = connectors.FixedProbabilityConnector.__doc__

    def connect(self, projection):
        parameters = self._parameters_from_synapse_type(projection)
        if self.allow_self_connections not in (True, False) or not _drawn_at_once(parameters, self.rng):
            return super().connect(projection)
        n_pre, n_post = projection.shape
        rng = deepcopy(self.rng)  # as PyNN does: the connector makes the same choice wherever it is used
        block = max(1, AT_ONCE // max(n_pre, 1))
        sources, targets = [], []
        for first in range(0, n_post, block):
            n = min(block, n_post - first)
            uniform = rng.next(n * n_pre, "uniform", {"low": 0, "high": 1})
            k = np.nonzero(uniform < self.p_connect)[0]
            targets.append(first + k // n_pre)
            sources.append(k % n_pre)
        sources, targets = np.concatenate(sources), np.concatenate(targets)
        if not self.allow_self_connections:
            wanted = _cells_differ(projection, sources, targets)
            sources, targets = sources[wanted], targets[wanted]
        self._finish(projection, sources, targets, parameters)


class DistanceDependentProbabilityConnector(_Columns, connectors.DistanceDependentProbabilityConnector):
    __doc__ = connectors.DistanceDependentProbabilityConnector.__doc__


class IndexBasedProbabilityConnector(_Columns, connectors.IndexBasedProbabilityConnector):
    __doc__ = connectors.IndexBasedProbabilityConnector.__doc__


class FixedNumberPreConnector(_Columns, connectors.FixedNumberPreConnector):
    __doc__ = connectors.FixedNumberPreConnector.__doc__


class _RaggedMasks(_Columns):
    """PyNN makes an array of lists of unequal lengths where it is given a mask; here it never is."""

    def _standard_connect(self, projection, connection_map_generator, distance_map=None):
        return super()._standard_connect(projection, lambda mask=None: connection_map_generator(), distance_map)


class FixedNumberPostConnector(_RaggedMasks, connectors.FixedNumberPostConnector):
    __doc__ = connectors.FixedNumberPostConnector.__doc__


class FixedTotalNumberConnector(_RaggedMasks, connectors.FixedTotalNumberConnector):
    __doc__ = connectors.FixedTotalNumberConnector.__doc__


class ArrayConnector(_Columns, connectors.ArrayConnector):
    __doc__ = connectors.ArrayConnector.__doc__


class CloneConnector(_Columns, connectors.CloneConnector):
    __doc__ = connectors.CloneConnector.__doc__


class FromListConnector(connectors.FromListConnector):
    __doc__ = connectors.FromListConnector.__doc__

    def connect(self, projection):
        space = projection.synapse_type.parameter_space
        rest = {name: value for name, value in space.items() if name not in self.column_names}
        known = projection.synapse_type.get_parameter_names()
        if self.conn_list.size == 0 or not all(value.is_homogeneous for value in rest.values()) or not set(self.column_names) <= set(known):
            return super().connect(projection)
        rows = self.conn_list[np.argsort(self.conn_list[:, 1], kind="stable")]
        for k, (side, word) in enumerate(((projection.pre, "source"), (projection.post, "target"))):
            if (rows[:, k] >= side.size).any() or (rows[:, k] < 0).any():
                raise errors.ConnectionError(f"{word} index out of range")
        values = {}
        for name, value in rest.items():
            value.shape = (len(rows),)
            values[name] = value.evaluate(simplify=True)
        values.update({name: rows[:, k].astype(float) for k, name in enumerate(self.column_names, 2)})
        projection._convergent_connect(rows[:, 0].astype(np.int64), rows[:, 1].astype(np.int64), location_selector=self.location_selector, **values)
