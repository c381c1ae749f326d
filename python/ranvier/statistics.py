# SPDX-License-Identifier: Apache-2.0
"""What spikes say: counts, rates, intervals, irregularity, correlations.

Every function takes spikes in one of four forms: `Spikes` as Simulation.spikes() gives them, a pair of arrays (times in ms, neurons), a
list of trains: an array of times in ms for each neuron, or a Simulation or Piece: all of its neurons, from the first piece that counts (after a warm-up,
after a resume) to its end. Times and bins are in ms or texts with a unit. A bin ends with its right edge: a spike at
exactly 5 ms belongs to the bin from 4 to 5 ms, as in the engine's own statistics (docs/results.md).
"""
import numpy as np

from .errors import InputError
from .results import Spikes
from .units import ms

FEWEST_SPIKES = 3  # of a neuron whose intervals are called regular or not


def begin_of(run) -> float:
    """Where what counts of a Simulation or Piece begins, in ms."""
    if not hasattr(run, "pieces"):
        return run.start
    return next((piece.start for piece in run.pieces if piece.counted), run.pieces[0].start if run.pieces else run.time)


def as_spikes(what) -> Spikes:
    """Spikes from any of the four forms.

    Raises InputError for anything else, for times and neurons of different lengths, and for neurons below 0.
    """
    spikes = _as_spikes(what)
    if spikes.neurons is not None and np.asarray(spikes.neurons).dtype.kind == "i" and len(spikes.neurons) and spikes.neurons.min() < 0:
        raise InputError(f"spikes: neuron {spikes.neurons.min()}; neurons are numbered from 0")
    return spikes


def _as_spikes(what):
    if hasattr(what, "_layout"):
        return what.spikes()
    if isinstance(what, Spikes):
        return what
    if isinstance(what, tuple) and len(what) == 2:
        times, neurons = np.asarray(what[0], dtype=np.float64), np.asarray(what[1])
        if times.shape != neurons.shape or times.ndim != 1:
            raise InputError(f"spikes: {times.shape} times, but {neurons.shape} neurons; a pair needs two arrays of one length")
        return Spikes(times, neurons.astype(np.int64))
    if isinstance(what, np.ndarray) and what.ndim == 1 and what.dtype.kind in "fiu":
        what = [what]
    if isinstance(what, (list, tuple)) and all(np.ndim(train) == 1 for train in what):
        trains = [np.asarray(train, dtype=np.float64) for train in what]
        neurons = np.repeat(np.arange(len(trains)), [len(train) for train in trains])
        return Spikes(np.concatenate(trains) if trains else np.zeros(0), neurons)
    raise InputError("spikes: give Spikes, a pair (times, neurons), a list with the times of each neuron, a Simulation or a Piece")


def _read(what, start, stop, size=None):
    """Spikes, start and stop in ms, number of neurons; neurons beyond a size that is given are left out."""
    spikes = as_spikes(what)
    if hasattr(what, "_layout"):
        start = begin_of(what) if start is None else start
        stop = (what.stop if hasattr(what, "stop") else what.time) if stop is None else stop
        size = int(what._layout.first[-1]) if size is None else size
    if size is not None:
        if int(size) < 0:
            raise InputError(f"size {size}: must not be below 0")
        here = spikes.neurons < int(size)
        spikes = spikes if here.all() else Spikes(spikes.times[here], spikes.neurons[here])
    return (spikes, *_window(spikes, start, stop), _size(spikes, size))


def _size(spikes, size):
    return int(size) if size is not None else int(spikes.neurons.max()) + 1 if len(spikes.neurons) else 0


def _window(spikes, start, stop):
    start = 0.0 if start is None else ms(start)
    stop = (float(spikes.times.max()) if len(spikes.times) else start) if stop is None else ms(stop)
    if stop < start:
        raise InputError(f"stop {stop:g} ms must not be before start {start:g} ms")
    return start, stop


def _edges(bin, start, stop):
    width = ms(bin)
    if not width > 0:
        raise InputError(f"bin {bin!r}: must be above 0 ms")
    return start + width * np.arange(int((stop - start) / width + 1e-6) + 1)


def _places(times, edges):
    """The bin of each spike, and which of them lie in one. The right edge belongs to a bin; times are sums of steps: a millionth of a bin is no difference."""
    if len(edges) < 2:
        return np.zeros(0, np.int64), np.zeros(len(times), bool)
    place = np.ceil((times - edges[0]) / (edges[1] - edges[0]) - 1e-6).astype(np.int64) - 1
    inside = (place >= 0) & (place < len(edges) - 1)
    return place[inside], inside


def counts(spikes, bin, *, start=None, stop=None, size: int = None):
    """Spikes of each neuron in bins.

    Returns edges [bins + 1] in ms, and counts [neurons][bins]. A last bin that is not complete is left out.

    start, stop   0 and the last spike where not given; of a Simulation or Piece its own, without the warm-up
    size          number of neurons, those from there on are left out; where not given, up to the last one that fired
    """
    spikes, start, stop, size = _read(spikes, start, stop, size)
    edges = _edges(bin, start, stop)
    place, inside = _places(spikes.times, edges)
    bins = len(edges) - 1
    flat = spikes.neurons[inside].astype(np.int64) * bins + place
    return edges, np.bincount(flat, minlength=size * bins).reshape(size, bins)


def psth(spikes, bin, *, start=None, stop=None, size: int = None):
    """The rate of a population over time (peri-stimulus time histogram).

    Returns the edges [bins + 1] in ms, and the mean rate of its neurons [bins] in spikes/s.
    """
    spikes, start, stop, size = _read(spikes, start, stop, size)
    edges = _edges(bin, start, stop)
    place, _ = _places(spikes.times, edges)
    per_bin = np.bincount(place, minlength=len(edges) - 1)
    return edges, per_bin / max(1, size) / (ms(bin) * 1e-3)


def rates(spikes, *, start=None, stop=None, size: int = None) -> np.ndarray:
    """[neurons] the rate of each neuron between two times, in spikes/s."""
    spikes, start, stop, size = _read(spikes, start, stop, size)
    inside = (spikes.times > start) & (spikes.times <= stop)
    number = np.bincount(spikes.neurons[inside].astype(np.int64), minlength=size)
    return number / (stop - start) * 1e3 if stop > start else np.zeros(len(number))


def _by_neuron(spikes, start, stop):
    """Times and neurons within the window, sorted by neuron, then time."""
    spikes, start, stop, _ = _read(spikes, start, stop)
    inside = (spikes.times > start) & (spikes.times <= stop)
    times, neurons = spikes.times[inside], spikes.neurons[inside].astype(np.int64)
    order = np.lexsort((times, neurons))
    return times[order], neurons[order]


def intervals(spikes, *, start=None, stop=None) -> np.ndarray:
    """[intervals] all inter-spike intervals of all neurons, in ms."""
    times, neurons = _by_neuron(spikes, start, stop)
    return np.diff(times)[np.diff(neurons) == 0]


def cv(spikes, *, start=None, stop=None) -> np.ndarray:
    """[neurons that fired at least 3 times] the coefficient of variation of their inter-spike intervals: 0 for a clock, 1 for a Poisson process."""
    times, neurons = _by_neuron(spikes, start, stop)
    same = np.diff(neurons) == 0
    interval, owner = np.diff(times)[same], neurons[1:][same]
    number = np.bincount(owner)
    enough = number >= FEWEST_SPIKES - 1
    mean = np.bincount(owner, interval)[enough] / number[enough]
    centred = interval - (np.bincount(owner, interval) / np.maximum(number, 1))[owner]
    variance = np.bincount(owner, centred * centred)[enough] / number[enough]
    return np.sqrt(variance)[mean > 0] / mean[mean > 0]


def correlations(spikes, bin="2 ms", *, start=None, stop=None, most: int = 250, seed: int = 1) -> np.ndarray:
    """[pairs] Pearson's correlation coefficients of the binned spike counts of all pairs of neurons that fired.

    most   neurons at most; more are sampled at random, by `seed`
    """
    spikes, start, stop, _ = _read(spikes, start, stop)
    fired = np.unique(spikes.neurons)
    if len(fired) > most:
        fired = np.sort(np.random.default_rng(seed).choice(fired, most, replace=False))
    here = np.isin(spikes.neurons, fired)
    chosen = Spikes(spikes.times[here], np.searchsorted(fired, spikes.neurons[here]))
    _, number = counts(chosen, bin, start=start, stop=stop, size=len(fired))
    number = number[number.std(axis=1) > 0] if number.size else np.zeros((0, 0))
    if len(number) < 2:
        return np.zeros(0)
    return np.corrcoef(number)[np.triu_indices(len(number), 1)]


def correlogram(reference, other, bin="1 ms", lag="50 ms", *, start=None, stop=None, size: int = None):
    """The cross-correlogram: how fast neurons of `other` fire, by the time since a spike of `reference`.

    Returns lags [bins] in ms (from -lag to lag; positive: `other` later) and the rate of a neuron of `other` [bins] in spikes/s. Independent
    neurons give their mean rate at any lag. Spikes are paired between bins; where both are the same spikes, a spike is not paired with itself.

    size   neurons of `other`
    """
    a, b = as_spikes(reference), _read(other, None, None, size)[0]
    if hasattr(other, "_layout"):
        size = int(other._layout.first[-1]) if size is None else size
    runs = [run for run in (reference, other) if hasattr(run, "_layout")]
    start = max(map(begin_of, runs)) if runs and start is None else start
    start, stop = _window(Spikes(np.concatenate([a.times, b.times]), None), start, stop)
    edges = _edges(bin, start, stop)
    width, reach = ms(bin), int(round(ms(lag) / ms(bin)))
    A, B = (np.bincount(_places(s.times, edges)[0], minlength=len(edges) - 1).astype(float) for s in (a, b))
    lags = np.arange(-reach, reach + 1)
    pairs, chances = np.zeros(len(lags)), np.zeros(len(lags))
    for k, shift in enumerate(lags):
        if abs(shift) >= len(A):
            continue
        early, late = (A[:len(A) - shift], B[shift:]) if shift >= 0 else (A[-shift:], B[:shift])
        pairs[k], chances[k] = early @ late, early.sum()
    if len(a.times) == len(b.times) and np.array_equal(a.times, b.times) and np.array_equal(a.neurons, b.neurons):
        pairs[reach] -= A.sum()
    neurons = max(1, _size(b, size))
    return lags * width, np.divide(pairs, chances * neurons * width * 1e-3, out=np.zeros(len(lags)), where=chances > 0)
