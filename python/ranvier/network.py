# SPDX-License-Identifier: Apache-2.0
"""Networks as Python describes them: the same sections and keys as a network file, checked by the same reader."""
import operator
import os
import pathlib

import numpy as np

from . import _core
from .errors import InputError
from .simulation import Simulation
from .tree import plain
from .units import ms


class _Named:
    """A part of a network that later parts refer to by name."""

    def __init__(self, network, table):
        self.network = network
        self._table = table

    @property
    def name(self) -> str:
        return self._table["name"]

    def __repr__(self):
        return f"<{type(self).__name__} {self.name}>"


class Population(_Named):
    """Neurons of one model. `E[0:100]`, `E[5]`, `E[::2]` are slices, for projections, inputs and recordings."""

    @property
    def network_name(self) -> str:
        return self.name

    @property
    def size(self) -> int:
        return self._table["size"]

    def __len__(self):
        return int(self.size)

    def __iter__(self):
        return (self[k] for k in range(len(self)))

    def __getitem__(self, index):
        try:
            if isinstance(index, slice):
                parts = ["" if k is None else str(operator.index(k)) for k in (index.start, index.stop, index.step)]
                return _Slice(f"{self.name}[{':'.join(parts if parts[2] else parts[:2])}]")
            return _Slice(f"{self.name}[{operator.index(index)}]")
        except TypeError:
            raise InputError(f"{self.name}[{index!r}]: give a whole number or a slice, such as {self.name}[5] or {self.name}[0:100:2]; for other choices use edges") from None


class _Slice(str):
    """Some neurons of a population, by the words of a network file."""


class Projection(_Named):
    """Synapses from one population, or slice, to another."""


class Input(_Named):
    """Input that needs no synapse of the network."""


class GapJunctions(_Named):
    """Gap junctions between two populations or slices."""


class Network:
    """A network, described part by part.

    Nothing is built before build(); until then, parts only have to be of types that a network has a place for. All that is wrong with their
    values is told together, by check() or build().

    Parameters
      name        of the network
      dt          time step, 0.1 ms
      seed        of connectivity, initial state and inputs; the same seed gives the same spikes, for any number of threads
      simulation  further keys of [simulation] in a network file: threads, precision, seed_network, round_delays, ...
      folder      where relative paths of files begin; the present one
    """

    def __init__(self, name: str = "network", *, dt="0.1 ms", seed: int = 1, folder=".", **simulation):
        self.name = name
        self._folder = os.fspath(folder)
        self._tree = {"format": 1, "name": name, "simulation": plain({"dt": dt, "seed": seed, **simulation}, "simulation")}
        self._source = None  # (file, set) of a network that came from a file
        self._spec = None

    # --- parts

    def population(self, name: str, size: int, model: str = None, *, membrane: str = None, receptors: list = None, params: dict = None, initial: dict = None,
                   positions=None, sleep: bool = None, rate=None, spikes=None) -> Population:
        """Adds neurons.

        model       a named model with its receptors ("lif_exp"), or a source ("poisson_source", "spike_train"); or
        membrane, receptors   a membrane and receptors of your choice: [{"name": "ex", "kind": "exponential", "tau_syn": "2 ms"}]
        params      {name: value}; a value for each neuron is an array [size], a distribution is {"normal": ["20 ms", "2 ms"]} or the like
        initial     state variables at time 0, those of receptors as "ex.I"
        positions   {"grid": [10, 10], "spacing": "20 um"}, {"random": [...]}, or an array [size][2 or 3] in um
        rate        of a poisson_source: a value, an array [size] in Hz, or {"piecewise": [["0 ms", "5 Hz"], ...]}
        spikes      of a spike_train: (neurons, times in ms), two arrays of one length
        """
        if isinstance(spikes, (tuple, list)):
            neurons, times = spikes
            spikes = {"neurons": _indices(neurons), "times": np.asarray(times, dtype=np.float64)}
        if model == "spike_train" and spikes is None:
            spikes = {"neurons": np.zeros(0, np.int64), "times": np.zeros(0)}
        if hasattr(positions, "__array__"):
            positions = {"places": positions}
        return self._add("populations", Population, name, dict(size=size, model=model, membrane=membrane, receptors=receptors, params=params, initial=initial,
                                                               positions=positions, sleep=sleep, rate=rate, spikes=spikes))

    def project(self, source, target, rule=None, *, weight, delay, receptor: str = None, synapse=None, edges=None, name: str = None, **keys) -> Projection:
        """Adds synapses from a population, or slice, to another.

        rule      "all_to_all", "one_to_one", {"fixed_indegree": 80}, {"pairwise_bernoulli": 0.1}, ... as in a network file
        edges     instead of a rule: (sources, targets), two arrays of indices within the populations (or slices)
        weight    one value, a distribution, or an array: one for each edge. In pA, nS or mV, as the receptor wants. An array [sources][targets]
                  needs neither rule nor edges: its entries that are not 0 are the synapses
        delay     likewise, in ms; an array [sources][targets] goes with such a weight
        synapse   "static", or rules that the synapses follow: {"stdp": {"lambda": 0.01}}
        keys      further keys of [[projections]]: allow_autapses, allow_multapses, dendritic_delay_fraction, lags
        """
        if edges is None and rule is None and np.ndim(weight) == 2 and hasattr(weight, "__array__"):
            for k, (side, what) in enumerate(((source, "sources"), (target, "targets"))):
                if isinstance(side, Population) and np.shape(weight)[k] != len(side):
                    raise InputError(f"project: the weights are {np.shape(weight)[0]} x {np.shape(weight)[1]}, but there are {len(side)} {what} in {side.name!r}: [sources][targets] is needed")
            edges = np.nonzero(np.asarray(weight))
            delay = np.asarray(delay)[edges] if np.ndim(delay) == 2 else delay
            weight = np.asarray(weight)[edges]
        if edges is not None:
            if rule is not None:
                raise InputError("project: rule and edges exclude each other")
            sources, targets = edges
            rule = {"edges": {"source": _indices(sources), "target": _indices(targets)}}
        return self._add("projections", Projection, name or f"{_word(source)}->{_word(target)}",
                         dict(source=source, target=target, rule=rule, receptor=receptor, weight=weight, delay=delay, synapse=synapse, **keys))

    def input(self, type: str, target, name: str = None, **keys) -> Input:
        """Adds an input: type "poisson", "dc", "step", "sine", "noise" or "samples", with the keys of [[inputs]] in a network file.

        A current of its own for each neuron and time is type "samples": samples=array [samples][neurons] in pA, each for `hold` (a step where not given).
        """
        return self._add("inputs", Input, name or f"{type} {len(self._tree.get('inputs', []))}", dict(type=type, target=target, **keys))

    def poisson(self, target, rate, weight, receptor: str = None, name: str = None, **keys) -> Input:
        """Adds Poisson spikes, a train of its own for each neuron: `rate` in Hz, `weight` as of a synapse."""
        return self.input("poisson", target, name, rate=rate, weight=weight, receptor=receptor, **keys)

    def current(self, target, amplitude, name: str = None, **keys) -> Input:
        """Adds a constant current of `amplitude`, in pA; start and stop in ms."""
        return self.input("dc", target, name, amplitude=amplitude, **keys)

    def gap_junctions(self, source, target, rule, conductance, name: str = None, edges=None, **keys) -> GapJunctions:
        """Adds gap junctions of `conductance`, in nS; rules and edges as of project()."""
        if edges is not None:
            rule = {"edges": {"source": _indices(edges[0]), "target": _indices(edges[1])}}
        return self._add("gap_junctions", GapJunctions, name or f"{_word(source)}--{_word(target)}", dict(source=source, target=target, rule=rule, conductance=conductance, **keys))

    def volume(self, name: str, **keys):
        """Adds a substance such as dopamine, with the keys of [[volumes]] in a network file."""
        self._add("volumes", _Named, name, keys)

    def record(self, type: str, neurons=None, variables=None, name: str = None, **keys):
        """Records "spikes", "state" (with variables), "weights" or "connectivity" (with source and target), or "volumes". Without any call all spikes are recorded.

        interval  of state variables, in ms; every step where not given. With "weights", of synapses that learn: Simulation.weight_series() has them
        volumes   of "volumes": their names, or all; Simulation.course() has their concentrations
        """
        if name is None and type == "state":
            name = f"state {_word(neurons)}"
        self._add("recordings", _Named, name, dict(type=type, neurons=neurons, variables=variables, **keys))

    def downscale(self, neurons: float, indegree: float, rates: dict = None):
        """Makes a smaller network that keeps mean and variance of what each cell receives (van Albada et al. 2015, doi:10.1371/journal.pcbi.1004490).

        All sizes and numbers given are those at full scale, before and after this call; populations have their smaller size once the network is built.

        neurons, indegree   factors of at most 1
        rates               {population: its rate at full scale, in Hz or with a unit}: of the sources, whose lost input a constant current replaces
        """
        self._by_parts()
        self._tree["downscale"] = plain({"neurons": neurons, "indegree": indegree, "rates": {getattr(p, "name", p): rate for p, rate in (rates or {}).items()}}, "downscale")
        self._spec = None

    def model(self, file=None, **tables):
        """Adds a membrane or a synapse rule given as equations; populations and projections then use it by its name.

        file     of the model, relative to the network's folder; or
        tables   what it says, as dicts: model={"name": "own", "equations": "dV/dt = ... : mV", "threshold": ...}, parameters={"C_m": "250 pF"},
                 state={"V": "-70 mV"}

        It is compiled by the system's C++ compiler when the network is first built.
        """
        if (file is None) == (not tables):
            raise InputError("model: give a file, or the tables model, parameters and state")
        self._by_parts()
        models = self._tree.setdefault("models", [])
        models.append(plain({"file": file} if tables == {} else tables, f"models[{len(models)}]"))
        self._spec = None

    def _by_parts(self):
        """From now on the network is what its parts say, not what the file says that it came from."""
        if self._tree is None:
            raise InputError(f"{self._source[0]}: a SONATA circuit runs as it is; nothing can be added to it here")
        if self._source:
            _, _, duration, warmup, seed, threads = self._source
            given = dict(duration=duration, warmup=warmup, seed=seed, threads=threads)
            self._tree["simulation"] = {**self._tree.get("simulation", {}), **{key: value for key, value in given.items() if value is not None}}
            self._source = None
        self._spec = None

    def _add(self, section, kind, name, table):
        self._by_parts()
        parts = self._tree.setdefault(section, [])
        where = f"{section}[{len(parts)}]"
        table = {key: value for key, value in plain({"name": name, **table}, where).items() if value is not None}
        parts.append(table)
        self._spec = None
        return kind(self, table)

    # --- use

    def spec(self):
        """The network read and checked. Raises InputError with all problems."""
        if self._spec is None:
            if self._source:
                self._spec = _core.read_file(*self._source)
            else:
                self._spec = _core.read_tree(self._tree, self.name, self._folder)
        return self._spec

    def check(self):
        """Checks the whole network. Raises InputError with all that is wrong."""
        self.spec().check()

    def memory(self, threads: int = 1) -> dict:
        """What the network will take, before anything of it is built: {"synapses": ..., "byte": ...}."""
        synapses, byte = self.spec().memory(threads)
        return {"synapses": synapses, "byte": byte}

    def build(self, threads: int = None, *, simd: str = "auto", resume=None, renew=()) -> Simulation:
        """Draws all synapses; returns the simulation at time 0.

        threads   the faster number where not given; the spikes are the same for any
        simd      "auto", "avx512", "avx2", "scalar"; the spikes are the same
        resume    a file that Simulation.save() or `ranvier simulate --save` wrote: go on from there. Or a Simulation, of a network that differed:
                  parameters, weights, inputs and recordings may be others, populations and projections may have been added at the end; what was there
                  goes on from its state (synapses that learn from their weights: their edges and delays must be the same), the new begins as at time 0
        renew     after a Simulation: the projections whose weights are to be those described here, not those learnt (what targets did since the last
                  spikes of their sources still counts)

        Inputs, rates and trains are those described here, whatever a Simulation had been given since.

        Raises InputError: all that is wrong; memory that does not suffice; a state of another network
        """
        spec = self.spec()
        threads = _whole(threads, "threads") if threads is not None else 0
        if simd not in ("auto", "avx512", "avx2", "scalar"):
            raise InputError(f"simd = {simd!r}: one of 'auto', 'avx512', 'avx2', 'scalar'")
        if isinstance(resume, Simulation):
            names = [p["name"] for p in spec.outline]
            renewed = [getattr(projection, "name", projection) for projection in renew]
            for name in renewed:
                if name not in names:
                    raise InputError(f"renew: no projection is called {name!r}; there are {', '.join(map(repr, names)) or 'none'}")
            return Simulation(self, spec, _core.rebuild(spec, threads or resume.threads, simd, resume._core, [names.index(name) for name in renewed]))
        if resume is not None and not os.path.isfile(resume):
            raise InputError(f"resume: {os.fspath(resume)}: no such file")
        return Simulation(self, spec, _core.build(spec, threads, simd, os.fspath(resume) if resume else ""))

    def __getstate__(self):
        return {**self.__dict__, "_spec": None}  # what was read is read again

    def __repr__(self):
        if self._tree is None:
            return f"<Network {self.name} of {self._source[0]}>"
        return f"<Network {self.name}: {len(self._tree.get('populations', []))} populations, {len(self._tree.get('projections', []))} projections>"


def _whole(value, what) -> int:
    try:
        number = operator.index(value)
    except TypeError:
        number = -1
    if number < 0:
        raise InputError(f"{what} = {value!r}: must be a whole number, 0 or more")
    return number


def _indices(values) -> np.ndarray:
    """An array of indices; an empty one has no type of its own."""
    values = np.asarray(values)
    return values.astype(np.int64) if values.size == 0 else values


def _word(part) -> str:
    name = plain(part, "")
    return "+".join(name) if isinstance(name, list) else str(name)


def load(file, set: dict = None, *, duration=None, warmup=None, seed: int = None, threads: int = None) -> Network:
    """A network from a network file.

    set      {name: value} of its [parameters], as --set NAME=VALUE
    others   win over what the file says

    Raises InputError with all problems of the file, each with its line.
    """
    try:
        import tomllib
    except ImportError:
        import tomli as tomllib
    file = pathlib.Path(file)
    given = [(name, value if isinstance(value, str) else _toml(value)) for name, value in (set or {}).items()]
    source = (str(file), given, None if duration is None else ms(duration), None if warmup is None else ms(warmup), seed, threads)
    spec = _core.read_file(*source)
    network = Network(spec.name, folder=file.parent)
    network._source, network._spec = source, spec
    network._tree = None if file.suffix == ".json" else tomllib.loads(file.read_text(encoding="utf-8"))
    if network._tree is not None:
        network._tree.setdefault("name", spec.name)
        network._tree.get("parameters", {}).update(set or {})
    return network


def _toml(value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
