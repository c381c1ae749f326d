# SPDX-License-Identifier: Apache-2.0
"""PyNN's sources of spikes.

Poisson sources are the network's own. Those with a refractory period or gamma-distributed intervals are drawn here, piece by piece of the run, and handed over as spike trains.
"""
import numpy as np
from pyNN import errors
from pyNN.standardmodels import cells

from .cells import Model, same

FOREVER = 1e9  # ms; PyNN's own is 1e10


class Source(Model):
    """A source of spikes. `own_spikes`: they are recorded here, not by the network."""

    is_source = True
    own_spikes = False
    states = {}
    injectable = False
    receptor_types = ()

    def check(self, name, value):
        """Raises InvalidParameterValueError where no source could have such a value."""

    def takes(self, names):
        """Whether a running network can be given other values of these parameters."""
        return True

    def breaks(self, P, state):
        """Steps at which the network has to be told something."""
        return ()

    def prepare(self, population, state, end):
        """Makes ready what the network is to be told up to step `end`."""

    def add_to(self, net, population):
        """Adds the population to a network."""
        raise NotImplementedError

    def tell(self, population, state):
        """Tells the running network what has changed. Raises InputError where it cannot take it."""
        raise NotImplementedError


class SpikeSourcePoisson(Source, cells.SpikeSourcePoisson):
    __doc__ = cells.SpikeSourcePoisson.__doc__

    def check(self, name, value):
        if name == "rate" and not (np.asarray(value, dtype=float) >= 0).all():
            raise errors.InvalidParameterValueError("rate: must be >= 0 Hz")

    def _window(self, P, state):
        """[size] first and last step of each source; -1 where it never ends."""
        stop = P["start"] + P["duration"]
        return state.steps(P["start"]), np.where(stop < FOREVER, state.steps(np.minimum(stop, FOREVER)), -1)

    def breaks(self, P, state):
        first, last = self._window(P, state)
        return np.unique(np.concatenate([first, last]))

    def prepare(self, population, state, end):
        P = population._parameters
        first, last = self._window(P, state)
        population._rates = np.where((first <= state.step) & ((state.step < last) | (last < 0)), P["rate"], 0.0)

    def add_to(self, net, population):
        # Built with the rates of those that are silent now as well: sums have room for them.
        population._told = np.array(population._parameters["rate"], dtype=float)
        net.population(population.network_name, population.size, "poisson_source", rate=same(population._told))

    def tell(self, population, state):
        if not np.array_equal(population._rates, population._told):
            state.sim.set_rate(population.network_name, same(population._rates))
            population._told = population._rates

    def spikes_of(self, population, piece, first_step, last_step):
        times, neurons = piece.spikes(population.network_name)
        return neurons, times


class _Trains(Source):
    """Spikes at known times: `population._trains` is (cells, times in ms)."""

    own_spikes = True

    def add_to(self, net, population):
        population._untold = False
        net.population(population.network_name, population.size, "spike_train", spikes=population._trains)

    def tell(self, population, state):
        if population._untold:
            state.sim.set_spikes(population.network_name, *population._trains)
            population._untold = False

    def spikes_of(self, population, piece, first_step, last_step):
        from .simulator import state
        neurons, times = population._trains
        here = (times > first_step * state.dt + 1e-9 if first_step else times >= 0) & (times <= last_step * state.dt + 1e-9)
        order = np.argsort(times[here], kind="stable")
        return neurons[here][order], times[here][order]


class SpikeSourceArray(_Trains, cells.SpikeSourceArray):
    __doc__ = cells.SpikeSourceArray.__doc__

    def check(self, name, value):
        for train in np.atleast_1d(value):
            times = np.asarray(train.value, dtype=float)
            if (np.diff(times) < 0).any():
                raise errors.InvalidParameterValueError("Spike times given to SpikeSourceArray must be in increasing order")
            if times.size and not times[0] >= 0:
                raise errors.InvalidParameterValueError(f"spike_times: {times[0]} ms: must be >= 0 ms")

    def prepare(self, population, state, end):
        if "spike_times" in population._changed or not hasattr(population, "_trains"):
            trains = [np.asarray(train.value, dtype=float) for train in population._parameters["spike_times"]]
            lengths = [len(t) for t in trains]
            population._trains = np.repeat(np.arange(population.size), lengths), np.concatenate(trains)
            population._untold = True


class _Renewal(_Trains):
    """Sources whose intervals are drawn one after another."""

    def intervals(self, P, cells, rng):
        """An interval in ms for each of some cells."""
        raise NotImplementedError

    def prepare(self, population, state, end):
        P = population._parameters
        if state.step == 0:
            population._rng = np.random.Generator(np.random.Philox([state.seed, population.index, state.segment_counter]))
            population._next = P["start"] + self.intervals(P, np.arange(population.size), population._rng)
            population._drawn_to = 0
        if end <= population._drawn_to:
            return
        stop = np.minimum(P["start"] + P["duration"], (end + 0.5) * state.dt)
        neurons, times = [], []
        due = np.nonzero(population._next < stop)[0]
        while len(due):
            neurons.append(due)
            times.append(population._next[due])
            population._next[due] += self.intervals(P, due, population._rng)
            due = due[population._next[due] < stop[due]]
        population._trains = np.concatenate(neurons + [np.zeros(0, np.int64)]).astype(np.int64), np.concatenate(times + [np.zeros(0)])
        population._untold, population._drawn_to = True, end


class SpikeSourcePoissonRefractory(_Renewal, cells.SpikeSourcePoissonRefractory):
    __doc__ = cells.SpikeSourcePoissonRefractory.__doc__

    def check(self, name, value):
        if name == "rate" and not (np.asarray(value, dtype=float) > 0).all():
            raise errors.InvalidParameterValueError("rate: must be > 0 Hz")

    def intervals(self, P, cells, rng):
        dead = P["tau_refrac"][cells]
        return dead + rng.exponential(np.maximum(1000.0 / P["rate"][cells] - dead, 0))


class SpikeSourceGamma(_Renewal, cells.SpikeSourceGamma):
    __doc__ = cells.SpikeSourceGamma.__doc__

    def intervals(self, P, cells, rng):
        return rng.gamma(P["alpha"][cells], 1000.0 / P["beta"][cells])
