# SPDX-License-Identifier: Apache-2.0
"""A network that runs: in pieces, looked at and changed in between."""
import html
import json
import os

import numpy as np

from . import _core
from .errors import InputError
from .progress import Progress
from .results import Course, Layout, Piece, Spikes, Synapses, Trace, WeightSeries
from .tree import plain
from .units import ms, quantity


class Simulation:
    """A network and its state. Made by Network.build().

    Running in pieces gives the same spikes as running at once, whatever is looked at in between.
    """

    def __init__(self, network, spec, core):
        self.network = network
        self.pieces = []  #: of the run so far
        self._core = core
        self._spec = spec
        self._layout = Layout(spec.populations, spec.effects)
        self._dt = spec.dt_ms
        # The network may be described further; this simulation has the inputs that it was built with.
        tree = network._tree or {}
        self._tree = {key: list(value) if isinstance(value, list) else value for key, value in tree.items()}
        self._from_file = network._source is not None
        self._recorded = spec.spikes_recorded

    # --- running

    @property
    def time(self) -> float:
        """The present time, in ms."""
        return round(self._core.step * self._dt, 9)

    @property
    def threads(self) -> int:
        return self._core.threads

    @property
    def synapse_count(self) -> int:
        """Synapses when it was built, those that come and go not counted later."""
        return self._core.synapse_count

    def run(self, duration=None, *, progress: bool = None) -> Piece:
        """Runs on for `duration` (ms, or a text with a unit; else what the network says) and returns what was recorded meanwhile.

        progress   whether to show a bar; where not given: in a terminal or notebook, for what takes long

        Ctrl-C ends the piece cleanly and raises KeyboardInterrupt: what was done until then is among `pieces`, and another run() goes on from there.
        Raises RunError where a state is not a usable number any more.
        """
        return self._run(self._spec.duration_ms if duration is None else ms(duration), True, progress)

    def warm_up(self, duration=None, *, progress: bool = None) -> Piece:
        """The same for time before all that counts: statistics and the spike hash leave it out. Comes before any run()."""
        return self._run(self._spec.warmup_ms if duration is None else ms(duration), False, progress)

    def _run(self, duration_ms, counted, progress):
        if not duration_ms / self._dt < 2**31:
            raise InputError(f"{duration_ms} ms: a run has fewer than 2^31 steps of {self._dt} ms; run in pieces, or use a larger dt")
        steps = round(duration_ms / self._dt)
        if steps < 0 or abs(steps * self._dt - duration_ms) > 1e-6 * self._dt + 1e-9 * duration_ms:
            raise InputError(f"{duration_ms} ms: must be a multiple of the time step of {self._dt} ms, and not negative")
        start = self.time
        try:
            with Progress(self._core.step, steps, self._dt, progress) as bar:
                self._core.run(steps, counted, bar.show if bar.on else None)
        finally:  # also what Ctrl-C has cut short
            for core in self._core.pieces_from(len(self.pieces)):
                self.pieces.append(Piece(core, self._layout, start, self._dt, counted))
        return self.pieces[-1]

    # --- looking

    def spikes(self, population=None) -> Spikes:
        """All recorded spikes so far of a population, or of all: then the neurons are ids. Times in ms."""
        found = [piece.spikes(population) for piece in self.pieces]
        if not found:
            return Spikes(np.zeros(0), np.zeros(0, np.uint32))
        if len(found) == 1:
            return found[0]
        return Spikes(np.concatenate([s.times for s in found]), np.concatenate([s.neurons for s in found]))

    def rate(self, population, start=None, stop=None) -> float:
        """Mean rate of the neurons of a population whose spikes are recorded, between two times, in Hz.

        start   the beginning of what counts where not given: a warm-up, and what was before a resume, are left out

        Raises InputError where none of its spikes are recorded
        """
        counted = [piece for piece in self.pieces if piece.counted]
        start = (counted[0].start if counted else 0.0) if start is None else ms(start)
        stop = self.time if stop is None else ms(stop)
        k = self._layout.index_of(population)
        if not self._recorded[k]:
            raise InputError(f"rate: spikes of {self._layout.names[k]!r} are not recorded: record(\"spikes\", ...) them")
        if stop <= start:
            raise InputError(f"rate: stop {stop} ms must be after start {start} ms")
        times = self.spikes(population).times
        return float(np.count_nonzero((times > start) & (times <= stop)) / self._recorded[k] / (stop - start) * 1e3)

    def trace(self, variable: str, population=None, name: str = None) -> Trace:
        """A recorded state variable over all pieces so far: times [samples] in ms, values [samples][neurons]."""
        found = self._of_pieces(lambda piece: piece.trace(variable, population, name))
        if len(found) == 1:
            return found[0]
        return Trace(np.concatenate([t.times for t in found]), np.concatenate([t.values for t in found]), found[0].neurons, found[0].unit)

    def weight_series(self, source=None, target=None, name: str = None) -> WeightSeries:
        """Weights recorded with an interval, over all pieces so far: times [samples] in ms, weights [samples][synapses]."""
        found = self._of_pieces(lambda piece: piece.weight_series(source, target, name))
        return found[0]._replace(times=np.concatenate([w.times for w in found]), weights=np.concatenate([w.weights for w in found]))

    def course(self, volume: str, name: str = None) -> Course:
        """The recorded concentration of a volume over all pieces so far."""
        found = self._of_pieces(lambda piece: piece.course(volume, name))
        return Course(*(np.concatenate(column) for column in zip(*found)))

    def _of_pieces(self, read):
        if not self.pieces:
            raise InputError("nothing has run yet: call run() first")
        return [read(piece) for piece in self.pieces]

    def variables(self, population) -> dict:
        """{name: unit} of a population's state variables."""
        return dict(self._core.variables(self._layout.index_of(population)))

    def get(self, population, variable: str) -> np.ndarray:
        """[size] a state variable of all neurons now. Looking changes nothing."""
        return self._core.read(self._layout.index_of(population), variable)

    def set(self, population, variable: str, values):
        """Sets a state variable: one value for all neurons, or an array [size]. Sleeping neurons wake."""
        k = self._layout.index_of(population)
        units = self.variables(population)
        if variable not in units:
            raise InputError(f"population {self._layout.names[k]!r} has no state variable {variable!r}; it has {', '.join(units)}")
        if isinstance(values, str):
            values = quantity(values, units[variable])
        values = np.asarray(values, dtype=np.float64)
        if values.ndim > 1:
            raise InputError(f"{variable}: an array of {values.ndim} dimensions; one value, or one for each neuron, is needed")
        self._core.write(k, variable, np.ascontiguousarray(np.broadcast_to(values, (self._layout.sizes[k],)) if values.ndim == 0 else values))

    def synapses(self, source, target, receptor: str = None) -> Synapses:
        """All synapses from one population to another as they are now. Looking never advances a weight."""
        k = self._layout.index_of(target)
        c = self._core.connections(self._layout.index_of(source), k)
        out = Synapses(c["source"], c["target"], c["weight"], c["delay_ms"], c["receptor"])
        if receptor is None:
            return out
        names = self._spec.receptors[k]
        if receptor not in names:
            raise InputError(f"population {self._layout.names[k]!r} has no receptor {receptor!r}; it has {', '.join(names)}")
        here = out.receptor == names.index(receptor)
        return Synapses(*(column[here] for column in out))

    def weights(self, projection: int) -> np.ndarray:
        """[synapses] the weights of the projection of this number whose synapses learn, by source, delay, target and place among its edges.

        Empty where they do not learn: then the weights are what was described.
        """
        return self._core.weights(projection)

    def volume(self, name: str) -> float:
        """The concentration of a volume at the end of the last piece."""
        volumes = self.pieces[-1]._core.volumes if self.pieces else {}
        if name not in volumes:
            raise InputError(f"no volume is called {name!r}; there are {', '.join(volumes) or 'none'} (once something has run)")
        return volumes[name]

    def positions(self, population) -> np.ndarray:
        """[size][dimensions] where the neurons of a population are, in um; [0][0] where they have no place."""
        return self._spec.positions(self._layout.index_of(population))

    def summary(self) -> dict:
        """Statistics, work counted and times of all so far; the keys are in docs/results.md."""
        return json.loads(self._core.summary())

    # --- changing

    def change(self, input, **values):
        """Gives an input other values from now on: change("drive", rate="9 kHz"). Also start and stop, currents, schedules; not weights or targets.

        Sums have the room that they were built with: begin with the highest rate.
        """
        self.change_inputs({getattr(input, "name", input): values})

    def change_inputs(self, changes: dict):
        """The same for several at once: {name: {key: value}}."""
        inputs = self._changed_inputs(changes)
        spec = _core.read_tree(self._tree_of_inputs(inputs), self.network.name, self.network._folder)
        self._core.change_inputs(spec)
        self._tree["inputs"] = inputs

    def _changed_inputs(self, changes):
        """All inputs with other values of some: {name: {key: value}}."""
        inputs = list(self._tree.get("inputs", []))
        places = {table.get("name") or f"{table.get('type')} -> {table.get('target')}": k for k, table in enumerate(inputs)}
        for name, values in changes.items():
            if name not in places:
                raise InputError(f"no input is called {name!r}; there are {', '.join(map(repr, places)) or 'none'}")
            inputs[places[name]] = {**inputs[places[name]], **plain(values, name)}
        return inputs

    def _tree_of_inputs(self, inputs):
        """As little of the network as its inputs can be read with."""
        if self._from_file or "parameters" in self._tree or "downscale" in self._tree:
            return {**self._tree, "inputs": inputs}
        keep = ("name", "size", "model", "membrane", "receptors")
        populations = [{key: p[key] for key in keep if key in p} for p in self._tree["populations"]]
        for p in populations:
            if p.get("model") == "spike_train":
                p["spikes"] = {"neurons": [], "times": []}
        models = {"models": self._tree["models"]} if "models" in self._tree else {}
        return {"format": 1, "simulation": self._tree["simulation"], **models, "populations": populations, "inputs": inputs}

    def set_spikes(self, population, neurons, times):
        """New spikes of a spike_train: neurons [spikes], times [spikes] in ms. They replace all it had; those in the past do not happen."""
        neurons, times = np.asarray(neurons), np.asarray(times, dtype=np.float64)
        if neurons.ndim != 1 or times.ndim != 1 or (neurons.size and neurons.dtype.kind not in "iu"):
            raise InputError("set_spikes: neurons are whole numbers and times are ms, two arrays of one dimension")
        self._core.change_trains(self._layout.index_of(population), np.ascontiguousarray(neurons, dtype=np.int64), np.ascontiguousarray(times))

    def set_rate(self, population, rate):
        """A new rate of a poisson_source from now on: one value, or an array [size] in Hz."""
        rates = np.atleast_1d(np.asarray(quantity(rate, "Hz") if isinstance(rate, str) else rate, dtype=np.float64))
        self._core.change_rates(self._layout.index_of(population), np.ascontiguousarray(rates))

    # --- keeping

    def save(self, file, overwrite: bool = False):
        """Writes the state: Network.build(resume=file) goes on from it, on any number of threads. What change(), set_rate() and set_spikes() did is
        not part of it: call them again."""
        self._core.save(os.fspath(file), overwrite)

    def write(self, folder, format: str = "sonata", overwrite: bool = False) -> str:
        """Writes all so far as `ranvier simulate` does: spikes, traces, summary.json. Returns the folder; `ranvier report FOLDER` makes a page of it."""
        return self._core.write_results(os.fspath(folder), format, overwrite)

    def report(self, folder, overwrite: bool = False) -> str:
        """Writes all so far and a page to look at. Returns the path of the page."""
        from .command import ranvier

        folder = self.write(folder, overwrite=overwrite)
        ranvier("report", folder, *(["--overwrite"] if overwrite else []))
        return os.path.join(folder, "report.html")

    def _repr_html_(self):
        """What a notebook shows: the populations with their rates so far."""
        counted = [piece for piece in self.pieces if piece.counted]
        seconds = sum(piece.stop - piece.start for piece in counted) * 1e-3
        rows = ""
        for k, (name, size) in enumerate(zip(self._layout.names, self._layout.sizes)):
            spikes = sum(piece._core.population_spikes[k] for piece in counted)
            rate = f"{spikes / size / seconds:.2f}" if seconds > 0 else "–"
            rows += f"<tr><td style='text-align:left'>{html.escape(name)}</td><td>{size:,}</td><td>{spikes:,}</td><td>{rate}</td></tr>"
        wall = sum(piece.wall_s for piece in self.pieces)
        ran = f"{self.time:g} ms simulated in {wall:.3g} s" if self.pieces else "nothing has run yet"
        return (f"<b>{html.escape(self.network.name)}</b>: {self._layout.first[-1]:,} neurons, {self.synapse_count:,} synapses; {ran}, {self.threads} thread{'s' if self.threads != 1 else ''}"
                f"<table><tr><th style='text-align:left'>population</th><th>neurons</th><th>spikes</th><th>spikes/s</th></tr>{rows}</table>")

    def __repr__(self):
        return f"<Simulation of {self.network.name} at {self.time:g} ms: {self._layout.first[-1]} neurons, {self.synapse_count} synapses, {self.threads} threads>"
